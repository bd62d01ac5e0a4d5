//! The explicit conversions of `XElement` and `XAttribute`: `(int)element`, `(DateTime?)attribute`.

use crate::clr::ClrError;
use crate::clr::date_parse::{DateTimeStyles, parse_datetime, parse_datetime_offset};
use crate::clr::guid::Guid;
use crate::clr::number::{NumberStyles, parse_decimal};
use crate::clr::timespan::TimeSpan;
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::TypeBuilder;
use crate::xml::{Item, convert};

type Read = for<'a> fn(&mut Cx<'a, '_>, &'a str) -> Eval<'a>;

/// Reads the value of the argument; null is null where `name` is empty, else an exception that says the name.
fn cast<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, name: &str, read: Read) -> Eval<'a> {
    let text = match a.value(0) {
        Value::Xml(Item::Node(element)) => super::value(cx, element)?,
        Value::Xml(Item::Attribute(attribute)) => attribute.value(),
        _ if name.is_empty() => return Ok(Value::Null),
        _ => return cx.argument_null(name),
    };
    cx.work(text.len())?;
    read(cx, text)
}

fn boolean<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::boolean(text)).map(Value::Bool)
}

fn int<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::integer(text)).map(Value::Int)
}

fn uint<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::integer(text)).map(Value::UInt)
}

fn long<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::integer(text)).map(Value::Long)
}

fn ulong<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::integer(text)).map(Value::ULong)
}

fn float<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::float(text)).map(Value::Single)
}

fn double<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::double(text)).map(Value::Double)
}

fn decimal<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    /// White space around, a sign in front, a decimal point.
    const STYLES: NumberStyles = NumberStyles(0x27);
    cx.clr(parse_decimal(text, STYLES)).map(Value::Decimal)
}

fn date_time<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    let today = cx.today();
    cx.clr(parse_datetime(text, DateTimeStyles::ROUNDTRIP_KIND, today)).map(Value::DateTime)
}

fn date_time_offset<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    let complete = cx.xml(convert::date_text(text))?;
    match parse_datetime_offset(&complete, DateTimeStyles::NONE, cx.today()) {
        Ok(date) => Ok(Value::DateTimeOffset(date)),
        Err(ClrError::Format(_)) => cx.xml(Err(convert::bad_date(text))),
        Err(error) => cx.clr(Err(error)),
    }
}

fn time_span<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.xml(convert::duration(text)).map(|ticks| Value::TimeSpan(TimeSpan::from_ticks(ticks)))
}

fn guid<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    cx.clr(Guid::parse(text)).map(|it| Value::Guid(it.0.to_be_bytes()))
}

macro_rules! conversions {
    ($t:ident $from:literal $name:literal, $($to:literal $read:ident,)*) => {
        $t.add(concat!("static explicit operator string(", $from, " ", $name, ")"), |cx, a| {
            cast(cx, a, "", |_, text| Ok(Value::Str(text)))
        });
        $(
            $t.add(concat!("static explicit operator ", $to, "(", $from, " ", $name, ")"), |cx, a| cast(cx, a, $name, $read));
            $t.add(concat!("static explicit operator ", $to, "?(", $from, " ", $name, ")"), |cx, a| cast(cx, a, "", $read));
        )*
    };
}

macro_rules! all {
    ($t:ident $from:literal $name:literal) => {
        conversions! { $t $from $name,
            "bool" boolean,
            "int" int,
            "uint" uint,
            "long" long,
            "ulong" ulong,
            "float" float,
            "double" double,
            "decimal" decimal,
            "DateTime" date_time,
            "DateTimeOffset" date_time_offset,
            "TimeSpan" time_span,
            "Guid" guid,
        }
    };
}

pub(super) fn of_elements(t: &mut TypeBuilder<'_>) {
    all!(t "XElement" "element");
}

pub(super) fn of_attributes(t: &mut TypeBuilder<'_>) {
    all!(t "XAttribute" "attribute");
}
