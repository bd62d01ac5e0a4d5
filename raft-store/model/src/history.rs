//! What resources were before: for `history`, for rollback, and to bring back what was deleted.
//!
//! The one idea: whatever writes or erases a resource keeps what was there, under its revision; so the
//! past of a resource is the first row after the revision asked for, or else what it is now. Rows of a
//! workspace stand together, so looking back costs what has changed in it since, and nothing more. They
//! are kept as long as the change feed. What a tombstone hides is kept under the revision of its
//! deletion when it is purged; until then it is read where it lies.
//!
//! Must not decide what a rollback does: it is a command like any other, made of [`Difference::change`].
//! What a deletion took is in `undelete`, pages of the past are in `history_page`.

use crate::feed::TooOld;
use crate::keys;
use crate::purge;
use crate::read::{Read, Table};
use crate::revisions;
use crate::session::{Session, spec_of};
use crate::stored::{self, State};
use crate::view::View;
use hanse_proto::Name;
use hanse_proto::v1::admitted_change::Change;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{AdmittedChange, Delete, Put, Resource, StoredResource};
use prost::Message as _;
use std::collections::BTreeMap;

/// Rows of the past that one look back reads.
pub const HISTORY_ROWS_MAX: usize = 200_000;
/// Rows of one read.
const CHUNK: usize = 256;

/// A resource that is not what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// In the case it was written in.
    pub name: String,
    /// What it was; `None`: it did not exist. Of an API, `isCurrent` is always said.
    pub then: Option<StoredResource>,
    /// What it is now, likewise.
    pub now: Option<StoredResource>,
}

impl Difference {
    /// The change that makes it again what it was, secrets by their seals, owner and state included.
    pub fn change(&self) -> AdmittedChange {
        let change = match &self.then {
            None => Change::Delete(Delete { name: self.name.clone(), cascade: false }),
            Some(then) => {
                let resource = then.resource.as_ref();
                Change::Put(Put {
                    resource: Some(Resource {
                        name: self.name.clone(),
                        spec: resource.and_then(|resource| resource.spec.clone()),
                        ..Resource::default()
                    }),
                    secrets: then.secrets.clone(),
                    facts: then.facts.clone(),
                    restores_owner: resource.map_or("", |resource| &resource.owner).to_owned(),
                    restores: true,
                })
            }
        };
        AdmittedChange { change: Some(change), if_etag: String::new() }
    }
}

/// Why the past cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastError {
    /// It is not kept any more.
    TooOld(TooOld),
    /// More than [`HISTORY_ROWS_MAX`] rows have changed since.
    TooMuch {
        /// The bound.
        rows_max: usize,
    },
    /// There is no deletion of this resource in what is kept, or it exists.
    NotDeleted,
}

/// Keeps what was at a key before a revision; once for a key and revision.
pub(crate) fn keep<R: Read>(
    session: &mut Session<'_, R>,
    key: &[u8],
    before: Option<&StoredResource>,
    revision: u64,
) {
    // The deletion may be older than the past that is kept.
    if revision <= session.state.changes_lost_through {
        return;
    }
    let row = keys::history(key, revision);
    if session.tables.is_pending(Table::History, &row) {
        return;
    }
    let value = before.map(StoredResource::encode_to_vec).unwrap_or_default();
    session.tables.set(Table::History, row, Some(value));
    session.tables.set(Table::History, keys::changed_at(key, revision), Some(Vec::new()));
    let touched = keys::touched(revision, keys::scope(key));
    session.tables.set(Table::History, touched, Some(Vec::new()));
    session.history_rows += 1;
}

/// Lets go of what is older than the change feed, in bounded steps that keep up with what is added.
pub(crate) fn let_go<R: Read>(session: &mut Session<'_, R>) -> Result<(), R::Error> {
    let through = session.state.changes_lost_through;
    if through == 0 {
        return Ok(());
    }
    let steps = session.bounds.purge_steps.max(session.history_rows.saturating_mul(2));
    let mut steps = usize::try_from(steps).unwrap_or(usize::MAX);
    let (from, to) = keys::touched_since(0);
    while steps > 0 {
        let Some((marker, _)) = session.tables.range(Table::History, &from, &to, 1)?.pop() else { break };
        let (revision, scope) = keys::of_touched(&marker);
        if revision > through {
            break;
        }
        let (first, behind) = (keys::history_of(scope, revision), keys::history_of(scope, revision + 1));
        let rows = session.tables.range(Table::History, &first, &behind, steps)?;
        steps -= rows.len();
        for (row, _) in rows {
            let (_, key) = keys::of_history(scope, &row);
            session.tables.set(Table::History, keys::changed_at(key, revision), None);
            session.tables.set(Table::History, row, None);
        }
        if steps > 0 {
            steps -= 1;
            session.tables.set(Table::History, marker, None);
        }
    }
    Ok(())
}

