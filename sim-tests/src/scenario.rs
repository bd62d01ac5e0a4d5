//! One simulation from its seed to its verdict.
//!
//! ```text
//!   forming ──► stormy ──► calm ──► closing ──► verdict
//!   set-up      clients    faults   clients     history, acknowledged
//!               and faults over     finish      writes, equal states
//! ```
//!
//! One idea: while it storms only safety is asked for; once it is calm the cluster must come back
//! within a bound, serve everything through every node, and have everything it acknowledged.
//! Invariants are checked after every tick, from the first to the last.

use crate::{
    admin::Admin,
    clients::{self, Client, WORKSPACES},
    cluster::{BACKEND, CLIENTS, Cluster},
    faults::Faults,
    host::network,
    http::serve_backend,
    invariants::{self, AckedCommands, Invariant, Observation},
    linearizability, panics,
    plan::Plan,
    trace::Trace,
    world::{Counters, Stage, World},
};
use std::{rc::Rc, time::Duration};

/// Simulated time for making a cluster and setting it up.
const FORMING_MAX: Duration = Duration::from_secs(20);
/// Simulated time in which a cluster must be well again once all is calm.
const CALM_MAX: Duration = Duration::from_secs(30);
/// Simulated time in which clients must come to an end, and the nodes to one state.
const CLOSING_MAX: Duration = Duration::from_secs(30);

/// How a simulation that passed went.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Simulated time.
    pub simulated: Duration,
    /// Simulated time from calm to well.
    pub recovery: Duration,
    /// Events in the trace.
    pub events: u64,
    /// Hash of the trace.
    pub hash: String,
    /// Faults.
    pub faults: u64,
    /// What clients did.
    pub counters: Counters,
    /// Operations on registers that were checked for linearisability.
    pub operations: usize,
}

/// Runs the simulation of a plan.
///
/// # Errors
/// What was wrong, when, and how the nodes were.
pub fn run(plan: &Plan, trace: Trace) -> Result<Passed, String> {
    panics::note_all();
    let world = Rc::new(World::new(trace.clone()));
    let cluster = Cluster::new(plan, trace);
    let mut scenario = Scenario {
        faults: Faults::new(plan),
        invariants: invariants::all(),
        acked: AckedCommands::default(),
        cluster,
        world,
    };
    scenario.start_clients(plan);
    scenario.run(plan).map_err(|problem| {
        let at = scenario.cluster.sim.elapsed().as_secs_f64();
        format!("{problem}\nat {at:.3} s of {plan:?}\n{}", scenario.cluster.describe().trim_end())
    })
}

struct Scenario<'a> {
    cluster: Cluster<'a>,
    world: Rc<World>,
    faults: Faults,
    invariants: Vec<Box<dyn Invariant>>,
    /// One more than among the invariants, to ask at the end.
    acked: AckedCommands,
}

