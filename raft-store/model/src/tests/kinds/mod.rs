//! One table of cases per kind: accepted at the bound, refused one past it.

mod apis;
mod backends;
mod gateways;
mod logs;
mod people;
mod products;
mod values;

use super::*;
use crate::code;

/// A service, and a workspace, that have something to refer to.
fn populated() -> World {
    let mut world = World::new();
    world.ok(vec![
        api("apis/a", "taken"),
        operation("apis/a/operations/o", "GET", "/taken"),
        product("products/p", "Taken"),
        backend("backends/one"),
        backend("backends/two"),
        pool("backends/pool", &["backends/one"]),
        named_value("namedValues/taken", "taken", "1"),
        logger("loggers/log"),
        tag("tags/t", "Taken"),
        version_set("apiVersionSets/taken", "Taken"),
        user("users/ann"),
        group("groups/readers", "Readers"),
        group("groups/writers", "Writers"),
        notification("notifications/BCC"),
        provider("authorizationProviders/taken"),
        connection("authorizationProviders/taken/authorizations/taken"),
        put("authorizationServers/taken", Spec::AuthorizationServer(authorization_server_spec("Taken"))),
        put("openidConnectProviders/taken", Spec::OpenIdConnectProvider(openid_spec("Taken"))),
        gateway("g"),
    ]);
    world.ok(vec![
        workspace("w"),
        api("workspaces/w/apis/a", "other"),
        operation("workspaces/w/apis/a/operations/o", "GET", "/taken"),
        product("workspaces/w/products/p", "Taken"),
        logger("workspaces/w/loggers/log"),
        tag("workspaces/w/tags/t", "Taken"),
        group("workspaces/w/groups/readers", "Readers"),
        version_set("workspaces/w/apiVersionSets/taken", "Taken"),
        notification("workspaces/w/notifications/BCC"),
    ]);
    world
}

/// Applies one change to it, and compares the fields that violations are about (none: accepted).
#[track_caller]
fn check(change: AdmittedChange, fields: &[&str]) {
    let mut world = populated();
    let found: Vec<String> = match world.decide(&world.command(vec![change.clone()])) {
        Decision::Accepted(_) => Vec::new(),
        Decision::Rejected(rejection) => rejection.violations.into_iter().map(|v| v.field).collect(),
    };
    assert_eq!(found, fields, "{change:#?}");
}

fn text(chars: usize) -> String {
    "ä".repeat(chars)
}
