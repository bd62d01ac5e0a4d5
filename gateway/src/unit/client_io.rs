//! The bytes of a client's connection, as the HTTP server reads and writes them.
//!
//! One idea: what the front door has read comes first, then the connection; and the server's own bare
//! answers to heads that it cannot read get the shape that all answers have. Must not know requests.

use super::Watch;
use crate::{fault::Refusal, host::Conn};
use bytes::{Buf as _, Bytes};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

macro_rules! bare {
    ($status:literal) => {
        concat!("HTTP/1.1 ", $status, "\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").as_bytes()
    };
}

/// What the server writes by itself, and what the client gets instead. Answers to requests always have
/// a `Date`, so that none can be mistaken for one of these.
const BARE_ANSWERS: [(&[u8], Refusal); 3] = [
    (bare!("400 Bad Request"), Refusal::Malformed),
    (bare!("414 URI Too Long"), Refusal::UrlTooLong),
    (bare!("431 Request Header Fields Too Large"), Refusal::HeadTooLarge),
];
const BARE_BYTES_MAX: usize = 96;
/// Up to so much, copying several pieces into one costs less than telling the kernel of several.
const GATHER_BYTES_MAX: usize = 4_096;

/// A client's connection.
pub(super) struct ClientIo {
    conn: Conn,
    /// Read before, not yet taken.
    before: Bytes,
    /// Takes the place of a bare answer.
    instead: Bytes,
    has_refused: bool,
    /// To gather small pieces in.
    gathered: Vec<u8>,
    watch: Rc<Watch>,
}

impl ClientIo {
    pub(super) fn new(conn: Conn, before: Bytes, watch: Rc<Watch>) -> ClientIo {
        if !before.is_empty() {
            watch.client_sent();
        }
        ClientIo { conn, before, instead: Bytes::new(), has_refused: false, gathered: Vec::new(), watch }
    }

    /// The connection, and whether bytes may be on their way that nobody will read.
    pub(super) fn into_conn(self) -> (Conn, bool) {
        (self.conn, self.has_refused)
    }

    fn shaped(&mut self, buf: &[u8]) -> bool {
        if buf.len() > BARE_BYTES_MAX || self.has_refused {
            return false;
        }
        let Some((_, refusal)) = BARE_ANSWERS.iter().find(|(bare, _)| *bare == buf) else {
            return false;
        };
        self.instead = refusal.raw().into();
        self.has_refused = true;
        true
    }

    /// Writes what stands for `length` bytes of the server's.
    fn poll_instead(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while !self.instead.is_empty() {
            let written = ready!(Pin::new(&mut self.conn).poll_write(cx, &self.instead))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.instead.advance(written);
        }
        Poll::Ready(Ok(length))
    }

    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(_)) = &written {
            self.watch.client_took();
        }
        written
    }
}

impl AsyncRead for ClientIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.before.is_empty() {
            let length = this.before.len().min(buf.remaining());
            buf.put_slice(&this.before.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let filled = buf.filled().len();
        let result = Pin::new(&mut this.conn).poll_read(cx, buf);
        if buf.filled().len() > filled {
            this.watch.client_sent();
        }
        result
    }
}

impl AsyncWrite for ClientIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.instead.is_empty() || this.shaped(buf) {
            return this.poll_instead(cx, buf.len());
        }
        let written = Pin::new(&mut this.conn).poll_write(cx, buf);
        this.note(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let [buf] = bufs
            && (!this.instead.is_empty() || this.shaped(buf))
        {
            return this.poll_instead(cx, buf.len());
        }
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        let written = match bufs {
            [buf] => Pin::new(&mut this.conn).poll_write(cx, buf),
            bufs if total <= GATHER_BYTES_MAX => {
                this.gathered.clear();
                bufs.iter().for_each(|buf| this.gathered.extend_from_slice(buf));
                Pin::new(&mut this.conn).poll_write(cx, &this.gathered)
            }
            bufs => Pin::new(&mut this.conn).poll_write_vectored(cx, bufs),
        };
        this.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.conn.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_flush(cx)
    }

    /// Nothing yet: how a connection is closed depends on how it ended.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
