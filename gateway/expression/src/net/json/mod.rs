//! Json.NET: how its tokens and the interpreter's values become each other. The tree itself is `crate::json`.

mod convert;
mod operators;
mod tokens;
mod values;

pub(crate) use tokens::{children, look_up};

use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::clr::guid::Guid;
use crate::json::build::{View, Views};
use crate::json::convert::Wanted;
use crate::json::read::{ReadSettings, parse_array, parse_object, parse_token};
use crate::json::{Failure, Kind, Outcome, Scalar, Token};
use crate::run::cx::string_ty;
use crate::run::{Cx, Eval, Limit, Object, Stop, Value};
use crate::types::catalogue::Builder;
use crate::types::{Known, Ty};

pub(crate) fn define(c: &mut Builder) {
    tokens::define(c);
    values::define(c);
    convert::define(c);
}

impl<'a> Cx<'a, '_> {
    /// What Json.NET gives, or throws.
    pub(crate) fn json<T>(&mut self, outcome: Outcome<T>) -> Eval<'a, T> {
        match outcome {
            Ok(value) => Ok(value),
            Err(Failure::Throw { ty, message }) => self.throw(ty, &message),
            Err(Failure::Memory(error)) => Err(error.into()),
            Err(Failure::Visits(_)) => Err(Limit::Steps(self.limits().steps).into()),
        }
    }

    /// The day that a time without a date is of.
    pub(crate) fn today(&self) -> DateTime {
        DateTime::from_ticks(self.host.now(), DateTimeKind::Utc).unwrap_or(DateTime::MIN)
    }
}

/// The static class of a token.
pub(crate) fn ty(token: Token<'_>) -> Ty {
    Ty::known(match token.kind() {
        Kind::Object => Known::JObject,
        Kind::Array => Known::JArray,
        Kind::Property => Known::JProperty,
        Kind::Constructor => Known::JConstructor,
        Kind::Raw => Known::JRaw,
        _ => Known::JValue,
    })
}

/// What a token is to C#.
fn value<'a>(token: Option<Token<'a>>) -> Value<'a> {
    token.map_or(Value::Null, Value::Json)
}

/// A value of C# as a token holds it; `None` for what no token holds.
fn scalar<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, Option<Scalar<'a>>> {
    Ok(Some(match value {
        Value::Null => Scalar::Null,
        Value::Bool(it) => Scalar::Boolean(it),
        Value::Str(it) => Scalar::String(it),
        Value::Char(it) => {
            let text = super::text::char_of(it).to_string();
            Scalar::String(cx.arena.text(&text)?)
        }
        Value::Single(it) => Scalar::Single(it),
        Value::Double(it) => Scalar::Float(it),
        Value::Decimal(it) => Scalar::Decimal(it),
        Value::DateTime(it) => Scalar::Date(it),
        Value::DateTimeOffset(it) => Scalar::DateOffset(it),
        Value::TimeSpan(it) => Scalar::TimeSpan(it),
        Value::Guid(it) => Scalar::Guid(guid(it)),
        Value::Object(Object::Bytes(bytes)) => {
            let bytes: Vec<u8> = bytes.iter().collect();
            cx.work(bytes.len())?;
            Scalar::Bytes(cx.arena.bytes(&bytes)?)
        }
        other => match (other.integer(), super::objects::uri_text(other)) {
            (Some(whole), _) => match i64::try_from(whole) {
                Ok(whole) => Scalar::Integer(whole),
                Err(_) => Scalar::Big(cx.arena.text(&whole.to_string())?),
            },
            (None, Some(uri)) => Scalar::Uri(uri),
            (None, None) => return Ok(None),
        },
    }))
}

fn guid(bytes: [u8; 16]) -> Guid {
    Guid(u128::from_be_bytes(bytes))
}

/// What a token holds, as a value of C#.
pub(crate) fn from_scalar<'a>(cx: &mut Cx<'a, '_>, scalar: Scalar<'a>) -> Eval<'a> {
    Ok(match scalar {
        Scalar::Null | Scalar::Undefined => Value::Null,
        Scalar::Boolean(it) => Value::Bool(it),
        Scalar::Integer(it) => Value::Long(it),
        Scalar::Big(digits) => match digits.parse() {
            Ok(it) => Value::ULong(it),
            Err(_) => Value::Str(digits),
        },
        Scalar::Float(it) => Value::Double(it),
        Scalar::Single(it) => Value::Single(it),
        Scalar::Decimal(it) => Value::Decimal(it),
        Scalar::String(it) | Scalar::Raw(it) | Scalar::Comment(it) => Value::Str(it),
        Scalar::Date(it) => Value::DateTime(it),
        Scalar::DateOffset(it) => Value::DateTimeOffset(it),
        Scalar::TimeSpan(it) => Value::TimeSpan(it),
        Scalar::Guid(it) => Value::Guid(it.0.to_be_bytes()),
        Scalar::Uri(it) => return super::objects::uri(cx, it),
        Scalar::Bytes(it) => return cx.bytes(it),
    })
}

