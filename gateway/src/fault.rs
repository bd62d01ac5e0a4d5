//! The answers of the data plane itself, for requests that never get as far as a policy.
//!
//! One idea: every refusal is a row of one table, [`Refusal`], with the shape that all answers have.
//! What fails later is a [`hanse_policy::Fault`]. Must not know who refuses, nor why.

use http::StatusCode;
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout_at},
};

/// Seconds after which a shed request may be tried again.
const RETRY_AFTER_S: u64 = 1;
/// How long a closed connection is still read from.
const LINGER: Duration = Duration::from_secs(1);
/// How much is read from it.
const LINGER_BYTES_MAX: usize = 256 * 1024;

/// Why a request is not served at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no HTTP/1 request, or one without a host, or one with several.
    Malformed,
    /// The host is no gateway's.
    UnknownHost,
    /// The headers did not come in time.
    HeaderTimeout,
    /// The target is longer than allowed.
    UrlTooLong,
    /// The host belongs to another gateway than the connection does.
    Misdirected,
    /// Line and headers are larger than allowed, or too many.
    HeadTooLarge,
    /// Something panicked.
    Internal,
    /// A bound is reached, or no unit answers.
    Unavailable,
}

impl Refusal {
    /// Every one.
    #[cfg(test)]
    const ALL: [Refusal; 8] = [
        Refusal::Malformed,
        Refusal::UnknownHost,
        Refusal::HeaderTimeout,
        Refusal::UrlTooLong,
        Refusal::Misdirected,
        Refusal::HeadTooLarge,
        Refusal::Internal,
        Refusal::Unavailable,
    ];

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Refusal::Malformed => StatusCode::BAD_REQUEST,
            Refusal::UnknownHost => StatusCode::NOT_FOUND,
            Refusal::HeaderTimeout => StatusCode::REQUEST_TIMEOUT,
            Refusal::UrlTooLong => StatusCode::URI_TOO_LONG,
            Refusal::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Refusal::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The body, as client libraries parse it: blanks included.
    pub(crate) const fn body(self) -> &'static str {
        match self {
            Refusal::Malformed => r#"{ "statusCode": 400, "message": "Bad request" }"#,
            Refusal::UnknownHost => r#"{ "statusCode": 404, "message": "Resource not found" }"#,
            Refusal::HeaderTimeout => r#"{ "statusCode": 408, "message": "Request timeout" }"#,
            Refusal::UrlTooLong => r#"{ "statusCode": 414, "message": "Request URL is too long" }"#,
            Refusal::Misdirected => r#"{ "statusCode": 421, "message": "Misdirected request" }"#,
            Refusal::HeadTooLarge => {
                r#"{ "statusCode": 431, "message": "Request header fields are too large" }"#
            }
            Refusal::Internal => r#"{ "statusCode": 500, "message": "Internal server error" }"#,
            Refusal::Unavailable => r#"{ "statusCode": 503, "message": "Service unavailable" }"#,
        }
    }

    /// Seconds for `Retry-After`, where trying again makes sense.
    pub(crate) const fn retry_after_s(self) -> Option<u64> {
        match self {
            Refusal::Unavailable => Some(RETRY_AFTER_S),
            _ => None,
        }
    }

    /// The whole answer, for connections that no HTTP server is in charge of. It is the last one.
    pub(crate) fn raw(self) -> Vec<u8> {
        raw(self.status(), self.retry_after_s(), self.body())
    }
}

/// An answer as bytes, after which the connection is closed.
pub(crate) fn raw(status: StatusCode, retry_after_s: Option<u64>, body: &str) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    let retry = retry_after_s.map(|s| format!("Retry-After: {s}\r\n")).unwrap_or_default();
    let content = match body.is_empty() {
        true => "",
        false => "Content-Type: application/json\r\n",
    };
    format!(
        "HTTP/1.1 {} {reason}\r\n{content}Content-Length: {}\r\n{retry}Connection: close\r\n\r\n{body}",
        status.as_u16(),
        body.len()
    )
    .into_bytes()
}

/// Sends a last answer and closes the connection such that the client gets to read it.
pub(crate) async fn say_goodbye(mut io: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) {
    let deadline = Instant::now() + LINGER;
    // A client that is gone, or does not read, has no use for the answer.
    if let Ok(Ok(())) = timeout_at(deadline, io.write_all(answer)).await {
        close_cleanly(io).await;
    }
}

/// Closes a connection on which unread bytes may be on their way. Closing at once would answer these
/// with a reset, which may destroy what the client has not read yet.
pub(crate) async fn close_cleanly(mut io: impl AsyncRead + AsyncWrite + Unpin) {
    let deadline = Instant::now() + LINGER;
    let linger = async {
        if io.shutdown().await.is_err() {
            return;
        }
        let mut scrap = [0; 4096];
        let mut left = LINGER_BYTES_MAX;
        while let Ok(read @ 1..) = io.read(&mut scrap).await {
            match left.checked_sub(read) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whether it ended by itself makes no difference: the connection is dropped now.
    let _ = timeout_at(deadline, linger).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_the_documented_shape() {
        for refusal in Refusal::ALL {
            let status = refusal.status().as_u16();
            let body = refusal.body();
            assert!(body.starts_with(&format!("{{ \"statusCode\": {status}, \"message\": \"")), "{body}");
            assert!(body.ends_with("\" }"), "{body}");
            let raw = String::from_utf8(refusal.raw()).expect("ASCII");
            assert!(raw.starts_with(&format!("HTTP/1.1 {status} ")), "{raw}");
            assert!(raw.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{raw}");
            assert!(raw.contains("\r\nConnection: close\r\n"), "{raw}");
            assert_eq!(raw.contains("Retry-After"), status == 503, "{raw}");
        }
    }
}
