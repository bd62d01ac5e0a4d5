//! Text to dates.
//!
//! Both ways of reading, the lenient one of `Parse` and that of `ParseExact` by a format, end in a
//! clock time and perhaps a zone. What `DateTime` and `DateTimeOffset` make of those two is here.

mod exact;
mod lenient;
mod words;

use super::datetime::{DateTime, DateTimeKind, TICKS_MAX};
use super::datetime_offset::{DateTimeOffset, OFFSET_MINUTES_MAX};
use super::timespan::{TICKS_PER_DAY, TICKS_PER_MINUTE, TimeSpan};
use super::{ClrError, ClrResult};

pub(crate) const NOT_A_DATE: ClrError = ClrError::format("String was not recognized as a valid DateTime.");

pub(crate) const NO_SUCH_DATE: ClrError = ClrError::format(
    "The DateTime represented by the string is not supported in calendar \
     System.Globalization.GregorianCalendar.",
);

/// `System.Globalization.DateTimeStyles`: a set of .NET's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateTimeStyles(pub u32);

impl DateTimeStyles {
    pub const NONE: Self = Self(0);
    pub const ALLOW_LEADING_WHITE: Self = Self(1);
    pub const ALLOW_TRAILING_WHITE: Self = Self(2);
    pub const ALLOW_INNER_WHITE: Self = Self(4);
    pub const ALLOW_WHITE_SPACES: Self = Self(7);
    /// A time alone is of the first of January of the year 1, not of today.
    pub const NO_CURRENT_DATE_DEFAULT: Self = Self(8);
    pub const ADJUST_TO_UNIVERSAL: Self = Self(16);
    pub const ASSUME_LOCAL: Self = Self(32);
    pub const ASSUME_UNIVERSAL: Self = Self(64);
    pub const ROUNDTRIP_KIND: Self = Self(128);

    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    /// # Errors
    /// `ArgumentException`: unknown flags, or flags that exclude each other.
    fn check(self, offset: bool) -> ClrResult<()> {
        let wrong = |message| Err(ClrError::Argument { message, parameter: "styles" });
        if self.0 & !0xff != 0 {
            return wrong("An undefined DateTimeStyles value is being used.");
        }
        if self.has(Self::ASSUME_LOCAL) && self.has(Self::ASSUME_UNIVERSAL) {
            return wrong(
                "The DateTimeStyles values AssumeLocal and AssumeUniversal cannot be used together.",
            );
        }
        if offset && self.has(Self::NO_CURRENT_DATE_DEFAULT) {
            return wrong(
                "The DateTimeStyles value 'NoCurrentDateDefault' is not allowed when parsing DateTimeOffset.",
            );
        }
        if !offset
            && self.has(Self::ROUNDTRIP_KIND)
            && self.0 & (Self::ASSUME_LOCAL.0 | Self::ASSUME_UNIVERSAL.0 | Self::ADJUST_TO_UNIVERSAL.0) != 0
        {
            return wrong(
                "The DateTimeStyles value RoundtripKind cannot be used with the values AssumeLocal, \
                 AssumeUniversal or AdjustToUniversal.",
            );
        }
        Ok(())
    }
}

impl std::ops::BitOr for DateTimeStyles {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    clock: DateTime,
    zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Absent,
    /// `Z` or `GMT`
    Utc,
    Minutes(i32),
}

/// `DateTime.Parse(text, invariant, styles)`. A time without a date is of `today`.
///
/// Text with a zone becomes local time, which is UTC, of kind `Local`, unless the styles say else.
///
/// # Errors
/// `FormatException`; `ArgumentException` for styles
pub fn parse_datetime(text: &str, styles: DateTimeStyles, today: DateTime) -> ClrResult<DateTime> {
    styles.check(false)?;
    lenient::read(text, styles, today)?.into_datetime(styles)
}

/// `DateTimeOffset.Parse(text, invariant, styles)`. A time without a date is of `today`.
///
/// # Errors
/// `FormatException`; `ArgumentException` for styles
pub fn parse_datetime_offset(
    text: &str,
    styles: DateTimeStyles,
    today: DateTime,
) -> ClrResult<DateTimeOffset> {
    styles.check(true)?;
    lenient::read(text, styles, today)?.into_datetime_offset(styles)
}

/// `DateTime.ParseExact(text, format, invariant, styles)`. A time without a date is of `today`.
///
/// # Errors
/// `FormatException`; `ArgumentException` for styles
pub fn parse_datetime_exact(
    text: &str,
    format: &str,
    styles: DateTimeStyles,
    today: DateTime,
) -> ClrResult<DateTime> {
    styles.check(false)?;
    exact::read(text, format, styles, today, false)?.into_datetime(styles)
}

/// `DateTimeOffset.ParseExact(text, format, invariant, styles)`. A time without a date is of `today`.
///
/// # Errors
/// `FormatException`; `ArgumentException` for styles
pub fn parse_datetime_offset_exact(
    text: &str,
    format: &str,
    styles: DateTimeStyles,
    today: DateTime,
) -> ClrResult<DateTimeOffset> {
    styles.check(true)?;
    exact::read(text, format, styles, today, true)?.into_datetime_offset(styles)
}

impl Reading {
    fn into_datetime(self, styles: DateTimeStyles) -> ClrResult<DateTime> {
        let universal = styles.has(DateTimeStyles::ADJUST_TO_UNIVERSAL);
        let minutes = match self.zone {
            Zone::Absent if styles.has(DateTimeStyles::ASSUME_UNIVERSAL) => 0,
            Zone::Absent if styles.has(DateTimeStyles::ASSUME_LOCAL) => 0,
            Zone::Absent => return Ok(self.clock),
            Zone::Utc => 0,
            Zone::Minutes(minutes) => minutes,
        };
        let kept = styles.has(DateTimeStyles::ROUNDTRIP_KIND) && self.zone == Zone::Utc;
        let kind = if universal || kept { DateTimeKind::Utc } else { DateTimeKind::Local };
        check_offset(minutes)?;
        let ticks = self.clock.ticks() - i64::from(minutes) * TICKS_PER_MINUTE;
        // Local time beyond the ends of the calendar comes out a day off, universal time is refused.
        let ticks = match kind {
            DateTimeKind::Local if ticks < 0 => ticks + TICKS_PER_DAY,
            DateTimeKind::Local if ticks > TICKS_MAX => ticks - TICKS_PER_DAY,
            _ => ticks,
        };
        DateTime::from_ticks(ticks, kind).map_err(|_| ClrError::format(NO_UTC))
    }

    fn into_datetime_offset(self, styles: DateTimeStyles) -> ClrResult<DateTimeOffset> {
        let minutes = match self.zone {
            Zone::Absent | Zone::Utc => 0,
            Zone::Minutes(minutes) => minutes,
        };
        check_offset(minutes)?;
        let offset = TimeSpan::from_ticks(i64::from(minutes) * TICKS_PER_MINUTE);
        let value = DateTimeOffset::new(self.clock, offset).map_err(|_| ClrError::format(NO_UTC))?;
        let universal = styles.has(DateTimeStyles::ADJUST_TO_UNIVERSAL);
        Ok(if universal { value.to_universal() } else { value })
    }
}

const NO_UTC: &str = "The UTC representation of the date falls outside the year range 1-9999.";

fn check_offset(minutes: i32) -> ClrResult<()> {
    if minutes.abs() <= i32::from(OFFSET_MINUTES_MAX) {
        return Ok(());
    }
    Err(ClrError::format("The time zone offset must be within plus or minus 14 hours."))
}
