//! A request id takes effect once: it has one revision, on every node and for ever.
//!
//! One idea: the nodes' states say which request id was applied at which revision. A client that
//! repeats its request, through whatever node, must not get it applied again. Request ids of
//! simulated clients are unique, so the principal need not be told apart.

use super::{Invariant, Observation};
use std::collections::BTreeMap;

/// Remembers the revision of every request id.
#[derive(Debug, Default)]
pub struct RequestsOnce {
    revisions: BTreeMap<String, u64>,
}

impl Invariant for RequestsOnce {
    fn name(&self) -> &'static str {
        "requests once"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        for node in &observation.nodes {
            for (request_id, revision) in &node.requests {
                let first = *self.revisions.entry(request_id.clone()).or_insert(*revision);
                if first != *revision {
                    return Err(format!(
                        "request {request_id} is at revision {first} and, on node {}, at {revision}",
                        node.node
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::NodeView;

    fn tick(node: u64, request_id: &str, revision: u64) -> Observation {
        let requests = vec![(request_id.to_owned(), revision)];
        let node = NodeView { node, requests, ..NodeView::default() };
        Observation { nodes: vec![node], ..Observation::default() }
    }

    #[test]
    fn a_request_with_two_revisions_is_found() {
        let mut invariant = RequestsOnce::default();
        assert_eq!(invariant.check(&tick(1, "a", 5)), Ok(()));
        assert_eq!(invariant.check(&tick(2, "a", 5)), Ok(()));
        assert_eq!(invariant.check(&tick(2, "b", 6)), Ok(()));
        assert!(invariant.check(&tick(1, "a", 7)).is_err());
    }
}
