//! One table of cases per kind: accepted at the bound, refused one past it.

use super::*;
use crate::code;

/// Applies one change in a service that has something to refer to, and compares the fields that
/// violations are about (none: accepted).
#[track_caller]
fn check(change: AdmittedChange, fields: &[&str]) {
    let mut world = World::new();
    world.ok(vec![
        api("apis/a", "taken"),
        product("products/p", "Taken"),
        backend("backends/one"),
        backend("backends/two"),
        pool("backends/pool", &["backends/one"]),
        named_value("namedValues/taken", "taken", "1"),
        workspace("w"),
        user("users/ann"),
        api("workspaces/w/apis/a", "other"),
        gateway("g"),
    ]);
    let found: Vec<String> = match world.decide(&world.command(vec![change.clone()])) {
        Decision::Accepted(_) => Vec::new(),
        Decision::Rejected(rejection) => rejection.violations.into_iter().map(|v| v.field).collect(),
    };
    assert_eq!(found, fields, "{change:#?}");
}

fn text(chars: usize) -> String {
    "ä".repeat(chars)
}

#[test]
fn workspaces() {
    let check = |display_name: String, fields| {
        check(
            put("workspaces/new", Spec::Workspace(v1::Workspace { display_name, ..Default::default() })),
            fields,
        );
    };
    check(text(300), &[]);
    check(text(301), &["displayName"]);
    check(String::new(), &["displayName"]);
    check("a\nb".into(), &["displayName"]);
}

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
    check(&|api| api.api_version = "v".repeat(100), &[]);
    check(&|api| api.api_version = "v".repeat(101), &["apiVersion"]);
    check(&|api| api.api_version = "v/1".into(), &["apiVersion"]);
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
fn products() {
    let check = |edit: &dyn Fn(&mut v1::Product), fields: &[&str]| {
        let mut spec = v1::Product { display_name: "P".into(), ..Default::default() };
        edit(&mut spec);
        check(put("products/new", Spec::Product(spec)), fields);
    };
    check(&|product| product.display_name = text(300), &[]);
    check(&|product| product.display_name = text(301), &["displayName"]);
    check(&|product| product.display_name = String::new(), &["displayName"]);
    check(&|product| product.display_name = "Taken".into(), &["displayName"]);
    check(&|product| product.description = text(1_000), &[]);
    check(&|product| product.description = text(1_001), &["description"]);
    check(&|product| product.state = "published".into(), &[]);
    check(&|product| product.state = "Published".into(), &["state"]);
    check(&|product| product.approval_required = Some(true), &[]);
    check(&|product| product.subscriptions_limit = Some(1), &[]);
    check(
        &|product| {
            product.subscription_required = Some(false);
            product.approval_required = Some(true);
            product.subscriptions_limit = Some(1);
        },
        &["approvalRequired", "subscriptionsLimit"],
    );
    check(&|product| product.authentication_type = vec!["application-token".into()], &[]);
    check(&|product| product.authentication_type = vec!["".into(), "key".into()], &["authenticationType"; 2]);
}

#[test]
fn product_links() {
    let link = |api_id: &str| product_link("products/p/apiLinks/new", api_id);
    check(link("apis/a"), &[]);
    check(link("/apis/A"), &[]);
    let arm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/apis/a";
    check(link(arm), &[]);
    check(link(""), &["apiId"]);
    check(link("apis/none"), &["apiId"]);
    check(link("products/p"), &["apiId"]);
    check(link("workspaces/w/apis/a"), &["apiId"]);
    check(link("apis/a;rev=2"), &["apiId", "apiId"]);
    check(link("a"), &["apiId"]);
}

