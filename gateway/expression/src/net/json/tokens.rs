//! `JToken`, `JContainer`, `JObject`, `JArray`, `JProperty`, and the extension methods over sequences of them.

use super::{add, content, is_many, text, typed, value, wanted};
use crate::json::read::{ReadSettings, parse_array, parse_object, parse_token};
use crate::json::select::SelectSettings;
use crate::json::{Key, Kind, Layout, MergeArrays, MergeSettings, NameComparison, Token, write};
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty};

const LINQ: &str = "Newtonsoft.Json.Linq";

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Token<'a>> {
    token(cx, a, 0)
}

fn token<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, Token<'a>> {
    match a.value(at) {
        Value::Json(token) => Ok(token),
        _ => cx.null_reference(),
    }
}

fn token_ty() -> &'static Ty {
    static TY: std::sync::LazyLock<Ty> = std::sync::LazyLock::new(|| Ty::known(Known::JToken));
    &TY
}

/// A sequence of tokens.
fn many<'a>(cx: &mut Cx<'a, '_>, tokens: impl IntoIterator<Item = Token<'a>>) -> Eval<'a> {
    let mut items = Vec::new();
    for token in tokens {
        cx.step()?;
        items.push(Value::Json(token));
    }
    cx.array(token_ty(), &items)
}

fn key<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, Key<'a>> {
    match value {
        Value::Null => Ok(Key::Null),
        Value::Str(name) => Ok(Key::Name(name)),
        other => match other.integer().and_then(|it| i32::try_from(it).ok()) {
            Some(index) => Ok(Key::Index(index)),
            None => {
                let text = super::super::text::display(cx, other)?;
                Ok(Key::Name(text))
            }
        },
    }
}

fn get<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let token = this(cx, a)?;
    let key = key(cx, a.value(1))?;
    cx.json(token.item(key)).map(value)
}

/// The indexer of `JObject` by name: null, not an exception, where there is none.
fn get_named<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let token = this(cx, a)?;
    match a.value(1) {
        Value::Str(name) => Ok(value(token.get(name))),
        _ => cx.argument_null("propertyName"),
    }
}

fn set<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let into = this(cx, a)?;
    let key = key(cx, a.value(1))?;
    let item = match a.value(2) {
        Value::Json(token) => Some(token),
        _ => None,
    };
    cx.json(into.set_item(cx.arena, key, item))?;
    Ok(Value::Null)
}

fn select<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, fails: bool) -> Eval<'a, Vec<Token<'a>>> {
    let token = this(cx, a)?;
    let path = a.str(cx, 1, "path")?;
    let settings = SelectSettings { error_when_no_match: fails, is_match: &super::super::objects::matches };
    let found = cx.json(token.select_tokens(path, settings))?;
    cx.steps_of(found.len() as u64)?;
    Ok(found)
}

fn select_one<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, fails: bool) -> Eval<'a> {
    let token = this(cx, a)?;
    let path = a.str(cx, 1, "path")?;
    cx.work(path.len() * 16)?;
    let settings = SelectSettings { error_when_no_match: fails, is_match: &super::super::objects::matches };
    cx.json(token.select_token(path, settings)).map(value)
}

/// Whether dates are read, of a `JsonLoadSettings` or `JsonSerializerSettings`.
pub(super) fn read_settings(settings: Value<'_>) -> ReadSettings {
    let dates = super::convert::setting(settings, "DateParseHandling").is_none_or(|it| it != 0);
    ReadSettings { dates }
}

fn parse<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, kind: Kind) -> Eval<'a> {
    let text = a.str(cx, 0, "s")?;
    cx.work(text.len() * 4)?;
    let settings = ReadSettings::default();
    let token = match kind {
        Kind::Object => parse_object(cx.arena, text, settings),
        Kind::Array => parse_array(cx.arena, text, settings),
        _ => parse_token(cx.arena, text, settings),
    };
    cx.json(token).map(Value::Json)
}

