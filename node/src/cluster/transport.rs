//! Raft's messages over the node channel.

use super::channels::{Channels, Lane};
use bytes::Bytes;
use futures_util::{StreamExt as _, future::BoxFuture, stream::BoxStream};
use hanse_proto::v1::RaftFrame;
use hanse_raft_store::{Member, Transport, TransportError};
use std::{sync::Arc, time::Duration};

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
            finish(&channels, target, tokio::time::timeout(deadline, call).await)
        })
    }

    fn send_snapshot(
        &self,
        target: u64,
        member: &Member,
        frames: BoxStream<'static, Bytes>,
        deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let mut client = self.channels.client(member, Lane::Calls);
        let channels = self.channels.clone();
        Box::pin(async move {
            let frames = frames.map(|body| RaftFrame { kind: 0, body });
            let call = client.snapshot(frames);
            finish(&channels, target, tokio::time::timeout(deadline, call).await)
        })
    }
}

type Answer = Result<Result<tonic::Response<RaftFrame>, tonic::Status>, tokio::time::error::Elapsed>;

fn finish(channels: &Channels, target: u64, answer: Answer) -> Result<Bytes, TransportError> {
    match answer {
        Ok(Ok(response)) => Ok(response.into_inner().body),
        Ok(Err(status)) => {
            channels.reset(target, Lane::Raft);
            Err(TransportError::new(status.message().to_owned()))
        }
        Err(_) => {
            channels.reset(target, Lane::Raft);
            Err(TransportError::new("no answer in time".to_owned()))
        }
    }
}
