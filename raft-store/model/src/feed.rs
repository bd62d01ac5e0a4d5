//! The change feed: what watchers follow, with a bounded past.
//!
//! The one idea: records are keyed by revision and position, and the state row knows exactly up to
//! which revision some are gone. Must not know who watches.

use crate::keys;
use crate::read::{Read, Table};
use crate::session::Session;
use crate::stored::{self, State};
use hanse_proto::v1::ChangeRecord;
use prost::Message as _;

/// The past asked for is not kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOld {
    /// The least revision that changes can still be had after.
    pub oldest: u64,
}

/// Adds the session's records, and lets go of the oldest ones beyond the bound.
pub(crate) fn append<R: Read>(session: &mut Session<'_, R>) -> Result<(), R::Error> {
    let records = std::mem::take(&mut session.records);
    for record in &records {
        let key = keys::change(record.revision, record.index);
        session.tables.set(Table::Changes, key, Some(record.encode_to_vec()));
    }
    let added = records.len() as u64;
    session.records = records;
    session.state.changes_kept += added;

    // Twice what is added, so that the table shrinks again after large commands.
    let steps = session.bounds.purge_steps.max(added.saturating_mul(2));
    let excess = session.state.changes_kept.saturating_sub(session.bounds.changes_max).min(steps);
    let Ok(excess) = usize::try_from(excess) else { return Ok(()) };
    if excess == 0 {
        return Ok(());
    }
    for (key, _) in session.tables.range(Table::Changes, &[], &[], excess)? {
        session.state.changes_lost_through = keys::revision_of_change(&key);
        session.state.changes_kept -= 1;
        session.tables.set(Table::Changes, key, None);
    }
    Ok(())
}

/// The revision of the newest record; 0 when there is none.
pub(crate) fn newest<R: Read>(read: &R, state: &State) -> Result<u64, R::Error> {
    let has_any_from = |revision: u64| {
        read.range(Table::Changes, &keys::change(revision, 0), &[], 1).map(|rows| !rows.is_empty())
    };
    // Rows can only be read forwards: double the distance until nothing is behind, then halve it.
    let (mut low, mut step) = (state.changes_lost_through, 1_u64);
    while has_any_from(low.saturating_add(step))? {
        low = low.saturating_add(step);
        step = step.saturating_mul(2);
    }
    while step > 1 {
        step /= 2;
        if has_any_from(low.saturating_add(step))? {
            low = low.saturating_add(step);
        }
    }
    Ok(low)
}

/// The records of one revision.
pub(crate) fn records_of<R: Read>(read: &R, revision: u64) -> Result<Vec<ChangeRecord>, R::Error> {
    let (from, to) = (keys::change(revision, 0), keys::change(revision.saturating_add(1), 0));
    let rows = read.range(Table::Changes, &from, &to, usize::MAX)?;
    Ok(rows.iter().map(|(_, value)| stored::decode(value)).collect())
}

/// The changes after a revision, oldest first, about `limit` of them.
///
/// A revision is never divided between two calls: there are fewer than `limit` when the next
/// revision does not fit, and more when the first one alone exceeds it. An empty answer means that
/// nothing has changed since.
///
/// # Errors
/// Outside, when the store cannot be read; inside, when the past asked for is gone.
pub fn changes_after<R: Read>(
    read: &R,
    revision: u64,
    limit: usize,
) -> Result<Result<Vec<ChangeRecord>, TooOld>, R::Error> {
    let state = stored::state(read)?;
    if revision < state.changes_lost_through {
        return Ok(Err(TooOld { oldest: state.changes_lost_through }));
    }
    let limit = limit.max(1);
    let from = keys::change(revision.saturating_add(1), 0);
    let mut rows = read.range(Table::Changes, &from, &[], limit.saturating_add(1))?;
    if rows.len() > limit {
        let cut = keys::revision_of_change(&rows[limit].0);
        let whole = rows.iter().take_while(|(key, _)| keys::revision_of_change(key) != cut).count();
        if whole > 0 {
            rows.truncate(whole);
        } else {
            let to = keys::change(cut.saturating_add(1), 0);
            rows = read.range(Table::Changes, &from, &to, usize::MAX)?;
        }
    }
    Ok(Ok(rows.iter().map(|(_, value)| stored::decode(value)).collect()))
}
