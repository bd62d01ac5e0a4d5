//! A sliding window counter: at most so many calls, or tokens, within any period.
//!
//! What is counted is remembered in entries of a few milliseconds each. Limits of up to
//! [`EXACT_CALLS_MAX`] keep every call apart and are exact. Larger ones share entries, at
//! most [`ENTRIES_MAX`] of them, so that a counter's memory is bounded whatever the limit; an entry
//! leaves the window when its newest call does, so that a shared entry may refuse up to 1/64 of a
//! period too long, but never lets a call too many pass.
//!
//! Pure: the caller says what time it is.

use std::collections::VecDeque;
use std::time::Duration;

use crate::counting::{Ask, Rate, RateDecision};

/// Up to this limit every call is remembered by itself.
pub const EXACT_CALLS_MAX: u64 = 64;
/// Entries of a counter: one for each 1/64 of a period, and the one that is being left.
pub const ENTRIES_MAX: usize = 66;

/// One counter.
#[derive(Debug, Clone, Default)]
pub struct SlidingWindow {
    entries: VecDeque<Entry>,
    counted: u64,
    last_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    first_ms: u64,
    newest_ms: u64,
    amount: u64,
}

impl SlidingWindow {
    pub const fn new() -> Self {
        Self { entries: VecDeque::new(), counted: 0, last_ms: 0 }
    }

    /// Counts a call at `now_ms` unless `calls` were already counted within the last `period`.
    pub fn hit(&mut self, now_ms: u64, calls: u32, period: Duration) -> RateDecision {
        self.ask(now_ms, Rate { limit: calls.into(), period }, Ask::ONE)
    }

    /// Adds what is asked for at `now_ms`, unless there is no room for what is needed. A refusal leaves
    /// no trace. Limit and period may change meanwhile; a clock that goes back stands still.
    pub fn ask(&mut self, now_ms: u64, rate: Rate, ask: Ask) -> RateDecision {
        let now_ms = self.forward_to(now_ms, rate.period);
        let others = self.counted.saturating_sub(ask.own);
        if others.saturating_add(ask.need) > rate.limit {
            return RateDecision {
                allowed: false,
                remaining: rate.limit.saturating_sub(self.counted),
                retry_after: self.wait(now_ms, rate, ask),
            };
        }
        self.remember(now_ms, rate, ask.add);
        RateDecision {
            allowed: true,
            remaining: rate.limit.saturating_sub(self.counted),
            retry_after: Duration::ZERO,
        }
    }

    /// Adds to what is counted, whether there is room or not.
    pub fn add(&mut self, now_ms: u64, rate: Rate, amount: u64) {
        let now_ms = self.forward_to(now_ms, rate.period);
        self.remember(now_ms, rate, amount);
    }

    /// Takes back of what was counted last.
    pub fn give_back(&mut self, amount: u64) {
        let mut left = amount;
        while left > 0
            && let Some(entry) = self.entries.back_mut()
        {
            let taken = entry.amount.min(left);
            entry.amount -= taken;
            self.counted -= taken;
            left -= taken;
            if entry.amount == 0 {
                self.entries.pop_back();
            }
        }
    }

    /// True when nothing that is counted is younger than `period`: the counter may be dropped.
    pub fn is_idle(&self, now_ms: u64, period: Duration) -> bool {
        self.entries.back().is_none_or(|entry| entry.newest_ms.saturating_add(millis(period)) <= now_ms)
    }

    fn forward_to(&mut self, now_ms: u64, period: Duration) -> u64 {
        let now_ms = now_ms.max(self.last_ms);
        self.last_ms = now_ms;
        let period_ms = millis(period);
        while let Some(entry) = self.entries.front() {
            if entry.newest_ms.saturating_add(period_ms) > now_ms {
                break;
            }
            self.counted -= entry.amount;
            self.entries.pop_front();
        }
        now_ms
    }

    fn remember(&mut self, now_ms: u64, rate: Rate, amount: u64) {
        if amount == 0 {
            return;
        }
        let grain_ms = match rate.limit <= EXACT_CALLS_MAX {
            true => 0,
            false => millis(rate.period) / EXACT_CALLS_MAX,
        };
        // What does not fit is more than any limit anyway.
        let amount = amount.min(u64::MAX - self.counted);
        self.counted += amount;
        // The second condition matters only when a limit or period shrank meanwhile, or when more was
        // added than there was room for.
        let is_full = self.entries.len() >= ENTRIES_MAX;
        match self.entries.back_mut() {
            Some(entry) if now_ms - entry.first_ms <= grain_ms || is_full => {
                entry.newest_ms = now_ms;
                entry.amount += amount;
            }
            _ => self.entries.push_back(Entry { first_ms: now_ms, newest_ms: now_ms, amount }),
        }
    }

    // There is room again once enough of the oldest entries have left.
    fn wait(&self, now_ms: u64, rate: Rate, ask: Ask) -> Duration {
        let period_ms = millis(rate.period);
        let mut counted = self.counted.saturating_sub(ask.own);
        for entry in &self.entries {
            counted = counted.saturating_sub(entry.amount);
            if counted.saturating_add(ask.need) <= rate.limit {
                return Duration::from_millis(
                    entry.newest_ms.saturating_add(period_ms).saturating_sub(now_ms),
                );
            }
        }
        rate.period
    }
}

