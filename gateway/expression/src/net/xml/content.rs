//! What `Add` and its kin take: any values, sequences item by item, what is no node as text by XML's rules.

use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::{Known, Ty};
use crate::xml::{Content, Item, convert};

/// The text that a value has as content or as an attribute's value: `XmlConvert.ToString`.
pub(super) fn text<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, &'a str> {
    use super::super::text::{display, format};
    match value {
        Value::Xml(_) => cx.throw("System.ArgumentException", "An XObject cannot be used as a value."),
        Value::Bool(it) => Ok(convert::boolean_text(it)),
        Value::Double(it) => match convert::double_text(it) {
            Some(text) => Ok(text),
            None => format(cx, value, "R"),
        },
        Value::Single(it) => match convert::double_text(f64::from(it)) {
            Some(text) => Ok(text),
            None => format(cx, value, "R"),
        },
        Value::DateTime(_) => format(cx, value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"),
        Value::DateTimeOffset(it) if it.offset().ticks() == 0 => {
            format(cx, Value::DateTime(it.utc_date_time()), "yyyy-MM-ddTHH:mm:ss.FFFFFFFK")
        }
        Value::DateTimeOffset(_) => format(cx, value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz"),
        Value::TimeSpan(it) => {
            let text = convert::duration_text(it.ticks());
            Ok(cx.arena.text(&text)?)
        }
        other => display(cx, other),
    }
}

/// The text of a value that must be there.
pub(super) fn required_text<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    at: usize,
    name: &str,
) -> Eval<'a, &'a str> {
    match a.value(at) {
        Value::Null => cx.argument_null(name),
        value => text(cx, value),
    }
}

/// The items of an argument, sequences in it taken apart. No recursion: sequences may hold each other.
pub(super) fn content<'a>(cx: &mut Cx<'a, '_>, argument: Value<'a>) -> Eval<'a, Vec<Content<'a>>> {
    let mut content = Vec::new();
    let mut open = vec![vec![argument].into_iter()];
    while let Some(items) = open.last_mut() {
        let Some(item) = items.next() else {
            open.pop();
            continue;
        };
        cx.step()?;
        let item = match item {
            Value::Null => continue,
            Value::Str(text) => Content::Text(text),
            Value::Xml(Item::Node(node)) => Content::Node(node),
            Value::Xml(Item::Attribute(attribute)) => Content::Attribute(attribute),
            many if is_many(many) => {
                open.push(cx.collect(many)?.into_iter());
                continue;
            }
            other => Content::Text(text(cx, other)?),
        };
        cx.arena.charge(size_of::<Content<'_>>())?;
        content.push(item);
    }
    Ok(content)
}

/// `IEnumerable`. A token of Json.NET is one as well, of nothing where it is a value.
fn is_many(value: Value<'_>) -> bool {
    match value {
        Value::Json(_) | Value::Object(Object::Bytes(_) | Object::Sequence(_)) => true,
        Value::Object(_) | Value::Part(_) => {
            crate::run::instance::is_instance(value, &Ty::known(Known::IEnumerable))
        }
        _ => false,
    }
}