/// The scalar type that a token is to become; with whether it may be null.
fn wanted(ty: &Ty) -> Option<(Wanted, bool)> {
    let inner = ty.nullable_of();
    let bare = inner.unwrap_or(ty);
    const ALL: [(Known, Wanted); 20] = [
        (Known::String, Wanted::String),
        (Known::Boolean, Wanted::Boolean),
        (Known::Char, Wanted::Char),
        (Known::SByte, Wanted::SByte),
        (Known::Byte, Wanted::Byte),
        (Known::Int16, Wanted::Int16),
        (Known::UInt16, Wanted::UInt16),
        (Known::Int32, Wanted::Int32),
        (Known::UInt32, Wanted::UInt32),
        (Known::Int64, Wanted::Int64),
        (Known::UInt64, Wanted::UInt64),
        (Known::Single, Wanted::Single),
        (Known::Double, Wanted::Double),
        (Known::Decimal, Wanted::Decimal),
        (Known::DateTime, Wanted::DateTime),
        (Known::DateTimeOffset, Wanted::DateTimeOffset),
        (Known::TimeSpan, Wanted::TimeSpan),
        (Known::Guid, Wanted::Guid),
        (Known::Uri, Wanted::Uri),
        (Known::Array, Wanted::Bytes),
    ];
    if bare.element_of_array().is_some_and(|element| element.is(Known::Byte)) {
        return Some((Wanted::Bytes, false));
    }
    let found = ALL.iter().find(|(known, _)| bare.is(*known) && *known != Known::Array);
    found.map(|(_, wanted)| (*wanted, inner.is_some()))
}

/// A scalar that was converted, as exactly the type that was wanted.
fn exact<'a>(cx: &mut Cx<'a, '_>, scalar: Scalar<'a>, wanted: Wanted) -> Eval<'a> {
    use crate::run::code::NumTy;
    let value = from_scalar(cx, scalar)?;
    let to = match wanted {
        Wanted::Char => NumTy::Char,
        Wanted::SByte => NumTy::SByte,
        Wanted::Byte => NumTy::Byte,
        Wanted::Int16 => NumTy::Int16,
        Wanted::UInt16 => NumTy::UInt16,
        Wanted::Int32 => NumTy::Int,
        Wanted::UInt32 => NumTy::UInt,
        Wanted::Int64 => NumTy::Long,
        Wanted::UInt64 => NumTy::ULong,
        Wanted::Single => NumTy::Single,
        Wanted::Double => NumTy::Double,
        Wanted::Decimal => NumTy::Decimal,
        Wanted::Uri => {
            return match value {
                Value::Str(text) => super::objects::uri(cx, text),
                other => Ok(other),
            };
        }
        _ => return Ok(value),
    };
    match value {
        Value::Null => Ok(Value::Null),
        value => cx.convert(to, false, value),
    }
}

/// The explicit cast of a token.
fn cast<'a>(cx: &mut Cx<'a, '_>, token: Value<'a>, wanted: Wanted, is_nullable: bool) -> Eval<'a> {
    let token = match token {
        Value::Json(token) => Some(token),
        _ => None,
    };
    let today = cx.today();
    let scalar = cx.json(crate::json::convert::cast(cx.arena, token, wanted, is_nullable, today))?;
    exact(cx, scalar, wanted)
}

/// Content of a container: a token of its own for whatever is given.
fn content<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, Token<'a>> {
    if let Value::Json(token) = value {
        return Ok(token);
    }
    match scalar(cx, value)? {
        Some(scalar) => Ok(Token::value(cx.arena, scalar)?),
        None => {
            let failure = crate::json::no_kind_for(&value.ty().full_name());
            cx.json(Err(failure))
        }
    }
}

/// True for what Json.NET puts into a container item by item.
fn is_many(value: Value<'_>) -> bool {
    match value {
        Value::Json(_) | Value::Str(_) | Value::Object(Object::Bytes(_)) => false,
        Value::Object(_) => crate::run::instance::is_instance(value, &Ty::known(Known::IEnumerable)),
        _ => false,
    }
}

/// Puts content into a container; sequences item by item.
fn add<'a>(cx: &mut Cx<'a, '_>, into: Token<'a>, value: Value<'a>) -> Eval<'a, ()> {
    if is_many(value) {
        for item in cx.collect(value)? {
            add(cx, into, item)?;
        }
        return Ok(());
    }
    cx.step()?;
    let token = content(cx, value)?;
    cx.json(into.add(cx.arena, Some(token)))
}

