//! Named values: `{{name}}` anywhere in a value stands for text kept elsewhere.
//!
//! They are pasted before anything else looks at a value, so one may even hold a whole expression.
//! What is pasted is not looked into again.

use std::collections::BTreeSet;

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// A reference within a text.
pub(crate) struct Reference<'t> {
    pub(crate) before: &'t str,
    pub(crate) name: &'t str,
    pub(crate) after: &'t str,
}

/// Adds the names that a text refers to; whether there is any.
pub fn collect(text: &str, names: &mut BTreeSet<String>) -> bool {
    let mut rest = text;
    let mut has_any = false;
    while let Some(reference) = find(rest) {
        has_any = true;
        names.insert(reference.name.to_owned());
        rest = reference.after;
    }
    has_any
}

/// The text with its references replaced; `None` if it has none. `resolve` gets the offset and the name
/// of each; what it does not resolve stays.
pub fn substitute(text: &str, resolve: &dyn Fn(usize, &str) -> Option<String>) -> Option<String> {
    let mut rest = text;
    let mut out: Option<String> = None;
    while let Some(reference) = find(rest) {
        let out = out.get_or_insert_default();
        out.push_str(reference.before);
        let at = text.len() - rest.len() + reference.before.len();
        match resolve(at, reference.name) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&text[at..text.len() - reference.after.len()]),
        }
        rest = reference.after;
    }
    if let Some(out) = &mut out {
        out.push_str(rest);
    }
    out
}

/// The first reference; braces around anything but a name are text.
pub(crate) fn find(text: &str) -> Option<Reference<'_>> {
    let mut from = 0;
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        let inner = &text[open + 2..];
        // A name has neither braces nor line breaks: the search stops early at either.
        let close = inner.find(['}', '{', '\n']).filter(|at| inner[*at..].starts_with("}}"));
        if let Some(close) = close {
            let name = inner[..close].trim();
            if is_name(name) {
                return Some(Reference { before: &text[..open], name, after: &inner[close + 2..] });
            }
        }
        // `{{{a}}` refers to `a` behind a brace.
        from = open + 1;
    }
    None
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pasted(text: &str) -> Option<String> {
        let resolve = |_: usize, name: &str| match name {
            "host" => Some("h.example".to_owned()),
            "nested" => Some("{{host}}".to_owned()),
            _ => None,
        };
        substitute(text, &resolve)
    }

    #[test]
    fn references_are_replaced_where_they_stand() {
        for (text, expected) in [
            ("https://{{host}}/v1", Some("https://h.example/v1")),
            ("{{ host }}{{host}}", Some("h.exampleh.example")),
            ("{{{host}}}", Some("{h.example}")),
            ("{{nested}}", Some("{{host}}")),
            ("@(\"{{host}}\")", Some("@(\"h.example\")")),
            ("{{a b}} {{}} {{", None),
            ("{{ho\nst}}", None),
            ("{host}", None),
        ] {
            assert_eq!(pasted(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unknown_names_stay_as_they_are_written() {
        assert_eq!(pasted("a{{ x.y }}b{{host}}").as_deref(), Some("a{{ x.y }}bh.example"));
    }

    #[test]
    fn names_are_collected() {
        let mut names = BTreeSet::new();
        assert!(collect("{{b}}{{a}} {{ b }} {{not a name}}", &mut names));
        assert!(!collect("{{ }}", &mut names));
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn length_of_a_name_is_bounded() {
        let text = |len: usize| format!("{{{{{}}}}}", "n".repeat(len));
        let mut names = BTreeSet::new();
        assert!(collect(&text(NAME_BYTES_MAX), &mut names));
        assert!(!collect(&text(NAME_BYTES_MAX + 1), &mut names));
    }
}
