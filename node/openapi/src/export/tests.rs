//! Documents of small APIs, and that importing what was exported gives what was there.

use super::*;
use crate::{Imported, Options, SCHEMA_ID, read};
use proptest::prelude::*;

fn imported(file: &str, text: &str) -> Imported {
    let (imported, findings) = read(file, text, &Options::default());
    imported.unwrap_or_else(|| panic!("refused: {findings:?}\n{text}"))
}

fn operations(imported: &Imported) -> BTreeMap<String, v1::Operation> {
    imported.operations.iter().map(|one| (one.id.clone(), one.operation.clone())).collect()
}

/// What an import is exported as; its title becomes the name of the API.
fn exported(imported: &Imported, version: Version, format: Format) -> String {
    let api = v1::Api {
        display_name: imported.title.clone(),
        description: imported.description.clone(),
        contact: imported.contact.clone(),
        license: imported.license.clone(),
        terms_of_service_url: imported.terms_of_service_url.clone(),
        ..Default::default()
    };
    let schemas = imported.schemas.iter().map(|schemas| (SCHEMA_ID.to_owned(), schemas.clone())).collect();
    let servers = ["https://gw.example.com/orders".to_owned()];
    export(
        &Exported { api: &api, operations: &operations(imported), schemas: &schemas, servers: &servers },
        version,
        format,
    )
}

/// Importing, exporting and importing again is importing once.
#[track_caller]
fn comes_back(text: &str) {
    let first = imported("a.yaml", text);
    for (file, format) in [("a.yaml", Format::Yaml), ("a.json", Format::Json)] {
        let text = exported(&first, Version::V3, format);
        let second = imported(file, &text);
        assert_eq!(operations(&second), operations(&first), "{text}");
        assert_eq!((&second.title, &second.description), (&first.title, &first.description));
        assert_eq!((&second.contact, &second.license), (&first.contact, &first.license));
        // From here on the schemas stay as well: those of OpenAPI 2 have become components.
        let third = imported(file, &exported(&second, Version::V3, format));
        assert_eq!(third, second, "{text}");
    }
}

const ORDERS: &str = r#"openapi: 3.0.3
info: {title: Orders, description: All of them., version: "1", termsOfService: "https://example.com/t", contact: {name: N, email: a@example.com}, license: {name: MIT}}
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List orders
      parameters:
        - {name: since, in: query, required: true, schema: {type: string}, example: "2024"}
        - {name: state, in: query, schema: {$ref: '#/components/schemas/State'}}
        - {name: page, in: query, description: Which, schema: {type: integer, default: 7, enum: [7, 8]}}
        - {name: ids, in: query, schema: {type: array, items: {type: string, enum: [a, b]}, default: [a]}}
        - {name: X-Trace, in: header, required: true, schema: {type: string}}
      responses:
        '200':
          description: Orders
          headers: {X-Total: {description: How many, schema: {type: integer}}}
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Order'}}
              examples: {one: {summary: One, value: [{id: 1}]}, far: {externalValue: "https://example.com/e"}}
            text/plain: {example: '"quoted"'}
    post:
      requestBody:
        description: The order
        content:
          application/json: {schema: {$ref: '#/components/schemas/Order'}, example: {item: x, count: 2}}
          multipart/form-data: {schema: {type: object, required: [file], properties: {file: {type: string, format: binary}, state: {$ref: '#/components/schemas/State'}, n: {type: integer, example: 3}}}}
      responses: {'201': {description: Created}}
  /orders/{id}:
    get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {'404': {description: Gone}}}
    delete: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {}}
components:
  schemas:
    State: {type: string, enum: [open, closed], default: open}
    Order: {type: object, properties: {item: {type: string, nullable: true}, count: {type: number, minimum: 0.5}}}
"#;

#[test]
fn what_an_import_understands_comes_back() {
    comes_back(ORDERS);
}

