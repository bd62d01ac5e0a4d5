//! One node's copy of the model: what the rest of the program talks to.
//!
//! The one idea: everything here is a handle. Cloning is cheap, all clones are the same replica,
//! and it lives until the last one goes or [`Replica::shutdown`] is called. Must not know who
//! proposes and why.

use crate::error::{
    BootstrapError, MembershipError, OpenError, ProposeError, ReceiveError, StoreError, TimedOut,
};
use crate::frames;
use crate::log::LogStore;
use crate::machine::{Machine, SnapshotData};
use crate::network::{Network, Transport, kind};
use crate::offload::{lock, offload};
use crate::options::{CommitMode, Options, PROPOSED_BYTES_MAX};
use crate::records::RecordError;
use crate::snapshot;
use crate::start::{
    Raft, follow_standing, keep_durable, keep_log_small, members_of, open_stores, raft_config, standing_of,
};
use crate::state::StateStore;
use crate::status::{RaftStatus, Role, Standing};
use crate::types::{Member, Proposal, Types};
use crate::view::View;
use bytes::Bytes;
use futures_util::Stream;
use hanse_proto::{COMMAND_BYTES_MAX, v1};
use openraft::async_runtime::watch::WatchReceiver as _;
use openraft::errors::{
    ClientWriteError, Fatal, ForwardToLeader, InitializeError, LinearizableReadError, RaftError,
};
use openraft::raft::AppendEntriesResponse;
use openraft::type_config::alias::SnapshotOf;
use openraft::{Instant as _, RaftMetrics, ReadPolicy};
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long opening waits for a lone voter to elect itself.
const LONE_ELECTION_MAX: Duration = Duration::from_secs(5);

/// A handle of this node's replica.
#[derive(Clone)]
pub struct Replica(Arc<Inner>);

struct Inner {
    id: u64,
    mode: CommitMode,
    /// Nothing when raft could not start because an entry cannot be applied: the state can be
    /// read and served all the same.
    raft: Option<Raft>,
    start_failure: Option<String>,
    state: Arc<StateStore>,
    log: LogStore,
    proposed: Semaphore,
    leader_contact: Mutex<Option<Instant>>,
    /// Counts snapshots that began to arrive; only the newest goes on.
    snapshots_begun: AtomicU64,
    standing: watch::Receiver<Standing>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in lock(&self.tasks).drain(..) {
            task.abort();
        }
    }
}

impl Replica {
    /// Opens the store and starts raft on it. A store that was used before is as it was: what a
    /// lone node had acknowledged can be read when this returns.
    ///
    /// # Errors
    /// When the store is another cluster's or node's, damaged or in use. Nothing was changed then.
    pub async fn open(options: Options, transport: Arc<dyn Transport>) -> Result<Self, OpenError> {
        let (log, state) = open_stores(&options).await?;
        let log = log.guarded_by(state.clone());
        let machine = Machine::new(state.clone(), log.clone());
        let network = Network { transport, state: state.clone(), timings: options.raft };
        let config = Arc::new(raft_config(&options)?);

        let started = Raft::new(options.node_id, config, network, log.clone(), machine).await;
        let (raft, start_failure) = match (started, state.failure()) {
            (Ok(raft), _) => (Some(raft), None),
            (Err(_), Some(failure)) => (None, Some(failure)),
            (Err(fatal), None) => return Err(OpenError::Raft(fatal.to_string())),
        };

        let stopped = Standing { role: Role::Stopped, term: 0, leader: None };
        let first = raft.as_ref().map_or(stopped, |raft| standing_of(&raft.metrics().borrow_watched()));
        let (standing_sender, standing) = watch::channel(first);
        let mut tasks = vec![tokio::spawn(keep_durable(state.clone()))];
        if let Some(raft) = &raft {
            tasks.push(tokio::spawn(follow_standing(raft.clone(), standing_sender)));
            tasks.push(tokio::spawn(keep_log_small(raft.clone(), log.clone(), options.snapshot_bytes)));
        }
        let replica = Self(Arc::new(Inner {
            id: options.node_id,
            mode: options.commit,
            raft,
            start_failure,
            state,
            log,
            proposed: Semaphore::new(PROPOSED_BYTES_MAX),
            leader_contact: Mutex::new(None),
            snapshots_begun: AtomicU64::new(0),
            standing,
            tasks: Mutex::new(tasks),
        }));
        replica.lead_alone().await;
        Ok(replica)
    }

    /// A lone voter need not wait for a leader it would hear: it leads at once, and with that
    /// everything in its log is committed and applied.
    async fn lead_alone(&self) {
        let Some(raft) = &self.0.raft else { return };
        let voters: Vec<u64> = self.0.state.membership().voter_ids().collect();
        if voters == [self.0.id] && raft.trigger().elect(false).await.is_ok() {
            self.wait_until_leading(raft).await;
        }
    }

