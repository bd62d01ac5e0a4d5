//! Commands as a whole: permission, time, repetition, preconditions, atomicity.

use super::*;
use crate::{Action, ClusterInfo, authorize, cluster_info, code};
use hanse_proto::timestamp_ms;
use hanse_proto::v1::{Assignment, GatewayAssignment, PlaceCommand, RestsOn};

#[test]
fn a_command_with_one_bad_change_changes_nothing() {
    let mut world = World::new();
    let before = world.tables.clone();
    let changes =
        vec![workspace("a"), api("workspaces/a/apis/x", "x"), api("workspaces/b/apis/y", "y"), workspace("")];
    let violations = world.refused(changes);
    assert_eq!(violations.len(), 2, "{violations:#?}");
    assert_eq!(world.tables, before);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut world = World::new();
    let bad = put("workspaces/a", Spec::Workspace(v1::Workspace::default()));
    let violations = world.refused(vec![
        bad,
        // Below a workspace whose own content is wrong, but which the command means to create.
        api("workspaces/a/apis/x", "a b"),
        put("workspaces/c", Spec::Api(api_spec("c"))),
        policy("nonsense/x"),
    ]);
    let found: Vec<(&str, &str)> = violations.iter().map(|v| (v.name.as_str(), v.field.as_str())).collect();
    assert_eq!(
        found,
        [
            ("workspaces/c", ""),
            ("nonsense/x", ""),
            ("workspaces/a", "displayName"),
            ("workspaces/a/apis/x", "path")
        ]
    );
}

#[test]
fn the_order_within_a_command_does_not_matter() {
    let mut world = World::new();
    world.ok(vec![
        subscription("workspaces/a/subscriptions/s", "products/p", ""),
        product_link("workspaces/a/products/p/apiLinks/l", "apis/x"),
        operation("workspaces/a/apis/x/operations/o", "GET", "/"),
        api("workspaces/a/apis/x", "x"),
        product("workspaces/a/products/p", "P"),
        workspace("a"),
    ]);
    assert!(world.get("workspaces/a/apis/x/operations/o").is_some());
}

#[test]
fn unique_values_can_be_exchanged_in_one_command() {
    let mut world = World::new();
    world.ok(vec![named_value("namedValues/a", "first", "1"), named_value("namedValues/b", "second", "2")]);
    world.refused_once(
        vec![named_value("namedValues/a", "second", "1")],
        code::CONFLICT,
        "taken by `namedValues/b`",
    );
    world.ok(vec![named_value("namedValues/a", "second", "1"), named_value("namedValues/b", "first", "2")]);
}

