//! What goes wrong in a simulation, and when it is over.
//!
//! One idea: faults come at random times and overlap; each knows when it ends. A link has one
//! fault at a time, so that ending one never ends another. Majorities may be lost: that must cost
//! availability and nothing else.
//!
//! Must not know what clients do.

use crate::{
    cluster::{BACKEND, CLIENTS, Cluster},
    plan::Plan,
};
use std::{collections::BTreeSet, time::Duration};

/// Shortest and longest time that a fault lasts, in milliseconds.
const LASTS_MS: std::ops::Range<u64> = 200..3_500;
/// Mutations until the power goes within a commit: a commit is some ten of them.
const FUSE_MAX: u64 = 80;

/// Makes faults and ends them.
pub struct Faults {
    rng: fastrand::Rng,
    pause: (Duration, Duration),
    next: Duration,
    ends: Vec<(Duration, End)>,
    /// Links with a fault.
    links: BTreeSet<(String, String)>,
    /// Faults so far.
    count: u64,
}

#[derive(Debug, Clone)]
enum End {
    Mend(String, String),
    Restart(usize),
}

#[derive(Debug, Clone, Copy)]
enum Cut {
    Both,
    /// Only what the first sends is lost.
    OneWay,
    /// Nothing is lost, everything waits.
    Hold,
}

impl Faults {
    /// No fault yet.
    pub fn new(plan: &Plan) -> Faults {
        Faults {
            rng: fastrand::Rng::with_seed(plan.seed.wrapping_add(2)),
            pause: plan.pause,
            next: Duration::ZERO,
            ends: Vec::new(),
            links: BTreeSet::new(),
            count: 0,
        }
    }

    /// Faults so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends what is over. Machines that just lost their power will get it back after a while.
    pub fn end_due(&mut self, cluster: &mut Cluster<'_>, powerless: &[usize]) {
        let now = cluster.sim.elapsed();
        for machine in powerless {
            let end = self.some_time_after(now);
            self.ends.push((end, End::Restart(*machine)));
        }
        let (due, left) = std::mem::take(&mut self.ends).into_iter().partition(|(at, _)| *at <= now);
        self.ends = left;
        self.end(cluster, due);
    }

    /// Ends everything at once: the network is whole and every machine runs.
    pub fn end_all(&mut self, cluster: &mut Cluster<'_>) {
        let all = std::mem::take(&mut self.ends);
        self.end(cluster, all);
        for machine in 0..cluster.len() {
            cluster.keep_power(machine);
            cluster.restart(machine);
        }
    }

    /// Maybe makes one more fault.
    pub fn strike(&mut self, cluster: &mut Cluster<'_>) {
        let now = cluster.sim.elapsed();
        if now < self.next {
            return;
        }
        let (from, to) = self.pause;
        self.next = now + Duration::from_millis(self.rng.u64(millis(from)..=millis(to)));
        self.count += 1;
        let leader = cluster.leader();
        let any = self.rng.usize(0..cluster.len());
        let chosen = leader.filter(|_| self.rng.bool()).unwrap_or(any);
        match self.rng.u8(0..20) {
            0..4 => self.isolate(cluster, chosen, Cut::Both),
            4..6 => self.isolate(cluster, chosen, Cut::OneWay),
            6..7 => self.isolate(cluster, chosen, Cut::Hold),
            7..10 => self.cut_pair(cluster, chosen),
            10..14 => self.crash(cluster, chosen),
            14..19 => self.burn(cluster, chosen),
            _ => (0..cluster.len()).for_each(|machine| self.crash(cluster, machine)),
        }
    }

    fn isolate(&mut self, cluster: &Cluster<'_>, machine: usize, cut: Cut) {
        let mut others: Vec<String> = (0..cluster.len())
            .filter(|other| *other != machine)
            .map(|other| cluster.name(other).to_owned())
            .collect();
        // A leader that is cut off but still asked by clients is where stale reads come from.
        if self.rng.u8(0..3) == 0 {
            others.push(CLIENTS.to_owned());
        }
        if self.rng.u8(0..4) == 0 {
            others.push(BACKEND.to_owned());
        }
        let end = self.some_time_after(cluster.sim.elapsed());
        for other in others {
            self.cut(cluster, cluster.name(machine).to_owned(), other, cut, end);
        }
    }

    fn cut_pair(&mut self, cluster: &Cluster<'_>, machine: usize) {
        let others: Vec<usize> = (0..cluster.len()).filter(|other| *other != machine).collect();
        let other = *self.rng.choice(&others).expect("a cluster has more than one machine");
        let cut = *self.rng.choice(&[Cut::Both, Cut::OneWay, Cut::Hold]).expect("the list is not empty");
        let end = self.some_time_after(cluster.sim.elapsed());
        let names = (cluster.name(machine).to_owned(), cluster.name(other).to_owned());
        self.cut(cluster, names.0, names.1, cut, end);
    }

    fn cut(&mut self, cluster: &Cluster<'_>, from: String, to: String, cut: Cut, end: Duration) {
        let link = if from < to { (from.clone(), to.clone()) } else { (to.clone(), from.clone()) };
        if !self.links.insert(link.clone()) {
            return;
        }
        cluster.event(format_args!("fault {cut:?} {from} {to}"));
        match cut {
            Cut::Both => cluster.sim.partition(from.as_str(), to.as_str()),
            Cut::OneWay => cluster.sim.partition_oneway(from.as_str(), to.as_str()),
            Cut::Hold => cluster.sim.hold(from.as_str(), to.as_str()),
        }
        self.ends.push((end, End::Mend(link.0, link.1)));
    }

    fn crash(&mut self, cluster: &mut Cluster<'_>, machine: usize) {
        if !cluster.is_up(machine) {
            return;
        }
        cluster.crash(machine);
        let end = self.some_time_after(cluster.sim.elapsed());
        self.ends.push((end, End::Restart(machine)));
    }

    fn burn(&mut self, cluster: &mut Cluster<'_>, machine: usize) {
        if cluster.is_up(machine) {
            let mutations = self.rng.u64(0..FUSE_MAX);
            cluster.event(format_args!(
                "fault {} loses power after {mutations} mutations",
                cluster.name(machine)
            ));
            cluster.crash_after(machine, mutations);
        }
    }

    fn end(&mut self, cluster: &mut Cluster<'_>, ends: Vec<(Duration, End)>) {
        for (_, end) in ends {
            match end {
                End::Restart(machine) => cluster.restart(machine),
                End::Mend(a, b) => {
                    cluster.event(format_args!("mended {a} {b}"));
                    // Delivers what was held, and makes the link whole whatever it was.
                    cluster.sim.release(a.as_str(), b.as_str());
                    self.links.remove(&(a, b));
                }
            }
        }
    }

    fn some_time_after(&mut self, now: Duration) -> Duration {
        now + Duration::from_millis(self.rng.u64(LASTS_MS))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
