//! The management model as a pure function.
//!
//! ```text
//!   tables (Read) ─┐
//!                  ├─► apply ─► Accepted { writes, applied, changes }
//!   command ───────┘        └─► Rejected { violations }          (writes nothing)
//! ```
//!
//! [`apply`] decides one [`v1::Command`] over what the tables hold, and says what to write. It has
//! no clock, no randomness and no IO of its own, so replicas that apply the same log hold the same
//! bytes, and a leader may run it beforehand (`plan`, `--dry-run`) to learn what would happen.
//!
//! How a command is decided: the change set is carried out in an [`Overlay`] first, and the rules
//! (references, uniqueness, paths, guards of deletion) are then asked of the *state that would
//! be*. So the order of the changes within a command does not matter, and two resources may
//! exchange a unique value in one command. Everything in [`Table::Index`] is a pure function of
//! the resources (`index::rows`): writing a resource writes its rows, deleting it deletes them.
//!
//! Must not know raft, the database, HTTP, or how documents are parsed: what admission found in
//! them arrives as facts. Start with `apply`, then `put`, `delete` and `rules`; queries are in
//! `query`, the past is in `history` and `undelete`, and key layouts in `keys`.

mod apply;
mod authorize;
mod bootstrap;
mod bounds;
mod cascade;
mod change_set;
mod claims;
mod counts;
mod delete;
mod feed;
mod filter;
mod fixed;
mod gateways;
mod history;
mod history_page;
mod hostnames;
mod index;
mod keys;
mod kinds;
mod layout;
mod limits;
mod memory;
mod overlay;
mod paths;
mod place;
mod purge;
mod put;
mod query;
mod read;
mod references;
mod related;
mod requests;
mod revisions;
mod rules;
mod self_service;
mod session;
mod stored;
mod switches;
mod text;
mod undelete;
mod uniques;
mod version_sets;
mod view;
mod violation;

#[cfg(test)]
mod tests;

pub use apply::{Accepted, Decision, apply, apply_with};
pub use authorize::{ADMINISTRATORS, Action, authorize};
pub use bounds::{
    Bounds, CHANGES_MAX, OWNER_CHARS_MAX, PURGE_STEPS, REQUEST_ID_CHARS_MAX, REQUESTS_MAX, SUBTREE_ROWS_MAX,
    SWITCH_ROWS_MAX, VIOLATIONS_MAX,
};
pub use cascade::CASCADE_MAX;
pub use feed::{TooOld, changes_after};
pub use filter::{FILTER_CHARS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX, Filter};
pub use hanse_proto::v1;
pub use history::{Difference, HISTORY_ROWS_MAX, PastError, state_before};
pub use history_page::{HistoryEntry, HistoryPage, HistoryQuery, history};
pub use hostnames::{default_gateway_hostname, default_link_hostname};
pub use kinds::{SecretSlot, secrets};
pub use layout::{OtherRelease, check_layout};
pub use limits::{limits, uniform as uniform_limits};
pub use memory::MemoryTables;
pub use overlay::Overlay;
pub use place::{ASSIGNMENT_NAME, assignment};
pub use purge::tombstones;
pub use query::{ListQuery, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, SCAN_MAX, get, list};
pub use read::{Read, Table, Write};
pub use references::referrers;
pub use related::{
    followers, gateways_of, has_named_value, links_of, named_value, owned_by, policies_referring_to,
    policies_with_value, products_of_api, revisions_of_api, targets_of, users_of,
};
pub use stored::{ClusterInfo, cluster_info};
pub use undelete::{Undeleted, undelete};
pub use uniques::subscription_by_fingerprint;
pub use violation::code;
