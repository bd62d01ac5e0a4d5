//! The escapes of a URI's parts: as few as are needed, and the form people read.
//!
//! The one idea: escapes are decided in runs, because several of them may be one character. Escapes
//! that are no UTF-8 stay as written.

use crate::web::{escape_at, is_reserved, is_unreserved, push_escape};

/// Characters that a part may hold unescaped besides the unreserved ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    UserInfo,
    Path,
    QueryOrFragment,
}

/// Escapes what a part must not hold, and takes escapes away that mean nothing special.
pub(super) fn normalize(text: &str, part: Part) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut run = Vec::new();
        while let Some(byte) = escape_at(bytes, at) {
            run.push(byte);
            at += 3;
        }
        if !run.is_empty() {
            push_run(&mut out, &run, &text[start..at]);
            continue;
        }
        let byte = bytes[at];
        if is_unreserved(byte) || (is_reserved(byte) && may_stand(byte, part)) {
            out.push(char::from(byte));
        } else {
            push_escape(&mut out, byte);
        }
        at += 1;
    }
    out
}

fn may_stand(byte: u8, part: Part) -> bool {
    match part {
        Part::UserInfo => !matches!(byte, b'/' | b'?' | b'#' | b'[' | b']' | b'@'),
        Part::Path => !matches!(byte, b'?' | b'#'),
        Part::QueryOrFragment => true,
    }
}

/// Writes a run of escapes, whose text is `written`, anew.
fn push_run(out: &mut String, run: &[u8], written: &str) {
    let mut at = 0;
    for chunk in run.utf8_chunks() {
        for char in chunk.valid().chars() {
            match u8::try_from(char) {
                Ok(byte) if is_plain(byte) => out.push(char),
                Ok(byte) if byte.is_ascii() => out.push_str(&written[3 * at..3 * at + 3]),
                _ => char.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_escape(out, byte)),
            }
            at += char.len_utf8();
        }
        let invalid = chunk.invalid().len();
        out.push_str(&written[3 * at..3 * (at + invalid)]);
        at += invalid;
    }
}

/// What is never kept escaped: RFC 2396's unreserved characters, and the colon.
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'!' | b'*' | b'\'' | b'(' | b')' | b':')
}

/// `ToString()` of an escaped URI: unescaped wherever the result still reads as the same URI.
pub(super) fn readable(escaped: &str) -> String {
    let bytes = escaped.as_bytes();
    let mut out = String::with_capacity(escaped.len());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut run = Vec::new();
        while let Some(byte) = escape_at(bytes, at) {
            run.push(byte);
            at += 3;
        }
        let mut done = 0;
        for chunk in run.utf8_chunks() {
            for char in chunk.valid().chars() {
                let place = start + 3 * done;
                if is_safe(char) {
                    out.push(char)
                } else {
                    out.push_str(&escaped[place..place + 3 * char.len_utf8()])
                }
                done += char.len_utf8();
            }
            chunk.invalid().iter().for_each(|byte| push_escape(&mut out, *byte));
            done += chunk.invalid().len();
        }
        let skip = usize::from(at < bytes.len());
        let rest = &bytes[at + skip..];
        let len = skip + rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        out.push_str(&escaped[at..at + len]);
        at += len;
    }
    out
}

fn is_safe(char: char) -> bool {
    let is_delimiter =
        matches!(char, ';' | '/' | '?' | ':' | '@' | '&' | '=' | '+' | '$' | ',' | '#' | '%' | '\\');
    !is_delimiter && !char.is_control()
}

/// Takes `.` and `..` out of a path (RFC 3986 5.2.4); never above its beginning.
pub(super) fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                // The first piece is what stands before the first slash, and stays.
                if kept.len() > 1 {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    kept.join("/")
}
