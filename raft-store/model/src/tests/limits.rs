//! Limits: asked of what is created, at once right after deletions, and set in `settings/service`.

use super::*;
use crate::{code, limits, tombstones};
use hanse_proto::v1::{Limits, ServiceLimits, ServiceSettings, WorkspaceLimits};

fn settings(limits: Limits) -> AdmittedChange {
    let settings = ServiceSettings { limits: Some(limits), ..Default::default() };
    put("settings/service", Spec::ServiceSettings(settings))
}

/// A world in which every limit is 2.
fn twos() -> World {
    let mut world = World::new();
    world.ok(vec![settings(limits::uniform(2)), user("users/ann"), user("users/bob")]);
    world.ok(vec![workspace("w"), api("workspaces/w/apis/a", "a"), product("workspaces/w/products/p", "P")]);
    world
}

/// Raises a limit out of the way of the one that is tried.
fn raised(edit: impl Fn(&mut WorkspaceLimits)) -> AdmittedChange {
    let mut limits = limits::uniform(2);
    edit(limits.workspace.as_mut().expect("all are there"));
    settings(limits)
}

/// The last of the changes is one too many for the limit; without it they fit.
#[track_caller]
fn fits_without_the_last(world: &mut World, changes: Vec<AdmittedChange>, message: &str) {
    let violations = world.refused(changes.clone());
    assert_eq!(violations.len(), 1, "{violations:#?}");
    assert_eq!((violations[0].code.as_str(), violations[0].message.as_str()), (code::LIMIT, message));
    let Some(Change::Put(last)) = &changes[changes.len() - 1].change else { panic!("the last is a put") };
    assert_eq!(violations[0].name, last.resource.as_ref().expect("a resource").name, "one past the limit");
    assert!(violations[0].hint.contains("`settings/service`"), "{violations:#?}");
    world.ok(changes[..changes.len() - 1].to_vec());
    world.refused_once(vec![changes[changes.len() - 1].clone()], code::LIMIT, message);
}

#[test]
fn limits_are_those_of_the_settings_and_else_of_apim() {
    let mut world = World::new();
    let Ok(defaults) = limits(&world.tables);
    assert_eq!((defaults.workspaces, defaults.workspaces_per_gateway), (Some(100), Some(30)));
    assert_eq!(defaults.units_per_gateway, Some(12));
    let workspace = defaults.workspace.expect("always there");
    let expected = WorkspaceLimits {
        apis: Some(200),
        operations: Some(5_000),
        operations_per_api: Some(100),
        releases_per_api: Some(100),
        revisions_per_api: Some(100),
        schemas_per_api: Some(100),
        subscriptions_per_api: Some(200),
        tags_per_api: Some(100),
        backends: Some(200),
        certificates: Some(200),
        groups: Some(50),
        loggers: Some(50),
        named_values: Some(200),
        policy_fragments: Some(50),
        products: Some(100),
        apis_per_product: Some(200),
        groups_per_product: Some(200),
        subscriptions_per_product: Some(1_000),
        tags_per_product: Some(50),
        schemas: Some(500),
        subscriptions: Some(5_000),
        tags: Some(200),
        version_sets: Some(50),
        groups_per_user: Some(200),
    };
    assert_eq!(workspace, expected);
    let expected = ServiceLimits {
        operations: Some(75_000),
        tags: Some(15_000),
        named_values: Some(18_000),
        loggers: Some(400),
        products: Some(2_000),
        subscriptions: Some(75_000),
        users: Some(75_000),
        ca_certificates: Some(10),
        revisions_per_api: Some(100),
    };
    assert_eq!(defaults.service, Some(expected));

    world.ok(vec![settings(limits::uniform(7))]);
    assert_eq!(limits(&world.tables), Ok(limits::uniform(7)));
    let one = WorkspaceLimits { apis: Some(0), ..Default::default() };
    world.ok(vec![settings(Limits { workspace: Some(one), ..Default::default() })]);
    let Ok(mixed) = limits(&world.tables);
    assert_eq!(mixed.workspace, Some(WorkspaceLimits { apis: Some(0), ..workspace }));
    assert_eq!(mixed.workspaces, Some(100));
    world.ok(vec![delete("settings/service")]);
    assert_eq!(limits(&world.tables), Ok(defaults));
}

