//! Handing a client's connection over to the node that runs the gateway's unit.
//!
//! One idea: a handed-over connection must not cost its client a TLS handshake between two nodes. So
//! where one was handed over, a few connections to that node are kept open for the next ones, each
//! used once. Must not know what goes over them.

use super::{
    channels::Channels,
    peers::{GONE_AFTER, Peers},
};
use crate::secure::Protocol;
use futures_util::future::BoxFuture;
use hanse_gateway::front_door::{Preamble, Relay, RelayRefused, read_answer, write_preamble};
use hanse_gateway::host::Conn;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

/// Time for another node to take a connection or refuse it.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1_000);
/// Open connections to one node that wait for a client.
pub const WARM_MAX: usize = 4;
/// How long a connection waits for a client. The other node waits longer: [`PREAMBLE_TIMEOUT`].
const WARM_AGE_MAX: Duration = Duration::from_secs(20);
/// How long a node waits for the preamble on a connection that another node opened.
pub const PREAMBLE_TIMEOUT: Duration = Duration::from_secs(30);

const _: () = assert!(WARM_AGE_MAX.as_secs() + ANSWER_TIMEOUT.as_secs() < PREAMBLE_TIMEOUT.as_secs());

/// Relays over mutual TLS, one connection for each client connection.
#[derive(Clone)]
pub struct NodeRelay {
    channels: Arc<Channels>,
    peers: Arc<Peers>,
    warm: Arc<Mutex<BTreeMap<u64, Vec<Warm>>>>,
}

/// A connection that waits for a client.
struct Warm {
    conn: Conn,
    address: String,
    since: Instant,
}

impl NodeRelay {
    /// Over these channels, by what these peers say.
    pub fn new(channels: Arc<Channels>, peers: Arc<Peers>) -> NodeRelay {
        NodeRelay { channels, peers, warm: Arc::default() }
    }

    /// The youngest connection that waits, of those that can still be used.
    fn take_warm(&self, node: u64, address: &str) -> Option<Conn> {
        let mut warm = self.warm.lock().expect("no holder of this lock panics");
        let waiting = warm.get_mut(&node)?;
        waiting.retain(|one| one.address == address && one.since.elapsed() < WARM_AGE_MAX);
        Some(waiting.pop()?.conn)
    }

    /// Opens connections for the clients to come. Ends at the first failure: the next client finds out.
    async fn warm_up(self, node: u64, address: String) {
        loop {
            let waiting = |warm: &BTreeMap<u64, Vec<Warm>>| warm.get(&node).map_or(0, Vec::len);
            if waiting(&self.warm.lock().expect("no holder of this lock panics")) >= WARM_MAX {
                return;
            }
            let Ok(conn) = self.channels.connect(&address, Protocol::Relay).await else { return };
            let mut warm = self.warm.lock().expect("no holder of this lock panics");
            let waiting = warm.entry(node).or_default();
            if waiting.len() < WARM_MAX {
                waiting.push(Warm { conn, address: address.clone(), since: Instant::now() });
            }
        }
    }

    async fn hand_over(&self, node: u64, preamble: &Preamble) -> Result<Conn, RelayRefused> {
        let stranger = || io::Error::new(io::ErrorKind::NotFound, format!("node {node} is no member"));
        let address = self.peers.member(node).ok_or_else(stranger)?.node_addr;
        // One that waited may have broken meanwhile. Nothing of the client's was sent on it, so another
        // may be tried.
        if let Some(conn) = self.take_warm(node, &address) {
            match introduce(conn, preamble).await {
                Err(RelayRefused::Unreachable(_)) => {}
                answered => {
                    tokio::spawn(self.clone().warm_up(node, address));
                    return answered;
                }
            }
        }
        let conn = self.channels.connect(&address, Protocol::Relay).await?;
        let conn = introduce(conn, preamble).await?;
        tokio::spawn(self.clone().warm_up(node, address));
        Ok(conn)
    }
}

/// Says whom a connection is for, and waits for the answer.
async fn introduce(mut conn: Conn, preamble: &Preamble) -> Result<Conn, RelayRefused> {
    let answer = async {
        write_preamble(&mut conn, preamble).await?;
        read_answer(&mut conn).await
    };
    let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
    tokio::time::timeout(ANSWER_TIMEOUT, answer).await.map_err(silent)??;
    Ok(conn)
}

impl Relay for NodeRelay {
    fn open(&self, node: u64, preamble: &Preamble) -> BoxFuture<'static, Result<Conn, RelayRefused>> {
        let (relay, preamble) = (self.clone(), preamble.clone());
        Box::pin(async move { relay.hand_over(node, &preamble).await })
    }

    fn reachable(&self, node: u64) -> bool {
        self.peers.is_reachable(node)
    }

    fn gone(&self, node: u64) -> bool {
        self.peers.silent_for(node).is_none_or(|silent| silent >= GONE_AFTER)
    }

    fn failed(&self, node: u64) {
        self.warm.lock().expect("no holder of this lock panics").remove(&node);
        self.peers.doubt(node);
    }
}
