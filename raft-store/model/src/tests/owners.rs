//! Who owns what, and how it is found.

use super::*;
use crate::{OWNER_CHARS_MAX, owned_by};

fn owned(world: &World, owner: &str) -> Vec<String> {
    let Ok(names) = owned_by(&world.tables, owner, usize::MAX);
    names.iter().map(|name| name.as_str().to_owned()).collect()
}

fn put_as(world: &World, owner: &str, changes: Vec<AdmittedChange>) -> Command {
    let apply = ApplyCommand { changes, owner: owner.to_owned(), ..Default::default() };
    Command { action: Some(command::Action::Apply(apply)), ..world.command(Vec::new()) }
}

#[test]
fn whoever_puts_a_resource_owns_it_until_another_does() {
    let mut world = World::new();
    let changes = || vec![workspace("w"), api("workspaces/w/apis/a", "a")];
    world.accepted(put_as(&world, "team", changes()));
    assert_eq!(owned(&world, "team"), ["workspaces/w", "workspaces/w/apis/a"]);
    assert!(owned(&world, "tea").is_empty());

    // Without an owner nothing changes hands; with another one it does, although the content is the same.
    let unchanged = world.accepted(world.command(changes()));
    assert!(unchanged.changes.is_empty());
    let taken = world.accepted(put_as(&world, "others", vec![api("workspaces/w/apis/a", "a")]));
    assert_eq!(taken.applied.results[0].action, "updated");
    assert_eq!(owned(&world, "team"), ["workspaces/w"]);
    assert_eq!(owned(&world, "others"), ["workspaces/w/apis/a"]);

    world.accepted(world.command(vec![delete("workspaces/w")]));
    assert!(owned(&world, "team").is_empty() && owned(&world, "others").is_empty());
}

#[test]
fn an_owner_is_bounded_at_the_bound_and_one_past_it() {
    let mut world = World::new();
    let at = |world: &World, chars: usize| put_as(world, &"x".repeat(chars), vec![workspace("w")]);
    assert!(matches!(world.decide(&at(&world, OWNER_CHARS_MAX)), Decision::Accepted(_)));
    assert!(matches!(world.decide(&at(&world, OWNER_CHARS_MAX + 1)), Decision::Rejected(_)));
    assert!(matches!(world.decide(&put_as(&world, "a\u{1}b", vec![workspace("w")])), Decision::Rejected(_)));
}
