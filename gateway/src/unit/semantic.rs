//! Answers of language models, found by what their prompts mean.
//!
//! One idea: each workspace has a list of its own, oldest first, bounded in entries and bytes; the oldest
//! leave for what is new. A look goes through all of a partition, which costs less than a call of any
//! model. Must not know what a prompt is.

use hanse_policy::{Body, ResponseMessage, llm::SemanticEntry};
use std::collections::{HashMap, VecDeque};

/// All that is kept in a unit.
pub(super) struct SemanticCache {
    workspace_entries_max: usize,
    workspace_bytes_max: usize,
    workspaces: HashMap<Box<str>, Kept>,
}

#[derive(Default)]
struct Kept {
    entries: VecDeque<Entry>,
    bytes: usize,
}

struct Entry {
    partition: Box<str>,
    /// Of length 1.
    direction: Box<[f32]>,
    response: ResponseMessage,
    expires_ms: u64,
    bytes: usize,
}

impl SemanticCache {
    pub(super) fn new(workspace_entries_max: usize, workspace_bytes_max: usize) -> SemanticCache {
        SemanticCache { workspace_entries_max, workspace_bytes_max, workspaces: HashMap::new() }
    }

    pub(super) fn find(
        &self,
        workspace: &str,
        partition: &str,
        vector: &[f32],
        max_distance: f64,
        now_ms: u64,
    ) -> Option<ResponseMessage> {
        let direction = direction(vector)?;
        let entries = self.workspaces.get(workspace)?.entries.iter();
        let same = entries.filter(|entry| {
            entry.expires_ms > now_ms
                && *entry.partition == *partition
                && entry.direction.len() == direction.len()
        });
        let near = same.map(|entry| (distance(&entry.direction, &direction), entry));
        let (found, entry) = near.min_by(|(one, _), (other, _)| one.total_cmp(other))?;
        (found <= max_distance).then(|| entry.response.clone())
    }

    /// Keeps an answer; one that is larger than all that may be kept is not.
    pub(super) fn keep(&mut self, workspace: &str, kept: SemanticEntry, now_ms: u64) {
        let Some(direction) = direction(&kept.vector) else { return };
        let bytes = bytes(&kept);
        if bytes > self.workspace_bytes_max || self.workspace_entries_max == 0 {
            return;
        }
        if !self.workspaces.contains_key(workspace) {
            self.workspaces.insert(workspace.into(), Kept::default());
        }
        let of_workspace = self.workspaces.get_mut(workspace).expect("it was there or put there");
        of_workspace.forget(|entry| entry.expires_ms <= now_ms);
        while of_workspace.entries.len() >= self.workspace_entries_max
            || of_workspace.bytes + bytes > self.workspace_bytes_max
        {
            let Some(oldest) = of_workspace.entries.pop_front() else { break };
            of_workspace.bytes -= oldest.bytes;
        }
        let lasts_ms = u64::try_from(kept.lasts.as_millis()).unwrap_or(u64::MAX);
        of_workspace.bytes += bytes;
        of_workspace.entries.push_back(Entry {
            partition: kept.partition.into(),
            direction,
            response: kept.response,
            expires_ms: now_ms.saturating_add(lasts_ms),
            bytes,
        });
    }

    /// Forgets what is over, and workspaces that are gone.
    pub(super) fn sweep(&mut self, now_ms: u64, is_served: impl Fn(&str) -> bool) {
        self.workspaces.retain(|workspace, kept| {
            kept.forget(|entry| entry.expires_ms <= now_ms);
            is_served(workspace) && !kept.entries.is_empty()
        });
    }
}

impl Kept {
    fn forget(&mut self, is_over: impl Fn(&Entry) -> bool) {
        let bytes = &mut self.bytes;
        self.entries.retain(|entry| {
            let is_over = is_over(entry);
            if is_over {
                *bytes -= entry.bytes;
            }
            !is_over
        });
    }
}

/// What an entry takes, about.
fn bytes(kept: &SemanticEntry) -> usize {
    let headers = kept.response.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    let body = match &kept.response.body {
        Body::Bytes(bytes) => bytes.len(),
        Body::Empty | Body::Stream | Body::Taken => 0,
    };
    kept.partition.len() + kept.vector.len() * size_of::<f32>() + headers.sum::<usize>() + body
}

/// A vector of length 1; `None` where it points nowhere.
fn direction(vector: &[f32]) -> Option<Box<[f32]>> {
    let length = vector.iter().map(|it| f64::from(*it) * f64::from(*it)).sum::<f64>().sqrt();
    (length > 0.0 && length.is_finite())
        .then(|| vector.iter().map(|it| (f64::from(*it) / length) as f32).collect())
}

