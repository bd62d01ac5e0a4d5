//! Handing a client's connection over to the node that runs the gateway's unit.

use super::{channels::Channels, peers::Peers};
use crate::secure::Protocol;
use futures_util::future::BoxFuture;
use hanse_gateway::front_door::{Preamble, Relay, RelayRefused, read_answer, write_preamble};
use hanse_gateway::host::Conn;
use std::{io, sync::Arc, time::Duration};

/// Time for another node to take a connection or refuse it.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1_000);

/// Relays over mutual TLS, one connection for each client connection.
pub struct NodeRelay {
    channels: Arc<Channels>,
    peers: Arc<Peers>,
}

impl NodeRelay {
    /// Over these channels, by what these peers say.
    pub fn new(channels: Arc<Channels>, peers: Arc<Peers>) -> NodeRelay {
        NodeRelay { channels, peers }
    }
}

impl Relay for NodeRelay {
    fn open(&self, node: u64, preamble: &Preamble) -> BoxFuture<'static, Result<Conn, RelayRefused>> {
        let (channels, peers, preamble) = (self.channels.clone(), self.peers.clone(), preamble.clone());
        Box::pin(async move {
            let stranger = || io::Error::new(io::ErrorKind::NotFound, format!("node {node} is no member"));
            let member = peers.member(node).ok_or_else(stranger)?;
            let mut conn = channels.connect(&member.node_addr, Protocol::Relay).await?;
            let answer = async {
                write_preamble(&mut conn, &preamble).await?;
                read_answer(&mut conn).await
            };
            let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
            tokio::time::timeout(ANSWER_TIMEOUT, answer).await.map_err(silent)??;
            Ok(conn)
        })
    }

    fn reachable(&self, node: u64) -> bool {
        self.peers.is_reachable(node)
    }

    fn failed(&self, node: u64) {
        self.peers.doubt(node);
    }
}
