//! What is counted: which counter, how much, and what a counter says.
//!
//! One idea: policies say what they want to know and to add; whoever keeps the counters answers at once.
//! A counter counts once in a request, however many policies name it: what a request added itself is not
//! held against it. Calls and tokens within any period are a [`Rate`], those since a fixed time are a
//! [`Quota`].

use std::fmt::Write as _;
use std::time::Duration;

use crate::document::Step;
use crate::env::Env;
use crate::host::RateKey;
use crate::llm::usage::Usage;

/// Names a counter. Two workspaces never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterKey<'a> {
    pub workspace: &'a str,
    pub counter: Counter<'a>,
}

/// A counter of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter<'a> {
    /// Calls of a subscription, of `rate-limit`.
    Subscription(RateKey<'a>),
    /// Calls of a key, of `rate-limit-by-key`. Two limits on one key differ by their period.
    Key { key: &'a str, period: Duration },
    /// Calls of `quota` and `quota-by-key`.
    QuotaCalls(QuotaKey<'a>),
    /// Bytes of the same.
    QuotaBytes(QuotaKey<'a>),
    /// Tokens within a minute.
    Tokens { key: &'a str },
    /// Tokens within a longer period.
    TokenQuota { key: &'a str, period: &'static str },
}

/// Whose a quota is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaKey<'a> {
    Subscription(RateKey<'a>),
    /// Two quotas on one key differ by their periods.
    Key {
        key: &'a str,
        period_s: u64,
        first_ms: i64,
    },
}

/// So many within any period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub limit: u64,
    pub period: Duration,
}

/// So many within one fixed span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub limit: u64,
    pub span: Span,
}

/// A piece of time, in milliseconds of Unix time. What is counted in one is forgotten in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start_ms: i64,
    /// `None`: it never ends.
    pub end_ms: Option<i64>,
}

/// What is asked of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// Refused unless there is room for so many.
    pub need: u64,
    /// Counted, unless it is refused.
    pub add: u64,
    /// How many the same request has added: these do not count against it.
    pub own: u64,
}

impl Ask {
    /// One more.
    pub const ONE: Self = Self { need: 1, add: 1, own: 0 };
}

/// Answer of a counter of a period that slides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    pub allowed: bool,
    /// What is left in the current window, after this one.
    pub remaining: u64,
    /// When refused: after this long a call is allowed, if nobody else calls meanwhile.
    pub retry_after: Duration,
}

/// Answer of a counter of a fixed span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaDecision {
    pub allowed: bool,
    pub remaining: u64,
}

/// What is charged to a counter when a request has ended and is known to the last byte, or has been
/// broken off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Charge<'a> {
    /// Bytes of the request and of the answer, heads and bodies.
    Bytes { key: CounterKey<'a>, span: Span },
    /// Tokens that a language model used, beside those that were counted before it was asked; where it
    /// used fewer, the rest is given back.
    Tokens { key: CounterKey<'a>, rate: Rate, counted: TokensCounted },
    /// The same, of a fixed span.
    TokenQuota { key: CounterKey<'a>, span: Span, counted: TokensCounted },
    /// Adds them to metrics: what is measured besides has no name yet.
    TokenMetrics { metric: Metric<'a>, kinds: TokenKinds },
}

/// What is known of tokens before they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokensCounted {
    /// So many are counted already.
    pub reserved: u64,
    /// Those of the answer count alone.
    pub ignores_prompt: bool,
}

impl TokensCounted {
    /// What is still to be counted, or where it is negative given back.
    pub fn missing(self, used: Usage) -> i64 {
        let used = if self.ignores_prompt { used.completion } else { used.total() };
        let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        signed(used) - signed(self.reserved)
    }
}

/// Which tokens are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenKinds {
    pub total: bool,
    pub prompt: bool,
    pub completion: bool,
    /// Those of the prompt are left out of the total.
    pub ignores_prompt: bool,
}

impl TokenKinds {
    /// Name and number of each that is measured.
    pub fn of(self, used: Usage) -> impl Iterator<Item = (&'static str, u64)> {
        let total = if self.ignores_prompt { used.completion } else { used.total() };
        [
            (self.total, "Total Tokens", total),
            (self.prompt, "Prompt Tokens", used.prompt),
            (self.completion, "Completion Tokens", used.completion),
        ]
        .into_iter()
        .filter_map(|(is_wanted, name, number)| is_wanted.then_some((name, number)))
    }
}

/// Something that a document measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric<'a> {
    pub workspace: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub value: f64,
    /// Names and values.
    pub dimensions: &'a [(&'a str, &'a str)],
}

/// A request whose answer is a language model's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenWatch<'a> {
    /// As the request names it; may be empty.
    pub model: &'a str,
    /// Tokens of the prompt, by estimate.
    pub prompt: u64,
    /// Somebody wants to know before the answer is sent, if that can be had without holding up a stream.
    pub is_told: bool,
}

impl CounterKey<'_> {
    /// Appends a form of this key that is different for different keys of a workspace, so that a map of
    /// counters can be asked with a reused buffer.
    pub fn write_to(&self, out: &mut String) {
        let written = match &self.counter {
            Counter::Subscription(key) => {
                key.write_to(out);
                Ok(())
            }
            Counter::Key { key, period } => write!(out, "key:{}:{key}", period.as_secs()),
            Counter::QuotaCalls(key) => {
                out.push_str("calls:");
                key.write_to(out);
                Ok(())
            }
            Counter::QuotaBytes(key) => {
                out.push_str("bytes:");
                key.write_to(out);
                Ok(())
            }
            Counter::Tokens { key } => write!(out, "tokens:{key}"),
            Counter::TokenQuota { key, period } => write!(out, "token-quota:{period}:{key}"),
        };
        written.expect("a string takes everything");
    }
}

