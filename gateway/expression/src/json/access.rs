//! What indexers and look-ups answer.

use super::failure::{ARGUMENT, INVALID_OPERATION, Outcome, argument_null, index_out_of_range, throw};
use super::scalar::Kind;
use super::token::Token;
use crate::arena::Arena;

/// What stands between an indexer's brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    Name(&'a str),
    Index(i32),
    /// C#'s null.
    Null,
}

impl Key<'_> {
    /// As exceptions print it.
    fn text(self) -> String {
        match self {
            Self::Name(name) => format!("\"{name}\""),
            Self::Index(index) => index.to_string(),
            Self::Null => "{null}".to_owned(),
        }
    }
}

/// How `GetValue` and `TryGetValue` compare names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameComparison {
    Ordinal,
    IgnoreCase,
}

impl<'a> Token<'a> {
    /// `token[key]`; none for a property that the object does not have.
    ///
    /// # Errors
    /// `ArgumentException` for a key of the wrong kind, `ArgumentOutOfRangeException` for a position that is none,
    /// `InvalidOperationException` for values and properties, `ArgumentNullException` for null.
    pub fn item(self, key: Key<'_>) -> Outcome<Option<Token<'a>>> {
        match (self.kind(), key) {
            (Kind::Object, Key::Name(name)) => Ok(self.get(name)),
            (Kind::Array | Kind::Constructor, Key::Index(index)) => {
                let child = usize::try_from(index).ok().and_then(|at| self.child(at));
                child.map(Some).ok_or_else(index_out_of_range)
            }
            (kind, _) => Err(self.wrong_key(kind, key, "Accessed", "access")),
        }
    }

    /// `token[key] = value`
    ///
    /// # Errors
    /// As [`Token::item`] and [`Token::add`].
    pub fn set_item(self, arena: &'a Arena, key: Key<'a>, value: Option<Token<'a>>) -> Outcome<()> {
        match (self.kind(), key) {
            (Kind::Object, Key::Name(name)) => self.set_property(arena, name, value),
            (Kind::Array | Kind::Constructor, Key::Index(index)) => {
                self.set_child(arena, list_index(index)?, value)
            }
            (kind, _) => Err(self.wrong_key(kind, key, "Set", "set")),
        }
    }

    fn wrong_key(self, kind: Kind, key: Key<'_>, done: &str, verb: &str) -> super::failure::Failure {
        let class = self.class();
        let expected = match kind {
            Kind::Object if key == Key::Null => return argument_null("propertyName"),
            _ if key == Key::Null => return argument_null("key"),
            Kind::Object => "Object property name expected",
            Kind::Array => "Int32 array index expected",
            Kind::Constructor => "Argument position index expected",
            _ => {
                let message = format!("Cannot {verb} child value on Newtonsoft.Json.Linq.{class}.");
                return throw(INVALID_OPERATION, message);
            }
        };
        let key = key.text();
        throw(ARGUMENT, format!("{done} {class} values with invalid key value: {key}. {expected}."))
    }

    /// `GetValue(name)`: the value of a property; none for what is no object.
    pub fn get(self, name: &str) -> Option<Token<'a>> {
        self.find_property(name).and_then(Token::property_value)
    }

    /// `GetValue(name, comparison)`: the exact name is looked for first.
    pub fn get_by(self, name: &str, comparison: NameComparison) -> Option<Token<'a>> {
        let property = match comparison {
            NameComparison::Ordinal => self.find_property(name),
            NameComparison::IgnoreCase => self.find_property_ignoring_case(name),
        };
        property.and_then(Token::property_value)
    }

    /// `ContainsKey(name)`
    pub fn contains_key(self, name: &str) -> bool {
        self.find_property(name).is_some()
    }

    /// `PropertyValues()`
    pub fn property_values(self) -> impl Iterator<Item = Token<'a>> {
        self.children().filter_map(Token::property_value)
    }
}

/// A position as `Insert` takes it; whether it is too big is for [`Token::insert`] to see.
///
/// # Errors
/// `ArgumentOutOfRangeException` below zero.
pub fn insert_index(index: i32) -> Outcome<usize> {
    usize::try_from(index).map_err(|_| index_out_of_range())
}

/// A position as `RemoveAt` and setters take it; whether it is too big is theirs to see.
///
/// # Errors
/// `ArgumentOutOfRangeException` below zero.
pub fn list_index(index: i32) -> Outcome<usize> {
    let message = "Index is less than 0.\nParameter name: index";
    usize::try_from(index).map_err(|_| throw(super::failure::ARGUMENT_OUT_OF_RANGE, message))
}
