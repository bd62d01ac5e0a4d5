//! From JSON text to a tree, as lenient as Json.NET.
//!
//! | module | idea |
//! |---|---|
//! | `place` | where in the document the reader is, for messages |
//! | `reader` | one step at a time: what may stand here, and which event it is |
//! | `lexical` | strings, numbers, names, comments |
//! | [`date`] | strings that are dates |
//!
//! Taken beyond JSON: `'text'`, unquoted names, comments, `NaN`, `Infinity`, `undefined`, hexadecimal (`0x1F`) and octal
//! (`017`) numbers, `.5` and `1.`, `new Name(1)`, a comma behind the last item, line breaks in strings. A missing item is
//! `undefined` (`[1,,2]`), the last of two properties of one name wins and has the place of the first. Comments
//! are dropped.

pub mod date;
mod lexical;
mod place;
mod reader;

use super::failure::{Failure, JSON_READER, JSON_SERIALIZATION, JSON_WRITER, Outcome, throw};
use super::scalar::{Kind, Scalar};
use super::token::Token;
use crate::arena::Arena;
use reader::{Event, Reader};

/// Deepest nesting of objects and arrays in a text. Json.NET 13 takes 64, older ones any.
pub const DEPTH_MAX: usize = 128;

/// How text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadSettings {
    /// Whether strings that look like dates become dates (`DateParseHandling`).
    pub dates: bool,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self { dates: true }
    }
}

/// `JToken.Parse`
///
/// # Errors
/// `JsonReaderException` with path, line and position.
pub fn parse_token<'a>(arena: &'a Arena, text: &'a str, settings: ReadSettings) -> Outcome<Token<'a>> {
    let mut reader = Reader::new(arena, text, settings);
    let token = match reader.read()? {
        None => return Err(nothing_read(&reader, "JToken")),
        Some(Event::Comment(text)) => Token::value(arena, Scalar::Comment(text))?,
        Some(event) => tree(arena, &mut reader, event)?,
    };
    finish(&mut reader)?;
    Ok(token)
}

/// `JObject.Parse`
///
/// # Errors
/// As [`parse_token`], and where the text is no object.
pub fn parse_object<'a>(arena: &'a Arena, text: &'a str, settings: ReadSettings) -> Outcome<Token<'a>> {
    parse_container(arena, text, settings, Kind::Object)
}

/// `JArray.Parse`
///
/// # Errors
/// As [`parse_token`], and where the text is no array.
pub fn parse_array<'a>(arena: &'a Arena, text: &'a str, settings: ReadSettings) -> Outcome<Token<'a>> {
    parse_container(arena, text, settings, Kind::Array)
}

/// What `DeserializeObject` is to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// `DeserializeObject(text)` and `DeserializeObject<object>(text)`
    Any,
    /// `DeserializeObject<JToken>(text)`
    Token,
    /// `DeserializeObject<JObject>(text)`
    Object,
    /// `DeserializeObject<JArray>(text)`
    Array,
}

/// `JsonConvert.DeserializeObject`: none where the text is blank. Of two properties of one name the last wins, in
/// its own place.
///
/// # Errors
/// As [`parse_token`]; `JsonSerializationException` and `JsonWriterException` where the text ends too early;
/// `JsonSerializationException` where it is not what was asked for.
pub fn deserialize<'a>(
    arena: &'a Arena,
    text: &'a str,
    settings: ReadSettings,
    target: Target,
) -> Outcome<Option<Token<'a>>> {
    let mut reader = Reader::new(arena, text, settings);
    let Some(event) = content(&mut reader)? else { return Ok(None) };
    let token = match event {
        Event::Start(..) => {
            let next = reader.read()?;
            let filled = match next {
                Some(next) => fill(arena, &mut reader, event, next, Twin::Leaves)?,
                None => None,
            };
            filled.ok_or_else(|| cut_short(&reader, event, target))?
        }
        event => tree(arena, &mut reader, event)?,
    };
    let class = match target {
        Target::Object => "JObject",
        Target::Array => "JArray",
        Target::Token | Target::Any => token.class(),
    };
    if token.class() != class {
        if token.is_null() {
            finish(&mut reader)?;
            return Ok(None);
        }
        let found = token.class();
        let message = format!(
            "Deserialized JSON type 'Newtonsoft.Json.Linq.{found}' is not compatible with expected type 'Newtonsoft.Json.Linq.{class}'."
        );
        return Err(reader.failure_of(JSON_SERIALIZATION, &message));
    }
    finish(&mut reader)?;
    Ok(Some(token))
}

/// Properties of an object without a target are read by the serializer, all else by a writer of tokens.
fn cut_short(reader: &Reader<'_>, start: Event<'_>, target: Target) -> Failure {
    let is_object = matches!(start, Event::Start(Kind::Object, _));
    if is_object && target == Target::Any && reader.depth() <= 1 {
        return reader.failure_of(JSON_SERIALIZATION, "Unexpected end when deserializing object.");
    }
    let path = reader.container_path();
    throw(JSON_WRITER, format!("Unexpected end when reading token. Path '{path}'."))
}

