//! What the check of a token costs, its keys lying ready.
//!
//! `cargo bench -p hanse-policy`. A whole request is run: context, policy, claims; `nothing` is the same
//! without a token's check.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use divan::{Bencher, black_box};
use hanse_expression::{
    arena::Arena, crypto::HashAlgorithm, crypto::rsa::RsaKey, crypto::rsa::SignaturePadding,
    run::MEMORY_BYTES_MAX,
};
use hanse_policy::{
    Alone, Ask, Body, Chain, Charge, CompiledDocument, CounterKey, DeploymentFacts, Effect, Facts, Format,
    Host, OpenId, OpenIdConfig, OpenIdProvider, Permit, Quota, QuotaDecision, Rate, RateDecision,
    RequestContext, RequestId, RequestMessage, Run, ScopeKind, Span, WorkspaceFacts, compile,
};
use http::{HeaderMap, HeaderValue, Method, header};
use std::{sync::Arc, time::Duration};

fn main() {
    divan::main();
}

const KEY: &[u8] = include_bytes!("../src/jose/testdata/one.key");
const NOW_S: i64 = 1_748_779_200;

struct Unit(Arc<OpenIdProvider>);

impl Host for Unit {
    fn now_ms(&self) -> u64 {
        0
    }

    fn unix_ms(&self) -> i64 {
        NOW_S * 1_000
    }

    fn random(&self) -> u64 {
        7
    }

    fn enter(&self, _: &str, _: &str, _: u32) -> Option<Permit> {
        None
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

    fn openid(&self, _: &str, _: &str) -> OpenId {
        OpenId::Known { provider: self.0.clone(), may_be_asked: false }
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// As long as those of Entra: some twenty claims.
fn token() -> String {
    let mut payload =
        format!(r#"{{"aud":"api://orders","iss":"https://i.test","iat":1,"nbf":1,"exp":{}"#, NOW_S + 60);
    for at in 0..16 {
        payload.push_str(&format!(r#","claim{at}":"0123456789abcdef0123456789abcdef""#));
    }
    payload.push_str(r#","roles":["reader","writer"]}"#);
    let signed =
        format!("{}.{}", encode(br#"{"typ":"JWT","alg":"RS256","kid":"key-3"}"#), encode(payload.as_bytes()));
    let key = RsaKey::from_private(KEY).expect("key");
    let signature = key.sign_data(
        signed.as_bytes(),
        HashAlgorithm::Sha256,
        SignaturePadding::Pkcs1,
        &mut |it: &mut [u8]| it.fill(7),
    );
    format!("{signed}.{}", encode(&signature.expect("signature")))
}

/// Six keys, as Entra has them; the fourth is the one.
fn unit() -> Unit {
    let modulus = encode(&RsaKey::from_private(KEY).expect("key").components().0);
    let key =
        |at: usize| format!(r#"{{"kty":"RSA","use":"sig","kid":"key-{at}","n":"{modulus}","e":"AQAB"}}"#);
    let keys = format!(r#"{{"keys":[{}]}}"#, (0..6).map(key).collect::<Vec<_>>().join(","));
    let config = OpenIdConfig { issuer: "https://i.test".into(), keys_url: String::new() };
    Unit(Arc::new(OpenIdProvider::read(config, keys.as_bytes()).expect("keys")))
}

const GUARDED: &str = r#"<policies><inbound><validate-jwt header-name="Authorization" require-scheme="Bearer"
    ><openid-config url="https://i.test/.well-known/openid-configuration" /><audiences><audience>api://orders</audience></audiences
    ><required-claims><claim name="roles" match="any"><value>writer</value></claim></required-claims></validate-jwt></inbound></policies>"#;
const OPEN: &str = "<policies><inbound/></policies>";

fn run(bencher: Bencher<'_, '_>, document: &str) {
    let document: CompiledDocument =
        compile(document, Format::RawXml, ScopeKind::Api, &Alone).expect("compiles");
    let (unit, workspace, deployment) = (unit(), WorkspaceFacts::default(), DeploymentFacts::default());
    let mut headers = HeaderMap::new();
    headers
        .insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", token())).expect("value"));
    bencher.bench_local(|| {
        let arena = Arena::new(MEMORY_BYTES_MAX);
        let request = RequestMessage {
            method: Method::GET,
            headers: headers.clone(),
            path: "/".into(),
            query: None,
            body: Body::Empty,
        };
        let client = [127, 0, 0, 1].into();
        let facts = Facts::unmatched(&workspace, &deployment);
        let mut context = RequestContext::new(&arena, request, facts, client, RequestId(7));
        let mut chain = Chain::default();
        chain.documents[1] = Some(&document);
        let mut run = Run::new(chain);
        let effect = run.next(&mut context, &unit);
        assert!(matches!(effect, Effect::Forward(_)) && context.last_error.is_none());
        black_box(context.response.is_some())
    });
}

#[divan::bench]
fn rs256_with_a_known_key(bencher: Bencher<'_, '_>) {
    run(bencher, GUARDED);
}

#[divan::bench]
fn nothing(bencher: Bencher<'_, '_>) {
    run(bencher, OPEN);
}

/// The signature alone.
#[divan::bench]
fn rs256_signature(bencher: Bencher<'_, '_>) {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    let key = RsaKey::from_private(KEY).expect("key");
    let (n, e) = key.components();
    let message = [7; 800];
    let signature = key
        .sign_data(&message, HashAlgorithm::Sha256, SignaturePadding::Pkcs1, &mut |it: &mut [u8]| it.fill(7))
        .expect("signature");
    bencher.bench_local(|| {
        let key = RsaPublicKeyComponents { n: &n, e: &e };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, black_box(&message), &signature).is_ok()
    });
}
