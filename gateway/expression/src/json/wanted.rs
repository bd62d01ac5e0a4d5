//! Types of .NET that tokens are converted to, and which kinds of tokens each takes.

use super::scalar::Kind;
use crate::clr::number::IntType;

/// A scalar type of .NET that a token is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Boolean,
    /// The result is an integer, the character's UTF-16 unit.
    Char,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    /// The result is a big integer where 63 bits do not hold it.
    UInt64,
    Single,
    Double,
    Decimal,
    DateTime,
    DateTimeOffset,
    TimeSpan,
    Guid,
    /// The result is the text; whether it is an URI is for the caller to see.
    Uri,
    String,
    Bytes,
    BigInteger,
}

impl Wanted {
    /// As texts of exceptions have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Char => "Char",
            Self::SByte => "SByte",
            Self::Byte => "Byte",
            Self::Int16 => "Int16",
            Self::UInt16 => "UInt16",
            Self::Int32 => "Int32",
            Self::UInt32 => "UInt32",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
            Self::Single => "Single",
            Self::Double => "Double",
            Self::Decimal => "Decimal",
            Self::DateTime => "DateTime",
            Self::DateTimeOffset => "DateTimeOffset",
            Self::TimeSpan => "TimeSpan",
            Self::Guid => "Guid",
            Self::Uri => "Uri",
            Self::String => "String",
            Self::Bytes => "byte array",
            Self::BigInteger => "BigInteger",
        }
    }

    /// The .NET type's full name.
    pub(super) fn type_name(self) -> String {
        match self {
            Self::Bytes => "System.Byte[]".to_owned(),
            Self::BigInteger => "System.Numerics.BigInteger".to_owned(),
            _ => format!("System.{}", self.name()),
        }
    }

    /// C#'s null is a value of these.
    pub(super) fn is_reference(self) -> bool {
        matches!(self, Self::String | Self::Uri | Self::Bytes)
    }

    pub(super) fn integer(self) -> Option<IntType> {
        Some(match self {
            Self::SByte => IntType::SByte,
            Self::Byte => IntType::Byte,
            Self::Int16 => IntType::Int16,
            Self::UInt16 => IntType::UInt16,
            Self::Int32 => IntType::Int32,
            Self::UInt32 => IntType::UInt32,
            Self::Int64 => IntType::Int64,
            Self::UInt64 => IntType::UInt64,
            _ => return None,
        })
    }

    /// Kinds of tokens that have such a conversion.
    pub(super) fn takes(self, kind: Kind) -> bool {
        let is_text = matches!(kind, Kind::String | Kind::Comment | Kind::Raw);
        let is_number = matches!(kind, Kind::Integer | Kind::Float);
        let is_other = match self {
            Self::DateTime | Self::DateTimeOffset => kind == Kind::Date,
            Self::TimeSpan => kind == Kind::TimeSpan,
            Self::Guid => matches!(kind, Kind::Guid | Kind::Bytes),
            Self::Uri => kind == Kind::Uri,
            Self::Bytes => matches!(kind, Kind::Bytes | Kind::Integer),
            Self::Char => is_number,
            Self::BigInteger => is_number || matches!(kind, Kind::Boolean | Kind::Bytes),
            Self::String => {
                is_number
                    || matches!(
                        kind,
                        Kind::Date | Kind::Boolean | Kind::Bytes | Kind::Guid | Kind::TimeSpan | Kind::Uri
                    )
            }
            _ => is_number || kind == Kind::Boolean,
        };
        is_text || is_other
    }
}