/// `Value<T>`: what is under the key, converted.
fn value_as<'a>(cx: &mut Cx<'a, '_>, token: Option<Token<'a>>, ty: &'a Ty) -> Eval<'a> {
    if let Some((wanted, is_nullable)) = wanted(ty) {
        let today = cx.today();
        let scalar = cx.json(crate::json::convert::value_as(cx.arena, token, wanted, is_nullable, today))?;
        return super::exact(cx, scalar, wanted);
    }
    match token {
        None => Ok(cx.default_of(ty)),
        Some(token) if super::is_token_ty(ty) => cx.cast(Value::Json(token), ty),
        Some(token) => typed(cx, token, ty),
    }
}

fn to_text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let token = this(cx, a)?;
    text(cx, token).map(Value::Str)
}

pub(super) fn layout(value: Value<'_>) -> Layout {
    match value {
        Value::Enum(_, 1) => Layout::Indented,
        _ => Layout::Compact,
    }
}

fn from_object<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, kind: Kind) -> Eval<'a> {
    let of = a.value(0);
    let arena = cx.arena;
    let made = super::serialized(cx, false, |serializer| match kind {
        Kind::Object => crate::json::build::object_from(arena, serializer, of),
        Kind::Array => crate::json::build::array_from(arena, serializer, of),
        _ => crate::json::build::from_object(arena, serializer, of),
    });
    made.map(Value::Json)
}

/// The tokens of content that is given at once.
fn all<'a>(cx: &mut Cx<'a, '_>, given: Value<'a>) -> Eval<'a, Vec<Option<Token<'a>>>> {
    if is_many(given) {
        let mut tokens = Vec::new();
        for item in cx.collect(given)? {
            tokens.push(Some(content(cx, item)?));
        }
        return Ok(tokens);
    }
    Ok(vec![Some(content(cx, given)?)])
}

fn comparison(value: Value<'_>) -> NameComparison {
    match super::super::string::comparison(value).ignores_case() {
        true => NameComparison::IgnoreCase,
        false => NameComparison::Ordinal,
    }
}

pub(super) fn define(c: &mut Builder) {
    c.enumeration("Newtonsoft.Json", "Formatting", &[("None", 0), ("Indented", 1)]);
    c.enumeration(
        LINQ,
        "JTokenType",
        &[
            ("None", 0),
            ("Object", 1),
            ("Array", 2),
            ("Constructor", 3),
            ("Property", 4),
            ("Comment", 5),
            ("Integer", 6),
            ("Float", 7),
            ("String", 8),
            ("Boolean", 9),
            ("Null", 10),
            ("Undefined", 11),
            ("Date", 12),
            ("Raw", 13),
            ("Bytes", 14),
            ("Guid", 15),
            ("Uri", 16),
            ("TimeSpan", 17),
        ],
    );
    c.define(LINQ, "interface IJEnumerable<T> : IEnumerable<T>", |_| {});
    c.define(LINQ, "class JToken : IJEnumerable<JToken>", |t| {
        super::operators::define(t);
        tree(t);
        reading(t);
    });
    c.define(LINQ, "class JContainer : JToken, IList<JToken>", containers);
    c.define(
        LINQ,
        "class JObject : JContainer, IEnumerable<KeyValuePair<string, JToken>>, IDictionary<string, JToken>",
        objects,
    );
    c.define(LINQ, "class JArray : JContainer", arrays);
    c.define(LINQ, "class JConstructor : JContainer", |t| {
        t.add("string Name { get; }", |cx, a| Ok(this(cx, a)?.name().map_or(Value::Null, Value::Str)));
    });
    c.define(LINQ, "class JProperty : JContainer", properties);
    c.define(LINQ, "static class Extensions", extensions);
}

