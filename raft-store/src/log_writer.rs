//! The log's file and its one writer: everything that waits is committed together.
//!
//! The one idea: a change is put into memory and into a queue at once, so that it can be read,
//! and answered when a commit has made it durable. While one commit syncs, the next batch
//! collects by itself; no timer is involved.
//!
//! ```text
//! append, vote, truncate, purge ─► queue ─► one transaction, one fsync ─► all callbacks
//!            └────► tail (readable at once; unsynced entries are never evicted)
//! ```
//!
//! Order is the law here: the queue is written in the order of the calls. The committed index
//! rides along with whatever is written next and causes no sync of its own.

use crate::error::StoreError;
use crate::offload::{caught, lock};
use crate::options::CommitMode;
use crate::records::{LogIdRecord, VoteRecord, pack};
use crate::tables::{KEY_COMMITTED, KEY_GENERATION, KEY_PURGED, KEY_VOTE, LOG, LOG_META};
use crate::types::{LogId, Types, Vote};
use bytes::Bytes;
use openraft::storage::IOFlushed;
use redb::{Database, ReadableDatabase as _};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError, RwLock};
use tokio::sync::oneshot;

/// Entries kept in memory after they are durable, in bytes: what apply and replication read next.
const TAIL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A change of the log's file.
pub(crate) enum Change {
    Append(Vec<(u64, Bytes)>),
    Vote(Vote),
    /// Removes the entries from this index on.
    TruncateFrom(u64),
    /// Removes the entries up to and including this one.
    Purge(LogId),
    Generation(u64),
    /// Nothing; answered when all before it is durable.
    Flush,
}

/// Who is told when a change is durable.
enum Waiting {
    Raft(IOFlushed<Types>),
    Caller(oneshot::Sender<Result<(), StoreError>>),
}

struct Queued {
    sequence: u64,
    change: Change,
    waiting: Waiting,
}

/// What the log knows without asking its file.
pub(crate) struct Memory {
    /// A contiguous suffix of the log, by index: the sequence of its append, and its bytes.
    tail: BTreeMap<u64, (u64, Bytes)>,
    tail_bytes: usize,
    /// Bytes of all entries that were appended since the start.
    pub(crate) written: u64,
    queue: Vec<Queued>,
    next_sequence: u64,
    durable_sequence: u64,
    committed_is_unsaved: bool,
    is_closed: bool,
    failure: Option<String>,
    pub(crate) last: Option<LogId>,
    pub(crate) purged: Option<LogId>,
    pub(crate) vote: Option<Vote>,
    pub(crate) committed: Option<LogId>,
}

impl Memory {
    pub(crate) fn new(
        last: Option<LogId>,
        purged: Option<LogId>,
        vote: Option<Vote>,
        committed: Option<LogId>,
    ) -> Self {
        Self {
            tail: BTreeMap::new(),
            tail_bytes: 0,
            written: 0,
            queue: Vec::new(),
            next_sequence: 1,
            durable_sequence: 0,
            committed_is_unsaved: false,
            is_closed: false,
            failure: None,
            last: last.max(purged),
            purged,
            vote,
            committed,
        }
    }

    fn is_usable(&self) -> Result<(), StoreError> {
        match &self.failure {
            Some(failure) => Err(StoreError::Failed(failure.clone())),
            None if self.is_closed => Err(StoreError::Closed),
            None => Ok(()),
        }
    }

    /// Makes the change visible to readers of the memory.
    fn remember(&mut self, sequence: u64, change: &Change) {
        match change {
            Change::Append(entries) => {
                for (index, bytes) in entries {
                    self.tail_bytes += bytes.len();
                    self.written += bytes.len() as u64;
                    if let Some((_, old)) = self.tail.insert(*index, (sequence, bytes.clone())) {
                        self.tail_bytes -= old.len();
                    }
                }
            }
            Change::TruncateFrom(index) => {
                let gone = self.tail.split_off(index);
                self.tail_bytes -= gone.values().map(|(_, bytes)| bytes.len()).sum::<usize>();
            }
            Change::Purge(id) => {
                let kept = self.tail.split_off(&(id.index() + 1));
                self.tail_bytes = kept.values().map(|(_, bytes)| bytes.len()).sum();
                self.tail = kept;
            }
            Change::Vote(_) | Change::Generation(_) | Change::Flush => {}
        }
    }

