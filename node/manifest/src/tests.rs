//! Promises of manifests: what is refused and how, and that what is written reads back.

use super::*;
use hanse_proto::v1::{self, Resource, resource::Spec};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn no_files(file: &str) -> Result<String, String> {
    Err(format!("there is no file `{file}`"))
}

fn accepted(text: &str) -> Vec<Resource> {
    let parsed = parse("t.yaml", text, &no_files);
    assert_eq!(parsed.findings, [], "{text}");
    parsed.resources.into_iter().map(|located| located.resource).collect()
}

/// Findings as `line:column field: message | hint`.
fn refused(text: &str) -> Vec<String> {
    let parsed = parse("t.yaml", text, &no_files);
    parsed.findings.iter().map(short).collect()
}

fn short(finding: &Finding) -> String {
    let text = finding.to_string();
    let text = text.strip_prefix("t.yaml:").unwrap_or(&text);
    if finding.hint.is_empty() { text.to_owned() } else { format!("{text} | {}", finding.hint) }
}

const ORDERS: &str = "name: workspaces/demo/apis/orders\napi:\n  path: orders\n  displayName: Orders\n";

#[test]
fn documents_lists_and_lists_of_resources_are_read() {
    let demo = "{name: workspaces/demo, workspace: {displayName: Demo}}";
    let two = format!("{ORDERS}---\n{demo}\n");
    let resources = accepted(&two);
    assert_eq!(resources[0].name, "workspaces/demo/apis/orders");
    let Some(Spec::Api(api)) = &resources[0].spec else { panic!("an api") };
    assert_eq!((api.path.as_str(), api.display_name.as_str()), ("orders", "Orders"));
    assert_eq!(resources[1].name, "workspaces/demo");
    for text in [
        format!("- {demo}"),
        format!("[{demo}]"),
        format!("resources:\n- {demo}\n"),
        format!("{{resources: [{demo}], revision: 7, nextPageToken: ''}}"),
        format!("---\n{demo}\n---\n"),
    ] {
        assert_eq!(accepted(&text), [resources[1].clone()], "{text}");
    }
    assert_eq!(accepted(""), []);
    assert_eq!(accepted("resources:"), []);
    let json = r#"{"name": "workspaces/demo", "workspace": {"displayName": "Demo"}}"#;
    assert_eq!(accepted(json), [resources[1].clone()]);
}

