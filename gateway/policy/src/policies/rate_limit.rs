//! `rate-limit`: at most so many calls of a subscription within a sliding period.
//!
//! The limit itself, `<api>` entries and `<operation>` entries count independently and a call has to
//! pass all that concern it: all are asked before any counts, so that a refused call is counted nowhere.
//! A call that passes stays counted, whatever becomes of it.

use std::time::Duration;

use http::header;

use crate::check::Checker;
use crate::context::RequestContext;
use crate::counting::{Counter, CounterKey, Rate, RateDecision};
use crate::env::{Env, Ran};
use crate::facts::ApiFacts;
use crate::fault::{Fault, whole_seconds};
use crate::host::RateKey;
use crate::kind::{Kind, period_seconds};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, Release, attribute};
use crate::section::ScopeKind;
use crate::telling::Telling;
use crate::tree::Element;

/// Longest period a limit may have, in seconds.
pub(crate) const PERIOD_SECONDS_MAX: i64 = 300;
pub(crate) const PERIOD: Kind = Kind::Period { min: 1, max: PERIOD_SECONDS_MAX };

const CALLS: AttributeSpec = attribute("calls", Kind::POSITIVE).required();
const RENEWAL_PERIOD: AttributeSpec = attribute("renewal-period", PERIOD).required();

/// Accepted on an entry because documents have them; the policy's own headers tell of entries too.
const ON_ENTRY: &str = "set it on rate-limit itself";
const ENTRY_ATTRIBUTES: &[AttributeSpec] = &[
    attribute("name", Kind::Filled),
    attribute("id", Kind::Filled),
    CALLS,
    RENEWAL_PERIOD,
    attribute("retry-after-header-name", Kind::HeaderName).no_effect(ON_ENTRY),
    attribute("remaining-calls-header-name", Kind::HeaderName).no_effect(ON_ENTRY),
    attribute("total-calls-header-name", Kind::HeaderName).no_effect(ON_ENTRY),
    attribute("retry-after-variable-name", Kind::Variable).no_effect(ON_ENTRY),
    attribute("remaining-calls-variable-name", Kind::Variable).no_effect(ON_ENTRY),
];

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: &[ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation],
    once: Once::PerDocument,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::RateLimit)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                CALLS,
                RENEWAL_PERIOD,
                attribute("retry-after-header-name", Kind::HeaderName).or("Retry-After"),
                attribute("remaining-calls-header-name", Kind::HeaderName),
                attribute("total-calls-header-name", Kind::HeaderName),
                attribute("retry-after-variable-name", Kind::Variable),
                attribute("remaining-calls-variable-name", Kind::Variable),
            ],
            children: &[ChildSpec::any(&API), ChildSpec::any(&OPERATION)],
            ..ElementSpec::named("rate-limit")
        },
        "At most so many calls of a subscription within a sliding period.",
    )
};

static API: ElementSpec = ElementSpec {
    attributes: ENTRY_ATTRIBUTES,
    children: &[ChildSpec::any(&OPERATION)],
    ..ElementSpec::named("api")
};

static OPERATION: ElementSpec =
    ElementSpec { attributes: ENTRY_ATTRIBUTES, ..ElementSpec::named("operation") };

fn check(element: &Element, checker: &mut Checker<'_>) {
    for entry in element.elements() {
        check_entry(entry, checker);
        for operation in entry.elements_named("operation") {
            check_entry(operation, checker);
        }
    }
}

fn check_entry(entry: &Element, checker: &mut Checker<'_>) {
    let is_known = matches!(entry.name.as_str(), "api" | "operation");
    if is_known && entry.attribute("id").is_none() && entry.attribute("name").is_none() {
        let message = format!("{} needs `id` or `name`", entry.name);
        checker.error(entry.span, "missing-attribute", message);
    }
}

fn compile(element: &Element) -> Option<RateLimit> {
    Some(RateLimit {
        rate: rate(element)?,
        entries: entries(element, rate)?,
        retry_after: Telling::of(element, "retry-after"),
        remaining: Telling::of(element, "remaining-calls"),
        total: Telling::of(element, "total-calls"),
    })
}

