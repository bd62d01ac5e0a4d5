//! `System.Convert` between numbers, text, booleans and characters.

use rust_decimal::Decimal;

use super::number::IntType;
use super::round::MidpointRounding;
use super::{ClrError, ClrResult, decimal};

const BAD_BASE: ClrError = ClrError::Argument { message: "Invalid Base.", parameter: "" };

/// `Convert.ToInt32(double)` and its siblings: halves go to the even neighbour.
///
/// # Errors
/// `OverflowException`, also for what is not a number. Small types are converted by way of `Int32`,
/// and the text says which of the two was too small.
pub fn double_to_int(value: f64, kind: IntType) -> ClrResult<i128> {
    let rounded = value.round_ties_even();
    // What is not a number fails the comparison.
    let wide = if kind.bits() < 32 { IntType::Int32 } else { kind };
    if rounded.abs() >= 1e30 || rounded.is_nan() {
        return Err(wide_overflow(wide));
    }
    let value = rounded as i128;
    wide.check(value).map_err(|_| wide_overflow(wide))?;
    kind.check(value)
}

/// The processor checks conversions to 64 bits, with a text of its own.
const fn wide_overflow(kind: IntType) -> ClrError {
    match kind {
        IntType::Int64 | IntType::UInt64 => {
            ClrError::Overflow("Arithmetic operation resulted in an overflow.")
        }
        _ => kind.overflow(),
    }
}

/// `Convert.ToInt32(decimal)` and its siblings: halves go to the even neighbour.
///
/// # Errors
/// `OverflowException`
pub fn decimal_to_int(value: Decimal, kind: IntType) -> ClrResult<i128> {
    decimal::to_int(decimal::round(value, 0, MidpointRounding::ToEven)?, kind)
}

/// An unchecked cast of a floating point number to an integer, `(int)d`: the fraction is cut off. C#
/// leaves open what becomes of values that do not fit; these are the answers of x64.
pub fn cast_double(value: f64, kind: IntType) -> i128 {
    let whole = value.trunc();
    // Within one of the processor's own conversions, or its one "no result".
    let within = |limit: IntType| {
        let fits = whole >= limit.min() as f64 && whole < limit.max() as f64 + 1.0;
        if fits { whole as i128 } else { limit.min() }
    };
    kind.wrap(match kind {
        IntType::UInt64 if whole >= TWO_POW_63 => {
            let low = whole - TWO_POW_63;
            (if low < TWO_POW_63 { low as i128 } else { IntType::Int64.min() }) ^ (1 << 63)
        }
        IntType::UInt64 | IntType::Int64 | IntType::UInt32 => within(IntType::Int64),
        _ => within(IntType::Int32),
    })
}

const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

/// `Boolean.Parse`, `Convert.ToBoolean(string)`: case does not count, white space and zero
/// characters around it neither.
///
/// # Errors
/// `FormatException`
pub fn parse_bool(text: &str) -> ClrResult<bool> {
    let trimmed = text.trim_matches(|c| c == '\0' || super::chars::is_white_space(c));
    match trimmed {
        _ if trimmed.eq_ignore_ascii_case("true") => Ok(true),
        _ if trimmed.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(ClrError::format("String was not recognized as a valid Boolean.")),
    }
}

/// `Boolean.ToString()`.
pub const fn bool_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// `Convert.ToChar(string)`, `Char.Parse`: the text's only UTF-16 unit.
///
/// # Errors
/// `FormatException`
pub fn parse_char(text: &str) -> ClrResult<u16> {
    let mut units = text.encode_utf16();
    match (units.next(), units.next()) {
        (Some(unit), None) => Ok(unit),
        _ => Err(ClrError::format("String must be exactly one character long.")),
    }
}

/// `Convert.ToInt32(text, base)` and its siblings. A missing text is 0 there; that is the caller's.
///
/// # Errors
/// `ArgumentException`: the base is none of 2, 8, 10, 16, or a sign where there is none;
/// `FormatException`; `OverflowException`; `ArgumentOutOfRangeException` for an empty text.
pub fn int_from_base(text: &str, base: i32, kind: IntType) -> ClrResult<i128> {
    let radix = match base {
        2 | 8 | 10 | 16 => base as u32,
        _ => return Err(BAD_BASE),
    };
    let mut rest = text;
    if rest.is_empty() {
        return Err(EMPTY);
    }
    let negative = rest.starts_with('-');
    if negative && radix != 10 {
        return Err(ClrError::Argument {
            message: "String cannot contain a minus sign if the base is not 10.",
            parameter: "",
        });
    }
    if negative && !kind.signed() {
        return Err(ClrError::Overflow(
            "The string was being parsed as an unsigned number and could not have a negative sign.",
        ));
    }
    rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    if radix == 16 {
        rest = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")).unwrap_or(rest);
    }
    // Base 10 is read as a number with its sign, the others as bits; small types by way of 32 bits.
    let wide = match (kind.bits() == 64, radix == 10 && kind.signed()) {
        (true, true) => IntType::Int64,
        (true, false) => IntType::UInt64,
        (false, true) => IntType::Int32,
        (false, false) => IntType::UInt32,
    };
    let (mut value, mut any) = (0_i128, false);
    for symbol in rest.chars() {
        let Some(digit) = symbol.to_digit(radix) else {
            return Err(if any { TRAILING } else { NO_DIGITS });
        };
        any = true;
        let digit = i128::from(digit);
        value = wide.check(value * i128::from(radix) + if negative { -digit } else { digit })?;
    }
    if !any {
        return Err(NO_DIGITS);
    }
    if radix == 10 {
        return kind.check(value);
    }
    if value >> kind.bits() != 0 {
        return Err(kind.overflow());
    }
    Ok(kind.wrap(value))
}

const EMPTY: ClrError = ClrError::range(
    "Specified argument was out of the range of valid values.",
    "Index was out of range. Must be non-negative and less than the size of the collection.",
);
const NO_DIGITS: ClrError = ClrError::format("Could not find any recognizable digits.");
const TRAILING: ClrError =
    ClrError::format("Additional non-parsable characters are at the end of the string.");

/// `Convert.ToString(value, base)`: two's complement of the type's width, except in base 10.
///
/// # Errors
/// `ArgumentException`: the base is none of 2, 8, 10, 16.
pub fn int_to_base(value: i128, base: i32, kind: IntType) -> ClrResult<String> {
    let bits = value as u128 & ((1 << kind.bits()) - 1);
    Ok(match base {
        2 => format!("{bits:b}"),
        8 => format!("{bits:o}"),
        10 => value.to_string(),
        16 => format!("{bits:x}"),
        _ => return Err(BAD_BASE),
    })
}
