//! The bodies on a connection to a backend, both ways; nothing is gathered in between.
//!
//! One idea: a body is pulled by whoever takes it, so that a slow reader slows the writer and nothing
//! piles up. Must not know what is in it.

use super::{client::Upstream, head::BodyLength};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

/// What is sent to a backend.
pub(crate) enum RequestBody {
    /// None, and none is expected.
    None,
    /// None, where one could have been; also what is left of one that was sent.
    Empty,
    /// A policy made it.
    Bytes(Bytes),
    /// The client's.
    Client(ClientBody),
}

/// The client's body on its way, measured.
pub(crate) struct ClientBody {
    incoming: Incoming,
    left: u64,
    fate: Rc<Cell<BodyFate>>,
}

/// What became of a client's body; told apart from what becomes of the backend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum BodyFate {
    #[default]
    Fine,
    /// Larger than allowed.
    TooLarge,
    /// The client went away, or sent no HTTP.
    Broken,
}

/// Why a client's body ends too early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestBodyError {
    #[error("request body is larger than allowed")]
    TooLarge,
    #[error("request body broke off")]
    Broken(#[source] hyper::Error),
}

/// The answer's body, with the connection it comes on.
pub(crate) struct UpstreamBody {
    /// `None` when the last byte has been read.
    upstream: Option<Box<Upstream>>,
    /// Read before, and to be given first.
    before: Bytes,
}

// === impl RequestBody ===

impl RequestBody {
    pub(super) fn length(&self) -> BodyLength {
        match self {
            RequestBody::None => BodyLength::None,
            RequestBody::Empty => BodyLength::Known(0),
            RequestBody::Bytes(bytes) => BodyLength::Known(bytes.len() as u64),
            RequestBody::Client(body) => match body.incoming.size_hint().exact() {
                Some(length) => BodyLength::Known(length),
                None => BodyLength::Unknown,
            },
        }
    }

    /// Whether there is nothing to send, or nothing left.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, RequestBody::None | RequestBody::Empty)
    }
}

impl ClientBody {
    /// The body, which may have `bytes_max` bytes.
    pub(crate) fn new(incoming: Incoming, bytes_max: u64, fate: Rc<Cell<BodyFate>>) -> ClientBody {
        ClientBody { incoming, left: bytes_max, fate }
    }

    /// The next piece. Trailer fields are dropped.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, RequestBodyError>>> {
        let piece = loop {
            match ready!(Pin::new(&mut self.incoming).poll_frame(cx)).map(|frame| frame.map(Frame::into_data))
            {
                Some(Ok(Ok(piece))) => break piece,
                Some(Ok(Err(_trailers))) => {}
                Some(Err(error)) => {
                    self.fate.set(BodyFate::Broken);
                    return Poll::Ready(Some(Err(RequestBodyError::Broken(error))));
                }
                None => return Poll::Ready(None),
            }
        };
        let Some(left) = self.left.checked_sub(piece.len() as u64) else {
            self.fate.set(BodyFate::TooLarge);
            return Poll::Ready(Some(Err(RequestBodyError::TooLarge)));
        };
        self.left = left;
        Poll::Ready(Some(Ok(piece)))
    }
}

// === impl UpstreamBody ===

impl UpstreamBody {
    pub(crate) fn new(upstream: Box<Upstream>) -> UpstreamBody {
        let mut body = UpstreamBody { upstream: Some(upstream), before: Bytes::new() };
        body.release_at_end();
        body
    }

    /// Puts back what was read of it, in front of what is left.
    pub(crate) fn put_back(&mut self, bytes: Bytes) {
        debug_assert!(self.before.is_empty(), "all of it was read before more was");
        self.before = bytes;
    }

    fn release_at_end(&mut self) {
        if let Some(upstream) = self.upstream.take_if(|upstream| upstream.framing().is_done()) {
            upstream.release();
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if !this.before.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.before)))));
        }
        let Some(upstream) = &mut this.upstream else {
            return Poll::Ready(None);
        };
        let piece = ready!(upstream.poll_body(cx));
        this.release_at_end();
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.upstream.is_none() && self.before.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let before = self.before.len() as u64;
        match self.upstream.as_ref().map_or(Some(0), |upstream| upstream.framing().remaining()) {
            Some(bytes) => SizeHint::with_exact(before + bytes),
            None => SizeHint::default(),
        }
    }
}
