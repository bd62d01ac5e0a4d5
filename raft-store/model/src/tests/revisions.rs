//! Revisions, releases and version sets: one API, one current revision, told apart by version.

use super::*;
use crate::code;

fn revision(number: u32) -> AdmittedChange {
    put(&format!("apis/x;rev={number}"), Spec::Api(v1::Api::default()))
}

fn flagged(name: &str, is_current: bool) -> AdmittedChange {
    put(name, Spec::Api(v1::Api { is_current: Some(is_current), ..api_spec("x") }))
}

fn release(id: &str, api_id: &str) -> AdmittedChange {
    let spec = v1::ApiRelease { api_id: api_id.into(), ..Default::default() };
    put(&format!("apis/x/releases/{id}"), Spec::ApiRelease(spec))
}

fn api_of(world: &World, name: &str) -> v1::Api {
    let Spec::Api(api) = world.spec(name) else { panic!("{name} is an API") };
    api
}

/// Ids of the current revisions; there is always exactly one.
fn current(world: &World) -> String {
    let mut current = Vec::new();
    for name in ["apis/x", "apis/x;rev=2", "apis/x;rev=3"] {
        if world.get(name).is_some() && crate::revisions::is_current(name, &api_of(world, name)) {
            current.push(name);
        }
    }
    current.join(" ")
}

fn with_revisions() -> World {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x"), revision(2), revision(3)]);
    world
}

#[test]
fn a_release_makes_its_revision_current_in_the_same_commit() {
    let mut world = with_revisions();
    assert_eq!(current(&world), "apis/x");
    let accepted = world.ok(vec![release("r1", "apis/x;rev=2")]);
    assert_eq!(current(&world), "apis/x;rev=2");
    assert_eq!(recorded(&accepted), ["created apis/x/releases/r1", "updated apis/x", "updated apis/x;rev=2"]);
    let results: Vec<&str> = accepted.applied.results.iter().map(|result| result.name.as_str()).collect();
    assert_eq!(results, ["apis/x/releases/r1", "apis/x", "apis/x;rev=2"]);
    // Back again, by another release; and the number of the first revision names it as well.
    world.ok(vec![release("r2", "apis/x")]);
    assert_eq!(current(&world), "apis/x");
    world.ok(vec![release("r3", "apis/x;rev=3")]);
    world.ok(vec![release("r4", "apis/x;rev=1")]);
    assert_eq!(current(&world), "apis/x");
    let Spec::ApiRelease(stored) = world.spec("apis/x/releases/r4") else { panic!("a release") };
    assert_eq!(stored.api_id, "apis/x");
    // A release that was, put again, releases nothing.
    let again = world.ok(vec![release("r3", "apis/x;rev=3")]);
    assert!(again.changes.is_empty());
    world.refused_once(vec![release("r5", "apis/x;rev=9")], code::NOT_FOUND, "does not exist");
}

#[test]
fn a_put_makes_its_revision_current_and_leaves_it_so() {
    let mut world = with_revisions();
    let accepted = world.ok(vec![flagged("apis/x;rev=3", true)]);
    assert_eq!(current(&world), "apis/x;rev=3");
    assert_eq!(actions(&accepted)[0], "updated");
    // Manifests that say nothing of it change nothing.
    let again = world.ok(vec![api("apis/x", "x"), revision(2), revision(3)]);
    assert!(again.changes.is_empty(), "{:?}", recorded(&again));
    world.ok(vec![flagged("apis/x;rev=3", false), flagged("apis/x", true)]);
    assert_eq!(current(&world), "apis/x");
}

#[test]
fn an_api_that_comes_with_its_releases_is_as_its_flag_says() {
    let mut world = World::new();
    let changes = vec![
        flagged("apis/x", false),
        flagged("apis/x;rev=2", true),
        revision(3),
        release("r1", "apis/x"),
        release("r3", "apis/x;rev=3"),
    ];
    world.ok(changes);
    assert_eq!(current(&world), "apis/x;rev=2");
    // So is one that comes back.
    for name in ["apis/x", "apis/x/releases/r1"] {
        let deleted = Change::Delete(Delete { name: name.into(), cascade: true });
        world.ok(vec![AdmittedChange { change: Some(deleted), if_etag: String::new() }]);
        let Ok(differences) = crate::undelete(&world.tables, &Name::parse(name).expect("a name"));
        world.ok(differences.expect("kept").differences.iter().map(crate::Difference::change).collect());
        assert_eq!(current(&world), "apis/x;rev=2");
    }
}

