//! What headers a message keeps on its way through, and which it gets.
//!
//! One idea: what a client says about its own connection is gone before policies run, so that it
//! cannot remove what they add. Must not know where a message goes.

use crate::hop_by_hop;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The address list that every hop appends to.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const APIM_TRACE: HeaderName = HeaderName::from_static("ocp-apim-trace");
const APIM_DEBUG: HeaderName = HeaderName::from_static("apim-debug-authorization");

/// Makes a client's headers those that policies see: nothing about the connection, no credentials for
/// the gateway's own tracing, and the client's address appended. Gives the token back that a request
/// had to be traced.
pub(super) fn receive(headers: &mut HeaderMap, client_address: &HeaderValue) -> Option<HeaderValue> {
    hop_by_hop::strip(headers);
    headers.remove(APIM_TRACE);
    let token = headers.remove(APIM_DEBUG);
    let mut list: Vec<u8> = Vec::new();
    for earlier in headers.get_all(X_FORWARDED_FOR) {
        list.extend_from_slice(earlier.as_bytes());
        list.extend_from_slice(b", ");
    }
    let value = match list.is_empty() {
        true => client_address.clone(),
        false => {
            list.extend_from_slice(client_address.as_bytes());
            HeaderValue::from_maybe_shared(bytes::Bytes::from(list))
                .expect("values of headers, blanks and commas")
        }
    };
    headers.insert(X_FORWARDED_FOR, value);
    token
}

/// Bytes of headers, each on a line of its own.
pub(super) fn bytes(headers: &HeaderMap) -> u64 {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum::<usize>()
        as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        list.iter().map(pair).collect()
    }

    #[test]
    fn client_is_appended_to_those_before() {
        let address = HeaderValue::from_static("192.0.2.1");
        for (before, after) in [
            (&[][..], "192.0.2.1"),
            (&[("x-forwarded-for", "10.0.0.1")], "10.0.0.1, 192.0.2.1"),
            (&[("x-forwarded-for", "a, b"), ("x-forwarded-for", "c")], "a, b, c, 192.0.2.1"),
            (&[("connection", "x-forwarded-for"), ("x-forwarded-for", "a")], "192.0.2.1"),
        ] {
            let mut map = headers(before);
            receive(&mut map, &address);
            assert_eq!(map.get_all(X_FORWARDED_FOR).iter().collect::<Vec<_>>(), [after]);
        }
    }
}
