//! What a `JValue` holds.

use rust_decimal::Decimal;

use crate::clr::datetime::DateTime;
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::guid::Guid;
use crate::clr::timespan::TimeSpan;

/// The value of a token that has no children; also what the interpreter hands over and takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    Null,
    Undefined,
    Boolean(bool),
    Integer(i64),
    /// An integer past 64 bits: an optional `-`, then digits without leading zeros.
    Big(&'a str),
    Float(f64),
    /// A C# `float`, which prints fewer digits.
    Single(f32),
    Decimal(Decimal),
    String(&'a str),
    Date(DateTime),
    DateOffset(DateTimeOffset),
    Bytes(&'a [u8]),
    Guid(Guid),
    /// As it was written.
    Uri(&'a str),
    TimeSpan(TimeSpan),
    /// JSON text that is written as it is (`JRaw`).
    Raw(&'a str),
    Comment(&'a str),
}

/// `JTokenType`; the numbers are .NET's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    None = 0,
    Object = 1,
    Array = 2,
    Constructor = 3,
    Property = 4,
    Comment = 5,
    Integer = 6,
    Float = 7,
    String = 8,
    Boolean = 9,
    Null = 10,
    Undefined = 11,
    Date = 12,
    Raw = 13,
    Bytes = 14,
    Guid = 15,
    Uri = 16,
    TimeSpan = 17,
}

impl Kind {
    /// The enumeration's member, as `ToString()` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Object => "Object",
            Self::Array => "Array",
            Self::Constructor => "Constructor",
            Self::Property => "Property",
            Self::Comment => "Comment",
            Self::Integer => "Integer",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Null => "Null",
            Self::Undefined => "Undefined",
            Self::Date => "Date",
            Self::Raw => "Raw",
            Self::Bytes => "Bytes",
            Self::Guid => "Guid",
            Self::Uri => "Uri",
            Self::TimeSpan => "TimeSpan",
        }
    }
}

impl Scalar<'_> {
    pub fn kind(self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Undefined => Kind::Undefined,
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) | Self::Big(_) => Kind::Integer,
            Self::Float(_) | Self::Single(_) | Self::Decimal(_) => Kind::Float,
            Self::String(_) => Kind::String,
            Self::Date(_) | Self::DateOffset(_) => Kind::Date,
            Self::Bytes(_) => Kind::Bytes,
            Self::Guid(_) => Kind::Guid,
            Self::Uri(_) => Kind::Uri,
            Self::TimeSpan(_) => Kind::TimeSpan,
            Self::Raw(_) => Kind::Raw,
            Self::Comment(_) => Kind::Comment,
        }
    }
}
