//! How what is raft's own lies in the store and travels: each record starts with a version byte.
//!
//! The one idea: these are structs of this crate, converted to and from openraft's, so the
//! formats are ours to keep. Log entries are laid out by hand, because they are most of the
//! bytes: `[version][kind][term: 8][index: 8][payload]`, little endian.

use crate::hash::StateHash;
use crate::types::{
    Entry, LeaderId, LogId, Member, Membership, Payload, Proposal, StoredMembership, Vote, log_id, term_of,
};
use bytes::{BufMut as _, Bytes, BytesMut};
use openraft::vote::RaftLeaderId as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};

/// Version of everything this crate stores and sends.
pub(crate) const FORMAT: u8 = 1;

/// Bytes of an encoded entry before its payload.
pub(crate) const ENTRY_HEAD_BYTES: usize = 18;

const KIND_BLANK: u8 = 0;
const KIND_COMMAND: u8 = 1;
const KIND_MEMBERSHIP: u8 = 2;

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the record is empty")]
    Empty,
    #[error(
        "the record has format {found}, this release knows {FORMAT}: use the release that wrote it, or a later one"
    )]
    Version { found: u8 },
    #[error("the record is malformed: {0}")]
    Malformed(String),
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogIdRecord {
    term: u64,
    index: u64,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VoteRecord {
    term: u64,
    node: u64,
    committed: bool,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
struct MembershipRecord {
    configs: Vec<BTreeSet<u64>>,
    nodes: BTreeMap<u64, Member>,
}

/// Whose store this is.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) cluster_id: String,
    pub(crate) node_id: u64,
}

/// Where a state machine stands: written in the transaction that got it there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) applied: Option<LogId>,
    pub(crate) membership: StoredMembership,
    pub(crate) hash: StateHash,
}

impl Head {
    pub(crate) fn empty() -> Self {
        Self { applied: None, membership: StoredMembership::default(), hash: StateHash::default() }
    }

    /// The revision of this state: the index of the last entry applied, 0 before the first.
    pub(crate) fn revision(&self) -> u64 {
        self.applied.map_or(0, |id| id.index())
    }
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeadRecord {
    applied: Option<LogIdRecord>,
    membership_at: Option<LogIdRecord>,
    membership: MembershipRecord,
    hash: [u64; 4],
}

impl From<&LogId> for LogIdRecord {
    fn from(id: &LogId) -> Self {
        Self { term: term_of(id), index: id.index() }
    }
}

impl From<LogIdRecord> for LogId {
    fn from(record: LogIdRecord) -> Self {
        log_id(record.term, record.index)
    }
}

impl From<&Vote> for VoteRecord {
    fn from(vote: &Vote) -> Self {
        Self { term: vote.leader_id.term, node: vote.leader_id.voted_for, committed: vote.committed }
    }
}

impl From<VoteRecord> for Vote {
    fn from(record: VoteRecord) -> Self {
        Self { leader_id: LeaderId::new(record.term, record.node), committed: record.committed }
    }
}

impl From<&Membership> for MembershipRecord {
    fn from(membership: &Membership) -> Self {
        Self {
            configs: membership.get_joint_config().clone(),
            nodes: membership.nodes().map(|(id, member)| (*id, member.clone())).collect(),
        }
    }
}

impl TryFrom<MembershipRecord> for Membership {
    type Error = RecordError;

    fn try_from(record: MembershipRecord) -> Result<Self, RecordError> {
        if record.configs.is_empty() && record.nodes.is_empty() {
            return Ok(Self::default());
        }
        Self::new(record.configs, record.nodes).map_err(|error| RecordError::Malformed(error.to_string()))
    }
}

impl From<&Head> for HeadRecord {
    fn from(head: &Head) -> Self {
        Self {
            applied: head.applied.as_ref().map(Into::into),
            membership_at: head.membership.log_id().as_ref().map(Into::into),
            membership: head.membership.membership().into(),
            hash: head.hash.lanes(),
        }
    }
}

impl TryFrom<HeadRecord> for Head {
    type Error = RecordError;

    fn try_from(record: HeadRecord) -> Result<Self, RecordError> {
        Ok(Self {
            applied: record.applied.map(Into::into),
            membership: StoredMembership::new(
                record.membership_at.map(Into::into),
                record.membership.try_into()?,
            ),
            hash: StateHash::from_lanes(record.hash),
        })
    }
}

/// A version byte and the value in postcard's encoding.
pub(crate) fn pack<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![FORMAT]).expect("a growing buffer takes any of our records")
}

/// The value that [`pack`] wrote.
pub(crate) fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordError> {
    let body = versioned(bytes)?;
    postcard::from_bytes(body).map_err(|error| RecordError::Malformed(error.to_string()))
}

/// What follows the version byte, if it is a version we know.
pub(crate) fn versioned(bytes: &[u8]) -> Result<&[u8], RecordError> {
    match bytes.split_first() {
        None => Err(RecordError::Empty),
        Some((&FORMAT, body)) => Ok(body),
        Some((&found, _)) => Err(RecordError::Version { found }),
    }
}

