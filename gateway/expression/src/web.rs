//! `WebUtility` and `Uri`'s escaping, to the letter.
//!
//! The one idea: each function is one pass with its own set of safe characters; they differ only
//! there, in what a space becomes, and in what happens to bytes that are no UTF-8.
//!
//! All functions are linear; output is at most [`GROWTH_MAX`] times the input, in bytes.

use crate::encoding::utf16_len;
use crate::html;

/// How many times longer than its input an output here can be: `"` as `&quot;`.
pub const GROWTH_MAX: usize = 6;

/// Longest text that `Uri`'s functions escape, in UTF-16 units, as in .NET Framework.
pub const ESCAPE_UNITS_MAX: usize = 65_519;

/// What went wrong in .NET's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    #[error("Invalid URI: The Uri string is too long.")]
    TooLong,
}

impl WebError {
    /// The .NET exception that stands for this error.
    pub fn exception(self) -> &'static str {
        "System.UriFormatException"
    }
}

// === WebUtility ===

/// `WebUtility.UrlEncode`: a space is `+`; letters, digits and `-_.!*()` stand for themselves.
pub fn url_encode(text: &str) -> String {
    url_encode_bytes(text.as_bytes())
}

/// `WebUtility.UrlEncodeToBytes`.
pub fn url_encode_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => push_escape(&mut out, byte),
        }
    }
    out
}

/// `WebUtility.UrlDecode`: `+` is a space, bad escapes stand for themselves, bytes that are no UTF-8
/// become U+FFFD.
pub fn url_decode(text: &str) -> String {
    String::from_utf8_lossy(&url_decode_bytes(text.as_bytes())).into_owned()
}

/// `WebUtility.UrlDecodeToBytes`.
pub fn url_decode_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], escape_at(bytes, at)) {
            (_, Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', None) => {
                out.push(b' ');
                at += 1;
            }
            (byte, None) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// `WebUtility.HtmlEncode`: markup's five, U+00A0 to U+00FF, and all beyond the basic plane.
pub fn html_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '\u{A0}'..='\u{FF}' | '\u{10000}'.. => {
                out.push_str("&#");
                out.push_str(&u32::from(char).to_string());
                out.push(';');
            }
            _ => out.push(char),
        }
    }
    out
}

/// `WebUtility.HtmlDecode`: the 253 names of HTML 4, case-sensitive, and numbers; anything else
/// stands for itself.
pub fn html_decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        // A second ampersand before the semicolon begins a new reference.
        let end = behind[1..].find([';', '&']).map(|end| end + 1);
        let reference = end.filter(|end| behind.as_bytes()[*end] == b';');
        match reference.and_then(|end| Some((reference_char(&behind[1..end])?, end + 1))) {
            Some((char, len)) => {
                out.push(char);
                rest = &behind[len..];
            }
            None => {
                let len = end.unwrap_or(behind.len());
                out.push_str(&behind[..len]);
                rest = &behind[len..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference_char(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return html::entity(name);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
        Some(_) => return None,
        // .NET parses the number with `NumberStyles.Integer`: blanks around and a sign are fine.
        None => number.trim().parse().ok()?,
    };
    char::from_u32(code)
}

// === Uri ===

/// `Uri.EscapeDataString`: all but RFC 3986's unreserved characters.
///
/// # Errors
/// Longer than [`ESCAPE_UNITS_MAX`].
pub fn escape_data(text: &str) -> Result<String, WebError> {
    escape(text, is_unreserved)
}

/// `Uri.EscapeUriString`: leaves reserved characters too, and escapes `%` even in an escape.
///
/// # Errors
/// Longer than [`ESCAPE_UNITS_MAX`].
pub fn escape_uri(text: &str) -> Result<String, WebError> {
    escape(text, |byte| is_unreserved(byte) || is_reserved(byte))
}

fn escape(text: &str, is_safe: impl Fn(u8) -> bool) -> Result<String, WebError> {
    if text.len() > ESCAPE_UNITS_MAX && utf16_len(text) > ESCAPE_UNITS_MAX {
        return Err(WebError::TooLong);
    }
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_safe(byte) { out.push(char::from(byte)) } else { push_escape(&mut out, byte) }
    }
    Ok(out)
}

/// `Uri.UnescapeDataString`: `+` stays, and escapes that are no UTF-8 stay escaped, in capitals.
pub fn unescape_data(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut run = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        while let Some(byte) = escape_at(bytes, at) {
            run.push(byte);
            at += 3;
        }
        for chunk in run.utf8_chunks() {
            out.push_str(chunk.valid());
            chunk.invalid().iter().for_each(|byte| push_escape(&mut out, *byte));
        }
        run.clear();
        // The next escape, or a percent sign that begins none.
        let skip = usize::from(at < bytes.len());
        let len = skip
            + bytes[at + skip..].iter().position(|byte| *byte == b'%').unwrap_or(bytes.len() - at - skip);
        out.push_str(&text[at..at + len]);
        at += len;
    }
    out
}