fn tree(t: &mut TypeBuilder<'_>) {
    t.add("JContainer Parent { get; }", |cx, a| Ok(value(this(cx, a)?.parent())))
        .add("JToken Root { get; }", |cx, a| Ok(Value::Json(this(cx, a)?.root())))
        .add("JToken Next { get; }", |cx, a| Ok(value(this(cx, a)?.next())))
        .add("JToken Previous { get; }", |cx, a| Ok(value(this(cx, a)?.previous())))
        .add("JToken First { get; }", |cx, a| {
            let token = this(cx, a)?;
            cx.json(token.first()).map(value)
        })
        .add("JToken Last { get; }", |cx, a| {
            let token = this(cx, a)?;
            cx.json(token.last()).map(value)
        })
        .add("string Path { get; }", |cx, a| {
            let path = this(cx, a)?.path();
            cx.str(&path)
        })
        .add("JTokenType Type { get; }", |cx, a| {
            let kind = this(cx, a)?.kind();
            let id = crate::types::catalogue().find("JTokenType", 0);
            Ok(id.map_or(Value::Null, |id| Value::Enum(id, kind as i32)))
        })
        .add("bool HasValues { get; }", |cx, a| Ok(Value::Bool(this(cx, a)?.has_values())))
        .add_settable("JToken this[object key] { get; set; }", get, set)
        .add("IJEnumerable<JToken> Children()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.children())
        })
        .add("IJEnumerable<T> Children<T>()", |cx, a| {
            let token = this(cx, a)?;
            let wanted: Vec<Token<'_>> = token.children().collect();
            let of_type = wanted
                .into_iter()
                .filter(|child| crate::run::instance::is_instance(Value::Json(*child), a.ty(0)));
            let items: Vec<Value<'_>> = of_type.map(Value::Json).collect();
            cx.array(a.ty(0), &items)
        })
        .add("IEnumerable<T> Values<T>()", |cx, a| {
            let token = this(cx, a)?;
            let children: Vec<Token<'_>> = match token.kind() {
                Kind::Object => token.property_values().collect(),
                _ => token.children().collect(),
            };
            let mut items = Vec::new();
            for child in children {
                items.push(value_as(cx, Some(child), a.ty(0))?);
            }
            cx.array(a.ty(0), &items)
        })
        .add("IEnumerable<JToken> Ancestors()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.ancestors())
        })
        .add("IEnumerable<JToken> AncestorsAndSelf()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.ancestors_and_self())
        })
        .add("IEnumerable<JToken> AfterSelf()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.after_self())
        })
        .add("IEnumerable<JToken> BeforeSelf()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.before_self())
        })
        .add("void AddAfterSelf(object content)", |cx, a| {
            let token = this(cx, a)?;
            let tokens = all(cx, a.value(1))?;
            cx.json(token.add_after_self(cx.arena, &tokens))?;
            Ok(Value::Null)
        })
        .add("void AddBeforeSelf(object content)", |cx, a| {
            let token = this(cx, a)?;
            let tokens = all(cx, a.value(1))?;
            cx.json(token.add_before_self(cx.arena, &tokens))?;
            Ok(Value::Null)
        })
        .add("void Remove()", |cx, a| {
            let token = this(cx, a)?;
            cx.json(token.remove())?;
            Ok(Value::Null)
        })
        .add("void Replace(JToken value)", |cx, a| {
            let token = this(cx, a)?;
            let with = match a.value(1) {
                Value::Json(with) => Some(with),
                _ => None,
            };
            cx.json(token.replace(cx.arena, with))?;
            Ok(Value::Null)
        })
        .add("JToken DeepClone()", |cx, a| {
            let token = this(cx, a)?;
            Ok(Value::Json(token.deep_clone(cx.arena)?))
        });
}

