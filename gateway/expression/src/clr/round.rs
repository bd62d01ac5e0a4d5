//! `Math.Round` of a `Double`.

use super::{ClrError, ClrResult};

/// What becomes of a half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MidpointRounding {
    #[default]
    ToEven,
    AwayFromZero,
}

/// Most decimals of `Math.Round`.
pub const DECIMALS_MAX: i32 = 15;

/// Numbers this large have no decimals to round.
const ROUND_LIMIT: f64 = 1e16;

/// `Math.Round(value, decimals, mode)`: multiplies, rounds, divides, with what binary fractions make
/// of it (`Math.Round(2.345, 2)` is 2.35 on .NET Framework, its product being 234.5 exactly).
///
/// # Errors
/// `ArgumentOutOfRangeException`: decimals are 0 to 15.
pub fn round(value: f64, decimals: i32, mode: MidpointRounding) -> ClrResult<f64> {
    if !(0..=DECIMALS_MAX).contains(&decimals) {
        return Err(ClrError::range("Rounding digits must be between 0 and 15, inclusive.", "digits"));
    }
    if value.is_nan() || value.abs() >= ROUND_LIMIT {
        return Ok(value);
    }
    let power = 10_f64.powi(decimals);
    let product = value * power;
    let rounded = match mode {
        MidpointRounding::ToEven => product.round_ties_even(),
        MidpointRounding::AwayFromZero => product.round(),
    };
    Ok(rounded / power)
}
