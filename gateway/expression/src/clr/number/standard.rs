//! Standard formats: `C D E F G N P R X` with a precision.

use rust_decimal::Decimal;

use super::custom::write_custom;
use super::{Digits, IntType, write_int};
use crate::clr::{ClrError, ClrResult};

/// Largest precision of a standard format; with more digits a format is a custom one, as in .NET
/// Framework.
pub const PRECISION_MAX: i32 = 99;

const BAD_SPECIFIER: ClrError = ClrError::format("Format specifier was invalid.");
const CURRENCY: &str = "¤";
const GROUP: usize = 3;

/// A format string, told apart.
enum Format<'a> {
    Standard { letter: u8, precision: Option<i32> },
    Custom(&'a str),
}

impl<'a> Format<'a> {
    fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let Some(&letter) = bytes.first() else {
            return Self::Standard { letter: b'G', precision: None };
        };
        if !letter.is_ascii_alphabetic() {
            return Self::Custom(text);
        }
        let mut at = 1;
        let mut precision = None;
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            let value = precision.unwrap_or(0) * 10 + i32::from(digit - b'0');
            precision = Some(value);
            at += 1;
            if value >= 10 {
                break;
            }
        }
        // A zero character ends a format, as in C.
        match bytes.get(at) {
            None | Some(0) => Self::Standard { letter, precision },
            Some(_) => Self::Custom(text),
        }
    }
}

/// `ToString(format)` of an integer, written behind what `out` holds. An empty format is `G`.
///
/// # Errors
/// `FormatException`: a letter that is no format of integers.
pub fn format_int(value: i128, kind: IntType, format: &str, out: &mut String) -> ClrResult<()> {
    let (letter, precision) = match Format::of(format) {
        Format::Standard { letter, precision } => (letter, precision),
        // The small signed types look at the first letter only, and take all of it for hexadecimal.
        Format::Custom(format)
            if format.starts_with(['x', 'X']) && matches!(kind, IntType::SByte | IntType::Int16) =>
        {
            let bits = value & ((1 << kind.bits()) - 1);
            write_custom(Digits::of_int(bits, IntType::UInt64), format, out);
            return Ok(());
        }
        Format::Custom(format) => {
            write_custom(Digits::of_int(value, kind), format, out);
            return Ok(());
        }
    };
    match letter.to_ascii_uppercase() {
        b'G' if precision.unwrap_or(0) == 0 => write_int(value, out),
        b'D' => {
            if value < 0 {
                out.push('-');
            }
            write_padded(value.unsigned_abs(), 10, false, precision, out);
        }
        b'X' => {
            let bits = value as u128 & ((1 << kind.bits()) - 1);
            write_padded(bits, 16, letter.is_ascii_uppercase(), precision, out);
        }
        b'R' => return Err(BAD_SPECIFIER),
        _ => return write_standard(Digits::of_int(value, kind), letter, precision, kind.precision(), out),
    }
    Ok(())
}

/// `ToString(format)` of a `Double`, written behind what `out` holds. An empty format is `G`.
///
/// # Errors
/// `FormatException`: a letter that is no format of floating point numbers.
pub fn format_double(value: f64, format: &str, out: &mut String) -> ClrResult<()> {
    format_float(value, format, &DOUBLE, out)
}

/// `ToString(format)` of a `Single`, written behind what `out` holds. An empty format is `G`.
///
/// # Errors
/// `FormatException`: a letter that is no format of floating point numbers.
pub fn format_single(value: f32, format: &str, out: &mut String) -> ClrResult<()> {
    format_float(f64::from(value), format, &SINGLE, out)
}

/// `ToString(format)` of a `Decimal`, written behind what `out` holds. An empty format is `G`, which
/// keeps zeros at the end.
///
/// # Errors
/// `FormatException`: a letter that is no format of decimals.
pub fn format_decimal(value: Decimal, format: &str, out: &mut String) -> ClrResult<()> {
    let digits = Digits::of_decimal(value);
    match Format::of(format) {
        Format::Custom(format) => write_custom(digits, format, out),
        Format::Standard { letter, precision: None } if letter.eq_ignore_ascii_case(&b'G') => {
            if digits.negative && !digits.is_zero() {
                out.push('-');
            }
            write_general(&digits, None, letter, out);
        }
        Format::Standard { letter, precision } => match letter.to_ascii_uppercase() {
            b'D' | b'X' | b'R' => return Err(BAD_SPECIFIER),
            _ => return write_standard(digits, letter, precision, 29, out),
        },
    }
    Ok(())
}

/// What a floating point type keeps of its digits.
struct Float {
    usual: usize,
    most: usize,
    reads_back: fn(f64, &Digits) -> bool,
}

const DOUBLE: Float =
    Float { usual: 15, most: 17, reads_back: |value, digits| plain(digits).parse() == Ok(value) };
const SINGLE: Float =
    Float { usual: 7, most: 9, reads_back: |value, digits| plain(digits).parse() == Ok(value as f32) };

fn format_float(value: f64, format: &str, float: &Float, out: &mut String) -> ClrResult<()> {
    if !value.is_finite() {
        out.push_str(match (value.is_nan(), value > 0.0) {
            (true, _) => "NaN",
            (_, true) => "Infinity",
            (_, false) => "-Infinity",
        });
        return Ok(());
    }
    let (letter, mut precision) = match Format::of(format) {
        Format::Standard { letter, precision } => (letter, precision),
        Format::Custom(format) => {
            write_custom(Digits::of_double(value, float.usual), format, out);
            return Ok(());
        }
    };
    let mut count = float.usual;
    let mut shown = letter;
    match letter.to_ascii_uppercase() {
        b'R' => {
            if !(float.reads_back)(value, &Digits::of_double(value, count)) {
                count = float.most;
            }
            shown = b'G';
            precision = None;
        }
        b'E' if precision.is_some_and(|digits| digits as usize >= float.usual) => count = float.most,
        b'G' if precision.is_some_and(|digits| digits as usize > float.usual) => count = float.most,
        b'D' | b'X' => return Err(BAD_SPECIFIER),
        _ => {}
    }
    write_standard(Digits::of_double(value, count), shown, precision, count as i32, out)
}