fn reading(t: &mut TypeBuilder<'_>) {
    t.add("static JToken Parse(string json)", |cx, a| parse(cx, a, Kind::None))
        .add("static JToken Parse(string json, JsonLoadSettings settings)", |cx, a| parse(cx, a, Kind::None))
        .add("static JToken FromObject(object o)", |cx, a| from_object(cx, a, Kind::None))
        .add("static bool DeepEquals(JToken t1, JToken t2)", |cx, a| match (a.value(0), a.value(1)) {
            (Value::Json(one), Value::Json(two)) => {
                cx.steps_of(64)?;
                Ok(Value::Bool(one.deep_equals(two)))
            }
            (one, two) => Ok(Value::Bool(one.is_null() && two.is_null())),
        })
        .add("T Value<T>(object key)", |cx, a| {
            let token = this(cx, a)?;
            let key = key(cx, a.value(1))?;
            let found = cx.json(token.item(key))?;
            value_as(cx, found, a.ty(0))
        })
        .add("T ToObject<T>()", |cx, a| {
            let token = this(cx, a)?;
            typed(cx, token, a.ty(0))
        })
        .add("JToken SelectToken(string path)", |cx, a| select_one(cx, a, false))
        .add("JToken SelectToken(string path, bool errorWhenNoMatch)", |cx, a| select_one(cx, a, a.bool(2)))
        .add("IEnumerable<JToken> SelectTokens(string path)", |cx, a| {
            let found = select(cx, a, false)?;
            many(cx, found)
        })
        .add("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", |cx, a| {
            let found = select(cx, a, a.bool(2))?;
            many(cx, found)
        })
        .add("string ToString()", to_text)
        .add("string ToString(Formatting formatting)", |cx, a| {
            let token = this(cx, a)?;
            let text = cx.json(write(cx.arena, token, layout(a.value(1))))?;
            cx.work(text.len())?;
            Ok(Value::Str(text))
        })
        .add("string ToString(Formatting formatting, params JsonConverter[] converters)", |cx, a| {
            let token = this(cx, a)?;
            let text = cx.json(write(cx.arena, token, layout(a.value(1))))?;
            cx.work(text.len())?;
            Ok(Value::Str(text))
        });
}

fn containers(t: &mut TypeBuilder<'_>) {
    t.add("int Count { get; }", |cx, a| {
        Ok(Value::Int(i32::try_from(this(cx, a)?.len()).unwrap_or(i32::MAX)))
    })
    .add("void Add(object content)", |cx, a| {
        let into = this(cx, a)?;
        add(cx, into, a.value(1))?;
        Ok(Value::Null)
    })
    .add("void AddFirst(object content)", |cx, a| {
        let into = this(cx, a)?;
        for token in all(cx, a.value(1))?.into_iter().rev() {
            cx.json(into.add_first(cx.arena, token))?;
        }
        Ok(Value::Null)
    })
    .add("IEnumerable<JToken> Descendants()", |cx, a| {
        let token = this(cx, a)?;
        many(cx, token.descendants())
    })
    .add("IEnumerable<JToken> DescendantsAndSelf()", |cx, a| {
        let token = this(cx, a)?;
        many(cx, token.descendants_and_self())
    })
    .add("void Merge(object content)", |cx, a| merge(cx, a, MergeSettings::default()))
    .add("void Merge(object content, JsonMergeSettings settings)", |cx, a| {
        let setting = |name| super::convert::setting(a.value(2), name).unwrap_or_default();
        let arrays = match setting("MergeArrayHandling") {
            1 => MergeArrays::Union,
            2 => MergeArrays::Replace,
            3 => MergeArrays::Merge,
            _ => MergeArrays::Concat,
        };
        let settings = MergeSettings {
            arrays,
            nulls_replace: setting("MergeNullValueHandling") == 1,
            names_ignore_case: matches!(setting("PropertyNameComparison"), 1 | 3 | 5),
        };
        merge(cx, a, settings)
    })
    .add("void RemoveAll()", |cx, a| {
        let token = this(cx, a)?;
        cx.json(token.remove_all())?;
        Ok(Value::Null)
    })
    .add("void ReplaceAll(object content)", |cx, a| {
        let token = this(cx, a)?;
        cx.json(token.remove_all())?;
        add(cx, token, a.value(1))?;
        Ok(Value::Null)
    });
}

fn merge<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, settings: MergeSettings) -> Eval<'a> {
    let into = this(cx, a)?;
    if let Value::Json(from) = a.value(1) {
        cx.steps_of(from.len() as u64)?;
        cx.json(into.merge(cx.arena, from, settings))?;
    }
    Ok(Value::Null)
}

