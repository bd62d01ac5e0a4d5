//! A Hanse node, as a library: what the binary starts and what simulations drive.
//!
//! ```text
//! admin API ─► admission ─► replica (raft on redb) ─► shard controller ─► data plane
//!     ▲                        ▲                                              ▲
//!   people                 other nodes  ◄──── relay, pings, forwarding ───────┘
//! ```
//!
//! One idea: this crate wires; the deciding parts are pure and live below it, or beside it in
//! [`placement`]. Read [`app`] first.

pub mod app;
pub mod client;
pub mod config;
pub mod context;
pub mod dev;
pub mod server;

pub mod actions;
pub mod admin;
pub mod admission;
mod aside;
pub mod cluster;
pub mod directory;
pub mod leader;
pub mod placement;
pub mod plan;
pub mod secrets;
pub mod secure;
pub mod shard_controller;
#[cfg(test)]
mod small_world;
pub mod state;
pub mod trust;
