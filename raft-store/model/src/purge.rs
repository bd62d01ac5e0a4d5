//! Removing, a bounded part at a time, what a tombstone hides.
//!
//! The one idea: the rows have been invisible since the deletion, so purging them is no change that
//! anybody could see, and needs no record. Must not decide what is deleted.

use crate::counts;
use crate::keys;
use crate::read::{Read, Row, Table};
use crate::session::Session;
use crate::stored::{self, Tombstone};
use hanse_proto::v1::{ChangeResult, PurgeCommand};
use std::collections::BTreeMap;

/// Roots that still need purge commands, at most `limit`, as names to put into those.
///
/// # Errors
/// When the store cannot be read.
pub fn tombstones<R: Read>(read: &R, limit: usize) -> Result<Vec<String>, R::Error> {
    let (from, to) = keys::tombstones();
    let rows = read.range(Table::Meta, &from, &to, limit)?;
    Ok(rows.iter().map(|(key, _)| keys::text(keys::root_of_tombstone(key))).collect())
}

/// The tombstones that lie above a key, at it or below it, with the revisions of their deletions.
pub(crate) fn near<R: Read>(read: &R, key: &[u8]) -> Result<BTreeMap<Vec<u8>, u64>, R::Error> {
    let mut found = BTreeMap::new();
    let mut take = |root: &[u8], row: &[u8]| {
        let tombstone: Tombstone = stored::decode(row);
        found.insert(root.to_vec(), tombstone.revision);
    };
    for above in keys::self_and_ancestors(key) {
        if let Some(row) = read.get(Table::Meta, &keys::tombstone(above))? {
            take(above, &row);
        }
    }
    let (from, to) = if key.is_empty() { keys::tombstones() } else { keys::tombstones_within(key) };
    for (row, value) in read.range(Table::Meta, &from, &to, usize::MAX)? {
        take(keys::root_of_tombstone(&row), &value);
    }
    Ok(found)
}

/// The revision at which a key was hidden first, by tombstones that were found `near` it.
pub(crate) fn deleted_at(tombstones: &BTreeMap<Vec<u8>, u64>, key: &[u8]) -> Option<u64> {
    keys::self_and_ancestors(key).filter_map(|key| tombstones.get(key)).min().copied()
}

/// Removes up to the bound of rows; the command that finds fewer removes the tombstone too. A root
/// without a tombstone is left alone, so a purge that is proposed twice does no harm.
pub(crate) fn decide<R: Read>(
    session: &mut Session<'_, R>,
    purge: &PurgeCommand,
) -> Result<Vec<ChangeResult>, R::Error> {
    let root = keys::of(&hanse_proto::key_of(&purge.root));
    let tombstone = keys::tombstone(&root);
    if session.tables.get(Table::Meta, &tombstone)?.is_none() {
        return Ok(Vec::new());
    }
    let max = session.bounds.subtree_rows_max;
    let rows = session.tables.range(Table::Resources, &root, &keys::behind(&root), max)?;
    let counters_max = max - rows.len();
    erase(session, &root, rows)?;
    // The counters below the root are rows like any other, and go last.
    if counters_max > 0 && counts::purge(session, &root, counters_max)? < counters_max {
        session.tables.set(Table::Meta, tombstone, None);
        session.state.tombstones -= 1;
    }
    Ok(Vec::new())
}

/// Finishes the purge of a root for a command that wants to write there, if what is left fits into
/// what the command may remove; whether it did. So what was deleted can be brought back at once when
/// it is small, and otherwise in a moment, after the purges that are under way.
pub(crate) fn finish<R: Read>(session: &mut Session<'_, R>, root: &[u8]) -> Result<bool, R::Error> {
    let max = session.rows_left;
    let rows = session.tables.range(Table::Resources, root, &keys::behind(root), max.saturating_add(1))?;
    if rows.len() > max {
        return Ok(false);
    }
    let counters_max = max - rows.len();
    if counts::below(session, root, counters_max + 1)? > counters_max {
        return Ok(false);
    }
    session.rows_left -= rows.len();
    erase(session, root, rows)?;
    session.rows_left -= counts::purge(session, root, counters_max)?;
    session.tables.set(Table::Meta, keys::tombstone(root), None);
    session.state.tombstones -= 1;
    Ok(true)
}

fn erase<R: Read>(session: &mut Session<'_, R>, root: &[u8], rows: Vec<Row>) -> Result<(), R::Error> {
    session.tombstones_near = near(&session.tables, root)?;
    for (key, value) in rows {
        session.erase(key, &stored::decode(&value));
    }
    session.tombstones_near.clear();
    Ok(())
}
