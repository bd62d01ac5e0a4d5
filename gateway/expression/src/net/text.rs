//! Values as text: `ToString`, `string.Format`, interpolation.

use std::cell::RefCell;

use crate::clr::chars;
use crate::clr::composite::{self, FormatArguments, format_composite};
use crate::clr::guid::Guid;
use crate::clr::number::{IntType, format_decimal, format_double, format_int, format_single, write_int};
use crate::clr::{ClrError, ClrResult, date_format, timespan_format};
use crate::context::Part;
use crate::run::{Cx, Eval, Stop, Value};
use crate::types::catalogue;

/// `ToString()`; null is empty.
pub(crate) fn display<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, &'a str> {
    match value {
        Value::Str(text) => Ok(text),
        Value::Null => Ok(""),
        Value::Bool(it) => Ok(if it { "True" } else { "False" }),
        Value::Object(object) => cx.deeper(|cx| super::objects::to_text(cx, object)),
        Value::Part(part) => part_text(cx, part),
        Value::Json(token) => super::json::text(cx, token),
        Value::Xml(item) => super::xml::text(cx, item),
        other => format(cx, other, ""),
    }
}

fn part_text<'a>(cx: &mut Cx<'a, '_>, part: Part) -> Eval<'a, &'a str> {
    match part {
        Part::RequestUrl | Part::OriginalUrl | Part::ApiServiceUrl => {
            let url = super::context::url_text(cx, part);
            Ok(cx.arena.text(&url)?)
        }
        other => {
            let name = other.ty().full_name();
            Ok(cx.arena.text(&name)?)
        }
    }
}

/// `ToString(format)` as `IFormattable` has it; what is not formattable ignores the format.
pub(crate) fn format<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, format: &str) -> Eval<'a, &'a str> {
    if let (Value::Json(token), false) = (value, format.is_empty())
        && let Some(scalar) = token.scalar()
    {
        let held = super::json::from_scalar(cx, scalar)?;
        return self::format(cx, held, format);
    }
    let mut out = String::new();
    let done = write(cx, value, format, &mut out)?;
    if !done {
        return display(cx, value);
    }
    cx.work(out.len())?;
    Ok(cx.arena.text(&out)?)
}

/// False where the value has no formats of its own.
fn write<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, format: &str, out: &mut String) -> Eval<'a, bool> {
    let result: ClrResult<()> = match value {
        Value::SByte(it) => int(it.into(), IntType::SByte, format, out),
        Value::Byte(it) => int(it.into(), IntType::Byte, format, out),
        Value::Int16(it) => int(it.into(), IntType::Int16, format, out),
        Value::UInt16(it) => int(it.into(), IntType::UInt16, format, out),
        Value::Int(it) => int(it.into(), IntType::Int32, format, out),
        Value::UInt(it) => int(it.into(), IntType::UInt32, format, out),
        Value::Long(it) => int(it.into(), IntType::Int64, format, out),
        Value::ULong(it) => int(it.into(), IntType::UInt64, format, out),
        Value::Single(it) => format_single(it, format, out),
        Value::Double(it) => format_double(it, format, out),
        Value::Decimal(it) => format_decimal(it, format, out),
        Value::DateTime(it) => date_format::format_datetime(it, format, out),
        Value::DateTimeOffset(it) => date_format::format_datetime_offset(it, format, out),
        Value::TimeSpan(it) => timespan_format::format_timespan(it, format, out),
        Value::Guid(it) => Guid(u128::from_be_bytes(it)).format(format, out),
        Value::Char(it) => {
            out.push(char::from_u32(it.into()).unwrap_or(char::REPLACEMENT_CHARACTER));
            Ok(())
        }
        Value::Enum(id, it) => {
            let def = catalogue().get(id);
            let hex = format.eq_ignore_ascii_case("x");
            match format.eq_ignore_ascii_case("d") || hex {
                true if hex => out.push_str(&format!("{it:08X}")),
                true => write_int(it.into(), out),
                false => out.push_str(&enum_text(def, it)),
            }
            Ok(())
        }
        _ => return Ok(false),
    };
    cx.clr(result).map(|()| true)
}

fn int(value: i128, kind: IntType, format: &str, out: &mut String) -> ClrResult<()> {
    if format.is_empty() {
        write_int(value, out);
        return Ok(());
    }
    format_int(value, kind, format, out)
}

/// The name of an enumeration's value, or names of its flags.
pub(crate) fn enum_text(def: &crate::types::TypeDef, value: i32) -> String {
    if let Some((name, _)) = def.values.iter().find(|known| known.1 == value) {
        return (*name).to_owned();
    }
    if def.is_flags {
        let mut left = value;
        let mut names = Vec::new();
        for (name, flag) in def.values.iter().rev() {
            if *flag != 0 && left & flag == *flag {
                left &= !flag;
                names.push(*name);
            }
        }
        if left == 0 && !names.is_empty() {
            names.reverse();
            return names.join(", ");
        }
    }
    value.to_string()
}

/// Longest text that one format may make, in bytes.
const FORMATTED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Puts text into a field of so many characters, at the left side where negative.
pub(crate) fn align<'a>(cx: &mut Cx<'a, '_>, out: &mut String, text: &str, width: i32) -> Eval<'a, ()> {
    let start = out.len();
    out.push_str(text);
    cx.clr(composite::align(out, start, width, FORMATTED_BYTES_MAX))?;
    cx.arena.charge(out.len() - start)?;
    Ok(())
}

/// What a composite format is filled with, and the evaluation that it is filled in.
struct Filling<'c, 's, 'a, 'h> {
    cx: RefCell<&'c mut Cx<'a, 'h>>,
    arguments: &'s [Value<'a>],
}

/// What stops a composite format: an exception of the format, or what an argument came to.
enum Unfilled<'a> {
    Format(ClrError),
    Argument(Stop<'a>),
}

impl From<ClrError> for Unfilled<'_> {
    fn from(error: ClrError) -> Self {
        Self::Format(error)
    }
}

impl<'a> FormatArguments for Filling<'_, '_, 'a, '_> {
    type Error = Unfilled<'a>;

    fn count(&self) -> usize {
        self.arguments.len()
    }

    fn format(&self, index: usize, format: &str, out: &mut String) -> Result<(), Unfilled<'a>> {
        let value = self.arguments.get(index).copied().unwrap_or(Value::Null);
        let mut cx = self.cx.borrow_mut();
        let text = self::format(&mut cx, value, format).map_err(Unfilled::Argument)?;
        out.push_str(text);
        Ok(())
    }
}

/// `string.Format`.
pub(crate) fn composite<'a>(cx: &mut Cx<'a, '_>, format: &str, arguments: &[Value<'a>]) -> Eval<'a> {
    let mut out = String::new();
    let filling = Filling { cx: RefCell::new(cx), arguments };
    let done = format_composite(format, &filling, &mut out, FORMATTED_BYTES_MAX);
    match done {
        Ok(()) => cx.str(&out),
        Err(Unfilled::Format(error)) => cx.clr(Err(error)),
        Err(Unfilled::Argument(stop)) => Err(stop),
    }
}

/// The character of a UTF-16 unit; half of a pair is U+FFFD.
pub(crate) fn char_of(unit: u16) -> char {
    char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// White space of .NET.
pub(crate) fn is_white(char: char) -> bool {
    chars::is_white_space(char)
}
