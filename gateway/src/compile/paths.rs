//! Revisions of APIs in groups, what is behind each path, and the tables of the paths.
//!
//! One idea: tables hold positions, not APIs, so they are made anew only when a path comes, goes or
//! changes. There is one for each workspace; the one over all that are linked says only which workspace
//! has a path, and a changed path costs as much there whether there are ten or a million. A version that
//! is a segment is a path of its own.

use super::position;
use crate::{
    route::{Folded, PathTree, Place, SharedPaths, Versioning, folded},
    shard::{Api, ApiGroup, Note, Shard, VersionSets, WorkspaceShard},
    spec::SERVICE,
};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

/// What follows from the APIs and version sets of a workspace.
pub(super) struct Parts {
    pub(super) groups: Arc<[ApiGroup]>,
    pub(super) path_list: Arc<[Arc<str>]>,
    pub(super) places: Arc<[Place]>,
    pub(super) paths: Arc<PathTree<u32>>,
    /// APIs that no path leads to, because of their version set.
    pub(super) unversioned: Arc<[Note]>,
}

pub(super) fn of_workspace(
    old: Option<&Arc<WorkspaceShard>>,
    apis: &Arc<BTreeMap<Arc<str>, Arc<Api>>>,
    sets: &Arc<VersionSets>,
    findings: &mut Vec<Note>,
) -> Parts {
    let same_apis = old.filter(|old| Arc::ptr_eq(&old.apis, apis));
    let parts = match same_apis {
        Some(old) if Arc::ptr_eq(&old.version_sets, sets) => Parts {
            groups: old.groups.clone(),
            path_list: old.path_list.clone(),
            places: old.places.clone(),
            paths: old.paths.clone(),
            unversioned: old.unversioned.clone(),
        },
        _ => make(old, same_apis.map_or_else(|| groups(apis), |old| old.groups.clone()), sets),
    };
    let of = |at: &u32| at_place(&parts.groups, &parts.places, &parts.path_list, *at);
    findings.extend(parts.paths.refused().iter().map(|(holder, other)| taken(of(holder), of(other))));
    findings.extend(parts.unversioned.iter().cloned());
    parts
}

fn groups(apis: &BTreeMap<Arc<str>, Arc<Api>>) -> Arc<[ApiGroup]> {
    let mut by_root: BTreeMap<&Arc<str>, Vec<&Arc<Api>>> = BTreeMap::new();
    for api in apis.values() {
        by_root.entry(&api.root).or_default().push(api);
    }
    by_root.values().map(|members| group(members)).collect()
}

fn make(old: Option<&Arc<WorkspaceShard>>, groups: Arc<[ApiGroup]>, sets: &VersionSets) -> Parts {
    let mut heads: Vec<(&Arc<Api>, u32)> =
        groups.iter().enumerate().map(|(at, group)| (head(group), position(at))).collect();
    // Which of two APIs has a path must not depend on anything but what they say.
    heads.sort_by(|(a, _), (b, _)| (&a.version, &a.root).cmp(&(&b.version, &b.root)));
    let mut made = Places::default();
    let mut unversioned = Vec::new();
    for (api, group) in heads {
        let versioning = match &api.version_set {
            None => None,
            Some(set) => match sets.get(set) {
                Some(Ok(versioning)) => Some((&**set, versioning)),
                Some(Err(defect)) => {
                    unversioned.push(unreadable(api, set, defect));
                    continue;
                }
                None => {
                    unversioned.push(unreadable(api, set, "there is none of this id"));
                    continue;
                }
            },
        };
        made.add(api, group, versioning);
    }
    let Places { path_list: list, places, .. } = made;
    let (path_list, paths) = match old {
        Some(old) if *old.path_list == *list => (old.path_list.clone(), old.paths.clone()),
        _ => {
            let entries = (0..).zip(&list).map(|(place, path)| (&**path, place));
            let paths = PathTree::new(entries);
            (list.into(), Arc::new(paths))
        }
    };
    let places = match old {
        Some(old) if *old.places == *places => old.places.clone(),
        _ => places.into(),
    };
    Parts { groups, path_list, places, paths, unversioned: unversioned.into() }
}

