//! Following redirects on behalf of a policy (RFC 9110, 15.4): where to, and what is not sent along.

use http::{HeaderMap, StatusCode, header};
use url::Url;

/// Redirects that one request follows; the last answer stands beyond.
pub(super) const REDIRECTS_MAX: usize = 10;

/// Where an answer sends whoever asked for `url`.
pub(super) fn location(url: &str, status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let codes = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !codes.contains(&status) {
        return None;
    }
    let location = headers.get(header::LOCATION)?.to_str().ok()?;
    let mut to = Url::parse(url).ok()?.join(location).ok()?;
    // As .NET: nothing that was asked for in secret is asked for in the clear.
    let is_downgrade = url.starts_with("https:") && to.scheme() != "https";
    to.set_fragment(None);
    let is_plain = to.username().is_empty() && to.password().is_none();
    (matches!(to.scheme(), "http" | "https") && !is_downgrade && is_plain).then(|| to.into())
}

/// Whether two URLs have one scheme, host and port.
pub(super) fn is_same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

/// Removes what is meant for one host and not for another.
pub(super) fn drop_credentials(headers: &mut HeaderMap) {
    for name in [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE, header::HOST] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str, status: u16, location_header: &str) -> Option<String> {
        let status = StatusCode::from_u16(status).expect("a status");
        let headers = HeaderMap::from_iter([(header::LOCATION, location_header.parse().expect("a value"))]);
        location(url, status, &headers)
    }

    #[test]
    fn location_is_joined_with_what_was_asked_for() {
        let url = "http://a.test/one/two?x=1";
        for (status, location, expected) in [
            (302, "/three", Some("http://a.test/three")),
            (301, "three?y=2", Some("http://a.test/one/three?y=2")),
            (307, "https://b.test/#part", Some("https://b.test/")),
            (308, "//c.test", Some("http://c.test/")),
            (200, "/three", None),
            (304, "/three", None),
            (302, "file:///etc/passwd", None),
            (302, "http://user:pass@b.test/", None),
        ] {
            assert_eq!(to(url, status, location).as_deref(), expected, "{status} {location}");
        }
        assert_eq!(to("https://a.test/", 302, "http://a.test/"), None);
    }
}
