//! Reading a body into memory, because a policy or an expression asks for what is in it.
//!
//! One idea: what is read may have so many bytes and no more, whoever sends it; the message keeps it, so
//! that it can be sent on. Must not know why it is read.

use super::forward;
use crate::{
    unit::{PolicyHost, Unit},
    upstream::UpstreamBody,
};
use bytes::{Bytes, BytesMut};
use hanse_policy::{Body, Fault, Outcome, RequestContext};
use http::{StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use std::{fmt::Display, future::poll_fn, pin::Pin, time::Duration};
use tokio::time;

/// Why a body is not at hand.
enum ReadError {
    TooLarge,
    Broken(String),
}

/// Reads the client's body.
pub(super) async fn request(
    host: &PolicyHost<'_>,
    context: &mut RequestContext<'_>,
    incoming: &mut Option<Incoming>,
) -> Outcome {
    let Some(mut incoming) = incoming.take() else {
        context.request.body = Body::Taken;
        return Outcome::Done;
    };
    let limits = &host.unit.limits;
    match gather(&mut incoming, limits.buffered_body_bytes_max, limits.idle_timeout).await {
        Ok(bytes) => {
            host.progress().advance(bytes.len());
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

/// Reads the backend's body. One that is too large stays on the wire.
pub(super) async fn response(
    unit: &Unit,
    context: &mut RequestContext<'_>,
    answer: &mut Option<UpstreamBody>,
) -> Outcome {
    let max = unit.limits.buffered_body_bytes_max;
    let read = match answer {
        Some(body) => match gather_or_put_back(body, max, unit.limits.idle_timeout).await {
            Err(ReadError::TooLarge) => {
                return Outcome::Failed(Box::new(Fault::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "configuration",
                    "ResponseBodyTooLarge",
                    format!("Response body is larger than the {max} bytes that policies can read."),
                )));
            }
            read => read,
        },
        None => Ok(Bytes::new()),
    };
    *answer = None;
    let Some(response) = &mut context.response else {
        return Outcome::Done;
    };
    match read {
        Ok(bytes) => {
            response.headers.remove(header::TRANSFER_ENCODING);
            response.body = body(bytes);
            Outcome::Done
        }
        Err(ReadError::TooLarge) => Outcome::Done,
        Err(ReadError::Broken(error)) => {
            response.body = Body::Taken;
            Outcome::Failed(Box::new(Fault::backend_connection_failure(error)))
        }
    }
}

/// Reads the backend's body if it is small enough. Of a larger one, what was read is put back.
pub(super) async fn gather_response(
    unit: &Unit,
    context: &mut RequestContext<'_>,
    answer: &mut Option<UpstreamBody>,
    max: usize,
) -> Outcome {
    let (Some(stream), Some(response)) = (answer.as_mut(), &mut context.response) else {
        return Outcome::Done;
    };
    let mut gathered = BytesMut::new();
    let read = loop {
        match next_frame(stream, unit.limits.idle_timeout).await {
            Ok(None) => break Ok(true),
            Ok(Some(Err(error))) => break Err(error.to_string()),
            Err(ReadError::Broken(error)) => break Err(error),
            Err(ReadError::TooLarge) => break Ok(false),
            Ok(Some(Ok(frame))) => {
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
            Outcome::Failed(Box::new(Fault::backend_connection_failure(error)))
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
pub(super) async fn whole<B>(body: &mut B, max: usize, patience: Duration) -> Result<Bytes, String>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    gather(body, max, patience).await.map_err(|error| match error {
        ReadError::TooLarge => format!("The response is larger than {max} bytes."),
        ReadError::Broken(error) => error,
    })
}

/// Reads a backend's body of up to `max` bytes; of a larger one nothing is lost.
async fn gather_or_put_back(
    body: &mut UpstreamBody,
    max: usize,
    patience: Duration,
) -> Result<Bytes, ReadError> {
    let mut pieces = BytesMut::new();
    let read = gather_into(body, max, patience, |piece| pieces.extend_from_slice(&piece)).await;
    // Where its length alone said so, nothing was read, and what was put back before is still there.
    if matches!(read, Err(ReadError::TooLarge)) && !pieces.is_empty() {
        body.put_back(pieces.split().freeze());
    }
    read.map(|()| pieces.freeze())
}

async fn gather<B>(body: &mut B, max: usize, patience: Duration) -> Result<Bytes, ReadError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    let mut first = Bytes::new();
    let mut gathered = BytesMut::new();
    gather_into(body, max, patience, |piece| {
        // A body that comes in one piece is not copied.
        if first.is_empty() && gathered.is_empty() {
            first = piece;
            return;
        }
        gathered.extend_from_slice(&std::mem::take(&mut first));
        gathered.extend_from_slice(&piece);
    })
    .await?;
    Ok(if gathered.is_empty() { first } else { gathered.freeze() })
}

/// The next frame, for which nobody waits longer than for anything else of a connection.
async fn next_frame<B>(
    body: &mut B,
    patience: Duration,
) -> Result<Option<Result<Frame<Bytes>, B::Error>>, ReadError>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
    let idle = |_| ReadError::Broken(format!("nothing came for {} s", patience.as_secs()));
    time::timeout(patience, frame).await.map_err(idle)
}

/// Gives each piece to `take`, the one that is too much included.
async fn gather_into<B>(
    body: &mut B,
    max: usize,
    patience: Duration,
    mut take: impl FnMut(Bytes),
) -> Result<(), ReadError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    if body.size_hint().lower() > max as u64 {
        return Err(ReadError::TooLarge);
    }
    let mut bytes = 0;
    while let Some(frame) = next_frame(body, patience).await? {
        let frame = frame.map_err(|error| ReadError::Broken(error.to_string()))?;
        let Ok(piece) = frame.into_data() else { continue };
        bytes += piece.len();
        take(piece);
        if bytes > max {
            return Err(ReadError::TooLarge);
        }
    }
    Ok(())
}
