//! Heads of messages on a connection to a backend: requests are written, answers are read (RFC 9112).
//!
//! One idea: a head is written straight from what the policies left, and read straight into what they
//! will see; what is about the connection is neither written nor kept. Must not know sockets.

use super::{
    framing::{Chunk, Framing},
    proxy::Via,
};
use crate::{hop_by_hop, limits::HEADERS_MAX};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::{io::Write as _, mem::MaybeUninit, sync::Arc, time::Duration};

/// A request's head.
pub(crate) struct RequestHead<'r> {
    pub(crate) method: &'r Method,
    /// Path and query, see [`is_target`].
    pub(crate) target: &'r str,
    pub(crate) host: &'r HeaderValue,
    /// All others; `Host`, `Content-Length` and `Transfer-Encoding` among them are not sent.
    pub(crate) headers: &'r HeaderMap,
    /// Sent beside them.
    pub(crate) more: &'r [(HeaderName, HeaderValue)],
    /// Sent in the place of one of them.
    pub(crate) authorization: Option<&'r HeaderValue>,
    /// Ask first whether the body is wanted, and wait so long for an answer (RFC 9110, 10.1.1).
    pub(crate) continue_timeout: Option<Duration>,
    /// A proxy takes it, and passes it on.
    pub(crate) via: Option<Via<'r>>,
}

/// How a request's body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyLength {
    /// There is none, and nobody expects one.
    None,
    Known(u64),
    /// It comes in chunks.
    Unknown,
}

/// An answer's head.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    /// The reason phrase, where it is not the usual one.
    pub(crate) reason: Option<Arc<str>>,
    /// Without those that are about the connection.
    pub(crate) headers: HeaderMap,
    pub(super) framing: Framing,
    /// The connection may be used again when the body has been read.
    pub(super) is_lasting: bool,
}

/// Why an answer's head cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadError {
    #[error("the answer is no HTTP: {0}")]
    Malformed(httparse::Error),
    #[error("the answer's head is larger than {0} bytes")]
    TooLarge(usize),
    #[error("status {0} is not understood")]
    Status(u16),
    #[error("the answer's length is not clear")]
    Length,
    #[error("transfer coding is not understood, only chunked is")]
    Coding,
    #[error("header `{0}` is not understood")]
    Header(String),
}

/// Whether a text can be a request's target as it is.
pub(crate) fn is_target(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'#')
}

