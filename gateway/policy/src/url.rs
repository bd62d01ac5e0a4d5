//! The base URL of a backend, taken apart once, when configuration is compiled.
//!
//! A request's URL is this prefix and the request's path; everything that can be worked out before
//! a request comes (authority, `Host` value, trimmed prefix) is worked out here.

use std::fmt;

use http::HeaderValue;

/// Longest base URL taken, in bytes.
pub const BASE_URL_BYTES_MAX: usize = 2_048;

/// The scheme a backend is spoken to with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port a URL without one means.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An absolute `http` or `https` URL without query and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Scheme, lower case.
    pub scheme: Scheme,
    /// Name or address, lower case, without the brackets of an IPv6 address: ready to be resolved.
    pub host: String,
    /// The port, the scheme's own when the URL names none.
    pub port: u16,
    /// The `Host` header a request to this URL carries: the port is left out when it is the default.
    pub host_header: HeaderValue,
    /// Begins with `/` and does not end with one; empty when the URL has no path.
    pub path_prefix: String,
}

/// Why a text is not a base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    #[error("a base URL may have {BASE_URL_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    #[error("`{0}` is not a URL")]
    Malformed(String),
    #[error("`{0}` is not an absolute URL, such as https://backend.example/v1")]
    Relative(String),
    #[error("scheme `{0}` is not supported, use http or https")]
    Scheme(String),
    #[error("a base URL may not carry user name and password")]
    UserInfo,
    #[error("a base URL may not have a query or fragment")]
    Query,
}

impl BaseUrl {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// Anything but an absolute `http` or `https` URL with a host and, at most, a path.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        if text.len() > BASE_URL_BYTES_MAX {
            return Err(BaseUrlError::TooLong(text.len()));
        }
        if text.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let malformed = || BaseUrlError::Malformed(text.to_owned());
        if text.starts_with('/') {
            return Err(BaseUrlError::Relative(text.to_owned()));
        }
        let uri: http::Uri = text.parse().map_err(|_| malformed())?;
        let scheme = match uri.scheme_str().map(str::to_ascii_lowercase).as_deref() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(other) => return Err(BaseUrlError::Scheme(other.to_owned())),
            None => return Err(BaseUrlError::Relative(text.to_owned())),
        };
        let authority = uri.authority().ok_or_else(malformed)?;
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let bracketed = authority.host().to_ascii_lowercase();
        let host = bracketed.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(malformed());
        }
        let has_port = authority.as_str().len() > authority.host().len();
        let port = match authority.port_u16() {
            Some(port) => port,
            None if has_port => return Err(malformed()),
            None => scheme.default_port(),
        };
        let shown = match port == scheme.default_port() {
            true => bracketed,
            false => format!("{bracketed}:{port}"),
        };
        let host_header = HeaderValue::from_str(&shown).map_err(|_| malformed())?;
        let path_prefix = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { scheme, host, port, host_header, path_prefix })
    }

    /// Scheme, host and port, without a path.
    pub fn origin(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{}://{host}:{}", self.scheme.as_str(), self.port)
    }

    /// Path and query of the request to this backend: the prefix, then the request's path, with one
    /// slash between them.
    pub fn path_and_query(&self, path: &str, query: Option<&str>) -> String {
        let query_len = query.map_or(0, |query| query.len() + 1);
        let mut out = String::with_capacity(self.path_prefix.len() + path.len() + query_len + 1);
        out.push_str(&self.path_prefix);
        if !path.starts_with('/') {
            out.push('/');
        }
        out.push_str(path);
        if let Some(query) = query {
            out.push('?');
            out.push_str(query);
        }
        out
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host_header.to_str().unwrap_or(&self.host);
        write!(f, "{}://{host}{}", self.scheme.as_str(), self.path_prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_taken_apart() {
        let table = [
            ("http://a", "a", 80, "a", ""),
            ("HTTPS://Api.Example:443/", "api.example", 443, "api.example", ""),
            ("http://127.0.0.1:9000/v1/", "127.0.0.1", 9000, "127.0.0.1:9000", "/v1"),
            (" https://[::1]:8443/a/b ", "::1", 8443, "[::1]:8443", "/a/b"),
        ];
        for (text, host, port, header, prefix) in table {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!(
                (url.host.as_str(), url.port, url.path_prefix.as_str()),
                (host, port, prefix),
                "{text}"
            );
            assert_eq!(url.host_header.to_str().unwrap(), header, "{text}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for text in [
            "",
            "/v1",
            "a.example",
            "ftp://a",
            "http://",
            "http://a?x=1",
            "http://a#f",
            "http://u:p@a",
            "http://a:99999",
            "http://a b",
            "http:///x",
            "http://a:x",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
        let at_bound = format!("http://a/{}", "x".repeat(BASE_URL_BYTES_MAX - 9));
        assert!(BaseUrl::parse(&at_bound).is_ok());
        assert!(BaseUrl::parse(&format!("{at_bound}x")).is_err());
    }

    #[test]
    fn slashes_are_not_doubled() {
        let url = BaseUrl::parse("http://a/base/").unwrap();
        assert_eq!(url.path_and_query("/x", None), "/base/x");
        assert_eq!(url.path_and_query("x", Some("q=1")), "/base/x?q=1");
        assert_eq!(BaseUrl::parse("http://a").unwrap().path_and_query("/", None), "/");
        assert_eq!(url.to_string(), "http://a/base");
    }
}
