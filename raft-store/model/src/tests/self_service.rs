//! What those who subscribe for themselves are held to, and administrators are not.

use super::*;
use crate::self_service::refusals;
use crate::session::Written;
use crate::view::View;
use crate::{ADMINISTRATORS, code};

fn account(groups: &[&str]) -> Principal {
    let groups = groups.iter().map(ToString::to_string).collect();
    Principal { who: Some(Who::Account(Account { id: "dev".into(), groups, expires_at_ms: 0 })) }
}

fn limited(limit: Option<u32>, approval_required: bool) -> World {
    let mut world = World::new();
    let spec = v1::Product {
        display_name: "P".into(),
        subscriptions_limit: limit,
        approval_required: Some(approval_required),
        ..Default::default()
    };
    let changes = vec![
        workspace("w"),
        user("users/dev"),
        user("users/other"),
        put("workspaces/w/products/p", Spec::Product(spec)),
        product("workspaces/w/products/q", "Q"),
    ];
    world.ok(changes);
    world
}

fn subscribed(world: &mut World, id: &str, product: &str, owner: &str, state: &str) {
    let name = format!("workspaces/w/subscriptions/{id}");
    let mut change = subscription(&name, &format!("products/{product}"), "active");
    let Some(Change::Put(put)) = &mut change.change else { unreachable!("a put") };
    let resource = put.resource.as_mut().expect("a resource");
    let Some(Spec::Subscription(spec)) = &mut resource.spec else { unreachable!("a subscription") };
    spec.owner_id = owner.into();
    let mut later = change.clone();
    world.ok(vec![change]);
    let Some(Change::Put(put)) = &mut later.change else { unreachable!("a put") };
    let resource = put.resource.as_mut().expect("a resource");
    let Some(Spec::Subscription(spec)) = &mut resource.spec else { unreachable!("a subscription") };
    spec.state = state.into();
    world.ok(vec![later]);
}

/// Codes of what a principal is told about a subscription as it is stored.
fn asked(world: &World, principal: &Principal, id: &str, is_new: bool) -> Vec<String> {
    let name = Name::parse(&format!("workspaces/w/subscriptions/{id}")).expect("a name");
    let stored = world.get(name.as_str()).expect("there");
    let key = crate::keys::of(&name.key());
    let written = Written { name, key, before: (!is_new).then(|| stored.clone()), stored };
    let Ok(view) = View::open(&world.tables);
    let Ok(refusals) = refusals(&view, principal, &written);
    refusals.into_iter().map(|violation| violation.code).collect()
}

#[test]
fn a_user_has_so_many_subscriptions_to_a_product_at_once() {
    let mut world = limited(Some(2), false);
    let (developer, administrator) = (account(&[]), account(&[ADMINISTRATORS]));
    subscribed(&mut world, "a", "p", "users/dev", "suspended");
    // These do not count: another's, to another product, over.
    subscribed(&mut world, "b", "p", "users/other", "active");
    subscribed(&mut world, "c", "q", "users/dev", "active");
    subscribed(&mut world, "d", "p", "users/dev", "cancelled");
    subscribed(&mut world, "e", "p", "users/dev", "active");
    assert!(asked(&world, &developer, "e", true).is_empty(), "the second of two");
    subscribed(&mut world, "f", "p", "users/dev", "active");
    assert_eq!(asked(&world, &developer, "f", true), [code::LIMIT], "the third of two");
    assert!(asked(&world, &developer, "f", false).is_empty(), "what counts already may be changed");
    assert!(asked(&world, &administrator, "f", true).is_empty());
    assert!(asked(&world, &developer, "c", true).is_empty());
}

#[test]
fn approval_is_an_administrators_to_give() {
    let mut world = limited(None, true);
    let (developer, administrator) = (account(&[]), account(&[ADMINISTRATORS]));
    subscribed(&mut world, "a", "p", "users/dev", "active");
    assert_eq!(asked(&world, &developer, "a", true), [code::FORBIDDEN]);
    assert!(asked(&world, &developer, "a", false).is_empty());
    assert!(asked(&world, &administrator, "a", true).is_empty());
}