impl RequestHead<'_> {
    pub(super) fn write(&self, length: BodyLength, out: &mut Vec<u8>) {
        out.extend_from_slice(self.method.as_str().as_bytes());
        out.push(b' ');
        if let Some(Via { url, .. }) = self.via {
            for part in [url.scheme.as_str().as_bytes(), b"://", url.host_header.as_bytes()] {
                out.extend_from_slice(part);
            }
        }
        for part in [self.target, " HTTP/1.1\r\nhost: "] {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(self.host.as_bytes());
        out.extend_from_slice(b"\r\n");
        for (name, value) in self.headers {
            let is_replaced = match *name {
                header::HOST | header::CONTENT_LENGTH | header::TRANSFER_ENCODING => true,
                header::AUTHORIZATION => self.authorization.is_some(),
                header::EXPECT => self.continue_timeout.is_some(),
                header::PROXY_AUTHORIZATION => self.via.is_some(),
                _ => false,
            };
            if !is_replaced {
                write_header(name, value, out);
            }
        }
        for (name, value) in self.more {
            write_header(name, value, out);
        }
        if let Some(value) = self.authorization {
            write_header(&header::AUTHORIZATION, value, out);
        }
        if self.continue_timeout.is_some() && !matches!(length, BodyLength::None | BodyLength::Known(0)) {
            out.extend_from_slice(b"expect: 100-continue\r\n");
        }
        if let Some(value) = self.via.and_then(|via| via.proxy.authorization.as_ref()) {
            write_header(&header::PROXY_AUTHORIZATION, value, out);
        }
        match length {
            BodyLength::None => {}
            BodyLength::Known(bytes) => {
                write!(out, "content-length: {bytes}\r\n").expect("a vector takes everything");
            }
            BodyLength::Unknown => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn write_header(name: &HeaderName, value: &HeaderValue, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// What the headers of an answer say of its connection.
#[derive(Default)]
struct Transport {
    length: Option<u64>,
    is_chunked: bool,
    has_close: bool,
    has_keep_alive: bool,
    /// `Connection` names headers.
    has_named: bool,
}

impl ResponseHead {
    /// Takes a head from what was read; `None` when it is not complete. Informational ones are skipped.
    ///
    /// # Errors
    /// See [`HeadError`].
    pub(super) fn take(
        read: &mut BytesMut,
        method: &Method,
        bytes_max: usize,
    ) -> Result<Option<ResponseHead>, HeadError> {
        loop {
            let Some(length) = head_length(read) else {
                let is_http = read.iter().zip(HTTP_1).all(|(read, http)| read == http);
                return match read.len() >= bytes_max {
                    _ if !is_http => Err(HeadError::Malformed(httparse::Error::Version)),
                    true => Err(HeadError::TooLarge(bytes_max)),
                    false => Ok(None),
                };
            };
            if length > bytes_max {
                return Err(HeadError::TooLarge(bytes_max));
            }
            let head = parse(read.split_to(length).freeze(), method)?;
            if head.status == StatusCode::SWITCHING_PROTOCOLS {
                // Nobody asked for it: `Upgrade` is not passed on.
                return Err(HeadError::Status(101));
            }
            if !head.status.is_informational() {
                return Ok(Some(head));
            }
        }
    }
}

/// Length of a head with the empty line that ends it.
fn head_length(read: &[u8]) -> Option<usize> {
    let mut line = 0;
    loop {
        let end = line + newline(&read[line..])?;
        if line > 0 && matches!(&read[line..end], b"" | b"\r") {
            return Some(end + 1);
        }
        line = end + 1;
    }
}

/// Position of the first line feed. Whole blocks are looked at together, as one instruction can.
fn newline(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 16;
    let has_one = |block: &[u8]| block.iter().fold(false, |has, byte| has | (*byte == b'\n'));
    let skipped = BLOCK * bytes.chunks_exact(BLOCK).take_while(|block| !has_one(block)).count();
    bytes[skipped..].iter().position(|byte| *byte == b'\n').map(|at| skipped + at)
}

fn parse(bytes: Bytes, method: &Method) -> Result<ResponseHead, HeadError> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut response, &bytes, &mut headers)
        .map_err(HeadError::Malformed)?;
    let (httparse::Status::Complete(_), Some(code), Some(version)) =
        (parsed, response.code, response.version)
    else {
        return Err(HeadError::Malformed(httparse::Error::NewLine));
    };
    let status = StatusCode::from_u16(code).map_err(|_| HeadError::Status(code))?;
    let reason = response.reason.filter(|phrase| Some(*phrase) != status.canonical_reason()).map(Arc::from);
    let mut headers = HeaderMap::with_capacity(response.headers.len() + SPARE_HEADERS);
    let mut transport = Transport::default();
    for header in &*response.headers {
        let unclear = |_| HeadError::Header(header.name.to_owned());
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(unclear)?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(header.value))
            .map_err(|_| HeadError::Header(header.name.to_owned()))?;
        if transport.keeps(&name, &value, version)? {
            headers.append(name, value);
        }
    }
    if transport.has_named {
        hop_by_hop::strip(&mut headers);
    }
    if transport.is_chunked {
        headers.remove(header::CONTENT_LENGTH);
    }
    let (framing, is_lasting) = transport.framing(method, status, version);
    Ok(ResponseHead { status, reason, headers, framing, is_lasting })
}

/// What every answer begins with.
const HTTP_1: &[u8] = b"HTTP/1.";
/// Room for headers that policies may add.
const SPARE_HEADERS: usize = 4;

impl Transport {
    /// Looks at a header; false when it is about the connection alone.
    fn keeps(&mut self, name: &HeaderName, value: &HeaderValue, version: u8) -> Result<bool, HeadError> {
        match *name {
            header::CONTENT_LENGTH => {
                let length = content_length(value).ok_or(HeadError::Length)?;
                match self.length.replace(length) {
                    None => Ok(true),
                    Some(before) if before == length => Ok(false),
                    Some(_) => Err(HeadError::Length),
                }
            }
            header::TRANSFER_ENCODING => {
                let is_chunked = value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
                // Another coding's body would reach the client without being told so.
                if !is_chunked || self.is_chunked || version == 0 {
                    return Err(HeadError::Coding);
                }
                self.is_chunked = true;
                Ok(false)
            }
            header::CONNECTION => {
                for token in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                    match token {
                        token if token.eq_ignore_ascii_case(b"close") => self.has_close = true,
                        token if token.eq_ignore_ascii_case(b"keep-alive") => self.has_keep_alive = true,
                        b"" => {}
                        _ => self.has_named = true,
                    }
                }
                // Kept only for as long as it names others.
                Ok(self.has_named)
            }
            _ => Ok(!hop_by_hop::is_hop_by_hop(name)),
        }
    }

    fn framing(&self, method: &Method, status: StatusCode, version: u8) -> (Framing, bool) {
        let is_lasting = !self.has_close && (version == 1 || self.has_keep_alive);
        let has_body = *method != Method::HEAD
            && !status.is_informational()
            && status != StatusCode::NO_CONTENT
            && status != StatusCode::NOT_MODIFIED;
        match (has_body, self.is_chunked, self.length) {
            (false, ..) => (Framing::Done, is_lasting),
            // Two framings: the chunks count, and what follows is not to be trusted.
            (true, true, length) => (Framing::Chunked(Chunk::Line), is_lasting && length.is_none()),
            (true, false, Some(0)) => (Framing::Done, is_lasting),
            (true, false, Some(length)) => (Framing::Length(length), is_lasting),
            (true, false, None) => (Framing::UntilClose, false),
        }
    }
}

