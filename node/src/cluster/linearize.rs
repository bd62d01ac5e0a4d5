//! Linearisable reads on any node: ask the leader how far the log is committed, then wait until
//! this node has applied that much.

use super::channels::{Channels, Lane};
use hanse_proto::v1;
use hanse_raft_store::{ProposeError, Replica};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tonic::Status;

/// Longest that a read or write waits for a leader.
pub const LEADER_WAIT_MAX: Duration = Duration::from_secs(10);
/// Pause between two attempts to find the leader.
pub const LEADER_RETRY: Duration = Duration::from_millis(25);
/// Time for one call to the leader.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// Finds read indexes.
pub struct Linearizer {
    replica: Replica,
    channels: Arc<Channels>,
}

impl Linearizer {
    /// For this replica.
    pub fn new(replica: Replica, channels: Arc<Channels>) -> Linearizer {
        Linearizer { replica, channels }
    }

    /// Returns when this node has applied everything that was committed when the call began.
    ///
    /// # Errors
    /// `UNAVAILABLE` when there is no leader within [`LEADER_WAIT_MAX`].
    pub async fn catch_up(&self) -> Result<(), Status> {
        let deadline = Instant::now() + LEADER_WAIT_MAX;
        loop {
            if let Some(index) = self.read_index().await {
                let left = deadline.saturating_duration_since(Instant::now());
                return self.replica.wait_applied(index, left).await.map_err(|_| {
                    Status::unavailable("this node lags behind; ask another one, or read with --stale")
                });
            }
            if Instant::now() >= deadline {
                return Err(no_leader());
            }
            tokio::time::sleep(LEADER_RETRY).await;
        }
    }

    async fn read_index(&self) -> Option<u64> {
        let leader = match self.replica.read_index().await {
            Ok(index) => return Some(index),
            Err(ProposeError::NotLeader { leader }) => leader?,
            Err(_) => return None,
        };
        let (member, _) = self.replica.metrics().members.get(&leader)?.clone();
        if leader == self.replica.metrics().id {
            return None;
        }
        let mut client = self.channels.client(&member, Lane::Calls);
        let call = client.read_index(v1::ReadIndexRequest {});
        match tokio::time::timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(response)) => Some(response.into_inner().index),
            Ok(Err(_)) | Err(_) => {
                self.channels.reset(leader, Lane::Calls);
                None
            }
        }
    }
}

/// The answer where there is no leader.
pub fn no_leader() -> Status {
    Status::unavailable(
        "the cluster has no leader, so nothing can be written or read consistently; \
         see `hanse status`, read with --stale, or bring back a majority of the voters",
    )
}
