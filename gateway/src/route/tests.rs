//! Routing, rule by rule.

use super::*;
use crate::spec::{HostBinding, testing::Specs};
use hanse_proto::{v1, v1::resource::Spec};

fn route_on(shard: &Shard, host: &str, scheme: Scheme, method: &str, target: &str) -> String {
    let method: Method = method.parse().expect("a method");
    let headers = HeaderMap::new();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let query = RouteQuery { host, scheme, method: &method, path, query, headers: &headers };
    match shard.route(&query) {
        Route::UnknownHost => "unknown host".into(),
        Route::PassedOn { workspace, gateway } => format!("{workspace} is on {gateway}"),
        Route::NoApi => "no api".into(),
        Route::NoOperation { api, rest } => format!("{} has no {rest}", api.id),
        Route::Operation { api, operation, rest, parameters } => {
            assert!(rest.starts_with('/'), "{rest}");
            let mut out = format!("{}.{}", api.id, operation.id);
            for (name, value) in parameters {
                out.push_str(&format!(" {name}={value}"));
            }
            out
        }
    }
}

fn route(shard: &Shard, method: &str, target: &str) -> String {
    route_on(shard, "all.test", Scheme::Http, method, target)
}

/// Routes within one root API whose operations are GETs with these templates.
fn within(templates: &[&str], target: &str) -> String {
    let mut specs = Specs::new(&["w"]);
    let operations: Vec<(&str, &str)> = templates.iter().map(|template| ("GET", *template)).collect();
    specs.api_of("workspaces/w/apis/a", "", &operations);
    let shard = specs.compile();
    assert_eq!(shard.findings().collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    route(&shard, "GET", target).replacen("a.", "", 1)
}

fn table(templates: &[&str], cases: &[(&str, &str)]) {
    for (target, expected) in cases {
        let expected = if expected.is_empty() {
            format!("a has no {}", target.split('?').next().expect("a path"))
        } else {
            (*expected).to_owned()
        };
        assert_eq!(within(templates, target), expected, "{target}");
    }
}

#[test]
fn host_compares_without_case_port_and_final_dot() {
    let mut specs = Specs::new(&["w"]);
    specs.api_of("workspaces/w/apis/a", "a", &[("GET", "/x")]);
    let shard = specs.compile();
    for host in ["all.test", "ALL.Test:8080", "all.test.", "w.test", "W.TEST.:1"] {
        assert_eq!(route_on(&shard, host, Scheme::Http, "GET", "/a/x"), "a.op-00", "{host}");
        assert!(shard.serves_host(host));
    }
    for host in ["", "test", "x.all.test", "other.test"] {
        assert_eq!(route_on(&shard, host, Scheme::Http, "GET", "/a/x"), "unknown host", "{host}");
        assert!(!shard.serves_host(host));
    }
}

#[test]
fn a_host_of_one_workspace_leads_to_its_apis_alone() {
    let mut specs = Specs::new(&["w", "v"]);
    specs.api_of("workspaces/w/apis/a", "a", &[("GET", "/x")]);
    specs.api_of("workspaces/v/apis/b", "b", &[("GET", "/x")]);
    let gone = HostBinding { host: "gone.test".into(), workspace: Some("gone".into()) };
    specs.spec.hosts = specs.spec.hosts.iter().cloned().chain([gone]).collect();
    let shard = specs.compile();
    let on = |host: &str, target: &str| route_on(&shard, host, Scheme::Http, "GET", target);
    assert_eq!(on("w.test", "/a/x"), "a.op-00");
    assert_eq!(on("w.test", "/b/x"), "no api");
    assert_eq!(on("v.test", "/b/x"), "b.op-00");
    assert_eq!(on("v.test", "/a/x"), "no api");
    assert_eq!(on("all.test", "/a/x"), "a.op-00");
    assert_eq!(on("all.test", "/b/x"), "b.op-00");
    assert_eq!(on("gone.test", "/a/x"), "no api");
}

#[test]
fn a_workspace_that_moved_keeps_its_paths_and_is_passed_on() {
    let mut specs = Specs::new(&["w", "v"]);
    specs.api_of("workspaces/w/apis/a", "a", &[("GET", "/x")]);
    specs.api_of("workspaces/v/apis/root", "", &[("GET", "/*")]);
    specs.spec.passes_on = [("w".into(), "new".into())].into();
    let shard = specs.compile();
    let on = |host: &str, target: &str| route_on(&shard, host, Scheme::Http, "GET", target);
    for target in ["/a/x", "/a/nothing", "/A;rev=7"] {
        assert_eq!(on("all.test", target), "w is on new", "{target}");
    }
    assert_eq!(on("all.test", "/b"), "root.op-00");
    assert_eq!(on("w.test", "/b"), "w is on new", "the host is the workspace's alone");
    assert_eq!(on("w.test", "/a/../x"), "no api");
    let headers = HeaderMap::new();
    let (host, scheme, method, query) = ("any.test", Scheme::Http, &Method::GET, None);
    let within = |workspace, path| {
        let query = RouteQuery { host, scheme, method, path, query, headers: &headers };
        shard.route_within(workspace, &query).map(|route| matches!(route, Route::Operation { .. }))
    };
    assert_eq!(within("w", "/a/x"), Some(true), "what comes from another gateway is served here");
    assert_eq!(within("w", "/b"), Some(false), "the neighbours are not");
    assert_eq!(within("gone", "/a/x"), None);
}

#[test]
fn apis_of_the_service_are_served_only_where_they_are_linked() {
    for (linked, expected) in [(&["w", ""][..], "s.op-00"), (&["w"][..], "no api")] {
        let mut specs = Specs::new(linked);
        specs.api_of("apis/s", "s", &[("GET", "/x")]);
        let shard = specs.compile();
        assert_eq!(route(&shard, "GET", "/s/x"), expected);
    }
}

#[test]
fn two_workspaces_with_the_same_ids_never_see_each_other() {
    let mut specs = Specs::new(&["w", "v"]);
    specs.api_of("workspaces/w/apis/orders", "orders", &[("GET", "/mine")]);
    specs.api_of("workspaces/v/apis/orders", "orders", &[("GET", "/theirs")]);
    let shard = specs.compile();
    let on = |host: &str, target: &str| route_on(&shard, host, Scheme::Http, "GET", target);
    assert_eq!(on("w.test", "/orders/mine"), "orders.op-00");
    assert_eq!(on("w.test", "/orders/theirs"), "orders has no /theirs");
    assert_eq!(on("v.test", "/orders/theirs"), "orders.op-00");
    assert_eq!(on("v.test", "/orders/mine"), "orders has no /mine");
    // A host that both share leads to one of them, and somebody is told.
    assert_eq!(on("all.test", "/orders/theirs"), "orders.op-00");
    let findings: Vec<_> = shard.findings().collect();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].0, "workspaces/w/apis/orders");
}

