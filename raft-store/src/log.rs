//! Raft's log: openraft's storage trait over the log's file.
//!
//! The one idea: entries are readable when `append` returns and durable when its callback is
//! called; vote, truncation and purge are durable when they return; and all of them reach the
//! disk in the order of the calls (`log_writer`). Must not know what a command means.

use crate::disk::{Backends, StoreFile, open_database};
use crate::error::{OpenError, StoreError};
use crate::log_writer::{Change, LogFile, Memory};
use crate::options::{APPLY_BYTES_MAX, CommitMode, REPLICATION_BYTES_MAX};
use crate::records::{Identity, LogIdRecord, VoteRecord, decode_entry, encode_entry, pack, unpack};
use crate::state::StateStore;
use crate::tables::{KEY_COMMITTED, KEY_GENERATION, KEY_IDENTITY, KEY_PURGED, KEY_VOTE, LOG, LOG_META};
use crate::types::{Entry, LogId, Types, Vote};
use bytes::Bytes;
use futures_util::{Stream, stream};
use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use openraft::{LogIdOptionExt as _, OptionalSend};
use redb::{Database, ReadableTable as _};
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;
use std::thread;

/// The first generation of the state.
const FIRST_GENERATION: u64 = 1;

/// A handle of the log; the last one to go ends the writer thread.
#[derive(Clone)]
pub(crate) struct LogStore {
    file: Arc<Closing>,
    /// Whose durability limits purges.
    state: Option<Arc<StateStore>>,
}

/// Closes the log when the last handle goes.
struct Closing(Arc<LogFile>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What the log's file says about the state's.
pub(crate) struct OpenedLog {
    pub(crate) log: LogStore,
    pub(crate) generation: u64,
    /// The last entry that is gone from the log; only the state has what it did.
    pub(crate) purged: Option<LogId>,
}

impl LogStore {
    /// Opens or makes the log of this node of this cluster.
    pub(crate) fn open(
        backends: &dyn Backends,
        mode: CommitMode,
        cache_bytes: usize,
        identity: &Identity,
    ) -> Result<OpenedLog, OpenError> {
        let path = backends.location(StoreFile::Log);
        let others = backends
            .files()
            .map_err(|error| OpenError::Io { path: path.clone(), reason: error.to_string() })?
            .into_iter()
            .find(|file| *file != StoreFile::Log);
        let database = open_database(backends, StoreFile::Log, cache_bytes, others.is_none())?;
        let in_file = |error| OpenError::in_file(&path, error);

        match stored_identity(&database).map_err(in_file)? {
            Some(found) => check_identity(&found, identity, &path)?,
            // The log is made before the state, so this is not a store's first start.
            None if others.is_some() => {
                let reason = "it is empty although there is a state machine".to_owned();
                return Err(OpenError::Corrupt { path, reason });
            }
            None => initialize(&database, identity).map_err(in_file)?,
        }
        let (memory, generation) = read_memory(&database).map_err(in_file)?;
        let purged = memory.purged;
        let file = Arc::new(LogFile::new(mode, database, memory));
        if mode == CommitMode::Threaded {
            let writer = file.clone();
            thread::Builder::new()
                .name("raft-log".to_owned())
                .spawn(move || writer.run_writer())
                .map_err(|error| OpenError::Io { path, reason: error.to_string() })?;
        }
        Ok(OpenedLog { log: Self { file: Arc::new(Closing(file)), state: None }, generation, purged })
    }

    /// From now on nothing is purged that the state machine does not have on disk.
    pub(crate) fn guarded_by(mut self, state: Arc<StateStore>) -> Self {
        self.state = Some(state);
        self
    }

    /// Which file of the state counts; durable when this returns.
    pub(crate) async fn set_generation(&self, generation: u64) -> Result<(), StoreError> {
        self.file.0.change(Change::Generation(generation), |_| {}).await
    }

    /// Makes durable what is queued, and the committed index with it.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        self.file.0.change(Change::Flush, |_| {}).await
    }

    /// Closes the file; further calls fail.
    pub(crate) fn release(&self) {
        self.file.0.release();
    }

    /// There are or were entries, or this node has voted.
    pub(crate) fn is_used(&self) -> bool {
        self.file.0.with_memory(|memory| memory.last.is_some() || memory.vote.is_some())
    }

    /// Bytes of all entries that were appended since the start.
    pub(crate) fn bytes_written(&self) -> u64 {
        self.file.0.with_memory(|memory| memory.written)
    }

    pub(crate) fn last_index(&self) -> u64 {
        self.file.0.with_memory(|memory| memory.last.map_or(0, |id| id.index()))
    }
}

fn stored_identity(database: &Database) -> Result<Option<Identity>, StoreError> {
    use redb::ReadableDatabase as _;
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(LOG_META) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        meta => meta?,
    };
    let identity = meta.get(KEY_IDENTITY)?;
    Ok(identity.map(|bytes| unpack(bytes.value())).transpose()?)
}

fn check_identity(found: &Identity, expected: &Identity, path: &str) -> Result<(), OpenError> {
    if found.cluster_id != expected.cluster_id {
        return Err(OpenError::OtherCluster {
            found: found.cluster_id.clone(),
            expected: expected.cluster_id.clone(),
            path: path.to_owned(),
        });
    }
    if found.node_id != expected.node_id {
        return Err(OpenError::OtherNode {
            found: found.node_id,
            expected: expected.node_id,
            path: path.to_owned(),
        });
    }
    Ok(())
}

