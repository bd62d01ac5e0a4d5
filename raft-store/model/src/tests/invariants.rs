//! Random commands over many kinds: what always holds, and that the past is told as it was.

use super::*;
use crate::references::all_targets;
use crate::session::spec_of;
use crate::view::View;
use crate::{Difference, PastError, state_before, tombstones, undelete};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Step {
    Apply { changes: Vec<AdmittedChange>, owner: String },
    Purge,
}

/// One of the few names and contents that meet again and again. Links are named for what they link,
/// because one that changes hands cannot lose its target in the same command.
fn change() -> impl Strategy<Value = AdmittedChange> {
    (0_u8..16, 0_u8..2, 0_u8..2, 1_u8..4, 0_u8..9).prop_map(|(what, workspace_id, id, other, how)| {
        let scope = match workspace_id {
            0 => String::new(),
            id => format!("workspaces/w{id}/"),
        };
        let its_workspace = workspace_id.max(1);
        let is_current = match how {
            6 | 7 => Some(true),
            8 => Some(false),
            _ => None,
        };
        let in_set = |version: &str| v1::Api {
            api_version_set_id: format!("{scope}apiVersionSets/s"),
            api_version: version.into(),
            ..api_spec("versions")
        };
        let change = match what {
            0 => workspace(&format!("w{its_workspace}")),
            1 => {
                let spec = v1::Api { is_current, ..api_spec(&format!("path{other}")) };
                put(&format!("{scope}apis/a{id}"), Spec::Api(spec))
            }
            2 | 3 => {
                let spec =
                    v1::Api { is_current, service_url: format!("http://h{other}"), ..Default::default() };
                put(&format!("{scope}apis/a{id};rev={}", other.max(2)), Spec::Api(spec))
            }
            4 => {
                let api_id = match other {
                    1 => format!("{scope}apis/a{id}"),
                    number => format!("{scope}apis/a{id};rev={number}"),
                };
                let spec = v1::ApiRelease { api_id, ..Default::default() };
                put(&format!("{scope}apis/a{id}/releases/r{other}"), Spec::ApiRelease(spec))
            }
            5 => operation(
                &format!("{scope}apis/a{id}/operations/o{other}"),
                "GET",
                &format!("/{}", other % 2),
            ),
            6 => product(&format!("{scope}products/p{id}"), &format!("P{other}")),
            7 => product_link(
                &format!("{scope}products/p{id}/apiLinks/a{}", other % 2),
                &format!("apis/a{}", other % 2),
            ),
            8 => subscription(
                &format!("{scope}subscriptions/s{id}"),
                &format!("products/p{}", other % 2),
                "active",
            ),
            9 => subscription(
                &format!("{scope}subscriptions/t{id}"),
                &format!("apis/a{}", other % 2),
                "active",
            ),
            10 => named_value(&format!("{scope}namedValues/n{id}"), &format!("v{other}"), "1"),
            11 => with_facts(
                policy(&format!("{scope}apis/a{id}/policies/policy")),
                &[&format!("{scope}apis/a{}", other % 2)],
                &[&format!("v{other}")],
            ),
            12 => dedicated(&format!("g{its_workspace}"), &format!("w{its_workspace}")),
            13 => link(&format!("gateways/g{other}/links/w{its_workspace}"), &format!("w{its_workspace}")),
            14 => version_set(&scope, ["Segment", "Query", "Header"][usize::from(other) % 3]),
            _ => {
                let version = ["", "v1", "v2"][usize::from(other) % 3];
                put(&format!("{scope}apis/m{id}"), Spec::Api(in_set(version)))
            }
        };
        if how > 1 {
            return change;
        }
        let Some(Change::Put(put)) = change.change else { unreachable!("all of these are puts") };
        let name = put.resource.map(|resource| resource.name).unwrap_or_default();
        let change = Some(Change::Delete(Delete { name, cascade: how == 1 }));
        AdmittedChange { change, if_etag: String::new() }
    })
}

fn version_set(scope: &str, scheme: &str) -> AdmittedChange {
    let spec = v1::ApiVersionSet {
        display_name: "S".into(),
        versioning_scheme: scheme.into(),
        version_query_name: "v".into(),
        version_header_name: "V".into(),
        ..Default::default()
    };
    put(&format!("{scope}apiVersionSets/s"), Spec::ApiVersionSet(spec))
}

