//! Scalars within what is deserialized: items of `ToObject<List<int>>()`, values of
//! `DeserializeObject<Dictionary<string, string>>(text)`.
//!
//! A cast asks what a token is; a serializer asks a reader for a value of the type, which takes other things and says so
//! in other words. Json.NET puts line and position behind a message where the tokens were read from text; tokens
//! here know their path only.

use super::convert::{self, Wanted};
use super::failure::{Failure, JSON_READER, JSON_SERIALIZATION, Outcome, throw};
use super::moment::from_base64;
use super::scalar::{Kind, Scalar};
use super::text::text_of;
use super::token::Token;
use crate::arena::Arena;
use crate::clr::datetime::DateTime;

/// What a .NET type is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Primitive,
    Array,
    Object,
}

/// How a reader reads a type that it has a method for.
struct Reading {
    /// As messages about tokens have it.
    what: &'static str,
    /// As messages about texts have it.
    name: &'static str,
    takes: &'static [Kind],
}

const NUMBERS: &[Kind] = &[Kind::Integer, Kind::Float, Kind::String];
const BOOLEANS: &[Kind] = &[Kind::Integer, Kind::Float, Kind::Boolean, Kind::String];
const DATES: &[Kind] = &[Kind::Date, Kind::String];
const TEXTS: &[Kind] = &[
    Kind::Integer,
    Kind::Float,
    Kind::Boolean,
    Kind::String,
    Kind::Date,
    Kind::Guid,
    Kind::Uri,
    Kind::TimeSpan,
];
const BYTES: &[Kind] = &[Kind::Bytes, Kind::String];

fn reading_of(wanted: Wanted) -> Option<Reading> {
    let (what, name, takes) = match wanted {
        Wanted::Int32 => ("integer", "integer", NUMBERS),
        Wanted::Double => ("double", "double", NUMBERS),
        Wanted::Decimal => ("decimal", "decimal", NUMBERS),
        Wanted::Boolean => ("boolean", "boolean", BOOLEANS),
        Wanted::DateTime => ("date", "DateTime", DATES),
        Wanted::DateTimeOffset => ("date", "DateTimeOffset", DATES),
        Wanted::String => ("string", "string", TEXTS),
        Wanted::Bytes => ("bytes", "bytes", BYTES),
        _ => return None,
    };
    Some(Reading { what, name, takes })
}

/// A token as a value of a scalar type; `is_nullable` says `T?`. Null where the result is null. A text that is a time
/// without a date is of `today`.
///
/// # Errors
/// `JsonReaderException` and `JsonSerializationException` for what the type does not take; `FormatException` for bytes.
pub fn element<'a>(
    arena: &'a Arena,
    token: Token<'a>,
    wanted: Wanted,
    is_nullable: bool,
    today: DateTime,
) -> Outcome<Scalar<'a>> {
    let is_nullable = is_nullable || wanted.is_reference();
    let reading = reading_of(wanted);
    let scalar = token.scalar().filter(|scalar| match (&reading, scalar.kind()) {
        (_, Kind::Null) | (None, _) => true,
        (Some(reading), kind) => reading.takes.contains(&kind),
    });
    let Some(scalar) = scalar else {
        return Err(match &reading {
            Some(Reading { what, .. }) => {
                let found = event_name(token.kind());
                fail(JSON_READER, token, format!("Error reading {what}. Unexpected token: {found}."))
            }
            None => mismatch(token, &wanted.type_name(), Needs::Primitive),
        });
    };
    let is_absent = match scalar {
        Scalar::Null | Scalar::Undefined => true,
        Scalar::String("") => !wanted.is_reference() && (reading.is_some() || is_nullable),
        _ => false,
    };
    if is_absent {
        return if is_nullable { Ok(Scalar::Null) } else { Err(no_value(token, &wanted.type_name())) };
    }
    match (wanted, scalar) {
        (Wanted::Bytes, Scalar::String(text)) => return Ok(Scalar::Bytes(arena.bytes(&from_base64(text)?)?)),
        (Wanted::DateTime, Scalar::String(text)) if let Some(date) = super::read::date::parse(text) => {
            return Ok(Scalar::Date(date));
        }
        (
            Wanted::Guid | Wanted::TimeSpan | Wanted::Uri,
            Scalar::Integer(_) | Scalar::Float(_) | Scalar::Boolean(_),
        ) => {
            return Err(not_converted(token, &wanted.type_name()));
        }
        _ => {}
    }
    convert::to_clr(arena, scalar, wanted, today).map_err(|failure| match (failure, reading) {
        (Failure::Throw { .. }, Some(Reading { what, name, .. })) => {
            let text = text_of(scalar);
            let message = match scalar {
                Scalar::String(_) => format!("Could not convert string to {name}: {text}."),
                _ => format!("Could not convert to {what}: {text}."),
            };
            fail(JSON_READER, token, message)
        }
        (Failure::Throw { .. }, None) => not_converted(token, &wanted.type_name()),
        (failure, _) => failure,
    })
}

/// What is said of a value that a type, by its full name, is not made from.
pub fn not_converted(token: Token<'_>, type_name: &str) -> Failure {
    let text = token.scalar().map(text_of).unwrap_or_default();
    let value = if token.kind() == Kind::String { format!("\"{text}\"") } else { text };
    fail(JSON_SERIALIZATION, token, format!("Error converting value {value} to type '{type_name}'."))
}

fn no_value(token: Token<'_>, type_name: &str) -> Failure {
    fail(JSON_SERIALIZATION, token, format!("Error converting value {{null}} to type '{type_name}'."))
}

/// What is said of an object or array that a type, by its full name, is not made from.
pub fn mismatch(token: Token<'_>, type_name: &str, needs: Needs) -> Failure {
    let (found, from, attribute) = match token.kind() {
        Kind::Object => (
            "object (e.g. {\"name\":\"value\"})",
            "so that it is a normal .NET type (e.g. not a primitive type like integer, not a collection type like an array or List<T>) that can be deserialized from a JSON object",
            "JsonObjectAttribute can also be added to the type to force it to deserialize from a JSON object",
        ),
        _ => (
            "array (e.g. [1,2,3])",
            "to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array",
            "JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array",
        ),
    };
    let needed = match needs {
        Needs::Primitive => "JSON primitive value (e.g. string, number, boolean, null)",
        Needs::Array => "JSON array (e.g. [1,2,3])",
        Needs::Object => "JSON object (e.g. {\"name\":\"value\"})",
    };
    let path = token.path();
    throw(
        JSON_SERIALIZATION,
        format!(
            "Cannot deserialize the current JSON {found} into type '{type_name}' because the type requires a {needed} to deserialize correctly.\nTo fix this error either change the JSON to a {needed} or change the deserialized type {from}. {attribute}.\nPath '{path}'."
        ),
    )
}

fn fail(ty: &'static str, token: Token<'_>, message: String) -> Failure {
    let path = token.path();
    throw(ty, format!("{message} Path '{path}'."))
}

/// The reader's event that such a token begins with.
fn event_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "StartObject",
        Kind::Array => "StartArray",
        Kind::Constructor => "StartConstructor",
        _ => kind.name(),
    }
}
