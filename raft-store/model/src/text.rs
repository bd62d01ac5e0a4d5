//! Checks of single fields, shared by all kinds: lengths, words, URLs, durations, dates.
//!
//! The one idea: a kind lists its fields with their bounds, and every finding says the value and
//! the bound in the same words. Must not look at other resources.

use crate::violation::{Violations, code, violation};
use hanse_proto::STRUCTURE_DEPTH_MAX;

/// Longest URL, in characters.
pub(crate) const URL_CHARS_MAX: usize = 2_000;
const ABSOLUTE_SCHEMES: &[&str] = &["http", "https", "ws", "wss", "grpc", "grpcs"];

/// Checks the fields of one resource and collects what it finds.
pub(crate) struct Fields<'a> {
    name: &'a str,
    violations: &'a mut Violations,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(name: &'a str, violations: &'a mut Violations) -> Self {
        Fields { name, violations }
    }

    /// A finding.
    pub(crate) fn invalid(&mut self, field: &str, message: impl Into<String>) {
        self.report(code::INVALID, field, message, "");
    }

    /// A finding with another code or with advice.
    pub(crate) fn report(&mut self, code: &str, field: &str, message: impl Into<String>, hint: &str) {
        self.violations.push(violation(code, self.name, field, message.into(), hint));
    }

    /// One line of `min..=max` characters.
    pub(crate) fn line(&mut self, field: &str, value: &str, min: usize, max: usize) {
        self.length(field, value, min, max);
        if value.chars().any(char::is_control) {
            self.invalid(field, "control characters are not allowed");
        }
    }

    /// Text of at least `min` and at most `max` characters, line breaks allowed.
    pub(crate) fn length(&mut self, field: &str, value: &str, min: usize, max: usize) {
        let chars = value.chars().count();
        if chars == 0 && min > 0 {
            self.invalid(field, format!("missing; {min} to {max} characters are required"));
        } else if chars < min || chars > max {
            self.invalid(field, format!("{chars} characters; {min} to {max} are allowed"));
        }
    }

    /// A list of at most `max`.
    pub(crate) fn count(&mut self, field: &str, count: usize, max: usize) {
        if count > max {
            self.invalid(field, format!("{count} entries; at most {max} are allowed"));
        }
    }

    /// A number within `min..=max`.
    pub(crate) fn number(&mut self, field: &str, value: i64, min: i64, max: i64) {
        if !(min..=max).contains(&value) {
            self.invalid(field, format!("{value} is out of range; {min} to {max} are allowed"));
        }
    }

    /// Empty, or one of a fixed set of words.
    pub(crate) fn word(&mut self, field: &str, value: &str, allowed: &[&str]) {
        if value.is_empty() || allowed.contains(&value) {
            return;
        }
        let hint = allowed
            .iter()
            .find(|word| word.eq_ignore_ascii_case(value))
            .map_or(String::new(), |word| format!("write `{word}`"));
        self.report(
            code::INVALID,
            field,
            format!("`{}` is not known; there are {}", shorten(value), allowed.join(", ")),
            &hint,
        );
    }

    /// One of a fixed set of words.
    pub(crate) fn required_word(&mut self, field: &str, value: &str, allowed: &[&str]) {
        if value.is_empty() {
            self.invalid(field, format!("missing; there are {}", allowed.join(", ")));
        }
        self.word(field, value, allowed);
    }

    /// So many bytes of at most `max`.
    pub(crate) fn bytes(&mut self, field: &str, bytes: usize, max: usize) {
        if bytes > max {
            self.invalid(field, format!("{bytes} bytes; at most {max} are allowed"));
        }
    }

    /// Free structure, nested as deep as every node can read it again.
    pub(crate) fn structure(&mut self, field: &str, structure: Option<&prost_types::Struct>) {
        if structure.is_some_and(|structure| is_deeper_than(structure, STRUCTURE_DEPTH_MAX)) {
            self.invalid(field, format!("nested more than {STRUCTURE_DEPTH_MAX} levels deep"));
        }
    }

    /// An e-mail address: something, `@`, and a domain.
    pub(crate) fn email(&mut self, field: &str, value: &str) {
        let parts = value.rsplit_once('@');
        let is_address = parts.is_some_and(|(local, domain)| {
            let is_clean = |text: &str| !text.is_empty() && !text.contains([' ', '@', ',', '<', '>']);
            is_clean(local) && is_clean(domain)
        });
        if !is_address {
            let message = format!("`{}` is no e-mail address, as in `ada@example.com`", shorten(value));
            self.invalid(field, message);
        }
    }

    /// A list of distinct words of a fixed set.
    pub(crate) fn words(&mut self, field: &str, values: &[String], allowed: &[&str]) {
        for (index, value) in values.iter().enumerate() {
            if value.is_empty() {
                self.invalid(field, format!("an empty entry; there are {}", allowed.join(", ")));
            }
            self.word(field, value, allowed);
            if values[..index].contains(value) {
                self.invalid(field, format!("`{}` is listed twice", shorten(value)));
            }
        }
    }

    /// Empty, or an absolute URL.
    pub(crate) fn url(&mut self, field: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.line(field, value, 1, URL_CHARS_MAX);
        if !is_absolute_url(value) {
            self.report(
                code::INVALID,
                field,
                format!("`{}` is no absolute URL with a host", shorten(value)),
                "write it as in `https://orders.example.com/v1`",
            );
        }
    }

    /// Empty, or an HTTP token: a method or the name of a header.
    pub(crate) fn token(&mut self, field: &str, value: &str) {
        if let Some(c) = value.chars().find(|c| !is_token_char(*c)) {
            self.invalid(field, format!("`{}` must not contain {c:?}", shorten(value)));
        }
    }

    /// Empty, or a duration in ISO 8601.
    pub(crate) fn duration(&mut self, field: &str, value: &str) {
        if !value.is_empty() && !is_duration(value) {
            self.report(
                code::INVALID,
                field,
                format!("`{}` is no ISO 8601 duration", shorten(value)),
                "write it as in `PT30S`, `PT1M` or `P1DT12H`",
            );
        }
    }

    /// Empty, or a time in RFC 3339.
    pub(crate) fn time(&mut self, field: &str, value: &str) {
        if !value.is_empty() && value.parse::<prost_types::Timestamp>().is_err() {
            self.report(
                code::INVALID,
                field,
                format!("`{}` is no time in RFC 3339", shorten(value)),
                "write it as in `2026-01-31T12:00:00Z`",
            );
        }
    }

    /// What admission should have sealed must not come in the clear.
    pub(crate) fn sealed(&mut self, field: &str, value: &str) {
        if !value.is_empty() {
            self.invalid(field, "a secret arrived in the clear; admission has to seal it");
        }
    }
}