#[test]
fn references_stay_within_their_workspace_and_are_stored_in_full() {
    let mut world = World::new();
    world.ok(vec![
        workspace("a"),
        workspace("b"),
        api("apis/s", "s"),
        api("workspaces/a/apis/x", "x"),
        api("workspaces/b/apis/y", "y"),
        product("workspaces/a/products/p", "P"),
        product_link("workspaces/a/products/p/apiLinks/l", "apis/x"),
    ]);
    let Spec::ProductApiLink(link) = world.spec("workspaces/a/products/p/apiLinks/l") else { panic!() };
    assert_eq!(link.api_id, "workspaces/a/apis/x");
    world.refused_once(
        vec![product_link("workspaces/a/products/p/apiLinks/m", "workspaces/b/apis/y")],
        code::INVALID,
        "only what is in workspaces/a itself",
    );
    world.refused_once(
        vec![product_link("workspaces/a/products/p/apiLinks/m", "apis/s")],
        code::NOT_FOUND,
        "`workspaces/a/apis/s` does not exist",
    );
    world.refused_once(
        vec![product_link("workspaces/a/products/p/apiLinks/m", "workspaces/A/apis/X")],
        code::CONFLICT,
        "by `workspaces/a/products/p/apiLinks/l`",
    );
    for (written, stored) in [
        ("/workspaces/a/products/p", "products/p"),
        ("products/P", "products/P"),
        ("workspaces/A/apis", "apis"),
    ] {
        world.ok(vec![subscription("workspaces/a/subscriptions/s", written, "active")]);
        let Spec::Subscription(subscription) = world.spec("workspaces/a/subscriptions/s") else { panic!() };
        assert_eq!(subscription.scope, stored);
    }
}

#[test]
fn an_api_is_in_one_open_product() {
    let mut world = World::new();
    world.ok(vec![
        api("apis/x", "x"),
        open_product("products/open", "Open"),
        product_link("products/open/apiLinks/l", "apis/x"),
        product("products/p", "P"),
        product_link("products/p/apiLinks/l", "apis/x"),
        open_product("products/other", "Other"),
    ]);
    let link = || product_link("products/other/apiLinks/l", "apis/x");
    world.refused_once(vec![link()], code::CONFLICT, "in the open product `products/open`");
    world.refused_once(
        vec![open_product("products/p", "P")],
        code::CONFLICT,
        "in the open product `products/open`",
    );
    world.ok(vec![product("products/open", "Open"), link()]);
}

#[test]
fn subscriptions() {
    let check = |edit: &dyn Fn(&mut v1::Subscription), fields: &[&str]| {
        let mut spec =
            v1::Subscription { scope: "apis".into(), display_name: "S".into(), ..Default::default() };
        edit(&mut spec);
        let change = with_secret(put("subscriptions/new", Spec::Subscription(spec)), "primaryKey", "1");
        check(with_secret(change, "secondaryKey", "2"), fields);
    };
    check(&|subscription| subscription.scope = "products/p".into(), &[]);
    check(&|subscription| subscription.scope = "/APIs".into(), &[]);
    for bad in
        ["", "products/none", "workspaces/w/apis/a", "workspaces/w/apis", "backends/one", "p", "apis/a;rev=2"]
    {
        check(
            &|subscription| subscription.scope = bad.into(),
            &["scope"; 2][..if bad.contains(';') { 2 } else { 1 }],
        );
    }
    check(&|subscription| subscription.display_name = text(100), &[]);
    check(&|subscription| subscription.display_name = text(101), &["displayName"]);
    check(&|subscription| subscription.display_name = String::new(), &["displayName"]);
    check(&|subscription| subscription.owner_id = "/users/ann".into(), &[]);
    check(&|subscription| subscription.owner_id = "ann".into(), &["ownerId"]);
    check(&|subscription| subscription.primary_key = "plain".into(), &["primaryKey"]);
    check(&|subscription| subscription.state = "Active".into(), &["state"]);
    check(&|subscription| subscription.expiration_date = "2026-01-31T12:00:00Z".into(), &[]);
    check(&|subscription| subscription.expiration_date = "tomorrow".into(), &["expirationDate"]);
}

