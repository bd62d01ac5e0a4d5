//! Handing a connection over to another node: raw bytes both ways, so that no protocol needs a path
//! of its own.
//!
//! One idea: a relay copies until either side has nothing more to say, and notices by itself when the
//! other node is gone. Must not know how nodes reach each other: that is [`Relay`].

use super::preamble::Preamble;
use crate::host::Conn;
use futures_util::future::BoxFuture;
use std::{
    io,
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional_with_sizes},
    time::{Instant, interval},
};

/// How often a relay looks whether anybody is still there.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// How a node reaches the others.
pub trait Relay: Send + Sync + 'static {
    /// Opens a connection to a node, sends the preamble and waits for the answer. Bytes of the client
    /// may follow at once. [`write_preamble`](super::write_preamble) and
    /// [`read_answer`](super::read_answer) speak the protocol.
    fn open(&self, node: u64, preamble: &Preamble) -> BoxFuture<'static, Result<Conn, RelayRefused>>;

    /// False when the node is known to be unreachable. Asked often.
    fn reachable(&self, node: u64) -> bool;

    /// True when the node is known to be gone, and what was sent to it with it. A node that is merely busy
    /// answers late: what is relayed to it goes on.
    fn gone(&self, node: u64) -> bool {
        !self.reachable(node)
    }

    /// A hint: the node could not be reached just now.
    fn failed(&self, node: u64);

    /// A hint: a client is waiting for a gateway and there is no unit anywhere.
    fn wanted(&self, gateway: &str) {
        let _ = gateway;
    }
}

/// Why another node does not take a connection.
#[derive(Debug, thiserror::Error)]
pub enum RelayRefused {
    /// It cannot be reached, or says nothing that makes sense.
    #[error("node is unreachable: {0}")]
    Unreachable(#[from] io::Error),
    /// It has no unit of the gateway.
    #[error("node has no unit of the gateway by assignment generation {generation}")]
    NoUnit {
        /// Generation of the assignment that it goes by.
        generation: u64,
    },
}

/// How a relay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Both sides were done, or the client was gone, or nobody said anything for too long.
    Over,
    /// The other node broke off, having sent this many bytes.
    PeerLost {
        /// Bytes that the client got from it.
        answered: u64,
    },
}

/// Copies both ways. A half that is closed is closed on the other side as well, and the other half
/// goes on.
pub(crate) async fn copy_both(
    client: &mut Conn,
    peer: &mut Conn,
    buffer_bytes: usize,
    idle_timeout: Duration,
    is_lost: impl Fn() -> bool,
) -> Ended {
    let meter = Meter::default();
    let peer_failed = AtomicBool::new(false);
    let copied = {
        let mut client = Metered { io: client, meter: &meter, is_peer: false, failed: None };
        let mut peer = Metered { io: peer, meter: &meter, is_peer: true, failed: Some(&peer_failed) };
        let copy = copy_bidirectional_with_sizes(&mut client, &mut peer, buffer_bytes, buffer_bytes);
        let watch = watch(&meter, idle_timeout, is_lost);
        tokio::select! {
            biased;
            copied = copy => copied.map(drop).map_err(|_| peer_failed.load(Relaxed)),
            is_lost = watch => Err(is_lost),
        }
    };
    match copied {
        Err(true) => Ended::PeerLost { answered: meter.from_peer.load(Relaxed) },
        Ok(()) | Err(false) => Ended::Over,
    }
}

/// Ends when nothing moved for too long (false) or the other node is lost (true).
async fn watch(meter: &Meter, idle_timeout: Duration, is_lost: impl Fn() -> bool) -> bool {
    let mut ticks = interval(WATCH_INTERVAL.min(idle_timeout));
    let mut moved = (meter.moved.load(Relaxed), Instant::now());
    loop {
        let now = ticks.tick().await;
        if is_lost() {
            return true;
        }
        if meter.moved.load(Relaxed) != moved.0 {
            moved = (meter.moved.load(Relaxed), now);
        }
        if now.duration_since(moved.1) >= idle_timeout {
            return false;
        }
    }
}

#[derive(Default)]
struct Meter {
    /// Changes with every byte.
    moved: AtomicU64,
    from_peer: AtomicU64,
}

/// A side of a relay that counts what it moves, and remembers whether it failed.
struct Metered<'m> {
    io: &'m mut Conn,
    meter: &'m Meter,
    is_peer: bool,
    failed: Option<&'m AtomicBool>,
}

impl Metered<'_> {
    fn count(&self, read: usize, written: usize) {
        let meter = self.meter;
        meter.moved.fetch_add((read + written) as u64, Relaxed);
        if self.is_peer {
            meter.from_peer.fetch_add(read as u64, Relaxed);
        }
    }

    fn note<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let (Poll::Ready(Err(_)), Some(failed)) = (&result, self.failed) {
            failed.store(true, Relaxed);
        }
        result
    }
}

impl AsyncRead for Metered<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let result = Pin::new(&mut *this.io).poll_read(cx, buf);
        this.count(buf.filled().len() - before, 0);
        if result.is_ready() && this.is_peer && this.meter.from_peer.load(Relaxed) == 0 {
            // A node that dies in an orderly way closes its side without having answered. Told as an
            // end, this would close the client's side before it could be told.
            return this.note(Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        this.note(result)
    }
}

impl AsyncWrite for Metered<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut *this.io).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = &result {
            this.count(0, *written);
        }
        this.note(result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut *this.io).poll_flush(cx);
        this.note(result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut *this.io).poll_shutdown(cx);
        this.note(result)
    }
}
