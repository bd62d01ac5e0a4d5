//! What documents become, in small documents.

use super::*;
use hanse_proto::Name;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ORDERS: &str = r#"openapi: 3.0.3
info:
  title: Orders
  description: All about orders.
  version: "1"
  termsOfService: https://example.com/terms
  contact: {name: Team, email: team@example.com, url: "https://example.com"}
  license: {name: Apache-2.0, url: "https://example.com/license"}
servers:
  - url: http://plain.example.com
  - url: https://{region}.example.com/v1/
    variables: {region: {default: eu}}
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List orders
      description: Newest first.
      parameters:
        - {name: since, in: query, required: true, schema: {type: string, format: date}}
        - {name: state, in: query, schema: {$ref: '#/components/schemas/State'}}
        - {name: X-Trace, in: header, description: Trace id, schema: {type: string}}
      responses:
        '200':
          description: Orders
          headers: {X-Total: {schema: {type: integer}}}
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Orders'}
              example: [{id: 1}]
    post:
      requestBody:
        description: The order
        content:
          application/json: {schema: {$ref: '#/components/schemas/Order'}}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Order'}}
      responses: {'201': {description: Created}}
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, description: Number, schema: {type: integer, default: 7}}
    get:
      operationId: get order
      responses: {'200': {description: The order}, '404': {$ref: '#/components/responses/Gone'}}
components:
  responses: {Gone: {description: No such order}}
  schemas:
    State: {type: string, enum: [open, closed], default: open}
    Order: {type: object, required: [item], properties: {item: {type: string}, count: {type: integer, default: 1}}}
    Orders: {type: array, items: {$ref: '#/components/schemas/Order'}}
"#;

/// Reads a document that is not refused, and checks what the model will.
fn accepted(text: &str) -> (Imported, Vec<Finding>) {
    let (imported, findings) = read("orders.yaml", text, &Options::default());
    let imported = imported.unwrap_or_else(|| panic!("refused: {findings:?}"));
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:?}");
    assert_valid(&imported);
    (imported, findings)
}

/// The document is read, and its warnings hold these texts in this order and no others.
fn warned(text: &str, parts: &[&str]) -> Imported {
    let (imported, findings) = accepted(text);
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), parts.len(), "{told:#?}");
    for (told, part) in told.iter().zip(parts) {
        assert!(told.contains(part), "{told} does not say {part}");
    }
    imported
}

/// The document is refused with this place and text in its first error.
fn refused(text: &str, line: u32, column: u32, part: &str) {
    let (imported, findings) = read("orders.yaml", text, &Options::default());
    assert_eq!(imported, None, "{text}");
    let error = findings.iter().find(|finding| finding.severity == Severity::Error).expect("an error");
    assert!(error.message.contains(part), "{error}");
    assert_eq!((error.line, error.column), (line, column), "{error}");
}

/// A document of `paths` as given, indented by two.
fn with_paths(paths: &str) -> String {
    format!("openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}")
}

