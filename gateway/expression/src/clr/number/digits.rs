//! A number as decimal digits: `0.d₁d₂d₃… × 10^scale`, with a sign.

use std::fmt::{self, Write as _};

use rust_decimal::Decimal;

use super::IntType;

const DIGITS_MAX: usize = 32;

/// Decimal digits of a number. Reading past the end gives nothing, so formats need no bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    digits: [u8; DIGITS_MAX],
    len: usize,
    /// Where the decimal point stands, counted from before the first digit.
    pub(crate) scale: i32,
    pub(crate) negative: bool,
}

impl Digits {
    pub(crate) fn of_int(value: i128, kind: IntType) -> Self {
        debug_assert!(kind.check(value).is_ok());
        let mut this = Self::of_u128(value.unsigned_abs());
        this.negative = value < 0;
        this
    }

    /// Digits of a decimal; a zero keeps its scale, so that `0.00` prints its decimals.
    pub(crate) fn of_decimal(value: Decimal) -> Self {
        let mut this = Self::of_u128(value.mantissa().unsigned_abs());
        this.scale -= value.scale() as i32;
        this.negative = value.is_sign_negative();
        this
    }

    /// The `precision` leading digits of a finite number, halves rounded away from zero.
    pub(crate) fn of_double(value: f64, precision: usize) -> Self {
        let precision = precision.clamp(1, 17);
        // One digit more decides the rounding, unless it is a 5: that may itself be rounded.
        let mut this = Self::of_double_exact(value, precision + 1);
        if this.at(precision) == Some('5') {
            this = Self::of_double_exact(value, DIGITS_MAX);
        }
        this.round(precision as i32);
        this
    }

    fn of_double_exact(value: f64, count: usize) -> Self {
        let mut this = Self::zero(value < 0.0);
        if value == 0.0 {
            return this;
        }
        let mut text = Scratch { bytes: [0; 40], len: 0 };
        let _ = write!(text, "{:.*e}", count - 1, value.abs());
        let text = std::str::from_utf8(&text.bytes[..text.len]).unwrap_or_default();
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
            this.push(digit);
        }
        this.scale = exponent.parse::<i32>().unwrap_or(0) + 1;
        this
    }

    fn of_u128(mut value: u128) -> Self {
        let mut reversed = [0; 40];
        let mut len = 0;
        while value != 0 {
            reversed[len] = b'0' + (value % 10) as u8;
            value /= 10;
            len += 1;
        }
        let mut this = Self::zero(false);
        for digit in reversed[..len].iter().rev() {
            this.push(*digit);
        }
        this.scale = len as i32;
        this
    }

    const fn zero(negative: bool) -> Self {
        Self { digits: [0; DIGITS_MAX], len: 0, scale: 0, negative }
    }

    fn push(&mut self, digit: u8) {
        if self.len < DIGITS_MAX {
            self.digits[self.len] = digit;
            self.len += 1;
        }
    }

    pub(crate) const fn is_zero(&self) -> bool {
        self.len == 0
    }

    /// The digit at a position, if there is one.
    pub(crate) fn at(&self, position: usize) -> Option<char> {
        (position < self.len).then(|| char::from(self.digits[position]))
    }

    /// Keeps `count` digits, rounds halves away from zero, and drops zeros at the end. What rounds
    /// to nothing loses its sign: .NET Framework has no negative zero in text.
    pub(crate) fn round(&mut self, count: i32) {
        let mut len = self.len.min(usize::try_from(count).unwrap_or(0));
        let up = usize::try_from(count) == Ok(len) && self.at(len).is_some_and(|digit| digit >= '5');
        if up {
            while len > 0 && self.digits[len - 1] == b'9' {
                len -= 1;
            }
            if len > 0 {
                self.digits[len - 1] += 1;
            } else {
                self.digits[0] = b'1';
                self.scale += 1;
                len = 1;
            }
        } else {
            while len > 0 && self.digits[len - 1] == b'0' {
                len -= 1;
            }
        }
        self.len = len;
        if len == 0 {
            self.scale = 0;
            self.negative = false;
        }
    }
}

/// A small text on the stack.
struct Scratch {
    bytes: [u8; 40],
    len: usize,
}

impl fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
