//! What a message says it is made of (RFC 9110, 8.3): media types without their parameters.

use http::{HeaderMap, header};

/// The media type that `Content-Type` names, as it is written; `None` where it names none.
pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(essence(value)).filter(|it| !it.is_empty())
}

/// Without parameters and blanks.
pub(crate) fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// `…/json` and `…+json`.
pub(crate) fn is_json(media_type: &str) -> bool {
    is(media_type, "json")
}

/// `…/xml` and `…+xml`.
pub(crate) fn is_xml(media_type: &str) -> bool {
    is(media_type, "xml")
}

fn is(media_type: &str, format: &str) -> bool {
    let Some((_, kind)) = media_type.split_once('/') else { return false };
    kind.rsplit('+').next().is_some_and(|suffix| suffix.eq_ignore_ascii_case(format))
}

/// Text, or something written in text.
pub(crate) fn is_text_like(media_type: &str) -> bool {
    let Some((family, kind)) = media_type.split_once('/') else { return false };
    family.eq_ignore_ascii_case("text")
        || is_json(media_type)
        || is_xml(media_type)
        || ["javascript", "x-javascript", "ecmascript", "x-www-form-urlencoded", "yaml", "x-yaml", "graphql"]
            .iter()
            .any(|known| kind.eq_ignore_ascii_case(known))
}

/// The first media type that an `Accept` header names for which `is_it` holds and which is not refused
/// by `q=0`.
pub(crate) fn accepted(headers: &HeaderMap, is_it: impl Fn(&str) -> bool) -> Option<&str> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).find_map(|range| {
        let is_refused = range.split(';').skip(1).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.trim().eq_ignore_ascii_case("q")
                && value.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
        });
        let media_type = essence(range);
        (!is_refused && is_it(media_type)).then_some(media_type)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_tell_the_format() {
        for (text, json, xml) in [
            ("application/json", true, false),
            ("TEXT/JSON", true, false),
            ("application/problem+JSON", true, false),
            ("application/soap+xml", false, true),
            ("text/xml", false, true),
            ("text/plain", false, false),
            ("json", false, false),
        ] {
            assert_eq!((is_json(text), is_xml(text)), (json, xml), "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_not_accepted() {
        let mut headers = HeaderMap::new();
        headers.append("accept", "text/html, application/xml;q=0".parse().unwrap());
        assert_eq!(accepted(&headers, is_xml), None);
        headers.append("accept", "text/xml; q=0.5".parse().unwrap());
        assert_eq!(accepted(&headers, is_xml), Some("text/xml"));
    }
}
