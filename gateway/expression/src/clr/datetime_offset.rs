//! `System.DateTimeOffset`: what a clock shows, and how far it is from UTC.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::datetime::{DateTime, DateTimeKind, TICKS_MAX};
use super::timespan::{TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan};
use super::{ClrError, ClrResult};

/// Largest distance from UTC.
pub const OFFSET_MINUTES_MAX: i16 = 14 * 60;

const EPOCH_SECONDS: i64 = 62_135_596_800;

/// A moment, and the clock it was read from. Comparisons look at the moment alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateTimeOffset {
    /// What the clock shows; with the offset taken off it is still within the years 1 to 9999.
    clock: i64,
    offset_minutes: i16,
}

impl PartialEq for DateTimeOffset {
    fn eq(&self, other: &Self) -> bool {
        self.utc_ticks() == other.utc_ticks()
    }
}

impl Eq for DateTimeOffset {}

impl PartialOrd for DateTimeOffset {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTimeOffset {
    fn cmp(&self, other: &Self) -> Ordering {
        self.utc_ticks().cmp(&other.utc_ticks())
    }
}

impl Hash for DateTimeOffset {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.utc_ticks().hash(state);
    }
}

impl DateTimeOffset {
    pub const MIN: Self = Self { clock: 0, offset_minutes: 0 };
    pub const MAX: Self = Self { clock: TICKS_MAX, offset_minutes: 0 };

    /// `new DateTimeOffset(dateTime, offset)`; the kind is the caller's to check with
    /// [`Self::from_datetime`].
    ///
    /// # Errors
    /// `ArgumentException`: an offset in parts of minutes; `ArgumentOutOfRangeException`
    pub fn new(clock: DateTime, offset: TimeSpan) -> ClrResult<Self> {
        if offset.ticks() % TICKS_PER_MINUTE != 0 {
            return Err(ClrError::Argument {
                message: "Offset must be specified in whole minutes.",
                parameter: "offset",
            });
        }
        let minutes = i16::try_from(offset.ticks() / TICKS_PER_MINUTE)
            .ok()
            .filter(|minutes| minutes.abs() <= OFFSET_MINUTES_MAX)
            .ok_or(ClrError::range("Offset must be within plus or minus 14 hours.", "offset"))?;
        Self::checked(clock.ticks(), minutes).ok_or(ClrError::range(
            "The UTC time represented when the offset is applied must be between year 0 and 10,000.",
            "offset",
        ))
    }

    fn checked(clock: i64, offset_minutes: i16) -> Option<Self> {
        let utc = clock - i64::from(offset_minutes) * TICKS_PER_MINUTE;
        let valid = (0..=TICKS_MAX).contains(&clock) && (0..=TICKS_MAX).contains(&utc);
        valid.then_some(Self { clock, offset_minutes })
    }

    /// The implicit conversion of a `DateTime`: local time is UTC, so the offset is always zero.
    pub const fn from_datetime(value: DateTime) -> Self {
        Self { clock: value.ticks(), offset_minutes: 0 }
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn from_unix_seconds(seconds: i64) -> ClrResult<Self> {
        seconds
            .checked_add(EPOCH_SECONDS)
            .and_then(|seconds| seconds.checked_mul(TICKS_PER_SECOND))
            .and_then(|ticks| Self::checked(ticks, 0))
            .ok_or(ClrError::range(
                "Valid values are between -62135596800 and 253402300799, inclusive.",
                "seconds",
            ))
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn from_unix_milliseconds(milliseconds: i64) -> ClrResult<Self> {
        milliseconds
            .checked_add(EPOCH_SECONDS * 1_000)
            .and_then(|milliseconds| milliseconds.checked_mul(TICKS_PER_MILLISECOND))
            .and_then(|ticks| Self::checked(ticks, 0))
            .ok_or(ClrError::range(
                "Valid values are between -62135596800000 and 253402300799999, inclusive.",
                "milliseconds",
            ))
    }

    /// Seconds since 1970, rounded down.
    pub const fn to_unix_seconds(self) -> i64 {
        self.utc_ticks() / TICKS_PER_SECOND - EPOCH_SECONDS
    }

    /// Milliseconds since 1970, rounded down.
    pub const fn to_unix_milliseconds(self) -> i64 {
        self.utc_ticks() / TICKS_PER_MILLISECOND - EPOCH_SECONDS * 1_000
    }

    /// `Ticks`: what the clock shows.
    pub const fn ticks(self) -> i64 {
        self.clock
    }

    pub const fn utc_ticks(self) -> i64 {
        self.clock - self.offset_minutes as i64 * TICKS_PER_MINUTE
    }

    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    pub const fn offset(self) -> TimeSpan {
        TimeSpan::from_ticks(self.offset_minutes as i64 * TICKS_PER_MINUTE)
    }

    /// `DateTime`: what the clock shows. Components of the date and time are those of this.
    pub fn date_time(self) -> DateTime {
        at(self.clock, DateTimeKind::Unspecified)
    }

    pub fn utc_date_time(self) -> DateTime {
        at(self.utc_ticks(), DateTimeKind::Utc)
    }

    /// `LocalDateTime`: local time is UTC.
    pub fn local_date_time(self) -> DateTime {
        at(self.utc_ticks(), DateTimeKind::Local)
    }

    /// `ToOffset(offset)`
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn to_offset(self, offset: TimeSpan) -> ClrResult<Self> {
        let clock = self.utc_date_time().plus(offset)?;
        Self::new(clock, offset)
    }

    /// `ToUniversalTime()`
    pub const fn to_universal(self) -> Self {
        Self { clock: self.utc_ticks(), offset_minutes: 0 }
    }

    /// Applies an operation of `DateTime` to what the clock shows: `AddDays` and its siblings.
    ///
    /// # Errors
    /// Those of the operation; `ArgumentOutOfRangeException` when the result is no moment.
    pub fn map(self, operation: impl FnOnce(DateTime) -> ClrResult<DateTime>) -> ClrResult<Self> {
        Self::new(operation(self.date_time())?, self.offset())
    }

    /// `a - b` of two of them; always fits.
    pub const fn since(self, other: Self) -> TimeSpan {
        TimeSpan::from_ticks(self.utc_ticks() - other.utc_ticks())
    }

    /// `EqualsExact`
    pub const fn equals_exact(self, other: Self) -> bool {
        self.clock == other.clock && self.offset_minutes == other.offset_minutes
    }
}

/// The type's invariant keeps the ticks in range.
fn at(ticks: i64, kind: DateTimeKind) -> DateTime {
    DateTime::from_ticks(ticks, kind).unwrap_or(DateTime::MIN)
}