#[test]
fn an_api_always_has_one_current_revision() {
    let mut world = World::new();
    world.refused_once(vec![flagged("apis/x", false)], code::CONFLICT, "an API always has one");
    let mut world = with_revisions();
    world.refused_once(vec![flagged("apis/x", false)], code::CONFLICT, "an API always has one");
    world.refused_once(
        vec![flagged("apis/x", true), flagged("apis/x;rev=2", true)],
        code::CONFLICT,
        "would be the current revision too",
    );
    world.refused_once(
        vec![release("a", "apis/x;rev=2"), release("b", "apis/x;rev=3")],
        code::CONFLICT,
        "another release",
    );
    world.refused_once(
        vec![release("a", "apis/x;rev=2"), flagged("apis/x;rev=3", true)],
        code::CONFLICT,
        "releases another revision",
    );
    assert_eq!(current(&world), "apis/x");
    // An API that comes with all its releases is as its flags say.
    let mut copy = World::new();
    copy.ok(vec![
        release("r1", "apis/x"),
        release("r2", "apis/x;rev=2"),
        flagged("apis/x;rev=2", true),
        api("apis/x", "x"),
    ]);
    assert_eq!(current(&copy), "apis/x;rev=2");
    // Offline and current is allowed.
    let offline = v1::Api { is_online: Some(false), ..api_spec("x") };
    world.ok(vec![put("apis/x", Spec::Api(offline))]);
}

#[test]
fn the_current_revision_is_deleted_only_where_another_takes_its_place() {
    let mut world = with_revisions();
    world.ok(vec![release("r", "apis/x;rev=2")]);
    world.refused_once(vec![delete("apis/x;rev=2")], code::CONFLICT, "it is the current revision");
    world.ok(vec![delete("apis/x;rev=2"), flagged("apis/x;rev=3", true)]);
    assert_eq!(current(&world), "apis/x;rev=3");
    assert!(world.get("apis/x/releases/r").is_none(), "releases go with their revision");
    world.ok(vec![cascade("apis/x;rev=3")]);
    assert_eq!(current(&world), "apis/x");
    world.ok(vec![revision(2)]);
    world.ok(vec![delete("apis/x;rev=2")]);
}

fn cascade(name: &str) -> AdmittedChange {
    AdmittedChange {
        change: Some(Change::Delete(Delete { name: name.into(), cascade: true })),
        if_etag: String::new(),
    }
}

#[test]
fn a_new_revision_takes_over_what_all_have_in_common() {
    let mut world = World::new();
    let spec = v1::Api {
        description: "D".into(),
        protocols: vec!["http".into()],
        subscription_required: Some(false),
        ..api_spec("x")
    };
    world.ok(vec![put("apis/x", Spec::Api(spec.clone()))]);
    let service_url = "https://two.test".to_owned();
    world.ok(vec![put(
        "apis/x;rev=2",
        Spec::Api(v1::Api { service_url: service_url.clone(), ..Default::default() }),
    )]);
    assert_eq!(api_of(&world, "apis/x;rev=2"), v1::Api { service_url, ..spec });
}

