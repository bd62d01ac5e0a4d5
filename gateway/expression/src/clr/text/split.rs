//! `String.Split`.

use crate::clr::chars::is_white_space;
use crate::clr::{ClrError, ClrResult};

/// `StringSplitOptions`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SplitOptions {
    #[default]
    None,
    RemoveEmptyEntries,
}

/// `Split(chars, count, options)`; no characters mean white space, no count means all.
///
/// # Errors
/// `ArgumentOutOfRangeException`: the count is negative.
pub fn split_chars<'a>(
    text: &'a str,
    separators: &[char],
    count: Option<i32>,
    options: SplitOptions,
) -> ClrResult<Vec<&'a str>> {
    split(text, count, options, |symbol, _| {
        let hit = if separators.is_empty() { is_white_space(symbol) } else { separators.contains(&symbol) };
        hit.then(|| symbol.len_utf8())
    })
}

/// `Split(strings, count, options)`; no strings mean white space, empty ones are passed over, and at
/// each place the first that fits counts.
///
/// # Errors
/// `ArgumentOutOfRangeException`: the count is negative.
pub fn split_strings<'a>(
    text: &'a str,
    separators: &[&str],
    count: Option<i32>,
    options: SplitOptions,
) -> ClrResult<Vec<&'a str>> {
    if separators.is_empty() {
        return split_chars(text, &[], count, options);
    }
    split(text, count, options, |_, rest| {
        let hit = separators.iter().find(|separator| !separator.is_empty() && rest.starts_with(**separator));
        hit.map(|separator| separator.len())
    })
}

/// `separator` says how long the separator is that a place begins with.
fn split(
    text: &str,
    count: Option<i32>,
    options: SplitOptions,
    separator: impl Fn(char, &str) -> Option<usize>,
) -> ClrResult<Vec<&str>> {
    let count = usize::try_from(count.unwrap_or(i32::MAX))
        .map_err(|_| ClrError::range("Count cannot be less than zero.", "count"))?;
    let omit = options == SplitOptions::RemoveEmptyEntries;
    if count == 0 || (omit && text.is_empty()) {
        return Ok(Vec::new());
    }
    if count == 1 {
        return Ok(vec![text]);
    }
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(symbol) = text[at..].chars().next() {
        let Some(len) = separator(symbol, &text[at..]) else {
            at += symbol.len_utf8();
            continue;
        };
        // The last part is the rest, separators and all, but it does not begin with one when empty
        // parts are left out.
        let full = parts.len() == count - 1;
        if full && !(omit && from == at) {
            break;
        }
        if !(omit && from == at) {
            parts.push(&text[from..at]);
        }
        at += len;
        from = at;
    }
    if !omit || from < text.len() {
        parts.push(&text[from..]);
    }
    Ok(parts)
}
