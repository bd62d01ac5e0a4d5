//! What was acknowledged is never lost: every node that has come as far has it.
//!
//! One idea: an acknowledgement names a request id and its revision. Any node whose known
//! requests are complete up to that revision must know this one at this revision; a node that
//! restarts tells all of its requests again, so nothing may vanish with a power cut either.

use super::{Invariant, Observation, Told};
use std::collections::BTreeMap;

/// Remembers acknowledgements, and what each node knows.
#[derive(Debug, Default)]
pub struct AckedCommands {
    acked: BTreeMap<u64, Vec<String>>,
    known: BTreeMap<u64, Known>,
}

#[derive(Debug, Default)]
struct Known {
    incarnation: u64,
    requests: BTreeMap<String, u64>,
    up_to: u64,
    checked_up_to: u64,
}

impl AckedCommands {
    /// Acknowledged commands that some running node is still to show. Empty once a cluster has
    /// converged.
    pub fn unseen(&self, nodes: &[u64]) -> Vec<String> {
        let mut unseen = Vec::new();
        for (revision, request_ids) in &self.acked {
            for request_id in request_ids {
                let everywhere = nodes.iter().all(|node| {
                    self.known.get(node).is_some_and(|known| known.requests.get(request_id) == Some(revision))
                });
                if !everywhere {
                    unseen.push(format!("{request_id} of revision {revision}"));
                }
            }
        }
        unseen
    }
}

impl Invariant for AckedCommands {
    fn name(&self) -> &'static str {
        "acknowledged commands"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        for told in &observation.told {
            let Told::Acked { request_id, revision } = told else { continue };
            self.acked.entry(*revision).or_default().push(request_id.clone());
            for known in self.known.values_mut() {
                // An answer may come long after the nodes have applied it.
                known.checked_up_to = known.checked_up_to.min(revision.saturating_sub(1));
            }
        }
        for node in &observation.nodes {
            let known = self.known.entry(node.node).or_default();
            if known.incarnation != node.incarnation {
                *known = Known { incarnation: node.incarnation, ..Known::default() };
            }
            known.requests.extend(node.requests.iter().cloned());
            known.up_to = known.up_to.max(node.requests_up_to);
            if known.checked_up_to >= known.up_to {
                continue;
            }
            let due = self.acked.range(known.checked_up_to + 1..=known.up_to);
            for (revision, request_ids) in due {
                for request_id in request_ids {
                    let found = known.requests.get(request_id);
                    if found != Some(revision) {
                        return Err(format!(
                            "node {} is at revision {} and has request {request_id}, acknowledged at {revision}, at {found:?}",
                            node.node, known.up_to
                        ));
                    }
                }
            }
            known.checked_up_to = known.up_to;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::NodeView;

    fn acked(request_id: &str, revision: u64) -> Told {
        Told::Acked { request_id: request_id.to_owned(), revision }
    }

    fn node(node: u64, incarnation: u64, requests: &[(&str, u64)], up_to: u64) -> NodeView {
        NodeView {
            node,
            incarnation,
            requests: requests.iter().map(|(id, revision)| ((*id).to_owned(), *revision)).collect(),
            requests_up_to: up_to,
            ..NodeView::default()
        }
    }

    fn tick(nodes: Vec<NodeView>, told: Vec<Told>) -> Observation {
        Observation { nodes, told, ..Observation::default() }
    }

    #[test]
    fn a_node_that_passed_the_revision_without_the_command_is_found() {
        let mut invariant = AckedCommands::default();
        let first = tick(vec![node(1, 1, &[("a", 3)], 3), node(2, 1, &[], 2)], vec![acked("a", 3)]);
        assert_eq!(invariant.check(&first), Ok(()), "node 2 is only behind");
        assert_eq!(invariant.unseen(&[1, 2]).len(), 1);
        let later = tick(vec![node(2, 1, &[("b", 4)], 4)], vec![]);
        assert!(invariant.check(&later).is_err());
    }

    #[test]
    fn an_answer_that_comes_late_is_checked_all_the_same() {
        let mut invariant = AckedCommands::default();
        assert_eq!(invariant.check(&tick(vec![node(1, 1, &[("b", 4)], 4)], vec![])), Ok(()));
        let late = tick(vec![node(1, 1, &[], 4)], vec![acked("a", 3)]);
        assert!(invariant.check(&late).is_err());
    }

    #[test]
    fn what_a_restart_forgot_is_found() {
        let mut invariant = AckedCommands::default();
        let first = tick(vec![node(1, 1, &[("a", 3)], 3)], vec![acked("a", 3)]);
        assert_eq!(invariant.check(&first), Ok(()));
        assert!(invariant.unseen(&[1]).is_empty());
        assert_eq!(invariant.check(&tick(vec![node(1, 2, &[], 2)], vec![])), Ok(()));
        assert!(invariant.check(&tick(vec![node(1, 2, &[("c", 3)], 3)], vec![])).is_err());
    }
}
