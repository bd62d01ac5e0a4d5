//! The simulated machines and the nodes on them: start, crash, restart, cut off, observe.
//!
//! One idea: a machine outlives its node. Its disk is here, outside of the simulated host, and a
//! crash takes the disk's power before the node is dropped, so that a dying node cannot tidy up.
//!
//! Must not know why a machine crashes: that is [`crate::faults`].

use crate::{
    admin::ADMIN_PORT,
    clients::GATEWAY_PORT,
    disk::Disk,
    host::{EPOCH_MS, simulated},
    invariants::{NodeView, UnitView},
    plan::Plan,
    security::Believing,
    trace::Trace,
};
use hanse::{
    app::{App, AppOptions},
    config::Config,
    state::{Node, ProcessInfo},
};
use hanse_raft_store::{CommitMode, Member, RaftTimings, Role, Storage};
use std::{
    cell::RefCell,
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use turmoil::Sim;

/// Port on which nodes talk to each other.
const NODE_PORT: u16 = 7500;
/// Hostname of everything that is not a node, apart from the backend.
pub const CLIENTS: &str = "clients";
/// Hostname of the simulated backend.
pub const BACKEND: &str = "backend";
/// No simulation is as long as this.
const SIMULATED_MAX: Duration = Duration::from_secs(3600);
/// Segments that a simulated socket holds; more would be a reset, which no real network makes.
const SOCKET_SEGMENTS: usize = 64 * 1024;
/// Change records read at once.
const RECORDS: usize = 1_000;

/// The machines of a simulation.
pub struct Cluster<'a> {
    /// The simulated network and time.
    pub sim: Sim<'a>,
    machines: Vec<Machine>,
    trace: Trace,
    rng: fastrand::Rng,
}

struct Machine {
    name: String,
    disk: Disk,
    slot: Rc<Slot>,
    up: bool,
    incarnation: u64,
    seen: Seen,
}

/// Where the host's software puts its node, for the driving loop to look at.
#[derive(Default)]
struct Slot {
    node: RefCell<Option<Arc<Node>>>,
    failure: RefCell<Option<String>>,
}

/// What of a node has been observed already.
#[derive(Default)]
struct Seen {
    role: Option<(Role, u64)>,
    revision: u64,
    requests_up_to: u64,
    live: u64,
}

