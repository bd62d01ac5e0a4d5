//! The data plane: it takes what API consumers send and answers it, by shards that were compiled
//! from resources.
//!
//! ```text
//! socket ─► front door ─ host ─► unit (a thread) ─► route ─► key ─► policies ─► backend
//!              │ no unit here                          ▲
//!              └─► relay to another node               └── Arc<Shard>, swapped whole
//! ```
//!
//! Input is a [`ShardSpec`](spec::ShardSpec); nothing here knows raft, redb or who may do what.
//! IO that simulations replace comes in through [`host`].

pub mod certificates;
pub mod compile;
pub mod dataplane;
pub mod debug_token;
pub mod directory;
mod event_hub;
mod exchange;
mod external_cache;
mod fault;
pub mod front_door;
mod hop_by_hop;
pub mod host;
pub mod keys;
pub mod limits;
pub mod otlp;
pub mod records;
pub mod report;
pub mod route;
pub mod shard;
pub mod spec;
mod tokens;
mod unit;
mod upstream;