/// Whether anything in a subtree has changed after a revision, or nobody can tell any more.
pub(crate) fn has_changed<R: Read>(
    read: &R,
    state: &State,
    root: &[u8],
    revision: u64,
) -> Result<bool, R::Error> {
    if revision < oldest(state) {
        return Ok(true);
    }
    let scope = keys::scope(root);
    let mut from = keys::history_of(scope, revision.saturating_add(1));
    let to = keys::behind_history_of(scope);
    loop {
        let rows = read.range(Table::History, &from, &to, CHUNK)?;
        let Some((last, _)) = rows.last() else { break };
        from = [last.as_slice(), &[0]].concat();
        if rows.iter().any(|(row, _)| keys::is_within(root, keys::of_history(scope, row).1)) {
            return Ok(true);
        }
    }
    // A large subtree that is deleted has its rows only when it is purged.
    Ok(purge::near(read, root)?.iter().any(|(_, deleted)| *deleted > revision))
}

/// The least revision whose state is known.
pub(crate) fn oldest(state: &State) -> u64 {
    state.changes_lost_through
}

/// What was different in a subtree (without a root: in everything) when `revision` had just been
/// applied, parents before children.
///
/// Costs what has changed since in the workspace of the root (or in the service), at most
/// [`HISTORY_ROWS_MAX`] rows.
///
/// # Errors
/// Outside, when the store cannot be read; inside, when that past cannot be had.
pub fn state_before<R: Read>(
    read: &R,
    root: Option<&Name>,
    revision: u64,
) -> Result<Result<Vec<Difference>, PastError>, R::Error> {
    look_back(read, root, revision, HISTORY_ROWS_MAX)
}

pub(crate) fn look_back<R: Read>(
    read: &R,
    root: Option<&Name>,
    revision: u64,
    rows_max: usize,
) -> Result<Result<Vec<Difference>, PastError>, R::Error> {
    let state = stored::state(read)?;
    let oldest = oldest(&state);
    if revision < oldest {
        return Ok(Err(PastError::TooOld(TooOld { oldest })));
    }
    let root = root.map(|root| keys::of(&root.key())).unwrap_or_default();
    let mut past = Past::new(rows_max);
    if root.is_empty() {
        past.walk_all(read, revision)?;
    } else {
        let is_wanted = |key: &[u8]| keys::is_within(&root, key);
        past.walk_scope(read, is_wanted, keys::scope(&root), revision.saturating_add(1), u64::MAX)?;
    }
    if state.tombstones > 0 {
        past.walk_hidden(read, &root, |deleted| deleted > revision)?;
    }
    if past.is_cut {
        return Ok(Err(PastError::TooMuch { rows_max }));
    }
    let view = View::with_state(read, &state);
    let mut differences = Vec::new();
    for (key, then) in past.then {
        let now = view.resource(&key)?;
        if !is_same(then.as_ref(), now.as_ref()) {
            differences.push(difference(&key, then, now));
        }
    }
    Ok(Ok(differences))
}

/// What the resources were, as far as it has been found.
pub(crate) struct Past {
    pub(crate) then: BTreeMap<Vec<u8>, Option<StoredResource>>,
    rows_left: usize,
    /// There was more to read than may be.
    pub(crate) is_cut: bool,
}

impl Past {
    pub(crate) fn new(rows_max: usize) -> Self {
        Past { then: BTreeMap::new(), rows_left: rows_max, is_cut: false }
    }

    /// Takes one row into account; whether the walk may go on.
    fn spend(&mut self) -> bool {
        self.is_cut |= self.rows_left == 0;
        self.rows_left = self.rows_left.saturating_sub(1);
        !self.is_cut
    }

    fn walk_all<R: Read>(&mut self, read: &R, revision: u64) -> Result<(), R::Error> {
        let (mut from, to) = keys::touched_since(revision.saturating_add(1));
        loop {
            let markers = read.range(Table::History, &from, &to, CHUNK)?;
            let Some((last, _)) = markers.last() else { return Ok(()) };
            from = [last.as_slice(), &[0]].concat();
            for (marker, _) in &markers {
                let (revision, scope) = keys::of_touched(marker);
                self.walk_scope(read, |_| true, scope, revision, revision)?;
            }
            if self.is_cut {
                return Ok(());
            }
        }
    }

