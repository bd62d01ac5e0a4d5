//! Openraft's state machine trait over the state's file.
//!
//! The one idea: taking a snapshot costs a sync and nothing else, because a read transaction
//! already is one. What is handed around is the view, not bytes.

use crate::error::StoreError;
use crate::log::LogStore;
use crate::offload::offload;
use crate::options::{APPLY_BYTES_MAX, APPLY_ENTRIES_MAX};
use crate::snapshot::{Import, copy};
use crate::state::StateStore;
use crate::types::{Entry, LogId, Payload, SnapshotMeta, StoredMembership, Types};
use crate::view::View;
use futures_util::{Stream, StreamExt as _};
use openraft::OptionalSend;
use openraft::storage::{ApplyResponder, EntryResponder, RaftSnapshotBuilder, RaftStateMachine};
use openraft::type_config::alias::SnapshotOf;
use std::io;
use std::sync::Arc;

/// What a snapshot is while it is in this process.
pub(crate) enum SnapshotData {
    /// One of ours: a look at the tables.
    Taken(Arc<View>),
    /// One that was received: a complete file that is not in use yet.
    Received(Import),
}

/// The state machine as openraft drives it.
pub(crate) struct Machine {
    state: Arc<StateStore>,
    log: LogStore,
    /// A snapshot was taken or installed since the start: from then on there always is one.
    has_snapshot: bool,
}

impl Machine {
    pub(crate) fn new(state: Arc<StateStore>, log: LogStore) -> Self {
        Self { state, log, has_snapshot: false }
    }

    /// Applies what was collected, answers who waits for it, and fails if an entry could not be.
    async fn apply_batch(&self, batch: &mut Collected) -> Result<(), io::Error> {
        let entries = std::mem::take(&mut batch.entries);
        let responders = std::mem::take(&mut batch.responders);
        batch.bytes = 0;
        if entries.is_empty() {
            return Ok(());
        }
        let state = self.state.clone();
        let applied = offload(self.state.mode, move || state.apply(&entries)).await?;
        for (responder, reply) in responders.into_iter().zip(applied.replies) {
            if let Some(responder) = responder {
                responder.send(reply);
            }
        }
        match applied.halted {
            None => Ok(()),
            Some(reason) => {
                tracing::error!(%reason, "raft stops on this node; traffic is served as before");
                Err(StoreError::Failed(reason).into())
            }
        }
    }
}

#[derive(Default)]
struct Collected {
    entries: Vec<Entry>,
    responders: Vec<Option<ApplyResponder<Types>>>,
    bytes: usize,
}

impl Collected {
    fn push(&mut self, (entry, responder): EntryResponder<Types>) {
        if let Payload::Normal(proposal) = &entry.payload {
            self.bytes += proposal.0.len();
        }
        self.entries.push(entry);
        self.responders.push(responder);
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= APPLY_ENTRIES_MAX || self.bytes >= APPLY_BYTES_MAX
    }
}

impl RaftStateMachine<Types> for Machine {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        let head = self.state.head();
        Ok((head.applied, head.membership))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<Types>, io::Error>> + Unpin + OptionalSend,
    {
        let mut batch = Collected::default();
        while let Some(item) = entries.next().await {
            batch.push(item?);
            if batch.is_full() {
                self.apply_batch(&mut batch).await?;
            }
        }
        self.apply_batch(&mut batch).await
    }

    async fn try_create_snapshot_builder(&mut self, _force: bool) -> Option<Builder> {
        self.has_snapshot = true;
        Some(Builder(self.state.clone()))
    }

    async fn get_snapshot_builder(&mut self) -> Builder {
        self.has_snapshot = true;
        Builder(self.state.clone())
    }

    async fn install_snapshot(
        &mut self,
        _meta: &SnapshotMeta,
        snapshot: SnapshotData,
    ) -> Result<(), io::Error> {
        let import = match snapshot {
            SnapshotData::Received(import) => import,
            SnapshotData::Taken(view) => {
                let state = self.state.clone();
                offload(self.state.mode, move || copy(&view, state)).await?
            }
        };
        import.install(&self.log).await?;
        self.has_snapshot = true;
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<SnapshotOf<Types, SnapshotData>>, io::Error> {
        if !self.has_snapshot {
            return Ok(None);
        }
        Ok(Some(take(&self.state)?))
    }
}

/// Takes snapshots.
pub(crate) struct Builder(Arc<StateStore>);

impl RaftSnapshotBuilder<Types> for Builder {
    type SnapshotData = SnapshotData;

    async fn build_snapshot(&mut self) -> Result<SnapshotOf<Types, SnapshotData>, io::Error> {
        // The view first: what it shows is then durable, so the log may be purged up to it.
        let snapshot = take(&self.0)?;
        let state = self.0.clone();
        offload(self.0.mode, move || state.sync()).await?;
        Ok(snapshot)
    }
}

fn take(state: &StateStore) -> Result<SnapshotOf<Types, SnapshotData>, StoreError> {
    let view = state.view()?;
    let head = view.head();
    let meta = SnapshotMeta { last_log_id: head.applied, last_membership: head.membership.clone() };
    Ok(SnapshotOf::<Types, SnapshotData> { meta, snapshot: SnapshotData::Taken(Arc::new(view)) })
}
