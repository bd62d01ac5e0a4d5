//! The node as a member: channels to its peers, raft over them, liveness, relay and forwarding.

pub mod channels;
pub mod linearize;
pub mod node_service;
pub mod peers;
pub mod relay;
pub mod transport;
