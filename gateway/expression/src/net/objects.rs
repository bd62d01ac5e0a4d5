//! What every object does: `ToString`, `Equals`, `GetHashCode`, being gone through. Each family of objects
//! answers for its own.

use std::cmp::Ordering;

use crate::run::{Cx, Eval, Object, Value};
use crate::types::{Known, Ty};

/// `Equals` beyond identity.
pub(crate) fn equal<'a>(left: &'a Object<'a>, right: &'a Object<'a>) -> bool {
    match (left, right) {
        (Object::TimeZone(a), Object::TimeZone(b)) => a.id() == b.id(),
        (Object::Uri(a), Object::Uri(b)) => super::uri::key(a) == super::uri::key(b),
        (Object::IpAddress(a), Object::IpAddress(b)) => a == b,
        _ => same(left, right),
    }
}

/// Whether two objects of the interpreter stand for one of .NET.
pub(crate) fn same<'a>(left: &'a Object<'a>, right: &'a Object<'a>) -> bool {
    match (left, right) {
        // .NET keeps one object for each name.
        (Object::XName(a), Object::XName(b)) => a == b,
        (Object::XNamespace(a), Object::XNamespace(b)) => a == b,
        (Object::XDeclaration(a), Object::XDeclaration(b)) => std::ptr::eq(*a, *b),
        (Object::Encoding(a), Object::Encoding(b)) => a == b,
        (Object::Crypto(a), Object::Crypto(b)) => a.same(b),
        _ => false,
    }
}

/// What an object is hashed by, where it is not its identity.
pub(crate) fn hashed(object: &Object<'_>) -> Option<String> {
    match object {
        Object::XName(name) => Some(name.to_string()),
        Object::XNamespace(namespace) => Some((*namespace).to_owned()),
        Object::XDeclaration(declaration) => Some(format!("{:x}", std::ptr::from_ref(*declaration).addr())),
        Object::TimeZone(zone) => Some(zone.id().to_owned()),
        Object::Uri(uri) => Some(super::uri::key(uri)),
        Object::IpAddress(address) => Some(address.to_string()),
        Object::Encoding(encoding) => Some(encoding.web_name()),
        Object::Crypto(crypto) => crypto.hashed(),
        _ => None,
    }
}

/// `IComparable`, where an object is.
pub(crate) fn compare<'a>(left: Value<'a>, right: Value<'a>) -> Option<Ordering> {
    match (left.object(), right.object()) {
        (Some(Object::Record { fields: a, .. }), Some(Object::Record { fields: b, .. })) => a
            .iter()
            .zip(*b)
            .map(|(a, b)| plain(a.get(), b.get()))
            .find(|order| *order != Some(Ordering::Equal))
            .unwrap_or(Some(Ordering::Equal)),
        _ => None,
    }
}

fn plain<'a>(left: Value<'a>, right: Value<'a>) -> Option<Ordering> {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Some(super::string::compare_culture(a, b, false)),
        _ => Some(left.integer()?.cmp(&right.integer()?)),
    }
}

/// All items of an object that can be gone through.
pub(crate) fn items<'a>(cx: &mut Cx<'a, '_>, object: &'a Object<'a>) -> Eval<'a, Vec<Value<'a>>> {
    match object {
        Object::Line { items, ty, .. } => {
            let in_order = items.iter();
            Ok(match ty.is(Known::Stack) {
                true => in_order.rev().collect(),
                false => in_order.collect(),
            })
        }
        Object::Dictionary { ty, map } => super::collections::entries(cx, ty, map),
        Object::Claims(claims) => super::token::entries(cx, claims),
        Object::Captures(captures) => Ok(captures.items().to_vec()),
        other => cx.invalid_cast(&other.ty(), &Ty::known(Known::IEnumerable)),
    }
}

