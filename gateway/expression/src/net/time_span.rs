//! `System.TimeSpan`.

use crate::clr::timespan::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan,
};
use crate::clr::timespan_parse::{parse_timespan, parse_timespan_exact};
use crate::clr::{ClrError, ClrResult};
use crate::run::{Args, Cx, Eval, Value, equality};
use crate::types::catalogue::{Builder, TypeBuilder};

pub(crate) fn span(a: Args<'_, '_>, at: usize) -> TimeSpan {
    match a.value(at) {
        Value::TimeSpan(it) => it,
        _ => TimeSpan::ZERO,
    }
}

fn give<'a>(cx: &mut Cx<'a, '_>, result: ClrResult<TimeSpan>) -> Eval<'a> {
    cx.clr(result).map(Value::TimeSpan)
}

/// `TimeSpanStyles.AssumeNegative`
const ASSUME_NEGATIVE: i32 = 1;

fn signed(parsed: ClrResult<TimeSpan>, styles: i32) -> ClrResult<TimeSpan> {
    match styles & ASSUME_NEGATIVE {
        0 => parsed,
        _ => parsed.and_then(TimeSpan::negate),
    }
}

/// The first of several formats that fits.
fn exact_of<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, ClrResult<TimeSpan>> {
    let text = a.str(cx, at, "input")?;
    if let Value::Str(format) = a.value(at + 1) {
        return Ok(parse_timespan_exact(text, format));
    }
    let mut last = Err(ClrError::ArgumentNull { parameter: "formats" });
    for format in cx.collect(a.value(at + 1))? {
        if let Value::Str(format) = format {
            last = parse_timespan_exact(text, format);
            if last.is_ok() {
                break;
            }
        }
    }
    Ok(last)
}

fn try_exact<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, styles: i32, out: usize) -> Eval<'a> {
    let parsed = match a.is_null(0) || a.is_null(1) {
        true => None,
        false => signed(exact_of(cx, a, 0)?, styles).ok(),
    };
    a.out(out, Value::TimeSpan(parsed.unwrap_or_default()));
    Ok(Value::Bool(parsed.is_some()))
}

fn try_parse<'a>(a: Args<'_, 'a>, out: usize) -> Eval<'a> {
    let parsed = a.opt_str(0).and_then(|text| parse_timespan(text).ok());
    a.out(out, Value::TimeSpan(parsed.unwrap_or_default()));
    Ok(Value::Bool(parsed.is_some()))
}

fn compare<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match a.value(1) {
        Value::Null => Ok(Value::Int(1)),
        Value::TimeSpan(other) => Ok(Value::Int(span(a, 0).cmp(&other) as i32)),
        _ => cx.throw("System.ArgumentException", "Object must be of type TimeSpan."),
    }
}

fn equal<'a>(_: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    Ok(Value::Bool(equality::equals(a.value(0), a.value(1))))
}

pub(crate) fn text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    super::text::format(cx, a.value(0), a.opt_str(1).unwrap_or_default()).map(Value::Str)
}

pub(crate) fn define(c: &mut Builder) {
    c.flags("System.Globalization", "TimeSpanStyles", &[("None", 0), ("AssumeNegative", 1)]);
    c.define(
        "System",
        "struct TimeSpan : IComparable, IFormattable, IComparable<TimeSpan>, IEquatable<TimeSpan>",
        |t| {
            makers(t);
            parts(t);
            parsers(t);
            t.add("TimeSpan Add(TimeSpan ts)", |cx, a| give(cx, span(a, 0).plus(span(a, 1))))
                .add("TimeSpan Subtract(TimeSpan ts)", |cx, a| give(cx, span(a, 0).minus(span(a, 1))))
                .add("TimeSpan Negate()", |cx, a| give(cx, span(a, 0).negate()))
                .add("TimeSpan Duration()", |cx, a| give(cx, span(a, 0).duration()))
                .add("static TimeSpan operator +(TimeSpan t1, TimeSpan t2)", |cx, a| {
                    give(cx, span(a, 0).plus(span(a, 1)))
                })
                .add("static TimeSpan operator -(TimeSpan t1, TimeSpan t2)", |cx, a| {
                    give(cx, span(a, 0).minus(span(a, 1)))
                })
                .add("static TimeSpan operator -(TimeSpan t)", |cx, a| give(cx, span(a, 0).negate()))
                .add("static TimeSpan operator +(TimeSpan t)", |_, a| Ok(a.value(0)))
                .add("static int Compare(TimeSpan t1, TimeSpan t2)", compare)
                .add("int CompareTo(TimeSpan value)", compare)
                .add("int CompareTo(object value)", compare)
                .add("bool Equals(TimeSpan obj)", equal)
                .add("static bool Equals(TimeSpan t1, TimeSpan t2)", equal)
                .add("string ToString()", text)
                .add("string ToString(string format)", text)
                .add("string ToString(string format, IFormatProvider formatProvider)", text);
            super::orders!(t, "TimeSpan", "t1", "t2");
        },
    );
}

