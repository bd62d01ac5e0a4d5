//! `quota-by-key`: at most so many calls or bytes of a key within a fixed period.
//!
//! The same key with the same periods is one counter wherever in the workspace it is named. Where it takes
//! an expression to know whether a call counts, the call is let in first and counted when its answer
//! stands.

use crate::check::Checker;
use crate::counting::{Counter, CounterKey, Pending, Quota, QuotaKey, Span};
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::quota::{self, Most};
use crate::policies::rate_limit_by_key::Increment;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::setting::{Number, Text};
use crate::span::unix_ms;
use crate::tree::Element;

/// Shortest period, in seconds; none at all is zero.
const PERIOD_SECONDS_MIN: u64 = 300;
/// When periods begin that nobody said more of: with the year 1.
const FIRST_PERIOD_START: &str = "0001-01-01T00:00:00Z";

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::QuotaByKey)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                quota::CALLS.expression(),
                quota::BANDWIDTH.expression(),
                attribute("renewal-period", quota::PERIOD).required().expression(),
                attribute("counter-key", Kind::Any).required().expression(),
                attribute("increment-condition", Kind::Bool).expression(),
                attribute("increment-count", Kind::COUNT).or("1").expression(),
                attribute("first-period-start", Kind::DateTime).or(FIRST_PERIOD_START),
            ],
            ..ElementSpec::named("quota-by-key")
        },
        "At most so many calls or bytes of a key within a fixed period.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["calls", "bandwidth"]);
    quota::check_first_period(element, checker);
    let Some(period) = element.attribute("renewal-period") else {
        return;
    };
    let seconds = period.value.literal().and_then(crate::kind::period_seconds);
    if seconds.is_some_and(|seconds| (1..PERIOD_SECONDS_MIN).contains(&seconds)) {
        let message = format!("quota-by-key: renewal-period is 0 or at least {PERIOD_SECONDS_MIN} seconds");
        checker
            .error(period.value.span, "attribute-value", message)
            .hint("for shorter periods there is rate-limit-by-key");
    }
}

fn compile(element: &Element) -> Option<QuotaByKey> {
    Some(QuotaByKey {
        calls: element.number_setting("calls")?,
        kilobytes: element.number_setting("bandwidth")?,
        period: element.required_number("renewal-period")?,
        key: element.required_text("counter-key")?,
        increment: Increment::of(element)?,
        first_ms: unix_ms(element.literal("first-period-start").unwrap_or(FIRST_PERIOD_START))?,
    })
}

#[derive(Debug)]
pub(crate) struct QuotaByKey {
    calls: Option<Number>,
    kilobytes: Option<Number>,
    period: Number,
    key: Text,
    increment: Increment,
    first_ms: i64,
}

impl QuotaByKey {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let calls = limit(env, self.calls.as_ref(), "calls")?;
        let bytes = limit(env, self.kilobytes.as_ref(), "bandwidth")?.map(quota::bytes);
        let period_s = env.number_within(&self.period, "renewal-period", 0, i64::MAX)?.unsigned_abs();
        if (1..PERIOD_SECONDS_MIN).contains(&period_s) {
            let least = PERIOD_SECONDS_MIN;
            return Err(
                env.internal(format!("renewal-period: {period_s} is neither 0 nor at least {least}."))
            );
        }
        let key = env.text_or_empty(&self.key)?;
        let is_late = self.increment.waits();
        let add = if is_late { None } else { self.increment.work_out(env)? };
        let of = QuotaKey::Key { key, period_s, first_ms: self.first_ms };
        let span = Span::of_seconds(env.host.unix_ms(), self.first_ms, period_s);
        quota::count(env, of, Most { calls, bytes }, span, add.unwrap_or(0))?;
        let workspace = &*env.context.facts.workspace.id;
        let bytes_key = CounterKey { workspace, counter: Counter::QuotaBytes(of) };
        if is_late {
            let counter = CounterKey { workspace, counter: Counter::QuotaCalls(of) };
            let calls = calls.map(|limit| (counter, Quota { limit, span }));
            env.count_later(Pending::Quota(calls, bytes.map(|_| (bytes_key, span))));
        } else if add.is_some() && bytes.is_some() {
            // Whatever a call counts for, its bytes count.
            env.charge_bytes(bytes_key, span);
        }
        Ok(Flow::Continue)
    }

    /// Counts the call, now that its answer stands.
    pub(crate) fn finish<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<(), Halt> {
        let add = self.increment.work_out(env)?;
        if let (Some(Pending::Quota(calls, bytes)), Some(add)) = (env.pending(), add) {
            if let Some((key, quota)) = calls {
                env.add_quota(key, quota.span, add);
            }
            if let Some((key, span)) = bytes {
                env.charge_bytes(key, span);
            }
        }
        env.settle_pending();
        Ok(())
    }
}

