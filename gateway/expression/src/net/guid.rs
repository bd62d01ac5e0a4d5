//! `System.Guid`.

use crate::clr::ClrError;
use crate::clr::guid::Guid;
use crate::run::{Args, Cx, Eval, Value, equality};
use crate::types::catalogue::Builder;

fn guid(a: Args<'_, '_>) -> Guid {
    match a.value(0) {
        Value::Guid(it) => Guid(u128::from_be_bytes(it)),
        _ => Guid::EMPTY,
    }
}

pub(crate) fn value<'a>(it: Guid) -> Value<'a> {
    Value::Guid(it.0.to_be_bytes())
}

fn parse<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let text = a.str(cx, 0, "input")?;
    cx.clr(Guid::parse(text)).map(value)
}

/// Only what this format writes, in any case.
fn exact(text: &str, format: &str) -> Result<Guid, ClrError> {
    let parsed = Guid::parse(text)?;
    let mut written = String::new();
    parsed.format(format, &mut written)?;
    let trimmed = crate::clr::text::trim(text);
    match format {
        // Digits may be left out there, and white space put in.
        "X" | "x" if trimmed.starts_with('{') && !trimmed.contains('-') => Ok(parsed),
        _ if trimmed.eq_ignore_ascii_case(&written) => Ok(parsed),
        _ => Err(ClrError::format(
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        )),
    }
}

fn tried<'a>(a: Args<'_, 'a>, out: usize, parsed: Option<Guid>) -> Eval<'a> {
    a.out(out, value(parsed.unwrap_or(Guid::EMPTY)));
    Ok(Value::Bool(parsed.is_some()))
}

fn text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    super::text::format(cx, a.value(0), a.opt_str(1).unwrap_or_default()).map(Value::Str)
}

/// The order of .NET: the first three fields as they are written.
fn compare<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match a.value(1) {
        Value::Null => Ok(Value::Int(1)),
        Value::Guid(_) => Ok(Value::Int(equality::compare(cx, a.value(0), a.value(1))? as i32)),
        _ => cx.throw("System.ArgumentException", "Object must be of type GUID."),
    }
}

fn bytes_of<'a>(cx: &mut Cx<'a, '_>, bytes: &[u8]) -> Eval<'a> {
    match <[u8; 16]>::try_from(bytes) {
        Ok(bytes) => Ok(value(Guid::from_bytes(bytes))),
        Err(_) => cx.throw("System.ArgumentException", "Byte array for GUID must be exactly 16 bytes long."),
    }
}

pub(crate) fn define(c: &mut Builder) {
    let header = "struct Guid : IComparable, IFormattable, IComparable<Guid>, IEquatable<Guid>";
    c.define("System", header, |t| {
        t.add("static Guid Empty { get; }", |_, _| Ok(value(Guid::EMPTY)))
            .add("static Guid NewGuid()", |cx, _| {
                let bits = u128::from(cx.host.random()) << 64 | u128::from(cx.host.random());
                // RFC 9562: version 4, variant 10.
                let version = bits & !(0xf << 76) | 4 << 76;
                Ok(value(Guid(version & !(3 << 62) | 2 << 62)))
            })
            .add("new(string g)", |cx, a| {
                let text = a.str(cx, 0, "g")?;
                cx.clr(Guid::parse(text)).map(value)
            })
            .add("new(byte[] b)", |cx, a| {
                let bytes = a.bytes(cx, 0, "b")?;
                bytes_of(cx, &bytes)
            })
            .add("new(int a, short b, short c, byte[] d)", |cx, a| {
                let rest = a.bytes(cx, 3, "d")?;
                let (Value::Int16(b), Value::Int16(c)) = (a.value(1), a.value(2)) else {
                    return cx.null_reference();
                };
                if rest.len() != 8 {
                    let message = "Byte array for GUID must be exactly 8 bytes long.";
                    return cx.throw("System.ArgumentException", message);
                }
                let bytes = [&a.int(0).to_le_bytes()[..], &b.to_le_bytes(), &c.to_le_bytes(), &rest].concat();
                bytes_of(cx, &bytes)
            })
            .add("static Guid Parse(string input)", parse)
            .add("static Guid ParseExact(string input, string format)", |cx, a| {
                let (text, format) = (a.str(cx, 0, "input")?, a.str(cx, 1, "format")?);
                cx.clr(exact(text, format)).map(value)
            })
            .add("static bool TryParse(string input, out Guid result)", |_, a| {
                tried(a, 1, a.opt_str(0).and_then(|text| Guid::parse(text).ok()))
            })
            .add("static bool TryParseExact(string input, string format, out Guid result)", |_, a| {
                let format = a.opt_str(1).unwrap_or("?");
                tried(a, 2, a.opt_str(0).and_then(|text| exact(text, format).ok()))
            })
            .add("byte[] ToByteArray()", |cx, a| cx.bytes(&guid(a).to_bytes()))
            .add("int CompareTo(Guid value)", compare)
            .add("int CompareTo(object value)", compare)
            .add("bool Equals(Guid g)", |_, a| Ok(Value::Bool(equality::equals(a.value(0), a.value(1)))))
            .add("string ToString()", text)
            .add("string ToString(string format)", text)
            .add("string ToString(string format, IFormatProvider provider)", text);
    });
}
