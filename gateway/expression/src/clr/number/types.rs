//! The integer types, and the shortest way from an integer to text.

use crate::clr::ClrError;

/// .NET's integer types. Values are carried as `i128`, which holds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntType {
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
}

impl IntType {
    pub const ALL: [Self; 8] = [
        Self::SByte,
        Self::Byte,
        Self::Int16,
        Self::UInt16,
        Self::Int32,
        Self::UInt32,
        Self::Int64,
        Self::UInt64,
    ];

    pub const fn bits(self) -> u32 {
        match self {
            Self::SByte | Self::Byte => 8,
            Self::Int16 | Self::UInt16 => 16,
            Self::Int32 | Self::UInt32 => 32,
            Self::Int64 | Self::UInt64 => 64,
        }
    }

    pub const fn signed(self) -> bool {
        matches!(self, Self::SByte | Self::Int16 | Self::Int32 | Self::Int64)
    }

    pub const fn min(self) -> i128 {
        if self.signed() { -(1 << (self.bits() - 1)) } else { 0 }
    }

    pub const fn max(self) -> i128 {
        if self.signed() { (1 << (self.bits() - 1)) - 1 } else { (1 << self.bits()) - 1 }
    }

    /// What .NET says when a value does not fit.
    pub const fn overflow(self) -> ClrError {
        ClrError::Overflow(match self {
            Self::SByte => "Value was either too large or too small for a signed byte.",
            Self::Byte => "Value was either too large or too small for an unsigned byte.",
            Self::Int16 => "Value was either too large or too small for an Int16.",
            Self::UInt16 => "Value was either too large or too small for a UInt16.",
            Self::Int32 => "Value was either too large or too small for an Int32.",
            Self::UInt32 => "Value was either too large or too small for a UInt32.",
            Self::Int64 => "Value was either too large or too small for an Int64.",
            Self::UInt64 => "Value was either too large or too small for a UInt64.",
        })
    }

    /// The value, if it fits.
    ///
    /// # Errors
    /// `OverflowException`
    pub const fn check(self, value: i128) -> Result<i128, ClrError> {
        if self.min() <= value && value <= self.max() { Ok(value) } else { Err(self.overflow()) }
    }

    /// The value of the low bits, as an unchecked cast gives it.
    pub const fn wrap(self, value: i128) -> i128 {
        let shift = 128 - self.bits();
        if self.signed() { (value << shift) >> shift } else { (((value as u128) << shift) >> shift) as i128 }
    }

    /// Decimal digits that `G` shows at most before it turns to exponents.
    pub(crate) const fn precision(self) -> i32 {
        match self {
            Self::Int64 => 19,
            Self::UInt64 => 20,
            _ => 10,
        }
    }
}

/// `ToString()` of an integer, written behind what `out` holds.
pub fn write_int(value: i128, out: &mut String) {
    use std::fmt::Write as _;
    // A 64-bit number prints several times as fast, and nearly all are.
    let _ = match i64::try_from(value) {
        Ok(value) => write!(out, "{value}"),
        Err(_) => write!(out, "{value}"),
    };
}