    /// Forgets the oldest durable entries while there are too many.
    fn evict(&mut self) {
        while self.tail_bytes > TAIL_BYTES_MAX {
            let Some(oldest) = self.tail.first_entry() else { return };
            if oldest.get().0 > self.durable_sequence {
                return;
            }
            let (_, bytes) = oldest.remove();
            self.tail_bytes -= bytes.len();
        }
    }
}

/// The log's file, its memory and its queue.
pub(crate) struct LogFile {
    mode: CommitMode,
    database: RwLock<Option<Database>>,
    memory: Mutex<Memory>,
    wake: Condvar,
    /// Held by who commits, so that batches are written in the order they were taken.
    committing: Mutex<()>,
}

impl LogFile {
    pub(crate) fn new(mode: CommitMode, database: Database, memory: Memory) -> Self {
        Self {
            mode,
            database: RwLock::new(Some(database)),
            memory: Mutex::new(memory),
            wake: Condvar::new(),
            committing: Mutex::new(()),
        }
    }

    /// Looks at or adjusts what is in memory.
    pub(crate) fn with_memory<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut lock(&self.memory))
    }

    /// Saves the committed index with the next commit, whatever causes it.
    pub(crate) fn note_committed(&self, committed: Option<LogId>) {
        let mut memory = lock(&self.memory);
        memory.committed = committed;
        memory.committed_is_unsaved = true;
    }

    /// Queues entries; they can be read when this returns, and `flushed` is called when they are
    /// durable.
    pub(crate) fn append(&self, entries: Vec<(u64, Bytes)>, last: Option<LogId>, flushed: IOFlushed<Types>) {
        let queued = self.enqueue(Change::Append(entries), Waiting::Raft(flushed), |memory| {
            memory.last = last.or(memory.last);
        });
        if let Err((waiting, error)) = queued {
            answer(waiting, &Err(error));
        }
    }

    /// Queues a change, with what it means for the memory, and waits until it is durable.
    pub(crate) async fn change(
        &self,
        change: Change,
        adjust: impl FnOnce(&mut Memory),
    ) -> Result<(), StoreError> {
        let (done, durable) = oneshot::channel();
        if let Err((_, error)) = self.enqueue(change, Waiting::Caller(done), adjust) {
            return Err(error);
        }
        durable.await.unwrap_or(Err(StoreError::Closed))
    }

    fn enqueue(
        &self,
        change: Change,
        waiting: Waiting,
        adjust: impl FnOnce(&mut Memory),
    ) -> Result<(), (Waiting, StoreError)> {
        {
            let mut memory = lock(&self.memory);
            if let Err(error) = memory.is_usable() {
                return Err((waiting, error));
            }
            let sequence = memory.next_sequence;
            memory.next_sequence += 1;
            memory.remember(sequence, &change);
            adjust(&mut memory);
            memory.queue.push(Queued { sequence, change, waiting });
        }
        match self.mode {
            CommitMode::Threaded => self.wake.notify_one(),
            CommitMode::Inline => self.drain(),
        }
        Ok(())
    }

    /// Commits until the log is closed: the body of the writer thread.
    pub(crate) fn run_writer(&self) {
        loop {
            let is_over = {
                let mut memory = lock(&self.memory);
                while memory.queue.is_empty() && !memory.is_closed {
                    memory = self.wake.wait(memory).unwrap_or_else(PoisonError::into_inner);
                }
                memory.queue.is_empty()
            };
            if is_over {
                return;
            }
            self.drain();
        }
    }

    /// Commits everything that is queued and answers all who wait for it.
    fn drain(&self) {
        let _one_at_a_time = lock(&self.committing);
        let (batch, committed) = {
            let mut memory = lock(&self.memory);
            if memory.queue.is_empty() {
                return;
            }
            let unsaved = std::mem::take(&mut memory.committed_is_unsaved);
            (std::mem::take(&mut memory.queue), unsaved.then_some(memory.committed).flatten())
        };
        let newest = batch.last().map_or(0, |queued| queued.sequence);

        let result = caught(|| self.commit(&batch, committed));
        {
            let mut memory = lock(&self.memory);
            match &result {
                Ok(()) => {
                    memory.durable_sequence = newest;
                    memory.evict();
                }
                Err(error) => memory.failure = Some(error.to_string()),
            }
        }
        for queued in batch {
            answer(queued.waiting, &result);
        }
    }

    fn commit(&self, batch: &[Queued], committed: Option<LogId>) -> Result<(), StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().ok_or(StoreError::Closed)?;
        let transaction = database.begin_write()?;
        {
            let mut log = transaction.open_table(LOG)?;
            let mut meta = transaction.open_table(LOG_META)?;
            for queued in batch {
                match &queued.change {
                    Change::Append(entries) => {
                        for (index, bytes) in entries {
                            log.insert(index, &bytes[..])?;
                        }
                    }
                    Change::TruncateFrom(index) => log.retain_in(*index.., |_, _| false)?,
                    Change::Purge(id) => {
                        log.retain_in(..=id.index(), |_, _| false)?;
                        meta.insert(KEY_PURGED, &pack(&LogIdRecord::from(id))[..])?;
                    }
                    Change::Vote(vote) => {
                        meta.insert(KEY_VOTE, &pack(&VoteRecord::from(vote))[..])?;
                    }
                    Change::Generation(generation) => {
                        meta.insert(KEY_GENERATION, &pack(generation)[..])?;
                    }
                    Change::Flush => {}
                }
            }
            if let Some(committed) = committed {
                meta.insert(KEY_COMMITTED, &pack(&LogIdRecord::from(&committed))[..])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Encoded entries from `from` up to but not including `to`, in order and without gaps; they
    /// end early once they have `bytes_max`, but not before the first.
    pub(crate) fn read(&self, from: u64, to: u64, bytes_max: usize) -> Result<Vec<Bytes>, StoreError> {
        let (from, to, recent) = {
            let memory = lock(&self.memory);
            let from = from.max(memory.purged.map_or(0, |id| id.index() + 1));
            let to = to.min(memory.last.map_or(0, |id| id.index() + 1));
            if from >= to {
                return Ok(Vec::new());
            }
            let recent: Vec<(u64, Bytes)> =
                memory.tail.range(from..to).map(|(index, (_, bytes))| (*index, bytes.clone())).collect();
            (from, to, recent)
        };
        let first_recent = recent.first().map_or(to, |(index, _)| *index);
        let mut found = Vec::new();
        let mut bytes = 0;
        if from < first_recent {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let database = database.as_ref().ok_or(StoreError::Closed)?;
            let log = database.begin_read()?.open_table(LOG)?;
            for row in log.range(from..first_recent)? {
                let (_, value) = row?;
                let value = value.value();
                if !found.is_empty() && bytes + value.len() > bytes_max {
                    return Ok(found);
                }
                bytes += value.len();
                found.push(Bytes::copy_from_slice(value));
            }
        }
        for (_, value) in recent {
            if !found.is_empty() && bytes + value.len() > bytes_max {
                break;
            }
            bytes += value.len();
            found.push(value);
        }
        Ok(found)
    }

    /// No further changes; the writer finishes what is queued and ends.
    pub(crate) fn close(&self) {
        lock(&self.memory).is_closed = true;
        self.wake.notify_all();
    }

    /// Closes the file itself, so that it can be opened again in this process.
    pub(crate) fn release(&self) {
        self.close();
        let _after_the_last_commit = lock(&self.committing);
        drop(self.database.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}

fn answer(waiting: Waiting, result: &Result<(), StoreError>) {
    match waiting {
        Waiting::Raft(flushed) => flushed.io_completed(result.clone().map_err(io::Error::from)),
        // A caller that is gone does not need its answer.
        Waiting::Caller(done) => drop(done.send(result.clone())),
    }
}
