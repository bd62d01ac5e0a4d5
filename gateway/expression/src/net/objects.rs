//! What every object does: `ToString`, `Equals`, `GetHashCode`, being gone through. Each family of objects
//! answers for its own.

use std::cmp::Ordering;

use crate::run::cx::object_ty;
use crate::run::{Cx, Eval, Object, Value};
use crate::types::{Known, Ty};

/// `Equals` beyond identity.
pub(crate) fn equal(left: &Object<'_>, right: &Object<'_>) -> bool {
    same(left, right)
}

/// Whether two objects of the interpreter stand for one of .NET.
pub(crate) fn same(_left: &Object<'_>, _right: &Object<'_>) -> bool {
    false
}

/// What an object is hashed by, where it is not its identity.
pub(crate) fn hashed(_object: &Object<'_>) -> Option<String> {
    None
}

/// `IComparable`, where an object is.
pub(crate) fn compare(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left.object(), right.object()) {
        (Some(Object::Record { fields: a, .. }), Some(Object::Record { fields: b, .. })) => {
            a.iter().zip(*b).map(|(a, b)| plain(a.get(), b.get())).find(|order| *order != Some(Ordering::Equal)).unwrap_or(Some(Ordering::Equal))
        }
        _ => None,
    }
}

fn plain(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
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
        other => cx.invalid_cast(&other.ty(), &Ty::known(Known::IEnumerable)),
    }
}

/// `ToString()`.
pub(crate) fn to_text<'a>(cx: &mut Cx<'a, '_>, object: &'a Object<'a>) -> Eval<'a, &'a str> {
    match object {
        Object::StringBuilder(builder) => builder.text(cx),
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
    if let Some((_, value)) = ZEROS.iter().find(|(known, _)| known.id() == *id) {
        return *value;
    }
    match id {
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

const ZEROS: [(Known, Value<'static>); 14] = [
    (Known::Boolean, Value::Bool(false)),
    (Known::Char, Value::Char(0)),
    (Known::SByte, Value::SByte(0)),
    (Known::Byte, Value::Byte(0)),
    (Known::Int16, Value::Int16(0)),
    (Known::UInt16, Value::UInt16(0)),
    (Known::Int32, Value::Int(0)),
    (Known::UInt32, Value::UInt(0)),
    (Known::Int64, Value::Long(0)),
    (Known::UInt64, Value::ULong(0)),
    (Known::Single, Value::Single(0.0)),
    (Known::Double, Value::Double(0.0)),
    (Known::Decimal, Value::Decimal(rust_decimal::Decimal::ZERO)),
    (Known::Guid, Value::Guid([0; 16])),
];

/// True for a `JObject`, whose properties `dynamic` reads as members.
pub(crate) fn is_json_object(_value: Value<'_>) -> bool {
    false
}

/// True for Json.NET's tree.
pub(crate) fn is_json_ty(ty: &Ty) -> bool {
    [Known::JToken, Known::JContainer, Known::JObject, Known::JArray, Known::JValue, Known::JProperty]
        .into_iter()
        .any(|known| ty.is(known))
}

/// What a `JValue` holds; anything else as it is.
pub(crate) fn json_scalar<'a>(_cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a> {
    Ok(value)
}

/// `object`, where nothing else is known.
pub(crate) fn any() -> &'static Ty {
    object_ty()
}
