//! Test files as people write them: what passes, what fails and how it is told.

use super::{run, suite};
use crate::cli::output::Paint;
use std::path::Path;

/// Runs the tests of a file that names no other one.
fn text(yaml: &str) -> String {
    let suite = match suite::read(Path::new("t.test.yaml"), yaml) {
        Ok(suite) => suite,
        Err(findings) => return hanse_manifest::render(&findings, &|_| None),
    };
    suite.tests.iter().map(|test| run(&suite, test).text("t.test.yaml", Paint::plain())).collect()
}

fn passes(yaml: &str) {
    let told = text(yaml);
    assert!(told.lines().all(|line| line.starts_with("ok ")) && !told.is_empty(), "{told}");
}

#[test]
fn requests_of_a_test_share_counters_and_time() {
    passes(
        r#"
documents:
  api: |
    <policies><inbound><base/><rate-limit calls="1" renewal-period="60"/></inbound></policies>
subscription: s
tests:
  - name: the second call waits for the window
    requests:
      - request: GET /
        expect: { status: 200, forwarded: true }
      - request: GET /
        expect: { status: 429, headers: { Retry-After: "60" }, forwarded: false, error: { reason: RateLimitExceeded } }
      - after: 61s
        request: GET /
        expect: 200
  - name: another test begins anew
    request: GET /
    expect: 200
"#,
    );
}

#[test]
fn everything_that_a_document_does_can_be_expected() {
    passes(
        r#"
documents:
  api: |
    <policies>
      <inbound>
        <base/>
        <set-variable name="n" value="@(context.Request.MatchedParameters["id"])"/>
        <set-variable name="doc" value="@(JObject.Parse("{\"a\": [1, {\"b\": true}]}"))"/>
        <send-request response-variable-name="r" timeout="2">
          <set-url>@("https://auth.test/check?id=" + (string)context.Variables["n"])</set-url>
          <set-method>POST</set-method>
          <set-header name="X-Who"><value>@(context.User.Email)</value></set-header>
          <set-body>@(context.Request.Body.As<string>(preserveContent: true))</set-body>
        </send-request>
        <set-header name="X-Status"><value>@(((IResponse)context.Variables["r"]).StatusCode.ToString())</value></set-header>
        <trace source="mine"><message>@("gateway " + context.Deployment.Gateway.Id)</message></trace>
      </inbound>
      <outbound><base/><set-header name="X-When"><value>@(context.Timestamp.ToString("o"))</value></set-header></outbound>
    </policies>
api: { id: orders, path: orders, serviceUrl: "https://stock.test/v1" }
operation: { id: get, method: POST, urlTemplate: "/{id}" }
user: { id: u, email: ann@example.com }
gateway: blue
time: 2026-01-02T03:04:05Z
calls:
  - url: https://auth.test/*
    method: POST
    status: 202
tests:
  - name: one request
    backend: { status: 201, json: { ok: true, list: [1, 2] } }
    request: { url: POST https://shop.test/orders/7?x=1, json: { q: 5 } }
    expect:
      status: 201
      reason: Created
      headers: { X-When: { contains: "2026-01-02T03:04:05" }, X-None: null }
      json: { ok: true }
      variables: { n: "7", doc: { a: [1, { b: true }] }, other: null, r: { present: true } }
      forwarded:
        method: POST
        url: https://stock.test/v1/7?x=1
        headers: { X-Status: "202", Host: stock.test }
        json: { q: 5 }
      calls: [{ url: "https://auth.test/check?id=7", headers: { x-who: ann@example.com }, body: { contains: '"q"' } }]
      error: null
      trace: ["send-request[1] calls POST", "mine: gateway blue"]
"#,
    );
}

#[test]
fn what_is_not_given_is_told_and_not_made_up() {
    let told = text(
        r#"
documents:
  api: |
    <policies><inbound><send-request ignore-error="true" response-variable-name="r"><set-url>https://a.test/x</set-url></send-request>
      <set-backend-service backend-id="b"/></inbound></policies>
tests:
  - { name: t, request: GET /, expect: 500 }
"#,
    );
    assert!(told.contains("nothing answers GET https://a.test/x; add it to `calls`"), "{told}");
    assert!(told.contains("goes to backend `b`, which is not given; add it to `backends`"), "{told}");
}

