//! What a command reads and writes does not grow with what is there already.

use super::*;
use crate::read::Row;
use hanse_proto::v1::{Limits, ServiceSettings, WorkspaceLimits};
use std::cell::Cell;
use std::convert::Infallible;

/// Tables that count the rows they give out.
struct Counted<'a> {
    tables: &'a MemoryTables,
    rows: Cell<usize>,
}

impl Read for Counted<'_> {
    type Error = Infallible;

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        self.rows.set(self.rows.get() + 1);
        self.tables.get(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Infallible> {
        let rows = self.tables.range(table, from, to, limit)?;
        self.rows.set(self.rows.get() + 1 + rows.len());
        Ok(rows)
    }
}

/// Rows read and written by a command that is accepted, without making it so.
fn cost(world: &World, change: AdmittedChange) -> (usize, usize) {
    cost_of_all(world, vec![change])
}

fn cost_of_all(world: &World, changes: Vec<AdmittedChange>) -> (usize, usize) {
    let counted = Counted { tables: &world.tables, rows: Cell::new(0) };
    let command = world.command(changes);
    let Ok(decision) = apply_with(&counted, &command, world.revision + 1, &world.bounds);
    let Decision::Accepted(accepted) = decision else { panic!("{decision:#?}") };
    (counted.rows.get(), accepted.writes.len())
}

/// A workspace of so many APIs, each with an operation and a subscription, under APIM's rules.
fn filled(apis: usize) -> World {
    let mut world = World::new();
    let limits = WorkspaceLimits {
        apis: Some(u32::MAX),
        operations: Some(u32::MAX),
        subscriptions: Some(u32::MAX),
        ..Default::default()
    };
    let settings = ServiceSettings {
        names_unique_in: "service".into(),
        paths_unique_in: "service".into(),
        limits: Some(Limits { workspace: Some(limits), ..Default::default() }),
        ..Default::default()
    };
    let mut changes = vec![put("settings/service", Spec::ServiceSettings(settings)), workspace("w")];
    for index in 0..apis {
        let name = format!("workspaces/w/apis/a{index}");
        changes.extend([
            api(&name, &format!("p{index}")),
            operation(&format!("{name}/operations/o"), "GET", "/"),
            subscription(&format!("workspaces/w/subscriptions/s{index}"), &format!("apis/a{index}"), ""),
        ]);
    }
    changes.extend([
        tag("workspaces/w/tags/t", "T"),
        tag_api("workspaces/w/tags/t/apiLinks/l", "apis/a0"),
        product("workspaces/w/products/p", "P"),
        logger("workspaces/w/loggers/l"),
    ]);
    world.ok(changes);
    world
}

#[test]
fn a_change_costs_the_same_in_a_large_workspace_as_in_a_small_one() {
    let changes = || {
        [
            api("workspaces/w/apis/new", "new"),
            api("workspaces/w/apis/a1", "changed"),
            operation("workspaces/w/apis/a1/operations/new", "GET", "/new"),
            subscription("workspaces/w/subscriptions/new", "apis/a1", ""),
            tag_api("workspaces/w/tags/t/apiLinks/new", "apis/a1"),
            product_link("workspaces/w/products/p/apiLinks/new", "apis/a1"),
            workspace("new"),
            delete("workspaces/w/tags/t"),
            delete("workspaces/w/apis/a1/operations/o"),
        ]
    };
    let (small, large) = (filled(10), filled(2_000));
    for (in_small, in_large) in changes().into_iter().zip(changes()) {
        let what = format!("{in_small:?}");
        assert_eq!(cost(&small, in_small), cost(&large, in_large), "{what}");
    }
}

#[test]
fn deleting_what_is_large_reads_and_writes_a_bounded_number_of_rows() {
    let large = filled(2_000);
    let (read, written) = cost(&large, delete("workspaces/w"));
    assert!(read < large.bounds.subtree_rows_max + 100, "{read}");
    assert!(written < 20, "{written}");
}

