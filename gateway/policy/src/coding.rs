//! Content codings: bodies as text for whoever reads them, whatever they were compressed with.

use std::borrow::Cow;
use std::io::Read;

use http::{HeaderMap, header};

/// Most bytes that a compressed body becomes; more are not read, and the body is left as it is.
pub const DECODED_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A body without the codings its `Content-Encoding` names (RFC 9110, 8.4). One that cannot be decoded is
/// given as it is.
pub(crate) fn decoded<'b>(body: &'b [u8], headers: &HeaderMap) -> Cow<'b, [u8]> {
    let Some(codings) = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return body.into();
    };
    let mut decoded = Cow::Borrowed(body);
    for coding in codings.rsplit(',').map(str::trim) {
        match decode(&decoded, coding) {
            Some(plain) => decoded = plain.into(),
            None if coding.eq_ignore_ascii_case("identity") || coding.is_empty() => {}
            None => return body.into(),
        }
    }
    decoded
}

fn decode(body: &[u8], coding: &str) -> Option<Vec<u8>> {
    match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(body)),
        // RFC 9110, 8.4.1.2: some send the data without the zlib wrapper.
        "deflate" => read(flate2::read::ZlibDecoder::new(body))
            .or_else(|| read(flate2::read::DeflateDecoder::new(body))),
        "br" => read(brotli_decompressor::Decompressor::new(body, 4_096)),
        _ => None,
    }
}

fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    decoder.take(DECODED_BYTES_MAX + 1).read_to_end(&mut plain).ok()?;
    (plain.len() as u64 <= DECODED_BYTES_MAX).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn read_as(coding: &str, body: &[u8]) -> Vec<u8> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, coding.parse().unwrap());
        decoded(body, &headers).into_owned()
    }

    #[test]
    fn codings_are_undone_last_first() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(b"text").unwrap();
        let zlib = zlib.finish().unwrap();
        assert_eq!(read_as("gzip", &gzip(b"text")), b"text");
        assert_eq!(read_as("deflate", &zlib), b"text");
        assert_eq!(read_as("deflate, GZip", &gzip(&zlib)), b"text");
        assert_eq!(read_as("br", &[0x30, 0x00, 0x10, b't', b'e', b'x', b't', 0x03]), b"text");
        assert_eq!(read_as("identity", b"text"), b"text");
    }

    #[test]
    fn what_cannot_be_decoded_is_left_as_it_is() {
        assert_eq!(read_as("gzip", b"text"), b"text");
        assert_eq!(read_as("zstd", b"text"), b"text");
    }

    #[test]
    fn bombs_are_not_unpacked() {
        let at_bound = vec![b'a'; DECODED_BYTES_MAX as usize];
        assert_eq!(read_as("gzip", &gzip(&at_bound)).len(), at_bound.len());
        let past = gzip(&[&*at_bound, b"a"].concat());
        assert_eq!(read_as("gzip", &past), past);
    }
}
