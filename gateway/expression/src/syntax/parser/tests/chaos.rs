//! Whatever the text is, it is read or refused with places that lie in it.

use proptest::prelude::*;

use super::soup;
use crate::span::Span;
use crate::syntax::{DIAGNOSTICS_MAX, parse};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_words_are_read_or_refused(numbers in proptest::collection::vec(any::<u32>(), 1..160)) {
        let mut numbers = numbers.into_iter().cycle();
        check(&soup::source(|| numbers.next().unwrap_or(0)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        check(&text);
        check(&format!("@({text})"));
        check(&format!("@{{{text}}}"));
    }
}

fn check(source: &str) {
    match parse(source) {
        Ok(tree) => spans(&format!("{tree:?}")).for_each(|span| check_span(source, span)),
        Err(diagnostics) => {
            assert!((1..=DIAGNOSTICS_MAX).contains(&diagnostics.len()), "{source}");
            diagnostics.iter().for_each(|diagnostic| check_span(source, diagnostic.span));
        }
    }
}

fn check_span(source: &str, span: Span) {
    assert!(span.start <= span.end && source.get(span.start..span.end).is_some(), "{span:?} of {source:?}");
}

/// All spans of a tree, found in how it is shown: so none is forgotten.
fn spans(shown: &str) -> impl Iterator<Item = Span> {
    shown.split("Span { start: ").skip(1).filter_map(|rest| {
        let (start, rest) = rest.split_once(", end: ")?;
        let (end, _) = rest.split_once(' ')?;
        Some(Span::new(start.parse().ok()?, end.parse().ok()?))
    })
}
