//! What units tell about themselves: the only arrow that leads back.
//!
//! One idea: counters that one thread writes and others may read, and a plain copy of them to hand
//! out. Must not know what is done with the numbers.

pub use crate::unit::{MetricSeries, WorkspaceMetrics};
use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

/// Names a unit within its node; never used twice while the node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u64);

/// What documents have measured in one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitMetrics {
    /// Its name.
    pub id: UnitId,
    /// The gateway it is a unit of.
    pub gateway: Arc<str>,
    /// When it began to count, in Unix milliseconds.
    pub started_ms: i64,
    /// By workspace.
    pub workspaces: Vec<WorkspaceMetrics>,
}

/// What a unit is and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitReport {
    /// Its name.
    pub id: UnitId,
    /// The gateway it is a unit of.
    pub gateway: Arc<str>,
    /// Started because no assigned unit could be reached.
    pub stand_in: bool,
    /// Revision of the shard that the next request is served by.
    pub revision: u64,
    /// Requests taken, those refused for lack of room included.
    pub requests: u64,
    /// Requests answered with a status from 500 up, or broken off.
    pub errors: u64,
    /// Requests refused for lack of room.
    pub shed: u64,
    /// Requests passed on to another gateway, and answered by it.
    pub passed_on: u64,
    /// Requests that panicked.
    pub panics: u64,
    /// Connections of clients at the moment.
    pub connections: usize,
    /// Requests that are being served at the moment.
    pub in_flight: usize,
}

/// What the front door did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoorReport {
    /// Connections turned away for lack of room or of a unit.
    pub shed: u64,
}

/// The counters of a unit. On cache lines of their own, so that units do not slow each other down.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct UnitStats {
    requests: AtomicU64,
    errors: AtomicU64,
    shed: AtomicU64,
    passed_on: AtomicU64,
    panics: AtomicU64,
    in_flight: AtomicUsize,
    /// Counted up by the front door, which chooses by it, and down by the unit.
    pub(crate) connections: AtomicUsize,
}

/// The counters of the front door.
#[derive(Debug, Default)]
pub(crate) struct DoorStats {
    shed: AtomicU64,
}

// === impl UnitStats ===

impl UnitStats {
    pub(crate) fn count_request(&self) {
        bump(&self.requests);
    }

    pub(crate) fn count_error(&self) {
        bump(&self.errors);
    }

    pub(crate) fn count_shed(&self) {
        bump(&self.shed);
    }

    pub(crate) fn count_passed_on(&self) {
        bump(&self.passed_on);
    }

    pub(crate) fn count_panic(&self) {
        bump(&self.panics);
    }

    /// Requests being served, as the unit itself knows it.
    pub(crate) fn set_in_flight(&self, requests: usize) {
        self.in_flight.store(requests, Relaxed);
    }

    pub(crate) fn report(&self, id: UnitId, gateway: Arc<str>, stand_in: bool, revision: u64) -> UnitReport {
        UnitReport {
            id,
            gateway,
            stand_in,
            revision,
            requests: self.requests.load(Relaxed),
            errors: self.errors.load(Relaxed),
            shed: self.shed.load(Relaxed),
            passed_on: self.passed_on.load(Relaxed),
            panics: self.panics.load(Relaxed),
            connections: self.connections.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
        }
    }
}

/// Only the unit's own thread writes these, so that a locked instruction is not needed.
fn bump(counter: &AtomicU64) {
    counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
}

// === impl DoorStats ===

impl DoorStats {
    pub(crate) fn count_shed(&self) {
        self.shed.fetch_add(1, Relaxed);
    }

    pub(crate) fn report(&self) -> DoorReport {
        DoorReport { shed: self.shed.load(Relaxed) }
    }
}
