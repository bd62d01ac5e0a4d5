//! `System.TimeZoneInfo` and its older sibling `System.TimeZone`.

use super::date_time::date;
use super::date_time_offset::moment;
use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::timespan::TimeSpan;
use crate::clr::timezone::TimeZone;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

fn give<'a>(cx: &mut Cx<'a, '_>, zone: TimeZone) -> Eval<'a> {
    let zone = cx.arena.keep(zone);
    cx.new_object(Object::TimeZone(zone))
}

fn zone<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, name: &str) -> Eval<'a, &'a TimeZone> {
    match a.object(at) {
        Some(Object::TimeZone(zone)) => Ok(zone),
        _ => cx.argument_null(name),
    }
}

fn find<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, name: &str) -> Eval<'a, TimeZone> {
    let id = a.str(cx, at, name)?;
    cx.clr(TimeZone::find(id))
}

/// A time's clock in another zone: of a time without a kind, or of another zone's clock, by its source.
fn convert_offset<'a>(cx: &mut Cx<'a, '_>, time: DateTimeOffset, zone: &TimeZone) -> Eval<'a> {
    let offset = zone.utc_offset(time.utc_date_time());
    cx.clr(time.to_offset(offset)).map(Value::DateTimeOffset)
}

/// `(UTC+01:00) W. Europe Standard Time`
pub(crate) fn display_name(zone: &TimeZone, about: DateTime) -> String {
    let offset = zone.base_utc_offset(about);
    let sign = if offset.ticks() < 0 { '-' } else { '+' };
    match offset.ticks() {
        0 => format!("(UTC) {}", zone.id()),
        _ => format!("(UTC{sign}{:02}:{:02}) {}", offset.hours().abs(), offset.minutes().abs(), zone.id()),
    }
}

/// Whether the zone saves daylight in the year about a time.
fn saves_daylight(zone: &TimeZone, about: DateTime) -> bool {
    (0..12).any(|months| {
        let month = about.add_months(months).unwrap_or(about).with_kind(DateTimeKind::Utc);
        zone.is_daylight_saving_time(month)
    })
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System", "class TimeZoneInfo", |t| {
        conversions(t);
        members(t);
    });
    c.define("System", "class TimeZone", |t| {
        // Local time is UTC.
        t.add("static TimeZone CurrentTimeZone { get; }", |cx, _| cx.new_object(Object::LocalZone))
            .add("string StandardName { get; }", |_, _| Ok(Value::Str("UTC")))
            .add("string DaylightName { get; }", |_, _| Ok(Value::Str("UTC")))
            .add("TimeSpan GetUtcOffset(DateTime time)", |_, _| Ok(Value::TimeSpan(TimeSpan::ZERO)))
            .add("bool IsDaylightSavingTime(DateTime time)", |_, _| Ok(Value::Bool(false)))
            .add("DateTime ToLocalTime(DateTime time)", |_, a| Ok(Value::DateTime(date(a, 1).to_local())))
            .add("DateTime ToUniversalTime(DateTime time)", |_, a| {
                Ok(Value::DateTime(date(a, 1).to_universal()))
            });
    });
}

