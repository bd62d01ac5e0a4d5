//! Everything is bounded, and the bounds keep a small stack from overflowing.

use super::diagnostics;
use crate::syntax::{DIAGNOSTICS_MAX, HEIGHT_MAX, NESTING_MAX, SOURCE_BYTES_MAX, TOO_DEEP, TOO_LONG, parse};

/// Stack of a thread that has to do. Frames of unoptimised builds are several times larger.
const STACK_BYTES: usize = if cfg!(debug_assertions) { 2 } else { 1 } * 512 * 1024;

/// Reads and drops in a thread with a small stack; an overflow ends the whole test.
fn code_of(source: String) -> Option<&'static str> {
    let read = move || match parse(&source) {
        Ok(_) => None,
        Err(diagnostics) => {
            assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
            Some(diagnostics[0].code)
        }
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(read).unwrap().join().unwrap()
}

#[test]
fn nesting_is_bounded() {
    // What opens and closes a level, what stands around all, and how many levels of recursion one takes.
    let shapes = [
        ("@(", "(", ")", "1)", 1),
        ("@(", "f(", ")", "1)", 1),
        ("@(", "a[", "]", "1)", 1),
        ("@(", "- ", "", "a)", 1),
        ("@(", "(int)", "", "1)", 1),
        ("@(", "x=>", "", "1)", 1),
        ("@(", "a?b:", "", "1)", 1),
        ("@(", "a??", "", "1)", 1),
        ("@(", "a=", "", "1)", 1),
        ("@(", "(1,", ")", "1)", 1),
        ("@(", "new{a=", "}", "1)", 1),
        ("@(", "new[]{", "}", "1)", 1),
        ("@(", "$\"{", "}\"", "1)", 1),
        ("@(", "a?b:(", ")", "1)", 2),
        ("@(", "new A(){B=", "}", "1)", 2),
        ("@(", "x=>{return ", ";}", "1)", 2),
        ("@{", "{", "}", "}", 1),
        ("@{", "if(a)", "", ";}", 1),
        ("@{", "if(a);else ", "", ";}", 1),
        ("@{", "for(;;)", "", ";}", 1),
        ("@{", "foreach(var a in b)", "", ";}", 1),
        ("@{", "try{", "}finally{}", "}", 1),
        ("@{", "switch(a){case 1:", "}", "}", 1),
        ("@{", "void f(){", "}", "}", 1),
    ];
    for (begin, open, close, end, cost) in shapes {
        let (middle, end) = end.split_at(end.len() - 1);
        let nested =
            |levels: usize| format!("{begin}{}{middle}{}{end}", open.repeat(levels), close.repeat(levels));
        let deepest = NESTING_MAX / cost - 1;
        assert_eq!(code_of(nested(deepest)), None, "{open}");
        assert_eq!(code_of(nested(deepest + 2)), Some(TOO_DEEP), "{open}");
        assert_eq!(code_of(nested(20_000)), Some(TOO_DEEP), "{open}");
    }
}

#[test]
fn types_and_chains_of_questions_are_bounded() {
    let generic = |levels: usize| format!("@{{ {}int{} a; }}", "L<".repeat(levels), ">".repeat(levels));
    assert_eq!(code_of(generic(30)), None);
    assert!(parse(&generic(100_000)).is_err());
    assert_eq!(code_of(format!("@(a{})", "?.b".repeat(NESTING_MAX - 1))), None);
    assert_eq!(code_of(format!("@(a{})", "?.b".repeat(NESTING_MAX))), Some(TOO_DEEP));
}

#[test]
fn chains_may_have_a_thousand_parts() {
    const { assert!(HEIGHT_MAX >= 1_100) };
    for (first, next) in
        [("1", "+1"), ("a", ".b"), ("a", "[0]"), ("a", "()"), ("\"\"", " + \"x\""), ("a", "<b")]
    {
        let chain = |parts: usize| format!("@({first}{})", next.repeat(parts));
        assert_eq!(code_of(chain(HEIGHT_MAX - 2)), None, "{next}");
        assert_eq!(code_of(chain(HEIGHT_MAX)), Some(TOO_DEEP), "{next}");
        assert_eq!(code_of(chain(50_000)), Some(TOO_DEEP), "{next}");
    }
    // Chains within the first parts of chains add up.
    let both = |each: usize| format!("@(({}){})", "1".to_owned() + &"+1".repeat(each), "+1".repeat(each));
    assert_eq!(code_of(both(HEIGHT_MAX / 2 - 2)), None);
    assert_eq!(code_of(both(HEIGHT_MAX / 2 + 2)), Some(TOO_DEEP));
}

#[test]
fn length_and_diagnostics_are_bounded() {
    let padded = |bytes: usize| format!("@(1{})", " ".repeat(bytes - 4));
    assert_eq!(code_of(padded(SOURCE_BYTES_MAX)), None);
    assert_eq!(code_of(padded(SOURCE_BYTES_MAX + 1)), Some(TOO_LONG));
    let broken = format!("@{{{}}}", "a = ;\n".repeat(DIAGNOSTICS_MAX * 2));
    assert_eq!(diagnostics(&broken).lines().count(), DIAGNOSTICS_MAX);
    // Siblings do not add up.
    let wide = format!("@{{{}}}", "a(b, (c + d) * e);\n".repeat(20_000));
    assert_eq!(code_of(wide), None);
}
