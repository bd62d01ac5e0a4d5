//! What a literal value has to be, and what an expression in its place has to result in.
//!
//! Each kind says what is wrong with a text, how it is called in messages, and which type of C# it
//! wants; nothing here knows which attribute it is of.

use hanse_expression::Target;
use http::{HeaderName, Method};

use crate::schema::{shown, suggest};
use crate::surroundings::Reference;
use crate::url::BaseUrl;

/// Signs of a text that somebody has yet to fill in; none stands in a URL.
const PLACEHOLDER: [char; 5] = ['{', '}', '<', '>', '$'];
const INT_MAX: i64 = i32::MAX as i64;
const STATUS_MIN: u16 = 200;
const STATUS_MAX: u16 = 599;

/// What a literal value has to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Any,
    /// Anything but nothing.
    Filled,
    HeaderName,
    HeaderValue,
    Method,
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    /// Status of an answer.
    Status,
    Double {
        min: f64,
        max: f64,
    },
    Seconds {
        min: i64,
        max: i64,
    },
    Milliseconds {
        min: i64,
        max: i64,
    },
    /// Seconds, or an ISO 8601 duration such as `PT30S` or `P30D`.
    Period {
        min: i64,
        max: i64,
    },
    /// `yyyy-MM-ddTHH:mm:ssZ`.
    DateTime,
    OneOf(&'static [&'static str]),
    /// The same, in any case.
    OneOfAnyCase(&'static [&'static str]),
    /// The words that are known to be understood; others are found in real documents.
    Usual(&'static [&'static str]),
    /// One character.
    Char,
    BaseUrl,
    /// Name of a variable.
    Variable,
    /// Id of a resource.
    Reference(Reference),
    /// A literal is a string; an expression keeps its type.
    Value,
    /// A string or `byte[]`.
    Body,
    /// `byte[]`; a literal is Base64.
    Bytes,
}

impl Kind {
    pub(crate) const COUNT: Self = Self::Integer { min: 0, max: INT_MAX };
    pub(crate) const POSITIVE: Self = Self::Integer { min: 1, max: INT_MAX };
    /// Counters that may outgrow an `int`.
    pub(crate) const LONG: Self = Self::Integer { min: 0, max: i64::MAX };
    pub(crate) const SECONDS: Self = Self::Seconds { min: 0, max: INT_MAX };

    /// What an expression has to result in.
    pub(crate) const fn target(self) -> Target {
        match self {
            Self::Bool => Target::Bool,
            Self::Integer { max, .. } if max > INT_MAX => Target::Long,
            Self::Integer { .. }
            | Self::Status
            | Self::Seconds { .. }
            | Self::Milliseconds { .. }
            | Self::Period { .. } => Target::Int,
            Self::Double { .. } => Target::Double,
            Self::Value => Target::Object,
            Self::Body => Target::Body,
            Self::Bytes => Target::Bytes,
            _ => Target::String,
        }
    }

    /// What is wrong with `text`, if anything.
    pub(crate) fn defect(self, text: &str) -> Option<String> {
        let trimmed = text.trim();
        let is_fine = match self {
            Self::Any | Self::Value | Self::Body | Self::Bytes => true,
            Self::Filled | Self::Variable | Self::Reference(_) => !trimmed.is_empty(),
            Self::HeaderName => HeaderName::from_bytes(text.as_bytes()).is_ok(),
            // Blanks around a header value are not part of it (RFC 9110, 5.5), line breaks included here.
            Self::HeaderValue => http::HeaderValue::from_str(trimmed).is_ok(),
            Self::Method => Method::from_bytes(trimmed.as_bytes()).is_ok(),
            Self::Bool => trimmed.eq_ignore_ascii_case("true") || trimmed.eq_ignore_ascii_case("false"),
            Self::Integer { min, max } | Self::Seconds { min, max } | Self::Milliseconds { min, max } => {
                trimmed.parse::<i64>().is_ok_and(|number| (min..=max).contains(&number))
            }
            Self::Status => {
                trimmed.parse::<u16>().is_ok_and(|status| (STATUS_MIN..=STATUS_MAX).contains(&status))
            }
            Self::Period { min, max } => {
                let seconds = period_seconds(trimmed).and_then(|seconds| i64::try_from(seconds).ok());
                seconds.is_some_and(|seconds| (min..=max).contains(&seconds))
            }
            Self::Double { min, max } => {
                trimmed.parse::<f64>().is_ok_and(|number| (min..=max).contains(&number))
            }
            Self::DateTime => is_date_time(trimmed),
            Self::OneOf(words) | Self::Usual(words) => words.contains(&trimmed),
            Self::OneOfAnyCase(words) => words.iter().any(|word| word.eq_ignore_ascii_case(trimmed)),
            Self::Char => text.chars().count() == 1,
            Self::BaseUrl => return BaseUrl::parse(text).err().map(|error| error.to_string()),
        };
        (!is_fine).then(|| format!("`{}` is not {}", shown(text), self.expected()))
    }

