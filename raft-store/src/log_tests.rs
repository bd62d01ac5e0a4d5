//! The log beyond openraft's suite: bounds of reading, what stays in memory, limits of a purge.

use crate::disk::Memory;
use crate::log::LogStore;
use crate::options::{CommitMode, REPLICATION_BYTES_MAX};
use crate::records::{ENTRY_HEAD_BYTES, Identity};
use crate::state::StateStore;
use crate::types::{Entry, LeaderId, Payload, Proposal, Types, Vote, log_id};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use openraft::storage::{IOFlushed, RaftLogReader as _, RaftLogStorage as _};
use openraft::type_config::TypeConfigExt as _;
use openraft::vote::RaftLeaderId as _;
use std::sync::Arc;

const CACHE_BYTES: usize = 1024 * 1024;
const MIB: usize = 1024 * 1024;

fn open(disk: &Memory, mode: CommitMode) -> LogStore {
    let identity = Identity { cluster_id: "test".to_owned(), node_id: 1 };
    LogStore::open(disk, mode, CACHE_BYTES, &identity).unwrap().log
}

fn entry(index: u64, bytes: usize) -> Entry {
    let payload = Payload::Normal(Proposal(Bytes::from(vec![index as u8; bytes])));
    Entry { log_id: log_id(1, index), payload }
}

async fn append(log: &mut LogStore, entries: Vec<Entry>) {
    let (done, flushed) = Types::oneshot();
    log.append(entries, IOFlushed::<Types>::signal(done)).await.unwrap();
    flushed.await.unwrap().unwrap();
}

async fn limited(log: &mut LogStore, from: u64, to: u64) -> Vec<u64> {
    let entries = log.get_log_reader().await.limited_get_log_entries(from, to).await.unwrap();
    entries.iter().map(|entry| entry.log_id.index()).collect()
}

#[tokio::test]
async fn what_is_sent_at_once_is_bounded_by_bytes_and_never_empty() {
    let disk = Memory::default();
    let half = REPLICATION_BYTES_MAX / 2 - ENTRY_HEAD_BYTES;
    let mut log = open(&disk, CommitMode::Inline);
    append(&mut log, vec![entry(0, half), entry(1, half), entry(2, half + 1), entry(3, half)]).await;
    append(&mut log, vec![entry(4, 2 * REPLICATION_BYTES_MAX), entry(5, 1)]).await;
    // From memory, and from the file after a restart.
    for _ in 0..2 {
        assert_eq!(limited(&mut log, 0, 6).await, [0, 1], "two that fit to the byte");
        assert_eq!(limited(&mut log, 1, 6).await, [1], "one byte too many");
        assert_eq!(limited(&mut log, 4, 6).await, [4], "one larger than the bound");
        assert_eq!(limited(&mut log, 5, 6).await, [5]);
        log.release();
        log = open(&disk, CommitMode::Inline);
    }
}

#[tokio::test]
async fn entries_that_left_the_memory_are_read_from_the_file() {
    for mode in [CommitMode::Inline, CommitMode::Threaded] {
        let mut log = open(&Memory::default(), mode);
        for index in 0..40 {
            append(&mut log, vec![entry(index, MIB)]).await;
        }
        let mut reader = log.get_log_reader().await;
        let stream = reader.entries_stream(0..40).await;
        let entries: Vec<Entry> = stream.try_collect().await.unwrap();
        assert_eq!(entries.len(), 40);
        for (index, found) in (0..).zip(&entries) {
            assert_eq!((found.log_id, &found.payload), (log_id(1, index), &entry(index, MIB).payload));
        }
    }
}

#[tokio::test]
async fn entries_can_be_read_before_they_are_durable() {
    let mut log = open(&Memory::default(), CommitMode::Threaded);
    for index in 0..50 {
        log.append([entry(index, 10)], IOFlushed::noop()).await.unwrap();
        let found = log.get_log_reader().await.try_get_log_entries(index..=index).await.unwrap();
        assert_eq!(found[0].log_id, log_id(1, index));
    }
    log.truncate_after(Some(log_id(1, 9))).await.unwrap();
    let found = log.get_log_reader().await.try_get_log_entries(..).await.unwrap();
    assert_eq!(found.len(), 10);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let disk = Memory::default();
    let vote = Vote { leader_id: LeaderId::new(3, 2), committed: true };
    let mut log = open(&disk, CommitMode::Threaded);
    log.save_vote(&vote).await.unwrap();
    append(&mut log, (0..10).map(|index| entry(index, 10)).collect()).await;
    log.save_committed(Some(log_id(1, 6))).await.unwrap();
    log.purge(log_id(1, 3)).await.unwrap();
    log.truncate_after(Some(log_id(1, 8))).await.unwrap();
    log.set_generation(7).await.unwrap();
    log.release();

    let identity = Identity { cluster_id: "test".to_owned(), node_id: 1 };
    let opened = LogStore::open(&disk, CommitMode::Threaded, CACHE_BYTES, &identity).unwrap();
    assert_eq!(opened.generation, 7);
    assert!(opened.purged.is_some());
    let mut log = opened.log;
    let state = log.get_log_state().await.unwrap();
    assert_eq!(state.last_purged_log_id, Some(log_id(1, 3)));
    assert_eq!(state.last_log_id, Some(log_id(1, 8)));
    assert_eq!(log.read_committed().await.unwrap(), Some(log_id(1, 6)));
    let mut reader = log.get_log_reader().await;
    assert_eq!(reader.read_vote().await.unwrap(), Some(vote));
    assert_eq!(reader.try_get_log_entries(..).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_commit_beyond_the_log_is_not_replayed() {
    let mut log = open(&Memory::default(), CommitMode::Inline);
    append(&mut log, vec![entry(0, 1), entry(1, 1)]).await;
    log.save_committed(Some(log_id(1, 1))).await.unwrap();
    assert_eq!(log.read_committed().await.unwrap(), Some(log_id(1, 1)));
    log.save_committed(Some(log_id(1, 2))).await.unwrap();
    assert_eq!(log.read_committed().await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_purged_that_the_state_machine_does_not_have_on_disk() {
    let disk = Memory::default();
    let log = open(&disk, CommitMode::Inline);
    let state = StateStore::open(Arc::new(disk), CommitMode::Inline, CACHE_BYTES, "test", 1, true).unwrap();
    let state = Arc::new(state);
    let mut log = log.guarded_by(state.clone());
    let blank = |index| Entry { log_id: log_id(1, index), payload: Payload::Blank };
    append(&mut log, (0..10).map(blank).collect()).await;
    state.apply(&(0..5).map(blank).collect::<Vec<_>>()).unwrap();
    assert!(state.is_dirty());
    log.purge(log_id(1, 4)).await.unwrap();
    assert!(!state.is_dirty(), "the purge has synced it first");
    assert!(log.purge(log_id(1, 5)).await.is_err());
}

#[tokio::test]
async fn a_closed_log_says_so() {
    let mut log = open(&Memory::default(), CommitMode::Threaded);
    log.release();
    let (done, flushed) = Types::oneshot();
    log.append([entry(0, 1)], IOFlushed::<Types>::signal(done)).await.unwrap();
    assert!(flushed.await.unwrap().unwrap_err().to_string().contains("closed"));
    assert!(log.purge(log_id(1, 0)).await.is_err());
}
