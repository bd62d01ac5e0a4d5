//! Strings that Json.NET takes for dates.
//!
//! `2020-01-31T12:30:00`, with up to seven digits of seconds' fractions (more are cut off) and a zone: none, `Z`,
//! `+02:00`, `+0200` or `+02`; and `/Date(1580473800000)/`, milliseconds since 1970. A date with an offset becomes
//! local time, and local time is UTC here.

use crate::clr::datetime::{DateTime, DateTimeKind};

const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
const TICKS_PER_DAY: i64 = 1440 * TICKS_PER_MINUTE;
/// The last tick of 9999.
const TICKS_MAX: i64 = 3_652_059 * TICKS_PER_DAY - 1;
/// 1970 in ticks.
const EPOCH_TICKS: i64 = 719_162 * TICKS_PER_DAY;
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
    let days = days_before(year, month, day)?;
    let time = time(&mut scan)?;
    let ticks = days * TICKS_PER_DAY + time;
    if ticks > TICKS_MAX {
        return None;
    }
    let zone = zone(&mut scan)?;
    Some(match zone {
        Zone::None => DateTime { ticks, kind: DateTimeKind::Unspecified },
        Zone::Utc => DateTime { ticks, kind: DateTimeKind::Utc },
        Zone::East(minutes) => {
            let ticks = (ticks - minutes * TICKS_PER_MINUTE).clamp(0, TICKS_MAX);
            DateTime { ticks, kind: DateTimeKind::Local }
        }
    })
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
    let ticks = milliseconds.checked_mul(10_000)?.checked_add(EPOCH_TICKS)?;
    let kind = if offset.is_empty() { DateTimeKind::Utc } else { DateTimeKind::Local };
    (0..=TICKS_MAX).contains(&ticks).then_some(DateTime { ticks, kind })
}

/// Days between the first day of year 1 and a date of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month - 1).ok().filter(|before| *before < 12)?;
    if year < 1 || !(1..=lengths[before]).contains(&day) {
        return None;
    }
    let years = year - 1;
    let in_year: i64 = lengths[..before].iter().sum();
    Some(years * 365 + years / 4 - years / 100 + years / 400 + in_year + day - 1)
}
