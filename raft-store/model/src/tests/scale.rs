//! No cost grows with the total: what a command or a page reads is counted at two sizes.

use super::*;
use crate::{ListQuery, list, read::Row};
use hanse_proto::Kind;
use std::cell::Cell;
use std::convert::Infallible;

const APIS_PER_WORKSPACE: usize = 50;

/// Tables that count the rows they are asked for.
struct Counting<'a> {
    tables: &'a MemoryTables,
    rows: Cell<usize>,
}

impl Read for Counting<'_> {
    type Error = Infallible;

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        self.rows.set(self.rows.get() + 1);
        self.tables.get(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Infallible> {
        let Ok(rows) = self.tables.range(table, from, to, limit);
        self.rows.set(self.rows.get() + rows.len().max(1));
        Ok(rows)
    }
}

/// Workspaces of fifty APIs each, all on the default gateway.
fn world(workspaces: usize) -> World {
    const MANY: Option<u32> = Some(1_000_000);
    let workspace_limits = v1::WorkspaceLimits { apis: MANY, ..Default::default() };
    let limits = v1::Limits { workspaces: MANY, workspace: Some(workspace_limits), ..Default::default() };
    let settings = v1::ServiceSettings { limits: Some(limits), ..Default::default() };
    let mut changes = vec![put("settings/service", Spec::ServiceSettings(settings))];
    for at in 0..workspaces {
        let id = format!("w{at}");
        changes.push(workspace(&id));
        changes.push(link(&format!("gateways/default/links/{id}"), &id));
        let apis = 0..APIS_PER_WORKSPACE;
        changes.extend(
            apis.map(|api| self::api(&format!("workspaces/{id}/apis/a{api}"), &format!("{id}/a{api}"))),
        );
    }
    let mut world = World::new();
    world.ok(changes);
    world
}

/// Rows that deciding the changes reads.
fn rows_of_command(world: &World, changes: Vec<AdmittedChange>) -> usize {
    let counting = Counting { tables: &world.tables, rows: Cell::new(0) };
    let command = world.command(changes);
    let Ok(decision) = apply_with(&counting, &command, world.revision + 1, &world.bounds);
    assert!(matches!(decision, Decision::Accepted(_)), "{decision:?}");
    counting.rows.get()
}

/// Rows that a page reads.
fn rows_of_page(world: &World, parent: &str, kind: Kind, recursive: bool) -> usize {
    let counting = Counting { tables: &world.tables, rows: Cell::new(0) };
    let parent = (!parent.is_empty()).then(|| Name::parse(parent).expect(parent));
    let query = ListQuery { parent, kind: Some(kind), recursive, page_size: 10, ..ListQuery::default() };
    let Ok(page) = list(&counting, &query);
    assert_eq!(page.expect("a page").resources.len(), 10);
    counting.rows.get()
}

#[test]
fn a_change_and_a_page_read_as_many_rows_of_twenty_thousand_resources_as_of_a_thousand() {
    let [small, large] = [20, 400].map(world);
    let api_name = "workspaces/w7/apis/a7";
    let commands: Vec<(&str, Vec<AdmittedChange>)> = vec![
        ("an operation is created", vec![operation(&format!("{api_name}/operations/o"), "GET", "/o")]),
        ("an API is changed", vec![api(api_name, "w7/other")]),
        ("an API is created", vec![api("workspaces/w7/apis/new", "w7/new")]),
        ("a policy is set", vec![policy(&format!("{api_name}/policies/policy"))]),
        ("a named value is created", vec![named_value("workspaces/w7/namedValues/n", "n", "1")]),
        ("an API is deleted", vec![delete(api_name)]),
        ("a workspace is deleted", vec![delete("workspaces/w7")]),
        (
            "a workspace is created and linked",
            vec![workspace("new"), link("gateways/default/links/new", "new")],
        ),
    ];
    for (what, changes) in commands {
        let rows = rows_of_command(&small, changes.clone());
        assert!(rows > 0);
        assert_eq!(rows, rows_of_command(&large, changes), "{what}");
    }
    for (parent, kind, recursive) in [
        ("", Kind::Workspace, false),
        ("workspaces/w7", Kind::Api, false),
        ("workspaces/w7", Kind::Api, true),
        ("", Kind::Api, true),
    ] {
        let rows = rows_of_page(&small, parent, kind, recursive);
        assert_eq!(rows, rows_of_page(&large, parent, kind, recursive), "{kind:?} of `{parent}`");
    }
}