#[test]
fn longest_api_path_wins_and_there_is_no_way_back_to_a_shorter_one() {
    let mut specs = Specs::new(&["w"]);
    specs.api_of("workspaces/w/apis/root", "", &[("GET", "/*")]);
    specs.api_of("workspaces/w/apis/orders", "Orders", &[("GET", "/{id}")]);
    specs.api_of("workspaces/w/apis/eu", "orders/eu", &[("GET", "/list")]);
    let shard = specs.compile();
    for (target, expected) in [
        ("/orders/1", "orders.op-00 id=1"),
        ("/ORDERS/1", "orders.op-00 id=1"),
        ("/orders/eu", "eu has no /"),
        ("/orders/eu/list", "eu.op-00"),
        ("/orders/eu/other", "eu has no /other"),
        ("/orders/europe", "orders.op-00 id=europe"),
        ("/ordersx/1", "root.op-00"),
        ("/", "root.op-00"),
    ] {
        assert_eq!(route(&shard, "GET", target), expected, "{target}");
    }
}

#[test]
fn a_revision_is_addressed_behind_the_api_path() {
    let revision = |is_online, api_revision: &str| {
        Spec::Api(v1::Api {
            path: "orders".into(),
            api_revision: api_revision.into(),
            is_online,
            ..Default::default()
        })
    };
    let mut specs = Specs::new(&["w"]);
    specs.put("workspaces/w/apis/orders", revision(None, "4"));
    specs.put("workspaces/w/apis/orders;rev=2", revision(Some(false), "2"));
    specs.put("workspaces/w/apis/orders;rev=3", revision(Some(true), "3"));
    for (api, template) in [("orders", "/now"), ("orders;rev=2", "/old"), ("orders;rev=3", "/next")] {
        specs.operation(&format!("workspaces/w/apis/{api}/operations/op"), "GET", template);
    }
    let shard = specs.compile();
    for (target, expected) in [
        ("/orders/now", "orders.op"),
        ("/orders;rev=4/now", "orders.op"),
        ("/orders;rev=3/next", "orders;rev=3.op"),
        ("/orders;rev=3/next?x=1", "orders;rev=3.op"),
        ("/orders;rev=3/now", "orders;rev=3 has no /now"),
        ("/orders/next", "orders has no /next"),
        // Offline, unknown, and no number at all.
        ("/orders;rev=2/old", "no api"),
        ("/orders;rev=9/now", "no api"),
        ("/orders;rev=/now", "no api"),
    ] {
        assert_eq!(route(&shard, "GET", target), expected, "{target}");
    }
}

