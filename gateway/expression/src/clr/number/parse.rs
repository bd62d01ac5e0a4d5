//! Text to numbers: `Parse` and `TryParse` with `NumberStyles`.
//!
//! `TryParse` is the same as `Parse` with every error meaning false, except that wrong styles throw
//! in both.

use rust_decimal::Decimal;

use super::{IntType, NOT_A_NUMBER, NumberStyles};
use crate::clr::decimal::{self, DECIMAL_OVERFLOW};
use crate::clr::{ClrError, ClrResult};

const FORMAT: ClrError = ClrError::format(NOT_A_NUMBER);

/// Exponents beyond this are all the same: too large, or nothing left.
const EXPONENT_MAX: i32 = 9_999;

/// Digits of a number that are kept; those after can only decide a tie.
const DIGITS_MAX: usize = 800;

/// `Int32.Parse` and its siblings.
///
/// # Errors
/// `FormatException`; `OverflowException`, also for a fraction that is not zero; `ArgumentException`
/// for wrong styles.
pub fn parse_int(text: &str, styles: NumberStyles, kind: IntType) -> ClrResult<i128> {
    styles.check_integer()?;
    if styles.has(NumberStyles::ALLOW_HEX_SPECIFIER) {
        return parse_hex(text, styles, kind);
    }
    let scanned = Scan::new(text, styles).run(false)?;
    // Digits before the point are the value; a digit behind it, unless zero, is too much.
    let whole = usize::try_from(scanned.scale).unwrap_or(0);
    if scanned.digits.len() > whole || whole > 20 {
        return Err(kind.overflow());
    }
    if scanned.negative && !kind.signed() {
        return Err(kind.overflow());
    }
    let zeros = whole - scanned.digits.len();
    let digits = scanned.digits.iter().copied().chain(std::iter::repeat_n(b'0', zeros));
    let value = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    kind.check(if scanned.negative { -value } else { value })
}

fn parse_hex(text: &str, styles: NumberStyles, kind: IntType) -> ClrResult<i128> {
    let mut rest = text.as_bytes();
    if styles.has(NumberStyles::ALLOW_LEADING_WHITE) {
        rest = skip_white(rest);
    }
    let len = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, mut rest) = rest.split_at(len);
    if styles.has(NumberStyles::ALLOW_TRAILING_WHITE) {
        rest = skip_white(rest);
    }
    if digits.is_empty() || rest.iter().any(|byte| *byte != 0) {
        return Err(FORMAT);
    }
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    let digits = &digits[zeros..];
    if digits.len() > kind.bits() as usize / 4 {
        return Err(kind.overflow());
    }
    let value = digits
        .iter()
        .fold(0_i128, |value, digit| value * 16 + i128::from(char::from(*digit).to_digit(16).unwrap_or(0)));
    Ok(kind.wrap(value))
}

/// `Double.Parse`.
///
/// The result is the nearest number; .NET Framework is at times one unit off in the last place.
///
/// # Errors
/// `FormatException`; `OverflowException` (newer run-times give infinity); `ArgumentException` for
/// wrong styles.
pub fn parse_double(text: &str, styles: NumberStyles) -> ClrResult<f64> {
    const OVERFLOW: ClrError = ClrError::Overflow("Value was either too large or too small for a Double.");
    styles.check_float()?;
    match Scan::new(text, styles).run(true) {
        Ok(scanned) => {
            let value: f64 = scanned.plain().parse().map_err(|_| FORMAT)?;
            if value.is_finite() { Ok(value) } else { Err(OVERFLOW) }
        }
        Err(error) => symbol(text).ok_or(error),
    }
}

/// `Single.Parse`.
///
/// # Errors
/// As [`parse_double`].
pub fn parse_single(text: &str, styles: NumberStyles) -> ClrResult<f32> {
    const OVERFLOW: ClrError = ClrError::Overflow("Value was either too large or too small for a Single.");
    styles.check_float()?;
    match Scan::new(text, styles).run(true) {
        Ok(scanned) => {
            let value: f32 = scanned.plain().parse().map_err(|_| FORMAT)?;
            if value.is_finite() { Ok(value) } else { Err(OVERFLOW) }
        }
        Err(error) => symbol(text).map(|value| value as f32).ok_or(error),
    }
}

