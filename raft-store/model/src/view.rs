//! Resources as they are seen: what a tombstone hides is not there.
//!
//! The one idea: every question about a resource or an index row goes through here, so nothing
//! deleted is ever found. Must not write.

use crate::index;
use crate::keys;
use crate::read::{Read, Table};
use crate::stored::{self, State};
use hanse_proto::v1::StoredResource;

/// Rows fetched at a time when only the visible ones count.
const CHUNK: usize = 64;

/// The visible part of the tables.
pub(crate) struct View<'a, R> {
    read: &'a R,
    has_tombstones: bool,
}

impl<R> Clone for View<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for View<'_, R> {}

impl<'a, R: Read> View<'a, R> {
    /// The view on a state of the tables.
    pub(crate) fn open(read: &'a R) -> Result<Self, R::Error> {
        let state = stored::state(read)?;
        Ok(View::with_state(read, &state))
    }

    /// The same, where the state row has been read already.
    pub(crate) fn with_state(read: &'a R, state: &State) -> Self {
        View { read, has_tombstones: state.tombstones > 0 }
    }

    /// Root of the deletion that hides a key, itself or above it.
    pub(crate) fn hidden_by<'k>(&self, key: &'k [u8]) -> Result<Option<&'k [u8]>, R::Error> {
        if !self.has_tombstones {
            return Ok(None);
        }
        for root in keys::self_and_ancestors(key) {
            if self.read.get(Table::Meta, &keys::tombstone(root))?.is_some() {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }

    /// The resource at a key.
    pub(crate) fn resource(&self, key: &[u8]) -> Result<Option<StoredResource>, R::Error> {
        if self.hidden_by(key)?.is_some() {
            return Ok(None);
        }
        stored::load(self.read, Table::Resources, key)
    }

    /// Whether there is a resource at a key.
    pub(crate) fn exists(&self, key: &[u8]) -> Result<bool, R::Error> {
        Ok(self.hidden_by(key)?.is_none() && self.read.get(Table::Resources, key)?.is_some())
    }

    /// Storage keys of the visible owners of the index rows with a prefix, at most `limit`.
    pub(crate) fn owners(&self, prefix: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, R::Error> {
        self.owners_between(prefix, &index::behind(prefix), limit)
    }

    /// The same of a range of index rows.
    pub(crate) fn owners_between(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, R::Error> {
        let mut owners = Vec::new();
        let mut from = from.to_vec();
        loop {
            let rows = self.read.range(Table::Index, &from, to, CHUNK)?;
            let is_last = rows.len() < CHUNK;
            for (row, _) in rows {
                let owner = index::owner(&row);
                if self.hidden_by(owner)?.is_none() {
                    owners.push(owner.to_vec());
                }
                if owners.len() == limit {
                    return Ok(owners);
                }
                from = row;
            }
            if is_last {
                return Ok(owners);
            }
            from.push(0);
        }
    }

    /// The one visible owner beside `own` of the index rows with a prefix.
    pub(crate) fn other_owner(&self, prefix: &[u8], own: &[u8]) -> Result<Option<Vec<u8>>, R::Error> {
        let owners = self.owners(prefix, 2)?;
        Ok(owners.into_iter().find(|owner| owner != own))
    }

    /// Name of the resource at a key, in the case it was first written in.
    pub(crate) fn name(&self, key: &[u8]) -> Result<String, R::Error> {
        let stored = self.resource(key)?;
        Ok(stored
            .and_then(|stored| stored.resource)
            .map_or_else(|| keys::text(key), |resource| resource.name))
    }
}
