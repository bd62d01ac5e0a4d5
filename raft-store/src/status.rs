//! What a replica says about itself.
//!
//! None of this proves anything: a leader that was cut off calls itself one until it hears
//! better. Whether it is the leader, only a proposal or a read index shows.

use crate::types::Member;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What a node is in raft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes the log and has no vote; also a node that is no member yet.
    Learner,
    Follower,
    /// Asks for votes.
    Candidate,
    Leader,
    /// Raft has stopped on this node.
    Stopped,
}

impl Role {
    /// The word for it, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Follower => "follower",
            Self::Candidate => "candidate",
            Self::Leader => "leader",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<openraft::ServerState> for Role {
    fn from(state: openraft::ServerState) -> Self {
        match state {
            openraft::ServerState::Learner => Self::Learner,
            openraft::ServerState::Follower => Self::Follower,
            openraft::ServerState::Candidate => Self::Candidate,
            openraft::ServerState::Leader => Self::Leader,
            openraft::ServerState::Shutdown => Self::Stopped,
        }
    }
}

/// Who leads, as far as this node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub role: Role,
    pub term: u64,
    pub leader: Option<u64>,
}

/// Where a replica stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RaftStatus {
    pub id: u64,
    pub role: Role,
    pub term: u64,
    pub leader: Option<u64>,
    /// Revision of the last applied entry, 0 before the first.
    pub applied: u64,
    /// Index of the last entry of the log, applied or not.
    pub last_log: u64,
    /// Index of the last entry that a snapshot covers, 0 before the first.
    pub snapshot: u64,
    /// All members by id, and whether they vote.
    pub members: BTreeMap<u64, (Member, bool)>,
    /// On a follower, since the leader's last message; on the leader, since a quorum last
    /// answered. Nothing before the first time.
    pub since_leader_contact: Option<Duration>,
    /// Why raft has stopped on this node, if it has. The data plane does not need it to run.
    pub stopped: Option<String>,
}