#[test]
fn subscription_keys_are_required_and_unique_in_the_service() {
    let mut world = World::new();
    world.ok(vec![workspace("w"), subscription("subscriptions/a", "apis", "")]);
    let spec = v1::Subscription { scope: "apis".into(), display_name: "S".into(), ..Default::default() };
    let bare = || put("workspaces/w/subscriptions/b", Spec::Subscription(spec.clone()));
    let violations = world.refused(vec![bare()]);
    assert_eq!(
        violations.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(),
        ["primaryKey", "secondaryKey"]
    );
    let keys =
        |one: &str, two: &str| vec![with_secret(with_secret(bare(), "primaryKey", one), "secondaryKey", two)];
    for (one, two) in [("subscriptions/a-1", "x"), ("x", "subscriptions/a-1"), ("subscriptions/a-2", "x")] {
        world.refused_once(keys(one, two), code::CONFLICT, "in use already");
    }
    world.refused_once(keys("x", "x"), code::INVALID, "both keys are the same");
    let unknown = vec![with_secret(keys("x", "y").remove(0), "thirdKey", "z")];
    world.refused_once(unknown, code::INVALID, "no such secret");
    world.ok(keys("x", "y"));
    world.ok(keys("y", "x"));
}

#[test]
fn subscriptions_take_allowed_steps_alone() {
    let states = ["submitted", "active", "rejected", "suspended", "cancelled", "expired"];
    let allowed: &[(&str, &[&str])] = &[
        ("", &["submitted", "active"]),
        ("submitted", &["active", "rejected", "cancelled"]),
        ("active", &["suspended", "cancelled", "expired"]),
        ("suspended", &["active", "cancelled", "expired"]),
        ("rejected", &["active"]),
        ("cancelled", &["active"]),
        ("expired", &["active"]),
    ];
    let way = |state: &str| -> &[&str] {
        match state {
            "" => &[],
            "submitted" => &["submitted"],
            "active" => &["active"],
            "rejected" => &["submitted", "rejected"],
            "suspended" => &["active", "suspended"],
            "cancelled" => &["active", "cancelled"],
            _ => &["active", "expired"],
        }
    };
    for (from, allowed) in allowed {
        for to in states {
            let mut world = World::new();
            for state in way(from) {
                world.ok(vec![subscription("subscriptions/s", "apis", state)]);
            }
            let step = vec![subscription("subscriptions/s", "apis", to)];
            if allowed.contains(&to) || *from == to {
                world.ok(step);
            } else {
                world.refused_once(step, code::INVALID, "is no step");
            }
        }
        let mut world = World::new();
        for state in way(from) {
            world.ok(vec![subscription("subscriptions/s", "apis", state)]);
        }
        world.ok(vec![subscription("subscriptions/s", "apis", "")]);
        let Spec::Subscription(spec) = world.spec("subscriptions/s") else { panic!() };
        assert_eq!(
            spec.state,
            if from.is_empty() { "submitted" } else { from },
            "an empty state keeps the present one"
        );
    }
}

#[test]
fn named_values() {
    let check = |edit: &dyn Fn(&mut v1::NamedValue), fields: &[&str]| {
        let mut spec = v1::NamedValue { display_name: "v".into(), value: "1".into(), ..Default::default() };
        edit(&mut spec);
        check(put("namedValues/new", Spec::NamedValue(spec)), fields);
    };
    check(&|value| value.display_name = "a".repeat(256), &[]);
    check(&|value| value.display_name = "a".repeat(257), &["displayName"]);
    check(&|value| value.display_name = "A-z.0_9".into(), &[]);
    check(&|value| value.display_name = "a b".into(), &["displayName"]);
    check(&|value| value.display_name = "taken".into(), &["displayName"]);
    check(&|value| value.value = text(4_096), &[]);
    check(&|value| value.value = text(4_097), &["value"]);
    check(&|value| value.value = String::new(), &["value"]);
    check(&|value| value.value = " \n".into(), &["value"]);
    check(&|value| value.tags = vec!["t".into(); 32], &[]);
    check(&|value| value.tags = vec!["t".into(); 33], &["tags"]);
    let vault = |id: &str| Some(v1::KeyVaultReference { secret_identifier: id.into(), ..Default::default() });
    check(
        &|value| {
            value.value.clear();
            value.key_vault = vault("https://vault.test/secrets/s");
        },
        &[],
    );
    check(&|value| value.key_vault = vault(""), &["value", "keyVault.secretIdentifier"]);
    // A secret in the clear must not get into the store.
    check(&|value| value.secret = true, &["value", "value"]);
}