#[test]
fn a_workspace_holds_the_default_number_of_apis_and_not_one_more() {
    let mut world = World::new();
    let mut changes = vec![workspace("w")];
    changes
        .extend((0..=200).map(|index| api(&format!("workspaces/w/apis/a{index:03}"), &format!("p{index}"))));
    let message = "a workspace holds at most 200 apis (limits.workspace.apis)";
    fits_without_the_last(&mut world, changes, message);
    // Revisions count, updates do not, and another workspace has its own.
    world.refused_once(vec![api("workspaces/w/apis/a000;rev=2", "p0")], code::LIMIT, message);
    world.ok(vec![api("workspaces/w/apis/a000", "other"), workspace("v"), api("workspaces/v/apis/a", "a")]);
    world.ok(vec![delete("workspaces/w/apis/a001"), api("workspaces/w/apis/new", "new")]);
}

#[test]
fn an_api_has_the_default_number_of_revisions_and_not_one_more_wherever_it_stands() {
    let revisions = |scope: &str| -> Vec<AdmittedChange> {
        let first = api(&format!("{scope}apis/x"), "x");
        // The first one is a revision too.
        let others = (2..=101).map(|number| api(&format!("{scope}apis/x;rev={number}"), "x"));
        [first].into_iter().chain(others).collect()
    };
    let mut world = World::new();
    world.ok(vec![workspace("w")]);
    let message = "an api has at most 100 revisions (limits.workspace.revisionsPerApi)";
    fits_without_the_last(&mut world, revisions("workspaces/w/"), message);
    let message = "an api has at most 100 revisions (limits.service.revisionsPerApi)";
    fits_without_the_last(&mut world, revisions(""), message);
    // Another API has its own, updates are no new ones, and a deleted one makes room.
    world.ok(vec![api("apis/y", "y"), api("apis/y;rev=2", "y"), api("apis/x", "other")]);
    world.ok(vec![delete("apis/x;rev=2"), api("apis/x;rev=101", "other")]);
    world.refused_once(vec![api("apis/x;rev=102", "other")], code::LIMIT, message);
    // What there is stays as it is when the limit is lowered.
    let service = ServiceLimits { revisions_per_api: Some(1), ..Default::default() };
    world.ok(vec![settings(Limits { service: Some(service), ..Default::default() })]);
    world.ok(vec![api("apis/x", "third")]);
    world.refused_once(
        vec![api("apis/y;rev=3", "y")],
        code::LIMIT,
        "an api has at most 1 revisions (limits.service.revisionsPerApi)",
    );
}

#[test]
fn each_kind_of_a_workspace_has_its_limit() {
    let at = |rest: &str| format!("workspaces/w/{rest}");
    let three = |collection: &str, change: &dyn Fn(&str, &str) -> AdmittedChange| {
        ["x", "y", "z"].map(|id| change(&at(&format!("{collection}/{id}")), id)).to_vec()
    };
    let cases: Vec<(&str, Vec<AdmittedChange>)> = vec![
        ("backends (limits.workspace.backends)", three("backends", &|name, _| backend(name))),
        ("certificates (limits.workspace.certificates)", three("certificates", &certificate)),
        ("groups (limits.workspace.groups)", three("groups", &group)),
        ("loggers (limits.workspace.loggers)", three("loggers", &|name, _| logger(name))),
        (
            "named values (limits.workspace.namedValues)",
            three("namedValues", &|name, id| named_value(name, id, "1")),
        ),
        (
            "policy fragments (limits.workspace.policyFragments)",
            three("policyFragments", &|name, _| fragment(name)),
        ),
        ("schemas (limits.workspace.schemas)", three("schemas", &|name, _| schema(name))),
        (
            "subscriptions (limits.workspace.subscriptions)",
            three("subscriptions", &|name, _| subscription(name, "apis", "")),
        ),
        ("tags (limits.workspace.tags)", three("tags", &tag)),
        ("version sets (limits.workspace.versionSets)", three("apiVersionSets", &version_set)),
        ("products (limits.workspace.products)", three("products", &product)[..2].to_vec()),
        (
            "apis (limits.workspace.apis)",
            three("apis", &|name, id| api(name, &format!("other/{id}")))[..2].to_vec(),
        ),
    ];
    for (message, changes) in cases {
        fits_without_the_last(&mut twos(), changes, &format!("a workspace holds at most 2 {message}"));
    }
    let mut world = twos();
    world.ok(vec![raised(|limits| limits.operations_per_api = Some(10))]);
    world.ok(vec![api(&at("apis/b"), "b")]);
    let operations = vec![
        operation(&at("apis/a/operations/x"), "GET", "/x"),
        operation(&at("apis/b/operations/y"), "GET", "/y"),
        operation(&at("apis/b/operations/z"), "GET", "/z"),
    ];
    let message = "a workspace holds at most 2 operations (limits.workspace.operations)";
    fits_without_the_last(&mut world, operations, message);
}

