//! The data plane from outside: real sockets on loopback, whatever a client or a backend may do.
//!
//! One idea: a test says what stands where, what is sent and what must come back; how that is arranged
//! is in [`world`], [`wire`] and [`backend`].

mod backend;
mod bounds;
mod caching;
mod contract;
mod counting;
mod event_hubs;
mod exporting;
mod failures;
mod hand_over;
mod identities;
mod issuer;
mod kafka;
mod last_error;
mod llm;
mod observing;
mod pass_on;
mod policies;
mod proxies;
mod proxying;
mod redis;
mod token_sources;
mod tokens;
mod transforming;
mod versions;
mod wire;
mod world;
