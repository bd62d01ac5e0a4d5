//! Raft's messages as they travel: requests and answers, each with a version byte first.
//!
//! The one idea: as in `records`, these are structs of this crate. Entries follow their request
//! as `[length: 4][entry]`, so that an 8 MiB command is copied once and parsed never.

use crate::records::{
    FORMAT, LogIdRecord, RecordError, VoteRecord, decode_entry, encode_entry, pack, unpack, versioned,
};
use crate::types::{Entry, LogId, Types, Vote};
use bytes::{BufMut as _, Bytes, BytesMut};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, TransferLeaderError, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct AppendHead {
    vote: VoteRecord,
    prev: Option<LogIdRecord>,
    commit: Option<LogIdRecord>,
    entries: u32,
}

#[derive(Serialize, Deserialize)]
enum AppendAnswer {
    Success,
    Partial(Option<LogIdRecord>),
    Conflict,
    HigherVote(VoteRecord),
}

#[derive(Serialize, Deserialize)]
struct VoteAsk {
    vote: VoteRecord,
    last: Option<LogIdRecord>,
    leadership_transfer: bool,
}

#[derive(Serialize, Deserialize)]
struct VoteAnswer {
    vote: VoteRecord,
    granted: bool,
    last: Option<LogIdRecord>,
}

#[derive(Serialize, Deserialize)]
struct TransferAsk {
    from: VoteRecord,
    to: u64,
    last: Option<LogIdRecord>,
}

#[derive(Serialize, Deserialize)]
enum TransferAnswer {
    Accepted,
    VoteChanged { expected: VoteRecord, actual: VoteRecord },
    LogNotFlushed { expected: Option<LogIdRecord>, actual: Option<LogIdRecord> },
}

fn record(id: Option<&LogId>) -> Option<LogIdRecord> {
    id.map(Into::into)
}

fn id(record: Option<LogIdRecord>) -> Option<LogId> {
    record.map(Into::into)
}

pub(crate) fn encode_append(request: &AppendEntriesRequest<Types>) -> Bytes {
    let head = AppendHead {
        vote: (&request.vote).into(),
        prev: record(request.prev_log_id.as_ref()),
        commit: record(request.leader_commit.as_ref()),
        entries: u32::try_from(request.entries.len()).expect("openraft sends thousands of entries at most"),
    };
    let head = postcard::to_stdvec(&head).expect("a growing buffer takes any of our records");
    let entries: Vec<Bytes> = request.entries.iter().map(encode_entry).collect();
    let total: usize = entries.iter().map(|entry| 4 + entry.len()).sum();
    let mut bytes = BytesMut::with_capacity(1 + head.len() + total);
    bytes.put_u8(FORMAT);
    bytes.put_slice(&head);
    for entry in entries {
        bytes.put_u32_le(u32::try_from(entry.len()).expect("a command is at most 8 MiB"));
        bytes.put_slice(&entry);
    }
    bytes.freeze()
}

pub(crate) fn decode_append(bytes: &Bytes) -> Result<AppendEntriesRequest<Types>, RecordError> {
    let malformed = |error: &dyn ToString| RecordError::Malformed(error.to_string());
    let (head, rest) =
        postcard::take_from_bytes::<AppendHead>(versioned(bytes)?).map_err(|error| malformed(&error))?;
    let mut rest = bytes.slice_ref(rest);
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..head.entries {
        if rest.len() < 4 {
            return Err(malformed(&"an entry's length is cut off"));
        }
        let len = rest.split_to(4);
        let len = u32::from_le_bytes(len[..].try_into().expect("four bytes were split off")) as usize;
        if rest.len() < len {
            return Err(malformed(&"an entry is cut off"));
        }
        entries.push(decode_entry(&rest.split_to(len))?);
    }
    if !rest.is_empty() {
        return Err(malformed(&"bytes after the last entry"));
    }
    Ok(AppendEntriesRequest {
        vote: head.vote.into(),
        prev_log_id: id(head.prev),
        entries,
        leader_commit: id(head.commit),
    })
}