    /// True when others accept `text` when it is saved, though it is of no use: a reader is warned.
    pub(crate) fn is_tolerable(self, text: &str) -> bool {
        match self {
            Self::Usual(_) => true,
            // A placeholder that was not filled in.
            Self::HeaderName => !text.trim().is_empty(),
            Self::BaseUrl => text.trim().is_empty() || text.contains(PLACEHOLDER),
            Self::Status => text.trim().parse().is_ok_and(|status: u16| (100..STATUS_MIN).contains(&status)),
            _ => false,
        }
    }

    /// What was probably meant instead of `text`.
    pub(crate) fn meant(self, text: &str) -> Option<&'static str> {
        match self {
            Self::OneOf(words) | Self::OneOfAnyCase(words) | Self::Usual(words) => {
                suggest(text.trim(), words.iter().copied())
            }
            Self::Bool => suggest(text.trim(), ["true", "false"]),
            _ => None,
        }
    }

    /// As in "… is not X".
    fn expected(self) -> String {
        match self {
            Self::Any | Self::Value | Self::Body | Self::Bytes => "a text".to_owned(),
            Self::Filled => "a text with something in it".to_owned(),
            Self::HeaderName => "the name of a header".to_owned(),
            Self::HeaderValue => "a header value (no line breaks or control characters)".to_owned(),
            Self::Method => "an HTTP method".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Integer { min, max } => format!("an integer {}", range(min, max)),
            Self::Status => format!("a status {STATUS_MIN} to {STATUS_MAX}"),
            Self::Double { min, max } if max == f64::MAX && min == f64::MIN => "a number".to_owned(),
            Self::Double { min, max } => format!("a number {min} to {max}"),
            Self::Seconds { min, max } => format!("a number of seconds {}", range(min, max)),
            Self::Milliseconds { min, max } => format!("a number of milliseconds {}", range(min, max)),
            Self::Period { min, max } => {
                format!("a number of seconds {}, or a duration such as `PT30S`", range(min, max))
            }
            Self::DateTime => "a time such as `2026-01-31T00:00:00Z`".to_owned(),
            Self::OneOf(words) | Self::OneOfAnyCase(words) | Self::Usual(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                match quoted.as_slice() {
                    [] => String::new(),
                    [only] => only.clone(),
                    [most @ .., last] => format!("{} or {last}", most.join(", ")),
                }
            }
            Self::Char => "one character".to_owned(),
            Self::BaseUrl => "an absolute URL".to_owned(),
            Self::Variable => "the name of a variable".to_owned(),
            Self::Reference(reference) => format!("the id of a {reference}"),
        }
    }

    /// As in "calls (X, required)".
    pub(crate) fn short(self) -> String {
        match self {
            Self::Any | Self::Filled | Self::HeaderValue => "text".to_owned(),
            Self::HeaderName => "header name".to_owned(),
            Self::Method => "method".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max } => format!("integer {}", range(min, max)),
            Self::Status => format!("status {STATUS_MIN} to {STATUS_MAX}"),
            Self::Double { min, max } if max == f64::MAX && min == f64::MIN => "number".to_owned(),
            Self::Double { min, max } => format!("number {min} to {max}"),
            Self::Seconds { min, max } => format!("seconds, {}", range(min, max)),
            Self::Milliseconds { min, max } => format!("milliseconds, {}", range(min, max)),
            Self::Period { min, max } => format!("seconds or ISO 8601 duration, {}", range(min, max)),
            Self::DateTime => "time".to_owned(),
            Self::OneOf(words) | Self::OneOfAnyCase(words) | Self::Usual(words) => words.join(" | "),
            Self::Char => "character".to_owned(),
            Self::BaseUrl => "URL".to_owned(),
            Self::Variable => "variable name".to_owned(),
            Self::Reference(reference) => format!("{reference} id"),
            Self::Value => "any value".to_owned(),
            Self::Body => "text or bytes".to_owned(),
            Self::Bytes => "bytes".to_owned(),
        }
    }

    /// What kind of value it is, in a word for other programs.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Any | Self::Filled | Self::HeaderValue => "string",
            Self::HeaderName => "header-name",
            Self::Method => "method",
            Self::Bool => "bool",
            Self::Integer { .. } | Self::Status => "integer",
            Self::Double { .. } => "number",
            Self::Seconds { .. } => "seconds",
            Self::Milliseconds { .. } => "milliseconds",
            Self::Period { .. } => "period",
            Self::DateTime => "date-time",
            Self::OneOf(_) | Self::OneOfAnyCase(_) | Self::Usual(_) => "enum",
            Self::Char => "char",
            Self::BaseUrl => "url",
            Self::Variable => "variable",
            Self::Reference(_) => "reference",
            Self::Value => "any",
            Self::Body => "body",
            Self::Bytes => "bytes",
        }
    }

    /// The words of an enumeration.
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::OneOf(words) | Self::OneOfAnyCase(words) | Self::Usual(words) => words,
            _ => &[],
        }
    }
}

