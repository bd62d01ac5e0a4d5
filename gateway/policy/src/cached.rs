//! Values as caches keep them: bytes that outlive the request, and the values they become in another one.
//!
//! One form serves memory and caches outside, so a value comes back as what it was, wherever it has been. It is
//! a row of pieces, parents before children; nothing here recurses, for a tree may be as deep as memory allows.

use bytes::Bytes;
use hanse_expression::arena::{Arena, List, OutOfMemory};
use hanse_expression::clr::datetime::{DateTime, DateTimeKind};
use hanse_expression::clr::datetime_offset::DateTimeOffset;
use hanse_expression::clr::guid::Guid;
use hanse_expression::clr::timespan::TimeSpan;
use hanse_expression::json::{Failure, Kind, Scalar, Token};
use hanse_expression::run::{Object, Value};
use hanse_expression::types::{Known, Ty};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};

/// Most bytes of one item in a cache, as it is kept; what is larger is not kept.
pub const CACHED_BYTES_MAX: usize = 2 * 1024 * 1024;

/// First byte of a value. Another release may write another form; what this one does not know is not there.
const FORMAT: u8 = 1;
const TICKS_PER_MINUTE: i64 = 600_000_000;

/// Why a value is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    #[error("a value of type {0} cannot be kept in a cache; keep its text or its JSON")]
    Type(String),
    #[error("the value has more than the {CACHED_BYTES_MAX} bytes that a cache keeps")]
    TooLarge,
}

/// Why there is no value in what a cache gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotRead {
    #[error("what the cache holds is no value")]
    Broken,
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

