//! Snapshots on their way: rows of a view out, rows into a new file in.
//!
//! The one idea: what arrives is written to a file of its own, checked against the state hash
//! that the sender's state machine kept, and only then exchanged for the current one. Until then
//! nothing of this node has changed, and a stream that breaks leaves nothing behind.
//!
//! ```text
//! head (cluster, vote, where the state stands) · rows of one table, 1 MiB · … · end (count)
//! ```

use crate::disk::StoreFile;
use crate::error::{ReceiveError, StoreError};
use crate::log::LogStore;
use crate::offload::offload;
use crate::options::SNAPSHOT_FRAME_BYTES;
use crate::records::{FORMAT, Head, HeadRecord, VoteRecord, pack, unpack, versioned};
use crate::state::{StateFile, StateStore};
use crate::tables::{OpenTables, by_number, number};
use crate::types::{SnapshotMeta, Vote};
use crate::view::View;
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use hanse_model::Table;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;

const FRAME_HEAD: u8 = 0;
const FRAME_ROWS: u8 = 1;
const FRAME_END: u8 = 2;

#[derive(Serialize, Deserialize)]
struct HeadFrame {
    cluster_id: String,
    vote: VoteRecord,
    head: HeadRecord,
}

#[derive(Serialize, Deserialize)]
struct EndFrame {
    rows: u64,
}

/// Bytes of a frame before its body: its format and its kind.
fn frame(kind: u8, body: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(2 + body.len());
    bytes.extend_from_slice(&[FORMAT, kind]);
    bytes.extend_from_slice(body);
    bytes.freeze()
}

/// What is sent next.
enum Next {
    Head,
    /// Rows of `Table::ALL[n]` from this key on.
    Rows(usize, Vec<u8>),
    End,
    Nothing,
}

/// The frames of a view. It ends early when the view cannot be read any more, which the receiver
/// notices because the last frame is missing.
pub(crate) fn frames(view: Arc<View>, state: &StateStore, vote: &Vote) -> BoxStream<'static, Bytes> {
    let head = HeadFrame {
        cluster_id: state.cluster_id.clone(),
        vote: vote.into(),
        head: HeadRecord::from(view.head()),
    };
    let mode = state.mode;
    let start = (Next::Head, 0);
    stream::unfold(start, move |(next, rows)| {
        let view = view.clone();
        let head = pack(&head);
        async move {
            match next {
                Next::Head => Some((frame(FRAME_HEAD, &head), (Next::Rows(0, Vec::new()), rows))),
                Next::Rows(place, from) => {
                    let table = Table::ALL[place];
                    let read = offload(mode, move || view.portion(table, &from, SNAPSHOT_FRAME_BYTES)).await;
                    let portion = match read {
                        Ok(portion) => portion,
                        Err(error) => {
                            tracing::warn!(%error, "a snapshot cannot be read to its end");
                            return None;
                        }
                    };
                    let next = match portion.next {
                        Some(from) => Next::Rows(place, from),
                        None if place + 1 < Table::ALL.len() => Next::Rows(place + 1, Vec::new()),
                        None => Next::End,
                    };
                    Some((frame(FRAME_ROWS, &portion.bytes), (next, rows + portion.rows)))
                }
                Next::End => Some((frame(FRAME_END, &pack(&EndFrame { rows })), (Next::Nothing, rows))),
                Next::Nothing => None,
            }
        }
    })
    .boxed()
}

/// Takes a whole stream of frames. `is_current` is asked before each frame, so that a stream that
/// a newer one has replaced does not go on.
pub(crate) async fn receive<S>(
    state: &Arc<StateStore>,
    mut frames: S,
    is_current: impl Fn() -> bool,
) -> Result<(Vote, SnapshotMeta, Import), ReceiveError>
where
    S: Stream<Item = Result<Bytes, io::Error>> + Send + Unpin,
{
    let first = next_frame(&mut frames).await?;
    let (FRAME_HEAD, body) = split(&first)? else {
        return Err(ReceiveError::Malformed("a snapshot must begin with its head".to_owned()));
    };
    let head: HeadFrame = unpack(&body).map_err(malformed)?;
    if head.cluster_id != state.cluster_id {
        return Err(ReceiveError::OtherCluster {
            found: head.cluster_id,
            expected: state.cluster_id.clone(),
        });
    }
    let vote = Vote::from(head.vote);
    let head = Head::try_from(head.head).map_err(malformed)?;
    let meta = SnapshotMeta { last_log_id: head.applied, last_membership: head.membership.clone() };

    let begun = state.clone();
    let mut import = offload(state.mode, move || Import::begin(begun)).await.map_err(not_taken)?;
    loop {
        let bytes = next_frame(&mut frames).await?;
        if !is_current() {
            return Err(ReceiveError::Snapshot("a newer one is on its way".to_owned()));
        }
        match split(&bytes)? {
            (FRAME_ROWS, body) => {
                import = offload(state.mode, move || import.add(&body)).await.map_err(not_taken)?;
            }
            (FRAME_END, body) => {
                let end: EndFrame = unpack(&body).map_err(malformed)?;
                import =
                    offload(state.mode, move || import.finish(head, end.rows)).await.map_err(not_taken)?;
                return Ok((vote, meta, import));
            }
            (kind, _) => return Err(ReceiveError::Malformed(format!("snapshot frame of kind {kind}"))),
        }
    }
}

async fn next_frame<S>(frames: &mut S) -> Result<Bytes, ReceiveError>
where
    S: Stream<Item = Result<Bytes, io::Error>> + Unpin,
{
    match frames.next().await {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(error)) => Err(ReceiveError::Snapshot(error.to_string())),
        None => Err(ReceiveError::Snapshot("the stream ended before its end frame".to_owned())),
    }
}

