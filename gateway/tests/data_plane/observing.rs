//! What is kept of requests for people who ask later: failures with their place, and traces.

use crate::{
    backend::Backend,
    wire::Answer,
    world::{KEY, World, plane, put},
};
use hanse_gateway::{
    debug_token::{DebugKey, DebugToken},
    records::{Failure, Place, Traced},
    spec::SecretSpec,
};
use hanse_policy::RequestId;
use hanse_proto::v1::{self, resource::Spec};

/// Line 4 fails when it is asked to, line 7 has a secret in it.
const DOCUMENT: &str = r#"<policies>
  <inbound>
    <base />
    <set-variable name="n" value="@(int.Parse(context.Request.Headers.GetValueOrDefault("X-N", "1")))" />
    <choose>
      <when condition="@((int)context.Variables["n"] == 2)">
        <set-header name="X-Backend"><value>{{hidden}}</value></set-header>
        <include-fragment fragment-id="late" />
      </when>
    </choose>
  </inbound>
</policies>"#;
const FRAGMENT: &str = "<fragment>\n<set-variable name=\"f\" value=\"@(context.Request.Body.As<JObject>()[\"a\"][\"b\"])\" />\n</fragment>";
const SECRET: &str = "s3cret-value";
/// Far beyond any clock of a test.
const LATER_MS: i64 = 32_503_680_000_000;

async fn world(backend: &Backend) -> World {
    let mut world = plane().api("a", &backend.url()).api("b", &backend.url()).start().await;
    world.change(|spec| {
        let named =
            v1::NamedValue { display_name: "hidden".into(), secret: true, ..v1::NamedValue::default() };
        let secret = SecretSpec { fingerprint: Vec::new(), plaintext: Some(SECRET.into()) };
        let secrets = [("value".to_owned(), secret)].into();
        put(spec, "workspaces/w/namedValues/hidden", Spec::NamedValue(named), secrets);
        let fragment = v1::PolicyFragment { value: FRAGMENT.into(), ..v1::PolicyFragment::default() };
        put(spec, "workspaces/w/policyFragments/late", Spec::PolicyFragment(fragment), [].into());
        let policy = v1::Policy { value: DOCUMENT.into(), format: "rawxml".into() };
        put(spec, "workspaces/w/apis/a/policies/policy", Spec::Policy(policy), [].into());
    });
    world
}

fn id(text: &str) -> RequestId {
    RequestId(u128::from_str_radix(&text.replace('-', ""), 16).expect("hexadecimal"))
}

fn failure(world: &World, answer: &Answer) -> Failure {
    let name = answer.header("hanse-request-id").expect("the answer of a failed request has its id");
    world.plane.failure(id(name)).expect("it is kept")
}

fn trace(world: &World, answer: &Answer) -> Traced {
    let name = answer.header("apim-trace-id").expect("the answer of a traced request has the trace's id");
    world.plane.trace(id(name)).expect("it is kept")
}

fn token(workspace: &str, api: Option<&str>, expires_ms: i64) -> String {
    let api = api.map(str::to_owned);
    DebugKey::derived_from(&[7; 32]).write(&DebugToken { workspace: workspace.into(), api, expires_ms }, 1)
}

#[tokio::test]
async fn a_failure_is_found_by_its_id_with_the_line_that_failed() {
    let backend = Backend::start().await;
    let mut world = world(&backend).await;
    let answer = world.get("/a/x?key=1", &[("X-N", "many")]).await;
    assert_eq!(answer.status, 500);
    let body = answer.body.clone();
    assert!(body.contains(answer.header("hanse-request-id").expect("an id")), "{body}");
    let found = failure(&world, &answer);
    let error = found.error.as_ref().expect("an error");
    assert_eq!(
        (&*error.source, error.reason.as_deref()),
        ("set-variable", Some("ExpressionValueEvaluationFailure"))
    );
    assert_eq!(
        (&*found.request.workspace, found.request.path.as_str(), found.request.status),
        ("w", "/a/x", 500)
    );
    let place = found.place().expect("a policy of a document failed");
    assert_eq!((place.document.as_str(), place.line), ("workspaces/w/apis/a/policies/policy", 4));
    assert!(place.text.is_some_and(|text| text.starts_with("<set-variable name=\"n\"")));

    let answer = world.get("/a/x", &[("X-N", "2")]).await;
    let place = failure(&world, &answer).place().expect("a policy of a fragment failed");
    assert_eq!((place.document.as_str(), place.line), ("workspaces/w/policyFragments/late", 2));
    assert!(place.text.is_some_and(|text| text.starts_with("<set-variable name=\"f\"")));

    world.change(|spec| {
        let policy = v1::Policy { value: "<policies/>".into(), ..v1::Policy::default() };
        put(spec, "workspaces/w/apis/a/policies/policy", Spec::Policy(policy), [].into());
    });
    // Serving once more lets go of the shard that the failed request had.
    assert_eq!(world.get("/a/x", &[]).await.status, 200);
    let Place { line, text, .. } = found.place().expect("the place is known still");
    assert_eq!((line, text), (4, None), "the text of another revision would mislead");
}