fn makers(t: &mut TypeBuilder<'_>) {
    t.add("new(long ticks)", |_, a| Ok(Value::TimeSpan(TimeSpan::from_ticks(a.long(0)))))
        .add("new(int hours, int minutes, int seconds)", |cx, a| {
            give(cx, TimeSpan::new(0, a.int(0), a.int(1), a.int(2), 0))
        })
        .add("new(int days, int hours, int minutes, int seconds)", |cx, a| {
            give(cx, TimeSpan::new(a.int(0), a.int(1), a.int(2), a.int(3), 0))
        })
        .add("new(int days, int hours, int minutes, int seconds, int milliseconds)", |cx, a| {
            give(cx, TimeSpan::new(a.int(0), a.int(1), a.int(2), a.int(3), a.int(4)))
        })
        .add("static TimeSpan FromDays(double value)", |cx, a| give(cx, TimeSpan::from_days(a.double(0))))
        .add("static TimeSpan FromHours(double value)", |cx, a| give(cx, TimeSpan::from_hours(a.double(0))))
        .add("static TimeSpan FromMinutes(double value)", |cx, a| {
            give(cx, TimeSpan::from_minutes(a.double(0)))
        })
        .add("static TimeSpan FromSeconds(double value)", |cx, a| {
            give(cx, TimeSpan::from_seconds(a.double(0)))
        })
        .add("static TimeSpan FromMilliseconds(double value)", |cx, a| {
            give(cx, TimeSpan::from_milliseconds(a.double(0)))
        })
        .add("static TimeSpan FromTicks(long value)", |_, a| {
            Ok(Value::TimeSpan(TimeSpan::from_ticks(a.long(0))))
        })
        .add("static TimeSpan Zero { get; }", |_, _| Ok(Value::TimeSpan(TimeSpan::ZERO)))
        .add("static TimeSpan MinValue { get; }", |_, _| Ok(Value::TimeSpan(TimeSpan::MIN)))
        .add("static TimeSpan MaxValue { get; }", |_, _| Ok(Value::TimeSpan(TimeSpan::MAX)))
        .add("static long TicksPerDay { get; }", |_, _| Ok(Value::Long(TICKS_PER_DAY)))
        .add("static long TicksPerHour { get; }", |_, _| Ok(Value::Long(TICKS_PER_HOUR)))
        .add("static long TicksPerMinute { get; }", |_, _| Ok(Value::Long(TICKS_PER_MINUTE)))
        .add("static long TicksPerSecond { get; }", |_, _| Ok(Value::Long(TICKS_PER_SECOND)))
        .add("static long TicksPerMillisecond { get; }", |_, _| Ok(Value::Long(TICKS_PER_MILLISECOND)));
}

fn parts(t: &mut TypeBuilder<'_>) {
    t.add("int Days { get; }", |_, a| Ok(Value::Int(span(a, 0).days())))
        .add("int Hours { get; }", |_, a| Ok(Value::Int(span(a, 0).hours())))
        .add("int Minutes { get; }", |_, a| Ok(Value::Int(span(a, 0).minutes())))
        .add("int Seconds { get; }", |_, a| Ok(Value::Int(span(a, 0).seconds())))
        .add("int Milliseconds { get; }", |_, a| Ok(Value::Int(span(a, 0).milliseconds())))
        .add("long Ticks { get; }", |_, a| Ok(Value::Long(span(a, 0).ticks())))
        .add("double TotalDays { get; }", |_, a| Ok(Value::Double(span(a, 0).total_days())))
        .add("double TotalHours { get; }", |_, a| Ok(Value::Double(span(a, 0).total_hours())))
        .add("double TotalMinutes { get; }", |_, a| Ok(Value::Double(span(a, 0).total_minutes())))
        .add("double TotalSeconds { get; }", |_, a| Ok(Value::Double(span(a, 0).total_seconds())))
        .add("double TotalMilliseconds { get; }", |_, a| Ok(Value::Double(span(a, 0).total_milliseconds())));
}

fn parsers(t: &mut TypeBuilder<'_>) {
    fn parse<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        let text = a.str(cx, 0, "input")?;
        give(cx, parse_timespan(text))
    }
    fn parse_exact<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        if a.is_null(1) {
            return cx.argument_null("format");
        }
        let parsed = exact_of(cx, a, 0)?;
        give(cx, signed(parsed, a.int(3)))
    }
    t.add("static TimeSpan Parse(string s)", parse)
        .add("static TimeSpan Parse(string input, IFormatProvider formatProvider)", parse)
        .add("static TimeSpan ParseExact(string input, string format, IFormatProvider formatProvider)", parse_exact)
        .add("static TimeSpan ParseExact(string input, string[] formats, IFormatProvider formatProvider)", parse_exact)
        .add("static TimeSpan ParseExact(string input, string format, IFormatProvider formatProvider, TimeSpanStyles styles)", parse_exact)
        .add("static TimeSpan ParseExact(string input, string[] formats, IFormatProvider formatProvider, TimeSpanStyles styles)", parse_exact)
        .add("static bool TryParse(string s, out TimeSpan result)", |_, a| try_parse(a, 1))
        .add("static bool TryParse(string input, IFormatProvider formatProvider, out TimeSpan result)", |_, a| try_parse(a, 2))
        .add("static bool TryParseExact(string input, string format, IFormatProvider formatProvider, out TimeSpan result)", |cx, a| try_exact(cx, a, 0, 3))
        .add("static bool TryParseExact(string input, string[] formats, IFormatProvider formatProvider, out TimeSpan result)", |cx, a| try_exact(cx, a, 0, 3))
        .add("static bool TryParseExact(string input, string format, IFormatProvider formatProvider, TimeSpanStyles styles, out TimeSpan result)", |cx, a| try_exact(cx, a, a.int(3), 4))
        .add("static bool TryParseExact(string input, string[] formats, IFormatProvider formatProvider, TimeSpanStyles styles, out TimeSpan result)", |cx, a| try_exact(cx, a, a.int(3), 4));
}
