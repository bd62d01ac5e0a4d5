//! `System.TimeZoneInfo`: zones by Windows or IANA id, and the times they keep.
//!
//! The rules are those of the IANA database, which is compiled in; Windows ids are names for its
//! zones. A zone knows what it kept at any time, where Windows knows only some years of it.

use std::sync::OnceLock;

use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZoneDatabase};

use super::datetime::{DateTime, DateTimeKind, TICKS_MAX};
use super::timespan::{TICKS_PER_SECOND, TimeSpan};
use super::windows_zones::WINDOWS_ZONES;
use super::{ClrError, ClrResult};

/// Longest id that is looked up.
pub const ID_MAX: usize = 64;

/// A time zone.
#[derive(Debug, Clone)]
pub struct TimeZone {
    id: Box<str>,
    /// The kind of the times it gives: only `Utc` and `Local` themselves have one of their own.
    kind: DateTimeKind,
    rules: jiff::tz::TimeZone,
}

impl TimeZone {
    /// `TimeZoneInfo.Utc`
    pub fn utc() -> Self {
        Self { id: "UTC".into(), kind: DateTimeKind::Utc, rules: jiff::tz::TimeZone::UTC }
    }

    /// `TimeZoneInfo.Local`: UTC by another name.
    pub fn local() -> Self {
        Self { kind: DateTimeKind::Local, ..Self::utc() }
    }

    /// `FindSystemTimeZoneById`: Windows ids and IANA ids, in any case.
    ///
    /// # Errors
    /// `TimeZoneNotFoundException`
    pub fn find(id: &str) -> ClrResult<Self> {
        static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let not_found = || ClrError::TimeZoneNotFound(id.chars().take(ID_MAX).collect());
        if id.is_empty() || id.len() > ID_MAX {
            return Err(not_found());
        }
        if id.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        let windows = WINDOWS_ZONES.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(id));
        let rules = DATABASE
            .get_or_init(TimeZoneDatabase::bundled)
            .get(windows.map_or(id, |(_, iana)| iana))
            .map_err(|_| not_found())?;
        let id = windows.map(|(windows, _)| *windows).or(rules.iana_name()).unwrap_or(id).into();
        Ok(Self { id, kind: DateTimeKind::Unspecified, rules })
    }

    /// `Id`: as Windows or IANA spells the one that was asked for.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `BaseUtcOffset`: what the zone's standard time is about the time given.
    pub fn base_utc_offset(&self, about: DateTime) -> TimeSpan {
        let moment = timestamp(about.ticks());
        let info = self.rules.to_offset_info(moment);
        if !info.dst().is_dst() {
            return span(info.offset());
        }
        let mut following = self.rules.following(moment);
        let standard = following.find(|transition| !transition.dst().is_dst());
        span(standard.map_or(info.offset(), |transition| transition.offset()))
    }

    /// `GetUtcOffset`: a time in UTC is a moment, any other what a clock in this zone shows.
    pub fn utc_offset(&self, time: DateTime) -> TimeSpan {
        match time.kind() {
            DateTimeKind::Unspecified => span(self.clock_offset(time.ticks())),
            _ => span(self.moment(time.ticks())),
        }
    }

    /// `IsDaylightSavingTime`, with kinds as for [`Self::utc_offset`]; a local time that clocks here
    /// show twice is taken for standard time nonetheless.
    pub fn is_daylight_saving_time(&self, time: DateTime) -> bool {
        let time = if time.kind() == DateTimeKind::Local {
            clamped(self.clock(time.ticks()), DateTimeKind::Unspecified)
        } else {
            time
        };
        let moment = match time.kind() {
            DateTimeKind::Unspecified => time.ticks() - self.utc_offset(time).ticks(),
            _ => time.ticks(),
        };
        !self.is_invalid(time) && self.rules.to_offset_info(timestamp(moment)).dst().is_dst()
    }

    /// `IsInvalidTime`: clocks jump over it.
    pub fn is_invalid(&self, time: DateTime) -> bool {
        time.kind() == DateTimeKind::Unspecified
            && matches!(self.ambiguity(time.ticks()), AmbiguousOffset::Gap { .. })
    }

    /// `IsAmbiguousTime`: clocks show it twice.
    pub fn is_ambiguous(&self, time: DateTime) -> bool {
        let clock = match time.kind() {
            DateTimeKind::Unspecified => time.ticks(),
            _ => self.clock(time.ticks()),
        };
        matches!(self.ambiguity(clock), AmbiguousOffset::Fold { .. })
    }

    /// `ConvertTimeToUtc(time, zone)`. A time that clocks show twice is taken for standard time.
    ///
    /// # Errors
    /// `ArgumentException`: the time's kind names another zone, or clocks jump over it.
    pub fn to_utc(&self, time: DateTime) -> ClrResult<DateTime> {
        if time.kind() != DateTimeKind::Unspecified && time.kind() != self.kind {
            return Err(WRONG_KIND);
        }
        if self.is_invalid(time) {
            return Err(ClrError::Argument {
                message: "The supplied DateTime represents an invalid time.  For example, when the clock is \
                          adjusted forward, any time in the period that is skipped is invalid.",
                parameter: "dateTime",
            });
        }
        let offset = self.utc_offset(time.with_kind(DateTimeKind::Unspecified)).ticks();
        Ok(clamped(time.ticks() - offset, DateTimeKind::Utc))
    }

    /// `ConvertTimeFromUtc(time, zone)`
    ///
    /// # Errors
    /// `ArgumentException`: the time is a local one.
    pub fn from_utc(&self, time: DateTime) -> ClrResult<DateTime> {
        if time.kind() == DateTimeKind::Local {
            return Err(WRONG_KIND);
        }
        Ok(self.convert(time))
    }

    /// `ConvertTime(time, zone)`: from UTC, or from local time, which is UTC.
    pub fn convert(&self, time: DateTime) -> DateTime {
        clamped(self.clock(time.ticks()), self.kind)
    }

    /// `ConvertTime(time, source, zone)`
    ///
    /// # Errors
    /// As [`Self::to_utc`] of the source.
    pub fn convert_from(&self, time: DateTime, source: &Self) -> ClrResult<DateTime> {
        Ok(self.convert(source.to_utc(time)?))
    }

    /// What a clock in this zone shows at a moment.
    fn clock(&self, moment: i64) -> i64 {
        moment + span(self.moment(moment)).ticks()
    }

    fn moment(&self, ticks: i64) -> Offset {
        self.rules.to_offset(timestamp(ticks))
    }

    fn ambiguity(&self, clock: i64) -> AmbiguousOffset {
        self.rules.to_ambiguous_timestamp(civil_time(clock)).offset()
    }

    fn clock_offset(&self, clock: i64) -> Offset {
        match self.ambiguity(clock) {
            AmbiguousOffset::Unambiguous { offset } => offset,
            // Of two offsets the smaller is standard time's.
            AmbiguousOffset::Fold { before, after } | AmbiguousOffset::Gap { before, after } => {
                before.min(after)
            }
        }
    }
}

