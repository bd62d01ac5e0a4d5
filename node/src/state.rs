//! What the parts of a running node share.

use crate::{
    cluster::{channels::Channels, linearize::Linearizer, peers::Peers},
    config::Config,
};
use hanse_gateway::{dataplane::DataPlane, host::Host, report::UnitReport};
use hanse_proto::v1;
use hanse_raft_store::{Keyring, Replica, Role, StoreError, View};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// What the process tells of itself; simulations give fixed answers.
#[derive(Debug, Clone, Copy)]
pub struct ProcessInfo {
    /// Process id.
    pub pid: u32,
    /// Resident memory in bytes.
    pub memory_bytes: fn() -> u64,
}

/// A node, as its services and controllers see it.
pub struct Node {
    /// Its configuration.
    pub config: Config,
    /// The machine.
    pub host: Host,
    /// The replicated store.
    pub replica: Replica,
    /// Seals and opens secrets.
    pub keyring: Keyring,
    /// Channels to peers.
    pub channels: Arc<Channels>,
    /// Liveness of peers.
    pub peers: Arc<Peers>,
    /// Linearisable reads.
    pub linearizer: Linearizer,
    /// The data plane.
    pub data_plane: Arc<DataPlane>,
    /// Revision that all units of this node run.
    pub live: watch::Receiver<u64>,
    /// Since when it runs.
    pub started: Instant,
    /// The process.
    pub process: ProcessInfo,
    /// Cancelled when the node stops.
    pub stop: CancellationToken,
    /// Term in which this node, as leader, last knew that it had applied everything before it.
    pub caught_up_term: AtomicU64,
    /// Turns of decisions that may take long: fewer than there are cores.
    pub turns: Semaphore,
}

impl Node {
    /// A consistent view of what this node has applied.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn view(&self) -> Result<View, StoreError> {
        self.replica.view()
    }

    /// Whether this node believes to be the leader.
    pub fn is_leader(&self) -> bool {
        self.replica.metrics().role == Role::Leader
    }

    /// Marks that this leader has applied everything from before its term.
    pub fn mark_caught_up(&self, term: u64) {
        self.caught_up_term.store(term, Ordering::Relaxed);
    }

    /// What this node says of itself.
    pub fn status(&self) -> v1::NodeStatus {
        let metrics = self.replica.metrics();
        let name_of = |id: u64| metrics.members.get(&id).map(|(member, _)| member.name.clone());
        let units = self.data_plane.units();
        let (applied_revision, state_hash) = match self.view() {
            Ok(view) => (view.revision(), view.state_hash().to_string()),
            Err(_) => (metrics.applied, String::new()),
        };
        let own = self.config.members.iter().find(|member| member.id == self.config.node_id);
        v1::NodeStatus {
            id: self.config.node_id,
            name: self.config.node.clone(),
            role: match metrics.role {
                Role::Leader => "leader",
                Role::Follower => "follower",
                Role::Candidate => "candidate",
                Role::Learner => "learner",
                Role::Stopped => "stopped",
            }
            .to_owned(),
            addresses: own.map(|member| v1::NodeAddresses {
                admin: member.admin_addr.clone(),
                node: member.node_addr.clone(),
                gateway_http: member.gateway_http_addr.clone(),
            }),
            zone: own.map(|member| member.zone.clone()).unwrap_or_default(),
            pid: self.process.pid,
            applied_revision,
            state_hash,
            live_revision: *self.live.borrow(),
            units: count(units.iter().filter(|unit| !unit.stand_in).count()),
            stand_ins: count(units.iter().filter(|unit| unit.stand_in).count()),
            lag_ms: metrics.since_leader_contact.map_or(0, millis),
            memory_bytes: (self.process.memory_bytes)(),
            uptime_ms: millis(self.started.elapsed()),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            voter: metrics.members.get(&self.config.node_id).is_some_and(|(_, voter)| *voter),
            term: metrics.term,
            leader: metrics.leader.and_then(name_of).unwrap_or_default(),
        }
    }

    /// What its units say of themselves, as other nodes are told.
    pub fn unit_reports(&self) -> Vec<v1::UnitReport> {
        let report = |unit: UnitReport| v1::UnitReport {
            gateway: unit.gateway.to_string(),
            stand_in: unit.stand_in,
            revision: *self.live.borrow(),
            requests: unit.requests,
            errors: unit.errors,
            passed_on: unit.passed_on,
        };
        self.data_plane.units().into_iter().map(report).collect()
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