/// What becomes of the first of two properties of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    /// It stays where it is and has the last one's value.
    Stays,
    /// It leaves, and the last one stands in its own place.
    Leaves,
}

fn parse_container<'a>(
    arena: &'a Arena,
    text: &'a str,
    settings: ReadSettings,
    kind: Kind,
) -> Outcome<Token<'a>> {
    let class = if kind == Kind::Object { "JObject" } else { "JArray" };
    let mut reader = Reader::new(arena, text, settings);
    let mut event = reader.read()?;
    if event.is_none() {
        return Err(nothing_read(&reader, class));
    }
    if let Some(Event::Comment(_)) = event {
        event = content(&mut reader)?;
    }
    let event = match event {
        Some(event @ Event::Start(found, _)) if found == kind => event,
        other => {
            let wanted = if kind == Kind::Object { "object" } else { "array" };
            let found = other.map_or("None", |event| event.name());
            return Err(reader.failure(&format!(
                "Error reading {class} from JsonReader. Current JsonReader item is not an {wanted}: {found}"
            )));
        }
    };
    let token = tree(arena, &mut reader, event)?;
    finish(&mut reader)?;
    Ok(token)
}

fn nothing_read(reader: &Reader<'_>, class: &str) -> Failure {
    reader.failure(&format!("Error reading {class} from JsonReader."))
}

/// The first event that is no comment.
fn content<'a>(reader: &mut Reader<'a>) -> Outcome<Option<Event<'a>>> {
    loop {
        match reader.read()? {
            Some(Event::Comment(_)) => {}
            event => return Ok(event),
        }
    }
}

/// Nothing but comments may follow.
fn finish(reader: &mut Reader<'_>) -> Outcome<()> {
    while reader.read()?.is_some() {}
    Ok(())
}

/// The token that begins with an event.
fn tree<'a>(arena: &'a Arena, reader: &mut Reader<'a>, event: Event<'a>) -> Outcome<Token<'a>> {
    match event {
        Event::Value(scalar) => Ok(Token::value(arena, scalar)?),
        Event::Start(..) => {
            let class = event.class();
            let next = reader.read()?.ok_or_else(|| nothing_read(reader, class))?;
            fill(arena, reader, event, next, Twin::Stays)?
                .ok_or_else(|| reader.failure(&format!("Unexpected end of content while loading {class}.")))
        }
        Event::Name(_) | Event::End(_) | Event::Comment(_) => Err(reader
            .failure(&format!("Error reading JToken from JsonReader. Unexpected token: {}", event.name()))),
    }
}

/// The container that `start` begins and all below it; none where the text ends before it does.
fn fill<'a>(
    arena: &'a Arena,
    reader: &mut Reader<'a>,
    start: Event<'a>,
    first: Event<'a>,
    twin: Twin,
) -> Outcome<Option<Token<'a>>> {
    let root = begin(arena, start)?;
    let mut at = root;
    let mut name = None;
    let mut event = Some(first);
    while let Some(current) = event {
        let added = match current {
            Event::Name(text) => {
                name = Some(text);
                None
            }
            Event::Comment(_) => None,
            Event::Value(scalar) => Some(Token::value(arena, scalar)?),
            Event::Start(..) => Some(begin(arena, current)?),
            Event::End(_) => {
                if at == root {
                    return Ok(Some(root));
                }
                // A value's parent is its property, whose parent is the object.
                let above = at.ancestors().find(|token| token.kind() != Kind::Property);
                at = above.unwrap_or(root);
                None
            }
        };
        if let Some(added) = added {
            match name.take() {
                Some(name) => put(arena, at, name, added, twin)?,
                None => at.link(arena, at.len(), added)?,
            }
            if added.is_container() {
                at = added;
            }
        }
        event = reader.read()?;
    }
    Ok(None)
}

/// Puts a property behind the others, or in the place of the one of its name.
fn put<'a>(arena: &'a Arena, object: Token<'a>, name: &'a str, value: Token<'a>, twin: Twin) -> Outcome<()> {
    match object.find_property(name) {
        Some(property) if twin == Twin::Stays => {
            property.unlink(0);
            return Ok(property.link(arena, 0, value)?);
        }
        Some(property) => property.remove()?,
        None => {}
    }
    let property = Token::property(arena, name, Some(value))?;
    Ok(object.link(arena, object.len(), property)?)
}

fn begin<'a>(arena: &'a Arena, start: Event<'a>) -> Outcome<Token<'a>> {
    Ok(match start {
        Event::Start(Kind::Object, _) => Token::object(arena)?,
        Event::Start(Kind::Constructor, name) => Token::constructor(arena, name)?,
        _ => Token::array(arena)?,
    })
}

impl Event<'_> {
    fn class(self) -> &'static str {
        match self {
            Event::Start(Kind::Object, _) => "JObject",
            Event::Start(Kind::Constructor, _) => "JConstructor",
            _ => "JArray",
        }
    }
}

impl Reader<'_> {
    fn failure(&self, message: &str) -> Failure {
        self.failure_of(JSON_READER, message)
    }
}
