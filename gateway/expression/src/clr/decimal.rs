//! `System.Decimal`: 96 bits of digits, 0 to 28 decimals, a sign; the decimals of a result are kept
//! (`1.10 * 2.20` is `2.4200`).
//!
//! The arithmetic is rust_decimal's; what stands here are .NET's exceptions, conversions and the
//! places where the two differ.

use rust_decimal::{Decimal, RoundingStrategy};

use super::number::{Digits, IntType};
use super::{ClrError, ClrResult};

/// What a decimal says when a result does not fit.
pub const DECIMAL_OVERFLOW: ClrError =
    ClrError::Overflow("Value was either too large or too small for a Decimal.");

/// Most decimals of a decimal.
pub const SCALE_MAX: u32 = 28;

const MANTISSA_MAX: u128 = (1 << 96) - 1;

/// # Errors
/// `OverflowException`
pub fn add(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    left.checked_add(right).ok_or(DECIMAL_OVERFLOW)
}

/// # Errors
/// `OverflowException`
pub fn subtract(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    left.checked_sub(right).ok_or(DECIMAL_OVERFLOW)
}

/// # Errors
/// `OverflowException`
pub fn multiply(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    left.checked_mul(right).ok_or(DECIMAL_OVERFLOW)
}

/// # Errors
/// `DivideByZeroException`, `OverflowException`
pub fn divide(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    if right.is_zero() {
        return Err(ClrError::DivideByZero);
    }
    left.checked_div(right).ok_or(DECIMAL_OVERFLOW)
}

/// # Errors
/// `DivideByZeroException`, `OverflowException`
pub fn remainder(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    if right.is_zero() {
        return Err(ClrError::DivideByZero);
    }
    left.checked_rem(right).ok_or(DECIMAL_OVERFLOW)
}

/// `(decimal)` of a `Double`: 15 digits, without zeros at the end.
///
/// # Errors
/// `OverflowException`, also for what is not a number.
pub fn from_double(value: f64) -> ClrResult<Decimal> {
    from_float(value, 15)
}

/// `(decimal)` of a `Single`: 7 digits, without zeros at the end.
///
/// # Errors
/// `OverflowException`, also for what is not a number.
pub fn from_single(value: f32) -> ClrResult<Decimal> {
    from_float(f64::from(value), 7)
}

fn from_float(value: f64, precision: usize) -> ClrResult<Decimal> {
    if !value.is_finite() {
        return Err(DECIMAL_OVERFLOW);
    }
    let mut digits = Digits::of_double(value, precision);
    digits.round(precision as i32);
    let text: Vec<u8> = (0..).map_while(|position| digits.at(position)).map(|digit| digit as u8).collect();
    let decimal = from_digits(digits.negative, &text, digits.scale).ok_or(DECIMAL_OVERFLOW)?;
    Ok(decimal.normalize())
}

/// `0.digits × 10^scale`, rounded to what fits, halves to even. Nothing when it is too large.
pub(crate) fn from_digits(negative: bool, digits: &[u8], scale: i32) -> Option<Decimal> {
    let mut mantissa = 0_u128;
    let mut used = 0;
    // Decimals still free: digits are taken while they fit.
    let mut decimals = -scale;
    let mut rest = digits.iter().map(|digit| u128::from(digit - b'0'));
    while decimals < SCALE_MAX as i32 {
        let digit = match digits.get(used) {
            Some(digit) => u128::from(digit - b'0'),
            None if decimals < 0 => 0,
            None => break,
        };
        let next = mantissa * 10 + digit;
        if next > MANTISSA_MAX {
            break;
        }
        mantissa = next;
        used += 1;
        decimals += 1;
        rest.next();
    }
    if decimals < 0 {
        return None;
    }
    // What is left decides the rounding, unless it lies further right than the first digit lost.
    if decimals <= SCALE_MAX as i32 && rest.len() > 0 {
        let first = rest.next().unwrap_or(0);
        let tie = first == 5 && rest.all(|digit| digit == 0);
        if first > 5 || (first == 5 && (!tie || mantissa % 2 == 1)) {
            mantissa += 1;
            if mantissa > MANTISSA_MAX {
                if decimals == 0 {
                    return None;
                }
                mantissa = mantissa / 10 + 1;
                decimals -= 1;
            }
        }
    }
    let decimals = decimals.min(SCALE_MAX as i32) as u32;
    let mut decimal = Decimal::try_from_i128_with_scale(i128::try_from(mantissa).ok()?, decimals).ok()?;
    decimal.set_sign_negative(negative);
    Some(decimal)
}

/// `(int)` and its siblings of a decimal: the fraction is cut off.
///
/// # Errors
/// `OverflowException`
pub fn to_int(value: Decimal, kind: IntType) -> ClrResult<i128> {
    kind.check(value.trunc().mantissa())
}

/// `(double)` of a decimal.
pub fn to_double(value: Decimal) -> f64 {
    let magnitude = value.mantissa() as f64 / 10_f64.powi(value.scale() as i32);
    // The sign of a decimal zero is not seen.
    if value.is_zero() { 0.0 } else { magnitude }
}

/// `Decimal.Round(value, decimals, mode)`; `Math.Round` of a decimal is the same.
///
/// # Errors
/// `ArgumentOutOfRangeException`: decimals are 0 to 28.
pub fn round(value: Decimal, decimals: i32, mode: super::round::MidpointRounding) -> ClrResult<Decimal> {
    let decimals = u32::try_from(decimals).ok().filter(|decimals| *decimals <= SCALE_MAX).ok_or(
        ClrError::range("Decimal can only round to between 0 and 28 digits of precision.", "decimals"),
    )?;
    Ok(value.round_dp_with_strategy(
        decimals,
        match mode {
            super::round::MidpointRounding::ToEven => RoundingStrategy::MidpointNearestEven,
            super::round::MidpointRounding::AwayFromZero => RoundingStrategy::MidpointAwayFromZero,
        },
    ))
}
