//! Caches for tests: a unit's memory, and one outside that may be down.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::context::RequestContext;
use crate::task::{CacheTask, Outcome};

/// A unit's memory: items with the time when they are over.
pub(crate) type Memory = BTreeMap<String, (u64, Bytes)>;

/// A cache outside, where time does not pass.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) items: BTreeMap<String, Bytes>,
    pub(crate) is_down: bool,
}

impl Outside {
    pub(crate) fn perform(&mut self, context: &RequestContext<'_>, task: CacheTask) -> Outcome {
        let name = |key: String| format!("{}/{key}", context.facts.workspace.id);
        let is_down = self.is_down;
        let done =
            |found| Outcome::Cached(if is_down { Err("connection refused".to_owned()) } else { Ok(found) });
        match task {
            CacheTask::Find { key } => done(self.items.get(&name(key)).cloned()),
            CacheTask::Store { key, item, .. } => {
                if !is_down {
                    self.items.insert(name(key), item);
                }
                Outcome::Done
            }
            CacheTask::Remove { key } => {
                self.items.remove(&name(key));
                done(None)
            }
        }
    }
}
