//! A sliding window counter: at most so many calls within any period.
//!
//! Calls are remembered in entries of a few milliseconds each. Limits of up to
//! [`EXACT_CALLS_MAX`] calls keep every call apart and are exact. Larger ones share entries, at
//! most [`ENTRIES_MAX`] of them, so that a counter's memory is bounded whatever the limit; an entry
//! leaves the window when its newest call does, so that a shared entry may refuse up to 1/64 of a
//! period too long, but never lets a call too many pass.
//!
//! Pure: the caller says what time it is.

use std::collections::VecDeque;
use std::time::Duration;

use crate::host::RateDecision;

/// Up to this limit every call is remembered by itself.
pub const EXACT_CALLS_MAX: u32 = 64;
/// Entries of a counter: one for each 1/64 of a period, and the one that is being left.
pub const ENTRIES_MAX: usize = 66;

/// One counter.
#[derive(Debug, Clone, Default)]
pub struct SlidingWindow {
    entries: VecDeque<Entry>,
    counted: u32,
    last_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    first_ms: u64,
    newest_ms: u64,
    calls: u32,
}

impl SlidingWindow {
    pub const fn new() -> Self {
        Self { entries: VecDeque::new(), counted: 0, last_ms: 0 }
    }

    /// Counts a call at `now_ms` unless `calls` were already counted within the last `period`.
    /// A refused call leaves no trace. Limit and period may change between calls; a clock that
    /// goes back stands still.
    pub fn hit(&mut self, now_ms: u64, calls: u32, period: Duration) -> RateDecision {
        let now_ms = now_ms.max(self.last_ms);
        self.last_ms = now_ms;
        let period_ms = millis(period);
        self.forget(now_ms, period_ms);
        if self.counted >= calls {
            return RateDecision {
                allowed: false,
                remaining: 0,
                retry_after: self.wait(now_ms, calls, period_ms),
            };
        }
        self.remember(now_ms, calls, period_ms);
        RateDecision { allowed: true, remaining: calls - self.counted, retry_after: Duration::ZERO }
    }

    /// True when no counted call is younger than `period`: the counter may be dropped.
    pub fn is_idle(&self, now_ms: u64, period: Duration) -> bool {
        self.entries.back().is_none_or(|entry| entry.newest_ms.saturating_add(millis(period)) <= now_ms)
    }

    fn forget(&mut self, now_ms: u64, period_ms: u64) {
        while let Some(entry) = self.entries.front() {
            if entry.newest_ms.saturating_add(period_ms) > now_ms {
                return;
            }
            self.counted -= entry.calls;
            self.entries.pop_front();
        }
    }

    fn remember(&mut self, now_ms: u64, calls: u32, period_ms: u64) {
        let grain_ms = match calls <= EXACT_CALLS_MAX {
            true => 0,
            false => period_ms / u64::from(EXACT_CALLS_MAX),
        };
        self.counted += 1;
        // The second condition matters only when a limit or period shrank meanwhile.
        let is_full = self.entries.len() >= ENTRIES_MAX;
        match self.entries.back_mut() {
            Some(entry) if now_ms - entry.first_ms <= grain_ms || is_full => {
                entry.newest_ms = now_ms;
                entry.calls += 1;
            }
            _ => self.entries.push_back(Entry { first_ms: now_ms, newest_ms: now_ms, calls: 1 }),
        }
    }

    // The call fits again once enough of the oldest entries have left to get below the limit.
    fn wait(&self, now_ms: u64, calls: u32, period_ms: u64) -> Duration {
        let mut counted = self.counted;
        for entry in &self.entries {
            counted -= entry.calls;
            if counted < calls {
                return Duration::from_millis(
                    entry.newest_ms.saturating_add(period_ms).saturating_sub(now_ms),
                );
            }
        }
        Duration::from_millis(period_ms)
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
            assert_eq!(u64::from(decision.remaining), 9u64.saturating_sub(call));
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
        for calls in [EXACT_CALLS_MAX, EXACT_CALLS_MAX + 1] {
            let mut window = SlidingWindow::new();
            for call in 0..u64::from(calls) {
                assert!(window.hit(call, calls, MINUTE).allowed);
            }
            assert!(!window.hit(1_000, calls, MINUTE).allowed);
            assert_eq!(window.hit(60_000, calls, MINUTE).allowed, calls == EXACT_CALLS_MAX);
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
}
