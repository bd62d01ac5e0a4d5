//! What exists once in the service, where the settings ask for that.

use super::*;
use crate::code;
use crate::session::Session;
use hanse_proto::v1::ServiceSettings;

fn names_in(names_unique_in: &str) -> AdmittedChange {
    let settings = ServiceSettings { names_unique_in: names_unique_in.into(), ..Default::default() };
    put("settings/service", Spec::ServiceSettings(settings))
}

fn paths_in(paths_unique_in: &str) -> AdmittedChange {
    let settings = ServiceSettings { paths_unique_in: paths_unique_in.into(), ..Default::default() };
    put("settings/service", Spec::ServiceSettings(settings))
}

#[test]
fn a_name_exists_once_for_each_kind_where_the_service_wants_it() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), workspace("b"), api("workspaces/a/apis/orders", "a")]);
    world.ok(vec![names_in("service")]);
    for name in ["apis/orders", "workspaces/b/apis/Orders"] {
        world.refused_once(
            vec![api(name, "b")],
            code::CONFLICT,
            "is taken in the service by `workspaces/a/apis/orders`",
        );
    }
    // Other kinds, what is below, and what has a given id, do not conflict.
    world.ok(vec![
        product("workspaces/b/products/orders", "Orders"),
        api("workspaces/b/apis/bills", "b"),
        operation("workspaces/a/apis/orders/operations/get", "GET", "/"),
        operation("workspaces/b/apis/bills/operations/get", "GET", "/"),
        policy("workspaces/a/policies/policy"),
        policy("workspaces/b/policies/policy"),
    ]);
    let both = world.refused(vec![backend("backends/x"), backend("workspaces/a/backends/x")]);
    assert_eq!(both.len(), 2, "each is taken by the other: {both:#?}");
}

#[test]
fn each_workspace_has_its_own_names_where_nothing_is_said() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), workspace("b")]);
    world.ok(vec![api("workspaces/a/apis/orders", "a"), api("workspaces/b/apis/orders", "b")]);
    world.ok(vec![names_in("workspace"), api("apis/orders", "c")]);
}

#[test]
fn a_rule_is_not_switched_on_over_conflicts_and_the_first_are_named() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), workspace("b"), workspace("c")]);
    for id in ["a", "b", "c"] {
        world.ok(vec![
            api(&format!("workspaces/{id}/apis/orders"), "Orders"),
            api(&format!("workspaces/{id}/apis/only-{id}"), id),
        ]);
    }
    let violations = world.refused(vec![names_in("service")]);
    let messages: Vec<&str> = violations.iter().map(|violation| violation.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`orders` exists more than once: `workspaces/a/apis/orders`, `workspaces/b/apis/orders`",
            "`orders` exists more than once: `workspaces/a/apis/orders`, `workspaces/c/apis/orders`",
        ]
    );
    assert!(violations.iter().all(|it| it.code == code::CONFLICT && it.field == "namesUniqueIn"));
    let violations = world.refused(vec![paths_in("service")]);
    assert_eq!(violations.len(), 2, "{violations:#?}");
    assert!(violations.iter().all(|it| it.code == code::CONFLICT && it.field == "pathsUniqueIn"));

    world.ok(vec![
        delete("workspaces/b/apis/orders"),
        delete("workspaces/c/apis/orders"),
        names_in("service"),
    ]);
    // What stands is not judged again while the rule stays on.
    world.ok(vec![api("workspaces/a/apis/orders", "changed")]);
    world.ok(vec![paths_in("service")]);
}

#[test]
fn what_is_deleted_stands_in_the_way_of_no_rule() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), workspace("b")]);
    for id in ["a", "b"] {
        world.ok(vec![api(&format!("workspaces/{id}/apis/orders"), "orders")]);
    }
    world.bounds.subtree_rows_max = 1;
    world.ok(vec![delete("workspaces/b")]);
    world.ok(vec![names_in("service")]);
    world.ok(vec![paths_in("service")]);
}

#[test]
fn a_refused_switch_names_a_few_conflicts_of_many() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), workspace("b")]);
    for index in 0..9 {
        world.ok(["a", "b"].map(|id| backend(&format!("workspaces/{id}/backends/x{index}"))).to_vec());
    }
    assert_eq!(world.refused(vec![names_in("service")]).len(), 5);
}

#[test]
fn a_switch_compares_so_many_rows_and_no_more() {
    let mut world = World::new();
    let ids = |world: &World| {
        let (from, to) = index::ids();
        let Ok(rows) = world.tables.range(Table::Index, &from, &to, usize::MAX);
        rows.len()
    };
    world.ok((0..9).map(|index| backend(&format!("backends/x{index}"))).collect());
    world.bounds.switch_rows_max = ids(&world) - 1;
    world.refused_once(vec![names_in("service")], code::LIMIT, "one command reads no more");
    world.bounds.switch_rows_max += 1;
    world.ok(vec![names_in("service")]);
}

#[test]
fn a_path_exists_once_in_the_service_where_the_settings_want_it() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), workspace("b"), api("workspaces/a/apis/x", "Orders")]);
    // They share no gateway, which is enough where nothing is said.
    world.ok(vec![api("workspaces/b/apis/y", "orders")]);
    world.ok(vec![delete("workspaces/b/apis/y"), paths_in("service")]);
    world.refused_once(
        vec![api("workspaces/b/apis/y", "orders")],
        code::CONFLICT,
        "the path `orders` is taken in the service by `workspaces/a/apis/x`",
    );
    world.refused_once(vec![api("apis/y", "orders")], code::CONFLICT, "is taken in the service by");
    world.ok(vec![api("workspaces/b/apis/y", "bills")]);
    world.refused_once(
        vec![api("workspaces/b/apis/y", "orders")],
        code::CONFLICT,
        "is taken in the service by",
    );
    world.ok(vec![api("workspaces/a/apis/x;rev=2", "Orders")]);
    world.ok(vec![paths_in("gateway"), api("workspaces/b/apis/y", "orders")]);
}

#[test]
fn the_owner_is_named_only_to_who_may_read_it() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), api("workspaces/a/apis/orders", "orders")]);
    let command = world.command(Vec::new());
    let named_to = |principal: &Principal| {
        let Ok(state) = stored::state(&world.tables);
        let Ok(session) =
            Session::open(&world.tables, state, &command, principal, world.revision + 1, &world.bounds);
        session.name_if_readable(&keys::of("workspaces/a/apis/orders"))
    };
    assert_eq!(named_to(&administrator()), Ok(Some("workspaces/a/apis/orders".to_owned())));
    let account = Account { id: "eve".into(), ..Account::default() };
    let stranger = Principal { who: Some(Who::Account(account)) };
    assert_eq!(named_to(&stranger), Ok(None));
}
