//! Texts: cut to what fits, shortened for messages, and values as text.
//!
//! One idea: lengths are counted in characters where the model counts them so, and in bytes where
//! they cost memory. Must not know OpenAPI.

use hanse_manifest::value::{Node, Value};

/// Texts are quoted in messages up to this many characters.
const SHOWN_CHARS_MAX: usize = 60;

/// A text as messages quote it.
pub(crate) fn shorten(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).map(clean).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// `text` in one line: runs of control characters and blanks become one blank where there are any
/// control characters, and outer blanks go.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.trim();
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let parts = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|part| !part.is_empty());
    parts.collect::<Vec<&str>>().join(" ")
}

/// `text` if it has at most `max` characters, else its beginning with `…` and exactly `max`.
pub(crate) fn cut(text: &str, max: usize) -> (String, bool) {
    if text.chars().nth(max).is_none() {
        return (text.to_owned(), false);
    }
    let mut head: String = text.chars().take(max - 1).collect();
    head.push('…');
    (head, true)
}

/// The value as text: scalars as they are spelled, all else as JSON. `None`: null, or more than
/// `bytes_max` bytes.
pub(crate) fn value_text(node: &Node, bytes_max: usize) -> Option<String> {
    if let Some(text) = node.scalar_text() {
        return (text.len() <= bytes_max).then(|| text.to_owned());
    }
    if node.is_null() || !fits(node, &mut { bytes_max }) {
        return None;
    }
    let text = node.to_json().to_string();
    (text.len() <= bytes_max).then_some(text)
}

/// Whether JSON of about `left` bytes can hold the value; looks no further than that.
fn fits(node: &Node, left: &mut usize) -> bool {
    let own = match &node.value {
        Value::String(text) | Value::Number(text) => text.len(),
        _ => 1,
    };
    let Some(rest) = left.checked_sub(own) else { return false };
    *left = rest;
    match &node.value {
        Value::Sequence(items) => items.iter().all(|item| fits(item, left)),
        Value::Mapping(mapping) => mapping.iter().all(|entry| {
            let Some(rest) = left.checked_sub(entry.key.len()) else { return false };
            *left = rest;
            fits(&entry.value, left)
        }),
        _ => true,
    }
}

/// Whether `text` is a token of RFC 9110: what methods and header names are made of.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_one_past_the_bound() {
        assert_eq!(cut("äöü", 3), ("äöü".to_owned(), false));
        assert_eq!(cut("äöüß", 3), ("äö…".to_owned(), true));
    }

    #[test]
    fn names_have_one_line() {
        for (text, line) in [(" a  b ", "a  b"), ("a\n b\u{1}c\n", "a b c"), ("\n", "")] {
            assert_eq!(one_line(text), line);
        }
    }

    #[test]
    fn values_larger_than_the_bound_are_no_text() {
        let read = |text: &str| hanse_manifest::value::read("v.json", text).expect("JSON");
        assert_eq!(value_text(&read(r#"{"a":[1,"b"]}"#), 13).as_deref(), Some(r#"{"a":[1,"b"]}"#));
        assert_eq!(value_text(&read(r#"{"a":[1,"b"]}"#), 12), None);
        assert_eq!(value_text(&read(r#""abc""#), 3).as_deref(), Some("abc"));
        assert_eq!(value_text(&read(r#""abc""#), 2), None);
        assert_eq!(value_text(&read("null"), 9), None);
    }
}