/// The model's checks of operations.
fn assert_valid(imported: &Imported) {
    let api = Name::parse("workspaces/demo/apis/orders").expect("a name");
    assert!((1..=300).contains(&imported.title.chars().count()), "{:?}", imported.title);
    assert!(imported.service_url.as_ref().is_none_or(|url| url.chars().count() <= 2_000));
    let (mut ids, mut shapes) = (BTreeSet::new(), BTreeSet::new());
    for ImportedOperation { id, operation } in &imported.operations {
        api.child(hanse_proto::Kind::Operation, id).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert!(id.chars().count() <= 80 && ids.insert(id.to_lowercase()), "{id}");
        assert!((1..=300).contains(&operation.display_name.chars().count()), "{id}");
        assert!(!operation.display_name.contains(char::is_control), "{id}");
        assert!(!operation.url_template.contains(char::is_control), "{id}");
        assert!(text::is_token(&operation.method), "{id}");
        assert!((1..=1_000).contains(&operation.url_template.chars().count()), "{id}");
        assert!(operation.url_template.starts_with('/'), "{}", operation.url_template);
        assert!(operation.description.chars().count() <= 1_000, "{id}");
        assert_eq!(names_in(&operation.url_template), declared(operation), "{}", operation.url_template);
        let shape = (operation.method.clone(), template::shape(&operation.url_template));
        assert!(shapes.insert(shape), "{id} is twice there");
        for parameter in every_parameter(operation) {
            assert!(!parameter.name.is_empty() && !parameter.r#type.is_empty(), "{id}: {parameter:?}");
        }
        for representation in every_representation(operation) {
            assert!(!representation.content_type.is_empty(), "{id}");
        }
        assert!(operation.responses.iter().all(|response| (100..=599).contains(&response.status_code)));
    }
}

fn names_in(url: &str) -> Vec<String> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    for value in values.clone().filter(|value| value.contains(['{', '}'])) {
        assert!(value.starts_with('{') && value.ends_with('}'), "{url}");
    }
    let mut names: Vec<String> = Vec::new();
    for part in path.split('/').chain(values) {
        assert!(!part.contains("}{"), "{url}");
        let mut rest = part;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}').expect(url);
            assert!(!before.contains('}') && !name.contains('{'), "{url}");
            assert!(
                !name.starts_with('*') || (before.is_empty() && behind.is_empty() && path.ends_with(part)),
                "{url}"
            );
            let name = name.trim_start_matches('*');
            assert!(
                !name.is_empty() && !name.starts_with(['?', '&', '#', ';', '.']) && !name.contains('*'),
                "{url}"
            );
            names.push(name.to_owned());
            rest = behind;
        }
        assert!(!rest.contains('}'), "{url}");
    }
    let unique: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(unique.len(), names.len(), "{url}");
    names
}

fn declared(operation: &v1::Operation) -> Vec<String> {
    operation.template_parameters.iter().map(|parameter| parameter.name.clone()).collect()
}

fn every_representation(operation: &v1::Operation) -> impl Iterator<Item = &v1::Representation> {
    let requests = operation.request.iter().flat_map(|request| &request.representations);
    requests.chain(operation.responses.iter().flat_map(|response| &response.representations))
}

fn every_parameter(operation: &v1::Operation) -> impl Iterator<Item = &v1::Parameter> {
    let requests =
        operation.request.iter().flat_map(|request| request.query_parameters.iter().chain(&request.headers));
    operation
        .template_parameters
        .iter()
        .chain(requests)
        .chain(operation.responses.iter().flat_map(|response| &response.headers))
        .chain(every_representation(operation).flat_map(|one| &one.form_parameters))
}

