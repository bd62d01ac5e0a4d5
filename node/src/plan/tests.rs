//! What a plan says is what applying does: over a small world, by example and at random.

use super::*;
use crate::admin::{plans::must_be_planned, prune::with_deletions};
use crate::small_world::{Refused, SmallWorld};
use hanse_proto::{Kind, v1::change::Change};
use proptest::prelude::*;

struct World(SmallWorld);

impl World {
    fn new() -> World {
        World(SmallWorld::new())
    }

    /// Admits and decides, and writes nothing.
    fn plan(&self, request: &v1::ApplyRequest) -> Result<(Planned, Accepted), Refused> {
        let pruned = match request.prune {
            true => {
                with_deletions(&self.0.tables, self.0.revision, request)
                    .unwrap_or_else(|never| match never {})?
                    .request
            }
            false => request.clone(),
        };
        let admitted = self.0.admit(&pruned)?;
        let accepted = self.0.decide_apply(admitted.command.clone())?;
        let Ok(planned) = plan(&self.0.tables, &pruned, &admitted.command, &accepted);
        Ok((planned, accepted))
    }

    fn apply(&mut self, request: &v1::ApplyRequest) -> Result<Planned, Refused> {
        let (planned, accepted) = self.plan(request)?;
        self.0.keep(&accepted);
        Ok(planned)
    }

    fn done(&mut self, yaml: &str) -> v1::PlanResponse {
        self.apply(&request(yaml)).expect("accepted").response
    }

    /// Name and etag of everything there is.
    fn everything(&self) -> BTreeMap<String, String> {
        let Ok(all) = below(&self.0.tables, None, None, usize::MAX);
        let all = all.into_iter().filter_map(|stored| stored.resource);
        all.map(|resource| (resource.name, resource.etag)).collect()
    }
}

fn request(yaml: &str) -> v1::ApplyRequest {
    let parsed = hanse_manifest::parse("t.yaml", yaml, &|_| Err("no files".into()));
    assert_eq!(parsed.findings, []);
    let put = |resource| v1::Change { change: Some(Change::Put(resource)), ..Default::default() };
    v1::ApplyRequest {
        changes: parsed.resources.into_iter().map(|located| put(located.resource)).collect(),
        ..Default::default()
    }
}

fn delete(name: &str) -> v1::ApplyRequest {
    let change = v1::Change { change: Some(Change::Delete(name.into())), ..Default::default() };
    v1::ApplyRequest { changes: vec![change], ..Default::default() }
}

fn policy(scope: &str, inbound: &str) -> String {
    let name =
        if scope.is_empty() { "policies/policy".to_owned() } else { format!("{scope}/policies/policy") };
    format!(
        "name: {name}\npolicy:\n  value: '<policies><inbound>{inbound}</inbound><backend><base/></backend>\
         <outbound><base/></outbound><on-error><base/></on-error></policies>'\n---\n"
    )
}

const SHOP: &str = "name: workspaces/w\nworkspace: {displayName: W}\n---\n\
    name: gateways/g\ngateway: {displayName: G}\n---\n\
    name: gateways/g/links/w\ngatewayLink: {workspace: workspaces/w}\n---\n\
    name: workspaces/w/apis/a\napi: {displayName: A, path: a, protocols: [http]}\n---\n\
    name: workspaces/w/apis/a/operations/x\noperation: {displayName: X, method: GET, urlTemplate: /x}\n---\n\
    name: workspaces/w/apis/a/operations/y\noperation: {displayName: Y, method: GET, urlTemplate: /y}\n---\n\
    name: workspaces/w/products/p\nproduct: {displayName: P}\n---\n\
    name: workspaces/w/products/p/apiLinks/a\nproductApiLink: {apiId: workspaces/w/apis/a}\n---\n";

fn names(changes: &[v1::PlannedChange]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {}", change.action, change.name)).collect()
}

fn sections(plan: &v1::PlanResponse) -> Vec<String> {
    let mut told = Vec::new();
    for effective in &plan.effective_policies {
        let id = effective.operation.rsplit('/').next().unwrap_or_default();
        for it in &effective.sections {
            let product = if it.product.is_empty() { String::new() } else { format!(" by {}", it.product) };
            told.push(format!("{id} {}{product}: {:?} → {:?}", it.section, it.before, it.after));
        }
    }
    told
}

