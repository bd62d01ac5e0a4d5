//! Messages of the Meta table that nobody outside the model reads, and loading them.
//!
//! The one idea: everything apply must remember beside the resources is in one small state row.
//! Formats live for ever: field numbers are never used again, and each message has its level.

use crate::keys;
use crate::read::{Read, Table};
use hanse_proto::v1;
use prost::Message;

/// What apply remembers between commands. Tag 9 was used before layout 3.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct State {
    #[prost(uint32, tag = "1")]
    pub feature_level: u32,
    #[prost(uint32, tag = "2")]
    pub key_layout: u32,
    /// Time of the last command, Unix milliseconds.
    #[prost(int64, tag = "3")]
    pub last_ms: i64,
    /// The highest revision of which change records have been purged; 0: none.
    #[prost(uint64, tag = "4")]
    pub changes_lost_through: u64,
    /// Change records in the table.
    #[prost(uint64, tag = "5")]
    pub changes_kept: u64,
    /// Sequence number of the oldest kept request.
    #[prost(uint64, tag = "6")]
    pub requests_first: u64,
    /// Sequence number of the next request.
    #[prost(uint64, tag = "7")]
    pub requests_next: u64,
    /// Roots that still await purging.
    #[prost(uint64, tag = "8")]
    pub tombstones: u64,
}

/// What the bootstrap command set.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct ClusterRow {
    #[prost(uint32, tag = "1")]
    pub feature_level: u32,
    #[prost(string, tag = "2")]
    pub cluster_id: String,
    #[prost(string, tag = "3")]
    pub service_name: String,
    #[prost(string, tag = "4")]
    pub base_domain: String,
}

/// The assignment of units to nodes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AssignmentRow {
    #[prost(uint32, tag = "1")]
    pub feature_level: u32,
    #[prost(message, optional, tag = "2")]
    pub assignment: Option<v1::Assignment>,
}

/// A deleted root whose subtree is being purged.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Tombstone {
    #[prost(uint32, tag = "1")]
    pub feature_level: u32,
    /// Revision of the deletion.
    #[prost(uint64, tag = "2")]
    pub revision: u64,
}

/// How many resources of a collection something holds.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct CountRow {
    #[prost(uint32, tag = "1")]
    pub feature_level: u32,
    #[prost(uint64, tag = "2")]
    pub count: u64,
}

/// The facts of a cluster that never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    /// Chosen when the cluster was made.
    pub cluster_id: String,
    /// Name of the service, first label of the default gateway's hostname.
    pub service_name: String,
    /// Domain below which default hostnames are.
    pub base_domain: String,
}

/// The facts of the cluster; `None` before its bootstrap command.
///
/// # Errors
/// When the store cannot be read.
pub fn cluster_info<R: Read>(read: &R) -> Result<Option<ClusterInfo>, R::Error> {
    let row: Option<ClusterRow> = load(read, Table::Meta, keys::CLUSTER)?;
    Ok(row.map(|row| ClusterInfo {
        cluster_id: row.cluster_id,
        service_name: row.service_name,
        base_domain: row.base_domain,
    }))
}

/// The state row; the empty state before the first command.
pub(crate) fn state<R: Read>(read: &R) -> Result<State, R::Error> {
    Ok(load(read, Table::Meta, keys::STATE)?.unwrap_or_default())
}

/// A decoded row.
pub(crate) fn load<R: Read, M: Message + Default>(
    read: &R,
    table: Table,
    key: &[u8],
) -> Result<Option<M>, R::Error> {
    Ok(read.get(table, key)?.map(|bytes| decode(&bytes)))
}

/// A row's value as the message it is.
///
/// # Panics
/// When it is none: the store is corrupt, and nothing decided on it could be trusted.
pub(crate) fn decode<M: Message + Default>(bytes: &[u8]) -> M {
    M::decode(bytes).expect("every row was encoded by apply")
}