#[test]
fn templates_that_paths_cannot_say_come_back() {
    let paths = |paths: &str| format!("openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\n{paths}");
    // Two operations on one path and method, and a value that does not vary.
    let text = paths(
        "paths:\n  /a: {get: {responses: {'200': {description: A}}}}\nx-ms-paths:\n  /a?x=1: {get: {responses: {'200': {description: B}}}}\n  \
         /a?y={z}: {get: {parameters: [{name: y, in: query, schema: {type: integer}}], responses: {'200': {description: C}}}}\n",
    );
    comes_back(&text);
    let document = exported(&imported("a.yaml", &text), Version::V3, Format::Yaml);
    assert!(
        document.contains("x-ms-paths:\n  /a?x=1:\n") && document.contains("  /a?y={z}:\n"),
        "{document}"
    );
    // One name in path and query, a rest, a mixed segment, other methods, ids that clash.
    comes_back(&paths(&format!(
        "paths:\n  /a/{{id}}: {{get: {{parameters: [{{name: id, in: path, required: true, schema: {{}}}}, {{name: id, in: query, required: true, schema: {{}}}}], responses: {{}}}}}}\n  \
         /b/{{*rest}}: {{get: {{responses: {{}}}}}}\n  /c/{{a}}.{{b}}: {{get: {{responses: {{}}}}}}\n  /d/*: {{query: {{}}, additionalOperations: {{COPY: {{}}, link: {{}}}}}}\n  \
         /z: {{get: {{operationId: {long}, responses: {{}}}}}}\n  /y: {{get: {{operationId: {long}, responses: {{}}}}}}\n",
        long = "long".repeat(30),
    )));
    // Names of query parameters are the same whatever their case.
    comes_back(&paths(
        "paths:\n  /a: {get: {parameters: [{name: m, in: query, schema: {}}, {name: M, in: query, required: true, schema: {}}], responses: {}}}\n",
    ));
    // Names of query parameters that hold what a query ends or parts with.
    comes_back(&paths("x-ms-paths:\n  '/a?{#}={x}&{&}={y}': {get: {responses: {}}}\npaths: {}\n"));
}

#[test]
fn documents_of_openapi_2_come_back_as_openapi_3() {
    comes_back(
        "swagger: '2.0'\ninfo: {title: T, version: '1'}\nconsumes: [application/json, application/xml]\nproduces: [application/json]\npaths:\n  \
         /a/{id}:\n    put:\n      parameters:\n        - {name: id, in: path, required: true, type: integer, format: int64}\n        \
         - {name: q, in: query, type: array, items: {type: string, enum: [a]}, collectionFormat: multi}\n        \
         - {name: b, in: body, description: B, schema: {$ref: '#/definitions/My~1Pet x%25'}}\n      \
         responses: {'200': {description: A, schema: {type: file}, examples: {application/json: {a: 1}}}}\n    post:\n      consumes: [multipart/form-data]\n      \
         parameters: [{name: id, in: path, required: true, type: string}, {name: f, in: formData, type: file, required: true}, {name: n, in: formData, type: integer, default: 3}]\n      \
         responses: {'204': {description: B}}\ndefinitions:\n  My/Pet x%: {type: object, discriminator: kind, properties: {kind: {type: string, x-nullable: true}}}\n",
    );
}

#[test]
fn a_document_says_where_the_gateways_are_and_how_the_key_is_sent() {
    let api = v1::Api {
        display_name: "Orders".into(),
        api_revision: "4".into(),
        subscription_key_parameter_names: Some(v1::SubscriptionKeyParameterNames {
            header: "X-Key".into(),
            query: String::new(),
        }),
        ..Default::default()
    };
    let servers = ["https://gw.example.com/o".to_owned(), "http://gw.example.com/o".to_owned()];
    let (operations, schemas) = (BTreeMap::new(), BTreeMap::new());
    let of = |api: &v1::Api, version| {
        export(
            &Exported { api, operations: &operations, schemas: &schemas, servers: &servers },
            version,
            Format::Yaml,
        )
    };
    let keys = "  apiKeyHeader:\n    type: apiKey\n    name: X-Key\n    in: header\n  apiKeyQuery:\n    type: apiKey\n    name: subscription-key\n    in: query\n";
    let indented: String = keys.lines().map(|line| format!("  {line}\n")).collect();
    let required = "security:\n- apiKeyHeader: []\n- apiKeyQuery: []\n";
    assert_eq!(
        of(&api, Version::V3),
        format!(
            "openapi: 3.0.3\ninfo:\n  title: Orders\n  version: \"4\"\nservers:\n- url: https://gw.example.com/o\n- url: http://gw.example.com/o\n\
             paths: {{}}\ncomponents:\n  securitySchemes:\n{indented}{required}"
        )
    );
    assert_eq!(
        of(&api, Version::V2),
        format!(
            "swagger: \"2.0\"\ninfo:\n  title: Orders\n  version: \"4\"\nhost: gw.example.com\nbasePath: /o\nschemes:\n- https\n- http\n\
             paths: {{}}\nsecurityDefinitions:\n{keys}{required}"
        )
    );
    let open = v1::Api { subscription_required: Some(false), ..api };
    assert!(!of(&open, Version::V3).contains("security"));
}

