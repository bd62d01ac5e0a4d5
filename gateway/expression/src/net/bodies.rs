//! Message bodies: `IMessageBody.As<T>` and its relatives, and responses that variables hold.

use std::borrow::Cow;

use crate::context::{Part, Response};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;
use crate::types::{Known, Ty};

const APIM: &str = "Microsoft.Azure.ApiManagement.Expressions";

/// The headers of a response in a variable.
pub(crate) fn headers<'a>(cx: &mut Cx<'a, '_>, response: &'a Response<'a>) -> Eval<'a> {
    let object = cx.dictionary(super::context::headers_ty(), true)?;
    if let Object::Dictionary { map, .. } = object {
        for (name, values) in response.headers {
            let values = cx.strings(values.iter().copied())?;
            map.set(cx.arena, Value::Str(name), values)?;
        }
    }
    Ok(Value::Object(object))
}

/// The body of a response in a variable.
pub(crate) fn held<'a>(cx: &mut Cx<'a, '_>, response: &'a Response<'a>) -> Eval<'a> {
    match response.has_body {
        true => cx.new_object(Object::Body(response)),
        false => Ok(Value::Null),
    }
}

/// Look-ups of objects other than dictionaries.
pub(crate) fn look_up<'a>(cx: &mut Cx<'a, '_>, of: Value<'a>, key: Value<'a>) -> Eval<'a, Option<Value<'a>>> {
    super::objects::look_up(cx, of, key)
}

/// The bytes of a body and the value of its `Content-Type`; `None` where it was taken before.
fn take<'a>(
    cx: &mut Cx<'a, '_>,
    body: Value<'a>,
    preserve: bool,
) -> Eval<'a, (Option<Vec<u8>>, Option<&'a str>)> {
    let part = match body {
        Value::Part(part) => part,
        Value::Object(Object::Body(response)) => {
            let bytes = response.body.get();
            if !preserve {
                response.body.set(None);
            }
            let ty = response.headers.iter().find(|header| header.0.eq_ignore_ascii_case("content-type"));
            let ty = ty.and_then(|header| header.1.first().copied());
            if let Some(bytes) = bytes {
                cx.work(bytes.len())?;
                cx.arena.charge(bytes.len())?;
            }
            return Ok((bytes.map(<[u8]>::to_vec), ty));
        }
        _ => return cx.null_reference(),
    };
    let of = if part == Part::ResponseBody { Part::ResponseHeaders } else { Part::RequestHeaders };
    let ty = super::context::joined(cx, of, "Content-Type")?;
    let bytes = cx.host.body(part, preserve).map(Cow::into_owned);
    if let Some(bytes) = &bytes {
        cx.work(bytes.len())?;
        cx.arena.charge(bytes.len())?;
    }
    Ok((bytes, ty))
}

/// Text of bytes by the charset of a `Content-Type`, UTF-8 where there is none; a byte-order mark goes.
fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    let charset = content_type.and_then(|ty| {
        ty.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
        })
    });
    super::encoding::decode(bytes, charset.as_deref().unwrap_or("utf-8"))
}

fn read<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, ty: &'a Ty) -> Eval<'a> {
    let (bytes, content_type) = take(cx, a.value(0), a.bool(1))?;
    if ty.element_of_array().is_some_and(|element| element.is(Known::Byte)) {
        return cx.bytes(&bytes.unwrap_or_default());
    }
    if ty.is(Known::String) {
        let text = decode(&bytes.unwrap_or_default(), content_type);
        return cx.str(&text);
    }
    let Some(bytes) = bytes else { return Ok(Value::Null) };
    let text = decode(&bytes, content_type);
    let text = cx.arena.text(&text)?;
    super::objects::parse_body(cx, text, ty)
}

/// `a=b&c=d` as names with their values, in order.
fn form(text: &str) -> Vec<(String, Vec<String>)> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (crate::web::url_decode(name), crate::web::url_decode(value));
        match fields.iter_mut().find(|field| field.0 == name) {
            Some(field) => field.1.push(value),
            None => fields.push((name, vec![value])),
        }
    }
    fields
}

fn form_ty<'a>(cx: &mut Cx<'a, '_>) -> &'a Ty {
    let list = Ty::generic(Known::IList, [Ty::string()]);
    cx.keep_ty(Ty::generic(Known::Dictionary, [Ty::string(), list]))
}

fn encoded<'a>(cx: &mut Cx<'a, '_>, of: Value<'a>, prefix: &str) -> Eval<'a> {
    let mut out = String::new();
    for item in cx.collect(of)? {
        let Some(Object::KeyValue { key, value, .. }) = item.object() else { continue };
        let name = super::text::display(cx, *key)?;
        for value in cx.collect(*value)? {
            let value = super::text::display(cx, value)?;
            out.push_str(if out.is_empty() { prefix } else { "&" });
            out.push_str(&crate::web::url_encode(name));
            out.push('=');
            out.push_str(&crate::web::url_encode(value));
        }
    }
    cx.str(&out)
}

pub(crate) fn define(c: &mut Builder) {
    c.define(APIM, "interface IMessageBody", |t| {
        t.add("T As<T>(bool preserveContent = false)", |cx, a| {
            let ty = a.ty(0);
            read(cx, a, ty)
        })
        .add(
            "IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)",
            |cx, a| {
                let (bytes, content_type) = take(cx, a.value(0), a.bool(1))?;
                let text = decode(&bytes.unwrap_or_default(), content_type);
                let ty = form_ty(cx);
                let object = cx.dictionary(ty, false)?;
                if let Object::Dictionary { map, .. } = object {
                    for (name, values) in form(&text) {
                        let mut items = Vec::new();
                        for value in &values {
                            items.push(cx.str(value)?);
                        }
                        let name = cx.str(&name)?;
                        let values = cx.list(crate::run::cx::string_ty(), &items)?;
                        map.set(cx.arena, name, values)?;
                    }
                }
                Ok(Value::Object(object))
            },
        );
    });
    c.define(APIM, "static class FormExtensions", |t| {
        t.add("static string ToQueryString(this IDictionary<string, IList<string>> form)", |cx, a| {
            encoded(cx, a.value(0), "?")
        })
        .add(
            "static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> form)",
            |cx, a| encoded(cx, a.value(0), ""),
        );
    });
}
