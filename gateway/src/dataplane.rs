//! The data plane of one node as its owner sees it: shards and units go in, reports come out.
//!
//! One idea: everything that changes while traffic flows is one pointer, swapped whole: the directory,
//! the shard of each gateway, the list of units. Nothing here waits for anybody who configures.
//! Must not know raft, placement, nor when a unit should run.

use crate::{
    directory::Directory,
    front_door::{self, Relay},
    host::{Host, Listener},
    limits::Limits,
    records::{Failure, Traced},
    report::{DoorReport, DoorStats, UnitId, UnitMetrics, UnitReport, WorkspaceMetrics},
    route::Scheme,
    shard::Shard,
    unit::{Place, UnitSetup, UnitSlot},
};
use arc_swap::{ArcSwap, ArcSwapOption};
use hanse_policy::RequestId;
use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a unit is waited for that is asked what its documents measured.
pub const MEASURED_TIMEOUT: Duration = Duration::from_secs(1);

/// What a data plane is made with.
#[derive(Clone)]
pub struct DataPlaneConfig {
    /// This node.
    pub node_id: u64,
    /// The bounds.
    pub limits: Limits,
    /// Key of the HMAC-SHA256 over a presented subscription key that gives the fingerprint which the
    /// shard knows.
    pub fingerprint_key: [u8; 32],
    /// Name of the service and the zone of this node, as expressions see them.
    pub service_name: Arc<str>,
    pub zone: Arc<str>,
}

/// The data plane of one node.
pub struct DataPlane {
    pub(crate) config: DataPlaneConfig,
    pub(crate) limits: Arc<Limits>,
    pub(crate) host: Host,
    pub(crate) relay: Arc<dyn Relay>,
    /// `None` until the node knows anything.
    pub(crate) directory: Arc<ArcSwapOption<Directory>>,
    /// Units that take connections. Read with every arrival, written with every start and stop.
    units: ArcSwap<Vec<Arc<UnitSlot>>>,
    /// Makes changes of `units` one at a time.
    changing: Mutex<()>,
    /// Told when held connections should look again.
    pub(crate) changed: Notify,
    pub(crate) door_slots: Arc<Semaphore>,
    pub(crate) door_tasks: TaskTracker,
    pub(crate) door_stats: DoorStats,
    pub(crate) stop_doors: CancellationToken,
    /// Units that are stopping, for as long as they drain.
    stopping: TaskTracker,
    next_unit: AtomicU64,
    next_relay: AtomicUsize,
    /// For its units.
    this: Weak<DataPlane>,
}

impl DataPlane {
    /// A data plane that serves nothing yet.
    pub fn new(config: DataPlaneConfig, host: Host, relay: Arc<dyn Relay>) -> Arc<DataPlane> {
        let door_slots = Arc::new(Semaphore::new(config.limits.door_connections_max));
        Arc::new_cyclic(|this| DataPlane {
            limits: Arc::new(config.limits.clone()),
            config,
            host,
            relay,
            directory: Arc::default(),
            units: ArcSwap::default(),
            changing: Mutex::default(),
            changed: Notify::new(),
            door_slots,
            door_tasks: TaskTracker::new(),
            door_stats: DoorStats::default(),
            stop_doors: CancellationToken::new(),
            stopping: TaskTracker::new(),
            next_unit: AtomicU64::new(1),
            next_relay: AtomicUsize::new(0),
            this: this.clone(),
        })
    }

    /// Accepts connections until `shutdown` resolves. Connections that were accepted live on; see
    /// [`drain`](DataPlane::drain).
    pub async fn serve(self: Arc<Self>, listener: Box<dyn Listener>, scheme: Scheme, shutdown: impl Future) {
        front_door::serve(self, listener, scheme, shutdown).await;
    }

    /// Replaces what is known of gateways and their nodes, and lets held connections look again.
    pub fn set_directory(&self, directory: Arc<Directory>) {
        self.directory.store(Some(directory));
        self.changed.notify_waiters();
    }

    /// Replaces the shard of a gateway's units: each serves its next request by it. Without units, a
    /// shard comes with [`start_unit`](DataPlane::start_unit).
    pub fn publish(&self, gateway: &str, shard: Arc<Shard>) {
        let _changing = self.lock();
        for unit in self.units.load().iter().filter(|unit| *unit.gateway == *gateway) {
            // They share one pointer, and storing it twice does not hurt.
            unit.shard.store(shard.clone());
        }
        // Somebody may wait for a workspace that came with it.
        self.changed.notify_waiters();
    }

