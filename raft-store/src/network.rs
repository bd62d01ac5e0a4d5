//! Openraft's network trait over the node's [`Transport`].
//!
//! The one idea: this crate makes bytes of raft's messages, somebody else delivers them. A
//! message that is not answered in its time counts as unreachable, so that openraft backs off.

use crate::error::TransportError;
use crate::frames;
use crate::machine::SnapshotData;
use crate::options::RaftTimings;
use crate::records::RecordError;
use crate::snapshot;
use crate::state::StateStore;
use crate::types::{Member, Types, Vote};
use bytes::Bytes;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::BoxStream;
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::type_config::alias::SnapshotOf;
use openraft::{AnyError, OptionalSend};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Numbers of the messages, for [`Transport::call`] and [`crate::Replica::receive`].
pub mod kind {
    pub const APPEND: u32 = 1;
    pub const VOTE: u32 = 2;
    pub const PRE_VOTE: u32 = 3;
    pub const TRANSFER_LEADER: u32 = 4;
}

/// Delivers messages to other nodes: over gRPC in the node, in memory in tests.
///
/// An implementation makes sure that it talks to the node it was asked for, and ends a call when
/// the deadline has passed; after a timeout it should make a new connection, for the old one may
/// never recover. The other side hands what arrives to [`crate::Replica::receive`] and
/// [`crate::Replica::receive_snapshot`].
pub trait Transport: Send + Sync + 'static {
    /// Sends one message and waits for its answer. `body` has at most
    /// [`FRAME_BYTES_MAX`](crate::FRAME_BYTES_MAX) bytes.
    fn call(
        &self,
        target: u64,
        member: &Member,
        kind: u32,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>>;

    /// Sends a whole snapshot and waits for its answer. Frames are made as they are taken, so a
    /// slow receiver costs no memory.
    fn send_snapshot(
        &self,
        target: u64,
        member: &Member,
        frames: BoxStream<'static, Bytes>,
        deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>>;
}

/// Makes a peer for each member.
pub(crate) struct Network {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) state: Arc<StateStore>,
    pub(crate) timings: RaftTimings,
}

impl RaftNetworkFactory<Types> for Network {
    type Network = Peer;

    async fn new_client(&mut self, target: u64, node: &Member) -> Peer {
        Peer {
            target,
            member: node.clone(),
            transport: self.transport.clone(),
            state: self.state.clone(),
            timings: self.timings,
        }
    }
}

/// Another member, as raft calls it.
pub(crate) struct Peer {
    target: u64,
    member: Member,
    transport: Arc<dyn Transport>,
    state: Arc<StateStore>,
    timings: RaftTimings,
}

impl Peer {
    async fn call<T>(
        &self,
        kind: u32,
        body: Bytes,
        deadline: Duration,
        decode: impl FnOnce(&[u8]) -> Result<T, RecordError>,
    ) -> Result<T, RPCError<Types>> {
        let call = self.transport.call(self.target, &self.member, kind, body, deadline);
        let answer = match tokio::time::timeout(deadline, call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(unreachable(&error)),
            Err(_) => return Err(unreachable(&no_answer(self.target, deadline))),
        };
        decode(&answer).map_err(|error| RPCError::Network(NetworkError::new(&AnyError::new(&error))))
    }
}

fn no_answer(target: u64, deadline: Duration) -> TransportError {
    TransportError(format!("node {target} did not answer within {} ms", deadline.as_millis()))
}

fn unreachable(error: &TransportError) -> RPCError<Types> {
    RPCError::Unreachable(Unreachable::new(error))
}

impl RaftNetworkV2<Types> for Peer {
    type SnapshotData = SnapshotData;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        let body = frames::encode_append(&rpc);
        // A heartbeat has openraft's time; entries have as long as their size needs.
        let deadline =
            if rpc.entries.is_empty() { option.soft_ttl() } else { self.timings.append_deadline(body.len()) };
        self.call(kind::APPEND, body, deadline, frames::decode_append_answer).await
    }

    async fn vote(
        &mut self,
        rpc: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.call(kind::VOTE, frames::encode_vote(&rpc), option.soft_ttl(), frames::decode_vote_answer).await
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.call(kind::PRE_VOTE, frames::encode_vote(&rpc), option.soft_ttl(), frames::decode_vote_answer)
            .await
    }

    async fn transfer_leader(
        &mut self,
        req: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        let body = frames::encode_transfer(&req);
        self.call(kind::TRANSFER_LEADER, body, option.soft_ttl(), frames::decode_transfer_answer).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: SnapshotOf<Types, SnapshotData>,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let SnapshotData::Taken(view) = snapshot.snapshot else {
            let error = TransportError("a received snapshot is not sent on".to_owned());
            return Err(unreachable(&error).into());
        };
        let frames = snapshot::frames(view, &self.state, &vote);
        let deadline = self.timings.snapshot;
        let send = self.transport.send_snapshot(self.target, &self.member, frames, deadline);
        let sent = match select(pin!(tokio::time::timeout(deadline, send)), pin!(cancel)).await {
            Either::Left((sent, _)) => sent,
            Either::Right((closed, _)) => return Err(closed.into()),
        };
        let answer = match sent {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(unreachable(&error).into()),
            Err(_) => return Err(unreachable(&no_answer(self.target, deadline)).into()),
        };
        let vote = frames::decode_snapshot_answer(&answer)
            .map_err(|error| RPCError::<Types>::Network(NetworkError::new(&AnyError::new(&error))))?;
        Ok(SnapshotResponse::new(vote))
    }
}