#[test]
fn a_document_becomes_an_api_with_operations() {
    let imported = warned(ORDERS, &[]);
    assert_eq!(imported.title, "Orders");
    assert_eq!(imported.description, "All about orders.");
    assert_eq!(imported.service_url.as_deref(), Some("https://eu.example.com/v1"));
    assert_eq!(imported.version, "3.0.3");
    assert_eq!(imported.contact.expect("a contact").email, "team@example.com");
    assert_eq!(imported.license.expect("a license").name, "Apache-2.0");
    assert_eq!(imported.terms_of_service_url, "https://example.com/terms");
    let ids: Vec<&str> = imported.operations.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["listorders", "post-orders", "get-order"]);

    let list = &imported.operations[0].operation;
    assert_eq!((list.method.as_str(), list.url_template.as_str()), ("GET", "/orders?since={since}"));
    assert_eq!(list.display_name, "List orders");
    assert_eq!(list.description, "Newest first.");
    assert!(list.template_parameters[0].required);
    let request = list.request.as_ref().expect("a request");
    let state = &request.query_parameters[0];
    assert_eq!((state.name.as_str(), state.type_name.as_str()), ("state", "State"));
    assert_eq!((state.values.join(","), state.default_value.as_str()), ("open,closed".to_owned(), "open"));
    assert_eq!(request.headers[0].description, "Trace id");
    let response = &list.responses[0];
    assert_eq!((response.status_code, response.headers[0].name.as_str()), (200, "X-Total"));
    assert_eq!(response.representations[0].type_name, "Orders");
    assert_eq!(response.representations[0].examples["default"].value, r#"[{"id":1}]"#);

    let create = &imported.operations[1].operation;
    assert_eq!(create.display_name, "POST /orders");
    let request = create.request.as_ref().expect("a request");
    assert_eq!(request.description, "The order");
    assert_eq!(request.representations[0].type_name, "Order");
    let fields: Vec<(&str, bool)> = request.representations[1]
        .form_parameters
        .iter()
        .map(|one| (one.name.as_str(), one.required))
        .collect();
    assert_eq!(fields, [("item", true), ("count", false)]);

    let get = &imported.operations[2].operation;
    let id = &get.template_parameters[0];
    assert_eq!((id.name.as_str(), id.r#type.as_str(), id.default_value.as_str()), ("id", "integer", "7"));
    assert_eq!(get.responses[1].description, "No such order");
}

#[test]
fn json_and_yaml_read_the_same() {
    let node = hanse_manifest::value::read("orders.yaml", ORDERS).expect("YAML");
    let json = node.to_json().to_string();
    let (from_json, findings) = read("orders.json", &json, &Options::default());
    assert_eq!(findings, []);
    // JSON objects are sorted here, so operations may come in another order.
    let sorted = |imported: Imported| {
        let operations: BTreeMap<String, v1::Operation> =
            imported.operations.into_iter().map(|one| (one.id, one.operation)).collect();
        operations.into_iter().map(|(id, one)| (id, one.url_template)).collect::<Vec<_>>()
    };
    assert_eq!(sorted(from_json.expect("read")), sorted(accepted(ORDERS).0));
}

#[test]
fn openapi_2_is_read() {
    let text = r##"{
      "swagger": "2.0", "info": {"title": "Pets", "version": "1"},
      "host": "api.example.com", "basePath": "/v1/", "schemes": ["http", "https"], "consumes": ["application/xml"],
      "parameters": {"Limit": {"name": "limit", "in": "query", "type": "integer", "default": 20}},
      "definitions": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}},
      "paths": {
        "/pets": {
          "get": {"operationId": "listPets", "produces": ["application/json", "text/csv"],
            "parameters": [{"$ref": "#/parameters/Limit"}],
            "responses": {"200": {"description": "Pets", "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
              "examples": {"text/csv": "name\nTom"}}}},
          "post": {"operationId": "addPet", "parameters": [{"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}],
            "responses": {"201": {"description": "Added"}}}},
        "/pets/{id}/photo": {
          "post": {"parameters": [{"name": "id", "in": "path", "required": true, "type": "string"},
              {"name": "photo", "in": "formData", "type": "file", "required": true}],
            "responses": {"200": {"description": "Stored"}}}}}
    }"##;
    let imported = warned(text, &[]);
    assert_eq!(imported.service_url.as_deref(), Some("https://api.example.com/v1"));
    let [list, add, photo] = &imported.operations[..] else { panic!("{imported:?}") };
    let limit = &list.operation.request.as_ref().expect("a request").query_parameters[0];
    assert_eq!((limit.r#type.as_str(), limit.default_value.as_str()), ("integer", "20"));
    let produced: Vec<&str> =
        list.operation.responses[0].representations.iter().map(|one| one.content_type.as_str()).collect();
    assert_eq!(produced, ["application/json", "text/csv"]);
    assert_eq!(list.operation.responses[0].representations[1].examples["default"].value, "name\nTom");
    let body = &add.operation.request.as_ref().expect("a request").representations[0];
    assert_eq!((body.content_type.as_str(), body.type_name.as_str()), ("application/xml", "Pet"));
    assert_eq!(photo.id, "post-pets-id-photo");
    let form = &photo.operation.request.as_ref().expect("a request").representations[0];
    assert_eq!(
        (form.content_type.as_str(), form.form_parameters[0].r#type.as_str()),
        ("multipart/form-data", "file")
    );
}

#[test]
fn openapi_3_1_and_3_2_are_read() {
    let rest = "info: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      parameters: [{name: q, in: query, schema: {type: ['null', integer]}}]\n";
    let imported = warned(&format!("openapi: 3.1.1\n{rest}"), &[]);
    let request = imported.operations[0].operation.request.clone().expect("a request");
    assert_eq!(request.query_parameters[0].r#type, "integer");
    let imported = warned(
        &format!("openapi: 3.2.0\n{rest}    query: {{}}\n    additionalOperations: {{LINK: {{}}}}\n"),
        &["3.2 is read as 3.1"],
    );
    let methods: Vec<&str> = imported.operations.iter().map(|one| one.operation.method.as_str()).collect();
    assert_eq!(methods, ["GET", "QUERY", "LINK"]);
    let imported =
        warned("openapi: 3.1.0\ninfo: {title: T, version: '1'}\nwebhooks: {}", &["has no `paths`"]);
    assert_eq!(imported.operations, []);
}

#[test]
fn what_is_no_openapi_document_is_refused_at_its_place() {
    let info = "info: {title: T, version: '1'}";
    for (text, line, column, part) in [
        ("", 0, 0, "the document is empty"),
        ("null", 1, 1, "is a mapping, and there is nothing"),
        ("- 1", 1, 1, "is a mapping, and there is a list"),
        ("a: b: c", 1, 5, "no valid YAML"),
        ("a: 1", 1, 1, "this is no OpenAPI document"),
        ("openapi: 4.0.0", 1, 10, "is no version that can be read"),
        ("openapi: 3.01x", 1, 10, "is no version that can be read"),
        ("swagger: '1.2'", 1, 10, "is no version that can be read"),
        ("openapi: []", 1, 1, "must be a version as `3.0.3`, and there is a list"),
        ("openapi: 3.0.0\npaths: {}", 1, 1, "`info` is missing"),
        ("openapi: 3.0.0\ninfo: 5\npaths: {}", 2, 7, "`info` must be a mapping, and there is the number 5"),
        (&format!("openapi: 3.0.0\n{info}"), 1, 1, "`paths` is missing"),
        (&format!("openapi: 3.0.0\n{info}\npaths:"), 3, 1, "`paths` must be a mapping, and there is nothing"),
        (&format!("openapi: 3.1.0\n{info}"), 1, 1, "`paths` is missing"),
    ] {
        let (imported, findings) = read("a.yaml", text, &Options::default());
        assert_eq!(imported, None, "{text}");
        let told = findings.iter().any(|finding| {
            finding.severity == Severity::Error
                && finding.message.contains(part)
                && (finding.line, finding.column) == (line, column)
        });
        assert!(told, "{text}: {findings:?}");
    }
}

#[test]
fn all_findings_come_at_once() {
    let (imported, findings) = read("a.yaml", "openapi: 3.0.0\nservers: {}\ntags: 1", &Options::default());
    assert_eq!(imported, None);
    assert_eq!(findings.len(), 4, "{findings:?}");
}

#[test]
fn documents_are_bounded_in_bytes() {
    let mut text = with_paths("  /a: {get: {responses: {'200': {description: A}}}}\n#");
    text.push_str(&"x".repeat(DOCUMENT_BYTES_MAX - text.len()));
    assert_eq!(accepted(&text).0.operations.len(), 1);
    text.push('x');
    refused(&text, 0, 0, "at most 4194304 are read");
}

#[test]
fn what_an_api_cannot_have_is_left_out_with_a_warning() {
    let response = "responses: {'200': {description: A}}";
    let imported = warned(
        &with_paths(&format!(
            "  /a:
    servers: [{{url: https://x.example.com}}]
    get:
      parameters: [{{name: c, in: cookie, schema: {{type: string}}}}]
      requestBody: {{content: {{text/plain: {{}}}}}}
      {response}
    trace: {{{response}}}
  /b/{{x}}: {{get: {{{response}}}}}
  /b/{{y}}: {{get: {{parameters: [{{name: y, in: path, required: true, schema: {{}}}}], {response}}}}}
  /c:
    get:
      parameters: [{{name: z, in: path, required: true, schema: {{}}}}]
      responses: {{default: {{description: A}}}}
  /d: {{get: 5}}
  /e: {{$ref: 'other.yaml#/e'}}
  /f: {{$ref: '#/paths/~1nowhere'}}
"
        )),
        &[
            "left out: 1",
            "servers of a path",
            "a GET has no body",
            "cookie parameter `c`",
            "TRACE",
            "parameter `x` of the path is not described",
            "GET /b/{y} cannot be told apart from /b/{x}",
            "the path has no `{z}`",
            "a mapping, for this is an operation is expected, and there is the number 5",
            "leads out of the document",
            "leads nowhere",
        ],
    );
    let urls: Vec<&str> = imported.operations.iter().map(|one| one.operation.url_template.as_str()).collect();
    assert_eq!(urls, ["/a", "/b/{x}", "/c"]);
}

#[test]
fn required_query_parameters_join_the_template_unless_told_otherwise() {
    let text = with_paths(
        "  /a/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: id, in: query, required: true, schema: {type: integer}}
        - {name: 'a b', in: query, required: true, schema: {type: string}}
      responses: {'200': {description: A}}
",
    );
    let imported = warned(&text, &["`id` stands twice", "`a b` cannot stand in a URL template"]);
    let operation = &imported.operations[0].operation;
    assert_eq!(operation.url_template, "/a/{id}?id={id-2}");
    let types: Vec<&str> = operation.template_parameters.iter().map(|one| one.r#type.as_str()).collect();
    assert_eq!(types, ["string", "integer"]);

    let options = Options { translate_required_query_parameters: Translate::Query, ..Default::default() };
    let (imported, findings) = read("a.yaml", &text, &options);
    assert_eq!(findings, []);
    let operation = &imported.expect("read").operations[0].operation;
    assert_eq!(operation.url_template, "/a/{id}");
    assert!(operation.request.as_ref().expect("a request").query_parameters.iter().all(|one| one.required));
}

#[test]
fn texts_and_templates_are_cut_or_left_out_one_past_the_bound() {
    let document = |title: usize, summary: usize, description: usize, path: usize| {
        // YAML bounds its keys at 1,024 characters, JSON does not.
        format!(
            r#"{{"openapi": "3.0.0", "info": {{"title": "{}", "version": "1"}}, "paths": {{"/{}": {{"get":
            {{"summary": "{}", "description": "{}", "responses": {{"200": {{"description": "A"}}}}}}}}}}}}"#,
            "t".repeat(title),
            "p".repeat(path - 1),
            "s".repeat(summary),
            "d".repeat(description)
        )
    };
    warned(&document(300, 300, 1_000, 1_000), &[]);
    warned(&document(301, 300, 1_000, 1_000), &["`info.title` is cut to 300"]);
    warned(&document(300, 301, 1_000, 1_000), &["display name is cut to 300"]);
    warned(&document(300, 300, 1_001, 1_000), &["description is cut to 1000"]);
    let imported = warned(&document(300, 300, 1_000, 1_001), &["more than 1000 characters"]);
    assert_eq!(imported.operations, []);
    let imported = warned(&document(1, 1, 1, 4_001), &["the path has 4001 bytes"]);
    assert_eq!(imported.operations, []);
}

#[test]
fn examples_are_kept_while_they_are_small() {
    let document = |bytes: usize| {
        with_paths(&format!(
            "  /a: {{get: {{responses: {{'200': {{description: A, content: {{text/plain: {{example: {}}}}}}}}}}}}}\n",
            "e".repeat(bytes)
        ))
    };
    let imported = warned(&document(4_096), &[]);
    assert_eq!(imported.operations[0].operation.responses[0].representations[0].examples.len(), 1);
    let imported = warned(&document(4_097), &["the example has more than 4096 bytes"]);
    assert!(imported.operations[0].operation.responses[0].representations[0].examples.is_empty());
}

#[test]
fn the_first_https_server_wins() {
    let check = |servers: &str, document_url: Option<&str>, url: Option<&str>, warnings: usize| {
        let text =
            format!("openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths: {{}}\nservers: {servers}");
        let options = Options { document_url: document_url.map(str::to_owned), ..Default::default() };
        let (imported, findings) = read("a.yaml", &text, &options);
        assert_eq!(imported.expect("read").service_url.as_deref(), url, "{servers}");
        assert_eq!(findings.len(), warnings, "{servers}: {findings:?}");
    };
    check("[]", None, None, 0);
    check("[{url: 'http://a'}, {url: 'HTTPS://b/'}, {url: 'https://c'}]", None, Some("https://b"), 0);
    check("[{url: 'http://a/x?y=1'}]", None, Some("http://a/x"), 2);
    check("[{url: /v1}]", None, None, 1);
    check("[{url: /v1}]", Some("https://a/b/openapi.yaml"), Some("https://a/v1"), 0);
    check("[{url: 'https://{t}.a'}]", None, None, 1);
    check("[{url: 'https://{t'}]", None, None, 1);
    check("[{url: 'wss://a'}]", None, None, 0);
    check("[{url: 'hello world'}, 5]", None, None, 2);
    let long = |chars: usize| format!("[{{url: 'https://a/{}'}}]", "p".repeat(chars - 10));
    check(&long(2_000), None, Some(format!("https://a/{}", "p".repeat(1_990)).as_str()), 0);
    check(&long(2_001), None, None, 1);
}

#[test]
fn ids_the_document_gives_win_over_those_made_up() {
    let response = "responses: {'200': {description: A}}";
    let imported = warned(
        &with_paths(&format!(
            "  /foo: {{get: {{{response}}}, put: {{operationId: get-foo, {response}}}}}
  /bar: {{get: {{operationId: Get Foo, {response}}}, put: {{operationId: '***', {response}}}}}
"
        )),
        &[],
    );
    let ids: Vec<&str> = imported.operations.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["get-foo-2", "get-foo", "get-foo-1", "put-bar"]);
}

#[test]
fn references_in_circles_end() {
    let text = with_paths(
        "  /a: {$ref: '#/paths/~1b'}
  /b: {$ref: '#/paths/~1a'}
  /c:
    get:
      parameters: [{$ref: '#/components/parameters/A'}]
      requestBody: {$ref: '#/components/requestBodies/R'}
      responses: {'200': {$ref: '#/components/responses/X'}}
components:
  parameters: {A: {$ref: '#/components/parameters/A'}}
  requestBodies: {R: {$ref: 5}}
  responses: {X: {description: X, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}
  schemas: {S: {properties: {s: {$ref: '#/components/schemas/S'}}, allOf: [{$ref: '#/components/schemas/S'}]}}
",
    );
    let (imported, findings) = accepted(&text);
    assert_eq!(imported.operations.len(), 1);
    assert_eq!(imported.operations[0].operation.responses[0].representations[0].type_name, "S");
    let circular = findings.iter().filter(|finding| finding.message.contains("back to itself")).count();
    assert_eq!(circular, 4, "{findings:?}");
}

#[test]
fn what_references_repeat_is_bounded() {
    let mut text = with_paths("  /a:\n    get:\n      parameters:\n");
    // One list of parameters, shared by many paths.
    for index in 0..2_000 {
        text.push_str(&format!("      - {{name: p{index}, in: query, schema: {{}}}}\n"));
    }
    text.push_str("      responses: {'200': {description: A}}\n");
    for index in 0..2_000 {
        text.push_str(&format!("  /b{index}: {{$ref: '#/paths/~1a'}}\n"));
    }
    refused(&text, 1, 1, "references repeat more than");
}

#[test]
fn thousands_of_operations_fit_one_command() {
    let mut text = with_paths("");
    for index in 0..4_000 {
        text.push_str(&format!(
            "  /p{index}/{{id}}: {{get: {{parameters: [{{$ref: '#/components/parameters/Id'}}], responses: {{'200': {{$ref: '#/components/responses/R'}}}}}}}}\n"
        ));
    }
    let example = "x".repeat(4_000);
    text.push_str(&format!(
        "components:\n  parameters: {{Id: {{name: id, in: path, required: true, schema: {{type: string}}}}}}\n  responses: {{R: {{description: R, content: {{text/plain: {{example: {example}}}}}}}}}\n"
    ));
    let imported = warned(&text, &["so examples are left out"]);
    assert_eq!(imported.operations.len(), 4_000);
    let plan = plan_import(
        &Name::parse("workspaces/demo/apis/big").expect("a name"),
        &imported,
        &BTreeMap::new(),
        None,
        None,
        None,
        None,
    );
    let bytes: usize = plan.puts.iter().map(prost::Message::encoded_len).sum();
    assert!(bytes < hanse_proto::COMMAND_BYTES_MAX, "{bytes}");
}

#[test]
fn findings_are_bounded_in_number() {
    let many = |count: usize| {
        let mut text = String::from("openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {}\ntags:\n");
        for _ in 0..count {
            text.push_str("  - 5\n");
        }
        accepted(&text).1.len()
    };
    assert_eq!(many(FINDINGS_MAX), FINDINGS_MAX);
    assert_eq!(many(FINDINGS_MAX + 1), FINDINGS_MAX + 1);
    assert_eq!(many(FINDINGS_MAX + 500), FINDINGS_MAX + 1);
}

#[test]
fn long_keys_make_no_long_findings() {
    let key = "k".repeat(100_000);
    let text = format!(
        r#"{{"openapi": "3.0.0", "info": {{"title": "T", "version": "1"}},
        "paths": {{"/{key}": {{"get": {{"x": 1, "{key}": 2}}}}, "{key}": {{"get": {{}}}}}}}}"#
    );
    let (_, findings) = accepted(&text);
    assert!(findings.iter().all(|finding| finding.pointer.len() < 1_000 && finding.message.len() < 1_000));
}

#[test]
fn duplicate_keys_are_survived() {
    let text = with_paths("  /a: {get: {responses: {'200': {description: A}}}}\n  /a: {}\n");
    let (imported, findings) = accepted(&text);
    assert_eq!(imported.operations.len(), 1);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].line, 5);
}