impl Scenario<'_> {
    fn run(&mut self, plan: &Plan) -> Result<Passed, String> {
        self.until(FORMING_MAX, |scenario| match scenario.world.stage() {
            Stage::Forming => vec!["the set-up is not done".to_owned()],
            _ => Vec::new(),
        })?;
        self.storm(plan)?;
        let recovery = self.calm()?;
        self.close()?;
        self.verdict()?;
        self.cluster.trace_disks();
        Ok(Passed {
            simulated: self.cluster.sim.elapsed(),
            recovery,
            events: self.world.trace.events(),
            hash: self.world.trace.hash(),
            faults: self.faults.count(),
            counters: self.world.counters(),
            operations: self.world.history().operations().len(),
        })
    }

    fn storm(&mut self, plan: &Plan) -> Result<(), String> {
        let end = self.cluster.sim.elapsed() + plan.stormy;
        while self.cluster.sim.elapsed() < end {
            self.faults.strike(&mut self.cluster);
            self.tick()?;
        }
        Ok(())
    }

    fn calm(&mut self) -> Result<Duration, String> {
        self.faults.end_all(&mut self.cluster);
        self.world.enter(Stage::Calm);
        self.cluster.event(format_args!("calm"));
        let start = self.cluster.sim.elapsed();
        self.until(CALM_MAX, |scenario| scenario.world.missing(scenario.cluster.len(), &WORKSPACES))?;
        Ok(self.cluster.sim.elapsed() - start)
    }

    fn close(&mut self) -> Result<(), String> {
        self.world.enter(Stage::Closing);
        self.cluster.event(format_args!("closing"));
        self.until(CLOSING_MAX, |scenario| {
            let mut missing = Vec::new();
            if scenario.world.busy() > 0 {
                missing.push(format!("{} clients have not ended", scenario.world.busy()));
            } else if !scenario.cluster.has_converged() {
                missing.push("the nodes have not come to one state".to_owned());
            }
            missing
        })
    }

    fn verdict(&mut self) -> Result<(), String> {
        let nodes: Vec<u64> = (1..=self.cluster.len() as u64).collect();
        let unseen = self.acked.unseen(&nodes);
        if !unseen.is_empty() {
            return Err(format!("acknowledged and not on every node: {}", unseen.join(", ")));
        }
        linearizability::check(&self.world.history()).map_err(|finding| finding.to_string())
    }

    /// Ticks until nothing is missing.
    fn until(&mut self, within: Duration, missing: impl Fn(&Self) -> Vec<String>) -> Result<(), String> {
        let deadline = self.cluster.sim.elapsed() + within;
        loop {
            let left = missing(self);
            if left.is_empty() {
                return Ok(());
            }
            if self.cluster.sim.elapsed() >= deadline {
                return Err(format!("after {} s: {}", within.as_secs(), left.join(", ")));
            }
            self.tick()?;
        }
    }

    fn tick(&mut self) -> Result<(), String> {
        self.cluster.sim.step().map_err(|error| error.to_string())?;
        if let Some(panic) = panics::first() {
            return Err(panic);
        }
        let powerless = self.cluster.crash_powerless();
        self.faults.end_due(&mut self.cluster, &powerless);
        let observation = Observation {
            at: self.cluster.sim.elapsed(),
            nodes: self.cluster.observe()?,
            told: self.world.take_told(),
        };
        for invariant in &mut self.invariants {
            let name = invariant.name();
            invariant.check(&observation).map_err(|problem| format!("{name}: {problem}"))?;
        }
        self.acked.check(&observation)
    }

    fn start_clients(&mut self, plan: &Plan) {
        let names: Vec<String> = (0..plan.nodes).map(|node| self.cluster.name(node).to_owned()).collect();
        let (world, seed) = (self.world.clone(), plan.seed);
        let (writers, consumers) = (plan.writers, plan.consumers);
        self.cluster.sim.host(BACKEND, || async { Ok(serve_backend(network()).await?) });
        self.cluster.sim.client(CLIENTS, async move {
            let client = |number: usize| Client {
                world: world.clone(),
                number,
                admin: Admin::new(names.clone()),
                rng: fastrand::Rng::with_seed(seed.wrapping_mul(1_000).wrapping_add(number as u64)),
            };
            clients::set_up(client(0)).await;
            let mut tasks = Vec::new();
            for number in 1..=writers {
                tasks.push(tokio::task::spawn_local(clients::use_registers(client(number))));
            }
            for number in 0..consumers {
                let consumer = clients::consume(client(10 + number), names.clone());
                tasks.push(tokio::task::spawn_local(consumer));
            }
            for number in 20..22 {
                tasks.push(tokio::task::spawn_local(clients::watch(client(number))));
            }
            tasks.push(tokio::task::spawn_local(clients::deploy(client(30))));
            world.enter(Stage::Stormy);
            for task in tasks {
                task.await?;
            }
            Ok(())
        });
    }
}
