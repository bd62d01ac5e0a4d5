//! Responses as caches keep them: a head, and the body as it came behind it.
//!
//! One idea: what is kept says when and for how long, so that whoever finds it can tell its age, whichever cache
//! it was in.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

use crate::cached::CACHED_BYTES_MAX;
use crate::context::{Body, ResponseMessage};

/// First byte of a response. What another release writes in another form is not there for this one.
const FORMAT: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Head<'b> {
    status: u16,
    reason: Option<&'b str>,
    headers: Vec<(&'b str, &'b [u8])>,
    /// Milliseconds of Unix time.
    kept_at_ms: i64,
    duration_s: u64,
}

/// A response that was kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) response: ResponseMessage,
    /// Since it came from the backend.
    pub(crate) age_s: u64,
    /// As long as it may be kept elsewhere.
    pub(crate) remaining_s: u64,
}

/// A response as it is kept; `None`: it is too large, or its body is not at hand.
pub(crate) fn keep(response: &ResponseMessage, now_ms: i64, duration: Duration) -> Option<Bytes> {
    let body: &[u8] = match &response.body {
        Body::Empty => &[],
        Body::Bytes(bytes) => bytes,
        Body::Stream | Body::Taken => return None,
    };
    // What tells of the message on the wire is not part of the response.
    let is_kept = |name: &HeaderName| {
        ![header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION].contains(name)
    };
    let headers = response.headers.iter().filter(|(name, _)| is_kept(name));
    let head = Head {
        status: response.status.as_u16(),
        reason: response.reason.as_deref(),
        headers: headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
        kept_at_ms: now_ms,
        duration_s: duration.as_secs(),
    };
    let mut out = Vec::with_capacity(512 + body.len());
    out.push(FORMAT);
    let mut out = postcard::to_extend(&head, out).ok()?;
    out.extend_from_slice(body);
    (out.len() <= CACHED_BYTES_MAX).then(|| out.into())
}

/// The response that was kept. `None`: it is none.
pub(crate) fn read(item: &Bytes, now_ms: i64) -> Option<Kept> {
    let (&FORMAT, rest) = item.split_first()? else { return None };
    let (head, body) = postcard::take_from_bytes::<Head<'_>>(rest).ok()?;
    let mut response = ResponseMessage::new(StatusCode::from_u16(head.status).ok()?);
    response.reason = head.reason.map(Into::into);
    for (name, value) in head.headers {
        response
            .headers
            .append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    if !body.is_empty() {
        response.body = Body::Bytes(item.slice_ref(body));
    }
    let kept_s = u64::try_from(now_ms.saturating_sub(head.kept_at_ms) / 1_000).unwrap_or_default();
    let age_before_s =
        response.headers.get(header::AGE).and_then(|age| age.to_str().ok()?.trim().parse::<u64>().ok());
    Some(Kept {
        response,
        age_s: kept_s.saturating_add(age_before_s.unwrap_or_default()),
        remaining_s: head.duration_s.saturating_sub(kept_s),
    })
}

/// Whether the caller has the response already, as RFC 9110 has it in 13.1 and 13.2.
pub(crate) fn is_known(response: &ResponseMessage, request: &HeaderMap) -> bool {
    if response.status != StatusCode::OK {
        return false;
    }
    let mut tags = request.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let own = response.headers.get(header::ETAG).map(HeaderValue::as_bytes).map(opaque);
        return tags.any(|list| {
            let list = list.as_bytes();
            list.trim_ascii() == b"*"
                || own.is_some_and(|own| entity_tags(list).any(|tag| opaque(tag) == own))
        });
    }
    let date = |headers: &HeaderMap, name: HeaderName| -> Option<SystemTime> {
        httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()
    };
    match (date(request, header::IF_MODIFIED_SINCE), date(&response.headers, header::LAST_MODIFIED)) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

/// The tag without the mark of a weak one: both kinds serve for this comparison.
fn opaque(tag: &[u8]) -> &[u8] {
    let tag = tag.trim_ascii();
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The tags of a list. A comma within quotes is part of a tag.
fn entity_tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    list.split(move |byte| {
        is_quoted ^= *byte == b'"';
        *byte == b',' && !is_quoted
    })
}

/// Makes a response one that says that nothing has changed.
pub(crate) fn not_modified(response: &mut ResponseMessage) {
    response.status = StatusCode::NOT_MODIFIED;
    response.reason = None;
    response.body = Body::Empty;
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_RANGE,
    ] {
        response.headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn response(headers: &[(&str, &str)], body: &[u8]) -> ResponseMessage {
        let mut response = ResponseMessage::new(StatusCode::OK);
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            response.headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        response.body = Body::Bytes(Bytes::copy_from_slice(body));
        response
    }

    #[test]
    fn a_response_comes_back_as_it_was_but_for_its_framing() {
        let mut before = response(
            &[
                ("a", "1"),
                ("content-length", "4"),
                ("a", "2"),
                ("transfer-encoding", "chunked"),
                ("age", "5"),
            ],
            b"\xff\0 x",
        );
        before.reason = Some("Fine".into());
        let item = keep(&before, 1_000, MINUTE).unwrap();
        let kept = read(&item, 11_999).unwrap();
        assert_eq!((kept.response.status, kept.response.reason.as_deref()), (StatusCode::OK, Some("Fine")));
        assert_eq!(kept.response.body, before.body);
        assert_eq!(kept.response.headers.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert!(!kept.response.headers.contains_key("content-length"));
        assert!(!kept.response.headers.contains_key("transfer-encoding"));
        assert_eq!((kept.age_s, kept.remaining_s), (15, 50));
        assert_eq!(read(&item, 0).unwrap().age_s, 5, "another clock");
    }

    #[test]
    fn responses_are_bounded() {
        let overhead = keep(&response(&[], b""), 0, MINUTE).unwrap().len();
        let at_bound = vec![0; CACHED_BYTES_MAX - overhead];
        assert!(keep(&response(&[], &at_bound), 0, MINUTE).is_some());
        assert!(keep(&response(&[], &[&*at_bound, b"x"].concat()), 0, MINUTE).is_none());
    }

    #[test]
    fn nothing_is_read_from_what_is_no_response() {
        for item in
            [&b""[..], b"plain text", &[FORMAT], &[FORMAT + 1, 200, 1, 0, 0, 0, 0], &[FORMAT, 1, 0, 0, 0, 0]]
        {
            assert!(read(&Bytes::from_static(item), 0).is_none(), "{item:?}");
        }
    }

    #[test]
    fn callers_that_know_the_response_are_told_so() {
        let own = response(&[("etag", "\"a,b\""), ("last-modified", "Sun, 01 Jun 2025 12:00:00 GMT")], b"x");
        for (name, value, expected) in [
            ("if-none-match", "\"a,b\"", true),
            ("if-none-match", "W/\"a,b\"", true),
            ("if-none-match", "\"x\", W/\"a,b\" , \"y\"", true),
            ("if-none-match", "*", true),
            ("if-none-match", "\"a\"", false),
            ("if-modified-since", "Sun, 01 Jun 2025 12:00:00 GMT", true),
            ("if-modified-since", "Sun, 01 Jun 2025 11:59:59 GMT", false),
            ("if-modified-since", "yesterday", false),
        ] {
            let request = response(&[(name, value)], b"").headers;
            assert_eq!(is_known(&own, &request), expected, "{name}: {value}");
        }
        let both = response(
            &[("if-none-match", "\"other\""), ("if-modified-since", "Mon, 02 Jun 2025 12:00:00 GMT")],
            b"",
        );
        assert!(!is_known(&own, &both.headers), "the tag counts");
    }
}