#[test]
fn what_is_wrong_is_told_exactly() {
    for (text, expected) in [
        (
            "name: workspaces/demo/apis/orders\napi:\n  displayNam: Orders\n",
            "3:3 api.displayNam: unknown field `displayNam` in api | did you mean `displayName`?",
        ),
        (
            "name: workspaces/demo\nworkspace: {colour: red}",
            "2:13 workspace.colour: unknown field `colour` in workspace | the fields are displayName, description",
        ),
        (
            "name: apis/a\napi: {colour: red}",
            "2:7 api.colour: unknown field `colour` in api | `hanse explain api` lists the fields",
        ),
        (
            "name: apis/a\napi: {protocols: https}",
            "2:18 api.protocols: expected a list of texts, found the text \"https\" | write it as `protocols: [https]`",
        ),
        (
            "name: apis/a\napi: {protocols: 5}",
            "2:18 api.protocols: expected a list of texts, found the number 5 | write it as `protocols: [5]`",
        ),
        (
            "name: apis/a\napi: {protocols: [a, {}]}",
            "2:22 api.protocols[1]: expected a text, found a mapping",
        ),
        ("name: apis/a\napi: {path: [x]}", "2:13 api.path: expected a text, found a list"),
        (
            "name: apis/a\napi: {isOnline: yes}",
            "2:17 api.isOnline: expected true or false, found the text \"yes\" | write `true`",
        ),
        (
            "name: apis/a\napi: {isOnline: 'false'}",
            "2:17 api.isOnline: expected true or false, found the text \"false\" | remove the quotes",
        ),
        (
            "name: apis/a\napi: {contact: me}",
            "2:16 api.contact: expected a mapping with the fields of contact, found the text \"me\"",
        ),
        ("name: apis/a\napi: 5", "2:6 api: expected a mapping with the fields of api, found the number 5"),
        (
            "name: apis/a/operations/b\noperation:\n  responses:\n  - statusCode: 99999999999\n",
            "4:17 operation.responses[0].statusCode: expected a whole number from -2147483648 to 2147483647, found 99999999999",
        ),
        (
            "name: gateways/g\ngateway: {units: -1}",
            "2:18 gateway.units: expected a whole number from 0 to 4294967295, found -1",
        ),
        (
            "name: gateways/g\ngateway: {units: 1.5}",
            "2:18 gateway.units: expected a whole number, found the number 1.5",
        ),
        (
            "name: backends/b\nbackend: {credentials: {header: [x]}}",
            "2:33 backend.credentials.header: expected a mapping to mappings, found a list",
        ),
        (
            "name: backends/b\nbackend: {credentials: {header: {X-Key: {value: [x]}}}}",
            "2:42 backend.credentials.header[\"X-Key\"].value: unknown field `value` in stringList | did you mean `values`?",
        ),
        (
            "name: apis/a\napi: {path: a, path: b}",
            "2:16 api.path: `path` is given twice; the first one is in line 2 | remove one of them",
        ),
        (
            "name: apis/a\napi: {displayName: a, display_name: b}",
            "2:23 api.display_name: `displayName` is given twice; the first one is in line 2 | remove one of them",
        ),
        (
            "name: apis/a\napi: {}\ncreatedAt: today",
            "3:12 createdAt: expected a time as in 2026-01-31T12:00:00Z, found the text \"today\"",
        ),
        ("api: {}", "1:1 name: the name is missing | add one, as in `name: workspaces/demo/apis/orders`"),
        (
            "name: cats/tom\napi: {}",
            "1:7 name: `cats` in `cats/tom` is no collection; `hanse explain --all` lists them, `apis` and `backends` among them",
        ),
        ("name: [a]\napi: {}", "1:7 name: expected a text, found a list"),
        (
            "name: apis/a",
            "1:1 api: the spec is missing: `apis/a` needs a field `api` | add `api:` with its fields",
        ),
        (
            "name: apis/a\napi:",
            "2:1 api: the spec `api` has no content; expected a mapping with its fields | write `api: {}` for one without fields",
        ),
        (
            "name: apis/a\nproduct: {displayName: x}",
            "2:1 product: the spec `product` does not fit the name, whose kind is `api` | write it as `api:`, or correct the name",
        ),
        (
            "name: apis/a\nkind: Api\napi: {}",
            "2:1 kind: unknown field `kind` in resource | `hanse explain resource` lists the fields",
        ),
        ("5", "1:1: expected a resource (a mapping with `name` and its spec), found the number 5"),
        ("resources: 5", "1:12 resources: expected a list of resources, found the number 5"),
        ("resources: []\nmore: 1", "2:1 more: unknown field `more` beside `resources` | remove it"),
    ] {
        assert_eq!(refused(text), [expected], "{text}");
    }
}

#[test]
fn all_findings_come_at_once() {
    let text = "name: workspaces/demo/apis/orders\napi:\n  pathh: 1\n  isOnline: maybe\n  protocols: [a, [b]]\n---\nname: nothing\n---\nname: apis/b\nproduct: {titel: 5}\n---\na: [\n";
    let found = refused(text);
    assert_eq!(found.len(), 6, "{found:#?}");
    let lines: Vec<&str> = found.iter().map(|finding| finding.split(':').next().expect("a line")).collect();
    assert_eq!(lines, ["12", "3", "4", "5", "7", "10"], "{found:#?}");
}

#[test]
fn numbers_and_words_are_taken_as_text_as_they_are_spelled() {
    let resources = accepted(
        "name: apis/a\napi: {apiVersion: 1.10, description: True, displayName: no, isOnline: false}",
    );
    let Some(Spec::Api(api)) = &resources[0].spec else { panic!("an api") };
    assert_eq!(
        (api.api_version.as_str(), api.description.as_str(), api.display_name.as_str()),
        ("1.10", "True", "no")
    );
    assert_eq!(api.is_online, Some(false));
}