    async fn wait_until_leading(&self, raft: &Raft) {
        let last = self.0.log.last_index();
        let is_done = |metrics: &RaftMetrics<Types>| {
            metrics.state.is_leader() && metrics.last_applied.is_some_and(|id| id.index() >= last)
        };
        if let Err(error) = raft.wait(Some(LONE_ELECTION_MAX)).metrics(is_done, "a lone voter leads").await {
            tracing::warn!(%error, "the only voter does not lead yet");
        }
    }

    fn raft(&self) -> Result<&Raft, String> {
        self.0.raft.as_ref().ok_or_else(|| self.stopped_because(None))
    }

    /// Why raft has stopped here: what this crate knows of it first, then what openraft says.
    fn stopped_because(&self, fatal: Option<&Fatal<Types>>) -> String {
        let known = self.0.state.failure().or_else(|| self.0.start_failure.clone());
        match (known, fatal) {
            (Some(known), _) => known,
            (None, Some(Fatal::Stopped) | None) => "it was shut down".to_owned(),
            (None, Some(fatal)) => fatal.to_string(),
        }
    }

    /// Makes a cluster of these members. To be called on one of them only. A cluster of one has
    /// its leader when this returns; others elect theirs soon after.
    ///
    /// # Errors
    /// [`BootstrapError::AlreadyInitialized`] when this node has a log or has voted.
    pub async fn bootstrap(&self, members: Vec<Member>) -> Result<(), BootstrapError> {
        let raft = self.raft().map_err(BootstrapError::Stopped)?;
        let count = members.len();
        let members: BTreeMap<u64, Member> = members.into_iter().map(|member| (member.id, member)).collect();
        if members.len() != count {
            return Err(BootstrapError::Members("two have the same id".to_owned()));
        }
        if members.contains_key(&0) {
            return Err(BootstrapError::Members("id 0 is not allowed, ids begin at 1".to_owned()));
        }
        let is_lone = count == 1;
        raft.initialize(members).await.map_err(|error| match error {
            RaftError::APIError(InitializeError::NotAllowed(_)) => BootstrapError::AlreadyInitialized,
            RaftError::APIError(InitializeError::NotInMembers(_)) => {
                BootstrapError::Members(format!("node {} is not among them", self.0.id))
            }
            RaftError::Fatal(fatal) => BootstrapError::Stopped(self.stopped_because(Some(&fatal))),
        })?;
        if is_lone {
            self.wait_until_leading(raft).await;
        }
        Ok(())
    }

    /// This node is part of a cluster, or has at least heard of one.
    pub fn is_initialized(&self) -> bool {
        self.0.log.is_used() || self.0.state.head().applied.is_some()
    }

