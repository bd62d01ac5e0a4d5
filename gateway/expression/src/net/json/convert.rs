//! `JsonConvert` and its settings.

use super::tokens::{layout, read_settings};
use super::{from_scalar, typed, wanted};
use crate::json::read::{Target, deserialize};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty};

const JSON: &str = "Newtonsoft.Json";

/// The number of a setting that was set.
pub(super) fn setting(settings: Value<'_>, name: &str) -> Option<i32> {
    match settings.object() {
        Some(Object::Dictionary { map, .. }) => {
            map.get(Value::Str(leaked(name)?)).and_then(|value| match value {
                Value::Enum(_, it) => Some(it),
                Value::Bool(it) => Some(it.into()),
                _ => None,
            })
        }
        _ => None,
    }
}

/// The names of settings, which live for ever.
const SETTINGS: [&str; 9] = [
    "DateParseHandling",
    "NullValueHandling",
    "Formatting",
    "MergeArrayHandling",
    "MergeNullValueHandling",
    "PropertyNameComparison",
    "CommentHandling",
    "LineInfoHandling",
    "DefaultValueHandling",
];

fn leaked(name: &str) -> Option<&'static str> {
    SETTINGS.iter().find(|known| **known == name).copied()
}

fn new_settings<'a>(cx: &mut Cx<'a, '_>, class: &str) -> Eval<'a> {
    let id = crate::types::catalogue().find(class, 0);
    let ty = cx.keep_ty(id.map_or_else(Ty::object, |id| Ty::Named(id, [].into())));
    cx.dictionary(ty, false).map(Value::Object)
}

/// Declares a setting that is read and kept.
macro_rules! settings {
    ($t:ident, $($ty:literal $name:literal,)*) => {
        $($t.add_settable(
            concat!($ty, " ", $name, " { get; set; }"),
            |_, a| match a.object(0) {
                Some(Object::Dictionary { map, .. }) => Ok(map.get(Value::Str($name)).unwrap_or(Value::Null)),
                _ => Ok(Value::Null),
            },
            |cx, a| {
                if let Some(Object::Dictionary { map, .. }) = a.object(0) {
                    map.set(cx.arena, Value::Str($name), a.value(1))?;
                }
                Ok(Value::Null)
            },
        );)*
    };
}

fn serialize<'a>(cx: &mut Cx<'a, '_>, of: Value<'a>, formatting: Value<'a>, settings: Value<'a>) -> Eval<'a> {
    let omits_null = setting(settings, "NullValueHandling") == Some(1);
    let indented = match formatting {
        Value::Null if setting(settings, "Formatting") == Some(1) => crate::json::Layout::Indented,
        other => layout(other),
    };
    let arena = cx.arena;
    let text = super::serialized(cx, omits_null, |serializer| {
        crate::json::build::serialize(arena, serializer, of, indented)
    })?;
    cx.work(text.len())?;
    Ok(Value::Str(text))
}

fn read<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, ty: &'a Ty, settings: Value<'a>) -> Eval<'a> {
    let text = a.str(cx, 0, "value")?;
    cx.work(text.len() * 4)?;
    let target = match ty {
        ty if ty.is(Known::JObject) => Target::Object,
        ty if ty.is(Known::JArray) => Target::Array,
        ty if ty.is(Known::JToken) => Target::Token,
        _ => Target::Any,
    };
    let Some(token) = cx.json(deserialize(cx.arena, text, read_settings(settings), target))? else {
        return Ok(cx.default_of(ty));
    };
    if let (Some(_), true) = (wanted(ty), token.is_null() && ty.takes_null()) {
        return Ok(Value::Null);
    }
    typed(cx, token, ty)
}

fn any<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, settings: Value<'a>) -> Eval<'a> {
    let text = a.str(cx, 0, "value")?;
    cx.work(text.len() * 4)?;
    match cx.json(deserialize(cx.arena, text, read_settings(settings), Target::Any))? {
        None => Ok(Value::Null),
        Some(token) => match token.scalar() {
            Some(scalar) => from_scalar(cx, scalar),
            None => Ok(Value::Json(token)),
        },
    }
}

pub(super) fn define(c: &mut Builder) {
    c.enumeration(JSON, "DateParseHandling", &[("None", 0), ("DateTime", 1), ("DateTimeOffset", 2)]);
    c.enumeration(JSON, "NullValueHandling", &[("Include", 0), ("Ignore", 1)]);
    c.flags(
        JSON,
        "DefaultValueHandling",
        &[("Include", 0), ("Ignore", 1), ("Populate", 2), ("IgnoreAndPopulate", 3)],
    );
    c.enumeration(
        "Newtonsoft.Json.Linq",
        "MergeArrayHandling",
        &[("Concat", 0), ("Union", 1), ("Replace", 2), ("Merge", 3)],
    );
    c.flags("Newtonsoft.Json.Linq", "MergeNullValueHandling", &[("Ignore", 0), ("Merge", 1)]);
    c.enumeration("Newtonsoft.Json.Linq", "CommentHandling", &[("Ignore", 0), ("Load", 1)]);
    c.define(JSON, "class JsonConverter", |_| {});
    c.define(JSON, "class JsonSerializerSettings", |t| {
        t.add("new()", |cx, _| new_settings(cx, "JsonSerializerSettings"));
        settings! { t,
            "DateParseHandling" "DateParseHandling",
            "NullValueHandling" "NullValueHandling",
            "Formatting" "Formatting",
            "DefaultValueHandling" "DefaultValueHandling",
        }
    });
    c.define("Newtonsoft.Json.Linq", "class JsonLoadSettings", |t| {
        t.add("new()", |cx, _| new_settings(cx, "JsonLoadSettings"));
        settings! { t, "CommentHandling" "CommentHandling", }
    });
    c.define("Newtonsoft.Json.Linq", "class JsonMergeSettings", |t| {
        t.add("new()", |cx, _| new_settings(cx, "JsonMergeSettings"));
        settings! { t,
            "MergeArrayHandling" "MergeArrayHandling",
            "MergeNullValueHandling" "MergeNullValueHandling",
            "StringComparison" "PropertyNameComparison",
        }
    });
    c.define(JSON, "static class JsonConvert", converting);
}

fn converting(t: &mut TypeBuilder<'_>) {
    t.add("static string SerializeObject(object value)", |cx, a| {
        serialize(cx, a.value(0), Value::Null, Value::Null)
    })
    .add("static string SerializeObject(object value, Formatting formatting)", |cx, a| {
        serialize(cx, a.value(0), a.value(1), Value::Null)
    })
    .add("static string SerializeObject(object value, JsonSerializerSettings settings)", |cx, a| {
        serialize(cx, a.value(0), Value::Null, a.value(1))
    })
    .add(
        "static string SerializeObject(object value, Formatting formatting, JsonSerializerSettings settings)",
        |cx, a| serialize(cx, a.value(0), a.value(1), a.value(2)),
    )
    .add("static string ToString(object value)", |cx, a| serialize(cx, a.value(0), Value::Null, Value::Null))
    .add("static object DeserializeObject(string value)", |cx, a| any(cx, a, Value::Null))
    .add("static object DeserializeObject(string value, JsonSerializerSettings settings)", |cx, a| {
        any(cx, a, a.value(1))
    })
    .add("static T DeserializeObject<T>(string value)", |cx, a| read(cx, a, a.ty(0), Value::Null))
    .add("static T DeserializeObject<T>(string value, JsonSerializerSettings settings)", |cx, a| {
        read(cx, a, a.ty(0), a.value(1))
    });
}