/// What values look like to a serializer.
struct Serializer<'c, 'a, 'h> {
    cx: &'c mut Cx<'a, 'h>,
    /// Members that are null are left out.
    omits_null: bool,
}

impl<'a> From<Failure> for Stop<'a> {
    /// Only for what needs no words; the others go through `Cx::json`.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Memory(error) => error.into(),
            _ => Limit::Memory.into(),
        }
    }
}

/// A failure that waits for the context to put it into words, or what ended the evaluation.
pub(crate) enum Ended<'a> {
    Failure(Failure),
    Stop(Stop<'a>),
}

impl From<Failure> for Ended<'_> {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl<'a> From<Stop<'a>> for Ended<'a> {
    fn from(stop: Stop<'a>) -> Self {
        Self::Stop(stop)
    }
}

impl<'a> Views<'a> for Serializer<'_, 'a, '_> {
    type Value = Value<'a>;
    type Error = Ended<'a>;

    fn view(&mut self, value: Value<'a>) -> Result<View<'a, Value<'a>>, Ended<'a>> {
        let cx = &mut *self.cx;
        cx.step()?;
        if let Value::Json(token) = value {
            return Ok(View::Token(token));
        }
        if let Some(scalar) = scalar(cx, value)? {
            return Ok(View::Scalar(scalar));
        }
        let omits_null = self.omits_null;
        let kept = |members: Vec<(&'a str, Value<'a>)>| {
            View::Object(members.into_iter().filter(|(_, value)| !omits_null || !value.is_null()).collect())
        };
        match value {
            Value::Object(Object::Record { ty, fields }) => {
                let mut members = Vec::new();
                for (at, field) in fields.iter().enumerate() {
                    let name = match ty {
                        Ty::Anonymous(names) => cx.arena.text(&names[at].0).map_err(Stop::from)?,
                        _ => cx.arena.text(&format!("Item{}", at + 1)).map_err(Stop::from)?,
                    };
                    members.push((name, field.get()));
                }
                Ok(kept(members))
            }
            Value::Object(Object::KeyValue { key, value, .. }) => {
                Ok(kept(vec![("Key", *key), ("Value", *value)]))
            }
            Value::Object(Object::Dictionary { ty, map }) if !ty.is(Known::HashSet) => {
                let mut members = Vec::new();
                for (key, value) in map.iter() {
                    members.push((super::text::display(cx, key)?, value));
                }
                Ok(View::Object(members))
            }
            Value::Part(part) if part.ty().arguments().len() == 2 => {
                let mut members = Vec::new();
                for item in cx.collect(value)? {
                    if let Some(Object::KeyValue { key, value, .. }) = item.object() {
                        members.push((super::text::display(cx, *key)?, *value));
                    }
                }
                Ok(View::Object(members))
            }
            other if is_many(other) => Ok(View::Array(cx.collect(other)?)),
            other => match super::objects::members(cx, other)? {
                Some(members) => Ok(kept(members)),
                None => {
                    let text = super::text::display(cx, other)?;
                    Ok(View::Scalar(Scalar::String(text)))
                }
            },
        }
    }
}

/// Runs a serializer.
fn serialized<'a, T>(
    cx: &mut Cx<'a, '_>,
    omits_null: bool,
    run: impl FnOnce(&mut Serializer<'_, 'a, '_>) -> Result<T, Ended<'a>>,
) -> Eval<'a, T> {
    let ended = match run(&mut Serializer { cx, omits_null }) {
        Ok(done) => return Ok(done),
        Err(ended) => ended,
    };
    match ended {
        Ended::Stop(stop) => Err(stop),
        Ended::Failure(failure) => cx.json(Err(failure)),
    }
}

