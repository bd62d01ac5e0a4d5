//! Strings that Json.NET takes for dates.
//!
//! `2020-01-31T12:30:00`, with up to seven digits of seconds' fractions (more are cut off) and a zone: none, `Z`,
//! `+02:00`, `+0200` or `+02`; and `/Date(1580473800000)/`, milliseconds since 1970. A date with an offset becomes
//! local time, and local time is UTC here.

use crate::clr::datetime::{DateTime, DateTimeKind, TICKS_MAX, date_ticks};
use crate::clr::timespan::{TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND};

/// Shortest and longest text that is looked at as a date.
const LENGTH: std::ops::RangeInclusive<usize> = 19..=40;

/// The date that a string is, if it is one.
pub fn parse(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'/' => microsoft(text.strip_prefix("/Date(")?.strip_suffix(")/")?),
        b'0'..=b'9' if LENGTH.contains(&bytes.len()) && bytes[10] == b'T' => iso(text),
        _ => None,
    }
}

/// Takes a string apart from its start.
struct Scan<'t> {
    rest: &'t [u8],
}

impl Scan<'_> {
    fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        (*first == byte).then(|| self.rest = rest)
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let number = digits
            .iter()
            .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))?;
        self.rest = rest;
        Some(number)
    }
}

fn iso(text: &str) -> Option<DateTime> {
    let mut scan = Scan { rest: text.as_bytes() };
    let year = scan.digits(4)?;
    scan.take(b'-')?;
    let month = scan.digits(2)?;
    scan.take(b'-')?;
    let day = scan.digits(2)?;
    scan.take(b'T')?;
    let [year, month, day] = [year, month, day].map(i32::try_from);
    let ticks = date_ticks(year.ok()?, month.ok()?, day.ok()?)? + time(&mut scan)?;
    let (ticks, kind) = match zone(&mut scan)? {
        Zone::None => (ticks, DateTimeKind::Unspecified),
        Zone::Utc => (ticks, DateTimeKind::Utc),
        Zone::East(minutes) => {
            ((ticks - minutes * TICKS_PER_MINUTE).clamp(0, TICKS_MAX), DateTimeKind::Local)
        }
    };
    DateTime::from_ticks(ticks, kind).ok()
}

fn time(scan: &mut Scan<'_>) -> Option<i64> {
    let hour = scan.digits(2)?;
    scan.take(b':')?;
    let minute = scan.digits(2)?;
    scan.take(b':')?;
    let second = scan.digits(2)?;
    let fraction = match scan.take(b'.') {
        None => 0,
        Some(()) => {
            let count = scan.rest.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
            let digits = scan.digits(count).filter(|_| count > 0)?;
            digits * 10_i64.pow(7 - u32::try_from(count).ok()?)
        }
    };
    let is_midnight_after = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    let is_time = (hour < 24 && minute < 60 && second < 60) || is_midnight_after;
    is_time.then_some(((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND + fraction)
}

enum Zone {
    None,
    Utc,
    /// Minutes that the zone is ahead of UTC.
    East(i64),
}

fn zone(scan: &mut Scan<'_>) -> Option<Zone> {
    let Some((sign, rest)) = scan.rest.split_first() else { return Some(Zone::None) };
    scan.rest = rest;
    let zone = match sign {
        b'Z' | b'z' => Zone::Utc,
        b'+' | b'-' => {
            let hours = scan.digits(2)?;
            let _ = scan.take(b':');
            let minutes = if scan.rest.is_empty() { 0 } else { scan.digits(2)? };
            let ahead = hours * 60 + minutes;
            Zone::East(if *sign == b'-' { -ahead } else { ahead })
        }
        _ => return None,
    };
    scan.rest.is_empty().then_some(zone)
}

/// `1580473800000`, `1580473800000+0200`: milliseconds since 1970, and a zone whose digits do not change the instant.
fn microsoft(text: &str) -> Option<DateTime> {
    let sign = text.bytes().skip(1).position(|byte| matches!(byte, b'+' | b'-')).map(|at| at + 1);
    let (milliseconds, offset) = text.split_at(sign.unwrap_or(text.len()));
    if !offset.is_empty() {
        let mut scan = Scan { rest: &offset.as_bytes()[1..] };
        scan.digits(2)?;
        let _ = scan.take(b':');
        if !scan.rest.is_empty() {
            scan.digits(2)?;
        }
    }
    let milliseconds: i64 = milliseconds.parse().ok()?;
    let ticks = milliseconds.checked_mul(TICKS_PER_MILLISECOND)?.checked_add(DateTime::UNIX_EPOCH.ticks())?;
    let kind = if offset.is_empty() { DateTimeKind::Utc } else { DateTimeKind::Local };
    DateTime::from_ticks(ticks, kind).ok()
}
