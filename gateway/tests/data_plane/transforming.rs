//! Policies that change or check whole messages, from socket to socket.

use crate::{
    backend::Backend,
    wire::Answer,
    world::{HOST, World, plane, put, put_policy},
};
use hanse_proto::v1::{self, resource::Spec};
use std::collections::BTreeMap;

fn document(inbound: &str, outbound: &str) -> String {
    format!(
        "<policies><inbound><base />{inbound}</inbound><backend><base /></backend>\
         <outbound><base />{outbound}</outbound><on-error><base /></on-error></policies>"
    )
}

async fn world(backend: &Backend, inbound: &str, outbound: &str) -> World {
    plane().api("a", &backend.url()).policy("a", &document(inbound, outbound)).start().await
}

/// Posts a body to the backend that sends it back.
async fn posted(world: &World, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut client = world.client().await;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    client
        .send(format!(
            "POST /a/echo HTTP/1.1\r\nHost: {HOST}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        ))
        .await;
    client.answer().await
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[tokio::test]
async fn template_sees_the_body_and_the_request() {
    let backend = Backend::start().await;
    let template = "<set-body template=\"liquid\"><order id=\"{{ body.order.id }}\">\
        {% for line in body.order.lines %}<line>{{ line.name | Upcase | Escape }}</line>{% endfor %}\
        <by>{{ context.Request.Headers['X-By'] }}</by></order></set-body>";
    let world = world(&backend, template, "").await;
    let body = r#"{"order":{"id":7,"lines":[{"name":"a&b"},{"name":"c"}]}}"#;
    let answer = posted(&world, &[JSON, ("X-By", "me")], body).await;
    assert_eq!(answer.body, "<order id=\"7\"><line>A&amp;B</line><line>C</line><by>me</by></order>");
}

#[tokio::test]
async fn bodies_are_converted_there_and_back() {
    let backend = Backend::start().await;
    let to_xml = "<json-to-xml apply=\"content-type-json\" consider-accept-header=\"false\" />";
    let to_json = "<set-header name=\"Content-Type\"><value>text/xml</value></set-header>\
        <xml-to-json kind=\"direct\" apply=\"content-type-xml\" />";
    let there = world(&backend, to_xml, "").await;
    let answer = posted(&there, &[JSON], r#"{"a":[1,true]}"#).await;
    assert!(answer.body.ends_with("<Document><a>1</a><a>True</a></Document>"), "{}", answer.body);
    let back = world(&backend, to_xml, to_json).await;
    let answer = posted(&back, &[JSON, ("Accept", "application/json")], r#"{"a":[1,true]}"#).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, r#"{"version":"1.0","encoding":"utf-8","Document":{"a":["1","True"]}}"#);
}

/// The schema of the API `a`: an `Order` has an `id`.
fn put_schema(world: &mut World) {
    let definition = r#"{"definitions":{"Order":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}}}"#;
    world.change(|spec| {
        let document = v1::ApiSchemaDocument { value: definition.into(), ..Default::default() };
        let schema = v1::ApiSchema { content_type: "application/json".into(), document: Some(document) };
        put(spec, "workspaces/w/apis/a/schemas/s", Spec::ApiSchema(schema), BTreeMap::new());
        let body = v1::Representation {
            content_type: "application/json".into(),
            schema_id: "s".into(),
            type_name: "Order".into(),
            ..Default::default()
        };
        let page = v1::Parameter { name: "page".into(), r#type: "integer".into(), ..Default::default() };
        let operation = v1::Operation {
            method: "POST".into(),
            url_template: "/echo".into(),
            request: Some(v1::OperationRequest {
                query_parameters: vec![page],
                representations: vec![body.clone()],
                ..Default::default()
            }),
            responses: vec![v1::OperationResponse {
                status_code: 200,
                representations: vec![body],
                ..Default::default()
            }],
            ..Default::default()
        };
        put(spec, "workspaces/w/apis/a/operations/echo", Spec::Operation(operation), BTreeMap::new());
    });
}

#[tokio::test]
async fn message_that_breaks_its_schema_goes_nowhere() {
    let backend = Backend::start().await;
    let validate = "<validate-content unspecified-content-type-action=\"prevent\" max-size=\"1024\" \
        size-exceeded-action=\"prevent\"><content validate-as=\"json\" action=\"prevent\" /></validate-content>";
    let parameters = "<validate-parameters specified-parameter-action=\"prevent\" unspecified-parameter-action=\"prevent\" />";
    let mut world = world(&backend, &format!("{parameters}{validate}"), "").await;
    put_schema(&mut world);
    assert_eq!(posted(&world, &[JSON], r#"{"id":1}"#).await.body, r#"{"id":1}"#);
    let seen = backend.requests.load(std::sync::atomic::Ordering::SeqCst);
    posted(&world, &[JSON], r#"{"id":"x"}"#)
        .await
        .is_refusal(400, r#"\"x\" is not of type \"integer\" Line: 1, Position: 7"#);
    posted(&world, &[("Content-Type", "text/plain")], "x")
        .await
        .is_refusal(400, "Unspecified content type text/plain is not allowed.");
    posted(&world, &[JSON], &" ".repeat(1_025))
        .await
        .is_refusal(400, "Request's body is 1025 bytes long and it exceeds the limit of 1024 bytes.");
    let mut client = world.client().await;
    client.send(format!("POST /a/echo?odd=1 HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n")).await;
    client.answer().await.is_refusal(400, "Unspecified query parameter odd is not allowed.");
    // Whatever its length is, it is known in the end.
    let chunk = " ".repeat(1_025);
    client.send(format!("POST /a/echo HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n{chunk}\r\n0\r\n\r\n")).await;
    client
        .answer()
        .await
        .is_refusal(400, "Request's body is 1025 bytes long and it exceeds the limit of 1024 bytes.");
    assert_eq!(
        backend.requests.load(std::sync::atomic::Ordering::SeqCst),
        seen,
        "the backend saw none of them"
    );
}

#[tokio::test]
async fn response_that_breaks_its_contract_is_held_back() {
    let backend = Backend::start().await;
    let outbound = "<validate-status-code unspecified-status-code-action=\"prevent\" />\
        <validate-content unspecified-content-type-action=\"ignore\" max-size=\"1024\" size-exceeded-action=\"prevent\">\
        <content-type-map missing-content-type-value=\"application/json\" />\
        <content validate-as=\"json\" action=\"prevent\" /></validate-content>";
    let mut world = world(&backend, "", outbound).await;
    put_schema(&mut world);
    assert_eq!(posted(&world, &[], r#"{"id":1}"#).await.status, 200);
    let answer = posted(&world, &[], "{}").await;
    assert_eq!(answer.reason, "Response Not Allowed");
    answer.is_refusal(
        502,
        "The request could not be processed due to an internal error. Contact the API owner.",
    );
    // The operation that answers this says nothing of its responses.
    assert_eq!(world.get("/a/status/418", &[]).await.status, 502);
}

#[tokio::test]
async fn page_gets_its_call_and_the_urls_of_the_api() {
    let backend = Backend::start().await;
    let outbound = "<set-header name=\"Content-Type\"><value>application/json</value></set-header>\
        <redirect-content-urls /><jsonp callback-parameter-name=\"cb\" />";
    let world = world(&backend, "", outbound).await;
    let mut client = world.client().await;
    let body = format!("{{\"next\":\"{}/2\"}}", backend.url());
    let length = body.len();
    client
        .send(format!(
            "POST /a/echo?cb=page.show HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.header("content-type"), Some("application/javascript"));
    assert_eq!(answer.body, format!("page.show({{\"next\":\"http://{HOST}/a/2\"}})"));
}

#[tokio::test]
async fn graphql_query_that_breaks_the_schema_goes_nowhere() {
    let backend = Backend::start().await;
    let rule = "<validate-graphql-request max-size=\"1000\"><authorize><rule path=\"/__*\" action=\"reject\" />\
        </authorize></validate-graphql-request>";
    let mut world = plane().api("a", &backend.url()).start().await;
    world.change(|spec| {
        let document =
            v1::ApiSchemaDocument { value: "type Query { me: String }".into(), ..Default::default() };
        let content_type = "application/vnd.ms-azure-apim.graphql.schema".into();
        let schema = v1::ApiSchema { content_type, document: Some(document) };
        put(spec, "workspaces/w/apis/a/schemas/graphql", Spec::ApiSchema(schema), BTreeMap::new());
        put_policy(spec, "a", &self::document(rule, ""));
    });
    let right = r#"{"query":"{ me }"}"#;
    assert_eq!(posted(&world, &[JSON], right).await.body, right);
    for (query, part) in [("{ you }", "you"), ("{ __schema { types { name } } }", "is denied")] {
        let answer = posted(&world, &[JSON], &format!("{{\"query\":\"{query}\"}}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert!(answer.body.starts_with("{\"errors\":[") && answer.body.contains(part), "{}", answer.body);
    }
    assert_eq!(backend.requests.load(std::sync::atomic::Ordering::SeqCst), 1);
}
