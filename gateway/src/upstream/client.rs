//! One connection to a backend and the exchange on it: HTTP/1.1, as much of it as a gateway speaks.
//!
//! One idea: the connection is driven by whoever waits for something to come from it, so that there is
//! no task for each connection, nothing is passed between tasks, an answer's head reaches the client in
//! one write with what has come of its body, and a request is written straight from its context. Must
//! not know why a request is sent.

use super::{
    body::{RequestBody, RequestBodyError},
    framing::Framing,
    head::{BodyLength, CHUNK_END, LAST_CHUNK, RequestHead, ResponseHead, write_chunk_line},
    pool::Slot,
};
use crate::{front_door::Passage, host::Conn, unit::Watch};
use bytes::{Bytes, BytesMut};
use http::Method;
use std::{
    future::{Future as _, poll_fn},
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWrite as _},
    time::{Sleep, sleep},
};

/// What a read asks for at first; large answers get more.
const READ_BYTES: usize = 8 * 1_024;
/// How an answer begins that asks for the request's body.
const CONTINUE: &[u8] = b"HTTP/1.1 100";
/// Buffers that have grown beyond this are not kept by idle connections.
const IDLE_BUFFER_BYTES_MAX: usize = 16 * 1_024;

/// A connection to a backend.
pub(crate) struct Upstream {
    conn: Conn,
    slot: Slot,
    /// Whose requests it takes, where it leads to another gateway's unit.
    passage: Option<Passage>,
    /// Read, not yet understood.
    read: BytesMut,
    read_max: usize,
    read_next: usize,
    /// To be sent; `sent` bytes of it were.
    out: Vec<u8>,
    sent: usize,
    /// What follows it.
    body: RequestBody,
    is_chunked: bool,
    /// The body waits until the backend says that it wants it, and no longer than this.
    held: Option<Pin<Box<Sleep>>>,
    /// Why nothing more can be sent.
    unsent: Option<Unsent>,
    /// Something of the answer has come.
    has_answered: bool,
    framing: Framing,
    is_lasting: bool,
}

/// Why a request cannot be sent to its end.
enum Unsent {
    /// The backend takes no more. Its answer may be there nevertheless.
    Backend(io::Error),
    /// The client's body ended too early.
    Client(RequestBodyError),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// No answer in time.
    Expired,
    /// The connection was closed before anything of an answer came.
    Closed(io::Error),
    /// Something else came, or half of it.
    Failed(io::Error),
}

impl Upstream {
    pub(super) fn new(conn: Conn, slot: Slot, read_max: usize) -> Box<Upstream> {
        Box::new(Upstream {
            conn,
            slot,
            passage: None,
            read: BytesMut::new(),
            read_max,
            read_next: READ_BYTES,
            out: Vec::new(),
            sent: 0,
            body: RequestBody::Empty,
            is_chunked: false,
            held: None,
            unsent: None,
            has_answered: false,
            framing: Framing::Done,
            is_lasting: true,
        })
    }

    /// The same connection, as one to another gateway's unit.
    pub(super) fn of_passage(mut this: Box<Upstream>, passage: Passage) -> Box<Upstream> {
        this.passage = Some(passage);
        this
    }

    /// Whether it takes requests of a passage. The client's port makes no difference: policies see the
    /// address alone.
    pub(super) fn is_of(&self, wanted: &Passage) -> bool {
        self.passage.as_ref().is_some_and(|own| {
            own.gateway == wanted.gateway
                && own.workspace == wanted.workspace
                && own.client.ip() == wanted.client.ip()
                && own.scheme == wanted.scheme
        })
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// See [`CallError`]; the connection is of no more use then.
    pub(crate) async fn call(
        &mut self,
        head: &RequestHead<'_>,
        body: RequestBody,
        watch: &Watch,
    ) -> Result<ResponseHead, CallError> {
        self.begin(head, body);
        poll_fn(|cx| self.poll_answer(cx, head.method, watch)).await
    }

    fn begin(&mut self, head: &RequestHead<'_>, body: RequestBody) {
        debug_assert!(self.out.is_empty() && self.read.is_empty(), "the last exchange is over");
        self.has_answered = false;
        let length = body.length();
        self.is_chunked = length == BodyLength::Unknown;
        head.write(length, &mut self.out);
        self.held = match head.continue_timeout {
            Some(patience) if !body.is_empty() => Some(Box::pin(sleep(patience))),
            _ => None,
        };
        self.body = match body {
            RequestBody::Bytes(bytes) if self.held.is_none() => {
                self.out.extend_from_slice(&bytes);
                RequestBody::Empty
            }
            body => body,
        };
    }

    fn poll_answer(
        &mut self,
        cx: &mut Context<'_>,
        method: &Method,
        watch: &Watch,
    ) -> Poll<Result<ResponseHead, CallError>> {
        if watch.has_backend_expired() {
            return Poll::Ready(Err(CallError::Expired));
        }
        if let Err(error) = self.send(cx) {
            return Poll::Ready(Err(CallError::Failed(error)));
        }
        loop {
            if let Err(error) = ready!(self.poll_fill(cx)) {
                let error = match self.unsent.take() {
                    Some(Unsent::Backend(cause)) => cause,
                    Some(Unsent::Client(_)) | None => error,
                };
                return Poll::Ready(Err(match self.has_answered {
                    false => CallError::Closed(error),
                    true => CallError::Failed(error),
                }));
            }
            self.has_answered = true;
            if self.held.is_some() && self.read.starts_with(CONTINUE) {
                self.held = None;
                if let Err(error) = self.send(cx) {
                    return Poll::Ready(Err(CallError::Failed(error)));
                }
            }
            match ResponseHead::take(&mut self.read, method, self.read_max) {
                Ok(Some(head)) => {
                    self.is_lasting = head.is_lasting;
                    self.framing = head.framing.clone();
                    return Poll::Ready(Ok(head));
                }
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(CallError::Failed(invalid(error)))),
            }
        }
    }

