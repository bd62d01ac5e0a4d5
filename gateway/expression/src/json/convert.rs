//! From tokens to .NET values: explicit casts, `Value<T>()` and `ToObject<T>()`.
//!
//! A cast looks at the token's kind first and has its own words for a kind that does not fit; `Value<T>()` asks
//! `Convert.ChangeType`. Both then convert a value as `System.Convert` does.

use rust_decimal::Decimal;

use super::failure::{ARGUMENT, FORMAT, INVALID_CAST, OVERFLOW, Outcome, argument_null, throw};
use super::moment::{base64, from_base64, guid_of_bytes};
use super::scalar::{Kind, Scalar};
use super::text::text_of;
use super::token::Token;
pub use super::wanted::Wanted;
use crate::arena::Arena;
use crate::clr::date_parse::{DateTimeStyles, parse_datetime, parse_datetime_offset};
use crate::clr::datetime::DateTime;
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::guid::Guid;
use crate::clr::number::{IntType, NumberStyles, parse_decimal, parse_double, parse_int, parse_single};
use crate::clr::timespan_parse::parse_timespan;
use crate::clr::{ClrError, convert, decimal};

impl From<ClrError> for super::failure::Failure {
    fn from(error: ClrError) -> Self {
        throw(error.type_name(), error.message())
    }
}

/// The explicit cast `(T)token`; `is_nullable` says `T?`. Null where the result is null. A text that is a time without
/// a date is of `today`.
///
/// # Errors
/// `ArgumentNullException` for C#'s null; `ArgumentException` for a kind that does not fit; what the conversion
/// of the value throws.
pub fn cast<'a>(
    arena: &'a Arena,
    token: Option<Token<'a>>,
    wanted: Wanted,
    is_nullable: bool,
    today: DateTime,
) -> Outcome<Scalar<'a>> {
    let is_nullable = is_nullable || wanted.is_reference();
    let Some(token) = token else {
        return if is_nullable { Ok(Scalar::Null) } else { Err(argument_null("value")) };
    };
    let value = token.property_value().unwrap_or(token);
    let kind = value.kind();
    let is_null = matches!(kind, Kind::Null | Kind::Undefined);
    // The cast to bytes is one that has no null.
    let takes_null = is_null && is_nullable && wanted != Wanted::Bytes;
    let scalar = value.scalar().filter(|_| takes_null || wanted.takes(kind));
    let Some(scalar) = scalar else { return Err(cannot_convert(kind, wanted)) };
    if takes_null {
        return Ok(Scalar::Null);
    }
    match (wanted, scalar) {
        (Wanted::Bytes, Scalar::Big(digits)) => Ok(Scalar::Bytes(arena.bytes(&big_bytes(digits))?)),
        (Wanted::Bytes, Scalar::Integer(_)) => Err(cannot_convert(kind, wanted)),
        (Wanted::Bytes, Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text)) => {
            Ok(Scalar::Bytes(arena.bytes(&from_base64(text)?)?))
        }
        (Wanted::Boolean, Scalar::Big(_)) => Ok(Scalar::Boolean(to_int(scalar, IntType::Int32)? != 0)),
        (Wanted::String, Scalar::Bytes(bytes)) => Ok(Scalar::String(arena.text(&base64(bytes))?)),
        (Wanted::Guid, Scalar::Bytes(bytes)) => guid_of_bytes(bytes).map(Scalar::Guid),
        _ => to_clr(arena, scalar, wanted, today),
    }
}

/// `token.Value<T>(key)`, given what has the key, and `token.Value<T>()`, whose C# null is the caller's
/// `ArgumentNullException` of `value`. `T` is a scalar type, `is_nullable` says `T?`. Null where the result is null.
///
/// # Errors
/// `InvalidCastException` for containers and for values that `Convert` does not take; what it throws.
pub fn value_as<'a>(
    arena: &'a Arena,
    token: Option<Token<'a>>,
    wanted: Wanted,
    is_nullable: bool,
    today: DateTime,
) -> Outcome<Scalar<'a>> {
    let is_nullable = is_nullable || wanted.is_reference();
    let Some(token) = token else { return Ok(default_of(wanted, is_nullable)) };
    let Some(scalar) = token.scalar() else {
        let class = token.class();
        let message = format!("Cannot cast Newtonsoft.Json.Linq.{class} to Newtonsoft.Json.Linq.JToken.");
        return Err(throw(INVALID_CAST, message));
    };
    match scalar {
        Scalar::Null | Scalar::Undefined if is_nullable => Ok(Scalar::Null),
        Scalar::Null | Scalar::Undefined => {
            Err(throw(INVALID_CAST, "Null object cannot be converted to a value type."))
        }
        _ => change_type(arena, scalar, wanted, today),
    }
}