#[test]
fn server_set_fields_are_taken() {
    let text = format!(
        "{ORDERS}etag: abc\nrevision: 18446744073709551615\ncreatedAt: 2026-01-31T12:00:00.5Z\ncreatedBy: me\n"
    );
    let resource = &accepted(&text)[0];
    assert_eq!(resource.revision, u64::MAX);
    assert_eq!(
        resource.created_at.as_ref().map(ToString::to_string).as_deref(),
        Some("2026-01-31T12:00:00.500Z")
    );
    assert_eq!(accepted(&to_yaml(resource)), std::slice::from_ref(resource));
    assert_eq!(accepted(&to_json(resource).to_string()), std::slice::from_ref(resource));
}

#[test]
fn policies_come_from_files_beside_the_manifest() {
    let files = |file: &str| match file {
        "a/orders.xml" => Ok("<policies/>".to_owned()),
        _ => Err(format!("there is no file `{file}`")),
    };
    let text = |spec: &str| format!("name: policies/policy\npolicy:\n  {spec}\n");
    let parsed = parse("t.yaml", &text("valueFrom: a/orders.xml\n  format: rawxml"), &files);
    assert_eq!(parsed.findings, []);
    let located = &parsed.resources[0];
    let Some(Spec::Policy(policy)) = &located.resource.spec else { panic!("a policy") };
    assert_eq!((policy.value.as_str(), policy.format.as_str()), ("<policies/>", "rawxml"));
    assert_eq!(located.value_file.as_deref(), Some("a/orders.xml"));
    assert_eq!(located.place_of("value"), (3, 14));
    for (spec, expected) in [
        (
            "valueFrom: b.xml",
            "3:14 policy.valueFrom: there is no file `b.xml` | the path is relative to the manifest",
        ),
        (
            "valueFrom: ../b.xml",
            "3:14 policy.valueFrom: the file `../b.xml` is not within the folder of the manifest | name a file in the folder of the manifest or below it",
        ),
        (
            "valueFrom: /etc/passwd",
            "3:14 policy.valueFrom: the file `/etc/passwd` is not within the folder of the manifest | name a file in the folder of the manifest or below it",
        ),
        ("valueFrom: [a]", "3:14 policy.valueFrom: expected the name of a file, found a list"),
        (
            "value: x\n  valueFrom: a/orders.xml",
            "4:3 policy.valueFrom: `value` and `valueFrom` are both given | remove one of them",
        ),
        (
            "valuefrom: x",
            "3:3 policy.valuefrom: unknown field `valuefrom` in policy | did you mean `valueFrom`?",
        ),
    ] {
        let parsed = parse("t.yaml", &text(spec), &files);
        assert_eq!(parsed.findings.iter().map(short).collect::<Vec<_>>(), [expected], "{spec}");
    }
}

#[test]
fn fields_are_found_again_by_their_path() {
    let text = "name: apis/a/operations/b\noperation:\n  method: GET\n  templateParameters:\n  - name: id\n    type: string\n";
    let located = &parse("t.yaml", text, &no_files).resources[0];
    assert_eq!(located.place_of("method"), (3, 3));
    assert_eq!(located.place_of("templateParameters[0].type"), (6, 5));
    assert_eq!(located.place_of("templateParameters[0].schemaId"), (5, 5));
    assert_eq!(located.place_of("urlTemplate"), (2, 1));
    assert_eq!(located.place_of(""), (1, 1));
}

#[test]
fn the_same_name_in_two_files_is_found() {
    let one = parse("a.yaml", ORDERS, &no_files).resources;
    let two = parse("b.yaml", &ORDERS.replace("orders\napi", "ORDERS\napi"), &no_files).resources;
    let findings = duplicate_names(&[one, two].concat());
    assert_eq!(
        findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["b.yaml:1:1 name: `workspaces/demo/apis/ORDERS` is given twice; the first one is in a.yaml:1"]
    );
}

