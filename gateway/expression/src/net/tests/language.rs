//! What the language makes of operators, constants and members, where a C# compiler has the last word.

use super::{eval, table};

#[test]
fn numbers_are_worked_out_in_the_types_of_the_standard() {
    table(&[
        ("~17u", "UInt32 4294967278"),
        ("(0u >> 100)", "UInt32 0"),
        ("1 << 33", "Int32 2"),
        ("-(decimal)int.MinValue", "Decimal 2147483648"),
        ("-(double)3 / 2", "Double -1.5"),
        ("'a'.CompareTo('c') + ((byte)9).CompareTo((byte)2) + 5.CompareTo(9)", "Int32 4"),
        ("'a'.CompareTo(100)", "throw System.ArgumentException: Object must be of type Char."),
        ("\"a\".CompareTo((object)1)", "throw System.ArgumentException: Object must be of type String."),
        ("DateTime.UtcNow is int", "Boolean False"),
        (
            "DateTime.MaxValue + TimeSpan.FromDays(1)",
            "throw System.ArgumentOutOfRangeException: The added or subtracted value results in an un-representable DateTime.\nParameter name: t",
        ),
        (
            "Convert.ToChar(-1)",
            "throw System.OverflowException: Value was either too large or too small for a character.",
        ),
        ("1u + 1", "UInt32 2"),
        ("{ int i = 1; return 1u + i; }", "Int64 2"),
        ("{ ulong u = 9; int? n = 1; return u >> n; }", "UInt64 4"),
        ("5UL | 3L", "UInt64 7"),
        ("+(byte)3", "Int32 3"),
        ("unchecked((byte)300)", "Byte 44"),
        ("unchecked(int.MaxValue + 1)", "Int32 -2147483648"),
        ("((Func<int, int>)(x => x + 1))(2)", "Int32 3"),
        ("{ byte b = 255; b += 2; b <<= 1; b++; return b; }", "Byte 3"),
        ("{ var d = new DateTime(0); d += TimeSpan.FromDays(1); return d.Day; }", "Int32 2"),
        ("{ int? n = 5; return n % 0; }", "throw System.DivideByZeroException: Attempted to divide by zero."),
        ("string.CompareOrdinal(\"\", \"2\") + string.CompareOrdinal(\"ab\", \"abcd\")", "Int32 -52"),
        ("new List<int> { 3, 1, 2, 3, 1, 2 }.BinarySearch(3)", "Int32 -7"),
        (
            "{ var l = new List<int> { 1 }; foreach (var i in l) { l.RemoveAll(x => x > 5); } return l.Count; }",
            "Int32 1",
        ),
        (
            "Math.Sign(double.NaN)",
            "throw System.ArithmeticException: Function does not accept floating point Not-a-Number values.",
        ),
        ("new[] { 1, 2 }.Count() + new List<int> { 1 }.Count()", "Int32 3"),
        ("(double)0.1m + (double)(decimal)0.1", "Double 0.2"),
        ("1.10m * 2.20m + (0m * 0.00m)", "Decimal 2.4200"),
    ]);
}

#[test]
fn constants_that_do_not_fit_are_refused() {
    for (source, code) in [
        ("(byte)300", "CS0221"),
        ("(uint)-13", "CS0221"),
        ("int.MaxValue + 1", "CS0220"),
        ("(int.MaxValue + 17u) + 3000000000", "CS0220"),
        ("1 / 0", "CS0020"),
        ("12345678901234567890 * ulong.MaxValue", "CS0220"),
        ("(ulong)(long.MaxValue << -13)", "CS0221"),
        ("(byte)300.5", "CS0221"),
        ("(uint)-1.5", "CS0221"),
        ("(long)79228162514264337593543950335m", "CS0221"),
        ("(decimal)1e300", "CS0221"),
        ("1.5m / 0m", "CS0020"),
        ("{ var d = 1.5m; return d % 0.00m; }", "CS0020"),
        ("{ int i = 1; i += 1.5; return i; }", "CS0266"),
        ("{ byte b = 1; b += 300; return b; }", "CS0266"),
        ("{ byte b = 1; int i = 2; b += i; return b; }", "CS0266"),
        ("{ char c = 'a'; c += 1; return c; }", "CS0266"),
        ("{ int? n = 1; n += 2.5; return n; }", "CS0266"),
        ("null.ToString()", "CS0023"),
        ("DateTime.UtcNow is int i ? i : 0", "CS8121"),
        ("new[] { 1 }.Count + 1", "CS0428"),
    ] {
        let said = eval(source);
        assert!(said.starts_with(code), "{source}: {said}");
    }
}

#[test]
fn null_needs_a_place_that_takes_it() {
    table(&[
        ("{ int? n = 1; int i = n; return i; }", "CS0266 `int?` cannot be converted implicitly to `int`"),
        ("\"a\"?.Trim().Contains(\"a\") == true ? 1 : 2", "Int32 1"),
    ]);
    let said = eval("\"a\"?.Trim()?.Contains(\"a\") ? 1 : 2");
    assert!(said.starts_with("CS0266") || said.starts_with("CS0029"), "{said}");
}