#[test]
fn each_kind_of_an_api_and_of_a_product_has_its_limit() {
    let at = |rest: &str| format!("workspaces/w/{rest}");
    let ids = ["x", "y", "z"];
    let many = || {
        raised(|limits| {
            for limit in [
                &mut limits.operations,
                &mut limits.tags,
                &mut limits.subscriptions,
                &mut limits.apis,
                &mut limits.groups,
            ] {
                *limit = Some(10);
            }
        })
    };
    let of_api = |what: &str, field: &str| format!("an api has at most 2 {what} (limits.workspace.{field})");
    let of_product =
        |what: &str, field: &str| format!("a product has at most 2 {what} (limits.workspace.{field})");
    let cases: Vec<(String, Vec<AdmittedChange>)> = vec![
        (
            of_api("operations", "operationsPerApi"),
            ids.map(|id| operation(&at(&format!("apis/a/operations/{id}")), "GET", &format!("/{id}")))
                .to_vec(),
        ),
        (
            of_api("releases", "releasesPerApi"),
            ids.map(|id| release(&at(&format!("apis/a/releases/{id}")), "apis/a")).to_vec(),
        ),
        (
            of_api("revisions", "revisionsPerApi"),
            [2, 3].map(|number| api(&at(&format!("apis/a;rev={number}")), "a")).to_vec(),
        ),
        (
            of_api("schemas", "schemasPerApi"),
            ids.map(|id| api_schema(&at(&format!("apis/a/schemas/{id}")))).to_vec(),
        ),
        (
            of_api("subscriptions", "subscriptionsPerApi"),
            ids.map(|id| subscription(&at(&format!("subscriptions/{id}")), "apis/a", "")).to_vec(),
        ),
        (
            of_api("tags", "tagsPerApi"),
            ids.map(|id| tag_api(&at(&format!("tags/{id}/apiLinks/l")), "apis/a")).to_vec(),
        ),
        (
            of_product("apis", "apisPerProduct"),
            ids.map(|id| product_link(&at(&format!("products/p/apiLinks/{id}")), &format!("apis/{id}")))
                .to_vec(),
        ),
        (
            of_product("groups", "groupsPerProduct"),
            ids.map(|id| group_link(&at(&format!("products/p/groupLinks/{id}")), &format!("groups/{id}")))
                .to_vec(),
        ),
        (
            of_product("subscriptions", "subscriptionsPerProduct"),
            ids.map(|id| subscription(&at(&format!("subscriptions/{id}")), "products/p", "")).to_vec(),
        ),
        (
            of_product("tags", "tagsPerProduct"),
            ids.map(|id| tag_product(&at(&format!("tags/{id}/productLinks/l")), "products/p")).to_vec(),
        ),
        (
            "a user is in at most 2 groups of a workspace (limits.workspace.groupsPerUser)".to_owned(),
            ids.map(|id| member(&at(&format!("groups/{id}/users/ann")))).to_vec(),
        ),
    ];
    for (message, changes) in cases {
        let mut world = twos();
        world.ok(vec![many()]);
        for id in ids {
            world.ok(vec![
                tag(&at(&format!("tags/{id}")), id),
                api(&at(&format!("apis/{id}")), &format!("other/{id}")),
                group(&at(&format!("groups/{id}")), id),
            ]);
        }
        fits_without_the_last(&mut world, changes, &message);
        world.ok(vec![member(&at("groups/x/users/bob"))]);
    }
}