/// What a limit says of some APIs and operations: those of operations before those of APIs.
pub(crate) fn entries<T>(
    element: &Element,
    limit: impl Fn(&Element) -> Option<T>,
) -> Option<Box<[Entry<T>]>> {
    let mut entries = Vec::new();
    for api in element.elements_named("api") {
        let name = Named::of(api)?;
        for operation in api.elements_named("operation") {
            let operation_name = Some(Named::of(operation)?);
            entries.push(Entry {
                api: Some(name.clone()),
                operation: operation_name,
                limit: limit(operation)?,
            });
        }
        entries.push(Entry { api: Some(name), operation: None, limit: limit(api)? });
    }
    for operation in element.elements_named("operation") {
        entries.push(Entry { api: None, operation: Some(Named::of(operation)?), limit: limit(operation)? });
    }
    entries.sort_by_key(|entry| entry.operation.is_none());
    Some(entries.into())
}

fn rate(element: &Element) -> Option<Rate> {
    Some(Rate {
        limit: element.number("calls")?,
        period: Duration::from_secs(period_seconds(element.literal("renewal-period")?)?),
    })
}

/// How an entry calls an API or operation. An id counts for more than a name.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    Id(Box<str>),
    Name(Box<str>),
}

impl Named {
    fn of(element: &Element) -> Option<Self> {
        let id = element.literal("id").map(|id| Self::Id(id.trim().into()));
        id.or_else(|| element.literal("name").map(|name| Self::Name(name.trim().into())))
    }

    /// A name may be what a resource is called in its address or what people are shown.
    fn is(&self, id: &str, name: &str) -> bool {
        match self {
            Self::Id(wanted) => id.eq_ignore_ascii_case(wanted),
            Self::Name(wanted) => id.eq_ignore_ascii_case(wanted) || name.eq_ignore_ascii_case(wanted),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Entry<T> {
    /// `None` for an operation of whatever API.
    api: Option<Named>,
    operation: Option<Named>,
    pub(crate) limit: T,
}

impl<T> Entry<T> {
    pub(crate) fn concerns(&self, context: &RequestContext<'_>) -> bool {
        let facts = &context.facts;
        let is_api = |wanted: &Named| facts.api.is_some_and(|api| wanted.is(root_id(api), &api.name));
        let is_operation = |wanted: &Named| facts.operation.is_some_and(|of| wanted.is(&of.id, &of.name));
        self.api.as_ref().is_none_or(is_api) && self.operation.as_ref().is_none_or(is_operation)
    }
}

/// Revisions of an API are one API to a limit.
fn root_id(api: &ApiFacts) -> &str {
    // Most have none, and one character is found faster than five.
    match api.id.contains(';') {
        true => api.id.split_once(";rev=").map_or(&*api.id, |(root, _)| root),
        false => &api.id,
    }
}

#[derive(Debug)]
pub(crate) struct RateLimit {
    rate: Rate,
    entries: Box<[Entry<Rate>]>,
    retry_after: Telling,
    remaining: Telling,
    total: Telling,
}

impl RateLimit {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let Some((decision, rate)) = self.count(env) else {
            return Ok(Flow::Continue);
        };
        let telling = [&self.retry_after, &self.remaining, &self.total];
        tell(env, decision, rate.limit, telling)
    }

    /// Asks every counter that concerns the call. Answers for one that refused, else for the one with the
    /// least left.
    fn count<'a>(&'a self, env: &mut Env<'a, '_>) -> Option<(RateDecision, Rate)> {
        let mut tightest: Option<(RateDecision, Rate)> = None;
        // Several counters count all or none: they are asked before anything is added to one of them.
        let rounds: &[u64] = if self.entries.is_empty() { &[1] } else { &[0, 1] };
        for &add in rounds {
            tightest = None;
            for entry in self.entries.iter().map(Some).chain([None]) {
                if entry.is_some_and(|entry| !entry.concerns(env.context)) {
                    continue;
                }
                let rate = entry.map_or(self.rate, |entry| entry.limit);
                let counter = Counter::Subscription(key(env, entry)?);
                let key = CounterKey { workspace: &env.context.facts.workspace.id, counter };
                let decision = env.ask_rate(key, rate, 1, add);
                if !decision.allowed {
                    return Some((decision, rate));
                }
                if tightest.is_none_or(|(tightest, _)| decision.remaining < tightest.remaining) {
                    tightest = Some((decision, rate));
                }
            }
        }
        tightest
    }
}

/// Tells of a counter's answer, and ends the request where it refused.
pub(crate) fn tell<'a>(
    env: &mut Env<'a, '_>,
    decision: RateDecision,
    limit: u64,
    [retry_after, remaining, total]: [&'a Telling; 3],
) -> Ran<'a> {
    remaining.tell(env, decision.remaining);
    total.tell(env, limit);
    if decision.allowed {
        return Ok(Flow::Continue);
    }
    retry_after.keep(env, whole_seconds(decision.retry_after));
    let header = retry_after.header.clone().unwrap_or(header::RETRY_AFTER);
    let fault = Fault::rate_limit_exceeded(decision.retry_after, header);
    Err(Fault { source: env.source().into(), ..fault }.into())
}

