//! The service that other nodes call.

use super::channels::NODE_MESSAGE_BYTES_MAX;
use crate::{
    admin::{diagnosis, management},
    state::Node,
};
use futures_util::StreamExt as _;
use hanse_policy::RequestId;
use hanse_proto::v1::{self, node_server};
use hanse_raft_store::ProposeError;
use std::{io, sync::Arc, time::Duration};
use tonic::{Request, Response, Status, Streaming};

/// Answers members of the cluster; the node port lets nobody else through.
pub struct NodeService {
    node: Arc<Node>,
}

impl NodeService {
    /// The service of a node, with the message sizes of the node channel.
    pub fn server(node: Arc<Node>) -> node_server::NodeServer<NodeService> {
        node_server::NodeServer::new(NodeService { node })
            .max_decoding_message_size(NODE_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(NODE_MESSAGE_BYTES_MAX)
    }
}

#[tonic::async_trait]
impl node_server::Node for NodeService {
    async fn raft(&self, request: Request<v1::RaftFrame>) -> Result<Response<v1::RaftFrame>, Status> {
        let frame = request.into_inner();
        let body = self
            .node
            .replica
            .receive(frame.kind, frame.body)
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(Response::new(v1::RaftFrame { kind: frame.kind, body }))
    }

    async fn snapshot(
        &self,
        request: Request<Streaming<v1::RaftFrame>>,
    ) -> Result<Response<v1::RaftFrame>, Status> {
        let frames = request.into_inner().map(|frame| {
            frame.map(|frame| frame.body).map_err(|status| io::Error::other(status.to_string()))
        });
        let body = self
            .node
            .replica
            .receive_snapshot(frames)
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(Response::new(v1::RaftFrame { kind: 0, body }))
    }

    async fn forward(
        &self,
        request: Request<v1::ForwardRequest>,
    ) -> Result<Response<v1::ForwardResponse>, Status> {
        let request = request.into_inner();
        let message = management::answer_forwarded(&self.node, request).await?;
        Ok(Response::new(v1::ForwardResponse { message }))
    }

    async fn read_index(
        &self,
        _: Request<v1::ReadIndexRequest>,
    ) -> Result<Response<v1::ReadIndexResponse>, Status> {
        match self.node.replica.read_index().await {
            Ok(index) => Ok(Response::new(v1::ReadIndexResponse { index })),
            Err(ProposeError::NotLeader { .. }) => {
                Err(Status::failed_precondition("this node is not the leader"))
            }
            Err(error) => Err(Status::unavailable(error.to_string())),
        }
    }

    async fn ping(&self, _: Request<v1::PingRequest>) -> Result<Response<v1::PingResponse>, Status> {
        let units = self.node.unit_reports();
        let assignment_generation = match self.node.view() {
            Ok(view) => hanse_model::assignment(&view).map_or(0, |assignment| assignment.generation),
            Err(_) => 0,
        };
        Ok(Response::new(v1::PingResponse { status: Some(self.node.status()), assignment_generation, units }))
    }

    async fn await_live(
        &self,
        request: Request<v1::AwaitLiveRequest>,
    ) -> Result<Response<v1::NodeLive>, Status> {
        let request = request.into_inner();
        let timeout = Duration::from_millis(u64::from(request.timeout_ms));
        let live_revision = await_live(&self.node, request.revision, timeout).await;
        Ok(Response::new(v1::NodeLive {
            node: self.node.config.node.clone(),
            reachable: true,
            live_revision,
        }))
    }

    async fn recall(
        &self,
        request: Request<v1::RecallRequest>,
    ) -> Result<Response<v1::RecallResponse>, Status> {
        let request = request.into_inner();
        let Ok(id) = <[u8; 16]>::try_from(request.request_id.as_slice()) else {
            return Err(Status::invalid_argument("a request's id has 16 bytes"));
        };
        Ok(Response::new(diagnosis::recall(&self.node, RequestId(u128::from_be_bytes(id)), request.trace)))
    }
}

/// Waits until the units of this node run `revision`; answers what they run then, or at the timeout.
pub async fn await_live(node: &Node, revision: u64, timeout: Duration) -> u64 {
    let mut live = node.live.clone();
    // Both ends of the wait leave the same question: what runs now?
    let _ = tokio::time::timeout(timeout, live.wait_for(|live| *live >= revision)).await;
    *node.live.borrow()
}