fn initialize(database: &Database, identity: &Identity) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(LOG)?;
        let mut meta = transaction.open_table(LOG_META)?;
        meta.insert(KEY_IDENTITY, &pack(identity)[..])?;
        meta.insert(KEY_GENERATION, &pack(&FIRST_GENERATION)[..])?;
    }
    transaction.commit()?;
    Ok(())
}

fn read_memory(database: &Database) -> Result<(Memory, u64), StoreError> {
    use redb::ReadableDatabase as _;
    let transaction = database.begin_read()?;
    let log = transaction.open_table(LOG)?;
    let meta = transaction.open_table(LOG_META)?;
    let last =
        log.last()?.map(|(_, bytes)| decode_entry(&Bytes::copy_from_slice(bytes.value()))).transpose()?;
    let log_id = |key| -> Result<Option<LogId>, StoreError> {
        let record = meta.get(key)?.map(|bytes| unpack::<LogIdRecord>(bytes.value())).transpose()?;
        Ok(record.map(Into::into))
    };
    let vote = meta.get(KEY_VOTE)?.map(|bytes| unpack::<VoteRecord>(bytes.value())).transpose()?;
    let generation = meta.get(KEY_GENERATION)?.map(|bytes| unpack::<u64>(bytes.value())).transpose()?;
    let memory = Memory::new(
        last.map(|entry| entry.log_id),
        log_id(KEY_PURGED)?,
        vote.map(Into::into),
        log_id(KEY_COMMITTED)?,
    );
    Ok((memory, generation.unwrap_or(FIRST_GENERATION)))
}

impl RaftLogStorage<Types> for LogStore {
    type LogReader = LogReader;

    async fn get_log_state(&mut self) -> Result<LogState<Types>, io::Error> {
        Ok(self
            .file
            .0
            .with_memory(|memory| LogState { last_purged_log_id: memory.purged, last_log_id: memory.last }))
    }

    async fn get_log_reader(&mut self) -> LogReader {
        LogReader(self.file.clone())
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        let vote = *vote;
        Ok(self.file.0.change(Change::Vote(vote), |memory| memory.vote = Some(vote)).await?)
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        self.file.0.note_committed(committed);
        Ok(())
    }

    /// Nothing when the log does not reach that far: the commit was then that of a snapshot which
    /// was not installed any more, and replaying up to it would find no entries.
    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        Ok(self
            .file
            .0
            .with_memory(|memory| memory.committed.filter(|committed| Some(*committed) <= memory.last)))
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut last = None;
        let encoded = entries.into_iter().map(|entry| {
            last = Some(entry.log_id);
            (entry.log_id.index(), encode_entry(&entry))
        });
        let encoded = encoded.collect();
        self.file.0.append(encoded, last, callback);
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogId>) -> Result<(), io::Error> {
        let change = Change::TruncateFrom(last_log_id.next_index());
        Ok(self
            .file
            .0
            .change(change, |memory| memory.last = memory.last.min(last_log_id).max(memory.purged))
            .await?)
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), io::Error> {
        if let Some(state) = &self.state {
            state.ensure_durable(log_id.index()).await?;
        }
        let change = Change::Purge(log_id);
        Ok(self
            .file
            .0
            .change(change, |memory| {
                memory.purged = memory.purged.max(Some(log_id));
                memory.last = memory.last.max(Some(log_id));
            })
            .await?)
    }
}

/// Reads the log beside its writer.
#[derive(Clone)]
pub(crate) struct LogReader(Arc<Closing>);

impl LogReader {
    fn entries(&self, from: u64, to: u64, bytes_max: usize) -> Result<Vec<Entry>, io::Error> {
        let encoded = self.0.0.read(from, to, bytes_max)?;
        let entries = encoded.iter().map(decode_entry).collect::<Result<_, _>>();
        Ok(entries.map_err(StoreError::from)?)
    }
}

impl RaftLogReader<Types> for LogReader {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> Result<Vec<Entry>, io::Error>
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let (from, to) = ends(&range);
        self.entries(from, to, usize::MAX)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.0.0.with_memory(|memory| memory.vote))
    }

    /// Bounded by bytes, so that what is sent to another node fits a frame.
    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        self.entries(start, end, REPLICATION_BYTES_MAX)
    }

    /// In portions, so that a long replay does not hold all of it in memory.
    async fn entries_stream<RB>(
        &mut self,
        range: RB,
    ) -> impl Stream<Item = Result<Entry, io::Error>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let (from, to) = ends(&range);
        let portions = stream::unfold((self.clone(), from), move |(reader, at)| async move {
            if at >= to {
                return None;
            }
            let portion = reader.entries(at, to, APPLY_BYTES_MAX);
            let next = match &portion {
                Ok(entries) if !entries.is_empty() => at + entries.len() as u64,
                _ => to,
            };
            Some((portion, (reader, next)))
        });
        let entries = futures_util::StreamExt::flat_map(portions, |portion| {
            stream::iter(match portion {
                Ok(entries) => entries.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        });
        Box::pin(entries)
    }
}

/// The first index of a range, and the one after its last.
fn ends(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let from = match range.start_bound() {
        Bound::Included(index) => *index,
        Bound::Excluded(index) => index.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let to = match range.end_bound() {
        Bound::Included(index) => index.saturating_add(1),
        Bound::Excluded(index) => *index,
        Bound::Unbounded => u64::MAX,
    };
    (from, to)
}