/// `ToString()`.
pub(crate) fn to_text<'a>(cx: &mut Cx<'a, '_>, object: &'a Object<'a>) -> Eval<'a, &'a str> {
    match object {
        Object::StringBuilder(builder) => builder.text(cx),
        Object::XName(name) => super::xml::name_text(cx, *name),
        Object::XNamespace(namespace) => Ok(*namespace),
        Object::XDeclaration(declaration) => cx.xml(crate::xml::write_declaration(cx.arena, declaration)),
        Object::StringWriter(builder) => to_text(cx, builder),
        Object::TimeZone(zone) => {
            let about = super::date_time::now(cx, crate::clr::datetime::DateTimeKind::Utc);
            let name = super::time_zone::display_name(zone, about);
            Ok(cx.arena.text(&name)?)
        }
        Object::Regex(regex) => Ok(regex.pattern()),
        Object::Capture(capture) => Ok(capture.value()),
        Object::Uri(uri) => Ok(cx.arena.text(&uri.to_string())?),
        Object::IpAddress(address) => Ok(cx.arena.text(&address.to_string())?),
        Object::Encoding(encoding) => Ok(super::encoding::class_name(*encoding)),
        Object::Crypto(crypto) => crypto.text(cx),
        Object::Exception(exception) => {
            let mut text = format!("{}: {}", exception.ty, exception.message);
            if let Some(inner) = exception.inner {
                text.push_str(&format!(" ---> {}: {}", inner.ty, inner.message));
            }
            Ok(cx.arena.text(&text)?)
        }
        Object::KeyValue { key, value, .. } => {
            let (key, value) = (super::text::display(cx, *key)?, super::text::display(cx, *value)?);
            Ok(cx.arena.concat(&["[", key, ", ", value, "]"])?)
        }
        Object::Record { ty, .. } if super::token::is_class(ty) => Ok(cx.arena.text(&ty.full_name())?),
        Object::Record { ty, fields } => {
            let mut text = String::new();
            let names: &[(String, Ty)] = match ty {
                Ty::Anonymous(names) => names,
                _ => &[],
            };
            text.push_str(if names.is_empty() { "(" } else { "{ " });
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                if let Some((name, _)) = names.get(at) {
                    text.push_str(&format!("{name} = "));
                }
                text.push_str(super::text::display(cx, field.get())?);
            }
            text.push_str(if names.is_empty() { ")" } else { " }" });
            Ok(cx.arena.text(&text)?)
        }
        other => {
            let name = other.ty().full_name();
            Ok(cx.arena.text(&name)?)
        }
    }
}

/// The default value of a type.
pub(crate) fn default_of<'a>(cx: &mut Cx<'a, '_>, ty: &'a Ty) -> Value<'a> {
    use crate::clr::datetime::DateTime;
    use crate::clr::datetime_offset::DateTimeOffset;
    use crate::clr::timespan::TimeSpan;
    let Ty::Named(id, arguments) = ty else { return Value::Null };
    match id {
        id if *id == Known::Boolean.id() => Value::Bool(false),
        id if *id == Known::Char.id() => Value::Char(0),
        id if *id == Known::SByte.id() => Value::SByte(0),
        id if *id == Known::Byte.id() => Value::Byte(0),
        id if *id == Known::Int16.id() => Value::Int16(0),
        id if *id == Known::UInt16.id() => Value::UInt16(0),
        id if *id == Known::Int32.id() => Value::Int(0),
        id if *id == Known::UInt32.id() => Value::UInt(0),
        id if *id == Known::Int64.id() => Value::Long(0),
        id if *id == Known::UInt64.id() => Value::ULong(0),
        id if *id == Known::Single.id() => Value::Single(0.0),
        id if *id == Known::Double.id() => Value::Double(0.0),
        id if *id == Known::Decimal.id() => Value::Decimal(rust_decimal::Decimal::ZERO),
        id if *id == Known::Guid.id() => Value::Guid([0; 16]),
        id if *id == Known::DateTime.id() => Value::DateTime(DateTime::MIN),
        id if *id == Known::DateTimeOffset.id() => Value::DateTimeOffset(DateTimeOffset::MIN),
        id if *id == Known::TimeSpan.id() => Value::TimeSpan(TimeSpan::ZERO),
        id if *id == Known::KeyValuePair.id() => {
            let key = arguments.first().map_or(Value::Null, |ty| default_of(cx, ty));
            let value = arguments.get(1).map_or(Value::Null, |ty| default_of(cx, ty));
            cx.new_object(Object::KeyValue { ty, key, value }).unwrap_or(Value::Null)
        }
        id if ty.is_enum() => Value::Enum(*id, 0),
        _ => Value::Null,
    }
}

/// True for a `JObject`, whose properties `dynamic` reads as members.
pub(crate) fn is_json_object(value: Value<'_>) -> bool {
    matches!(value, Value::Json(token) if token.kind() == crate::json::Kind::Object)
}

/// True for Json.NET's tree.
pub(crate) fn is_json_ty(ty: &Ty) -> bool {
    super::json::is_token_ty(ty)
}

/// What a `JValue` holds; anything else as it is.
pub(crate) fn json_scalar<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a> {
    match value {
        Value::Json(token) => match token.scalar() {
            Some(scalar) => super::json::from_scalar(cx, scalar),
            None => Ok(value),
        },
        _ => Ok(value),
    }
}

