//! `System.DateTime`: ticks of 100 ns since the year 1, and what they are reckoned in.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::timespan::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan,
};
use super::{ClrError, ClrResult};

/// The last tick of the year 9999.
pub const TICKS_MAX: i64 = 3_155_378_975_999_999_999;

const OUT_OF_RANGE: &str = "The added or subtracted value results in an un-representable DateTime.";

/// What a date and time is reckoned in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateTimeKind {
    #[default]
    Unspecified,
    Utc,
    /// The local zone, which is UTC here.
    Local,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayOfWeek {
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}

impl DayOfWeek {
    pub const ALL: [Self; 7] = [
        Self::Sunday,
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sunday => "Sunday",
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
        }
    }
}

/// A date and time. Comparisons look at the ticks alone, as .NET's do.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateTime {
    ticks: i64,
    kind: DateTimeKind,
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.ticks == other.ticks
    }
}

impl Eq for DateTime {}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ticks.cmp(&other.ticks)
    }
}

impl Hash for DateTime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ticks.hash(state);
    }
}

impl DateTime {
    pub const MIN: Self = Self { ticks: 0, kind: DateTimeKind::Unspecified };
    pub const MAX: Self = Self { ticks: TICKS_MAX, kind: DateTimeKind::Unspecified };
    /// Midnight of 1970-01-01 in UTC.
    pub const UNIX_EPOCH: Self = Self { ticks: 621_355_968_000_000_000, kind: DateTimeKind::Utc };

    /// `new DateTime(ticks, kind)`
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn from_ticks(ticks: i64, kind: DateTimeKind) -> ClrResult<Self> {
        if (0..=TICKS_MAX).contains(&ticks) {
            return Ok(Self { ticks, kind });
        }
        Err(ClrError::range(
            "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.",
            "ticks",
        ))
    }

    /// `new DateTime(year, month, day)`
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn new(year: i32, month: i32, day: i32) -> ClrResult<Self> {
        let ticks = date_ticks(year, month, day).ok_or(ClrError::range(
            "Year, Month, and Day parameters describe an un-representable DateTime.",
            "",
        ))?;
        Ok(Self { ticks, kind: DateTimeKind::Unspecified })
    }

