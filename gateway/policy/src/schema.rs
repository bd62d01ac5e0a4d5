//! The shape of policies as data: which attributes, children and text an element may have.
//!
//! One table per element drives the checks, the hints and the texts beside a finding, so that what
//! is said and what is checked cannot differ.

use std::fmt::Write as _;

use http::{HeaderName, Method};

use crate::check::Checker;
use crate::policies::Policy;
use crate::section::{ScopeKind, Section};
use crate::tree::Element;
use crate::url::BaseUrl;

/// Any number of children.
pub(crate) const MANY: usize = usize::MAX;

/// Longest attribute shown in a message, in characters.
const SHOWN_CHARS_MAX: usize = 64;

/// A policy: its element, where it may stand, and how it becomes something that runs.
pub(crate) struct PolicySpec {
    pub(crate) element: ElementSpec,
    /// Sections it may stand in.
    pub(crate) sections: &'static [Section],
    /// Sections it is accepted in with a warning.
    pub(crate) tolerated: &'static [Section],
    /// Scopes that APIM accepts it at; elsewhere a warning.
    pub(crate) scopes: &'static [ScopeKind],
    pub(crate) once: Once,
    /// What the tables cannot say. Runs after the table checks, whatever those found.
    pub(crate) check: fn(&Element, &mut Checker<'_>),
    /// Builds the policy of an element without errors; `None` only if there was one after all.
    pub(crate) compile: fn(&Element) -> Option<Policy>,
}

/// How often a policy may stand in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    Never,
    PerDocument,
}

/// An element and what may be in it.
pub(crate) struct ElementSpec {
    pub(crate) name: &'static str,
    pub(crate) attributes: &'static [AttributeSpec],
    pub(crate) children: &'static [ChildSpec],
    pub(crate) content: Content,
}

pub(crate) struct ChildSpec {
    pub(crate) element: &'static ElementSpec,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

/// What an element holds besides children of its table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// Blanks only.
    None,
    /// Text of this kind; empty text is checked like any other.
    Text(Kind),
}

pub(crate) struct AttributeSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) need: Need,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    Default(&'static str),
    /// Accepted and without effect; the text says why.
    NoEffect(&'static str),
    /// Refused; the text says why.
    Unsupported(&'static str),
}

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
    Seconds {
        min: i64,
        max: i64,
    },
    Milliseconds {
        min: i64,
        max: i64,
    },
    OneOf(&'static [&'static str]),
    BaseUrl,
}

impl Kind {
    /// What is wrong with `text`, if anything.
    pub(crate) fn defect(self, text: &str) -> Option<String> {
        let trimmed = text.trim();
        let is_fine = match self {
            Self::Any => true,
            Self::Filled => !trimmed.is_empty(),
            Self::HeaderName => HeaderName::from_bytes(text.as_bytes()).is_ok(),
            // Blanks around a header value are not part of it (RFC 9110, 5.5), line breaks included here.
            Self::HeaderValue => http::HeaderValue::from_str(trimmed).is_ok(),
            Self::Method => Method::from_bytes(trimmed.as_bytes()).is_ok(),
            Self::Bool => trimmed.eq_ignore_ascii_case("true") || trimmed.eq_ignore_ascii_case("false"),
            Self::Integer { min, max } | Self::Seconds { min, max } | Self::Milliseconds { min, max } => {
                trimmed.parse::<i64>().is_ok_and(|number| (min..=max).contains(&number))
            }
            Self::OneOf(words) => words.contains(&trimmed),
            Self::BaseUrl => return BaseUrl::parse(text).err().map(|error| error.to_string()),
        };
        (!is_fine).then(|| format!("`{}` is not {}", shown(text), self.expected()))
    }

    /// As in "… is not X".
    fn expected(self) -> String {
        match self {
            Self::Any => "a text".to_owned(),
            Self::Filled => "a text with something in it".to_owned(),
            Self::HeaderName => "the name of a header".to_owned(),
            Self::HeaderValue => "a header value (no line breaks or control characters)".to_owned(),
            Self::Method => "an HTTP method".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Integer { min, max } => format!("an integer {}", range(min, max)),
            Self::Seconds { min, max } => format!("a number of seconds {}", range(min, max)),
            Self::Milliseconds { min, max } => format!("a number of milliseconds {}", range(min, max)),
            Self::OneOf(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                match quoted.as_slice() {
                    [] => String::new(),
                    [only] => only.clone(),
                    [most @ .., last] => format!("{} or {last}", most.join(", ")),
                }
            }
            Self::BaseUrl => "an absolute URL".to_owned(),
        }
    }

    /// As in "calls (X, required)".
    fn short(self) -> String {
        match self {
            Self::Any | Self::Filled | Self::HeaderValue => "text".to_owned(),
            Self::HeaderName => "header name".to_owned(),
            Self::Method => "method".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max } => format!("integer {}", range(min, max)),
            Self::Seconds { min, max } => format!("seconds, {}", range(min, max)),
            Self::Milliseconds { min, max } => format!("milliseconds, {}", range(min, max)),
            Self::OneOf(words) => words.join(" | "),
            Self::BaseUrl => "URL".to_owned(),
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

impl ElementSpec {
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static AttributeSpec> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// `rate-limit: calls (integer ≥ 1, required), …`
    pub(crate) fn describe(&self) -> String {
        let mut out = String::from(self.name);
        let mut separator = ": ";
        for attribute in self.attributes {
            let (kind, extra) = match attribute.need {
                Need::Required => (attribute.kind.short(), ", required".to_owned()),
                Need::Optional => (attribute.kind.short(), String::new()),
                Need::Default(value) => (attribute.kind.short(), format!(", default {value}")),
                Need::NoEffect(_) | Need::Unsupported(_) => continue,
            };
            write!(out, "{separator}{} ({kind}{extra})", attribute.name).expect("a string takes everything");
            separator = ", ";
        }
        for child in self.children {
            write!(out, "{separator}<{}>", child.element.name).expect("a string takes everything");
            separator = ", ";
        }
        if separator == ": " {
            out.push_str(": no attributes");
        }
        out
    }
}

/// A name or value as messages show it: bounded, on one line.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String =
        text.chars().take(SHOWN_CHARS_MAX).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

/// The candidate that was probably meant.
pub(crate) fn suggest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Nothing that long is a misspelt name, and the distance costs the product of the lengths.
    if name.len() > SHOWN_CHARS_MAX {
        return None;
    }
    let lower = name.to_ascii_lowercase().replace('_', "-");
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// For policies whose tables say everything.
pub(crate) fn nothing_more(_: &Element, _: &mut Checker<'_>) {}

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
        ] {
            assert_eq!(kind.defect(text).is_none(), fine, "{kind:?} {text:?}");
        }
        assert_eq!(count.defect("x\ny").unwrap(), "`x y` is not an integer 1 to 10");
        assert_eq!(Kind::OneOf(&["a", "b", "c"]).defect("d").unwrap(), "`d` is not `a`, `b` or `c`");
    }

    #[test]
    fn misspelt_name_is_recognised() {
        let names = ["calls", "renewal-period", "set-header", "set-status"];
        for (name, expected) in [
            ("call", Some("calls")),
            ("Renewal_Period", Some("renewal-period")),
            ("setheader", Some("set-header")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(suggest(name, names), expected, "{name}");
        }
        assert_eq!(suggest(&"x".repeat(100_000), names), None);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shown(&"é".repeat(65)).chars().count(), 65);
        assert_eq!(shown(&"é".repeat(64)), "é".repeat(64));
    }
}
