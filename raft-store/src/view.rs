//! A consistent look at the state machine at one revision.
//!
//! The one idea: a redb read transaction. It never waits and never makes a writer wait, and it
//! stays what it is however long it is held, even when a snapshot replaces the file below it.

use crate::error::StoreError;
use crate::hash::StateHash;
use crate::records::{Head, HeadRecord, unpack};
use crate::state::StateFile;
use crate::tables::{KEY_HEAD, Row, SYSTEM, definition, number, position, range_of};
use bytes::{BufMut as _, BytesMut};
use hanse_model::{Read, Table};
use redb::{ReadOnlyTable, ReadableDatabase as _};
use std::sync::Arc;

/// The model's tables as of one revision.
pub struct View {
    tables: Vec<ReadOnlyTable<&'static [u8], &'static [u8]>>,
    head: Head,
    // Last, so that the transaction ends before the file it reads is closed.
    _file: Arc<StateFile>,
}

impl View {
    pub(crate) fn new(file: Arc<StateFile>) -> Result<Self, StoreError> {
        let transaction = file.database.begin_read()?;
        let system = transaction.open_table(SYSTEM)?;
        let head = match system.get(KEY_HEAD)? {
            Some(bytes) => Head::try_from(unpack::<HeadRecord>(bytes.value())?)?,
            None => Head::empty(),
        };
        let tables = Table::ALL.into_iter().map(|table| transaction.open_table(definition(table)));
        Ok(Self { tables: tables.collect::<Result<_, _>>()?, head, _file: file })
    }

    /// The revision of the last entry that this view contains, 0 when it contains none.
    pub fn revision(&self) -> u64 {
        self.head.revision()
    }

    /// Hash of all rows; equal on two nodes at equal revisions, or they have diverged.
    pub fn state_hash(&self) -> StateHash {
        self.head.hash
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Rows of a table from `from` on, encoded for a snapshot: `[key length][key][value
    /// length][value]`. At least one row, and no more once there are `bytes_max`.
    pub(crate) fn portion(&self, table: Table, from: &[u8], bytes_max: usize) -> Result<Portion, StoreError> {
        let mut portion = Portion { bytes: BytesMut::new(), rows: 0, next: None };
        portion.bytes.put_u8(number(table));
        for row in self.tables[position(table)].range::<&[u8]>(from..)? {
            let (key, value) = row?;
            let (key, value) = (key.value(), value.value());
            if portion.rows > 0 && portion.bytes.len() + key.len() + value.len() > bytes_max {
                portion.next = Some(key.to_vec());
                break;
            }
            for part in [key, value] {
                let len = u32::try_from(part.len())
                    .map_err(|_| StoreError::Corrupt("a row of over 4 GiB".into()))?;
                portion.bytes.put_u32_le(len);
                portion.bytes.put_slice(part);
            }
            portion.rows += 1;
        }
        Ok(portion)
    }
}

/// Rows of one table for a snapshot.
pub(crate) struct Portion {
    /// The table's number, then the rows.
    pub(crate) bytes: BytesMut,
    pub(crate) rows: u64,
    /// Where the table goes on; nothing when this was the rest.
    pub(crate) next: Option<Vec<u8>>,
}

impl Read for View {
    type Error = StoreError;

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables[position(table)].get(key)?.map(|value| value.value().to_vec()))
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        range_of(&self.tables[position(table)], from, to, limit)
    }
}
