//! Paths, gateways and what they share.

use super::*;
use crate::session::Session;
use crate::{change_set, code};

/// What a gateway serves when the settings say nothing.
const WORKSPACES_PER_GATEWAY_MAX: usize = 30;

/// Workspaces `a` and `b` with an API of the path `orders` each.
fn two_workspaces() -> World {
    let mut world = World::new();
    world.ok(vec![
        workspace("a"),
        workspace("b"),
        gateway("one"),
        gateway("two"),
        api("workspaces/a/apis/x", "orders"),
        api("workspaces/b/apis/y", "/Orders/"),
    ]);
    world
}

#[test]
fn one_path_on_separate_gateways_is_fine_and_on_a_shared_one_refused() {
    let mut world = two_workspaces();
    world.ok(vec![link("gateways/one/links/a", "a"), link("gateways/two/links/b", "b")]);
    let shared = || vec![link("gateways/one/links/b", "b")];
    world.refused_once(
        shared(),
        code::CONFLICT,
        "the path `orders` is taken on gateway `one` by `workspaces/a/apis/x`",
    );
    // Another path, or no API there any more, and the gateway may be shared.
    world.ok(vec![api("workspaces/b/apis/y", "bills"), link("gateways/one/links/b", "b")]);
    world.refused_once(vec![api("workspaces/b/apis/y", "ORDERS")], code::CONFLICT, "on gateway `one`");
    world.refused_once(vec![api("workspaces/b/apis/z", "orders/")], code::CONFLICT, "on gateway `one`");
    world.ok(vec![delete("workspaces/a/apis/x"), api("workspaces/b/apis/z", "orders")]);
}

#[test]
fn a_link_that_moves_to_another_workspace_is_held_against_the_paths_there() {
    let mut world = two_workspaces();
    world.ok(vec![workspace("c"), link("gateways/one/links/a", "a"), link("gateways/one/links/m", "c")]);
    world.refused_once(
        vec![link("gateways/one/links/m", "b")],
        code::CONFLICT,
        "`orders` is taken on gateway `one`",
    );
    world.ok(vec![delete("gateways/one/links/a"), link("gateways/one/links/m", "b")]);
}

#[test]
fn within_a_workspace_a_path_is_taken_at_once() {
    let mut world = two_workspaces();
    world.refused_once(vec![api("workspaces/a/apis/z", "orders")], code::CONFLICT, "in the same workspace");
    let both = vec![api("workspaces/a/apis/x", "new"), api("workspaces/a/apis/z", "NEW/")];
    world.refused_pair(both, "in the same workspace");
}

impl World {
    /// Refused, with the same words for both sides of a conflict.
    #[track_caller]
    fn refused_pair(&mut self, changes: Vec<AdmittedChange>, part: &str) {
        let violations = self.refused(changes);
        assert!(violations.iter().all(|violation| violation.message.contains(part)), "{violations:#?}");
    }
}

#[test]
fn the_services_own_apis_share_the_default_gateway_through_its_link() {
    let mut world = two_workspaces();
    world.ok(vec![api("apis/o", "orders"), link("gateways/default/links/a", "a")]);
    let own = || link("gateways/default/links/service", "");
    world.refused_pair(vec![own()], "taken on gateway `default` by `workspaces/a/apis/x`");
    world.ok(vec![api("apis/o", "other"), own()]);
    world.refused_pair(vec![api("apis/o", "orders")], "on gateway `default`");
    world.refused_once(
        vec![link("gateways/one/links/service", "")],
        code::INVALID,
        "only the default gateway",
    );
}

fn version(name: &str, set: &str, version: &str) -> AdmittedChange {
    let spec = v1::Api { api_version_set_id: set.into(), api_version: version.into(), ..api_spec("orders") };
    put(name, Spec::Api(spec))
}

#[test]
fn versions_of_a_set_and_revisions_of_an_api_share_their_path() {
    let mut world = World::new();
    let set = |id: &str| {
        let spec = v1::ApiVersionSet {
            display_name: id.into(),
            versioning_scheme: "Segment".into(),
            ..Default::default()
        };
        put(&format!("apiVersionSets/{id}"), Spec::ApiVersionSet(spec))
    };
    world.ok(vec![set("s"), set("t")]);
    world.ok(vec![version("apis/a", "apiVersionSets/s", ""), version("apis/b", "apiVersionSets/s", "v1")]);
    world.ok(vec![
        version("apis/c", "apiVersionSets/S", "v2"),
        version("apis/b;rev=2", "apiVersionSets/s", "v1"),
    ]);
    world.refused_pair(vec![version("apis/d", "apiVersionSets/s", "V1")], "is taken in the same");
    world.refused_pair(vec![version("apis/d", "apiVersionSets/t", "v9")], "is taken in the same");
    world.refused_pair(vec![api("apis/d", "orders")], "is taken in the same");
}

