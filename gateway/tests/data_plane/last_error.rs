//! What clients and `on-error` are told of each failure that has a name, through real sockets.

use crate::{
    backend::Backend,
    wire::request,
    world::{HOST, KEY, World, plane},
};
use hanse_gateway::spec::ShardSpec;
use hanse_proto::v1::{self, resource::Spec};
use std::collections::BTreeMap;

/// Puts what failed into headers.
const TELL: &str = r#"<set-header name="X-Source"><value>@(context.LastError.Source)</value></set-header>
    <set-header name="X-Reason"><value>@(context.LastError.Reason ?? "null")</value></set-header>
    <set-header name="X-Message"><value>@(context.LastError.Message)</value></set-header>
    <set-header name="X-Place"><value>@($"{context.LastError.Scope ?? "-"} {context.LastError.Section} {context.LastError.Path ?? "-"} {context.LastError.PolicyId ?? "-"}")</value></set-header>
    <set-header name="X-Status"><value>@(context.Response.StatusCode.ToString())</value></set-header>"#;

fn document(inbound: &str, backend: &str) -> String {
    document_with(inbound, backend, "")
}

fn document_with(inbound: &str, backend: &str, outbound: &str) -> String {
    format!(
        "<policies><inbound>{inbound}</inbound><backend>{backend}</backend><outbound>{outbound}</outbound><on-error>{TELL}</on-error></policies>"
    )
}

/// A failure, and what is told of it.
struct Row<'r> {
    inbound: &'r str,
    backend: &'r str,
    outbound: &'r str,
    status: u16,
    /// Of the body.
    wire: &'r str,
    source: &'r str,
    reason: &'r str,
    message: &'r str,
    place: &'r str,
}

impl Default for Row<'_> {
    fn default() -> Self {
        Row {
            inbound: "",
            backend: "<forward-request />",
            outbound: "",
            status: 500,
            wire: "Internal server error",
            source: "",
            reason: "",
            message: "",
            place: "",
        }
    }
}

async fn check(world: &World, row: &Row<'_>, headers: &[(&str, &str)]) {
    let answer = world.get("/api/pets?cb=1x", headers).await;
    let told = |name: &str| answer.header(name).unwrap_or_default().to_owned();
    let shown = format!("{}{}\n{answer:#?}", row.inbound, row.backend);
    assert_eq!(answer.status, row.status, "{shown}");
    assert_eq!(told("x-status"), row.status.to_string(), "{shown}");
    assert_eq!((told("x-source").as_str(), told("x-reason").as_str()), (row.source, row.reason), "{shown}");
    match row.message.strip_suffix('…') {
        Some(start) => assert!(told("x-message").starts_with(start), "{shown}"),
        None => assert_eq!(told("x-message"), row.message, "{shown}"),
    }
    assert_eq!(told("x-place"), row.place, "{shown}");
    let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["statusCode"], row.status, "{shown}");
    assert_eq!(body["message"], row.wire, "{shown}");
    let is_internal = row.wire == "Internal server error";
    assert_eq!(body["activityId"].is_string(), is_internal, "only what is not told has an id: {shown}");
}

