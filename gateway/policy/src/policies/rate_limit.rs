//! `rate-limit`: at most so many calls of a subscription within a sliding period.
//!
//! The limit itself, `<api>` entries and `<operation>` entries count independently and a call has to
//! pass all that concern it. The narrowest is asked first, so that a call the narrow limit refuses is
//! not counted by the wide one. A call that passes stays counted, whatever becomes of it.

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};

use crate::check::Checker;
use crate::context::RequestContext;
use crate::fault::Fault;
use crate::host::{RateDecision, RateKey};
use crate::kind::{Kind, period_seconds};
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, Release, attribute};
use crate::section::ScopeKind;
use crate::tree::Element;

/// Longest period a limit may have, in seconds.
const PERIOD_SECONDS_MAX: i64 = 300;
pub(crate) const PERIOD: Kind = Kind::Period { min: 1, max: PERIOD_SECONDS_MAX };

const NO_VARIABLES: &str = "variables are not supported by this release";
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
    attribute("retry-after-variable-name", Kind::Variable).no_effect(NO_VARIABLES),
    attribute("remaining-calls-variable-name", Kind::Variable).no_effect(NO_VARIABLES),
];

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: &[ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation],
    once: Once::PerDocument,
    check,
    release: Release::Runs(|element| compile(element).map(Policy::RateLimit)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                CALLS,
                RENEWAL_PERIOD,
                attribute("retry-after-header-name", Kind::HeaderName).or("Retry-After"),
                attribute("remaining-calls-header-name", Kind::HeaderName),
                attribute("total-calls-header-name", Kind::HeaderName),
                attribute("retry-after-variable-name", Kind::Variable).no_effect(NO_VARIABLES),
                attribute("remaining-calls-variable-name", Kind::Variable).no_effect(NO_VARIABLES),
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
    let mut entries = Vec::new();
    for api in element.elements_named("api") {
        let name = entry_name(api)?;
        for operation in api.elements_named("operation") {
            let operation_name = Some(entry_name(operation)?);
            entries.push(Entry {
                api: Some(name.clone()),
                operation: operation_name,
                limit: limit(operation)?,
            });
        }
        entries.push(Entry { api: Some(name), operation: None, limit: limit(api)? });
    }
    for operation in element.elements_named("operation") {
        entries.push(Entry { api: None, operation: Some(entry_name(operation)?), limit: limit(operation)? });
    }
    // Operations before APIs: the narrowest is asked first.
    entries.sort_by_key(|entry| entry.operation.is_none());
    Some(RateLimit {
        limit: limit(element)?,
        entries: entries.into(),
        retry_after_header: header_name(element, "retry-after-header-name").unwrap_or(header::RETRY_AFTER),
        remaining_header: header_name(element, "remaining-calls-header-name"),
        total_header: header_name(element, "total-calls-header-name"),
    })
}

// Differs from APIM: `name` is compared with the resource's name there is, not with a display name.
fn entry_name(element: &Element) -> Option<Box<str>> {
    element.literal("id").or_else(|| element.literal("name")).map(|name| name.trim().into())
}

fn limit(element: &Element) -> Option<Limit> {
    Some(Limit {
        calls: element.number("calls")?,
        period: Duration::from_secs(period_seconds(element.literal("renewal-period")?)?),
    })
}

fn header_name(element: &Element, attribute: &str) -> Option<HeaderName> {
    element.literal(attribute).and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    calls: u32,
    period: Duration,
}

#[derive(Debug)]
struct Entry {
    /// `None` for an operation of whatever API.
    api: Option<Box<str>>,
    operation: Option<Box<str>>,
    limit: Limit,
}

impl Entry {
    fn concerns(&self, context: &RequestContext) -> bool {
        let matches = |wanted: &Option<Box<str>>, actual: Option<&str>| match wanted {
            Some(wanted) => actual.is_some_and(|actual| actual.eq_ignore_ascii_case(wanted)),
            None => true,
        };
        matches(&self.api, context.api.as_deref()) && matches(&self.operation, context.operation.as_deref())
    }
}

#[derive(Debug)]
pub(crate) struct RateLimit {
    limit: Limit,
    entries: Box<[Entry]>,
    retry_after_header: HeaderName,
    remaining_header: Option<HeaderName>,
    total_header: Option<HeaderName>,
}