impl QuotaKey<'_> {
    fn write_to(&self, out: &mut String) {
        match self {
            Self::Subscription(key) => key.write_to(out),
            Self::Key { key, period_s, first_ms } => {
                write!(out, "key:{period_s}:{first_ms}:{key}").expect("a string takes everything");
            }
        }
    }
}

/// What a request has counted, and what it will.
#[derive(Debug, Default)]
pub(crate) struct Counting<'a> {
    counted: Vec<(CounterKey<'a>, u64)>,
    charged: Vec<CounterKey<'a>>,
    pending: Vec<(&'a Step, Pending<'a>)>,
}

/// What a policy counts when the answer stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pending<'a> {
    Rate(CounterKey<'a>, Rate),
    /// Calls and bytes.
    Quota(Option<(CounterKey<'a>, Quota)>, Option<(CounterKey<'a>, Span)>),
    Tokens(Option<(CounterKey<'a>, Rate)>, Option<(CounterKey<'a>, Quota)>, TokensCounted),
}

impl<'a> Env<'a, '_> {
    fn own(&self, key: &CounterKey<'a>) -> Option<u64> {
        self.context.counting.counted.iter().find(|(known, _)| known == key).map(|(_, amount)| *amount)
    }

    /// Asks a counter, and adds to it unless it refuses or this request was counted on it before.
    pub(crate) fn ask_rate(&mut self, key: CounterKey<'a>, rate: Rate, need: u64, add: u64) -> RateDecision {
        let own = self.own(&key);
        let ask = Ask { need, add: if own.is_some() { 0 } else { add }, own: own.unwrap_or(0) };
        let decision = self.host.rate_limit(&key, rate, ask);
        if decision.allowed && ask.add > 0 {
            self.context.counting.counted.push((key, ask.add));
        }
        decision
    }

    /// The same, of a fixed span.
    pub(crate) fn ask_quota(
        &mut self,
        key: CounterKey<'a>,
        quota: Quota,
        need: u64,
        add: u64,
    ) -> QuotaDecision {
        let own = self.own(&key);
        let ask = Ask { need, add: if own.is_some() { 0 } else { add }, own: own.unwrap_or(0) };
        let decision = self.host.quota(&key, quota, ask);
        if decision.allowed && ask.add > 0 {
            self.context.counting.counted.push((key, ask.add));
        }
        decision
    }

    /// Adds to a counter, unless this request was counted on it before.
    pub(crate) fn add_rate(&mut self, key: CounterKey<'a>, rate: Rate, add: u64) {
        if self.own(&key).is_none() && add > 0 {
            self.context.counting.counted.push((key, add));
            self.host.add_to_rate(&key, rate, add);
        }
    }

    /// The same, of a fixed span.
    pub(crate) fn add_quota(&mut self, key: CounterKey<'a>, span: Span, add: u64) {
        if self.own(&key).is_none() && add > 0 {
            self.context.counting.counted.push((key, add));
            self.host.add_to_quota(&key, span, add);
        }
    }

    /// Has the request's bytes charged to a counter, once.
    pub(crate) fn charge_bytes(&mut self, key: CounterKey<'a>, span: Span) {
        if self.charges_first(&key) {
            self.host.charge_at_end(Charge::Bytes { key, span });
        }
    }

    /// Whether this is the first time that the request is charged at its end on a counter.
    pub(crate) fn charges_first(&mut self, key: &CounterKey<'a>) -> bool {
        let charged = &mut self.context.counting.charged;
        let is_first = !charged.contains(key);
        if is_first {
            charged.push(*key);
        }
        is_first
    }

    /// Leaves it to the end of the pipeline whether and how much is counted.
    pub(crate) fn count_later(&mut self, pending: Pending<'a>) {
        if let Some(step) = self.step {
            self.context.counting.pending.push((step, pending));
            self.defer();
        }
    }

    /// What the policy at hand has left to the end.
    pub(crate) fn pending(&self) -> Option<Pending<'a>> {
        let step = self.step?;
        let mut pending = self.context.counting.pending.iter();
        pending.find(|(of, _)| std::ptr::eq(*of, step)).map(|(_, pending)| *pending)
    }

    /// It has been done.
    pub(crate) fn settle_pending(&mut self) {
        let Some(step) = self.step else { return };
        let pending = &mut self.context.counting.pending;
        if let Some(at) = pending.iter().position(|(of, _)| std::ptr::eq(*of, step)) {
            pending.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_counters_are_written_differently() {
        let quota = QuotaKey::Key { key: "k", period_s: 300, first_ms: 0 };
        let counters = [
            Counter::Key { key: "k", period: Duration::from_secs(10) },
            Counter::Key { key: "k", period: Duration::from_secs(1) },
            Counter::Key { key: "0:k", period: Duration::from_secs(1) },
            Counter::QuotaCalls(quota),
            Counter::QuotaBytes(quota),
            Counter::QuotaCalls(QuotaKey::Key { key: "k", period_s: 300, first_ms: 1 }),
            Counter::QuotaCalls(QuotaKey::Key { key: "1:k", period_s: 300, first_ms: 0 }),
            Counter::Tokens { key: "k" },
            Counter::TokenQuota { key: "k", period: "Daily" },
            Counter::TokenQuota { key: "k", period: "Hourly" },
        ];
        let written = counters.map(|counter| {
            let mut out = String::new();
            CounterKey { workspace: "w", counter }.write_to(&mut out);
            out
        });
        for (at, one) in written.iter().enumerate() {
            assert!(!written[..at].contains(one), "{one}");
        }
    }
}