const WRONG_KIND: ClrError = ClrError::Argument {
    message: "The conversion could not be completed because the supplied DateTime did not have the Kind property \
              set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone \
              must be TimeZoneInfo.Local.",
    parameter: "sourceTimeZone",
};

fn span(offset: Offset) -> TimeSpan {
    TimeSpan::from_ticks(i64::from(offset.seconds()) * TICKS_PER_SECOND)
}

fn clamped(ticks: i64, kind: DateTimeKind) -> DateTime {
    DateTime::from_ticks(ticks.clamp(0, TICKS_MAX), kind).unwrap_or(DateTime::MIN)
}

/// The moment of UTC ticks, or the nearest that the zone rules know.
fn timestamp(ticks: i64) -> jiff::Timestamp {
    let seconds = (ticks - DateTime::UNIX_EPOCH.ticks()).div_euclid(TICKS_PER_SECOND);
    let limits = jiff::Timestamp::MIN.as_second()..=jiff::Timestamp::MAX.as_second();
    jiff::Timestamp::from_second(seconds.clamp(*limits.start(), *limits.end())).unwrap_or_default()
}

/// What a clock shows at ticks, to the second.
fn civil_time(ticks: i64) -> civil::DateTime {
    let time = clamped(ticks, DateTimeKind::Unspecified);
    let (year, month, day) = time.ymd();
    civil::DateTime::new(
        year as i16,
        month as i8,
        day as i8,
        time.hour() as i8,
        time.minute() as i8,
        time.second() as i8,
        0,
    )
    .unwrap_or_default()
}
