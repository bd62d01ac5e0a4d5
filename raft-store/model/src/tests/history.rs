//! The past: what it was, how it comes back, how long it is kept.

use super::*;
use crate::history::look_back;
use crate::undelete::undelete_within;
use crate::{
    Difference, HistoryPage, HistoryQuery, PAGE_SIZE_MAX, PastError, SCAN_MAX, TooOld, history, state_before,
    tombstones, undelete,
};

fn differences(world: &World, root: &str, revision: u64) -> Vec<Difference> {
    let root = (!root.is_empty()).then(|| Name::parse(root).expect(root));
    let Ok(answer) = state_before(&world.tables, root.as_ref(), revision);
    answer.expect("a past that is kept")
}

/// `created`, `updated` or `deleted` since then, by name.
fn since(world: &World, root: &str, revision: u64) -> Vec<String> {
    let differences = differences(world, root, revision);
    let show = |difference: &Difference| {
        let what = match (&difference.then, &difference.now) {
            (None, _) => "created",
            (_, None) => "deleted",
            _ => "updated",
        };
        format!("{what} {}", difference.name)
    };
    differences.iter().map(show).collect()
}

fn roll_back(world: &mut World, root: &str, revision: u64) -> Accepted {
    let changes = differences(world, root, revision).iter().map(Difference::change).collect();
    world.ok(changes)
}

fn bring_back(world: &World, root: &str) -> Result<Vec<AdmittedChange>, PastError> {
    let Ok(answer) = undelete(&world.tables, &Name::parse(root).expect(root));
    answer.map(|undeleted| undeleted.differences.iter().map(Difference::change).collect())
}

fn titled(name: &str, title: &str) -> AdmittedChange {
    put(name, Spec::Api(v1::Api { display_name: title.into(), ..api_spec(name) }))
}

fn purge_all(world: &mut World) -> usize {
    let mut purges = 0;
    while let Some(root) = tombstones(&world.tables, 1).expect("no errors").first() {
        world.purge(root);
        purges += 1;
    }
    purges
}

#[test]
fn the_past_is_what_differs_from_now() {
    let mut world = World::new();
    world.ok(vec![workspace("w"), workspace("v"), titled("workspaces/w/apis/a", "one")]);
    let then = world.revision;
    world.ok(vec![titled("workspaces/w/apis/a", "two"), titled("workspaces/w/apis/b", "new")]);
    world.ok(vec![titled("workspaces/w/apis/a", "three"), titled("workspaces/v/apis/x", "elsewhere")]);
    assert_eq!(
        since(&world, "workspaces/w", then),
        ["updated workspaces/w/apis/a", "created workspaces/w/apis/b"]
    );
    assert_eq!(since(&world, "workspaces/w/apis/b", then), ["created workspaces/w/apis/b"]);
    assert_eq!(since(&world, "", then).len(), 3);
    assert!(since(&world, "", world.revision).is_empty());

    // The service's own resources are apart from those of workspaces.
    world.ok(vec![backend("backends/b")]);
    assert_eq!(since(&world, "backends/b", then), ["created backends/b"]);
    assert_eq!(since(&world, "workspaces/w", then).len(), 2);

    // What came back to what it was is no difference.
    world.ok(vec![titled("workspaces/w/apis/a", "one")]);
    assert_eq!(since(&world, "workspaces/w", then), ["created workspaces/w/apis/b"]);
}

#[test]
fn a_rollback_brings_back_content_secrets_states_and_owners() {
    let mut world = World::new();
    let mut command = world.command(vec![
        workspace("w"),
        product("workspaces/w/products/p", "P"),
        subscription("workspaces/w/subscriptions/s", "products/p", "active"),
    ]);
    let Some(command::Action::Apply(apply)) = &mut command.action else { unreachable!("a change set") };
    apply.owner = "team".into();
    world.accepted(command);
    world.ok(vec![subscription("workspaces/w/subscriptions/s", "products/p", "suspended")]);
    let then = world.revision;
    let before = world.get("workspaces/w/subscriptions/s").expect("there");
    let new_key = with_secret(
        subscription("workspaces/w/subscriptions/s", "products/p", "cancelled"),
        "primaryKey",
        "another",
    );
    world.ok(vec![new_key]);
    world.ok(vec![delete("workspaces/w/subscriptions/s"), titled("workspaces/w/apis/a", "new")]);
    roll_back(&mut world, "workspaces/w", then);
    assert!(since(&world, "workspaces/w", then).is_empty());
    let after = world.get("workspaces/w/subscriptions/s").expect("back");
    assert_eq!(after.secrets, before.secrets);
    let (before, after) = (before.resource.expect("full"), after.resource.expect("full"));
    assert_eq!((after.spec, after.owner.as_str()), (before.spec, "team"));
}

