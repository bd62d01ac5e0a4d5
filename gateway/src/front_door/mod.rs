//! Where clients arrive: connections are accepted, sorted by host, and handed over.
//!
//! ```text
//! accept ─► read the head ─► host ─► gateway ─► a unit here ─► its queue
//!                                         ├───► a unit elsewhere ─► relay
//!                                         └───► none: wait a moment, then 503
//! ```
//!
//! One idea: the front door reads one head and then lets go of the connection, bytes included; no work
//! for one gateway is done on another's thread. Must not know APIs, keys or policies.

mod pass_on;
mod preamble;
mod relay;
mod sniff;

pub(crate) use pass_on::Passage;
pub use preamble::{
    PREAMBLE_GATEWAY_BYTES_MAX, Preamble, read_answer, read_preamble, write_accepted, write_preamble,
    write_refused,
};
pub use relay::{Relay, RelayRefused};
pub(crate) use sniff::{PROBE_PATH, is_host};

use crate::{
    dataplane::DataPlane,
    directory::GatewayEntry,
    fault::{self, Refusal},
    host::{Conn, Listener},
    limits::Limits,
    route::Scheme,
    unit::Handed,
};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use relay::{Ended, copy_both};
use sniff::{Sniffer, Verdict};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep, timeout, timeout_at},
};

/// First and longest pause after an error of `accept`, as when the process is out of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How often a held connection looks again, without being told of a change.
const HOLD_INTERVAL: Duration = Duration::from_millis(250);
/// What a read of a head asks for at first; it grows as needed.
const HEAD_BUFFER_BYTES: usize = 2 * 1024;

/// A connection and what is known of it.
pub(crate) struct Arrival {
    conn: Conn,
    /// What was read of it.
    bytes: Bytes,
    client: SocketAddr,
    scheme: Scheme,
}

/// Accepts connections until `shutdown` resolves, and sorts each in a task of its own.
pub(crate) async fn serve(
    plane: Arc<DataPlane>,
    mut listener: Box<dyn Listener>,
    scheme: Scheme,
    shutdown: impl Future,
) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut pause = ACCEPT_PAUSE;
    loop {
        let accepted = tokio::select! {
            biased;
            _ = &mut shutdown => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((conn, client)) => {
                pause = ACCEPT_PAUSE;
                plane.clone().arrive(conn, client, scheme);
            }
            // One connection that went away before it was accepted says nothing about the next one.
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, ?pause, "accept failed");
                tokio::select! {
                    biased;
                    _ = &mut shutdown => return,
                    () = sleep(pause) => pause = (pause * 2).min(ACCEPT_PAUSE_MAX),
                }
            }
        }
    }
}

fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, InvalidInput};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | InvalidInput
    )
}

impl DataPlane {
    fn arrive(self: Arc<Self>, conn: Conn, client: SocketAddr, scheme: Scheme) {
        let plane = self.clone();
        match self.door_slots.clone().try_acquire_owned() {
            Ok(slot) => {
                let stop = self.stop_doors.clone();
                self.door_tasks.spawn(async move {
                    let _ = stop.run_until_cancelled(plane.sort(conn, client, scheme, slot)).await;
                });
            }
            // No task, and no waiting: the answer fits into the socket's buffer or is lost.
            Err(_) => {
                plane.door_stats.count_shed();
                if let Conn::Tcp(stream) = conn {
                    let _ = stream.try_write(&Refusal::Unavailable.raw());
                }
            }
        }
    }

    async fn sort(
        self: Arc<Self>,
        mut conn: Conn,
        client: SocketAddr,
        scheme: Scheme,
        _slot: OwnedSemaphorePermit,
    ) {
        let limits = &self.config.limits;
        let mut bytes = BytesMut::new();
        let head = timeout(limits.header_timeout, read_head(&mut conn, &mut bytes, limits)).await;
        let host = match head {
            Ok(Some(Verdict::For(host))) => host,
            Ok(Some(Verdict::Refused(refusal))) => return fault::say_goodbye(conn, &refusal.raw()).await,
            Ok(Some(Verdict::Probe)) => {
                return fault::say_goodbye(conn, &fault::raw(StatusCode::OK, None, "")).await;
            }
            Ok(Some(Verdict::More) | None) => return,
            // Silence is closed without a word; an unfinished request gets an answer.
            Err(_) if bytes.is_empty() => return,
            Err(_) => return fault::say_goodbye(conn, &Refusal::HeaderTimeout.raw()).await,
        };
        let arrival = Arrival { conn, bytes: bytes.freeze(), client, scheme };
        self.place(arrival, &host).await;
    }

