//! Programs that a C# compiler refuses are refused, by its numbers; so is what no expression gets.

use super::{codes, told};
use crate::diagnostic::Severity;
use crate::program::compile;

#[test]
fn what_a_compiler_refuses_is_refused() {
    let cases = [
        ("@{ int x; switch (2) { case 1: x = 1; break; } return x; }", "CS0165"),
        ("@{ int x; foreach (var i in new[] {1}) x = i; return x; }", "CS0165"),
        ("@{ int x; Func<int> f = () => x; return f(); }", "CS0165"),
        ("@{ int x; x += 1; return x; }", "CS0165"),
        ("@{ int x; int y = x; return y; }", "CS0165"),
        ("@{ if (DateTime.Now.Day > 40) return 1; }", "CS0161"),
        ("@{ while (true) { if (DateTime.Now.Day > 40) break; } }", "CS0161"),
        ("@{ try { return 1; } catch { } }", "CS0161"),
        ("@{ switch (1) { case 1: return 1; } }", "CS0161"),
        ("@{ switch (1) { case 1: int y = 1; case 2: return 2; } return 1; }", "CS0163"),
        ("@{ const int x = 1; x = 2; return x; }", "CS1656"),
        ("@{ foreach (var i in new[] {1}) { i = 2; } return 1; }", "CS1656"),
        ("@{ var x = null; return 1; }", "CS0815"),
        ("@{ var x; return 1; }", "CS0818"),
        ("@{ var f = () => 1; return 1; }", "CS1660"),
        (r#"@{ int x = "a"; return x; }"#, "CS0029"),
        ("@{ string s = 1; return s; }", "CS0029"),
        ("@{ int i = 1L; return i; }", "CS0266"),
        ("@{ byte b = 256; return b; }", "CS0031"),
        ("@{ uint u = -1; return u; }", "CS0031"),
        ("@{ int i = 1; long l = 2; i += l; return i; }", "CS0266"),
        ("@{ short s = 1; s = s + 1; return s; }", "CS0266"),
        ("@{ float f = 1.5; return f; }", "CS0664"),
        ("@{ decimal d = 1.5; return d; }", "CS0664"),
        ("@{ double d = 1.5m; return d; }", "CS0266"),
        ("@{ int? n = null; int m = n; return m; }", "CS0266"),
        ("@{ bool? b = true; if (b) return 1; return 2; }", "CS0266"),
        (r#"@{ string s = "a"; return s.Length(); }"#, "CS1955"),
        (r#"@{ string s = "a"; return s.Trim; }"#, "CS0428"),
        (r#"@{ string s = "a"; return s.Foo; }"#, "CS1061"),
        (r#"@("a" - "b")"#, "CS0019"),
        (r#"@("a" * 2)"#, "CS0019"),
        ("@(1 + true)", "CS0019"),
        ("@(!1)", "CS0023"),
        (r#"@(-"a")"#, "CS0023"),
        ("@(~1.5)", "CS0023"),
        ("@(1 && true)", "CS0019"),
        (r#"@(1 == "a")"#, "CS0019"),
        ("@{ object o = 1; return o == 1; }", "CS0019"),
        ("@{ object o = 1; return o + 1; }", "CS0019"),
        (r#"@{ object o = "a"; string s = o; return s; }"#, "CS0266"),
        ("@((string)1)", "CS0030"),
        (r#"@((int)"1")"#, "CS0030"),
        ("@((bool)1)", "CS0030"),
        ("@(1 as string)", "CS0039"),
        ("@{ object o = 1; return o as int; }", "CS0077"),
        (r#"@(new[] { 1, "a" })"#, "CS0826"),
        ("@(new[] { null })", "CS0826"),
        ("@(new[] { 1, null })", "CS0826"),
        ("@(new int[3] { 1, 2 })", "CS0847"),
        (r#"@(new int["a"])"#, "CS0029"),
        (r#"@{ int[] a = new int[2]; return a["0"]; }"#, "CS0029"),
        (r#"@(new List<int> { "a" })"#, "CS1503"),
        (r#"@(new Dictionary<string, int> { { "a" } })"#, "CS1503"),
        (r#"@(new Dictionary<string, int> { ["a"] = "b" })"#, "CS0029"),
        ("@(new { A = 1, A = 2 })", "CS0833"),
        ("@(new { A = null })", "CS0828"),
        ("@{ var a = new { A = 1 }; a.A = 2; return a; }", "CS0200"),
        ("@{ var a = new { A = 1 }; return a.B; }", "CS1061"),
        ("@{ var a = new[] { new { A = 1 }, new { B = 2 } }; return a; }", "CS0826"),
        (r#"@{ Func<int, int> f = x => "a"; return f(1); }"#, "CS0029"),
        ("@{ Func<int, int> f = (x, y) => 1; return f(1); }", "CS1593"),
        ("@{ Func<int, int> f = x => { }; return f(1); }", "CS1643"),
        ("@{ Action<int> f = x => x + 1; return 1; }", "CS0201"),
        ("@{ Func<int> f = () => { if (DateTime.Now.Day > 40) return 1; }; return 1; }", "CS1643"),
        ("@{ Func<int, string> f = int.Parse; return f(1); }", "CS1503"),
        ("@(new[] { 1, 2 }.Select(x => x.Foo).ToList())", "CS1061"),
        ("@(new[] { 1, 2 }.Where(x => x).ToList())", "CS0029"),
        (r#"@("a".PadLeft(foo: 3))"#, "CS1739"),
        (r#"@("a".Substring(0, startIndex: 1))"#, "CS1503"),
        (r#"@("a".Substring())"#, "CS1501"),
        (r#"@(Math.Max(1, "a"))"#, "CS1503"),
        ("@(Math.Round(5))", "CS0121"),
        ("@(int.Parse(1))", "CS1503"),
        (r#"@{ long x; int.TryParse("1", out x); return x; }"#, "CS1503"),
        (r#"@(int.TryParse("1", x))"#, "CS0103"),
        (r#"@{ int x = 0; return int.TryParse("1", x); }"#, "CS1503"),
        ("@(DateTime.Now + DateTime.Now)", "CS0019"),
        ("@(string.Length)", "CS0120"),
        (r#"@("a".Empty)"#, "CS0176"),
        ("@{ string s = null; int n = s?.Length; return n; }", "CS0266"),
        ("@{ int n = 1; return n?.ToString(); }", "CS0023"),
        ("@{ int n = 1; return n ?? 2; }", "CS0019"),
        ("@{ string s = null; return s ?? 1; }", "CS0019"),
        ("@{ string s = null; s?.Length = 1; return s; }", "CS0131"),
        (r#"@(DateTime.Now.Day > 3 ? 1 : "a")"#, "CS0173"),
        (r#"@{ JToken t = "a"; string s = t; return s; }"#, "CS0266"),
        ("@{ foreach (var x in 5) { } return 1; }", "CS1579"),
        (r#"@{ foreach (int x in new[] { "a" }) { } return 1; }"#, "CS0029"),
        ("@{ break; return 1; }", "CS0139"),
        ("@{ continue; return 1; }", "CS0139"),
        ("@{ throw; return 1; }", "CS0156"),
        (r#"@{ throw "a"; }"#, "CS0029"),
        ("@{ try { return 1; } catch (string s) { return 2; } }", "CS0155"),
        ("@{ int i = 1; { int i = 2; } return i; }", "CS0136"),
        ("@{ int i = 1; int i = 2; return i; }", "CS0128"),
        ("@{ for (int i = 0; i < 1; i++) { int i = 2; } return 1; }", "CS0136"),
        ("@{ return x; int x = 1; }", "CS0103"),
        ("@{ x = 1; int x; return x; }", "CS0103"),
        ("@(checked(int.MaxValue + 1))", "CS0220"),
        ("@(1 / 0)", "CS0020"),
        ("@(1 % 0)", "CS0020"),
        ("@(int.MaxValue * 2)", "CS0220"),
        ("@((int)3000000000)", "CS0221"),
        ("@((byte)-1)", "CS0221"),
        ("@(1 << 2L)", "CS0019"),
        ("@{ char c = 'a' + 1; return c; }", "CS0266"),
        ("@{ char c = 97; return c; }", "CS0266"),
        ("@{ string s = 'a'; return s; }", "CS0029"),
        ("@{ DayOfWeek d = 1; return d; }", "CS0266"),
        ("@(DayOfWeek.Monday == 1)", "CS0019"),
        (r#"@{ switch ("a") { case 1: return 1; default: return 2; } }"#, "CS0029"),
        ("@{ int y = 1; switch (1) { case y: return 1; default: return 2; } }", "CS0150"),
        ("@{ switch (1) { default: return 1; default: return 2; } }", "CS0152"),
        ("@{ const DateTime d = default(DateTime); return d; }", "CS0133"),
        (r#"@{ var t = (1, "a"); return t.Item3; }"#, "CS1061"),
        ("@{ using (var s = new System.IO.MemoryStream()) { return 1; } }", "CS0246"),
        ("@{ using (var s = 1) { return 1; } }", "CS1674"),
        (r#"@{ string s = "a"; s++; return s; }"#, "CS0023"),
        ("@{ 5++; return 1; }", "CS0131"),
        (r#"@{ "a".Length = 1; return 1; }"#, "CS0200"),
        ("@{ DateTime.Now = DateTime.Now; return 1; }", "CS0200"),
        ("@{ List<string> l = new List<object>(); return l; }", "CS0029"),
        ("@{ IEnumerable<object> l = new List<int>(); return l; }", "CS0266"),
        ("@{ object[] a = new int[1]; return a; }", "CS0029"),
        (r#"@{ var l = new List<int>(); l.Add("a"); return l; }"#, "CS1503"),
        ("@{ var l = new List<int>(); l.Foo(); return l; }", "CS1061"),
        ("@{ var l = new List(); return l; }", "CS0305"),
        ("@{ var l = new List<int, int>(); return l; }", "CS0305"),
        ("@{ Lisst<int> l = null; return l; }", "CS0246"),
        (r#"@("abc"[1.5])"#, "CS1503"),
        (r#"@{ "abc"[1] = 'a'; return 1; }"#, "CS0200"),
        ("@{ object o = 1; o += 1; return o; }", "CS0019"),
        (r#"@{ int i = 1; i += "a"; return i; }"#, "CS0029"),
        (r#"@{ string s = "a"; s -= "b"; return s; }"#, "CS0019"),
        ("@{ if (1) return 1; return 2; }", "CS0029"),
        ("@{ int x = 1; if (x = 1) return 1; return 2; }", "CS0029"),
        ("@{ while (1) { } }", "CS0029"),
        ("@{ int F = 1; return F(); }", "CS0149"),
        ("@(Foo())", "CS0103"),
        ("@(Math)", "CS0119"),
        ("@(System)", "CS0118"),
        ("@{ Math m = null; return m; }", "CS0723"),
        ("@(new Math())", "CS0144"),
        ("@(new IEnumerable<int>())", "CS0144"),
        ("@(new[] { 1, 2 }.Select(Convert.ToString).First())", "CS0121"),
        ("@{ var q = from x in new[] { 1 } select x; return 1; }", "HX1001"),
        // Ways out of `finally`, and labels that are there already.
        ("@{ try { return 1; } finally { return 2; } }", "CS0157"),
        ("@{ while (true) { try { } finally { break; } } }", "CS0157"),
        ("@{ while (true) { try { } finally { while (true) { break; } } return 1; } }", ""),
        ("@{ try { return 1; } catch { } finally { throw; } return 1; }", "CS0156"),
        ("@{ switch (1) { case 1: return 1; case 1: return 2; } return 3; }", "CS0152"),
        (
            "@{ try { return 1; } catch (Exception) { return 2; } catch (ArgumentException) { return 3; } }",
            "CS0160",
        ),
        ("@{ try { return 1; } catch { return 2; } catch (Exception e) { return 3; } }", "CS1017"),
        (
            "@{ try { return 1; } catch (Exception e) when (e.Message == null) { return 2; } catch (ArgumentException) { return 3; } }",
            "",
        ),
        ("@{ return; }", "CS0126"),
        ("@{ { int x = 1; } int x = 2; return x; }", "CS0136"),
        ("@{ const int x = DateTime.Now.Day; return x; }", "CS0133"),
        ("@{ object o = 1; int y = 1; return o is y; }", "CS0150"),
        ("@((byte)300)", "CS0221"),
        ("@(-(int.MinValue))", "CS0220"),
        ("@((JToken)\"a\" == \"a\")", "CS0019"),
        ("@(new KeyValuePair<string, int>(\"a\", 1) == new KeyValuePair<string, int>(\"a\", 1))", "CS0019"),
        ("@{ int i = 1; i += 2.5; return i; }", "CS0266"),
        ("@{ char c = 'a'; c += 1; return c; }", "CS0266"),
        ("@{ int F(int n) { return n; } return F.x; }", "CS0428"),
        ("@{ Func<int, int> f = x => x; int i; return f(out i); }", "CS1615"),
        ("@(new dynamic())", "CS0144"),
        ("@{ void x; return 1; }", "CS1547"),
        ("@(new List<void>())", "CS1547"),
        ("@{ int G() { return z; } int z = 4; return G(); }", "CS0103"),
        ("@{ int F() { } return F(); }", "CS0161"),
        ("@{ int F(int a) => a; return F(); }", "CS7036"),
        ("@{ int F(int a) => a; return F(1, 2); }", "CS1501"),
        ("@{ string s = null; return s?.Length.Foo; }", "CS1061"),
        ("@(context.Request.Foo)", "CS1061"),
        ("@(contxt.Request)", "CS0103"),
        ("@(context.Request.Method.Foo().Bar.Baz())", "CS1061"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(source, wanted)| (source, wanted, codes(source)))
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(source, wanted, got)| format!("{source}\n  wanted {wanted:?}\n  got    {got:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn defects_are_told_where_they_are_all_at_once_and_once() {
    for (source, wanted) in [
        (
            "@{\n  int a = \"x\";\n  string b = 1;\n  return c + a.Foo;\n}",
            "CS0029 2:11 `string` cannot be converted implicitly to `int`\n\
             CS0029 3:14 `int` cannot be converted implicitly to `string`\n\
             CS0103 4:10 the name `c` does not exist in the current context\n\
             CS1061 4:16 `int` has no member `Foo`",
        ),
        // What follows from a defect is not told.
        (
            "@{ var a = Foo(); var b = a.Bar; if (b > 1) { return a + b; } }",
            "CS0103 1:12 the name `Foo` does not exist in the current context",
        ),
        ("@{ while (1) { } }", "CS0029 1:11 `int` cannot be converted implicitly to `bool`"),
        ("@{ x = 1; int x; return x; }", "CS0103 1:4 the name `x` does not exist in the current context"),
        (
            "@(new[] { 1 }.Select(x => x.Foo).Where(y => y.Bar).First())",
            "CS1061 1:29 `int` has no member `Foo`",
        ),
        ("@(new[] { 1 }.Where(x => x + 1))", "CS0029 1:26 `int` cannot be converted implicitly to `bool`"),
        ("@{ return 1; var x = 2; }", "CS0162 1:14 this is never reached"),
        ("@(1 == null)", "CS0472 1:3 `int` is never null"),
    ] {
        assert_eq!(told(source), wanted, "{source}");
    }
    let hints = |source: &str| {
        let checked = compile(source, None);
        checked.diagnostics.into_iter().map(|it| it.hint).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(hints("@(context.Reqest)"), "did you mean `Request`?");
    assert_eq!(hints("@{ int? n = 1; int m = n; return m; }"), "cast it: `(int)…`");
    assert_eq!(hints("@{ decimal d = 1.5; return d; }"), "write it with `m` at its end");
    assert_eq!(hints("@{ return 1.ToString; }"), "call it: `ToString(…)`");
}

#[test]
fn nothing_but_the_request_is_within_reach() {
    for source in [
        "@(typeof(string))",
        "@(typeof(string).Assembly)",
        "@(\"a\".GetType())",
        "@(1.GetType().Name)",
        "@(context.GetType())",
        "@(File.ReadAllText(\"a\"))",
        "@(System.IO.File.ReadAllText(\"a\"))",
        "@(Directory.GetFiles(\"a\"))",
        "@(new System.IO.FileStream(\"a\", null))",
        "@(Process.Start(\"a\"))",
        "@(System.Diagnostics.Process.Start(\"a\"))",
        "@(Environment.MachineName)",
        "@(System.Environment.GetEnvironmentVariable(\"a\"))",
        "@(Thread.CurrentThread)",
        "@(System.Threading.Thread.Sleep(1))",
        "@(Task.Delay(1))",
        "@(System.Threading.Tasks.Task.Run(() => 1))",
        "@(new HttpClient())",
        "@(new System.Net.Http.HttpClient())",
        "@(new System.Net.WebClient())",
        "@(System.Net.Dns.GetHostName())",
        "@(new System.Net.Sockets.Socket())",
        "@(AppDomain.CurrentDomain)",
        "@(Assembly.Load(\"a\"))",
        "@(System.Reflection.Assembly.GetExecutingAssembly())",
        "@(Activator.CreateInstance(null))",
        "@(Console.ReadLine())",
        "@(GC.GetTotalMemory(true))",
        "@(System.Runtime.InteropServices.Marshal.AllocHGlobal(1))",
        "@(Microsoft.Win32.Registry.LocalMachine)",
    ] {
        assert_eq!(codes(source), "HX0010", "{source}");
    }
    for source in [
        "@{ unsafe { } return 1; }",
        "@{ int* p = null; return 1; }",
        "@(stackalloc int[5])",
        "@(sizeof(int))",
        "@{ fixed (char* p = \"a\") { } return 1; }",
        "@{ lock (\"a\") { } return 1; }",
        "@{ goto x; return 1; }",
        "@{ yield return 1; }",
        "@(await 5)",
        "@{ class A { } return 1; }",
        "@(from x in new[] { 1 } select x)",
    ] {
        assert_eq!(codes(source), "HX1001", "{source}");
    }
}

#[test]
fn an_error_is_not_lost_among_warnings() {
    let many = "if (1 == null) { } ".repeat(60);
    let checked = compile(&format!("@{{ {many} return x; }}"), None);
    assert!(checked.program.is_none());
    assert!(checked.diagnostics.iter().any(|it| it.severity == Severity::Error && it.code == "CS0103"));
}
