//! What policies keep in the memory of a unit.
//!
//! One idea: each workspace has a table of its own, bounded in entries and in bytes; what was not asked for the
//! longest makes room for what is new, and never another workspace's. Where all tables together are as large as they
//! may be, a workspace that wants more gives up of its own. Must not know what is in an item, nor what time it is.
//!
//! `lru` keeps the order: a unit is one thread, so nothing of a concurrent cache is needed, and both bounds are exact.

use crate::limits::Limits;
use bytes::Bytes;
use lru::LruCache;
use std::{
    collections::{HashMap, hash_map::RandomState},
    sync::Arc,
    time::Duration,
};

/// What an entry costs beside its key and its item.
const ENTRY_BYTES: usize = 128;

/// All items of a unit.
pub(super) struct ItemCache {
    limits: Arc<Limits>,
    /// As many as the gateway has workspaces that cache.
    workspaces: HashMap<Box<str>, Table>,
    /// Of all tables.
    bytes: usize,
}

struct Table {
    // Keys come from callers: the hash must not be theirs to choose.
    entries: LruCache<Box<str>, Entry, RandomState>,
    bytes: usize,
}

struct Entry {
    item: Bytes,
    until_ms: u64,
}

impl ItemCache {
    pub(super) fn new(limits: Arc<Limits>) -> ItemCache {
        ItemCache { limits, workspaces: HashMap::new(), bytes: 0 }
    }

    /// The item under a key, unless its time is over.
    pub(super) fn get(&mut self, workspace: &str, key: &str, now_ms: u64) -> Option<Bytes> {
        let entry = self.workspaces.get_mut(workspace)?.entries.get(key)?;
        if now_ms < entry.until_ms {
            return Some(entry.item.clone());
        }
        self.remove(workspace, key);
        None
    }

    /// Keeps an item in the place of what was under its key. What is too large for all that may be there is not kept.
    pub(super) fn put(&mut self, workspace: &str, key: &str, item: Bytes, now_ms: u64, duration: Duration) {
        self.remove(workspace, key);
        let bytes = cost(key, &item);
        let bytes_max = self.limits.workspace_cache_bytes_max;
        if bytes > bytes_max || self.limits.workspace_cache_entries_max == 0 {
            return;
        }
        if !self.workspaces.contains_key(workspace) {
            self.workspaces.insert(workspace.into(), Table::default());
        }
        let table = self.workspaces.get_mut(workspace).expect("it was there or put there");
        while table.bytes + bytes > bytes_max
            || table.entries.len() >= self.limits.workspace_cache_entries_max
            || self.bytes + bytes > self.limits.unit_cache_bytes_max
        {
            let Some((key, entry)) = table.entries.pop_lru() else { return };
            let freed = cost(&key, &entry.item);
            table.bytes -= freed;
            self.bytes -= freed;
        }
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        // A piece of a larger buffer would keep all of that alive.
        let item = if item.is_unique() { item } else { Bytes::copy_from_slice(&item) };
        table.entries.put(key.into(), Entry { item, until_ms: now_ms.saturating_add(duration_ms) });
        table.bytes += bytes;
        self.bytes += bytes;
    }

    /// Takes an item out.
    pub(super) fn remove(&mut self, workspace: &str, key: &str) {
        let Some(table) = self.workspaces.get_mut(workspace) else { return };
        if let Some(entry) = table.entries.pop(key) {
            let freed = cost(key, &entry.item);
            table.bytes -= freed;
            self.bytes -= freed;
        }
    }

    /// Forgets what is over, as far as nobody asked for it, and workspaces that are gone.
    pub(super) fn sweep(&mut self, now_ms: u64, is_served: impl Fn(&str) -> bool) {
        let bytes = &mut self.bytes;
        self.workspaces.retain(|workspace, table| {
            if !is_served(workspace) {
                *bytes -= table.bytes;
                return false;
            }
            while table.entries.peek_lru().is_some_and(|(_, entry)| entry.until_ms <= now_ms) {
                let Some((key, entry)) = table.entries.pop_lru() else { break };
                let freed = cost(&key, &entry.item);
                table.bytes -= freed;
                *bytes -= freed;
            }
            !table.entries.is_empty()
        });
    }
}

impl Default for Table {
    fn default() -> Table {
        Table { entries: LruCache::unbounded_with_hasher(RandomState::new()), bytes: 0 }
    }
}

