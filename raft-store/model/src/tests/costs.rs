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
    let counted = Counted { tables: &world.tables, rows: Cell::new(0) };
    let command = world.command(vec![change]);
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