#[test]
fn averages_and_lookups() {
    table(&[
        ("new List<int?> { 1, null, 2 }.Average()", "Double 1.5"),
        ("new List<double?>().Average()", "null"),
        ("new[] { 1f, 2f }.Average()", "Single 1.5"),
        ("new[] { 0.1m, 0.2m }.Average(x => x)", "Decimal 0.15"),
        ("new int[0].Average()", "throw System.InvalidOperationException: Sequence contains no elements"),
        (
            "{ var l = new[] { \"a\", \"bb\", \"c\" }.ToLookup(s => s.Length); return l.Count + string.Concat(l[1]) + l[9].Count() + l.Contains(2) + l.First().Key; }",
            "String 2ac0True1",
        ),
        (
            "string.Join(\",\", new[] { 1, 2, 3 }.ToLookup(n => n % 2 == 0, n => n * 10)[false])",
            "String 10,30",
        ),
        (
            "new List<int> { 1 }.GetRange(1, 1)",
            "throw System.ArgumentException: Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ),
    ]);
}

#[test]
fn variables_have_a_value_before_they_are_read() {
    for good in [
        "{ int x; if (1 > 0) { x = 1; } else { throw new Exception(); } return x; }",
        "{ int x; try { x = 1; } catch (Exception) { x = 2; } return x; }",
        "{ int x; try { } finally { x = 3; } return x; }",
        "{ int x; while (true) { x = 1; break; } return x; }",
        "{ int x; do { x = 1; } while (x < 0); return x; }",
        "{ int x; for (;;) { if (1 > 2) { continue; } x = 4; break; } return x; }",
        "{ int x; switch (3) { case 1: x = 1; break; default: x = 2; break; } return x; }",
        "{ int x; return int.TryParse(\"1\", out x) ? x : x + 1; }",
        "{ int x; if (1 > 2 || int.TryParse(\"1\", out x)) { } x = 1; return x; }",
        "{ int x; if (1 < 2 && int.TryParse(\"1\", out x)) { return x; } return 0; }",
        "{ object o = 1; if (!(o is int x)) { return 0; } return x; }",
        "{ object o = 1; return o is int x && x > 0; }",
        "{ if (!int.TryParse(\"7\", out var x)) { return 0; } return x; }",
        "{ int x; if (false) { return x; } return 1; }",
        "{ int x; Func<int> f = () => { int y; y = 1; return y; }; x = f(); return x; }",
        "{ int x; int F() { return 2; } x = F(); return x; }",
        "{ foreach (var i in new[] { 1 }) { int y; y = i; } return 1; }",
    ] {
        let said = eval(good);
        assert!(!said.contains("CS"), "{good}: {said}");
    }
    for bad in [
        "{ int x; return x; }",
        "{ int x; if (1 > 0) { x = 1; } return x; }",
        "{ int x; while (1 > 0) { x = 1; break; } return x; }",
        "{ int x; foreach (var i in new[] { 1 }) { x = i; } return x; }",
        "{ int x; try { x = int.Parse(\"1\"); } catch (Exception) { } return x; }",
        "{ int x; switch (3) { case 1: x = 1; break; } return x; }",
        "{ int x; x += 1; return x; }",
        "{ int x; x++; return x; }",
        "{ string s; return s?.Length; }",
        "{ int x; Func<int> f = () => x; x = 1; return f(); }",
        "{ int x; var y = 1 > 2 && int.TryParse(\"1\", out x); return x; }",
        "{ object o = 1; if (o is int x || 1 > 2) { return x; } return 0; }",
        "{ int x; var s = (string)null; s?.IndexOf((x = 1).ToString()); return x; }",
        "{ int x; var l = new List<int> { x }; return l; }",
    ] {
        let said = eval(bad);
        assert!(said.starts_with("CS0165 "), "{bad}: {said}");
    }
}

#[test]
fn what_is_left_of_numbers_enumerators_and_exceptions() {
    table(&[
        ("decimal.ToInt32(7.9m) + decimal.ToDouble(0.5m) + (double)decimal.Remainder(7m, 4m)", "Double 10.5"),
        (
            "decimal.ToByte(300m)",
            "throw System.OverflowException: Value was either too large or too small for an unsigned byte.",
        ),
        ("Math.IEEERemainder(11, 4) + Math.IEEERemainder(10, 4)", "Double 1"),
        ("new[] { 1, 2, 3 }.LongCount(x => x > 1)", "Int64 2"),
        ("Nullable.Compare<int>(null, 1) + (Nullable.Equals<int>(2, 2) ? 10 : 0)", "Int32 9"),
        ("(int)(object)DayOfWeek.Monday", "Int32 1"),
        (
            "{ var s = 0; using (var e = new List<int> { 1, 2 }.GetEnumerator()) { while (e.MoveNext()) { s = s * 10 + e.Current; } } return s; }",
            "Int32 12",
        ),
        (
            "{ var e = \"ab\".Select(c => c).GetEnumerator(); e.MoveNext(); e.MoveNext(); return e.Current.ToString() + e.MoveNext(); }",
            "String bFalse",
        ),
        ("new ArgumentException(\"bad\", \"p\").Message", "String bad\nParameter name: p"),
        (
            "{ try { throw new ArgumentNullException(\"p\"); } catch (ArgumentException e) { return e.ParamName + e.Message; } }",
            "String pValue cannot be null.\nParameter name: p",
        ),
        (
            "char.IsDigit(\"a\", 3)",
            "throw System.ArgumentOutOfRangeException: Specified argument was out of the range of valid values.\nParameter name: index",
        ),
        (
            "DateTime.Parse(null)",
            "throw System.ArgumentNullException: String reference not set to an instance of a String.\nParameter name: s",
        ),
    ]);
}
