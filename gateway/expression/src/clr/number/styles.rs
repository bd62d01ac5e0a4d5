//! `System.Globalization.NumberStyles`.

use crate::clr::{ClrError, ClrResult};

/// What a number's text may contain beside digits: a set of .NET's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyles(pub u32);

impl NumberStyles {
    pub const NONE: Self = Self(0);
    pub const ALLOW_LEADING_WHITE: Self = Self(0x1);
    pub const ALLOW_TRAILING_WHITE: Self = Self(0x2);
    pub const ALLOW_LEADING_SIGN: Self = Self(0x4);
    pub const ALLOW_TRAILING_SIGN: Self = Self(0x8);
    pub const ALLOW_PARENTHESES: Self = Self(0x10);
    pub const ALLOW_DECIMAL_POINT: Self = Self(0x20);
    pub const ALLOW_THOUSANDS: Self = Self(0x40);
    pub const ALLOW_EXPONENT: Self = Self(0x80);
    pub const ALLOW_CURRENCY_SYMBOL: Self = Self(0x100);
    pub const ALLOW_HEX_SPECIFIER: Self = Self(0x200);
    /// What `Int32.Parse(s)` takes.
    pub const INTEGER: Self = Self(0x7);
    pub const HEX_NUMBER: Self = Self(0x203);
    /// What `Decimal.Parse(s)` takes.
    pub const NUMBER: Self = Self(0x6f);
    pub const FLOAT: Self = Self(0xa7);
    /// What `Double.Parse(s)` takes: `Float` and thousands.
    pub const DOUBLE: Self = Self(0xe7);
    pub const CURRENCY: Self = Self(0x17f);
    pub const ANY: Self = Self(0x1ff);

    const ALL: u32 = 0x3ff;

    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    /// Flags that an integer's text may have.
    ///
    /// # Errors
    /// `ArgumentException`: unknown flags, or hexadecimal with others.
    pub const fn check_integer(self) -> ClrResult<()> {
        if self.0 & !Self::ALL != 0 {
            return Err(ClrError::Argument {
                message: "An undefined NumberStyles value is being used.",
                parameter: "style",
            });
        }
        if self.has(Self::ALLOW_HEX_SPECIFIER) && self.0 & !Self::HEX_NUMBER.0 != 0 {
            return Err(ClrError::Argument {
                message: "With the AllowHexSpecifier bit set in the enum bit field, the only other valid bits \
                          that can be combined into the enum value must be a subset of those in HexNumber.",
                parameter: "",
            });
        }
        Ok(())
    }

    /// Flags that the text of a `Double`, `Single` or `Decimal` may have.
    ///
    /// # Errors
    /// `ArgumentException`: unknown flags, or hexadecimal.
    pub const fn check_float(self) -> ClrResult<()> {
        if self.0 & !Self::ALL != 0 {
            return self.check_integer();
        }
        if self.has(Self::ALLOW_HEX_SPECIFIER) {
            return Err(ClrError::Argument {
                message: "The number style AllowHexSpecifier is not supported on floating point data types.",
                parameter: "",
            });
        }
        Ok(())
    }
}

impl std::ops::BitOr for NumberStyles {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