/// `token.ToObject<T>()`, `T` a scalar type: the explicit cast.
///
/// # Errors
/// As [`cast`].
pub fn to_object<'a>(
    arena: &'a Arena,
    token: Token<'a>,
    wanted: Wanted,
    is_nullable: bool,
    today: DateTime,
) -> Outcome<Scalar<'a>> {
    cast(arena, Some(token), wanted, is_nullable, today)
}

/// `default(T)`
fn default_of(wanted: Wanted, is_nullable: bool) -> Scalar<'static> {
    match wanted {
        _ if is_nullable => Scalar::Null,
        Wanted::Boolean => Scalar::Boolean(false),
        Wanted::Single => Scalar::Single(0.0),
        Wanted::Double => Scalar::Float(0.0),
        Wanted::Decimal => Scalar::Decimal(Decimal::ZERO),
        Wanted::DateTime => Scalar::Date(DateTime::MIN),
        Wanted::DateTimeOffset => Scalar::DateOffset(DateTimeOffset::MIN),
        Wanted::TimeSpan => Scalar::TimeSpan(crate::clr::timespan::TimeSpan::ZERO),
        Wanted::Guid => Scalar::Guid(Guid::default()),
        _ => Scalar::Integer(0),
    }
}

fn cannot_convert(kind: Kind, wanted: Wanted) -> super::failure::Failure {
    throw(ARGUMENT, format!("Can not convert {} to {}.", kind.name(), wanted.name()))
}

/// `Convert.ChangeType`: as casts, but only between types that `IConvertible` knows.
fn change_type<'a>(
    arena: &'a Arena,
    scalar: Scalar<'a>,
    wanted: Wanted,
    today: DateTime,
) -> Outcome<Scalar<'a>> {
    let same = match (scalar, wanted) {
        (Scalar::String(_) | Scalar::Raw(_) | Scalar::Comment(_), Wanted::String) => {
            return to_clr(arena, scalar, wanted, today);
        }
        (Scalar::Bytes(_), Wanted::Bytes)
        | (Scalar::Guid(_), Wanted::Guid)
        | (Scalar::Uri(_), Wanted::Uri)
        | (Scalar::TimeSpan(_), Wanted::TimeSpan)
        | (Scalar::DateOffset(_), Wanted::DateTimeOffset)
        | (Scalar::Big(_), Wanted::BigInteger) => true,
        _ => false,
    };
    if same {
        return Ok(scalar);
    }
    let Some(from) = convertible_name(scalar) else {
        return Err(throw(INVALID_CAST, "Object must implement IConvertible."));
    };
    let is_foreign = matches!(
        wanted,
        Wanted::Guid
            | Wanted::Uri
            | Wanted::Bytes
            | Wanted::TimeSpan
            | Wanted::DateTimeOffset
            | Wanted::BigInteger
    );
    if is_foreign {
        let message = format!("Invalid cast from 'System.{from}' to '{}'.", wanted.type_name());
        return Err(throw(INVALID_CAST, message));
    }
    to_clr(arena, scalar, wanted, today)
}