impl<'a> Cluster<'a> {
    /// Machines without anything running but nodes, which start with the first tick.
    pub fn new(plan: &Plan, trace: Trace) -> Cluster<'a> {
        let mut sim = turmoil::Builder::new()
            .epoch(UNIX_EPOCH + Duration::from_millis(EPOCH_MS))
            .simulation_duration(SIMULATED_MAX)
            .tick_duration(Duration::from_millis(1))
            .min_message_latency(plan.latency_min)
            .max_message_latency(plan.latency_max)
            .tcp_capacity(SOCKET_SEGMENTS)
            .enable_random_order()
            .rng_seed(plan.seed)
            .build();
        let members: Vec<Member> = (1..=plan.nodes as u64).map(member).collect();
        let machines = members
            .iter()
            .map(|own| {
                let machine = Machine::new(own.name.clone(), plan.lying);
                let (slot, disk) = (machine.slot.clone(), machine.disk.clone());
                let config = config(own, &members);
                sim.host(own.name.as_str(), move || {
                    let (slot, disk, config) = (slot.clone(), disk.clone(), config.clone());
                    async move {
                        run_node(&slot, disk, config).await;
                        Ok(())
                    }
                });
                machine
            })
            .collect();
        let rng = fastrand::Rng::with_seed(plan.seed.wrapping_add(1));
        Cluster { sim, machines, trace, rng }
    }

    /// Number of machines.
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }

    /// Hostname of a machine.
    pub fn name(&self, machine: usize) -> &str {
        &self.machines[machine].name
    }

    /// Whether a machine runs.
    pub fn is_up(&self, machine: usize) -> bool {
        self.machines[machine].up
    }

    /// A machine whose node says that it leads.
    pub fn leader(&self) -> Option<usize> {
        self.machines.iter().position(|machine| {
            let node = machine.slot.node.borrow();
            node.as_ref().is_some_and(|node| node.replica.metrics().role == Role::Leader)
        })
    }

    /// Adds an event.
    pub fn event(&self, what: std::fmt::Arguments<'_>) {
        self.trace.event(self.sim.elapsed(), what);
    }

    /// Takes the power from a machine.
    pub fn crash(&mut self, machine: usize) {
        let machine = &mut self.machines[machine];
        if !machine.up {
            return;
        }
        if machine.disk.has_power() {
            machine.disk.cut_power();
        }
        self.sim.crash(machine.name.as_str());
        machine.slot.node.take();
        machine.up = false;
        let mutations = machine.disk.counters().mutations;
        self.trace
            .event(self.sim.elapsed(), format_args!("{} crashed after {mutations} mutations", machine.name));
    }

    /// Lets the power of a machine go in the middle of what its disk does next.
    pub fn crash_after(&mut self, machine: usize, mutations: u64) {
        self.machines[machine].disk.cut_power_after(mutations);
    }

    /// Takes back what [`Cluster::crash_after`] set up and has not happened yet.
    pub fn keep_power(&mut self, machine: usize) {
        self.machines[machine].disk.keep_power();
    }

    /// Gives a machine its power back.
    pub fn restart(&mut self, machine: usize) {
        let machine = &mut self.machines[machine];
        if machine.up {
            return;
        }
        machine.disk.restore_power(&mut self.rng);
        machine.slot.failure.take();
        machine.incarnation += 1;
        machine.seen = Seen::default();
        machine.up = true;
        self.sim.bounce(machine.name.as_str());
        self.trace.event(self.sim.elapsed(), format_args!("{} restarts", machine.name));
    }

    /// Machines that lost their power in this tick; they are crashed now.
    pub fn crash_powerless(&mut self) -> Vec<usize> {
        let powerless: Vec<usize> = (0..self.machines.len())
            .filter(|machine| {
                let machine = &self.machines[*machine];
                machine.up && !machine.disk.has_power()
            })
            .collect();
        for machine in &powerless {
            self.crash(*machine);
        }
        powerless
    }

    /// What the running nodes look like now.
    ///
    /// # Errors
    /// When a node with power could not start, has stopped raft, or cannot read its store.
    pub fn observe(&mut self) -> Result<Vec<NodeView>, String> {
        let at = self.sim.elapsed();
        let mut views = Vec::new();
        for (index, machine) in self.machines.iter_mut().enumerate() {
            if let Some(failure) = machine.slot.failure.borrow().as_ref() {
                return Err(format!("{} cannot start: {failure}", machine.name));
            }
            let slot = machine.slot.clone();
            let node = slot.node.borrow();
            let Some(node) = node.as_ref() else { continue };
            views.push(machine.observe(index as u64 + 1, node, at, &self.trace)?);
        }
        Ok(views)
    }

    /// Whether all machines run, at one revision and under one leader.
    pub fn has_converged(&self) -> bool {
        let mut states = Vec::new();
        for machine in &self.machines {
            let node = machine.slot.node.borrow();
            let Some(node) = node.as_ref() else { return false };
            let Ok(view) = node.view() else { return false };
            let metrics = node.replica.metrics();
            states.push((metrics.leader, view.revision(), view.state_hash()));
        }
        let first = states.first();
        first.is_some_and(|(leader, _, _)| leader.is_some())
            && states.iter().all(|state| Some(state) == first)
    }

    /// One line per machine, for whoever looks into a failure.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for machine in &self.machines {
            let node = machine.slot.node.borrow();
            let state = match node.as_ref() {
                None if machine.up => "starting".to_owned(),
                None => "down".to_owned(),
                Some(node) => {
                    let metrics = node.replica.metrics();
                    format!(
                        "{:?} of term {}, leader {:?}, log {}, applied {}, live {}, state {}",
                        metrics.role,
                        metrics.term,
                        metrics.leader,
                        metrics.last_log,
                        metrics.applied,
                        *node.live.borrow(),
                        node.view()
                            .map_or_else(|error| error.to_string(), |view| view.state_hash().to_string()),
                    )
                }
            };
            text.push_str(&format!("  {}: {state}\n", machine.name));
        }
        text
    }

    /// Everything that the disks did, which no two different runs have in common.
    pub fn trace_disks(&self) {
        for machine in &self.machines {
            self.event(format_args!("{} {:?}", machine.name, machine.disk.counters()));
        }
    }
}

impl Machine {
    fn new(name: String, lying: bool) -> Machine {
        let disk = Disk::new();
        disk.set_lying(lying);
        Machine { name, disk, slot: Rc::default(), up: true, incarnation: 1, seen: Seen::default() }
    }

