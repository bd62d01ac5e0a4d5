//! The types that openraft is instantiated with, and the short names this crate uses for them.
//!
//! The one idea: what travels and what is stored is encoded by `records` and `frames`, not by
//! openraft's own serde, so that an upgrade of openraft cannot change a format.

use bytes::Bytes;
use hanse_proto::v1;
use openraft::type_config::alias;
use prost::Message as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

openraft::declare_raft_types!(
    /// At most one leader per term: the standard leader id, not openraft's default.
    pub(crate) Types:
        D = Proposal,
        R = Reply,
        NodeId = u64,
        Node = Member,
        Term = u64,
        LeaderId = openraft::impls::leader_id_std::LeaderId<Self::Term, Self::NodeId>,
);

pub(crate) type LogId = alias::LogIdOf<Types>;
pub(crate) type LeaderId = alias::LeaderIdOf<Types>;
pub(crate) type Vote = alias::VoteOf<Types>;
pub(crate) type Entry = alias::EntryOf<Types>;
pub(crate) type Payload = alias::PayloadOf<Types>;
pub(crate) type Membership = openraft::Membership<u64, Member>;
pub(crate) type StoredMembership = alias::StoredMembershipOf<Types>;
pub(crate) type SnapshotMeta = alias::SnapshotMetaOf<Types>;

/// A log id from its two numbers: term and index.
pub(crate) fn log_id(term: u64, index: u64) -> LogId {
    LogId::new_term_index(term, index)
}

/// The term in which the entry was appended.
pub(crate) fn term_of(id: &LogId) -> u64 {
    **id.committed_leader_id()
}

/// A node as the others know it: part of the membership, so it travels through the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: u64,
    pub name: String,
    /// `host:port` that other nodes reach.
    pub node_addr: String,
    /// `host:port` that people and pipelines reach.
    pub admin_addr: String,
    /// `host:port` that API consumers reach.
    pub gateway_http_addr: String,
    pub zone: String,
}

/// An encoded `v1::Command`: decoded once, when it is applied.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proposal(pub(crate) Bytes);

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "command of {} bytes", self.0.len())
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

// openraft's `serde` feature asks for these bounds; nothing here is encoded this way.
impl Serialize for Proposal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Proposal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(|bytes| Self(bytes.into()))
    }
}

/// What `apply` answered; nothing for entries that are raft's own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply(pub(crate) Option<v1::Outcome>);

/// As the protobuf bytes that an outcome is everywhere else.
impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().map(prost::Message::encode_to_vec).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Reply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Option::<Vec<u8>>::deserialize(deserializer)?;
        let outcome = bytes.map(|bytes| v1::Outcome::decode(&*bytes)).transpose();
        outcome.map(Reply).map_err(D::Error::custom)
    }
}
