//! A running node never goes back: neither in what it applied nor in its term.
//!
//! One idea: compare with the last tick of the same incarnation. Over a restart the term is
//! durable and must not go back either; what is applied may, until the log is replayed.

use super::{Invariant, Observation};
use std::collections::BTreeMap;

/// Remembers the last tick of every node.
#[derive(Debug, Default)]
pub struct MonotoneRevisions {
    last: BTreeMap<u64, Last>,
}

#[derive(Debug)]
struct Last {
    incarnation: u64,
    term: u64,
    applied: u64,
}

impl Invariant for MonotoneRevisions {
    fn name(&self) -> &'static str {
        "monotone revisions"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        for node in &observation.nodes {
            let now = Last { incarnation: node.incarnation, term: node.term, applied: node.applied };
            let Some(last) = self.last.insert(node.node, now) else { continue };
            if node.term < last.term {
                return Err(format!("node {} went back from term {} to {}", node.node, last.term, node.term));
            }
            if node.incarnation == last.incarnation && node.applied < last.applied {
                return Err(format!(
                    "node {} went back from revision {} to {}",
                    node.node, last.applied, node.applied
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

    fn tick(incarnation: u64, term: u64, applied: u64) -> Observation {
        let node = NodeView { node: 1, incarnation, term, applied, ..NodeView::default() };
        Observation { nodes: vec![node], ..Observation::default() }
    }

    #[test]
    fn going_back_is_found_unless_a_restart_explains_it() {
        let mut invariant = MonotoneRevisions::default();
        assert_eq!(invariant.check(&tick(1, 2, 10)), Ok(()));
        assert_eq!(invariant.check(&tick(2, 2, 8)), Ok(()), "replayed after a restart");
        assert!(invariant.check(&tick(2, 2, 7)).is_err());
        assert!(invariant.check(&tick(3, 1, 7)).is_err(), "a term is durable");
    }
}