fn conversions(t: &mut TypeBuilder<'_>) {
    t.add("static TimeZoneInfo FindSystemTimeZoneById(string id)", |cx, a| {
        let zone = find(cx, a, 0, "id")?;
        give(cx, zone)
    })
    .add("static TimeZoneInfo Utc { get; }", |cx, _| give(cx, TimeZone::utc()))
    .add("static TimeZoneInfo Local { get; }", |cx, _| give(cx, TimeZone::local()))
    .add("static DateTime ConvertTimeToUtc(DateTime dateTime)", |_, a| {
        Ok(Value::DateTime(date(a, 0).to_universal()))
    })
    .add("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)", |cx, a| {
        let zone = zone(cx, a, 1, "sourceTimeZone")?;
        cx.clr(zone.to_utc(date(a, 0))).map(Value::DateTime)
    })
    .add("static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |cx, a| {
        let zone = zone(cx, a, 1, "destinationTimeZone")?;
        cx.clr(zone.from_utc(date(a, 0))).map(Value::DateTime)
    })
    .add("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |cx, a| {
        let zone = zone(cx, a, 1, "destinationTimeZone")?;
        Ok(Value::DateTime(zone.convert(date(a, 0))))
    })
    .add(
        "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone)",
        |cx, a| {
            let (from, to) = (zone(cx, a, 1, "sourceTimeZone")?, zone(cx, a, 2, "destinationTimeZone")?);
            cx.clr(to.convert_from(date(a, 0), from)).map(Value::DateTime)
        },
    )
    .add(
        "static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)",
        |cx, a| {
            let zone = zone(cx, a, 1, "destinationTimeZone")?;
            convert_offset(cx, moment(a, 0), zone)
        },
    )
    .add("static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)", |cx, a| {
        let zone = find(cx, a, 1, "destinationTimeZoneId")?;
        Ok(Value::DateTime(zone.convert(date(a, 0))))
    })
    .add(
        "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string sourceTimeZoneId, string destinationTimeZoneId)",
        |cx, a| {
            let (from, to) = (find(cx, a, 1, "sourceTimeZoneId")?, find(cx, a, 2, "destinationTimeZoneId")?);
            cx.clr(to.convert_from(date(a, 0), &from)).map(Value::DateTime)
        },
    )
    .add(
        "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, string destinationTimeZoneId)",
        |cx, a| {
            let zone = find(cx, a, 1, "destinationTimeZoneId")?;
            convert_offset(cx, moment(a, 0), &zone)
        },
    );
}

fn members(t: &mut TypeBuilder<'_>) {
    fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a TimeZone> {
        zone(cx, a, 0, "this")
    }
    /// A time of the zone's own clock, or of another's.
    fn time(a: Args<'_, '_>) -> DateTime {
        match a.value(1) {
            Value::DateTimeOffset(it) => it.utc_date_time(),
            _ => date(a, 1),
        }
    }
    fn today(cx: &Cx<'_, '_>) -> DateTime {
        super::date_time::now(cx, DateTimeKind::Utc)
    }
    fn offset<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        Ok(Value::TimeSpan(this(cx, a)?.utc_offset(time(a))))
    }
    fn is_daylight<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        Ok(Value::Bool(this(cx, a)?.is_daylight_saving_time(time(a))))
    }
    fn is_ambiguous<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        Ok(Value::Bool(this(cx, a)?.is_ambiguous(time(a))))
    }
    fn same_rules<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        let zone = this(cx, a)?;
        Ok(Value::Bool(matches!(a.object(1), Some(Object::TimeZone(other)) if zone.id() == other.id())))
    }
    t.add("string Id { get; }", |cx, a| Ok(Value::Str(this(cx, a)?.id())))
        .add("string StandardName { get; }", |cx, a| Ok(Value::Str(this(cx, a)?.id())))
        .add("string DaylightName { get; }", |cx, a| {
            let name = this(cx, a)?.id().replace("Standard", "Daylight");
            cx.str(&name)
        })
        .add("string DisplayName { get; }", |cx, a| {
            let name = display_name(this(cx, a)?, today(cx));
            cx.str(&name)
        })
        .add("TimeSpan BaseUtcOffset { get; }", |cx, a| {
            let zone = this(cx, a)?;
            Ok(Value::TimeSpan(zone.base_utc_offset(today(cx))))
        })
        .add("bool SupportsDaylightSavingTime { get; }", |cx, a| {
            let zone = this(cx, a)?;
            Ok(Value::Bool(saves_daylight(zone, today(cx))))
        })
        .add("TimeSpan GetUtcOffset(DateTime dateTime)", offset)
        .add("TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)", offset)
        .add("bool IsDaylightSavingTime(DateTime dateTime)", is_daylight)
        .add("bool IsDaylightSavingTime(DateTimeOffset dateTimeOffset)", is_daylight)
        .add("bool IsAmbiguousTime(DateTime dateTime)", is_ambiguous)
        .add("bool IsAmbiguousTime(DateTimeOffset dateTimeOffset)", is_ambiguous)
        .add("bool IsInvalidTime(DateTime dateTime)", |cx, a| {
            Ok(Value::Bool(this(cx, a)?.is_invalid(date(a, 1))))
        })
        .add("bool Equals(TimeZoneInfo other)", same_rules)
        .add("bool HasSameRules(TimeZoneInfo other)", same_rules)
        .add("string ToString()", |cx, a| super::text::display(cx, a.value(0)).map(Value::Str));
}
