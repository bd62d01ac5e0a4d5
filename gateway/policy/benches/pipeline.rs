//! What running policies costs: whole requests through their documents, without sockets.
//!
//! `cargo bench -p hanse-policy --bench pipeline`. Time and allocations of all that is policies' doing
//! between the head of a request and the head of its answer: the context is made, the documents run, the
//! answer is completed. Memory of expressions is used again, as in the gateway.

use std::time::Duration;

use divan::{AllocProfiler, Bencher, black_box};
use hanse_expression::arena::Arena;
use hanse_expression::run::MEMORY_BYTES_MAX;
use hanse_policy::{
    Alone, ApiFacts, Ask, Body, Chain, Charge, CompiledDocument, CounterKey, DeploymentFacts, Effect, Facts,
    Format, Host, OperationFacts, Permit, Quota, QuotaDecision, Rate, RateDecision, RequestContext,
    RequestId, RequestMessage, ResponseMessage, Run, ScopeKind, Span, SubscriptionFacts, WorkspaceFacts,
    compile, finish,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const NAMES: [&str; 6] = ["none", "typical", "expressions", "choose", "json", "answer"];

/// The document of an API.
fn document(name: &str) -> String {
    let inbound = match name {
        "typical" => {
            "<rate-limit calls='1000000000' renewal-period='60'/>\
             <set-header name='X-One' exists-action='override'><value>1</value></set-header>\
             <set-header name='X-Two' exists-action='override'><value>2</value></set-header>"
                .to_owned()
        }
        "expressions" => {
            "<set-variable name='id' value='@(context.Request.Headers.GetValueOrDefault(\"X-Correlation-Id\", \"none\"))'/>\
             <set-header name='X-Id' exists-action='override'><value>@((string)context.Variables[\"id\"])</value></set-header>"
                .to_owned()
        }
        "choose" => {
            let when = |tier: u32| {
                format!(
                    "<when condition='@(context.Request.Headers.GetValueOrDefault(\"X-Tier\", \"\") == \"{tier}\")'>\
                     <set-method>PUT</set-method></when>"
                )
            };
            format!("<choose>{}</choose>", (1..=10).map(when).collect::<String>())
        }
        "json" => {
            "<set-body>@{ var body = context.Request.Body.As<JObject>(); body[\"total\"] = \
             (int)body[\"price\"] * (int)body[\"count\"]; body.Remove(\"secret\"); return body.ToString(); }</set-body>"
                .to_owned()
        }
        "answer" => {
            "<return-response><set-status code='200'/><set-body>ok</set-body></return-response>".to_owned()
        }
        _ => String::new(),
    };
    let outbound = match name {
        "typical" => {
            "<set-header name='X-Three' exists-action='override'><value>3</value></set-header>\
             <set-header name='X-Powered-By' exists-action='delete'/>"
        }
        _ => "",
    };
    format!("<policies><inbound><base/>{inbound}</inbound><outbound><base/>{outbound}</outbound></policies>")
}

const JSON: &str =
    r#"{"id": 42, "price": 3, "count": 7, "secret": "s", "lines": [{"sku": "a"}, {"sku": "b"}]}"#;

/// Counts nothing, and lets everything through.
struct Calm;

impl Host for Calm {
    fn now_ms(&self) -> u64 {
        0
    }

    fn unix_ms(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        4
    }

    fn enter(&self, _workspace: &str, _key: &str, _max: u32) -> Option<Permit> {
        Some(Permit::new(()))
    }

    fn rate_limit(&self, _: &CounterKey<'_>, _: Rate, _: Ask) -> RateDecision {
        RateDecision { allowed: true, remaining: 1, retry_after: Duration::ZERO }
    }

    fn add_to_rate(&self, _: &CounterKey<'_>, _: Rate, _: u64) {}

    fn quota(&self, _: &CounterKey<'_>, _: Quota, _: Ask) -> QuotaDecision {
        QuotaDecision { allowed: true, remaining: 1 }
    }

    fn add_to_quota(&self, _: &CounterKey<'_>, _: Span, _: u64) {}

    fn charge_at_end(&self, _: Charge<'_>) {}
}

#[divan::bench(args = NAMES)]
fn request(bencher: Bencher<'_, '_>, name: &str) {
    let document = match compile(&document(name), Format::RawXml, ScopeKind::Api, &Alone) {
        Ok(document) => document,
        Err(findings) => panic!("{findings:?}"),
    };
    let world = World::default();
    let mut arena = Arena::new(MEMORY_BYTES_MAX);
    let client = [192, 0, 2, 1].into();
    bencher.with_inputs(|| message(name == "json")).bench_local_values(|request| {
        arena.reset(MEMORY_BYTES_MAX, 64 * 1024);
        let mut context = RequestContext::new(&arena, request, world.facts(), client, RequestId(7));
        let is_ok = pass(&document, &mut context);
        black_box((is_ok, context.response.take(), context.request))
    });
}

fn pass<'a>(document: &'a CompiledDocument, context: &mut RequestContext<'a>) -> bool {
    let mut chain = Chain::default();
    chain.documents[1] = Some(document);
    let mut run = Run::new(chain);
    loop {
        match run.next(context, &Calm) {
            Effect::Forward(_) => context.response = Some(ResponseMessage::new(StatusCode::OK)),
            Effect::Answer => break,
            other => panic!("{other:?}"),
        }
    }
    finish(context);
    assert!(context.last_error.is_none(), "{:?}", context.last_error);
    true
}

fn message(has_body: bool) -> RequestMessage {
    let mut headers = HeaderMap::with_capacity(16);
    for (name, value) in [
        ("host", "api.test"),
        ("accept", "*/*"),
        ("x-correlation-id", "5b1f"),
        ("x-tier", "10"),
        ("user-agent", "bench"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    RequestMessage {
        method: Method::GET,
        headers,
        path: "/items/42".to_owned(),
        query: None,
        body: if has_body { Body::Bytes(JSON.into()) } else { Body::Empty },
    }
}

#[derive(Default)]
struct World {
    workspace: WorkspaceFacts,
    api: ApiFacts,
    operation: OperationFacts,
    subscription: SubscriptionFacts,
    deployment: DeploymentFacts,
}

impl World {
    fn facts(&self) -> Facts<'_> {
        Facts {
            workspace: &self.workspace,
            api: Some(&self.api),
            operation: Some(&self.operation),
            product: None,
            subscription: Some(&self.subscription),
            user: None,
            deployment: &self.deployment,
        }
    }
}
