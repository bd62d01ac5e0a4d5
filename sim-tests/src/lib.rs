//! Deterministic simulations of whole clusters: real nodes, real raft, a real store and the real
//! gateway, on a simulated network, a simulated clock and disks that lose power.
//!
//! ```text
//!   seed ──► cluster ──► nodes (crate hanse) ──► disk      loses and tears unsynced writes
//!              │            └──────────────────► host      turmoil's network and time
//!              ├──► clients ──► history ──► linearizability
//!              ├──► observation after every tick ──► invariants
//!              └──► trace ──► one hash: the same seed is the same run
//! ```
//!
//! One idea: everything that happens follows from the seed, so a failure is one command to
//! repeat. That takes a process of its own for each seed ([`sweep`]) and the operating system's
//! randomness replaced, which only the binary does.
//!
//! Must not know shortcuts into the product: what it observes, an operator could.

pub mod disk;
pub mod history;
pub mod host;
pub mod invariants;
pub mod linearizability;
pub mod sweep;
pub mod trace;
