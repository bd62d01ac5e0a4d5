//! Documents that do not compile, and what answers in their place.

use super::*;

#[test]
fn a_document_that_does_not_compile_is_a_finding_and_answers_500() {
    let mut specs = specs();
    let old = specs.compile();
    let keys =
        [specs.policy("workspaces/w/apis/orders", "<policies><inbound><nonsense /></inbound></policies>")];
    let compiled = compile(Some(&old), &specs.spec, Changed::Keys(&keys));
    assert_eq!(compiled.findings.len(), 1);
    assert_eq!(compiled.findings[0].0, keys[0]);
    assert!(compiled.findings[0].1.contains("nonsense"), "{:?}", compiled.findings);
    let shard = compiled.shard;
    let api = shard.workspace("w").and_then(|workspace| workspace.api("orders")).expect("an api");
    assert!(shard.chain(Some(api), None, None).documents[1].is_some());

    // A finding is told once, and is listed while it lasts.
    let again = compile(Some(&shard), &specs.spec, Changed::All);
    assert_eq!(again.findings, []);
    assert_eq!(again.shard.findings().count(), 1);
}

struct NoHost;

impl hanse_policy::Host for NoHost {
    fn now_ms(&self) -> u64 {
        0
    }

    fn unix_ms(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        0
    }

    fn enter(&self, _workspace: &str, _key: &str, _max: u32) -> Option<hanse_policy::Permit> {
        None
    }

    fn rate_limit(
        &self,
        _key: &hanse_policy::CounterKey<'_>,
        _rate: hanse_policy::Rate,
        _ask: hanse_policy::Ask,
    ) -> hanse_policy::RateDecision {
        unreachable!("no document here has a limit")
    }

    fn quota(
        &self,
        _key: &hanse_policy::CounterKey<'_>,
        _quota: hanse_policy::Quota,
        _ask: hanse_policy::Ask,
    ) -> hanse_policy::QuotaDecision {
        unreachable!("no document here has a quota")
    }

    fn add_to_rate(&self, _key: &hanse_policy::CounterKey<'_>, _rate: hanse_policy::Rate, _amount: u64) {}

    fn add_to_quota(&self, _key: &hanse_policy::CounterKey<'_>, _span: hanse_policy::Span, _amount: u64) {}

    fn charge_at_end(&self, _charge: hanse_policy::Charge<'_>) {}
}

/// The status of the answer that the documents give by themselves; `None`: they forward.
fn status_of(chain: hanse_policy::Chain<'_>) -> Option<u16> {
    use hanse_expression::{arena::Arena, run::MEMORY_BYTES_MAX};
    use hanse_policy::{
        Body, DeploymentFacts, Effect, Facts, RequestContext, RequestId, RequestMessage, Run, WorkspaceFacts,
    };
    let request = RequestMessage {
        method: Method::GET,
        headers: HeaderMap::new(),
        path: "/".into(),
        query: None,
        body: Body::Empty,
    };
    let ip = [127, 0, 0, 1].into();
    let (workspace, deployment) = (WorkspaceFacts::default(), DeploymentFacts::default());
    let arena = Arena::new(MEMORY_BYTES_MAX);
    let facts = Facts::unmatched(&workspace, &deployment);
    let mut context = RequestContext::new(&arena, request, facts, ip, RequestId(1));
    match Run::new(chain).next(&mut context, &NoHost) {
        Effect::Forward(_) => None,
        Effect::Do(_) | Effect::Begin(..) | Effect::Await => unreachable!("no document here calls"),
        Effect::Answer => Some(context.response.map_or(200, |response| response.status.as_u16())),
    }
}

#[test]
fn a_broken_document_answers_500_at_every_scope() {
    let scopes = [
        "",
        "workspaces/w",
        "workspaces/w/products/shop",
        "workspaces/w/apis/orders",
        "workspaces/w/apis/orders/operations/op-00",
    ];
    let status = |shard: &Shard| {
        let workspace = shard.workspace("w").expect("linked");
        let api = workspace.api("orders").expect("an api");
        status_of(shard.chain(
            Some(api),
            Some(&api.operations[0]),
            workspace.product("shop").map(|product| &**product),
        ))
    };
    assert_eq!(status(&specs().compile()), Some(200));
    for scope in scopes {
        for broken in ["<policies><inbound><nonsense /></inbound></policies>", "", "{{"] {
            let mut specs = specs();
            let key = specs.policy(scope, broken);
            let shard = specs.compile();
            assert_eq!(status(&shard), Some(500), "{scope}: {broken}");
            assert!(shard.findings().any(|(found, _)| *found == key), "{scope}: {broken}");
        }
    }
}
