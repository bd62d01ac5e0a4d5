//! `FromObject` and `SerializeObject`: the interpreter's values become a tree.
//!
//! The interpreter says what a value looks like, one level at a time; what it says of one value may run code of the
//! expression, as going through a LINQ sequence does.

use super::failure::{ARGUMENT, Failure, JSON_SERIALIZATION, Outcome, argument_null, throw};
use super::scalar::{Kind, Scalar};
use super::token::Token;
use super::write::{Layout, write};
use crate::arena::Arena;

/// Deepest nesting of objects and collections in what is serialized.
pub const DEPTH_MAX: usize = 128;

/// What a value looks like to a serializer.
pub enum View<'a, V> {
    /// C#'s null, and all values without members. A character is a string, an enumeration's member an integer.
    Scalar(Scalar<'a>),
    Token(Token<'a>),
    /// Members of an object, entries of a dictionary.
    Object(Vec<(&'a str, V)>),
    Array(Vec<V>),
}

/// Who knows what values look like.
pub trait Views<'a> {
    type Value: Copy;
    type Error: From<Failure>;

    /// # Errors
    /// Whatever ends the evaluation.
    fn view(&mut self, value: Self::Value) -> Result<View<'a, Self::Value>, Self::Error>;
}

/// `JToken.FromObject(value)`. Of two members of one name the last wins, in its own place.
///
/// # Errors
/// `ArgumentNullException` for null; `JsonSerializationException` past [`DEPTH_MAX`]; what `views` answers.
pub fn from_object<'a, V: Views<'a>>(
    arena: &'a Arena,
    views: &mut V,
    value: V::Value,
) -> Result<Token<'a>, V::Error> {
    let token = tree(arena, views, value)?;
    if token.is_null() { Err(argument_null("o").into()) } else { Ok(token) }
}

/// `JObject.FromObject(value)`
///
/// # Errors
/// As [`from_object`], and `ArgumentException` where no object comes of it.
pub fn object_from<'a, V: Views<'a>>(
    arena: &'a Arena,
    views: &mut V,
    value: V::Value,
) -> Result<Token<'a>, V::Error> {
    Ok(expect(from_object(arena, views, value)?, Kind::Object)?)
}

/// `JArray.FromObject(value)`
///
/// # Errors
/// As [`from_object`], and `ArgumentException` where no array comes of it.
pub fn array_from<'a, V: Views<'a>>(
    arena: &'a Arena,
    views: &mut V,
    value: V::Value,
) -> Result<Token<'a>, V::Error> {
    Ok(expect(from_object(arena, views, value)?, Kind::Array)?)
}

/// `JsonConvert.SerializeObject(value, formatting)`
///
/// # Errors
/// As [`from_object`], but null is `null`.
pub fn serialize<'a, V: Views<'a>>(
    arena: &'a Arena,
    views: &mut V,
    value: V::Value,
    layout: Layout,
) -> Result<&'a str, V::Error> {
    let token = tree(arena, views, value)?;
    Ok(write(arena, token, layout)?)
}

fn expect(token: Token<'_>, kind: Kind) -> Outcome<Token<'_>> {
    if token.kind() == kind {
        return Ok(token);
    }
    let (found, class) = (token.kind().name(), if kind == Kind::Object { "JObject" } else { "JArray" });
    Err(throw(ARGUMENT, format!("Object serialized to {found}. {class} instance expected.")))
}

/// A container and what has yet to be put into it.
struct Open<'a, V> {
    token: Token<'a>,
    rest: std::vec::IntoIter<(&'a str, V)>,
}

fn tree<'a, V: Views<'a>>(arena: &'a Arena, views: &mut V, value: V::Value) -> Result<Token<'a>, V::Error> {
    let (root, rest) = token(arena, views.view(value)?)?;
    let mut open = vec![Open { token: root, rest: rest.into_iter() }];
    while let Some(level) = open.last_mut() {
        let into = level.token;
        let Some((name, value)) = level.rest.next() else {
            open.pop();
            continue;
        };
        let (token, rest) = token(arena, views.view(value)?)?;
        put(arena, into, name, token)?;
        if !rest.is_empty() {
            if open.len() == DEPTH_MAX {
                return Err(too_deep(token).into());
            }
            open.push(Open { token, rest: rest.into_iter() });
        }
    }
    Ok(root)
}

/// What belongs into a container; names count for objects only.
type Parts<'a, V> = Vec<(&'a str, V)>;

/// The token of a value, and what belongs into it.
fn token<'a, V>(arena: &'a Arena, view: View<'a, V>) -> Outcome<(Token<'a>, Parts<'a, V>)> {
    Ok(match view {
        View::Scalar(scalar) => (Token::value(arena, scalar)?, Vec::new()),
        View::Token(token) => (token.deep_clone(arena)?, Vec::new()),
        View::Object(members) => (Token::object(arena)?, members),
        View::Array(items) => (Token::array(arena)?, items.into_iter().map(|item| ("", item)).collect()),
    })
}

fn put<'a>(arena: &'a Arena, into: Token<'a>, name: &'a str, token: Token<'a>) -> Outcome<()> {
    let item = if into.kind() == Kind::Object {
        into.remove_property(Some(name))?;
        Token::property(arena, name, Some(token))?
    } else {
        token
    };
    Ok(into.link(arena, into.len(), item)?)
}

/// Nothing that a policy serializes is that deep, unless it contains itself.
fn too_deep(token: Token<'_>) -> Failure {
    let path = token.path();
    throw(JSON_SERIALIZATION, format!("Self referencing loop detected. Path '{path}'."))
}