fn millis(period: Duration) -> u64 {
    u64::try_from(period.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn twelve_calls_of_ten_are_ten_and_then_refusals() {
        let mut window = SlidingWindow::new();
        for call in 0..12 {
            let decision = window.hit(1_000 + call, 10, MINUTE);
            assert_eq!(decision.allowed, call < 10, "call {call}");
            assert_eq!(decision.remaining, 9u64.saturating_sub(call));
        }
    }

    #[test]
    fn window_slides_call_by_call() {
        let mut window = SlidingWindow::new();
        assert!(window.hit(0, 2, MINUTE).allowed);
        assert!(window.hit(30_000, 2, MINUTE).allowed);
        let refused = window.hit(59_999, 2, MINUTE);
        assert_eq!((refused.allowed, refused.retry_after), (false, Duration::from_millis(1)));
        assert!(window.hit(60_000, 2, MINUTE).allowed);
        assert!(!window.hit(60_001, 2, MINUTE).allowed);
        assert!(window.hit(90_000, 2, MINUTE).allowed);
    }

    #[test]
    fn refused_calls_are_not_counted() {
        let mut window = SlidingWindow::new();
        assert!(window.hit(0, 1, MINUTE).allowed);
        for second in 1..60 {
            assert!(!window.hit(second * 1_000, 1, MINUTE).allowed);
        }
        assert!(window.hit(60_000, 1, MINUTE).allowed);
    }

    #[test]
    fn large_limits_are_bounded_in_memory_and_never_exceeded() {
        let calls = 1_000;
        let mut window = SlidingWindow::new();
        let mut allowed = VecDeque::new();
        // Ten calls per millisecond for three periods of a second.
        for tick in 0..30_000u64 {
            let now = tick / 10;
            if window.hit(now, calls, Duration::from_secs(1)).allowed {
                allowed.push_back(now);
            }
            assert!(window.entries.len() <= ENTRIES_MAX);
        }
        let worst =
            (0..3_000u64).map(|end| allowed.iter().filter(|at| **at <= end && **at + 1_000 > end).count());
        assert!(worst.max().unwrap() <= calls as usize);
        // Each window starts late by at most a grain (1/64 of the period).
        assert!(allowed.len() >= 2_900, "{}", allowed.len());
    }

    #[test]
    fn exactness_ends_one_past_its_bound() {
        for calls in [64, 65] {
            let mut window = SlidingWindow::new();
            for call in 0..u64::from(calls) {
                assert!(window.hit(call, calls, MINUTE).allowed);
            }
            assert!(!window.hit(1_000, calls, MINUTE).allowed);
            assert_eq!(window.hit(60_000, calls, MINUTE).allowed, u64::from(calls) == EXACT_CALLS_MAX);
        }
    }

    #[test]
    fn changed_limits_and_clocks_that_go_back_are_survived() {
        let mut window = SlidingWindow::new();
        for call in 0..10 {
            assert!(window.hit(call * 1_000, 10, MINUTE).allowed);
        }
        let refused = window.hit(10_000, 5, MINUTE);
        assert_eq!(refused.retry_after, Duration::from_secs(55));
        assert!(!window.hit(0, 10, MINUTE).allowed);
        assert!(!window.hit(10_000, 0, MINUTE).allowed);
        assert!(!window.is_idle(10_000, MINUTE));
        assert!(window.is_idle(69_000, MINUTE));
        assert!(window.hit(10_000, 10, Duration::ZERO).allowed);
    }

    #[test]
    fn amounts_are_counted_to_the_last_one() {
        let rate = Rate { limit: 100, period: MINUTE };
        let ask = |need, add| Ask { need, add, own: 0 };
        let mut window = SlidingWindow::new();
        assert_eq!(window.ask(0, rate, ask(60, 60)).remaining, 40);
        assert!(!window.ask(1, rate, ask(41, 41)).allowed, "one too many");
        assert!(window.ask(2, rate, ask(40, 40)).allowed, "what is left");
        assert!(!window.ask(3, rate, ask(1, 0)).allowed);
        window.give_back(30);
        assert_eq!(window.ask(4, rate, ask(1, 0)).remaining, 30);
        window.add(5, rate, 50);
        assert_eq!(window.ask(6, rate, ask(1, 0)).remaining, 0, "more than there was room for");
        assert!(window.ask(6, rate, Ask { need: 1, add: 0, own: 21 }).allowed, "but for its own");
        assert_eq!(window.ask(59_999, rate, ask(101, 0)).retry_after, MINUTE, "never");
        assert_eq!(window.ask(60_005, rate, ask(1, 0)).remaining, 100, "an entry leaves with its newest");
    }

    #[test]
    fn what_is_added_beyond_the_limit_is_bounded_in_memory() {
        let rate = Rate { limit: 1, period: MINUTE };
        let mut window = SlidingWindow::new();
        for call in 0..10_000 {
            window.add(call, rate, 1);
            assert!(window.entries.len() <= ENTRIES_MAX);
        }
        window.add(10_000, rate, u64::MAX);
        assert!(!window.ask(10_001, rate, Ask::ONE).allowed);
        window.give_back(u64::MAX);
        assert!(window.ask(10_002, rate, Ask::ONE).allowed);
    }
}
