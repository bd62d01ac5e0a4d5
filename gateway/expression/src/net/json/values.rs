//! `JValue` and `JRaw`.

use super::{content, from_scalar};
use crate::json::{Scalar, Token};
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::Builder;

const LINQ: &str = "Newtonsoft.Json.Linq";

fn new<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Value::Json(token) = a.value(0) {
        return Ok(Value::Json(token.deep_clone(cx.arena)?));
    }
    content(cx, a.value(0)).map(Value::Json)
}

fn held<'a>(a: Args<'_, 'a>) -> Scalar<'a> {
    match a.value(0) {
        Value::Json(token) => token.scalar().unwrap_or(Scalar::Null),
        _ => Scalar::Null,
    }
}

pub(super) fn define(c: &mut Builder) {
    c.define(
        LINQ,
        "class JValue : JToken, IComparable, IComparable<JValue>, IEquatable<JValue>, IFormattable",
        |t| {
            for text in [
                "new(JValue other)",
                "new(long value)",
                "new(decimal value)",
                "new(char value)",
                "new(ulong value)",
                "new(double value)",
                "new(float value)",
                "new(DateTime value)",
                "new(DateTimeOffset value)",
                "new(bool value)",
                "new(string value)",
                "new(Guid value)",
                "new(Uri value)",
                "new(TimeSpan value)",
                "new(object value)",
            ] {
                t.add(text, new);
            }
            t.add("static JValue CreateNull()", |cx, _| {
                Ok(Value::Json(Token::value(cx.arena, Scalar::Null)?))
            })
            .add("static JValue CreateUndefined()", |cx, _| {
                Ok(Value::Json(Token::value(cx.arena, Scalar::Undefined)?))
            })
            .add("static JValue CreateString(string value)", new)
            .add("static JValue CreateComment(string value)", |cx, a| {
                let text = a.opt_str(0).unwrap_or_default();
                Ok(Value::Json(Token::value(cx.arena, Scalar::Comment(text))?))
            })
            .add_settable(
                "object Value { get; set; }",
                |cx, a| from_scalar(cx, held(a)),
                |cx, a| {
                    if let (Value::Json(token), Some(scalar)) = (a.value(0), super::scalar(cx, a.value(1))?) {
                        token.set_scalar(scalar);
                    }
                    Ok(Value::Null)
                },
            )
            .add("string ToString(string format)", |cx, a| {
                let value = from_scalar(cx, held(a))?;
                super::super::text::format(cx, value, a.opt_str(1).unwrap_or_default()).map(Value::Str)
            })
            .add("string ToString(IFormatProvider formatProvider)", |cx, a| {
                super::super::text::display(cx, a.value(0)).map(Value::Str)
            })
            .add("string ToString(string format, IFormatProvider formatProvider)", |cx, a| {
                let value = from_scalar(cx, held(a))?;
                super::super::text::format(cx, value, a.opt_str(1).unwrap_or_default()).map(Value::Str)
            })
            .add("bool Equals(JValue other)", |_, a| {
                Ok(Value::Bool(crate::run::equality::equals(a.value(0), a.value(1))))
            })
            .add("int CompareTo(JValue obj)", |cx, a| match (a.value(0), a.value(1)) {
                (Value::Json(one), Value::Json(two)) => {
                    let (left, right) =
                        (one.scalar().unwrap_or(Scalar::Null), two.scalar().unwrap_or(Scalar::Null));
                    cx.json(crate::json::compare(one.kind(), left, right))
                        .map(|order| Value::Int(order as i32))
                }
                _ => Ok(Value::Int(1)),
            });
        },
    );
    c.define(LINQ, "class JRaw : JValue", |t| {
        t.add("new(object rawJson)", |cx, a| {
            let text = super::super::text::display(cx, a.value(0))?;
            Ok(Value::Json(Token::value(cx.arena, Scalar::Raw(text))?))
        });
    });
}