/// The type's name, of those that `IConvertible` knows.
fn convertible_name(scalar: Scalar<'_>) -> Option<&'static str> {
    Some(match scalar {
        Scalar::Boolean(_) => "Boolean",
        Scalar::Integer(_) => "Int64",
        Scalar::Float(_) => "Double",
        Scalar::Single(_) => "Single",
        Scalar::Decimal(_) => "Decimal",
        Scalar::String(_) | Scalar::Raw(_) | Scalar::Comment(_) => "String",
        Scalar::Date(_) => "DateTime",
        _ => return None,
    })
}

/// `Convert.ToXyz(value, InvariantCulture)` of a value that is not null.
pub(super) fn to_clr<'a>(
    arena: &'a Arena,
    scalar: Scalar<'a>,
    wanted: Wanted,
    today: DateTime,
) -> Outcome<Scalar<'a>> {
    if let Some(kind) = wanted.integer() {
        let number = to_int(scalar, kind)?;
        return Ok(match i64::try_from(number) {
            Ok(number) => Scalar::Integer(number),
            Err(_) => Scalar::Big(arena.text(&number.to_string())?),
        });
    }
    Ok(match wanted {
        Wanted::Boolean => Scalar::Boolean(to_bool(scalar)?),
        Wanted::Char => Scalar::Integer(to_char(scalar)?.into()),
        Wanted::Double => Scalar::Float(to_double(scalar)?),
        Wanted::Single => Scalar::Single(to_single(scalar)?),
        Wanted::Decimal => Scalar::Decimal(to_decimal(scalar)?),
        Wanted::DateTime => Scalar::Date(to_date(scalar, today)?),
        Wanted::DateTimeOffset => Scalar::DateOffset(to_date_offset(scalar, today)?),
        Wanted::TimeSpan => match scalar {
            Scalar::TimeSpan(_) => scalar,
            _ => Scalar::TimeSpan(parse_timespan(&text_of(scalar))?),
        },
        Wanted::Guid => match scalar {
            Scalar::Guid(_) => scalar,
            _ => Scalar::Guid(Guid::parse(&text_of(scalar))?),
        },
        Wanted::Uri => Scalar::Uri(borrowed_text(arena, scalar)?),
        Wanted::BigInteger => to_big(arena, scalar)?,
        Wanted::Bytes => scalar,
        _ => Scalar::String(borrowed_text(arena, scalar)?),
    })
}

fn borrowed_text<'a>(arena: &'a Arena, scalar: Scalar<'a>) -> Outcome<&'a str> {
    match scalar {
        Scalar::String(text) | Scalar::Big(text) | Scalar::Uri(text) | Scalar::Raw(text) => Ok(text),
        _ => Ok(arena.text(&text_of(scalar))?),
    }
}

pub(super) fn invalid_cast<T>(scalar: Scalar<'_>, to: &str) -> Outcome<T> {
    match convertible_name(scalar) {
        Some(from) => Err(throw(INVALID_CAST, format!("Invalid cast from '{from}' to '{to}'."))),
        None => Err(throw(INVALID_CAST, "Object must implement IConvertible.")),
    }
}

/// `Convert.ToInt32` and its siblings.
pub(super) fn to_int(scalar: Scalar<'_>, kind: IntType) -> Outcome<i128> {
    Ok(match scalar {
        Scalar::Boolean(value) => value.into(),
        Scalar::Integer(value) => kind.check(value.into())?,
        Scalar::Big(text) => {
            // Types below 32 bits are reached by way of `Int32`.
            let kind = if kind.bits() < 32 { IntType::Int32 } else { kind };
            text.parse().ok().map_or(Err(kind.overflow()), |number| kind.check(number))?
        }
        Scalar::Float(value) => convert::double_to_int(value, kind)?,
        Scalar::Single(value) => convert::double_to_int(value.into(), kind)?,
        Scalar::Decimal(value) => convert::decimal_to_int(value, kind)?,
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            parse_int(text, NumberStyles::INTEGER, kind)?
        }
        _ => return invalid_cast(scalar, int_name(kind)),
    })
}

fn int_name(kind: IntType) -> &'static str {
    match kind {
        IntType::SByte => "SByte",
        IntType::Byte => "Byte",
        IntType::Int16 => "Int16",
        IntType::UInt16 => "UInt16",
        IntType::Int32 => "Int32",
        IntType::UInt32 => "UInt32",
        IntType::Int64 => "Int64",
        IntType::UInt64 => "UInt64",
    }
}

pub(super) fn to_bool(scalar: Scalar<'_>) -> Outcome<bool> {
    Ok(match scalar {
        Scalar::Boolean(value) => value,
        Scalar::Integer(value) => value != 0,
        Scalar::Float(value) => value != 0.0,
        Scalar::Single(value) => value != 0.0,
        Scalar::Decimal(value) => !value.is_zero(),
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => convert::parse_bool(text)?,
        _ => return invalid_cast(scalar, "Boolean"),
    })
}

fn to_char(scalar: Scalar<'_>) -> Outcome<u16> {
    match scalar {
        Scalar::Integer(value) => u16::try_from(value)
            .map_err(|_| throw(OVERFLOW, "Value was either too large or too small for a character.")),
        Scalar::Big(_) => Err(IntType::Int32.overflow().into()),
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => Ok(convert::parse_char(text)?),
        _ => invalid_cast(scalar, "Char"),
    }
}

