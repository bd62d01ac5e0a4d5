//! Dates, spans, identifiers and bytes between values and text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::failure::{ARGUMENT, FORMAT, Outcome, throw};
use crate::clr::date_format::{format_datetime, format_datetime_offset};
use crate::clr::datetime::DateTime;
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::guid::Guid;
use crate::clr::timespan::TimeSpan;
use crate::clr::timespan_format::format_timespan;

/// `MM/dd/yyyy HH:mm:ss`
pub(super) fn invariant_date(date: DateTime) -> String {
    date_text(date, "G")
}

/// `MM/dd/yyyy HH:mm:ss +00:00`
pub(super) fn invariant_offset(date: DateTimeOffset) -> String {
    offset_text(date, "MM/dd/yyyy HH:mm:ss zzz")
}

/// `2020-01-31T12:30:00.5Z`: fractions without zeros at the end, the zone as the kind says.
pub(super) fn iso_date(date: DateTime) -> String {
    date_text(date, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK")
}

pub(super) fn iso_offset(date: DateTimeOffset) -> String {
    offset_text(date, "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz")
}

// The formats above are none that could be refused.

fn date_text(date: DateTime, format: &str) -> String {
    let mut out = String::new();
    let _ = format_datetime(date, format, &mut out);
    out
}

fn offset_text(date: DateTimeOffset, format: &str) -> String {
    let mut out = String::new();
    let _ = format_datetime_offset(date, format, &mut out);
    out
}

/// `1.02:03:04.5000000`
pub(super) fn span_text(span: TimeSpan) -> String {
    let mut out = String::new();
    let _ = format_timespan(span, "c", &mut out);
    out
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`
pub(super) fn guid_text(guid: Guid) -> String {
    let mut out = String::new();
    let _ = guid.format("D", &mut out);
    out
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `Convert.FromBase64String`: blanks do not count.
pub(super) fn from_base64(text: &str) -> Outcome<Vec<u8>> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '\t' | '\r' | '\n')).collect();
    STANDARD.decode(&digits).map_err(|_| {
        throw(FORMAT, "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.")
    })
}

/// `new Guid(bytes)`
pub(super) fn guid_of_bytes(bytes: &[u8]) -> Outcome<Guid> {
    let message = "Byte array for GUID must be exactly 16 bytes long.\nParameter name: b";
    bytes.try_into().map(Guid::from_bytes).map_err(|_| throw(ARGUMENT, message))
}