fn content_length(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?;
    // `parse` alone would take a sign.
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The line before a chunk.
pub(super) fn write_chunk_line(length: usize, out: &mut Vec<u8>) {
    write!(out, "{length:x}\r\n").expect("a vector takes everything");
}

/// What ends a chunk.
pub(super) const CHUNK_END: &[u8] = b"\r\n";
/// What ends a body of chunks.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn take(method: &Method, text: &str) -> Result<Option<(ResponseHead, BytesMut)>, HeadError> {
        let mut read = BytesMut::from(text);
        Ok(ResponseHead::take(&mut read, method, 65_536)?.map(|head| (head, read)))
    }

    #[test]
    fn answer_is_framed_by_the_rules() {
        let chunks = || Framing::Chunked(Chunk::Line);
        for (method, text, framing, is_lasting) in [
            ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), true),
            ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Framing::Done, true),
            (
                "GET",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                Framing::Length(5),
                true,
            ),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Done, true),
            ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Framing::Done, true),
            ("GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Done, true),
            ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", chunks(), true),
            (
                "GET",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                chunks(),
                false,
            ),
            ("GET", "HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false),
            (
                "GET",
                "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\n",
                Framing::Length(5),
                false,
            ),
            ("GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), false),
            (
                "GET",
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n",
                Framing::Length(5),
                true,
            ),
            (
                "GET",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                Framing::Length(5),
                true,
            ),
        ] {
            let method = method.parse().expect("method");
            let (head, left) = take(&method, &format!("{text}rest")).expect(text).expect(text);
            assert_eq!(
                (&head.framing, head.is_lasting, &left[..]),
                (&framing, is_lasting, &b"rest"[..]),
                "{text}"
            );
            for end in 0..text.len() {
                assert!(take(&method, &text[..end]).expect(text).is_none(), "{text} {end}");
            }
        }
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for text in [
            "SSH-2.0\r\n\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        ] {
            assert!(take(&Method::GET, text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_about_the_connection_is_dropped() {
        let text = "HTTP/1.1 299 Well done\r\nX-Kept: 1\r\nX-Kept: 2\r\nConnection: X-Hop\r\nX-Hop: y\r\n\
                    Keep-Alive: timeout=5\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\n";
        let (head, _) = take(&Method::GET, text).expect("well formed").expect("complete");
        let names: Vec<_> = head.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-kept", "x-kept", "content-length"]);
        assert_eq!((head.status.as_u16(), head.reason.as_deref()), (299, Some("Well done")));
        let (head, _) =
            take(&Method::GET, "HTTP/1.1 200 OK\r\n\r\n").expect("well formed").expect("complete");
        assert_eq!(head.reason, None);
    }

    #[test]
    fn request_is_written_with_one_framing() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "client.test"),
            ("x-own", "1"),
            ("x-own", "2"),
            ("content-length", "77"),
            ("transfer-encoding", "chunked"),
            ("authorization", "Bearer client"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let more = [(HeaderName::from_static("x-more"), HeaderValue::from_static("3"))];
        let mut head = RequestHead {
            method: &Method::POST,
            target: "/a?b",
            host: &HeaderValue::from_static("backend.test"),
            headers: &headers,
            more: &more,
            authorization: None,
            continue_timeout: None,
            via: None,
        };
        let begin = "POST /a?b HTTP/1.1\r\nhost: backend.test\r\nx-own: 1\r\nx-own: 2\r\n";
        for (length, end) in [
            (BodyLength::None, ""),
            (BodyLength::Known(5), "content-length: 5\r\n"),
            (BodyLength::Unknown, "transfer-encoding: chunked\r\n"),
        ] {
            let mut out = Vec::new();
            head.write(length, &mut out);
            let expected = format!("{begin}authorization: Bearer client\r\nx-more: 3\r\n{end}\r\n");
            assert_eq!(String::from_utf8(out).expect("text"), expected);
        }
        let own = HeaderValue::from_static("Basic gateway");
        head.authorization = Some(&own);
        let mut out = Vec::new();
        head.write(BodyLength::None, &mut out);
        let expected = format!("{begin}x-more: 3\r\nauthorization: Basic gateway\r\n\r\n");
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }

    #[test]
    fn target_cannot_end_its_line() {
        for (target, is_one) in [
            ("/", true),
            ("/a%20b?c=d&e", true),
            ("/gr\u{fc}n", true),
            ("", false),
            ("a", false),
            ("/a b", false),
            ("/a\r\nX: y", false),
            ("/a#b", false),
            ("/\u{7f}", false),
        ] {
            assert_eq!(is_target(target), is_one, "{target}");
        }
    }

    #[test]
    fn headers_of_an_answer_are_bounded_in_number() {
        let text = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(count));
        assert!(take(&Method::GET, &text(HEADERS_MAX)).is_ok_and(|head| head.is_some()));
        assert!(take(&Method::GET, &text(HEADERS_MAX + 1)).is_err());
    }
}
