//! `quota`: at most so many calls or bytes of a subscription within a fixed period.
//!
//! Periods are counted from the subscription's start, unless the document says from when. The limit
//! itself, `<api>` entries and `<operation>` entries count independently and a call has to pass all that
//! concern it. Calls count where the policy stands; bytes when the request has ended, so that the call
//! that uses up the rest passes.

use std::time::Duration;

use crate::check::Checker;
use crate::counting::{Counter, CounterKey, Quota as Limit, QuotaKey, Span};
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::kind::{Kind, period_seconds};
use crate::policies::{Policy, rate_limit};
use crate::run::Flow;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, Release, attribute};
use crate::section::ScopeKind;
use crate::span::unix_ms;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: &[ScopeKind::Product],
    once: Once::PerDocument,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::Quota)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                CALLS,
                BANDWIDTH,
                attribute("renewal-period", PERIOD).required(),
                attribute("first-period-start", Kind::DateTime),
            ],
            children: &[ChildSpec::any(&API), ChildSpec::any(&OPERATION)],
            ..ElementSpec::named("quota")
        },
        "At most so many calls or bytes of a subscription within a fixed period.",
    )
};

pub(crate) const CALLS: AttributeSpec = attribute("calls", Kind::Integer { min: 1, max: i64::MAX });
/// In kilobytes.
pub(crate) const BANDWIDTH: AttributeSpec = attribute("bandwidth", Kind::Integer { min: 1, max: i64::MAX });
/// Zero: for ever.
pub(crate) const PERIOD: Kind = Kind::Period { min: 0, max: i64::MAX };

const ENTRY_ATTRIBUTES: &[AttributeSpec] = &[
    attribute("name", Kind::Filled),
    attribute("id", Kind::Filled),
    CALLS,
    BANDWIDTH,
    attribute("renewal-period", PERIOD),
];

static API: ElementSpec = ElementSpec {
    attributes: ENTRY_ATTRIBUTES,
    children: &[ChildSpec::any(&OPERATION)],
    ..ElementSpec::named("api")
};
static OPERATION: ElementSpec =
    ElementSpec { attributes: ENTRY_ATTRIBUTES, ..ElementSpec::named("operation") };

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["calls", "bandwidth"]);
    check_first_period(element, checker);
    for entry in element.elements().filter(|entry| matches!(entry.name.as_str(), "api" | "operation")) {
        checker.one_of(entry, &["id", "name"]);
        checker.one_of(entry, &["calls", "bandwidth"]);
        for operation in entry.elements_named("operation") {
            checker.one_of(operation, &["id", "name"]);
            checker.one_of(operation, &["calls", "bandwidth"]);
        }
    }
}

/// The time has to be one that the calendar has.
pub(crate) fn check_first_period(element: &Element, checker: &mut Checker<'_>) {
    let Some(first) = element.attribute("first-period-start") else { return };
    if let Some(text) = first.value.literal()
        && Kind::DateTime.defect(text).is_none()
        && unix_ms(text).is_none()
    {
        let message = format!("{}: there is no time `{}`", element.name, crate::schema::shown(text));
        checker.error(first.value.span, "attribute-value", message);
    }
}

fn compile(element: &Element) -> Option<Quota> {
    let own = limits(element)?;
    Some(Quota {
        own,
        entries: rate_limit::entries(element, |entry| match entry.attribute("renewal-period") {
            Some(_) => limits(entry),
            None => Some(Limits { period_s: own.period_s, ..limits_without_period(entry) }),
        })?,
        first_ms: match element.literal("first-period-start") {
            Some(text) => Some(unix_ms(text)?),
            None => None,
        },
    })
}

fn limits(element: &Element) -> Option<Limits> {
    let period_s = period_seconds(element.literal("renewal-period")?)?;
    Some(Limits { period_s, ..limits_without_period(element) })
}

fn limits_without_period(element: &Element) -> Limits {
    let kilobytes: Option<u64> = element.number("bandwidth");
    Limits { calls: element.number("calls"), bytes: kilobytes.map(bytes), period_s: 0 }
}

