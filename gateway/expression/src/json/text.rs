//! A value as text: once as `ToString()` gives it, once as it stands in JSON.

use super::moment::{base64, guid_text, invariant_date, invariant_offset, iso_date, iso_offset, span_text};
use super::scalar::Scalar;
use super::write::quote_into;
use crate::clr::number::{format_decimal, format_double, format_single};

/// `JValue.ToString()` under the invariant culture.
pub fn text_of(scalar: Scalar<'_>) -> String {
    let mut out = String::new();
    // `G` and `R` are formats of all numbers, so nothing is refused.
    let _ = match scalar {
        Scalar::Null | Scalar::Undefined => Ok(()),
        Scalar::Boolean(value) => return crate::clr::convert::bool_text(value).to_owned(),
        Scalar::Integer(value) => return value.to_string(),
        Scalar::Float(value) => format_double(value, "", &mut out),
        Scalar::Single(value) => format_single(value, "", &mut out),
        Scalar::Decimal(value) => format_decimal(value, "", &mut out),
        Scalar::Big(text)
        | Scalar::String(text)
        | Scalar::Uri(text)
        | Scalar::Raw(text)
        | Scalar::Comment(text) => return text.to_owned(),
        Scalar::Bytes(_) => return "System.Byte[]".to_owned(),
        Scalar::Date(date) => return invariant_date(date),
        Scalar::DateOffset(date) => return invariant_offset(date),
        Scalar::Guid(guid) => return guid_text(guid),
        Scalar::TimeSpan(span) => return span_text(span),
    };
    out
}

/// The value in JSON. What JSON has no form for is a string.
pub(super) fn json_of(scalar: Scalar<'_>) -> String {
    let quoted = |text: &str| {
        let mut out = String::new();
        quote_into(&mut out, text);
        out
    };
    let mut out = String::new();
    let _ = match scalar {
        Scalar::Null => return "null".to_owned(),
        Scalar::Undefined => return "undefined".to_owned(),
        Scalar::Boolean(value) => return value.to_string(),
        Scalar::Float(value) if !value.is_finite() => return quoted(&text_of(scalar)),
        Scalar::Single(value) if !value.is_finite() => return quoted(&text_of(scalar)),
        Scalar::Float(value) => format_double(value, "R", &mut out),
        Scalar::Single(value) => format_single(value, "R", &mut out),
        Scalar::Decimal(value) => format_decimal(value, "", &mut out),
        Scalar::Integer(_) | Scalar::Big(_) | Scalar::Raw(_) => return text_of(scalar),
        Scalar::Comment(text) => return format!("/*{text}*/"),
        Scalar::Bytes(bytes) => return quoted(&base64(bytes)),
        Scalar::Date(date) => return quoted(&iso_date(date)),
        Scalar::DateOffset(date) => return quoted(&iso_offset(date)),
        Scalar::String(_) | Scalar::Guid(_) | Scalar::Uri(_) | Scalar::TimeSpan(_) => {
            return quoted(&text_of(scalar));
        }
    };
    // A number that is no integer shows that it is none.
    if !out.contains(['.', 'E', 'e']) {
        out.push_str(".0");
    }
    out
}