#[test]
fn any_message_is_read() {
    let text = "node: node-1\ndataDir: /var/lib/hanse\ncluster:\n  id: c\n  members:\n  - {name: node-1, id: 1, node: '10.0.0.1:7500'}\n";
    let (config, findings) = parse_message::<v1::NodeConfig>("hanse.yaml", text).expect("YAML");
    assert_eq!(findings, []);
    assert_eq!(config.nearest_place("cluster.members[0].id"), Some((6, 20)));
    assert_eq!(config.nearest_place("cluster.members[0].admin"), Some((6, 5)), "the nearest above it");
    assert_eq!(config.nearest_place("tls.ca"), None);
    assert_eq!(config.resource.cluster.expect("a cluster").members[0].node, "10.0.0.1:7500");
    let text = "nod: x\nzone: a\ncluster: {members: {}}";
    let (config, findings) = parse_message::<v1::NodeConfig>("t.yaml", text).expect("YAML");
    assert_eq!(config.resource.zone, "a", "what fits is read");
    assert_eq!(
        findings.iter().map(short).collect::<Vec<_>>(),
        [
            "1:1 nod: unknown field `nod` in nodeConfig | did you mean `node`?",
            "3:20 cluster.members: expected a list of mappings, found a mapping",
        ]
    );
    let (config, findings) = parse_message::<v1::NodeConfig>("t.yaml", "").expect("nothing is YAML");
    assert_eq!((config.resource, findings), (v1::NodeConfig::default(), vec![]));
    assert!(parse_message::<v1::NodeConfig>("t.yaml", "a: [").is_err());
}

#[test]
fn yaml_is_written_as_people_write_it() {
    let policy =
        v1::Policy { value: "<policies>\n  <inbound/>\n</policies>\n".into(), format: String::new() };
    let operation = v1::Operation {
        display_name: "no".into(),
        url_template: "/orders/{id}".into(),
        template_parameters: vec![v1::Parameter {
            name: "id".into(),
            r#type: "string".into(),
            ..Default::default()
        }],
        responses: vec![v1::OperationResponse { status_code: 200, ..Default::default() }],
        request: Some(v1::OperationRequest::default()),
        ..Default::default()
    };
    let mut resource = Resource { name: "policies/policy".into(), revision: 7, ..Default::default() };
    resource.spec = Some(Spec::Policy(policy));
    assert_eq!(
        to_yaml(&resource),
        "name: policies/policy\npolicy:\n  value: |\n    <policies>\n      <inbound/>\n    </policies>\nrevision: 7\n"
    );
    resource.name = "apis/a/operations/b".into();
    resource.spec = Some(Spec::Operation(operation));
    assert_eq!(
        to_yaml(&resource),
        "name: apis/a/operations/b\noperation:\n  displayName: \"no\"\n  urlTemplate: /orders/{id}\n  templateParameters:\n  - name: id\n    type: string\n  request: {}\n  responses:\n  - statusCode: 200\nrevision: 7\n"
    );
}

#[test]
fn other_messages_are_written_with_all_their_fields() {
    let status = v1::GatewayStatus { name: "default".into(), ..Default::default() };
    let json = message_to_json(&status);
    assert_eq!(json["unitsRunning"], 0);
    assert_eq!(json["workspaces"], serde_json::json!([]));
    assert!(message_to_yaml(&status).contains("hostnames: []\n"));
}

/// Reads a document below `document`, and gives it back as JSON.
fn free(document: &str) -> serde_json::Value {
    let text = format!("name: schemas/a\nschema:\n  schemaType: json\n  document: {document}\n");
    let resources = accepted(&text);
    let yaml = accepted(&to_yaml(&resources[0]));
    assert_eq!(yaml, resources, "{}", to_yaml(&resources[0]));
    let json = accepted(&to_json(&resources[0]).to_string());
    assert_eq!(json, resources);
    assert_eq!(
        message_to_json(&resources[0])["schema"]["document"],
        to_json(&resources[0])["schema"]["document"]
    );
    to_json(&resources[0])["schema"]["document"].clone()
}