#[tokio::test]
async fn refusals_and_bad_answers_of_backends_are_kept_and_good_ones_are_not() {
    let backend = Backend::start().await;
    let world = plane().api_with_key("a", &backend.url()).api("gone", "http://127.0.0.1:1").start().await;
    let refused = world.get("/a/x", &[]).await;
    let error = failure(&world, &refused).error.expect("an error");
    assert_eq!((refused.status, error.reason.as_deref()), (401, Some("SubscriptionKeyNotFound")));
    let lost = world.get("/gone/x", &[]).await;
    let error = failure(&world, &lost).error.expect("an error");
    assert_eq!((lost.status, error.reason.as_deref()), (500, Some("BackendConnectionFailure")));
    let good = world.get("/a/x", &[("Ocp-Apim-Subscription-Key", KEY)]).await;
    assert_eq!((good.status, good.header("hanse-request-id")), (200, None));
}

#[tokio::test]
async fn a_token_shows_each_step_and_no_secret() {
    let backend = Backend::start().await;
    let world = world(&backend).await;
    for api in [Some("a"), None] {
        let token = token("w", api, LATER_MS);
        let headers =
            [("Apim-Debug-Authorization", token.as_str()), ("X-N", "2"), ("Cookie", "c=very-private")];
        let answer = world.get("/a/x", &headers).await;
        let traced = trace(&world, &answer);
        let lines: Vec<String> = traced
            .trace
            .entries
            .iter()
            .map(|it| format!("{} {} {}", it.section, it.source, traced.request.masked(&it.message)))
            .collect();
        let text = lines.join("\n");
        for part in [
            "inbound api-inspector GET /a/x;",
            "inbound mapper API a, operation get",
            "inbound set-variable variable n = 2",
            "inbound choose runs choose[1]/when[1]",
            "inbound set-header request header x-backend: ***",
            "inbound set-variable failed, ExpressionValueEvaluationFailure",
            "on-error transfer-response answered 500",
        ] {
            assert!(text.contains(part), "`{part}` is missing in:\n{text}");
        }
        assert!(!text.contains("very-private") && !text.contains(&token), "{text}");
    }
}

#[tokio::test]
async fn only_the_right_token_traces_and_none_reaches_the_backend() {
    let backend = Backend::start().await;
    let world = world(&backend).await;
    let forged = DebugKey::derived_from(&[8; 32]);
    let forged = forged.write(&DebugToken { workspace: "w".into(), api: None, expires_ms: LATER_MS }, 1);
    for (token, told) in [
        (token("w", Some("b"), LATER_MS), Some("apim-debug-authorization-wrongapi")),
        (token("v", None, LATER_MS), Some("apim-debug-authorization-wrongapi")),
        (token("w", Some("a"), 1), Some("apim-debug-authorization-expired")),
        (forged, None),
        ("true".to_owned(), None),
    ] {
        let answer = world.get("/a/x", &[("Apim-Debug-Authorization", &token)]).await;
        assert_eq!((answer.status, answer.header("apim-trace-id")), (200, None), "{token}");
        for name in ["apim-debug-authorization-wrongapi", "apim-debug-authorization-expired"] {
            assert_eq!(answer.header(name), (told == Some(name)).then_some("true"), "{token}");
        }
        let sent = answer.body.to_ascii_lowercase();
        assert!(!sent.contains("apim-debug"), "{sent}");
    }
}

#[tokio::test]
async fn each_workspace_has_room_of_its_own() {
    let backend = Backend::start().await;
    let world = plane()
        .api_with_key("a", &backend.url())
        .limits(|limits| limits.workspace_failures_max = 1)
        .start()
        .await;
    let first = world.get("/a/x", &[]).await;
    let second = world.get("/a/x", &[]).await;
    let kept = |answer: &Answer| world.plane.failure(id(answer.header("hanse-request-id").expect("an id")));
    assert!(kept(&first).is_none() && kept(&second).is_some());
    // No API is found: that is the service's own business.
    let stranger = world.get("/nowhere", &[]).await;
    assert_eq!(&*kept(&stranger).expect("kept").request.workspace, "");
    assert!(kept(&second).is_some());
}
