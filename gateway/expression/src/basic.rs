//! `AsBasic`: user and password of an `Authorization` header.
//!
//! The one idea: whatever is not a basic credential is `None`, never an error, because policies ask
//! in order to find out.

use crate::encoding;

/// What `Basic dXNlcjpwYXNz` carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    pub user: String,
    pub password: String,
}

/// Longest header value looked at, in bytes; a longer one is no credential.
pub const BASIC_BYTES_MAX: usize = 64 * 1024;

/// Reads RFC 7617 credentials: the scheme in any case, Base64 of UTF-8, cut at the first `:`.
/// Bytes that are no UTF-8 become U+FFFD, as .NET decodes them.
pub fn as_basic(header: &str) -> Option<BasicCredentials> {
    if header.len() > BASIC_BYTES_MAX {
        return None;
    }
    let (scheme, token) = header.trim().split_once([' ', '\t'])?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = encoding::from_base64(token).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (user, password) = text.split_once(':')?;
    Some(BasicCredentials { user: user.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_at_the_first_colon_and_all_else_is_none() {
        let read = |header: &str| as_basic(header).map(|found| (found.user, found.password));
        let pair = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        for (header, expected) in [
            ("Basic dXNlcjpwYXNz", pair("user", "pass")),
            (" bASIC   dXNlcjpwYXNz ", pair("user", "pass")),
            ("Basic YTpiOmM=", pair("a", "b:c")),
            ("Basic Og==", pair("", "")),
            ("Basic w7w6w58=", pair("ü", "ß")),
            ("Basic /zo=", pair("\u{FFFD}", "")),
            ("Basic dXNlcg==", None),
            ("Basic dXNlcjpwYXNz!", None),
            ("Basic", None),
            ("Bearer dXNlcjpwYXNz", None),
            ("dXNlcjpwYXNz", None),
            ("", None),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    #[test]
    fn length_is_bounded() {
        let header = |len: usize| {
            let head = "Basic Ojpq";
            format!("{head}{}", " ".repeat(len - head.len()))
        };
        assert!(as_basic(&header(BASIC_BYTES_MAX)).is_some());
        assert!(as_basic(&header(BASIC_BYTES_MAX + 1)).is_none());
    }
}