pub(super) fn to_double(scalar: Scalar<'_>) -> Outcome<f64> {
    Ok(match scalar {
        Scalar::Boolean(value) => f64::from(u8::from(value)),
        Scalar::Integer(value) => value as f64,
        Scalar::Big(text) => text.parse().unwrap_or(f64::INFINITY),
        Scalar::Float(value) => value,
        Scalar::Single(value) => value.into(),
        Scalar::Decimal(value) => decimal::to_double(value),
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            parse_double(text, NumberStyles::FLOAT | NumberStyles::ALLOW_THOUSANDS)?
        }
        _ => return invalid_cast(scalar, "Double"),
    })
}

pub(super) fn to_date(scalar: Scalar<'_>, today: DateTime) -> Outcome<DateTime> {
    match scalar {
        Scalar::Date(date) => Ok(date),
        Scalar::DateOffset(date) => Ok(date.date_time()),
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            Ok(parse_datetime(text, DateTimeStyles::NONE, today)?)
        }
        _ => invalid_cast(scalar, "DateTime"),
    }
}

fn to_date_offset(scalar: Scalar<'_>, today: DateTime) -> Outcome<DateTimeOffset> {
    match scalar {
        Scalar::DateOffset(date) => Ok(date),
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            Ok(parse_datetime_offset(text, DateTimeStyles::NONE, today)?)
        }
        _ => to_date(scalar, today).map(DateTimeOffset::from_datetime),
    }
}

fn to_single(scalar: Scalar<'_>) -> Outcome<f32> {
    Ok(match scalar {
        Scalar::Single(value) => value,
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            parse_single(text, NumberStyles::FLOAT | NumberStyles::ALLOW_THOUSANDS)?
        }
        Scalar::Integer(value) => value as f32,
        _ if convertible_name(scalar).is_none() && !matches!(scalar, Scalar::Big(_)) => {
            return invalid_cast(scalar, "Single");
        }
        Scalar::Date(_) => return invalid_cast(scalar, "Single"),
        _ => to_double(scalar)? as f32,
    })
}

fn to_decimal(scalar: Scalar<'_>) -> Outcome<Decimal> {
    const TOO_BIG: &str = "Value was either too large or too small for a Decimal.";
    Ok(match scalar {
        Scalar::Boolean(value) => u8::from(value).into(),
        Scalar::Integer(value) => value.into(),
        Scalar::Big(text) => {
            let number =
                text.parse().ok().and_then(|number| Decimal::try_from_i128_with_scale(number, 0).ok());
            number.ok_or_else(|| throw(OVERFLOW, TOO_BIG))?
        }
        Scalar::Float(value) => decimal::from_double(value)?,
        Scalar::Single(value) => decimal::from_single(value)?,
        Scalar::Decimal(value) => value,
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            parse_decimal(text, NumberStyles::NUMBER)?
        }
        _ => return invalid_cast(scalar, "Decimal"),
    })
}

fn to_big<'a>(arena: &'a Arena, scalar: Scalar<'a>) -> Outcome<Scalar<'a>> {
    match scalar {
        Scalar::Big(_) | Scalar::Integer(_) => Ok(scalar),
        Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text) => {
            let digits = text.trim();
            let (sign, digits) = match digits.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", digits.strip_prefix('+').unwrap_or(digits)),
            };
            if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(throw(FORMAT, crate::clr::number::NOT_A_NUMBER));
            }
            let digits = digits.trim_start_matches('0');
            let text = arena.concat(&[sign, digits])?;
            Ok(text.parse().map_or(Scalar::Big(text), Scalar::Integer))
        }
        _ => Ok(Scalar::Integer(i64::try_from(to_int(scalar, IntType::Int64)?).unwrap_or_default())),
    }
}

/// `BigInteger.ToByteArray()`: two's complement, the lowest byte first, as short as it gets.
fn big_bytes(digits: &str) -> Vec<u8> {
    let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u32::from(digit.wrapping_sub(b'0'));
        for byte in &mut bytes {
            carry += u32::from(*byte) * 10;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    bytes.push(0);
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, over);
        }
    }
    // The last byte may go where the one before it has the sign.
    let filler = if negative { 0xff } else { 0 };
    while let [.., before, last] = bytes[..]
        && last == filler
        && (before >= 0x80) == negative
    {
        bytes.pop();
    }
    bytes
}
