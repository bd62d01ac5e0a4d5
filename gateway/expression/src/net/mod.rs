//! The library that expressions may use: .NET's types, Json.NET's, and APIM's own, one file for each
//! family, declared as their documentation writes them.

pub(crate) mod bodies;
pub(crate) mod collections;
pub(crate) mod context;
pub(crate) mod convert;
pub(crate) mod crypto;
pub(crate) mod date_time;
pub(crate) mod date_time_offset;
pub(crate) mod dictionaries;
pub(crate) mod encoding;
pub(crate) mod enumerable;
pub(crate) mod exception;
pub(crate) mod guid;
pub(crate) mod json;
pub(crate) mod numbers;
pub(crate) mod objects;
pub(crate) mod primitives;
pub(crate) mod random;
pub(crate) mod regex;
pub(crate) mod string;
pub(crate) mod text;
pub(crate) mod text_builder;
pub(crate) mod text_io;
pub(crate) mod time_span;
pub(crate) mod time_zone;
pub(crate) mod token;
pub(crate) mod uri;
pub(crate) mod web;
pub(crate) mod xml;

use crate::clr::ClrResult;
use crate::run::{Cx, Eval, Limit, Value};
use crate::types::catalogue;
use crate::types::catalogue::Builder;

/// Declares everything.
pub(crate) fn define(catalogue: &mut Builder) {
    primitives::define(catalogue);
    numbers::define(catalogue);
    string::define(catalogue);
    text_builder::define(catalogue);
    convert::define(catalogue);
    random::define(catalogue);
    time_span::define(catalogue);
    date_time::define(catalogue);
    date_time_offset::define(catalogue);
    time_zone::define(catalogue);
    guid::define(catalogue);
    text_io::define(catalogue);
    exception::define(catalogue);
    collections::define(catalogue);
    enumerable::define(catalogue);
    context::define(catalogue);
    bodies::define(catalogue);
    json::define(catalogue);
    xml::define(catalogue);
    regex::define(catalogue);
    encoding::define(catalogue);
    web::define(catalogue);
    uri::define(catalogue);
    token::define(catalogue);
    crypto::define(catalogue);
}

/// A value of an enumeration.
fn named<'a>(name: &str, value: i32) -> Value<'a> {
    catalogue().find(name, 0).map_or(Value::Null, |id| Value::Enum(id, value))
}

/// Declares `<`, `>`, `<=`, `>=` of a type by its order.
macro_rules! orders {
    ($t:ident, $ty:literal, $left:literal, $right:literal) => {
        $crate::net::orders!(@one $t, $ty, $left, $right, "<", is_lt);
        $crate::net::orders!(@one $t, $ty, $left, $right, ">", is_gt);
        $crate::net::orders!(@one $t, $ty, $left, $right, "<=", is_le);
        $crate::net::orders!(@one $t, $ty, $left, $right, ">=", is_ge);
    };
    (@one $t:ident, $ty:literal, $left:literal, $right:literal, $symbol:literal, $holds:ident) => {
        $t.add(
            concat!("static bool operator ", $symbol, "(", $ty, " ", $left, ", ", $ty, " ", $right, ")"),
            |cx, a| {
                let order = crate::run::equality::compare(cx, a.value(0), a.value(1))?;
                Ok(Value::Bool(order.$holds()))
            },
        )
    };
}
use orders;

impl<'a> Cx<'a, '_> {
    /// What .NET gives, or throws.
    pub fn clr<T>(&mut self, result: ClrResult<T>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(crate::clr::ClrError::TooLong) => Err(Limit::Memory.into()),
            Err(error) => self.throw(error.type_name(), &error.message()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
