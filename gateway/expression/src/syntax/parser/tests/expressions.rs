//! Expressions and types (ECMA-334, clauses 8 and 12).

use super::{check, expression};

#[test]
fn operators_bind_as_in_csharp() {
    check(
        expression,
        &[
            ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
            ("a - b - c", "(- (- a b) c)"),
            ("a || b && c | d ^ e & f == g", "(|| a (&& b (| c (^ d (& e (== f g))))))"),
            ("a == b < c << d + e % f", "(== a (< b (<< c (+ d (% e f)))))"),
            ("a ?? b ?? c", "(?? a (?? b c))"),
            ("a ?? b ? c : d", "(? (?? a b) c d)"),
            ("a ? b : c ? d : e", "(? a b (? c d e))"),
            ("a ? b ? c : d : e", "(? a (? b c d) e)"),
            ("a = b += c", "(= a (+= b c))"),
            ("a ? b : c = d", "(? a b (= c d))"),
            ("!a && -b < ~c + +d", "(&& (! a) (< (- b) (+ (~ c) (+ d))))"),
            ("- - -a--", "(- (- (- (post-- a))))"),
            ("++a.b + --c", "(+ (pre++ a.b) (pre-- c))"),
            ("a > > b", "1:7 CS1525: invalid expression term `>`: expected an expression"),
            ("a >> b >= c > d", "(> (>= (>> a b) c) d)"),
            ("a >>= b <<= c", "(>>= a (<<= b c))"),
            ("a *= b /= c %= d &= e |= f ^= g -= h", "(*= a (/= b (%= c (&= d (|= e (^= f (-= g h)))))))"),
            ("a / b >> 1", "(>> (/ a b) 1)"),
            ("a is T == b", "(== (is a T) b)"),
            ("a as T ?? b", "(?? (as a T) b)"),
            ("-2147483648 - 2147483648", "(- -2147483648 2147483648U)"),
            ("-9223372036854775808", "-9223372036854775808L"),
            ("-9_223_372_036_854_775_808L", "-9223372036854775808L"),
            ("-0x80000000", "(- 2147483648U)"),
            ("-2147483648.ToString()", "(- 2147483648U.ToString())"),
        ],
    );
}

#[test]
fn chains_extend_to_the_end_of_the_primary() {
    check(
        expression,
        &[
            ("a.b(c)[d].e<F>(g)", "a.b(c)[d].e<F>(g)"),
            ("a?.b", "(?. a ^.b)"),
            ("a?.b.c?.d", "(?. a (?. ^.b.c ^.d))"),
            ("a?[0]?.b(c)[1]", "(?. a (?. ^[0] ^.b(c)[1]))"),
            ("a.b?.c.d() ?? e", "(?? (?. a.b ^.c.d()) e)"),
            ("(a?.b).c", "((?. a ^.b)).c"),
            ("a ? .5 : 1", "(? a 0.5 1)"),
            ("a?.5:1", "(? a 0.5 1)"),
            ("a ?. b", "(?. a ^.b)"),
            ("!a?.b", "(! (?. a ^.b))"),
            (
                "f(x: 1, y: out z, out var a, out int? b, out _, ref c)",
                "f(x:1 y:(out z) (out var a) (out int? b) (out var _) (ref c))",
            ),
            ("f(a ? b : c, d: e)", "f((? a b c) d:e)"),
            ("f()()[a, b]", "f()()[a b]"),
            ("int.Parse(a) + string.Empty", "(+ int.Parse(a) string.Empty)"),
            ("global::System.String.Empty", "System.String.Empty"),
            ("1.ToString() + 1.5.ToString()", "(+ 1.ToString() 1.5.ToString())"),
            ("a . b // c )\n /* d ( */ . e", "a.b.e"),
        ],
    );
}

