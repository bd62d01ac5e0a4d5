//! Connections from a unit to units of another gateway, for workspaces that moved there.
//!
//! One idea: a request is passed on over what already carries clients between nodes. On this node the
//! other gateway's unit is handed one end of a pipe, on another node it takes a relayed connection;
//! either way the preamble says who the client is and which workspace was asked for. So the other
//! unit sees a client's connection like any other: it streams, keeps the client's address, and runs
//! policies and checks keys once. A port of our own would need a trusted header for the same, and a
//! relay of whole connections could not tell requests for one workspace from those for its
//! neighbours on a shared host.
//!
//! A passed-on request is served where it arrives, or refused; it is never passed on again. A gateway
//! that has the workspace, but passes it on itself, serves it all the same: while a move becomes known
//! node by node, two gateways may name each other for a moment, and no request gets lost for it.
//!
//! Must not know what is said on the connection.

use super::{Preamble, Relay};
use crate::{dataplane::DataPlane, host::Conn, route::Scheme, unit::Handed};
use bytes::Bytes;
use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, duplex},
    time::{Instant, Interval, interval, timeout_at},
};

/// How often somebody who waits for a unit of another gateway looks again: another node may learn of a
/// move a little later than this one.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// How often a connection looks whether the other node is still there.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Whose requests are passed on, and where to.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    pub(crate) gateway: Arc<str>,
    pub(crate) workspace: Arc<str>,
    pub(crate) client: SocketAddr,
    pub(crate) scheme: Scheme,
}

impl DataPlane {
    /// A connection to a unit of another gateway that has the workspace; `None` when there is none for
    /// as long as a connection may be held.
    pub(crate) async fn open_passage(&self, passage: &Passage) -> Option<Conn> {
        let deadline = Instant::now() + self.limits.hold;
        loop {
            // Armed before looking, so that no change is missed between the look and the wait.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let Passage { gateway, workspace, client, scheme } = passage;
            if let Some(place) = self.reserve(gateway, Some(workspace)) {
                let (near, far) = duplex(self.limits.relay_buffer_bytes);
                place.hand_over(Handed {
                    conn: Conn::Other(Box::new(far)),
                    bytes: Bytes::new(),
                    client: *client,
                    scheme: *scheme,
                    passed_on: Some(workspace.clone()),
                });
                return Some(Conn::Other(Box::new(near)));
            }
            let directory = self.directory.load_full();
            if let Some(entry) = directory.as_ref().and_then(|directory| directory.gateway(gateway)) {
                let preamble = Preamble {
                    gateway: gateway.as_ref().to_owned(),
                    generation: entry.generation,
                    client: *client,
                    scheme: *scheme,
                    passed_on: Some(workspace.as_ref().to_owned()),
                };
                if let Some((node, conn)) = self.open_relay(entry, &preamble).await {
                    let (relay, ticks) = (self.relay.clone(), interval(WATCH_INTERVAL));
                    return Some(Conn::Other(Box::new(Watched { conn, node, relay, ticks })));
                }
                self.relay.wanted(gateway);
            }
            if Instant::now() >= deadline {
                return None;
            }
            // Told or not, it looks again.
            let _ = timeout_at(deadline.min(Instant::now() + LOOK_INTERVAL), changed).await;
        }
    }
}

/// A connection to another node that breaks when the node is lost: a node that loses its power says
/// nothing.
struct Watched {
    conn: Conn,
    node: u64,
    relay: Arc<dyn Relay>,
    ticks: Interval,
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.conn).poll_read(cx, buf);
        while read.is_pending() && this.ticks.poll_tick(cx).is_ready() {
            if !this.relay.reachable(this.node) {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().conn).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_shutdown(cx)
    }
}
