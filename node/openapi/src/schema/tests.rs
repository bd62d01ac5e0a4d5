//! What becomes of schemas, in small documents.

use super::*;
use crate::{Imported, Options, read};

const BEGIN: &str = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\n";

/// The import, and its warnings without their places.
fn imported(text: &str) -> (Imported, Vec<String>) {
    let (imported, findings) = read("a.yaml", text, &Options::default());
    let told = findings.into_iter().map(|finding| finding.message).collect();
    (imported.unwrap_or_else(|| panic!("refused: {told:?}")), told)
}

/// The schema of a name as JSON, in the order of its keys.
fn json(imported: &Imported, name: &str) -> String {
    let schemas = schemas_in(imported.schemas.as_ref().expect("schemas")).expect("schemas");
    let schema =
        schemas.fields.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", schemas.fields.keys()));
    let text = hanse_manifest::Tree::from(schema).to_json_text();
    serde_json::from_str::<serde_json::Value>(&text).expect("JSON").to_string()
}

#[test]
fn component_schemas_become_one_resource_that_operations_refer_to() {
    let (imported, told) = imported(&format!(
        "{BEGIN}paths:\n  /a:\n    post:\n      parameters: [{{name: s, in: query, schema: {{$ref: '#/components/schemas/State'}}}}]\n      \
         requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Order'}}}}}}}}\n      \
         responses: {{'200': {{description: A}}}}\ncomponents:\n  schemas:\n    State: {{type: string, enum: [open, closed]}}\n    \
         Order: {{type: object, properties: {{state: {{$ref: '#/components/schemas/State'}}, n: {{type: integer, default: 1}}}}}}\n"
    ));
    assert_eq!(told, Vec::<String>::new());
    let schemas = imported.schemas.as_ref().expect("schemas");
    assert_eq!(schemas.content_type, COMPONENTS);
    assert_eq!(
        json(&imported, "Order"),
        r##"{"properties":{"n":{"default":1,"type":"integer"},"state":{"$ref":"#/components/schemas/State"}},"type":"object"}"##
    );
    let request = imported.operations[0].operation.request.as_ref().expect("a request");
    let (parameter, body) = (&request.query_parameters[0], &request.representations[0]);
    assert_eq!((parameter.schema_id.as_str(), parameter.type_name.as_str()), (SCHEMA_ID, "State"));
    assert_eq!((body.schema_id.as_str(), body.type_name.as_str()), (SCHEMA_ID, "Order"));
}

#[test]
fn inline_schemas_of_bodies_get_names_of_their_own() {
    let (imported, _) = imported(&format!(
        "{BEGIN}paths:\n  /a:\n    post:\n      operationId: make a\n      requestBody: {{content: {{text/plain: {{schema: {{type: string}}}}, \
         application/json: {{schema: {{type: object}}}}}}}}\n      responses:\n        '200': {{description: A, content: {{application/json: {{schema: {{type: integer}}}}}}}}\n        \
         '404': {{$ref: '#/components/responses/Gone'}}\n  /b:\n    get:\n      responses:\n        '404': {{$ref: '#/components/responses/Gone'}}\n        \
         '500': {{description: B, content: {{application/json: {{schema: {{}}}}}}}}\n\
         components:\n  responses:\n    Gone: {{description: G, content: {{application/json: {{schema: {{type: boolean}}}}}}}}\n  schemas:\n    make-a-200: {{type: number}}\n"
    ));
    let named = |operation: usize, response: usize| {
        imported.operations[operation].operation.responses[response].representations[0].type_name.clone()
    };
    let request = imported.operations[0].operation.request.as_ref().expect("a request");
    let names: Vec<&str> = request.representations.iter().map(|one| one.type_name.as_str()).collect();
    assert_eq!(names, ["make-a-request", "make-a-request-1"]);
    assert_eq!(
        (named(0, 0).as_str(), named(0, 1).as_str(), named(1, 0).as_str()),
        ("make-a-200-1", "Gone", "Gone")
    );
    assert_eq!(json(&imported, "make-a-200-1"), r#"{"type":"integer"}"#);
    // A schema that says nothing is none.
    assert_eq!(named(1, 1), "");
}

#[test]
fn references_to_anything_else_are_written_out_and_missing_ones_are_not_kept() {
    let (imported, told) = imported(&format!(
        "{BEGIN}paths:\n  /a:\n    get:\n      responses:\n        '200': {{description: A, content: {{application/json: {{schema: {{$ref: 'other.yaml#/B'}}}}}}}}\n\
         components:\n  parameters: {{P: {{name: p, in: query, schema: {{type: string, maxLength: 3}}}}}}\n  schemas:\n    \
         A: {{properties: {{p: {{$ref: '#/components/parameters/P/schema'}}, gone: {{$ref: '#/components/schemas/Gone'}}, \
         deep: {{$ref: '#/components/schemas/A/properties/p'}}}}, example: {{$ref: kept}}}}\n"
    ));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        json(&imported, "A"),
        r##"{"example":{"$ref":"kept"},"properties":{"deep":{"$ref":"#/components/schemas/A/properties/p"},"gone":{},"p":{"maxLength":3,"type":"string"}}}"##
    );
    let representation = &imported.operations[0].operation.responses[0].representations[0];
    assert_eq!((representation.schema_id.as_str(), representation.type_name.as_str()), ("", ""));
}

