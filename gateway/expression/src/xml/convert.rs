//! Between text and values, by the rules of `XmlConvert` that the conversions of `XElement` and `XAttribute`
//! follow: `(int)element`, `(bool?)attribute`, and back.
//!
//! `DateTime`, `DateTimeOffset`, `Guid` and `decimal` convert by these types' own parsers in .NET as well, so
//! they are left to them.

use super::error::{Exception, Result, XmlError, thrown};
use super::name::is_space;
use std::borrow::Cow;
use std::str::FromStr;

/// A tick is 100 ns.
const TICKS_PER_SECOND: u64 = 10_000_000;

const BAD_FORMAT: &str = "Input string was not in a correct format.";

/// An integer type that an element's text converts to.
pub trait Integer: FromStr<Err = std::num::ParseIntError> {
    /// The name in .NET, as in `Int32`.
    const NAME: &'static str;
    const IS_SIGNED: bool;
}

macro_rules! integers {
    ($($type:ty => $name:literal, $is_signed:literal;)*) => {
        $(impl Integer for $type {
            const NAME: &'static str = $name;
            const IS_SIGNED: bool = $is_signed;
        })*
    };
}

integers! {
    i32 => "Int32", true;
    i64 => "Int64", true;
    u32 => "UInt32", false;
    u64 => "UInt64", false;
}

/// `(int)`, `(long)`, `(uint)`, `(ulong)`: digits, a sign before them if the type has one, white space around.
///
/// # Errors
/// `FormatException`, `OverflowException`.
pub fn integer<T: Integer>(text: &str) -> Result<T> {
    let text = text.trim_matches(is_white);
    let digits = text.strip_prefix(['+', '-']).filter(|_| T::IS_SIGNED).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(thrown(Exception::Format, BAD_FORMAT));
    }
    text.parse().map_err(|_| overflow(T::NAME))
}

fn overflow(name: &str) -> XmlError {
    let article = if name.starts_with('I') { "an" } else { "a" };
    let message = format!("Value was either too large or too small for {article} {name}.");
    thrown(Exception::Overflow, message)
}

/// `(bool)`: `true`, `false`, `1`, `0`, letters in any case, white space around.
///
/// # Errors
/// `FormatException`.
pub fn boolean(text: &str) -> Result<bool> {
    let lower = text.to_lowercase();
    match lower.trim_matches(is_space) {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(thrown(Exception::Format, format!("The string '{lower}' is not a valid Boolean value."))),
    }
}

/// `(double)`: decimal with an exponent, `INF`, `-INF`, `NaN`, white space around.
///
/// # Errors
/// `FormatException`, `OverflowException`.
pub fn double(text: &str) -> Result<f64> {
    let text = text.trim_matches(is_white);
    match text {
        "INF" | "Infinity" => return Ok(f64::INFINITY),
        "-INF" | "-Infinity" => return Ok(f64::NEG_INFINITY),
        "NaN" => return Ok(f64::NAN),
        _ => {}
    }
    let numeric = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let parsed = numeric.then(|| text.parse::<f64>().ok()).flatten();
    match parsed {
        None => Err(thrown(Exception::Format, BAD_FORMAT)),
        Some(number) if number.is_infinite() => Err(overflow("Double")),
        Some(number) => Ok(number),
    }
}

/// `(float)`: as [`double`].
///
/// # Errors
/// `FormatException`, `OverflowException`.
pub fn float(text: &str) -> Result<f32> {
    let wide = double(text)?;
    if !wide.is_finite() {
        return Ok(wide as f32);
    }
    // Rounding twice could miss the nearest, so the text is read again.
    match text.trim_matches(is_white).parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(overflow("Single")),
    }
}

/// The text of a `bool` as content: lower case, unlike `ToString()`.
pub fn boolean_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The text of what a `double` cannot write in digits; none for finite numbers.
pub fn double_text(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("INF"),
        f64::NEG_INFINITY => Some("-INF"),
        0.0 if value.is_sign_negative() => Some("-0"),
        _ => None,
    }
}

/// The text of a `TimeSpan` as content, in ticks of 100 ns: `P1DT2H3M4.5S`.
pub fn duration_text(ticks: i64) -> String {
    let mut out = String::from(if ticks < 0 { "-P" } else { "P" });
    let ticks = ticks.unsigned_abs();
    let (seconds, fraction) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let seconds = seconds % 60;
    if days > 0 {
        out.push_str(&format!("{days}D"));
    }
    let parts = [(hours, 'H'), (minutes, 'M')].into_iter().filter(|(count, _)| *count > 0);
    let mut time: String = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if fraction > 0 {
        let digits = format!("{fraction:07}");
        time.push_str(&format!("{seconds}.{}S", digits.trim_end_matches('0')));
    } else if seconds > 0 || (days == 0 && time.is_empty()) {
        time.push_str(&format!("{seconds}S"));
    }
    if !time.is_empty() {
        out.push('T');
        out.push_str(&time);
    }
    out
}

