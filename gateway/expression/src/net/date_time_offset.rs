//! `System.DateTimeOffset`.

use super::date_time::{calendar, date, day_of_week, now, of_operator, parsed_text};
use super::time_span::{span, text};
use crate::clr::date_parse::{DateTimeStyles, parse_datetime_offset, parse_datetime_offset_exact};
use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::{ClrError, ClrResult};
use crate::run::{Args, Cx, Eval, Value, equality};
use crate::types::catalogue::{Builder, TypeBuilder};

pub(crate) fn moment(a: Args<'_, '_>, at: usize) -> DateTimeOffset {
    match a.value(at) {
        Value::DateTimeOffset(it) => it,
        Value::DateTime(it) => DateTimeOffset::from_datetime(it),
        _ => DateTimeOffset::MIN,
    }
}

fn give<'a>(cx: &mut Cx<'a, '_>, result: ClrResult<DateTimeOffset>) -> Eval<'a> {
    cx.clr(result).map(Value::DateTimeOffset)
}

fn compare<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match a.value(1) {
        Value::Null => Ok(Value::Int(1)),
        Value::DateTimeOffset(other) => Ok(Value::Int(moment(a, 0).cmp(&other) as i32)),
        _ => cx.throw("System.ArgumentException", "Object must be of type DateTimeOffset."),
    }
}

fn equal<'a>(_: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    Ok(Value::Bool(equality::equals(a.value(0), a.value(1))))
}

fn utc_now(cx: &Cx<'_, '_>) -> DateTimeOffset {
    DateTimeOffset::from_datetime(now(cx, DateTimeKind::Utc))
}

pub(crate) fn define(c: &mut Builder) {
    let header = "struct DateTimeOffset : IComparable, IFormattable, IComparable<DateTimeOffset>, IEquatable<DateTimeOffset>";
    c.define("System", header, |t| {
        makers(t);
        parsers(t);
        parts(t);
        sums(t);
        t.add("static implicit operator DateTimeOffset(DateTime dateTime)", |_, a| {
            Ok(Value::DateTimeOffset(DateTimeOffset::from_datetime(date(a, 0))))
        })
        .add("static bool operator ==(DateTimeOffset left, DateTimeOffset right)", equal)
        .add("static bool operator !=(DateTimeOffset left, DateTimeOffset right)", |_, a| {
            Ok(Value::Bool(!equality::equals(a.value(0), a.value(1))))
        })
        .add("static int Compare(DateTimeOffset first, DateTimeOffset second)", compare)
        .add("int CompareTo(DateTimeOffset other)", compare)
        .add("int CompareTo(object obj)", compare)
        .add("bool Equals(DateTimeOffset other)", equal)
        .add("static bool Equals(DateTimeOffset first, DateTimeOffset second)", equal)
        .add("bool EqualsExact(DateTimeOffset other)", |_, a| {
            Ok(Value::Bool(moment(a, 0).equals_exact(moment(a, 1))))
        })
        .add("string ToString()", text)
        .add("string ToString(string format)", text)
        .add("string ToString(IFormatProvider formatProvider)", |cx, a| {
            super::text::display(cx, a.value(0)).map(Value::Str)
        })
        .add("string ToString(string format, IFormatProvider formatProvider)", text);
        super::orders!(t, "DateTimeOffset", "left", "right");
    });
}

/// A clock of a kind agrees with its offset: local time is UTC.
fn with_offset<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let (clock, offset) = (date(a, 0), span(a, 1));
    let wrong = match clock.kind() {
        _ if offset.ticks() == 0 => None,
        DateTimeKind::Unspecified => None,
        DateTimeKind::Utc => Some("The UTC Offset for Utc DateTime instances must be 0."),
        DateTimeKind::Local => {
            Some("The UTC Offset of the local dateTime parameter does not match the offset argument.")
        }
    };
    match wrong {
        Some(message) => cx.clr(Err(ClrError::Argument { message, parameter: "offset" })),
        None => give(cx, DateTimeOffset::new(clock, offset)),
    }
}

