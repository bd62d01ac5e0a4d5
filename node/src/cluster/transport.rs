//! Raft's messages over the node channel.

use super::channels::{Channels, Lane};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future::BoxFuture, stream::BoxStream};
use hanse_proto::v1::RaftFrame;
use hanse_raft_store::{Member, Transport, TransportError};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// Carries what raft wants to say to another node, each message within its deadline.
pub struct NodeTransport {
    channels: Arc<Channels>,
}

impl NodeTransport {
    /// Over these channels.
    pub fn new(channels: Arc<Channels>) -> NodeTransport {
        NodeTransport { channels }
    }
}

impl Transport for NodeTransport {
    fn call(
        &self,
        target: u64,
        member: &Member,
        kind: u32,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let mut client = self.channels.client(member, Lane::Raft);
        let channels = self.channels.clone();
        Box::pin(async move {
            let call = client.raft(RaftFrame { kind, body });
            finish(&channels, (target, Lane::Raft), tokio::time::timeout(deadline, call).await)
        })
    }

    fn send_snapshot(
        &self,
        target: u64,
        member: &Member,
        frames: BoxStream<'static, Bytes>,
        deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let mut client = self.channels.client(member, Lane::Snapshots);
        let channels = self.channels.clone();
        Box::pin(async move {
            let call = client.snapshot(SnapshotFrames(frames));
            finish(&channels, (target, Lane::Snapshots), tokio::time::timeout(deadline, call).await)
        })
    }
}

/// A snapshot on its way, as messages. A named type: the compiler cannot see through a boxed stream
/// that a boxed future holds.
struct SnapshotFrames(BoxStream<'static, Bytes>);

impl Stream for SnapshotFrames {
    type Item = RaftFrame;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<RaftFrame>> {
        self.0.poll_next_unpin(cx).map(|frame| frame.map(|body| RaftFrame { kind: 0, body }))
    }
}

type Answer = Result<Result<tonic::Response<RaftFrame>, tonic::Status>, tokio::time::error::Elapsed>;

fn finish(channels: &Channels, (target, lane): (u64, Lane), answer: Answer) -> Result<Bytes, TransportError> {
    match answer {
        Ok(Ok(response)) => Ok(response.into_inner().body),
        Ok(Err(status)) => {
            channels.reset(target, lane);
            Err(TransportError(status.message().to_owned()))
        }
        Err(_) => {
            channels.reset(target, lane);
            Err(TransportError("no answer in time".to_owned()))
        }
    }
}
