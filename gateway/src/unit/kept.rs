//! What a unit fetches from others and keeps.
//!
//! One idea: by workspace and then by name, each workspace with room of its own in which the least
//! recently used gives way; and for each name one fetch at a time, for which all others who want the
//! same wait. Must not know what is fetched, nor how.

use std::collections::HashMap;
use tokio::sync::watch;

/// What was fetched, of all workspaces.
pub(crate) struct Kept<T> {
    workspace_max: usize,
    workspaces: HashMap<Box<str>, HashMap<Box<str>, Entry<T>>>,
    uses: u64,
}

/// What there is under one name.
pub(crate) struct Entry<T> {
    /// And when it came, in milliseconds.
    pub(crate) value: Option<(T, u64)>,
    /// When the last fetch ended, whatever came of it.
    pub(crate) tried_ms: Option<u64>,
    under_way: Option<watch::Receiver<()>>,
    used: u64,
}

/// Who fetches.
pub(crate) enum Turn {
    /// The caller: until it drops the sender, others wait.
    Ours(watch::Sender<()>, watch::Receiver<()>),
    /// Somebody else, until the sender is dropped.
    Theirs(watch::Receiver<()>),
    /// The workspace's room is full of what is being fetched.
    Nobodys,
}

impl<T> Kept<T> {
    pub(crate) fn new(workspace_max: usize) -> Kept<T> {
        Kept { workspace_max, workspaces: HashMap::new(), uses: 0 }
    }

    /// What there is.
    pub(crate) fn get(&mut self, workspace: &str, name: &str) -> Option<&Entry<T>> {
        let entry = self.workspaces.get_mut(workspace)?.get_mut(name)?;
        self.uses += 1;
        entry.used = self.uses;
        Some(entry)
    }

    /// Begins a fetch, unless one is under way.
    pub(crate) fn begin(&mut self, workspace: &str, name: &str) -> Turn {
        self.uses += 1;
        if !self.workspaces.contains_key(workspace) {
            self.workspaces.insert(workspace.into(), HashMap::new());
        }
        let entries = self.workspaces.get_mut(workspace).expect("it was there or put there");
        if !entries.contains_key(name) && !make_room(entries, self.workspace_max) {
            return Turn::Nobodys;
        }
        let entry = entries.entry(name.into()).or_insert_with(|| Entry {
            value: None,
            tried_ms: None,
            under_way: None,
            used: 0,
        });
        entry.used = self.uses;
        if let Some(receiver) = entry.under_way.as_ref().filter(|receiver| is_open(receiver)) {
            return Turn::Theirs(receiver.clone());
        }
        let (sender, receiver) = watch::channel(());
        entry.under_way = Some(receiver.clone());
        Turn::Ours(sender, receiver)
    }

    /// Forgets workspaces that are gone, but not what is being fetched for their last requests.
    pub(crate) fn sweep(&mut self, is_served: impl Fn(&str) -> bool) {
        self.workspaces
            .retain(|workspace, entries| is_served(workspace) || entries.values().any(Entry::is_under_way));
    }

    /// A fetch has ended; where it brought nothing, what there was stays.
    pub(crate) fn end(&mut self, workspace: &str, name: &str, value: Option<T>, now_ms: u64) {
        let entry = self.workspaces.get_mut(workspace).and_then(|entries| entries.get_mut(name));
        let Some(entry) = entry else { return };
        entry.tried_ms = Some(now_ms);
        entry.under_way = None;
        if let Some(value) = value {
            entry.value = Some((value, now_ms));
        }
    }
}

impl<T> Entry<T> {
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.as_ref().is_some_and(is_open)
    }

    /// Whether the last fetch ended at least so long ago.
    pub(crate) fn has_rested(&self, now_ms: u64, rest: std::time::Duration) -> bool {
        self.tried_ms.is_none_or(|tried| u128::from(now_ms.saturating_sub(tried)) >= rest.as_millis())
    }
}

/// Whoever fetches is still at it.
fn is_open(receiver: &watch::Receiver<()>) -> bool {
    receiver.has_changed().is_ok()
}

fn make_room<T>(entries: &mut HashMap<Box<str>, Entry<T>>, max: usize) -> bool {
    if entries.len() < max {
        return true;
    }
    let at_rest = entries.iter().filter(|(_, entry)| !entry.is_under_way());
    let oldest = at_rest.min_by_key(|(_, entry)| entry.used).map(|(name, _)| name.clone());
    oldest.is_some_and(|oldest| entries.remove(&oldest).is_some())
}

/// Waits until a fetch has ended.
pub(crate) async fn ended(mut fetch: watch::Receiver<()>) {
    // Nothing is ever sent: the drop of the sender is the signal.
    while fetch.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn one_fetches_and_the_others_wait() {
        let mut kept = Kept::new(2);
        let Turn::Ours(sender, _) = kept.begin("a", "x") else { panic!("nobody else does") };
        assert!(matches!(kept.begin("a", "x"), Turn::Theirs(_)));
        assert!(matches!(kept.begin("b", "x"), Turn::Ours(..)), "another workspace");
        kept.end("a", "x", Some(7), 10);
        drop(sender);
        let entry = kept.get("a", "x").expect("kept");
        assert_eq!(entry.value, Some((7, 10)));
        assert!(!entry.is_under_way());
        assert!(
            !entry.has_rested(14, Duration::from_millis(5)) && entry.has_rested(15, Duration::from_millis(5))
        );
        // One that brings nothing leaves what there was.
        let Turn::Ours(..) = kept.begin("a", "x") else { panic!("the other has ended") };
        kept.end("a", "x", None, 20);
        assert_eq!(kept.get("a", "x").expect("kept").value, Some((7, 10)));
    }

    #[test]
    fn workspaces_that_are_gone_are_forgotten_when_nothing_is_fetched_for_them() {
        let mut kept = Kept::new(2);
        for workspace in ["here", "gone", "busy"] {
            drop(kept.begin(workspace, "x"));
            kept.end(workspace, "x", Some(()), 0);
        }
        let fetch = kept.begin("busy", "x");
        kept.sweep(|workspace| workspace == "here");
        assert!(kept.get("here", "x").is_some() && kept.get("gone", "x").is_none());
        assert!(kept.get("busy", "x").is_some());
        drop(fetch);
        kept.sweep(|workspace| workspace == "here");
        assert!(kept.get("busy", "x").is_none());
    }

    #[test]
    fn a_fetch_that_is_lost_is_not_waited_for() {
        let mut kept = Kept::<u8>::new(2);
        drop(kept.begin("a", "x"));
        assert!(matches!(kept.begin("a", "x"), Turn::Ours(..)));
    }

    #[test]
    fn the_least_recently_used_gives_way_within_its_workspace() {
        let mut kept = Kept::new(2);
        for (workspace, name) in [("quiet", "x"), ("a", "x"), ("a", "y")] {
            drop(kept.begin(workspace, name));
            kept.end(workspace, name, Some(()), 0);
        }
        assert!(kept.get("a", "x").is_some());
        let third = kept.begin("a", "z");
        assert!(kept.get("a", "x").is_some() && kept.get("a", "y").is_none());
        assert!(kept.get("quiet", "x").is_some());
        let fourth = kept.begin("a", "x");
        assert!(matches!(kept.begin("a", "one too many"), Turn::Nobodys));
        drop((third, fourth));
        assert!(matches!(kept.begin("a", "one too many"), Turn::Ours(..)));
    }
}