#[test]
fn a_name_occurs_once_in_a_command() {
    let mut world = World::new();
    world.refused_once(vec![workspace("a"), workspace("A")], code::INVALID, "twice");
    world.ok(vec![workspace("a")]);
    world.refused_once(vec![delete("workspaces/a"), workspace("a")], code::INVALID, "twice");
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_writes_nothing() {
    let mut world = World::new();
    let mut command = world.command(vec![workspace("a")]);
    command.request_id = "r1".into();
    command.request_digest = vec![1];
    let first = world.accepted(command.clone());
    let again = world.accepted(command.clone());
    assert!(again.applied.repeated_request && again.writes.is_empty() && again.changes.is_empty());
    assert_eq!(again.applied.results, first.applied.results);
    assert_eq!(again.applied.revision, first.applied.revision);

    let other = Command { request_digest: vec![2], ..command.clone() };
    assert_eq!(world.rejected(other)[0].code, code::REQUEST_ID_REUSED);

    let account = Account { id: "bob".into(), groups: vec!["administrators".into()], expires_at_ms: 0 };
    let bob = Principal { who: Some(Who::Account(account)) };
    let mine = world.accepted(Command { principal: Some(bob), ..command });
    assert!(!mine.applied.repeated_request, "request ids belong to their principal");
    assert_eq!(actions(&mine), ["unchanged"]);
}

#[test]
fn request_ids_are_kept_up_to_a_bound() {
    let mut world = World::new();
    world.bounds.requests_max = 3;
    let request =
        |world: &World, id: usize| Command { request_id: format!("r{id}"), ..world.command(vec![]) };
    for id in 0..10 {
        world.accepted(request(&world, id));
    }
    assert_eq!(world.tables.rows(Table::Requests), 2 * 3);
    assert!(world.accepted(request(&world, 9)).applied.repeated_request);
    assert!(world.accepted(request(&world, 7)).applied.repeated_request);
    assert!(!world.accepted(request(&world, 6)).applied.repeated_request);
}

#[test]
fn old_requests_are_purged_in_bounded_steps() {
    let mut world = World::new();
    let request =
        |world: &World, id: usize| Command { request_id: format!("r{id}"), ..world.command(vec![]) };
    for id in 0..10 {
        world.accepted(request(&world, id));
    }
    world.bounds = Bounds { requests_max: 1, purge_steps: 4, ..world.bounds };
    for (id, kept) in [(10, 7), (11, 4), (12, 1), (13, 1)] {
        world.accepted(request(&world, id));
        assert_eq!(world.tables.rows(Table::Requests), 2 * kept);
    }
}

#[test]
fn a_request_id_is_accepted_at_its_bound_and_refused_past_it() {
    let mut world = World::new();
    let request = |world: &World, chars| Command { request_id: "ä".repeat(chars), ..world.command(vec![]) };
    world.accepted(request(&world, crate::REQUEST_ID_CHARS_MAX));
    let violations = world.rejected(request(&world, crate::REQUEST_ID_CHARS_MAX + 1));
    assert!(violations[0].message.contains("129 characters"));
}

#[test]
fn what_admission_read_must_not_have_changed() {
    let mut world = World::new();
    world.ok(vec![workspace("a")]);
    let revision = world.revision;
    let resting = |world: &World, key: &str, revision| {
        let rests_on = vec![RestsOn { key: key.into(), revision, ..Default::default() }];
        let action = command::Action::Apply(ApplyCommand {
            changes: vec![workspace("b")],
            rests_on,
            ..Default::default()
        });
        Command { action: Some(action), ..world.command(vec![]) }
    };
    for (key, seen) in [("workspaces/a", revision - 1), ("workspaces/a", 0), ("workspaces/b", 7)] {
        let violations = world.rejected(resting(&world, key, seen));
        assert_eq!((violations.len(), violations[0].code.as_str()), (1, code::STALE), "{key} {seen}");
    }
    world.accepted(resting(&world, "workspaces/a", revision));
    world.accepted(resting(&world, "workspaces/none", 0));
}

#[test]
fn an_etag_condition_is_checked_on_the_state_before() {
    let mut world = World::new();
    world.ok(vec![if_etag("-", workspace("a"))]);
    let etag = world.etag("workspaces/a");
    assert_eq!(etag, world.revision.to_string());
    let renamed = || {
        let spec = v1::Workspace { display_name: "New".into(), ..Default::default() };
        put("workspaces/a", Spec::Workspace(spec))
    };
    world.refused_once(vec![if_etag("-", renamed())], code::PRECONDITION_FAILED, &format!("etag `{etag}`"));
    world.refused_once(
        vec![if_etag("999", renamed())],
        code::PRECONDITION_FAILED,
        &format!("`{etag}`, not `999`"),
    );
    world.refused_once(vec![if_etag("*", workspace("b"))], code::PRECONDITION_FAILED, "does not exist");
    world.refused_once(
        vec![if_etag("*", delete("workspaces/b"))],
        code::PRECONDITION_FAILED,
        "does not exist",
    );
    world.ok(vec![if_etag("-", delete("workspaces/b"))]);
    world.ok(vec![if_etag("*", renamed())]);
    assert_ne!(world.etag("workspaces/a"), etag);
    let etag = world.etag("workspaces/a");
    world.ok(vec![if_etag(&etag, delete("workspaces/a"))]);
}

#[test]
fn a_put_that_makes_no_difference_changes_nothing() {
    let mut world = World::new();
    let all = || {
        vec![
            workspace("a"),
            subscription("workspaces/a/subscriptions/s", "apis", "active"),
            with_facts(policy("workspaces/a/policies/policy"), &[], &[]),
            gateway("g"),
        ]
    };
    world.ok(all());
    let etag = world.etag("workspaces/a/subscriptions/s");
    let again = world.ok(all());
    assert_eq!(actions(&again), ["unchanged"; 4]);
    assert!(again.writes.is_empty() && again.changes.is_empty());
    assert_eq!(again.applied.results[1].etag, etag);

    let mut command = world.command(all());
    command.request_id = "r".into();
    let recorded = world.accepted(command);
    assert!(recorded.changes.is_empty());
    assert!(recorded.writes.iter().all(|write| matches!(write.table, Table::Requests | Table::Meta)));

    // Secrets that are left out stay; one that differs makes a difference; so do facts.
    let mut without = subscription("workspaces/a/subscriptions/s", "apis", "");
    let Some(Change::Put(inner)) = &mut without.change else { panic!() };
    inner.secrets.clear();
    assert_eq!(actions(&world.ok(vec![without.clone()])), ["unchanged"]);
    assert_eq!(actions(&world.ok(vec![with_secret(without, "primaryKey", "new")])), ["updated"]);
    let Ok(found) = crate::subscription_by_fingerprint(&world.tables, b"new");
    assert_eq!(found.as_deref(), Some("workspaces/a/subscriptions/s"));
    let Ok(old) = crate::subscription_by_fingerprint(&world.tables, b"workspaces/a/subscriptions/s-1");
    assert_eq!(old, None);
    assert_eq!(actions(&world.ok(vec![policy("workspaces/a/policies/policy")])), ["updated"]);
}

#[test]
fn names_keep_the_case_they_were_first_written_in() {
    let mut world = World::new();
    world.ok(vec![workspace("Pay")]);
    let accepted = world.ok(vec![api("workspaces/PAY/apis/Orders", "o")]);
    assert_eq!(accepted.applied.results[0].name, "workspaces/Pay/apis/Orders");
    world.ok(vec![api("workspaces/pay/apis/orders", "p")]);
    assert_eq!(
        recorded(&world.ok(vec![delete("workspaces/PAY/apis/ORDERS")])),
        ["deleted workspaces/Pay/apis/Orders"]
    );
}

#[test]
fn the_server_sets_what_is_its_own() {
    let mut world = World::new();
    let mut change = gateway("Pay");
    let Some(Change::Put(inner)) = &mut change.change else { panic!() };
    let resource = inner.resource.as_mut().expect("a resource");
    resource.etag = "mine".into();
    resource.created_by = "me".into();
    let Some(Spec::Gateway(spec)) = &mut resource.spec else { panic!() };
    spec.default_hostname = "mine.example.com".into();
    world.ok(vec![change]);
    let stored = world.get("gateways/pay").and_then(|stored| stored.resource).expect("a gateway");
    assert_eq!(stored.etag, world.revision.to_string());
    assert_eq!(stored.revision, world.revision);
    assert_eq!((stored.created_by.as_str(), stored.updated_by.as_str()), ("ann", "ann"));
    let Ok(Some(info)) = cluster_info(&world.tables) else { panic!("bootstrapped") };
    let Some(Spec::Gateway(spec)) = stored.spec else { panic!() };
    assert_eq!(spec.default_hostname, crate::default_gateway_hostname(&info, "pay"));
}

#[test]
fn time_never_runs_backwards() {
    let mut world = World::new();
    let start = world.now_ms;
    world.ok(vec![workspace("a")]);
    world.now_ms = start - 5_000;
    world.ok(vec![workspace("b")]);
    let created =
        world.get("workspaces/b").and_then(|s| s.resource).and_then(|r| r.created_at).expect("a time");
    assert_eq!(timestamp_ms(&created), start);

    // Whoever had expired by then stays so.
    let mut command = world.command(vec![workspace("c")]);
    let account = Account { id: "ann".into(), groups: vec!["administrators".into()], expires_at_ms: start };
    command.principal = Some(Principal { who: Some(Who::Account(account)) });
    assert_eq!(world.rejected(command)[0].code, code::UNAUTHENTICATED);
}

#[test]
fn only_administrators_and_the_system_may_do_anything_and_each_only_their_own() {
    let tables = MemoryTables::new();
    let account = |id: &str, group: &str, expires_at_ms| {
        let account = Account { id: id.into(), groups: vec![group.into()], expires_at_ms };
        Principal { who: Some(Who::Account(account)) }
    };
    let admin = account("ann", "administrators", 100);
    let resources = [Action::Read, Action::Write, Action::Delete, Action::ListSecrets, Action::Operate];
    let ask = |principal: &Principal, action, now_ms| {
        let Ok(answer) = authorize(&tables, principal, action, None, now_ms);
        answer.map_err(|violation| violation.code)
    };
    for action in resources {
        assert_eq!(ask(&admin, action, 99), Ok(()));
        assert_eq!(ask(&admin, action, 100), Err(code::UNAUTHENTICATED.into()));
        assert_eq!(ask(&account("bob", "developers", 0), action, 0), Err(code::FORBIDDEN.into()));
        assert_eq!(ask(&account("", "administrators", 0), action, 0), Err(code::UNAUTHENTICATED.into()));
        assert_eq!(ask(&Principal::default(), action, 0), Err(code::UNAUTHENTICATED.into()));
        assert_eq!(ask(&system(), action, 0), Err(code::FORBIDDEN.into()));
    }
    assert_eq!(ask(&admin, Action::Maintain, 0), Err(code::FORBIDDEN.into()));
    assert_eq!(ask(&system(), Action::Maintain, 0), Ok(()));
}

#[test]
fn a_refused_principal_learns_nothing_about_the_content() {
    let mut world = World::new();
    world.ok(vec![workspace("a")]);
    let mut command = world.command(vec![workspace("a"), delete("workspaces/b")]);
    command.principal = Some(system());
    let violations = world.rejected(command.clone());
    assert!(violations.iter().all(|violation| violation.code == code::FORBIDDEN), "{violations:#?}");
    assert_eq!(violations.len(), 2);
    command.principal = None;
    assert_eq!(world.rejected(command)[0].code, code::UNAUTHENTICATED);
    let mut place = world.by_system(command::Action::Place(PlaceCommand::default()));
    place.principal = Some(administrator());
    assert_eq!(world.rejected(place)[0].code, code::FORBIDDEN);
}

#[test]
fn a_command_of_a_later_release_or_without_an_action_is_refused() {
    let mut world = World::new();
    let later = Command { feature_level: FEATURE_LEVEL + 1, ..world.command(vec![]) };
    assert!(world.rejected(later)[0].message.contains("too old"));
    let nothing = Command { action: None, ..world.command(vec![]) };
    assert_eq!(world.rejected(nothing)[0].code, code::INVALID);
    let neither = AdmittedChange::default();
    world.refused_once(vec![neither], code::INVALID, "change 1 is neither");
}

#[test]
fn a_cluster_is_made_once() {
    let mut world = World::new();
    let Ok(info) = cluster_info(&world.tables);
    let expected = ClusterInfo {
        cluster_id: "c1".into(),
        service_name: "hanse".into(),
        base_domain: "example.com".into(),
    };
    assert_eq!(info, Some(expected));
    let Spec::Gateway(gateway) = world.spec("gateways/default") else { panic!() };
    assert_eq!(gateway.default_hostname, "hanse.example.com");
    let again = BootstrapCommand::default();
    let violations = world.rejected(world.by_system(command::Action::Bootstrap(again)));
    assert!(violations[0].message.contains("not empty"));

    let mut empty = World::empty();
    let bad =
        BootstrapCommand { cluster_id: String::new(), service_name: "1 x".into(), base_domain: "-".into() };
    let fields: Vec<String> = empty
        .rejected(empty.by_system(command::Action::Bootstrap(bad)))
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["clusterId", "serviceName", "baseDomain"]);
}

#[test]
fn an_assignment_replaces_exactly_the_generation_it_was_made_from() {
    let mut world = World::new();
    let Ok(none) = crate::assignment(&world.tables);
    assert_eq!(none, Assignment::default());
    let place = |world: &World, generation, replaces_generation| {
        let gateways = vec![GatewayAssignment { gateway: "default".into(), nodes: vec![1, 2] }];
        let assignment = Some(Assignment { generation, gateways });
        world.by_system(command::Action::Place(PlaceCommand { assignment, replaces_generation }))
    };
    let accepted = world.accepted(place(&world, 1, 0));
    assert_eq!(recorded(&accepted), ["updated cluster/assignment"]);
    let Ok(present) = crate::assignment(&world.tables);
    assert_eq!((present.generation, present.gateways[0].nodes.as_slice()), (1, &[1, 2][..]));
    assert_eq!(world.rejected(place(&world, 1, 0))[0].code, code::STALE);
    assert_eq!(world.rejected(place(&world, 3, 1))[0].code, code::INVALID);
    world.accepted(place(&world, 2, 1));
}