#[test]
fn a_failure_shows_what_was_expected_what_was_got_and_each_step() {
    let told = text(
        r#"documents:
  api: |
    <policies>
      <inbound>
        <base/>
        <choose>
          <when condition="@(context.Request.Method == "PUT")"><return-response><set-status code="405"/></return-response></when>
        </choose>
      </inbound>
    </policies>
tests:
  - name: no PUT
    request: PUT /
    expect:
      status: 204
      body: |
        one
        two
"#,
    );
    assert_eq!(
        told,
        "FAIL  t.test.yaml:12: no PUT
      line 12: PUT /
        status (line 15)
          expected  204
          got       405 Method Not Allowed
        body (line 16)
          expected -, got +
          - one
          - two
          + (nothing)
        what the policies did:
          inbound  api:4  choose[1]                             runs choose[1]/when[1]
          inbound  api:5  choose[1]/when[1]/return-response[1]  answer is 405; ends the pipeline with this answer
"
    );
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    let findings = suite::read(
        Path::new("t.test.yaml"),
        "documents: { apis: x.xml }\nnamedvalues: {}\ntests:\n  - nam: x\n    request: { url: '::', methd: GET }\n    expect: { stauts: 1 }\n  - name: y\n",
    )
    .expect_err("all wrong");
    let told: Vec<String> =
        findings.iter().map(|it| format!("{}:{} {} | {}", it.line, it.column, it.message, it.hint)).collect();
    assert_eq!(
        told,
        [
            "1:14 unknown key `apis` | did you mean `api`?",
            "2:1 unknown key `namedvalues` | did you mean `namedValues`?",
            "4:5 unknown key `nam` | did you mean `name`?",
            "4:5 this test has no name | name: what it shows",
            "4:5 no document is named, here or for the whole file | documents: { api: orders.policy.xml }, with global, workspace, product, api, operation",
            "5:21 `::` is no URL | write /orders/1 or https://host/orders/1",
            "5:27 unknown key `methd` | did you mean `method`?",
            "6:15 unknown key `stauts` | did you mean `status`?",
            "7:5 no document is named, here or for the whole file | documents: { api: orders.policy.xml }, with global, workspace, product, api, operation",
            "7:5 nothing is expected | expect: { status: 200 }",
        ]
    );
}

#[test]
fn findings_of_documents_are_told_with_their_place() {
    let told = text(
        "documents: { api: \"<policies><inbound><set-metod/></inbound></policies>\" }\ntests:\n  - { name: t, expect: 200 }\n",
    );
    assert!(told.starts_with("FAIL  t.test.yaml:3: t\n      error[unknown-element]"), "{told}");
    assert!(told.contains("t.test.yaml (api):1:"), "{told}");
}

