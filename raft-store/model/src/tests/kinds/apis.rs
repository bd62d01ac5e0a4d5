//! APIs and what stands below them.

use super::*;

#[test]
fn apis() {
    let check = |edit: &dyn Fn(&mut v1::Api), fields: &[&str]| {
        let mut spec = api_spec("new");
        edit(&mut spec);
        check(put("apis/new", Spec::Api(spec)), fields);
    };
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(ToString::to_string).collect() };
    check(&|api| api.path = String::new(), &[]);
    check(&|api| api.path = "a/b.c/v1~x".into(), &[]);
    check(&|api| api.path = "p".repeat(400), &[]);
    check(&|api| api.path = "p".repeat(401), &["path"]);
    for bad in ["a b", "a?b", "a#b", "a*", "{a}", "a//b", "a;rev=2"] {
        check(&|api| api.path = bad.into(), &["path"]);
    }
    check(&|api| api.path = "Taken".into(), &["path"]);
    check(&|api| api.display_name = text(300), &[]);
    check(&|api| api.display_name = text(301), &["displayName"]);
    check(&|api| api.display_name = String::new(), &["displayName"]);
    check(&|api| api.service_url = format!("http://h/{}", "u".repeat(1_991)), &[]);
    check(&|api| api.service_url = format!("http://h/{}", "u".repeat(1_992)), &["serviceUrl"]);
    check(&|api| api.service_url = "backend.test".into(), &["serviceUrl"]);
    check(&|api| api.protocols = words(&["http", "https", "ws", "wss"]), &[]);
    check(&|api| api.protocols = words(&["HTTP"]), &["protocols"]);
    check(&|api| api.protocols = words(&["http", "http"]), &["protocols"]);
    check(&|api| api.r#type = "grpc".into(), &[]);
    check(&|api| api.r#type = "smtp".into(), &["type"]);
    let names = |header: &str, query: &str| {
        Some(v1::SubscriptionKeyParameterNames { header: header.into(), query: query.into() })
    };
    check(&|api| api.subscription_key_parameter_names = names("X-Key", "key"), &[]);
    check(
        &|api| api.subscription_key_parameter_names = names("X Key", "k=v"),
        &["subscriptionKeyParameterNames.header", "subscriptionKeyParameterNames.query"],
    );
    check(&|api| api.api_version = "v".repeat(100), &["apiVersionSetId"]);
    check(&|api| api.api_version = "v".repeat(101), &["apiVersion", "apiVersionSetId"]);
    check(&|api| api.api_version = "v/1".into(), &["apiVersion", "apiVersionSetId"]);
    check(&|api| api.api_version_description = text(256), &[]);
    check(&|api| api.api_version_description = text(257), &["apiVersionDescription"]);
    check(&|api| api.api_revision = text(100), &[]);
    check(&|api| api.api_revision = text(101), &["apiRevision"]);
    check(&|api| api.api_revision_description = text(256), &[]);
    check(&|api| api.api_revision_description = text(257), &["apiRevisionDescription"]);
    let openid = |method: &str| v1::OpenIdAuthenticationSettings {
        bearer_token_sending_methods: words(&[method]),
        ..Default::default()
    };
    let settings = |method: &str| {
        Some(v1::AuthenticationSettings { openid: Some(openid(method)), ..Default::default() })
    };
    check(&|api| api.authentication_settings = settings("query"), &[]);
    check(
        &|api| api.authentication_settings = settings("body"),
        &["authenticationSettings.openid.bearerTokenSendingMethods"],
    );
    let mcp = |transport: &str, name: String, uri: &str| {
        let endpoints = vec![v1::McpEndpoint { name, uri_template: uri.into() }];
        Some(v1::McpProperties { transport_type: transport.into(), endpoints })
    };
    check(&|api| api.mcp_properties = mcp("sse", text(300), "/x"), &[]);
    check(
        &|api| api.mcp_properties = mcp("tcp", text(301), "x"),
        &[
            "mcpProperties.transportType",
            "mcpProperties.endpoints[0].name",
            "mcpProperties.endpoints[0].uriTemplate",
        ],
    );
}

#[test]
fn revisions_of_apis_agree_with_their_ids() {
    let revision = |number: &str| {
        put("apis/a;rev=2", Spec::Api(v1::Api { api_revision: number.into(), ..api_spec("taken") }))
    };
    check(revision(""), &[]);
    check(revision("2"), &[]);
    check(revision("3"), &["apiRevision"]);
}

#[test]
fn operations() {
    let check = |edit: &dyn Fn(&mut v1::Operation), fields: &[&str]| {
        let mut spec = v1::Operation {
            display_name: "O".into(),
            method: "GET".into(),
            url_template: "/".into(),
            ..Default::default()
        };
        edit(&mut spec);
        check(put("apis/a/operations/new", Spec::Operation(spec)), fields);
    };
    let parameter = |name: &str, kind: &str| v1::Parameter {
        name: name.into(),
        r#type: kind.into(),
        ..Default::default()
    };
    let template = |operation: &mut v1::Operation, template: &str, names: &[&str]| {
        operation.url_template = template.into();
        operation.template_parameters = names.iter().map(|name| parameter(name, "string")).collect();
    };
    check(&|operation| operation.display_name = text(300), &[]);
    check(&|operation| operation.display_name = text(301), &["displayName"]);
    check(&|operation| operation.method = "M-SEARCH".into(), &[]);
    check(&|operation| operation.method = String::new(), &["method"]);
    check(&|operation| operation.method = "G T".into(), &["method"]);
    check(&|operation| operation.url_template = format!("/{}", text(999)), &[]);
    check(&|operation| operation.url_template = format!("/{}", text(1_000)), &["urlTemplate"]);
    check(&|operation| operation.url_template = String::new(), &["urlTemplate"]);
    check(&|operation| operation.url_template = "orders".into(), &["urlTemplate"]);
    check(&|operation| template(operation, "/a/{b}?c={d}", &["b", "d"]), &[]);
    check(&|operation| template(operation, "/a/{*rest}", &["rest"]), &[]);
    check(&|operation| template(operation, "/a/{*rest}", &["*rest"]), &[]);
    check(&|operation| template(operation, "/a/{b}", &[]), &["templateParameters"]);
    check(&|operation| template(operation, "/a", &["b"]), &["templateParameters"]);
    check(&|operation| template(operation, "/{b}/{b}", &["b"]), &["urlTemplate"]);
    check(&|operation| template(operation, "/{b", &[]), &["urlTemplate"]);
    check(
        &|operation| operation.template_parameters = vec![parameter("", "")],
        &["templateParameters", "templateParameters[0].name", "templateParameters[0].type"],
    );
    check(&|operation| operation.description = text(1_000), &[]);
    check(&|operation| operation.description = text(1_001), &["description"]);
    let representation =
        |content_type: &str| v1::Representation { content_type: content_type.into(), ..Default::default() };
    let request = |name: &str, content_type: &str| {
        Some(v1::OperationRequest {
            query_parameters: vec![parameter(name, "string")],
            headers: vec![parameter(name, "string")],
            representations: vec![representation(content_type)],
            ..Default::default()
        })
    };
    check(&|operation| operation.request = request("a", "application/json"), &[]);
    check(
        &|operation| operation.request = request("", ""),
        &[
            "request.queryParameters[0].name",
            "request.headers[0].name",
            "request.representations[0].contentType",
        ],
    );
    let response = |status_code| vec![v1::OperationResponse { status_code, ..Default::default() }];
    check(&|operation| operation.responses = response(100), &[]);
    check(&|operation| operation.responses = response(599), &[]);
    check(&|operation| operation.responses = response(99), &["responses[0].statusCode"]);
    check(&|operation| operation.responses = response(600), &["responses[0].statusCode"]);
}

#[test]
fn operations_of_an_api_differ_in_more_than_the_names_of_their_parameters() {
    let mut world = World::new();
    world.ok(vec![api("apis/a", "a"), api("apis/b", "b"), operation("apis/a/operations/x", "GET", "/{id}")]);
    world.refused_once(
        vec![operation("apis/a/operations/y", "GET", "/{number}")],
        code::CONFLICT,
        "already the operation `apis/a/operations/x`",
    );
    world.ok(vec![
        operation("apis/a/operations/y", "POST", "/{number}"),
        operation("apis/a/operations/z", "GET", "/{*rest}"),
        operation("apis/b/operations/x", "GET", "/{number}"),
    ]);
    world.refused_once(
        vec![operation("apis/none/operations/x", "GET", "/")],
        code::NOT_FOUND,
        "`apis/none` does not exist",
    );
}

#[test]
fn version_sets() {
    let check = |edit: &dyn Fn(&mut v1::ApiVersionSet), fields: &[&str]| {
        let mut spec = v1::ApiVersionSet {
            display_name: "V".into(),
            versioning_scheme: "Segment".into(),
            ..Default::default()
        };
        edit(&mut spec);
        check(put("apiVersionSets/new", Spec::ApiVersionSet(spec)), fields);
    };
    check(&|set| set.display_name = text(100), &[]);
    check(&|set| set.display_name = text(101), &["displayName"]);
    check(&|set| set.display_name = "Taken".into(), &["displayName"]);
    check(&|set| set.versioning_scheme = "segment".into(), &["versioningScheme"]);
    check(&|set| set.versioning_scheme.clear(), &["versioningScheme"]);
    let query = |name: &str| {
        let name = name.to_owned();
        move |set: &mut v1::ApiVersionSet| {
            set.versioning_scheme = "Query".into();
            set.version_query_name.clone_from(&name);
        }
    };
    check(&query(&"q".repeat(100)), &[]);
    check(&query(&"q".repeat(101)), &["versionQueryName"]);
    check(&query(""), &["versionQueryName"]);
    let header = |name: &str| {
        let name = name.to_owned();
        move |set: &mut v1::ApiVersionSet| {
            set.versioning_scheme = "Header".into();
            set.version_header_name.clone_from(&name);
        }
    };
    check(&header(&"H".repeat(100)), &[]);
    check(&header("X Version"), &["versionHeaderName"]);
    check(&header(""), &["versionHeaderName"]);
}

#[test]
fn a_version_set_with_members_stays() {
    let mut world = populated();
    let member = |set: &str| {
        let spec = v1::Api { api_version_set_id: set.into(), api_version: "v1".into(), ..api_spec("new") };
        put("workspaces/w/apis/new", Spec::Api(spec))
    };
    world.refused_once(vec![member("apiVersionSets/none")], code::NOT_FOUND, "does not exist");
    world.ok(vec![workspace("v"), version_set("workspaces/v/apiVersionSets/set", "Set")]);
    world.refused_once(vec![member("workspaces/v/apiVersionSets/set")], code::INVALID, "is elsewhere");
    world.ok(vec![member("apiVersionSets/taken")]);
    world.refused_once(
        vec![delete("workspaces/w/apiVersionSets/taken")],
        code::CONFLICT,
        "it is used by `workspaces/w/apis/new`",
    );
    world.ok(vec![delete("apiVersionSets/taken"), delete("workspaces/w/apis/new")]);
    world.ok(vec![delete("workspaces/w/apiVersionSets/taken")]);
}

#[test]
fn releases() {
    let check = |api_id: &str, notes: usize, fields: &[&str]| {
        let spec = v1::ApiRelease { api_id: api_id.into(), notes: text(notes) };
        check(put("apis/a/releases/new", Spec::ApiRelease(spec)), fields);
    };
    check("apis/A", 10_000, &[]);
    check("apis/a", 10_001, &["notes"]);
    check("", 0, &["apiId"]);
    check("apis/other", 0, &["apiId", "apiId"]);
    check("apis/a;rev=7", 0, &["apiId"]);
    check("workspaces/w/apis/a", 0, &["apiId"]);
}

#[test]
fn schemas_of_apis() {
    let document = |components: bool, value: usize| v1::ApiSchemaDocument {
        components: components.then(Default::default),
        value: "s".repeat(value),
        ..Default::default()
    };
    let check = |content_type: usize, document: Option<v1::ApiSchemaDocument>, fields: &[&str]| {
        let spec = v1::ApiSchema { content_type: "t".repeat(content_type), document };
        check(put("apis/a/schemas/new", Spec::ApiSchema(spec)), fields);
    };
    check(256, Some(document(true, 0)), &[]);
    check(257, Some(document(false, 1)), &["contentType"]);
    check(0, Some(document(false, 1)), &["contentType"]);
    check(1, None, &["document"]);
    check(1, Some(document(false, 0)), &["document"]);
    check(1, Some(document(true, 1)), &["document"]);
    // The field around the text takes five bytes.
    check(1, Some(document(false, 4 * 1024 * 1024 - 5)), &[]);
    check(1, Some(document(false, 4 * 1024 * 1024 - 4)), &["document"]);
}

#[test]
fn resolvers() {
    let check = |edit: &dyn Fn(&mut v1::Resolver), fields: &[&str]| {
        let mut spec =
            v1::Resolver { display_name: "R".into(), path: "Query/orders".into(), ..Default::default() };
        edit(&mut spec);
        check(put("apis/a/resolvers/new", Spec::Resolver(spec)), fields);
    };
    check(&|resolver| resolver.display_name = text(300), &[]);
    check(&|resolver| resolver.display_name = text(301), &["displayName"]);
    check(&|resolver| resolver.path = format!("Query/{}", text(294)), &[]);
    check(&|resolver| resolver.path = format!("Query/{}", text(295)), &["path"]);
    for bad in ["", "orders", "/orders", "Query/"] {
        check(&|resolver| resolver.path = bad.into(), &["path"]);
    }
    check(&|resolver| resolver.description = text(1_000), &[]);
    check(&|resolver| resolver.description = text(1_001), &["description"]);
}

#[test]
fn tools_of_mcp_servers() {
    let tool = |name: &str, edit: &dyn Fn(&mut v1::McpTool)| {
        let mut spec = v1::McpTool {
            display_name: "T".into(),
            operation_id: "apis/a/operations/o".into(),
            ..Default::default()
        };
        edit(&mut spec);
        put(name, Spec::McpTool(spec))
    };
    let check = |edit: &dyn Fn(&mut v1::McpTool), fields: &[&str]| {
        check(tool("workspaces/w/apis/a/tools/new", edit), fields);
    };
    check(&|tool| tool.display_name = text(300), &[]);
    check(&|tool| tool.display_name = text(301), &["displayName"]);
    check(&|tool| tool.description = text(1_001), &["description"]);
    check(&|tool| tool.operation_id = "apis/a/operations/none".into(), &["operationId"]);
    check(&|tool| tool.operation_id = "workspaces/v/apis/a/operations/o".into(), &["operationId"]);
    // A tool goes with its operation.
    let mut world = populated();
    world.ok(vec![api("workspaces/w/apis/mcp", "mcp")]);
    world.ok(vec![tool("workspaces/w/apis/mcp/tools/t", &|_| {})]);
    world.ok(vec![delete("workspaces/w/apis/a")]);
    assert!(world.get("workspaces/w/apis/mcp/tools/t").is_none());
}
