//! `System.Exception` and what derives from it.

use std::cell::Cell;

use crate::run::exception::EXCEPTIONS;
use crate::run::{Args, Cx, Eval, Exception, Object, Value};
use crate::types::catalogue::Builder;
use crate::types::{Ty, catalogue};

impl Exception<'_> {
    /// The static type, as far as the catalogue knows it.
    pub(crate) fn static_ty(&self) -> Ty {
        let (namespace, name) = self.ty.rsplit_once('.').unwrap_or(("System", self.ty));
        match catalogue().find_in(namespace, name, 0) {
            Some(id) => Ty::Named(id, [].into()),
            None => Ty::known(crate::types::Known::Exception),
        }
    }
}

/// `new InvalidOperationException(message)`.
pub(crate) fn invalid_operation<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    make(cx, "System.InvalidOperationException", a.opt_str(0), None)
}

fn make<'a>(
    cx: &mut Cx<'a, '_>,
    ty: &'static str,
    message: Option<&'a str>,
    inner: Option<&'a Exception<'a>>,
) -> Eval<'a> {
    let message = match message {
        Some(message) => message,
        None => cx.arena.text(&format!("Exception of type '{ty}' was thrown."))?,
    };
    let exception = cx.arena.alloc(Exception { ty, message, inner, data: Cell::new(Value::Null) })?;
    cx.new_object(Object::Exception(exception))
}

fn this<'a>(a: Args<'_, 'a>) -> Option<&'a Exception<'a>> {
    match a.object(0) {
        Some(Object::Exception(exception)) => Some(exception),
        _ => None,
    }
}

/// A message, and the parameter it is about on a line of its own.
fn about<'a>(
    cx: &mut Cx<'a, '_>,
    ty: &'static str,
    message: Option<&str>,
    parameter: Option<&'a str>,
) -> Eval<'a> {
    let message = match (message, ty) {
        (Some(message), _) => message.to_owned(),
        (None, "System.ArgumentNullException") => "Value cannot be null.".to_owned(),
        (None, "System.ArgumentOutOfRangeException") => {
            "Specified argument was out of the range of valid values.".to_owned()
        }
        (None, _) => "Value does not fall within the expected range.".to_owned(),
    };
    let message = match parameter {
        Some(parameter) if !parameter.is_empty() => format!("{message}\nParameter name: {parameter}"),
        _ => message,
    };
    let message = cx.arena.text(&message)?;
    make(cx, ty, Some(message), None)
}

/// What exceptions about arguments have besides the rest.
fn arguments(c: &mut Builder) {
    c.extend("ArgumentException", |t| {
        t.add("new(string message, string paramName)", |cx, a| {
            about(cx, "System.ArgumentException", a.opt_str(0), a.opt_str(1))
        })
        .add("string ParamName { get; }", |_, a| {
            let name = this(a).and_then(|it| it.message.rsplit_once("\nParameter name: "));
            Ok(name.map_or(Value::Null, |(_, name)| Value::Str(name)))
        });
    });
    c.extend("ArgumentNullException", |t| {
        t.add("new(string paramName, string message)", |cx, a| {
            about(cx, "System.ArgumentNullException", a.opt_str(1), a.opt_str(0))
        });
    });
    c.extend("ArgumentOutOfRangeException", |t| {
        t.add("new(string paramName, string message)", |cx, a| {
            about(cx, "System.ArgumentOutOfRangeException", a.opt_str(1), a.opt_str(0))
        });
    });
}

/// `new X(text)`: a message, but the parameter's name where the argument is what is wrong.
fn of_text<'a>(cx: &mut Cx<'a, '_>, ty: &'static str, text: Option<&'a str>) -> Eval<'a> {
    match ty {
        "System.ArgumentNullException" | "System.ArgumentOutOfRangeException" => about(cx, ty, None, text),
        _ => make(cx, ty, text, None),
    }
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System", "class Exception", |t| {
        t.add("new()", |cx, _| make(cx, "System.Exception", None, None))
            .add("new(string message)", |cx, a| make(cx, "System.Exception", a.opt_str(0), None))
            .add("new(string message, Exception innerException)", |cx, a| {
                let inner = match a.object(1) {
                    Some(Object::Exception(inner)) => Some(*inner),
                    _ => None,
                };
                make(cx, "System.Exception", a.opt_str(0), inner)
            })
            .add("string Message { get; }", |_, a| {
                Ok(this(a).map_or(Value::Null, |it| Value::Str(it.message)))
            })
            .add("Exception InnerException { get; }", |cx, a| match this(a).and_then(|it| it.inner) {
                Some(inner) => cx.new_object(Object::Exception(inner)),
                None => Ok(Value::Null),
            })
            .add("Exception GetBaseException()", |cx, a| {
                let mut at = this(a);
                while let Some(inner) = at.and_then(|it| it.inner) {
                    at = Some(inner);
                }
                match at {
                    Some(exception) => cx.new_object(Object::Exception(exception)),
                    None => Ok(Value::Null),
                }
            })
            .add("string StackTrace { get; }", |_, _| Ok(Value::Null))
            .add("string Source { get; }", |_, _| Ok(Value::Null))
            .add("int HResult { get; }", |_, _| Ok(Value::Int(-2_146_233_088)));
    });
    macro_rules! exceptions {
        ($($index:literal)*) => {
            $(if let Some((full, base)) = EXCEPTIONS.get($index) {
                let (namespace, name) = full.rsplit_once('.').unwrap_or(("System", full));
                let base = base.rsplit_once('.').map_or(*base, |(_, name)| name);
                let text: &'static str = format!("class {name} : {base}").leak();
                c.define(namespace, text, |t| {
                    t.add("new()", |cx, _| make(cx, EXCEPTIONS[$index].0, None, None))
                        .add("new(string message)", |cx, a| of_text(cx, EXCEPTIONS[$index].0, a.opt_str(0)))
                        .add("new(string message, Exception innerException)", |cx, a| {
                            let inner = match a.object(1) {
                                Some(Object::Exception(inner)) => Some(*inner),
                                _ => None,
                            };
                            make(cx, EXCEPTIONS[$index].0, a.opt_str(0), inner)
                        });
                });
            })*
        };
    }
    exceptions!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40);
    assert!(EXCEPTIONS.len() <= 41, "each exception is declared");
    arguments(c);
}
