//! What an expression may take: each bound is reached, on a thread with a small stack, and none is passed.

use super::{codes, eval, on_small_stack};
use crate::arena::Arena;
use crate::bind::{BINDINGS_MAX, DEPTH_MAX, DIAGNOSTICS_MAX};
use crate::fixture::Fixture;
use crate::program::compile;
use crate::run::interpret::NESTING_MAX;
use crate::run::{CALL_DEPTH_MAX, Cx, Limit, Limits, PARTS_MAX, Stop};

const MEMORY: usize = 4 * 1024 * 1024;
const LIMITS: Limits = Limits { steps: 300_000, depth: CALL_DEPTH_MAX };

/// Which bound an expression runs into, with small budgets.
fn limit(source: &str) -> Limit {
    limit_within(LIMITS, source)
}

fn limit_within(limits: Limits, source: &str) -> Limit {
    let checked = compile(source, None);
    let program = checked.program.unwrap_or_else(|| panic!("{source}: {:?}", checked.diagnostics));
    let arena = Arena::new(MEMORY);
    let fixture = Fixture::new(&arena, serde_json::json!({})).expect("a description");
    let mut cx = Cx::new(&arena, &fixture, limits);
    match program.run(&mut cx) {
        Err(Stop::Limit(limit)) => limit,
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn steps_end_what_goes_on() {
    on_small_stack(|| {
        for source in [
            "@{ while (true) { } }",
            "@{ for (;;) { } }",
            "@{ do { } while (true); }",
            "@{ int i = 0; while (i >= 0) i ^= 1; return i; }",
            "@(Enumerable.Range(0, int.MaxValue).All(x => x >= 0))",
            "@(Enumerable.Repeat(\"a\", int.MaxValue).Count())",
            "@(Enumerable.Range(0, 1000).SelectMany(x => Enumerable.Range(0, 1000)).Count())",
            "@(Enumerable.Range(0, 100000).Count(x => x % 2 == 0))",
            "@{ Func<int, int> f = null; f = n => n < 2 ? n : f(n - 1) + f(n - 2); return f(40); }",
            "@{ var s = new string('a', 100000); while (true) s.GetHashCode(); }",
            "@{ var s = new string('a', 100000); while (true) s.IndexOf(\"b\"); }",
            "@{ var s = new string('a', 100000); while (true) s.LastIndexOf('b'); }",
            "@{ var s = new string('a', 100000); while (true) string.Compare(s, s); }",
            "@{ var s = new string('a', 100000); int n = 0; while (true) n += s.Length + s[99999]; }",
            "@{ var s = new string('a', 100000); var t = s + \"\"; while (s == t) { } return 1; }",
            "@{ var s = new { A = new string('a', 100000) }; while (s.Equals(s)) { } return 1; }",
            "@{ var l = Enumerable.Range(0, 1000).ToList(); while (true) { l.RemoveAt(0); l.Add(1); } }",
            "@{ var l = Enumerable.Range(0, 20000).ToList(); l.Sort((a, b) => -1); return 1; }",
            "@(Enumerable.Range(0, 60000).OrderBy(x => -x).First())",
            "@(new byte[int.MaxValue])",
            // Nothing that an expression writes sees a bound, or runs after it.
            "@{ try { while (true) { } } catch { return 1; } }",
            "@{ try { while (true) { } } catch (Exception e) when (true) { return 1; } finally { return_(); } return 1; void return_() { } }",
            "@{ while (true) { try { while (true) { } } finally { continue_(); } } void continue_() { } }",
        ] {
            assert_eq!(limit(source), Limit::Steps(LIMITS.steps), "{source}");
        }
    });
}

#[test]
fn memory_ends_what_grows() {
    on_small_stack(|| {
        for source in [
            "@{ var s = \"a\"; while (true) s += s; }",
            "@{ var s = \"a\"; while (true) s = $\"{s}{s}\"; }",
            "@{ var s = new string('a', 1000000); return $\"{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}\"; }",
            "@{ var l = new List<string>(); while (true) l.Add(\"a\"); }",
            "@{ var d = new Dictionary<int, int>(); int i = 0; while (true) d[i++] = i; }",
            "@{ var b = new StringBuilder(); while (true) b.Append(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"); }",
            "@(new byte[5000000])",
            "@(new string[200000])",
            "@(\"a\".PadLeft(int.MaxValue))",
            "@(new string('a', int.MaxValue))",
            "@(Enumerable.Range(0, 200000).ToArray())",
            "@(string.Join(\",\", Enumerable.Repeat(new string('a', 100000), 1000)))",
            "@{ var s = \"a\"; try { while (true) s += s; } catch { return 1; } finally { s = null; } }",
        ] {
            let limits = Limits { steps: 5_000_000, ..LIMITS };
            assert_eq!(limit_within(limits, source), Limit::Memory, "{source}");
        }
    });
}

