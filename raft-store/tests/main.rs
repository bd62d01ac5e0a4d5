//! Replicas as the node uses them: alone, in a cluster, across power cuts, on damaged files.

mod cluster;
mod lone;
mod opening;
mod reopen;
mod snapshots;
mod support;
