//! Backends, and what calls to them need.

use super::*;

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
