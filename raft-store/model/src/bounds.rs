//! Every bound of the model in one place.
//!
//! Replicas must agree on them, so production uses the constants alone; tests shrink them. Must not
//! be read from any configuration of a node.

/// Change records kept for watchers.
pub const CHANGES_MAX: u64 = 100_000;
/// Answered request ids kept.
pub const REQUESTS_MAX: u64 = 100_000;
/// Old rows removed by one command beside its own work, at least.
pub const PURGE_STEPS: u64 = 16;
/// Rows that one command deletes at once; a larger subtree gets a tombstone. Also the rows of one
/// purge command.
pub const SUBTREE_ROWS_MAX: usize = 1_000;
/// Index rows that are compared when a name or path shall exist once in the whole service.
pub const SWITCH_ROWS_MAX: usize = 1_000_000;
/// Violations that one rejection lists.
pub const VIOLATIONS_MAX: usize = 100;
/// Characters of a request id.
pub const REQUEST_ID_CHARS_MAX: usize = 128;
/// Characters of an owner.
pub const OWNER_CHARS_MAX: usize = 256;

/// The bounds that `apply` works within. Equal on all nodes of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// See [`CHANGES_MAX`].
    pub changes_max: u64,
    /// See [`REQUESTS_MAX`].
    pub requests_max: u64,
    /// See [`PURGE_STEPS`].
    pub purge_steps: u64,
    /// See [`SUBTREE_ROWS_MAX`].
    pub subtree_rows_max: usize,
    /// See [`SWITCH_ROWS_MAX`].
    pub switch_rows_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            changes_max: CHANGES_MAX,
            requests_max: REQUESTS_MAX,
            purge_steps: PURGE_STEPS,
            subtree_rows_max: SUBTREE_ROWS_MAX,
            switch_rows_max: SWITCH_ROWS_MAX,
        }
    }
}