    /// The next piece of the answer's body; `None` at its end.
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        // The request's body may still be on its way, as when a backend answers while it reads.
        if let Err(error) = self.send(cx) {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            match self.framing.take(&mut self.read) {
                Ok(Some(piece)) => return Poll::Ready(Some(Ok(piece))),
                Ok(None) if self.framing.is_done() => return Poll::Ready(None),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(invalid(error)))),
            }
            match ready!(self.poll_fill(cx)) {
                Ok(()) => {}
                Err(error)
                    if self.framing == Framing::UntilClose
                        && error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    self.framing = Framing::Done;
                }
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    pub(super) fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Sends what there is to send, as far as it goes now.
    ///
    /// # Errors
    /// When the client's body failed: there is no use in waiting for an answer to half of it.
    fn send(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.unsent.is_some() {
            return Ok(());
        }
        match self.poll_send(cx) {
            Poll::Ready(Err(Unsent::Client(error))) => Err(io::Error::other(error)),
            Poll::Ready(Err(unsent)) => {
                // The client's body is given up with it.
                self.body = RequestBody::Empty;
                self.unsent = Some(unsent);
                Ok(())
            }
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unsent>> {
        loop {
            while self.sent < self.out.len() {
                match ready!(Pin::new(&mut self.conn).poll_write(cx, &self.out[self.sent..]))? {
                    0 => return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
                    written => self.sent += written,
                }
            }
            self.out.clear();
            self.sent = 0;
            if let Some(held) = &mut self.held {
                ready!(Pin::new(&mut self.conn).poll_flush(cx))?;
                ready!(held.as_mut().poll(cx));
                self.held = None;
            }
            if let RequestBody::Bytes(bytes) = &mut self.body {
                self.out.extend_from_slice(bytes);
                self.body = RequestBody::Empty;
                continue;
            }
            let RequestBody::Client(body) = &mut self.body else {
                return Pin::new(&mut self.conn).poll_flush(cx).map_err(Unsent::Backend);
            };
            // One piece at a time: the next is asked for when this one is on its way.
            match body.poll(cx) {
                Poll::Ready(Some(piece)) => {
                    let piece = piece.map_err(Unsent::Client)?;
                    if self.is_chunked && !piece.is_empty() {
                        write_chunk_line(piece.len(), &mut self.out);
                        self.out.extend_from_slice(&piece);
                        self.out.extend_from_slice(CHUNK_END);
                    } else {
                        self.out.extend_from_slice(&piece);
                    }
                }
                Poll::Ready(None) => {
                    self.body = RequestBody::Empty;
                    if self.is_chunked {
                        self.out.extend_from_slice(LAST_CHUNK);
                    }
                }
                // What has been sent must not lie about while more is waited for.
                Poll::Pending => {
                    ready!(Pin::new(&mut self.conn).poll_flush(cx))?;
                    return Poll::Pending;
                }
            }
        }
    }

    /// Reads more; the end is an error, because the message at hand is not complete.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.read.capacity() - self.read.len() < READ_BYTES / 2 {
            self.read.reserve(self.read_next);
        }
        let room = self.read.capacity() - self.read.len();
        match ready!(pin!(self.conn.read_buf(&mut self.read)).poll(cx))? {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            read => {
                // A full buffer says that there is more where this came from.
                if read == room {
                    self.read_next = (self.read_next * 2).min(self.read_max);
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Whether nothing has come, the end included, while nothing was to come.
    pub(super) fn is_open(&mut self) -> bool {
        self.read.is_empty() && self.poll_fill(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    /// The answer has been read: keeps the connection for the next request, if it can take one.
    pub(super) fn release(mut self: Box<Self>) {
        let has_sent = self.out.is_empty() && self.unsent.is_none() && self.body.is_empty();
        if !self.is_lasting || !has_sent {
            return;
        }
        if self.out.capacity() > IDLE_BUFFER_BYTES_MAX {
            self.out = Vec::new();
        }
        if self.read.is_empty() && self.read.capacity() > IDLE_BUFFER_BYTES_MAX {
            self.read = BytesMut::new();
        }
        self.read_next = READ_BYTES;
        // Lets go of the waker of the task that used it, too.
        if self.is_open() {
            self.slot.bucket().keep(self);
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl From<io::Error> for Unsent {
    fn from(error: io::Error) -> Unsent {
        Unsent::Backend(error)
    }
}
