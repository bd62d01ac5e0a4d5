//! The feed: no gaps, no divided revisions, and an exact end of the past.

use super::*;
use crate::{TooOld, changes_after};

/// Revisions of the changes after a revision.
fn after(world: &World, revision: u64, limit: usize) -> Result<Vec<u64>, TooOld> {
    let Ok(answer) = changes_after(&world.tables, revision, limit);
    answer.map(|changes| changes.iter().map(|change| change.revision).collect())
}

/// Revision 1 is the bootstrap; then come revisions with one, three and one change.
fn world() -> World {
    let mut world = World::new();
    world.ok(vec![workspace("a")]);
    world.ok(vec![workspace("b"), workspace("c"), workspace("d")]);
    world.ok(vec![workspace("e")]);
    world
}

#[test]
fn changes_come_in_whole_revisions() {
    let world = world();
    for (revision, limit, expected) in [
        (0, 100, &[1, 1, 1, 1, 2, 3, 3, 3, 4][..]),
        (0, 9, &[1, 1, 1, 1, 2, 3, 3, 3, 4]),
        (0, 8, &[1, 1, 1, 1, 2, 3, 3, 3]),
        (0, 7, &[1, 1, 1, 1, 2]),
        (0, 4, &[1, 1, 1, 1]),
        (0, 1, &[1, 1, 1, 1]),
        (0, 0, &[1, 1, 1, 1]),
        (2, 1, &[3, 3, 3]),
        (2, 3, &[3, 3, 3]),
        (3, 1, &[4]),
        (4, 1, &[]),
        (u64::MAX, 1, &[]),
    ] {
        assert_eq!(after(&world, revision, limit).as_deref(), Ok(expected), "after {revision}, {limit}");
    }
}

#[test]
fn records_say_who_did_what_when() {
    let mut world = World::new();
    let mut command = world.command(vec![workspace("b"), workspace("a"), workspace("b2")]);
    command.request_id = "r".into();
    let accepted = world.accepted(command);
    let Ok(Ok(changes)) = changes_after(&world.tables, 1, 10) else { panic!("kept") };
    assert_eq!(changes, accepted.changes);
    assert_eq!(changes.iter().map(|change| change.index).collect::<Vec<_>>(), [0, 1, 2]);
    let first = &changes[0];
    assert_eq!((first.name.as_str(), first.action.as_str()), ("workspaces/b", "created"));
    assert_eq!((first.actor.as_str(), first.request_id.as_str(), first.at_ms), ("ann", "r", world.now_ms));
}

#[test]
fn what_is_gone_from_the_past_is_known_exactly() {
    let mut world = world();
    world.bounds.changes_max = 4;
    // Revision 5 adds one record to nine: six must go, among them the first of revision 3.
    world.ok(vec![workspace("f")]);
    assert_eq!(world.tables.rows(Table::Changes), 4);
    for revision in 0..3 {
        assert_eq!(after(&world, revision, 10), Err(TooOld { oldest: 3 }), "after {revision}");
    }
    assert_eq!(after(&world, 3, 10).as_deref(), Ok(&[4, 5][..]));
}

#[test]
fn the_past_is_purged_in_bounded_steps_that_keep_up() {
    let mut world = World::new();
    for index in 0..20 {
        world.ok(vec![workspace(&format!("w{index}"))]);
    }
    world.bounds = Bounds { changes_max: 5, purge_steps: 2, ..world.bounds };
    let kept = |world: &World| world.tables.rows(Table::Changes);
    assert_eq!(kept(&world), 24);
    world.ok(vec![workspace("x")]);
    assert_eq!(kept(&world), 23);
    let many = (0..20).map(|index| workspace(&format!("y{index}"))).collect();
    world.ok(many);
    assert_eq!(kept(&world), 5);
    // The revision that alone exceeds the bound is no longer whole.
    assert_eq!(after(&world, world.revision - 1, 10), Err(TooOld { oldest: world.revision }));
    assert_eq!(after(&world, world.revision, 10), Ok(vec![]));
}