#[test]
fn a_change_is_told_field_by_field_with_what_it_touches() {
    let mut world = World::new();
    let plan = world.done(SHOP);
    assert_eq!((plan.created, plan.updated, plan.deleted), (8, 0, 0));
    assert_eq!(plan.gateways, ["g"]);
    assert!(plan.effective_policies.is_empty(), "what is new has no effective policy before");

    let plan =
        world.done("name: workspaces/w/apis/a\napi: {displayName: A, path: b, protocols: [http, https]}\n");
    assert_eq!(names(&plan.changes), ["updated workspaces/w/apis/a"]);
    let fields: Vec<_> =
        plan.changes[0].fields.iter().map(|it| (&*it.field, &*it.before, &*it.after)).collect();
    assert_eq!(fields, [("path", "\"a\"", "\"b\""), ("protocols[1]", "", "\"https\"")]);
    let nothing = world.done(SHOP.replace("path: a", "path: b").replace("[http]", "[http, https]").as_str());
    assert_eq!((nothing.created, nothing.updated, nothing.deleted, nothing.changes.len()), (0, 0, 0, 0));
    assert!(nothing.gateways.is_empty());
}

#[test]
fn effective_policies_are_told_along_the_whole_chain() {
    let mut world = World::new();
    world.done(SHOP);
    let header = "<set-header name=\"X\" exists-action=\"skip\"><value>1</value></set-header>";
    let forwarding = policy("", header).replace("<backend><base/></backend>", "");
    let plan = world.done(&forwarding);
    assert_eq!(plan.gateways, ["default", "g"], "the service's policy is in every chain");
    assert_eq!(
        sections(&plan),
        [
            "x inbound: [] → [\"set-header name=X exists-action=skip (global)\"]",
            "y inbound: [] → [\"set-header name=X exists-action=skip (global)\"]",
        ]
    );
    let plan = world.done(&policy("workspaces/w/apis/a/operations/x", "<set-method>GET</set-method><base/>"));
    assert_eq!(
        sections(&plan),
        ["x inbound: [\"set-header name=X exists-action=skip (global)\"] → \
          [\"set-method (operation)\", \"set-header name=X exists-action=skip (global)\"]"]
    );
    assert_eq!(plan.gateways, ["g"]);
    // A product's policy is in the chain of requests through it alone.
    let plan = world.done(&policy("workspaces/w/products/p", "<set-method>PUT</set-method>"));
    assert_eq!(
        sections(&plan),
        [
            "x inbound by p: [\"set-method (operation)\", \"set-header name=X exists-action=skip (global)\"] → \
             [\"set-method (operation)\", \"set-method (product)\"]",
            "y inbound by p: [\"set-header name=X exists-action=skip (global)\"] → [\"set-method (product)\"]",
        ]
    );
    let plan = world.apply(&delete("workspaces/w/products/p/apiLinks/a")).expect("accepted").response;
    assert_eq!(plan.effective_policies.len(), 2);
    // Without `<base/>` an API's document hides what is wider; what is below it stays.
    let plan = world.done(&policy("workspaces/w/apis/a", ""));
    assert_eq!(plan.effective_policies.len(), 2);
}

#[test]
fn a_changed_named_value_changes_the_policies_that_use_it() {
    let mut world = World::new();
    world.done(SHOP);
    let value = |value: &str| {
        format!("name: workspaces/w/namedValues/v\nnamedValue: {{displayName: v, value: {value}}}\n---\n")
    };
    let header = "<set-header name=\"X\" exists-action=\"skip\"><value>{{v}}</value></set-header>";
    world.done(&(value("1") + &policy("workspaces/w/apis/a", header)));
    let plan = world.done(&value("2"));
    assert_eq!(sections(&plan).len(), 2);
    assert!(sections(&plan)[0].ends_with("[\"set-header name=X exists-action=skip (api), changed\"]"));
    let tags = value("2").replace("value: 2", "value: 2, tags: [a]");
    assert!(world.done(&tags).effective_policies.is_empty(), "its value is the same");
}