#[test]
fn openapi_2_says_the_same_in_its_own_words() {
    let first = imported("a.yaml", ORDERS);
    let document = exported(&first, Version::V2, Format::Json);
    let json: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let list = &json["paths"]["/orders"]["get"];
    assert_eq!(list["operationId"], "listorders");
    assert_eq!(list["summary"], "List orders");
    assert_eq!(list["parameters"][0]["in"], "query");
    assert_eq!(list["parameters"][3]["items"]["enum"], serde_json::json!(["a", "b"]));
    assert_eq!(list["produces"], serde_json::json!(["application/json", "text/plain"]));
    assert_eq!(list["responses"]["200"]["schema"]["$ref"], "#/definitions/listOrders-200");
    assert_eq!(json["definitions"]["listOrders-200"]["items"]["$ref"], "#/definitions/Order");
    assert_eq!(json["definitions"]["Order"]["properties"]["item"]["x-nullable"], true);
    let second = imported("a.json", &document);
    let shape = |imported: &Imported| -> Vec<(String, String, String)> {
        let one = |(id, it): (String, v1::Operation)| (id, it.method, it.url_template);
        operations(imported).into_iter().map(one).collect()
    };
    assert_eq!(shape(&second), shape(&first));
}

#[test]
fn equal_resources_give_equal_texts_whatever_the_order_of_the_document() {
    let first = imported("a.yaml", ORDERS);
    let mut turned = first.clone();
    turned.operations.reverse();
    for format in [Format::Json, Format::Yaml] {
        assert_eq!(exported(&turned, Version::V3, format), exported(&first, Version::V3, format));
    }
}

// === Any document ===

/// A text as it may stand in a document.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 :#{}/~%.\"'é\n-]{1,12}",
        Just("1.0".to_owned()),
        Just("[1]".to_owned()),
        Just("true".to_owned())
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z][a-zA-Z0-9_.-]{0,5}", "[a-z\\[\\]$ ]{1,4}"]
}

fn json(text: &str) -> serde_json::Value {
    text.into()
}

