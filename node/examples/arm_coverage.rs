//! Which operations of Azure's management API have their counterpart here, and which have none.
//!
//!     hanse explain --all -o json | cargo run -p hanse --example arm_coverage -- operations.json
//!
//! The file lists operations as `{"operations": [{"operation", "method", "path"}]}`, paths without what
//! comes before the service. Prints what has no counterpart, by the first part of its path that no kind
//! stands for.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _},
};

/// What is written another way here: collections below others, and calls. Last, what it is here.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("products", "apis", "products/apiLinks"),
    ("products", "groups", "products/groupLinks"),
    ("apis", "tags", "tags/apiLinks"),
    ("operations", "tags", "tags/operationLinks"),
    ("products", "tags", "tags/productLinks"),
    ("apis", "revisions", "apis;rev=N"),
    ("policyFragments", "listReferences", "ListReferrers"),
];
/// What is posted to a resource, and is an action or a call here as well.
const ACTIONS: &[&str] = &["listSecrets", "listValue", "regeneratePrimaryKey", "regenerateSecondaryKey"];

struct Kind {
    id: String,
    collection: String,
    at_root: bool,
    parents: BTreeSet<String>,
}

enum Place {
    Same,
    Otherwise,
    Nowhere(String),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: arm_coverage operations.json < explained.json")?;
    let mut explained = String::new();
    io::stdin().read_to_string(&mut explained)?;
    let explained: Value = serde_json::from_str(&explained)?;
    let operations: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let kinds: Vec<Kind> = list(&explained["kinds"]).iter().map(kind).collect();
    let (mut all, mut of_workspaces) = ([0; 3], [0; 3]);
    let mut nowhere: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for operation in list(&operations["operations"]) {
        let path = text(&operation["path"]).replace('…', "");
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let in_workspace = parts.len() > 2 && parts[0] == "workspaces";
        let parts = if in_workspace { &parts[2..] } else { &parts[..] };
        let place = place(&kinds, parts, text(&operation["method"]) == "POST");
        let column = match place {
            Place::Same => 0,
            Place::Otherwise => 1,
            Place::Nowhere(_) => 2,
        };
        all[column] += 1;
        of_workspaces[column] += usize::from(in_workspace);
        if let Place::Nowhere(why) = place {
            nowhere.entry(why).or_default().push(text(&operation["operation"]));
        }
    }
    println!("| operations | same place | another place | none |\n|---|---:|---:|---:|");
    for (what, [same, other, none]) in [("all", all), ("of workspaces", of_workspaces)] {
        println!("| {what} | {same} | {other} | {none} |");
    }
    println!("\n| no counterpart | operations | such as |\n|---|---:|---|");
    let mut rows: Vec<_> = nowhere.into_iter().collect();
    rows.sort_by_key(|(_, operations)| std::cmp::Reverse(operations.len()));
    for (what, operations) in rows {
        println!("| {what} | {} | {} |", operations.len(), operations[0]);
    }
    Ok(())
}

/// Walks a path, in which collections and ids take turns.
fn place(kinds: &[Kind], parts: &[&str], is_post: bool) -> Place {
    let mut above: Option<&Kind> = None;
    for (at, part) in parts.iter().enumerate().step_by(2) {
        let stands_here = |kind: &&Kind| {
            kind.collection.eq_ignore_ascii_case(part)
                && above.map_or(kind.at_root, |above| kind.parents.contains(&above.id))
        };
        if let Some(kind) = kinds.iter().find(stands_here) {
            above = Some(kind);
            continue;
        }
        let parent = above.map_or("", |kind| &kind.collection);
        if OTHERWISE.iter().any(|(known, own, _)| (*known, *own) == (parent, *part)) {
            return Place::Otherwise;
        }
        if is_post && at + 1 == parts.len() && ACTIONS.contains(part) {
            return Place::Same;
        }
        return Place::Nowhere(if parent.is_empty() {
            (*part).to_owned()
        } else {
            format!("{parent}/{part}")
        });
    }
    Place::Same
}

fn kind(value: &Value) -> Kind {
    Kind {
        id: text(&value["kind"]),
        collection: text(&value["collection"]),
        at_root: value["atRoot"].as_bool().unwrap_or_default(),
        parents: list(&value["parents"]).iter().map(text).collect(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
