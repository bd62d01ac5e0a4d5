//! Numbers (ECMA-334, 6.4.5.3 and 6.4.5.4).

use super::Lexer;
use crate::syntax::ast::Literal;
use crate::syntax::token::TokenKind;

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let start = self.at;
        let radix = match self.rest().as_bytes() {
            [b'0', b'x' | b'X', ..] => 16,
            [b'0', b'b' | b'B', ..] => 2,
            _ => 10,
        };
        let literal = match radix {
            10 => self.decimal_number(start),
            _ => self.prefixed_number(start, radix),
        };
        self.push(TokenKind::Literal(literal), start);
    }

    fn prefixed_number(&mut self, start: usize, radix: u32) -> Literal {
        self.at += 2;
        let digits = self.digits(radix);
        let suffix = self.suffix();
        match IntegerSuffix::of(&suffix) {
            Some(suffix) if is_well_formed(&digits, true) => self.integer(start, &digits, radix, suffix),
            _ => self.invalid(start),
        }
    }

    fn decimal_number(&mut self, start: usize) -> Literal {
        let mut digits = self.digits(10);
        let mut is_well_formed_ = digits.is_empty() || is_well_formed(&digits, false);
        let mut is_real = false;
        if self.peek() == Some('.') && self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) {
            self.at += 1;
            let fraction = self.digits(10);
            is_well_formed_ &= is_well_formed(&fraction, false);
            digits = format!("{digits}.{fraction}");
            is_real = true;
        }
        if let Some(exponent) = self.exponent() {
            is_well_formed_ &= is_well_formed(exponent.trim_start_matches(['e', '+', '-']), false);
            digits.push_str(&exponent);
            is_real = true;
        }
        let suffix = self.suffix();
        if !is_well_formed_ {
            return self.invalid(start);
        }
        match (suffix.as_str(), IntegerSuffix::of(&suffix)) {
            (_, Some(suffix)) if !is_real => self.integer(start, &digits, 10, suffix),
            ("f", _) => self.float(start, &digits),
            ("" | "d", _) => self.double(start, &digits),
            ("m", _) => Literal::Decimal(digits.replace('_', "")),
            _ => self.invalid(start),
        }
    }

    fn digits(&mut self, radix: u32) -> String {
        let rest = self.rest();
        let end = rest.find(|char: char| char != '_' && !char.is_digit(radix)).unwrap_or(rest.len());
        let digits = rest[..end].to_owned();
        self.at += end;
        digits
    }

    /// `e+10`, if digits follow the `e`.
    fn exponent(&mut self) -> Option<String> {
        let rest = self.rest().strip_prefix(['e', 'E'])?;
        let sign = if rest.starts_with(['+', '-']) { &rest[..1] } else { "" };
        if !rest[sign.len()..].starts_with(|next: char| next.is_ascii_digit()) {
            return None;
        }
        let sign = sign.to_owned();
        self.at += 1 + sign.len();
        Some(format!("e{sign}{}", self.digits(10)))
    }

    /// The word right behind the digits, in lower case.
    fn suffix(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|char| !unicode_ident::is_xid_continue(char)).unwrap_or(rest.len());
        let suffix = rest[..end].to_lowercase();
        self.at += end;
        suffix
    }

    /// The first of `int`, `uint`, `long`, `ulong` that the suffix allows and the value fits.
    fn integer(&mut self, start: usize, digits: &str, radix: u32, suffix: IntegerSuffix) -> Literal {
        let Ok(value) = u64::from_str_radix(&digits.replace('_', ""), radix) else {
            self.error(
                "CS1021",
                start,
                "integral constant is too large: it must be at most 18446744073709551615",
                "a larger number can be a `double` (`1e20`) or a `decimal` (suffix `m`)",
            );
            return Literal::Int(0);
        };
        let int = i32::try_from(value).ok().filter(|_| suffix == IntegerSuffix::None).map(Literal::Int);
        let uint = || u32::try_from(value).ok().filter(|_| !suffix.is_long()).map(Literal::UInt);
        let long = || i64::try_from(value).ok().filter(|_| !suffix.is_unsigned()).map(Literal::Long);
        int.or_else(uint).or_else(long).unwrap_or(Literal::ULong(value))
    }

    fn float(&mut self, start: usize, digits: &str) -> Literal {
        let value = digits.replace('_', "").parse().unwrap_or(f32::INFINITY);
        if value.is_infinite() {
            self.outside(start, "float");
        }
        Literal::Float(value)
    }

    fn double(&mut self, start: usize, digits: &str) -> Literal {
        let value = digits.replace('_', "").parse().unwrap_or(f64::INFINITY);
        if value.is_infinite() {
            self.outside(start, "double");
        }
        Literal::Double(value)
    }

    fn outside(&mut self, start: usize, ty: &str) {
        self.error("CS0594", start, format!("floating-point constant is outside the range of `{ty}`"), "");
    }

    fn invalid(&mut self, start: usize) -> Literal {
        let text = &self.source[start..self.at];
        let message = format!("invalid number `{text}`");
        let hint = "a number may end in `u`, `l`, `ul`, `f`, `d` or `m`, and `_` stands between digits";
        self.error("CS1013", start, message, hint);
        Literal::Int(0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IntegerSuffix {
    None,
    Unsigned,
    Long,
    UnsignedLong,
}

impl IntegerSuffix {
    fn of(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "" => Self::None,
            "u" => Self::Unsigned,
            "l" => Self::Long,
            "ul" | "lu" => Self::UnsignedLong,
            _ => return None,
        })
    }

    fn is_long(self) -> bool {
        matches!(self, Self::Long | Self::UnsignedLong)
    }

    fn is_unsigned(self) -> bool {
        matches!(self, Self::Unsigned | Self::UnsignedLong)
    }
}

/// Underscores stand between digits; behind `0x` and `0b` they may come first.
fn is_well_formed(digits: &str, is_prefixed: bool) -> bool {
    let begins_well = is_prefixed || !digits.starts_with('_');
    begins_well && !digits.ends_with('_') && !digits.is_empty()
}
