//! `System.Decimal`: 96 bits of digits, 0 to 28 decimals, a sign; the decimals of a result are kept
//! (`1.10 * 2.20` is `2.4200`).
//!
//! The arithmetic is rust_decimal's; what stands here are .NET's exceptions, conversions and the
//! places where the two differ.

use rust_decimal::{Decimal, RoundingStrategy};

use super::number::IntType;
use super::{ClrError, ClrResult};

/// What a decimal says when a result does not fit.
pub const DECIMAL_OVERFLOW: ClrError =
    ClrError::Overflow("Value was either too large or too small for a Decimal.");

/// Most decimals of a decimal.
pub const SCALE_MAX: u32 = 28;

/// Decimals beyond which a product of zero forgets them.
const ZERO_SCALE_MAX: u32 = 47;

const MANTISSA_MAX: u128 = (1 << 96) - 1;

/// # Errors
/// `OverflowException`
pub fn add(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    if left.is_zero() || right.is_zero() {
        let scale = left.scale().max(right.scale());
        return Ok(widen(if left.is_zero() { right } else { left }, scale));
    }
    left.checked_add(right).ok_or(DECIMAL_OVERFLOW)
}

/// # Errors
/// `OverflowException`
pub fn subtract(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    add(left, -right)
}

/// # Errors
/// `OverflowException`
pub fn multiply(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    if left.is_zero() || right.is_zero() {
        // A zero keeps its decimals only beside a number of 32 bits, and only so many.
        let scale = left.scale() + right.scale();
        let small = [left, right].iter().all(|value| value.mantissa().unsigned_abs() <= u32::MAX.into());
        return Ok(widen(Decimal::ZERO, if small && scale <= ZERO_SCALE_MAX { scale } else { 0 }));
    }
    left.checked_mul(right).ok_or(DECIMAL_OVERFLOW)
}

/// A quotient that comes out even has as many decimals as the operands have between them; any other
/// has as many as it needs.
///
/// # Errors
/// `DivideByZeroException`, `OverflowException`
pub fn divide(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    if right.is_zero() {
        return Err(ClrError::DivideByZero);
    }
    let (dividend, divisor) = (left.mantissa(), right.mantissa());
    if dividend % divisor != 0 {
        return Ok(left.checked_div(right).ok_or(DECIMAL_OVERFLOW)?.normalize());
    }
    let quotient = dividend / divisor;
    let missing = right.scale().saturating_sub(left.scale());
    let quotient = quotient.checked_mul(10_i128.pow(missing)).ok_or(DECIMAL_OVERFLOW)?;
    Decimal::try_from_i128_with_scale(quotient, left.scale().saturating_sub(right.scale()))
        .map_err(|_| DECIMAL_OVERFLOW)
}

/// # Errors
/// `DivideByZeroException`, `OverflowException`
pub fn remainder(left: Decimal, right: Decimal) -> ClrResult<Decimal> {
    if right.is_zero() {
        return Err(ClrError::DivideByZero);
    }
    if left.abs() < right.abs() {
        return Ok(left);
    }
    let remainder = left.checked_rem(right).ok_or(DECIMAL_OVERFLOW)?;
    Ok(widen(remainder, left.scale().max(right.scale())))
}

/// The same number with as many decimals as asked for, or as fit.
fn widen(mut value: Decimal, scale: u32) -> Decimal {
    value.rescale(scale.clamp(value.scale(), SCALE_MAX));
    value
}

/// `(decimal)` of a `Double`: 15 digits, without zeros at the end.
///
/// Scaled in binary, so that the last digit may differ from what `ToString` prints.
///
/// # Errors
/// `OverflowException`, also for what is not a number.
pub fn from_double(value: f64) -> ClrResult<Decimal> {
    from_float(value, 15, &[8, 4, 2, 1])
}

/// `(decimal)` of a `Single`: 7 digits, mostly without zeros at the end.
///
/// # Errors
/// `OverflowException`, also for what is not a number.
pub fn from_single(value: f32) -> ClrResult<Decimal> {
    from_float(f64::from(value), 7, &[4, 2, 1])
}

/// `steps` are the powers of ten by which zeros at the end are taken off, each once.
fn from_float(value: f64, precision: i32, steps: &[u32]) -> ClrResult<Decimal> {
    // `value < 2^exponent`
    let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - 1022;
    if exponent < -94 {
        return Ok(Decimal::ZERO);
    }
    if exponent > 96 {
        return Err(DECIMAL_OVERFLOW);
    }
    let limit = 10_f64.powi(precision);
    let mut magnitude = value.abs();
    // 19728 / 65536 is the logarithm of 2.
    let mut scale = precision - 1 - ((exponent * 19_728) >> 16);
    if scale >= 0 {
        scale = scale.min(SCALE_MAX as i32);
        magnitude *= 10_f64.powi(scale);
    } else if scale != -1 || magnitude >= limit {
        magnitude /= 10_f64.powi(-scale);
    } else {
        scale = 0;
    }
    if magnitude < limit / 10.0 && scale < SCALE_MAX as i32 {
        magnitude *= 10.0;
        scale += 1;
    }
    let mut mantissa = magnitude.round_ties_even() as i128;
    if mantissa == 0 {
        return Ok(Decimal::ZERO);
    }
    if scale < 0 {
        mantissa *= 10_i128.pow(scale.unsigned_abs());
        scale = 0;
    } else {
        let mut most = scale.min(precision - 1) as u32;
        for step in steps {
            let power = 10_i128.pow(*step);
            if most >= *step && mantissa % power == 0 {
                mantissa /= power;
                most -= step;
                scale -= *step as i32;
            }
        }
    }
    let mut decimal =
        Decimal::try_from_i128_with_scale(mantissa, scale as u32).map_err(|_| DECIMAL_OVERFLOW)?;
    decimal.set_sign_negative(value < 0.0);
    Ok(decimal)
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
    if value.is_sign_negative() && value.is_zero() { -0.0 } else { magnitude }
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
