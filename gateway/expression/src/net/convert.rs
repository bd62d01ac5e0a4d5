//! `System.Convert` of numbers, texts and flags; `BitConverter`.

use crate::clr::datetime::DateTime;
use crate::clr::number::{IntType, NumberStyles, parse_decimal, parse_double, parse_int, parse_single};
use crate::clr::{convert as clr, decimal};
use crate::run::code::NumTy;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

fn invalid<'a, T>(cx: &mut Cx<'a, '_>, from: Value<'a>, to: &str) -> Eval<'a, T> {
    let name = from.ty().full_name();
    let message = format!("Invalid cast from '{}' to '{to}'.", name.rsplit('.').next().unwrap_or_default());
    cx.throw("System.InvalidCastException", &message)
}

/// What a `JValue` holds, else the value.
fn plain<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a> {
    super::objects::json_scalar(cx, value)
}

fn integer<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, kind: IntType, to: NumTy) -> Eval<'a> {
    let value = plain(cx, value)?;
    let whole = match value {
        Value::Null => 0,
        Value::Bool(it) => i128::from(it),
        Value::Str(text) => cx.clr(parse_int(text, NumberStyles::INTEGER, kind))?,
        Value::Single(it) => cx.clr(clr::double_to_int(f64::from(it), kind))?,
        Value::Double(it) => cx.clr(clr::double_to_int(it, kind))?,
        Value::Decimal(it) => cx.clr(clr::decimal_to_int(it, kind))?,
        other => match other.integer() {
            Some(whole) => cx.clr(kind.check(whole))?,
            None => return invalid(cx, other, &format!("{kind:?}")),
        },
    };
    match i64::try_from(whole) {
        Ok(long) => cx.convert(to, false, Value::Long(long)),
        Err(_) => cx.convert(to, false, Value::ULong(u64::try_from(whole).unwrap_or_default())),
    }
}

fn double<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, to: &str) -> Eval<'a, f64> {
    let value = plain(cx, value)?;
    Ok(match value {
        Value::Null => 0.0,
        Value::Bool(it) => f64::from(u8::from(it)),
        Value::Str(text) => cx.clr(parse_double(text, NumberStyles::DOUBLE))?,
        Value::Char(_) | Value::DateTime(_) => return invalid(cx, value, to),
        other => match cx.convert(NumTy::Double, false, other)? {
            Value::Double(it) => it,
            _ => 0.0,
        },
    })
}

fn to_double<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    double(cx, a.value(0), "Double").map(Value::Double)
}

fn to_single<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match plain(cx, a.value(0))? {
        Value::Str(text) => cx.clr(parse_single(text, NumberStyles::DOUBLE)).map(Value::Single),
        #[allow(clippy::cast_possible_truncation)]
        other => double(cx, other, "Single").map(|it| Value::Single(it as f32)),
    }
}

fn to_decimal<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match plain(cx, a.value(0))? {
        Value::Null => Ok(Value::Decimal(0.into())),
        Value::Bool(it) => Ok(Value::Decimal(u8::from(it).into())),
        Value::Str(text) => cx.clr(parse_decimal(text, NumberStyles::NUMBER)).map(Value::Decimal),
        Value::Single(it) => cx.clr(decimal::from_single(it)).map(Value::Decimal),
        Value::Double(it) => cx.clr(decimal::from_double(it)).map(Value::Decimal),
        other @ (Value::Char(_) | Value::DateTime(_)) => invalid(cx, other, "Decimal"),
        other => cx.convert(NumTy::Decimal, false, other),
    }
}

fn to_bool<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    Ok(Value::Bool(match plain(cx, a.value(0))? {
        Value::Null => false,
        Value::Bool(it) => it,
        Value::Str(text) => cx.clr(clr::parse_bool(text))?,
        Value::Char(_) | Value::DateTime(_) => return invalid(cx, a.value(0), "Boolean"),
        Value::Single(it) => it != 0.0,
        Value::Double(it) => it != 0.0,
        Value::Decimal(it) => !it.is_zero(),
        other => match other.integer() {
            Some(whole) => whole != 0,
            None => return invalid(cx, other, "Boolean"),
        },
    }))
}

