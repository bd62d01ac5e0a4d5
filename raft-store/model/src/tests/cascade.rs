//! What a deletion takes along when it is asked to, and what it never takes.

use super::*;
use crate::{CASCADE_MAX, code};

fn cascade(name: &str) -> AdmittedChange {
    AdmittedChange {
        change: Some(Change::Delete(Delete { name: name.into(), cascade: true })),
        if_etag: String::new(),
    }
}

fn results(accepted: &Accepted) -> Vec<String> {
    accepted.applied.results.iter().map(|it| format!("{} {}", it.action, it.name)).collect()
}

fn owned_subscription(name: &str, scope: &str, owner: &str) -> AdmittedChange {
    let mut change = subscription(name, scope, "active");
    let Some(Change::Put(put)) = &mut change.change else { unreachable!("a put") };
    let Some(Spec::Subscription(spec)) = put.resource.as_mut().and_then(|resource| resource.spec.as_mut())
    else {
        unreachable!("a subscription")
    };
    spec.owner_id = owner.into();
    change
}

#[test]
fn a_cascade_takes_along_what_would_forbid_the_deletion_and_lists_it() {
    let mut world = World::new();
    world.ok(vec![
        user("users/ann"),
        workspace("w"),
        api("workspaces/w/apis/x", "x"),
        put("workspaces/w/apis/x;rev=2", Spec::Api(v1::Api::default())),
        product("workspaces/w/products/p", "P"),
        product_link("workspaces/w/products/p/apiLinks/l", "apis/x"),
        subscription("workspaces/w/subscriptions/of-api", "apis/x", ""),
        subscription("workspaces/w/subscriptions/of-product", "products/p", ""),
        subscription("workspaces/w/subscriptions/of-all", "apis", ""),
        owned_subscription("workspaces/w/subscriptions/of-ann", "apis", "users/ann"),
    ]);
    world.refused_once(
        vec![delete("users/ann")],
        code::CONFLICT,
        "1 subscription is of this user: `workspaces/w/subscriptions/of-ann`",
    );
    let violations = world.refused(vec![delete("workspaces/w/apis/x")]);
    assert_eq!(violations.len(), 2, "a subscription and a revision");
    assert!(violations.iter().all(|it| it.hint.contains("hanse delete --cascade")), "{violations:?}");
    assert_eq!(
        results(&world.ok(vec![cascade("workspaces/w/apis/x")])),
        [
            "deleted workspaces/w/apis/x",
            "deleted workspaces/w/products/p/apiLinks/l",
            "deleted workspaces/w/subscriptions/of-api",
            "deleted workspaces/w/apis/x;rev=2",
        ]
    );
    assert_eq!(
        results(&world.ok(vec![cascade("workspaces/w/products/p")])),
        ["deleted workspaces/w/products/p", "deleted workspaces/w/subscriptions/of-product"]
    );
    assert_eq!(
        results(&world.ok(vec![cascade("users/ann")])),
        ["deleted users/ann", "deleted workspaces/w/subscriptions/of-ann"]
    );
    assert!(world.get("workspaces/w/subscriptions/of-all").is_some());
    // What the command names itself has its own place in the answer.
    world.ok(vec![
        api("workspaces/w/apis/y", "y"),
        subscription("workspaces/w/subscriptions/y", "apis/y", ""),
    ]);
    let accepted = world.ok(vec![cascade("workspaces/w/apis/y"), delete("workspaces/w/subscriptions/y")]);
    assert_eq!(results(&accepted), ["deleted workspaces/w/apis/y", "deleted workspaces/w/subscriptions/y"]);
}

#[test]
fn a_cascade_does_not_take_what_uses_its_root() {
    let mut world = World::new();
    world.ok(vec![backend("backends/b"), pool("backends/pool", &["backends/b"])]);
    world.refused_once(vec![cascade("backends/b")], code::CONFLICT, "used by `backends/pool`");
}

#[test]
fn a_cascade_is_bounded() {
    let mut world = World::new();
    world.ok(vec![product("products/p", "P")]);
    let subscriptions = |from: usize, to: usize| -> Vec<AdmittedChange> {
        (from..to).map(|at| subscription(&format!("subscriptions/s{at}"), "products/p", "")).collect()
    };
    world.ok(subscriptions(0, CASCADE_MAX + 1));
    let violations = world.refused(vec![cascade("products/p")]);
    assert_eq!(violations[0].code, code::LIMIT);
    world.ok(vec![delete("subscriptions/s0")]);
    let accepted = world.ok(vec![cascade("products/p")]);
    assert_eq!(accepted.applied.results.len(), CASCADE_MAX + 1);

    // Revisions go by the same bound, and not by how many there may be.
    let limits = v1::ServiceLimits { revisions_per_api: Some(u32::MAX), ..Default::default() };
    let settings = v1::ServiceSettings {
        limits: Some(v1::Limits { service: Some(limits), ..Default::default() }),
        ..Default::default()
    };
    let revision = |number| put(&format!("apis/x;rev={number}"), Spec::Api(v1::Api::default()));
    world.ok(vec![put("settings/service", Spec::ServiceSettings(settings)), api("apis/x", "x")]);
    world.ok((2..CASCADE_MAX + 3).map(revision).collect());
    let violations = world.refused(vec![cascade("apis/x")]);
    assert_eq!(violations[0].code, code::LIMIT);
    assert!(violations[0].message.contains("revisions would go along"), "{violations:?}");
    world.ok(vec![delete("apis/x;rev=2")]);
    let accepted = world.ok(vec![cascade("apis/x")]);
    assert_eq!(accepted.applied.results.len(), CASCADE_MAX + 1);
}

#[test]
fn a_workspace_takes_its_own_and_its_dedicated_gateway_and_nothing_else() {
    let mut world = World::new();
    world.ok(vec![
        workspace("a"),
        workspace("ab"),
        user("users/ann"),
        api("workspaces/a/apis/x", "x"),
        owned_subscription("workspaces/a/subscriptions/s", "apis/x", "users/ann"),
        api("workspaces/ab/apis/x", "x"),
        api("apis/x", "x2"),
        dedicated("own", "a"),
        dedicated("others", "ab"),
        gateway("shared"),
        link("gateways/own/links/l", "a"),
        link("gateways/others/links/l", "ab"),
        link("gateways/shared/links/a", "a"),
    ]);
    let accepted = world.ok(vec![delete("workspaces/a")]);
    assert_eq!(
        results(&accepted),
        [
            "deleted workspaces/a",
            "deleted gateways/own/links/l",
            "deleted gateways/shared/links/a",
            "deleted gateways/own",
        ]
    );
    for stays in ["workspaces/ab/apis/x", "apis/x", "users/ann", "gateways/others/links/l", "gateways/shared"]
    {
        assert!(world.get(stays).is_some(), "{stays}");
    }
}