#[test]
fn calls_nest_so_deep_and_no_deeper() {
    on_small_stack(|| {
        let f = "int F(int n) => n == 0 ? 0 : 1 + F(n - 1);";
        // The function itself is called once more, and the expression is a call of its own.
        let deepest = CALL_DEPTH_MAX - 2;
        assert_eq!(eval(&format!("@{{ {f} return F({deepest}); }}")), format!("Int32 {deepest}"));
        let past = format!("@{{ {f} return F({}); }}", deepest + 1);
        assert_eq!(limit(&past), Limit::Recursion(CALL_DEPTH_MAX));
        for source in [
            "@{ int F(int n) => F(n + 1); try { return F(1); } catch { return 0; } finally { } }",
            "@{ Func<int> f = () => 1; for (int i = 0; i < 1000; i++) { var g = f; f = () => g() + 1; } return f(); }",
            "@{ bool E(int n) => O(n); bool O(int n) => E(n); return E(1); }",
        ] {
            assert_eq!(limit(source), Limit::Recursion(CALL_DEPTH_MAX), "{source}");
        }
    });
}

/// Every way to go deeper at run time, each with the largest frames it has.
#[test]
fn evaluations_nest_so_deep_and_no_deeper() {
    on_small_stack(|| {
        let brackets = "(1 + ".repeat(40);
        let closing = ")".repeat(40);
        let sources = [
            format!("@{{ int F(int n) => n == 0 ? 0 : {brackets}F(n - 1){closing}; return F(60); }}"),
            "@{ int F(int n) { if (n > 0) { foreach (var x in new[] { 1 }) { while (true) { try { switch (n) { default: { { { { return F(n - 1); } } } } } } finally { } } } } return 0; } return F(60); }".to_owned(),
            "@{ string F(int n) => n == 0 ? \"\" : $\"{\"a\" + $\"{\"b\" + string.Format(\"{0}\", $\"{F(n - 1)}\")}\"}\"; return F(60); }".to_owned(),
            "@{ dynamic F(int n) { dynamic d = n; if (n > 0) { d = (((d + (F(n - 1))) + 1) + 2) + 3; } return d; } return F(60); }".to_owned(),
        ];
        for source in sources {
            assert_eq!(limit(&source), Limit::Recursion(NESTING_MAX), "{source}");
        }
        // Sequences over sequences: begun, gone through and dropped.
        for step in [
            "s.Select(x => x + 1)",
            "s.Where(x => x > 0)",
            "s.Concat(new[] { 1 })",
            "new[] { 1 }.Concat(s)",
            "s.Distinct()",
            "s.Reverse()",
            "s.OrderBy(x => x)",
            "s.Take(5)",
            "s.Skip(0)",
            "s.DefaultIfEmpty()",
            "s.Union(new[] { 1 })",
            "s.Except(new[] { 2 })",
            "new[] { 3 }.Except(s)",
            "s.Cast<int>()",
            "s.GroupBy(x => x).Select(g => g.Key)",
            "s.Zip(new[] { 1 }, (a, b) => a)",
        ] {
            let source = |count: usize| {
                format!(
                    "@{{ IEnumerable<int> s = new[] {{ 1 }}; for (int i = 0; i < {count}; i++) s = {step}; return s.Count(); }}"
                )
            };
            assert_eq!(limit(&source(4_000)), Limit::Recursion(NESTING_MAX), "{step}");
            assert!(eval(&source(60)).starts_with("Int32 "), "{step}");
        }
        // Far more of them than anything holds.
        let many = "@{ IEnumerable<int> s = new[] { 1 }; for (int i = 0; i < 100000; i++) s = s.Distinct(); return s.First(); }";
        assert!(eval(many).starts_with("limit "));
    });
}

