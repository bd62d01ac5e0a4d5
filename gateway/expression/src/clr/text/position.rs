//! UTF-16 positions in UTF-8 text.

use std::borrow::Cow;

use crate::clr::{ClrError, ClrResult};

/// Where a UTF-16 position lies: a byte offset, or inside a character of two units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Offset of the character at, or around, the position.
    pub(super) byte: usize,
    /// The position is between the two halves of the character at `byte`.
    pub(super) inside: bool,
}

/// `String.Length`
pub fn length(text: &str) -> i32 {
    i32::try_from(units(text)).unwrap_or(i32::MAX)
}

pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The place of a position within the text, or its end.
pub(super) fn place(text: &str, position: usize) -> Place {
    // A prefix of ASCII is as long in bytes as in units.
    if text.as_bytes().get(..position).is_some_and(<[u8]>::is_ascii) {
        return Place { byte: position, inside: false };
    }
    let mut at = 0;
    for (byte, symbol) in text.char_indices() {
        if at >= position {
            return Place { byte, inside: false };
        }
        at += symbol.len_utf16();
        if at > position {
            return Place { byte, inside: true };
        }
    }
    Place { byte: text.len(), inside: false }
}

/// UTF-16 position of a byte offset at a character's start.
pub(super) fn position(text: &str, byte: usize) -> usize {
    units(&text[..byte])
}

/// The units from `start` to `end`; both lie within the text and in order.
pub(super) fn slice(text: &str, start: usize, end: usize) -> Cow<'_, str> {
    let (first, last) = (place(text, start), place(text, end));
    if !first.inside && !last.inside {
        return Cow::Borrowed(&text[first.byte..last.byte]);
    }
    let mut out = String::with_capacity(last.byte - first.byte + 6);
    push_slice(text, start, end, &mut out);
    Cow::Owned(out)
}

/// As [`slice()`], written behind what `out` holds.
pub(super) fn push_slice(text: &str, start: usize, end: usize, out: &mut String) {
    if start >= end {
        return;
    }
    let (first, last) = (place(text, start), place(text, end));
    let mut from = first.byte;
    if first.inside {
        out.push(char::REPLACEMENT_CHARACTER);
        from += text[from..].chars().next().map_or(0, char::len_utf8);
    }
    if from <= last.byte {
        out.push_str(&text[from..last.byte]);
        if last.inside {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// The indexer, `text[position]`.
///
/// # Errors
/// `IndexOutOfRangeException`
pub fn unit_at(text: &str, position: i32) -> ClrResult<u16> {
    let position = usize::try_from(position).map_err(|_| ClrError::IndexOutOfRange)?;
    let at = place(text, position);
    let symbol = text[at.byte..].chars().next().ok_or(ClrError::IndexOutOfRange)?;
    let mut units = [0; 2];
    symbol.encode_utf16(&mut units);
    Ok(units[usize::from(at.inside)])
}

/// `Substring(start)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn substring(text: &str, start: i32) -> ClrResult<Cow<'_, str>> {
    substring_checked(text, start, None)
}

/// `Substring(start, count)`
///
/// # Errors
/// `ArgumentOutOfRangeException`
pub fn substring_range(text: &str, start: i32, count: i32) -> ClrResult<Cow<'_, str>> {
    substring_checked(text, start, Some(count))
}

fn substring_checked(text: &str, start: i32, count: Option<i32>) -> ClrResult<Cow<'_, str>> {
    let len = length(text);
    let message = match (start, count.unwrap_or(len.saturating_sub(start))) {
        (..0, _) => return Err(ClrError::range("StartIndex cannot be less than zero.", "startIndex")),
        (start, _) if start > len => "startIndex cannot be larger than length of string.",
        (_, ..0) => return Err(ClrError::range("Length cannot be less than zero.", "length")),
        (start, count) if start > len - count => {
            return Err(ClrError::range(
                "Index and length must refer to a location within the string.",
                "length",
            ));
        }
        (start, count) => return Ok(slice(text, start as usize, (start + count) as usize)),
    };
    Err(ClrError::range(message, "startIndex"))
}