/// An entry as the log keeps it and as it travels.
pub(crate) fn encode_entry(entry: &Entry) -> Bytes {
    let (kind, payload) = match &entry.payload {
        Payload::Blank => (KIND_BLANK, Bytes::new()),
        Payload::Normal(proposal) => (KIND_COMMAND, proposal.0.clone()),
        Payload::Membership(membership) => {
            (KIND_MEMBERSHIP, pack(&MembershipRecord::from(membership)).into())
        }
    };
    let mut bytes = BytesMut::with_capacity(ENTRY_HEAD_BYTES + payload.len());
    bytes.put_u8(FORMAT);
    bytes.put_u8(kind);
    bytes.put_u64_le(term_of(&entry.log_id));
    bytes.put_u64_le(entry.log_id.index());
    bytes.put_slice(&payload);
    bytes.freeze()
}

/// The entry that [`encode_entry`] wrote; a command shares the bytes.
pub(crate) fn decode_entry(bytes: &Bytes) -> Result<Entry, RecordError> {
    versioned(bytes)?;
    if bytes.len() < ENTRY_HEAD_BYTES {
        return Err(RecordError::Malformed(format!(
            "{} bytes, expected at least {ENTRY_HEAD_BYTES} in an entry",
            bytes.len()
        )));
    }
    let number = |at: usize| {
        let eight: [u8; 8] = bytes[at..at + 8].try_into().expect("the slice has eight bytes");
        u64::from_le_bytes(eight)
    };
    let payload = bytes.slice(ENTRY_HEAD_BYTES..);
    let payload = match bytes[1] {
        KIND_BLANK => Payload::Blank,
        KIND_COMMAND => Payload::Normal(Proposal(payload)),
        KIND_MEMBERSHIP => Payload::Membership(unpack::<MembershipRecord>(&payload)?.try_into()?),
        other => {
            return Err(RecordError::Malformed(format!(
                "entry of kind {other}, expected 0 to {KIND_MEMBERSHIP}"
            )));
        }
    };
    Ok(Entry { log_id: log_id(number(2), number(10)), payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership() -> Membership {
        let member = |id: u64| Member { id, name: format!("node-{id}"), ..Member::default() };
        Membership::new(
            vec![BTreeSet::from([1, 2])],
            BTreeMap::from([(1, member(1)), (2, member(2)), (3, member(3))]),
        )
        .unwrap()
    }

    #[test]
    fn entries_come_back_as_they_were() {
        for payload in [
            Payload::Blank,
            Payload::Normal(Proposal(Bytes::from_static(b"\x01\x02\x03"))),
            Payload::Normal(Proposal(Bytes::new())),
            Payload::Membership(membership()),
        ] {
            let entry = Entry { log_id: log_id(3, 17), payload };
            let back = decode_entry(&encode_entry(&entry)).unwrap();
            assert_eq!(back.log_id, entry.log_id);
            assert_eq!(back.payload, entry.payload);
        }
    }

    #[test]
    fn records_come_back_as_they_were() {
        let head = Head {
            applied: Some(log_id(2, 9)),
            membership: StoredMembership::new(Some(log_id(1, 0)), membership()),
            hash: StateHash::from_lanes([1, 2, 3, u64::MAX]),
        };
        let back = Head::try_from(unpack::<HeadRecord>(&pack(&HeadRecord::from(&head))).unwrap()).unwrap();
        assert_eq!(back, head);
        let empty = Head::empty();
        let back = Head::try_from(unpack::<HeadRecord>(&pack(&HeadRecord::from(&empty))).unwrap()).unwrap();
        assert_eq!(back, empty);
        let vote = Vote { leader_id: LeaderId::new(7, 3), committed: true };
        assert_eq!(Vote::from(unpack::<VoteRecord>(&pack(&VoteRecord::from(&vote))).unwrap()), vote);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        assert_eq!(unpack::<u64>(&[]), Err(RecordError::Empty));
        assert_eq!(unpack::<u64>(&[9, 1]), Err(RecordError::Version { found: 9 }));
        assert!(matches!(unpack::<u64>(&[FORMAT]), Err(RecordError::Malformed(_))));
        assert!(decode_entry(&Bytes::from_static(&[FORMAT, 0, 1])).is_err());
        let mut unknown = vec![FORMAT, 9];
        unknown.resize(ENTRY_HEAD_BYTES, 0);
        assert!(decode_entry(&unknown.into()).is_err());
    }

    /// Bytes of an earlier build: a change here breaks every store and every rolling upgrade.
    #[test]
    fn the_stored_form_stays() {
        let entry =
            Entry { log_id: log_id(3, 17), payload: Payload::Normal(Proposal(Bytes::from_static(b"ab"))) };
        assert_eq!(
            encode_entry(&entry)[..],
            [1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, b'a', b'b']
        );
        assert_eq!(pack(&LogIdRecord::from(&log_id(3, 300))), [1, 3, 172, 2]);
        assert_eq!(pack(&Identity { cluster_id: "c".into(), node_id: 2 }), [1, 1, b'c', 2]);
    }
}