    /// Appends a command and waits for what `apply` answers: it is then durable on a quorum and
    /// applied here.
    ///
    /// It waits for as long as there is no quorum, so give it a deadline.
    ///
    /// # Errors
    /// See [`ProposeError`]: only `Uncertain` and `Stopped` may leave a command behind that is
    /// committed later; the others have proposed nothing.
    ///
    /// # Cancel safety
    /// Dropped, it may be committed all the same.
    pub async fn propose(&self, command: &v1::Command) -> Result<v1::Outcome, ProposeError> {
        let raft = self.raft().map_err(ProposeError::Stopped)?;
        let bytes = command.encoded_len();
        if bytes > COMMAND_BYTES_MAX {
            return Err(ProposeError::TooLarge { bytes, max: COMMAND_BYTES_MAX });
        }
        let weight = u32::try_from(bytes).expect("a command has at most 8 MiB");
        let Ok(_permit) = self.0.proposed.try_acquire_many(weight) else {
            let waiting = PROPOSED_BYTES_MAX - self.0.proposed.available_permits();
            return Err(ProposeError::Overloaded { waiting, max: PROPOSED_BYTES_MAX });
        };
        let proposal = Proposal(command.encode_to_vec().into());
        match raft.client_write(proposal).await {
            Ok(written) => Ok(written.data.0.expect("apply answers every command")),
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(forward))) => {
                Err(ProposeError::NotLeader { leader: self.leader_hint(&forward) })
            }
            Err(RaftError::APIError(ClientWriteError::LogEntryDiscarded(forward))) => {
                Err(ProposeError::Uncertain { leader: self.leader_hint(&forward) })
            }
            Err(RaftError::APIError(other)) => Err(ProposeError::Stopped(other.to_string())),
            Err(RaftError::Fatal(fatal)) => Err(ProposeError::Stopped(self.stopped_because(Some(&fatal)))),
        }
    }

    /// A node that is told to ask itself would ask for ever.
    fn leader_hint(&self, forward: &ForwardToLeader<Types>) -> Option<u64> {
        forward.leader_id.filter(|leader| *leader != self.0.id)
    }

    /// The index that a linearisable read has to wait for: everything acknowledged before this
    /// call is at or below it. The leader asks a quorum whether it still is one.
    ///
    /// # Errors
    /// On any node but the leader, and without a quorum.
    pub async fn read_index(&self) -> Result<u64, ProposeError> {
        let raft = self.raft().map_err(ProposeError::Stopped)?;
        match raft.get_read_log_id(ReadPolicy::ReadIndex).await {
            Ok((read, _)) => Ok(read.index()),
            Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(forward))) => {
                Err(ProposeError::NotLeader { leader: self.leader_hint(&forward) })
            }
            Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(_))) => {
                Err(ProposeError::NoQuorum)
            }
            Err(RaftError::Fatal(fatal)) => Err(ProposeError::Stopped(self.stopped_because(Some(&fatal)))),
        }
    }

    /// Returns when this node has applied `index`: views from then on contain it.
    ///
    /// # Errors
    /// When that did not happen in time.
    pub async fn wait_applied(&self, index: u64, timeout: Duration) -> Result<(), TimedOut> {
        let mut applied = self.applied();
        let reached = tokio::time::timeout(timeout, applied.wait_for(|reached| *reached >= index)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            _ => Err(TimedOut { wanted: index, reached: *self.applied().borrow(), after: timeout }),
        }
    }

    /// A consistent look at the model as of the last applied revision.
    ///
    /// # Errors
    /// When the store cannot be read, or was closed.
    pub fn view(&self) -> Result<View, StoreError> {
        self.0.state.view()
    }

    /// The revision that was applied last; a view made after it changed contains it.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.0.state.applied()
    }

    /// Wakes when role, term or leader change.
    pub fn status_changes(&self) -> watch::Receiver<Standing> {
        self.0.standing.clone()
    }

    /// Where this replica stands.
    pub fn metrics(&self) -> RaftStatus {
        let applied = self.0.state.head().revision();
        let Some(raft) = &self.0.raft else {
            return RaftStatus {
                id: self.0.id,
                role: Role::Stopped,
                term: 0,
                leader: None,
                applied,
                last_log: self.0.log.last_index(),
                snapshot: 0,
                members: members_of(&self.0.state.membership()),
                since_leader_contact: None,
                stopped: Some(self.stopped_because(None)),
            };
        };
        let metrics = raft.metrics();
        let metrics = metrics.borrow_watched();
        let Standing { role, term, leader } = standing_of(&metrics);
        // Raft reports a moment after its start; the state machine knows the members before.
        let known = self.0.state.membership();
        let membership = if known.log_id() > metrics.membership_config.log_id() {
            &known
        } else {
            &*metrics.membership_config
        };
        let since_leader_contact = match role {
            Role::Leader => metrics.last_quorum_acked.as_ref().map(|acked| acked.elapsed()),
            _ => lock(&self.0.leader_contact).map(|contact| contact.elapsed()),
        };
        RaftStatus {
            id: self.0.id,
            role,
            term,
            leader,
            applied,
            last_log: self.0.log.last_index(),
            snapshot: metrics.snapshot.map_or(0, |id| id.index()),
            members: members_of(membership),
            since_leader_contact,
            stopped: metrics.running_state.as_ref().err().map(|fatal| self.stopped_because(Some(fatal))),
        }
    }

    /// Answers a message of another member. `kind` is one of [`crate::kind`].
    ///
    /// # Errors
    /// When it cannot be read, or raft has stopped here.
    pub async fn receive(&self, kind: u32, body: Bytes) -> Result<Bytes, ReceiveError> {
        let raft = self.raft().map_err(ReceiveError::Stopped)?;
        let malformed = |error: RecordError| ReceiveError::Malformed(error.to_string());
        let stopped = |fatal: Fatal<Types>| ReceiveError::Stopped(self.stopped_because(Some(&fatal)));
        match kind {
            kind::APPEND => {
                let request = frames::decode_append(&body).map_err(malformed)?;
                let answer =
                    raft.append_entries(request).await.map_err(|error| stopped(error.unwrap_fatal()))?;
                if !matches!(answer, AppendEntriesResponse::HigherVote(_)) {
                    *lock(&self.0.leader_contact) = Some(Instant::now());
                }
                Ok(frames::encode_append_answer(&answer))
            }
            kind::VOTE => {
                let request = frames::decode_vote(&body).map_err(malformed)?;
                let answer = raft.vote(request).await.map_err(|error| stopped(error.unwrap_fatal()))?;
                Ok(frames::encode_vote_answer(&answer))
            }
            kind::PRE_VOTE => {
                let request = frames::decode_vote(&body).map_err(malformed)?;
                let answer = raft.pre_vote(request).await.map_err(|error| stopped(error.unwrap_fatal()))?;
                Ok(frames::encode_vote_answer(&answer))
            }
            kind::TRANSFER_LEADER => {
                let request = frames::decode_transfer(&body).map_err(malformed)?;
                let answer = raft.handle_transfer_leader(request).await.map_err(stopped)?;
                Ok(frames::encode_transfer_answer(&answer))
            }
            other => Err(ReceiveError::UnknownKind(other)),
        }
    }

    /// Takes a snapshot that the leader sends, and answers when it is installed.
    ///
    /// # Errors
    /// When the stream breaks or its rows are not what the head announced; this node is then as
    /// it was.
    pub async fn receive_snapshot<S>(&self, frames: S) -> Result<Bytes, ReceiveError>
    where
        S: Stream<Item = Result<Bytes, io::Error>> + Send + Unpin,
    {
        let raft = self.raft().map_err(ReceiveError::Stopped)?;
        let begun = self.0.snapshots_begun.fetch_add(1, Ordering::Relaxed) + 1;
        let is_current = || self.0.snapshots_begun.load(Ordering::Relaxed) == begun;
        let (vote, meta, import) = snapshot::receive(&self.0.state, frames, is_current).await?;
        let snapshot = SnapshotOf::<Types, SnapshotData> { meta, snapshot: SnapshotData::Received(import) };
        let answer = raft
            .install_full_snapshot(vote, snapshot)
            .await
            .map_err(|fatal| ReceiveError::Stopped(self.stopped_because(Some(&fatal))))?;
        Ok(frames::encode_snapshot_answer(&answer.vote))
    }

    /// Adds a node that takes the log and has no vote; waits until it has caught up.
    ///
    /// # Errors
    /// On any node but the leader, and while members are being changed.
    pub async fn add_learner(&self, member: Member) -> Result<(), MembershipError> {
        let raft = self.raft().map_err(MembershipError::Stopped)?;
        let added = raft.add_learner(member.id, member, true).await;
        self.members_changed(added.map(drop))
    }

    /// Makes exactly these members voters. Who was one and is no more stays as a learner if
    /// `keep_others`, and is removed otherwise.
    ///
    /// # Errors
    /// On any node but the leader, for members that are not learners yet, and while members are
    /// being changed.
    pub async fn change_membership(
        &self,
        voters: BTreeSet<u64>,
        keep_others: bool,
    ) -> Result<(), MembershipError> {
        let raft = self.raft().map_err(MembershipError::Stopped)?;
        let changed = raft.change_membership(voters, keep_others).await;
        self.members_changed(changed.map(drop))
    }

    fn members_changed(
        &self,
        result: Result<(), RaftError<Types, ClientWriteError<Types>>>,
    ) -> Result<(), MembershipError> {
        result.map_err(|error| match error {
            RaftError::APIError(
                ClientWriteError::ForwardToLeader(forward) | ClientWriteError::LogEntryDiscarded(forward),
            ) => MembershipError::NotLeader { leader: self.leader_hint(&forward) },
            RaftError::APIError(other) => MembershipError::Refused(other.to_string()),
            RaftError::Fatal(fatal) => MembershipError::Stopped(self.stopped_because(Some(&fatal))),
        })
    }

    /// Asks a voter to take over; without effect on any node but the leader.
    ///
    /// # Errors
    /// When raft has stopped here.
    pub async fn transfer_leader(&self, to: u64) -> Result<(), MembershipError> {
        let raft = self.raft().map_err(MembershipError::Stopped)?;
        let asked = raft.trigger().transfer_leader(to).await;
        asked.map_err(|fatal| MembershipError::Stopped(self.stopped_because(Some(&fatal))))
    }

    /// Takes a snapshot soon, whatever the log's length; the log is purged after it.
    ///
    /// # Errors
    /// When raft has stopped here.
    pub async fn trigger_snapshot(&self) -> Result<(), MembershipError> {
        let raft = self.raft().map_err(MembershipError::Stopped)?;
        let asked = raft.trigger().snapshot().await;
        asked.map_err(|fatal| MembershipError::Stopped(self.stopped_because(Some(&fatal))))
    }

    /// Stops raft, makes everything durable and closes the files, so that they can be opened
    /// again. Views that are still held keep the state's file open.
    pub async fn shutdown(&self) {
        if let Some(raft) = &self.0.raft
            && let Err(error) = raft.shutdown().await
        {
            tracing::warn!(%error, "raft did not stop cleanly");
        }
        for task in lock(&self.0.tasks).drain(..) {
            task.abort();
        }
        let state = self.0.state.clone();
        let synced = offload(self.0.mode, move || state.sync()).await.map(drop);
        if let Err(error) = synced.and(self.0.log.flush().await) {
            tracing::warn!(%error, "the store was not closed cleanly; the log replays what is missing");
        }
        self.0.log.release();
        self.0.state.release();
    }
}
