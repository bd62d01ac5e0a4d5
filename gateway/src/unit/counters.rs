//! The counters of a unit: of rates within any period, and of quotas within fixed spans.
//!
//! One idea: each workspace has two tables of its own, for rates and for quotas, each in two generations:
//! when the young one is half of what is allowed, it becomes the old one, and what was in that and not
//! asked for since is forgotten. So memory is bounded, the recently used stays, no workspace can push out
//! another's counters, and no flood of short-lived keys a quota. Must not know what is counted, nor what
//! time it is.
//!
//! Within a unit every counter is exact. Where several units serve one gateway, each counts by itself;
//! [`Share`] is where that changes: it is asked how much of a limit this unit may use, and told what the
//! unit used.

use hanse_policy::{
    Ask, CounterKey, Quota, QuotaDecision, Rate, RateDecision, Span, span::SpanCounter, window::SlidingWindow,
};
use hashbrown::{HashMap, hash_map::EntryRef};
use std::hash::RandomState;

/// A unit's part in counters that several units have together. `counter` is the written key of a counter
/// of a workspace.
///
/// Both are called on the request path, by the unit's own thread: they answer from memory. Whatever is
/// agreed on with other units happens elsewhere, and shows in later answers.
pub(super) trait Share {
    /// How much of a limit this unit may use for now.
    fn portion(&self, workspace: &str, counter: &str, limit: u64) -> u64;

    /// This unit has used, or where it is negative given back, so much.
    fn used(&mut self, workspace: &str, counter: &str, amount: i64);
}

/// The unit has its counters for itself.
#[derive(Default)]
pub(super) struct Alone;

impl Share for Alone {
    fn portion(&self, _workspace: &str, _counter: &str, limit: u64) -> u64 {
        limit
    }

    fn used(&mut self, _workspace: &str, _counter: &str, _amount: i64) {}
}

/// All counters of a unit.
pub(super) struct Counters<S = Alone> {
    /// Of each of the two tables.
    workspace_counters_max: usize,
    /// As many as the gateway has workspaces with limits.
    workspaces: Map<Tables>,
    share: S,
    /// To write keys into.
    key: String,
}

#[derive(Default)]
struct Tables {
    rates: Table<SlidingWindow>,
    quotas: Table<SpanCounter>,
}

struct Table<C> {
    young: Map<C>,
    old: Map<C>,
}

/// Keys may be made of what callers send: the hash is std's, which they cannot predict. Asking and
/// putting are one look-up.
type Map<V> = HashMap<Box<str>, V, RandomState>;

impl<C> Default for Table<C> {
    fn default() -> Table<C> {
        Table { young: Map::default(), old: Map::default() }
    }
}

impl<S: Share + Default> Counters<S> {
    pub(super) fn new(workspace_counters_max: usize) -> Counters<S> {
        let (workspaces, share) = (Map::default(), S::default());
        Counters { workspace_counters_max, workspaces, share, key: String::new() }
    }

    /// Asks a counter, and counts on it unless it is full.
    pub(super) fn ask_rate(
        &mut self,
        key: &CounterKey<'_>,
        now_ms: u64,
        rate: Rate,
        ask: Ask,
    ) -> RateDecision {
        self.write(key);
        let limit = self.share.portion(key.workspace, &self.key, rate.limit);
        let name = &self.key;
        let tables = tables(&mut self.workspaces, key.workspace);
        let window = tables.rates.counter(name, self.workspace_counters_max);
        let decision = window.ask(now_ms, Rate { limit, ..rate }, ask);
        if decision.allowed && ask.add > 0 {
            self.share.used(key.workspace, name, signed(ask.add));
        }
        decision
    }

    /// Asks a counter, and counts on it unless it is full.
    pub(super) fn ask_quota(&mut self, key: &CounterKey<'_>, quota: Quota, ask: Ask) -> QuotaDecision {
        self.write(key);
        let limit = self.share.portion(key.workspace, &self.key, quota.limit);
        let name = &self.key;
        let tables = tables(&mut self.workspaces, key.workspace);
        let counter = tables.quotas.counter(name, self.workspace_counters_max);
        let decision = counter.ask(Quota { limit, ..quota }, ask);
        if decision.allowed && ask.add > 0 {
            self.share.used(key.workspace, name, signed(ask.add));
        }
        decision
    }

    /// Counts on a counter, full or not.
    pub(super) fn add_to_rate(&mut self, key: &CounterKey<'_>, now_ms: u64, rate: Rate, amount: u64) {
        self.write(key);
        let name = std::mem::take(&mut self.key);
        self.settle_rate(key.workspace, &name, now_ms, rate, signed(amount));
        self.key = name;
    }

    /// Counts on a counter, full or not.
    pub(super) fn add_to_quota(&mut self, key: &CounterKey<'_>, span: Span, amount: u64) {
        self.write(key);
        let name = std::mem::take(&mut self.key);
        self.settle_quota(key.workspace, &name, span, signed(amount));
        self.key = name;
    }

    /// Counts on a counter by its written key, or takes back.
    pub(super) fn settle_rate(&mut self, workspace: &str, name: &str, now_ms: u64, rate: Rate, amount: i64) {
        let window = tables(&mut self.workspaces, workspace).rates.counter(name, self.workspace_counters_max);
        match u64::try_from(amount) {
            Ok(amount) => window.add(now_ms, rate, amount),
            Err(_) => window.give_back(amount.unsigned_abs()),
        }
        self.share.used(workspace, name, amount);
    }

