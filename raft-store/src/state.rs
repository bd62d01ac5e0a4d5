//! The state machine's file: what apply decided, and where it stands, changed together.
//!
//! The one idea: a batch of entries is one transaction that is visible at once and durable a
//! little later ([`StateStore::sync`]). After a crash the file is as of its last sync, and raft
//! replays the log from there. An entry is decided first and written after, so that a rejection
//! or a panic leaves nothing behind.

use crate::disk::{Backends, StoreFile, open_database};
use crate::error::{OpenError, StoreError};
use crate::offload::{lock, offload, panic_text};
use crate::options::CommitMode;
use crate::records::{Head, HeadRecord, pack, unpack};
use crate::tables::{KEY_CLUSTER, KEY_HEAD, KEY_SYNCED, OpenTables, SYSTEM, definition, number};
use crate::types::{Entry, Payload, Reply, StoredMembership};
use crate::view::View;
use hanse_model::{Decision, Table, Write};
use hanse_proto::{FEATURE_LEVEL, v1};
use prost::Message as _;
use redb::{Database, Durability, ReadableDatabase as _, TableHandle as _, WriteTransaction};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::watch;

/// One generation of the state.
pub(crate) struct StateFile {
    pub(crate) database: Database,
    pub(crate) generation: u64,
}

impl StateFile {
    /// Opens a generation, made empty when missing.
    pub(crate) fn open(
        backends: &dyn Backends,
        generation: u64,
        cache_bytes: usize,
        cluster_id: &str,
        may_be_unfinished: bool,
    ) -> Result<Self, OpenError> {
        let file = StoreFile::State(generation);
        let path = backends.location(file);
        let database = open_database(backends, file, cache_bytes, may_be_unfinished)?;
        let opened = Self { database, generation };
        let found = opened.cluster().map_err(|error| OpenError::in_file(&path, error))?;
        match found {
            Some(found) if found == cluster_id => {}
            Some(found) => {
                return Err(OpenError::OtherCluster { found, expected: cluster_id.to_owned(), path });
            }
            None => opened.initialize(cluster_id).map_err(|error| OpenError::in_file(&path, error))?,
        }
        opened.check_release().map_err(|error| OpenError::in_file(&path, error))?;
        opened.add_tables().map_err(|error| OpenError::in_file(&path, error))?;
        Ok(opened)
    }

    /// Refuses what another release laid out otherwise.
    pub(crate) fn check_release(&self) -> Result<(), StoreError> {
        // Tables that are missing are there for the check alone: nothing is committed.
        let transaction = self.database.begin_write()?;
        let checked = hanse_model::check_layout(&OpenTables::open(&transaction)?)?;
        transaction.abort()?;
        checked.map_err(StoreError::OtherRelease)
    }

    /// Makes the tables, empty, that the release which wrote the file did not have: a view opens all.
    fn add_tables(&self) -> Result<(), StoreError> {
        let present: Vec<String> =
            self.database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect();
        if Table::ALL.into_iter().all(|table| present.iter().any(|name| name == definition(table).name())) {
            return Ok(());
        }
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        OpenTables::open(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    fn cluster(&self) -> Result<Option<String>, StoreError> {
        let transaction = self.database.begin_read()?;
        let system = match transaction.open_table(SYSTEM) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            system => system?,
        };
        Ok(system.get(KEY_CLUSTER)?.map(|bytes| unpack(bytes.value())).transpose()?)
    }

    fn initialize(&self, cluster_id: &str) -> Result<(), StoreError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        OpenTables::open(&transaction)?;
        transaction.open_table(SYSTEM)?.insert(KEY_CLUSTER, &pack(&cluster_id)[..])?;
        transaction.commit()?;
        Ok(())
    }

