//! Responses that variables hold: what a call of a policy's own brought.

use std::cell::Cell;

use bytes::Bytes;
use hanse_expression::arena::{Arena, OutOfMemory};
use hanse_expression::context::Response;
use hanse_expression::run::{Object, Value};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Halt};

/// A response as the value of a variable. Its body is decoded, for whoever reads it as text.
///
/// # Errors
/// The memory of the request's expressions is spent.
pub(crate) fn value<'a>(arena: &'a Arena, response: ResponseMessage) -> Result<Value<'a>, OutOfMemory> {
    let reason = match &response.reason {
        Some(reason) => reason,
        None => response.status.canonical_reason().unwrap_or_default(),
    };
    let mut headers: Vec<(&'a str, &'a [&'a str])> = Vec::with_capacity(response.headers.keys_len());
    for name in response.headers.keys() {
        let mut values = Vec::new();
        for value in response.headers.get_all(name) {
            values.push(arena.text(&String::from_utf8_lossy(value.as_bytes()))?);
        }
        headers.push((arena.text(name.as_str())?, arena.slice(&values)?));
    }
    let body: Option<&'a [u8]> = match &response.body {
        Body::Bytes(bytes) => match crate::coding::decoded(bytes, &response.headers) {
            std::borrow::Cow::Borrowed(_) => {
                arena.charge(bytes.len())?;
                Some(&arena.keep(bytes.clone())[..])
            }
            std::borrow::Cow::Owned(plain) => {
                arena.charge(plain.len())?;
                Some(&arena.keep(plain)[..])
            }
        },
        Body::Empty | Body::Stream | Body::Taken => None,
    };
    let held = Response {
        status: response.status.as_u16().into(),
        reason: arena.text(reason)?,
        headers: arena.slice(&headers)?,
        has_body: body.is_some(),
        body: Cell::new(body),
    };
    Ok(Value::Object(arena.alloc(Object::Response(held))?))
}

/// The response that a variable holds, to be sent or changed.
///
/// # Errors
/// The variable holds none.
pub(crate) fn message(env: &Env<'_, '_>, variable: &str) -> Result<ResponseMessage, Halt> {
    let held = match env.context.variable(variable) {
        Some(Value::Object(Object::Response(held))) => held,
        Some(Value::Null) | None => {
            return Err(env.internal(format!("The variable '{variable}' holds no response.")));
        }
        Some(_) => {
            return Err(
                env.internal(format!("The variable '{variable}' holds something else than a response."))
            );
        }
    };
    let status = u16::try_from(held.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = ResponseMessage::new(status.unwrap_or(StatusCode::OK));
    if !held.reason.is_empty() && Some(held.reason) != response.status.canonical_reason() {
        response.reason = Some(held.reason.into());
    }
    for (name, values) in held.headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in *values {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers.append(&name, value);
            }
        }
    }
    drop_framing(&mut response.headers);
    if let Some(body) = held.body.get().filter(|body| !body.is_empty()) {
        response.body = Body::Bytes(Bytes::copy_from_slice(body));
    }
    Ok(response)
}

/// What told of the body as it came over the wire.
fn drop_framing(headers: &mut HeaderMap) {
    for name in [
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
        http::header::CONTENT_ENCODING,
        http::header::CONNECTION,
    ] {
        headers.remove(name);
    }
}
