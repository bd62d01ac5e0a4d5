//! Each action over a small world: what it expands to is admitted and decided as the leader does.

use super::*;
use crate::admission::Admitted;
use crate::small_world::{Refused, SmallWorld};
use hanse_proto::v1::resource::Spec;

struct World(SmallWorld);

impl World {
    fn new() -> World {
        World(SmallWorld::new())
    }

    fn admit(&mut self, expansion: Expansion) -> Result<v1::ApplyCommand, Refused> {
        let request = v1::ApplyRequest { changes: expansion.changes.clone(), ..Default::default() };
        let admitted = match request.changes.is_empty() {
            true => Admitted::default(),
            false => self.0.admit(&request)?,
        };
        let mut command = admitted.command;
        expansion.complete(&mut command);
        Ok(command)
    }

    fn commit(&mut self, command: v1::ApplyCommand) -> Result<(), Refused> {
        let accepted = self.0.decide_apply(command)?;
        self.0.keep(&accepted);
        Ok(())
    }

    fn expand(&self, action: &Action) -> Result<Expansion, Refused> {
        expand(&self.0.tables, self.0.revision, action, "a-new-key".into()).map_err(|stop| match stop {
            Stop::Refused(violations) => violations,
            Stop::Store(never) => match never {},
        })
    }

    fn act(&mut self, action: Action) -> Result<(), Refused> {
        let expansion = self.expand(&action)?;
        let command = self.admit(expansion)?;
        self.commit(command)
    }

    fn done(&mut self, action: Action) {
        self.act(action).unwrap_or_else(|violations| panic!("refused: {violations:#?}"));
    }

    /// Refused with a code and some words, and nothing is changed.
    #[track_caller]
    fn refused(&mut self, action: Action, code: &str, part: &str) {
        let before = self.0.tables.clone();
        let violations = self.act(action).expect_err("refused");
        assert!(
            violations.iter().any(|it| it.code == code && it.message.contains(part)),
            "{code}: `{part}` is missing in {violations:#?}"
        );
        assert_eq!(self.0.tables, before);
    }

    fn put(&mut self, puts: Vec<(&str, Spec)>) {
        let mut expansion = Expansion::default();
        for (name, spec) in puts {
            expansion.put(name, spec);
        }
        let command = self.admit(expansion).unwrap_or_else(|it| panic!("refused: {it:#?}"));
        self.commit(command).unwrap_or_else(|it| panic!("refused: {it:#?}"));
    }

    fn try_put(&mut self, name: &str, spec: Spec) -> Result<(), Refused> {
        let mut expansion = Expansion::default();
        expansion.put(name, spec);
        let command = self.admit(expansion)?;
        self.commit(command)
    }

    fn delete(&mut self, name: &str) {
        self.try_delete(name).unwrap_or_else(|it| panic!("refused: {it:#?}"));
    }

    fn try_delete(&mut self, name: &str) -> Result<(), Refused> {
        let mut expansion = Expansion::default();
        expansion.delete(name, false);
        let command = self.admit(expansion)?;
        self.commit(command)
    }

    fn stored(&self, name: &str) -> Option<v1::StoredResource> {
        let Ok(stored) = hanse_model::get(&self.0.tables, &Name::parse(name).expect(name));
        stored
    }

    fn has(&self, name: &str) -> bool {
        self.stored(name).is_some()
    }

    #[track_caller]
    fn spec(&self, name: &str) -> Spec {
        self.stored(name).and_then(|it| it.resource).and_then(|it| it.spec).expect(name)
    }

    fn secret(&self, name: &str, path: &str) -> String {
        let stored = self.stored(name).expect(name);
        let plain = self.0.keyring.open(&stored.secrets[path]).expect("sealed here");
        String::from_utf8_lossy(&plain).into_owned()
    }

