//! One command while it is being decided: the state that would be, and what has been found.
//!
//! The one idea: changes go into an overlay of the command's own, and with them the index rows they
//! imply; the rules then look at the result. Must not know the rules.

use crate::authorize::{Action, authorize};
use crate::bounds::Bounds;
use crate::counts::Deltas;
use crate::history;
use crate::index;
use crate::keys;
use crate::overlay::Overlay;
use crate::purge;
use crate::read::{Read, Table, Write};
use crate::revisions;
use crate::stored::{self, ClusterInfo, State};
use crate::view::View;
use crate::violation::{Violations, violation};
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{ChangeRecord, Command, Principal, StoredResource, principal::Who};
use hanse_proto::{FEATURE_LEVEL, Name};
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};

/// A resource that the command wrote.
pub(crate) struct Written {
    pub name: Name,
    pub key: Vec<u8>,
    pub stored: StoredResource,
    pub before: Option<StoredResource>,
}

impl Written {
    pub(crate) fn spec(&self) -> &Spec {
        spec_of(&self.stored)
    }
}

/// A root that the command deleted.
pub(crate) struct Removed {
    pub name: Name,
    pub key: Vec<u8>,
    pub before: StoredResource,
    /// With what would else forbid it.
    pub cascade: bool,
}

/// The spec of a stored resource.
pub(crate) fn spec_of(stored: &StoredResource) -> &Spec {
    let resource = stored.resource.as_ref().expect("apply stores a resource in every row");
    resource.spec.as_ref().expect("apply stores a spec in every row")
}

/// The decision on one command, in the making.
pub(crate) struct Session<'a, R> {
    pub tables: Overlay<'a, R>,
    pub state: State,
    pub command: &'a Command,
    pub principal: &'a Principal,
    pub bounds: &'a Bounds,
    pub cluster: Option<ClusterInfo>,
    pub revision: u64,
    pub violations: Violations,
    pub records: Vec<ChangeRecord>,
    pub written: Vec<Written>,
    /// Where a key is in `written`.
    pub written_at: BTreeMap<Vec<u8>, usize>,
    pub removed: Vec<Removed>,
    /// Keys of `removed`.
    pub removed_keys: BTreeSet<Vec<u8>>,
    /// Keys that would have gone along, had the command not put them.
    pub spared: BTreeSet<Vec<u8>>,
    /// Keys that the command names.
    pub named: BTreeSet<Vec<u8>>,
    /// Keys that the command tries to write, whether or not their content is right.
    pub attempted: BTreeSet<Vec<u8>>,
    /// Parents looked up so far.
    pub parents: BTreeMap<Vec<u8>, Option<Name>>,
    /// Rows that deletions of this command may still remove at once.
    pub rows_left: usize,
    /// By how much the stored counters move.
    pub counts: Deltas,
    /// Tombstones about what is being erased, by root, with the revisions of their deletions.
    pub tombstones_near: BTreeMap<Vec<u8>, u64>,
    /// Rows of history that the command adds.
    pub history_rows: u64,
    /// What the command asks for in the revisions of APIs.
    pub revisions: revisions::Asked,
    /// How many revisions the APIs have that were settled, themselves among them.
    pub revisions_held: BTreeMap<Vec<u8>, usize>,
    /// The state row as it is stored.
    loaded: State,
}

impl<'a, R: Read> Session<'a, R> {
    /// A session at the command's time, which never runs backwards.
    pub(crate) fn open(
        read: &'a R,
        loaded: State,
        command: &'a Command,
        principal: &'a Principal,
        revision: u64,
        bounds: &'a Bounds,
    ) -> Result<Self, R::Error> {
        Ok(Session {
            tables: Overlay::new(read),
            state: State { last_ms: loaded.last_ms.max(command.at_ms), ..loaded.clone() },
            command,
            principal,
            bounds,
            cluster: stored::cluster_info(read)?,
            revision,
            violations: Violations::default(),
            records: Vec::new(),
            written: Vec::new(),
            written_at: BTreeMap::new(),
            removed: Vec::new(),
            removed_keys: BTreeSet::new(),
            spared: BTreeSet::new(),
            named: BTreeSet::new(),
            attempted: BTreeSet::new(),
            parents: BTreeMap::new(),
            rows_left: bounds.subtree_rows_max,
            counts: Deltas::default(),
            tombstones_near: BTreeMap::new(),
            history_rows: 0,
            revisions: revisions::Asked::default(),
            revisions_held: BTreeMap::new(),
            loaded,
        })
    }