fn to_char<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match a.value(0) {
        Value::Null => cx.argument_null("value"),
        Value::Str(text) => cx.clr(clr::parse_char(text)).map(Value::Char),
        other => match other.integer() {
            Some(whole) => match u16::try_from(whole) {
                Ok(unit) => Ok(Value::Char(unit)),
                Err(_) => cx.overflow("Value was either too large or too small for a character."),
            },
            None => invalid(cx, other, "Char"),
        },
    }
}

fn to_date<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match plain(cx, a.value(0))? {
        Value::Null => Ok(Value::DateTime(DateTime::MIN)),
        Value::Str(_) => {
            super::date_time::parse(cx, Args { values: a.values.get(..1).unwrap_or_default(), ..a })
        }
        value @ Value::DateTime(_) => Ok(value),
        other => invalid(cx, other, "DateTime"),
    }
}

fn to_text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match a.value(0) {
        // What is null stays null where a text is given, and is empty where an object is.
        Value::Null => Ok(Value::Str("")),
        value => super::text::display(cx, value).map(Value::Str),
    }
}

/// Overloads of one method for everything that is converted.
macro_rules! overloads {
    ($t:ident, $returns:literal, $name:literal, $run:expr) => {
        overloads!(@each $t, $returns, $name, $run, "object" "bool" "char" "sbyte" "byte" "short" "ushort" "int" "uint" "long" "ulong" "float" "double" "decimal" "string" "DateTime");
        $t.add(concat!("static ", $returns, " ", $name, "(object value, IFormatProvider provider)"), $run);
        $t.add(concat!("static ", $returns, " ", $name, "(string value, IFormatProvider provider)"), $run);
    };
    (@each $t:ident, $returns:literal, $name:literal, $run:expr, $($ty:literal)*) => {
        $($t.add(concat!("static ", $returns, " ", $name, "(", $ty, " value)"), $run);)*
    };
}

macro_rules! integers {
    ($t:ident, $($returns:literal $name:literal $kind:ident $to:ident,)*) => {
        $(
            overloads!($t, $returns, $name, |cx, a| integer(cx, a.value(0), IntType::$kind, NumTy::$to));
            $t.add(concat!("static ", $returns, " ", $name, "(string value, int fromBase)"), |cx, a| {
                let Some(text) = a.opt_str(0) else { return cx.convert(NumTy::$to, false, Value::Int(0)) };
                let whole = cx.clr(clr::int_from_base(text, a.int(1), IntType::$kind))?;
                match i64::try_from(whole) {
                    Ok(long) => cx.convert(NumTy::$to, false, Value::Long(long)),
                    Err(_) => cx.convert(NumTy::$to, false, Value::ULong(u64::try_from(whole).unwrap_or_default())),
                }
            });
        )*
    };
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System", "static class Convert", |t| {
        integers!(t,
            "sbyte" "ToSByte" SByte SByte, "byte" "ToByte" Byte Byte, "short" "ToInt16" Int16 Int16,
            "ushort" "ToUInt16" UInt16 UInt16, "int" "ToInt32" Int32 Int, "uint" "ToUInt32" UInt32 UInt,
            "long" "ToInt64" Int64 Long, "ulong" "ToUInt64" UInt64 ULong,
        );
        overloads!(t, "double", "ToDouble", to_double);
        overloads!(t, "float", "ToSingle", to_single);
        overloads!(t, "decimal", "ToDecimal", to_decimal);
        overloads!(t, "bool", "ToBoolean", to_bool);
        overloads!(t, "char", "ToChar", to_char);
        overloads!(t, "string", "ToString", to_text);
        overloads!(t, "DateTime", "ToDateTime", to_date);
        t.add("static bool IsDBNull(object value)", |_, _| Ok(Value::Bool(false)));
        in_base(t);
    });
    c.define("System", "static class BitConverter", bits);
}