/// Bytes of a bandwidth, which is in kilobytes.
pub(crate) fn bytes(kilobytes: u64) -> u64 {
    kilobytes.saturating_mul(1_024)
}

/// How much there may be within a period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) calls: Option<u64>,
    pub(crate) bytes: Option<u64>,
    /// Zero: for ever.
    period_s: u64,
}

#[derive(Debug)]
pub(crate) struct Quota {
    own: Limits,
    entries: Box<[rate_limit::Entry<Limits>]>,
    /// Where the periods begin; `None`: with the subscription.
    first_ms: Option<i64>,
}

impl Quota {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let Some(subscription) = env.context.facts.subscription else {
            return Ok(Flow::Continue);
        };
        let first_ms = self.first_ms.or(subscription.starts_ms).unwrap_or(subscription.created_ms);
        let now_ms = env.host.unix_ms();
        // All are asked before any counts: a refused call is counted nowhere.
        for add in [0, 1] {
            for entry in self.entries.iter().map(Some).chain([None]) {
                if entry.is_some_and(|entry| !entry.concerns(env.context)) {
                    continue;
                }
                let limits = entry.map_or(self.own, |entry| entry.limit);
                let Some(of) = rate_limit::key(env, entry) else { continue };
                let span = Span::of_seconds(now_ms, first_ms, limits.period_s);
                count(env, QuotaKey::Subscription(of), limits, span, add)?;
            }
        }
        Ok(Flow::Continue)
    }
}

/// Asks the counters of a quota for one call, and counts `add` unless one is used up. Bytes are counted
/// along with calls.
pub(crate) fn count<'a>(
    env: &mut Env<'a, '_>,
    of: QuotaKey<'a>,
    limits: impl Into<Most>,
    span: Span,
    add: u64,
) -> Result<(), Halt> {
    let Most { calls, bytes } = limits.into();
    let left = span.end_ms.map(|end| Duration::from_millis((end - env.host.unix_ms()).max(0).unsigned_abs()));
    let workspace = &*env.context.facts.workspace.id;
    let bytes_key = CounterKey { workspace, counter: Counter::QuotaBytes(of) };
    if let Some(limit) = bytes
        && !env.ask_quota(bytes_key, Limit { limit, span }, 1, 0).allowed
    {
        return Err(Fault::quota_exceeded(env.source(), "bandwidth", left).into());
    }
    if let Some(limit) = calls {
        let key = CounterKey { workspace, counter: Counter::QuotaCalls(of) };
        if !env.ask_quota(key, Limit { limit, span }, 1, add).allowed {
            return Err(Fault::quota_exceeded(env.source(), "call volume", left).into());
        }
    }
    if bytes.is_some() && add > 0 {
        env.charge_bytes(bytes_key, span);
    }
    Ok(())
}

/// How much there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub(crate) calls: Option<u64>,
    pub(crate) bytes: Option<u64>,
}