#[test]
fn a_rollback_takes_away_secrets_that_came_later() {
    let mut world = World::new();
    let server = || {
        let spec = authorization_server_spec("S");
        put("authorizationServers/s", Spec::AuthorizationServer(spec))
    };
    let certificate = || put("certificates/c", Spec::Certificate(v1::Certificate::default()));
    world.ok(vec![server(), with_secret(certificate(), "data", "old")]);
    let then = world.revision;
    let secrets = |world: &World, name: &str| world.get(name).expect(name).secrets;
    world.ok(vec![
        with_secret(server(), "clientSecret", "later"),
        with_secret(with_secret(certificate(), "data", "new"), "password", "of the new one"),
    ]);
    let later = world.revision;
    // What is put without secrets keeps those that are there.
    assert!(world.ok(vec![server(), certificate()]).changes.is_empty());
    roll_back(&mut world, "", then);
    assert!(since(&world, "", then).is_empty());
    assert!(secrets(&world, "authorizationServers/s").is_empty());
    assert_eq!(secrets(&world, "certificates/c"), BTreeMap::from([("data".into(), sealed("old"))]));
    roll_back(&mut world, "", later);
    assert_eq!(secrets(&world, "authorizationServers/s")["clientSecret"], sealed("later"));
    assert_eq!(secrets(&world, "certificates/c").len(), 2);
}

#[test]
fn a_rollback_makes_the_revision_current_that_was() {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x"), api("apis/x;rev=2", "x")]);
    let then = world.revision;
    let release = v1::ApiRelease { api_id: "apis/x;rev=2".into(), ..Default::default() };
    world.ok(vec![put("apis/x/releases/r", Spec::ApiRelease(release))]);
    assert_eq!(
        since(&world, "", then),
        ["updated apis/x", "created apis/x/releases/r", "updated apis/x;rev=2"]
    );
    roll_back(&mut world, "", then);
    assert!(since(&world, "", then).is_empty());
}

#[test]
fn a_deleted_subtree_comes_back_with_what_went_along() {
    let mut world = World::new();
    let created = vec![
        workspace("a"),
        api("workspaces/a/apis/x", "x"),
        operation("workspaces/a/apis/x/operations/o", "GET", "/"),
        product("workspaces/a/products/p", "P"),
        product_link("workspaces/a/products/p/apiLinks/l", "apis/x"),
        subscription("workspaces/a/subscriptions/s", "products/p", "active"),
        dedicated("own", "a"),
        link("gateways/own/links/l", "a"),
        link("gateways/default/links/a", "a"),
        backend("backends/other"),
    ];
    world.ok(created);
    let then = world.revision;
    // Something else goes in the same command, and does not come back.
    world.ok(vec![delete("workspaces/a"), delete("backends/other")]);
    let gone = since(&world, "", then);
    let changes = bring_back(&world, "workspaces/a").expect("kept");
    assert_eq!(changes.len(), 9);
    world.ok(changes);
    assert_eq!(since(&world, "", then), ["deleted backends/other"], "{gone:?}");
    assert_eq!(bring_back(&world, "workspaces/a"), Err(PastError::NotDeleted));
    assert_eq!(bring_back(&world, "workspaces/never"), Err(PastError::NotDeleted));
}

#[test]
fn a_subtree_comes_back_whole_before_during_and_after_its_purge() {
    // Purges of three rows; the deletion itself hides all but what it may remove at once.
    for purges in 0..5 {
        let mut world = World::new();
        world.ok(vec![api("apis/x", "x")]);
        let operations =
            (0..9).map(|at| operation(&format!("apis/x/operations/o{at}"), "GET", &format!("/{at}")));
        let operations: Vec<_> = operations.collect();
        world.ok(operations);
        let then = world.revision;
        world.bounds.subtree_rows_max = 3;
        world.ok(vec![delete("apis/x")]);
        for _ in 0..purges {
            world.purge("apis/x");
        }
        let changes = bring_back(&world, "apis/x").expect("kept");
        assert_eq!(changes.len(), 10, "after {purges} purges");
        if purges < 3 {
            // What is left does not fit into the command yet.
            let violations = world.refused(changes.clone());
            assert_eq!(violations[0].hint, "try again in a moment", "after {purges} purges");
            purge_all(&mut world);
            assert_eq!(bring_back(&world, "apis/x").as_ref(), Ok(&changes));
        }
        world.ok(changes);
        assert!(since(&world, "", then).is_empty(), "after {purges} purges");
        assert_eq!(tombstones(&world.tables, 10), Ok(vec![]));
        assert!(world.purge("apis/x").writes.is_empty(), "a late purge takes nothing that came back");
    }
}