    /// The rows of a scope under some revisions; the first one of a resource counts.
    pub(crate) fn walk_scope<R: Read>(
        &mut self,
        read: &R,
        is_wanted: impl Fn(&[u8]) -> bool,
        scope: &[u8],
        first: u64,
        last: u64,
    ) -> Result<(), R::Error> {
        let mut from = keys::history_of(scope, first);
        let to = match last {
            u64::MAX => keys::behind_history_of(scope),
            last => keys::history_of(scope, last + 1),
        };
        loop {
            let rows = read.range(Table::History, &from, &to, CHUNK)?;
            let Some((row, _)) = rows.last() else { return Ok(()) };
            from = [row.as_slice(), &[0]].concat();
            for (row, value) in rows {
                if !self.spend() {
                    return Ok(());
                }
                let (_, key) = keys::of_history(scope, &row);
                if is_wanted(key) && !self.then.contains_key(key) {
                    self.then.insert(key.to_vec(), from_row(&value));
                }
            }
        }
    }

    /// What tombstones hide and nothing has purged yet was there until their deletions.
    /// Takes those of which the revision of the deletion is wanted.
    pub(crate) fn walk_hidden<R: Read>(
        &mut self,
        read: &R,
        root: &[u8],
        is_wanted: impl Fn(u64) -> bool,
    ) -> Result<(), R::Error> {
        let tombstones = purge::near(read, root)?;
        for (hidden, deleted) in &tombstones {
            if !is_wanted(*deleted) {
                continue;
            }
            let top = if keys::is_within(root, hidden) { hidden } else { root };
            let (mut from, to) = (top.to_vec(), keys::behind(top));
            loop {
                let rows = read.range(Table::Resources, &from, &to, CHUNK)?;
                let Some((last, _)) = rows.last() else { break };
                from = [last.as_slice(), &[0]].concat();
                for (key, value) in rows {
                    if !self.spend() {
                        return Ok(());
                    }
                    let is_taken = purge::deleted_at(&tombstones, &key).is_some_and(&is_wanted);
                    if is_taken && !self.then.contains_key(&key) {
                        self.then.insert(key, Some(stored::decode(&value)));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Revision of the last deletion of a resource that does not exist, as far as it is kept.
pub(crate) fn deleted_at<R: Read>(read: &R, key: &[u8]) -> Result<Option<u64>, R::Error> {
    let tombstones = purge::near(read, key)?;
    if read.get(Table::Resources, key)?.is_some() {
        return Ok(purge::deleted_at(&tombstones, key));
    }
    let rows =
        read.range(Table::History, &keys::changed_at(key, 0), &keys::behind_changed_at(key), usize::MAX)?;
    Ok(rows.last().map(|(row, _)| keys::revision_of_changed_at(row)))
}

/// What a resource was before the change of a revision that changed it.
pub(crate) fn value_before<R: Read>(
    read: &R,
    key: &[u8],
    revision: u64,
) -> Result<Option<StoredResource>, R::Error> {
    match read.get(Table::History, &keys::history(key, revision))? {
        Some(value) => Ok(from_row(&value)),
        // Deleted by then and not purged yet.
        None if deleted_at(read, key)? == Some(revision) => stored::load(read, Table::Resources, key),
        None => Ok(None),
    }
}

/// What a resource was after the change of a revision that changed it: before the next one.
pub(crate) fn value_after<R: Read>(
    read: &R,
    key: &[u8],
    revision: u64,
) -> Result<Option<StoredResource>, R::Error> {
    let from = keys::changed_at(key, revision.saturating_add(1));
    let next = read.range(Table::History, &from, &keys::behind_changed_at(key), 1)?.pop();
    match next {
        Some((row, _)) => value_before(read, key, keys::revision_of_changed_at(&row)),
        None => stored::load(read, Table::Resources, key),
    }
}

fn from_row(value: &[u8]) -> Option<StoredResource> {
    (!value.is_empty()).then(|| stored::decode(value))
}

/// Whether two states of a resource are the same but for when and by whom they were written.
pub(crate) fn is_same(then: Option<&StoredResource>, now: Option<&StoredResource>) -> bool {
    let (Some(then), Some(now)) = (then, now) else { return then.is_none() && now.is_none() };
    let owner = |stored: &StoredResource| stored.resource.as_ref().map(|resource| resource.owner.clone());
    spec_of(then) == spec_of(now)
        && then.secrets == now.secrets
        && then.facts.clone().unwrap_or_default() == now.facts.clone().unwrap_or_default()
        && owner(then) == owner(now)
}

pub(crate) fn difference(
    key: &[u8],
    then: Option<StoredResource>,
    now: Option<StoredResource>,
) -> Difference {
    let name = now.as_ref().or(then.as_ref()).and_then(|stored| stored.resource.as_ref());
    let name = name.map_or_else(|| keys::text(key), |resource| resource.name.clone());
    Difference { name, then: then.map(explicit), now: now.map(explicit) }
}

/// Says whether a revision of an API was the current one, which is stored only where it is unusual.
fn explicit(mut stored: StoredResource) -> StoredResource {
    if let Some(resource) = &mut stored.resource
        && let Some(Spec::Api(api)) = &mut resource.spec
    {
        api.is_current = Some(revisions::is_current(&resource.name, api));
    }
    stored
}