#[test]
fn secrets_of_named_values_stay_until_they_are_replaced_or_no_longer_secret() {
    let mut world = World::new();
    let spec = |secret, value: &str| {
        let spec =
            v1::NamedValue { display_name: "v".into(), value: value.into(), secret, ..Default::default() };
        put("namedValues/v", Spec::NamedValue(spec))
    };
    world.refused_once(vec![spec(true, "")], code::INVALID, "missing");
    world.ok(vec![with_secret(spec(true, ""), "value", "s")]);
    assert_eq!(actions(&world.ok(vec![spec(true, "")])), ["unchanged"]);
    let mut resealed = with_secret(spec(true, ""), "value", "s");
    let Some(Change::Put(inner)) = &mut resealed.change else { panic!() };
    inner.secrets.get_mut("value").expect("sealed").ciphertext = b"another nonce".to_vec();
    assert_eq!(actions(&world.ok(vec![resealed])), ["unchanged"], "the fingerprint decides");
    world.ok(vec![spec(false, "open")]);
    assert!(world.get("namedValues/v").expect("a value").secrets.is_empty());
    world.refused_once(vec![spec(true, "")], code::INVALID, "missing");
}

#[test]
fn backends() {
    let check = |edit: &dyn Fn(&mut v1::Backend), fields: &[&str]| {
        let mut spec = backend_spec();
        edit(&mut spec);
        check(put("backends/new", Spec::Backend(spec)), fields);
    };
    check(&|backend| backend.r#type = "Cluster".into(), &["type"]);
    check(&|backend| backend.url = format!("http://h/{}", "u".repeat(1_991)), &[]);
    check(&|backend| backend.url = format!("http://h/{}", "u".repeat(1_992)), &["url"]);
    check(&|backend| backend.url = String::new(), &["url"]);
    check(&|backend| backend.protocol = String::new(), &["protocol"]);
    check(&|backend| backend.protocol = "https".into(), &["protocol"]);
    check(&|backend| backend.title = text(300), &[]);
    check(&|backend| backend.title = text(301), &["title"]);
    check(&|backend| backend.description = text(2_000), &[]);
    check(&|backend| backend.description = text(2_001), &["description"]);
    check(&|backend| backend.resource_id = text(2_000), &[]);
    check(&|backend| backend.resource_id = text(2_001), &["resourceId"]);
    check(&|backend| backend.pool = Some(v1::BackendPool::default()), &["pool"]);
    let certificates = |count| {
        let list = vec!["c".to_owned(); count];
        Some(v1::BackendCredentials {
            certificate_ids: list.clone(),
            certificate: list,
            ..Default::default()
        })
    };
    check(&|backend| backend.credentials = certificates(32), &[]);
    check(
        &|backend| backend.credentials = certificates(33),
        &["credentials.certificateIds", "credentials.certificate"],
    );
    let proxy = |url: &str| Some(v1::BackendProxy { url: url.into(), ..Default::default() });
    check(&|backend| backend.proxy = proxy("http://proxy.test:3128"), &[]);
    check(&|backend| backend.proxy = proxy(""), &["proxy.url"]);
    let tls = |thumbprint: String| {
        Some(v1::BackendTls { server_certificate_thumbprints: vec![thumbprint], ..Default::default() })
    };
    check(&|backend| backend.tls = tls("ab".repeat(20)), &[]);
    check(&|backend| backend.tls = tls("ab".repeat(21)), &["tls.serverCertificateThumbprints"]);
    let fabric = |endpoints: &[&str]| {
        let management_endpoints = endpoints.iter().map(ToString::to_string).collect();
        let cluster = v1::ServiceFabricCluster { management_endpoints, ..Default::default() };
        Some(v1::BackendProperties { service_fabric_cluster: Some(cluster) })
    };
    check(&|backend| backend.properties = fabric(&["https://sf.test"]), &[]);
    check(
        &|backend| backend.properties = fabric(&[]),
        &["properties.serviceFabricCluster.managementEndpoints"],
    );
}

#[test]
fn circuit_breakers_of_backends() {
    let check = |edit: &dyn Fn(&mut v1::CircuitBreakerRule), rules: usize, fields: &[&str]| {
        let mut rule = v1::CircuitBreakerRule {
            trip_duration: "PT1M".into(),
            failure_condition: Some(v1::FailureCondition {
                count: Some(3),
                interval: "PT10S".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        edit(&mut rule);
        let circuit_breaker = Some(v1::CircuitBreaker { rules: vec![rule; rules] });
        check(put("backends/new", Spec::Backend(v1::Backend { circuit_breaker, ..backend_spec() })), fields);
    };
    fn condition(rule: &mut v1::CircuitBreakerRule) -> &mut v1::FailureCondition {
        rule.failure_condition.as_mut().expect("a condition")
    }
    let at = |field: &str| format!("circuitBreaker.rules[0].{field}");
    check(&|_| {}, 1, &[]);
    check(&|_| {}, 2, &["circuitBreaker.rules"]);
    check(&|rule| rule.trip_duration = "60s".into(), 1, &[&at("tripDuration")]);
    check(&|rule| condition(rule).interval = "10".into(), 1, &[&at("failureCondition.interval")]);
    check(&|rule| condition(rule).percentage = Some(5), 1, &[&at("failureCondition")]);
    check(&|rule| condition(rule).count = None, 1, &[&at("failureCondition")]);
    check(&|rule| condition(rule).count = Some(0), 1, &[&at("failureCondition.count")]);
    let percentage = |rule: &mut v1::CircuitBreakerRule, value| {
        condition(rule).count = None;
        condition(rule).percentage = Some(value);
    };
    check(&|rule| percentage(rule, 100), 1, &[]);
    check(&|rule| percentage(rule, 101), 1, &[&at("failureCondition.percentage")]);
    let ranges = |min, max, count| vec![v1::StatusCodeRange { min, max }; count];
    check(&|rule| condition(rule).status_code_ranges = ranges(200, 599, 10), 1, &[]);
    check(
        &|rule| condition(rule).status_code_ranges = ranges(200, 599, 11),
        1,
        &[&at("failureCondition.statusCodeRanges")],
    );
    check(
        &|rule| condition(rule).status_code_ranges = ranges(600, 199, 1),
        1,
        &[
            &at("failureCondition.statusCodeRanges[0].min"),
            &at("failureCondition.statusCodeRanges[0].max"),
            &at("failureCondition.statusCodeRanges[0]"),
        ],
    );
    check(&|rule| condition(rule).error_reasons = vec!["r".into(); 10], 1, &[]);
    check(
        &|rule| condition(rule).error_reasons = vec!["r".into(); 11],
        1,
        &[&at("failureCondition.errorReasons")],
    );
    let response = |status_code| Some(v1::FailureResponse { status_code });
    check(&|rule| rule.failure_response = response(599), 1, &[]);
    check(&|rule| rule.failure_response = response(600), 1, &[&at("failureResponse.statusCode")]);
}

#[test]
fn pools_hold_single_backends_of_their_scope() {
    check(pool("backends/new", &["backends/one", "backends/two"]), &[]);
    check(pool("backends/new", &[]), &["pool.services"]);
    check(pool("backends/new", &["backends/none"]), &["pool.services[0].id"]);
    check(pool("backends/new", &["backends/pool"]), &["pool.services[0].id"]);
    check(pool("backends/new", &["backends/new"]), &["pool.services[0].id"]);
    check(pool("backends/new", &["backends/one", "/backends/ONE"]), &["pool.services[1].id"]);
    check(pool("backends/new", &["workspaces/w/backends/x"]), &["pool.services[0].id"]);
    check(pool("backends/one", &["backends/two"]), &["type"]);
    check(pool("backends/pool", &["backends/two"]), &[]);

    let mut world = World::new();
    let names: Vec<String> = (0..31).map(|index| format!("backends/b{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.ok(names.iter().map(|name| backend(name)).collect());
    world.ok(vec![pool("backends/pool", &names[..30])]);
    world.refused_once(vec![pool("backends/pool", &names)], code::INVALID, "1 to 30 are allowed");

    let member = |priority, weight, emission: &str| {
        let member = v1::BackendPoolMember {
            id: "backends/b0".into(),
            priority: Some(priority),
            weight: Some(weight),
            preferred_carbon_emission: emission.into(),
        };
        let pool = v1::BackendPool { services: vec![member], ..Default::default() };
        put(
            "backends/pool",
            Spec::Backend(v1::Backend { r#type: "Pool".into(), pool: Some(pool), ..Default::default() }),
        )
    };
    world.ok(vec![member(100, 100, "VeryLow")]);
    assert_eq!(world.refused(vec![member(101, -1, "None")]).len(), 3);
}

#[test]
fn secrets_of_backends_have_a_place_for_every_value() {
    let mut world = World::new();
    let list = |count: usize| v1::StringList { values: vec![String::new(); count] };
    let spec = |values: usize| {
        let credentials = v1::BackendCredentials {
            authorization: Some(v1::AuthorizationCredentials {
                scheme: "Bearer".into(),
                ..Default::default()
            }),
            header: [("X-Key".to_owned(), list(values))].into(),
            ..Default::default()
        };
        put("backends/b", Spec::Backend(v1::Backend { credentials: Some(credentials), ..backend_spec() }))
    };
    let violations = world.refused(vec![spec(2)]);
    assert_eq!(
        violations.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(),
        ["credentials.authorization.parameter", "credentials.header/X-Key/0", "credentials.header/X-Key/1"]
    );
    let mut change = spec(2);
    for violation in &violations {
        change = with_secret(change, &violation.field, &violation.field);
    }
    world.ok(vec![change]);
    assert_eq!(world.get("backends/b").expect("a backend").secrets.len(), 3);
    world.ok(vec![spec(1)]);
    assert_eq!(world.get("backends/b").expect("a backend").secrets.len(), 2);
    assert_eq!(world.refused(vec![spec(0)]).len(), 1);
}

#[test]
fn policies() {
    let document = |value: String, format: &str| {
        put("policies/policy", Spec::Policy(v1::Policy { value, format: format.into() }))
    };
    check(document("x".repeat(512 * 1024), "xml"), &[]);
    check(document("x".repeat(512 * 1024 + 1), "rawxml"), &["value"]);
    check(document(String::new(), ""), &["value"]);
    check(document("x".into(), "xml-link"), &["format"]);
    let facts = |references: &[&str], named_values: &[&str]| {
        with_facts(document("x".into(), ""), references, named_values)
    };
    check(facts(&["backends/one"], &["taken"]), &[]);
    check(facts(&["backends/none"], &["none"]), &["value", "value"]);
    check(facts(&["workspaces/w/backends/x"], &[]), &["value"]);
    check(facts(&["subscriptions/s"], &[]), &["value"]);
}

#[test]
fn gateways() {
    let check = |edit: &dyn Fn(&mut v1::Gateway), fields: &[&str]| {
        let mut spec = v1::Gateway { display_name: "G".into(), ..Default::default() };
        edit(&mut spec);
        check(put("gateways/new", Spec::Gateway(spec)), fields);
    };
    check(&|gateway| gateway.display_name = text(300), &[]);
    check(&|gateway| gateway.display_name = text(301), &["displayName"]);
    check(&|gateway| gateway.description = text(1_000), &[]);
    check(&|gateway| gateway.description = text(1_001), &["description"]);
    check(&|gateway| gateway.units = 12, &[]);
    check(&|gateway| gateway.units = 13, &["units"]);
    check(&|gateway| gateway.dedicated_to = "workspaces/w".into(), &[]);
    check(&|gateway| gateway.dedicated_to = "w".into(), &["dedicatedTo"]);
    check(&|gateway| gateway.virtual_network_type = "Internal".into(), &[]);
    check(&|gateway| gateway.virtual_network_type = "internal".into(), &["virtualNetworkType"]);
    check(&|gateway| gateway.location = text(256), &[]);
    check(&|gateway| gateway.location = text(257), &["location"]);
    let hosts = |count: usize| -> Vec<String> { (0..count).map(|index| format!("h{index}.test")).collect() };
    check(&|gateway| gateway.hostnames = hosts(100), &[]);
    check(&|gateway| gateway.hostnames = hosts(101), &["hostnames"]);
    check(&|gateway| gateway.hostnames = vec!["A.test".into(), "a.TEST".into()], &["hostnames"]);
    for bad in ["", "a b", "-a.test", "a..b", "a.test:80", &format!("{}.test", "a".repeat(64))] {
        check(&|gateway| gateway.hostnames = vec![bad.into()], &["hostnames"]);
    }
    check(&|gateway| gateway.hostnames = vec![format!("{}.test", "a".repeat(63))], &[]);
}

#[test]
fn gateway_links() {
    check(link("gateways/g/links/new", "w"), &[]);
    check(link("gateways/g/links/new", "none"), &["workspace"]);
    check(link("gateways/g/links/new", ""), &["workspace"]);
    check(link("gateways/none/links/new", "w"), &[""]);
    check(link("gateways/default/links/new", ""), &[]);
}

#[test]
fn free_structure_is_as_deep_as_a_command_can_be_read_again() {
    use hanse_proto::STRUCTURE_DEPTH_MAX;
    use prost::Message as _;
    use prost_types::{ListValue, Struct, Value, value::Kind};
    let nested = |levels: usize, wrap: &dyn Fn(Value) -> Kind| {
        let mut value = Value { kind: Some(Kind::StringValue("x".into())) };
        for _ in 1..levels {
            value = Value { kind: Some(wrap(value)) };
        }
        Struct { fields: [("a".to_owned(), value)].into() }
    };
    let mapping = |value| Kind::StructValue(Struct { fields: [("a".to_owned(), value)].into() });
    let list = |value| Kind::ListValue(ListValue { values: vec![value] });
    let of_api = |components: Struct| {
        let document = v1::ApiSchemaDocument { components: Some(components), ..Default::default() };
        let content_type = "application/vnd.oai.openapi.components+json".into();
        let schema = v1::ApiSchema { content_type, document: Some(document) };
        put("apis/a/schemas/s", Spec::ApiSchema(schema))
    };
    let of_service = |document: Struct| {
        let schema =
            v1::Schema { schema_type: "json".into(), document: Some(document), ..Default::default() };
        put("schemas/s", Spec::Schema(schema))
    };
    for wrap in [&mapping as &dyn Fn(Value) -> Kind, &list] {
        let at_the_bound = of_api(nested(STRUCTURE_DEPTH_MAX, wrap));
        check(at_the_bound.clone(), &[]);
        let command = World::new().command(vec![at_the_bound]);
        assert_eq!(Command::decode(command.encode_to_vec().as_slice()), Ok(command));
        check(of_api(nested(STRUCTURE_DEPTH_MAX + 1, wrap)), &["document.components"]);
        check(of_service(nested(STRUCTURE_DEPTH_MAX, wrap)), &[]);
        check(of_service(nested(STRUCTURE_DEPTH_MAX + 1, wrap)), &["document"]);
    }
}