/// Cosine distance: 0 is the same direction, 1 has nothing in common, 2 is the opposite.
fn distance(one: &[f32], other: &[f32]) -> f64 {
    1.0 - f64::from(one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::StatusCode;
    use std::time::Duration;

    fn entry(partition: &str, vector: &[f32], body: &str) -> SemanticEntry {
        let mut response = ResponseMessage::new(StatusCode::OK);
        response.body = Body::Bytes(Bytes::from(body.to_owned()));
        SemanticEntry {
            partition: partition.into(),
            vector: vector.into(),
            response,
            lasts: Duration::from_secs(1),
        }
    }

    fn found(
        cache: &SemanticCache,
        workspace: &str,
        vector: &[f32],
        max: f64,
        now_ms: u64,
    ) -> Option<String> {
        match cache.find(workspace, "p", vector, max, now_ms)?.body {
            Body::Bytes(bytes) => String::from_utf8(bytes.into()).ok(),
            _ => None,
        }
    }

    #[test]
    fn nearest_answer_is_found_if_it_is_near_enough() {
        let mut cache = SemanticCache::new(8, 10_000);
        cache.keep("w", entry("p", &[1.0, 0.0], "east"), 0);
        cache.keep("w", entry("p", &[0.0, 5.0], "north"), 0);
        cache.keep("w", entry("p", &[0.0, 0.0], "nowhere"), 0);
        let find = |vector: &[f32], max| found(&cache, "w", vector, max, 0);
        assert_eq!(find(&[7.0, 0.1], 0.01).as_deref(), Some("east"));
        assert_eq!(find(&[0.1, 7.0], 0.01).as_deref(), Some("north"));
        assert_eq!(find(&[1.0, 1.0], 0.29), None, "the distance of 45 degrees is 0.2929");
        assert!(find(&[1.0, 1.0], 0.3).is_some());
        assert_eq!(find(&[1.0], 1.0), None, "numbers of another model");
        assert_eq!(find(&[0.0, 0.0], 1.0), None);
        assert_eq!(found(&cache, "v", &[1.0, 0.0], 1.0, 0), None, "another workspace");
        assert!(cache.find("w", "q", &[1.0, 0.0], 1.0, 0).is_none(), "another partition");
        assert_eq!(found(&cache, "w", &[1.0, 0.0], 0.0, 999).as_deref(), Some("east"));
        assert_eq!(found(&cache, "w", &[1.0, 0.0], 0.0, 1_000), None, "over");
    }

    #[test]
    fn what_is_over_and_workspaces_that_are_gone_are_swept_away() {
        let mut cache = SemanticCache::new(8, 10_000);
        for workspace in ["here", "gone"] {
            cache.keep(workspace, entry("p", &[1.0], "x"), 0);
        }
        cache.sweep(999, |workspace| workspace == "here");
        assert!(found(&cache, "here", &[1.0], 0.1, 0).is_some());
        assert!(found(&cache, "gone", &[1.0], 0.1, 0).is_none());
        cache.sweep(1_000, |_| true);
        assert!(cache.workspaces.is_empty());
    }

    #[test]
    fn oldest_answers_leave_where_there_are_too_many_or_too_large_ones() {
        let axis = |at: usize| -> Vec<f32> { (0..4).map(|it| if it == at { 1.0 } else { 0.0 }).collect() };
        let kept = |cache: &SemanticCache| -> Vec<bool> {
            (0..4).map(|at| found(cache, "w", &axis(at), 0.1, 0).is_some()).collect()
        };
        let mut cache = SemanticCache::new(2, 10_000);
        for at in 0..3 {
            cache.keep("w", entry("p", &axis(at), "x"), 0);
        }
        assert_eq!(kept(&cache), [false, true, true, false]);
        let size = bytes(&entry("p", &axis(0), "x"));
        let mut cache = SemanticCache::new(8, 2 * size);
        for at in 0..3 {
            cache.keep("w", entry("p", &axis(at), "x"), 0);
        }
        assert_eq!(kept(&cache), [false, true, true, false]);
        cache.keep("w", entry("p", &axis(3), &"x".repeat(2 * size)), 0);
        assert_eq!(kept(&cache), [false, true, true, false], "too large for all that may be kept");
        // What is over leaves first.
        cache.keep("w", entry("p", &axis(0), "x"), 1_000);
        assert_eq!(cache.workspaces["w"].entries.len(), 1);
    }
}