/// Any value. A schema keeps numbers and not how they are spelled, so there is no `1.0` among them.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        text().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        any::<f64>()
            .prop_filter("spelled in one way", |number| number.is_finite() && number.fract() != 0.0)
            .prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            proptest::collection::btree_map(name(), inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn schema() -> impl Strategy<Value = serde_json::Value> {
    let kind = prop_oneof![
        Just("string"),
        Just("integer"),
        Just("number"),
        Just("boolean"),
        Just("array"),
        Just("object")
    ];
    let own = (
        kind,
        proptest::option::of(value()),
        proptest::collection::vec(value(), 0..3),
        proptest::option::of(text()),
    );
    let own = own.prop_map(|(kind, default, values, description)| {
        let mut schema = serde_json::json!({"type": kind});
        if let Some(default) = default {
            schema["default"] = default;
        }
        if let Some(description) = description {
            schema["description"] = json(&description);
        }
        match kind {
            "array" => schema["items"] = serde_json::json!({"enum": values}),
            "object" => {
                schema["properties"] = serde_json::json!({"p": {"type": "string", "example": values}})
            }
            _ if values.is_empty() => {}
            _ => schema["enum"] = values.into(),
        }
        schema
    });
    prop_oneof![
        3 => own,
        1 => Just(serde_json::json!({"$ref": "#/components/schemas/A"})),
        1 => Just(serde_json::json!({"$ref": "#/components/schemas/B~1%20"})),
        1 => Just(serde_json::json!({"$ref": "#/components/schemas/None"})),
    ]
}

fn media() -> impl Strategy<Value = serde_json::Value> {
    let examples = proptest::collection::btree_map(name(), (value(), text()), 0..3);
    (proptest::option::of(schema()), proptest::option::of(value()), examples).prop_map(
        |(schema, example, examples)| {
            let mut media = serde_json::json!({});
            if let Some(schema) = schema {
                media["schema"] = schema;
            }
            if let Some(example) = example {
                media["example"] = example;
            }
            let one =
                |(name, (value, summary))| (name, serde_json::json!({"value": value, "summary": summary}));
            media["examples"] = examples.into_iter().map(one).collect();
            media
        },
    )
}

fn content() -> impl Strategy<Value = serde_json::Value> {
    let kind = prop_oneof![
        Just("application/json"),
        Just("text/plain; charset=utf-8"),
        Just("application/x-www-form-urlencoded"),
        Just("multipart/form-data")
    ];
    proptest::collection::btree_map(kind, media(), 0..3)
        .prop_map(|map| map.into_iter().map(|(kind, media)| (kind.to_owned(), media)).collect())
}

fn parameter() -> impl Strategy<Value = serde_json::Value> {
    let place = prop_oneof![Just("query"), Just("header"), Just("path"), Just("cookie")];
    (name(), place, any::<bool>(), proptest::option::of(text()), schema(), proptest::option::of(value()))
        .prop_map(|(name, place, required, description, schema, example)| {
            let mut parameter =
                serde_json::json!({"name": name, "in": place, "required": required, "schema": schema});
            if let Some(description) = description {
                parameter["description"] = json(&description);
            }
            if let Some(example) = example {
                parameter["example"] = example;
            }
            parameter
        })
}

fn operation() -> impl Strategy<Value = serde_json::Value> {
    let responses = proptest::collection::btree_map(200_u16..206, (text(), content(), parameter()), 0..3);
    let id = proptest::option::of(text());
    (id, proptest::option::of(text()), proptest::collection::vec(parameter(), 0..4), proptest::option::of((text(), content())), responses)
        .prop_map(|(id, summary, parameters, body, responses)| {
            let mut operation = serde_json::json!({"parameters": parameters});
            if let Some(id) = id {
                operation["operationId"] = json(&id);
            }
            if let Some(summary) = summary {
                operation["summary"] = json(&summary);
            }
            if let Some((description, content)) = body {
                operation["requestBody"] = serde_json::json!({"description": description, "content": content});
            }
            let response = |(code, (description, content, header)): (u16, (String, serde_json::Value, _))| {
                let response =
                    serde_json::json!({"description": description, "content": content, "headers": {"X-H": header}});
                (code.to_string(), response)
            };
            operation["responses"] = responses.into_iter().map(response).collect();
            operation
        })
}

fn document() -> impl Strategy<Value = serde_json::Value> {
    let path = prop_oneof![
        "(/[a-c]|/\\{[a-c]\\}|/\\{\\*r\\}|/x\\{a\\}\\.\\{b\\}|/\\*|/){1,3}",
        "[/{}*+?#&=,.a-cA-B ü%-]{0,12}"
    ];
    let method = prop_oneof![Just("get"), Just("post"), Just("delete"), Just("query"), Just("patch")];
    let item = proptest::collection::btree_map(method, operation(), 1..3);
    let paths = proptest::collection::btree_map(path, item, 0..5);
    let version = prop_oneof![Just("3.0.3"), Just("3.1.0")];
    (version, text(), paths, schema(), schema(), any::<bool>()).prop_map(|(version, title, paths, a, b, is_special)| {
        let mut document = serde_json::json!({"openapi": version, "info": {"title": title, "version": "1"}, "paths": {}});
        let item = |(path, item): (String, BTreeMap<&str, serde_json::Value>)| {
            let item: serde_json::Value = item.into_iter().map(|(method, it)| (method.to_owned(), it)).collect();
            (path, item)
        };
        document[if is_special { "x-ms-paths" } else { "paths" }] = paths.into_iter().map(item).collect();
        document["components"] = serde_json::json!({"schemas": {"A": a, "B/ ": b}});
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn importing_exporting_and_importing_again_is_importing_once(document in document()) {
        comes_back(&document.to_string());
    }
}