#[tokio::test]
async fn every_named_failure_is_told_letter_by_letter() {
    let backend = Backend::start().await;
    let unused =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind").local_addr().expect("address");
    let nowhere = format!(r#"<set-backend-service base-url="http://{unused}" />"#);
    let call = format!(
        r#"<send-request mode="new" response-variable-name="r" timeout="5"><set-url>http://{unused}/</set-url><set-method>GET</set-method></send-request>"#
    );
    for row in [
        Row {
            inbound: &nowhere,
            source: "forward-request",
            reason: "BackendConnectionFailure",
            message: "connect to 127.0.0.1…",
            place: "api backend forward-request[1] -",
            ..Row::default()
        },
        Row {
            inbound: &call,
            source: "send-request",
            reason: "BackendConnectionFailure",
            message: "connect to 127.0.0.1…",
            place: "api inbound send-request[1] -",
            ..Row::default()
        },
        Row {
            backend: r#"<forward-request timeout="0" />"#,
            source: "forward-request",
            reason: "Timeout",
            message: "…",
            place: "api backend forward-request[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<choose><when condition="@(true)"><set-variable id="here" name="v" value="@(context.Request.Headers["X-None"][0])" /></when></choose>"#,
            source: "set-variable",
            reason: "ExpressionValueEvaluationFailure",
            message: "Expression evaluation failed. The given key was not present in the dictionary.",
            place: "api inbound choose[1]/when[1]/set-variable[1] here",
            ..Row::default()
        },
        Row {
            inbound: r#"<ip-filter action="allow"><address>192.0.2.7</address></ip-filter>"#,
            status: 403,
            wire: "Forbidden",
            source: "ip-filter",
            reason: "CallerIpNotAllowed",
            message: "Caller IP address 127.0.0.1 is not allowed. Access denied.",
            place: "api inbound ip-filter[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<ip-filter action="forbid"><address-range from="127.0.0.0" to="127.0.0.9" /></ip-filter>"#,
            status: 403,
            wire: "Forbidden",
            source: "ip-filter",
            reason: "CallerIpBlocked",
            message: "Caller IP address is blocked. Access denied.",
            place: "api inbound ip-filter[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<check-header name="X-Need" failed-check-httpcode="418" failed-check-error-message="No tea" ignore-case="true" />"#,
            status: 418,
            wire: "No tea",
            source: "check-header",
            reason: "HeaderNotFound",
            message: "Header X-Need was not found in the request. Access denied.",
            place: "api inbound check-header[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<check-header name="Host" failed-check-httpcode="400" failed-check-error-message="Not here" ignore-case="true"><value>other</value></check-header>"#,
            status: 400,
            wire: "Not here",
            source: "check-header",
            reason: "HeaderValueNotAllowed",
            message: "Header Host value of gw.test is not allowed. Access denied.",
            place: "api inbound check-header[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<set-backend-service backend-id="@("none")" />"#,
            source: "set-backend-service",
            reason: "null",
            message: "Backend with id 'none' could not be found.",
            place: "api inbound set-backend-service[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<limit-concurrency key="k" max-count="1"><limit-concurrency key="k" max-count="1"><set-method>GET</set-method></limit-concurrency></limit-concurrency>"#,
            status: 429,
            wire: "Rate limit is exceeded",
            source: "limit-concurrency",
            reason: "ConcurrencyLimitExceeded",
            message: "Rate limit is exceeded",
            place: "api inbound limit-concurrency[1]/limit-concurrency[1] -",
            ..Row::default()
        },
        Row {
            outbound: r#"<set-header name="Content-Type" exists-action="override"><value>application/json</value></set-header><jsonp callback-parameter-name="cb" />"#,
            status: 400,
            wire: "Value of callback parameter cb is not a valid JavaScript identifier.",
            source: "jsonp",
            reason: "CallbackParameterInvalid",
            message: "Value of callback parameter cb is not a valid JavaScript identifier.",
            place: "api outbound jsonp[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<validate-jwt header-name="Authorization"><issuer-signing-keys><key>MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=</key></issuer-signing-keys></validate-jwt>"#,
            status: 401,
            wire: "JWT not present.",
            source: "validate-jwt",
            reason: "TokenNotPresent",
            message: "JWT not present.",
            place: "api inbound validate-jwt[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<set-method>POST</set-method><set-header name="Content-Type"><value>text/plain</value></set-header><set-body>x</set-body><validate-content unspecified-content-type-action="prevent" max-size="100" size-exceeded-action="prevent" errors-variable-name="e" />"#,
            status: 400,
            wire: "Unspecified content type text/plain is not allowed.",
            source: "validate-content",
            reason: "Bad request",
            message: "Unspecified content type text/plain is not allowed.",
            place: "api inbound validate-content[1] -",
            ..Row::default()
        },
        Row {
            inbound: r#"<rate-limit-by-key calls="1" renewal-period="300" counter-key="k" />"#,
            status: 429,
            wire: "Rate limit is exceeded. Try again in 300 seconds.",
            source: "rate-limit-by-key",
            reason: "RateLimitExceeded",
            message: "Rate limit is exceeded",
            place: "api inbound rate-limit-by-key[1] -",
            ..Row::default()
        },
    ] {
        let world = plane()
            .api("api", &backend.url())
            .policy("api", &document_with(row.inbound, row.backend, row.outbound))
            .start()
            .await;
        if row.source == "rate-limit-by-key" {
            assert_eq!(world.get("/api/pets", &[]).await.status, 200);
        }
        check(&world, &row, &[]).await;
    }
}

#[tokio::test]
async fn rate_limit_that_is_passed_is_told() {
    let backend = Backend::start().await;
    let text = document(r#"<rate-limit calls="1" renewal-period="300" />"#, "<forward-request />");
    let world = plane().api_with_key("api", &backend.url()).policy("api", &text).start().await;
    let key = [("Ocp-Apim-Subscription-Key", KEY)];
    assert_eq!(world.get("/api/pets", &key).await.status, 200);
    let row = Row {
        status: 429,
        wire: "Rate limit is exceeded. Try again in 300 seconds.",
        source: "rate-limit",
        reason: "RateLimitExceeded",
        message: "Rate limit is exceeded",
        place: "api inbound rate-limit[1] -",
        ..Row::default()
    };
    check(&world, &row, &key).await;
}

#[tokio::test]
async fn keys_that_are_missing_or_wrong_are_told() {
    let backend = Backend::start().await;
    let text = document("", "<forward-request />");
    let world = plane().api_with_key("api", &backend.url()).policy("api", &text).start().await;
    let missing = Row {
        status: 401,
        wire: "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        source: "authorization",
        reason: "SubscriptionKeyNotFound",
        message: "Access denied due to missing subscription key. Make sure to include subscription key when making requests to this API.",
        place: "- inbound - -",
        ..Row::default()
    };
    check(&world, &missing, &[]).await;
    let text = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.";
    let invalid = Row { wire: text, message: text, reason: "SubscriptionKeyInvalid", ..missing };
    check(&world, &invalid, &[("Ocp-Apim-Subscription-Key", "wrong")]).await;
}

#[tokio::test]
async fn operation_that_is_not_there_is_told_to_the_global_document() {
    let backend = Backend::start().await;
    let mut world = plane().api("other", &backend.url()).start().await;
    world.change(|spec: &mut ShardSpec| {
        let policy = v1::Policy { value: document("", "<forward-request />"), format: "rawxml".into() };
        crate::world::put(spec, "policies/policy", Spec::Policy(policy), BTreeMap::new());
    });
    let row = Row {
        status: 404,
        wire: "Resource not found",
        source: "configuration",
        reason: "OperationNotFound",
        message: "Unable to match incoming request to an operation.",
        place: "- inbound - -",
        ..Row::default()
    };
    check(&world, &row, &[]).await;
}

#[tokio::test]
async fn body_that_breaks_off_is_told() {
    let backend = Backend::start().await;
    let inbound = r#"<set-variable name="b" value="@(context.Request.Body.As<string>(true))" />"#;
    let world = plane()
        .api("api", &backend.url())
        .policy("api", &document(inbound, "<forward-request />"))
        .start()
        .await;
    let mut client = world.client().await;
    let head = request("POST", HOST, "/api/pets", &[("Transfer-Encoding", "chunked")]);
    client.send(format!("{head}5\r\nhello\r\nno chunk\r\n")).await;
    let answer = client.answer_to("POST").await;
    assert_eq!(
        (answer.status, answer.header("x-reason")),
        (400, Some("ClientConnectionFailure")),
        "{answer:#?}"
    );
}

#[tokio::test]
async fn quota_by_key_that_is_used_up_is_told() {
    let backend = Backend::start().await;
    let text =
        document(r#"<quota-by-key calls="1" renewal-period="0" counter-key="k" />"#, "<forward-request />");
    let world = plane().api("api", &backend.url()).policy("api", &text).start().await;
    assert_eq!(world.get("/api/pets", &[]).await.status, 200);
    let row = Row {
        status: 403,
        wire: "Out of call volume quota.",
        source: "quota-by-key",
        reason: "QuotaExceeded",
        message: "Out of call volume quota.",
        place: "api inbound quota-by-key[1] -",
        ..Row::default()
    };
    check(&world, &row, &[]).await;
}

/// What is too large for a cache is put back, and a policy that cannot read it either fails, no more.
#[tokio::test]
async fn response_that_is_too_large_twice_is_told() {
    let backend = Backend::raw(|mut stream| async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut head = [0; 4_096];
        let _ = stream.read(&mut head).await;
        let length = 5 * 1024 * 1024;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncache-control: public, max-age=60\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes()).await;
        // The gateway gives it up.
        let _ = stream.write_all(&vec![b'x'; length]).await;
    })
    .await;
    let outbound = r#"<cache-store duration="60" /><set-variable name="b" value="@(context.Response.Body.As<string>(true))" />"#;
    let inbound = r#"<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" downstream-caching-type="none" />"#;
    let text = document_with(inbound, "<forward-request />", outbound);
    let world = plane().api("api", &backend.url()).policy("api", &text).start().await;
    let row = Row {
        source: "configuration",
        reason: "ResponseBodyTooLarge",
        wire: "Response body is larger than the 2097152 bytes that policies can read.",
        message: "Response body is larger than the 2097152 bytes that policies can read.",
        place: "api outbound set-variable[1] -",
        ..Row::default()
    };
    check(&world, &row, &[]).await;
}

/// A client that begins a body and stops is not waited for without end.
#[tokio::test]
async fn body_that_stalls_is_told() {
    let backend = Backend::start().await;
    let inbound = r#"<set-variable name="b" value="@(context.Request.Body.As<string>(true))" />"#;
    let world = plane()
        .api("api", &backend.url())
        .policy("api", &document(inbound, "<forward-request />"))
        .limits(|limits| limits.idle_timeout = std::time::Duration::from_millis(200))
        .start()
        .await;
    let mut client = world.client().await;
    let head = request("POST", HOST, "/api/pets", &[("Content-Length", "10")]);
    client.send(format!("{head}half")).await;
    let answer = client.answer_to("POST").await;
    assert_eq!(
        (answer.status, answer.header("x-reason")),
        (400, Some("ClientConnectionFailure")),
        "{answer:#?}"
    );
}
