//! Random commands: what holds whatever is sent.

use super::*;
use crate::{Overlay, tombstones};
use proptest::prelude::*;

/// What a case does, small enough that the same few names meet again and again.
#[derive(Debug, Clone)]
enum Step {
    Apply(Vec<AdmittedChange>, u8),
    Purge,
}

fn change() -> impl Strategy<Value = AdmittedChange> {
    (0_u8..20, 0_u8..3, 0_u8..2, 0_u8..3, 0_u8..8).prop_map(
        |(what, workspace_id, id, other, delete_if_zero)| {
            let scope = match workspace_id {
                0 => String::new(),
                id => format!("workspaces/w{id}/"),
            };
            let change = match what {
                0 => workspace(&format!("w{}", workspace_id.max(1))),
                1 => api(&format!("{scope}apis/a{id}"), &format!("path{other}")),
                2 => operation(
                    &format!("{scope}apis/a{id}/operations/o{other}"),
                    "GET",
                    &format!("/{other}/{{x}}"),
                ),
                3 => product(&format!("{scope}products/p{id}"), &format!("P{other}")),
                4 => product_link(
                    &format!("{scope}products/p{id}/apiLinks/l{other}"),
                    &format!("apis/a{other}"),
                ),
                5 => subscription(
                    &format!("{scope}subscriptions/s{id}"),
                    &format!("products/p{other}"),
                    "active",
                ),
                6 => backend(&format!("{scope}backends/b{id}")),
                7 => named_value(&format!("{scope}namedValues/n{id}"), &format!("v{other}"), "1"),
                8 => with_facts(
                    policy(&format!("{scope}apis/a{id}/policies/policy")),
                    &[&format!("{scope}backends/b{}", other.min(1))],
                    &[&format!("v{other}")],
                ),
                9 => dedicated(&format!("g{id}"), &format!("w{}", workspace_id.max(1))),
                10 => link(&format!("gateways/g{id}/links/l{other}"), &format!("w{}", workspace_id.max(1))),
                11 => tag(&format!("{scope}tags/t{id}"), &format!("t{other}")),
                12 => tag_api(&format!("{scope}tags/t{id}/apiLinks/l{other}"), &format!("apis/a{other}")),
                13 => user(&format!("users/u{id}")),
                14 => group(&format!("{scope}groups/g{id}"), &format!("g{other}")),
                15 => member(&format!("{scope}groups/g{id}/users/u{other}")),
                16 => group_link(&format!("{scope}products/p{id}/groupLinks/l{other}"), "groups/g0"),
                17 => subscription(&format!("{scope}subscriptions/s{id}"), &format!("apis/a{other}"), ""),
                18 => api_schema(&format!("{scope}apis/a{id}/schemas/s{other}")),
                _ => open_product(&format!("{scope}products/p{id}"), &format!("P{other}")),
            };
            if delete_if_zero > 1 {
                return change;
            }
            let Some(Change::Put(put)) = change.change else { unreachable!("all of these are puts") };
            delete(&put.resource.map(|resource| resource.name).unwrap_or_default())
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        9 => (prop::collection::vec(change(), 1..6), 0_u8..20).prop_map(|(changes, id)| Step::Apply(changes, id)),
        1 => Just(Step::Purge),
    ]
}

fn commands(world: &World, step: &Step) -> Vec<Command> {
    match step {
        Step::Apply(changes, id) => {
            let mut command = world.command(changes.clone());
            if *id < 10 {
                command.request_id = format!("r{id}");
                command.request_digest = format!("{changes:?}").into_bytes();
            }
            vec![command]
        }
        Step::Purge => {
            let Ok(roots) = tombstones(&world.tables, 5);
            let purge = |root| world.by_system(command::Action::Purge(PurgeCommand { root }));
            roots.into_iter().map(purge).collect()
        }
    }
}

fn small() -> World {
    let mut world = World::new();
    world.bounds =
        Bounds { changes_max: 20, requests_max: 5, purge_steps: 2, subtree_rows_max: 3, ..Bounds::default() };
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn replicas_that_apply_the_same_log_hold_the_same_bytes(steps in prop::collection::vec(step(), 1..25)) {
        let mut world = small();
        let mut log = Vec::new();
        for step in &steps {
            for command in commands(&world, step) {
                let before = world.tables.clone();
                let decision = world.decide(&command);
                if matches!(decision, Decision::Rejected(_)) {
                    prop_assert_eq!(&before, &world.tables, "a rejection changes nothing");
                }
                log.push((command, decision));
                world.now_ms += 1;
            }
        }
        let mut replica = small();
        for (command, decision) in &log {
            prop_assert_eq!(&replica.decide(command), decision);
        }
        prop_assert_eq!(&replica.tables, &world.tables);

        // A batch decided through one overlay comes to the same.
        let start = small();
        let mut batch = Overlay::new(&start.tables);
        let mut revision = start.revision;
        let mut flat = start.tables.clone();
        for (command, decision) in &log {
            revision += 1;
            let Ok(decided) = apply_with(&batch, command, revision, &start.bounds);
            prop_assert_eq!(&decided, decision);
            if let Decision::Accepted(accepted) = decided {
                batch.push(&accepted.writes);
                flat.write(&accepted.writes);
            }
        }
        prop_assert_eq!(&flat, &world.tables);
    }

    // The world compares them after every accepted command; here are enough resources to be hidden,
    // purged, and moved to other holders.
    #[test]
    fn counters_say_what_a_recount_says(steps in prop::collection::vec(step(), 20..60)) {
        let mut world = small();
        let start = [workspace("w1"), api("workspaces/w1/apis/a0", "p"), api("apis/a0", "p"), user("users/u0")];
        world.ok(start.to_vec());
        for step in &steps {
            for command in commands(&world, step) {
                world.decide(&command);
            }
        }
        for _ in 0..100 {
            for command in commands(&world, &Step::Purge) {
                world.decide(&command);
            }
        }
        prop_assert_eq!(tombstones(&world.tables, 1), Ok(vec![]));
    }

    #[test]
    fn what_was_accepted_makes_no_difference_the_second_time(changes in prop::collection::vec(change(), 1..8)) {
        let mut world = World::new();
        let command = world.command(changes);
        if let Decision::Accepted(_) = world.decide(&command) {
            let again = world.accepted(command);
            let actions = actions(&again);
            prop_assert!(actions.iter().all(|action| matches!(*action, "unchanged" | "absent")), "{:?}", actions);
            prop_assert!(again.writes.is_empty());
        }
    }
}
