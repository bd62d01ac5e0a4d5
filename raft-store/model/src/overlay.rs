//! Tables as they would be after writes that nobody has made yet.
//!
//! The one idea: a sorted map of pending rows above any [`Read`], merged on the way out. A batch of
//! commands is decided through one of these, and every command has another one for itself. Must not
//! know what the rows mean.

use crate::read::{Read, Row, Table, Write};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Pending writes above a store.
#[derive(Debug)]
pub struct Overlay<'a, R> {
    base: &'a R,
    pending: [BTreeMap<Vec<u8>, Option<Vec<u8>>>; Table::ALL.len()],
}

impl<'a, R> Overlay<'a, R> {
    /// An overlay with nothing pending.
    pub fn new(base: &'a R) -> Self {
        Overlay { base, pending: Default::default() }
    }

    /// Adds writes; later ones win over earlier ones.
    pub fn push(&mut self, writes: &[Write]) {
        for write in writes {
            self.set(write.table, write.key.clone(), write.value.clone());
        }
    }

    /// The store below.
    pub(crate) fn base(&self) -> &'a R {
        self.base
    }

    /// Whether a row is among the pending ones.
    pub(crate) fn is_pending(&self, table: Table, key: &[u8]) -> bool {
        self.pending[table as usize].contains_key(key)
    }

    pub(crate) fn set(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.pending[table as usize].insert(key, value);
    }

    /// What is pending, by table and key.
    pub(crate) fn into_writes(self) -> Vec<Write> {
        Table::ALL
            .into_iter()
            .zip(self.pending)
            .flat_map(|(table, rows)| rows.into_iter().map(move |(key, value)| Write { table, key, value }))
            .collect()
    }
}

impl<R: Read> Read for Overlay<'_, R> {
    type Error = R::Error;

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, R::Error> {
        match self.pending[table as usize].get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(table, key),
        }
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, R::Error> {
        let pending = &self.pending[table as usize];
        if pending.is_empty() {
            return self.base.range(table, from, to, limit);
        }
        if limit == 0 || (!to.is_empty() && from >= to) {
            return Ok(Vec::new());
        }
        let upper = if to.is_empty() { Bound::Unbounded } else { Bound::Excluded(to) };
        let mut above = pending.range::<[u8], _>((Bound::Included(from), upper)).peekable();
        if above.peek().is_none() {
            return self.base.range(table, from, to, limit);
        }

        let mut rows = Vec::new();
        let mut next = from.to_vec();
        // A pending delete hides a row of the base, so one chunk may not fill the page.
        loop {
            let chunk = self.base.range(table, &next, to, limit)?;
            let is_last = chunk.len() < limit;
            for (key, value) in chunk {
                while let Some((pending_key, pending_value)) =
                    above.next_if(|(k, _)| k.as_slice() < key.as_slice())
                {
                    take(&mut rows, pending_key, pending_value);
                    if rows.len() == limit {
                        return Ok(rows);
                    }
                }
                next.clone_from(&key);
                match above.next_if(|(k, _)| **k == key) {
                    Some((_, replaced)) => take(&mut rows, &key, replaced),
                    None => rows.push((key, value)),
                }
                if rows.len() == limit {
                    return Ok(rows);
                }
            }
            if is_last {
                break;
            }
            // The least key behind the last one seen.
            next.push(0);
        }
        for (key, value) in above {
            take(&mut rows, key, value);
            if rows.len() == limit {
                break;
            }
        }
        Ok(rows)
    }
}

fn take(rows: &mut Vec<Row>, key: &[u8], value: &Option<Vec<u8>>) {
    if let Some(value) = value {
        rows.push((key.to_vec(), value.clone()));
    }
}
