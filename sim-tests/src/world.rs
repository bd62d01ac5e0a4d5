//! What the clients of a simulation share with the loop that drives it.
//!
//! One idea: everything runs on one thread, so what happened is one sequence. Clients note what
//! they were told; the loop takes it away after every tick and shows it to the invariants.
//!
//! Must not know nodes: clients know the cluster only by its ports.

use crate::{
    history::{Action, Answer, CallId, History},
    invariants::Told,
    trace::Trace,
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

/// What the simulation is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The cluster forms and gets its first resources.
    Forming,
    /// Clients work and faults happen.
    Stormy,
    /// Clients work and nothing happens to the cluster any more.
    Calm,
    /// Clients finish what they are at.
    Closing,
}

/// What the clients and the driving loop share.
pub struct World {
    /// Where events go.
    pub trace: Trace,
    stage: Cell<Stage>,
    history: RefCell<History>,
    told: RefCell<Vec<Told>>,
    counters: Cell<Counters>,
    /// Clients at work.
    busy: Cell<usize>,
    watchers: Cell<u64>,
    /// By workspace.
    marks: RefCell<BTreeMap<String, Marks>>,
    /// Since all is calm: nodes that took a write.
    wrote: RefCell<BTreeSet<usize>>,
    /// Since all is calm: nodes that read linearisably.
    read: RefCell<BTreeSet<usize>>,
    /// Since all is calm: nodes and workspaces whose request was answered by the current deployment.
    served: RefCell<BTreeSet<(usize, String)>>,
    /// Hostname of each workspace.
    hostnames: RefCell<BTreeMap<String, String>>,
}

/// What clients did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Writes that were acknowledged.
    pub acked: u64,
    /// Calls that were given up without a definite answer.
    pub unknown: u64,
    /// Requests through gateways that were answered by the backend.
    pub served: u64,
    /// Requests through gateways that failed.
    pub failed: u64,
    /// Changes that watches brought.
    pub watched: u64,
}

/// Deployments of one workspace.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    proposed: u64,
    acked: u64,
}

impl World {
    /// Nothing has happened yet.
    pub fn new(trace: Trace) -> World {
        World {
            trace,
            stage: Cell::new(Stage::Forming),
            history: RefCell::default(),
            told: RefCell::default(),
            counters: Cell::default(),
            busy: Cell::new(0),
            watchers: Cell::new(0),
            marks: RefCell::default(),
            wrote: RefCell::default(),
            read: RefCell::default(),
            served: RefCell::default(),
            hostnames: RefCell::default(),
        }
    }

    /// What the simulation is doing.
    pub fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Moves on.
    pub fn enter(&self, stage: Stage) {
        self.stage.set(stage);
    }

    /// Adds an event; to be called from within a simulated host.
    pub fn event(&self, what: fmt::Arguments<'_>) {
        self.trace.event(turmoil::sim_elapsed().unwrap_or(Duration::ZERO), what);
    }

    /// Notes a call on a register.
    pub fn call(&self, client: usize, key: &str, action: Action) -> CallId {
        self.event(format_args!("client {client} {key} {action:?}"));
        self.history.borrow_mut().call(client, key, action)
    }

    /// Notes its answer.
    pub fn answer(&self, client: usize, call: CallId, answer: Answer) {
        self.event(format_args!("client {client} {answer:?}"));
        self.history.borrow_mut().answer(call, answer);
        if answer == Answer::Unknown {
            self.count(|counters| counters.unknown += 1);
        }
    }

    /// Everything that was asked of registers.
    pub fn history(&self) -> std::cell::Ref<'_, History> {
        self.history.borrow()
    }

    /// Notes what a client was told.
    pub fn tell(&self, told: Told) {
        self.event(format_args!("{told:?}"));
        match &told {
            Told::Acked { .. } => self.count(|counters| counters.acked += 1),
            Told::Watched { .. } => self.count(|counters| counters.watched += 1),
            Told::Answered { .. } | Told::WatchStarted { .. } | Told::Progress { .. } => {}
        }
        self.told.borrow_mut().push(told);
    }

    /// Takes away what clients were told.
    pub fn take_told(&self) -> Vec<Told> {
        self.told.take()
    }

    /// Adds to what clients did.
    pub fn count(&self, add: impl FnOnce(&mut Counters)) {
        let mut counters = self.counters.get();
        add(&mut counters);
        self.counters.set(counters);
    }

    /// What clients did.
    pub fn counters(&self) -> Counters {
        self.counters.get()
    }

    /// A client begins.
    pub fn begin(&self) {
        self.busy.set(self.busy.get() + 1);
    }

    /// A client ends.
    pub fn end(&self) {
        self.busy.set(self.busy.get() - 1);
    }

    /// Clients at work.
    pub fn busy(&self) -> usize {
        self.busy.get()
    }

    /// A number for one more watch.
    pub fn new_watcher(&self) -> u64 {
        self.watchers.set(self.watchers.get() + 1);
        self.watchers.get()
    }

    /// The next deployment of a workspace begins: its mark.
    pub fn next_mark(&self, workspace: &str) -> u64 {
        let mut all = self.marks.borrow_mut();
        let marks = all.entry(workspace.to_owned()).or_default();
        marks.proposed += 1;
        marks.proposed
    }

    /// A deployment was acknowledged.
    pub fn acked_mark(&self, workspace: &str, mark: u64) {
        let mut all = self.marks.borrow_mut();
        let marks = all.entry(workspace.to_owned()).or_default();
        marks.acked = marks.acked.max(mark);
    }

    /// Lowest and highest mark that a converged cluster may answer with.
    pub fn marks(&self, workspace: &str) -> (u64, u64) {
        self.marks.borrow().get(workspace).map_or((0, 0), |marks| (marks.acked, marks.proposed))
    }

    /// A node took a write.
    pub fn wrote(&self, node: usize) {
        if self.stage() >= Stage::Calm {
            self.wrote.borrow_mut().insert(node);
        }
    }

    /// A node read linearisably.
    pub fn has_read(&self, node: usize) {
        if self.stage() >= Stage::Calm {
            self.read.borrow_mut().insert(node);
        }
    }

    /// A node answered for a workspace, by this deployment.
    pub fn served(&self, node: usize, workspace: &str, mark: u64) {
        self.count(|counters| counters.served += 1);
        let (acked, _) = self.marks(workspace);
        if self.stage() >= Stage::Calm && mark >= acked {
            self.served.borrow_mut().insert((node, workspace.to_owned()));
        }
    }

    /// Sets the hostname of a workspace.
    pub fn set_hostname(&self, workspace: &str, hostname: &str) {
        self.hostnames.borrow_mut().insert(workspace.to_owned(), hostname.to_owned());
    }

    /// Hostname of a workspace; `None` until the cluster has formed.
    pub fn hostname(&self, workspace: &str) -> Option<String> {
        self.hostnames.borrow().get(workspace).cloned()
    }

    /// What is still missing for a calm cluster to be well, in words.
    pub fn missing(&self, nodes: usize, workspaces: &[&str]) -> Vec<String> {
        let mut missing = Vec::new();
        for node in 0..nodes {
            if !self.wrote.borrow().contains(&node) {
                missing.push(format!("no write through n{}", node + 1));
            }
            if !self.read.borrow().contains(&node) {
                missing.push(format!("no read through n{}", node + 1));
            }
            for workspace in workspaces {
                if !self.served.borrow().contains(&(node, (*workspace).to_owned())) {
                    missing.push(format!("no request to {workspace} through n{}", node + 1));
                }
            }
        }
        missing
    }
}
