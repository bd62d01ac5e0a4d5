//! How a replica is set up: where its bytes are, how it commits, how fast it notices a dead leader.

use crate::disk::Backends;
use hanse_proto::COMMAND_BYTES_MAX;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// A filter directive for the subscriber of `tracing`: openraft reports each vote, each snapshot
/// and each heartbeat that a dead node misses. What matters of it this crate reports itself.
pub const LOG_DIRECTIVE: &str = "openraft=error";

/// Entries of one AppendEntries, in bytes: as many as fit, and at least one.
pub const REPLICATION_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Rows of one snapshot frame, in bytes: as many as fit, and at least one.
pub const SNAPSHOT_FRAME_BYTES: usize = 1024 * 1024;

/// No frame is larger; a transport's own limit must be above it.
pub const FRAME_BYTES_MAX: usize = COMMAND_BYTES_MAX + 1024 * 1024;

/// Entries between two snapshots, in bytes. The log has about twice as much at most.
pub const SNAPSHOT_BYTES: u64 = 256 * 1024 * 1024;

/// Commands that wait for their outcome on this node, in bytes; more are refused as overload.
pub const PROPOSED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long the state machine may be ahead of its file.
pub(crate) const DURABLE_EVERY: Duration = Duration::from_millis(100);

/// Entries of one apply transaction.
pub(crate) const APPLY_ENTRIES_MAX: usize = 1_024;

/// Bytes of one apply transaction, exceeded by at most one entry.
pub(crate) const APPLY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A slow connection must carry at least this much, or replication to it never gets through.
pub(crate) const REPLICATION_BYTES_PER_SECOND_MIN: u64 = 2 * 1024 * 1024;

/// How a replica is set up.
#[derive(Clone)]
pub struct Options {
    /// 1 or more, unique in the cluster, and the same for the life of the store.
    pub node_id: u64,
    /// Stored at the first open; a store of another cluster is refused afterwards.
    pub cluster_id: String,
    pub storage: Storage,
    pub commit: CommitMode,
    pub raft: RaftTimings,
    /// Entries between two snapshots. Default 10,000.
    pub snapshot_every: u64,
    /// Bytes of entries between two snapshots, where that comes first: large commands must not make the
    /// log large. After such a snapshot the log keeps what came after the one before it and nothing older.
    /// Default `SNAPSHOT_BYTES`.
    pub snapshot_bytes: u64,
    /// Entries kept in the log although a snapshot covers them, so that a node that was away for
    /// a moment catches up from the log. Default 2,000.
    pub log_entries_kept: u64,
    /// Page cache of the log's file, in bytes. Default 64 MiB.
    pub log_cache_bytes: usize,
    /// Page cache of the state machine's file, in bytes. Default 128 MiB.
    pub state_cache_bytes: usize,
}

impl Options {
    /// Options with all defaults: threaded commits, sub-second failover.
    pub fn new(node_id: u64, cluster_id: impl Into<String>, storage: Storage) -> Self {
        Self {
            node_id,
            cluster_id: cluster_id.into(),
            storage,
            commit: CommitMode::Threaded,
            raft: RaftTimings::default(),
            snapshot_every: 10_000,
            snapshot_bytes: SNAPSHOT_BYTES,
            log_entries_kept: 2_000,
            log_cache_bytes: 64 * 1024 * 1024,
            state_cache_bytes: 128 * 1024 * 1024,
        }
    }
}

/// Where a replica's files are.
#[derive(Clone)]
pub enum Storage {
    /// Files in a directory, made when missing.
    Directory(PathBuf),
    /// Disks of another kind: memory, or one that loses power.
    Backends(Arc<dyn Backends>),
}

/// Who waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitMode {
    /// A writer thread takes everything queued, commits once and then answers all.
    Threaded,
    /// The caller commits. For simulations: no thread is made and none is borrowed.
    Inline,
}

/// How fast a leader is found dead.
///
/// A follower campaigns when it has heard nothing for `election_max` (the leader's lease) and
/// then for a random time between `election_min` and `election_max`. With the defaults that is
/// 500 to 700 ms, or ten missed heartbeats, so that a busy machine of two cores keeps its leader
/// and a failover stays under a second, unless two campaign at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaftTimings {
    pub heartbeat: Duration,
    pub election_min: Duration,
    pub election_max: Duration,
    /// Time for one whole snapshot to reach a node and to be installed there.
    pub snapshot: Duration,
}

impl Default for RaftTimings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(50),
            election_min: Duration::from_millis(150),
            election_max: Duration::from_millis(350),
            snapshot: Duration::from_secs(600),
        }
    }
}

impl RaftTimings {
    /// Time for an AppendEntries of this size: openraft's own limit is one heartbeat interval,
    /// in which a large entry could never be delivered, and would be sent again for ever.
    pub(crate) fn append_deadline(&self, bytes: usize) -> Duration {
        let transfer = Duration::from_millis(bytes as u64 * 1_000 / REPLICATION_BYTES_PER_SECOND_MIN);
        self.election_max + transfer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_command_has_time_to_travel() {
        let deadline = RaftTimings::default().append_deadline(COMMAND_BYTES_MAX);
        assert!(deadline > Duration::from_secs(4), "{deadline:?}");
        assert!(RaftTimings::default().append_deadline(0) < Duration::from_millis(500));
    }
}
