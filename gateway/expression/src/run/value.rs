//! A value while an expression runs. Its kind is always known, so `object` costs no box.

use std::cell::Cell;

use rust_decimal::Decimal;

use super::object::Object;
use crate::clr::datetime::DateTime;
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::timespan::TimeSpan;
use crate::context::Part;
use crate::types::{Ty, TypeId};

/// A value: a copy of a value type, or a reference into the arena.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// A UTF-16 code unit.
    Char(u16),
    SByte(i8),
    Byte(u8),
    Int16(i16),
    UInt16(u16),
    Int(i32),
    UInt(u32),
    Long(i64),
    ULong(u64),
    Single(f32),
    Double(f64),
    Decimal(Decimal),
    DateTime(DateTime),
    DateTimeOffset(DateTimeOffset),
    TimeSpan(TimeSpan),
    Guid([u8; 16]),
    Enum(TypeId, i32),
    Str(&'a str),
    /// An XML node or attribute.
    Xml(crate::xml::Item<'a>),
    Object(&'a Object<'a>),
    /// A token of Json.NET.
    Json(crate::json::Token<'a>),
    /// A part of the request's context.
    Part(Part),
    /// A variable that a lambda shares with its surroundings, or that a call gives out through.
    Cell(&'a Cell<Value<'a>>),
}

impl<'a> Value<'a> {
    pub fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn object(self) -> Option<&'a Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The type that the value has, whatever it is declared as.
    pub fn ty(self) -> Ty {
        use crate::types::Known;
        let known = match self {
            Self::Null | Self::Cell(_) => return Ty::Null,
            Self::Bool(_) => Known::Boolean,
            Self::Char(_) => Known::Char,
            Self::SByte(_) => Known::SByte,
            Self::Byte(_) => Known::Byte,
            Self::Int16(_) => Known::Int16,
            Self::UInt16(_) => Known::UInt16,
            Self::Int(_) => Known::Int32,
            Self::UInt(_) => Known::UInt32,
            Self::Long(_) => Known::Int64,
            Self::ULong(_) => Known::UInt64,
            Self::Single(_) => Known::Single,
            Self::Double(_) => Known::Double,
            Self::Decimal(_) => Known::Decimal,
            Self::DateTime(_) => Known::DateTime,
            Self::DateTimeOffset(_) => Known::DateTimeOffset,
            Self::TimeSpan(_) => Known::TimeSpan,
            Self::Guid(_) => Known::Guid,
            Self::Enum(id, _) => return Ty::Named(id, [].into()),
            Self::Str(_) => Known::String,
            Self::Object(object) => return object.ty(),
            Self::Xml(item) => return crate::net::xml::ty(item),
            Self::Json(token) => return crate::net::json::ty(token),
            Self::Part(part) => return part.ty(),
        };
        Ty::known(known)
    }

    /// A number of any integral type, `char` and enumerations included.
    pub fn integer(self) -> Option<i128> {
        Some(match self {
            Self::Char(it) => it.into(),
            Self::SByte(it) => it.into(),
            Self::Byte(it) => it.into(),
            Self::Int16(it) => it.into(),
            Self::UInt16(it) => it.into(),
            Self::Int(it) | Self::Enum(_, it) => it.into(),
            Self::UInt(it) => it.into(),
            Self::Long(it) => it.into(),
            Self::ULong(it) => it.into(),
            _ => return None,
        })
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Str(text) => write!(f, "{text:?}"),
            other => match other.integer() {
                Some(number) => write!(f, "{} {number}", other.ty()),
                None => write!(f, "{}", other.ty()),
            },
        }
    }
}
