//! A unit only runs a revision that its node has applied, and never goes back.
//!
//! One idea: the shard that a unit serves from was compiled from some applied state. A unit ahead
//! of its node would serve what raft may still take back; a unit that goes back revives a
//! revoked key.

use super::{Invariant, Observation};
use std::collections::BTreeMap;

/// Remembers what each unit runs: by node, incarnation, gateway and position.
#[derive(Debug, Default)]
pub struct UnitRevisions {
    running: BTreeMap<(u64, u64, String, usize), u64>,
}

impl Invariant for UnitRevisions {
    fn name(&self) -> &'static str {
        "unit revisions"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        let mut running = BTreeMap::new();
        for node in &observation.nodes {
            for unit in &node.units {
                if unit.revision > node.applied {
                    return Err(format!(
                        "unit {} of gateway {} on node {} runs revision {}, but the node has applied {}",
                        unit.index, unit.gateway, node.node, unit.revision, node.applied
                    ));
                }
                let id = (node.node, node.incarnation, unit.gateway.clone(), unit.index);
                if let Some(before) = self.running.get(&id).filter(|it| **it > unit.revision) {
                    return Err(format!(
                        "unit {} of gateway {} on node {} went back from revision {before} to {}",
                        unit.index, unit.gateway, node.node, unit.revision
                    ));
                }
                running.insert(id, unit.revision);
            }
        }
        // A unit that is gone may begin anew.
        self.running = running;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::{NodeView, UnitView};

    fn tick(incarnation: u64, applied: u64, units: &[u64]) -> Observation {
        let units = units
            .iter()
            .enumerate()
            .map(|(index, revision)| UnitView { gateway: "default".into(), index, revision: *revision })
            .collect();
        let node = NodeView { node: 1, incarnation, applied, units, ..NodeView::default() };
        Observation { nodes: vec![node], ..Observation::default() }
    }

    #[test]
    fn a_unit_ahead_of_its_node_or_going_back_is_found() {
        let mut invariant = UnitRevisions::default();
        assert_eq!(invariant.check(&tick(1, 5, &[5, 4])), Ok(()));
        assert_eq!(invariant.check(&tick(1, 5, &[5, 5])), Ok(()));
        assert!(invariant.check(&tick(1, 5, &[6])).is_err(), "ahead");
        assert_eq!(invariant.check(&tick(1, 6, &[6])), Ok(()));
        assert!(invariant.check(&tick(1, 6, &[5])).is_err(), "back");
        assert_eq!(invariant.check(&tick(2, 4, &[4])), Ok(()), "another incarnation");
    }
}
