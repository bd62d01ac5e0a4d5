//! What goes with what, what may not go, and what takes more than one command.

use super::*;
use crate::{ListQuery, Page, code, list, tombstones};

/// A workspace with something of everything, and its gateway.
fn full_workspace(id: &str) -> Vec<AdmittedChange> {
    let at = |rest: &str| format!("workspaces/{id}/{rest}");
    vec![
        workspace(id),
        named_value(&at("namedValues/v"), "v", "1"),
        backend(&at("backends/b")),
        api(&at("apis/x"), &format!("{id}-x")),
        operation(&at("apis/x/operations/o"), "GET", "/"),
        with_facts(policy(&at("apis/x/operations/o/policies/policy")), &[&at("backends/b")], &["v"]),
        product(&at("products/p"), "P"),
        product_link(&at("products/p/apiLinks/l"), "apis/x"),
        subscription(&at("subscriptions/s"), "products/p", "active"),
        dedicated(&format!("gw-{id}"), id),
        link(&format!("gateways/gw-{id}/links/own"), id),
        link(&format!("gateways/default/links/{id}"), id),
    ]
}

#[test]
fn a_workspace_goes_with_everything_in_it_its_links_and_its_dedicated_gateway() {
    let mut world = World::new();
    let before = world.tables.rows(Table::Resources);
    world.ok(full_workspace("a"));
    world.ok(vec![gateway("shared"), link("gateways/shared/links/a", "a")]);
    let accepted = world.ok(vec![delete("workspaces/a")]);
    assert_eq!(actions(&accepted), ["deleted"; 5]);
    assert_eq!(
        recorded(&accepted),
        [
            "deleted gateways/default/links/a",
            "deleted gateways/gw-a/links/own",
            "deleted gateways/shared/links/a",
            "deleted gateways/gw-a",
            "deleted workspaces/a",
        ]
    );
    assert_eq!(world.tables.rows(Table::Resources), before + 1, "the shared gateway stays");
    world.ok(full_workspace("a"));
}

#[test]
fn one_record_stands_for_everything_below_a_root() {
    let mut world = World::new();
    world.ok(vec![
        api("apis/x", "x"),
        operation("apis/x/operations/o", "GET", "/"),
        product("products/p", "P"),
    ]);
    world.ok(vec![product_link("products/p/apiLinks/l", "apis/x")]);
    let accepted = world.ok(vec![delete("apis/x")]);
    assert_eq!(recorded(&accepted), ["deleted products/p/apiLinks/l", "deleted apis/x"]);
    assert!(world.get("apis/x/operations/o").is_none());
    assert!(world.get("products/p").is_some());
}

#[test]
fn deleting_what_is_not_there_is_no_error() {
    let mut world = World::new();
    let accepted = world.ok(vec![delete("workspaces/a"), delete("apis/x/operations/o")]);
    assert_eq!(actions(&accepted), ["absent", "absent"]);
    assert!(accepted.changes.is_empty());
}

#[test]
fn children_and_parents_may_be_deleted_in_one_command() {
    let mut world = World::new();
    world.ok(full_workspace("a"));
    let accepted = world.ok(vec![
        delete("workspaces/a"),
        delete("workspaces/a/products/p"),
        delete("gateways/gw-a"),
        delete("workspaces/a/apis/x/operations/o"),
    ]);
    assert_eq!(actions(&accepted)[..4], ["deleted"; 4]);
}

#[test]
fn a_product_with_subscriptions_stays() {
    let mut world = World::new();
    world.ok(vec![
        product("products/p", "P"),
        subscription("subscriptions/a", "products/p", ""),
        subscription("subscriptions/b", "products/P", ""),
    ]);
    let violations = world.refused(vec![delete("products/p")]);
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].code, code::CONFLICT);
    assert_eq!(
        violations[0].message,
        "2 subscriptions are to this product: `subscriptions/a`, `subscriptions/b`"
    );
    assert!(violations[0].hint.contains("delete the subscriptions first"));
    world.ok(vec![delete("products/p"), delete("subscriptions/a"), delete("subscriptions/b")]);
}

#[test]
fn an_api_with_subscriptions_or_revisions_stays() {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x"), subscription("subscriptions/a", "apis/x", "")]);
    world.refused_once(vec![delete("apis/x")], code::CONFLICT, "1 subscription is to this api");
    world.ok(vec![delete("subscriptions/a"), api("apis/x;rev=2", "x")]);
    world.refused_once(vec![delete("apis/x")], code::CONFLICT, "revisions: `apis/x;rev=2`");
    world.refused_once(vec![api("apis/y;rev=2", "y")], code::NOT_FOUND, "`apis/y` does not exist");
    world.ok(vec![delete("apis/x"), delete("apis/x;rev=2")]);
}

