//! Whole folders, small and made up: what they become, and what is reported.

use crate::{Import, Options, Overrides, read};
use hanse_proto::v1;
use hanse_proto::v1::resource::Spec;
use std::collections::BTreeMap;

const ARM: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/svc";
const OPENAPI: &str = "openapi: 3.0.1\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get: {operationId: getA, responses: {'200': {description: ok}}}\n";
const PLAIN: &str = "<policies><inbound><base/></inbound></policies>";

fn folder(files: &[(&str, &str)]) -> BTreeMap<String, Result<String, String>> {
    files.iter().map(|(path, text)| ((*path).to_owned(), Ok((*text).to_owned()))).collect()
}

fn import(files: &[(&str, &str)]) -> Import {
    read(&folder(files), &Options::default())
}

fn names(import: &Import) -> Vec<&str> {
    let mut names: Vec<&str> = import.resources.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names
}

fn spec<'a>(import: &'a Import, name: &str) -> &'a Spec {
    let found = import.resources.iter().find(|it| it.name == name);
    found.and_then(|it| it.spec.as_ref()).unwrap_or_else(|| panic!("{name} is not in {:?}", names(import)))
}

fn reason<'a>(import: &'a Import, path: &str) -> &'a str {
    import.untaken().find(|(file, _)| *file == path).map_or("", |(_, reason)| reason)
}

#[test]
fn every_file_is_taken_or_untaken_with_its_reason() {
    let import = import(&[
        (
            "apis/a/apiInformation.json",
            r#"{"properties": {"path": "a", "displayName": "A", "isFancy": true}}"#,
        ),
        ("apis/a/specification.yaml", OPENAPI),
        ("apis/a/specification.json", "{}"),
        ("apis/a/operations/getA/policy.xml", PLAIN),
        ("apis/a/operations/getB/policy.xml", PLAIN),
        ("apis/b/policy.xml", PLAIN),
        ("products/p/productInformation.json", "{"),
        ("policy.xml", "<policies><inbound><no-such/></inbound></policies>"),
        ("notes.txt", "x"),
    ]);
    assert_eq!(
        names(&import),
        ["apis/a", "apis/a/operations/geta", "apis/a/operations/geta/policies/policy"]
    );
    assert_eq!(import.files.len(), import.taken() + import.untaken().count());
    assert_eq!((import.files.len(), import.taken()), (9, 3));
    for (path, part) in [
        ("apis/a/operations/getB/policy.xml", "did you mean `geta`?"),
        ("apis/a/specification.json", "openapi"),
        ("apis/b/policy.xml", "no apiInformation.json"),
        ("products/p/productInformation.json", "line 1"),
        ("policy.xml", "no-such"),
        ("notes.txt", "no file of an APIOps folder"),
    ] {
        assert!(reason(&import, path).contains(part), "{path}: {}", reason(&import, path));
    }
    assert!(import.notes.iter().any(|note| note.message.contains("isFancy")), "an unknown field is no error");
}

