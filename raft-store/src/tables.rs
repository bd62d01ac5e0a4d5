//! Every redb table and its key encoding, in both files.
//!
//! Keys and values are bytes throughout (redb's own encodings of richer types change between its
//! releases); only the log's key is a number, because redb orders numbers and not their bytes.

use crate::error::StoreError;
use hanse_model::{Read, Table};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Key and value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// The log's file: an entry by its index.
pub(crate) const LOG: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("log");
/// The log's file: vote, committed, purged, identity, generation.
pub(crate) const LOG_META: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("meta");
/// The state's file: the head, and whose it is.
pub(crate) const SYSTEM: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("system");

pub(crate) const KEY_IDENTITY: &str = "identity";
pub(crate) const KEY_VOTE: &str = "vote";
pub(crate) const KEY_COMMITTED: &str = "committed";
pub(crate) const KEY_PURGED: &str = "purged";
pub(crate) const KEY_GENERATION: &str = "generation";
pub(crate) const KEY_HEAD: &str = "head";
pub(crate) const KEY_CLUSTER: &str = "cluster";
pub(crate) const KEY_SYNCED: &str = "synced";

/// The number of a table of the model in hashes and in snapshots: never used again.
pub(crate) fn number(table: Table) -> u8 {
    match table {
        Table::Resources => 0,
        Table::Index => 1,
        Table::Changes => 2,
        Table::Requests => 3,
        Table::Meta => 4,
        Table::History => 5,
    }
}

/// The table of that number.
pub(crate) fn by_number(number: u8) -> Option<Table> {
    Table::ALL.into_iter().find(|table| self::number(*table) == number)
}

/// The redb table that holds a table of the model.
pub(crate) fn definition(table: Table) -> Bytes {
    TableDefinition::new(match table {
        Table::Resources => "resources",
        Table::Index => "index",
        Table::Changes => "changes",
        Table::Requests => "requests",
        Table::Meta => "meta",
        Table::History => "history",
    })
}

/// The rows from `from` up to but not including `to` (empty: to the end), at most `limit`.
pub(crate) fn range_of(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    from: &[u8],
    to: &[u8],
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    if !to.is_empty() && from >= to {
        return Ok(Vec::new());
    }
    let rows = if to.is_empty() { table.range::<&[u8]>(from..)? } else { table.range::<&[u8]>(from..to)? };
    let mut found = Vec::new();
    for row in rows.take(limit) {
        let (key, value) = row?;
        found.push((key.value().to_vec(), value.value().to_vec()));
    }
    Ok(found)
}

/// The model's tables in a write transaction: reads see what the transaction wrote.
pub(crate) struct OpenTables<'t>(Vec<redb::Table<'t, &'static [u8], &'static [u8]>>);

impl<'t> OpenTables<'t> {
    /// Opens all tables of the model, made when missing.
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        let tables = Table::ALL.into_iter().map(|table| transaction.open_table(definition(table)));
        Ok(Self(tables.collect::<Result<_, _>>()?))
    }

    /// The table for writing.
    pub(crate) fn get_mut(&mut self, table: Table) -> &mut redb::Table<'t, &'static [u8], &'static [u8]> {
        &mut self.0[position(table)]
    }
}

impl Read for OpenTables<'_> {
    type Error = StoreError;

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0[position(table)].get(key)?.map(|value| value.value().to_vec()))
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        range_of(&self.0[position(table)], from, to, limit)
    }
}

/// Where a table is in lists made by going through `Table::ALL`.
pub(crate) fn position(table: Table) -> usize {
    Table::ALL.iter().position(|other| *other == table).expect("ALL holds every table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_number_and_a_place_of_its_own() {
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(by_number(number(table)), Some(table));
            assert_eq!(position(table), place);
        }
        assert_eq!(by_number(9), None);
    }
}
