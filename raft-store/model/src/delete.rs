//! Deleting a resource with everything below it, and what goes along with it.
//!
//! The one idea: a deletion is of a root. A small subtree goes at once; a large one gets a
//! tombstone, which hides it at once, and is purged by later commands. Either way the feed has one
//! record for the root. Whether the deletion is allowed is asked afterwards, in `references`.

use crate::cascade;
use crate::counts;
use crate::index;
use crate::keys;
use crate::kinds::{self, DEFAULT_GATEWAY};
use crate::purge;
use crate::read::{Read, Table};
use crate::session::{Removed, Session};
use crate::stored::{self, Tombstone};
use crate::violation::code;
use hanse_proto::v1::{ChangeResult, StoredResource};
use hanse_proto::{FEATURE_LEVEL, Kind, Name};
use prost::Message as _;

/// Deletes a resource that the command names.
pub(crate) fn carry_out<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    cascade: bool,
) -> Result<ChangeResult, R::Error> {
    let key = keys::of(&name.key());
    let result = |action: &str| ChangeResult {
        name: name.as_str().to_owned(),
        action: action.to_owned(),
        etag: String::new(),
    };
    if name.kind() == Kind::Gateway && name.id().eq_ignore_ascii_case(DEFAULT_GATEWAY) {
        let message = "the default gateway always exists and cannot be deleted".to_owned();
        session.report(code::CONFLICT, name.as_str(), "", message, "delete its links to serve nothing there");
        return Ok(result("absent"));
    }
    if kinds::is_built_in_group(name) {
        let message = "it is one of the service's own groups, which always exist".to_owned();
        session.report(code::CONFLICT, name.as_str(), "", message, "");
        return Ok(result("absent"));
    }
    if session.removed_keys.contains(&key) {
        return Ok(result("deleted"));
    }
    let Some(stored) = session.view().resource(&key)? else { return Ok(result("absent")) };
    remove_root(session, key, stored, cascade)?;
    Ok(result("deleted"))
}

fn remove_root<R: Read>(
    session: &mut Session<'_, R>,
    key: Vec<u8>,
    stored: StoredResource,
    cascade: bool,
) -> Result<(), R::Error> {
    let text = stored.resource.as_ref().map_or("", |resource| &resource.name).to_owned();
    let name = Name::parse(&text).expect("apply stores checked names");
    let mut along = followers(session, &name, &key)?;
    if cascade {
        along.extend(cascade::followers(session, &name, &key)?);
    }
    // What the command puts itself is judged by what it says then.
    let (spared, along): (Vec<_>, Vec<_>) =
        along.into_iter().partition(|follower| session.attempted.contains(follower));
    session.spared.extend(spared);
    for follower in along {
        if let Some(stored) = session.view().resource(&follower)? {
            remove_root(session, follower, stored, cascade)?;
        }
    }

    let max = session.rows_left;
    let rows = session.tables.range(Table::Resources, &key, &keys::behind(&key), max.saturating_add(1))?;
    if rows.len() <= max {
        session.rows_left -= rows.len();
        session.tombstones_near = purge::near(&session.tables, &key)?;
        for (key, value) in rows {
            let stored = stored::decode(&value);
            // What a tombstone hides stopped counting when it got it.
            if session.view().hidden_by(&key)?.is_none() {
                session.counts.remove(&stored);
            }
            session.erase(key, &stored);
        }
    } else {
        let tombstone = Tombstone { feature_level: FEATURE_LEVEL, revision: session.revision };
        session.tables.set(Table::Meta, keys::tombstone(&key), Some(tombstone.encode_to_vec()));
        session.state.tombstones += 1;
        counts::hide(session, &name, &key, &stored)?;
    }
    session.tombstones_near.clear();
    session.record(&text, "deleted");
    session.removed_keys.insert(key.clone());
    session.removed.push(Removed { name, key, before: stored, cascade });
    Ok(())
}

/// What stands elsewhere and means nothing without the root: links, and dedicated gateways.
fn followers<R: Read>(session: &Session<'_, R>, name: &Name, key: &[u8]) -> Result<Vec<Vec<u8>>, R::Error> {
    let view = session.view();
    match name.kind() {
        Kind::Workspace => {
            let mut followers = view.owners(&index::links_of_workspace(key), usize::MAX)?;
            followers.extend(view.owners(&index::dedicated_to(key), usize::MAX)?);
            Ok(followers)
        }
        _ => {
            let mut followers = match name.kind() {
                Kind::Api => view.owners(&index::products_of_api(key), usize::MAX)?,
                _ => Vec::new(),
            };
            let (from, to) = index::followers_of_subtree(key);
            let outside = view.owners_between(&from, &to, usize::MAX)?;
            let behind = keys::behind(key);
            followers.extend(outside.into_iter().filter(|owner| owner.as_slice() < key || *owner >= behind));
            Ok(followers)
        }
    }
}