#[test]
fn what_was_deleted_before_its_parent_stays_deleted_when_that_comes_back() {
    let mut world = World::new();
    world.ok(vec![workspace("a"), api("workspaces/a/apis/x", "x"), backend("workspaces/a/backends/b")]);
    world.ok(vec![operation("workspaces/a/apis/x/operations/o", "GET", "/")]);
    world.bounds.subtree_rows_max = 1;
    let before_both = world.revision;
    world.ok(vec![delete("workspaces/a/apis/x")]);
    world.ok(vec![delete("workspaces/a")]);
    let backward = |world: &World| {
        let changes = bring_back(world, "workspaces/a").expect("kept");
        (changes.len(), since(world, "", before_both).len())
    };
    assert_eq!(backward(&world), (2, 4));
    // Whichever tombstone is purged first.
    world.purge("workspaces/a");
    world.purge("workspaces/a");
    assert_eq!(backward(&world), (2, 4));
    purge_all(&mut world);
    assert_eq!(backward(&world), (2, 4));
}

#[test]
fn the_past_is_kept_as_long_as_the_change_feed_and_no_longer() {
    let mut world = World::new();
    world.bounds.changes_max = 4;
    // One record each: at revision 5 there are four, of revisions 2 to 5.
    for index in 0..4 {
        world.ok(vec![workspace(&format!("w{index}"))]);
    }
    let Ok(answer) = state_before(&world.tables, None, 1);
    assert_eq!(answer.map(|differences| differences.len()), Ok(4), "at the bound");
    let rows = world.tables.rows(Table::History);
    world.ok(vec![workspace("w4")]);
    let Ok(answer) = state_before(&world.tables, None, 1);
    assert_eq!(answer, Err(PastError::TooOld(TooOld { oldest: 2 })), "one past it");
    assert_eq!(since(&world, "", 2).len(), 4);
    assert_eq!(world.tables.rows(Table::History), rows, "the oldest went as the newest came");
}

#[test]
fn the_past_of_a_large_deletion_goes_in_bounded_steps_that_keep_up() {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x")]);
    world.ok((0..40)
        .map(|at| operation(&format!("apis/x/operations/o{at}"), "GET", &format!("/{at}")))
        .collect());
    world.ok(vec![delete("apis/x")]);
    world.bounds = Bounds { changes_max: 1, purge_steps: 4, ..world.bounds };
    let mut rows = world.tables.rows(Table::History);
    for index in 0..60 {
        world.ok(vec![workspace(&format!("w{index}"))]);
        let now = world.tables.rows(Table::History);
        // A step removes a marker, or a row with its entry by key; three rows are added.
        assert!(now + 2 * 4 >= rows, "{rows} rows became {now}");
        rows = now;
    }
    assert_eq!(rows, 3, "one change is kept");
}

#[test]
fn a_purge_that_ends_after_its_past_is_gone_keeps_nothing() {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x"), operation("apis/x/operations/o", "GET", "/")]);
    world.bounds = Bounds { changes_max: 1, subtree_rows_max: 1, ..world.bounds };
    world.ok(vec![delete("apis/x")]);
    let deleted = world.revision;
    world.ok(vec![workspace("a")]);
    world.ok(vec![workspace("b")]);
    let rows = world.tables.rows(Table::History);
    purge_all(&mut world);
    assert_eq!(world.tables.rows(Table::History), rows);
    let Ok(answer) = state_before(&world.tables, None, deleted);
    assert!(matches!(answer, Err(PastError::TooOld(_))));
    assert_eq!(bring_back(&world, "apis/x"), Err(PastError::NotDeleted));
}

