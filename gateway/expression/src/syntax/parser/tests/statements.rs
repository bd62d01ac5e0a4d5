//! Statements (ECMA-334, clause 13).

use super::{check, statements};

#[test]
fn declarations_are_told_from_expressions() {
    check(
        statements,
        &[
            ("var a = 1, b = 2;", "{(let var a=1 b=2)}"),
            ("int a; string[] b = null; int? c = 1;", "{(let int a) (let string[] b=null) (let int? c=1)}"),
            ("const int a = 1;", "{(const int a=1)}"),
            ("A.B<C, D[]> e = f;", "{(let A.B<C,D[]> e=f)}"),
            ("dynamic a = b; (int x, string) c = d;", "{(let dynamic a=b) (let (int x,string) c=d)}"),
            (
                "int[] a = { 1, 2, }; int[,] b = { { 1 }, { 2 } };",
                "{(let int[] a={1 2}) (let int[,] b={{1} {2}})}",
            ),
            ("var = 1; var.a();", "{(= var 1) var.a()}"),
            ("a = b; a.b = c; a[0] = b; a<b>(c);", "{(= a b) (= a.b c) (= a[0] b) a<b>(c)}"),
            (
                "a++; --b; new A(); a?.b(); int.Parse(a);",
                "{(post++ a) (pre-- b) (new A []) (?. a ^.b()) int.Parse(a)}",
            ),
            ("(a, b) = (b, a);", "{(= (tuple a b) (tuple b a))}"),
            ("int f(int a, int b = 1) => a + b;", "{(fn int f [(int a) (int b=1)] (+ a b))}"),
            ("List<int> f() { return null; }", "{(fn List<int> f [] {(return null)})}"),
            ("void f() { } f();", "{(fn void f [] {}) f()}"),
            (
                "yield = 1; await = 2; async = 3; record = from;",
                "{(= yield 1) (= await 2) (= async 3) (= record from)}",
            ),
        ],
    );
}

#[test]
fn control_flow_nests() {
    check(
        statements,
        &[
            (";;{}", "{; ; {}}"),
            ("if (a) b(); else if (c) { } else return 1;", "{(if a b() (if c {} (return 1)))}"),
            ("if (a) if (b) c(); else d();", "{(if a (if b c() d()))}"),
            ("while (a) { break; } do { continue; } while (b);", "{(while a {break}) (do {continue} b)}"),
            (
                "for (int i = 0, j = 1; i < n; i++, j--) a(i);",
                "{(for [(let int i=0 j=1)] (< i n) [(post++ i) (post-- j)] a(i))}",
            ),
            ("for (;;) { } for (a = 1, b(); ; ) ;", "{(for [] [] {}) (for [(= a 1) b()] [] ;)}"),
            (
                "foreach (var a in b) c(a); foreach (A<B> c in d.e()) { }",
                "{(foreach var a b c(a)) (foreach A<B> c d.e() {})}",
            ),
            (
                "try { a(); } catch (A.B e) when (e.c) { throw; } catch (D) { } catch { throw e; } finally { }",
                "{(try {a()} (catch A.B e when e.c {(throw)}) (catch D {}) (catch {(throw e)}) (finally {}))}",
            ),
            ("try { } finally { }", "{(try {} (finally {}))}"),
            ("using (var a = b) using (c) { }", "{(using (let var a=b) (using c {}))}"),
            ("checked { a++; } unchecked { }", "{(checked {(post++ a)}) (unchecked {})}"),
            ("return; return a;", "{(return) (return a)}"),
            ("return (a, b);", "{(return (tuple a b))}"),
        ],
    );
}

#[test]
fn switch_labels_are_constants_or_patterns() {
    check(
        statements,
        &[
            ("switch (a) { }", "{(switch a )}"),
            (
                "switch (a) { case 1: case \"b\": return 1; case A.B: break; default: c(); break; }",
                "{(switch a [(case =1) (case =\"b\"): (return 1)] [(case =A.B): break] [default: c() break])}",
            ),
            (
                "switch (a) { case int i when i > 0: break; case T _: break; case var x: break; case null: break; }",
                "{(switch a [(case (int i) (> i 0)): break] [(case (T _)): break] [(case (var x)): break] [(case =null): break])}",
            ),
            (
                "switch (a) { case b ? 1 : 2: break; case (int)c: break; case -1: break; case D when e: break; }",
                "{(switch a [(case =(? b 1 2)): break] [(case =(cast int c)): break] [(case =(- 1)): break] [(case =D e): break])}",
            ),
            ("switch (a) { default: { int b; } }", "{(switch a [default: {(let int b)}])}"),
        ],
    );
}