#[test]
fn what_goes_along_with_a_deletion_is_told() {
    let mut world = World::new();
    world.done(SHOP);
    let plan = world.apply(&delete("workspaces/w")).expect("accepted").response;
    assert_eq!(plan.deleted, 7);
    assert!(names(&plan.changes).contains(&"deleted gateways/g/links/w".to_owned()));
    assert!(names(&plan.changes).contains(&"deleted workspaces/w/apis/a/operations/x".to_owned()));
    assert_eq!(plan.gateways, ["g"]);
    let left = world.everything();
    let left: Vec<_> = left.keys().filter(|name| !name.starts_with("groups/")).collect();
    assert_eq!(left, ["gateways/default", "gateways/g"]);
}

#[test]
fn a_plan_keeps_its_id_until_what_it_touches_changes() {
    let mut world = World::new();
    world.done(SHOP);
    world.done("name: workspaces/other\nworkspace: {displayName: Other}\n");
    let subscription =
        "name: workspaces/w/subscriptions/s\nsubscription: {displayName: S, scope: products/p}\n---\n";
    let wanted = request(&(policy("workspaces/w/apis/a", "<base/>") + subscription));
    let id =
        |world: &World, request: &v1::ApplyRequest| world.plan(request).expect("accepted").0.response.plan_id;
    let planned = id(&world, &wanted);
    assert_eq!(id(&world, &wanted), planned, "keys that are made up are no part of a plan");
    world.done("name: workspaces/other\nworkspace: {displayName: Elsewhere}\n");
    assert_eq!(id(&world, &wanted), planned, "a change elsewhere is no part of it either");

    let apply = v1::ApplyRequest { plan_id: planned.clone(), ..wanted.clone() };
    let check = |world: &World, request: &v1::ApplyRequest| {
        let Ok(checked) =
            must_be_planned(&world.0.tables, request, &world.plan(request).expect("accepted").0);
        checked.map_err(|status| crate::client::violations(&status))
    };
    assert!(check(&world, &apply).is_ok());
    let other = v1::ApplyRequest { changes: apply.changes[..1].to_vec(), ..apply.clone() };
    assert_eq!(check(&world, &other).expect_err("another request")[0].code, "stale");

    world.done(&policy("workspaces/w/apis/a", "<set-method>GET</set-method>"));
    let stale = check(&world, &apply).expect_err("stale");
    assert_eq!((stale[0].code.as_str(), stale[1].code.as_str()), ("stale", "stale"));
    assert_eq!(stale[1].name, "workspaces/w/apis/a/policies/policy");
    assert!(stale[1].message.contains("created by ann"), "{stale:?}");
    assert!(stale[0].hint.contains("hanse plan"));
    let nonsense = v1::ApplyRequest { plan_id: "nonsense".into(), ..wanted };
    assert_eq!(check(&world, &nonsense).expect_err("no id")[0].code, "invalid");
}

#[test]
fn a_secret_is_part_of_an_id_and_is_not_in_a_plan() {
    let mut world = World::new();
    let value = |value: &str| {
        format!("name: namedValues/v\nnamedValue: {{displayName: v, secret: true, value: {value}}}\n")
    };
    world.done(&value("first-s3cret"));
    let plan = |text: &str| world.plan(&request(&value(text))).expect("accepted").0;
    let second = plan("second-s3cret");
    assert!(!format!("{second:?}").contains("s3cret"));
    assert_ne!(second.response.plan_id, plan("third-s3cret").response.plan_id);
    let field = &second.response.changes[0].fields[0];
    assert_eq!((&*field.field, &*field.before, &*field.after), ("value", "(secret)", "(secret)"));
}