    /// Time of the command, Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        self.state.last_ms
    }

    /// The visible part of the state that would be.
    pub(crate) fn view(&self) -> View<'_, Overlay<'a, R>> {
        View::with_state(&self.tables, &self.state)
    }

    /// Who acts, as it is kept in resources and in the feed.
    pub(crate) fn actor(&self) -> String {
        actor(self.principal)
    }

    /// Writes a resource, and with it the index rows and counts it implies.
    pub(crate) fn write(&mut self, key: &[u8], stored: &StoredResource, before: Option<&StoredResource>) {
        history::keep(self, key, before, self.revision);
        let new = index::rows(stored);
        let old = before.map(index::rows).unwrap_or_default();
        for row in old.iter().filter(|row| !new.contains(row)) {
            self.tables.set(Table::Index, row.clone(), None);
        }
        for row in new.into_iter().filter(|row| !old.contains(row)) {
            self.tables.set(Table::Index, row, Some(Vec::new()));
        }
        if let Some(before) = before {
            self.counts.remove(before);
        }
        self.counts.add(stored);
        self.tables.set(Table::Resources, key.to_vec(), Some(stored.encode_to_vec()));
    }

    /// Notes a resource that was written, for the rules.
    pub(crate) fn note(&mut self, written: Written) {
        self.written_at.insert(written.key.clone(), self.written.len());
        self.written.push(written);
    }

    /// Removes a resource and its index rows. Whether it counted until now is known to who deletes it.
    pub(crate) fn erase(&mut self, key: Vec<u8>, stored: &StoredResource) {
        let deleted = purge::deleted_at(&self.tombstones_near, &key).unwrap_or(self.revision);
        history::keep(self, &key, Some(stored), deleted);
        for row in index::rows(stored) {
            self.tables.set(Table::Index, row, None);
        }
        self.tables.set(Table::Resources, key, None);
    }

    /// Adds a record to the feed.
    pub(crate) fn record(&mut self, name: &str, action: &str) {
        self.records.push(ChangeRecord {
            feature_level: FEATURE_LEVEL,
            revision: self.revision,
            index: u32::try_from(self.records.len()).expect("a command holds fewer changes"),
            name: name.to_owned(),
            action: action.to_owned(),
            actor: self.actor(),
            request_id: self.command.request_id.clone(),
            at_ms: self.now_ms(),
        });
    }

    /// Keys of the revisions of an API beside the plain id, at most `limit`.
    pub(crate) fn revisions_of(&self, api: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, R::Error> {
        let from = [api, b";rev="].concat();
        let to = [api, b";rev>"].concat();
        let mut found = Vec::new();
        let mut next = from;
        while found.len() < limit {
            let rows = self.tables.range(Table::Resources, &next, &to, 1)?;
            let Some((key, _)) = rows.into_iter().next() else { break };
            next = keys::behind(&key);
            if self.view().exists(&key)? {
                found.push(key);
            }
        }
        Ok(found)
    }

    /// The names of the first few resources, and how many more there are.
    pub(crate) fn names(&self, owners: &[Vec<u8>], named_max: usize) -> Result<String, R::Error> {
        let mut names = Vec::new();
        for key in owners.iter().take(named_max) {
            names.push(format!("`{}`", self.view().name(key)?));
        }
        let more = if owners.len() > named_max { " and others" } else { "" };
        Ok(names.join(", ") + more)
    }

    /// The name of the resource at a key, for who may read it.
    pub(crate) fn name_if_readable(&self, key: &[u8]) -> Result<Option<String>, R::Error> {
        let text = self.view().name(key)?;
        let name = Name::parse(&text).ok();
        let answer = authorize(&self.tables, self.principal, Action::Read, name.as_ref(), self.now_ms())?;
        Ok(answer.is_ok().then_some(text))
    }

    /// Reports a finding about a resource.
    pub(crate) fn report(&mut self, code: &str, name: &str, field: &str, message: String, hint: &str) {
        self.violations.push(violation(code, name, field, message, hint));
    }

    /// The visible part of the state before the command.
    pub(crate) fn view_before(&self) -> View<'a, R> {
        View::with_state(self.tables.base(), &self.loaded)
    }

    /// Everything to be written, the state row included.
    pub(crate) fn into_writes(mut self) -> (Vec<Write>, Vec<ChangeRecord>) {
        self.state.feature_level = FEATURE_LEVEL;
        self.state.key_layout = keys::KEY_LAYOUT;
        if self.state != self.loaded {
            self.tables.set(Table::Meta, keys::STATE.to_vec(), Some(self.state.encode_to_vec()));
        }
        (self.tables.into_writes(), self.records)
    }
}

/// Who acts, as it is kept in resources and in the feed.
pub(crate) fn actor(principal: &Principal) -> String {
    match &principal.who {
        Some(Who::Account(account)) => account.id.clone(),
        Some(Who::System(system)) => format!("system/{}", system.node),
        None => String::new(),
    }
}