#[test]
fn parentheses_are_casts_lambdas_tuples_or_nothing() {
    check(
        expression,
        &[
            ("(a)", "(a)"),
            ("(a)b", "(cast a b)"),
            ("(a)(b)", "(cast a (b))"),
            ("(a)-b", "(- (a) b)"),
            ("(int)-b", "(cast int (- b))"),
            ("(a.b<c>)\"d\"", "(cast a.b<c> \"d\")"),
            ("(a)$\"\"", "(cast a ($ ))"),
            ("(a)!b", "(cast a (! b))"),
            ("(a)~b", "(cast a (~ b))"),
            ("(a)&b", "(& (a) b)"),
            ("(a)[0]", "(a)[0]"),
            ("(a) as b", "(as (a) b)"),
            ("(a) is b", "(is (a) b)"),
            ("(a)new b()", "(cast a (new b []))"),
            ("(a)default", "(cast a (default))"),
            ("(a)null", "(cast a null)"),
            ("(a?)b", "(cast a? b)"),
            ("(a[])-b", "(cast a[] (- b))"),
            ("(int[][,]?)b", "(cast int[][,]? b)"),
            ("(List<int>)-b", "(cast List<int> (- b))"),
            ("(List<a>)-b", "(- (List<a>) b)"),
            ("(dynamic)a", "(cast dynamic a)"),
            ("(string)a.b", "(cast string a.b)"),
            ("((string)a).b", "((cast string a)).b"),
            ("(int)(long)a + b", "(+ (cast int (cast long a)) b)"),
            (
                "(System.Collections.Generic.Dictionary<string, List<int[]>>)a",
                "(cast System.Collections.Generic.Dictionary<string,List<int[]>> a)",
            ),
            ("((int, string))a", "(cast (int,string) a)"),
            ("((a, b))", "((tuple a b))"),
            ("(a, b: c, (d, e))", "(tuple a b:c (tuple d e))"),
            ("(a ? b : c)", "((? a b c))"),
            ("(a < b)", "((< a b))"),
            ("(a) => b", "(=> [(a)] b)"),
            ("() => { return 1; }", "(=> [] {(return 1)})"),
            ("(a, b) => a + b", "(=> [(a) (b)] (+ a b))"),
            ("(int a, List<string> b) => a", "(=> [(int a) (List<string> b)] a)"),
            ("a => b => a = b", "(=> [(a)] (=> [(b)] (= a b)))"),
            ("f(a => a.b, c)", "f((=> [(a)] a.b) c)"),
            ("(a => a)(b)", "((=> [(a)] a))(b)"),
            ("_ => throw a", "(=> [(_)] (throw a))"),
            ("(Func<int, int>)(x => x)", "(cast Func<int,int> ((=> [(x)] x)))"),
            ("delegate (int a) { return a; }", "(=> [(int a)] {(return a)})"),
        ],
    );
}

#[test]
fn type_arguments_are_told_by_what_follows() {
    check(
        expression,
        &[
            ("f(g<a, b>(7))", "f(g<a,b>(7))"),
            ("f(g < a, b > 7)", "f((< g a) (> b 7))"),
            ("f(g<a, b>>7)", "f((< g a) (>> b 7))"),
            ("a < b > c", "(> (< a b) c)"),
            ("a < b > (c)", "a<b>(c)"),
            ("a < b || c > d", "(|| (< a b) (> c d))"),
            ("f(a < b, c > (d))", "f(a<b,c>(d))"),
            ("a<b>.c", "a<b>.c"),
            ("a.b<c<d>>()", "a.b<c<d>>()"),
            ("a<b>?.c", "(?. a<b> ^.c)"),
            ("a<int[]> == b", "(== a<int[]> b)"),
            ("a < 1", "(< a 1)"),
            ("i < n ? a : b", "(? (< i n) a b)"),
            ("new A<B<C>>() >> 1", "(>> (new A<B<C>> []) 1)"),
        ],
    );
}