fn makers(t: &mut TypeBuilder<'_>) {
    t.add("new(DateTime dateTime)", |_, a| {
        Ok(Value::DateTimeOffset(DateTimeOffset::from_datetime(date(a, 0))))
    })
    .add("new(DateTime dateTime, TimeSpan offset)", with_offset)
    .add("new(long ticks, TimeSpan offset)", |cx, a| {
        let clock = cx.clr(DateTime::from_ticks(a.long(0), DateTimeKind::Unspecified))?;
        give(cx, DateTimeOffset::new(clock, span(a, 1)))
    })
    .add(
        "new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)",
        |cx, a| {
            let clock = calendar(cx, a, 6)?;
            give(cx, DateTimeOffset::new(clock, span(a, 6)))
        },
    )
    .add(
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)",
        |cx, a| {
            let clock = calendar(cx, a, 7)?;
            give(cx, DateTimeOffset::new(clock, span(a, 7)))
        },
    )
    .add("static DateTimeOffset Now { get; }", |cx, _| Ok(Value::DateTimeOffset(utc_now(cx))))
    .add("static DateTimeOffset UtcNow { get; }", |cx, _| Ok(Value::DateTimeOffset(utc_now(cx))))
    .add("static DateTimeOffset MinValue { get; }", |_, _| Ok(Value::DateTimeOffset(DateTimeOffset::MIN)))
    .add("static DateTimeOffset MaxValue { get; }", |_, _| Ok(Value::DateTimeOffset(DateTimeOffset::MAX)))
    .add("static DateTimeOffset FromUnixTimeSeconds(long seconds)", |cx, a| {
        give(cx, DateTimeOffset::from_unix_seconds(a.long(0)))
    })
    .add("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", |cx, a| {
        give(cx, DateTimeOffset::from_unix_milliseconds(a.long(0)))
    })
    .add("static DateTimeOffset FromFileTime(long fileTime)", |cx, a| {
        let ticks = a.long(0).checked_add(FILE_TIME_ZERO).filter(|_| a.long(0) >= 0);
        match ticks.and_then(|ticks| DateTime::from_ticks(ticks, DateTimeKind::Utc).ok()) {
            Some(clock) => Ok(Value::DateTimeOffset(DateTimeOffset::from_datetime(clock))),
            None => cx.out_of_range("fileTime", "Not a valid Win32 FileTime."),
        }
    });
}

/// The first of January 1601, from where Windows counts.
const FILE_TIME_ZERO: i64 = 504_911_232_000_000_000;

fn parsers(t: &mut TypeBuilder<'_>) {
    fn styles(value: i32) -> DateTimeStyles {
        DateTimeStyles(value.cast_unsigned())
    }
    fn parse<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        let text = parsed_text(cx, a)?;
        let today = now(cx, DateTimeKind::Local);
        give(cx, parse_datetime_offset(text, styles(a.int(2)), today))
    }
    fn exact_of<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, how: i32) -> Eval<'a, ClrResult<DateTimeOffset>> {
        let text = a.str(cx, 0, "input")?;
        let (today, how) = (now(cx, DateTimeKind::Local), styles(how));
        if let Value::Str(format) = a.value(1) {
            return Ok(parse_datetime_offset_exact(text, format, how, today));
        }
        let mut last = Err(ClrError::format("String was not recognized as a valid DateTime."));
        for format in cx.collect(a.value(1))? {
            if let Value::Str(format) = format {
                last = parse_datetime_offset_exact(text, format, how, today);
                if last.is_ok() {
                    break;
                }
            }
        }
        Ok(last)
    }
    fn parse_exact<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        if a.is_null(1) {
            return cx.argument_null("format");
        }
        let parsed = exact_of(cx, a, a.int(3))?;
        give(cx, parsed)
    }
    fn tried<'a>(a: Args<'_, 'a>, out: usize, parsed: Option<DateTimeOffset>) -> Eval<'a> {
        a.out(out, Value::DateTimeOffset(parsed.unwrap_or(DateTimeOffset::MIN)));
        Ok(Value::Bool(parsed.is_some()))
    }
    fn try_exact<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        match a.is_null(0) || a.is_null(1) {
            true => tried(a, 4, None),
            false => {
                let parsed = exact_of(cx, a, a.int(3))?;
                tried(a, 4, parsed.ok())
            }
        }
    }
    t.add("static DateTimeOffset Parse(string input)", parse)
        .add("static DateTimeOffset Parse(string input, IFormatProvider formatProvider)", parse)
        .add("static DateTimeOffset Parse(string input, IFormatProvider formatProvider, DateTimeStyles styles)", parse)
        .add("static DateTimeOffset ParseExact(string input, string format, IFormatProvider formatProvider)", parse_exact)
        .add("static DateTimeOffset ParseExact(string input, string format, IFormatProvider formatProvider, DateTimeStyles styles)", parse_exact)
        .add("static DateTimeOffset ParseExact(string input, string[] formats, IFormatProvider formatProvider, DateTimeStyles styles)", parse_exact)
        .add("static bool TryParse(string input, out DateTimeOffset result)", |cx, a| {
            let today = now(cx, DateTimeKind::Local);
            tried(a, 1, a.opt_str(0).and_then(|text| parse_datetime_offset(text, DateTimeStyles::NONE, today).ok()))
        })
        .add("static bool TryParse(string input, IFormatProvider formatProvider, DateTimeStyles styles, out DateTimeOffset result)", |cx, a| {
            let today = now(cx, DateTimeKind::Local);
            tried(a, 3, a.opt_str(0).and_then(|text| parse_datetime_offset(text, styles(a.int(2)), today).ok()))
        })
        .add("static bool TryParseExact(string input, string format, IFormatProvider formatProvider, DateTimeStyles styles, out DateTimeOffset result)", try_exact)
        .add("static bool TryParseExact(string input, string[] formats, IFormatProvider formatProvider, DateTimeStyles styles, out DateTimeOffset result)", try_exact);
}

