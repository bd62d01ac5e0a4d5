//! What the policies of a unit's requests ask for.

use super::{Client, Unit, places::Places};
use crate::{event_hub::Wanted, shard::Shard};
use bytes::Bytes;
use hanse_policy::{Event, EventPartition, Note, NoteSeverity, Permit, RateDecision, RateKey};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// A request's view of its unit.
pub(crate) struct PolicyHost<'u> {
    pub(crate) unit: &'u Unit,
    pub(crate) client: &'u Client,
    pub(crate) shard: &'u Shard,
}

/// Who is within `limit-concurrency`, by workspace and key.
#[derive(Debug, Default)]
pub(super) struct Concurrency {
    workspaces: BTreeMap<Box<str>, HashMap<Box<str>, Places>>,
}

/// Keys with nobody within are swept away when there are more than this of a workspace.
const CONCURRENCY_KEYS_KEPT: usize = 1_024;

impl Concurrency {
    fn enter(&mut self, workspace: &str, key: &str, max: u32) -> Option<Permit> {
        if !self.workspaces.contains_key(workspace) {
            self.workspaces.insert(workspace.into(), HashMap::new());
        }
        let keys = self.workspaces.get_mut(workspace).expect("it was there or put there");
        if keys.len() > CONCURRENCY_KEYS_KEPT {
            // No more keys than requests that are being served are left.
            keys.retain(|_, places| !places.is_empty());
        }
        if !keys.contains_key(key) {
            keys.insert(key.into(), Places::new(usize::MAX));
        }
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        keys[key].enter_within(max).map(Permit::new)
    }
}

impl hanse_policy::Host for PolicyHost<'_> {
    fn now_ms(&self) -> u64 {
        self.unit.now_ms()
    }

    fn unix_ms(&self) -> i64 {
        self.unit.host.clock.unix_ms()
    }

    fn random(&self) -> u64 {
        self.unit.random.borrow_mut().u64(..)
    }

    fn enter(&self, workspace: &str, key: &str, max: u32) -> Option<Permit> {
        self.unit.concurrency.borrow_mut().enter(workspace, key, max)
    }

    fn note(&self, note: &Note<'_>) {
        let Note { workspace, request_id, origin, message, metadata, .. } = *note;
        let gateway = &*self.unit.gateway;
        match note.severity {
            NoteSeverity::Verbose => {
                tracing::debug!(gateway, workspace, %request_id, origin, ?metadata, "{message}");
            }
            NoteSeverity::Information => {
                tracing::info!(gateway, workspace, %request_id, origin, ?metadata, "{message}");
            }
            NoteSeverity::Error => {
                tracing::error!(gateway, workspace, %request_id, origin, ?metadata, "{message}");
            }
        }
    }

    fn log(&self, event: &Event<'_>) {
        let Event { owner, logger, workspace, message, partition } = *event;
        let Some(hub) = self.shard.event_hub(owner, logger) else {
            let gateway = &*self.unit.gateway;
            tracing::warn!(gateway, workspace, logger, "event dropped: the logger is no event hub that can be used");
            return;
        };
        let wanted = match partition {
            EventPartition::Any => Wanted::Any,
            EventPartition::Id(id) => Wanted::Id(id.into()),
            EventPartition::Key(key) => Wanted::Key(key.to_owned()),
        };
        self.unit.event_hubs.push(hub, message.to_owned(), wanted, self.unix_ms());
    }

    fn cached(&self, workspace: &str, key: &str) -> Option<Bytes> {
        self.unit.items.borrow_mut().get(workspace, key, self.now_ms())
    }

    fn cache(&self, workspace: &str, key: &str, item: Bytes, duration: Duration) {
        self.unit.items.borrow_mut().put(workspace, key, item, self.now_ms(), duration);
    }

    fn uncache(&self, workspace: &str, key: &str) {
        self.unit.items.borrow_mut().remove(workspace, key);
    }

    fn has_external_cache(&self, workspace: &str) -> bool {
        self.shard.external_cache(workspace).is_some()
    }

    fn rate_limit(&self, key: RateKey<'_>, calls: u32, period: Duration) -> RateDecision {
        let now_ms = self.now_ms();
        self.unit.counters.borrow_mut().hit(key, now_ms, calls, period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_do_not_share_places() {
        let mut concurrency = Concurrency::default();
        let first = concurrency.enter("a", "key", 1);
        assert!(first.is_some());
        assert!(concurrency.enter("a", "key", 1).is_none());
        assert!(concurrency.enter("b", "key", 1).is_some());
        assert!(concurrency.enter("a", "other", 1).is_some());
        drop(first);
        assert!(concurrency.enter("a", "key", 1).is_some());
    }

    #[test]
    fn keys_that_nobody_uses_are_forgotten() {
        let mut concurrency = Concurrency::default();
        for key in 0..10 * CONCURRENCY_KEYS_KEPT {
            assert!(concurrency.enter("a", &key.to_string(), 1).is_some());
        }
        assert!(concurrency.workspaces["a"].len() <= CONCURRENCY_KEYS_KEPT + 1);
    }
}