#[test]
fn what_is_in_use_stays_and_its_users_are_named() {
    let mut world = World::new();
    world.ok(vec![
        backend("backends/b"),
        named_value("namedValues/v", "v", "1"),
        pool("backends/pool", &["backends/b"]),
    ]);
    for index in 0..7 {
        let name = format!("apis/x{index}");
        world.ok(vec![api(&name, &name), with_facts(policy_of(&name), &["backends/b"], &["v"])]);
    }
    let violations = world.refused(vec![delete("backends/b")]);
    assert_eq!(violations.len(), 1);
    let message = &violations[0].message;
    assert_eq!(message.matches('`').count(), 2 * 5, "five are named: {message}");
    assert!(message.ends_with("and others"), "{message}");
    world.refused_once(vec![delete("namedValues/v")], code::CONFLICT, "`apis/x0/policies/policy`");
    world.refused_once(vec![named_value("namedValues/v", "w", "1")], code::CONFLICT, "it is used by");
    // Another value under the same name takes its place in the same command.
    world.ok(vec![named_value("namedValues/v", "w", "1"), named_value("namedValues/w", "v", "1")]);

    let mut all: Vec<AdmittedChange> = (0..7).map(|index| delete(&format!("apis/x{index}"))).collect();
    all.extend([delete("backends/b"), delete("namedValues/w")]);
    world.refused_once(all.clone(), code::CONFLICT, "used by `backends/pool`");
    all.push(delete("backends/pool"));
    world.ok(all);
}

fn policy_of(api: &str) -> AdmittedChange {
    policy(&format!("{api}/policies/policy"))
}

#[test]
fn the_default_gateway_stays() {
    let mut world = World::new();
    world.refused_once(vec![delete("gateways/Default")], code::CONFLICT, "always exists");
}

#[test]
fn nothing_is_written_below_what_the_same_command_deletes() {
    let mut world = World::new();
    world.ok(full_workspace("a"));
    world.refused_once(
        vec![delete("workspaces/a"), named_value("workspaces/a/namedValues/n", "n", "1")],
        code::CONFLICT,
        "`workspaces/a` is deleted by the same command",
    );
    world.refused_once(
        vec![delete("workspaces/a"), dedicated("gw-a", "a")],
        code::NOT_FOUND,
        "`workspaces/a` does not exist",
    );
    let again = link("gateways/default/links/a2", "a");
    world.refused_once(vec![delete("workspaces/a"), again], code::NOT_FOUND, "`workspaces/a` does not exist");
}

#[test]
fn what_the_same_command_puts_does_not_go_along() {
    let mut world = World::new();
    world.ok(full_workspace("a"));
    world.ok(vec![workspace("b")]);
    let own = link("gateways/default/links/a", "b");
    world.ok(vec![delete("workspaces/a"), gateway("gw-a"), own]);
    assert!(world.get("gateways/gw-a").is_some() && world.get("gateways/default/links/a").is_some());
    assert!(world.get("gateways/gw-a/links/own").is_none());
}

fn large_api(world: &mut World, operations: usize) {
    world.ok(vec![
        api("apis/x", "x"),
        product("products/p", "P"),
        product_link("products/p/apiLinks/l", "apis/x"),
    ]);
    let changes = (0..operations)
        .map(|index| operation(&format!("apis/x/operations/o{index}"), "GET", &format!("/{index}")));
    let changes = changes.collect();
    world.ok(changes);
}

fn listed(world: &World, query: &ListQuery) -> Vec<String> {
    let Ok(page) = list(&world.tables, query);
    let Page { resources, .. } = page.expect("a page");
    resources.into_iter().filter_map(|stored| stored.resource).map(|resource| resource.name).collect()
}

#[test]
fn a_subtree_at_the_bound_goes_at_once() {
    let mut world = World::new();
    let before = world.tables.rows(Table::Resources);
    // One row is the API itself, one the link that goes along.
    large_api(&mut world, crate::SUBTREE_ROWS_MAX - 2);
    world.ok(vec![delete("apis/x")]);
    assert_eq!(tombstones(&world.tables, 10), Ok(vec![]));
    assert_eq!(world.tables.rows(Table::Resources), before + 1, "the product stays");
}