/// One step on the way through a value.
#[derive(Serialize, Deserialize)]
enum Piece<'b> {
    Plain(#[serde(borrow)] Plain<'b>),
    Json(#[serde(borrow)] Plain<'b>),
    /// An array or list by the place of its element in [`ELEMENTS`], and how many items follow.
    Array(u8, u32),
    List(u8, u32),
    JsonObject(u32),
    JsonArray(u32),
    JsonConstructor(&'b str, u32),
    /// Its value follows.
    JsonProperty(&'b str),
}

/// What has nothing below it. Dates are ticks and what they are reckoned in, or minutes from UTC.
#[derive(Serialize, Deserialize)]
enum Plain<'b> {
    Null,
    Undefined,
    Bool(bool),
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
    Decimal([u8; 16]),
    DateTime(i64, u8),
    DateTimeOffset(i64, i16),
    TimeSpan(i64),
    Guid([u8; 16]),
    Str(&'b str),
    #[serde(serialize_with = "as_bytes")]
    Bytes(&'b [u8]),
    Big(&'b str),
    Uri(&'b str),
    Raw(&'b str),
    Comment(&'b str),
}

fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// What arrays and lists may be of. The order is part of the form.
const ELEMENTS: [Known; 13] = [
    Known::Object,
    Known::String,
    Known::Boolean,
    Known::Char,
    Known::SByte,
    Known::Int32,
    Known::Int64,
    Known::Double,
    Known::Decimal,
    Known::Guid,
    Known::DateTime,
    Known::JToken,
    Known::JObject,
];

// === keeping ===

/// A value as it is kept.
pub(crate) fn keep(value: Value<'_>) -> Result<Bytes, NotKept> {
    let mut out = vec![FORMAT];
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        // What is left has a byte each at least. A list that holds itself ends here.
        if out.len() + rest.len() >= CACHED_BYTES_MAX {
            return Err(NotKept::TooLarge);
        }
        let mut row = Vec::new();
        let piece = match value {
            Value::Object(Object::Bytes(items)) => {
                let bytes: Vec<u8> = items.iter().collect();
                out = written(&Piece::Plain(Plain::Bytes(&bytes)), out)?;
                continue;
            }
            Value::Object(Object::Array { element, items }) => {
                row.extend(items.iter());
                Piece::Array(element_of(element, value)?, count(row.len())?)
            }
            Value::Object(Object::List { element, items, .. }) => {
                row.extend(items.iter());
                Piece::List(element_of(element, value)?, count(row.len())?)
            }
            Value::Json(token) => {
                row.extend(token.children().map(Value::Json));
                json_piece(token, count(row.len())?)
            }
            value => Piece::Plain(plain(value)?),
        };
        out = written(&piece, out)?;
        rest.extend(row.into_iter().rev());
    }
    match out.len() <= CACHED_BYTES_MAX {
        true => {
            out.shrink_to_fit();
            Ok(out.into())
        }
        false => Err(NotKept::TooLarge),
    }
}

fn written(piece: &Piece<'_>, out: Vec<u8>) -> Result<Vec<u8>, NotKept> {
    postcard::to_extend(piece, out).map_err(|_| NotKept::TooLarge)
}

fn count(items: usize) -> Result<u32, NotKept> {
    u32::try_from(items).map_err(|_| NotKept::TooLarge)
}

fn element_of(element: &Ty, whole: Value<'_>) -> Result<u8, NotKept> {
    let at = ELEMENTS.iter().position(|known| element.is(*known));
    at.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| NotKept::Type(whole.ty().to_string()))
}

fn plain(value: Value<'_>) -> Result<Plain<'_>, NotKept> {
    Ok(match value {
        Value::Null => Plain::Null,
        Value::Bool(it) => Plain::Bool(it),
        Value::Char(it) => Plain::Char(it),
        Value::SByte(it) => Plain::SByte(it),
        Value::Byte(it) => Plain::Byte(it),
        Value::Int16(it) => Plain::Int16(it),
        Value::UInt16(it) => Plain::UInt16(it),
        Value::Int(it) => Plain::Int(it),
        Value::UInt(it) => Plain::UInt(it),
        Value::Long(it) => Plain::Long(it),
        Value::ULong(it) => Plain::ULong(it),
        Value::Single(it) => Plain::Single(it),
        Value::Double(it) => Plain::Double(it),
        Value::Decimal(it) => Plain::Decimal(it.serialize()),
        Value::DateTime(it) => date_time(it),
        Value::DateTimeOffset(it) => Plain::DateTimeOffset(it.ticks(), it.offset_minutes()),
        Value::TimeSpan(it) => Plain::TimeSpan(it.ticks()),
        Value::Guid(it) => Plain::Guid(it),
        Value::Str(it) => Plain::Str(it),
        other => return Err(NotKept::Type(other.ty().to_string())),
    })
}

fn date_time(it: DateTime) -> Plain<'static> {
    let kind = match it.kind() {
        DateTimeKind::Unspecified => 0,
        DateTimeKind::Utc => 1,
        DateTimeKind::Local => 2,
    };
    Plain::DateTime(it.ticks(), kind)
}

fn json_piece(token: Token<'_>, children: u32) -> Piece<'_> {
    let name = token.name().unwrap_or_default();
    match token.kind() {
        Kind::Object => Piece::JsonObject(children),
        Kind::Array => Piece::JsonArray(children),
        Kind::Constructor => Piece::JsonConstructor(name, children),
        Kind::Property => Piece::JsonProperty(name),
        _ => Piece::Json(scalar(token.scalar().unwrap_or(Scalar::Null))),
    }
}

fn scalar(scalar: Scalar<'_>) -> Plain<'_> {
    match scalar {
        Scalar::Null => Plain::Null,
        Scalar::Undefined => Plain::Undefined,
        Scalar::Boolean(it) => Plain::Bool(it),
        Scalar::Integer(it) => Plain::Long(it),
        Scalar::Big(it) => Plain::Big(it),
        Scalar::Float(it) => Plain::Double(it),
        Scalar::Single(it) => Plain::Single(it),
        Scalar::Decimal(it) => Plain::Decimal(it.serialize()),
        Scalar::String(it) => Plain::Str(it),
        Scalar::Date(it) => date_time(it),
        Scalar::DateOffset(it) => Plain::DateTimeOffset(it.ticks(), it.offset_minutes()),
        Scalar::Bytes(it) => Plain::Bytes(it),
        Scalar::Guid(Guid(it)) => Plain::Guid(it.to_be_bytes()),
        Scalar::Uri(it) => Plain::Uri(it),
        Scalar::TimeSpan(it) => Plain::TimeSpan(it.ticks()),
        Scalar::Raw(it) => Plain::Raw(it),
        Scalar::Comment(it) => Plain::Comment(it),
    }
}

// === reading ===

/// What is not complete: so many more items belong to it.
struct Open<'a> {
    content: Content<'a>,
    left: u32,
}

enum Content<'a> {
    Items { is_list: bool, element: Known, items: List<'a, Value<'a>> },
    Json(Token<'a>),
    Property(&'a str, Option<Token<'a>>),
}

/// The value that was kept. Texts are not copied: the arena holds on to the item.
pub(crate) fn read<'a>(arena: &'a Arena, item: Bytes) -> Result<Value<'a>, NotRead> {
    arena.charge(item.len())?;
    let item: &'a [u8] = arena.keep(item);
    let Some((&FORMAT, mut rest)) = item.split_first() else { return Err(NotRead::Broken) };
    let mut open: Vec<Open<'a>> = Vec::new();
    loop {
        let (piece, behind) = postcard::take_from_bytes::<Piece<'a>>(rest).map_err(|_| NotRead::Broken)?;
        rest = behind;
        match begin(arena, piece)? {
            Begun::Open(begun) => open.push(begun),
            Begun::Value(value) => match open.last_mut() {
                None if rest.is_empty() => return Ok(value),
                None => return Err(NotRead::Broken),
                Some(top) => top.add(arena, value)?,
            },
        }
        while let Some(complete) = open.pop_if(|top| top.left == 0) {
            let value = complete.content.close(arena)?;
            match open.last_mut() {
                None if rest.is_empty() => return Ok(value),
                None => return Err(NotRead::Broken),
                Some(top) => top.add(arena, value)?,
            }
        }
    }
}

enum Begun<'a> {
    Value(Value<'a>),
    Open(Open<'a>),
}

fn begin<'a>(arena: &'a Arena, piece: Piece<'a>) -> Result<Begun<'a>, NotRead> {
    let items = |is_list, element: u8| {
        let element = *ELEMENTS.get(usize::from(element)).ok_or(NotRead::Broken)?;
        Ok::<_, NotRead>(Content::Items { is_list, element, items: List::default() })
    };
    let (content, left) = match piece {
        Piece::Plain(plain) => return value(arena, plain).map(Begun::Value),
        Piece::Json(plain) => return Ok(Begun::Value(Value::Json(Token::value(arena, json(plain)?)?))),
        Piece::Array(element, left) => (items(false, element)?, left),
        Piece::List(element, left) => (items(true, element)?, left),
        Piece::JsonObject(left) => (Content::Json(Token::object(arena)?), left),
        Piece::JsonArray(left) => (Content::Json(Token::array(arena)?), left),
        Piece::JsonConstructor(name, left) => (Content::Json(Token::constructor(arena, name)?), left),
        Piece::JsonProperty(name) => (Content::Property(name, None), 1),
    };
    Ok(Begun::Open(Open { content, left }))
}

impl<'a> Open<'a> {
    fn add(&mut self, arena: &'a Arena, value: Value<'a>) -> Result<(), NotRead> {
        self.left -= 1;
        match (&mut self.content, value) {
            (Content::Items { items, .. }, value) => items.push(arena, value)?,
            (Content::Json(parent), Value::Json(token)) => parent.add(arena, Some(token)).map_err(failed)?,
            (Content::Property(_, held), Value::Json(token)) => *held = Some(token),
            (Content::Json(_) | Content::Property(..), _) => return Err(NotRead::Broken),
        }
        Ok(())
    }
}

impl<'a> Content<'a> {
    fn close(self, arena: &'a Arena) -> Result<Value<'a>, NotRead> {
        Ok(match self {
            Self::Json(token) => Value::Json(token),
            Self::Property(name, held) => Value::Json(Token::property(arena, name, held).map_err(failed)?),
            Self::Items { is_list, element, items } => {
                let element: &'a Ty = arena.keep(Ty::known(element));
                let object = match is_list {
                    true => Object::List { element, items, version: 0.into() },
                    false => Object::Array { element, items },
                };
                Value::Object(arena.alloc(object)?)
            }
        })
    }
}

fn failed(failure: Failure) -> NotRead {
    match failure {
        Failure::Memory(memory) => NotRead::Memory(memory),
        Failure::Visits(_) | Failure::Throw { .. } => NotRead::Broken,
    }
}

fn value<'a>(arena: &'a Arena, plain: Plain<'a>) -> Result<Value<'a>, NotRead> {
    Ok(match plain {
        Plain::Null => Value::Null,
        Plain::Bool(it) => Value::Bool(it),
        Plain::Char(it) => Value::Char(it),
        Plain::SByte(it) => Value::SByte(it),
        Plain::Byte(it) => Value::Byte(it),
        Plain::Int16(it) => Value::Int16(it),
        Plain::UInt16(it) => Value::UInt16(it),
        Plain::Int(it) => Value::Int(it),
        Plain::UInt(it) => Value::UInt(it),
        Plain::Long(it) => Value::Long(it),
        Plain::ULong(it) => Value::ULong(it),
        Plain::Single(it) => Value::Single(it),
        Plain::Double(it) => Value::Double(it),
        Plain::Decimal(it) => Value::Decimal(Decimal::deserialize(it)),
        Plain::DateTime(ticks, kind) => Value::DateTime(read_date_time(ticks, kind)?),
        Plain::DateTimeOffset(ticks, minutes) => Value::DateTimeOffset(read_offset(ticks, minutes)?),
        Plain::TimeSpan(it) => Value::TimeSpan(TimeSpan::from_ticks(it)),
        Plain::Guid(it) => Value::Guid(it),
        Plain::Str(it) => Value::Str(it),
        Plain::Bytes(it) => Value::Object(arena.alloc(Object::Bytes(List::from_slice(arena, it)?))?),
        Plain::Undefined | Plain::Big(_) | Plain::Uri(_) | Plain::Raw(_) | Plain::Comment(_) => {
            return Err(NotRead::Broken);
        }
    })
}

fn json(plain: Plain<'_>) -> Result<Scalar<'_>, NotRead> {
    Ok(match plain {
        Plain::Null => Scalar::Null,
        Plain::Undefined => Scalar::Undefined,
        Plain::Bool(it) => Scalar::Boolean(it),
        Plain::Long(it) => Scalar::Integer(it),
        Plain::Big(it) => Scalar::Big(it),
        Plain::Double(it) => Scalar::Float(it),
        Plain::Single(it) => Scalar::Single(it),
        Plain::Decimal(it) => Scalar::Decimal(Decimal::deserialize(it)),
        Plain::Str(it) => Scalar::String(it),
        Plain::DateTime(ticks, kind) => Scalar::Date(read_date_time(ticks, kind)?),
        Plain::DateTimeOffset(ticks, minutes) => Scalar::DateOffset(read_offset(ticks, minutes)?),
        Plain::Bytes(it) => Scalar::Bytes(it),
        Plain::Guid(it) => Scalar::Guid(Guid(u128::from_be_bytes(it))),
        Plain::Uri(it) => Scalar::Uri(it),
        Plain::TimeSpan(it) => Scalar::TimeSpan(TimeSpan::from_ticks(it)),
        Plain::Raw(it) => Scalar::Raw(it),
        Plain::Comment(it) => Scalar::Comment(it),
        Plain::Char(_)
        | Plain::SByte(_)
        | Plain::Byte(_)
        | Plain::Int16(_)
        | Plain::UInt16(_)
        | Plain::Int(_)
        | Plain::UInt(_)
        | Plain::ULong(_) => return Err(NotRead::Broken),
    })
}

fn read_date_time(ticks: i64, kind: u8) -> Result<DateTime, NotRead> {
    let kind = match kind {
        0 => DateTimeKind::Unspecified,
        1 => DateTimeKind::Utc,
        2 => DateTimeKind::Local,
        _ => return Err(NotRead::Broken),
    };
    DateTime::from_ticks(ticks, kind).map_err(|_| NotRead::Broken)
}

fn read_offset(ticks: i64, minutes: i16) -> Result<DateTimeOffset, NotRead> {
    let clock = read_date_time(ticks, 0)?;
    let offset = TimeSpan::from_ticks(i64::from(minutes) * TICKS_PER_MINUTE);
    DateTimeOffset::new(clock, offset).map_err(|_| NotRead::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, leak};
    use hanse_expression::run::MEMORY_BYTES_MAX;

    fn value_of(expression: &str) -> (Bench, Value<'static>) {
        let mut bench = Bench::inbound(&format!("<set-variable name=\"v\" value=\"@({expression})\"/>"));
        bench.run();
        assert_eq!(bench.context.last_error, None, "{expression}");
        let value = bench.context.variable("v").expect("it was set");
        (bench, value)
    }

    /// Type and text of a value, before it was kept and behind it.
    fn kept(expression: &str) -> [String; 2] {
        let (mut bench, value) = value_of(expression);
        let told =
            |bench: &Bench, value: Value<'_>| format!("{} {}", value.ty(), bench.variable("v").unwrap());
        let before = told(&bench, value);
        let item = keep(value).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let value = read(leak(Arena::new(MEMORY_BYTES_MAX)), item)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        bench.context.set_variable("v", value);
        [before, told(&bench, value)]
    }

    #[test]
    fn a_value_comes_back_as_what_it_was() {
        for expression in [
            "true",
            "'x'",
            "(byte)7",
            "(sbyte)-7",
            "(short)-7",
            "(ushort)7",
            "-7",
            "7u",
            "-7L",
            "7UL",
            "1.5f",
            "0.1",
            "1.50m",
            "\"\"",
            "\"2025-06-01T12:00:00Z\"",
            "\"Grüße 🎉\"",
            "Guid.Parse(\"01234567-89ab-cdef-0123-456789abcdef\")",
            "new DateTime(2025, 6, 1, 12, 0, 0, DateTimeKind.Utc)",
            "new DateTime(2025, 6, 1)",
            "new DateTimeOffset(2025, 6, 1, 12, 0, 0, TimeSpan.FromHours(2))",
            "TimeSpan.FromSeconds(1.5)",
            "new byte[] { 1, 2, 255 }",
            "new sbyte[] { -1, 2 }",
            "new string[] { \"a\", null }",
            "new object[] { 1, \"a\", new object[] { true } }",
            "new List<string> { \"a\", \"b\" }",
            "JObject.Parse(\"{'b': [1, 2.50, 'x', null, {}], 'a': '2025-06-01T12:00:00Z', 'n': 123456789012345678901234567890}\")",
            "JArray.Parse(\"[]\")",
            "new JValue(1.5m)",
            "JToken.FromObject(Guid.Empty)",
        ] {
            let [before, after] =
                kept(&expression.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"));
            assert_eq!(before, after, "{expression}");
        }
    }

    #[test]
    fn dates_in_json_stay_dates_and_texts_stay_texts() {
        let (_, value) = value_of(
            "new JObject(new JProperty(&quot;d&quot;, new DateTime(2025, 6, 1)), new JProperty(&quot;t&quot;, &quot;2025-06-01&quot;))",
        );
        let arena = Arena::new(MEMORY_BYTES_MAX);
        let Ok(Value::Json(token)) = read(&arena, keep(value).unwrap()) else { panic!("no JSON") };
        let kinds: Vec<Kind> = token.property_values().map(Token::kind).collect();
        assert_eq!(kinds, [Kind::Date, Kind::String]);
        assert!(token.parent().is_none());
    }

    #[test]
    fn what_belongs_to_a_request_is_not_kept() {
        for (expression, type_name) in
            [("context.Request", "IRequest"), ("new StringBuilder()", "StringBuilder")]
        {
            let error = keep(value_of(expression).1).unwrap_err();
            assert!(error.to_string().contains(type_name), "{error}");
        }
    }

    #[test]
    fn items_are_bounded() {
        let overhead =
            keep(Value::Str(&"x".repeat(CACHED_BYTES_MAX / 2))).unwrap().len() - CACHED_BYTES_MAX / 2;
        let at_bound = "x".repeat(CACHED_BYTES_MAX - overhead);
        assert_eq!(keep(Value::Str(&at_bound)).unwrap().len(), CACHED_BYTES_MAX);
        assert_eq!(keep(Value::Str(&format!("{at_bound}x"))), Err(NotKept::TooLarge));
    }

    #[test]
    fn a_list_that_holds_itself_is_not_kept() {
        let arena = Arena::new(MEMORY_BYTES_MAX);
        let element = arena.keep(Ty::object());
        let list = arena.alloc(Object::List { element, items: List::default(), version: 0.into() }).unwrap();
        let Object::List { items, .. } = list else { unreachable!() };
        (0..100).for_each(|_| items.push(&arena, Value::Object(list)).unwrap());
        assert_eq!(keep(Value::Object(list)), Err(NotKept::TooLarge));
    }

    #[test]
    fn deep_trees_are_kept() {
        let arena = Arena::new(usize::MAX);
        let mut tree = Token::array(&arena).unwrap();
        for _ in 0..100_000 {
            let around = Token::array(&arena).unwrap();
            around.add(&arena, Some(tree)).unwrap();
            tree = around;
        }
        let item = keep(Value::Json(tree)).unwrap();
        let Ok(Value::Json(copy)) = read(&arena, item) else { panic!("no JSON") };
        assert!(copy.deep_equals(tree));
    }

    #[test]
    fn nothing_is_read_from_what_is_no_value() {
        let arena = Arena::new(MEMORY_BYTES_MAX);
        let whole =
            keep(value_of("JObject.Parse(&quot;{&apos;a&apos;: [1, &apos;x&apos;]}&quot;)").1).unwrap();
        for length in 0..whole.len() {
            assert!(read(&arena, whole.slice(..length)).is_err(), "{length}");
        }
        for other in [&b"plain text"[..], &[0], &[FORMAT, 255], &[FORMAT + 1, 0, 2, 1], &[FORMAT, 4, 1, 0, 0]]
        {
            assert!(read(&arena, Bytes::from_static(other)).is_err(), "{other:?}");
        }
        assert!(matches!(read(&Arena::new(4), whole), Err(NotRead::Memory(_))));
    }
}
