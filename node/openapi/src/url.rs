//! Absolute URLs, as far as servers need them.
//!
//! One idea: a URL is scheme, authority and path, and nothing is decoded. Must not know OpenAPI.

/// An absolute `http`, `https`, `ws` or `wss` URL in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    /// As it was written.
    pub(crate) scheme: &'a str,
    /// Host and port.
    pub(crate) authority: &'a str,
    /// Empty or beginning with `/`.
    pub(crate) path: &'a str,
    /// Whether `?` or `#` and more followed.
    pub(crate) has_query: bool,
}

/// Reads an absolute URL; `None` for everything else.
pub(crate) fn absolute(text: &str) -> Option<Url<'_>> {
    let illegal = |c: char| c.is_control() || c.is_whitespace() || "<>\"\\^`{|}".contains(c);
    if text.contains(illegal) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    if !["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.is_empty() || host.starts_with(':') {
        return None;
    }
    let cut = tail.find(['?', '#']).unwrap_or(tail.len());
    Some(Url { scheme, authority, path: &tail[..cut], has_query: cut < tail.len() })
}

/// Whether an absolute URL names this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Some(Url { authority, .. }) = absolute(url) else { return false };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_local_name = name.eq_ignore_ascii_case("localhost");
    is_local_name || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `reference` as seen from the document at `base`; `None` if the base is no absolute URL.
pub(crate) fn join(base: &str, reference: &str) -> Option<String> {
    let Url { scheme, authority, path, .. } = absolute(base)?;
    if reference.starts_with("//") {
        return Some(format!("{scheme}:{reference}"));
    }
    let mut segments: Vec<&str> = Vec::new();
    if !reference.starts_with('/') {
        segments.extend(path.split('/').skip(1));
        segments.pop();
    }
    let (own, query) = reference.find(['?', '#']).map_or((reference, ""), |at| reference.split_at(at));
    for segment in own.strip_prefix('/').unwrap_or(own).split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    Some(format!("{scheme}://{authority}/{}{query}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_urls_have_a_known_scheme_and_a_host() {
        let url = absolute("https://api.example.com:8443/v1?x=1").expect("a URL");
        assert_eq!((url.scheme, url.authority, url.path), ("https", "api.example.com:8443", "/v1"));
        assert!(url.has_query);
        for text in [
            "",
            "/v1",
            "api.example.com",
            "ftp://a",
            "https://",
            "https://:80",
            "https://a b",
            "https://{t}.x",
        ] {
            assert_eq!(absolute(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_is_recognised() {
        for url in [
            "http://127.0.0.1:80/a",
            "http://localhost",
            "http://LOCALHOST:1/",
            "http://[::1]:80",
            "http://u@127.9.9.9",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://127.0.0.1.example.com", "http://10.0.0.1", "http://localhost.example.com", "/"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn relative_urls_are_seen_from_the_document() {
        let base = "https://h/specs/v1/openapi.json?x";
        for (reference, url) in [
            ("/api", "https://h/api"),
            ("api", "https://h/specs/v1/api"),
            ("../api/./x", "https://h/specs/api/x"),
            ("../../../api", "https://h/api"),
            ("//other/api", "https://other/api"),
            ("/", "https://h/"),
        ] {
            assert_eq!(join(base, reference).as_deref(), Some(url), "{reference}");
        }
        assert_eq!(join("openapi.json", "/api"), None);
    }
}
