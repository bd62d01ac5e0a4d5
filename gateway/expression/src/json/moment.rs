//! Dates, spans, identifiers and bytes between values and text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::failure::{ARGUMENT, FORMAT, Outcome, throw};
use super::scalar::Scalar;
use super::text::text_of;
use crate::clr::datetime::{DateTime, DateTimeKind, DateTimeOffset, TimeSpan};

const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
const TICKS_PER_DAY: i64 = 1440 * TICKS_PER_MINUTE;

/// Year, month and day.
fn civil(ticks: i64) -> (i64, i64, i64) {
    // Years begin in March, so that the leap day is a year's last.
    let days = ticks.div_euclid(TICKS_PER_DAY) + 306;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (shift, next) = if month < 10 { (3, 0) } else { (-9, 1) };
    (era * 400 + year + next, month + shift, day - (153 * month + 2) / 5 + 1)
}

fn clock(ticks: i64) -> (i64, i64, i64, i64) {
    let seconds = ticks.rem_euclid(TICKS_PER_DAY) / TICKS_PER_SECOND;
    (seconds / 3600, seconds / 60 % 60, seconds % 60, ticks.rem_euclid(TICKS_PER_SECOND))
}

fn fraction(ticks: i64) -> String {
    let digits = format!("{ticks:07}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { String::new() } else { format!(".{digits}") }
}

/// `MM/dd/yyyy HH:mm:ss`
pub(super) fn invariant_date(ticks: i64) -> String {
    let ((year, month, day), (hour, minute, second, _)) = (civil(ticks), clock(ticks));
    format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}")
}

fn iso_ticks(ticks: i64) -> String {
    let ((year, month, day), (hour, minute, second, rest)) = (civil(ticks), clock(ticks));
    let fraction = fraction(rest);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}")
}

/// `2020-01-31T12:30:00.5Z`: fractions without zeros at the end, the zone as the kind says.
pub(super) fn iso_date(date: DateTime) -> String {
    let zone = match date.kind {
        DateTimeKind::Unspecified => "",
        DateTimeKind::Utc => "Z",
        DateTimeKind::Local => "+00:00",
    };
    format!("{}{zone}", iso_ticks(date.ticks))
}

pub(super) fn iso_offset(date: DateTimeOffset) -> String {
    format!("{}{}", iso_ticks(date.ticks), offset_text(date))
}

/// `+02:00`
pub(super) fn offset_text(date: DateTimeOffset) -> String {
    let minutes = date.offset_minutes.unsigned_abs();
    let sign = if date.offset_minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `1.02:03:04.5000000`
pub(super) fn span_text(span: TimeSpan) -> String {
    let ticks = i128::from(span.ticks).abs();
    let sign = if span.ticks < 0 { "-" } else { "" };
    let part = |unit: i64, of: i128| ticks / i128::from(unit) % of;
    let days = ticks / i128::from(TICKS_PER_DAY);
    let days = if days == 0 { String::new() } else { format!("{days}.") };
    let (hours, minutes) = (part(60 * TICKS_PER_MINUTE, 24), part(TICKS_PER_MINUTE, 60));
    let (seconds, rest) = (part(TICKS_PER_SECOND, 60), ticks % i128::from(TICKS_PER_SECOND));
    let rest = if rest == 0 { String::new() } else { format!(".{rest:07}") };
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{rest}")
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`
pub(super) fn guid_text(guid: [u8; 16]) -> String {
    let mut out = String::new();
    for (at, byte) in guid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `Convert.FromBase64String`: blanks do not count.
pub(super) fn from_base64(text: &str) -> Outcome<Vec<u8>> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '\t' | '\r' | '\n')).collect();
    STANDARD.decode(&digits).map_err(|_| {
        let message = if digits.len() % 4 == 0 {
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. "
        } else {
            "Invalid length for a Base-64 char array or string."
        };
        throw(FORMAT, message)
    })
}

/// `new Guid(bytes)`: the first three groups have their lowest byte first.
pub(super) fn guid_of_bytes(bytes: &[u8]) -> Outcome<[u8; 16]> {
    let bytes: [u8; 16] = bytes
        .try_into()
        .map_err(|_| throw(ARGUMENT, "Byte array for GUID must be exactly 16 bytes long."))?;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    Ok(order.map(|at: usize| bytes[at]))
}

pub(super) fn parse_date(text: &str) -> Outcome<DateTime> {
    let date = super::read::date::parse(text);
    date.ok_or_else(|| throw(FORMAT, "String was not recognized as a valid DateTime."))
}

pub(super) fn to_date_offset(scalar: Scalar<'_>) -> Outcome<DateTimeOffset> {
    match scalar {
        Scalar::DateOffset(date) => Ok(date),
        _ => super::convert::to_date(scalar)
            .map(|date| DateTimeOffset { ticks: date.ticks, offset_minutes: 0 }),
    }
}

pub(super) fn parse_span(text: &str) -> Outcome<TimeSpan> {
    let _ = text_of;
    Err(throw(FORMAT, format!("String was not recognized as a valid TimeSpan. {text}")))
}

pub(super) fn parse_guid(text: &str) -> Outcome<[u8; 16]> {
    Err(throw(FORMAT, format!("Guid should contain 32 digits with 4 dashes {text}")))
}