#[test]
fn a_larger_subtree_is_invisible_at_once_and_purged_in_parts() {
    let mut world = World::new();
    let before = world.tables.rows(Table::Resources);
    large_api(&mut world, 2 * crate::SUBTREE_ROWS_MAX + 5);
    let accepted = world.ok(vec![delete("apis/x")]);
    assert_eq!(recorded(&accepted), ["deleted products/p/apiLinks/l", "deleted apis/x"]);
    assert_eq!(tombstones(&world.tables, 10), Ok(vec!["apis/x".to_owned()]));

    assert!(world.get("apis/x").is_none());
    assert!(world.get("apis/x/operations/o7").is_none());
    let all = ListQuery { recursive: true, ..ListQuery::default() };
    assert_eq!(listed(&world, &all).len(), before + 1, "the product stays");
    let below = ListQuery { parent: Name::parse("apis/x").ok(), ..ListQuery::default() };
    let Ok(refused) = list(&world.tables, &below);
    assert_eq!(refused.map_err(|violation| violation.code), Err(code::NOT_FOUND.to_owned()));

    // Nothing comes back in its place before it is gone, but what it held is free.
    for change in [api("apis/x", "y"), operation("apis/x/operations/new", "GET", "/new")] {
        let violations = world.refused(vec![change]);
        assert_eq!(violations[0].code, code::CONFLICT);
        assert_eq!(violations[0].hint, "try again in a moment");
    }
    world.ok(vec![api("apis/y", "x")]);
    assert_eq!(actions(&world.ok(vec![delete("apis/x"), delete("apis/x/operations/o1")])), ["absent"; 2]);

    let mut purges = 0;
    while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
        let rows = world.tables.rows(Table::Resources);
        let accepted = world.purge(root);
        assert!(accepted.changes.is_empty());
        assert!(rows - world.tables.rows(Table::Resources) <= crate::SUBTREE_ROWS_MAX);
        purges += 1;
    }
    assert_eq!(purges, 3);
    assert_eq!(world.tables.rows(Table::Resources), before + 2, "the product and the other API");
    assert!(world.purge("apis/x").writes.is_empty(), "a purge too many does nothing");
    world.ok(vec![api("apis/x", "z")]);
}

#[test]
fn the_rows_of_all_deletions_of_a_command_are_bounded_together() {
    let mut world = World::new();
    world.bounds.subtree_rows_max = 4;
    for id in ["a", "b"] {
        let name = format!("apis/{id}");
        world.ok(vec![api(&name, id), operation(&format!("{name}/operations/o"), "GET", "/")]);
        world.ok(vec![operation(&format!("{name}/operations/p"), "GET", "/p")]);
    }
    world.ok(vec![delete("apis/a"), delete("apis/b")]);
    assert_eq!(tombstones(&world.tables, 10), Ok(vec!["apis/b".to_owned()]));
}

#[test]
fn what_a_tombstone_hides_neither_blocks_nor_answers() {
    let mut world = World::new();
    world.ok(full_workspace("a"));
    world.bounds.subtree_rows_max = 1;
    world.ok(vec![delete("workspaces/a")]);
    let Ok(key) = crate::subscription_by_fingerprint(&world.tables, b"workspaces/a/subscriptions/s-1");
    assert_eq!(key, None);
    let roots = tombstones(&world.tables, 10).expect("no errors");
    assert!(roots.contains(&"workspaces/a".to_owned()), "{roots:?}");
    // The same key, elsewhere.
    let change = with_secret(
        subscription("subscriptions/s", "apis", ""),
        "primaryKey",
        "workspaces/a/subscriptions/s-1",
    );
    world.ok(vec![change]);
    for _ in 0..30 {
        for root in tombstones(&world.tables, 10).expect("no errors") {
            world.purge(&root);
        }
    }
    assert_eq!(tombstones(&world.tables, 10), Ok(vec![]));
    world.bounds = Bounds::default();
    world.ok(vec![delete("subscriptions/s")]);
    world.ok(full_workspace("a"));
}

#[test]
fn referrers_are_named_before_a_deletion_would_fail() {
    let mut world = World::new();
    world.ok(vec![
        backend("backends/one"),
        backend("backends/two"),
        pool("backends/pool", &["backends/one"]),
    ]);
    let referrers = |name: &str, limit| {
        let Ok(found) = crate::referrers(&world.tables, &Name::parse(name).expect(name), limit);
        found
    };
    assert_eq!(referrers("backends/one", 10), ["backends/pool"]);
    assert_eq!(referrers("backends/two", 10), Vec::<String>::new());
    assert_eq!(referrers("backends/one", 0).len(), 0);
}