mod planning {
    use super::*;
    use hanse_proto::v1::resource::Spec;

    fn operation(method: &str, url: &str) -> v1::Operation {
        let url_template = url.to_owned();
        v1::Operation { display_name: "D".into(), method: method.into(), url_template, ..Default::default() }
    }

    fn imported(operations: &[(&str, v1::Operation)]) -> Imported {
        let operations = operations
            .iter()
            .map(|(id, operation)| ImportedOperation { id: (*id).to_owned(), operation: operation.clone() })
            .collect();
        let service_url = Some("https://document.example.com".to_owned());
        Imported { title: "T".into(), service_url, operations, ..Default::default() }
    }

    fn present(operations: &[(&str, v1::Operation)]) -> BTreeMap<String, v1::Operation> {
        operations.iter().map(|(id, operation)| ((*id).to_owned(), operation.clone())).collect()
    }

    fn api_of(plan: &ImportPlan) -> v1::Api {
        match &plan.puts.first().expect("a put").spec {
            Some(Spec::Api(api)) => api.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn name() -> Name {
        Name::parse("workspaces/demo/apis/Orders;rev=2").expect("a name")
    }

    #[test]
    fn a_first_import_creates_the_api_and_all_operations() {
        let imported = imported(&[("a", operation("GET", "/a")), ("b", operation("GET", "/b"))]);
        let plan = plan_import(&name(), &imported, &BTreeMap::new(), None, None, None, None);
        assert_eq!((plan.created, plan.updated, plan.deleted, plan.puts.len()), (2, 0, 0, 3));
        assert_eq!(plan.puts[1].name, "workspaces/demo/apis/Orders;rev=2/operations/a");
        let api = api_of(&plan);
        assert_eq!((api.path.as_str(), api.display_name.as_str()), ("Orders", "T"));
        assert_eq!(api.service_url, "https://document.example.com");
    }

    #[test]
    fn importing_again_changes_nothing() {
        let imported = imported(&[("a", operation("GET", "/a"))]);
        let first =
            plan_import(&name(), &imported, &BTreeMap::new(), None, None, Some("x"), Some("http://given"));
        let operations = present(&[("a", operation("GET", "/a"))]);
        let again = plan_import(&name(), &imported, &operations, Some(&api_of(&first)), None, None, None);
        assert_eq!(again, ImportPlan::default());
    }

    #[test]
    fn operations_are_matched_by_id_and_the_rest_is_deleted() {
        let imported = imported(&[("a", operation("PUT", "/a")), ("new", operation("GET", "/c/{y}"))]);
        let operations = present(&[
            ("A", operation("GET", "/a")),
            ("old", operation("GET", "/c/{x}")),
            ("gone", operation("GET", "/g")),
        ]);
        let plan = plan_import(&name(), &imported, &operations, None, None, None, None);
        assert_eq!((plan.created, plan.updated, plan.deleted), (1, 1, 2));
        // The id keeps the case in which it was written first.
        assert!(plan.puts[1].name.ends_with("/operations/A"), "{}", plan.puts[1].name);
        let base = "workspaces/demo/apis/Orders;rev=2/operations";
        assert_eq!(plan.deletes, [format!("{base}/gone"), format!("{base}/old")]);
        let carried = Carried { from: format!("{base}/old"), to: format!("{base}/new") };
        assert_eq!(plan.carried, [carried]);
    }

    #[test]
    fn what_is_given_wins_over_the_api_and_that_over_the_document() {
        let imported = imported(&[]);
        let old = v1::Api {
            path: "old".into(),
            service_url: "http://old".into(),
            api_version: "v1".into(),
            ..Default::default()
        };
        let check = |old: Option<&v1::Api>, given: Option<&str>, path: &str, url: &str| {
            let plan = plan_import(&name(), &imported, &BTreeMap::new(), old, None, given, given);
            let api = api_of(&plan);
            assert_eq!((api.path.as_str(), api.service_url.as_str()), (path, url));
            api
        };
        check(None, Some("given"), "given", "given");
        check(None, Some(""), "", "");
        let api = check(Some(&old), None, "old", "http://old");
        assert_eq!((api.api_version.as_str(), api.protocols.len()), ("v1", 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn broken_documents_never_panic(
        edits in proptest::collection::vec((0..ORDERS.len(), any::<u8>(), 0..3_u8), 1..12)
    ) {
        let mut bytes = ORDERS.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at % bytes.len();
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        check_any(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn lines_out_of_place_never_panic(
        moves in proptest::collection::vec((0..60_usize, 0..60_usize, 0..8_usize), 1..8)
    ) {
        let mut lines: Vec<String> = ORDERS.lines().map(str::to_owned).collect();
        for (from, to, indent) in moves {
            let line = lines.remove(from % lines.len());
            let line = format!("{}{}", " ".repeat(indent), line.trim_start());
            let to = to % (lines.len() + 1);
            lines.insert(to, line);
        }
        check_any(&lines.join("\n"));
    }

    #[test]
    fn any_path_becomes_a_valid_template(
        paths in proptest::collection::vec("[/{}*+?#&=,.a-cA-B ü%-]{0,24}", 1..6)
    ) {
        let operation = serde_json_object();
        let entries: Vec<String> = paths.iter().map(|path| format!("{path:?}: {operation}")).collect();
        let text = format!(
            r#"{{"openapi": "3.0.0", "info": {{"title": "T", "version": "1"}}, "paths": {{{}}}}}"#,
            entries.join(",")
        );
        let (imported, findings) = read("a.json", &text, &Options::default());
        prop_assert!(imported.is_some(), "{:?}", findings);
        assert_valid(&imported.expect("it is some"));
    }

    #[test]
    fn any_value_in_any_place_is_survived(place in 0..PLACES.len(), value in 0..VALUES.len()) {
        check_any(&ORDERS.replacen(PLACES[place], VALUES[value], 1));
    }
}

/// Parts of the sample that can be replaced by something else.
const PLACES: &[&str] = &[
    "Orders",
    "{region: {default: eu}}",
    "listOrders",
    "List orders",
    "true",
    "since",
    "query",
    "'200'",
    "Created",
    "'#/components/schemas/State'",
    "[{id: 1}]",
    "{$ref: '#/components/schemas/Order'}",
    "[item]",
    "[open, closed]",
    "{type: integer, default: 7}",
    "{Gone: {description: No such order}}",
    "/orders/{id}",
    "get:",
    "application/json",
    "{type: string}",
    "3.0.3",
    "post",
    "path",
    "'404'",
];
const VALUES: &[&str] = &[
    "null",
    "5",
    "-1.5e999",
    "[]",
    "{}",
    "[[], {}, null]",
    "{a: {b: []}}",
    "''",
    "'\\u0000'",
    "true",
    "{$ref: '#'}",
    "*",
];

fn serde_json_object() -> &'static str {
    r#"{"get": {"operationId": "x", "parameters": [{"name": "a", "in": "path", "required": true, "schema": {}},
        {"name": "b", "in": "query", "required": true, "schema": {}}], "responses": {"200": {"description": "d"}}}}"#
}

/// Reads a text: refused with an error, or valid with warnings.
fn check_any(text: &str) {
    let (imported, findings) = read("orders.yaml", text, &Options::default());
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    assert_eq!(imported.is_none(), errors > 0, "{findings:?}\n{text}");
    if let Some(imported) = imported {
        assert_valid(&imported);
    }
}