    /// This day at a time: with [`Self::new`] and [`Self::with_kind`] the longer constructors.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn at(self, hour: i32, minute: i32, second: i32, millisecond: i32) -> ClrResult<Self> {
        let time = time_ticks(hour, minute, second).ok_or(ClrError::range(
            "Hour, Minute, and Second parameters describe an un-representable DateTime.",
            "",
        ))?;
        if !(0..1_000).contains(&millisecond) {
            return Err(ClrError::range("Valid values are between 0 and 999, inclusive.", "millisecond"));
        }
        let ticks = self.date().ticks + time + i64::from(millisecond) * TICKS_PER_MILLISECOND;
        Ok(Self { ticks, kind: self.kind })
    }

    /// `SpecifyKind`
    pub const fn with_kind(self, kind: DateTimeKind) -> Self {
        Self { ticks: self.ticks, kind }
    }

    /// `ToUniversalTime()`: local time is UTC, so only the kind changes.
    pub const fn to_universal(self) -> Self {
        self.with_kind(DateTimeKind::Utc)
    }

    /// `ToLocalTime()`
    pub const fn to_local(self) -> Self {
        self.with_kind(DateTimeKind::Local)
    }

    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    pub const fn kind(self) -> DateTimeKind {
        self.kind
    }

    pub const fn date(self) -> Self {
        Self { ticks: self.ticks - self.ticks % TICKS_PER_DAY, kind: self.kind }
    }

    pub const fn time_of_day(self) -> TimeSpan {
        TimeSpan::from_ticks(self.ticks % TICKS_PER_DAY)
    }

    /// Year, month and day.
    pub const fn ymd(self) -> (i32, i32, i32) {
        // Days since the first of March of the year 0, in which leap days come last.
        let days = self.ticks / TICKS_PER_DAY + 306;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year as i32, month as i32, day as i32)
    }

    pub const fn year(self) -> i32 {
        self.ymd().0
    }

    pub const fn month(self) -> i32 {
        self.ymd().1
    }

    pub const fn day(self) -> i32 {
        self.ymd().2
    }

    pub const fn hour(self) -> i32 {
        self.time_of_day().hours()
    }

    pub const fn minute(self) -> i32 {
        self.time_of_day().minutes()
    }

    pub const fn second(self) -> i32 {
        self.time_of_day().seconds()
    }

    pub const fn millisecond(self) -> i32 {
        self.time_of_day().milliseconds()
    }

    pub fn day_of_week(self) -> DayOfWeek {
        DayOfWeek::ALL[((self.ticks / TICKS_PER_DAY + 1) % 7) as usize]
    }

    pub fn day_of_year(self) -> i32 {
        let first = date_ticks(self.year(), 1, 1).unwrap_or(0);
        ((self.ticks - first) / TICKS_PER_DAY) as i32 + 1
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn plus(self, span: TimeSpan) -> ClrResult<Self> {
        self.add_ticks(span.ticks())
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_ticks(self, ticks: i64) -> ClrResult<Self> {
        let ticks = self.ticks.checked_add(ticks).filter(|ticks| (0..=TICKS_MAX).contains(ticks));
        Ok(Self { ticks: ticks.ok_or(ClrError::range(OUT_OF_RANGE, "value"))?, kind: self.kind })
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_days(self, value: f64) -> ClrResult<Self> {
        self.add_scaled(value, 86_400_000)
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_hours(self, value: f64) -> ClrResult<Self> {
        self.add_scaled(value, 3_600_000)
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_minutes(self, value: f64) -> ClrResult<Self> {
        self.add_scaled(value, 60_000)
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_seconds(self, value: f64) -> ClrResult<Self> {
        self.add_scaled(value, 1_000)
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_milliseconds(self, value: f64) -> ClrResult<Self> {
        self.add_scaled(value, 1)
    }

    /// Rounded to a whole millisecond, as .NET Framework does; newer run-times keep the ticks.
    fn add_scaled(self, value: f64, milliseconds: i32) -> ClrResult<Self> {
        const LIMIT: f64 = 315_537_897_600_000.0;
        let rounded = value * f64::from(milliseconds) + if value >= 0.0 { 0.5 } else { -0.5 };
        if rounded.is_nan() || rounded.trunc().abs() >= LIMIT {
            return Err(ClrError::range("Value to add was out of range.", "value"));
        }
        self.add_ticks(rounded as i64 * TICKS_PER_MILLISECOND)
    }

    /// The same day of another month, or its last one.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_months(self, months: i32) -> ClrResult<Self> {
        if !(-120_000..=120_000).contains(&months) {
            return Err(ClrError::range("Months value must be between +/-120000.", "months"));
        }
        let (year, month, day) = self.ymd();
        let index = year * 12 + month - 1 + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
        let last = days_in_month(year, month).map_err(|_| ClrError::range(OUT_OF_RANGE, "months"))?;
        let date = date_ticks(year, month, day.min(last)).unwrap_or(0);
        Ok(Self { ticks: date + self.ticks % TICKS_PER_DAY, kind: self.kind })
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn add_years(self, years: i32) -> ClrResult<Self> {
        if !(-10_000..=10_000).contains(&years) {
            return Err(ClrError::range("Years value must be between +/-10000.", "years"));
        }
        self.add_months(years * 12)
    }

    /// # Errors
    /// `ArgumentOutOfRangeException`
    pub fn minus(self, span: TimeSpan) -> ClrResult<Self> {
        span.ticks()
            .checked_neg()
            .and_then(|ticks| self.add_ticks(ticks).ok())
            .ok_or(ClrError::range(OUT_OF_RANGE, "value"))
    }

    /// `a - b` of two of them; always fits.
    pub const fn since(self, other: Self) -> TimeSpan {
        TimeSpan::from_ticks(self.ticks - other.ticks)
    }
}

/// # Errors
/// `ArgumentOutOfRangeException`
pub fn is_leap_year(year: i32) -> ClrResult<bool> {
    if (1..=9_999).contains(&year) {
        return Ok(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    }
    Err(ClrError::range("Year must be between 1 and 9999.", "year"))
}

/// # Errors
/// `ArgumentOutOfRangeException`
pub fn days_in_month(year: i32, month: i32) -> ClrResult<i32> {
    Ok(match month {
        2 => 28 + i32::from(is_leap_year(year)?),
        4 | 6 | 9 | 11 => is_leap_year(year).map(|_| 30)?,
        1..=12 => is_leap_year(year).map(|_| 31)?,
        _ => return Err(ClrError::range("Month must be between one and twelve.", "month")),
    })
}

/// Ticks of a day's midnight, if there is such a day.
pub(crate) fn date_ticks(year: i32, month: i32, day: i32) -> Option<i64> {
    let last = days_in_month(year, month).ok()?;
    if !(1..=last).contains(&day) {
        return None;
    }
    // The year begins in March, so that leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = i64::from(year) * 365 + i64::from(year / 4) - i64::from(year / 100) + i64::from(year / 400);
    let day_of_year = i64::from((153 * month + 2) / 5 + day - 1);
    Some((days + day_of_year - 306) * TICKS_PER_DAY)
}

pub(crate) fn time_ticks(hour: i32, minute: i32, second: i32) -> Option<i64> {
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    valid.then(|| {
        i64::from(hour) * TICKS_PER_HOUR
            + i64::from(minute) * TICKS_PER_MINUTE
            + i64::from(second) * TICKS_PER_SECOND
    })
}
