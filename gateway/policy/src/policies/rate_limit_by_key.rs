//! `rate-limit-by-key`: at most so many calls of a key within a sliding period.
//!
//! The same key is one counter wherever in the workspace it is named; limits of different periods on one
//! key are counted apart. Where it takes an expression to know whether a call counts, the call is let in
//! first and counted when its answer stands.

use std::time::Duration;

use crate::counting::{Counter, CounterKey, Pending, Rate};
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::{Policy, rate_limit};
use crate::schema::{ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::setting::{Flag, Number, Setting, Text};
use crate::telling::Telling;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    release: Release::Runs(|element, _| compile(element).map(Policy::RateLimitByKey)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("calls", Kind::POSITIVE).required().expression(),
                attribute("renewal-period", rate_limit::PERIOD).required().expression(),
                attribute("counter-key", Kind::Any).required().expression(),
                attribute("increment-condition", Kind::Bool).expression(),
                attribute("increment-count", Kind::COUNT).or("1").expression(),
                attribute("retry-after-header-name", Kind::HeaderName).or("Retry-After"),
                attribute("retry-after-variable-name", Kind::Variable),
                attribute("remaining-calls-header-name", Kind::HeaderName),
                attribute("remaining-calls-variable-name", Kind::Variable),
                attribute("total-calls-header-name", Kind::HeaderName),
                attribute("increment-after-response", Kind::Bool).expression(),
                attribute("flexible-retry-window", Kind::Bool)
                    .expression()
                    .not_run("nobody tells what it does"),
            ],
            ..ElementSpec::named("rate-limit-by-key")
        },
        "At most so many calls of a key within a sliding period.",
    )
};

fn compile(element: &Element) -> Option<RateLimitByKey> {
    Some(RateLimitByKey {
        calls: element.required_number("calls")?,
        period: element.required_number("renewal-period")?,
        key: element.required_text("counter-key")?,
        increment: Increment::of(element)?,
        is_late: element.flag_setting("increment-after-response", false)?,
        retry_after: Telling::of(element, "retry-after"),
        remaining: Telling::of(element, "remaining-calls"),
        total: Telling::of(element, "total-calls"),
    })
}

/// Whether a call counts, and for how many.
#[derive(Debug)]
pub(crate) struct Increment {
    condition: Flag,
    count: Number,
}

impl Increment {
    pub(crate) fn of(element: &Element) -> Option<Self> {
        Some(Self {
            condition: element.flag_setting("increment-condition", true)?,
            count: element.number_setting("increment-count")?.unwrap_or(Setting::Fixed(1)),
        })
    }

    /// The answer may have a say.
    pub(crate) fn waits(&self) -> bool {
        self.condition.fixed().is_none() || self.count.fixed().is_none()
    }

    /// For how many a call counts; `None`: it does not.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Option<u64>, Halt> {
        if !env.flag(&self.condition)? {
            return Ok(None);
        }
        let count = env.number_within(&self.count, "increment-count", 0, i32::MAX.into())?;
        Ok(Some(count.unsigned_abs()))
    }
}

#[derive(Debug)]
pub(crate) struct RateLimitByKey {
    calls: Number,
    period: Number,
    key: Text,
    increment: Increment,
    is_late: Flag,
    retry_after: Telling,
    remaining: Telling,
    total: Telling,
}