#[test]
fn what_stands_in_the_service_has_limits_of_its_own() {
    let ids = ["x", "y", "z"];
    let cases: Vec<(&str, Vec<AdmittedChange>)> = vec![
        ("tags (limits.service.tags)", ids.map(|id| tag(&format!("tags/{id}"), id)).to_vec()),
        (
            "named values (limits.service.namedValues)",
            ids.map(|id| named_value(&format!("namedValues/{id}"), id, "1")).to_vec(),
        ),
        ("loggers (limits.service.loggers)", ids.map(|id| logger(&format!("loggers/{id}"))).to_vec()),
        ("products (limits.service.products)", ids.map(|id| product(&format!("products/{id}"), id)).to_vec()),
        (
            "subscriptions (limits.service.subscriptions)",
            ids.map(|id| subscription(&format!("subscriptions/{id}"), "apis", "")).to_vec(),
        ),
        (
            "CA certificates (limits.service.caCertificates)",
            ids.map(|id| ca_certificate(&format!("caCertificates/{id}"))).to_vec(),
        ),
        ("users (limits.service.users)", vec![user("users/carl")]),
    ];
    for (message, changes) in cases {
        fits_without_the_last(&mut twos(), changes, &format!("the service itself holds at most 2 {message}"));
    }
    let mut world = twos();
    world.ok(ids.map(|id| api(&format!("apis/{id}"), id)).to_vec());
    let operations = ids.map(|id| operation(&format!("apis/{id}/operations/o"), "GET", "/")).to_vec();
    let message = "the service itself holds at most 2 operations (limits.service.operations)";
    fits_without_the_last(&mut world, operations, message);
    let workspaces = vec![workspace("x"), workspace("y")];
    fits_without_the_last(
        &mut world,
        workspaces,
        "the service holds at most 2 workspaces (limits.workspaces)",
    );
}

#[test]
fn a_gateway_serves_as_many_workspaces_and_has_as_many_units_as_the_settings_say() {
    let mut world = World::new();
    world.ok(vec![gateway("g"), workspace("a"), workspace("b"), workspace("c")]);
    world.ok(vec![settings(limits::uniform(2))]);
    let links = ["a", "b", "c"].map(|id| link(&format!("gateways/g/links/{id}"), id)).to_vec();
    let message = "a gateway serves at most 2 workspaces (limits.workspacesPerGateway)";
    fits_without_the_last(&mut world, links, message);
    world.ok(["a", "b", "c"].map(|id| link(&format!("gateways/default/links/{id}"), id)).to_vec());

    let units = |units| {
        let spec = v1::Gateway { display_name: "G".into(), units, ..Default::default() };
        put("gateways/g", Spec::Gateway(spec))
    };
    world.ok(vec![units(2)]);
    let message = "a gateway has at most 2 units (limits.unitsPerGateway)";
    world.refused_once(vec![units(3)], code::LIMIT, message);
    world.ok(vec![settings(limits::uniform(3)), units(3)]);
    world.ok(vec![settings(limits::uniform(1)), units(2)]);
    world.refused_once(vec![units(3)], code::LIMIT, "at most 1 units");
}

#[test]
fn nothing_may_be_created_under_a_limit_of_none() {
    let mut world = World::new();
    world.ok(vec![settings(limits::uniform(0))]);
    world.refused_once(vec![workspace("w")], code::LIMIT, "the service holds at most 0 workspaces");
}

#[test]
fn a_lowered_limit_refuses_what_is_new_and_nothing_else() {
    let mut world = twos();
    world.ok(vec![api("workspaces/w/apis/b", "b")]);
    world.ok(vec![settings(limits::uniform(1))]);
    world.ok(vec![api("workspaces/w/apis/a", "changed"), api("workspaces/w/apis/b", "changed-too")]);
    let swap = vec![delete("workspaces/w/apis/b"), api("workspaces/w/apis/c", "c")];
    world.refused_once(swap, code::LIMIT, "at most 1 apis");
    world.ok(vec![delete("workspaces/w/apis/b")]);
    world.refused_once(vec![api("workspaces/w/apis/d", "d")], code::LIMIT, "at most 1 apis");
    world.ok(vec![delete("workspaces/w/apis/a"), api("workspaces/w/apis/d", "d")]);
}

/// Rows of counters of workspaces and of what is in them.
fn counters(world: &World) -> usize {
    let Ok(rows) =
        world.tables.range(Table::Meta, b"count/workspaces\0", b"count/workspaces\x01", usize::MAX);
    rows.len()
}