fn split(bytes: &Bytes) -> Result<(u8, Bytes), ReceiveError> {
    let body = versioned(bytes).map_err(malformed)?;
    let kind = body.first().ok_or_else(|| ReceiveError::Malformed("an empty snapshot frame".to_owned()))?;
    Ok((*kind, bytes.slice(2..)))
}

fn malformed(error: crate::records::RecordError) -> ReceiveError {
    ReceiveError::Malformed(error.to_string())
}

fn not_taken(error: StoreError) -> ReceiveError {
    ReceiveError::Snapshot(error.to_string())
}

/// A copy of a view of another store, as if it had been received.
pub(crate) fn copy(view: &View, state: Arc<StateStore>) -> Result<Import, StoreError> {
    let mut import = Import::begin(state)?;
    let mut rows = 0;
    for table in Table::ALL {
        let mut from = Some(Vec::new());
        while let Some(key) = from {
            let portion = view.portion(table, &key, SNAPSHOT_FRAME_BYTES)?;
            rows += portion.rows;
            from = portion.next;
            import = import.add(&portion.bytes)?;
        }
    }
    import.finish(view.head().clone(), rows)
}

/// A state that is being written, or is complete, but not in use. Dropped, it is removed.
pub(crate) struct Import {
    state: Arc<StateStore>,
    file: Option<Arc<StateFile>>,
    generation: u64,
    /// What the rows so far add up to; where the state stands, once it is complete.
    head: Head,
    rows: u64,
    is_installed: bool,
}

impl Import {
    fn begin(state: Arc<StateStore>) -> Result<Self, StoreError> {
        let file = state.new_generation()?;
        let generation = file.generation;
        let file = Some(Arc::new(file));
        Ok(Self { state, file, generation, head: Head::empty(), rows: 0, is_installed: false })
    }

    fn file(&self) -> &Arc<StateFile> {
        self.file.as_ref().expect("the file is there until it is installed or dropped")
    }

    /// Writes the rows of one frame: the table's number, then the rows.
    fn add(mut self, frame: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::Corrupt("a snapshot frame is malformed".to_owned());
        let (table, mut rest) = frame.split_first().ok_or_else(damaged)?;
        let table = by_number(*table).ok_or_else(damaged)?;
        let file = self.file().clone();
        let transaction = file.begin_unsynced()?;
        {
            let mut tables = OpenTables::open(&transaction)?;
            let rows = tables.get_mut(table);
            while !rest.is_empty() {
                let key = take_part(&mut rest).ok_or_else(damaged)?;
                let value = take_part(&mut rest).ok_or_else(damaged)?;
                rows.insert(key, value)?;
                self.head.hash.add(number(table), key, value);
                self.rows += 1;
            }
        }
        transaction.commit()?;
        Ok(self)
    }

    /// Checks that all rows came and are of this release, says where the state stands, and makes it durable.
    fn finish(mut self, head: Head, rows: u64) -> Result<Self, StoreError> {
        if self.rows != rows {
            return Err(StoreError::Corrupt(format!("the snapshot has {} rows, expected {rows}", self.rows)));
        }
        if self.head.hash != head.hash {
            return Err(StoreError::Corrupt(format!(
                "the snapshot's rows have hash {}, expected {}",
                self.head.hash, head.hash
            )));
        }
        self.file().check_release()?;
        self.file().sync(Some(&head), head.revision())?;
        self.head = head;
        Ok(self)
    }

    /// Exchanges it for the current state. The log names the new file first: whenever the power
    /// goes, the file that the log names is complete.
    pub(crate) async fn install(mut self, log: &LogStore) -> Result<(), StoreError> {
        log.set_generation(self.generation).await?;
        self.is_installed = true;
        let file = self.file.take().expect("the file is there until it is installed or dropped");
        self.state.swap(file, self.head.clone())
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        if self.is_installed {
            return;
        }
        // Closed before it is removed.
        self.file = None;
        let file = StoreFile::State(self.generation);
        if let Err(error) = self.state.backends.remove(file) {
            tracing::warn!(%error, %file, "a snapshot that was not installed could not be removed");
        }
    }
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, after) = rest.split_at_checked(4)?;
    let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
    let (part, after) = after.split_at_checked(len)?;
    *rest = after;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Memory;
    use crate::options::CommitMode;

    #[test]
    fn a_snapshot_of_another_release_is_not_taken() {
        const CACHE_BYTES: usize = 1024 * 1024;
        let backends = Arc::new(Memory::default());
        let state = StateStore::open(backends, CommitMode::Inline, CACHE_BYTES, "test", 1, true).unwrap();
        let state = Arc::new(state);
        // Field 2 of the row is the layout.
        for (layout, part) in [(2, "of an earlier release (layout 2"), (4, "of a later release (layout 4")] {
            let file = state.new_generation().unwrap();
            let mut head = Head::empty();
            let row = (b"state", [2 << 3, layout]);
            head.hash.add(number(Table::Meta), row.0, &row.1);
            let transaction = file.begin_unsynced().unwrap();
            let mut tables = OpenTables::open(&transaction).unwrap();
            tables.get_mut(Table::Meta).insert(&row.0[..], &row.1[..]).unwrap();
            drop(tables);
            transaction.commit().unwrap();
            file.sync(Some(&head), 0).unwrap();
            let view = View::new(Arc::new(file)).unwrap();
            let error = copy(&view, state.clone()).err().unwrap().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
