//! Reading a body into memory, because a policy or an expression asks for what is in it.
//!
//! One idea: what is read may have so many bytes and no more, whoever sends it; the message keeps it, so
//! that it can be sent on. Must not know why it is read.

use super::forward;
use crate::{
    unit::Unit,
    upstream::UpstreamBody,
};
use bytes::{Bytes, BytesMut};
use hanse_policy::{Body, Fault, Outcome, RequestContext};
use http::{StatusCode, header};
use hyper::body::{Body as HttpBody, Incoming};
use std::{fmt::Display, future::poll_fn, pin::Pin};

/// Why a body is not at hand.
enum ReadError {
    TooLarge,
    Broken(String),
}

/// Reads the client's body.
pub(super) async fn request(
    unit: &Unit,
    context: &mut RequestContext<'_>,
    incoming: &mut Option<Incoming>,
) -> Outcome {
    let Some(mut incoming) = incoming.take() else {
        context.request.body = Body::Taken;
        return Outcome::Done;
    };
    match gather(&mut incoming, unit.limits.buffered_body_bytes_max).await {
        Ok(bytes) => {
            context.request.body = body(bytes);
            Outcome::Done
        }
        Err(ReadError::TooLarge) => Outcome::Failed(Box::new(forward::body_too_large())),
        Err(ReadError::Broken(_)) => {
            let fault = Fault::client_connection_failure("The request body broke off.");
            Outcome::Failed(Box::new(fault))
        }
    }
}

/// Reads the backend's body.
pub(super) async fn response(
    unit: &Unit,
    context: &mut RequestContext<'_>,
    answer: &mut Option<UpstreamBody>,
) -> Outcome {
    let max = unit.limits.buffered_body_bytes_max;
    let read = match answer.take() {
        Some(mut answer) => gather(&mut answer, max).await,
        None => Ok(Bytes::new()),
    };
    let Some(response) = &mut context.response else {
        return Outcome::Done;
    };
    let fault = match read {
        Ok(bytes) => {
            response.headers.remove(header::TRANSFER_ENCODING);
            response.body = body(bytes);
            return Outcome::Done;
        }
        Err(ReadError::TooLarge) => Fault::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "configuration",
            "ResponseBodyTooLarge",
            format!("Response body is larger than the {max} bytes that policies can read."),
        ),
        Err(ReadError::Broken(error)) => Fault::backend_connection_failure(error),
    };
    response.body = Body::Taken;
    Outcome::Failed(Box::new(fault))
}

/// Reads the backend's body if it is small enough. Of a larger one, what was read is put back.
pub(super) async fn gather_response(
    context: &mut RequestContext<'_>,
    answer: &mut Option<UpstreamBody>,
    max: usize,
) -> Outcome {
    let (Some(stream), Some(response)) = (answer.as_mut(), &mut context.response) else {
        return Outcome::Done;
    };
    let mut gathered = BytesMut::new();
    let read = loop {
        match poll_fn(|cx| Pin::new(&mut *stream).poll_frame(cx)).await {
            None => break Ok(true),
            Some(Err(error)) => break Err(error),
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    gathered.extend_from_slice(&piece);
                }
                if gathered.len() > max {
                    break Ok(false);
                }
            }
        }
    };
    match read {
        Ok(true) => {
            *answer = None;
            response.headers.remove(header::TRANSFER_ENCODING);
            response.body = body(gathered.freeze());
            Outcome::Done
        }
        Ok(false) => {
            stream.put_back(gathered.freeze());
            Outcome::Done
        }
        Err(error) => {
            *answer = None;
            response.body = Body::Taken;
            Outcome::Failed(Box::new(Fault::backend_connection_failure(error.to_string())))
        }
    }
}

fn body(bytes: Bytes) -> Body {
    match bytes.is_empty() {
        true => Body::Empty,
        false => Body::Bytes(bytes),
    }
}

/// Reads a body of up to `max` bytes. Trailer fields are dropped.
pub(super) async fn whole<B>(body: &mut B, max: usize) -> Result<Bytes, String>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    gather(body, max).await.map_err(|error| match error {
        ReadError::TooLarge => format!("The response is larger than {max} bytes."),
        ReadError::Broken(error) => error,
    })
}

async fn gather<B>(body: &mut B, max: usize) -> Result<Bytes, ReadError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    if body.size_hint().lower() > max as u64 {
        return Err(ReadError::TooLarge);
    }
    let mut first = Bytes::new();
    let mut gathered = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| ReadError::Broken(error.to_string()))?;
        let Ok(piece) = frame.into_data() else { continue };
        if first.len() + gathered.len() + piece.len() > max {
            return Err(ReadError::TooLarge);
        }
        // A body that comes in one piece is not copied.
        if first.is_empty() && gathered.is_empty() {
            first = piece;
            continue;
        }
        gathered.extend_from_slice(&std::mem::take(&mut first));
        gathered.extend_from_slice(&piece);
    }
    Ok(if gathered.is_empty() { first } else { gathered.freeze() })
}