impl From<Limits> for Most {
    fn from(limits: Limits) -> Self {
        Self { calls: limits.calls, bytes: limits.bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SubscriptionFacts;
    use crate::section::Section;
    use crate::testing::{Bench, UNIX_MS, leak, read_in};

    const DAY_MS: i64 = 86_400_000;

    fn at_product(policy: &str) -> Bench {
        let text = format!("<policies><inbound>{policy}</inbound></policies>");
        let mut bench = Bench::at(&text, ScopeKind::Product);
        // Began 22 and a half days before now.
        let starts_ms = Some(UNIX_MS - 22 * DAY_MS - DAY_MS / 2);
        let facts = SubscriptionFacts { id: "s".into(), starts_ms, ..SubscriptionFacts::default() };
        bench.context.facts.subscription = Some(leak(facts));
        bench.set_api("a");
        bench.set_operation("o", &[]);
        bench
    }

    fn statuses(bench: &mut Bench, calls: usize) -> Vec<u16> {
        (0..calls).map(|_| bench.again().context.response.as_ref().unwrap().status.as_u16()).collect()
    }

    #[test]
    fn calls_beyond_the_quota_wait_for_the_subscriptions_next_period() {
        let mut bench = at_product("<quota calls='2' renewal-period='P30D'/>");
        assert_eq!(statuses(&mut bench, 3), [200, 200, 403]);
        assert_eq!(
            bench.body(),
            "{ \"statusCode\": 403, \"message\": \"Out of call volume quota. \
             Quota will be replenished in 7.12:00:00.\" }"
        );
        assert_eq!(bench.context.response.as_ref().unwrap().headers["retry-after"], "648000");
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!((&*error.source, error.reason.as_deref()), ("quota", Some("QuotaExceeded")));
        let half_days = |days: u64| days * DAY_MS.unsigned_abs() / 2;
        bench.host.now_ms.set(half_days(15) - 1);
        assert_eq!(statuses(&mut bench, 1), [403]);
        assert_eq!(bench.context.response.as_ref().unwrap().headers["retry-after"], "1");
        bench.host.now_ms.set(half_days(15));
        assert_eq!(statuses(&mut bench, 3), [200, 200, 403]);
    }

    #[test]
    fn periods_may_begin_at_a_time_of_the_documents_own_or_never_end() {
        let first = "<quota calls='1' renewal-period='3600' first-period-start='2025-06-01T00:30:00Z'/>";
        let mut bench = at_product(first);
        assert_eq!(statuses(&mut bench, 2), [200, 403]);
        assert_eq!(bench.context.response.as_ref().unwrap().headers["retry-after"], "1800");
        let mut bench = at_product("<quota calls='1' renewal-period='0'/>");
        assert_eq!(statuses(&mut bench, 2), [200, 403]);
        bench.host.now_ms.set(100 * 365 * DAY_MS.unsigned_abs());
        assert_eq!(statuses(&mut bench, 1), [403]);
        assert!(bench.body().contains("Out of call volume quota.\""));
        assert!(!bench.context.response.as_ref().unwrap().headers.contains_key("retry-after"));
    }

    #[test]
    fn bytes_are_known_at_the_end_and_refuse_the_next_call() {
        let mut bench = at_product("<quota bandwidth='2' calls='9' renewal-period='300'/>");
        bench.host.bytes.set(2_047);
        assert_eq!(statuses(&mut bench, 1), [200]);
        bench.host.bytes.set(1);
        assert_eq!(statuses(&mut bench, 2), [200, 403]);
        assert!(
            bench.body().contains("Out of bandwidth quota. Quota will be replenished in 00:05:00."),
            "{}",
            bench.body()
        );
    }

    #[test]
    fn entries_count_independently_and_refused_calls_nowhere() {
        let mut bench = at_product(
            "<quota calls='3' renewal-period='300'><api name='a' calls='2'>\
             <operation id='o' calls='1' renewal-period='600'/></api></quota>",
        );
        assert_eq!(statuses(&mut bench, 3), [200, 403, 403]);
        bench.set_operation("p", &[]);
        assert_eq!(statuses(&mut bench, 2), [200, 403], "the API's");
        bench.set_api("b");
        assert_eq!(statuses(&mut bench, 2), [200, 403], "the product's");
    }

    #[test]
    fn without_subscription_it_does_nothing() {
        let mut bench = at_product("<quota calls='1' renewal-period='300'/>");
        bench.context.facts.subscription = None;
        assert_eq!(statuses(&mut bench, 3), [200, 200, 200]);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<quota calls='10' bandwidth='40' renewal-period='P30D' first-period-start='2026-01-01T00:00:00Z'><api name='a' calls='5'><operation id='o' calls='1' renewal-period='60'/></api></quota>"
            ),
            ["unusual-scope"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<quota calls='1' renewal-period='60' first-period-start='2026-02-31T00:00:00Z'/>"
            ),
            ["unusual-scope", "attribute-value"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota renewal-period='60'/>"),
            ["unusual-scope", "missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota calls='1' renewal-period='60'><api calls='1'/></quota>"),
            ["unusual-scope", "missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota calls='@(1)' renewal-period='0'/>"),
            ["unusual-scope", "expression-not-allowed"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<quota calls='1' renewal-period='60'/><quota calls='1' renewal-period='60'/>"
            ),
            ["unusual-scope", "unusual-scope", "repeated-policy"]
        );
    }
}