#[test]
fn calls_take_time_and_time_out() {
    passes(
        r#"
documents:
  api: |
    <policies><inbound><base/>
      <wait for="any">
        <send-request response-variable-name="slow" ignore-error="true"><set-url>https://slow.test/</set-url></send-request>
        <send-request response-variable-name="fast" ignore-error="true"><set-url>https://fast.test/</set-url></send-request>
      </wait>
      <send-request response-variable-name="late" timeout="1" ignore-error="true"><set-url>https://slow.test/</set-url></send-request>
    </inbound><backend><retry condition="@(context.Response != null && context.Response.StatusCode == 503)" count="2" interval="5"><forward-request timeout="3"/></retry></backend></policies>
calls: [{ url: https://slow.test/*, takes: 10s }, { url: https://fast.test/*, takes: 1s, status: 204 }]
tests:
  - name: the fast one is enough
    backend: [503, 200]
    expect: { status: 200, variables: { slow: null, late: null, fast: { present: true } }, pauses: [5s], forwarded: { times: 2 } }
  - name: a slow backend
    backend: { takes: 4s }
    expect: { status: 500, error: { reason: Timeout, source: forward-request } }
  - name: a backend that is away
    backend: { fails: connection }
    expect: { status: 500, error: { reason: BackendConnectionFailure } }
"#,
    );
}

#[test]
fn refusals_and_preflights_are_as_in_the_gateway() {
    passes(
        r#"
documents:
  global: |
    <policies><inbound><cors allow-credentials="false"><allowed-origins><origin>https://a.test</origin></allowed-origins><allowed-methods><method>GET</method></allowed-methods></cors></inbound>
    <backend><forward-request/></backend><on-error><set-header name="X-Reason"><value>@(context.LastError.Reason)</value></set-header></on-error></policies>
tests:
  - name: no key
    request: { refused: keyMissing }
    expect: { status: 401, headers: { X-Reason: SubscriptionKeyNotFound }, error: { source: authorization } }
  - name: no operation
    request: { refused: notFound }
    expect: { status: 404, json: { statusCode: 404 } }
  - name: a browser asks
    request: { url: OPTIONS /, headers: { Origin: https://a.test, Access-Control-Request-Method: GET } }
    expect: { status: 200, headers: { Access-Control-Allow-Origin: https://a.test }, forwarded: false }
"#,
    );
}

#[test]
fn a_test_puts_its_own_documents_in_the_place_of_the_files() {
    passes(
        r#"
documents: { api: "<policies><inbound><include-fragment fragment-id='f'/><base/></inbound></policies>" }
fragments: { f: "<fragment><set-header name='A'><value>{{n}}</value></set-header></fragment>" }
namedValues: { n: file }
tests:
  - { name: a, request: GET /, expect: { forwarded: { headers: { A: file } } } }
  - { name: b, namedValues: { n: test }, request: GET /, expect: { forwarded: { headers: { A: test } } } }
  - name: c
    documents: { global: "<policies><backend/></policies>" }
    fragments: { F: "<fragment/>" }
    expect: { forwarded: false }
  - { name: d, documents: { api: null }, request: GET /, expect: { forwarded: { headers: { A: null } } } }
"#,
    );
}

#[test]
fn a_clock_is_moved_by_a_year_at_most() {
    let test = |after: &str| {
        text(&format!(
            "documents: {{ api: <policies/> }}\ntests: [{{ name: t, after: {after}, request: GET /, expect: 200 }}]\n"
        ))
    };
    assert!(test("8784h").starts_with("ok "), "{}", test("8784h"));
    assert!(test("8785h").contains("a clock is moved by a year at most"));
}

#[test]
fn results_are_the_same_each_time() {
    let yaml = "documents: { api: \"<policies><inbound><set-header name='R'><value>@(new Random().Next().ToString())</value></set-header></inbound></policies>\" }\ntests:\n  - { name: t, request: GET /, expect: { status: 201 } }\n";
    assert_eq!(text(yaml), text(yaml));
    assert!(text(yaml).contains("request header r: "));
}

#[test]
fn what_policies_have_fetched_is_given_or_told() {
    let told = text(
        r#"
documents:
  api: |
    <policies><inbound>
      <choose>
        <when condition="@(context.Request.Method == "GET")"><authentication-managed-identity resource="https://s.test" client-id="c" ignore-error="true"/></when>
        <when condition="@(context.Request.Method == "PUT")"><get-authorization-context provider-id="p" authorization-id="a" context-variable-name="v" ignore-error="true"/></when>
        <when condition="@(context.Request.Method == "POST")"><validate-jwt token-value="eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTl9.AA"><openid-config url="https://id.test/config"/></validate-jwt></when>
        <otherwise><authentication-certificate certificate-id="mine"/></otherwise>
      </choose></inbound></policies>
tests:
  - { name: identity, request: GET /, expect: 200 }
  - { name: connection, request: PUT /, expect: 200 }
  - { name: provider, request: POST /, expect: 401 }
  - { name: keys, request: POST /, calls: [{ url: https://id.test/config, json: { issuer: i, jwks_uri: https://id.test/keys } }], expect: 401 }
  - { name: no provider, request: POST /, calls: [{ url: https://id.test/config, json: { issuer: i } }], expect: 401 }
  - { name: certificate, request: PATCH /, expect: 500 }
"#,
    );
    for part in [
        "a token of `c` for `https://s.test` is asked for and not given; add it to `tokens`: [{ resource: https://s.test, client: c, token: … }]",
        "the token of connection `a` of `p` is asked for and not given; add it to `tokens`: [{ provider: p, authorization: a, token: … }]",
        "nothing answers GET https://id.test/config; add it to `openid`: { https://id.test/config: { issuer: …, jwks: … } }, or to `calls`",
        "nothing answers GET https://id.test/keys;",
        "the OpenID provider at https://id.test/config cannot be read: it has no `jwks_uri`",
        "certificate `mine` is asked for and not given; name a PEM file under `certificates`",
    ] {
        assert!(told.contains(part), "`{part}` is missing in:\n{told}");
    }
}

#[test]
fn backends_that_policies_call_are_given_or_told() {
    let yaml = |backends: &str| {
        text(&format!(
            r#"
documents:
  api: |
    <policies><inbound><llm-semantic-cache-lookup score-threshold="0.1" embeddings-backend-id="numbers" embeddings-backend-auth="system-assigned"/></inbound>
    <backend><forward-request/></backend><outbound><llm-semantic-cache-store duration="9"/></outbound></policies>
{backends}
tests:
  - name: t
    request: {{ url: POST /, json: {{ messages: [{{ role: user, content: a }}] }} }}
    calls: [{{ url: "https://numbers.test/*", json: {{ data: [{{ embedding: [1] }}] }} }}]
    expect: {{ status: 200 }}
"#
        ))
    };
    let told = yaml("");
    assert!(told.contains("goes to backend `numbers`, which is not given; add it to `backends`"), "{told}");
    let told = yaml("backends: { numbers: https://numbers.test/v1 }");
    assert!(told.starts_with("ok "), "{told}");
}

#[test]
fn what_was_handed_out_is_compared_by_the_members_that_are_named() {
    let told = text(
        r#"
documents:
  api: |
    <policies><inbound><emit-metric name="m" namespace="n" value="2"><dimension name="d" value="x"/></emit-metric>
      <log-to-eventhub logger-id="l">a message</log-to-eventhub><trace source="s"><message>seen</message></trace></inbound></policies>
tests:
  - { name: metric, expect: { metrics: [{ name: m, value: 3 }] } }
  - { name: event, expect: { events: [{ message: { contains: other } }] } }
  - { name: note, expect: { notes: [] } }
  - { name: all, expect: { metrics: [{ dimensions: { d: x } }], events: [{ logger: l, message: { matches: "a *" } }], notes: [{ message: seen }] } }
"#,
    );
    for part in [
        "metrics[0].value (line 7)\n          expected  3\n          got       2.0\n",
        "events[0].message (line 8)\n          expected  {\"contains\":\"other\"}\n          got       \"a message\"\n",
        "notes (line 9)\n          expected  0 items\n          got       1 item\n",
        "ok    t.test.yaml: all\n",
    ] {
        assert!(told.contains(part), "`{part}` is missing in:\n{told}");
    }
}

#[test]
fn bytes_are_charged_when_the_request_is_over() {
    // Two heads of one header each, the bodies, and the URL.
    let bytes = |body: usize| {
        text(&format!(
            r#"
documents:
  api: |
    <policies><inbound><quota-by-key bandwidth="1" renewal-period="300" counter-key="a"/></inbound><backend><forward-request/></backend></policies>
backend: {{ headers: {{ A: b }}, body: {body} }}
tests:
  - name: t
    requests:
      - {{ request: {{ url: PUT /, headers: {{ A: b }}, body: {sent} }}, expect: 200 }}
      - {{ request: GET /, expect: 200 }}
"#,
            body = "x".repeat(body),
            sent = "x".repeat(500),
        ))
    };
    // 1 + 6 + 500 and 6 + 510 are one byte less than a kilobyte.
    assert!(bytes(510).starts_with("ok "), "{}", bytes(510));
    assert!(bytes(511).contains("got       403"), "{}", bytes(511));
}

#[test]
fn what_is_given_wrongly_is_told_at_its_place() {
    let findings = suite::read(
        Path::new("t.test.yaml"),
        r#"documents: { api: <policies/> }
externalCache: maybe
tokens: [{ resource: r }]
openid: { https://id.test: { issuer: i } }
schemas: { a: none.json }
graphql: "type {"
operation: { id: o, contract: { paths: {}, responses: { ok: {} } } }
tests: [{ name: x, expect: { events: [{ text: x }] } }]
"#,
    )
    .expect_err("all wrong");
    let told: Vec<String> = findings.iter().map(|it| format!("{} {}", it.line, it.message)).collect();
    let parts = [
        "2 true, false or away is expected",
        "3 a token is for a resource, or of a provider's authorization; and there is one or it fails",
        "4 a provider has an issuer and keys",
        "5 `none.json`: ",
        "6 ",
        "7 unknown key `paths`",
        "7 `ok` is no status",
        "8 unknown key `text`",
    ];
    assert_eq!(told.len(), parts.len(), "{told:#?}");
    for (told, part) in told.iter().zip(parts) {
        assert!(told.starts_with(part), "{told} | {part}");
    }
}

#[test]
fn clients_certificates_lead_to_authorities_that_are_given() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, pem: &str| std::fs::write(dir.path().join(name), pem).expect("written");
    let authority = |issuer: Option<&rcgen::Issuer<'_, rcgen::KeyPair>>| {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let name = if issuer.is_some() { "between" } else { "root" };
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&key, issuer),
            None => params.self_signed(&key),
        };
        (certificate.expect("signed").pem(), rcgen::Issuer::new(params, key))
    };
    let (root, issuer) = authority(None);
    let (between, issuer) = authority(Some(&issuer));
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["client.test".to_owned()]).expect("parameters");
    let client = params.signed_by(&key, &issuer).expect("signed").pem();
    write("root.pem", &root);
    write("client.pem", &client);
    write("chain.pem", &format!("{client}{between}"));
    let yaml = |more: &str| {
        format!(
            r#"documents: {{ api: '<policies><inbound><validate-client-certificate validate-revocation="false"/></inbound></policies>' }}
{more}
tests:
  - {{ name: chain, request: {{ certificate: chain.pem }}, expect: 200 }}
  - {{ name: alone, request: {{ certificate: client.pem }}, expect: {{ status: 403 }} }}
  - {{ name: none, expect: {{ status: 403 }} }}
"#
        )
    };
    let told = |more: &str| {
        let suite = suite::read(&dir.path().join("t.test.yaml"), &yaml(more)).expect("a suite");
        suite.tests.iter().map(|test| run(&suite, test).has_passed()).collect::<Vec<_>>()
    };
    assert_eq!(told("authorities: root.pem"), [true, true, true]);
    assert_eq!(told(""), [false, true, true]);
}
