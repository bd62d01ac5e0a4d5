//! A watch brings every change once, in order, and its progress never promises too much.
//!
//! One idea: what the watches of all nodes bring is one sequence. Within one watch positions
//! only grow; between two of them nothing may be missing that another watch or a node's state
//! shows. Gaps are therefore checked against all changes that any watcher has seen.

use super::{Invariant, Observation, Told};
use std::collections::{BTreeMap, BTreeSet};

/// Remembers where each watcher is, and all changes that anybody saw.
#[derive(Debug, Default)]
pub struct Watches {
    watchers: BTreeMap<u64, Watcher>,
    changes: BTreeSet<(u64, u32)>,
}

#[derive(Debug)]
struct Watcher {
    /// Everything up to here has been brought, by its own word.
    after: u64,
    last: Option<(u64, u32)>,
    seen: BTreeSet<(u64, u32)>,
}

impl Watches {
    fn gap(&self, watcher: u64, up_to: u64) -> Option<(u64, u32)> {
        let state = self.watchers.get(&watcher).filter(|state| state.after < up_to)?;
        let due = self.changes.range((state.after + 1, 0)..=(up_to, u32::MAX));
        due.copied().find(|change| !state.seen.contains(change))
    }

    fn told(&mut self, told: &Told) -> Result<(), String> {
        match told {
            Told::WatchStarted { watcher, after } => {
                let state = Watcher { after: *after, last: None, seen: BTreeSet::new() };
                self.watchers.insert(*watcher, state);
                Ok(())
            }
            Told::Watched { watcher, revision, index } => self.watched(*watcher, *revision, *index),
            Told::Progress { watcher, revision } => self.progress(*watcher, *revision),
            Told::Acked { .. } | Told::Answered { .. } => Ok(()),
        }
    }

    fn watched(&mut self, watcher: u64, revision: u64, index: u32) -> Result<(), String> {
        let change = (revision, index);
        self.changes.insert(change);
        if let Some((revision, index)) = self.gap(watcher, revision).filter(|gap| *gap < change) {
            return Err(format!(
                "watcher {watcher} got change {change:?} and never change {revision}.{index}"
            ));
        }
        let Some(state) = self.watchers.get_mut(&watcher) else {
            return Err(format!("watcher {watcher} got a change before its watch began"));
        };
        if revision <= state.after || state.last.is_some_and(|last| change <= last) {
            return Err(format!(
                "watcher {watcher} got change {change:?} after {:?}; everything up to {} was behind it",
                state.last, state.after
            ));
        }
        if index > 0 && !state.seen.contains(&(revision, index - 1)) {
            return Err(format!("watcher {watcher} got change {change:?} without the one before"));
        }
        state.last = Some(change);
        state.seen.insert(change);
        Ok(())
    }

    fn progress(&mut self, watcher: u64, revision: u64) -> Result<(), String> {
        if let Some((missing, index)) = self.gap(watcher, revision) {
            return Err(format!(
                "watcher {watcher} was told of everything up to {revision}, but not of change {missing}.{index}"
            ));
        }
        if let Some(state) = self.watchers.get_mut(&watcher) {
            state.after = state.after.max(revision);
        }
        Ok(())
    }
}

impl Invariant for Watches {
    fn name(&self) -> &'static str {
        "watches"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        observation.told.iter().try_for_each(|told| self.told(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(told: &[(u64, &str)]) -> Result<(), String> {
        let mut invariant = Watches::default();
        let told = told
            .iter()
            .map(|(watcher, text)| {
                let watcher = *watcher;
                let number = |text: &str| text.parse::<u64>().expect("a number");
                match text.split_once(' ').expect("two words") {
                    ("from", after) => Told::WatchStarted { watcher, after: number(after) },
                    ("all", revision) => Told::Progress { watcher, revision: number(revision) },
                    (_, change) => {
                        let (revision, index) = change.split_once('.').expect("a change");
                        let index = u32::try_from(number(index)).expect("small");
                        Told::Watched { watcher, revision: number(revision), index }
                    }
                }
            })
            .collect();
        invariant.check(&Observation { told, ..Observation::default() })
    }

    #[test]
    fn changes_in_order_without_gaps_are_accepted() {
        let told = [
            (1, "from 2"),
            (1, "got 3.0"),
            (1, "got 3.1"),
            (2, "from 0"),
            (1, "got 5.0"),
            (2, "got 3.0"),
            (2, "got 3.1"),
            (2, "all 4"),
            (2, "got 5.0"),
            // Another watch by the same client begins again where it likes.
            (2, "from 3"),
            (2, "got 5.0"),
        ];
        assert_eq!(run(&told), Ok(()));
    }

    #[test]
    fn gaps_repetitions_and_steps_back_are_found() {
        for told in [
            &[(1, "from 2"), (1, "got 3.1")][..],
            &[(1, "from 2"), (1, "got 3.0"), (1, "got 3.0")],
            &[(1, "from 2"), (1, "got 4.0"), (1, "got 3.0")],
            &[(1, "from 2"), (1, "got 2.0")],
            &[(1, "from 0"), (1, "got 3.0"), (1, "got 4.0"), (2, "from 0"), (2, "got 4.0")],
            &[(1, "from 0"), (1, "got 3.0"), (2, "from 0"), (2, "all 3")],
            &[(1, "got 3.0")],
        ] {
            assert!(run(told).is_err(), "{told:?}");
        }
    }
}
