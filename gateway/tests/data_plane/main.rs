//! The data plane from outside: real sockets on loopback, whatever a client or a backend may do.
//!
//! One idea: a test says what stands where, what is sent and what must come back; how that is arranged
//! is in [`world`], [`wire`] and [`backend`].

mod backend;
mod bounds;
mod caching;
mod event_hubs;
mod contract;
mod failures;
mod hand_over;
mod kafka;
mod pass_on;
mod proxying;
mod redis;
mod versions;
mod wire;
mod world;
