//! Handing a client's connection over to the node that runs the gateway's unit.

use super::{channels::Channels, peers::Peers};
use crate::secure::Protocol;
use futures_util::future::BoxFuture;
use hanse_gateway::front_door::relay::{Preamble, Relay, RelayRefused, open_relay};
use hanse_gateway::host::Conn;
use std::sync::Arc;

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
            let member = peers.member(node).ok_or(RelayRefused::Unreachable)?;
            let conn = channels
                .connect(&member.node_addr, Protocol::Relay)
                .await
                .map_err(|_| RelayRefused::Unreachable)?;
            open_relay(conn, &preamble).await
        })
    }

    fn reachable(&self, node: u64) -> bool {
        self.peers.is_reachable(node)
    }
}