#[test]
fn no_current_or_no_online_revision_is_no_api() {
    for (is_current, is_online) in [(Some(false), None), (None, Some(false))] {
        let mut specs = Specs::new(&["w"]);
        let api = v1::Api { path: "a".into(), is_current, is_online, ..Default::default() };
        specs.put("workspaces/w/apis/a", Spec::Api(api));
        specs.operation("workspaces/w/apis/a/operations/x", "GET", "/x");
        assert_eq!(route(&specs.compile(), "GET", "/a/x"), "no api");
    }
}

#[test]
fn a_release_makes_another_revision_current() {
    let mut specs = Specs::new(&["w"]);
    let api = |is_current| v1::Api { path: "a".into(), is_current, ..Default::default() };
    specs.put("workspaces/w/apis/a", Spec::Api(api(Some(false))));
    specs.put("workspaces/w/apis/a;rev=2", Spec::Api(api(Some(true))));
    specs.operation("workspaces/w/apis/a;rev=2/operations/x", "GET", "/x");
    assert_eq!(route(&specs.compile(), "GET", "/a/x"), "a;rev=2.x");
}

#[test]
fn an_api_that_does_not_list_the_scheme_is_no_api() {
    for (protocols, on_http, on_https) in [
        (&[][..], true, true),
        (&["https"][..], false, true),
        (&["http"][..], true, false),
        (&["HTTP", "https"][..], true, true),
        (&["wss"][..], false, true),
    ] {
        let mut specs = Specs::new(&["w"]);
        let protocols: Vec<String> = protocols.iter().map(|one| (*one).to_owned()).collect();
        let api = v1::Api { path: "a".into(), protocols, ..Default::default() };
        specs.put("workspaces/w/apis/a", Spec::Api(api));
        specs.operation("workspaces/w/apis/a/operations/x", "GET", "/x");
        let shard = specs.compile();
        for (scheme, answers) in [(Scheme::Http, on_http), (Scheme::Https, on_https)] {
            let expected = if answers { "a.x" } else { "no api" };
            assert_eq!(route_on(&shard, "all.test", scheme, "GET", "/a/x"), expected);
        }
    }
}

#[test]
fn method_is_compared_exactly_and_nothing_is_derived_from_get() {
    let mut specs = Specs::new(&["w"]);
    specs.api_of("workspaces/w/apis/a", "", &[("GET", "/x"), ("PURGE", "/x"), ("POST", "/{y}")]);
    let shard = specs.compile();
    for (method, expected) in [
        ("GET", "a.op-00"),
        ("PURGE", "a.op-01"),
        // A literal of another method does not hide a parameter of this one.
        ("POST", "a.op-02 y=x"),
        ("get", "a has no /x"),
        ("HEAD", "a has no /x"),
        ("OPTIONS", "a has no /x"),
        ("DELETE", "a has no /x"),
    ] {
        assert_eq!(route(&shard, method, "/x"), expected, "{method}");
    }
}

#[test]
fn a_literal_matches_itself_without_regard_to_case() {
    table(
        &["/Orders/all"],
        &[
            ("/orders/ALL", "op-00"),
            ("/%6Frders/all", "op-00"),
            ("/orders", ""),
            ("/orders/all/x", ""),
            ("/orders/al", ""),
        ],
    );
}

#[test]
fn a_parameter_is_exactly_one_segment_that_is_not_empty() {
    table(
        &["/a/{x}"],
        &[
            ("/a/1", "op-00 x=1"),
            ("/a/b%2Fc", "op-00 x=b%2Fc"),
            ("/a/ö", "op-00 x=ö"),
            ("/a/b/c", ""),
            ("/a/", ""),
            ("/a", ""),
        ],
    );
}

#[test]
fn the_rest_holds_slashes_and_may_be_empty() {
    table(&["/a/{*x}"], &[("/a/1/2/", "op-00 x=1/2/"), ("/a/", "op-00 x="), ("/a", ""), ("/b/1", "")]);
    table(&["/foo/*"], &[("/foo/", "op-00"), ("/foo/a/b", "op-00"), ("/foo", "")]);
}

#[test]
fn trailing_slash_is_significant() {
    table(&["/a"], &[("/a", "op-00"), ("/a/", "")]);
    table(&["/a/"], &[("/a/", "op-00"), ("/a", "")]);
    table(&["/a", "/a/"], &[("/a", "op-00"), ("/a/", "op-01")]);
}

