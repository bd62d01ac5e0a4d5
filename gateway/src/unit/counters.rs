//! The counters of a unit's rate limits.
//!
//! One idea: each workspace has a table of its own, in two generations: when the young one is half of
//! what is allowed, it becomes the old one, and what was in that and not asked for since is forgotten.
//! So memory is bounded, the recently used stays, and no workspace can push out another's counters.
//! Must not know what is counted, nor what time it is.

use hanse_policy::{RateDecision, RateKey, window::SlidingWindow};
use std::{collections::HashMap, time::Duration};

/// All counters of a unit.
pub(super) struct Counters {
    workspace_counters_max: usize,
    /// As many as the gateway has workspaces with limits.
    workspaces: HashMap<Box<str>, Table>,
    /// To write keys into.
    key: String,
}

#[derive(Default)]
struct Table {
    young: HashMap<Box<str>, SlidingWindow>,
    old: HashMap<Box<str>, SlidingWindow>,
}

impl Counters {
    pub(super) fn new(workspace_counters_max: usize) -> Counters {
        Counters { workspace_counters_max, workspaces: HashMap::new(), key: String::new() }
    }

    /// Counts a call, unless the counter is full.
    pub(super) fn hit(
        &mut self,
        key: RateKey<'_>,
        now_ms: u64,
        calls: u32,
        period: Duration,
    ) -> RateDecision {
        self.key.clear();
        key.write_to(&mut self.key);
        if !self.workspaces.contains_key(key.workspace) {
            self.workspaces.insert(key.workspace.into(), Table::default());
        }
        let table = self.workspaces.get_mut(key.workspace).expect("it was there or put there");
        table.window(&self.key, self.workspace_counters_max).hit(now_ms, calls, period)
    }
}

impl Table {
    fn window(&mut self, key: &str, max: usize) -> &mut SlidingWindow {
        if !self.young.contains_key(key) {
            let (key, window) =
                self.old.remove_entry(key).unwrap_or_else(|| (key.into(), SlidingWindow::new()));
            if self.young.len() >= (max / 2).max(1) {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(key, window);
        }
        self.young.get_mut(key).expect("it was there or put there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_policy::ScopeKind;

    const PERIOD: Duration = Duration::from_secs(60);

    fn key<'k>(workspace: &'k str, subscription: &'k str) -> RateKey<'k> {
        RateKey {
            workspace,
            subscription,
            scope: ScopeKind::Product,
            product: Some("p"),
            api: None,
            operation: None,
            is_entry: false,
        }
    }

    #[test]
    fn workspaces_never_share_a_counter() {
        let mut counters = Counters::new(16);
        assert!(counters.hit(key("a", "s"), 0, 1, PERIOD).allowed);
        assert!(!counters.hit(key("a", "s"), 0, 1, PERIOD).allowed);
        assert!(counters.hit(key("b", "s"), 0, 1, PERIOD).allowed);
        assert!(counters.hit(key("a", "t"), 0, 1, PERIOD).allowed);
    }

    #[test]
    fn counters_are_bounded_and_the_recently_used_stay() {
        let max = 8;
        let mut counters = Counters::new(max);
        assert!(counters.hit(key("a", "kept"), 0, 2, PERIOD).allowed);
        assert!(counters.hit(key("quiet", "s"), 0, 1, PERIOD).allowed);
        for other in 0..100 {
            let name = format!("other-{other}");
            counters.hit(key("a", &name), 0, 2, PERIOD);
            counters.hit(key("a", "kept"), 0, 2, PERIOD);
            let table = &counters.workspaces["a"];
            assert!(table.young.len() + table.old.len() <= max);
        }
        assert!(!counters.hit(key("a", "kept"), 0, 2, PERIOD).allowed);
        assert!(counters.hit(key("a", "other-0"), 0, 1, PERIOD).allowed, "forgotten");
        assert!(!counters.hit(key("quiet", "s"), 0, 1, PERIOD).allowed, "another workspace's noise");
    }
}
