//! Finding a text or a character in a text.
//!
//! Search by culture is ordinal here: it differs from .NET only for characters that a culture
//! ignores (soft hyphens, say) and for composed and decomposed letters.

use super::compare::{StringComparison, equals};
use super::position::{length, place, position};
use crate::clr::chars::upper;
use crate::clr::{ClrError, ClrResult};

const START: ClrError = ClrError::range(
    "Index was out of range. Must be non-negative and less than the size of the collection.",
    "startIndex",
);
const COUNT: ClrError = ClrError::range(
    "Count must be positive and count must refer to a location within the string/array/collection.",
    "count",
);

/// Shorter texts are compared place by place; longer ones are folded first, which takes memory but
/// keeps the time linear.
const FOLD_ABOVE: usize = 4_096;

/// `Contains(value)`, ordinal.
pub fn contains(text: &str, value: &str) -> bool {
    text.contains(value)
}

/// `StartsWith(value, comparison)`
pub fn starts_with(text: &str, value: &str, comparison: StringComparison) -> bool {
    if !comparison.ignores_case() {
        return text.starts_with(value);
    }
    let mut symbols = text.chars();
    let prefix = value.chars().count();
    let taken = symbols.by_ref().take(prefix).count();
    taken == prefix && equals(&text[..text.len() - symbols.as_str().len()], value, comparison)
}

/// `EndsWith(value, comparison)`
pub fn ends_with(text: &str, value: &str, comparison: StringComparison) -> bool {
    if !comparison.ignores_case() {
        return text.ends_with(value);
    }
    let mut symbols = text.chars();
    let suffix = value.chars().count();
    let taken = symbols.by_ref().rev().take(suffix).count();
    taken == suffix && equals(&text[symbols.as_str().len()..], value, comparison)
}

/// `IndexOf(value, start, count, comparison)`; without a count, to the end. -1 when it is not there.
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn index_of(
    text: &str,
    value: &str,
    start: i32,
    count: Option<i32>,
    comparison: StringComparison,
) -> ClrResult<i32> {
    let (from, to) = forward(text, start, count)?;
    if value.is_empty() {
        return Ok(start);
    }
    Ok(find(&text[from..to], value, comparison.ignores_case(), End::First)
        .map_or(-1, |at| index(text, from + at)))
}

/// `IndexOf(symbol, start, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn index_of_char(text: &str, symbol: char, start: i32, count: Option<i32>) -> ClrResult<i32> {
    index_of_any(text, &[symbol], start, count)
}

/// `IndexOfAny(symbols, start, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn index_of_any(text: &str, symbols: &[char], start: i32, count: Option<i32>) -> ClrResult<i32> {
    let (from, to) = forward(text, start, count)?;
    Ok(text[from..to].find(symbols).map_or(-1, |at| index(text, from + at)))
}

/// `LastIndexOf(value, start, count, comparison)`: `start` is the last unit looked at, `count` how
/// many from there backwards; without them, all.
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn last_index_of(
    text: &str,
    value: &str,
    start: Option<i32>,
    count: Option<i32>,
    comparison: StringComparison,
) -> ClrResult<i32> {
    let len = length(text);
    let mut start = start.unwrap_or(len - 1);
    let mut count = count.unwrap_or(start.saturating_add(1));
    if len == 0 && (start == -1 || start == 0) {
        return Ok(if value.is_empty() { 0 } else { -1 });
    }
    if start < 0 || start > len {
        return Err(START);
    }
    if start == len {
        start -= 1;
        count -= i32::from(count > 0);
        if value.is_empty() && count >= 0 && start - count + 1 >= 0 {
            return Ok(start);
        }
    }
    if count < 0 || start - count + 1 < 0 {
        return Err(COUNT);
    }
    if value.is_empty() {
        return Ok(start);
    }
    let (from, to) = bytes(text, start - count + 1, start + 1);
    let found = find(&text[from..to], value, comparison.ignores_case(), End::Last);
    Ok(found.map_or(-1, |at| index(text, from + at)))
}

/// `LastIndexOf(symbol, start, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn last_index_of_char(
    text: &str,
    symbol: char,
    start: Option<i32>,
    count: Option<i32>,
) -> ClrResult<i32> {
    last_index_of_any(text, &[symbol], start, count)
}

/// `LastIndexOfAny(symbols, start, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn last_index_of_any(
    text: &str,
    symbols: &[char],
    start: Option<i32>,
    count: Option<i32>,
) -> ClrResult<i32> {
    let len = length(text);
    if len == 0 {
        return Ok(-1);
    }
    let start = start.unwrap_or(len - 1);
    let count = count.unwrap_or(start.saturating_add(1));
    if start < 0 || start >= len {
        return Err(START);
    }
    if count < 0 || start - count + 1 < 0 {
        return Err(COUNT);
    }
    let (from, to) = bytes(text, start - count + 1, start + 1);
    Ok(text[from..to].rfind(symbols).map_or(-1, |at| index(text, from + at)))
}

/// Byte range of a checked forward search.
fn forward(text: &str, start: i32, count: Option<i32>) -> ClrResult<(usize, usize)> {
    let len = length(text);
    if start < 0 || start > len {
        return Err(START);
    }
    let count = count.unwrap_or(len - start);
    if count < 0 || start > len - count {
        return Err(COUNT);
    }
    Ok(bytes(text, start, start + count))
}

/// The whole characters between two positions: half of one is never found.
fn bytes(text: &str, start: i32, end: i32) -> (usize, usize) {
    let (first, last) = (place(text, start.max(0) as usize), place(text, end.max(0) as usize));
    let skipped = if first.inside { text[first.byte..].chars().next().map_or(0, char::len_utf8) } else { 0 };
    let from = first.byte + skipped;
    (from, last.byte.max(from))
}

fn index(text: &str, byte: usize) -> i32 {
    i32::try_from(position(text, byte)).unwrap_or(i32::MAX)
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Byte offset of a value that is not empty.
fn find(text: &str, value: &str, ignore_case: bool, end: End) -> Option<usize> {
    if !ignore_case {
        return match end {
            End::First => text.find(value),
            End::Last => text.rfind(value),
        };
    }
    let small = text.len().saturating_mul(value.len()) <= FOLD_ABOVE;
    if small && text.is_ascii() && value.is_ascii() {
        let mut windows = text.as_bytes().windows(value.len());
        let same = |window: &[u8]| window.eq_ignore_ascii_case(value.as_bytes());
        return match end {
            End::First => windows.position(same),
            End::Last => windows.rposition(same),
        };
    }
    // Folding keeps the number of characters, not of bytes.
    let (folded, value) = (upper(text), upper(value));
    let at = find(&folded, &value, false, end)?;
    let skipped = folded[..at].chars().count();
    Some(text.char_indices().nth(skipped).map_or(text.len(), |(byte, _)| byte))
}
