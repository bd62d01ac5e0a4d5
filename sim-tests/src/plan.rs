//! What a seed decides before anything runs: how many nodes, how slow a network, how long.
//!
//! One idea: one seed derives the whole configuration, so that a sweep of seeds is a sweep of
//! configurations. What is asked for on the command line overrides the seed.
//!
//! Must not know turmoil or nodes.

use std::time::Duration;

/// The configuration of one simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where it all comes from.
    pub seed: u64,
    /// 3 or 5.
    pub nodes: usize,
    /// Shortest time of a message, 1 ms or more.
    pub latency_min: Duration,
    /// Longest time of a message, at most 15 ms.
    pub latency_max: Duration,
    /// Clients that read and write registers.
    pub writers: usize,
    /// Consumers that call gateways.
    pub consumers: usize,
    /// How long faults happen.
    pub stormy: Duration,
    /// Shortest and longest pause between two faults.
    pub pause: (Duration, Duration),
    /// Disks say that they have synced, and have not.
    pub lying: bool,
}

impl Plan {
    /// What the seed says; `nodes` overrides it.
    pub fn new(seed: u64, nodes: Option<usize>, lying: bool) -> Plan {
        let mut rng = fastrand::Rng::with_seed(seed);
        let by_seed = if rng.u8(0..4) == 0 { 5 } else { 3 };
        let latency_min = rng.u64(1..=3);
        let pause = rng.u64(150..=900);
        Plan {
            seed,
            nodes: nodes.unwrap_or(by_seed),
            latency_min: Duration::from_millis(latency_min),
            latency_max: Duration::from_millis(rng.u64(latency_min + 1..=15)),
            writers: rng.usize(2..=4),
            consumers: rng.usize(1..=3),
            stormy: Duration::from_millis(rng.u64(6_000..=11_000)),
            pause: (Duration::from_millis(pause), Duration::from_millis(pause * 3)),
            lying,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_cover_both_sizes_and_stay_within_the_bounds() {
        let plans: Vec<Plan> = (0..100).map(|seed| Plan::new(seed, None, false)).collect();
        for size in [3, 5] {
            assert!(plans.iter().any(|plan| plan.nodes == size), "{size}");
        }
        for plan in &plans {
            assert!(plan.latency_min >= Duration::from_millis(1), "{plan:?}");
            assert!(plan.latency_max <= Duration::from_millis(15), "{plan:?}");
            assert!(plan.latency_min < plan.latency_max, "{plan:?}");
        }
        assert_eq!(Plan::new(7, None, false), Plan::new(7, None, false));
        assert_eq!(Plan::new(7, Some(5), false).nodes, 5);
    }
}
