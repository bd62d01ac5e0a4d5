//! Texts of messages in the charset that their `Content-Type` names (RFC 9110, 8.3.2).

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
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
        self.0.encode(text).0.into_owned().into()
    }
}