/// A command among so many of a kind that stand at one place already, and adds as many to them.
fn crowded(what: &str, count: usize) -> (World, Vec<AdmittedChange>) {
    let mut world = World::new();
    let limits =
        WorkspaceLimits { apis: Some(u32::MAX), revisions_per_api: Some(u32::MAX), ..Default::default() };
    let limits = Limits {
        workspaces: Some(u32::MAX),
        workspaces_per_gateway: Some(u32::MAX),
        workspace: Some(limits),
        ..Default::default()
    };
    let settings = ServiceSettings { limits: Some(limits), ..Default::default() };
    world.ok(vec![
        put("settings/service", Spec::ServiceSettings(settings)),
        workspace("w"),
        version_set("workspaces/w/apiVersionSets/s", "S"),
        gateway("home"),
        link("gateways/home/links/l", "w"),
    ]);
    let member = |at: usize, path: &str, version: String| {
        let spec =
            v1::Api { api_version_set_id: "apiVersionSets/s".into(), api_version: version, ..api_spec(path) };
        put(&format!("workspaces/w/apis/a{at}"), Spec::Api(spec))
    };
    let some = |from: usize| -> Vec<AdmittedChange> {
        let range = from..from + count;
        match what {
            "revisions" => {
                let name = |at| format!("workspaces/w/apis/x;rev={}", at + 2);
                let revisions = range.map(|at| put(&name(at), Spec::Api(v1::Api::default())));
                [api("workspaces/w/apis/x", "x")].into_iter().chain(revisions).collect()
            }
            "versions" => range.map(|at| member(at, "x", format!("v{at}"))).collect(),
            "paths below a version" => range
                .flat_map(|at| {
                    let below = format!("workspaces/w/apis/b{at}");
                    [member(at, "x", format!("v{at}")), api(&below, &format!("x/b{at}"))]
                })
                .collect(),
            "links" => range
                .flat_map(|at| {
                    let spec = v1::GatewayLink {
                        workspace: "workspaces/w".into(),
                        passes_on_to: "gateways/home".into(),
                        ..Default::default()
                    };
                    let name = format!("gateways/g{at}/links/l{at}");
                    [gateway(&format!("g{at}")), put(&name, Spec::GatewayLink(spec))]
                })
                .collect(),
            other => panic!("{other}"),
        }
    };
    world.ok(some(0));
    (world, some(count))
}

#[test]
fn many_of_a_kind_in_one_command_cost_each_the_same() {
    for what in ["revisions", "versions", "paths below a version", "links"] {
        let [few, many] = [100, 400].map(|count| {
            let (world, changes) = crowded(what, count);
            cost_of_all(&world, changes).0
        });
        // Where each looked at all others, sixteen times as much would be read.
        assert!(many < few * 5, "{what}: {few} rows for 100, {many} for 400");
    }
}

#[test]
fn links_that_go_or_come_cost_each_the_same() {
    let [few, many] = [100, 400].map(|count| {
        let (world, _) = crowded("links", count);
        let half = 0..count / 2;
        let gone = half.map(|at| delete(&format!("gateways/g{at}/links/l{at}"))).collect();
        cost_of_all(&world, gone).0
    });
    assert!(many < few * 5, "{few} rows for 50 links, {many} for 200");
    let [few, many] = [100, 400].map(|count| {
        let (world, _) = crowded("revisions", count);
        cost_of_all(&world, vec![gateway("new"), link("gateways/new/links/l", "w")]).0
    });
    assert!(many < few * 5, "{few} rows to serve 100 revisions of one path, {many} for 400");
}

#[test]
fn an_undelete_reads_what_the_deletion_took_however_much_has_changed_since() {
    let rows = |followers: usize, later: usize| {
        let mut world = World::new();
        world.ok(vec![workspace("w"), product("workspaces/w/products/p", "P")]);
        let name = |at: usize| format!("workspaces/w/subscriptions/s{at}");
        world.ok((0..followers).map(|at| subscription(&name(at), "products/p", "")).collect());
        let deleted = Change::Delete(Delete { name: "workspaces/w/products/p".into(), cascade: true });
        world.ok(vec![AdmittedChange { change: Some(deleted), if_etag: String::new() }]);
        world.ok((0..later)
            .map(|at| named_value(&format!("workspaces/w/namedValues/n{at}"), &at.to_string(), "1"))
            .collect());
        let counted = Counted { tables: &world.tables, rows: Cell::new(0) };
        let Ok(answer) = crate::undelete(&counted, &Name::parse("workspaces/w/products/p").expect("a name"));
        assert_eq!(answer.expect("kept").differences.len(), followers + 1);
        counted.rows.get()
    };
    assert_eq!(rows(100, 2), rows(100, 190));
    let (few, many) = (rows(100, 2), rows(400, 2));
    assert!(many < few * 5, "{few} rows for 100 followers, {many} for 400");
}