fn in_base(t: &mut TypeBuilder<'_>) {
    macro_rules! each {
        ($($keyword:literal $kind:ident,)*) => {
            $(t.add(concat!("static string ToString(", $keyword, " value, int toBase)"), |cx, a| {
                let whole = a.value(0).integer().unwrap_or_default();
                let text = cx.clr(clr::int_to_base(whole, a.int(1), IntType::$kind))?;
                cx.str(&text)
            });)*
        };
    }
    each!("byte" Byte, "short" Int16, "int" Int32, "long" Int64,);
}

fn slice<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, count: usize) -> Eval<'a, Vec<u8>> {
    let Some(Object::Bytes(bytes)) = a.object(0) else { return cx.argument_null("value") };
    let start = usize::try_from(a.int(1)).unwrap_or(usize::MAX);
    if start >= bytes.len() {
        return cx.out_of_range(
            "startIndex",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
        );
    }
    if start + count > bytes.len() {
        return cx.throw("System.ArgumentException", "Destination array is not long enough to copy all the items in the collection. Check array index and length.");
    }
    Ok(bytes.iter().skip(start).take(count).collect())
}

fn hex<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, start: usize, length: Option<usize>) -> Eval<'a> {
    let bytes = a.bytes(cx, 0, "value")?;
    let end = length.map_or(bytes.len(), |length| start.saturating_add(length));
    let Some(some) = bytes.get(start..end) else {
        return cx.out_of_range(
            "startIndex",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
        );
    };
    let text: Vec<String> = some.iter().map(|byte| format!("{byte:02X}")).collect();
    cx.str(&text.join("-"))
}

fn bits(t: &mut TypeBuilder<'_>) {
    t.add("static bool IsLittleEndian { get; }", |_, _| Ok(Value::Bool(true)))
        .add("static string ToString(byte[] value)", |cx, a| hex(cx, a, 0, None))
        .add("static string ToString(byte[] value, int startIndex)", |cx, a| {
            hex(cx, a, usize::try_from(a.int(1)).unwrap_or(usize::MAX), None)
        })
        .add("static string ToString(byte[] value, int startIndex, int length)", |cx, a| {
            let length = usize::try_from(a.int(2)).unwrap_or(usize::MAX);
            hex(cx, a, usize::try_from(a.int(1)).unwrap_or(usize::MAX), Some(length))
        })
        .add("static byte[] GetBytes(bool value)", |cx, a| cx.bytes(&[u8::from(a.bool(0))]));
    macro_rules! numbers {
        ($($keyword:literal $name:literal $variant:ident $rust:ty,)*) => {
            $(
                t.add(concat!("static byte[] GetBytes(", $keyword, " value)"), |cx, a| match a.value(0) {
                    Value::$variant(it) => cx.bytes(&it.to_le_bytes()),
                    _ => Ok(Value::Null),
                });
                t.add(concat!("static ", $keyword, " ", $name, "(byte[] value, int startIndex)"), |cx, a| {
                    let bytes = slice(cx, a, size_of::<$rust>())?;
                    let bytes = <[u8; size_of::<$rust>()]>::try_from(bytes).unwrap_or_default();
                    Ok(Value::$variant(<$rust>::from_le_bytes(bytes)))
                });
            )*
        };
    }
    numbers! {
        "char" "ToChar" Char u16, "short" "ToInt16" Int16 i16, "ushort" "ToUInt16" UInt16 u16,
        "int" "ToInt32" Int i32, "uint" "ToUInt32" UInt u32, "long" "ToInt64" Long i64,
        "ulong" "ToUInt64" ULong u64, "float" "ToSingle" Single f32, "double" "ToDouble" Double f64,
    }
}