#[test]
fn a_look_back_is_bounded() {
    let mut world = World::new();
    let then = world.revision;
    for index in 0..3 {
        world.ok(vec![workspace(&format!("w{index}"))]);
    }
    let Ok(answer) = look_back(&world.tables, None, then, 3);
    assert_eq!(answer.map(|differences| differences.len()), Ok(3));
    let Ok(answer) = look_back(&world.tables, None, then, 2);
    assert_eq!(answer, Err(PastError::TooMuch { rows_max: 2 }));
}

#[test]
fn what_somebody_has_created_anew_stays_when_a_deletion_is_undone() {
    let mut world = World::new();
    world.ok(vec![
        workspace("w"),
        workspace("other"),
        api("workspaces/w/apis/x", "x"),
        dedicated("own", "w"),
        dedicated("second", "w"),
        binding("gateways/own/hostnameBindings/b", "api.w.test"),
        link("gateways/own/links/l", "w"),
        link("gateways/second/links/l", "w"),
        link("gateways/default/links/w", "w"),
    ]);
    let then = world.revision;
    world.ok(vec![delete("workspaces/w")]);
    // One gateway belongs to another workspace by now, and one link leads there.
    world.ok(vec![dedicated("own", "other"), link("gateways/default/links/w", "other")]);
    let before = world.revision;
    let Ok(answer) = undelete(&world.tables, &Name::parse("workspaces/w").expect("a name"));
    let undeleted = answer.expect("kept");
    assert_eq!(undeleted.left, ["gateways/default/links/w", "gateways/own"]);
    world.ok(undeleted.differences.iter().map(Difference::change).collect());
    assert!(since(&world, "gateways/own", before).is_empty(), "nothing was put into it either");
    assert!(since(&world, "gateways/default", before).is_empty());
    assert!(since(&world, "workspaces/w", then).is_empty());
    assert!(since(&world, "gateways/second", then).is_empty());

    // What is the same again is neither written nor told of.
    world.ok(vec![product("products/p", "P"), subscription("subscriptions/s", "products/p", "active")]);
    let then = world.revision;
    let deleted = Change::Delete(Delete { name: "products/p".into(), cascade: true });
    world.ok(vec![AdmittedChange { change: Some(deleted), if_etag: String::new() }]);
    let Ok(answer) = undelete(&world.tables, &Name::parse("products/p").expect("a name"));
    world.ok(answer.expect("kept").differences.iter().map(Difference::change).collect());
    assert!(since(&world, "", then).is_empty());
    let another = subscription("subscriptions/s", "apis", "active");
    let deleted = Change::Delete(Delete { name: "products/p".into(), cascade: true });
    world.ok(vec![AdmittedChange { change: Some(deleted), if_etag: String::new() }]);
    world.ok(vec![another]);
    let Ok(answer) = undelete(&world.tables, &Name::parse("products/p").expect("a name"));
    let undeleted = answer.expect("kept");
    assert_eq!((undeleted.differences.len(), undeleted.left.len()), (1, 1));
}

#[test]
fn an_undelete_is_bounded_for_all_that_went_along_together() {
    let mut world = World::new();
    world.ok(vec![
        api("apis/x", "x"),
        product("products/p", "P"),
        product_link("products/p/apiLinks/l", "apis/x"),
    ]);
    world.ok(vec![
        subscription("subscriptions/a", "apis/x", ""),
        subscription("subscriptions/b", "apis/x", ""),
    ]);
    world.ok(["a", "b"]
        .map(|id| operation(&format!("apis/x/operations/{id}"), "GET", &format!("/{id}")))
        .to_vec());
    for (subtree_rows_max, purges) in [(100, 0), (2, 0), (2, 1), (2, 9)] {
        let mut world = World {
            tables: world.tables.clone(),
            bounds: Bounds { subtree_rows_max, ..world.bounds },
            ..world
        };
        let deleted = Change::Delete(Delete { name: "apis/x".into(), cascade: true });
        world.ok(vec![AdmittedChange { change: Some(deleted), if_etag: String::new() }]);
        for _ in 0..purges {
            world.purge("apis/x");
        }
        let name = Name::parse("apis/x").expect("a name");
        let Ok(answer) = undelete_within(&world.tables, &name, 6);
        assert_eq!(answer.map(|taken| taken.differences.len()), Ok(6), "after {purges} purges");
        let Ok(answer) = undelete_within(&world.tables, &name, 5);
        assert_eq!(answer, Err(PastError::TooMuch { rows_max: 5 }), "after {purges} purges");
    }
}