#[test]
fn records_have_so_many_parts_and_no_more() {
    on_small_stack(|| {
        let nested = |count: usize| {
            format!(
                "@{{ object o = null; for (int i = 0; i < {count}; i++) o = new {{ A = o }}; return o.Equals(o) && o.GetHashCode() == o.GetHashCode() && o.ToString() != null; }}"
            )
        };
        assert_eq!(eval(&nested(PARTS_MAX)), "Boolean True");
        assert_eq!(limit(&nested(PARTS_MAX + 1)), Limit::Parts(PARTS_MAX));
        let doubled =
            "@{ object o = 1; for (int i = 0; i < 30; i++) o = new { A = o, B = o }; return o.ToString(); }";
        assert_eq!(limit(doubled), Limit::Parts(PARTS_MAX));
        let pairs = "@{ object o = 1; for (int i = 0; i < 300; i++) o = new KeyValuePair<object, object>(o, o); return o; }";
        assert_eq!(limit(pairs), Limit::Parts(PARTS_MAX));
    });
}

#[test]
fn what_is_checked_is_bounded_too() {
    on_small_stack(|| {
        // Nesting: a chain of members is as deep as it is long.
        let chain = |count: usize| format!("@(\"a\"{})", ".Trim()".repeat(count));
        assert_eq!(codes(&chain(DEPTH_MAX / 2 - 1)), "");
        assert_eq!(codes(&chain(DEPTH_MAX / 2 + 1)), "CS8078");
        for source in [
            format!("@({}1{})", "Math.Abs(".repeat(90), ")".repeat(90)),
            format!("@({}1)", "true ? 1 : ".repeat(90)),
            format!("@({}\"b\")", "\"a\" ?? ".repeat(90)),
            format!("@(\"a\"{})", "?.Trim()".repeat(60)),
            format!("@(1{})", " + 1".repeat(1_000)),
            format!("@(\"a\"{})", " + \"b\"".repeat(1_000)),
            format!("@({}1{})", "$\"{".repeat(30), "}\"".repeat(30)),
        ] {
            let codes = codes(&source);
            assert!(!codes.contains("HX0001"), "{codes} {source}");
        }
        // Overloads that differ by lambdas within lambdas are each tried once.
        for (open, close) in [
            ("new[] { 1 }.Select(x# => ", ").First()"),
            ("new[] { 1 }.SelectMany(x# => new[] { ", " }).First()"),
            ("new[] { 1 }.Sum(x# => ", ")"),
            ("new[] { 1 }.Aggregate((x#, y#) => ", ")"),
            ("new[] { 1 }.ToDictionary(x# => ", ").Count"),
        ] {
            let opened: String = (0..20).map(|at: u32| open.replace('#', &at.to_string())).collect();
            assert_eq!(codes(&format!("@({opened}1{})", close.repeat(20))), "", "{open}");
        }
        let items = |count: usize| format!("@(new[] {{ {} }}.Length)", vec!["1"; count].join(","));
        assert_eq!(codes(&items(BINDINGS_MAX / 2 - 10)), "");
        assert_eq!(codes(&items(BINDINGS_MAX + 1)), "HX0001");
        // Diagnostics.
        let wrong = |count: usize| format!("@{{ {} return 1; }}", "a = 1; ".repeat(count));
        assert_eq!(compile(&wrong(DIAGNOSTICS_MAX), None).diagnostics.len(), DIAGNOSTICS_MAX);
        assert_eq!(compile(&wrong(DIAGNOSTICS_MAX + 1), None).diagnostics.len(), DIAGNOSTICS_MAX);
        assert_eq!(compile(&wrong(20_000), None).diagnostics.len(), DIAGNOSTICS_MAX);
        // Locals.
        let locals = |count: u16| {
            let all: String = (0..count).map(|at| format!("int a{at} = {at}; ")).collect();
            codes(&format!("@{{ {all} return a0; }}"))
        };
        assert_eq!(locals(crate::bind::LOCALS_MAX), "");
        assert_eq!(locals(crate::bind::LOCALS_MAX + 1), "HX0002");
    });
}

#[test]
fn what_is_long_runs_and_patterns_that_explode_are_stopped() {
    on_small_stack(|| {
        for (source, wanted) in [
            (format!("{{ var a = 1; return a{}; }}", " + a".repeat(1_000)), "Int32 1001"),
            (format!("(\"a\"{}).Length", " + \"b\"".repeat(1_000)), "Int32 1001"),
            (format!("true{}", " && true".repeat(1_000)), "Boolean True"),
            (format!("{}1{}", "(".repeat(80), ")".repeat(80)), "Int32 1"),
            (
                format!(r#"Regex.IsMatch("{}", @"^(a|a)*?$(?<=x)")"#, "a".repeat(40)),
                "limit a regular expression exceeded its backtracking budget",
            ),
        ] {
            assert_eq!(eval(&source), wanted, "{}", &source[..40]);
        }
    });
}
