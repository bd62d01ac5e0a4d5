//! `System.TimeSpan`: a length of time in ticks of 100 ns, up to some 29,000 years either way.

use super::{ClrError, ClrResult};

pub const TICKS_PER_MILLISECOND: i64 = 10_000;
pub const TICKS_PER_SECOND: i64 = 10_000_000;
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;

const OVERFLOW: ClrError = ClrError::Overflow("TimeSpan overflowed because the duration is too long.");

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeSpan {
    ticks: i64,
}

impl TimeSpan {
    pub const ZERO: Self = Self { ticks: 0 };
    pub const MIN: Self = Self { ticks: i64::MIN };
    pub const MAX: Self = Self { ticks: i64::MAX };

    pub const fn from_ticks(ticks: i64) -> Self {
        Self { ticks }
    }

    /// `new TimeSpan(days, hours, minutes, seconds, milliseconds)`; each may be negative or large.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn new(days: i32, hours: i32, minutes: i32, seconds: i32, milliseconds: i32) -> ClrResult<Self> {
        let whole = ((i64::from(days) * 24 + i64::from(hours)) * 60 + i64::from(minutes)) * 60;
        let milliseconds = (whole + i64::from(seconds)) * 1_000 + i64::from(milliseconds);
        let ticks = milliseconds
            .checked_mul(TICKS_PER_MILLISECOND)
            .ok_or(ClrError::range("TimeSpan overflowed because the duration is too long.", ""))?;
        Ok(Self { ticks })
    }

    /// # Errors
    /// `OverflowException`; `ArgumentException` for what is not a number.
    pub fn from_days(value: f64) -> ClrResult<Self> {
        Self::interval(value, 86_400_000)
    }

    /// # Errors
    /// As [`Self::from_days`].
    pub fn from_hours(value: f64) -> ClrResult<Self> {
        Self::interval(value, 3_600_000)
    }

    /// # Errors
    /// As [`Self::from_days`].
    pub fn from_minutes(value: f64) -> ClrResult<Self> {
        Self::interval(value, 60_000)
    }

    /// # Errors
    /// As [`Self::from_days`].
    pub fn from_seconds(value: f64) -> ClrResult<Self> {
        Self::interval(value, 1_000)
    }

    /// # Errors
    /// As [`Self::from_days`].
    pub fn from_milliseconds(value: f64) -> ClrResult<Self> {
        Self::interval(value, 1)
    }

    /// Rounded to a whole millisecond, as .NET Framework does; newer run-times keep the ticks.
    fn interval(value: f64, milliseconds: i32) -> ClrResult<Self> {
        const MILLISECONDS_MAX: f64 = (i64::MAX / TICKS_PER_MILLISECOND) as f64;
        if value.is_nan() {
            return Err(ClrError::Argument {
                message: "TimeSpan does not accept floating point Not-a-Number values.",
                parameter: "",
            });
        }
        let rounded = value * f64::from(milliseconds) + if value >= 0.0 { 0.5 } else { -0.5 };
        if rounded.abs() > MILLISECONDS_MAX {
            return Err(OVERFLOW);
        }
        let ticks = (rounded as i64).checked_mul(TICKS_PER_MILLISECOND).ok_or(OVERFLOW)?;
        Ok(Self { ticks })
    }

    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    pub const fn days(self) -> i32 {
        (self.ticks / TICKS_PER_DAY) as i32
    }

    pub const fn hours(self) -> i32 {
        (self.ticks / TICKS_PER_HOUR % 24) as i32
    }

    pub const fn minutes(self) -> i32 {
        (self.ticks / TICKS_PER_MINUTE % 60) as i32
    }

    pub const fn seconds(self) -> i32 {
        (self.ticks / TICKS_PER_SECOND % 60) as i32
    }

    pub const fn milliseconds(self) -> i32 {
        (self.ticks / TICKS_PER_MILLISECOND % 1_000) as i32
    }

    // Factors, not divisors: the last digits show.
    pub fn total_days(self) -> f64 {
        self.ticks as f64 * (1.0 / TICKS_PER_DAY as f64)
    }

    pub fn total_hours(self) -> f64 {
        self.ticks as f64 * (1.0 / TICKS_PER_HOUR as f64)
    }

    pub fn total_minutes(self) -> f64 {
        self.ticks as f64 * (1.0 / TICKS_PER_MINUTE as f64)
    }

    pub fn total_seconds(self) -> f64 {
        self.ticks as f64 * (1.0 / TICKS_PER_SECOND as f64)
    }

    pub fn total_milliseconds(self) -> f64 {
        const LIMIT: f64 = (i64::MAX / TICKS_PER_MILLISECOND) as f64;
        (self.ticks as f64 * (1.0 / TICKS_PER_MILLISECOND as f64)).clamp(-LIMIT, LIMIT)
    }

    /// # Errors
    /// `OverflowException`
    pub fn plus(self, other: Self) -> ClrResult<Self> {
        self.ticks.checked_add(other.ticks).map(Self::from_ticks).ok_or(OVERFLOW)
    }

    /// # Errors
    /// `OverflowException`
    pub fn minus(self, other: Self) -> ClrResult<Self> {
        self.ticks.checked_sub(other.ticks).map(Self::from_ticks).ok_or(OVERFLOW)
    }

    /// # Errors
    /// `OverflowException`
    pub fn negate(self) -> ClrResult<Self> {
        self.ticks
            .checked_neg()
            .map(Self::from_ticks)
            .ok_or(ClrError::Overflow("Negating the minimum value of a twos complement number is invalid."))
    }

    /// `Duration()`: without sign.
    ///
    /// # Errors
    /// `OverflowException`
    pub fn duration(self) -> ClrResult<Self> {
        self.ticks.checked_abs().map(Self::from_ticks).ok_or(ClrError::Overflow(
            "The duration cannot be returned for TimeSpan.MinValue because the absolute value of \
             TimeSpan.MinValue exceeds the value of TimeSpan.MaxValue.",
        ))
    }
}