    fn observe(&mut self, id: u64, node: &Node, at: Duration, trace: &Trace) -> Result<NodeView, String> {
        let metrics = node.replica.metrics();
        if let Some(reason) = metrics.stopped.as_ref().filter(|_| self.disk.has_power()) {
            return Err(format!("raft on {} has stopped: {reason}", self.name));
        }
        if self.seen.role != Some((metrics.role, metrics.term)) {
            self.seen.role = Some((metrics.role, metrics.term));
            trace.event(at, format_args!("{} is {:?} in term {}", self.name, metrics.role, metrics.term));
        }
        let mut view = NodeView {
            node: id,
            incarnation: self.incarnation,
            term: metrics.term,
            leads: metrics.role == Role::Leader,
            applied: self.seen.revision,
            requests_up_to: self.seen.requests_up_to,
            ..NodeView::default()
        };
        if metrics.applied != self.seen.revision && self.disk.has_power() {
            self.observe_state(node, &mut view, at, trace)
                .map_err(|error| format!("{} cannot read its store: {error}", self.name))?;
        }
        let live = *node.live.borrow();
        if live != self.seen.live {
            self.seen.live = live;
            trace.event(at, format_args!("{} serves revision {live}", self.name));
        }
        view.units.push(UnitView { gateway: "all".into(), index: 0, revision: live });
        Ok(view)
    }

    fn observe_state(
        &mut self,
        node: &Node,
        observed: &mut NodeView,
        at: Duration,
        trace: &Trace,
    ) -> Result<(), String> {
        let view = node.view().map_err(|error| error.to_string())?;
        let (revision, hash) = (view.revision(), view.state_hash().to_string());
        loop {
            let after = self.seen.requests_up_to;
            let records = hanse_model::changes_after(&view, after, RECORDS)
                .map_err(|error| error.to_string())?
                .map_err(|_| "the feed has lost changes that nobody has seen".to_owned())?;
            let full = records.len() >= RECORDS;
            for record in records {
                self.seen.requests_up_to = record.revision;
                let request = (record.request_id, record.revision);
                if !request.0.is_empty() && observed.requests.last() != Some(&request) {
                    observed.requests.push(request);
                }
            }
            if !full {
                break;
            }
        }
        self.seen.requests_up_to = revision;
        self.seen.revision = revision;
        observed.requests_up_to = revision;
        observed.applied = revision;
        trace.event(at, format_args!("{} applied {revision} {hash}", self.name));
        observed.state = Some((revision, hash));
        Ok(())
    }
}

/// The software of a machine: a node, until the power goes.
async fn run_node(slot: &Slot, disk: Disk, config: Config) {
    let built = App::build(AppOptions {
        config,
        host: simulated(),
        security: Arc::new(Believing),
        storage: Storage::Backends(Arc::new(disk.clone())),
        commit: CommitMode::Inline,
        raft: RaftTimings::default(),
        // So small that a node which was away for a moment gets a snapshot.
        snapshots: Some((60, 20)),
        process: ProcessInfo { pid: 1, memory_bytes: || 0 },
    })
    .await;
    match built {
        Ok(app) => {
            let running = app.spawn();
            slot.node.replace(Some(running.node.clone()));
            std::future::pending::<()>().await;
        }
        // Without power nothing is expected to start.
        Err(error) if disk.has_power() => {
            slot.failure.replace(Some(error.to_string()));
        }
        Err(_) => {}
    }
}

fn member(id: u64) -> Member {
    let name = format!("n{id}");
    Member {
        id,
        node_addr: format!("{name}:{NODE_PORT}"),
        admin_addr: format!("{name}:{ADMIN_PORT}"),
        gateway_http_addr: format!("{name}:{GATEWAY_PORT}"),
        zone: String::new(),
        name,
    }
}

fn config(own: &Member, members: &[Member]) -> Config {
    let listen = |port| ([0, 0, 0, 0], port).into();
    Config {
        node_id: own.id,
        node: own.name.clone(),
        data_dir: PathBuf::new(),
        cluster_id: "simulation".into(),
        service_name: "hanse".into(),
        base_domain: "sim".into(),
        bootstrap: own.id == 1,
        members: members.to_vec(),
        listen_admin: listen(ADMIN_PORT),
        listen_node: listen(NODE_PORT),
        listen_gateway_http: listen(GATEWAY_PORT),
        cluster_key: [7; 32],
        log: String::new(),
        otlp: None,
    }
}