#[test]
fn many_workspaces_hold_one_path_on_gateways_of_their_own() {
    let mut world = World::new();
    for index in 0..60 {
        let id = format!("team{index}");
        world.ok(vec![
            workspace(&id),
            gateway(&id),
            link(&format!("gateways/{id}/links/own"), &id),
            api(&format!("workspaces/{id}/apis/orders"), "orders"),
        ]);
    }
}

#[test]
fn a_gateway_serves_workspaces_up_to_its_bound_and_the_default_one_more() {
    let mut world = World::new();
    world.ok(vec![gateway("one")]);
    let ids: Vec<String> = (0..=WORKSPACES_PER_GATEWAY_MAX).map(|index| format!("w{index}")).collect();
    world.ok(ids.iter().map(|id| workspace(id)).collect());
    for id in &ids[..WORKSPACES_PER_GATEWAY_MAX] {
        world.ok(vec![link(&format!("gateways/one/links/{id}"), id)]);
    }
    let last = &ids[WORKSPACES_PER_GATEWAY_MAX];
    let one_more = || link(&format!("gateways/one/links/{last}"), last);
    world.refused_once(vec![one_more()], code::LIMIT, "at most 30 workspaces");
    world.ok(vec![delete("gateways/one/links/w0"), one_more()]);
    for id in &ids {
        world.ok(vec![link(&format!("gateways/default/links/{id}"), id)]);
    }
}

#[test]
fn a_gateway_is_linked_with_a_workspace_once() {
    let mut world = two_workspaces();
    world.ok(vec![link("gateways/one/links/a", "a")]);
    world.refused_once(
        vec![link("gateways/one/links/again", "A")],
        code::CONFLICT,
        "by `gateways/one/links/a`",
    );
    world.ok(vec![link("gateways/two/links/a", "a")]);
}

#[test]
fn a_dedicated_gateway_serves_its_workspace_alone() {
    let mut world = two_workspaces();
    world.ok(vec![delete("workspaces/b/apis/y")]);
    world.ok(vec![dedicated("mine", "a"), link("gateways/mine/links/a", "a")]);
    world.refused_once(
        vec![link("gateways/mine/links/b", "b")],
        code::CONFLICT,
        "dedicated to another workspace",
    );
    world.ok(vec![link("gateways/one/links/b", "b")]);
    world.refused_once(vec![dedicated("one", "a")], code::CONFLICT, "by `gateways/one/links/b`");
    world.ok(vec![dedicated("one", "b")]);
    world.refused_once(vec![dedicated("default", "a")], code::INVALID, "everybody's");
    world.refused_once(vec![dedicated("two", "none")], code::NOT_FOUND, "`workspaces/none` does not exist");
}

fn with_hostnames(id: &str, hostnames: &[&str]) -> AdmittedChange {
    let hostnames = hostnames.iter().map(ToString::to_string).collect();
    let spec = v1::Gateway { display_name: id.into(), hostnames, ..Default::default() };
    put(&format!("gateways/{id}"), Spec::Gateway(spec))
}

#[test]
fn a_hostname_leads_to_one_gateway() {
    let mut world = two_workspaces();
    world.ok(vec![with_hostnames("one", &["api.example.com", "b.test"])]);
    world.refused_once(
        vec![with_hostnames("two", &["API.example.com"])],
        code::CONFLICT,
        "taken by another gateway",
    );
    for reserved in ["hanse.example.com", "x.gateway.example.com", "x.link.example.com"] {
        world.refused_once(vec![with_hostnames("two", &[reserved])], code::CONFLICT, "default hostnames are");
    }
    world.ok(vec![with_hostnames("one", &[]), with_hostnames("two", &["api.example.com"])]);
}

#[test]
fn default_hostnames_stay_when_a_link_moves() {
    let mut world = two_workspaces();
    world.ok(vec![link("gateways/one/links/main", "a")]);
    let hostname = |world: &World| match world.spec("gateways/one/links/main") {
        Spec::GatewayLink(link) => link.default_hostname,
        other => panic!("{other:?}"),
    };
    let before = hostname(&world);
    assert!(before.starts_with("main-") && before.ends_with(".link.example.com"), "{before}");
    world.ok(vec![link("gateways/one/links/main", "b")]);
    assert_eq!(hostname(&world), before);
}

fn passing(name: &str, workspace: &str, to: &str) -> AdmittedChange {
    let (workspace, passes_on_to) = (format!("workspaces/{workspace}"), format!("gateways/{to}"));
    put(name, Spec::GatewayLink(v1::GatewayLink { workspace, passes_on_to, ..Default::default() }))
}