fn cost(key: &str, item: &Bytes) -> usize {
    key.len() + item.len() + ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn cache(change: impl FnOnce(&mut Limits)) -> ItemCache {
        let mut limits = Limits::default();
        change(&mut limits);
        ItemCache::new(Arc::new(limits))
    }

    fn item(bytes: usize) -> Bytes {
        vec![b'x'; bytes].into()
    }

    fn has(cache: &mut ItemCache, workspace: &str, key: &str) -> bool {
        cache.get(workspace, key, 0).is_some()
    }

    fn is_counted_right(cache: &ItemCache) {
        let of =
            |table: &Table| table.entries.iter().map(|(key, entry)| cost(key, &entry.item)).sum::<usize>();
        cache.workspaces.values().for_each(|table| assert_eq!(table.bytes, of(table)));
        assert_eq!(cache.bytes, cache.workspaces.values().map(of).sum::<usize>());
    }

    #[test]
    fn an_item_is_there_until_its_time_is_over_or_it_is_removed() {
        let mut cache = cache(|_| {});
        cache.put("w", "k", "1".into(), 1_000, MINUTE);
        assert_eq!(cache.get("w", "k", 60_999).as_deref(), Some(&b"1"[..]));
        assert_eq!(cache.get("w", "k", 61_000), None);
        cache.put("w", "k", "1".into(), 0, MINUTE);
        cache.put("w", "k", "2".into(), 0, Duration::MAX);
        assert_eq!(cache.get("w", "k", u64::MAX - 1).as_deref(), Some(&b"2"[..]));
        cache.remove("w", "k");
        assert!(!has(&mut cache, "w", "k"));
        is_counted_right(&cache);
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn workspaces_do_not_share_items() {
        let mut cache = cache(|_| {});
        cache.put("a", "k", "1".into(), 0, MINUTE);
        assert!(!has(&mut cache, "b", "k") && !has(&mut cache, "", "k"));
        cache.remove("b", "k");
        assert!(has(&mut cache, "a", "k"));
    }

    #[test]
    fn entries_of_a_workspace_are_bounded_and_the_recently_used_stay() {
        let mut cache = cache(|limits| limits.workspace_cache_entries_max = 3);
        cache.put("quiet", "k", item(1), 0, MINUTE);
        for key in ["a", "b", "c"] {
            cache.put("w", key, item(1), 0, MINUTE);
        }
        assert!(has(&mut cache, "w", "a"), "all three have room");
        cache.put("w", "d", item(1), 0, MINUTE);
        assert!(!has(&mut cache, "w", "b"), "the one not asked for");
        assert!(["a", "c", "d"].iter().all(|key| has(&mut cache, "w", key)));
        assert!(has(&mut cache, "quiet", "k"), "another workspace's noise");
        is_counted_right(&cache);
    }

    #[test]
    fn bytes_of_a_workspace_are_bounded() {
        let room = 2 * (1 + 100 + ENTRY_BYTES);
        let mut cache = cache(|limits| limits.workspace_cache_bytes_max = room);
        cache.put("quiet", "k", item(100), 0, MINUTE);
        cache.put("w", "a", item(100), 0, MINUTE);
        cache.put("w", "b", item(100), 0, MINUTE);
        assert!(has(&mut cache, "w", "a") && has(&mut cache, "w", "b"));
        cache.put("w", "b", item(101), 0, MINUTE);
        assert!(!has(&mut cache, "w", "a") && has(&mut cache, "w", "b"));
        assert!(has(&mut cache, "quiet", "k"));
        // What is larger than all there may be pushes out nothing.
        cache.put("w", "c", item(room), 0, MINUTE);
        assert!(!has(&mut cache, "w", "c") && has(&mut cache, "w", "b"));
        is_counted_right(&cache);
    }

    #[test]
    fn a_full_unit_takes_from_the_workspace_that_wants_more() {
        let room = 3 * (1 + 100 + ENTRY_BYTES);
        let mut cache = cache(|limits| limits.unit_cache_bytes_max = room);
        for (workspace, key) in [("a", "1"), ("b", "1"), ("b", "2")] {
            cache.put(workspace, key, item(100), 0, MINUTE);
        }
        cache.put("b", "3", item(100), 0, MINUTE);
        assert!(!has(&mut cache, "b", "1") && has(&mut cache, "b", "3") && has(&mut cache, "a", "1"));
        cache.put("c", "1", item(100), 0, MINUTE);
        assert!(!has(&mut cache, "c", "1"), "it has nothing to give up");
        assert!(has(&mut cache, "a", "1") && has(&mut cache, "b", "2"));
        is_counted_right(&cache);
    }

    #[test]
    fn what_is_over_and_workspaces_that_are_gone_are_swept_away() {
        let mut cache = cache(|_| {});
        cache.put("w", "short", item(1), 0, Duration::from_secs(1));
        cache.put("w", "long", item(1), 0, MINUTE);
        cache.put("gone", "k", item(1), 0, MINUTE);
        cache.sweep(1_000, |workspace| workspace == "w");
        assert_eq!(cache.workspaces["w"].entries.len(), 1);
        assert!(!cache.workspaces.contains_key("gone"));
        is_counted_right(&cache);
    }

    #[test]
    fn a_piece_of_a_buffer_does_not_keep_the_buffer() {
        let mut cache = cache(|_| {});
        let buffer = item(1_000);
        cache.put("w", "k", buffer.slice(..1), 0, MINUTE);
        assert!(buffer.is_unique());
    }
}