#[test]
fn prune_deletes_what_the_owner_had_and_nothing_else() {
    let mut world = World::new();
    let owned =
        |yaml: &str, owner: &str| v1::ApplyRequest { owner: owner.into(), prune: true, ..request(yaml) };
    world.apply(&owned(SHOP, "team")).expect("accepted");
    world.apply(&owned("name: workspaces/v\nworkspace: {displayName: V}\n", "others")).expect("accepted");
    world.done("name: workspaces/w/namedValues/mine\nnamedValue: {displayName: mine, value: x}\n");

    // A deleted parent covers its children.
    let without_api: String =
        SHOP.split("---\n").filter(|it| !it.contains("apis/a")).map(|it| format!("{it}---\n")).collect();
    let plan = world.apply(&owned(without_api.trim_end_matches("---\n"), "team")).expect("accepted").response;
    let mut gone = names(&plan.changes);
    gone.sort();
    assert_eq!(
        gone,
        [
            "deleted workspaces/w/apis/a",
            "deleted workspaces/w/apis/a/operations/x",
            "deleted workspaces/w/apis/a/operations/y",
            "deleted workspaces/w/products/p/apiLinks/a",
        ]
    );
    let left = world.everything();
    assert!(left.contains_key("workspaces/v") && left.contains_key("workspaces/w/namedValues/mine"));

    // What is not the owner's keeps what it is below.
    let only_gateway = owned("name: gateways/g\ngateway: {displayName: G}\n", "team");
    let refused = world.plan(&only_gateway).expect_err("somebody else's is below it");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].name, "workspaces/w/namedValues/mine");
    assert!(refused[0].message.contains("`workspaces/w`") && refused[0].message.contains("`team`"));
    let nobody = v1::ApplyRequest { prune: true, ..only_gateway.clone() };
    assert!(world.plan(&v1::ApplyRequest { owner: String::new(), ..nobody }).is_err());
    // What came in an earlier part stays.
    let kept = v1::ApplyRequest {
        keep: vec!["workspaces/w".into(), "workspaces/w/products/p".into(), "gateways/g/links/w".into()],
        ..only_gateway
    };
    assert_eq!(world.plan(&kept).expect("accepted").0.response.deleted, 0);
}

#[test]
fn prune_keeps_to_the_workspace_that_is_named() {
    let mut world = World::new();
    let workspace = |id: &str| format!("name: workspaces/{id}\nworkspace: {{displayName: {id}}}\n");
    let value =
        |id: &str| format!("name: workspaces/{id}/namedValues/v\nnamedValue: {{displayName: v, value: x}}\n");
    let owned = |yaml: String, prune_in: &str| v1::ApplyRequest {
        owner: "team".into(),
        prune: true,
        prune_in: prune_in.into(),
        ..request(&yaml)
    };
    for id in ["one", "two"] {
        let all = format!("{}---\n{}", workspace(id), value(id));
        let plan = world.apply(&owned(all, &format!("workspaces/{id}"))).expect("accepted").response;
        assert_eq!(plan.deleted, 0, "the same owner has other workspaces as well");
    }
    let plan = world.apply(&owned(workspace("two"), "workspaces/TWO")).expect("accepted").response;
    assert_eq!(names(&plan.changes), ["deleted workspaces/two/namedValues/v"]);
    let plan = world.apply(&owned(workspace("two"), "")).expect("accepted").response;
    assert_eq!(plan.deleted, 2, "without a workspace, what the owner has anywhere");
}

#[test]
fn what_comes_to_stand_below_what_is_pruned_makes_it_be_decided_again() {
    let mut world = World::new();
    world.apply(&v1::ApplyRequest { owner: "team".into(), ..request(SHOP) }).expect("accepted");
    let without_api: Vec<&str> = SHOP.split("---\n").filter(|it| !it.contains("apis/a")).collect();
    let wanted = v1::ApplyRequest {
        owner: "team".into(),
        prune: true,
        ..request(without_api.join("---\n").trim_end_matches("---\n"))
    };
    let Ok(pruned) = with_deletions(&world.0.tables, world.0.revision, &wanted);
    let pruned = pruned.expect("all of it is the owner's");
    let mut command = world.0.admit(&pruned.request).expect("admitted").command;
    command.rests_on.extend(pruned.rests_on);
    world.done(
        "name: workspaces/w/apis/a/operations/z\noperation: {displayName: Z, method: GET, urlTemplate: /z}\n",
    );
    let refused = world.0.decide_apply(command).expect_err("stale");
    assert!(refused.iter().all(|it| it.code == "stale"), "{refused:#?}");
    let refused = world.plan(&wanted).expect_err("now somebody else's is below it");
    assert_eq!(refused[0].name, "workspaces/w/apis/a/operations/z");
}

#[test]
fn effective_policies_are_bounded_at_the_bound_and_one_past_it() {
    for (operations, listed, more) in [
        (EFFECTIVE_POLICIES_MAX, EFFECTIVE_POLICIES_MAX, 0),
        (EFFECTIVE_POLICIES_MAX + 1, EFFECTIVE_POLICIES_MAX, 1),
    ] {
        let mut world = World::new();
        let mut text = "name: apis/a\napi: {displayName: A, path: a, protocols: [http]}\n".to_owned();
        for index in 0..operations {
            text.push_str(&format!(
                "---\nname: apis/a/operations/o{index}\noperation: {{displayName: O, method: GET, urlTemplate: /{index}}}\n"
            ));
        }
        world.done(&text);
        let plan = world.done(&policy("apis/a", "<set-method>GET</set-method>"));
        assert_eq!((plan.effective_policies.len(), plan.effective_policies_more), (listed, more));
    }
}

