//! How literals of paths compare: without regard to case, and to how a character is encoded.
//!
//! One idea: two texts are equal when they fold to the same bytes. Folding decodes percent-encoding,
//! but for `%2F` and `%25`, and puts ASCII letters into lower case. A literal is folded when it is
//! compiled; a request is folded while it is compared, so nothing is allocated. What a client encodes
//! without need thus cannot step around an operation and its policies.

use std::cmp::Ordering;

/// A literal that was folded.
pub(crate) type Folded = Box<[u8]>;

/// The folded bytes of a text.
pub(crate) struct Fold<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Fold<'t> {
    pub(crate) fn new(text: &'t str) -> Fold<'t> {
        Fold { bytes: text.as_bytes(), at: 0 }
    }

    /// Bytes of the text that have been taken.
    pub(crate) fn taken(&self) -> usize {
        self.at
    }
}

impl Iterator for Fold<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        if byte == b'%'
            && let Some(decoded) = escape_at(self.bytes, self.at)
            // An encoded slash is no separator, and an encoded percent sign begins no escape: both
            // stay as they are, letter by letter.
            && !matches!(decoded, b'/' | b'%')
        {
            self.at += 3;
            return Some(decoded.to_ascii_lowercase());
        }
        self.at += 1;
        Some(byte.to_ascii_lowercase())
    }
}

/// The byte that an escape stands for.
fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let value = digit(at + 1)? * 16 + digit(at + 2)?;
    u8::try_from(value).ok()
}

/// Folds a literal, to be compared later.
pub(crate) fn fold(literal: &str) -> Folded {
    Fold::new(literal).collect()
}

/// Compares a folded literal with what was sent.
pub(crate) fn cmp(folded: &[u8], sent: &str) -> Ordering {
    folded.iter().copied().cmp(Fold::new(sent))
}

/// Length of the beginning of `sent` that a folded literal is equal to.
pub(crate) fn prefix(folded: &[u8], sent: &str) -> Option<usize> {
    let mut sent = Fold::new(sent);
    folded.iter().all(|byte| sent.next() == Some(*byte)).then(|| sent.taken())
}

/// Positions at which a literal may begin: not within an escape.
pub(crate) fn positions(sent: &str) -> impl Iterator<Item = usize> {
    let mut sent = Fold::new(sent);
    std::iter::from_fn(move || {
        let at = sent.taken();
        sent.next().map(|_| at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_needless_encoding_make_no_difference() {
        for (a, b) in [
            ("Orders", "oRDERS"),
            ("orders", "%6Frders"),
            ("a b", "a%20b"),
            ("größe", "gr%C3%B6%c3%9fe"),
            ("('x')", "%28%27X%27)"),
            ("100%", "100%"),
            ("a%2fb", "a%2Fb"),
        ] {
            assert!(cmp(&fold(a), b).is_eq(), "{a} {b}");
            assert!(cmp(&fold(b), a).is_eq(), "{b} {a}");
        }
        for (a, b) in [("a/b", "a%2Fb"), ("%41", "%2541"), ("a", "ab"), ("", "a"), ("a%", "a%25")] {
            assert!(cmp(&fold(a), b).is_ne(), "{a} {b}");
        }
    }

    #[test]
    fn a_prefix_is_measured_as_it_was_sent() {
        assert_eq!(prefix(&fold("a'"), "A%27x"), Some(4));
        assert_eq!(prefix(&fold(""), "x"), Some(0));
        assert_eq!(prefix(&fold("ab"), "a"), None);
        assert_eq!(positions("a%27b").collect::<Vec<_>>(), [0, 1, 4]);
    }
}