#[test]
fn what_revisions_have_in_common_is_changed_on_the_current_one() {
    type Edit = fn(&mut v1::Api);
    let edits: [(&str, Edit); 8] = [
        ("displayName", |api| api.display_name = "Other".into()),
        ("type", |api| api.r#type = "soap".into()),
        ("description", |api| api.description = "Other".into()),
        ("subscriptionRequired", |api| api.subscription_required = Some(false)),
        ("apiVersion", |api| api.api_version = "v2".into()),
        ("apiVersionDescription", |api| api.api_version_description = "Other".into()),
        ("path", |api| api.path = "other".into()),
        ("protocols", |api| api.protocols = vec!["http".into()]),
    ];
    let set = v1::ApiVersionSet {
        display_name: "S".into(),
        versioning_scheme: "Segment".into(),
        ..Default::default()
    };
    let versioned =
        v1::Api { api_version: "v1".into(), api_version_set_id: "apiVersionSets/s".into(), ..api_spec("x") };
    for (field, edit) in edits {
        let mut world = World::new();
        world.ok(vec![
            put("apiVersionSets/s", Spec::ApiVersionSet(set.clone())),
            put("apis/x", Spec::Api(versioned.clone())),
            revision(2),
        ]);
        let mut edited = versioned.clone();
        edit(&mut edited);
        let change = |name: &str| put(name, Spec::Api(edited.clone()));
        let violations = world.refused(vec![change("apis/x;rev=2")]);
        assert_eq!(violations.len(), 1, "{violations:#?}");
        assert_eq!(violations[0].field, field);
        assert_eq!(violations[0].message, "it cannot be changed on a revision that is not current");

        // On the current one it changes for all of them.
        let accepted = world.ok(vec![change("apis/x")]);
        assert_eq!(recorded(&accepted), ["updated apis/x", "updated apis/x;rev=2"], "{field}");
        assert_eq!(api_of(&world, "apis/x;rev=2"), edited, "{field}");
        // And what the plain id says no longer counts when it is not current.
        world.ok(vec![release("r", "apis/x;rev=2")]);
        let mut present = edited.clone();
        present.is_current = None;
        assert!(world.ok(vec![put("apis/x", Spec::Api(present))]).changes.is_empty());
        let stale = put("apis/x", Spec::Api(versioned.clone()));
        if matches!(field, "displayName" | "apiVersion" | "path") {
            world.refused_once(vec![stale], code::CONFLICT, "not current");
        } else {
            // What is absent means the present value there.
            assert!(world.ok(vec![stale]).changes.is_empty(), "{field}");
        }
    }
}

#[test]
fn numbers_of_revisions_are_digits_and_occur_once() {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x")]);
    for (bad, part) in
        [("two", "digits"), ("-1", "digits"), ("02", "revision number"), ("0", "revision number")]
    {
        let name = format!("apis/x;rev={bad}");
        world.refused_once(vec![put(&name, Spec::Api(api_spec("x")))], code::INVALID, part);
    }
    world.refused_once(vec![revision(1)], code::CONFLICT, "revision 1 is `apis/x` itself");
    world.ok(vec![
        put("apis/x", Spec::Api(v1::Api { api_revision: "7".into(), ..api_spec("x") })),
        revision(1),
    ]);
    world.refused_once(vec![revision(7)], code::CONFLICT, "revision 7 is `apis/x` itself");
}

#[test]
fn products_and_subscriptions_are_to_the_api_and_not_to_a_revision() {
    let mut world = with_revisions();
    world.ok(vec![product("products/p", "P")]);
    world.refused_once(
        vec![product_link("products/p/apiLinks/l", "apis/x;rev=2")],
        code::INVALID,
        "revision",
    );
    world.refused_once(vec![subscription("subscriptions/s", "apis/x;rev=2", "")], code::INVALID, "revision");
}

fn set(id: &str, scheme: &str) -> AdmittedChange {
    let spec = v1::ApiVersionSet {
        display_name: id.into(),
        versioning_scheme: scheme.into(),
        version_query_name: "v".into(),
        version_header_name: "V".into(),
        ..Default::default()
    };
    put(&format!("apiVersionSets/{id}"), Spec::ApiVersionSet(spec))
}

fn member(name: &str, path: &str, version: &str) -> AdmittedChange {
    let spec = v1::Api {
        api_version_set_id: "apiVersionSets/s".into(),
        api_version: version.into(),
        ..api_spec(path)
    };
    put(name, Spec::Api(spec))
}

#[test]
fn a_version_set_has_one_original_and_stays_while_it_has_members() {
    let mut world = World::new();
    world.ok(vec![set("s", "Segment"), member("apis/a", "x", ""), member("apis/b", "x", "v1")]);
    world.refused_once(
        vec![member("apis/c", "y", "")],
        code::CONFLICT,
        "without a version already: `apis/a`",
    );
    world.ok(vec![put("apis/a;rev=2", Spec::Api(v1::Api::default()))]);
    let alone = put("apis/d", Spec::Api(v1::Api { api_version: "v1".into(), ..api_spec("d") }));
    world.refused_once(vec![alone], code::INVALID, "an API with a version is in a version set");
    world.refused_once(vec![delete("apiVersionSets/s")], code::CONFLICT, "`apis/a`");
    world.ok(vec![workspace("w")]);
    let elsewhere = member("workspaces/w/apis/a", "x", "v1");
    world.refused_once(vec![elsewhere], code::NOT_FOUND, "`workspaces/w/apiVersionSets/s` does not exist");
}

#[test]
fn path_and_version_of_a_segmented_set_are_no_other_apis_path() {
    let mut world = World::new();
    world.ok(vec![set("s", "Query"), member("apis/a", "x", "v1"), api("apis/b", "x/v1")]);
    world.refused_once(vec![set("s", "Segment")], code::CONFLICT, "come to `x/v1`, the path of `apis/b`");
    world.ok(vec![api("apis/b", "x/v9"), set("s", "Segment")]);
    world.refused_once(vec![api("apis/b", "X/V1")], code::CONFLICT, "version and path of `apis/a`");
    world.refused_once(vec![member("apis/a", "x", "v9")], code::CONFLICT, "come to `x/v9`");
    world.ok(vec![set("s", "Header"), member("apis/a", "x", "v9")]);
}