#[test]
fn a_tombstone_gives_back_at_once_what_it_hides() {
    const OPERATIONS: u32 = 10_000;
    let mut world = World::new();
    let workspace_limits = WorkspaceLimits {
        operations: Some(OPERATIONS),
        operations_per_api: Some(OPERATIONS),
        ..Default::default()
    };
    world.ok(vec![settings(Limits { workspace: Some(workspace_limits), ..Default::default() })]);
    let mut changes = vec![workspace("w"), api("workspaces/w/apis/a", "a"), api("workspaces/w/apis/b", "b")];
    changes.extend((0..OPERATIONS).map(|index| {
        operation(&format!("workspaces/w/apis/a/operations/o{index}"), "GET", &format!("/{index}"))
    }));
    world.ok(changes);
    let one = || operation("workspaces/w/apis/b/operations/o", "GET", "/");
    let message = "a workspace holds at most 10000 operations (limits.workspace.operations)";
    world.refused_once(vec![one()], code::LIMIT, message);
    let accepted = world.ok(vec![delete("workspaces/w/apis/a")]);
    assert!(accepted.writes.len() < 20, "not one for each operation: {}", accepted.writes.len());
    assert_eq!(tombstones(&world.tables, 10).map(|roots| roots.len()), Ok(1));
    world.ok(vec![one()]);
    assert_eq!(counters(&world), 4, "what is below the root waits for the purge");
    while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
        world.purge(root);
    }
    assert_eq!(counters(&world), 3);
}

#[test]
fn counters_below_a_deleted_root_are_purged_in_bounded_steps() {
    let mut world = World::new();
    let mut changes = vec![workspace("w")];
    for index in 0..9 {
        let name = format!("workspaces/w/apis/a{index}");
        changes.extend([
            api(&name, &format!("p{index}")),
            operation(&format!("{name}/operations/o"), "GET", "/"),
        ]);
    }
    world.ok(changes);
    world.bounds.subtree_rows_max = 4;
    world.ok(vec![delete("workspaces/w")]);
    let mut purges = 0;
    while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
        let accepted = world.purge(root);
        let removed = accepted.writes.iter().filter(|write| {
            write.table == Table::Resources
                || (write.table == Table::Meta && write.key.starts_with(b"count/"))
        });
        assert!(removed.count() <= 4);
        purges += 1;
    }
    // 19 resources and 11 counters, 4 at a time.
    assert_eq!(purges, 8);
    assert_eq!(counters(&world), 0);
}

#[test]
fn what_a_tombstone_gave_back_is_not_given_back_twice() {
    let mut world = World::new();
    let operations = |api: &str, count: usize| -> Vec<AdmittedChange> {
        let name = |index| format!("workspaces/w/apis/{api}/operations/o{index}");
        (0..count).map(|index| operation(&name(index), "GET", &format!("/{index}"))).collect()
    };
    world.ok(vec![workspace("w"), api("workspaces/w/apis/a", "a"), api("workspaces/w/apis/b", "b")]);
    world.ok(operations("a", 9));
    world.ok(operations("b", 3));
    world.bounds.subtree_rows_max = 4;
    world.ok(vec![delete("workspaces/w/apis/a")]);
    world.purge("workspaces/w/apis/a");
    world.bounds.subtree_rows_max = 1;
    world.ok(vec![delete("workspaces/w/apis/b/operations/o0"), delete("workspaces/w/apis/b/operations/o1")]);
    assert_eq!(tombstones(&world.tables, 10).map(|roots| roots.len()), Ok(2));
    // What is left below both tombstones goes at once with the API and the workspace above.
    world.bounds.subtree_rows_max = 100;
    world.ok(vec![api("workspaces/w/apis/c", "c")]);
    world.ok(operations("c", 4));
    world.ok(vec![delete("workspaces/w/apis/b")]);
    world.ok(vec![delete("workspaces/w")]);
    world.ok(vec![workspace("w"), api("workspaces/w/apis/c", "c")]);
    world.ok(operations("c", 2));
    while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
        world.purge(root);
    }
    assert_eq!(counters(&world), 3, "apis and operations of the workspace, operations of the API");
}