#[test]
fn patterns_are_types_declarations_or_constants() {
    check(
        expression,
        &[
            ("a is T", "(is a T)"),
            ("a is T x && x.y", "(&& (is a (T x)) x.y)"),
            ("a is T _", "(is a (T _))"),
            ("a is var x", "(is a (var x))"),
            ("a is System.Int32[] x", "(is a (System.Int32[] x))"),
            ("a is null || b is 1", "(|| (is a =null) (is b =1))"),
            ("a is -1", "(is a =(- 1))"),
            ("a is \"b\"", "(is a =\"b\")"),
            ("a is B.C + 1", "(is a =(+ B.C 1))"),
            ("a is T ? b : c", "(? (is a T) b c)"),
            ("a is int ? -b : c", "(? (is a int) (- b) c)"),
            ("a is int?", "(is a int?)"),
            ("a is int? && b", "(&& (is a int?) b)"),
            ("a as int? ?? b", "(?? (as a int?) b)"),
            ("a as T ? b : c", "(? (as a T) b c)"),
            ("(a is T) ? (b) : c", "(? ((is a T)) (b) c)"),
            ("!(a is List<T> x)", "(! ((is a (List<T> x))))"),
            ("a is T and", "(is a (T and))"),
            ("(a as B).C", "((as a B)).C"),
        ],
    );
}

#[test]
fn objects_and_arrays_are_created_in_many_ways() {
    check(
        expression,
        &[
            ("new A()", "(new A [])"),
            ("new A.B<C>(1, d: 2).E", "(new A.B<C> [1 d:2]).E"),
            ("new A { }", "(new A [] {})"),
            ("new A { B = 1, C = { D = 2 }, E = { 3 }, }", "(new A [] {B=1 C={D=2} E={(add 3)}})"),
            ("new A { [\"b\"] = 1, [c, d] = 2 }", "(new A [] {[\"b\"]=1 [c d]=2})"),
            ("new A(0) { 1, { \"k\", 2 }, b == c }", "(new A [0] {(add 1) (add \"k\" 2) (add (== b c))})"),
            ("new { A = 1, b, c.D, e?.F.G }", "(new {A=1 b=b D=c.D G=(?. e ^.F.G)})"),
            ("new { }", "(new {})"),
            ("new[] { 1, 2, }", "(array _ [] {1 2})"),
            ("new [] { \"a\" }", "(array _ [] {\"a\"})"),
            ("new int[3]", "(array int [3])"),
            ("new int[2, 3]", "(array int [2 3])"),
            ("new A[n][]", "(array A[] [n])"),
            ("new A[n][,][]", "(array A[,][] [n])"),
            ("new int[2] { 1, 2 }", "(array int [2] {1 2})"),
            ("new byte[] { 1 }", "(array byte [] {1})"),
            ("new int[][] { new[] { 1 } }", "(array int[] [] {(array _ [] {1})})"),
            ("new[] { new { A = 1 } }[0].A", "(array _ [] {(new {A=1})})[0].A"),
            ("new int?(1)", "(new int? [1])"),
        ],
    );
}

#[test]
fn rare_expressions_are_read() {
    check(
        expression,
        &[
            ("nameof(a.b)", "(nameof a.b)"),
            ("nameof", "nameof"),
            ("default(List<int>)", "(default List<int>)"),
            ("a ? default : b", "(? a (default) b)"),
            ("typeof(int[])", "(typeof int[])"),
            ("checked(a + b) - unchecked((int)c)", "(- (checked (+ a b)) (unchecked (cast int c)))"),
            ("a ?? throw new E()", "(?? a (throw (new E [])))"),
            ("a ? throw b : throw c", "(? a (throw b) (throw c))"),
            ("@class.@a + \\u0061b", "(+ class.a ab)"),
            ("f(await: 1, from, async, when, yield)", "f(await:1 from async when yield)"),
            ("await + from - var", "(- (+ await from) var)"),
        ],
    );
}