fn symbol(text: &str) -> Option<f64> {
    match crate::clr::text::trim(text) {
        // .NET's has the sign bit set, which `BitConverter` shows.
        "NaN" => Some(-f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// `Decimal.Parse`: zeros at the end are kept, digits that do not fit are rounded, halves to even.
///
/// # Errors
/// `FormatException`; `OverflowException`; `ArgumentException` for wrong styles.
pub fn parse_decimal(text: &str, styles: NumberStyles) -> ClrResult<Decimal> {
    styles.check_float()?;
    let scanned = Scan::new(text, styles).run(true)?;
    decimal::from_digits(scanned.negative, &scanned.digits, scanned.scale).ok_or(DECIMAL_OVERFLOW)
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

fn skip_white(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().take_while(|byte| is_white(**byte)).count()..]
}

/// What a text was: `0.digits × 10^scale`. Digits begin with one that is not zero.
struct Scanned {
    digits: Vec<u8>,
    scale: i32,
    negative: bool,
}

impl Scanned {
    /// The number in a notation that Rust reads.
    fn plain(&self) -> String {
        // Zero has no sign; newer run-times keep it.
        let sign = if self.negative && !self.digits.is_empty() { "-" } else { "" };
        let digits = std::str::from_utf8(&self.digits).unwrap_or_default();
        format!("{sign}0.{digits}0e{}", self.scale)
    }
}

/// Reads a number as .NET does: white space, signs, parentheses and the currency symbol in any
/// order before the digits, and again behind them.
struct Scan<'a> {
    rest: &'a [u8],
    styles: NumberStyles,
    sign: bool,
    parenthesis: bool,
    /// A currency symbol may still come.
    currency_open: bool,
    currency: bool,
    negative: bool,
}

const CURRENCY: &[u8] = "¤".as_bytes();

impl<'a> Scan<'a> {
    fn new(text: &'a str, styles: NumberStyles) -> Self {
        Self {
            rest: text.as_bytes(),
            styles,
            sign: false,
            parenthesis: false,
            currency_open: styles.has(NumberStyles::ALLOW_CURRENCY_SYMBOL),
            currency: false,
            negative: false,
        }
    }

    /// `keep_zeros` keeps zeros at the end, and the scale of a zero.
    fn run(mut self, keep_zeros: bool) -> ClrResult<Scanned> {
        self.read_before();
        let mut scanned = Scanned { digits: Vec::new(), scale: 0, negative: false };
        let point = self.read_digits(&mut scanned)?;
        self.read_exponent(&mut scanned);
        self.read_after();
        if self.parenthesis || self.rest.iter().any(|byte| *byte != 0) {
            return Err(FORMAT);
        }
        if !keep_zeros {
            let kept = scanned.digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
            scanned.digits.truncate(kept);
            if kept == 0 {
                scanned.scale = 0;
            }
        }
        // A whole zero has no sign, `-0.0` has one.
        scanned.negative = self.negative && (point || !scanned.digits.is_empty());
        Ok(scanned)
    }

    fn has(&self, flag: NumberStyles) -> bool {
        self.styles.has(flag)
    }

    fn take(&mut self, symbol: &[u8]) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take_sign(&mut self) -> bool {
        if self.sign {
            return false;
        }
        let negative = self.rest.first() == Some(&b'-');
        if negative || self.rest.first() == Some(&b'+') {
            self.rest = &self.rest[1..];
            self.negative = negative;
            self.sign = true;
            return true;
        }
        false
    }

    fn take_currency(&mut self) -> bool {
        if self.currency_open && self.take(CURRENCY) {
            self.currency_open = false;
            self.currency = true;
            return true;
        }
        false
    }

    fn read_before(&mut self) {
        while let Some(byte) = self.rest.first().copied() {
            // Between a sign and the digits there is no white space, unless a currency symbol is.
            let white = is_white(byte)
                && self.has(NumberStyles::ALLOW_LEADING_WHITE)
                && (!self.sign || self.currency);
            if white {
                self.rest = &self.rest[1..];
            } else if self.has(NumberStyles::ALLOW_LEADING_SIGN) && self.take_sign() {
            } else if byte == b'(' && self.has(NumberStyles::ALLOW_PARENTHESES) && !self.sign {
                self.rest = &self.rest[1..];
                (self.sign, self.parenthesis, self.negative) = (true, true, true);
            } else if !self.take_currency() {
                break;
            }
        }
    }

    /// Reads digits, point and thousands; at least one digit. Says whether there was a point.
    fn read_digits(&mut self, scanned: &mut Scanned) -> ClrResult<bool> {
        let (mut any, mut point) = (false, false);
        while let Some(byte) = self.rest.first().copied() {
            match byte {
                b'0'..=b'9' => {
                    any = true;
                    if byte != b'0' || !scanned.digits.is_empty() {
                        if scanned.digits.len() < DIGITS_MAX {
                            scanned.digits.push(byte);
                        }
                        if !point {
                            scanned.scale = scanned.scale.saturating_add(1);
                        }
                    } else if point {
                        scanned.scale = scanned.scale.saturating_sub(1);
                    }
                }
                b'.' if self.has(NumberStyles::ALLOW_DECIMAL_POINT) && !point => point = true,
                b',' if self.has(NumberStyles::ALLOW_THOUSANDS) && any && !point => {}
                _ => break,
            }
            self.rest = &self.rest[1..];
        }
        if any { Ok(point) } else { Err(FORMAT) }
    }

    fn read_exponent(&mut self, scanned: &mut Scanned) {
        if !self.has(NumberStyles::ALLOW_EXPONENT) {
            return;
        }
        let Some(rest) = self.rest.strip_prefix(b"e").or_else(|| self.rest.strip_prefix(b"E")) else {
            return;
        };
        let negative = rest.first() == Some(&b'-');
        let rest = &rest[usize::from(negative || rest.first() == Some(&b'+'))..];
        let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if len == 0 {
            return;
        }
        let exponent = rest[..len].iter().fold(0, |exponent: i32, digit| {
            (exponent.saturating_mul(10).saturating_add(i32::from(digit - b'0'))).min(EXPONENT_MAX)
        });
        scanned.scale = scanned.scale.saturating_add(if negative { -exponent } else { exponent });
        self.rest = &rest[len..];
    }

    fn read_after(&mut self) {
        while let Some(byte) = self.rest.first().copied() {
            if is_white(byte) && self.has(NumberStyles::ALLOW_TRAILING_WHITE) {
                self.rest = &self.rest[1..];
            } else if self.has(NumberStyles::ALLOW_TRAILING_SIGN) && self.take_sign() {
            } else if byte == b')' && self.parenthesis {
                self.rest = &self.rest[1..];
                self.parenthesis = false;
            } else if !self.take_currency() {
                break;
            }
        }
    }
}