/// The first characters of a value, for messages.
pub(crate) fn shorten(value: &str) -> String {
    const SHOWN: usize = 60;
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// RFC 9110, section 5.6.2.
pub(crate) fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn is_absolute_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    ABSOLUTE_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme))
        && !host.is_empty()
        && !host.starts_with(':')
        && !value.chars().any(char::is_whitespace)
}

/// `P[n]W` or `P[n]Y[n]M[n]DT[n]H[n]M[n]S`, with at least one part; the last may have a fraction.
fn is_duration(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('P') else { return false };
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    let date_fits = designators_fit(date, "YMWD");
    let time_fits = time.is_none_or(|time| !time.is_empty() && designators_fit(time, "HMS"));
    !rest.is_empty() && date_fits && time_fits
}

/// Numbers, each followed by a letter of `order`, the letters in that order.
fn designators_fit(text: &str, order: &str) -> bool {
    let mut order = order.chars();
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() || c == '.' {
            number.push(c);
            continue;
        }
        let is_number = number.starts_with(|c: char| c.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit())
            && number.matches('.').count() <= 1;
        if !is_number || !order.any(|known| known == c) {
            return false;
        }
        number.clear();
    }
    number.is_empty()
}

/// Whether mappings and lists stand in each other more than `levels` times.
fn is_deeper_than(structure: &prost_types::Struct, levels: usize) -> bool {
    levels == 0 || structure.fields.values().any(|value| is_value_deeper_than(value, levels - 1))
}

fn is_value_deeper_than(value: &prost_types::Value, levels: usize) -> bool {
    use prost_types::value::Kind;
    match &value.kind {
        Some(Kind::StructValue(structure)) => is_deeper_than(structure, levels),
        Some(Kind::ListValue(list)) => {
            levels == 0 || list.values.iter().any(|value| is_value_deeper_than(value, levels - 1))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601() {
        for good in ["PT30S", "P1D", "P1DT12H", "PT0.5S", "P2W", "P1Y2M3DT4H5M6S"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "P", "PT", "30s", "PT30", "P1DT", "PT1S1M", "PT.S", "PT1..2S", "-PT1S", "P1H"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }

    #[test]
    fn urls_are_absolute_and_name_a_host() {
        for good in ["http://a", "HTTPS://a.b:8080/c?d", "wss://[::1]/x", "http://u@h/"] {
            assert!(is_absolute_url(good), "{good}");
        }
        for bad in ["", "a", "/a", "http://", "http:///a", "http://:80", "ftp://a", "http://a b"] {
            assert!(!is_absolute_url(bad), "{bad}");
        }
    }
}