fn unreadable(api: &Api, set: &str, defect: &str) -> Note {
    let message = format!("its version set `{set}` cannot be used ({defect}), so this API is not reachable");
    (api.name().key(), message)
}

/// The places of a workspace in the making; paths and places are in one order.
#[derive(Default)]
struct Places<'s> {
    path_list: Vec<Arc<str>>,
    places: Vec<Place>,
    /// The place of a version set on a path, by both.
    of_sets: BTreeMap<(Box<[u8]>, &'s str), usize>,
}

impl<'s> Places<'s> {
    fn add(&mut self, api: &Api, group: u32, versioning: Option<(&'s str, &Versioning)>) {
        let Some((set, versioning)) = versioning else {
            return self.push(api.path.clone(), Place::of_one(group));
        };
        let next = self.places.len();
        let at = match self.of_sets.entry((folded(&api.path), set)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                new.insert(next);
                let versioning = Some(versioning.clone());
                self.push(api.path.clone(), Place { versioning, ..Place::of_none(group) });
                next
            }
        };
        let place = &mut self.places[at];
        if api.version.is_empty() {
            match place.original {
                None => place.original = Some(group),
                // Told as a path that is taken.
                Some(_) => self.push(api.path.clone(), Place::of_one(group)),
            }
            return;
        }
        if *versioning == Versioning::Segment {
            let path = format!("{}/{}", api.path, api.version);
            return self.push(path.into(), Place::of_one(group));
        }
        let version = api.version.to_ascii_lowercase().into_boxed_str();
        match place.versions.binary_search_by(|(known, _)| known.cmp(&version)) {
            Ok(_) => self.push(api.path.clone(), Place::of_one(group)),
            Err(at) => {
                let mut versions = std::mem::take(&mut place.versions).into_vec();
                versions.insert(at, (version, group));
                place.versions = versions.into();
            }
        }
    }

    fn push(&mut self, path: Arc<str>, place: Place) {
        self.path_list.push(path);
        self.places.push(place);
    }
}

/// The API that a path was taken for, and the path.
fn at_place<'s>(
    groups: &'s [ApiGroup],
    places: &[Place],
    path_list: &'s [Arc<str>],
    at: u32,
) -> (&'s Api, &'s str) {
    let place = at as usize;
    (head(&groups[places[place].owner as usize]), &path_list[place])
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
        let of = |list: Option<&Arc<[Arc<str>]>>| -> BTreeSet<Box<[Folded]>> {
            list.into_iter().flat_map(|list| list.iter()).map(|path| SharedPaths::key(path)).collect()
        };
        let (before, after) = (of(before), of(after));
        before.difference(&after).for_each(|path| paths.remove(path, id));
        after.difference(&before).for_each(|path| paths.insert(path, id));
    }
}

/// The APIs that have the path of one in another workspace. Conflicts within one workspace are told by
/// that workspace.
pub(super) fn conflicts(paths: &SharedPaths, workspaces: &[Arc<WorkspaceShard>]) -> Vec<Note> {
    let of = |id: &Arc<str>, path: &[Folded]| -> Vec<(&Api, &str)> {
        let Ok(at) = workspaces.binary_search_by(|workspace| workspace.id.cmp(id)) else { return Vec::new() };
        let workspace = &workspaces[at];
        let own = (0..).zip(workspace.path_list.iter()).filter(|(_, own)| *SharedPaths::key(own) == *path);
        own.map(|(place, _)| at_place(&workspace.groups, &workspace.places, &workspace.path_list, place))
            .collect()
    };
    let mut findings = Vec::new();
    for (path, ids) in paths.contested() {
        let mut claims = ids.iter().map(|id| of(id, path));
        let Some(holder) = claims.next().and_then(|own| own.into_iter().next()) else { continue };
        findings.extend(claims.flatten().map(|other| taken(holder, other)));
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

fn taken((holder, _): (&Api, &str), (other, path): (&Api, &str)) -> Note {
    let message = format!(
        "the path `{path}` is taken by `{}`, so this API is not reachable where both are served",
        holder.name(),
    );
    (other.name().key(), message)
}