#[test]
fn the_root_of_an_api_is_one_with_and_without_slash() {
    let mut specs = Specs::new(&["w"]);
    specs.api_of("workspaces/w/apis/a", "a", &[("GET", "/"), ("POST", "")]);
    let shard = specs.compile();
    for target in ["/a", "/a/"] {
        assert_eq!(route(&shard, "GET", target), "a.op-00");
        assert_eq!(route(&shard, "POST", target), "a.op-01");
    }
}

#[test]
fn a_required_query_parameter_must_be_there_with_any_value() {
    table(
        &["/a?id={id}&D={d}"],
        &[
            ("/a?id=1&d=2", "op-00 id=1 d=2"),
            ("/a?d=2&x=3&ID=1%20", "op-00 id=1%20 d=2"),
            ("/a?id=&d", "op-00 id= d="),
            ("/a?id=1", ""),
            ("/a", ""),
        ],
    );
}

#[test]
fn a_literal_query_value_tells_operations_apart() {
    table(
        &["/a?comp=list", "/a?comp=acl", "/a?comp=a%20b", "/a"],
        &[
            ("/a?comp=list", "op-00"),
            ("/a?x=1&COMP=acl", "op-01"),
            ("/a?comp=a%20b", "op-02"),
            ("/a?comp=LIST", "op-03"),
            ("/a?comp=other", "op-03"),
            ("/a", "op-03"),
        ],
    );
}

#[test]
fn parameters_the_template_does_not_name_never_matter() {
    table(&["/a"], &[("/a?x=1&y", "op-00"), ("/a?", "op-00"), ("/a?&&=", "op-00")]);
}

#[test]
fn a_segment_longer_than_the_bound_does_not_match() {
    let at_bound = "x".repeat(SEGMENT_CHARS_MAX);
    for template in ["/{x}", "/*", "/{*x}"] {
        let found = within(&[template], &format!("/{at_bound}"));
        assert!(found.starts_with("op-00"), "{template}");
        let found = within(&[template], &format!("/{at_bound}x"));
        assert!(found.starts_with("a has no"), "{template}");
    }
    let umlauts = "ö".repeat(SEGMENT_CHARS_MAX);
    assert!(within(&["/{x}"], &format!("/{umlauts}")).starts_with("op-00"));
}

#[test]
fn dot_segments_match_nothing() {
    for target in ["/a/../b", "/a/..", "/./b", "/a/%2e%2E/b", "/a/.%2e", "/a/%2e"] {
        assert_eq!(within(&["/*"], target), "no api", "{target}");
    }
    for target in ["/...", "/.well-known/x", "/a..b", "/%2e%2ex"] {
        assert_eq!(within(&["/*"], target), "op-00", "{target}");
    }
}

#[test]
fn precedence_is_a_total_order_from_left_to_right() {
    // From what comes first to what comes last; each is matched by the request.
    let order = [
        "/a/b?q=1&r={r}",
        "/a/b?q={q}&r={r}",
        "/a/b?q=1",
        "/a/b?q={q}",
        "/a/b",
        "/a/b{x}",
        "/a/{x}",
        "/a/{*x}",
        "/a{x}/b",
        "/{x}/b",
        "/{x}/{y}",
        "/{x}/{*y}",
        "/*",
    ];
    let request = |template: &str| match template {
        "/a/b{x}" => "/a/b1?q=1&r=2",
        "/a{x}/b" => "/a1/b?q=1&r=2",
        _ => "/a/b?q=1&r=2",
    };
    for (place, first) in order.iter().enumerate() {
        // Whatever order they are declared in.
        let mut declared: Vec<&str> = order[place..].to_vec();
        for _ in 0..2 {
            declared.reverse();
            let found = within(&declared, request(first));
            let at = declared.iter().position(|template| template == first).expect("declared");
            assert!(found.starts_with(&format!("op-{at:02}")), "{first}: {found} of {declared:?}");
        }
    }
}

#[test]
fn among_equals_the_operation_id_decides() {
    table(&["/a?x={x}", "/a?y={y}"], &[("/a?y=1&x=2", "op-00 x=2")]);
    table(&["/a?y=1", "/a?x=1"], &[("/a?x=1&y=1", "op-00")]);
}