#[test]
fn free_structure_is_kept_as_it_is_and_reads_back() {
    for (written, kept) in [
        ("{}", serde_json::json!({})),
        ("{a: {}, b: [], c: [[]], d: [{}]}", serde_json::json!({"a": {}, "b": [], "c": [[]], "d": [{}]})),
        ("{a: [[1, [2, {b: [3]}]], []]}", serde_json::json!({"a": [[1, [2, {"b": [3]}]], []]})),
        ("{a: null, b: [null, ~], c: }", serde_json::json!({"a": null, "b": [null, null], "c": null})),
        (
            "{a: 1, b: -1.5, c: 1e300, d: 0x1F, e: 1.0}",
            serde_json::json!({"a": 1, "b": -1.5, "c": 1e300, "d": 31, "e": 1}),
        ),
        (
            "{a: true, b: 'true', c: '1', d: .inf, e: .nan}",
            serde_json::json!({"a": true, "b": "true", "c": "1", "d": ".inf", "e": ".nan"}),
        ),
        (
            r##"{"": 1, "null": 2, "1": 3, "a: b": 4, "#": 5, "- x": 6, "true": 7, "line\nbreak": 8, "$ref": "#/a", "~": 9}"##,
            serde_json::json!({"": 1, "null": 2, "1": 3, "a: b": 4, "#": 5, "- x": 6, "true": 7, "line\nbreak": 8, "$ref": "#/a", "~": 9}),
        ),
        (
            "{a: 'two\n\n  lines', b: ['- x', 'a: b', '[', '']}",
            serde_json::json!({"a": "two\nlines", "b": ["- x", "a: b", "[", ""]}),
        ),
    ] {
        assert_eq!(free(written), kept, "{written}");
    }
}

#[test]
fn free_structure_must_be_a_mapping() {
    for (written, found) in [("[1]", "a list"), ("text", "the text")] {
        let told = refused(&format!("name: schemas/a\nschema:\n  schemaType: json\n  document: {written}\n"));
        assert!(told.len() == 1 && told[0].contains(found), "{told:?}");
    }
}

