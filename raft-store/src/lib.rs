//! The replicated log and state machine: openraft on redb.
//!
//! A [`Replica`] is one node's copy of the management model. What is proposed on the leader is
//! appended to the log, made durable on a quorum, decided by `hanse-model` and written to tables
//! that anybody can read through a [`View`]:
//!
//! ```text
//! propose ─► log.redb ─► quorum ─► apply ─► state-<n>.redb ─► View, applied()
//!            (one fsync for            (one transaction
//!             all that waits)           per batch)
//! ```
//!
//! The log is durable before it is acknowledged. The state machine's file is not: it is synced
//! at least every 100 ms, and what is missing after a crash is replayed from the log, which is
//! never purged beyond what the state machine has on disk.
//!
//! All use of openraft and redb is behind this crate; nothing of theirs is in its interface
//! except `redb::StorageBackend`, the seam for disks that lose power in tests. Must not know
//! HTTP, gRPC or policies: bytes go to other nodes through [`Transport`].
//!
//! Start with [`Replica`]; then `log.rs`, `state.rs`, `snapshot.rs`.

mod disk;
mod error;
mod frames;
mod hash;
mod keyring;
mod log;
mod log_writer;
mod machine;
mod network;
mod offload;
mod options;
mod records;
mod replica;
mod snapshot;
mod start;
mod state;
mod status;
mod tables;
mod types;
mod view;

#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod suite;

pub use disk::{Backends, Directory, Memory, StoreFile};
pub use error::{
    BootstrapError, MembershipError, OpenError, ProposeError, ReceiveError, StoreError, TimedOut,
    TransportError,
};
pub use hash::StateHash;
pub use keyring::{Keyring, KeyringError};
pub use network::{Transport, kind};
pub use options::{
    CommitMode, FRAME_BYTES_MAX, LOG_DIRECTIVE, Options, PROPOSED_BYTES_MAX, REPLICATION_BYTES_MAX,
    RaftTimings, SNAPSHOT_FRAME_BYTES, Storage,
};
pub use replica::Replica;
pub use status::{RaftStatus, Role, Standing};
pub use types::Member;
pub use view::View;