/// A document's limit belongs to what the document hangs at, whichever of its parts is called; an
/// entry belongs to the part it names. `None`: nobody is subscribed.
pub(crate) fn key<'a, T>(env: &Env<'a, '_>, entry: Option<&'a Entry<T>>) -> Option<RateKey<'a>> {
    let (facts, scope) = (&env.context.facts, env.scope);
    let at_product = scope == ScopeKind::Product;
    let at_api = matches!(scope, ScopeKind::Api | ScopeKind::Operation);
    let at_operation = scope == ScopeKind::Operation;
    let is_of_operation = entry.is_some_and(|entry| entry.operation.is_some());
    Some(RateKey {
        workspace: &facts.workspace.id,
        subscription: facts.subscription_id()?,
        scope,
        product: facts.product_id().filter(|_| at_product),
        api: facts.api.map(root_id).filter(|_| at_api || entry.is_some()),
        operation: facts.operation_id().filter(|_| at_operation || is_of_operation),
        is_entry: entry.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, accepts, codes_at, codes_in};

    const TEN: &str = "<rate-limit calls='10' renewal-period='60' remaining-calls-header-name='x-left' \
        total-calls-header-name='x-all'/>";

    fn statuses(bench: &mut Bench, calls: usize) -> Vec<u16> {
        (0..calls).map(|_| bench.again().context.response.as_ref().unwrap().status.as_u16()).collect()
    }

    #[test]
    fn twelve_calls_in_a_row_are_ten_answers_and_two_refusals() {
        let mut bench = Bench::inbound(TEN).with_subscription("s");
        let expected: Vec<u16> = std::iter::repeat_n(200, 10).chain([429, 429]).collect();
        assert_eq!(statuses(&mut bench, 12), expected);
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!(response.headers["retry-after"], "60");
        assert_eq!(
            (&response.headers["x-left"], &response.headers["x-all"]),
            (&"0".parse().unwrap(), &"10".parse().unwrap())
        );
        assert_eq!(
            bench.body(),
            "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 60 seconds.\" }"
        );
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(
            (error.source.as_ref(), error.reason.as_deref()),
            ("rate-limit", Some("RateLimitExceeded"))
        );
        bench.host.now_ms.set(60_000);
        assert_eq!(statuses(&mut bench, 1), [200]);
    }

    #[test]
    fn counts_are_told_on_every_answer() {
        let mut bench = Bench::inbound(TEN).with_subscription("s");
        bench.again();
        let headers = &bench.context.response.as_ref().unwrap().headers;
        assert_eq!((headers["x-left"].to_str().unwrap(), headers["x-all"].to_str().unwrap()), ("9", "10"));
        assert!(!headers.contains_key("retry-after"));
    }

    #[test]
    fn without_subscription_it_does_nothing() {
        let mut bench = Bench::inbound("<rate-limit calls='1' renewal-period='60'/>");
        assert_eq!(statuses(&mut bench, 3), [200, 200, 200]);
    }

    #[test]
    fn subscriptions_do_not_share_a_counter() {
        let mut bench = Bench::inbound("<rate-limit calls='1' renewal-period='60'/>").with_subscription("s");
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        bench = bench.with_subscription("t");
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
    }

    #[test]
    fn variables_tell_what_is_left_and_when_to_come_back() {
        let text = "<policies><inbound><rate-limit calls='1' renewal-period='60' \
            remaining-calls-variable-name='left' retry-after-variable-name='wait'/></inbound>\
            <on-error><set-header name='wait'><value>@(((int)context.Variables[\"wait\"]).ToString())</value>\
            </set-header></on-error></policies>";
        let mut bench = Bench::document(text).with_subscription("s");
        bench.run();
        assert_eq!((bench.variable("left").as_deref(), bench.variable("wait")), (Some("0"), None));
        bench.again();
        assert_eq!(bench.context.response.as_ref().unwrap().headers["wait"], "60");
    }

    #[test]
    fn entries_find_their_part_by_id_or_by_either_name() {
        for (entry, refused) in
            [("id='a'", true), ("name='a'", true), ("name='Echo API'", true), ("id='Echo API'", false)]
        {
            let text = format!(
                "<policies><inbound><rate-limit calls='9' renewal-period='60'>\
                <api {entry} calls='1' renewal-period='60'/></rate-limit></inbound></policies>"
            );
            let mut bench = Bench::at(&text, ScopeKind::Product).with_subscription("s");
            let api = ApiFacts { id: "A;rev=2".into(), name: "Echo API".into(), ..ApiFacts::default() };
            bench.context.facts.api = Some(crate::testing::leak(api));
            let second = if refused { 429 } else { 200 };
            assert_eq!(statuses(&mut bench, 2), [200, second], "{entry}");
        }
    }

    #[test]
    fn entries_count_independently_and_refuse_before_the_limit_counts() {
        let text = "<policies><inbound><rate-limit calls='4' renewal-period='60' retry-after-header-name='X-Wait'>\
            <api id='a'><!-- narrow --></api></rate-limit></inbound></policies>";
        let text = text
            .replace("<api id='a'>", "<api id='a' calls='3' renewal-period='60'>")
            .replace("<!-- narrow -->", "<operation name='O' calls='1' renewal-period='60'/>");
        let mut bench = Bench::at(&text, ScopeKind::Product).with_subscription("s");
        bench.set_api("a");
        bench.set_operation("o", &[]);
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        assert!(bench.context.response.as_ref().unwrap().headers.contains_key("x-wait"));
        bench.set_operation("p", &[]);
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
        bench.set_api("b");
        assert_eq!(statuses(&mut bench, 2), [200, 429], "three of four were counted");
    }

    #[test]
    fn counter_belongs_to_what_the_document_hangs_at() {
        let text = "<policies><inbound><rate-limit calls='1' renewal-period='60'/></inbound></policies>";
        for (scope, shared) in
            [(ScopeKind::Product, true), (ScopeKind::Api, true), (ScopeKind::Operation, false)]
        {
            let mut bench = Bench::at(text, scope).with_subscription("s");
            bench.set_api("a");
            bench.set_operation("o", &[]);
            assert_eq!(statuses(&mut bench, 1), [200]);
            bench.set_operation("p", &[]);
            assert_eq!(statuses(&mut bench, 1), [if shared { 429 } else { 200 }], "{scope}");
        }
    }

    #[test]
    fn documents_are_checked() {
        let at_api = |element: &str| codes_at(ScopeKind::Api, Section::Inbound, element);
        accepts(TEN);
        assert_eq!(at_api("<rate-limit calls='0' renewal-period='60'/>"), ["attribute-value"]);
        assert!(at_api("<rate-limit calls='1' renewal-period='300'/>").is_empty());
        assert_eq!(at_api("<rate-limit calls='1' renewal-period='301'/>"), ["attribute-value"]);
        assert_eq!(
            at_api("<rate-limit call='1' renewal-period='3'/>"),
            ["missing-attribute", "unknown-attribute"]
        );
        assert_eq!(at_api(&format!("{TEN}{TEN}")), ["repeated-policy"]);
        assert_eq!(
            at_api(
                "<rate-limit calls='1' renewal-period='3'><api calls='1' renewal-period='3'/></rate-limit>"
            ),
            ["missing-attribute"]
        );
        assert_eq!(codes_in(Section::Outbound, TEN), ["misplaced-policy"]);
        assert_eq!(codes_at(ScopeKind::Global, Section::Inbound, TEN), ["unusual-scope"]);
        accepts("<rate-limit calls='1' renewal-period='3' retry-after-variable-name='v'/>");
    }
}
