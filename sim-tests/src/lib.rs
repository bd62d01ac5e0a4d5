//! Deterministic simulations of whole clusters: real nodes, real raft, a real store and the real
//! gateway, on a simulated network, a simulated clock and disks that lose power.
//!
//! ```text
//!   seed ─► plan ─► scenario ─► cluster ─► nodes (crate hanse) ─► disk   loses and tears writes
//!                      │ │ │                      └─────────────► host   turmoil's net and time
//!                      │ │ └─► faults
//!                      │ └───► clients ─► world ─► history ─► linearizability
//!                      └─────► observation after every tick ─► invariants
//! ```
//!
//! One idea: everything that happens follows from the seed, so a failure is one command to
//! repeat. That takes a process of its own for each seed ([`sweep`]) and the operating system's
//! randomness replaced, which only the binary does. [`trace`] is how two runs are compared.
//!
//! [`power_cuts`] is smaller and harder: one store, no network, the power gone in mid-commit.
//!
//! Must not know shortcuts into the product: what clients do here, anybody could.

pub mod admin;
pub mod clients;
pub mod cluster;
pub mod disk;
pub mod faults;
pub mod history;
pub mod host;
pub mod http;
pub mod invariants;
pub mod linearizability;
pub mod panics;
pub mod plan;
pub mod power_cuts;
pub mod scenario;
pub mod security;
pub mod sweep;
pub mod trace;
pub mod world;
