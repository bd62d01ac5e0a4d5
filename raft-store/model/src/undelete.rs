//! What a deletion took away, to be brought back as long as it is kept.
//!
//! The one idea: whatever one command deletes is kept under its revision, whether it went at once, was
//! purged later or is hidden still. So what the deletion took is read there, once for everything that
//! went along, and costs the same however much has changed since. What exists again by now is somebody's
//! work and stays as it is. Must not decide what a rollback does.

use crate::feed::{self, TooOld};
use crate::history::{self, Difference, HISTORY_ROWS_MAX, Past, PastError};
use crate::keys;
use crate::read::Read;
use crate::references;
use crate::stored;
use crate::view::View;
use hanse_proto::Name;
use std::collections::{BTreeMap, BTreeSet};

/// What a deletion took away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Undeleted {
    /// What is to be brought back, parents before children.
    pub differences: Vec<Difference>,
    /// Names of what exists again and is not what it was: it stays, and what stood below it then is not
    /// brought back either, because it belonged to the other one.
    pub left: Vec<String>,
}

/// Everything that a deletion took away: the subtree of a root, and what went along because it refers
/// to it (links, subscriptions, revisions, a dedicated gateway) and does not exist again.
///
/// Reads what that one command deleted in the workspaces concerned (or in the service), at most
/// [`HISTORY_ROWS_MAX`] rows.
///
/// # Errors
/// Outside, when the store cannot be read; inside, when that past cannot be had.
pub fn undelete<R: Read>(read: &R, root: &Name) -> Result<Result<Undeleted, PastError>, R::Error> {
    undelete_within(read, root, HISTORY_ROWS_MAX)
}

pub(crate) fn undelete_within<R: Read>(
    read: &R,
    root: &Name,
    rows_max: usize,
) -> Result<Result<Undeleted, PastError>, R::Error> {
    let state = stored::state(read)?;
    let view = View::with_state(read, &state);
    let key = keys::of(&root.key());
    if view.exists(&key)? {
        return Ok(Err(PastError::NotDeleted));
    }
    let Some(deleted) = history::deleted_at(read, &key)? else { return Ok(Err(PastError::NotDeleted)) };
    let oldest = history::oldest(&state);
    if deleted <= oldest {
        return Ok(Err(PastError::TooOld(TooOld { oldest })));
    }
    let roots = with_followers(read, key, deleted)?;
    let mut past = Past::new(rows_max);
    let scopes: BTreeSet<&[u8]> = roots.iter().map(|root| keys::scope(root)).collect();
    for scope in scopes {
        past.walk_scope(read, |key| is_below_one(&roots, key), scope, deleted, deleted)?;
    }
    if state.tombstones > 0 {
        let is_top = |root: &&Vec<u8>| keys::parent(root).is_none_or(|above| !is_below_one(&roots, above));
        for root in roots.iter().filter(is_top) {
            past.walk_hidden(read, root, |at| at == deleted)?;
        }
    }
    if past.is_cut {
        return Ok(Err(PastError::TooMuch { rows_max }));
    }
    let mut undeleted = Undeleted::default();
    let mut last_left: Option<Vec<u8>> = None;
    for (key, then) in past.then {
        if then.is_none() || last_left.as_ref().is_some_and(|left| keys::is_within(left, &key)) {
            continue;
        }
        let now = view.resource(&key)?;
        if now.is_none() {
            undeleted.differences.push(history::difference(&key, then, now));
        } else if !history::is_same(then.as_ref(), now.as_ref()) {
            undeleted.left.push(view.name(&key)?);
            last_left = Some(key);
        }
    }
    Ok(Ok(undeleted))
}

/// A deleted root, with the roots that the same command deleted and that refer to what is brought back
/// or stand in it.
fn with_followers<R: Read>(read: &R, root: Vec<u8>, deleted: u64) -> Result<BTreeSet<Vec<u8>>, R::Error> {
    // Who comes back with a resource: whoever refers to it or to something below it.
    let mut with: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for record in feed::records_of(read, deleted)? {
        let Some(name) = Name::parse(&record.name).ok().filter(|_| record.action == "deleted") else {
            continue;
        };
        let key = keys::of(&name.key());
        let Some(was) = history::value_before(read, &key, deleted)? else { continue };
        let mut targets = references::all_targets(&name, &was);
        targets.push(name);
        for target in targets {
            let target = keys::of(&target.key());
            for above in keys::self_and_ancestors(&target) {
                with.entry(above.to_vec()).or_default().insert(key.clone());
            }
        }
    }
    let mut found = BTreeSet::from([root.clone()]);
    let mut next = vec![root];
    while let Some(root) = next.pop() {
        for follower in with.remove(&root).unwrap_or_default() {
            if found.insert(follower.clone()) {
                next.push(follower);
            }
        }
    }
    Ok(found)
}

fn is_below_one(roots: &BTreeSet<Vec<u8>>, key: &[u8]) -> bool {
    keys::self_and_ancestors(key).any(|above| roots.contains(above))
}