// === At random ===

/// One resource of a world of few names.
fn manifest() -> impl Strategy<Value = String> {
    (0_u8..8, 0_u8..2, 0_u8..2, 0_u8..3).prop_map(|(what, one, other, content)| match what {
        0 => format!("name: workspaces/w{one}\nworkspace: {{displayName: W{content}}}\n"),
        1 => format!(
            "name: workspaces/w{one}/apis/a{other}\napi: {{displayName: A{content}, path: p{other}, protocols: [http]}}\n"
        ),
        2 => format!(
            "name: workspaces/w{one}/apis/a{other}/operations/o{content}\n\
             operation: {{displayName: O, method: GET, urlTemplate: /{content}}}\n"
        ),
        3 => policy(
            &format!("workspaces/w{one}/apis/a{other}"),
            ["<base/>", "<set-method>GET</set-method>", ""][usize::from(content)],
        )
        .replace("---\n", ""),
        4 => format!("name: workspaces/w{one}/products/p{other}\nproduct: {{displayName: P{other}}}\n"),
        5 => format!(
            "name: workspaces/w{one}/products/p{other}/apiLinks/l\nproductApiLink: {{apiId: apis/a{other}}}\n"
        ),
        6 => format!("name: workspaces/w{one}/policies/policy\npolicy: {{value: <policies/>}}\n"),
        _ => format!("name: workspaces/w{one}/namedValues/v{other}\nnamedValue: {{displayName: v{other}, value: '{content}'}}\n"),
    })
}

fn requests() -> impl Strategy<Value = Vec<(Vec<String>, u8, bool)>> {
    prop::collection::vec((prop::collection::vec(manifest(), 1..10), 0_u8..3, any::<bool>()), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn applying_does_what_the_plan_said(requests in requests()) {
        let mut world = World::new();
        for (manifests, owner, prune) in requests {
            let mut wanted = request(&manifests.join("---\n"));
            let mut seen = Keys::new();
            wanted.changes.retain(|change| match &change.change {
                Some(Change::Put(resource)) => seen.insert(resource.name.clone()),
                _ => false,
            });
            wanted.owner = if owner == 0 { String::new() } else { format!("team{owner}") };
            wanted.prune = prune && owner > 0;
            let before = world.everything();
            let Ok((planned, _)) = world.plan(&wanted) else {
                prop_assert!(world.apply(&wanted).is_err());
                prop_assert_eq!(world.everything(), before, "what is refused changes nothing");
                continue;
            };
            let applied = world.apply(&wanted).expect("as planned");
            prop_assert_eq!(&applied, &planned);
            let after = world.everything();
            let mut expected = Vec::new();
            let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in all {
                match (before.get(name), after.get(name)) {
                    (None, Some(_)) => expected.push(format!("created {name}")),
                    (Some(_), None) => expected.push(format!("deleted {name}")),
                    (was, is) if was != is => expected.push(format!("updated {name}")),
                    _ => {}
                }
            }
            let mut said = names(&planned.response.changes);
            let by_name = |text: &String| text.split(' ').nth(1).map(str::to_owned);
            said.sort_by_key(by_name);
            expected.sort_by_key(by_name);
            prop_assert_eq!(said, expected);
            // What was just done, done again, is nothing.
            let again = world.plan(&wanted).expect("accepted again").0.response;
            prop_assert_eq!((again.created, again.updated, again.deleted), (0, 0, 0));
            prop_assert!(again.effective_policies.is_empty() && again.gateways.is_empty());
        }
    }
}

#[test]
fn every_kind_that_policies_hang_at_is_followed() {
    // A new parent of policies has to be followed by `effective`; a resolver's is in no operation's chain.
    let parents: BTreeSet<Kind> = Kind::Policy.parents().iter().copied().collect();
    let known = [Kind::Workspace, Kind::Api, Kind::Operation, Kind::Product, Kind::Resolver];
    assert!(parents.iter().all(|kind| known.contains(kind)), "{parents:?}");
}