/// `(TimeSpan)`: an XSD duration in ticks of 100 ns; a year is 365 days and a month 30.
///
/// # Errors
/// `FormatException`, `OverflowException`.
pub fn duration(text: &str) -> Result<i64> {
    let bad = || thrown(Exception::Format, format!("The string '{text}' is not a valid TimeSpan value."));
    let trimmed = text.trim_matches(is_space);
    let (is_negative, rest) = trimmed.strip_prefix('-').map_or((false, trimmed), |rest| (true, rest));
    let rest = rest.strip_prefix('P').ok_or_else(bad)?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    if rest.is_empty() || time == Some("") {
        return Err(bad());
    }
    let days = parts(date, &[('Y', 365 * 86_400), ('M', 30 * 86_400), ('D', 86_400)]).ok_or_else(bad)?;
    let time = parts(time.unwrap_or_default(), &[('H', 3_600), ('M', 60), ('S', 1)]).ok_or_else(bad)?;
    let ticks = days + time;
    i64::try_from(if is_negative { -ticks } else { ticks }).map_err(|_| {
        let message = "Value 'Duration' was either too large or too small for TimeSpan.";
        thrown(Exception::Overflow, message)
    })
}

/// Ticks of counts with units, which stand in this order; seconds may have a fraction.
fn parts(mut text: &str, units: &[(char, i128)]) -> Option<i128> {
    let mut units = units.iter();
    let mut ticks = 0;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit())?;
        let count: i128 = text[..end].parse::<u32>().ok()?.into();
        text = &text[end..];
        let mut fraction = 0;
        if let Some(rest) = text.strip_prefix('.') {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let digits = format!("{:0<7}", &rest[..end]);
            fraction = digits.get(..7)?.parse().ok()?;
            text = &rest[end..];
            if !text.starts_with('S') {
                return None;
            }
        }
        let unit = text.chars().next()?;
        text = &text[unit.len_utf8()..];
        let (_, seconds) = units.find(|(known, _)| *known == unit)?;
        ticks += count * seconds * i128::from(TICKS_PER_SECOND) + fraction;
    }
    Some(ticks)
}

/// What `XmlConvert.ToDateTimeOffset` reads, completed to a date or a time: an XSD `dateTime`, `date`, `time`,
/// `gYearMonth` or `gYear`, with or without a zone.
///
/// # Errors
/// `FormatException`.
pub fn date_text(text: &str) -> Result<Cow<'_, str>> {
    let trimmed = text.trim_matches(is_space);
    let shape: String = trimmed.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let zone_at = ["Z", "+00:00", "-00:00"].iter().find_map(|zone| shape.strip_suffix(zone));
    let zone_at = zone_at.unwrap_or(&shape).len();
    let (bare, fraction) = shape[..zone_at].split_once('.').unwrap_or((&shape[..zone_at], "0"));
    let missing = match bare {
        "0000-00-00T00:00:00" | "00:00:00" => "",
        _ if zone_at != bare.len() => return Err(bad_date(text)),
        "0000-00-00" => "",
        "0000-00" => "-01",
        "0000" => "-01-01",
        _ => return Err(bad_date(text)),
    };
    match (fraction.is_empty() || fraction.bytes().any(|b| b != b'0'), missing) {
        (true, _) => Err(bad_date(text)),
        (false, "") => Ok(trimmed.into()),
        (false, missing) => Ok(format!("{}{missing}{}", &trimmed[..zone_at], &trimmed[zone_at..]).into()),
    }
}

/// What is thrown for text that is no date or time of XSD.
pub fn bad_date(text: &str) -> XmlError {
    thrown(Exception::Format, format!("The string '{text}' is not a valid AllXsd value."))
}

/// White space of `NumberStyles`.
fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_value_by_the_rules_of_xml() {
        const OVER: &str = "Value was either too large or too small for an Int32.";
        for (text, expected) in [
            (" 12\n", Ok(12)),
            ("-7", Ok(-7)),
            ("+7", Ok(7)),
            ("2147483647", Ok(i32::MAX)),
            ("2147483648", Err(OVER)),
            ("", Err(BAD_FORMAT)),
            ("1.0", Err(BAD_FORMAT)),
            ("1 2", Err(BAD_FORMAT)),
            ("--1", Err(BAD_FORMAT)),
            ("0x10", Err(BAD_FORMAT)),
            ("1,000", Err(BAD_FORMAT)),
        ] {
            assert_eq!(
                integer::<i32>(text).map_err(|e| e.to_string()),
                expected.map_err(String::from),
                "{text}"
            );
        }
        assert_eq!(integer::<i64>("-0"), Ok(0));
        assert_eq!(integer::<u32>("-1").unwrap_err().to_string(), BAD_FORMAT);
        let over = "Value was either too large or too small for a UInt64.";
        assert_eq!(integer::<u64>("99999999999999999999").unwrap_err().to_string(), over);
        for (text, expected) in [(" TRUE ", Some(true)), ("1", Some(true)), ("0", Some(false)), ("yes", None)]
        {
            assert_eq!(boolean(text).ok(), expected, "{text}");
        }
        assert_eq!(boolean("Yes").unwrap_err().to_string(), "The string 'yes' is not a valid Boolean value.");
        for (text, expected) in [
            ("1.5", Some(1.5)),
            (" -2e3 ", Some(-2000.0)),
            ("INF", Some(f64::INFINITY)),
            ("-INF", Some(f64::NEG_INFINITY)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e999", None),
            ("inf", None),
            ("", None),
            ("1,5", None),
        ] {
            assert_eq!(double(text).ok(), expected, "{text}");
        }
        assert!(double("NaN").unwrap().is_nan());
        assert_eq!(float("0.1"), Ok(0.1));
        let over = "Value was either too large or too small for a Single.";
        assert_eq!(float("1e39").unwrap_err().to_string(), over);
        assert_eq!([double_text(f64::INFINITY), double_text(1.0)], [Some("INF"), None]);
        assert_eq!(boolean_text(true), "true");
    }
}
