//! Removing, a bounded part at a time, what a tombstone hides.
//!
//! The one idea: the rows have been invisible since the deletion, so purging them is no change that
//! anybody could see, and needs no record. Must not decide what is deleted.

use crate::counts;
use crate::keys;
use crate::read::{Read, Table};
use crate::session::Session;
use crate::stored;
use hanse_proto::v1::{ChangeResult, PurgeCommand};

/// Roots that still need purge commands, at most `limit`, as names to put into those.
///
/// # Errors
/// When the store cannot be read.
pub fn tombstones<R: Read>(read: &R, limit: usize) -> Result<Vec<String>, R::Error> {
    let (from, to) = keys::tombstones();
    let rows = read.range(Table::Meta, &from, &to, limit)?;
    Ok(rows.iter().map(|(key, _)| keys::text(keys::root_of_tombstone(key))).collect())
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
    for (key, value) in rows {
        session.erase(key, &stored::decode(&value));
    }
    // The counters below the root are rows like any other, and go last.
    if counters_max > 0 && counts::purge(session, &root, counters_max)? < counters_max {
        session.tables.set(Table::Meta, tombstone, None);
        session.state.tombstones -= 1;
    }
    Ok(Vec::new())
}
