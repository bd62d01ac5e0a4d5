//! Statements: ways through the code, scopes, and what lambdas and local functions share.

use super::table;

#[test]
fn loops_have_variables_of_their_own_and_breaks_assign() {
    table(&[
        (
            r#"{ var fs = new List<Func<int>>(); foreach (var i in new[] { 1, 2, 3 }) fs.Add(() => i); for (int j = 0; j < 3; j++) fs.Add(() => j); return string.Join(",", fs.Select(f => f())); }"#,
            "String 1,2,3,3,3,3",
        ),
        (
            r#"{ var fs = new List<Func<int>>(); for (int j = 0; j < 3; j++) { int.TryParse("" + j, out var m); fs.Add(() => m); } return string.Join(",", fs.Select(f => f())); }"#,
            "String 0,1,2",
        ),
        (
            r#"{ var fs = new List<Func<int>>(); foreach (object o in new object[] { 1, "a", 2 }) { if (o is int i) fs.Add(() => i); } return string.Join(",", fs.Select(f => f())); }"#,
            "String 1,2",
        ),
        (r#"{ int.TryParse("5", out var n); Func<int> f = () => n; n++; return f(); }"#, "Int32 6"),
        (
            r#"{ object o = "a"; while (o is string s) { o = null; } o = 1; while (o is int s) { o = null; } return 1; }"#,
            "Int32 1",
        ),
        ("{ int x; while (true) { if (1 < 2) { x = 1; break; } } return x; }", "Int32 1"),
        ("{ int x; for (;;) { if (1 < 2) { x = 1; break; } } return x; }", "Int32 1"),
        ("{ int x; while (true) { try { x = 1; break; } finally { } } return x; }", "Int32 1"),
        (
            "{ int x; switch (2) { case 1: if (true) { x = 1; break; } else { return 5; } default: x = 3; break; } return x; }",
            "Int32 3",
        ),
        (
            "{ switch (1) { case 1: int x = 5; return x; case 2: x = 2; return x; default: return 0; } }",
            "Int32 5",
        ),
        ("{ while (1 == 1 && !false) { return 1; } }", "Int32 1"),
        ("{ if (!(((object)5) is int i)) return 0; return i; }", "Int32 5"),
        (
            "{ int n = 0; while (true) { try { n++; if (n > 3) break; continue; } finally { n += 10; } } return n; }",
            "Int32 22",
        ),
        (
            "{ int i = 0; int P() { return i++; } int[] a = new int[4]; a[P()] += 5; a[P()]++; return a[0] * 10 + a[1] + i * 100; }",
            "Int32 251",
        ),
        (
            "{ var l = new List<int> { 3, 1, 2, 9, 4, 7, 5, 3, 2, 1, 8, 6, 4, 3, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 10 }; var k = 0; l.Sort((a, b) => (k++ * 7919 % 3) - 1); return l.Sum(); }",
            "Int32 116",
        ),
    ]);
}

#[test]
fn local_functions_see_what_stands_before_them_and_are_called_from_anywhere() {
    table(&[
        ("{ int total = 0; void Add(int n) { total += n; } Add(1); Add(2); return total; }", "Int32 3"),
        ("{ return Later(); int Later() { return 7; } }", "Int32 7"),
        ("{ int F(int n) => n < 2 ? 1 : n * F(n - 1); return F(5); }", "Int32 120"),
        (
            "{ bool E(int n) => n == 0 || O(n - 1); bool O(int n) => n != 0 && E(n - 1); return E(10); }",
            "Boolean True",
        ),
        (
            r#"{ int F(int a, int b = 2, string c = "x") => a * b + c.Length; return F(1) + F(1, 5) + F(c: "abc", a: 2); }"#,
            "Int32 16",
        ),
        (
            "{ int n = 0; int Next() { n++; return n; } Next(); Func<int> f = Next; return f() * 10 + n; }",
            "Int32 22",
        ),
        (
            r#"{ var fs = new List<Func<int>>(); for (int i = 0; i < 3; i++) { int k = i; int F() { return k; } fs.Add(F); } return string.Join(",", fs.Select(f => f())); }"#,
            "String 0,1,2",
        ),
        ("{ int x; void Set() { x = 4; } Set(); return x; }", "Int32 4"),
        ("{ int x; Set(); return x; void Set() { if (true) { x = 5; return; } } }", "Int32 5"),
        (
            "{ int x; Set(1); return x; void Set(int n) { if (n > 0) { x = 5; return; } } }",
            "CS0165 the variable `x` may have no value here",
        ),
        (
            "{ int x; Get(); return x; int Get() { int y; return y; } }",
            "CS0165 the variable `x` may have no value here; CS0165 the variable `y` may have no value here",
        ),
        (
            r#"{ string Show(object o) { switch (o) { case int i when i > 5: return "big"; case int i: return "int " + i; case string s: return s; case null: return "null"; default: return "?"; } } return Show(9) + Show(1) + Show("s") + Show(null) + Show(1.5); }"#,
            "String bigint 1snull?",
        ),
        (
            "{ int F(int n) { try { return G(n); } finally { n = 100; } int G(int m) { return m + n; } } return F(1); }",
            "Int32 2",
        ),
    ]);
}

#[test]
fn statements_run_as_written() {
    table(&[
        ("{ int x; if (true) { x = 1; } return x; }", "Int32 1"),
        ("{ int x; try { x = 1; } catch { x = 2; } return x; }", "Int32 1"),
        ("{ int x; try { x = 1; } finally { } return x; }", "Int32 1"),
        ("{ int x; switch (2) { case 1: x = 1; break; default: x = 3; break; } return x; }", "Int32 3"),
        ("{ int x; do { x = 1; } while (false); return x; }", "Int32 1"),
        ("{ for (;;) { return 1; } }", "Int32 1"),
        ("{ do { return 1; } while (true); }", "Int32 1"),
        ("{ try { throw new Exception(); } catch { return 1; } }", "Int32 1"),
        ("{ try { return 1; } finally { } }", "Int32 1"),
        ("{ switch (1) { case 1: return 1; default: return 2; } }", "Int32 1"),
        ("{ object o = 1; if (!(o is int i)) return 0; return i; }", "Int32 1"),
        (r#"{ int x; int.TryParse("1", out x); return x; }"#, "Int32 1"),
        (
            r#"{ foreach (var p in JObject.Parse("{}")) { var k = p.Key; var v = p.Value; } return 1; }"#,
            "Int32 1",
        ),
        (r#"{ foreach (JProperty p in JObject.Parse("{}").Properties()) { } return 1; }"#, "Int32 1"),
        ("{ foreach (string s in new JArray()) { } return 1; }", "Int32 1"),
        (
            r#"{ try { return 1; } catch (Exception e) when (e.Message == "a") { return 2; } catch (Exception e) { return 3; } }"#,
            "Int32 1",
        ),
        ("{ try { return 1; } catch (ArgumentException e) { throw; } }", "Int32 1"),
        ("{ for (int i = 0; i < 1; i++) { } for (int i = 0; i < 1; i++) { } return 1; }", "Int32 1"),
        (r#"{ switch ("a") { case "a": case "b": return 1; default: return 2; } }"#, "Int32 1"),
        ("{ switch (1L) { case 1: return 1; default: return 2; } }", "Int32 1"),
        ("{ const int y = 1; switch (1) { case y: return 1; default: return 2; } }", "Int32 1"),
        ("{ switch (DayOfWeek.Monday) { case DayOfWeek.Monday: return 1; default: return 2; } }", "Int32 1"),
        (
            "{ object o = 1; switch (o) { case int i: return i; case string s: return s; case null: return 0; default: return 1; } }",
            "Int32 1",
        ),
        ("{ bool b; if (b = true) return 1; return 2; }", "Int32 1"),
        (
            r#"{ JObject o = JObject.Parse("{\"a\":1}"); if (o["a"] != null && o["b"] == null) return "x"; return "y"; }"#,
            "String x",
        ),
        (
            r#"{ JToken t = JToken.Parse("[1,2,3]"); int n = 0; foreach (var x in t) n += (int)x; return n; }"#,
            "Int32 6",
        ),
        (r#"{ dynamic d = JObject.Parse("{\"a\":5}"); if (d.a == 5) return "y"; return "n"; }"#, "String y"),
        (
            "{ int n = 0; for (int i = 0; i < 10; i++) { if (i == 2) continue; if (i == 5) break; n += i; } return n; }",
            "Int32 8",
        ),
        (
            "{ int n = 0; foreach (var x in new[] { 1, 2, 3 }) { switch (x) { case 1: continue; case 2: n += 10; break; default: n += 100; break; } n++; } return n; }",
            "Int32 112",
        ),
        ("{ int n = 0; do { n++; if (n == 3) continue; } while (n < 5); return n; }", "Int32 5"),
        (
            "{ int n = 0; while (true) { try { n++; if (n > 3) break; continue; } finally { n += 10; } } return n; }",
            "Int32 22",
        ),
        (
            r#"{ var s = ""; try { s += "a"; throw new ArgumentException("x"); } catch (FormatException) { s += "b"; } catch (ArgumentException e) when (e.Message == "y") { s += "c"; } catch (Exception e) { s += e.Message; } finally { s += "f"; } return s; }"#,
            "String axf",
        ),
        (
            r#"{ var s = ""; try { try { throw new Exception("1"); } finally { s += "f"; } } catch (Exception e) { s += e.Message; } return s; }"#,
            "String f1",
        ),
        (
            r#"{ try { try { throw new FormatException("1"); } catch (Exception) { throw; } } catch (FormatException e) { return e.Message; } }"#,
            "String 1",
        ),
        (
            r#"{ try { try { throw new FormatException("1"); } catch (Exception e) { throw new InvalidOperationException("2", e); } } catch (Exception e) { return e.Message + e.InnerException.Message; } }"#,
            "String 21",
        ),
        (
            "{ var fs = new Func<int>[3]; for (int i = 0; i < 3; i++) { int j = i * 2; fs[i] = () => j++; } return fs[0]() + fs[1]() + fs[1]() + fs[2](); }",
            "Int32 9",
        ),
        (
            "{ var l = new List<int> { 1, 2 }; foreach (var x in l) l.Add(x); return 1; }",
            "throw System.InvalidOperationException: Collection was modified; enumeration operation may not execute.",
        ),
        (r#"{ switch ("b") { case "a": return 1; case "b": { return 2; } default: return 3; } }"#, "Int32 2"),
        (
            r#"{ string s = null; switch (s) { case null: return 0; case "": return 1; default: return 2; } }"#,
            "Int32 0",
        ),
        (r#"{ switch (5) { case 1: case 5: return "x"; } return "y"; }"#, "String x"),
    ]);
}
