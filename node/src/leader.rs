//! What only the leader does: it places units on nodes and has deleted subtrees purged.
//!
//! One idea: it decides by pure functions over the store and what its own pings saw, and whatever
//! it decides goes through the log like everybody else's writes.

use crate::{
    directory,
    placement::{Candidate, GatewayNeed, place},
    state::Node,
};
use hanse_gateway::directory::DEFAULT_GATEWAY;
use hanse_proto::{FEATURE_LEVEL, Kind, Name, v1};
use hanse_raft_store::{Member, ProposeError, Role, StoreError};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A node that has been silent for so long loses its units; a new leader waits as long before it
/// moves anything.
pub const LIVENESS: Duration = Duration::from_secs(2);
/// Pause between two looks at the cluster.
const INTERVAL: Duration = Duration::from_millis(100);
/// Purge commands in a row, so that other writers get their turn.
const PURGES_IN_A_ROW: usize = 4;
/// Change records looked through before everything is read again.
const CHANGES_STEP: usize = 256;

/// Runs the leader's duties on this node whenever it is the leader.
pub async fn run(node: Arc<Node>, stop: CancellationToken) {
    let mut duty = Duty { node, leading: None, known: None };
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut applied = duty.node.replica.applied();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            // A new gateway should not wait for the next look.
            _ = applied.changed() => {}
            _ = interval.tick() => {}
        }
        if let Err(error) = duty.look().await {
            tracing::debug!(%error, "the leader's duties wait");
        }
    }
}

struct Duty {
    node: Arc<Node>,
    /// Term of this leadership and when it began.
    leading: Option<(u64, Instant)>,
    /// What the store says of placement, as of a revision.
    known: Option<Known>,
}

/// Kept between looks, so that a look costs nothing while only other things change.
struct Known {
    revision: u64,
    needs: Vec<GatewayNeed>,
    /// What people say of nodes, by name in lower case.
    nodes: BTreeMap<String, v1::ClusterNode>,
    current: v1::Assignment,
}

#[derive(Debug, thiserror::Error)]
enum DutyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Propose(#[from] ProposeError),
}

impl Duty {
    async fn look(&mut self) -> Result<(), DutyError> {
        let metrics = self.node.replica.metrics();
        if metrics.role != Role::Leader {
            (self.leading, self.known) = (None, None);
            return Ok(());
        }
        let since = match self.leading {
            Some((term, since)) if term == metrics.term => since,
            _ => {
                let now = Instant::now();
                self.leading = Some((metrics.term, now));
                now
            }
        };
        let is_settled = since.elapsed() >= LIVENESS;
        self.place(&metrics.members, is_settled).await?;
        self.purge().await
    }

    async fn place(
        &mut self,
        members: &BTreeMap<u64, (Member, bool)>,
        is_settled: bool,
    ) -> Result<(), DutyError> {
        let node = self.node.clone();
        let Known { needs, nodes, current, .. } = self.refresh()?;
        let own = node.config.node_id;
        let candidates: Vec<Candidate> = members
            .values()
            .filter(|(member, _)| {
                let silent = node.peers.silent_for(member.id);
                // Before it has settled, the leader takes every node for live: it only places what is
                // new, and moves nothing.
                member.id == own || !is_settled || silent.is_some_and(|silent| silent < LIVENESS)
            })
            .map(|(member, _)| candidate(member, nodes.get(&member.name.to_lowercase())))
            .collect();
        let Some(assignment) = place(needs, &candidates, current) else { return Ok(()) };
        let moved = moved(current, &assignment);
        if !is_settled && moved > 0 {
            return Ok(());
        }
        tracing::info!(generation = assignment.generation, moved, "units are placed");
        let command =
            v1::PlaceCommand { assignment: Some(assignment), replaces_generation: current.generation };
        self.propose(v1::command::Action::Place(command)).await
    }

    /// What placement goes by, read again only where gateways or the assignment changed.
    fn refresh(&mut self) -> Result<&Known, StoreError> {
        let view = self.node.view()?;
        let revision = view.revision();
        let is_current = match &self.known {
            None => false,
            Some(known) => match hanse_model::changes_after(&view, known.revision, CHANGES_STEP)? {
                Ok(changes) if changes.len() < CHANGES_STEP => {
                    !changes.iter().any(|change| concerns_placement(&change.name))
                }
                Ok(_) | Err(_) => false,
            },
        };
        match &mut self.known {
            Some(known) if is_current => known.revision = revision,
            known => {
                let needs = directory::units(&view)?
                    .into_iter()
                    .filter(|(gateway, _)| gateway != DEFAULT_GATEWAY)
                    .map(|(gateway, units)| GatewayNeed { units: units as usize, gateway })
                    .collect();
                let nodes = directory::nodes(&view)?;
                *known = Some(Known { revision, needs, nodes, current: hanse_model::assignment(&view)? });
            }
        }
        Ok(self.known.as_ref().expect("set above"))
    }