pub(crate) fn encode_append_answer(answer: &AppendEntriesResponse<Types>) -> Bytes {
    let answer = match answer {
        AppendEntriesResponse::Success => AppendAnswer::Success,
        AppendEntriesResponse::PartialSuccess(id) => AppendAnswer::Partial(record(id.as_ref())),
        AppendEntriesResponse::Conflict => AppendAnswer::Conflict,
        AppendEntriesResponse::HigherVote(vote) => AppendAnswer::HigherVote(vote.into()),
    };
    pack(&answer).into()
}

pub(crate) fn decode_append_answer(bytes: &[u8]) -> Result<AppendEntriesResponse<Types>, RecordError> {
    Ok(match unpack(bytes)? {
        AppendAnswer::Success => AppendEntriesResponse::Success,
        AppendAnswer::Partial(last) => AppendEntriesResponse::PartialSuccess(id(last)),
        AppendAnswer::Conflict => AppendEntriesResponse::Conflict,
        AppendAnswer::HigherVote(vote) => AppendEntriesResponse::HigherVote(vote.into()),
    })
}

pub(crate) fn encode_vote(request: &VoteRequest<Types>) -> Bytes {
    let ask = VoteAsk {
        vote: (&request.vote).into(),
        last: record(request.last_log_id.as_ref()),
        leadership_transfer: request.leadership_transfer,
    };
    pack(&ask).into()
}

pub(crate) fn decode_vote(bytes: &[u8]) -> Result<VoteRequest<Types>, RecordError> {
    let ask: VoteAsk = unpack(bytes)?;
    Ok(VoteRequest {
        vote: ask.vote.into(),
        last_log_id: id(ask.last),
        leadership_transfer: ask.leadership_transfer,
    })
}

pub(crate) fn encode_vote_answer(answer: &VoteResponse<Types>) -> Bytes {
    let answer = VoteAnswer {
        vote: (&answer.vote).into(),
        granted: answer.vote_granted,
        last: record(answer.last_log_id.as_ref()),
    };
    pack(&answer).into()
}

pub(crate) fn decode_vote_answer(bytes: &[u8]) -> Result<VoteResponse<Types>, RecordError> {
    let answer: VoteAnswer = unpack(bytes)?;
    Ok(VoteResponse::new(Vote::from(answer.vote), id(answer.last), answer.granted))
}

pub(crate) fn encode_transfer(request: &TransferLeaderRequest<Types>) -> Bytes {
    let ask = TransferAsk {
        from: request.from_leader().into(),
        to: *request.to_node_id(),
        last: record(request.last_log_id()),
    };
    pack(&ask).into()
}

pub(crate) fn decode_transfer(bytes: &[u8]) -> Result<TransferLeaderRequest<Types>, RecordError> {
    let ask: TransferAsk = unpack(bytes)?;
    Ok(TransferLeaderRequest::new(ask.from.into(), ask.to, id(ask.last)))
}

pub(crate) fn encode_transfer_answer(answer: &TransferLeaderResponse<Types>) -> Bytes {
    let answer = match answer {
        Ok(()) => TransferAnswer::Accepted,
        Err(TransferLeaderError::VoteChanged { expected, actual }) => {
            TransferAnswer::VoteChanged { expected: expected.into(), actual: actual.into() }
        }
        Err(TransferLeaderError::LogNotFlushed { expected, actual }) => TransferAnswer::LogNotFlushed {
            expected: record(expected.as_ref()),
            actual: record(actual.as_ref()),
        },
    };
    pack(&answer).into()
}

