//! No expression runs for ever, uses all memory, or takes more stack than a thread has.

use super::eval;
use crate::bind::DEPTH_MAX;
use crate::run::{CALL_DEPTH_MAX, STEPS_MAX};

/// What a thread of the gateway has.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// Evaluates on a thread of the gateway's size; an overflow would end the tests.
fn on_a_thread(source: String) -> String {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(move || eval(&source)).expect("a thread").join().expect("it ends well")
}

#[test]
fn endless_work_runs_into_the_step_budget() {
    let steps = format!("limit the expression exceeded its budget of {STEPS_MAX} steps");
    for source in [
        "{ while (true) { } return 1; }",
        "{ for (;;) { } return 1; }",
        "{ do { } while (true); return 1; }",
        "{ while (true) { try { while (true) { } } catch { } finally { } } return 1; }",
        "Enumerable.Range(0, 2000000000).Where(x => x < 0).Count()",
        "new byte[2147483647].Length",
    ] {
        assert_eq!(on_a_thread(source.to_owned()), steps, "{source}");
    }
}

#[test]
fn growing_values_run_into_the_memory_budget() {
    for source in [
        r#"{ var s = "x"; while (true) { s += s; } return s; }"#,
        r#"{ var l = new List<string>(); while (true) { l.Add("x".PadLeft(10000)); } return 1; }"#,
        r#"{ var s = "x"; while (true) { s = $"{s}{s}"; } return s; }"#,
        r#""x".PadLeft(2000000000).Length"#,
        "{ try { var s = \"x\"; while (true) { s += s; } return s; } catch (Exception) { return \"caught\"; } }",
    ] {
        let got = on_a_thread(source.to_owned());
        assert_eq!(got, "limit the expression exceeded its memory budget", "{source}");
    }
}

#[test]
fn calls_nest_up_to_the_bound_and_no_further() {
    let calls = format!("limit calls are nested more than {CALL_DEPTH_MAX} deep");
    let recursion = |depth: usize| {
        format!("{{ int F(int n) {{ return n == 0 ? 0 : 1 + F(n - 1); }} return F({depth}); }}")
    };
    // The expression itself is the first call.
    assert_eq!(on_a_thread(recursion(CALL_DEPTH_MAX - 2)), format!("Int32 {}", CALL_DEPTH_MAX - 2));
    assert_eq!(on_a_thread(recursion(CALL_DEPTH_MAX - 1)), calls);
    for source in [
        "{ int F(int n) { return F(n + 1); } return F(0); }",
        "{ Func<int> f = () => 1; for (int i = 0; i < 1000; i++) { var g = f; f = () => g() + 1; } return f(); }",
        "{ IEnumerable<int> s = new[] { 1 }; for (int i = 0; i < 1000; i++) s = s.Select(x => x + 1); return s.First(); }",
        "{ IEnumerable<int> s = new[] { 1 }; for (int i = 0; i < 1000; i++) s = s.Reverse(); return s.First(); }",
        "{ object d = 1; for (int i = 0; i < 1000; i++) d = Tuple.Create(d, 1); return d.ToString().Length; }",
    ] {
        assert_eq!(on_a_thread(source.to_owned()), calls, "{source}");
    }
}

#[test]
fn what_is_written_deep_is_refused_or_runs() {
    let chain = |length: usize| format!("\"a\"{}", ".Trim()".repeat(length));
    assert_eq!(on_a_thread(chain(DEPTH_MAX / 2 - 8)), "String a");
    assert!(on_a_thread(chain(DEPTH_MAX + 1)).starts_with("CS8078 "));
    for (source, wanted) in [
        (format!("{{ var a = 1; return a{}; }}", " + a".repeat(1_000)), "Int32 1001".to_owned()),
        (format!("(\"a\"{}).Length", " + \"b\"".repeat(1_000)), "Int32 1001".to_owned()),
        (format!("true{}", " && true".repeat(1_000)), "Boolean True".to_owned()),
        (format!("{}1{}", "(".repeat(80), ")".repeat(80)), "Int32 1".to_owned()),
    ] {
        assert_eq!(on_a_thread(source.clone()), wanted, "{}", &source[..40]);
    }
    // Each level could be bound in two ways: overloads must not double the work.
    let nested = format!("{}1{}", "new[] { 1 }.Select(x => ".repeat(24), ").First()".repeat(24));
    assert!(!on_a_thread(nested).is_empty());
}

#[test]
fn patterns_that_explode_are_stopped() {
    let source = format!(r#"Regex.IsMatch("{}", @"^(a|a)*?$(?<=x)")"#, "a".repeat(40));
    assert_eq!(on_a_thread(source), "limit a regular expression exceeded its backtracking budget");
}