    /// Starts a unit of a gateway and publishes the shard to its other units as well.
    ///
    /// # Errors
    /// When the machine has no room for another one.
    pub fn start_unit(&self, gateway: &Arc<str>, shard: Arc<Shard>, stand_in: bool) -> io::Result<UnitId> {
        let _changing = self.lock();
        let units = self.units.load();
        let shared = match units.iter().find(|unit| unit.gateway == *gateway) {
            Some(unit) => {
                unit.shard.store(shard);
                unit.shard.clone()
            }
            None => Arc::new(ArcSwap::new(shard)),
        };
        let id = UnitId(self.next_unit.fetch_add(1, Relaxed));
        let slot = UnitSlot::start(UnitSetup {
            id,
            gateway: gateway.clone(),
            stand_in,
            shard: shared,
            directory: self.directory.clone(),
            limits: self.limits.clone(),
            host: self.host.clone(),
            fingerprint_key: self.config.fingerprint_key,
            service_name: self.config.service_name.clone(),
            zone: self.config.zone.clone(),
            plane: self.this.clone(),
        })?;
        let mut list = Vec::clone(&units);
        list.push(Arc::new(slot));
        self.units.store(Arc::new(list));
        self.changed.notify_waiters();
        tracing::info!(unit = id.0, %gateway, stand_in, "unit started");
        Ok(id)
    }

    /// Stops a unit: it takes no more connections and lets its requests finish within
    /// [`Limits::drain_timeout`]. False when there is no such unit. Needs a tokio runtime around it.
    pub fn stop_unit(&self, id: UnitId) -> bool {
        let _changing = self.lock();
        let units = self.units.load();
        let Some(slot) = units.iter().find(|unit| unit.id == id).cloned() else {
            return false;
        };
        let list = units.iter().filter(|unit| unit.id != id).cloned().collect();
        self.units.store(Arc::new(list));
        tracing::info!(unit = id.0, gateway = %slot.gateway, "unit stops");
        slot.stop();
        self.stopping.spawn(async move { slot.ended().await });
        true
    }

    /// All units that take connections, oldest first. A unit whose thread ended is among them no more.
    pub fn units(&self) -> Vec<UnitReport> {
        self.units.load().iter().filter(|unit| !unit.has_ended()).map(|unit| unit.report()).collect()
    }

    /// What is kept of a request that failed on this node.
    pub fn failure(&self, id: RequestId) -> Option<Failure> {
        let now_ms = self.host.clock.unix_ms();
        self.units.load().iter().find_map(|unit| unit.records.failure(id, now_ms))
    }

    /// What is kept of a request that was traced on this node.
    pub fn trace(&self, id: RequestId) -> Option<Traced> {
        let now_ms = self.host.clock.unix_ms();
        self.units.load().iter().find_map(|unit| unit.records.trace(id, now_ms))
    }

    /// What documents have measured in a unit, by workspace; `None` when there is no such unit.
    pub async fn metrics(&self, id: UnitId) -> Option<Vec<WorkspaceMetrics>> {
        let units = self.units.load_full();
        units.iter().find(|unit| unit.id == id)?.metrics().await
    }

    /// What documents have measured in all units that take connections, and answer within
    /// [`MEASURED_TIMEOUT`].
    pub async fn measured(&self) -> Vec<UnitMetrics> {
        let mut all = Vec::new();
        for unit in self.units.load_full().iter() {
            // A unit that hangs keeps the others' figures from nobody.
            let asked = tokio::time::timeout(MEASURED_TIMEOUT, unit.metrics()).await;
            if let Ok(Some(workspaces)) = asked {
                let (gateway, started_ms) = (unit.gateway.clone(), unit.started_ms);
                all.push(UnitMetrics { id: unit.id, gateway, started_ms, workspaces });
            }
        }
        all
    }

    /// What the front door did.
    pub fn door(&self) -> DoorReport {
        self.door_stats.report()
    }

    /// Stops all units and waits until their requests, and what the front door is busy with, are done,
    /// or the deadline has passed. The caller has ended [`serve`](DataPlane::serve) before.
    pub async fn drain(&self, deadline: Duration) {
        let until = Instant::now() + deadline;
        for unit in self.units() {
            self.stop_unit(unit.id);
        }
        self.stopping.close();
        self.door_tasks.close();
        let done = async {
            self.stopping.wait().await;
            self.door_tasks.wait().await;
        };
        if timeout_at(until, done).await.is_err() {
            tracing::info!(?deadline, "drain ended before all requests did");
        }
        self.stop_doors.cancel();
    }

    /// Room in the unit of a gateway that has the fewest connections; where a workspace is named, only
    /// if the gateway has it.
    pub(crate) fn reserve(&self, gateway: &str, workspace: Option<&str>) -> Option<Place> {
        let units = self.units.load();
        let mut candidates: Vec<(usize, &Arc<UnitSlot>)> = units
            .iter()
            .filter(|unit| *unit.gateway == *gateway)
            .filter(|unit| workspace.is_none_or(|id| unit.shard.load().workspace(id).is_some()))
            .map(|unit| (unit.connections(), unit))
            .collect();
        candidates.sort_by_key(|(connections, _)| *connections);
        candidates.into_iter().find_map(|(_, unit)| unit.reserve())
    }

    /// Where to begin among the nodes of a gateway, another place each time.
    pub(crate) fn next_relay(&self) -> usize {
        self.next_relay.fetch_add(1, Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // The guarded value is nothing, so that a panic cannot have left it broken.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for DataPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataPlane")
            .field("node_id", &self.config.node_id)
            .field("units", &self.units())
            .finish_non_exhaustive()
    }
}