fn parts(t: &mut TypeBuilder<'_>) {
    fn clock(a: Args<'_, '_>) -> DateTime {
        moment(a, 0).date_time()
    }
    t.add("int Year { get; }", |_, a| Ok(Value::Int(clock(a).year())))
        .add("int Month { get; }", |_, a| Ok(Value::Int(clock(a).month())))
        .add("int Day { get; }", |_, a| Ok(Value::Int(clock(a).day())))
        .add("int Hour { get; }", |_, a| Ok(Value::Int(clock(a).hour())))
        .add("int Minute { get; }", |_, a| Ok(Value::Int(clock(a).minute())))
        .add("int Second { get; }", |_, a| Ok(Value::Int(clock(a).second())))
        .add("int Millisecond { get; }", |_, a| Ok(Value::Int(clock(a).millisecond())))
        .add("DayOfWeek DayOfWeek { get; }", |_, a| Ok(day_of_week(clock(a))))
        .add("int DayOfYear { get; }", |_, a| Ok(Value::Int(clock(a).day_of_year())))
        .add("TimeSpan TimeOfDay { get; }", |_, a| Ok(Value::TimeSpan(clock(a).time_of_day())))
        .add("long Ticks { get; }", |_, a| Ok(Value::Long(clock(a).ticks())))
        .add("long UtcTicks { get; }", |_, a| Ok(Value::Long(moment(a, 0).utc_ticks())))
        .add("TimeSpan Offset { get; }", |_, a| Ok(Value::TimeSpan(moment(a, 0).offset())))
        .add("DateTime Date { get; }", |_, a| Ok(Value::DateTime(clock(a).date())))
        .add("DateTime DateTime { get; }", |_, a| Ok(Value::DateTime(clock(a))))
        .add("DateTime UtcDateTime { get; }", |_, a| Ok(Value::DateTime(moment(a, 0).utc_date_time())))
        .add("DateTime LocalDateTime { get; }", |_, a| Ok(Value::DateTime(moment(a, 0).local_date_time())))
        .add("DateTimeOffset ToUniversalTime()", |_, a| {
            Ok(Value::DateTimeOffset(moment(a, 0).to_universal()))
        })
        .add("DateTimeOffset ToLocalTime()", |_, a| Ok(Value::DateTimeOffset(moment(a, 0).to_universal())))
        .add("DateTimeOffset ToOffset(TimeSpan offset)", |cx, a| give(cx, moment(a, 0).to_offset(span(a, 1))))
        .add("long ToUnixTimeSeconds()", |_, a| Ok(Value::Long(moment(a, 0).to_unix_seconds())))
        .add("long ToUnixTimeMilliseconds()", |_, a| Ok(Value::Long(moment(a, 0).to_unix_milliseconds())))
        .add("long ToFileTime()", |cx, a| match moment(a, 0).utc_ticks() - FILE_TIME_ZERO {
            ticks if ticks >= 0 => Ok(Value::Long(ticks)),
            _ => cx.throw("System.ArgumentOutOfRangeException", "Not a valid Win32 FileTime."),
        });
}

fn sums(t: &mut TypeBuilder<'_>) {
    macro_rules! add {
        ($($name:literal $ty:literal $method:ident $get:ident,)*) => {
            $(t.add(concat!("DateTimeOffset ", $name, "(", $ty, ")"), |cx, a| {
                give(cx, moment(a, 0).map(|clock| clock.$method(a.$get(1))))
            });)*
        };
    }
    add! {
        "AddDays" "double days" add_days double,
        "AddHours" "double hours" add_hours double,
        "AddMinutes" "double minutes" add_minutes double,
        "AddSeconds" "double seconds" add_seconds double,
        "AddMilliseconds" "double milliseconds" add_milliseconds double,
        "AddTicks" "long ticks" add_ticks long,
        "AddMonths" "int months" add_months int,
        "AddYears" "int years" add_years int,
    }
    fn plus<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        give(cx, moment(a, 0).map(|clock| clock.plus(span(a, 1)).map_err(of_operator)))
    }
    fn minus<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        give(cx, moment(a, 0).map(|clock| clock.minus(span(a, 1)).map_err(of_operator)))
    }
    fn since<'a>(_: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        Ok(Value::TimeSpan(moment(a, 0).since(moment(a, 1))))
    }
    t.add("DateTimeOffset Add(TimeSpan timeSpan)", plus)
        .add("DateTimeOffset Subtract(TimeSpan value)", minus)
        .add("TimeSpan Subtract(DateTimeOffset value)", since)
        .add("static DateTimeOffset operator +(DateTimeOffset dateTimeOffset, TimeSpan timeSpan)", plus)
        .add("static DateTimeOffset operator -(DateTimeOffset dateTimeOffset, TimeSpan timeSpan)", minus)
        .add("static TimeSpan operator -(DateTimeOffset left, DateTimeOffset right)", since);
}
