//! One table of cases per kind: accepted at the bound, refused one past it.

mod apis;
mod backends;
mod gateways;
mod products;
mod values;

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