/// `new JObject(content…)`, `new JArray(content…)`.
fn filled<'a>(cx: &mut Cx<'a, '_>, made: Token<'a>, given: Value<'a>) -> Eval<'a> {
    add(cx, made, given)?;
    Ok(Value::Json(made))
}

fn objects(t: &mut TypeBuilder<'_>) {
    t.add("new()", |cx, _| Ok(Value::Json(Token::object(cx.arena)?)))
        .add("new(JObject other)", |cx, a| {
            let other = token(cx, a, 0)?;
            Ok(Value::Json(other.deep_clone(cx.arena)?))
        })
        .add("new(object content)", |cx, a| {
            let made = Token::object(cx.arena)?;
            filled(cx, made, a.value(0))
        })
        .add("new(params object[] content)", |cx, a| {
            let made = Token::object(cx.arena)?;
            filled(cx, made, a.value(0))
        })
        .add("static JObject Parse(string json)", |cx, a| parse(cx, a, Kind::Object))
        .add("static JObject Parse(string json, JsonLoadSettings settings)", |cx, a| {
            parse(cx, a, Kind::Object)
        })
        .add("static JObject FromObject(object o)", |cx, a| from_object(cx, a, Kind::Object))
        .add_settable("JToken this[string propertyName] { get; set; }", get_named, set)
        .add_settable("JToken this[object key] { get; set; }", get, set)
        .add("IEnumerable<JProperty> Properties()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.children())
        })
        .add("JProperty Property(string name)", |cx, a| {
            let (token, name) = (this(cx, a)?, a.opt_str(1));
            Ok(value(name.and_then(|name| token.find_property(name))))
        })
        .add("JProperty Property(string name, StringComparison comparison)", |cx, a| {
            let (token, name) = (this(cx, a)?, a.opt_str(1).unwrap_or_default());
            Ok(value(match comparison(a.value(2)) {
                NameComparison::Ordinal => token.find_property(name),
                NameComparison::IgnoreCase => token.find_property_ignoring_case(name),
            }))
        })
        .add("IJEnumerable<JToken> PropertyValues()", |cx, a| {
            let token = this(cx, a)?;
            many(cx, token.property_values())
        })
        .add("void Add(string propertyName, JToken value)", |cx, a| {
            let into = this(cx, a)?;
            let name = a.str(cx, 1, "name")?;
            let item = match a.value(2) {
                Value::Json(token) => Some(token),
                _ => None,
            };
            cx.json(into.add_property(cx.arena, name, item))?;
            Ok(Value::Null)
        })
        .add("bool Remove(string propertyName)", |cx, a| {
            let token = this(cx, a)?;
            cx.json(token.remove_property(a.opt_str(1))).map(Value::Bool)
        })
        .add("bool ContainsKey(string propertyName)", |cx, a| {
            let token = this(cx, a)?;
            let name = a.str(cx, 1, "propertyName")?;
            Ok(Value::Bool(token.contains_key(name)))
        })
        .add("JToken GetValue(string propertyName)", |cx, a| {
            let token = this(cx, a)?;
            Ok(value(a.opt_str(1).and_then(|name| token.get(name))))
        })
        .add("JToken GetValue(string propertyName, StringComparison comparison)", |cx, a| {
            let token = this(cx, a)?;
            Ok(value(a.opt_str(1).and_then(|name| token.get_by(name, comparison(a.value(2))))))
        })
        .add("bool TryGetValue(string propertyName, out JToken value)", |cx, a| {
            let token = this(cx, a)?;
            let found = a.opt_str(1).and_then(|name| token.get(name));
            a.out(2, value(found));
            Ok(Value::Bool(found.is_some()))
        })
        .add(
            "bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)",
            |cx, a| {
                let token = this(cx, a)?;
                let found = a.opt_str(1).and_then(|name| token.get_by(name, comparison(a.value(2))));
                a.out(3, value(found));
                Ok(Value::Bool(found.is_some()))
            },
        );
}