fn step() -> impl Strategy<Value = Step> {
    let owner = prop_oneof![Just(""), Just("one"), Just("two")];
    prop_oneof![
        7 => (prop::collection::vec(change(), 1..4), owner)
            .prop_map(|(changes, owner)| Step::Apply { changes, owner: owner.into() }),
        1 => Just(Step::Purge),
    ]
}

fn commands(world: &World, step: &Step) -> Vec<Command> {
    match step {
        Step::Apply { changes, owner } => {
            let apply = ApplyCommand { changes: changes.clone(), owner: owner.clone(), ..Default::default() };
            vec![Command { action: Some(command::Action::Apply(apply)), ..world.command(Vec::new()) }]
        }
        Step::Purge => {
            let Ok(roots) = tombstones(&world.tables, 2);
            let purge = |root| world.by_system(command::Action::Purge(PurgeCommand { root }));
            roots.into_iter().map(purge).collect()
        }
    }
}

type Contents = BTreeMap<Vec<u8>, StoredResource>;

/// What is visible, without what only says when and by whom it was written.
fn contents(world: &World) -> Contents {
    let Ok(view) = View::open(&world.tables);
    let Ok(rows) = world.tables.range(Table::Resources, &[], &[], usize::MAX);
    let visible = rows.into_iter().filter(|(key, _)| {
        let Ok(hidden) = view.hidden_by(key);
        hidden.is_none()
    });
    visible.map(|(key, value)| (key, plain(stored::decode(&value)))).collect()
}

fn plain(mut stored: StoredResource) -> StoredResource {
    let resource = stored.resource.as_mut().expect("a resource");
    if let Some(Spec::Api(api)) = &mut resource.spec {
        api.is_current = Some(crate::revisions::is_current(&resource.name, api));
    }
    *resource = Resource {
        name: resource.name.clone(),
        owner: resource.owner.clone(),
        spec: resource.spec.take(),
        ..Resource::default()
    };
    stored
}

/// The contents of a kept revision, from the present ones and the differences.
fn contents_before(world: &World, present: &Contents, revision: u64) -> Option<Contents> {
    let Ok(answer) = state_before(&world.tables, None, revision);
    let differences = match answer {
        Err(PastError::TooOld(_)) => return None,
        answer => answer.expect("little has changed"),
    };
    let mut contents = present.clone();
    for Difference { name, then, now } in differences {
        let key = crate::keys::of(&hanse_proto::key_of(&name));
        assert_eq!(contents.remove(&key), now.map(plain), "{name}");
        if let Some(then) = then {
            contents.insert(key, plain(then));
        }
    }
    Some(contents)
}

fn check_invariants(contents: &Contents) {
    let mut current: BTreeMap<String, Vec<&v1::Api>> = BTreeMap::new();
    let mut all: BTreeMap<String, Vec<&v1::Api>> = BTreeMap::new();
    let mut uniques = BTreeSet::new();
    for (key, stored) in contents {
        let resource = stored.resource.as_ref().expect("a resource");
        let name = Name::parse(&resource.name).expect("a name");
        if let Some(parent) = crate::keys::parent(key) {
            assert!(contents.contains_key(parent), "{name} has no parent");
        }
        for target in all_targets(&name, stored) {
            let target_key = crate::keys::of(&target.key());
            assert!(contents.contains_key(&target_key), "{name} refers to {target}, which is not there");
        }
        let scope = name.scope();
        let unique = match spec_of(stored) {
            Spec::Api(api) => {
                let root = name.key().split(";rev=").next().unwrap_or_default().to_owned();
                all.entry(root.clone()).or_default().push(api);
                if api.is_current == Some(true) {
                    current.entry(root).or_default().push(api);
                }
                (!name.id().contains(";rev="))
                    .then(|| format!("path {scope} {} {}", api.path, api.api_version))
            }
            Spec::Operation(spec) => {
                let api = name.parent().expect("an API");
                Some(format!("operation {api} {} {}", spec.method, spec.url_template))
            }
            Spec::Product(spec) => Some(format!("product {scope} {}", spec.display_name)),
            Spec::NamedValue(spec) => Some(format!("named value {scope} {}", spec.display_name)),
            _ => None,
        };
        if let Some(unique) = unique {
            assert!(uniques.insert(unique.clone()), "there are two of {unique}");
        }
    }
    for (root, revisions) in &all {
        let current = current.get(root).map_or(&[][..], Vec::as_slice);
        assert_eq!(current.len(), 1, "current revisions of {root}");
        let common = |api: &v1::Api| (api.path.clone(), api.display_name.clone(), api.api_version.clone());
        assert!(revisions.iter().all(|api| common(api) == common(current[0])), "{root} is one API");
    }
}

