//! Operations that make a text from a text.

use std::borrow::Cow;

use super::position::{length, push_slice, slice};
use crate::clr::chars::is_white_space;
use crate::clr::{ClrError, ClrResult};

/// `Trim()`
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_white_space)
}

/// `TrimStart()`
pub fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_white_space)
}

/// `TrimEnd()`
pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_white_space)
}

/// `Trim(chars)`; no characters mean white space.
pub fn trim_chars<'a>(text: &'a str, chars: &[char]) -> &'a str {
    trim_start_chars(trim_end_chars(text, chars), chars)
}

/// `TrimStart(chars)`; no characters mean white space.
pub fn trim_start_chars<'a>(text: &'a str, chars: &[char]) -> &'a str {
    if chars.is_empty() { trim_start(text) } else { text.trim_start_matches(chars) }
}

/// `TrimEnd(chars)`; no characters mean white space.
pub fn trim_end_chars<'a>(text: &'a str, chars: &[char]) -> &'a str {
    if chars.is_empty() { trim_end(text) } else { text.trim_end_matches(chars) }
}

/// `Insert(start, value)`
///
/// # Errors
/// `ArgumentOutOfRangeException`; [`ClrError::TooLong`]
pub fn insert(text: &str, start: i32, value: &str, bytes_max: usize) -> ClrResult<String> {
    let len = length(text);
    if start < 0 || start > len {
        return Err(ClrError::range(
            "Specified argument was out of the range of valid values.",
            "startIndex",
        ));
    }
    check_len(text.len().saturating_add(value.len()), bytes_max)?;
    let mut out = String::with_capacity(text.len() + value.len());
    push_slice(text, 0, start as usize, &mut out);
    out.push_str(value);
    push_slice(text, start as usize, len as usize, &mut out);
    Ok(out)
}

/// `Remove(start)`
///
/// # Errors
/// `ArgumentOutOfRangeException`, also at the very end (newer run-times allow it).
pub fn remove(text: &str, start: i32) -> ClrResult<Cow<'_, str>> {
    match start {
        ..0 => Err(ClrError::range("StartIndex cannot be less than zero.", "startIndex")),
        _ if start >= length(text) => {
            Err(ClrError::range("startIndex must be less than length of string.", "startIndex"))
        }
        _ => Ok(slice(text, 0, start as usize)),
    }
}

/// `Remove(start, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn remove_range(text: &str, start: i32, count: i32) -> ClrResult<String> {
    let len = length(text);
    if start < 0 {
        return Err(ClrError::range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if count < 0 {
        return Err(ClrError::range("Count cannot be less than zero.", "count"));
    }
    if count > len.saturating_sub(start) {
        return Err(ClrError::range("Index and count must refer to a location within the string.", "count"));
    }
    let mut out = String::with_capacity(text.len());
    push_slice(text, 0, start as usize, &mut out);
    push_slice(text, (start + count) as usize, len as usize, &mut out);
    Ok(out)
}

/// `PadLeft(width, fill)`
///
/// # Errors
/// `ArgumentOutOfRangeException`; [`ClrError::TooLong`]
pub fn pad_left(text: &str, width: i32, fill: char, bytes_max: usize) -> ClrResult<Cow<'_, str>> {
    let Some(count) = padding(text, width, fill, bytes_max)? else {
        return Ok(Cow::Borrowed(text));
    };
    let mut out = String::with_capacity(text.len() + count * fill.len_utf8());
    out.extend(std::iter::repeat_n(fill, count));
    out.push_str(text);
    Ok(Cow::Owned(out))
}

/// `PadRight(width, fill)`
///
/// # Errors
/// `ArgumentOutOfRangeException`; [`ClrError::TooLong`]
pub fn pad_right(text: &str, width: i32, fill: char, bytes_max: usize) -> ClrResult<Cow<'_, str>> {
    let Some(count) = padding(text, width, fill, bytes_max)? else {
        return Ok(Cow::Borrowed(text));
    };
    let mut out = String::with_capacity(text.len() + count * fill.len_utf8());
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, count));
    Ok(Cow::Owned(out))
}

fn padding(text: &str, width: i32, fill: char, bytes_max: usize) -> ClrResult<Option<usize>> {
    if width < 0 {
        return Err(ClrError::range("Non-negative number required.", "totalWidth"));
    }
    let missing = width.saturating_sub(length(text));
    let Some(count) = usize::try_from(missing).ok().filter(|count| *count > 0) else {
        return Ok(None);
    };
    check_len(count.saturating_mul(fill.len_utf8()).saturating_add(text.len()), bytes_max)?;
    Ok(Some(count))
}

/// `new string(symbol, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`; [`ClrError::TooLong`]
pub fn repeat(symbol: char, count: i32, bytes_max: usize) -> ClrResult<String> {
    let Ok(count) = usize::try_from(count) else {
        return Err(ClrError::range("Count cannot be less than zero.", "count"));
    };
    check_len(count.saturating_mul(symbol.len_utf8()), bytes_max)?;
    Ok(std::iter::repeat_n(symbol, count).collect())
}

/// `Replace(old, new)`, ordinal. A missing `new` is an empty one.
///
/// # Errors
/// `ArgumentException`: nothing cannot be replaced; [`ClrError::TooLong`]
pub fn replace<'a>(text: &'a str, old: &str, new: &str, bytes_max: usize) -> ClrResult<Cow<'a, str>> {
    if old.is_empty() {
        return Err(ClrError::Argument {
            message: "String cannot be of zero length.",
            parameter: "oldValue",
        });
    }
    if !text.contains(old) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(old) {
        out.push_str(&text[from..at]);
        out.push_str(new);
        check_len(out.len(), bytes_max)?;
        from = at + old.len();
    }
    out.push_str(&text[from..]);
    check_len(out.len(), bytes_max)?;
    Ok(Cow::Owned(out))
}

/// `Replace(old, new)` of characters.
///
/// # Errors
/// [`ClrError::TooLong`]
pub fn replace_char(text: &str, old: char, new: char, bytes_max: usize) -> ClrResult<Cow<'_, str>> {
    let mut buffer = [0; 4];
    let mut other = [0; 4];
    replace(text, old.encode_utf8(&mut buffer), new.encode_utf8(&mut other), bytes_max)
}

/// `String.Join(separator, parts)`; a missing part is an empty one.
///
/// # Errors
/// [`ClrError::TooLong`]
pub fn join<'a>(
    separator: &str,
    parts: impl IntoIterator<Item = &'a str>,
    bytes_max: usize,
) -> ClrResult<String> {
    let mut out = String::new();
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        check_len(out.len().saturating_add(part.len()), bytes_max)?;
        out.push_str(part);
    }
    Ok(out)
}

fn check_len(len: usize, bytes_max: usize) -> ClrResult<()> {
    if len > bytes_max { Err(ClrError::TooLong) } else { Ok(()) }
}
