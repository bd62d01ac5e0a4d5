//! Two nodes at the same revision have the same state (Raft paper: state machine safety).
//!
//! One idea: the first hash seen for a revision is the hash of that revision, on every node and
//! for ever, also after restarts and installed snapshots.

use super::{Invariant, Observation};
use std::collections::BTreeMap;

/// Remembers the hash of every revision, and who had it first.
#[derive(Debug, Default)]
pub struct StateEquality {
    hashes: BTreeMap<u64, (String, u64)>,
}

impl Invariant for StateEquality {
    fn name(&self) -> &'static str {
        "state equality"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        for node in &observation.nodes {
            let Some((revision, hash)) = &node.state else { continue };
            let (first, who) = self.hashes.entry(*revision).or_insert_with(|| (hash.clone(), node.node));
            if first != hash {
                return Err(format!(
                    "at revision {revision} node {} has state {hash} and node {who} had {first}",
                    node.node
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::NodeView;

    fn tick(states: &[(u64, u64, &str)]) -> Observation {
        let nodes = states
            .iter()
            .map(|(node, revision, hash)| NodeView {
                node: *node,
                state: Some((*revision, (*hash).to_owned())),
                ..NodeView::default()
            })
            .collect();
        Observation { nodes, ..Observation::default() }
    }

    #[test]
    fn a_node_that_arrives_elsewhere_is_found() {
        let mut invariant = StateEquality::default();
        assert_eq!(invariant.check(&tick(&[(1, 5, "aa"), (2, 4, "bb")])), Ok(()));
        assert_eq!(invariant.check(&tick(&[(1, 6, "cc"), (2, 5, "aa")])), Ok(()));
        assert!(invariant.check(&tick(&[(3, 6, "dd")])).is_err());
    }
}
