//! What the model asks of a store, and what it hands back to be written.
//!
//! The one idea: tables of bytes with a `get` and a `range`, errors possible. Must not know which
//! database answers.

/// The tables of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Resources by name; a subtree is one contiguous range.
    Resources,
    /// Rows derived from resources, for uniqueness, references and lookups.
    Index,
    /// The change feed, by revision.
    Changes,
    /// Answered request ids, and the order they came in.
    Requests,
    /// The state of the model itself, the cluster's facts, the assignment, tombstones.
    Meta,
    /// What resources were before each kept revision.
    History,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 6] =
        [Table::Resources, Table::Index, Table::Changes, Table::Requests, Table::Meta, Table::History];

    /// Name of the table in a database.
    pub fn name(self) -> &'static str {
        match self {
            Table::Resources => "resources",
            Table::Index => "index",
            Table::Changes => "changes",
            Table::Requests => "requests",
            Table::Meta => "meta",
            Table::History => "history",
        }
    }
}

/// One row of a range: key and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Read access to one consistent state of the tables.
pub trait Read {
    /// Why a read failed. The model passes it on and never looks into it.
    type Error;

    /// The value of a key.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Rows with `from <= key < to` in key order, at most `limit`; an empty `to` is unbounded.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Self::Error>;
}

/// One row to write; `None` deletes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub table: Table,
    /// Under which key.
    pub key: Vec<u8>,
    /// What; `None` deletes.
    pub value: Option<Vec<u8>>,
}
