//! `System.DateTime`, as far as policies may use it: its `ParseExact`, `TryParse`, `ToUniversalTime` and
//! `Kind` are not on APIM's list.

use super::named;
use super::time_span::{span, text};
use crate::clr::date_parse::{DateTimeStyles, parse_datetime};
use crate::clr::datetime::{DateTime, DateTimeKind, days_in_month, is_leap_year};
use crate::clr::{ClrError, ClrResult};
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

pub(crate) fn date(a: Args<'_, '_>, at: usize) -> DateTime {
    match a.value(at) {
        Value::DateTime(it) => it,
        _ => DateTime::MIN,
    }
}

fn give<'a>(cx: &mut Cx<'a, '_>, result: ClrResult<DateTime>) -> Eval<'a> {
    cx.clr(result).map(Value::DateTime)
}

/// Now, as the host's clock has it.
pub(crate) fn now(cx: &Cx<'_, '_>, kind: DateTimeKind) -> DateTime {
    DateTime::from_ticks(cx.host.now(), kind).unwrap_or(DateTime::MIN)
}

pub(crate) fn day_of_week<'a>(date: DateTime) -> Value<'a> {
    named("DayOfWeek", date.day_of_week() as i32)
}

fn kind<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, DateTimeKind> {
    match a.int(at) {
        0 => Ok(DateTimeKind::Unspecified),
        1 => Ok(DateTimeKind::Utc),
        2 => Ok(DateTimeKind::Local),
        _ => cx.throw("System.ArgumentException", "Invalid DateTimeKind value.\nParameter name: kind"),
    }
}

/// The date and, where there are more arguments, the time.
pub(crate) fn calendar<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, parts: usize) -> Eval<'a, DateTime> {
    let date = cx.clr(DateTime::new(a.int(0), a.int(1), a.int(2)))?;
    let part = |at| if at < parts { a.int(at) } else { 0 };
    cx.clr(date.at(part(3), part(4), part(5), part(6)))
}

pub(crate) fn define(c: &mut Builder) {
    c.enumeration("System", "DateTimeKind", &[("Unspecified", 0), ("Utc", 1), ("Local", 2)]);
    c.enumeration(
        "System",
        "DayOfWeek",
        &[
            ("Sunday", 0),
            ("Monday", 1),
            ("Tuesday", 2),
            ("Wednesday", 3),
            ("Thursday", 4),
            ("Friday", 5),
            ("Saturday", 6),
        ],
    );
    c.flags(
        "System.Globalization",
        "DateTimeStyles",
        &[
            ("None", 0),
            ("AllowLeadingWhite", 1),
            ("AllowTrailingWhite", 2),
            ("AllowInnerWhite", 4),
            ("AllowWhiteSpaces", 7),
            ("NoCurrentDateDefault", 8),
            ("AdjustToUniversal", 16),
            ("AssumeLocal", 32),
            ("AssumeUniversal", 64),
            ("RoundtripKind", 128),
        ],
    );
    c.define("System", "struct DateTime : IFormattable", |t| {
        makers(t);
        sums(t);
        t.add("int Year { get; }", |_, a| Ok(Value::Int(date(a, 0).year())))
            .add("int Month { get; }", |_, a| Ok(Value::Int(date(a, 0).month())))
            .add("int Day { get; }", |_, a| Ok(Value::Int(date(a, 0).day())))
            .add("int Hour { get; }", |_, a| Ok(Value::Int(date(a, 0).hour())))
            .add("int Minute { get; }", |_, a| Ok(Value::Int(date(a, 0).minute())))
            .add("int Second { get; }", |_, a| Ok(Value::Int(date(a, 0).second())))
            .add("int Millisecond { get; }", |_, a| Ok(Value::Int(date(a, 0).millisecond())))
            .add("long Ticks { get; }", |_, a| Ok(Value::Long(date(a, 0).ticks())))
            .add("DateTime Date { get; }", |_, a| Ok(Value::DateTime(date(a, 0).date())))
            .add("TimeSpan TimeOfDay { get; }", |_, a| Ok(Value::TimeSpan(date(a, 0).time_of_day())))
            .add("DayOfWeek DayOfWeek { get; }", |_, a| Ok(day_of_week(date(a, 0))))
            .add("int DayOfYear { get; }", |_, a| Ok(Value::Int(date(a, 0).day_of_year())))
            // Local time is UTC, which saves no daylight.
            .add("bool IsDaylightSavingTime()", |_, _| Ok(Value::Bool(false)))
            .add("string ToString()", text)
            .add("string ToString(string format)", text)
            .add("string ToString(IFormatProvider provider)", |cx, a| {
                super::text::display(cx, a.value(0)).map(Value::Str)
            })
            .add("string ToString(string format, IFormatProvider provider)", text);
    });
}

