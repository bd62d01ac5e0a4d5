//! At most one leader in a term (Raft paper, figure 3: election safety).
//!
//! One idea: remember who led each term, for ever, and never let it be somebody else.

use super::{Invariant, Observation};
use std::collections::BTreeMap;

/// Remembers the leader of every term.
#[derive(Debug, Default)]
pub struct ElectionSafety {
    leaders: BTreeMap<u64, u64>,
}

impl Invariant for ElectionSafety {
    fn name(&self) -> &'static str {
        "election safety"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        for node in observation.nodes.iter().filter(|node| node.leads) {
            let leader = *self.leaders.entry(node.term).or_insert(node.node);
            if leader != node.node {
                return Err(format!("nodes {leader} and {} both lead term {}", node.node, node.term));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::NodeView;

    fn tick(leaders: &[(u64, u64)]) -> Observation {
        let nodes = leaders
            .iter()
            .map(|(node, term)| NodeView { node: *node, term: *term, leads: true, ..NodeView::default() })
            .collect();
        Observation { nodes, ..Observation::default() }
    }

    #[test]
    fn two_leaders_of_one_term_are_found_also_ticks_apart() {
        let mut invariant = ElectionSafety::default();
        assert_eq!(invariant.check(&tick(&[(1, 1)])), Ok(()));
        assert_eq!(invariant.check(&tick(&[(1, 1), (2, 2)])), Ok(()));
        assert!(invariant.check(&tick(&[(2, 1)])).is_err());
    }
}