#[test]
fn lists_in_lists_are_written_as_blocks() {
    let list = |items: Vec<Tree>| Tree::List(items);
    let tree = Tree::Map(vec![(
        "a".to_owned(),
        list(vec![list(vec![Tree::text("x"), list(vec![Tree::text("z")])]), list(Vec::new())]),
    )]);
    assert_eq!(tree.to_yaml(), "a:\n- - x\n  - - z\n- []\n");
    assert_eq!(
        tree.to_json_text(),
        "{\n  \"a\": [\n    [\n      \"x\",\n      [\n        \"z\"\n      ]\n    ],\n    []\n  ]\n}\n"
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/{}?=:#&*!|>'\"%@`, \\-\n\t]{0,30}",
        "(<[a-z]{1,5}/>\n| x\n|\n|  \n|\ty\n){0,6}",
        "\\PC{0,12}",
        Just("yes".to_owned()),
        Just("0x1F".to_owned()),
        Just("~".to_owned()),
        Just("\u{7}\u{85}\u{feff}\u{2028}".to_owned()),
        proptest::collection::vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn free_value(depth: u32) -> BoxedStrategy<prost_types::Value> {
    use prost_types::value::Kind;
    let leaf = prop_oneof![
        Just(Kind::NullValue(0)),
        any::<bool>().prop_map(Kind::BoolValue),
        any::<i32>().prop_map(|number| Kind::NumberValue(number.into())),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Kind::NumberValue),
        text().prop_map(Kind::StringValue),
    ];
    let value = |kind| prost_types::Value { kind: Some(kind) };
    if depth == 0 {
        return leaf.prop_map(value).boxed();
    }
    let inner = free_value(depth - 1);
    let list = proptest::collection::vec(inner.clone(), 0..3)
        .prop_map(|values| Kind::ListValue(prost_types::ListValue { values }));
    let structure = proptest::collection::btree_map(text(), inner, 0..3)
        .prop_map(|fields| Kind::StructValue(prost_types::Struct { fields }));
    prop_oneof![leaf, list, structure].prop_map(value).boxed()
}

fn parameters() -> impl Strategy<Value = Vec<v1::Parameter>> {
    let examples = proptest::collection::btree_map(text(), text(), 0..3);
    let one = (text(), text(), any::<bool>(), proptest::collection::vec(text(), 0..3), examples);
    let one = one.prop_map(|(name, r#type, required, values, examples)| v1::Parameter {
        name,
        r#type,
        required,
        values,
        examples: examples
            .into_iter()
            .map(|(key, value)| (key, v1::Example { value, ..Default::default() }))
            .collect(),
        ..Default::default()
    });
    proptest::collection::vec(one, 0..3)
}

fn specs() -> impl Strategy<Value = (&'static str, Spec)> {
    let api = (text(), proptest::option::of(any::<bool>()), proptest::collection::vec(text(), 0..3))
        .prop_map(|(path, is_online, protocols)| {
            ("apis/a", Spec::Api(v1::Api { path, is_online, protocols, ..Default::default() }))
        });
    let operation =
        (text(), parameters(), any::<i32>()).prop_map(|(method, template_parameters, status_code)| {
            let responses = vec![v1::OperationResponse { status_code, ..Default::default() }];
            (
                "apis/a/operations/b",
                Spec::Operation(v1::Operation {
                    method,
                    template_parameters,
                    responses,
                    ..Default::default()
                }),
            )
        });
    let policy = (text(), text())
        .prop_map(|(value, format)| ("policies/policy", Spec::Policy(v1::Policy { value, format })));
    let backend =
        (proptest::collection::btree_map(text(), proptest::collection::vec(text(), 0..3), 0..3), text())
            .prop_map(|(header, url)| {
                let header: BTreeMap<String, v1::StringList> =
                    header.into_iter().map(|(key, values)| (key, v1::StringList { values })).collect();
                let credentials = Some(v1::BackendCredentials { header, ..Default::default() });
                ("backends/b", Spec::Backend(v1::Backend { url, credentials, ..Default::default() }))
            });
    prop_oneof![api, operation, policy, backend]
}

proptest! {
    #[test]
    fn what_is_written_reads_back((name, spec) in specs(), etag in text(), revision in any::<u64>(), ms in -1_000_000_000_000_i64..4_000_000_000_000) {
        let resource = Resource {
            name: name.to_owned(),
            etag,
            revision,
            created_at: Some(hanse_proto::timestamp_from_ms(ms)),
            spec: Some(spec),
            ..Default::default()
        };
        let yaml = to_yaml(&resource);
        let parsed = parse("t.yaml", &yaml, &no_files);
        prop_assert_eq!(&parsed.findings, &[], "{}", yaml);
        prop_assert_eq!(&parsed.resources[0].resource, &resource, "{}", yaml);
        let json = to_json(&resource).to_string();
        let parsed = parse("t.json", &json, &no_files);
        prop_assert_eq!(&parsed.findings, &[], "{}", json);
        prop_assert_eq!(&parsed.resources[0].resource, &resource, "{}", json);
    }

    #[test]
    fn any_free_structure_reads_back(value in free_value(3)) {
        let document = prost_types::Struct { fields: [("a".to_owned(), value)].into() };
        let schema = v1::Schema { schema_type: "json".into(), document: Some(document), ..Default::default() };
        let resource = Resource { name: "schemas/a".into(), spec: Some(Spec::Schema(schema)), ..Default::default() };
        for text in [to_yaml(&resource), to_json(&resource).to_string()] {
            prop_assert_eq!(accepted(&text), [resource.clone()], "{}", text);
        }
    }

    #[test]
    fn no_text_makes_a_manifest_panic(text in "(name: |apis/a|policies/policy|api:|policy:|valueFrom|[ \n\\[\\]{},:\"a&*-]){0,30}") {
        let _ = parse("t.yaml", &text, &no_files);
        let _ = parse_message::<v1::NodeConfig>("t.yaml", &text);
    }
}

#[test]
fn keys_of_any_length_read_back() {
    for length in [499, 500, 501, 1_023, 1_024, 5_000] {
        let header = BTreeMap::from([("k".repeat(length), v1::StringList { values: vec!["v".into()] })]);
        let credentials = Some(v1::BackendCredentials { header, ..Default::default() });
        let spec = Some(Spec::Backend(v1::Backend { credentials, ..Default::default() }));
        let resource = Resource { name: "backends/b".into(), spec, ..Default::default() };
        assert_eq!(accepted(&to_yaml(&resource)), [resource], "{length}");
    }
}