/// `ToObject<T>()` and `DeserializeObject<T>`.
fn typed<'a>(cx: &mut Cx<'a, '_>, token: Token<'a>, ty: &'a Ty) -> Eval<'a> {
    cx.step()?;
    if cx.is_instance(Value::Json(token), ty) || matches!(ty, Ty::Dynamic) {
        if ty.is(Known::Object) {
            return match token.scalar() {
                Some(scalar) => from_scalar(cx, scalar),
                None => Ok(Value::Json(token)),
            };
        }
        return Ok(Value::Json(token));
    }
    if let Some((wanted, is_nullable)) = wanted(ty) {
        return cast(cx, Value::Json(token), wanted, is_nullable);
    }
    if token.is_null() {
        return Ok(Value::Null);
    }
    if ty.is_enum() {
        return super::objects::enum_of(cx, token.scalar(), ty);
    }
    let element = ty.element_of_array().or_else(|| {
        let is_list = [
            Known::List,
            Known::IEnumerableOf,
            Known::IList,
            Known::ICollection,
            Known::IReadOnlyList,
            Known::IReadOnlyCollection,
            Known::HashSet,
        ]
        .into_iter()
        .any(|known| ty.is(known));
        ty.arguments().first().filter(|_| is_list)
    });
    if let (Some(element), Kind::Array) = (element, token.kind()) {
        let mut items = Vec::new();
        for child in token.children() {
            items.push(typed(cx, child, element)?);
        }
        if ty.is(Known::HashSet) {
            let object = cx.dictionary(ty, false)?;
            if let Object::Dictionary { map, .. } = object {
                for item in items {
                    map.set(cx.arena, item, Value::Null)?;
                }
            }
            return Ok(Value::Object(object));
        }
        return match ty.element_of_array() {
            Some(_) => cx.array(element, &items),
            None => cx.list(element, &items),
        };
    }
    let is_map = [Known::Dictionary, Known::IDictionary, Known::IReadOnlyDictionary]
        .into_iter()
        .any(|known| ty.is(known));
    if let (true, Kind::Object, [_, of]) = (is_map, token.kind(), ty.arguments()) {
        let own = cx.keep_ty(Ty::generic(Known::Dictionary, [string_ty().clone(), of.clone()]));
        let object = cx.dictionary(own, false)?;
        if let Object::Dictionary { map, .. } = object {
            for property in token.children() {
                if let (Some(name), Some(held)) = (property.name(), property.property_value()) {
                    let held = typed(cx, held, of)?;
                    map.set(cx.arena, Value::Str(name), held)?;
                }
            }
        }
        return Ok(Value::Object(object));
    }
    let message = format!(
        "Cannot deserialize the current JSON {} into type '{}'.",
        token.kind().name().to_lowercase(),
        ty.full_name()
    );
    cx.throw("Newtonsoft.Json.JsonSerializationException", &message)
}

/// `As<T>` of a body.
pub(crate) fn parse_body<'a>(cx: &mut Cx<'a, '_>, text: &'a str, ty: &'a Ty) -> Eval<'a> {
    cx.work(text.len() * 4)?;
    let settings = ReadSettings::default();
    let token = match ty {
        ty if ty.is(Known::JObject) => parse_object(cx.arena, text, settings),
        ty if ty.is(Known::JArray) => parse_array(cx.arena, text, settings),
        _ => parse_token(cx.arena, text, settings),
    };
    let token = cx.json(token)?;
    cx.cast(Value::Json(token), ty)
}

/// True for a type whose values are tokens.
pub(crate) fn is_token_ty(ty: &Ty) -> bool {
    [
        Known::JToken,
        Known::JContainer,
        Known::JObject,
        Known::JArray,
        Known::JValue,
        Known::JProperty,
        Known::JRaw,
        Known::JConstructor,
    ]
    .into_iter()
    .any(|known| ty.is(known))
}

/// `ToString()`.
pub(crate) fn text<'a>(cx: &mut Cx<'a, '_>, token: Token<'a>) -> Eval<'a, &'a str> {
    let text = cx.json(token.text(cx.arena))?;
    cx.work(text.len())?;
    Ok(text)
}

/// `JValue.Equals`: by value where both are values, else by reference.
pub(crate) fn equal<'a>(left: Token<'a>, right: Token<'a>) -> bool {
    match (left.scalar(), right.scalar()) {
        _ if left == right => true,
        (Some(a), Some(b)) => left.kind() == right.kind() && crate::json::scalars_equal(a, b),
        _ => false,
    }
}

/// The properties of an object as pairs, as `foreach` over a `JObject` gives them.
pub(crate) fn pairs<'a>(cx: &mut Cx<'a, '_>, token: Token<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let ty = cx.keep_ty(Ty::generic(Known::KeyValuePair, [Ty::string(), Ty::known(Known::JToken)]));
    let mut pairs = Vec::new();
    for property in token.children() {
        let key = property.name().map_or(Value::Null, Value::Str);
        let value = value(property.property_value());
        pairs.push(cx.new_object(Object::KeyValue { ty, key, value })?);
    }
    Ok(pairs)
}

/// What `foreach` over a `JObject` goes through.
pub(crate) fn pairs_of<'a>(cx: &mut Cx<'a, '_>, a: crate::run::Args<'_, 'a>) -> Eval<'a> {
    match a.value(0) {
        Value::Json(token) => {
            let pairs = pairs(cx, token)?;
            cx.array(crate::run::cx::object_ty(), &pairs)
        }
        other => Ok(other),
    }
}
