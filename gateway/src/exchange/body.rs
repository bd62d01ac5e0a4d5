//! The body of an answer, whoever made it.
//!
//! One idea: the request's ticket travels with the body, so that a request counts until its last byte
//! is sent. Must not know what is in it.

use crate::{
    unit::{Meter, Ticket},
    upstream::UpstreamBody,
};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

/// The body of an answer.
pub(crate) struct AnswerBody {
    source: Source,
    /// `None` for requests that were not let in.
    ticket: Option<Ticket>,
    /// `None` where nothing is to be charged.
    meter: Option<Rc<Meter>>,
    /// Why the body broke off, until that is told.
    broken: Option<io::Error>,
}

/// Where it comes from.
pub(super) enum Source {
    Empty,
    Bytes(Bytes),
    Backend(UpstreamBody),
}

impl AnswerBody {
    pub(super) fn new(source: Source, ticket: Option<Ticket>) -> AnswerBody {
        AnswerBody { source, ticket, meter: None, broken: None }
    }

    /// The same, counted.
    pub(super) fn metered(self, meter: Option<Rc<Meter>>) -> AnswerBody {
        AnswerBody { meter, ..self }
    }

    fn count(&self, frame: &Frame<Bytes>) {
        if let (Some(meter), Some(piece)) = (&self.meter, frame.data_ref()) {
            meter.count_answer(piece.len() as u64);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        match &mut this.source {
            Source::Empty => Poll::Ready(None),
            Source::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Bytes(bytes) => {
                let frame = Frame::data(std::mem::take(bytes));
                this.count(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Source::Backend(_) if this.broken.is_some() => Poll::Ready(this.broken.take().map(Err)),
            Source::Backend(body) => match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Err(error)) => {
                    if let Some(ticket) = &this.ticket {
                        ticket.count_error();
                    }
                    // The client's connection is broken off, so that half an answer is none; but what
                    // has come is sent before, and that happens while the body is waited for.
                    this.broken = Some(error);
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Some(Ok(frame)) => {
                    this.count(&frame);
                    Poll::Ready(Some(Ok(frame)))
                }
                None => Poll::Ready(None),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Empty => true,
            Source::Bytes(bytes) => bytes.is_empty(),
            Source::Backend(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Empty => SizeHint::with_exact(0),
            Source::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Backend(body) => body.size_hint(),
        }
    }
}