    /// Gateways that serve a workspace, and those that pass on, as `a` and `b→a`.
    fn served(&self, workspace: &str) -> String {
        let Ok(links) = hanse_model::links_of(&self.0.tables, workspace);
        let shown = links.iter().map(|name| {
            let Spec::GatewayLink(link) = self.spec(name.as_str()) else { panic!("a link") };
            let gateway = name.parent().expect("a gateway").id().to_owned();
            match link.passes_on_to.strip_prefix("gateways/") {
                Some(to) => format!("{gateway}→{to}"),
                None => gateway,
            }
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

fn workspace() -> Spec {
    Spec::Workspace(v1::Workspace { display_name: "W".into(), ..Default::default() })
}

fn api(path: &str) -> Spec {
    Spec::Api(v1::Api { path: path.into(), display_name: "An API".into(), ..Default::default() })
}

fn operation() -> Spec {
    Spec::Operation(v1::Operation {
        display_name: "Get".into(),
        method: "GET".into(),
        url_template: "/x".into(),
        ..Default::default()
    })
}

fn policy(body: &str) -> Spec {
    let value = format!("<policies><inbound><base />{body}</inbound></policies>");
    Spec::Policy(v1::Policy { value, ..Default::default() })
}

fn subscription(scope: &str, state: &str) -> Spec {
    Spec::Subscription(v1::Subscription {
        scope: scope.into(),
        display_name: "S".into(),
        state: state.into(),
        primary_key: format!("{scope}-primary"),
        ..Default::default()
    })
}

/// A backend whose credential is sealed.
fn backend(credential: &str) -> Spec {
    let values = v1::StringList { values: vec![credential.into()] };
    let credentials =
        v1::BackendCredentials { header: [("X-Key".to_owned(), values)].into(), ..Default::default() };
    Spec::Backend(v1::Backend {
        url: "http://backend.test".into(),
        protocol: "http".into(),
        credentials: Some(credentials),
        ..Default::default()
    })
}

fn product() -> Spec {
    Spec::Product(v1::Product { display_name: "P".into(), ..Default::default() })
}

fn tag() -> Spec {
    Spec::Tag(v1::Tag { display_name: "T".into() })
}

fn gateway() -> Spec {
    Spec::Gateway(v1::Gateway { display_name: "G".into(), ..Default::default() })
}

fn link(workspace: &str) -> Spec {
    Spec::GatewayLink(v1::GatewayLink { workspace: workspace.into(), ..Default::default() })
}

// === Keys and states ===

#[test]
fn a_new_key_replaces_one_and_leaves_the_other() {
    let mut world = World::new();
    world.put(vec![("subscriptions/s", subscription("apis", "active"))]);
    let regenerate = |subscription: &str, key: &str| {
        Action::RegenerateKey(v1::RegenerateKey { subscription: subscription.into(), key: key.into() })
    };
    let primary = world.secret("subscriptions/s", "primaryKey");
    world.done(regenerate("subscriptions/s", "secondary"));
    assert_eq!(world.secret("subscriptions/s", "secondaryKey"), "a-new-key");
    assert_eq!(world.secret("subscriptions/s", "primaryKey"), primary);
    world.refused(regenerate("subscriptions/s", "third"), "invalid", "primary and secondary");
    world.refused(regenerate("subscriptions/none", "primary"), "not-found", "no such sub");
    world.refused(regenerate("apis/s", "primary"), "invalid", "of kind api");
}

#[test]
fn a_subscription_takes_allowed_steps_alone() {
    let mut world = World::new();
    world.put(vec![("subscriptions/s", subscription("apis", "submitted"))]);
    let step = |state: &str| {
        Action::SetSubscriptionState(v1::SetSubscriptionState {
            subscription: "subscriptions/s".into(),
            state: state.into(),
            comment: "because".into(),
        })
    };
    world.refused(step("suspended"), "invalid", "no step");
    for state in ["active", "suspended", "active", "cancelled"] {
        world.done(step(state));
        let Spec::Subscription(now) = world.spec("subscriptions/s") else { panic!("a subscription") };
        assert_eq!((now.state.as_str(), now.state_comment.as_str()), (state, "because"));
    }
    world.refused(step("cancelled"), "conflict", "already");
    world.refused(step(""), "invalid", "required");
    world.refused(step("asleep"), "invalid", "asleep");
}

// === Copies and revisions ===

fn clone(source: &str, target: &str) -> v1::CloneApi {
    v1::CloneApi { source: source.into(), target: target.into(), ..Default::default() }
}

/// An API with an operation, policies, a product and tags.
fn with_orders() -> World {
    let mut world = World::new();
    let product_link = Spec::ProductApiLink(v1::ProductApiLink { api_id: "apis/orders".into() });
    let tag_link = v1::TagOperationLink { operation_id: "apis/orders/operations/get".into() };
    world.put(vec![
        ("apis/orders", api("orders")),
        ("apis/orders/operations/get", operation()),
        ("apis/orders/policies/policy", policy("")),
        ("apis/orders/operations/get/policies/policy", policy("")),
        ("products/p", product()),
        ("products/p/apiLinks/orders", product_link),
        ("tags/t", tag()),
        ("tags/t/operationLinks/get", Spec::TagOperationLink(tag_link)),
    ]);
    world
}

#[test]
fn a_copy_has_all_that_its_original_has() {
    let mut world = with_orders();
    let path = Some("copy".to_owned());
    world.done(Action::CloneApi(v1::CloneApi { path: path.clone(), ..clone("apis/orders", "apis/copy") }));
    for name in [
        "apis/copy/operations/get",
        "apis/copy/policies/policy",
        "apis/copy/operations/get/policies/policy",
        "products/p/apiLinks/copy",
        "tags/t/operationLinks/copy-get",
    ] {
        assert!(world.has(name), "{name}");
    }
    let Spec::Api(copy) = world.spec("apis/copy") else { panic!("an API") };
    assert_eq!((copy.path.as_str(), copy.source_api_id.as_str()), ("copy", "apis/orders"));
    for (action, code, part) in [
        (clone("apis/orders", "apis/copy"), "conflict", "exists already"),
        (clone("apis/orders", "apis/other"), "invalid", "path of its own"),
        (clone("apis/none", "apis/other"), "not-found", "no such api"),
        (clone("apis/orders", "workspaces/w/apis/other"), "invalid", "elsewhere"),
        (clone("apis/orders", "apis/copy;rev=2"), "invalid", "none of its revisions"),
        (v1::CloneApi { path, ..clone("apis/orders", "apis/other") }, "conflict", "taken"),
        (
            v1::CloneApi { api_version: "v2".into(), ..clone("apis/orders", "apis/other") },
            "invalid",
            "in none",
        ),
    ] {
        world.refused(Action::CloneApi(action), code, part);
    }
}

#[test]
fn a_copy_of_a_revision_has_the_tags_of_the_operations_that_the_revision_has() {
    let mut world = with_orders();
    let tagged = |operation: &str| {
        let operation_id = format!("apis/orders/operations/{operation}");
        Spec::TagOperationLink(v1::TagOperationLink { operation_id })
    };
    let Spec::Operation(get) = operation() else { panic!("an operation") };
    let list = v1::Operation { url_template: "/".into(), ..get };
    world.put(vec![
        ("apis/orders/operations/list", Spec::Operation(list)),
        ("tags/t/operationLinks/list", tagged("list")),
    ]);
    world.done(Action::CloneApi(clone("apis/orders", "")));
    world.delete("apis/orders;rev=2/operations/list");
    let copy = clone("apis/orders;rev=2", "apis/copy");
    world.done(Action::CloneApi(v1::CloneApi { path: Some("copy".into()), ..copy }));
    assert!(world.has("apis/copy/operations/get") && !world.has("apis/copy/operations/list"));
    assert!(world.has("tags/t/operationLinks/copy-get") && !world.has("tags/t/operationLinks/copy-list"));
    assert!(world.has("products/p/apiLinks/copy"), "the products are those of the API");
}

#[test]
fn a_new_version_shares_the_path_of_its_set() {
    let mut world = World::new();
    let set = v1::ApiVersionSet {
        display_name: "Orders".into(),
        versioning_scheme: "Segment".into(),
        ..Default::default()
    };
    let Spec::Api(original) = api("orders") else { panic!("an API") };
    let original =
        v1::Api { api_version_set_id: "apiVersionSets/o".into(), api_version: "v1".into(), ..original };
    world.put(vec![("apiVersionSets/o", Spec::ApiVersionSet(set)), ("apis/orders", Spec::Api(original))]);
    let version = v1::CloneApi { api_version: "v2".into(), ..clone("apis/orders", "apis/orders-v2") };
    world.done(Action::CloneApi(version));
    let Spec::Api(copy) = world.spec("apis/orders-v2") else { panic!("an API") };
    assert_eq!(
        (copy.path.as_str(), copy.api_version.as_str(), copy.api_version_set_id.as_str()),
        ("orders", "v2", "apiVersionSets/o")
    );
}

#[test]
fn a_revision_is_made_aside_and_released_later() {
    let mut world = with_orders();
    world.done(Action::CloneApi(clone("apis/orders", "")));
    world.done(Action::CloneApi(clone("apis/orders;rev=2", "")));
    assert!(world.has("apis/orders;rev=2/operations/get") && world.has("apis/orders;rev=3/operations/get"));
    let changes = world.expand(&Action::CloneApi(clone("apis/orders", ""))).expect("expanded").changes;
    assert!(!format!("{changes:?}").contains("products/"), "a revision shares the products of its API");
    let current = |world: &World, name: &str| {
        let Spec::Api(api) = world.spec(name) else { panic!("an API") };
        api.is_current.unwrap_or(!name.contains(";rev="))
    };
    assert!(current(&world, "apis/orders") && !current(&world, "apis/orders;rev=3"));
    let release = |revision: &str| {
        Action::MakeCurrent(v1::MakeCurrent { revision: revision.into(), ..Default::default() })
    };
    world.done(release("apis/orders;rev=3"));
    assert!(!current(&world, "apis/orders") && current(&world, "apis/orders;rev=3"));
    world.done(release("apis/orders"));
    assert!(current(&world, "apis/orders"), "a release of the older one is a way back");
    world.refused(release("apis/orders;rev=9"), "not-found", "no such api");
    let renamed = v1::CloneApi { display_name: "X".into(), ..clone("apis/orders", "") };
    world.refused(Action::CloneApi(renamed), "invalid", "in common");
}

// === Gateways ===

/// A workspace with an API at gateway `a`, another one with the same path at `full`.
fn with_gateways() -> World {
    let mut world = World::new();
    world.put(vec![
        ("workspaces/w", workspace()),
        ("workspaces/w/apis/orders", api("orders")),
        ("workspaces/other", workspace()),
        ("workspaces/other/apis/orders", api("orders")),
        ("workspaces/none", workspace()),
        ("gateways/a", gateway()),
        ("gateways/b", gateway()),
        ("gateways/c", gateway()),
        ("gateways/full", gateway()),
        ("gateways/a/links/w", link("workspaces/w")),
        ("gateways/full/links/other", link("workspaces/other")),
    ]);
    world
}

fn move_to(to: &str) -> v1::MoveWorkspace {
    v1::MoveWorkspace { workspace: "workspaces/w".into(), to: format!("gateways/{to}"), ..Default::default() }
}

fn quarantine(gateway: &str) -> Action {
    let gateway = format!("gateways/{gateway}");
    Action::QuarantineWorkspace(v1::QuarantineWorkspace { workspace: "workspaces/w".into(), gateway })
}

fn release() -> Action {
    Action::ReleaseWorkspace(v1::ReleaseWorkspace { workspace: "workspaces/w".into() })
}

#[test]
fn a_moved_workspace_is_passed_on_to_where_it_is_however_often_it_moves() {
    let mut world = with_gateways();
    for (to, served) in [("b", "a→b b"), ("c", "a→c b→c c"), ("a", "a b→a c→a")] {
        world.done(Action::MoveWorkspace(move_to(to)));
        assert_eq!(world.served("workspaces/w"), served, "to {to}");
    }
    world.done(Action::MoveWorkspace(move_to("b")));
    let cut = v1::MoveWorkspace { cut: true, ..move_to("c") };
    world.done(Action::MoveWorkspace(cut));
    assert_eq!(world.served("workspaces/w"), "a→c c", "what is cut is gone");
}

#[test]
fn a_move_that_cannot_be_is_refused_with_its_reason() {
    let mut world = with_gateways();
    let from = |from: &str| v1::MoveWorkspace { from: format!("gateways/{from}"), ..move_to("b") };
    let unknown = v1::MoveWorkspace { workspace: "workspaces/x".into(), ..move_to("y") };
    let unlinked = v1::MoveWorkspace { workspace: "workspaces/none".into(), ..move_to("b") };
    for (action, code, part) in [
        (unknown.clone(), "not-found", "no such workspace"),
        (unknown, "not-found", "no such gateway"),
        (unlinked, "conflict", "no gateway serves it"),
        (move_to("a"), "conflict", "already"),
        (from("c"), "conflict", "does not serve it"),
        (move_to("full"), "conflict", "`orders` is taken on gateway `full`"),
    ] {
        world.refused(Action::MoveWorkspace(action), code, part);
    }
    world.put(vec![("gateways/b/links/w", link("workspaces/w"))]);
    world.refused(Action::MoveWorkspace(move_to("c")), "invalid", "several gateways");
    world.done(Action::MoveWorkspace(v1::MoveWorkspace { from: "gateways/b".into(), ..move_to("c") }));
    assert_eq!(world.served("workspaces/w"), "a b→c c");
}

#[test]
fn a_quarantined_workspace_leaves_all_its_gateways_and_comes_back() {
    let mut world = with_gateways();
    world.put(vec![("gateways/b/links/w", link("workspaces/w"))]);
    world.refused(quarantine("b"), "conflict", "already");
    world.refused(quarantine("full"), "conflict", "taken");
    world.refused(release(), "conflict", "where it always was");
    world.done(quarantine("c"));
    assert_eq!(world.served("workspaces/w"), "a→c b→c c");
    world.done(release());
    assert_eq!(world.served("workspaces/w"), "a b c→a", "who calls it at c is passed back");
    world.refused(release(), "conflict", "where it always was");
    // What only passes on never comes to serve by that, in however many quarantines.
    world.put(vec![("gateways/d", gateway())]);
    for (to, meanwhile, after) in [("c", "a→c b→c c", "a b c→a"), ("d", "a→d b→d c→d d", "a b c→a d→a")]
    {
        world.done(quarantine(to));
        assert_eq!(world.served("workspaces/w"), meanwhile);
        world.done(release());
        assert_eq!(world.served("workspaces/w"), after);
    }
}

#[test]
fn a_released_workspace_is_served_where_it_was_before_the_last_move() {
    let mut world = with_gateways();
    world.done(Action::MoveWorkspace(move_to("b")));
    world.done(Action::MoveWorkspace(move_to("c")));
    world.done(release());
    assert_eq!(world.served("workspaces/w"), "a→b b c→b");
    // One that serves already and is moved to goes on serving after the release.
    world.put(vec![("gateways/c/links/w", link("workspaces/w"))]);
    world.done(Action::MoveWorkspace(v1::MoveWorkspace { from: "gateways/b".into(), ..move_to("c") }));
    assert_eq!(world.served("workspaces/w"), "a→c b→c c");
    world.done(release());
    assert_eq!(world.served("workspaces/w"), "a→b b c");
}

// === To a workspace ===

fn adopt(apis: &[&str]) -> Action {
    let apis = apis.iter().map(ToString::to_string).collect();
    Action::MoveToWorkspace(v1::MoveToWorkspace { workspace: "workspaces/w".into(), apis })
}

/// A service with an API and everything that may belong to one.
fn with_service() -> World {
    let mut world = with_orders();
    let value = v1::NamedValue {
        display_name: "token".into(),
        value: "s3cr3t".into(),
        secret: true,
        ..Default::default()
    };
    let credential = v1::NamedValue {
        display_name: "credential".into(),
        value: "s3cr3t".into(),
        secret: true,
        ..Default::default()
    };
    let uses = "<set-header name=\"X\"><value>{{token}}</value></set-header>\
        <set-backend-service backend-id=\"b\" />";
    world.put(vec![
        ("workspaces/w", workspace()),
        ("namedValues/token", Spec::NamedValue(value)),
        ("namedValues/credential", Spec::NamedValue(credential)),
        ("backends/b", backend("{{credential}}")),
        ("apis/orders/policies/policy", policy(uses)),
        ("subscriptions/product", subscription("products/p", "active")),
        ("subscriptions/api", subscription("apis/orders", "active")),
    ]);
    world.done(Action::SetSubscriptionState(v1::SetSubscriptionState {
        subscription: "subscriptions/api".into(),
        state: "suspended".into(),
        comment: String::new(),
    }));
    world.done(Action::CloneApi(clone("apis/orders", "")));
    world
}

#[test]
fn apis_become_a_workspaces_with_all_that_belongs_to_them_and_keep_ids_keys_and_paths() {
    let mut world = with_service();
    let key = world.secret("subscriptions/product", "primaryKey");
    world.done(adopt(&["apis/orders"]));
    for name in [
        "apis/orders",
        "apis/orders;rev=2",
        "apis/orders;rev=2/operations/get",
        "apis/orders/operations/get/policies/policy",
        "apis/orders/policies/policy",
        "products/p/apiLinks/orders",
        "tags/t/operationLinks/get",
        "namedValues/token",
        "namedValues/credential",
        "backends/b",
        "subscriptions/product",
        "subscriptions/api",
    ] {
        assert!(world.has(&format!("workspaces/w/{name}")), "{name}");
        assert!(!world.has(name), "{name}");
    }
    assert_eq!(world.secret("workspaces/w/subscriptions/product", "primaryKey"), key);
    assert_eq!(world.secret("workspaces/w/namedValues/token", "value"), "s3cr3t");
    let sealed = "credentials.header/X-Key/0";
    assert_eq!(world.secret("workspaces/w/backends/b", sealed), "{{credential}}");
    let Spec::Subscription(api) = world.spec("workspaces/w/subscriptions/api") else { panic!("one") };
    assert_eq!((api.state.as_str(), api.scope.as_str()), ("suspended", "apis/orders"));
    let Spec::Api(orders) = world.spec("workspaces/w/apis/orders") else { panic!("an API") };
    assert_eq!(orders.path, "orders");
}

#[test]
fn a_named_value_in_sealed_credentials_must_be_there_and_stays_while_it_is_used() {
    let mut world = with_service();
    for name in ["backends/b", "workspaces/w/backends/b"] {
        if name.starts_with("workspaces") {
            world.done(adopt(&["apis/orders"]));
        }
        // The credential is not sent again; it stays as it was sealed, and so does what it needs.
        let mut kept = world.spec(name);
        if let Spec::Backend(backend) = &mut kept {
            backend.title = "Another".into();
        }
        world.put(vec![(name, kept)]);
        let value = name.replace("backends/b", "namedValues/credential");
        let refused = world.try_delete(&value).expect_err("it is used");
        assert!(refused.iter().any(|it| it.message.contains(name)), "{refused:#?}");
    }
    let absent =
        world.try_put("workspaces/w/backends/c", backend("Bearer {{nowhere}}")).expect_err("refused");
    assert!(absent.iter().any(|it| it.message.contains("`{{nowhere}}` does not exist")), "{absent:#?}");
}

#[test]
fn what_is_shared_with_what_stays_is_refused_by_name() {
    let mut world = with_service();
    let product_link = Spec::ProductApiLink(v1::ProductApiLink { api_id: "apis/stays".into() });
    let uses = "<set-backend-service backend-id=\"b\" />";
    world.put(vec![
        ("apis/stays", api("stays")),
        ("apis/stays/policies/policy", policy(uses)),
        ("products/p/apiLinks/stays", product_link),
        ("policies/policy", Spec::Policy(v1::Policy {
            value: "<policies><inbound><set-header name=\"X\"><value>{{token}}</value></set-header></inbound></policies>".into(),
            ..Default::default()
        })),
    ]);
    world.refused(adopt(&["apis/orders"]), "conflict", "`apis/stays`");
    world.refused(adopt(&["apis/orders"]), "conflict", "`apis/stays/policies/policy`");
    world.refused(adopt(&["apis/orders"]), "conflict", "`policies/policy`");
    world.refused(adopt(&["apis/orders", "apis/stays"]), "conflict", "`policies/policy`");
    world.delete("policies/policy");
    world.done(adopt(&["apis/orders", "apis/stays"]));
    assert!(world.has("workspaces/w/apis/stays") && world.has("workspaces/w/backends/b"));
}

#[test]
fn only_apis_of_the_service_become_a_workspaces() {
    let mut world = with_service();
    world.put(vec![("workspaces/w/apis/own", api("own"))]);
    world.refused(adopt(&[]), "invalid", "at least one");
    world.refused(adopt(&["apis/none"]), "not-found", "no such api");
    world.refused(adopt(&["workspaces/w/apis/own"]), "invalid", "a workspace's already");
    world.refused(adopt(&["apis/orders;rev=2"]), "invalid", "go with their API");
    world.put(vec![("workspaces/w/apis/orders", api("other"))]);
    world.refused(adopt(&["apis/orders"]), "precondition-failed", "exists already");
}

// === Rollback ===

fn rollback(name: &str, to_revision: u64) -> Action {
    Action::Rollback(v1::Rollback { name: name.into(), to_revision, undelete: false })
}

#[test]
fn a_rollback_brings_back_what_was_and_can_be_rolled_back_itself() {
    let mut world = World::new();
    world.put(vec![
        ("workspaces/w", workspace()),
        ("workspaces/w/apis/a", api("a")),
        ("workspaces/w/subscriptions/s", subscription("apis/a", "active")),
    ]);
    let (then, key) = (world.0.revision, world.secret("workspaces/w/subscriptions/s", "primaryKey"));
    world.delete("workspaces/w/subscriptions/s");
    world.put(vec![("workspaces/w/apis/a", api("changed")), ("workspaces/w/apis/new", api("new"))]);
    world.put(vec![("apis/elsewhere", api("elsewhere"))]);
    let later = world.0.revision;
    world.done(rollback("workspaces/w", then));
    assert_eq!(world.spec("workspaces/w/apis/a"), api("a"));
    assert!(!world.has("workspaces/w/apis/new") && world.has("apis/elsewhere"));
    assert_eq!(world.secret("workspaces/w/subscriptions/s", "primaryKey"), key);
    world.done(rollback("workspaces/w", later));
    assert!(world.has("workspaces/w/apis/new") && !world.has("workspaces/w/subscriptions/s"));
    world.refused(rollback("workspaces/w", world.0.revision + 2), "invalid", "not happened yet");
}

#[test]
fn the_services_own_is_rolled_back_without_touching_workspaces() {
    let mut world = World::new();
    world.put(vec![("apis/a", api("a")), ("workspaces/w", workspace())]);
    let then = world.0.revision;
    world.put(vec![("apis/a", api("changed")), ("workspaces/w/apis/new", api("new"))]);
    world.done(rollback("", then));
    assert_eq!(world.spec("apis/a"), api("a"));
    assert!(world.has("workspaces/w/apis/new"));
}

#[test]
fn what_was_deleted_comes_back_with_all_that_went_along() {
    let mut world = with_gateways();
    world.delete("workspaces/w");
    assert_eq!(world.served("workspaces/w"), "");
    let undelete =
        |name: &str| Action::Rollback(v1::Rollback { name: name.into(), to_revision: 0, undelete: true });
    world.done(undelete("workspaces/w"));
    assert!(world.has("workspaces/w/apis/orders"));
    assert_eq!(world.served("workspaces/w"), "a");
    world.refused(undelete("workspaces/w"), "not-found", "it exists, or it never did");
    world.refused(undelete("workspaces/never"), "not-found", "nothing was deleted");
}

#[test]
fn an_undelete_leaves_what_exists_again_and_warns_of_it() {
    let mut world = with_gateways();
    let own = "workspaces/w/subscriptions/s";
    world.put(vec![("workspaces/w/products/p", product()), (own, subscription("products/p", "active"))]);
    let mut deletion = Expansion::default();
    deletion.delete("workspaces/w/products/p", true);
    let command = world.admit(deletion).expect("admitted");
    world.commit(command).expect("deleted");
    world.put(vec![(own, subscription("apis", "active"))]);
    let undelete = v1::Rollback { name: "workspaces/w/products/p".into(), to_revision: 0, undelete: true };
    let expansion = world.expand(&Action::Rollback(undelete.clone())).expect("expanded");
    let warned: Vec<&str> = expansion.warnings.iter().map(|warning| warning.name.as_str()).collect();
    assert_eq!(warned, [own]);
    assert!(expansion.warnings[0].message.contains("exists again by now, and stays as it is"));
    world.done(Action::Rollback(undelete));
    assert!(world.has("workspaces/w/products/p"));
    assert_eq!(world.secret(own, "primaryKey"), "apis-primary");
}

// === What an action rests on ===

#[test]
fn what_changes_between_reading_and_deciding_makes_an_action_stale() {
    let mut world = with_orders();
    let action = Action::CloneApi(clone("apis/orders", ""));
    let expansion = world.expand(&action).expect("expanded");
    let command = world.admit(expansion).expect("admitted");
    world.put(vec![("apis/unrelated", api("unrelated"))]);
    let new = "apis/orders/operations/another";
    let Spec::Operation(another) = operation() else { panic!("an operation") };
    world.put(vec![(new, Spec::Operation(v1::Operation { method: "PUT".into(), ..another }))]);
    let violations = world.commit(command).expect_err("an operation is new");
    assert_eq!(violations[0].code, "stale", "{violations:#?}");
    world.done(action);
    assert!(world.has("apis/orders;rev=2/operations/another"), "expanded again, it is copied");
}

#[test]
fn what_changes_elsewhere_makes_no_action_stale() {
    let mut world = with_orders();
    let expansion = world.expand(&Action::CloneApi(clone("apis/orders", ""))).expect("expanded");
    let command = world.admit(expansion).expect("admitted");
    world.put(vec![("apis/unrelated", api("unrelated")), ("workspaces/w", workspace())]);
    world.commit(command).expect("it rests on what it read alone");
}
