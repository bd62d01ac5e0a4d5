//! What must hold at every moment of a simulation, one property a file.
//!
//! One idea: a checker sees an [`Observation`] after every tick and keeps what it needs of the
//! past. It never looks at a node by itself, so that a checker can be tested with three lines of
//! made-up history, and a broken net is found without a cluster.
//!
//! Must not know how observations are made: that is the cluster's.

mod acked_commands;
mod answers;
mod election_safety;
mod monotone_revisions;
mod requests_once;
mod state_equality;
mod unit_revisions;
mod watches;

pub use acked_commands::AckedCommands;
pub use answers::Answers;
pub use election_safety::ElectionSafety;
pub use monotone_revisions::MonotoneRevisions;
pub use requests_once::RequestsOnce;
pub use state_equality::StateEquality;
pub use unit_revisions::UnitRevisions;
pub use watches::Watches;

use std::time::Duration;

/// A property that no tick may break.
pub trait Invariant {
    /// Its name in messages.
    fn name(&self) -> &'static str;

    /// Looks at one tick, in order and at every tick.
    ///
    /// # Errors
    /// What was seen and what should have been.
    fn check(&mut self, observation: &Observation) -> Result<(), String>;
}

/// What the simulation saw in one tick.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// Simulated time.
    pub at: Duration,
    /// Nodes that run, in the order of their ids.
    pub nodes: Vec<NodeView>,
    /// What clients were told since the last tick, in order.
    pub told: Vec<Told>,
}

/// One running node.
#[derive(Debug, Clone, Default)]
pub struct NodeView {
    /// Its id.
    pub node: u64,
    /// Counts its starts: memory that is not durable may be lost between two of them.
    pub incarnation: u64,
    /// Raft's term on this node.
    pub term: u64,
    /// The node says that it leads this term, and a quorum has said so: a node that was leader
    /// before it restarted and has heard nobody since is not one.
    pub leads: bool,
    /// Highest revision it has applied.
    pub applied: u64,
    /// A revision with the hash of the whole state at it.
    pub state: Option<(u64, String)>,
    /// Request ids with their revisions that its state has gained since the last tick, in the
    /// order of revisions; all of them after a start.
    pub requests: Vec<(String, u64)>,
    /// `requests` of this and earlier ticks are complete up to this revision.
    pub requests_up_to: u64,
    /// Units that run.
    pub units: Vec<UnitView>,
}

/// One running unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitView {
    /// Id of the gateway.
    pub gateway: String,
    /// Position among this node's units.
    pub index: usize,
    /// Revision of the shard that it serves from.
    pub revision: u64,
}

/// What a client was told.
#[derive(Debug, Clone)]
pub enum Told {
    /// A command was acknowledged at a revision.
    Acked {
        /// The request id that the client chose.
        request_id: String,
        /// The revision of the answer.
        revision: u64,
    },
    /// A request got an answer through a gateway.
    Answered {
        /// Workspace whose hostname was asked.
        asked: String,
        /// What of the answer tells where it came from, in order: the values that policies of
        /// the workspace and of its API put into headers, and what the backend saw.
        workspaces: Vec<String>,
        /// Revision marks that two policies of one deployment put into the answer: equal, or the
        /// answer came from two shards.
        marks: Vec<String>,
    },
    /// A watch began: what comes is after this revision.
    WatchStarted {
        /// The watcher.
        watcher: u64,
        /// Revision after which it wants to know everything.
        after: u64,
    },
    /// A watch brought a change.
    Watched {
        /// The watcher.
        watcher: u64,
        /// Revision of the change.
        revision: u64,
        /// Position among the changes of that revision, from 0.
        index: u32,
    },
    /// A watch said that everything up to a revision has been sent.
    Progress {
        /// The watcher.
        watcher: u64,
        /// That revision.
        revision: u64,
    },
}

/// All of them.
pub fn all() -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(ElectionSafety::default()),
        Box::new(MonotoneRevisions::default()),
        Box::new(StateEquality::default()),
        Box::new(RequestsOnce::default()),
        Box::new(AckedCommands::default()),
        Box::new(UnitRevisions::default()),
        Box::new(Answers),
        Box::new(Watches::default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_observation_breaks_nothing() {
        for mut invariant in all() {
            for _ in 0..2 {
                assert_eq!(invariant.check(&Observation::default()), Ok(()), "{}", invariant.name());
            }
        }
    }
}
