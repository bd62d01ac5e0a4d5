//! Why a request failed and what its policies did, asked of a node that did not serve it.

use super::refusals::path;
use crate::support::{Dev, both, call_with_key};
use std::process::Output;

/// The fourth line fails for whoever sends X-N with letters in it.
const MANIFEST: &str = r#"name: workspaces/demo/apis/orders/policies/policy
policy:
  format: rawxml
  value: |
    <policies>
      <inbound>
        <base />
        <set-variable name="n" value="@(int.Parse(context.Request.Headers.GetValueOrDefault("X-N", "1")))" />
        <set-header name="X-Hidden"><value>{{hidden}}</value></set-header>
      </inbound>
    </policies>
---
name: workspaces/demo/namedValues/hidden
namedValue: { displayName: hidden, secret: true, value: s3cret-value }
"#;

fn prepared() -> (Dev, String, String) {
    let dev = Dev::start(3);
    let file = dev.file("diagnosis.yaml", MANIFEST);
    dev.ok(&["apply", "-f", path(&file), "--wait"]);
    let (host, key) = dev.demo();
    (dev, host, key)
}

#[test]
fn the_effective_policy_of_an_operation_is_merged_from_the_cluster() {
    let dev = Dev::start(1);
    let file = dev.file(
        "pieces.yaml",
        r#"name: workspaces/demo/apis/orders/policies/policy
policy: { format: rawxml, value: '<policies><inbound><include-fragment fragment-id="f" /><base /></inbound></policies>' }
---
name: workspaces/demo/apis/orders/operations/get-order/policies/policy
policy: { value: '<policies><inbound><base /><set-method>PUT</set-method></inbound></policies>' }
---
name: workspaces/demo/policyFragments/f
policyFragment: { value: '<fragment><set-header name="X"><value>{{shown}}-{{hidden}}</value></set-header></fragment>' }
---
name: workspaces/demo/namedValues/shown
namedValue: { displayName: shown, value: seen }
---
name: workspaces/demo/namedValues/hidden
namedValue: { displayName: hidden, secret: true, value: s3cret-value }
---
name: policyFragments/f
policyFragment: { value: '<fragment><set-header name="Y"><value>service</value></set-header></fragment>' }
---
name: policies/policy
policy: { value: '<policies><inbound><include-fragment fragment-id="f" /></inbound><backend><forward-request timeout="7" /></backend></policies>' }
"#,
    );
    dev.ok(&["apply", "-f", path(&file)]);
    let merged =
        dev.ok(&["policy", "effective", "-w", "demo", "--api", "orders", "--operation", "get-order"]);
    let places: Vec<_> = [
        "<!-- api, fragment f -->",
        "<value>seen-{{hidden}}</value>",
        "<!-- global, fragment f -->",
        "<value>service</value>",
        "<!-- operation -->",
        "<set-method>PUT</set-method>",
        "<forward-request timeout=\"7\" />",
    ]
    .iter()
    .map(|part| merged.find(part).unwrap_or_else(|| panic!("`{part}` is missing in:\n{merged}")))
    .collect();
    assert!(places.is_sorted(), "{merged}");
    let json = dev.json(&["policy", "effective", "-w", "demo", "--api", "orders", "-o", "json"]);
    assert_eq!((&json["inbound"][0]["scope"], &json["inbound"][0]["fragment"]), (&"api".into(), &"f".into()));
    refused(
        &dev.hanse(&["policy", "effective", "-w", "demo", "--api", "orders", "--operation", "none"]),
        "there is no such resource",
    );
    refused(
        &dev.hanse(&["policy", "effective", "-w", "demo", "--api", "orders", "--product", "none"]),
        "there is no such resource",
    );
}

fn refused(output: &Output, part: &str) {
    let text = both(output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(part), "`{part}` is missing in:\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_node_tells_why_a_request_failed_and_what_its_policies_did() {
    let (dev, host, key) = prepared();
    let plain = call_with_key(dev.gateway_port(0), &host, "/shop/orders/1", &key).await.expect("an answer");
    assert_eq!((plain.status, plain.headers.get("hanse-request-id")), (200, None));

    let headers = [("Ocp-Apim-Subscription-Key", key.as_str()), ("X-N", "many")];
    let failed = crate::support::call(dev.gateway_port(0), &host, "/shop/orders/1", &headers)
        .await
        .expect("an answer");
    assert_eq!(failed.status, 500);
    let id = failed.headers["hanse-request-id"].to_str().expect("text").to_owned();
    assert!(failed.body.contains(&id), "{}", failed.body);
    for node in 0..3 {
        let told = dev.ok(&["why", &id, "--server", &dev.admin(node)]);
        for part in [
            "GET /shop/orders/1 was answered 500",
            "workspace demo · API orders · operation get-order",
            "set-variable failed in inbound of the api document: ExpressionValueEvaluationFailure",
            "workspaces/demo/apis/orders/policies/policy:4   set-variable[1]",
            "  4 | <set-variable name=\"n\"",
            "try:  hanse policy eval",
        ] {
            assert!(told.contains(part), "`{part}` is missing in:\n{told}");
        }
    }
    let json = dev.json(&["why", &id, "-o", "json"]);
    assert_eq!(
        (&json["error"]["line"], &json["request"]["workspace"]),
        (&4.into(), &"demo".into()),
        "{json}"
    );
    refused(
        &dev.hanse(&["why", "01234567-89ab-cdef-0123-456789abcdef"]),
        "no node knows of a failed request",
    );
    refused(&dev.hanse(&["why", "xyz"]), "this is no id of a request");

    let url = format!("http://{host}:{}/shop/orders/1", dev.gateway_port(1));
    let key_header = format!("Ocp-Apim-Subscription-Key: {key}");
    let traced = dev.ok(&["trace", "-w", "demo", "--api", "orders", &url, "-H", &key_header]);
    for part in [
        "GET /shop/orders/1 was answered 200",
        "api-inspector",
        "variable n = 1",
        "request header x-hidden: ***",
        "the backend answered 200",
        "transfer-response",
    ] {
        assert!(traced.contains(part), "`{part}` is missing in:\n{traced}");
    }
    assert!(!traced.contains("s3cret-value") && !traced.contains(&key), "{traced}");

    // By hand: a token, a request with it, and the trace by its id from another node.
    let token = dev.ok(&["trace", "-w", "demo", "--token", "--expires", "1h"]);
    let headers = [("Ocp-Apim-Subscription-Key", key.as_str()), ("Apim-Debug-Authorization", token.trim())];
    let answer = crate::support::call(dev.gateway_port(2), &host, "/shop/orders/1", &headers)
        .await
        .expect("an answer");
    let id = answer.headers["apim-trace-id"].to_str().expect("text").to_owned();
    for node in 0..3 {
        let trace = dev.json(&["trace", "--id", &id, "-o", "json", "--server", &dev.admin(node)]);
        assert_eq!(trace["steps"][0]["source"], "api-inspector", "{trace}");
    }
    refused(
        &dev.hanse(&["trace", "-w", "demo", "--token", "--expires", "61m"]),
        "a token is good for 3600 s at most",
    );
    refused(&dev.hanse(&["trace", "-w", "demo", "--api", "none", "--token"]), "there is no such resource");
    refused(&dev.hanse(&["trace", &url]), "it is served by an API that the token is not for");
}
