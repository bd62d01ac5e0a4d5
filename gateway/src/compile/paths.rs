//! Revisions of APIs in groups, and the tables of their paths.
//!
//! One idea: tables hold positions, not APIs, so they are made anew only when a path comes, goes or
//! changes. There is one for each workspace; the one over all that are linked says only which workspace
//! has a path, and a changed path costs as much there whether there are ten or a million.

use super::position;
use crate::{
    route::{Folded, PathTree, SharedPaths},
    shard::{Api, ApiGroup, Note, Shard, WorkspaceShard},
    spec::SERVICE,
};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Path and position of each group that is served.
type PathList = Arc<[(Arc<str>, u32)]>;

/// What follows from the APIs of a workspace.
pub(super) struct Parts {
    pub(super) groups: Arc<[ApiGroup]>,
    pub(super) path_list: PathList,
    pub(super) paths: Arc<PathTree<u32>>,
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
            let paths = PathTree::new(list.iter().map(|(path, at)| (&**path, *at)));
            (list.into(), Arc::new(paths))
        }
    };
    note_conflicts(&groups, &paths, findings);
    Parts { groups, path_list, paths }
}

fn note_conflicts(groups: &[ApiGroup], paths: &PathTree<u32>, findings: &mut Vec<Note>) {
    let of = |at: &u32| head(&groups[*at as usize]);
    findings.extend(paths.refused().iter().map(|(holder, other)| taken(of(holder), of(other))));
}

/// The table over all linked workspaces: the previous one with the paths of those workspaces exchanged
/// whose list is another, so that it costs nothing for all the others.
pub(super) fn merge(
    previous: Option<&Arc<Shard>>,
    workspaces: &[Arc<WorkspaceShard>],
    serves_service: bool,
) -> SharedPaths {
    let mut paths = previous.map(|shard| shard.paths.clone()).unwrap_or_default();
    let (old, did_serve) = match previous {
        Some(previous) => (&previous.workspaces[..], previous.serves_service),
        None => (&[][..], false),
    };
    let (mut old, mut new) = (old.iter().peekable(), workspaces.iter().peekable());
    loop {
        // Both are in the order of ids.
        let order = match (old.peek(), new.peek()) {
            (None, None) => return paths,
            (Some(old), Some(new)) => old.id.cmp(&new.id),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let Some(id) = before.or(after).map(|workspace| &workspace.id) else { continue };
        let before = before.filter(|_| did_serve || **id != *SERVICE).map(|workspace| &workspace.path_list);
        let after =
            after.filter(|_| serves_service || **id != *SERVICE).map(|workspace| &workspace.path_list);
        if let (Some(before), Some(after)) = (before, after)
            && Arc::ptr_eq(before, after)
        {
            continue;
        }
        let of = |list: Option<&PathList>| -> BTreeSet<Box<[Folded]>> {
            list.into_iter().flat_map(|list| list.iter()).map(|(path, _)| SharedPaths::key(path)).collect()
        };
        let (before, after) = (of(before), of(after));
        before.difference(&after).for_each(|path| paths.remove(path, id));
        after.difference(&before).for_each(|path| paths.insert(path, id));
    }
}

/// The APIs that have the path of one in another workspace. Conflicts within one workspace are told by
/// that workspace.
pub(super) fn conflicts(paths: &SharedPaths, workspaces: &[Arc<WorkspaceShard>]) -> Vec<Note> {
    let of = |id: &Arc<str>, path: &[Folded]| -> Vec<Arc<Api>> {
        let Ok(at) = workspaces.binary_search_by(|workspace| workspace.id.cmp(id)) else { return Vec::new() };
        let list = workspaces[at].path_list.iter().filter(|(own, _)| *SharedPaths::key(own) == *path);
        list.map(|(_, group)| head(&workspaces[at].groups[*group as usize]).clone()).collect()
    };
    let mut findings = Vec::new();
    for (path, ids) in paths.contested() {
        let mut claims = ids.iter().map(|id| of(id, path));
        let Some(holder) = claims.next().and_then(|own| own.into_iter().next()) else { continue };
        findings.extend(claims.flatten().map(|other| taken(&holder, &other)));
    }
    findings
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
