//! How a replica is started: the files opened in their order, raft set up, and the tasks beside it.
//!
//! The one idea: the log's file comes first and is never made again, because it says which file
//! of the state counts; a log that is missing beside a state is damage, not a new start.

use crate::disk::{Backends, Directory, StoreFile};
use crate::error::OpenError;
use crate::log::{LogStore, OpenedLog};
use crate::machine::Machine;
use crate::offload::offload;
use crate::options::{CommitMode, DURABLE_EVERY, Options, Storage};
use crate::records::Identity;
use crate::state::StateStore;
use crate::status::{Role, Standing};
use crate::types::{Member, StoredMembership, Types};
use openraft::async_runtime::watch::WatchReceiver as _;
use openraft::{Config, RaftMetrics, SnapshotPolicy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

pub(crate) type Raft = openraft::Raft<Types, Machine>;

/// Entries of one AppendEntries; bytes bound it first, where entries are large.
const REPLICATION_ENTRIES_MAX: u64 = 4_096;
/// Pauses before an unreachable member is tried again.
const BACKOFF: &str = "50ms 100ms 200ms ...500ms";

/// Opens or makes both files.
pub(crate) async fn open_stores(options: &Options) -> Result<(LogStore, Arc<StateStore>), OpenError> {
    let backends: Arc<dyn Backends> = match &options.storage {
        Storage::Directory(path) => Arc::new(Directory::new(path)),
        Storage::Backends(backends) => backends.clone(),
    };
    let mode = options.commit;
    let options = options.clone();
    let open = move || open_stores_now(&options, backends);
    match mode {
        CommitMode::Inline => open(),
        CommitMode::Threaded => match tokio::task::spawn_blocking(open).await {
            Ok(opened) => opened,
            Err(error) => Err(OpenError::Raft(format!("the store could not be opened: {error}"))),
        },
    }
}

fn open_stores_now(
    options: &Options,
    backends: Arc<dyn Backends>,
) -> Result<(LogStore, Arc<StateStore>), OpenError> {
    let identity = Identity { cluster_id: options.cluster_id.clone(), node_id: options.node_id };
    let opened = LogStore::open(&*backends, options.commit, options.log_cache_bytes, &identity)?;
    match open_state(options, &backends, &opened) {
        Ok(state) => Ok((opened.log, Arc::new(state))),
        Err(error) => {
            // Whoever mends the state and tries again finds the log free.
            opened.log.release();
            Err(error)
        }
    }
}

/// Opens the state that belongs to a log.
fn open_state(
    options: &Options,
    backends: &Arc<dyn Backends>,
    opened: &OpenedLog,
) -> Result<StateStore, OpenError> {
    let state = StateStore::open(
        backends.clone(),
        options.commit,
        options.state_cache_bytes,
        &options.cluster_id,
        opened.generation,
        // A state whose log still reaches back to the beginning is made again from it.
        opened.purged.is_none(),
    )?;
    let applied = state.head().applied;
    if applied < opened.purged {
        let begins = opened.purged.map_or(0, |purged| purged.index() + 1);
        let reason = match applied {
            None => format!("it is empty although the log begins at revision {begins}"),
            Some(id) => {
                format!("it ends at revision {} although the log begins at revision {begins}", id.index())
            }
        };
        let path = backends.location(StoreFile::State(opened.generation));
        return Err(OpenError::Corrupt { path, reason });
    }
    Ok(state)
}

/// What raft is told about time and size.
pub(crate) fn raft_config(options: &Options) -> Result<Config, OpenError> {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Config {
        cluster_name: options.cluster_id.clone(),
        heartbeat_interval: millis(options.raft.heartbeat),
        election_timeout_min: millis(options.raft.election_min),
        election_timeout_max: millis(options.raft.election_max),
        install_snapshot_timeout: millis(options.raft.snapshot),
        max_payload_entries: REPLICATION_ENTRIES_MAX,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(options.snapshot_every),
        max_in_snapshot_log_to_keep: options.log_entries_kept,
        // A node that is further behind gets a snapshot; it must be more than a snapshot covers.
        replication_lag_threshold: options.snapshot_every * 2,
        backoff: BACKOFF.to_owned(),
        enable_pre_vote: Some(true),
        // A restarted leader may have forgotten its last commits: only a new term, whose first
        // entry commits all before it, makes its reads linearisable again.
        enable_leader_restore: Some(false),
        ..Config::default()
    }
    .validate()
    .map_err(|error| OpenError::Raft(error.to_string()))
}

/// Syncs the state machine while it is ahead of its file.
pub(crate) async fn keep_durable(state: Arc<StateStore>) {
    loop {
        tokio::time::sleep(DURABLE_EVERY).await;
        if !state.is_dirty() {
            continue;
        }
        let syncing = state.clone();
        if let Err(error) = offload(state.mode, move || syncing.sync()).await {
            tracing::error!(%error, "the state machine cannot be made durable; raft stops on this node");
            return;
        }
    }
}

/// Takes a snapshot whenever enough bytes were written since the last time, and purges the log up to the
/// time before that, so that a node that was away for a moment still catches up from the log.
pub(crate) async fn keep_log_small(raft: Raft, log: LogStore, bytes_max: u64) {
    let (mut written_before, mut covered_before) = (0, 0);
    loop {
        tokio::time::sleep(DURABLE_EVERY).await;
        let written = log.bytes_written();
        if written - written_before < bytes_max {
            continue;
        }
        let applied = raft.metrics().borrow_watched().last_applied;
        if raft.trigger().snapshot().await.is_err() {
            return;
        }
        let is_taken = |metrics: &RaftMetrics<Types>| metrics.snapshot >= applied;
        if raft.wait(None).metrics(is_taken, "a snapshot is taken").await.is_err() {
            return;
        }
        if covered_before > 0 && raft.trigger().purge_log(covered_before).await.is_err() {
            return;
        }
        tracing::debug!(written, covered_before, "a snapshot was due by bytes");
        (written_before, covered_before) = (written, applied.map_or(0, |id| id.index()));
    }
}

/// Tells who waits, and the log, about changes of role and leader.
pub(crate) async fn follow_standing(raft: Raft, standing: watch::Sender<Standing>) {
    let mut metrics = raft.metrics();
    let id = *raft.node_id();
    // Only a weak interest: raft must be able to end when its last handle goes.
    drop(raft);
    loop {
        let now = standing_of(&metrics.borrow_and_update());
        let is_new = standing.send_if_modified(|last| {
            let is_new = *last != now;
            *last = now;
            is_new
        });
        if is_new {
            tracing::info!(node = id, role = %now.role, term = now.term, leader = now.leader, "raft");
        }
        if metrics.changed().await.is_err() {
            return;
        }
    }
}

pub(crate) fn standing_of(metrics: &RaftMetrics<Types>) -> Standing {
    let role = if metrics.running_state.is_err() { Role::Stopped } else { metrics.state.into() };
    Standing { role, term: metrics.current_term, leader: metrics.current_leader }
}

/// All members, and whether they vote.
pub(crate) fn members_of(membership: &StoredMembership) -> BTreeMap<u64, (Member, bool)> {
    let voters: BTreeSet<u64> = membership.voter_ids().collect();
    membership.nodes().map(|(id, member)| (*id, (member.clone(), voters.contains(id)))).collect()
}