/// RFC 3986 unreserved.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986 reserved.
pub(crate) fn is_reserved(byte: u8) -> bool {
    matches!(
        byte,
        b':' | b'/'
            | b'?'
            | b'#'
            | b'['
            | b']'
            | b'@'
            | b'!'
            | b'$'
            | b'&'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
    )
}

/// The byte that `%XX` at `at` stands for.
pub(crate) fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = bytes.get(at..at + 3)? else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Writes `%XX` in capitals.
pub(crate) fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    out.push_str(&crate::encoding::to_hex_upper(&[byte]));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All printable ASCII and a little more.
    const SIGNS: &str = "\u{1} !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u{7F}é€😀";

    #[test]
    fn each_function_has_its_own_safe_set() {
        assert_eq!(
            url_encode(SIGNS),
            "%01+!%22%23%24%25%26%27()*%2B%2C-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D%7E%7F%C3%A9\
             %E2%82%AC%F0%9F%98%80"
        );
        assert_eq!(
            escape_data(SIGNS).unwrap(),
            "%01%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D~%7F\
             %C3%A9%E2%82%AC%F0%9F%98%80"
        );
        assert_eq!(
            escape_uri(SIGNS).unwrap(),
            "%01%20!%22#$%25&'()*+,-./09:;%3C=%3E?@AZ[%5C]%5E_%60az%7B%7C%7D~%7F%C3%A9%E2%82%AC%F0%9F%98%80"
        );
        assert_eq!(escape_uri("a%41%zz").unwrap(), "a%2541%25zz");
        assert_eq!(
            html_encode(SIGNS),
            "\u{1} !&quot;#$%&amp;&#39;()*+,-./09:;&lt;=&gt;?@AZ[\\]^_`az{|}~\u{7F}&#233;€&#128512;"
        );
    }

    #[test]
    fn bad_escapes_stand_for_themselves() {
        for (text, decoded, unescaped) in [
            ("a+b%20c", "a b c", "a+b c"),
            ("%", "%", "%"),
            ("%4", "%4", "%4"),
            ("%zz%", "%zz%", "%zz%"),
            ("%%41", "%A", "%A"),
            ("%41%e2%82%ac", "A€", "A€"),
            ("%e2%82", "\u{FFFD}", "%E2%82"),
            ("%ff%41é", "\u{FFFD}Aé", "%FFAé"),
            ("%u20ac", "%u20ac", "%u20ac"),
            ("a%00b", "a\0b", "a\0b"),
            ("%C3%A9+%c3", "é \u{FFFD}", "é+%C3"),
            ("é%é1", "é%é1", "é%é1"),
            ("", "", ""),
        ] {
            assert_eq!(
                (url_decode(text).as_str(), unescape_data(text).as_str()),
                (decoded, unescaped),
                "{text}"
            );
        }
    }

    #[test]
    fn html_references_decode_or_stay() {
        for (text, expected) in [
            ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
            ("&eacute;&euro;&Alpha;&thetasym;&hearts;&nbsp;", "é€Αϑ♥\u{A0}"),
            ("&#39;&#x27;&#X41;", "''A"),
            ("&#128;", "\u{80}"),
            ("&nosuch;&;&", "&nosuch;&;&"),
            ("&lt", "&lt"),
            ("&lt &gt;", "&lt >"),
            ("&lt&gt;", "&lt>"),
            ("&&lt;", "&<"),
            ("&amp;lt;", "&lt;"),
            ("&LT;&AMP;", "&LT;&AMP;"),
            ("&#1114111;&#1114112;&#xD800;&#65536;", "\u{10FFFF}&#1114112;&#xD800;\u{10000}"),
            ("&#x;&#;&#-1;&# 65;&#+65;&#x+41;", "&#x;&#;&#-1;AA&#x+41;"),
            ("&#99999999999;", "&#99999999999;"),
            ("a&b;c&lt;d", "a&b;c<d"),
        ] {
            assert_eq!(html_decode(text), expected, "{text}");
        }
    }

    #[test]
    fn escaping_is_bounded() {
        assert!(escape_data(&"é".repeat(ESCAPE_UNITS_MAX)).is_ok());
        let error = escape_uri(&"a".repeat(ESCAPE_UNITS_MAX + 1)).unwrap_err();
        assert_eq!(
            (error.exception(), error.to_string().as_str()),
            ("System.UriFormatException", "Invalid URI: The Uri string is too long.")
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(text: String) {
            prop_assert_eq!(&url_decode(&url_encode(&text)), &text);
            prop_assert_eq!(&unescape_data(&escape_data(&text).unwrap()), &text);
            prop_assert_eq!(&html_decode(&html_encode(&text)), &text);
            prop_assert!(html_encode(&text).len() <= GROWTH_MAX * text.len());
        }

        #[test]
        fn hostile_text_never_panics(text in "[%&;#xXa-f0-9é€😀+]{0,60}") {
            let _ = (url_decode(&text), unescape_data(&text), html_decode(&text));
        }
    }
}
