//! `FromObject` and `SerializeObject` of values that somebody else knows.

use super::{BYTES, compact, parse, shown};
use crate::arena::Arena;
use crate::json::build::{DEPTH_MAX, View, Views, array_from, from_object, object_from, serialize};
use crate::json::{Failure, Layout, Outcome, Scalar, Token};

/// Values of a test: a number of that many objects within one another, and a few named ones.
#[derive(Clone, Copy)]
enum Value<'a> {
    Deep(usize),
    Scalar(Scalar<'a>),
    Token(Token<'a>),
    Members(&'a [(&'a str, Value<'a>)]),
    Items(&'a [Value<'a>]),
    Throws,
}

struct Known;

impl<'a> Views<'a> for Known {
    type Value = Value<'a>;
    type Error = Failure;

    fn view(&mut self, value: Value<'a>) -> Outcome<View<'a, Value<'a>>> {
        Ok(match value {
            Value::Deep(0) => View::Scalar(Scalar::Integer(1)),
            Value::Deep(depth) => View::Object(vec![("a", Value::Deep(depth - 1))]),
            Value::Scalar(scalar) => View::Scalar(scalar),
            Value::Token(token) => View::Token(token),
            Value::Members(members) => View::Object(members.to_vec()),
            Value::Items(items) => View::Array(items.to_vec()),
            Value::Throws => {
                let message = "Sequence contains no elements".to_owned();
                return Err(Failure::Throw { ty: "System.InvalidOperationException", message });
            }
        })
    }
}

#[test]
fn values_become_trees_and_text() {
    let arena = Arena::new(BYTES);
    let token = parse(&arena, "{t:[1]}");
    let text = |text| Value::Scalar(Scalar::String(text));
    let inner = [text("x"), Value::Scalar(Scalar::Null), Value::Items(&[]), Value::Members(&[])];
    let members = [
        ("a", Value::Scalar(Scalar::Integer(1))),
        ("d", text("2012-03-21T05:40:00Z")),
        ("e", Value::Items(&inner)),
        ("t", Value::Token(token)),
        ("a", Value::Scalar(Scalar::Float(2.0))),
    ];
    let value = Value::Members(&members);
    let expected = r#"{"d":"2012-03-21T05:40:00Z","e":["x",null,[],{}],"t":{"t":[1]},"a":2.0}"#;
    assert_eq!(serialize(&arena, &mut Known, value, Layout::Compact).unwrap(), expected);
    let tree = object_from(&arena, &mut Known, value).unwrap();
    assert_eq!(compact(&arena, tree), expected);
    // A string that looks like a date stays a string, and a token is copied.
    assert_eq!(tree.get("d").unwrap().scalar(), Some(Scalar::String("2012-03-21T05:40:00Z")));
    assert!(tree.get("t") != Some(token));
    assert_eq!(
        serialize(&arena, &mut Known, Value::Items(&inner[..1]), Layout::Indented).unwrap(),
        "[\n  \"x\"\n]"
    );
    assert_eq!(serialize(&arena, &mut Known, Value::Scalar(Scalar::Null), Layout::Compact).unwrap(), "null");
}

#[test]
fn what_cannot_be_serialized() {
    let arena = Arena::new(BYTES);
    let show = |outcome| shown(outcome, |token: Token<'_>| token.kind().name().to_owned());
    let null = Value::Scalar(Scalar::Null);
    let one = Value::Scalar(Scalar::Integer(1));
    let argument_null = "ArgumentNullException: Value cannot be null.\nParameter name: o";
    assert_eq!(show(from_object(&arena, &mut Known, null)), argument_null);
    assert_eq!(show(from_object(&arena, &mut Known, one)), "Integer");
    assert_eq!(
        show(object_from(&arena, &mut Known, one)),
        "ArgumentException: Object serialized to Integer. JObject instance expected."
    );
    assert_eq!(
        show(array_from(&arena, &mut Known, Value::Members(&[]))),
        "ArgumentException: Object serialized to Object. JArray instance expected."
    );
    assert_eq!(
        show(from_object(&arena, &mut Known, Value::Items(&[Value::Throws]))),
        "InvalidOperationException: Sequence contains no elements"
    );
    assert_eq!(show(from_object(&arena, &mut Known, Value::Deep(DEPTH_MAX))), "Object");
    let path = ["a"; DEPTH_MAX].join(".");
    assert_eq!(
        show(from_object(&arena, &mut Known, Value::Deep(DEPTH_MAX + 1))),
        format!("JsonSerializationException: Self referencing loop detected. Path '{path}'.")
    );
}
