//! Channels to the other nodes, one for raft and one for all else, made when first needed.
//!
//! One idea: a channel that timed out is thrown away. A connection into a partition may never
//! recover, so waiting on it again would outlast the partition itself.

use crate::secure::{Protocol, Security};
use hanse_gateway::host::{Conn, Host};
use hanse_proto::v1::node_client::NodeClient;
use hanse_raft_store::Member;
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

/// Largest message on the node channel: above a command and above a batch of entries.
pub const NODE_MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Time for connecting to another node, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_000);
/// Silence after which a connection is tested, and the time it has to answer: one that hangs in a
/// partition is given up even when no caller is left to notice.
const KEEP_ALIVE: Duration = Duration::from_millis(500);

/// What a channel is used for; bulk replication must not hold up liveness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Raft messages.
    Raft,
    /// Snapshots: much, and seldom.
    Snapshots,
    /// Forwarded calls and read indexes.
    Calls,
    /// Pings.
    Pings,
}

/// The channels of one node.
pub struct Channels {
    host: Host,
    security: Arc<dyn Security>,
    open: Mutex<BTreeMap<(u64, Lane), (String, Channel)>>,
}

impl Channels {
    /// No channel yet.
    pub fn new(host: Host, security: Arc<dyn Security>) -> Channels {
        Channels { host, security, open: Mutex::new(BTreeMap::new()) }
    }

    /// A client of another node's service. Connecting happens with the first call.
    pub fn client(&self, member: &Member, lane: Lane) -> NodeClient<Channel> {
        let mut open = self.open.lock().expect("no holder of this lock panics");
        let entry = open.get(&(member.id, lane)).filter(|(address, _)| *address == member.node_addr);
        let channel = match entry {
            Some((_, channel)) => channel.clone(),
            None => {
                let channel = self.make(&member.node_addr);
                open.insert((member.id, lane), (member.node_addr.clone(), channel.clone()));
                channel
            }
        };
        NodeClient::new(channel)
            .max_decoding_message_size(NODE_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(NODE_MESSAGE_BYTES_MAX)
    }

    /// Forgets a channel that failed; the next call connects anew.
    pub fn reset(&self, node: u64, lane: Lane) {
        self.open.lock().expect("no holder of this lock panics").remove(&(node, lane));
    }

    /// A connection of its own to another node.
    ///
    /// # Errors
    /// When the node cannot be reached in time or is no member.
    pub async fn connect(&self, address: &str, protocol: Protocol) -> io::Result<Conn> {
        connect(&self.host, self.security.as_ref(), address, protocol).await
    }

    fn make(&self, address: &str) -> Channel {
        let host = self.host.clone();
        let security = self.security.clone();
        let address = address.to_owned();
        // The connector goes by the address; the URI is only what HTTP/2 needs to see.
        let endpoint = Endpoint::from_static("http://hanse-node")
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true);
        endpoint.connect_with_connector_lazy(service_fn(move |_: Uri| {
            let (host, security, address) = (host.clone(), security.clone(), address.clone());
            async move { connect(&host, security.as_ref(), &address, Protocol::Grpc).await.map(TokioIo::new) }
        }))
    }
}

async fn connect(
    host: &Host,
    security: &dyn Security,
    address: &str,
    protocol: Protocol,
) -> io::Result<Conn> {
    let (name, port) = address
        .rsplit_once(':')
        .and_then(|(name, port)| Some((name.trim_matches(['[', ']']), port.parse::<u16>().ok()?)))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("`{address}` is no HOST:PORT")))?;
    let connecting = async {
        let conn = host.net.connect(name, port).await?;
        security.connect(conn, protocol).await
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting)
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("{address} did not answer")))?
}