fn arrays(t: &mut TypeBuilder<'_>) {
    t.add("new()", |cx, _| Ok(Value::Json(Token::array(cx.arena)?)))
        .add("new(JArray other)", |cx, a| {
            let other = token(cx, a, 0)?;
            Ok(Value::Json(other.deep_clone(cx.arena)?))
        })
        .add("new(object content)", |cx, a| {
            let made = Token::array(cx.arena)?;
            filled(cx, made, a.value(0))
        })
        .add("new(params object[] content)", |cx, a| {
            let made = Token::array(cx.arena)?;
            filled(cx, made, a.value(0))
        })
        .add("static JArray Parse(string json)", |cx, a| parse(cx, a, Kind::Array))
        .add("static JArray Parse(string json, JsonLoadSettings settings)", |cx, a| parse(cx, a, Kind::Array))
        .add("static JArray FromObject(object o)", |cx, a| from_object(cx, a, Kind::Array))
        .add_settable("JToken this[int index] { get; set; }", get, set)
        .add_settable("JToken this[object key] { get; set; }", get, set)
        .add("void Add(JToken item)", |cx, a| {
            let into = this(cx, a)?;
            let item = content(cx, a.value(1))?;
            cx.json(into.add(cx.arena, Some(item)))?;
            Ok(Value::Null)
        })
        .add("void Insert(int index, JToken item)", |cx, a| {
            let into = this(cx, a)?;
            let item = content(cx, a.value(2))?;
            let at = cx.json(crate::json::insert_index(a.int(1)))?;
            cx.json(into.insert(cx.arena, at, Some(item)))?;
            Ok(Value::Null)
        })
        .add("void RemoveAt(int index)", |cx, a| {
            let token = this(cx, a)?;
            let at = cx.json(crate::json::list_index(a.int(1)))?;
            cx.json(token.remove_at(at))?;
            Ok(Value::Null)
        })
        .add("bool Remove(JToken item)", |cx, a| {
            let list = this(cx, a)?;
            match a.value(1) {
                Value::Json(item) => cx.json(list.remove_item(item)).map(Value::Bool),
                _ => Ok(Value::Bool(false)),
            }
        })
        .add("bool Contains(JToken item)", |cx, a| place(cx, a).map(|at| Value::Bool(at >= 0)))
        .add("int IndexOf(JToken item)", |cx, a| place(cx, a).map(Value::Int))
        .add("void Clear()", |cx, a| {
            let token = this(cx, a)?;
            cx.json(token.remove_all())?;
            Ok(Value::Null)
        });
}

fn place<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, i32> {
    let list = this(cx, a)?;
    cx.steps_of(list.len() as u64)?;
    let at = match a.value(1) {
        Value::Json(item) => list.index_of(item),
        _ => None,
    };
    Ok(at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1))
}

fn properties(t: &mut TypeBuilder<'_>) {
    fn new<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        let name = a.str(cx, 0, "name")?;
        let held = match is_many(a.value(1)) {
            true => {
                let array = Token::array(cx.arena)?;
                add(cx, array, a.value(1))?;
                array
            }
            false => content(cx, a.value(1))?,
        };
        cx.json(Token::property(cx.arena, name, Some(held))).map(Value::Json)
    }
    t.add("new(JProperty other)", |cx, a| {
        let other = token(cx, a, 0)?;
        Ok(Value::Json(other.deep_clone(cx.arena)?))
    })
    .add("new(string name, object content)", new)
    .add("new(string name, params object[] content)", new)
    .add("string Name { get; }", |cx, a| Ok(this(cx, a)?.name().map_or(Value::Null, Value::Str)))
    .add_settable(
        "JToken Value { get; set; }",
        |cx, a| Ok(value(this(cx, a)?.property_value())),
        |cx, a| {
            let property = this(cx, a)?;
            let item = match a.value(1) {
                Value::Json(token) => Some(token),
                _ => None,
            };
            cx.json(property.set_property_value(cx.arena, item))?;
            Ok(Value::Null)
        },
    );
}