/// The digits in a notation that Rust reads.
fn plain(digits: &Digits) -> String {
    let mut text = String::from(if digits.negative { "-0." } else { "0." });
    text.extend((0..).map_while(|position| digits.at(position)));
    text.push_str(&format!("e{}", digits.scale));
    text
}

/// Formats that all numbers share; `own_precision` is what `G` shows when it is not told.
fn write_standard(
    mut digits: Digits,
    letter: u8,
    precision: Option<i32>,
    own_precision: i32,
    out: &mut String,
) -> ClrResult<()> {
    let decimals = precision.unwrap_or(2);
    match letter.to_ascii_uppercase() {
        b'C' => {
            digits.round(digits.scale.saturating_add(decimals));
            out.push_str(if digits.negative { "(" } else { "" });
            out.push_str(CURRENCY);
            write_fixed(&digits, decimals, true, out);
            out.push_str(if digits.negative { ")" } else { "" });
        }
        b'F' | b'N' => {
            digits.round(digits.scale.saturating_add(decimals));
            write_sign(&digits, out);
            write_fixed(&digits, decimals, letter.eq_ignore_ascii_case(&b'N'), out);
        }
        b'P' => {
            digits.scale += 2;
            digits.round(digits.scale.saturating_add(decimals));
            write_sign(&digits, out);
            write_fixed(&digits, decimals, true, out);
            out.push_str(" %");
        }
        b'E' => {
            let count = precision.unwrap_or(6) + 1;
            digits.round(count);
            write_sign(&digits, out);
            write_scientific(&digits, count, letter, out);
        }
        b'G' => {
            let count = precision.filter(|count| *count > 0).unwrap_or(own_precision);
            digits.round(count);
            write_sign(&digits, out);
            write_general(&digits, Some(count), letter, out);
        }
        _ => return Err(BAD_SPECIFIER),
    }
    Ok(())
}

fn write_sign(digits: &Digits, out: &mut String) {
    if digits.negative {
        out.push('-');
    }
}

fn write_padded(value: u128, radix: u128, upper: bool, precision: Option<i32>, out: &mut String) {
    let mut text = [b'0'; PRECISION_MAX as usize];
    let mut start = text.len();
    let mut rest = value;
    while rest != 0 && start > 0 {
        let digit = char::from_digit((rest % radix) as u32, radix as u32).unwrap_or('0');
        start -= 1;
        text[start] = (if upper { digit.to_ascii_uppercase() } else { digit }) as u8;
        rest /= radix;
    }
    let width = usize::try_from(precision.unwrap_or(1)).unwrap_or(1).clamp(1, text.len());
    let start = start.min(text.len() - width);
    out.push_str(std::str::from_utf8(&text[start..]).unwrap_or_default());
}

fn write_fixed(digits: &Digits, decimals: i32, grouped: bool, out: &mut String) {
    let mut next = 0;
    if digits.scale > 0 {
        let whole = digits.scale as usize;
        for position in 0..whole {
            if grouped && position > 0 && (whole - position).is_multiple_of(GROUP) {
                out.push(',');
            }
            out.push(digits.at(position).unwrap_or('0'));
        }
        next = whole;
    } else {
        out.push('0');
    }
    if decimals > 0 {
        out.push('.');
        let zeros = (-digits.scale).clamp(0, decimals);
        out.extend(std::iter::repeat_n('0', zeros as usize));
        for position in next..next + (decimals - zeros) as usize {
            out.push(digits.at(position).unwrap_or('0'));
        }
    }
}

fn write_scientific(digits: &Digits, count: i32, letter: u8, out: &mut String) {
    out.push(digits.at(0).unwrap_or('0'));
    if count > 1 {
        out.push('.');
    }
    for position in 1..count.max(1) as usize {
        out.push(digits.at(position).unwrap_or('0'));
    }
    let exponent = if digits.is_zero() { 0 } else { digits.scale - 1 };
    write_exponent(exponent, char::from(letter), true, 3, out);
}

/// `G`: plain, or scientific when the point stands far from the digits. `None` is never scientific.
fn write_general(digits: &Digits, count: Option<i32>, letter: u8, out: &mut String) {
    let scientific = count.is_some_and(|count| digits.scale > count || digits.scale < -3);
    let whole = if scientific { 1 } else { digits.scale };
    for position in 0..whole.max(0) as usize {
        out.push(digits.at(position).unwrap_or('0'));
    }
    if whole <= 0 {
        out.push('0');
    }
    let first = whole.max(0) as usize;
    if digits.at(first).is_some() || whole < 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', (-whole).max(0) as usize));
        out.extend((first..).map_while(|position| digits.at(position)));
    }
    if scientific {
        let letter = char::from(letter - (b'G' - b'E'));
        write_exponent(digits.scale - 1, letter, true, 2, out);
    }
}

pub(super) fn write_exponent(exponent: i32, letter: char, plus: bool, digits_min: usize, out: &mut String) {
    out.push(letter);
    if exponent < 0 {
        out.push('-');
    } else if plus {
        out.push('+');
    }
    write_padded(u128::from(exponent.unsigned_abs()), 10, false, Some(digits_min as i32), out);
}