    /// Counts on a counter by its written key, or takes back.
    pub(super) fn settle_quota(&mut self, workspace: &str, name: &str, span: Span, amount: i64) {
        let counter =
            tables(&mut self.workspaces, workspace).quotas.counter(name, self.workspace_counters_max);
        match u64::try_from(amount) {
            Ok(amount) => counter.add(span, amount),
            Err(_) => counter.give_back(span, amount.unsigned_abs()),
        }
        self.share.used(workspace, name, amount);
    }

    /// Forgets workspaces that are gone: who comes under the same id later begins anew.
    pub(super) fn sweep(&mut self, is_served: impl Fn(&str) -> bool) {
        self.workspaces.retain(|workspace, _| is_served(workspace));
    }

    fn write(&mut self, key: &CounterKey<'_>) {
        self.key.clear();
        key.write_to(&mut self.key);
    }
}

fn tables<'t>(workspaces: &'t mut Map<Tables>, workspace: &str) -> &'t mut Tables {
    match workspaces.entry_ref(workspace) {
        EntryRef::Occupied(tables) => tables.into_mut(),
        EntryRef::Vacant(place) => place.insert_with_key(workspace.into(), Tables::default()),
    }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

impl<C: Default> Table<C> {
    fn counter(&mut self, key: &str, max: usize) -> &mut C {
        if self.young.len() >= (max / 2).max(1) && !self.young.contains_key(key) {
            let kept = self.old.remove_entry(key);
            self.old = std::mem::take(&mut self.young);
            self.young.extend(kept);
        }
        match self.young.entry_ref(key) {
            EntryRef::Occupied(counter) => counter.into_mut(),
            EntryRef::Vacant(place) => {
                let counter = self.old.remove(key).unwrap_or_default();
                place.insert_with_key(key.into(), counter)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_policy::Counter;
    use std::time::Duration;

    const PERIOD: Duration = Duration::from_secs(60);
    const SPAN: Span = Span { start_ms: 0, end_ms: None };

    fn key<'k>(workspace: &'k str, key: &'k str) -> CounterKey<'k> {
        CounterKey { workspace, counter: Counter::Key { key, period: PERIOD } }
    }

    fn hit<S: Share + Default>(counters: &mut Counters<S>, key: CounterKey<'_>, limit: u64) -> bool {
        counters.ask_rate(&key, 0, Rate { limit, period: PERIOD }, Ask::ONE).allowed
    }

    #[test]
    fn workspaces_never_share_a_counter() {
        let mut counters = Counters::<Alone>::new(16);
        assert!(hit(&mut counters, key("a", "s"), 1));
        assert!(!hit(&mut counters, key("a", "s"), 1));
        assert!(hit(&mut counters, key("b", "s"), 1));
        assert!(hit(&mut counters, key("a", "t"), 1));
        let quota = Quota { limit: 1, span: SPAN };
        assert!(counters.ask_quota(&key("a", "s"), quota, Ask::ONE).allowed);
        assert!(!counters.ask_quota(&key("a", "s"), quota, Ask::ONE).allowed);
        assert!(counters.ask_quota(&key("b", "s"), quota, Ask::ONE).allowed);
    }

    #[test]
    fn counters_are_bounded_and_the_recently_used_stay() {
        let max = 8;
        let mut counters = Counters::<Alone>::new(max);
        assert!(hit(&mut counters, key("a", "kept"), 2));
        assert!(hit(&mut counters, key("quiet", "s"), 1));
        assert!(counters.ask_quota(&key("a", "q"), Quota { limit: 1, span: SPAN }, Ask::ONE).allowed);
        for other in 0..100 {
            let name = format!("other-{other}");
            hit(&mut counters, key("a", &name), 2);
            hit(&mut counters, key("a", "kept"), 2);
            let table = &counters.workspaces["a"].rates;
            assert!(table.young.len() + table.old.len() <= max);
        }
        assert!(!hit(&mut counters, key("a", "kept"), 2));
        assert!(hit(&mut counters, key("a", "other-0"), 1), "forgotten");
        assert!(!hit(&mut counters, key("quiet", "s"), 1), "another workspace's noise");
        let again = counters.ask_quota(&key("a", "q"), Quota { limit: 1, span: SPAN }, Ask::ONE);
        assert!(!again.allowed, "rates push out no quota");
    }

    #[test]
    fn workspaces_that_are_gone_are_forgotten() {
        let mut counters = Counters::<Alone>::new(8);
        assert!(hit(&mut counters, key("here", "s"), 1) && hit(&mut counters, key("gone", "s"), 1));
        counters.sweep(|workspace| workspace == "here");
        assert!(!hit(&mut counters, key("here", "s"), 1) && hit(&mut counters, key("gone", "s"), 1));
    }

    #[derive(Default)]
    struct Half(i64);

    impl Share for Half {
        fn portion(&self, _: &str, _: &str, limit: u64) -> u64 {
            limit / 2
        }

        fn used(&mut self, _: &str, _: &str, amount: i64) {
            self.0 += amount;
        }
    }

    #[test]
    fn a_share_says_how_much_of_a_limit_a_unit_has_and_is_told_what_it_used() {
        let mut counters = Counters::<Half>::new(8);
        let allowed = (0..10).filter(|_| hit(&mut counters, key("a", "s"), 8)).count();
        assert_eq!((allowed, counters.share.0), (4, 4));
        let rate = Rate { limit: 8, period: PERIOD };
        counters.add_to_rate(&key("a", "s"), 0, rate, 3);
        let mut name = String::new();
        key("a", "s").write_to(&mut name);
        counters.settle_rate("a", &name, 0, rate, -5);
        assert_eq!(counters.share.0, 2);
        assert!(hit(&mut counters, key("a", "s"), 8));
    }
}