pub(crate) fn decode_transfer_answer(bytes: &[u8]) -> Result<TransferLeaderResponse<Types>, RecordError> {
    Ok(match unpack(bytes)? {
        TransferAnswer::Accepted => Ok(()),
        TransferAnswer::VoteChanged { expected, actual } => {
            Err(TransferLeaderError::VoteChanged { expected: expected.into(), actual: actual.into() })
        }
        TransferAnswer::LogNotFlushed { expected, actual } => {
            Err(TransferLeaderError::LogNotFlushed { expected: id(expected), actual: id(actual) })
        }
    })
}

pub(crate) fn encode_snapshot_answer(vote: &Vote) -> Bytes {
    pack(&VoteRecord::from(vote)).into()
}

pub(crate) fn decode_snapshot_answer(bytes: &[u8]) -> Result<Vote, RecordError> {
    unpack::<VoteRecord>(bytes).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{LeaderId, Payload, Proposal, log_id};
    use openraft::vote::RaftLeaderId as _;

    fn vote(term: u64) -> Vote {
        Vote { leader_id: LeaderId::new(term, 2), committed: true }
    }

    fn append() -> AppendEntriesRequest<Types> {
        AppendEntriesRequest {
            vote: vote(4),
            prev_log_id: Some(log_id(3, 8)),
            entries: vec![
                Entry { log_id: log_id(4, 9), payload: Payload::Blank },
                Entry {
                    log_id: log_id(4, 10),
                    payload: Payload::Normal(Proposal(Bytes::from_static(b"xyz"))),
                },
            ],
            leader_commit: Some(log_id(3, 7)),
        }
    }

    #[test]
    fn an_append_comes_back_as_it_was() {
        let (sent, back) = (append(), decode_append(&encode_append(&append())).unwrap());
        assert_eq!(
            (back.vote, back.prev_log_id, back.leader_commit),
            (sent.vote, sent.prev_log_id, sent.leader_commit)
        );
        assert_eq!(back.entries.len(), 2);
        for (one, other) in back.entries.iter().zip(&sent.entries) {
            assert_eq!((one.log_id, &one.payload), (other.log_id, &other.payload));
        }
    }

    #[test]
    fn a_cut_append_is_an_error_and_never_a_panic() {
        let whole = encode_append(&append());
        for len in 0..whole.len() {
            assert!(decode_append(&whole.slice(..len)).is_err(), "{len} bytes");
        }
        let mut longer = whole.to_vec();
        longer.push(0);
        assert!(decode_append(&longer.into()).is_err());
    }

    #[test]
    fn answers_come_back_as_they_were() {
        for answer in [
            AppendEntriesResponse::Success,
            AppendEntriesResponse::PartialSuccess(Some(log_id(1, 2))),
            AppendEntriesResponse::PartialSuccess(None),
            AppendEntriesResponse::Conflict,
            AppendEntriesResponse::HigherVote(vote(9)),
        ] {
            assert_eq!(decode_append_answer(&encode_append_answer(&answer)).unwrap(), answer);
        }
        let ask = VoteRequest::<Types> {
            vote: vote(2),
            last_log_id: Some(log_id(1, 5)),
            leadership_transfer: true,
        };
        assert_eq!(decode_vote(&encode_vote(&ask)).unwrap(), ask);
        let answer = VoteResponse::<Types>::new(vote(2), Some(log_id(1, 5)), true);
        assert_eq!(decode_vote_answer(&encode_vote_answer(&answer)).unwrap(), answer);
        let ask = TransferLeaderRequest::<Types>::new(vote(2), 3, Some(log_id(1, 5)));
        assert_eq!(decode_transfer(&encode_transfer(&ask)).unwrap(), ask);
        for answer in [
            Ok(()),
            Err(TransferLeaderError::VoteChanged { expected: vote(1), actual: vote(2) }),
            Err(TransferLeaderError::LogNotFlushed { expected: Some(log_id(1, 2)), actual: None }),
        ] {
            assert_eq!(decode_transfer_answer(&encode_transfer_answer(&answer)).unwrap(), answer);
        }
        assert_eq!(decode_snapshot_answer(&encode_snapshot_answer(&vote(3))).unwrap(), vote(3));
    }
}