fn small() -> World {
    let mut world = World::new();
    let mut changes = vec![workspace("w1"), user("users/ann")];
    for scope in ["", "workspaces/w1/"] {
        changes.extend([
            api(&format!("{scope}apis/a0"), "path1"),
            api(&format!("{scope}apis/a1"), "path2"),
            put(&format!("{scope}apis/a0;rev=2"), Spec::Api(v1::Api::default())),
            product(&format!("{scope}products/p0"), "P1"),
            version_set(scope, "Query"),
        ]);
    }
    changes.extend((1..4).map(|id| gateway(&format!("g{id}"))));
    world.ok(changes);
    world.bounds =
        Bounds { changes_max: 60, requests_max: 5, purge_steps: 2, subtree_rows_max: 4, ..Bounds::default() };
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_the_invariants_hold_and_the_past_is_as_it_was(
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let mut world = small();
        let mut log = Vec::new();
        let mut past = BTreeMap::from([(world.revision, contents(&world))]);
        for step in &steps {
            for command in commands(&world, step) {
                let before = world.tables.clone();
                let decision = world.decide(&command);
                if matches!(decision, Decision::Rejected(_)) {
                    prop_assert_eq!(&before, &world.tables, "a rejection changes nothing");
                }
                log.push((command, decision));
                let present = contents(&world);
                check_invariants(&present);
                for (revision, then) in &past {
                    if let Some(told) = contents_before(&world, &present, *revision) {
                        prop_assert_eq!(&told, then, "revision {}", revision);
                    }
                }
                past.insert(world.revision, present);
            }
        }
        let mut replica = small();
        for (command, decision) in &log {
            prop_assert_eq!(&replica.decide(command), decision);
        }
        prop_assert_eq!(&replica.tables, &world.tables);
    }

    #[test]
    fn every_kept_revision_can_be_gone_back_to(
        steps in prop::collection::vec(step(), 1..20), at in any::<prop::sample::Index>(),
    ) {
        let mut world = small();
        let mut past = vec![(world.revision, contents(&world))];
        for step in &steps {
            for command in commands(&world, step) {
                world.decide(&command);
                past.push((world.revision, contents(&world)));
            }
        }
        while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
            world.purge(root);
        }
        let (revision, then) = at.get(&past);
        let Ok(answer) = state_before(&world.tables, None, *revision);
        if let Ok(differences) = answer {
            world.ok(differences.iter().map(Difference::change).collect());
            prop_assert_eq!(&contents(&world), then);
        }
    }

    #[test]
    fn what_a_deletion_took_comes_back_whole(
        steps in prop::collection::vec(step(), 1..20), at in any::<prop::sample::Index>(), cascade in any::<bool>(),
        purges in 0_usize..4,
    ) {
        let mut world = small();
        for step in &steps {
            for command in commands(&world, step) {
                world.decide(&command);
            }
        }
        let before = contents(&world);
        let names: Vec<String> = before.values().map(|stored| stored.resource.as_ref().expect("full").name.clone()).collect();
        let root = at.get(&names).clone();
        let change = Some(Change::Delete(Delete { name: root.clone(), cascade }));
        let command = world.command(vec![AdmittedChange { change, if_etag: String::new() }]);
        // Lets nothing of the past go, so that all of it can come back.
        world.bounds.changes_max = 1_000;
        if let Decision::Accepted(_) = world.decide(&command) {
            for _ in 0..purges {
                if let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
                    world.purge(root);
                }
            }
            let Ok(answer) = undelete(&world.tables, &Name::parse(&root).expect("a name"));
            let differences = answer.expect("kept").differences;
            while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
                world.purge(root);
            }
            world.ok(differences.iter().map(Difference::change).collect());
            prop_assert_eq!(contents(&world), before);
        }
    }
}
