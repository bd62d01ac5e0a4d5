//! What expressions mean, where other languages mean something else.

use super::table;

#[test]
fn numbers_are_worked_out_in_the_types_of_csharp() {
    table(&[
        ("7 / 2", "Int32 3"),
        ("-7 % 3", "Int32 -1"),
        ("{ int a = int.MaxValue; return a + 1; }", "Int32 -2147483648"),
        (
            "{ int a = int.MaxValue; return checked(a + 1); }",
            "throw System.OverflowException: Arithmetic operation resulted in an overflow.",
        ),
        ("int.MaxValue + 1", "CS0220 the constant overflows when it is worked out"),
        ("unchecked(int.MaxValue + 1)", "Int32 -2147483648"),
        ("(byte)300", "CS0221 `byte` does not hold the constant 300"),
        ("unchecked((byte)300)", "Byte 44"),
        ("{ uint a = 1; return (a << 3) + (~a & 0xFF); }", "UInt32 262"),
        ("(byte)2.9 + (int)-7.5m", "Int32 -5"),
        ("{ double? a = 1; return a as int?; }", "CS0039 a value of `double?` is never `int?`"),
        (
            "(int)(object)2.5",
            "throw System.InvalidCastException: Unable to cast object of type 'System.Double' to type 'System.Int32'.",
        ),
        (
            "{ int a = int.MinValue; return a % -1; }",
            "throw System.OverflowException: Arithmetic operation resulted in an overflow.",
        ),
        ("Convert.ToDouble('c')", "throw System.InvalidCastException: Invalid cast from 'Char' to 'Double'."),
        (
            "Convert.ToDecimal((object)'c')",
            "throw System.InvalidCastException: Invalid cast from 'Char' to 'Decimal'.",
        ),
        ("null + true + (null + new object())", "String TrueSystem.Object"),
        ("12345678901234567890 >> 10", "UInt64 12056327051986882"),
        ("1 / 2.0 + 1f", "Double 1.5"),
        ("0.1m + 0.2m == 0.3m", "Boolean True"),
        ("'a' + 1", "Int32 98"),
        ("(char)('a' + 1)", "Char b"),
        (
            "(int)(object)5L",
            "throw System.InvalidCastException: Unable to cast object of type 'System.Int64' to type 'System.Int32'.",
        ),
        ("{ int? a = null; return a + 1 == null && !(a < 1) && (a ?? 4) == 4; }", "Boolean True"),
    ]);
}

#[test]
fn null_is_skipped_where_a_question_mark_says_so() {
    table(&[
        (r#"{ string s = null; return s?.Trim().Length; }"#, "null"),
        (r#"{ string s = " a "; return s?.Trim().Length; }"#, "Int32 1"),
        (r#"{ string s = null; return s?.Length ?? -1; }"#, "Int32 -1"),
        (
            r#"{ string s = null; return s.Length; }"#,
            "throw System.NullReferenceException: Object reference not set to an instance of an object.",
        ),
        (r#"{ string s = null; return "<" + s + ">"; }"#, "String <>"),
        (r#"((JObject)null)?["a"]?.ToString() ?? "none""#, "String none"),
        (
            r#"{ string s = null; return s ?? throw new InvalidOperationException("no s"); }"#,
            "throw System.InvalidOperationException: no s",
        ),
    ]);
}

#[test]
fn variables_are_shared_with_lambdas_as_in_csharp() {
    table(&[
        (
            "{ var l = new List<Func<int>>(); foreach (var i in new[] { 1, 2, 3 }) l.Add(() => i); return l[0]() + l[2](); }",
            "Int32 4",
        ),
        (
            "{ var l = new List<Func<int>>(); for (int i = 0; i < 3; i++) l.Add(() => i); return l[0]() + l[2](); }",
            "Int32 6",
        ),
        ("{ int n = 0; Action add = () => n++; add(); add(); return n; }", "Int32 2"),
        (
            "{ int F(int n, int by = 2) => n <= 1 ? 1 : by * F(n - 1); return F(3) + F(by: 5, n: 2); }",
            "Int32 9",
        ),
        ("((Func<int, int>)(x => x * 2))(21)", "Int32 42"),
    ]);
}

#[test]
fn control_flow_is_that_of_csharp() {
    table(&[
        (
            r#"{ try { int.Parse("x"); return "no"; } catch (FormatException e) when (e.Message.Length > 1000) { return "long"; }
                catch (Exception e) { return e.Message; } }"#,
            "String Input string was not in a correct format.",
        ),
        (
            r#"{ var s = ""; try { s += "a"; throw new ArgumentException("b"); } catch (ArgumentException) { s += "c"; } finally { s += "d"; } return s; }"#,
            "String acd",
        ),
        (
            r#"{ object o = 5; switch (o) { case string s: return s; case int n when n > 9: return "many"; case int n: return "few" + n; default: return ""; } }"#,
            "String few5",
        ),
        (r#"{ object o = "x"; return o is string s && s.Length == 1 ? s : "no"; }"#, "String x"),
        (
            r#"{ var n = 0; foreach (var p in JObject.Parse("{\"a\":1,\"b\":2}")) { n += (int)p.Value; } return n; }"#,
            "Int32 3",
        ),
        (r#"{ if (int.TryParse("12", out var n)) { return n; } return 0; }"#, "Int32 12"),
        ("{ int n; if (true) { n = 1; } return n; }", "Int32 1"),
        ("{ int n; return n; }", "CS0165 the variable `n` may have no value here"),
        ("{ if (1 > 2) { return 1; } }", "CS0161 not every path through the block returns a value"),
    ]);
}

#[test]
fn collections_are_searched_sorted_and_grouped() {
    table(&[
        (r#"string.Join(",", new[] { 3, 1, 2 }.OrderByDescending(x => x))"#, "String 3,2,1"),
        (
            r#"new[] { "a", "bb", "c" }.GroupBy(s => s.Length).Select(g => g.Key + ":" + g.Count()).Last()"#,
            "String 2:1",
        ),
        (r#"new[] { "b", "a" }.Where(s => s != "").Count(s => s == "a")"#, "Int32 1"),
        (r#"new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }.Sum(p => p.Value)"#, "Int32 3"),
        (
            r#"new List<int>().First()"#,
            "throw System.InvalidOperationException: Sequence contains no elements",
        ),
        (r#"new[] { 1, 2 }.Select(x => (double?)x).Average()"#, "Double 1.5"),
        (
            r#"string.Join("|", new[] { "1", "2" }.Select(int.Parse).Zip(new[] { 'a', 'b' }, (n, c) => n + "" + c))"#,
            "String 1a|2b",
        ),
        (r#"new { A = 1, B = "x" }"#, "<>f__AnonymousType0`2 { A = 1, B = x }"),
    ]);
}

#[test]
fn what_reaches_beyond_the_request_is_refused_by_name() {
    for (source, what) in [
        ("typeof(string)", "reflection"),
        ("\"\".GetType()", "reflection"),
        ("System.IO.File.ReadAllText(\"x\")", "files"),
        ("Environment.MachineName", "the environment"),
        ("Process.Start(\"x\")", "processes"),
        ("Thread.Sleep(1)", "threads"),
        ("new HttpClient()", "the network"),
        ("Activator.CreateInstance(null)", "reflection"),
    ] {
        let told = super::eval(source);
        assert!(told.contains("is not allowed") && told.contains(what), "{source}: {told}");
    }
}