    /// A transaction that is visible when committed, and durable with the next sync.
    pub(crate) fn begin_unsynced(&self) -> Result<WriteTransaction, StoreError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::None)?;
        Ok(transaction)
    }

    /// Makes all commits so far durable, and reopening quick. `head` is written when given.
    pub(crate) fn sync(&self, head: Option<&Head>, revision: u64) -> Result<(), StoreError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        {
            let mut system = transaction.open_table(SYSTEM)?;
            system.insert(KEY_SYNCED, &pack(&revision)[..])?;
            if let Some(head) = head {
                system.insert(KEY_HEAD, &pack(&HeadRecord::from(head))[..])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// What became of a batch of entries.
pub(crate) struct Batch {
    /// One for each entry that was applied, in order.
    pub(crate) replies: Vec<Reply>,
    /// Why the entry after the last applied one could not be.
    pub(crate) halted: Option<String>,
}

struct Standing {
    head: Head,
    /// The file is behind the last commit.
    is_dirty: bool,
    durable_revision: u64,
    failure: Option<String>,
}

/// The state machine: its current file, and where it stands.
pub(crate) struct StateStore {
    pub(crate) backends: Arc<dyn Backends>,
    pub(crate) mode: CommitMode,
    pub(crate) cluster_id: String,
    cache_bytes: usize,
    current: RwLock<Option<Arc<StateFile>>>,
    /// Held for as long as a batch is applied, a sync lasts or a file is exchanged.
    writing: Mutex<()>,
    /// Held for a moment only: asynchronous tasks look here.
    standing: Mutex<Standing>,
    applied: watch::Sender<u64>,
    next_generation: AtomicU64,
}

impl StateStore {
    /// Opens the generation that counts and removes what is left of others.
    pub(crate) fn open(
        backends: Arc<dyn Backends>,
        mode: CommitMode,
        cache_bytes: usize,
        cluster_id: &str,
        generation: u64,
        may_be_unfinished: bool,
    ) -> Result<Self, OpenError> {
        let path = backends.location(StoreFile::State(generation));
        let file =
            Arc::new(StateFile::open(&*backends, generation, cache_bytes, cluster_id, may_be_unfinished)?);
        let view = View::new(file.clone()).map_err(|error| OpenError::in_file(&path, error))?;
        let head = view.head().clone();
        drop(view);
        let others = backends.files().and_then(|files| {
            let left_over = files.into_iter().filter(|file| match file {
                StoreFile::Log => false,
                StoreFile::State(other) => *other != generation,
            });
            left_over.into_iter().try_for_each(|file| backends.remove(file))
        });
        if let Err(error) = others {
            tracing::warn!(%error, "files of earlier generations could not be removed");
        }
        let revision = head.revision();
        Ok(Self {
            backends,
            mode,
            cluster_id: cluster_id.to_owned(),
            cache_bytes,
            current: RwLock::new(Some(file)),
            writing: Mutex::new(()),
            standing: Mutex::new(Standing {
                head,
                is_dirty: false,
                durable_revision: revision,
                failure: None,
            }),
            applied: watch::Sender::new(revision),
            next_generation: AtomicU64::new(generation + 1),
        })
    }

    pub(crate) fn applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    pub(crate) fn head(&self) -> Head {
        lock(&self.standing).head.clone()
    }

    pub(crate) fn membership(&self) -> StoredMembership {
        lock(&self.standing).head.membership.clone()
    }

    /// Why no further entry can be applied.
    pub(crate) fn failure(&self) -> Option<String> {
        lock(&self.standing).failure.clone()
    }

    fn current(&self) -> Result<Arc<StateFile>, StoreError> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().ok_or(StoreError::Closed)
    }

    /// A look at the state as of the last commit.
    pub(crate) fn view(&self) -> Result<View, StoreError> {
        View::new(self.current()?)
    }

    /// An empty file for a snapshot, of a generation that was never used.
    pub(crate) fn new_generation(&self) -> Result<StateFile, StoreError> {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        let file = StoreFile::State(generation);
        self.backends.remove(file).map_err(|error| StoreError::Disk(error.to_string()))?;
        StateFile::open(&*self.backends, generation, self.cache_bytes, &self.cluster_id, true)
            .map_err(|error| StoreError::Disk(error.to_string()))
    }

    /// Replaces the state by a complete, durable file that the log already names.
    pub(crate) fn swap(&self, file: Arc<StateFile>, head: Head) -> Result<(), StoreError> {
        let revision = head.revision();
        let old = {
            let _alone = lock(&self.writing);
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            if current.is_none() {
                return Err(StoreError::Closed);
            }
            let mut standing = lock(&self.standing);
            standing.head = head;
            standing.is_dirty = false;
            standing.durable_revision = revision;
            current.replace(file)
        };
        self.applied.send_replace(revision);
        if let Some(old) = old {
            let left_over = StoreFile::State(old.generation);
            if let Err(error) = self.backends.remove(left_over) {
                tracing::warn!(%error, file = %left_over, "an earlier generation could not be removed");
            }
        }
        Ok(())
    }

    /// Applies entries in one transaction. Those before a halt are applied all the same.
    pub(crate) fn apply(&self, entries: &[Entry]) -> Result<Batch, StoreError> {
        let _alone = lock(&self.writing);
        if let Some(failure) = self.failure() {
            return Err(StoreError::Failed(failure));
        }
        let file = self.current()?;
        let mut head = self.head();
        let mut replies = Vec::with_capacity(entries.len());
        let mut halted = None;

        let transaction = file.begin_unsynced()?;
        {
            let mut tables = OpenTables::open(&transaction)?;
            for entry in entries {
                match decide(&tables, &mut head, entry) {
                    Ok((reply, writes)) => {
                        write(&mut tables, &mut head, writes)?;
                        replies.push(reply);
                    }
                    Err(reason) => {
                        halted = Some(format!("entry {} cannot be applied: {reason}", entry.log_id.index()));
                        break;
                    }
                }
                head.applied = Some(entry.log_id);
            }
            let mut system = transaction.open_table(SYSTEM)?;
            system.insert(KEY_HEAD, &pack(&HeadRecord::from(&head))[..])?;
        }
        transaction.commit()?;

        let revision = head.revision();
        {
            let mut standing = lock(&self.standing);
            standing.head = head;
            standing.is_dirty = true;
            standing.failure.clone_from(&halted);
        }
        self.applied.send_replace(revision);
        Ok(Batch { replies, halted })
    }

    /// Makes everything applied so far durable. Returns the revision that is.
    pub(crate) fn sync(&self) -> Result<u64, StoreError> {
        let _alone = lock(&self.writing);
        let revision = {
            let standing = lock(&self.standing);
            if !standing.is_dirty {
                return Ok(standing.durable_revision);
            }
            standing.head.revision()
        };
        let synced = self.current().and_then(|file| file.sync(None, revision));
        let mut standing = lock(&self.standing);
        match synced {
            Ok(()) => {
                standing.is_dirty = false;
                standing.durable_revision = revision;
                Ok(revision)
            }
            Err(error) => {
                standing.failure = Some(error.to_string());
                Err(error)
            }
        }
    }

    pub(crate) fn is_dirty(&self) -> bool {
        lock(&self.standing).is_dirty
    }

    /// Returns when the state as of `revision` is durable.
    ///
    /// # Errors
    /// When the state is not there yet: what the log would lose then could not be replayed.
    pub(crate) async fn ensure_durable(self: &Arc<Self>, revision: u64) -> Result<(), StoreError> {
        if lock(&self.standing).durable_revision >= revision {
            return Ok(());
        }
        let state = self.clone();
        let durable = offload(self.mode, move || state.sync()).await?;
        if durable < revision {
            return Err(StoreError::Failed(format!(
                "the log would be purged up to {revision}, the state machine is durable up to {durable}"
            )));
        }
        Ok(())
    }

    /// Closes the file once the last view of it is gone; further calls fail.
    pub(crate) fn release(&self) {
        drop(self.current.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// What an entry answers and writes. An error, which must come on every node or on none that
/// knows better, ends raft on this node.
fn decide(tables: &OpenTables<'_>, head: &mut Head, entry: &Entry) -> Result<(Reply, Vec<Write>), String> {
    let proposal = match &entry.payload {
        Payload::Blank => return Ok((Reply(None), Vec::new())),
        Payload::Membership(membership) => {
            head.membership = StoredMembership::new(Some(entry.log_id), membership.clone());
            return Ok((Reply(None), Vec::new()));
        }
        Payload::Normal(proposal) => proposal,
    };
    let command =
        v1::Command::decode(&proposal.0[..]).map_err(|error| format!("malformed command: {error}"))?;
    if command.feature_level > FEATURE_LEVEL {
        return Err(format!(
            "it has feature level {}, this release knows {FEATURE_LEVEL}: upgrade this node",
            command.feature_level
        ));
    }
    let revision = entry.log_id.index();
    let decided = catch_unwind(AssertUnwindSafe(|| hanse_model::apply(tables, &command, revision)));
    let result = match decided {
        Ok(Ok(Decision::Accepted(accepted))) => {
            let outcome = v1::outcome::Result::Applied(accepted.applied);
            return Ok((reply(outcome), accepted.writes));
        }
        Ok(Ok(Decision::Rejected(rejection))) => v1::outcome::Result::Rejection(rejection),
        Ok(Err(error)) => return Err(error.to_string()),
        Err(panic) => return Err(format!("apply panicked: {}", panic_text(&*panic))),
    };
    Ok((reply(result), Vec::new()))
}

fn reply(result: v1::outcome::Result) -> Reply {
    Reply(Some(v1::Outcome { result: Some(result) }))
}

fn write(tables: &mut OpenTables<'_>, head: &mut Head, writes: Vec<Write>) -> Result<(), StoreError> {
    for Write { table, key, value } in writes {
        let rows = tables.get_mut(table);
        let old = match &value {
            Some(value) => rows.insert(&key[..], &value[..])?,
            None => rows.remove(&key[..])?,
        };
        if let Some(old) = old {
            head.hash.subtract(number(table), &key, old.value());
        }
        if let Some(value) = value {
            head.hash.add(number(table), &key, &value);
        }
    }
    Ok(())
}