fn limit<'a>(env: &mut Env<'a, '_>, number: Option<&'a Number>, what: &str) -> Result<Option<u64>, Halt> {
    let number = number.map(|number| env.number_within(number, what, 1, i64::MAX));
    Ok(number.transpose()?.map(i64::unsigned_abs))
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn statuses(bench: &mut Bench, calls: usize) -> Vec<u16> {
        (0..calls).map(|_| bench.again().context.response.as_ref().unwrap().status.as_u16()).collect()
    }

    #[test]
    fn calls_of_a_key_are_refused_until_the_period_is_over() {
        let quota = "<quota-by-key calls='2' renewal-period='3600' counter-key='@(context.Request.Method)' \
            first-period-start='2025-01-01T00:15:00Z'/>";
        let mut bench = Bench::inbound(quota);
        assert_eq!(statuses(&mut bench, 3), [200, 200, 403]);
        assert_eq!(
            bench.body(),
            "{ \"statusCode\": 403, \"message\": \"Out of call volume quota. \
             Quota will be replenished in 00:15:00.\" }"
        );
        assert_eq!(bench.context.response.as_ref().unwrap().headers["retry-after"], "900");
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!((&*error.source, error.reason.as_deref()), ("quota-by-key", Some("QuotaExceeded")));
        bench.host.now_ms.set(900_000);
        assert_eq!(statuses(&mut bench, 1), [200]);
    }

    #[test]
    fn a_key_counts_once_in_a_request_and_periods_apart() {
        let hour = "<quota-by-key calls='2' renewal-period='3600' counter-key='k'/>";
        let day = "<quota-by-key calls='3' renewal-period='86400' counter-key='k'/>";
        let mut bench = Bench::inbound(&format!("{hour}{hour}{day}"));
        assert_eq!(statuses(&mut bench, 3), [200, 200, 403]);
        bench.host.now_ms.set(3_600_000);
        assert_eq!(statuses(&mut bench, 2), [200, 403], "the day's, of which the refused call took none");
    }

    #[test]
    fn condition_that_looks_at_the_answer_counts_calls_and_bytes_at_the_end() {
        let policy = |what: &str| {
            format!(
                "<policies><inbound><quota-by-key {what} renewal-period='300' counter-key='k' \
                 increment-condition='@(context.Response.StatusCode == 200)'/></inbound>\
                 <backend><forward-request/></backend></policies>"
            )
        };
        let mut bench = Bench::document(&policy("calls='1'"));
        bench.backend_statuses = vec![404, 200, 200];
        assert_eq!(statuses(&mut bench, 3), [404, 200, 403]);
        let mut bench = Bench::document(&policy("bandwidth='1'"));
        bench.host.bytes.set(1_024);
        bench.backend_statuses = vec![404, 200, 200];
        assert_eq!(statuses(&mut bench, 3), [404, 200, 403]);
        assert!(bench.body().contains("Out of bandwidth quota."));
    }

    #[test]
    fn bytes_count_whatever_calls_count_for_unless_the_call_does_not_count() {
        for (more, expected) in
            [("increment-count='0'", [200, 403]), ("increment-condition='false'", [200, 200])]
        {
            let quota =
                format!("<quota-by-key bandwidth='1' calls='9' renewal-period='0' counter-key='k' {more}/>");
            let mut bench = Bench::inbound(&quota);
            bench.host.bytes.set(1_024);
            assert_eq!(statuses(&mut bench, 2), expected, "{more}");
        }
    }

    #[test]
    fn values_out_of_range_fail_the_request() {
        for policy in ["calls='@(0)' renewal-period='300'", "calls='1' renewal-period='@(299)'"] {
            let mut bench = Bench::inbound(&format!("<quota-by-key {policy} counter-key='k'/>"));
            assert_eq!(statuses(&mut bench, 1), [500], "{policy}");
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<quota-by-key calls='10' renewal-period='300' counter-key='@(context.Api.Id)' increment-condition='@(true)'/><quota-by-key bandwidth='10' renewal-period='0' counter-key='k'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota-by-key calls='10' renewal-period='299' counter-key='k'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota-by-key renewal-period='300' counter-key='k'/>"),
            ["missing-attribute"]
        );
    }
}