/// The tokens of a sequence.
fn tokens<'a>(cx: &mut Cx<'a, '_>, of: Value<'a>) -> Eval<'a, Vec<Token<'a>>> {
    let items = cx.collect(of)?;
    Ok(items
        .into_iter()
        .filter_map(|item| if let Value::Json(token) = item { Some(token) } else { None })
        .collect())
}

/// What `Values()` gives of one token.
fn held<'a>(token: Token<'a>) -> Vec<Token<'a>> {
    match token.kind() {
        Kind::Object => token.property_values().collect(),
        Kind::Property => token.property_value().into_iter().collect(),
        _ => token.children().collect(),
    }
}

fn extensions(t: &mut TypeBuilder<'_>) {
    t.add("static U Value<U>(this IEnumerable<JToken> value)", |cx, a| match a.value(0) {
        Value::Json(token) => value_as(cx, Some(token), a.ty(0)),
        Value::Null => cx.argument_null("value"),
        _ => cx.throw("System.ArgumentException", "Source value must be a JToken."),
    })
    .add("static U Value<T, U>(this IEnumerable<T> value)", |cx, a| match a.value(0) {
        Value::Json(token) => value_as(cx, Some(token), a.ty(1)),
        _ => cx.argument_null("value"),
    })
    .add("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", |cx, a| {
        let mut items = Vec::new();
        for token in tokens(cx, a.value(0))? {
            for token in held(token) {
                items.push(value_as(cx, Some(token), a.ty(0))?);
            }
        }
        cx.array(a.ty(0), &items)
    })
    .add("static IEnumerable<JToken> Values(this IEnumerable<JToken> source)", |cx, a| {
        let found: Vec<Token<'_>> = tokens(cx, a.value(0))?.into_iter().flat_map(held).collect();
        many(cx, found)
    })
    .add("static IEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)", |cx, a| {
        let key = key(cx, a.value(1))?;
        let mut found = Vec::new();
        for token in tokens(cx, a.value(0))? {
            found.extend(cx.json(token.item(key))?);
        }
        many(cx, found)
    })
    .add("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)", |cx, a| {
        let key = key(cx, a.value(1))?;
        let mut items = Vec::new();
        for token in tokens(cx, a.value(0))? {
            if let Some(found) = cx.json(token.item(key))? {
                items.push(value_as(cx, Some(found), a.ty(0))?);
            }
        }
        cx.array(a.ty(0), &items)
    })
    .add("static IEnumerable<JToken> Children<T>(this IEnumerable<T> source)", |cx, a| {
        let found: Vec<Token<'_>> = tokens(cx, a.value(0))?.into_iter().flat_map(Token::children).collect();
        many(cx, found)
    })
    .add("static IEnumerable<JProperty> Properties(this IEnumerable<JObject> source)", |cx, a| {
        let found: Vec<Token<'_>> = tokens(cx, a.value(0))?.into_iter().flat_map(Token::children).collect();
        many(cx, found)
    })
    .add("static IEnumerable<JToken> Descendants<T>(this IEnumerable<T> source)", |cx, a| {
        let found = tokens(cx, a.value(0))?.into_iter().flat_map(Token::descendants);
        many(cx, found)
    })
    .add("static IEnumerable<JToken> Ancestors<T>(this IEnumerable<T> source)", |cx, a| {
        let found = tokens(cx, a.value(0))?.into_iter().flat_map(Token::ancestors);
        many(cx, found)
    })
    .add("static IEnumerable<JToken> AsJEnumerable(this IEnumerable<JToken> source)", |_, a| Ok(a.value(0)));
}

/// The items of a token, for those who go through it.
pub(crate) fn children<'a>(token: Token<'a>) -> Vec<Value<'a>> {
    token.children().map(Value::Json).collect()
}

/// A look-up in an object, as of any dictionary.
pub(crate) fn look_up<'a>(token: Token<'a>, key: Value<'a>) -> Option<Value<'a>> {
    match key {
        Value::Str(name) => token.get(name).map(Value::Json),
        _ => None,
    }
}
