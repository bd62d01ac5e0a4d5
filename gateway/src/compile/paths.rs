//! Revisions of APIs in groups, and the tables of their paths.
//!
//! One idea: tables hold positions, not APIs, so they are made anew only when a path comes, goes or
//! changes. There is one for each workspace and one over all that are linked.

use super::position;
use crate::{
    route::PathTree,
    shard::{Api, ApiGroup, GroupAt, Note, Shard, WorkspaceShard},
    spec::SERVICE,
};
use std::{collections::BTreeMap, sync::Arc};

/// What follows from the APIs of a workspace.
pub(super) struct Parts {
    pub(super) groups: Arc<[ApiGroup]>,
    pub(super) path_list: Arc<[(Arc<str>, u32)]>,
    pub(super) paths: Arc<PathTree<GroupAt>>,
}

pub(super) fn of_workspace(
    old: Option<&Arc<WorkspaceShard>>,
    apis: &Arc<BTreeMap<Arc<str>, Arc<Api>>>,
    findings: &mut Vec<Note>,
) -> Parts {
    if let Some(old) = old.filter(|old| Arc::ptr_eq(&old.apis, apis)) {
        let (groups, paths) = (old.groups.clone(), old.paths.clone());
        note_conflicts(&groups, &paths, findings);
        return Parts { groups, path_list: old.path_list.clone(), paths };
    }
    let mut by_root: BTreeMap<&Arc<str>, Vec<&Arc<Api>>> = BTreeMap::new();
    for api in apis.values() {
        by_root.entry(&api.root).or_default().push(api);
    }
    let groups: Arc<[ApiGroup]> = by_root.values().map(|members| group(members)).collect();
    let mut heads: Vec<(&Arc<Api>, u32)> =
        groups.iter().enumerate().map(|(at, group)| (head(group), position(at))).collect();
    // Which of two APIs has a path must not depend on anything but what they say.
    heads.sort_by(|(a, _), (b, _)| (&a.version, &a.root).cmp(&(&b.version, &b.root)));
    let list: Vec<(Arc<str>, u32)> = heads.iter().map(|(api, at)| (api.path.clone(), *at)).collect();
    let (path_list, paths) = match old {
        Some(old) if *old.path_list == *list => (old.path_list.clone(), old.paths.clone()),
        _ => {
            let entries = list.iter().map(|(path, at)| (&**path, GroupAt { workspace: 0, group: *at }));
            let paths = PathTree::new(entries);
            (list.into(), Arc::new(paths))
        }
    };
    note_conflicts(&groups, &paths, findings);
    Parts { groups, path_list, paths }
}

fn note_conflicts(groups: &[ApiGroup], paths: &PathTree<GroupAt>, findings: &mut Vec<Note>) {
    let of = |at: &GroupAt| head(&groups[at.group as usize]);
    findings.extend(paths.refused().iter().map(|(holder, other)| taken(of(holder), of(other))));
}

/// The table over all linked workspaces, and what is wrong with it.
pub(super) fn merge(
    previous: Option<&Arc<Shard>>,
    workspaces: &[Arc<WorkspaceShard>],
    serves_service: bool,
) -> (Arc<PathTree<GroupAt>>, Vec<Note>) {
    let paths = match previous {
        Some(previous) if previous.serves_service == serves_service && same_paths(previous, workspaces) => {
            previous.paths.clone()
        }
        _ => {
            let linked = (0..).zip(workspaces).filter(|(_, one)| serves_service || *one.id != *SERVICE);
            Arc::new(PathTree::new(linked.flat_map(|(at, workspace)| {
                let entries = workspace.path_list.iter();
                entries.map(move |(path, group)| (&**path, GroupAt { workspace: at, group: *group }))
            })))
        }
    };
    let of = |at: &GroupAt| head(&workspaces[at.workspace as usize].groups[at.group as usize]);
    // Conflicts within one workspace are told by that workspace.
    let between = paths.refused().iter().filter(|(a, b)| a.workspace != b.workspace);
    let findings = between.map(|(holder, other)| taken(of(holder), of(other))).collect();
    (paths, findings)
}

fn same_paths(previous: &Shard, workspaces: &[Arc<WorkspaceShard>]) -> bool {
    previous.workspaces.len() == workspaces.len()
        && previous
            .workspaces
            .iter()
            .zip(workspaces)
            .all(|(old, new)| old.id == new.id && Arc::ptr_eq(&old.path_list, &new.path_list))
}

fn group(members: &[&Arc<Api>]) -> ApiGroup {
    // The plain id sorts before `;rev=N`, so it is preferred where two say they are current.
    let current = members.iter().find(|api| api.is_current).map(|api| (*api).clone());
    let mut revisions: Vec<(Arc<str>, Arc<Api>)> = Vec::new();
    for api in members {
        if revisions.iter().all(|(number, _)| *number != api.api_revision) {
            revisions.push((api.api_revision.clone(), (*api).clone()));
        }
    }
    ApiGroup { current, revisions: revisions.into() }
}

/// The revision whose path and version count for all: they cannot differ from the current one.
fn head(group: &ApiGroup) -> &Arc<Api> {
    let first = || &group.revisions.first().expect("a group has a member").1;
    group.current.as_ref().unwrap_or_else(first)
}

fn taken(holder: &Api, other: &Api) -> Note {
    let message = format!(
        "the path `{}` is taken by `{}`, so this API is not reachable where both are served",
        other.path,
        holder.name(),
    );
    (other.name().key(), message)
}