fn page(world: &World, root: &str, page_size: u32, page_token: &str) -> HistoryPage {
    let root = (!root.is_empty()).then(|| Name::parse(root).expect(root));
    let query = HistoryQuery { root, page_size, page_token: page_token.into() };
    let Ok(page) = history(&world.tables, &query);
    page.expect("a page")
}

fn title(stored: Option<&StoredResource>) -> String {
    let spec = stored.and_then(|stored| stored.resource.as_ref()).and_then(|resource| resource.spec.as_ref());
    match spec {
        None => "-".into(),
        Some(Spec::Api(api)) => api.display_name.clone(),
        Some(_) => "?".into(),
    }
}

#[test]
fn history_is_told_newest_first_with_before_and_after() {
    let mut world = World::new();
    world.ok(vec![workspace("w"), workspace("v")]);
    world.ok(vec![titled("workspaces/w/apis/a", "one")]);
    world.ok(vec![titled("workspaces/v/apis/a", "elsewhere")]);
    world.ok(vec![titled("workspaces/w/apis/a", "two")]);
    world.bounds.subtree_rows_max = 0;
    world.ok(vec![delete("workspaces/w/apis/a")]);
    for _ in 0..2 {
        let page = page(&world, "workspaces/w", 0, "");
        let told: Vec<String> = page
            .entries
            .iter()
            .map(|it| {
                format!("{} {} {}", it.record.action, title(it.before.as_ref()), title(it.after.as_ref()))
            })
            .collect();
        assert_eq!(told, ["deleted two -", "updated one two", "created - one", "created - ?"]);
        // The same once the deletion has been purged.
        world.bounds.subtree_rows_max = 9;
        purge_all(&mut world);
    }
}

#[test]
fn pages_of_history_are_whole_and_end() {
    let mut world = World::new();
    for index in 0..20 {
        // Revisions without records lie between.
        world.revision += index * 37;
        world.ok((0..index % 4 + 1).map(|at| workspace(&format!("w{index}-{at}"))).collect());
    }
    let all = page(&world, "", PAGE_SIZE_MAX, "");
    assert_eq!(all.next_page_token, "");
    let place = |entry: &crate::HistoryEntry| (entry.record.revision, entry.record.index);
    assert!(all.entries.is_sorted_by(|a, b| place(a) > place(b)));
    assert_eq!(all.entries.len(), world.tables.rows(Table::Changes));
    for page_size in [1, 2, 3, 7, 50] {
        let mut entries = Vec::new();
        let mut token = String::new();
        loop {
            let page = page(&world, "", page_size, &token);
            assert!(page.entries.len() <= page_size as usize);
            entries.extend(page.entries);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(entries, all.entries, "pages of {page_size}");
    }
    let refused = |query: HistoryQuery| {
        let Ok(answer) = history(&world.tables, &query);
        answer.map_err(|violation| violation.field).map(|_| ())
    };
    let over = HistoryQuery { page_size: PAGE_SIZE_MAX + 1, ..HistoryQuery::default() };
    assert_eq!(refused(over), Err("pageSize".to_owned()));
    let strange = HistoryQuery { page_token: "x".into(), ..HistoryQuery::default() };
    assert_eq!(refused(strange), Err("pageToken".to_owned()));
}

#[test]
fn a_page_looks_at_a_bounded_number_of_changes() {
    let mut world = World::new();
    world.ok(vec![workspace("a")]);
    let operations = |from: usize| {
        (from..from + 5_000)
            .map(|at| operation(&format!("apis/x/operations/o{at}"), "GET", &format!("/{at}")))
    };
    world.ok(vec![api("apis/x", "x")]);
    for from in [0, 5_000] {
        let command = world.command(operations(from).collect());
        world.revision += 1;
        let Ok(Decision::Accepted(accepted)) = crate::apply(&world.tables, &command, world.revision) else {
            panic!("rejected")
        };
        world.tables.write(&accepted.writes);
    }
    assert_eq!(SCAN_MAX, 10_000);
    let first = page(&world, "workspaces/a", 0, "");
    assert!(first.entries.is_empty());
    let second = page(&world, "workspaces/a", 0, &first.next_page_token);
    assert_eq!(second.entries.len(), 1);
    assert_eq!(second.next_page_token, "");
}