#[test]
fn schemas_of_3_1_are_kept_in_words_of_3_0() {
    let (imported, _) = imported(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n    A:\n      type: [string, 'null']\n      \
         examples: [x, y]\n    B: {exclusiveMinimum: 3, type: integer}\n    D: {type: array, properties: {a: true, b: false}}\n    C: {properties: {const: {const: 5}, type: {type: [integer]}, examples: {type: array}}}\n",
    );
    assert_eq!(json(&imported, "A"), r#"{"example":"x","nullable":true,"type":"string"}"#);
    assert_eq!(json(&imported, "B"), r#"{"exclusiveMinimum":true,"minimum":3,"type":"integer"}"#);
    assert_eq!(json(&imported, "D"), r#"{"items":{},"properties":{"a":{},"b":{"not":{}}},"type":"array"}"#);
    assert_eq!(
        json(&imported, "C"),
        r#"{"properties":{"const":{"enum":[5]},"examples":{"items":{},"type":"array"},"type":{"type":"integer"}}}"#
    );
}

#[test]
fn definitions_of_openapi_2_are_kept_as_such() {
    let (imported, _) = imported(
        "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    post:\n      parameters: [{name: b, in: body, schema: {$ref: '#/definitions/A'}}]\n      \
         responses: {'200': {description: A, schema: {type: array, items: {$ref: '#/definitions/A'}}}}\ndefinitions: {A: {type: object}}\n",
    );
    assert_eq!(imported.schemas.as_ref().expect("schemas").content_type, DEFINITIONS);
    assert_eq!(json(&imported, "post-a-200"), r##"{"items":{"$ref":"#/definitions/A"},"type":"array"}"##);
}

#[test]
fn schemas_are_kept_to_a_depth_that_every_node_can_read() {
    // `components`, `schemas` and the schema itself are the first three levels.
    let nested = |levels: usize| {
        let mut schema = "{type: string}".to_owned();
        for _ in 1..levels {
            schema = format!("{{items: {schema}}}");
        }
        imported(&format!("{BEGIN}paths: {{}}\ncomponents: {{schemas: {{A: {schema}}}}}\n"))
    };
    let (at_the_bound, told) = nested(STRUCTURE_DEPTH_MAX - 2);
    assert_eq!(told, Vec::<String>::new());
    assert!(json(&at_the_bound, "A").contains("string"));
    let (past_it, told) = nested(STRUCTURE_DEPTH_MAX - 1);
    assert!(told.len() == 1 && told[0].contains("levels deep"), "{told:?}");
    assert!(!json(&past_it, "A").contains("string"));
}

#[test]
fn what_goes_round_in_circles_ends() {
    let (circle, _) = imported(&format!(
        "{BEGIN}paths: {{}}\ncomponents:\n  schemas:\n    A: {{properties: {{a: {{$ref: '#/components/schemas/A'}}}}}}\n    \
         B: {{$ref: '#/components/x-y/B'}}\n  x-y:\n    B: {{properties: {{b: {{$ref: '#/components/x-y/B'}}}}}}\n"
    ));
    assert_eq!(json(&circle, "A"), r##"{"properties":{"a":{"$ref":"#/components/schemas/A"}}}"##);
    assert!(json(&circle, "B").len() < 1_000);
    // Every level refers twice to the next one: what would be made of it has no bound but ours.
    let mut text = format!(
        "{BEGIN}paths: {{}}\ncomponents:\n  schemas: {{A: {{$ref: '#/components/x-y/L0'}}}}\n  x-y:\n"
    );
    for level in 0..40 {
        let next = format!("{{$ref: '#/components/x-y/L{}'}}", level + 1);
        text.push_str(&format!("    L{level}: {{a: {next}, b: {next}, c: {next}, d: {next}}}\n"));
    }
    let (imported, findings) = read("a.yaml", &text, &Options::default());
    assert_eq!(imported, None);
    assert!(
        findings.iter().any(|finding| finding.message.contains("references repeat more than")),
        "{findings:?}"
    );
}

#[test]
fn what_is_not_kept_is_told_once_of_each_kind() {
    let operation = "security: [{k: []}], tags: [t], callbacks: {c: {'{$request.body#/u}': {}}}, responses: {'200': {description: A, links: {l: {operationId: a}}}}";
    let (_, told) = imported(&format!(
        "{BEGIN}paths:\n  /a: {{get: {{operationId: a, {operation}}}}}\n  /b: {{get: {{{operation}}}}}\n\
         components: {{securitySchemes: {{k: {{type: apiKey, name: k, in: header}}}}}}\n"
    ));
    for part in
        ["security schemes", "callbacks and webhooks", "links between operations", "tags are not imported"]
    {
        assert_eq!(told.iter().filter(|message| message.contains(part)).count(), 1, "{part}: {told:#?}");
    }
}
