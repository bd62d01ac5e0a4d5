//! What can go wrong, by who asked: opening, proposing, reading, receiving, changing members.
//!
//! Each enum separates what its caller tells apart: try elsewhere, try again, give up.

use hanse_model::OtherRelease;
use std::{io, time::Duration};

/// The store could not be opened; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{path} belongs to cluster {found}, expected {expected}: point data_dir at this cluster's data, \
         or move it away to begin anew"
    )]
    OtherCluster { found: String, expected: String, path: String },
    #[error(
        "{path} belongs to node {found}, expected node {expected}: point data_dir at this node's data, \
         or give the node its id back"
    )]
    OtherNode { found: u64, expected: u64, path: String },
    #[error(
        "{path} is damaged: {reason}; move the data directory away and start again, and the node copies \
         everything from the other members (a cluster of one needs its backup)"
    )]
    Corrupt { path: String, reason: String },
    #[error("{path} is {other}: {}", what_to_do(.other))]
    OtherRelease { path: String, other: OtherRelease },
    #[error("{path} is in use by another process: stop it first")]
    Locked { path: String },
    #[error("{path} cannot be opened: {reason}")]
    Io { path: String, reason: String },
    #[error("raft cannot start: {0}")]
    Raft(String),
}

impl OpenError {
    /// What went wrong in a file while it was opened.
    pub(crate) fn in_file(path: &str, error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(reason) => Self::Corrupt { path: path.to_owned(), reason },
            StoreError::OtherRelease(other) => Self::OtherRelease { path: path.to_owned(), other },
            other => Self::Io { path: path.to_owned(), reason: other.to_string() },
        }
    }
}

fn what_to_do(other: &OtherRelease) -> &'static str {
    if other.is_later {
        "start that release, or one that came after it"
    } else {
        "start it with the release that wrote it, save what it holds with `hanse export`, and apply that to a \
         new cluster with `hanse apply` (secrets are not in an export, and have to be set again)"
    }
}

/// Reading or writing an open store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    #[error("the store is {0}")]
    OtherRelease(OtherRelease),
    #[error("the disk failed: {0}")]
    Disk(String),
    #[error("the store has stopped: {0}")]
    Failed(String),
    #[error("the store is closed")]
    Closed,
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match &error {
            redb::Error::Corrupted(reason) => Self::Corrupt(reason.clone()),
            redb::Error::Io(io) if is_damage(io.kind()) => Self::Corrupt(io.to_string()),
            redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableIsMultimap(_) => Self::Corrupt(error.to_string()),
            _ => Self::Disk(error.to_string()),
        }
    }
}

/// Errors of reading that a healthy disk gives for a broken file.
pub(crate) fn is_damage(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput)
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}
from_redb!(
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::StorageError,
    redb::SetDurabilityError
);

impl From<crate::records::RecordError> for StoreError {
    fn from(error: crate::records::RecordError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        Self::other(error)
    }
}

/// The cluster could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    #[error("the cluster exists already: this node has a log or has voted")]
    AlreadyInitialized,
    #[error("the members are not a cluster: {0}")]
    Members(String),
    #[error("raft has stopped on this node: {0}")]
    Stopped(String),
}

/// A proposal or a linearisable read did not get its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Nothing was proposed; ask the leader.
    #[error("this node is not the leader: {}", leader_hint(*.leader))]
    NotLeader { leader: Option<u64> },
    /// It may be committed or not: a repetition with the same `request_id` gives the answer.
    #[error(
        "the leader changed before the outcome was known: send the command again with the same request_id \
         ({})", leader_hint(*.leader)
    )]
    Uncertain { leader: Option<u64> },
    /// The leader cannot reach a quorum; a read may be repeated.
    #[error("no quorum of the members answers: bring members back, or read with --stale")]
    NoQuorum,
    #[error("the command has {bytes} bytes, at most {max} are allowed: split it")]
    TooLarge { bytes: usize, max: usize },
    #[error("{waiting} bytes of commands wait already, at most {max} may: try again later")]
    Overloaded { waiting: usize, max: usize },
    #[error("raft has stopped on this node: {0}")]
    Stopped(String),
}

fn leader_hint(leader: Option<u64>) -> String {
    match leader {
        Some(id) => format!("ask node {id}"),
        None => "no leader is known, try again".to_owned(),
    }
}

/// The members could not be changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MembershipError {
    #[error("this node is not the leader: {}", leader_hint(*.leader))]
    NotLeader { leader: Option<u64> },
    #[error("the change of members was refused: {0}")]
    Refused(String),
    #[error("raft has stopped on this node: {0}")]
    Stopped(String),
}

/// A message of another node could not be answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReceiveError {
    #[error("message of kind {0} is not known to this release")]
    UnknownKind(u32),
    #[error("the message cannot be read: {0}")]
    Malformed(String),
    #[error("the message is of cluster {found}, expected {expected}")]
    OtherCluster { found: String, expected: String },
    /// Another snapshot came in the meantime, or the stream ended early.
    #[error("the snapshot was not taken: {0}")]
    Snapshot(String),
    #[error("raft has stopped on this node: {0}")]
    Stopped(String),
}

/// A message could not be delivered or was not answered.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// The awaited did not happen in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("revision {wanted} was not applied within {} ms, this node is at {reached}", .after.as_millis())]
pub struct TimedOut {
    pub wanted: u64,
    pub reached: u64,
    pub after: Duration,
}