    /// Finds somebody to serve a connection, for as long as it may be held.
    async fn place(&self, arrival: Arrival, host: &str) {
        let limits = &self.config.limits;
        let deadline = Instant::now() + limits.hold;
        loop {
            // Armed before looking, so that no change is missed between the look and the wait.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let directory = self.directory.load_full();
            let entry = match directory.as_ref().map(|directory| directory.gateway_of(host)) {
                Some(Some(entry)) => Some(entry),
                Some(None) => {
                    return fault::say_goodbye(arrival.conn, &Refusal::UnknownHost.raw()).await;
                }
                // This node has only just started and does not know anything.
                None => None,
            };
            if let Some(entry) = entry {
                if let Some(place) = self.reserve(&entry.gateway, None) {
                    return place.hand_over(arrival.into());
                }
                let preamble = Preamble {
                    gateway: entry.gateway.as_ref().to_owned(),
                    generation: entry.generation,
                    client: arrival.client,
                    scheme: arrival.scheme,
                    passed_on: None,
                };
                if let Some((node, peer)) = self.open_relay(entry, &preamble).await {
                    return self.relay(arrival, node, peer).await;
                }
                self.relay.wanted(&entry.gateway);
            }
            if Instant::now() >= deadline {
                self.door_stats.count_shed();
                return fault::say_goodbye(arrival.conn, &Refusal::Unavailable.raw()).await;
            }
            let look_again = deadline.min(Instant::now() + HOLD_INTERVAL);
            // Told or not, it looks again.
            let _ = timeout_at(look_again, changed).await;
        }
    }

    /// Asks the nodes that have units, beginning anywhere, until one takes the connection.
    pub(super) async fn open_relay(&self, entry: &GatewayEntry, preamble: &Preamble) -> Option<(u64, Conn)> {
        if entry.nodes.is_empty() {
            return None;
        }
        let start = self.next_relay();
        for step in 0..entry.nodes.len() {
            let node = entry.nodes[(start + step) % entry.nodes.len()];
            if !self.relay.reachable(node) {
                continue;
            }
            match timeout(self.config.limits.relay_timeout, self.relay.open(node, preamble)).await {
                Ok(Ok(peer)) => return Some((node, peer)),
                Ok(Err(refused @ RelayRefused::NoUnit { .. })) => {
                    tracing::debug!(node, gateway = %entry.gateway, %refused, "relay refused");
                }
                Ok(Err(RelayRefused::Unreachable(error))) => {
                    tracing::debug!(node, %error, "relay failed");
                    self.relay.failed(node);
                }
                Err(_) => {
                    tracing::debug!(node, "relay did not answer in time");
                    self.relay.failed(node);
                }
            }
        }
        None
    }

    async fn relay(&self, mut arrival: Arrival, node: u64, mut peer: Conn) {
        let limits = &self.config.limits;
        let ended = match peer.write_all(&arrival.bytes).await {
            Ok(()) => {
                // The head may be large and is not needed any more.
                arrival.bytes = Bytes::new();
                let is_lost = || self.relay.gone(node);
                let (client, buffer) = (&mut arrival.conn, limits.relay_buffer_bytes);
                copy_both(client, &mut peer, buffer, limits.idle_timeout, is_lost).await
            }
            Err(_) => Ended::PeerLost { answered: 0 },
        };
        match ended {
            Ended::PeerLost { answered: 0 } => {
                fault::say_goodbye(arrival.conn, &Refusal::Unavailable.raw()).await;
            }
            // Half an answer: the client sees that it ends too early.
            Ended::PeerLost { .. } | Ended::Over => fault::close_cleanly(arrival.conn).await,
        }
    }

    /// Takes a connection that another node accepted; the preamble has been read from it.
    pub async fn accept_relayed(&self, mut conn: Conn, preamble: Preamble) {
        let Some(place) = self.reserve(&preamble.gateway, preamble.passed_on.as_deref()) else {
            // Relayed once, never twice: two nodes with different assignments would play ping-pong.
            let generation = self.directory.load().as_ref().map_or(0, |directory| directory.generation());
            if write_refused(&mut conn, generation).await.is_ok() {
                let _ = conn.shutdown().await;
            }
            return;
        };
        if write_accepted(&mut conn).await.is_ok() {
            let Preamble { client, scheme, passed_on, .. } = preamble;
            let passed_on = passed_on.map(Arc::from);
            place.hand_over(Handed { conn, bytes: Bytes::new(), client, scheme, passed_on });
        }
    }
}

impl From<Arrival> for Handed {
    fn from(arrival: Arrival) -> Handed {
        let Arrival { conn, bytes, client, scheme } = arrival;
        Handed { conn, bytes, client, scheme, passed_on: None }
    }
}

/// Reads until the head is complete; `None` when the client went away before.
async fn read_head(conn: &mut Conn, bytes: &mut BytesMut, limits: &Limits) -> Option<Verdict> {
    let mut sniffer = Sniffer::default();
    loop {
        bytes.reserve(HEAD_BUFFER_BYTES);
        if !matches!(conn.read_buf(bytes).await, Ok(1..)) {
            return None;
        }
        match sniffer.look(bytes, limits) {
            Verdict::More => {}
            verdict => return Some(verdict),
        }
    }
}
