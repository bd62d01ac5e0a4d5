//! Calls to the admin API of simulated nodes, as any gRPC client makes them.
//!
//! One idea: an answer is definite or it is not. Only what the cluster *decided* is definite;
//! everything that a broken connection, a lost leader or a timeout says may have happened or not.
//!
//! Must not know what is asked.

use crate::host::network;
use hanse_gateway::host::Conn;
use hanse_proto::v1::{self, management_client::ManagementClient};
use hyper_util::rt::TokioIo;
use prost::Message as _;
use std::{collections::BTreeMap, io, time::Duration};
use tonic::{
    Code, Response, Status, Streaming,
    transport::{Channel, Endpoint, Uri},
};

/// Port of the admin API on every node.
pub const ADMIN_PORT: u16 = 7400;
/// Time for one call: longer than a failover, shorter than a fault may last.
const CALL_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What became of a call.
#[derive(Debug)]
pub enum Called<T> {
    /// Done, and this is the answer.
    Done(T),
    /// Refused: it did not happen and will not.
    Refused(Refused),
    /// Nobody knows.
    Unknown(String),
}

/// Why a call was refused.
#[derive(Debug, Clone)]
pub struct Refused {
    /// gRPC's code.
    pub code: Code,
    /// Codes of the violations.
    pub codes: Vec<String>,
    /// What it says.
    pub message: String,
}

/// Makes calls to the nodes, over a connection to each that lasts as long as it works.
pub struct Admin {
    nodes: Vec<String>,
    open: BTreeMap<usize, ManagementClient<Channel>>,
}

impl Admin {
    /// For the nodes of these hostnames.
    pub fn new(nodes: Vec<String>) -> Admin {
        Admin { nodes, open: BTreeMap::new() }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Writes.
    pub async fn apply(&mut self, node: usize, request: v1::ApplyRequest) -> Called<v1::ApplyResponse> {
        let mut client = self.client(node);
        let answer = tokio::time::timeout(CALL_TIMEOUT, client.apply(request)).await;
        self.finish(node, answer)
    }

    /// Reads, linearisably.
    pub async fn get(&mut self, node: usize, name: &str) -> Called<v1::Resource> {
        let mut client = self.client(node);
        let request = v1::GetRequest { name: name.to_owned(), stale: false };
        let answer = tokio::time::timeout(CALL_TIMEOUT, client.get(request)).await;
        self.finish(node, answer)
    }

    /// Watches everything after a revision.
    pub async fn watch(&mut self, node: usize, after: u64) -> Called<Streaming<v1::WatchEvent>> {
        let mut client = self.client(node);
        let request = v1::WatchRequest { after_revision: Some(after), ..v1::WatchRequest::default() };
        let answer = tokio::time::timeout(CALL_TIMEOUT, client.watch(request)).await;
        self.finish(node, answer)
    }

    fn client(&mut self, node: usize) -> ManagementClient<Channel> {
        let name = &self.nodes[node];
        self.open.entry(node).or_insert_with(|| ManagementClient::new(channel(name.clone()))).clone()
    }

    /// A connection that failed is thrown away: bytes lost in a partition are never sent again.
    pub fn forget(&mut self, node: usize) {
        self.open.remove(&node);
    }

    fn finish<T>(
        &mut self,
        node: usize,
        answer: Result<Result<Response<T>, Status>, tokio::time::error::Elapsed>,
    ) -> Called<T> {
        match answer {
            Ok(Ok(response)) => Called::Done(response.into_inner()),
            Ok(Err(status)) => match refused(&status) {
                Some(refused) => Called::Refused(refused),
                None => {
                    self.forget(node);
                    Called::Unknown(format!("{:?}: {}", status.code(), status.message()))
                }
            },
            Err(_) => {
                self.forget(node);
                Called::Unknown("no answer in time".into())
            }
        }
    }
}

/// What the cluster decided carries its violations, apart from overload and lost races.
fn refused(status: &Status) -> Option<Refused> {
    let passing = [Code::Unavailable, Code::Aborted, Code::ResourceExhausted];
    if passing.contains(&status.code()) || status.details().is_empty() {
        return None;
    }
    let refusal = v1::Refusal::decode(status.details()).ok()?;
    Some(Refused {
        code: status.code(),
        codes: refusal.violations.into_iter().map(|violation| violation.code).collect(),
        message: status.message().to_owned(),
    })
}

fn channel(node: String) -> Channel {
    Endpoint::from_static("http://hanse").connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
        let node = node.clone();
        async move { connect(&node).await.map(TokioIo::new) }
    }))
}

async fn connect(node: &str) -> io::Result<Conn> {
    network().connect(node, ADMIN_PORT).await
}