/// A certificate of the request or the gateway; null where there is none.
pub(crate) fn certificate<'a>(cx: &mut Cx<'a, '_>, which: crate::context::CertificateOf<'_>) -> Eval<'a> {
    super::crypto::of_host(cx, which)
}

/// The value of a key in something that looks like a dictionary.
pub(crate) fn look_up<'a>(cx: &mut Cx<'a, '_>, of: Value<'a>, key: Value<'a>) -> Eval<'a, Option<Value<'a>>> {
    if let (Value::Object(Object::Claims(claims)), Value::Str(name)) = (of, key) {
        return super::token::claim(cx, claims, name);
    }
    cx.invalid_cast(&of.ty(), &Ty::known(Known::IReadOnlyDictionary))
}

/// `As<T>` of anything but text and bytes.
pub(crate) fn parse_body<'a>(cx: &mut Cx<'a, '_>, text: &'a str, ty: &'a Ty) -> Eval<'a> {
    match ty {
        ty if super::json::is_token_ty(ty) => super::json::parse_body(cx, text, ty),
        ty if ty.is(Known::XElement) => super::xml::parse_element(cx, text, false),
        ty if ty.is(Known::XDocument) || ty.is(Known::XNode) => super::xml::parse_document(cx, text, false),
        ty => cx.invalid_cast(&Ty::string(), ty),
    }
}

/// A variable of a described request, of a type that only some families know.
pub(crate) fn fixture_value<'a>(
    arena: &'a crate::arena::Arena,
    ty: &str,
    text: &str,
) -> Result<Value<'a>, String> {
    match ty.rsplit('.').next() {
        Some("JObject" | "JArray" | "JToken" | "JValue") => {
            let text = arena.text(text).map_err(|error| error.to_string())?;
            let token =
                crate::json::read::parse_token(arena, text, crate::json::read::ReadSettings::default());
            token.map(Value::Json).map_err(|error| error.to_string())
        }
        Some("Authorization") => super::token::described(arena, text),
        Some("XElement") => {
            let parsed = crate::xml::parse_element(arena, text, crate::xml::Whitespace::Drop);
            parsed.map(|it| Value::Xml(crate::xml::Item::Node(it))).map_err(|error| error.to_string())
        }
        Some("XDocument" | "XNode") => {
            let parsed = crate::xml::parse_document(arena, text, crate::xml::Whitespace::Drop);
            parsed.map(|it| Value::Xml(crate::xml::Item::Node(it))).map_err(|error| error.to_string())
        }
        _ => Err(format!("`{ty}` is no type of a variable")),
    }
}

/// The text of a `Uri`.
pub(crate) fn uri_text<'a>(value: Value<'a>) -> Option<&'a str> {
    match value.object() {
        Some(Object::Uri(uri)) => Some(uri.original()),
        _ => None,
    }
}

/// A `Uri` of its text.
pub(crate) fn uri<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    super::uri::new(cx, text, crate::uri::UriKind::RelativeOrAbsolute)
}

/// The public members of an object that a serializer writes; `None` where it writes the text.
pub(crate) fn members<'a>(
    _cx: &mut Cx<'a, '_>,
    _value: Value<'a>,
) -> Eval<'a, Option<Vec<(&'a str, Value<'a>)>>> {
    Ok(None)
}

/// A value of an enumeration of its number or name.
pub(crate) fn enum_of<'a>(
    cx: &mut Cx<'a, '_>,
    scalar: Option<crate::json::Scalar<'a>>,
    ty: &'a Ty,
) -> Eval<'a> {
    use crate::json::Scalar;
    let found = match scalar {
        Some(Scalar::Integer(whole)) => i32::try_from(whole).ok(),
        Some(Scalar::String(text)) => super::primitives::enum_value(text, ty, true),
        _ => None,
    };
    match (found, ty.id()) {
        (Some(value), Some(id)) => Ok(Value::Enum(id, value)),
        _ => cx
            .throw("Newtonsoft.Json.JsonSerializationException", "Error converting value to an enumeration."),
    }
}

/// `=~` of a JSON path.
pub(crate) fn matches(pattern: &str, options: &str, text: &str) -> crate::json::Outcome<bool> {
    super::regex::json_path_matches(pattern, options, text)
}

/// What a token is hashed by: its text where it is a value, for equal values are equal tokens.
pub(crate) fn token_hash(token: crate::json::Token<'_>) -> String {
    token.scalar().map(crate::json::text_of).unwrap_or_default()
}
