//! Whether a history of registers could have come from one register that does one thing at a time.
//!
//! One idea (Wing and Gong, with Lowe's memo): try to put operations in an order in which each
//! lies between its call and its return, going back where the register contradicts, and never
//! looking twice at the same set of done operations with the same value. Registers are
//! independent of one another, so each key is checked by itself.
//!
//! Must not know about clusters. The search is exponential at worst and therefore bounded.

use crate::history::{Action, Answer, History, Operation, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// States that the search looks at for one key before it gives up.
pub const STATES_MAX: usize = 200_000;

/// Why a history was not found to be linearisable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// No order explains the answers.
    #[error("{key}: no order of its {operations} operations explains the answers; {stuck}")]
    Contradiction {
        /// The register.
        key: String,
        /// Operations on it.
        operations: usize,
        /// The operations at which the longest order ended.
        stuck: String,
    },
    /// The search was given up.
    #[error("{key}: undecided after {STATES_MAX} states; let the clients share keys less")]
    Undecided {
        /// The register.
        key: String,
    },
}

/// Checks every register of a history. Registers begin absent.
///
/// # Errors
/// The first key, in the order of keys, whose answers no order explains.
pub fn check(history: &History) -> Result<(), Finding> {
    let mut keys: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in history.operations() {
        if operation.answer != Answer::Failed {
            keys.entry(&operation.key).or_default().push(operation);
        }
    }
    for (key, mut operations) in keys {
        drop_invisible(&mut operations);
        Search::new(key, &operations).run()?;
    }
    Ok(())
}

/// Leaves out what may never have happened and nobody saw. Each unanswered write would double
/// the search, and leaving one out takes no order away: whoever saw something else still can.
/// Only a refused swap might owe its refusal to a write that nobody else saw.
fn drop_invisible(operations: &mut Vec<&Operation>) {
    if operations.iter().any(|operation| operation.answer == Answer::Refused) {
        return;
    }
    let mut seen = BTreeSet::new();
    for operation in operations.iter() {
        if let Answer::Found(found) = operation.answer {
            seen.insert(found);
        }
        if let Action::Swap { expected, .. } = operation.action {
            seen.insert(expected);
        }
    }
    operations.retain(|operation| {
        operation.returned.is_some()
            || match operation.action {
                Action::Read => false,
                Action::Write(new) | Action::Swap { new, .. } => seen.contains(&new),
            }
    });
}

/// What an operation does to a register that holds `value`: what it holds then, or `None` when
/// the answer that the client got contradicts it.
fn step(operation: &Operation, value: Value) -> Option<Value> {
    match (operation.action, operation.answer) {
        (Action::Read, Answer::Found(found)) => (found == value).then_some(value),
        (Action::Read, _) => Some(value),
        (Action::Write(new), _) => Some(new),
        (Action::Swap { expected, .. }, Answer::Refused) => (expected != value).then_some(value),
        (Action::Swap { expected, new }, Answer::Done) => (expected == value).then_some(new),
        (Action::Swap { expected, new }, _) => Some(if expected == value { new } else { value }),
    }
}

struct Search<'a> {
    key: &'a str,
    /// By call.
    operations: &'a [&'a Operation],
    seen: HashSet<(Done, Value)>,
    /// The most operations that one order has explained, and what was left then.
    longest: usize,
    stuck: Vec<usize>,
}

/// A set of operations: all below `prefix`, and some above. Mostly the prefix says it all.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
struct Done {
    prefix: usize,
    above: Vec<usize>,
}

impl Done {
    fn has(&self, index: usize) -> bool {
        index < self.prefix || self.above.binary_search(&index).is_ok()
    }

    fn with(&self, index: usize) -> Done {
        let mut done = self.clone();
        if let Err(place) = done.above.binary_search(&index) {
            done.above.insert(place, index);
        }
        while done.above.first() == Some(&done.prefix) {
            done.above.remove(0);
            done.prefix += 1;
        }
        done
    }

    fn count(&self) -> usize {
        self.prefix + self.above.len()
    }
}