fn range(min: i64, max: i64) -> String {
    match max {
        // Nobody is helped by the largest number a counter can hold.
        max if max >= i64::from(i32::MAX) => format!("≥ {min}"),
        max => format!("{min} to {max}"),
    }
}

/// Seconds of a period: a number, or an ISO 8601 duration.
pub(crate) fn period_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let number = text.parse::<i64>().ok().or_else(|| duration_seconds(text));
    number.and_then(|number| u64::try_from(number).ok())
}

/// Seconds of an ISO 8601 duration of days and smaller: `P30D`, `PT1H30M`. Years and months have no
/// fixed length: they count as .NET counts them, 365 and 30 days.
fn duration_seconds(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix('P')?;
    let mut total: i64 = 0;
    let mut is_time = false;
    let mut is_empty = true;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T').filter(|_| !is_time) {
            (is_time, rest) = (true, after);
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let seconds = match (is_time, unit) {
            (false, 'Y') => 365 * 86_400,
            (false, 'M') => 30 * 86_400,
            (false, 'D') => 86_400,
            (true, 'H') => 3_600,
            (true, 'M') => 60,
            (true, 'S') => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(seconds)?)?;
        rest = &rest[digits + 1..];
        is_empty = false;
    }
    (!is_empty).then_some(total)
}

/// `yyyy-MM-ddTHH:mm:ssZ`, by its shape and ranges.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.strip_suffix('Z').and_then(|text| text.split_once('T')) else {
        return false;
    };
    let numbers = |text: &str, separator: char| -> Option<Vec<u32>> {
        text.split(separator)
            .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?)
            .collect()
    };
    let in_range = |numbers: Option<Vec<u32>>, ranges: [(u32, u32); 3]| {
        numbers.is_some_and(|numbers| {
            numbers.len() == 3
                && numbers.iter().zip(ranges).all(|(number, (min, max))| (min..=max).contains(number))
        })
    };
    in_range(numbers(date, '-'), [(1, 9_999), (1, 12), (1, 31)])
        && in_range(numbers(time, ':'), [(0, 23), (0, 59), (0, 59)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_is_held_against_its_kind() {
        let count = Kind::Integer { min: 1, max: 10 };
        for (kind, text, fine) in [
            (count, "1", true),
            (count, " +10 ", true),
            (count, "0", false),
            (count, "11", false),
            (count, "1.5", false),
            (count, "99999999999999999999", false),
            (Kind::Bool, "TRUE", true),
            (Kind::Bool, "yes", false),
            (Kind::HeaderName, "X-A", true),
            (Kind::HeaderName, "X A", false),
            (Kind::HeaderName, "", false),
            (Kind::HeaderValue, "", true),
            (Kind::HeaderValue, "a\r\nb", false),
            (Kind::OneOf(&["a", "b"]), "A", false),
            (Kind::Method, "pat ch", false),
            (Kind::BaseUrl, "nowhere", false),
            (Kind::Filled, "  ", false),
            (Kind::Any, "", true),
            (Kind::Period { min: 1, max: 300 }, "300", true),
            (Kind::Period { min: 1, max: 300 }, "PT5M", true),
            (Kind::Period { min: 1, max: 300 }, "PT5M1S", false),
            (Kind::Period { min: 0, max: i64::MAX }, "P1Y2M30DT1H", true),
            (Kind::Period { min: 0, max: i64::MAX }, "P99999999999999999999D", false),
            (Kind::Period { min: 0, max: i64::MAX }, "PT", false),
            (Kind::Period { min: 0, max: i64::MAX }, "P1S", false),
            (Kind::Period { min: 0, max: i64::MAX }, "PT1é", false),
            (Kind::DateTime, "0001-01-01T00:00:00Z", true),
            (Kind::DateTime, "2026-13-01T00:00:00Z", false),
            (Kind::DateTime, "2026-01-01", false),
            (Kind::Double { min: 0.0, max: 1.0 }, " .5 ", true),
            (Kind::Double { min: 0.0, max: 1.0 }, "1.01", false),
            (Kind::Double { min: 0.0, max: 1.0 }, "NaN", false),
            (Kind::OneOfAnyCase(&["liquid"]), "Liquid", true),
            (Kind::Char, "é", true),
            (Kind::Char, "", false),
            (Kind::LONG, "9223372036854775807", true),
            (Kind::LONG, "9223372036854775808", false),
        ] {
            assert_eq!(kind.defect(text).is_none(), fine, "{kind:?} {text:?}");
        }
        assert_eq!(count.defect("x\ny").unwrap(), "`x y` is not an integer 1 to 10");
        assert_eq!(Kind::OneOf(&["a", "b", "c"]).defect("d").unwrap(), "`d` is not `a`, `b` or `c`");
    }
}