    async fn purge(&self) -> Result<(), DutyError> {
        for _ in 0..PURGES_IN_A_ROW {
            let roots = hanse_model::tombstones(&self.node.view()?, 1)?;
            let Some(root) = roots.into_iter().next() else { return Ok(()) };
            self.propose(v1::command::Action::Purge(v1::PurgeCommand { root })).await?;
        }
        Ok(())
    }

    async fn propose(&self, action: v1::command::Action) -> Result<(), DutyError> {
        let outcome = self.node.replica.propose(&system_command(&self.node, action)).await?;
        if let Some(v1::outcome::Result::Rejection(rejection)) = outcome.result {
            // Somebody was faster; the next look sees the new state.
            tracing::debug!(?rejection, "a command of the leader was refused");
        }
        Ok(())
    }
}

/// A member of the cluster as placement sees it.
fn candidate(member: &Member, said: Option<&v1::ClusterNode>) -> Candidate {
    let zone = directory::zone(&member.zone, said).to_owned();
    Candidate { id: member.id, zone, is_cordoned: said.is_some_and(|node| node.is_cordoned) }
}

/// Whether a change may make another assignment right. A gateway that goes along with its workspace has
/// a record of its own.
fn concerns_placement(name: &str) -> bool {
    match Name::parse(name) {
        Ok(name) => matches!(name.kind(), Kind::Gateway | Kind::ClusterNode),
        Err(_) => name == hanse_model::ASSIGNMENT_NAME,
    }
}

/// Units that were on one node and now are on another.
fn moved(before: &v1::Assignment, after: &v1::Assignment) -> usize {
    after
        .gateways
        .iter()
        .map(|gateway| {
            let old = before.gateways.iter().find(|it| it.gateway == gateway.gateway);
            let old = old.map_or(&[][..], |it| it.nodes.as_slice());
            let kept = gateway.nodes.iter().filter(|node| old.contains(node)).count();
            old.len().min(gateway.nodes.len()).saturating_sub(kept)
        })
        .sum()
}

/// A command of the cluster itself.
pub fn system_command(node: &Node, action: v1::command::Action) -> v1::Command {
    v1::Command {
        feature_level: FEATURE_LEVEL,
        at_ms: node.host.clock.unix_ms(),
        principal: Some(v1::Principal {
            who: Some(v1::principal::Who::System(v1::SystemPrincipal { node: node.config.node.clone() })),
        }),
        request_id: String::new(),
        request_digest: Vec::new(),
        action: Some(action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(all: &[(&str, &[u64])]) -> v1::Assignment {
        let gateways = all
            .iter()
            .map(|(gateway, nodes)| v1::GatewayAssignment {
                gateway: (*gateway).into(),
                nodes: nodes.to_vec(),
            })
            .collect();
        v1::Assignment { generation: 1, gateways }
    }

    #[test]
    fn the_resource_of_a_node_goes_before_its_configuration() {
        let member = Member {
            id: 7,
            name: "n".into(),
            node_addr: String::new(),
            admin_addr: String::new(),
            gateway_http_addr: String::new(),
            zone: "configured".into(),
        };
        let said = |zone: &str, is_cordoned| {
            let node = v1::ClusterNode { zone: zone.into(), is_cordoned, ..Default::default() };
            let candidate = candidate(&member, Some(&node));
            (candidate.zone, candidate.is_cordoned)
        };
        assert_eq!(candidate(&member, None).zone, "configured");
        assert_eq!(said("", true), ("configured".to_owned(), true));
        assert_eq!(said("said", false), ("said".to_owned(), false));
        assert!(concerns_placement("nodes/n"));
    }

    #[test]
    fn placing_something_new_moves_nothing() {
        let before = assignment(&[("a", &[1])]);
        assert_eq!(moved(&before, &assignment(&[("a", &[1]), ("b", &[2])])), 0);
        assert_eq!(moved(&before, &assignment(&[("a", &[1, 2])])), 0);
        assert_eq!(moved(&before, &assignment(&[("a", &[2])])), 1);
        assert_eq!(moved(&before, &assignment(&[])), 0);
    }
}
