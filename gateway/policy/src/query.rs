//! Query strings as they are: percent-encoded text, changed without being taken apart and rebuilt.
//!
//! What a policy does not touch stays byte for byte what the client sent.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a name or value of a query cannot hold as it is.
const COMPONENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'[')
    .add(b']');

/// The `name=value` pairs, as they are written; empty ones are left out.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

/// A pair's name and value, as they are written.
pub(crate) fn split(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

/// True when a written name means `name`. Upper and lower case are the same.
pub(crate) fn is_named(written: &str, name: &str) -> bool {
    if !written.contains(['%', '+']) {
        return written.eq_ignore_ascii_case(name);
    }
    decode(written).eq_ignore_ascii_case(name)
}

/// The first value of a name, as it is written.
pub(crate) fn value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    pairs(query).map(split).find(|(written, _)| is_named(written, name)).map(|(_, value)| value)
}

pub(crate) fn decode(written: &str) -> Cow<'_, str> {
    match written.contains('+') {
        true => Cow::Owned(percent_decode_str(&written.replace('+', " ")).decode_utf8_lossy().into_owned()),
        false => percent_decode_str(written).decode_utf8_lossy(),
    }
}

/// Appends text to a query, encoded.
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, COMPONENT));
}

/// A piece of a path, decoded: there `+` is a plus.
pub(crate) fn decode_path(written: &str) -> Cow<'_, str> {
    percent_decode_str(written).decode_utf8_lossy()
}

/// Appends a pair, as it is written.
pub(crate) fn push_pair(out: &mut String, pair: &str) {
    if pair.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push('&');
    }
    out.push_str(pair);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_decoded_and_without_case() {
        for (written, name, same) in [
            ("a", "A", true),
            ("api%2Dversion", "api-version", true),
            ("a+b", "a b", true),
            ("%E9", "é", false),
            ("a", "ab", false),
        ] {
            assert_eq!(is_named(written, name), same, "{written}");
        }
        assert_eq!(value("x=1&&A=2=3&a=4", "a"), Some("2=3"));
        assert_eq!(value("a", "a"), Some(""));
        assert_eq!(value("", "a"), None);
    }

    #[test]
    fn text_is_encoded_once() {
        let mut out = String::new();
        push_encoded(&mut out, "a b&c=d/é%");
        assert_eq!(out, "a%20b%26c%3Dd/%C3%A9%25");
    }
}