#[test]
fn ids_of_arm_and_of_the_service_are_names() {
    let import = import(&[
        ("loggers/my logger/loggerInformation.json", r#"{"properties": {"loggerType": "azureMonitor"}}"#),
        (
            "diagnostics/local/diagnosticInformation.json",
            &format!(r#"{{"properties": {{"loggerId": "{ARM}/loggers/my%20logger"}}}}"#),
        ),
        (
            "workspaces/w/diagnostics/local/diagnosticInformation.json",
            r#"{"properties": {"loggerId": "/loggers/l"}}"#,
        ),
        ("workspaces/w/policy.xml", PLAIN),
        ("workspaces/w/products/p/productInformation.json", r#"{"properties": {"displayName": "P"}}"#),
        (
            "workspaces/w/products/p/apis/a/productApiInformation.json",
            &format!(r#"{{"name": "link-1", "properties": {{"apiId": "{ARM}/workspaces/w/apis/a"}}}}"#),
        ),
        ("workspaces/w/products/p/groups/Developers/productGroupInformation.json", "{}"),
        (
            "workspaces/w/subscriptions/s/subscriptionInformation.json",
            &format!(
                r#"{{"properties": {{"scope": "{ARM}/workspaces/w/products/p", "ownerId": "/users/1"}}}}"#
            ),
        ),
    ]);
    assert_eq!(import.untaken().count(), 0, "{:?}", import.files);
    assert!(
        matches!(spec(&import, "diagnostics/local"), Spec::Diagnostic(it) if it.logger_id == "loggers/my logger")
    );
    let of_workspace = spec(&import, "workspaces/w/diagnostics/local");
    assert!(matches!(of_workspace, Spec::Diagnostic(it) if it.logger_id == "workspaces/w/loggers/l"));
    let link = spec(&import, "workspaces/w/products/p/apiLinks/link-1");
    assert!(matches!(link, Spec::ProductApiLink(it) if it.api_id == "workspaces/w/apis/a"));
    let link = spec(&import, "workspaces/w/products/p/groupLinks/Developers");
    assert!(matches!(link, Spec::ProductGroupLink(it) if it.group_id == "groups/developers"));
    let subscription = spec(&import, "workspaces/w/subscriptions/s");
    assert!(
        matches!(subscription, Spec::Subscription(it) if it.scope == "products/p" && it.owner_id.is_empty())
    );
    spec(&import, "workspaces/w/policies/policy");
    assert_eq!(import.workspaces.len(), 1);
}

#[test]
fn older_layouts_give_the_same_names() {
    let import = import(&[
        (
            "apis/My API/Original/1/apiInformation.json",
            r#"{"name": "my-api", "properties": {"path": "m", "displayName": "M"}}"#,
        ),
        ("apis/My API/Original/1/specification.yaml", OPENAPI),
        (
            "apis/My API/Original/2/apiInformation.json",
            r#"{"name": "my-api;rev=2", "properties": {"path": "other", "displayName": "X"}}"#,
        ),
        (
            "apis/My API/apiVersionSet.json",
            r#"{"name": "set", "properties": {"displayName": "S", "versioningScheme": "Segment"}}"#,
        ),
        (
            "products/Starter/productInformation.json",
            r#"{"name": "starter", "properties": {"displayName": "S"}}"#,
        ),
        ("products/Starter/apis.json", r#"[{"name": "my-api"}]"#),
        ("products/Starter/groups.json", r#"[{"name": "guests"}]"#),
        ("apis/My API/Original/1/tags.json", r#"[{"name": "t"}]"#),
        ("tags/t/tagInformation.json", r#"{"properties": {"displayName": "T"}}"#),
    ]);
    assert_eq!(import.untaken().count(), 0, "{:?}", import.files);
    assert_eq!(
        names(&import),
        [
            "apiVersionSets/set",
            "apis/my-api",
            "apis/my-api/operations/geta",
            "apis/my-api;rev=2",
            "products/starter",
            "products/starter/apiLinks/my-api",
            "products/starter/groupLinks/guests",
            "tags/t",
            "tags/t/apiLinks/my-api",
        ]
    );
    let revision = spec(&import, "apis/my-api;rev=2");
    assert!(
        matches!(revision, Spec::Api(it) if it.path == "m" && it.display_name == "M" && it.api_revision == "2")
    );
}

#[test]
fn what_the_service_has_goes_into_a_workspace() {
    let files = folder(&[
        ("policy.xml", PLAIN),
        ("tags/t/tagInformation.json", r#"{"properties": {"displayName": "T"}}"#),
        ("tags/t/apis/a/tagApiInformation.json", "{}"),
        ("gateways/g/gatewayInformation.json", "{}"),
        ("workspaces/w/tags/u/tagInformation.json", r#"{"properties": {"displayName": "U"}}"#),
        ("workspaces/other/tags/u/tagInformation.json", "{}"),
    ]);
    let import = read(&files, &Options { workspace: Some("w"), overrides: None });
    assert_eq!(
        names(&import),
        [
            "workspaces/w/policies/policy",
            "workspaces/w/tags/t",
            "workspaces/w/tags/t/apiLinks/a",
            "workspaces/w/tags/u"
        ]
    );
    assert!(reason(&import, "workspaces/other/tags/u/tagInformation.json").contains("without -w"));
    assert!(reason(&import, "gateways/g/gatewayInformation.json").contains("self-hosted"));
}

#[test]
fn a_secret_without_its_value_is_untaken_unless_an_override_gives_it() {
    let files = folder(&[(
        "named values/key/namedValueInformation.json",
        r#"{"properties": {"displayName": "key", "secret": true}}"#,
    )]);
    let without = read(&files, &Options::default());
    assert!(without.resources.is_empty() && without.taken() == 0);
    assert!(reason(&without, "named values/key/namedValueInformation.json").contains("--env"));
    let tokens = |name: &str| (name == "KEY").then(|| "s3cret".to_owned());
    let text = "namedValues:\n- name: key\n  properties: {value: {#KEY#}}\n";
    let overrides = Overrides { file: "prod.yaml", text, tokens: &tokens };
    let with = read(&files, &Options { workspace: None, overrides: Some(overrides) });
    assert_eq!(with.findings, []);
    assert!(matches!(spec(&with, "namedValues/key"), Spec::NamedValue(it) if it.value == "s3cret"));
}

#[test]
fn other_languages_of_specifications_become_operations_and_schemas() {
    let api = |kind: &str| {
        format!(r#"{{"properties": {{"path": "{kind}", "displayName": "X", "type": "{kind}"}}}}"#)
    };
    let wsdl = "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:s='http://schemas.xmlsoap.org/wsdl/soap/'>\
        <binding><s:binding/><operation name='Go'><s:operation soapAction='urn:Go'/></operation></binding></definitions>";
    let wadl = "<application><resources><resource path='x'><method name='GET' id='list'/></resource></resources></application>";
    let import = import(&[
        ("apis/g/apiInformation.json", &api("graphql")),
        ("apis/g/specification.graphql", "type Query { a: String }"),
        ("apis/s/apiInformation.json", &api("soap")),
        ("apis/s/specification.wsdl", wsdl),
        ("apis/w/apiInformation.json", &api("http")),
        ("apis/w/specification.wadl", wadl),
        ("apis/w/specification.wsdl", wsdl),
    ]);
    assert_eq!(
        names(&import),
        [
            "apis/g",
            "apis/g/schemas/graphql",
            "apis/s",
            "apis/s/operations/go",
            "apis/s/schemas/wsdl",
            "apis/w",
            "apis/w/operations/list"
        ]
    );
    assert!(reason(&import, "apis/w/specification.wsdl").contains("not of type `soap`"));
}

#[test]
fn releases_never_go_back_and_what_every_service_has_is_not_made() {
    let release = |id: &str| format!(r#"{{"properties": {{"apiId": "{id}", "notes": "n"}}}}"#);
    let import = import(&[
        (
            "apis/a/apiInformation.json",
            r#"{"properties": {"path": "a", "displayName": "A", "apiRevision": "3"}}"#,
        ),
        ("apis/a/releases/now/apiReleaseInformation.json", &release("/apis/a;rev=3")),
        ("apis/a/releases/then/apiReleaseInformation.json", &release("/apis/a;rev=2")),
        ("groups/administrators/groupInformation.json", "{}"),
        (
            "subscriptions/master/subscriptionInformation.json",
            &format!(r#"{{"properties": {{"scope": "{ARM}"}}}}"#),
        ),
        ("policy fragments/f/policyFragmentInformation.json", "{}"),
    ]);
    assert_eq!(names(&import), ["apis/a", "apis/a/releases/now"]);
    assert_eq!(import.untaken().count(), 4);
    assert!(reason(&import, "apis/a/releases/then/apiReleaseInformation.json").contains("go back"));
}

#[test]
fn what_a_server_refuses_is_left_out_with_what_is_below_it() {
    let mut import = import(&[
        ("apis/a/apiInformation.json", r#"{"properties": {"path": "a", "displayName": "A"}}"#),
        ("apis/a/specification.yaml", OPENAPI),
        ("apis/a/policy.xml", PLAIN),
    ]);
    assert!(import.leave_out("apis/A/operations/GETA", "why"));
    assert_eq!(reason(&import, "apis/a/specification.yaml"), "apis/a/operations/geta: why");
    assert!(import.leave_out("apis/a", "taken"));
    assert!(import.resources.is_empty() && import.taken() == 0);
    assert!(reason(&import, "apis/a/policy.xml").contains("which it is below"));
    assert!(!import.leave_out("apis/a", "again"));
}

#[test]
fn two_files_never_make_one_resource() {
    let tag = r#"{"properties": {"displayName": "T"}}"#;
    let import = import(&[("tags/T/tagInformation.json", tag), ("tags/t/tagInformation.json", tag)]);
    assert_eq!(import.resources.len(), 1);
    assert!(
        reason(&import, "tags/t/tagInformation.json")
            .contains("is made of tags/T/tagInformation.json already")
    );
}

#[test]
fn hostile_files_are_reported_and_never_more() {
    let deep = "[".repeat(100_000);
    let wide = format!("<a>{}", "<b>".repeat(1_000));
    let long = format!(r#"{{"name": "{}", "properties": {{}}}}"#, "x".repeat(100_000));
    let cyclic = "openapi: 3.0.1\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    $ref: '#/paths/~1b'\n  /b:\n    $ref: '#/paths/~1a'\n";
    let huge = " ".repeat(hanse_openapi::DOCUMENT_BYTES_MAX + 1);
    let api = r#"{"properties": {"path": "a", "displayName": "A", "type": "soap", "protocols": 5}}"#;
    let mut files = folder(&[
        ("apis/a/apiInformation.json", api),
        ("apis/a/specification.wsdl", &wide),
        ("apis/a/specification.yaml", cyclic),
        ("apis/a/specification.json", &huge),
        ("apis/a/policy.xml", &wide),
        ("tags/a/tagInformation.json", &deep),
        ("tags/b/tagInformation.json", &long),
        ("tags/c*d/tagInformation.json", "{}"),
        ("tags/e/tagInformation.json", "5"),
        ("tags/f/tagInformation.json", r#"{"properties": [1]}"#),
        ("products/p/apis.json", r#"[5, {"name": "a/b"}, {}]"#),
        ("../../etc/passwd", "x"),
    ]);
    files.insert("tags/g/tagInformation.json".to_owned(), Err("it is no UTF-8 text".to_owned()));
    let import = read(&files, &Options::default());
    assert_eq!(import.files.len(), import.taken() + import.untaken().count());
    assert_eq!(names(&import), ["apis/a"], "{:?}", import.files);
    assert!(reason(&import, "apis/a/specification.json").contains("at most"));
}

proptest::proptest! {
    #[test]
    fn any_file_at_any_place_is_survived(
        path in "(apis|products|tags|workspaces/w/apis)/[a-c]{1,2}(/(apis|tags|operations)/[a-c])?/(apiInformation.json|apis.json|tags.json|policy.xml|specification.(yaml|wsdl|wadl|graphql))",
        text in "[\\[\\]{}<>/\"':,a-z0-9 \n&!-]{0,120}",
    ) {
        let info = r#"{"properties": {"path": "a", "displayName": "A", "type": "soap"}}"#;
        let import = import(&[("apis/a/apiInformation.json", info), (&path, &text)]);
        let all: Vec<v1::Resource> = import.resources.clone();
        proptest::prop_assert!(all.iter().all(|it| hanse_proto::Name::parse(&it.name).is_ok()));
        proptest::prop_assert_eq!(import.files.len(), import.taken() + import.untaken().count());
    }
}
