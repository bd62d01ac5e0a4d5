//! What the front door wants to know of a connection's first request: is it one, and for which host.
//!
//! One idea: bytes in, verdict or "need more" out. Must not know sockets, gateways or time.

use crate::{
    fault::Refusal,
    limits::{HEADERS_MAX, Limits},
};

/// Answered on every host, so that balancers can probe a node by its address.
pub(crate) const PROBE_PATH: &str = "/status-0123456789abcdef";

/// What a connection's first bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The head is not complete.
    More,
    /// A request for this host.
    For(String),
    /// A probe of the node itself.
    Probe,
    /// Nothing that can be served.
    Refused(Refusal),
}

/// Remembers how far it looked, so that a head which comes byte by byte is not read a thousand times.
#[derive(Debug, Default)]
pub(crate) struct Sniffer {
    seen: usize,
}

impl Sniffer {
    /// Looks at everything that was read so far.
    pub(crate) fn look(&mut self, bytes: &[u8], limits: &Limits) -> Verdict {
        let is_first = self.seen == 0;
        let is_complete = has_blank_line(&bytes[self.seen.saturating_sub(3)..]);
        self.seen = bytes.len();
        let is_full = bytes.len() > limits.header_bytes_max;
        if !is_first && !is_complete && !is_full {
            return Verdict::More;
        }
        match parse(bytes, limits) {
            Verdict::More if is_full => Verdict::Refused(too_long(bytes, limits)),
            verdict => verdict,
        }
    }
}

fn has_blank_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

fn parse(bytes: &[u8], limits: &Limits) -> Verdict {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Verdict::More,
        Err(httparse::Error::TooManyHeaders) => return Verdict::Refused(Refusal::HeadTooLarge),
        Err(_) => return Verdict::Refused(Refusal::Malformed),
    };
    let target = request.path.unwrap_or_default();
    if target.len() > limits.url_bytes_max {
        return Verdict::Refused(Refusal::UrlTooLong);
    }
    if length > limits.header_bytes_max {
        return Verdict::Refused(Refusal::HeadTooLarge);
    }
    if matches!(request.method, Some("GET" | "HEAD")) && target == PROBE_PATH {
        return Verdict::Probe;
    }
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let header = hosts.next().and_then(|header| std::str::from_utf8(header.value).ok());
    if hosts.next().is_some() {
        return Verdict::Refused(Refusal::Malformed);
    }
    // RFC 9112, 3.2.2: a target in absolute form outdoes the header.
    match authority(target).or(header).map(str::trim) {
        Some(host) if is_host(host) => Verdict::For(host.to_owned()),
        _ => Verdict::Refused(Refusal::Malformed),
    }
}

/// Which part of a head without end is too long.
fn too_long(bytes: &[u8], limits: &Limits) -> Refusal {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match line.len() > limits.url_bytes_max {
        true => Refusal::UrlTooLong,
        false => Refusal::HeadTooLarge,
    }
}

/// The authority of a target in absolute form.
fn authority(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    Some(rest.split(['/', '?', '#']).next().unwrap_or(rest))
}

/// Whether a text can be a host with an optional port: nothing that has a meaning of its own elsewhere.
pub(crate) fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| HOST_BYTES[usize::from(byte)])
}

/// Asked for every byte of every host.
const HOST_BYTES: [bool; 256] = {
    let refused = b"/?#@\\\"<>^`{|},;";
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = true;
        byte += 1;
    }
    let mut at = 0;
    while at < refused.len() {
        table[refused[at] as usize] = false;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn look(bytes: &[u8]) -> Verdict {
        Sniffer::default().look(bytes, &Limits::default())
    }

    fn to(host: &str) -> Verdict {
        Verdict::For(host.to_owned())
    }

    #[test]
    fn first_request_tells_its_host() {
        for (head, verdict) in [
            ("GET / HTTP/1.1\r\nHost: a.b:80\r\n\r\n", to("a.b:80")),
            ("GET / HTTP/1.0\nhOST:  a.b \n\n", to("a.b")),
            ("GET http://c.d/x HTTP/1.1\r\nHost: a.b\r\n\r\n", to("c.d")),
            ("GET /x?u=http://c.d/ HTTP/1.1\r\nHost: a.b\r\n\r\nbody", to("a.b")),
            ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", to("[::1]:8080")),
            ("GET / HTTP/1.1\r\nHost: a.b\r\n", Verdict::More),
            ("GE", Verdict::More),
            ("GET /status-0123456789abcdef HTTP/1.0\r\n\r\n", Verdict::Probe),
            ("HEAD /status-0123456789abcdef HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", Verdict::Probe),
            ("POST /status-0123456789abcdef HTTP/1.1\r\nHost: a\r\n\r\n", to("a")),
        ] {
            assert_eq!(look(head.as_bytes()), verdict, "{head}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost a\r\n\r\n",
            "\x16\x03\x01\x02\x00",
            "hello world\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            assert_eq!(look(head.as_bytes()), Verdict::Refused(Refusal::Malformed), "{head}");
        }
    }

    #[test]
    fn host_has_nothing_but_a_host_in_it() {
        for (text, is_one) in [
            ("a-b.c_d:8080", true),
            ("[2001:db8::1]", true),
            ("", false),
            ("a b", false),
            ("a\\b", false),
            ("a\"b", false),
            ("a;b", false),
            ("\u{7f}", false),
            ("\u{fc}", false),
        ] {
            assert_eq!(is_host(text), is_one, "{text}");
        }
    }

    #[test]
    fn head_that_comes_byte_by_byte_is_understood() {
        let head = b"GET /a HTTP/1.1\r\nHost: a.b\r\nX: y\r\n\r\n";
        let mut sniffer = Sniffer::default();
        for end in 1..head.len() {
            assert_eq!(sniffer.look(&head[..end], &Limits::default()), Verdict::More, "{end}");
        }
        assert_eq!(sniffer.look(head, &Limits::default()), to("a.b"));
    }

    fn head_of(bytes: usize) -> Vec<u8> {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(bytes - frame)).into_bytes()
    }

    #[test]
    fn head_is_bounded_in_bytes() {
        let max = Limits::default().header_bytes_max;
        assert_eq!(look(&head_of(max)), to("a"));
        assert_eq!(look(&head_of(max + 1)), Verdict::Refused(Refusal::HeadTooLarge));
        let endless = &head_of(max + 9)[..max + 1];
        assert_eq!(look(endless), Verdict::Refused(Refusal::HeadTooLarge));
        assert_eq!(look(&endless[..max]), Verdict::More);
    }

    #[test]
    fn headers_are_bounded_in_number() {
        let head = |count: usize| {
            let fill = "X: y\r\n".repeat(count - 1);
            format!("GET / HTTP/1.1\r\nHost: a\r\n{fill}\r\n").into_bytes()
        };
        assert_eq!(look(&head(HEADERS_MAX)), to("a"));
        assert_eq!(look(&head(HEADERS_MAX + 1)), Verdict::Refused(Refusal::HeadTooLarge));
    }

    #[test]
    fn target_is_bounded() {
        let max = Limits::default().url_bytes_max;
        let head = |length: usize| {
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(length - 1)).into_bytes()
        };
        assert_eq!(look(&head(max)), to("a"));
        assert_eq!(look(&head(max + 1)), Verdict::Refused(Refusal::UrlTooLong));
        let endless = format!("GET /{}", "x".repeat(Limits::default().header_bytes_max + 1));
        assert_eq!(look(endless.as_bytes()), Verdict::Refused(Refusal::UrlTooLong));
    }
}
