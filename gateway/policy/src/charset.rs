//! Texts of messages in the charset that their `Content-Type` names (RFC 9110, 8.3.2).

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use http::{HeaderMap, header};

/// A charset; UTF-8 where none is named, or one that nobody knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charset(&'static Encoding);

/// The charset of a message.
pub(crate) fn of(headers: &HeaderMap) -> Charset {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let named = content_type.and_then(|text| {
        text.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"'))
        })
    });
    Charset(named.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8))
}

impl Charset {
    /// A byte-order mark goes; what is malformed becomes U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode(bytes).0
    }

    pub(crate) fn encode(self, text: &str) -> Bytes {
        // Browsers never send UTF-16, so the encoder that they have does not write it.
        let units = text.encode_utf16();
        match self.0 {
            it if it == UTF_16LE => units.flat_map(u16::to_le_bytes).collect(),
            it if it == UTF_16BE => units.flat_map(u16::to_be_bytes).collect(),
            other => other.encode(text).0.into_owned().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_the_same_way() {
        for (named, bytes) in [
            ("text/plain; charset=utf-16", &b"a\0\xe9\0"[..]),
            ("text/plain; Charset=\"UTF-16BE\"", b"\0a\0\xe9"),
            ("text/plain; charset=iso-8859-1", b"a\xe9"),
            ("text/plain; charset=nobody-knows", "aé".as_bytes()),
            ("text/plain", "aé".as_bytes()),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, named.parse().unwrap());
            let charset = of(&headers);
            assert_eq!(charset.decode(bytes), "aé", "{named}");
            assert_eq!(charset.encode("aé"), bytes, "{named}");
        }
    }
}