#[test]
fn a_link_passes_on_to_a_gateway_that_serves_the_workspace() {
    let mut world = two_workspaces();
    let moved = |to| passing("gateways/one/links/a", "a", to);
    world.ok(vec![link("gateways/one/links/a", "a")]);
    world.refused_once(vec![moved("one")], code::CONFLICT, "to itself");
    world.refused_once(vec![moved("two")], code::CONFLICT, "`gateways/two` has no link to the workspace");
    assert_eq!(world.refused(vec![moved("nowhere")]).len(), 1);
    world.ok(vec![moved("two"), link("gateways/two/links/a", "a")]);
    // What others rely on stays.
    let back = passing("gateways/two/links/a", "a", "one");
    assert_eq!(world.refused(vec![back.clone()]).len(), 2, "neither serves");
    let relied_on = "`gateways/one/links/a` passes requests on to it";
    world.refused_once(vec![delete("gateways/two/links/a")], code::CONFLICT, relied_on);
    world.refused_once(vec![link("gateways/two/links/a", "b")], code::CONFLICT, relied_on);
    assert!(!world.refused(vec![delete("gateways/two")]).is_empty());
    // Back in one command, and forth again.
    world.ok(vec![link("gateways/one/links/a", "a"), back]);
    world.ok(vec![moved("two"), link("gateways/two/links/a", "a")]);
    // A workspace takes all of it along.
    world.ok(vec![delete("workspaces/a")]);
    assert!(world.get("gateways/one/links/a").is_none());
    world.ok(vec![delete("gateways/two")]);
}

#[test]
fn links_of_others_are_named_only_to_who_may_read_them() {
    let mut world = World::new();
    world.ok(vec![
        workspace("a"),
        workspace("b"),
        gateway("one"),
        gateway("two"),
        passing("gateways/one/links/a", "a", "two"),
        link("gateways/two/links/a", "a"),
        link("gateways/two/links/b", "b"),
    ]);
    let stranger = Account { id: "eve".into(), ..Account::default() };
    let stranger = Principal { who: Some(Who::Account(stranger)) };
    for (change, known, unknown) in [
        (
            delete("gateways/two/links/a"),
            "`gateways/one/links/a` passes requests on to it",
            "another link passes requests on to it",
        ),
        (
            dedicated("two", "a"),
            "it serves another workspace too, by `gateways/two/links/b`; a dedicated",
            "it serves another workspace too; a dedicated",
        ),
    ] {
        let said_to = |principal: &Principal| {
            let command = world.command(vec![change.clone()]);
            let Some(command::Action::Apply(apply)) = &command.action else { unreachable!("an apply") };
            let Ok(state) = stored::state(&world.tables);
            let revision = world.revision + 1;
            let Ok(mut session) =
                Session::open(&world.tables, state, &command, principal, revision, &world.bounds);
            let Ok(_) = change_set::decide(&mut session, apply);
            let refusal = session.violations.into_rejection().expect("a refusal");
            refusal.violations[0].message.clone()
        };
        let (to_reader, to_stranger) = (said_to(&administrator()), said_to(&stranger));
        assert!(to_reader.starts_with(known), "{to_reader}");
        assert!(to_stranger.starts_with(unknown) && !to_stranger.contains("links/"), "{to_stranger}");
    }
}

#[test]
fn a_path_is_taken_on_the_gateway_that_passes_it_on() {
    let mut world = two_workspaces();
    world.ok(vec![
        api("workspaces/a/apis/x", "moved"),
        link("gateways/two/links/a", "a"),
        passing("gateways/one/links/a", "a", "two"),
        link("gateways/one/links/b", "b"),
    ]);
    let same = || vec![api("workspaces/b/apis/x", "moved")];
    world.refused_once(same(), code::CONFLICT, "on gateway `one`");
    world.ok(vec![delete("gateways/one/links/a")]);
    world.ok(same());
}

#[test]
fn a_bound_hostname_is_at_one_gateway() {
    let mut world = two_workspaces();
    let bound = |name: &str, hostname: &str| {
        let hostname = hostname.to_owned();
        put(name, Spec::HostnameBinding(v1::HostnameBinding { hostname, ..Default::default() }))
    };
    world.ok(vec![bound("gateways/one/hostnameBindings/h", "api.acme.test")]);
    for other in
        [bound("gateways/two/hostnameBindings/h", "API.acme.test"), with_hostnames("two", &["api.acme.test"])]
    {
        world.refused_once(vec![other], code::CONFLICT, "is taken by another gateway");
    }
    let reserved = bound("gateways/two/hostnameBindings/h", "x.gateway.example.com");
    world.refused_once(vec![reserved], code::CONFLICT, "lies where default hostnames are");
    world.ok(vec![
        delete("gateways/one/hostnameBindings/h"),
        bound("gateways/two/hostnameBindings/h", "api.acme.test"),
    ]);
}