impl RateLimit {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        if env.context.subscription.is_none() {
            return Flow::Continue;
        }
        let Some((decision, limit)) = self.count(env) else {
            return Flow::Continue;
        };
        self.tell(env.context, decision, limit);
        if decision.allowed {
            return Flow::Continue;
        }
        let fault = Fault::rate_limit_exceeded(decision.retry_after, self.retry_after_header.clone());
        Flow::Fail(Box::new(fault))
    }

    /// Asks every counter that concerns the call until one refuses. Answers for the one that
    /// refused, else for the one with the least left.
    fn count(&self, env: &mut Env<'_>) -> Option<(RateDecision, Limit)> {
        let context = &*env.context;
        let entries = self.entries.iter().filter(|entry| entry.concerns(context));
        let counters = entries.map(|entry| (entry.limit, Some(entry))).chain([(self.limit, None)]);
        let mut tightest: Option<(RateDecision, Limit)> = None;
        for (limit, entry) in counters {
            let key = key(context, env.scope, entry)?;
            let decision = env.host.rate_limit(key, limit.calls, limit.period);
            if !decision.allowed {
                return Some((decision, limit));
            }
            if tightest.is_none_or(|(tightest, _)| decision.remaining < tightest.remaining) {
                tightest = Some((decision, limit));
            }
        }
        tightest
    }

    fn tell(&self, context: &mut RequestContext, decision: RateDecision, limit: Limit) {
        if let Some(name) = &self.remaining_header {
            context.final_headers.push((name.clone(), HeaderValue::from(decision.remaining)));
        }
        if let Some(name) = &self.total_header {
            context.final_headers.push((name.clone(), HeaderValue::from(limit.calls)));
        }
    }
}

/// A document's limit belongs to what the document hangs at, whichever of its parts is called; an
/// entry belongs to the part it names.
fn key<'c>(context: &'c RequestContext, scope: ScopeKind, entry: Option<&'c Entry>) -> Option<RateKey<'c>> {
    let at_product = scope == ScopeKind::Product;
    let at_api = matches!(scope, ScopeKind::Api | ScopeKind::Operation);
    let at_operation = scope == ScopeKind::Operation;
    let entry_operation = entry.and_then(|entry| entry.operation.as_deref());
    Some(RateKey {
        workspace: &context.workspace,
        subscription: context.subscription.as_deref()?,
        scope,
        product: context.product.as_deref().filter(|_| at_product),
        api: context.api.as_deref().filter(|_| at_api || entry.is_some()),
        operation: context.operation.as_deref().filter(|_| at_operation || entry_operation.is_some()),
        is_entry: entry.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, accepts, codes, codes_at, codes_in};

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
        bench.host.now_ms += 60_000;
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
    fn entries_count_independently_and_refuse_before_the_limit_counts() {
        let text = "<policies><inbound><rate-limit calls='4' renewal-period='60' retry-after-header-name='X-Wait'>\
            <api id='a'><!-- narrow --></api></rate-limit></inbound></policies>";
        let text = text
            .replace("<api id='a'>", "<api id='a' calls='3' renewal-period='60'>")
            .replace("<!-- narrow -->", "<operation name='O' calls='1' renewal-period='60'/>");
        let mut bench = Bench::at(&text, ScopeKind::Product).with_subscription("s");
        bench.context.api = Some("a".into());
        bench.context.operation = Some("o".into());
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        assert!(bench.context.response.as_ref().unwrap().headers.contains_key("x-wait"));
        bench.context.operation = Some("p".into());
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
        bench.context.api = Some("b".into());
        assert_eq!(statuses(&mut bench, 2), [200, 429], "three of four were counted");
    }

    #[test]
    fn counter_belongs_to_what_the_document_hangs_at() {
        let text = "<policies><inbound><rate-limit calls='1' renewal-period='60'/></inbound></policies>";
        for (scope, shared) in
            [(ScopeKind::Product, true), (ScopeKind::Api, true), (ScopeKind::Operation, false)]
        {
            let mut bench = Bench::at(text, scope).with_subscription("s");
            bench.context.api = Some("a".into());
            bench.context.operation = Some("o".into());
            assert_eq!(statuses(&mut bench, 1), [200]);
            bench.context.operation = Some("p".into());
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
        assert_eq!(
            codes("<rate-limit calls='1' renewal-period='3' retry-after-variable-name='v'/>"),
            ["no-effect"]
        );
    }
}