fn makers(t: &mut TypeBuilder<'_>) {
    t.add("new(long ticks)", |cx, a| give(cx, DateTime::from_ticks(a.long(0), DateTimeKind::Unspecified)))
        .add("new(long ticks, DateTimeKind kind)", |cx, a| {
            let kind = kind(cx, a, 1)?;
            give(cx, DateTime::from_ticks(a.long(0), kind))
        })
        .add("new(int year, int month, int day)", |cx, a| calendar(cx, a, 3).map(Value::DateTime))
        .add("new(int year, int month, int day, int hour, int minute, int second)", |cx, a| {
            calendar(cx, a, 6).map(Value::DateTime)
        })
        .add(
            "new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)",
            |cx, a| {
                let kind = kind(cx, a, 6)?;
                Ok(Value::DateTime(calendar(cx, a, 6)?.with_kind(kind)))
            },
        )
        .add(
            "new(int year, int month, int day, int hour, int minute, int second, int millisecond)",
            |cx, a| calendar(cx, a, 7).map(Value::DateTime),
        )
        .add(
            "new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)",
            |cx, a| {
                let kind = kind(cx, a, 7)?;
                Ok(Value::DateTime(calendar(cx, a, 7)?.with_kind(kind)))
            },
        )
        .add("static DateTime Now { get; }", |cx, _| Ok(Value::DateTime(now(cx, DateTimeKind::Local))))
        .add("static DateTime UtcNow { get; }", |cx, _| Ok(Value::DateTime(now(cx, DateTimeKind::Utc))))
        .add("static DateTime Today { get; }", |cx, _| {
            Ok(Value::DateTime(now(cx, DateTimeKind::Local).date()))
        })
        .add("static DateTime MinValue { get; }", |_, _| Ok(Value::DateTime(DateTime::MIN)))
        .add("static DateTime MaxValue { get; }", |_, _| Ok(Value::DateTime(DateTime::MAX)))
        .add("static int DaysInMonth(int year, int month)", |cx, a| {
            cx.clr(days_in_month(a.int(0), a.int(1))).map(Value::Int)
        })
        .add("static bool IsLeapYear(int year)", |cx, a| cx.clr(is_leap_year(a.int(0))).map(Value::Bool))
        .add("static DateTime Parse(string s)", parse)
        .add("static DateTime Parse(string s, IFormatProvider provider)", parse)
        .add("static DateTime Parse(string s, IFormatProvider provider, DateTimeStyles styles)", parse);
}

/// What is parsed; null has a message of its own.
pub(crate) fn parsed_text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a str> {
    let message = "String reference not set to an instance of a String.\nParameter name: s";
    match a.opt_str(0) {
        Some(text) => Ok(text),
        None => cx.throw("System.ArgumentNullException", message),
    }
}

pub(crate) fn parse<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let text = parsed_text(cx, a)?;
    let today = now(cx, DateTimeKind::Local);
    give(cx, parse_datetime(text, DateTimeStyles(a.int(2).cast_unsigned()), today))
}

/// The operators' second operand has a name of its own.
pub(crate) fn of_operator(error: ClrError) -> ClrError {
    match error {
        ClrError::ArgumentOutOfRange { message, .. } => {
            ClrError::ArgumentOutOfRange { message, parameter: "t" }
        }
        other => other,
    }
}

fn sums(t: &mut TypeBuilder<'_>) {
    t.add("DateTime Add(TimeSpan value)", |cx, a| give(cx, date(a, 0).plus(span(a, 1))))
        .add("DateTime AddDays(double value)", |cx, a| give(cx, date(a, 0).add_days(a.double(1))))
        .add("DateTime AddHours(double value)", |cx, a| give(cx, date(a, 0).add_hours(a.double(1))))
        .add("DateTime AddMinutes(double value)", |cx, a| give(cx, date(a, 0).add_minutes(a.double(1))))
        .add("DateTime AddSeconds(double value)", |cx, a| give(cx, date(a, 0).add_seconds(a.double(1))))
        .add("DateTime AddMilliseconds(double value)", |cx, a| {
            give(cx, date(a, 0).add_milliseconds(a.double(1)))
        })
        .add("DateTime AddTicks(long value)", |cx, a| give(cx, date(a, 0).add_ticks(a.long(1))))
        .add("DateTime AddMonths(int months)", |cx, a| give(cx, date(a, 0).add_months(a.int(1))))
        .add("DateTime AddYears(int value)", |cx, a| give(cx, date(a, 0).add_years(a.int(1))))
        .add("TimeSpan Subtract(DateTime value)", |_, a| Ok(Value::TimeSpan(date(a, 0).since(date(a, 1)))))
        .add("DateTime Subtract(TimeSpan value)", |cx, a| give(cx, date(a, 0).minus(span(a, 1))))
        .add("static DateTime operator +(DateTime d, TimeSpan t)", |cx, a| {
            give(cx, date(a, 0).plus(span(a, 1)).map_err(of_operator))
        })
        .add("static DateTime operator -(DateTime d, TimeSpan t)", |cx, a| {
            give(cx, date(a, 0).minus(span(a, 1)).map_err(of_operator))
        })
        .add("static TimeSpan operator -(DateTime d1, DateTime d2)", |_, a| {
            Ok(Value::TimeSpan(date(a, 0).since(date(a, 1))))
        });
    super::orders!(t, "DateTime", "t1", "t2");
}