impl<'a> Search<'a> {
    fn new(key: &'a str, operations: &'a [&'a Operation]) -> Search<'a> {
        Search { key, operations, seen: HashSet::new(), longest: 0, stuck: Vec::new() }
    }

    fn run(mut self) -> Result<(), Finding> {
        let mut open = vec![(Done::default(), None)];
        while let Some((done, value)) = open.pop() {
            let next = self.possible_next(&done);
            if next.iter().all(|index| self.operations[*index].returned.is_none()) {
                // What is left was never answered, so nobody can miss it.
                return Ok(());
            }
            if done.count() >= self.longest {
                self.longest = done.count();
                self.stuck.clone_from(&next);
            }
            // Pushed in reverse: the order of the calls is the likeliest one and comes first.
            for index in next.into_iter().rev() {
                let Some(after) = step(self.operations[index], value) else { continue };
                let state = (done.with(index), after);
                if self.seen.len() >= STATES_MAX {
                    return Err(Finding::Undecided { key: self.key.to_owned() });
                }
                if self.seen.insert(state.clone()) {
                    open.push(state);
                }
            }
        }
        Err(self.contradiction())
    }

    /// Operations that may be next: called before any other one that is left had returned.
    fn possible_next(&self, done: &Done) -> Vec<usize> {
        let left = || (done.prefix..self.operations.len()).filter(|index| !done.has(*index));
        let Some(first_return) = left().filter_map(|index| self.operations[index].returned).min() else {
            return left().collect();
        };
        left().take_while(|index| self.operations[*index].called < first_return).collect()
    }

    fn contradiction(self) -> Finding {
        let describe = |index: &usize| {
            let operation = self.operations[*index];
            format!("client {} {:?} -> {:?}", operation.client, operation.action, operation.answer)
        };
        let stuck: Vec<String> = self.stuck.iter().map(describe).collect();
        Finding::Contradiction {
            key: self.key.to_owned(),
            operations: self.operations.len(),
            stuck: format!("after {} of them none of these fits: {}", self.longest, stuck.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per event: `0 call write 1`, `0 done`, `1 call read`, `1 found 1`, `1 unknown`.
    fn history(text: &str) -> History {
        let value = |word: &str| (word != "-").then(|| word.parse().expect("a number"));
        let mut history = History::default();
        let mut open = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let client = words[0].parse().expect("a client");
            let action = match words[1..] {
                ["call", "read"] => Action::Read,
                ["call", "write", new] => Action::Write(value(new)),
                ["call", "swap", expected, new] => {
                    Action::Swap { expected: value(expected), new: value(new) }
                }
                ref answer => {
                    let answer = match answer {
                        ["done"] => Answer::Done,
                        ["refused"] => Answer::Refused,
                        ["failed"] => Answer::Failed,
                        ["unknown"] => Answer::Unknown,
                        ["found", found] => Answer::Found(value(found)),
                        _ => panic!("{line}"),
                    };
                    history.answer(open[&client], answer);
                    continue;
                }
            };
            open.insert(client, history.call(client, "k", action));
        }
        history
    }

    #[test]
    fn what_one_register_could_have_done_is_accepted() {
        for text in [
            "",
            "0 call read\n 0 found -",
            "0 call write 1\n 0 done\n 0 call read\n 0 found 1",
            // Overlapping: either order will do.
            "0 call write 1\n 1 call read\n 1 found -\n 0 done",
            "0 call write 1\n 1 call read\n 1 found 1\n 0 done",
            // An unanswered write shows late, or never.
            "0 call write 1\n 0 unknown\n 1 call read\n 1 found -\n 1 call read\n 1 found 1",
            "0 call write 1\n 0 unknown\n 1 call read\n 1 found -",
            // A write that failed leaves nothing.
            "0 call write 1\n 0 failed\n 1 call read\n 1 found -",
            "0 call swap - 1\n 0 done\n 1 call swap - 2\n 1 refused\n 1 call read\n 1 found 1",
            "0 call write 1\n 0 done\n 0 call write -\n 0 done\n 1 call read\n 1 found -",
            // Three at once, seen in the order of neither call nor return.
            "0 call write 1\n 1 call write 2\n 2 call write 3\n 0 done\n 1 done\n 2 done\n \
             3 call read\n 3 found 1",
        ] {
            assert_eq!(check(&history(text)), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_no_register_could_have_done_is_refused() {
        for text in [
            // Lost.
            "0 call write 1\n 0 done\n 1 call read\n 1 found -",
            // From nowhere.
            "0 call read\n 0 found 7",
            // Back in time.
            "0 call write 1\n 0 done\n 0 call write 2\n 0 done\n 1 call read\n 1 found 1",
            "0 call write 1\n 1 call read\n 1 found 1\n 1 call read\n 1 found -\n 0 done",
            // A write that failed shows.
            "0 call write 1\n 0 failed\n 1 call read\n 1 found 1",
            // Both won.
            "0 call swap - 1\n 1 call swap - 2\n 0 done\n 1 done",
            // Refused without a cause.
            "0 call swap - 1\n 0 refused",
            // An unanswered write that shows, vanishes and shows again.
            "0 call write 1\n 0 done\n 1 call write 2\n 1 unknown\n 2 call read\n 2 found 2\n \
             2 call read\n 2 found 1\n 2 call read\n 2 found 2",
        ] {
            let found = check(&history(text));
            assert!(matches!(found, Err(Finding::Contradiction { .. })), "{text}: {found:?}");
        }
    }

    #[test]
    fn long_histories_with_unknown_answers_are_decided() {
        let mut history = History::default();
        let mut rng = fastrand::Rng::with_seed(4);
        let mut value = None;
        for round in 0..500_u64 {
            let write = history.call(0, "k", Action::Write(Some(round)));
            if rng.u8(0..10) == 0 {
                history.answer(write, Answer::Unknown);
                if rng.bool() {
                    value = Some(round);
                }
            } else {
                value = Some(round);
                history.answer(write, Answer::Done);
            }
            let read = history.call(1, "k", Action::Read);
            history.answer(read, Answer::Found(value));
        }
        assert_eq!(check(&history), Ok(()));
        let read = history.call(1, "k", Action::Read);
        history.answer(read, Answer::Found(Some(3)));
        assert!(check(&history).is_err());
    }
}