impl RateLimitByKey {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let limit = env.number_within(&self.calls, "calls", 1, i32::MAX.into())?.unsigned_abs();
        let period = env.number_within(&self.period, "renewal-period", 1, rate_limit::PERIOD_SECONDS_MAX)?;
        let rate = Rate { limit, period: Duration::from_secs(period.unsigned_abs()) };
        let counter = Counter::Key { key: env.text_or_empty(&self.key)?, period: rate.period };
        let key = CounterKey { workspace: &env.context.facts.workspace.id, counter };
        let is_late = self.increment.waits() || env.flag(&self.is_late)?;
        let add = if is_late { 0 } else { self.increment.work_out(env)?.unwrap_or(0) };
        let decision = env.ask_rate(key, rate, 1, add);
        if decision.allowed && is_late {
            env.count_later(Pending::Rate(key, rate));
        }
        rate_limit::tell(env, decision, limit, [&self.retry_after, &self.remaining, &self.total])
    }

    /// Counts the call, now that its answer stands.
    pub(crate) fn finish<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<(), Halt> {
        let add = self.increment.work_out(env)?.unwrap_or(0);
        if let Some(Pending::Rate(key, rate)) = env.pending() {
            env.add_rate(key, rate, add);
        }
        env.settle_pending();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    fn statuses(bench: &mut Bench, calls: usize) -> Vec<u16> {
        (0..calls).map(|_| bench.again().context.response.as_ref().unwrap().status.as_u16()).collect()
    }

    fn limit(more: &str) -> String {
        format!("<rate-limit-by-key calls='2' renewal-period='60' counter-key='k' {more}/>")
    }

    #[test]
    fn third_call_of_a_key_is_refused_until_the_period_is_over() {
        let more = "remaining-calls-header-name='x-left' total-calls-header-name='x-all' \
            retry-after-header-name='x-wait' remaining-calls-variable-name='left' retry-after-variable-name='wait'";
        let mut bench = Bench::inbound(&limit(more));
        assert_eq!(statuses(&mut bench, 1), [200]);
        let headers = &bench.context.response.as_ref().unwrap().headers;
        assert_eq!((&headers["x-left"], &headers["x-all"]), (&"1".parse().unwrap(), &"2".parse().unwrap()));
        assert!(!headers.contains_key("x-wait"));
        bench.host.now_ms.set(1_500);
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        assert_eq!(bench.context.response.as_ref().unwrap().headers["x-wait"], "59");
        assert_eq!(bench.variable("wait").as_deref(), Some("59"));
        assert_eq!(bench.variable("left").as_deref(), Some("0"));
        assert_eq!(
            bench.body(),
            "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 59 seconds.\" }"
        );
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(
            (&*error.source, error.reason.as_deref()),
            ("rate-limit-by-key", Some("RateLimitExceeded"))
        );
        bench.host.now_ms.set(60_000);
        assert_eq!(statuses(&mut bench, 2), [200, 429], "the first has left the window");
    }

    #[test]
    fn values_of_a_key_are_counted_apart_and_null_is_the_empty_one() {
        let by_path = "<rate-limit-by-key calls='@(1)' renewal-period='@(1 + 59)' \
            counter-key='@(context.Request.Headers.GetValueOrDefault(\"who\"))'/>";
        let mut bench = Bench::inbound(by_path);
        bench.context.request.headers.insert("who", "a".parse().unwrap());
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        bench.context.request.headers.insert("who", "b".parse().unwrap());
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        bench.context.request.headers.remove("who");
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        bench.context.request.headers.insert("who", "".parse().unwrap());
        assert_eq!(statuses(&mut bench, 1), [429]);
    }

    #[test]
    fn one_key_is_one_counter_and_counts_once_in_a_request() {
        let twice = format!("{}{}", limit(""), limit(""));
        let mut bench = Bench::inbound(&twice);
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
        // Another period is another limit.
        let pair = format!("<rate-limit-by-key calls='9' renewal-period='10' counter-key='k'/>{}", limit(""));
        let mut bench = Bench::inbound(&pair);
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
        bench.host.now_ms.set(10_000);
        assert_eq!(statuses(&mut bench, 1), [429], "the shorter one alone is over");
    }

    #[test]
    fn condition_that_looks_at_the_answer_refuses_one_call_late() {
        let condition = limit("increment-condition='@(context.Response.StatusCode == 500)'");
        let mut bench = Bench::document(&format!(
            "<policies><inbound>{condition}</inbound><backend><forward-request/></backend></policies>"
        ));
        bench.backend_statuses = vec![200, 500, 200, 500, 200];
        assert_eq!(statuses(&mut bench, 5), [200, 500, 200, 500, 429]);
        assert_eq!(bench.forwards, 4);
    }

    #[test]
    fn count_that_looks_at_the_body_of_the_answer_has_it_read() {
        let count = limit("increment-count='@((int)context.Response.Body.As&lt;JObject&gt;(true)[\"n\"])'");
        let mut bench = Bench::document(&format!(
            "<policies><inbound>{count}</inbound><backend><forward-request/></backend></policies>"
        ));
        bench.backend_body = Some("{\"n\": 5}");
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        // What cannot be worked out counts nothing.
        let mut bench = Bench::inbound(&limit("increment-count='@((int)context.Variables[\"none\"])'"));
        assert_eq!(statuses(&mut bench, 3), [200, 200, 200]);
    }

    #[test]
    fn answers_of_on_error_and_of_return_response_are_counted_too() {
        let condition = limit("increment-condition='@(context.Response.StatusCode == 401)'");
        let fails = "<check-header name='x' failed-check-httpcode='401' failed-check-error-message='m' \
            ignore-case='true'/>";
        let mut bench = Bench::inbound(&format!("{condition}{fails}"));
        assert_eq!(statuses(&mut bench, 3), [401, 401, 429]);
        let returns = "<return-response><set-status code='401' reason='no'/></return-response>";
        let mut bench = Bench::inbound(&format!("{condition}{returns}"));
        assert_eq!(statuses(&mut bench, 3), [401, 401, 429]);
    }

    #[test]
    fn literals_say_for_how_many_a_call_counts() {
        for (more, expected) in [
            ("increment-count='2'", [200, 429, 429]),
            ("increment-count='0'", [200, 200, 200]),
            ("increment-condition='false'", [200, 200, 200]),
            ("increment-after-response='true'", [200, 200, 429]),
        ] {
            assert_eq!(statuses(&mut Bench::inbound(&limit(more)), 3), expected, "{more}");
        }
    }

    #[test]
    fn workspaces_do_not_share_a_key() {
        let mut bench = Bench::inbound(&limit(""));
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
        let other = crate::facts::WorkspaceFacts { id: "v".into(), name: "V".into() };
        bench.context.facts.workspace = crate::testing::leak(other);
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
    }

    #[test]
    fn values_out_of_range_fail_the_request() {
        let bad = "<rate-limit-by-key calls='1' renewal-period='@(301)' counter-key='k'/>";
        assert_eq!(statuses(&mut Bench::inbound(bad), 1), [500]);
        assert_eq!(codes(&limit("flexible-retry-window='true'")), ["not-run-yet"]);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<rate-limit-by-key calls='@(1)' renewal-period='300' counter-key='@(context.Api.Id)' increment-condition='@(true)' increment-count='0' remaining-calls-variable-name='v'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<rate-limit-by-key calls='1' renewal-period='301' counter-key='k'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<rate-limit-by-key calls='1' renewal-period='60'/>"),
            ["missing-attribute"]
        );
    }
}