#[test]
fn the_walk_turns_back_where_a_literal_leads_nowhere() {
    let templates = ["/a/b/c", "/a/{x}/d", "/{x}/b/e", "/{x}/{y}/{*z}", "/a/b?q=1"];
    table(
        &templates,
        &[
            ("/a/b/c", "op-00"),
            ("/a/b/d", "op-01 x=b"),
            ("/a/b/e", "op-02 x=a"),
            ("/a/b/f/g", "op-03 x=a y=b z=f/g"),
            ("/a/b?q=1", "op-04"),
            ("/a/b", ""),
        ],
    );
}

#[test]
fn segments_of_literals_and_parameters_match() {
    table(
        &["/compare/{base}...{head}", "/p('{key}')", "/{name}.json", "/{name}"],
        &[
            ("/compare/v1...v2", "op-00 base=v1 head=v2"),
            ("/compare/v1", ""),
            ("/P(%27x%27)", "op-01 key=x"),
            ("/x.json", "op-02 name=x"),
            ("/x.xml", "op-03 name=x.xml"),
        ],
    );
}

#[test]
fn what_cannot_be_routed_is_a_finding_and_harms_nobody_else() {
    let mut specs = Specs::new(&["w"]);
    specs.api_of("workspaces/w/apis/a", "", &[("GET", "/x"), ("GET", "/{x"), ("G T", "/y")]);
    let shard = specs.compile();
    assert_eq!(route(&shard, "GET", "/x"), "a.op-00");
    let keys: Vec<&str> = shard.findings().map(|(key, _)| key.as_str()).collect();
    let operations = "workspaces/w/apis/a/operations";
    assert_eq!(keys, [format!("{operations}/op-01"), format!("{operations}/op-02")]);
}

#[test]
fn ten_thousand_operations_are_each_found() {
    const OPERATIONS: usize = 10_000;
    let mut specs = Specs::new(&["w"]);
    specs.api("workspaces/w/apis/a", "big");
    let template = |n: usize| match n % 4 {
        0 => format!("/things/{n}"),
        1 => format!("/things/{{id}}/parts{n}/{{part}}"),
        2 => format!("/soap?action=urn:{n}"),
        _ => format!("/group{}/{{x}}/n{n}/{{*rest}}", n % 100),
    };
    for n in 0..OPERATIONS {
        specs.operation(&format!("workspaces/w/apis/a/operations/o{n}"), "GET", &template(n));
    }
    let shard = specs.compile();
    for n in 0..OPERATIONS {
        let (target, parameters) = match n % 4 {
            0 => (format!("/big/things/{n}"), String::new()),
            1 => (format!("/big/things/7/parts{n}/8"), " id=7 part=8".to_owned()),
            2 => (format!("/big/soap?x=1&action=urn:{n}"), String::new()),
            _ => (format!("/big/group{}/1/n{n}/a/b", n % 100), " x=1 rest=a/b".to_owned()),
        };
        assert_eq!(route(&shard, "GET", &target), format!("a.o{n}{parameters}"));
    }
    assert_eq!(route(&shard, "GET", "/big/things/none"), "a has no /things/none");
}

#[test]
fn the_most_adverse_templates_cost_no_more_than_their_number() {
    // All combinations of a literal and a parameter, and a request that fails at the last segment of each.
    const DEPTH: usize = 12;
    let mut specs = Specs::new(&["w"]);
    specs.api("workspaces/w/apis/a", "");
    for bits in 0..1_usize << DEPTH {
        let segments =
            (0..DEPTH).map(|at| if bits >> at & 1 == 0 { "/a".into() } else { format!("/{{p{at}}}") });
        let template: String = segments.chain(["/end".into()]).collect();
        specs.operation(&format!("workspaces/w/apis/a/operations/o{bits:05}"), "GET", &template);
    }
    let shard = specs.compile();
    let path = "/a".repeat(DEPTH);
    assert_eq!(route(&shard, "GET", &format!("{path}/end")), "a.o00000");
    assert_eq!(route(&shard, "GET", &format!("{path}/x")), format!("a has no {path}/x"));
}

#[test]
fn query_parameters_behind_the_bound_decide_nothing() {
    let target = |before: usize| format!("/a?{}q=1", "x&".repeat(before));
    let templates = ["/a?q=1"];
    assert_eq!(within(&templates, &target(QUERY_PARAMETERS_MAX - 1)), "op-00");
    assert_eq!(within(&templates, &target(QUERY_PARAMETERS_MAX)), "a has no /a");
}

#[test]
fn the_deepest_template_is_walked() {
    let deepest = "/".repeat(TEMPLATE_CHARS_MAX);
    let shorter = &deepest[1..];
    assert_eq!(within(&[&deepest, "/x"], &deepest), "op-00");
    assert_eq!(within(&[&deepest, "/x"], shorter), format!("a has no {shorter}"));
}
