//! The tables in memory: for tests, and wherever a store on disk would be too much.
//!
//! The one idea: the same answers as any other [`Read`], from sorted maps. Must not know what the
//! rows mean.

use crate::read::{Read, Row, Table, Write};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Bound;

/// Tables in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryTables {
    tables: [BTreeMap<Vec<u8>, Vec<u8>>; Table::ALL.len()],
}

impl MemoryTables {
    /// Empty tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the writes, in order.
    pub fn write(&mut self, writes: &[Write]) {
        for write in writes {
            let table = &mut self.tables[write.table as usize];
            match &write.value {
                Some(value) => table.insert(write.key.clone(), value.clone()),
                None => table.remove(&write.key),
            };
        }
    }

    /// Number of rows in a table.
    pub fn rows(&self, table: Table) -> usize {
        self.tables[table as usize].len()
    }
}

impl Read for MemoryTables {
    type Error = Infallible;

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.tables[table as usize].get(key).cloned())
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Infallible> {
        if !to.is_empty() && from >= to {
            return Ok(Vec::new());
        }
        let upper = if to.is_empty() { Bound::Unbounded } else { Bound::Excluded(to) };
        let rows = self.tables[table as usize].range::<[u8], _>((Bound::Included(from), upper));
        Ok(rows.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}
