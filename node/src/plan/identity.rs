//! The id of a plan, and how it becomes stale.
//!
//! One idea: the id is a digest over what would be done and over the revisions of everything that was
//! looked at, so a plan made again on an unchanged state has the same id, and a change elsewhere makes
//! no plan stale. Behind a dash it carries the newest of these revisions: from there on the feed tells
//! what has changed since. Secrets enter by their keyed fingerprints.

use super::{Keys, Touched, effective::Examined};
use crate::secrets;
use hanse_proto::v1::{self, admitted_change, change};
use prost::Message as _;
use std::collections::BTreeMap;

/// Hexadecimal digits of the digest in an id.
const DIGITS: usize = 16;

/// What would make it another plan: each resource with its revision, 0 where there is none.
pub fn rests_on(touched: &BTreeMap<String, Touched>, examined: &Examined) -> Vec<v1::RestsOn> {
    let revision = |stored: Option<&v1::StoredResource>| {
        stored.and_then(|it| it.resource.as_ref()).map_or(0, |resource| resource.revision)
    };
    let mut all: BTreeMap<String, u64> = examined.revisions.clone();
    all.extend(touched.iter().map(|(key, it)| (key.clone(), revision(it.before.as_ref()))));
    all.into_iter().map(|(key, revision)| v1::RestsOn { key, revision, ..Default::default() }).collect()
}

/// The id: sixteen digits, a dash, and a revision.
pub fn plan_id(
    request: &v1::ApplyRequest,
    command: &v1::ApplyCommand,
    touched: &BTreeMap<String, Touched>,
    response: &v1::PlanResponse,
    rests_on: &[v1::RestsOn],
) -> String {
    let mut digest = Digest::default();
    digest.add(command.owner.as_bytes());
    for (key, it) in touched {
        digest.add(key.as_bytes());
        digest.add(it.action.as_bytes());
    }
    let sent = sent_secrets(request);
    for put in puts(command, touched) {
        // As it was sent: what the server adds, as times, is no part of a plan.
        let Some(resource) = &put.resource else { continue };
        digest.add(&resource.encode_to_vec());
        let sent = sent.get(&hanse_proto::key_of(&resource.name));
        for (path, sealed) in &put.secrets {
            // Keys that were made up here would be others next time.
            if sent.is_some_and(|paths| paths.contains(path)) {
                digest.add(path.as_bytes());
                digest.add(&sealed.fingerprint);
            }
        }
    }
    for effective in &response.effective_policies {
        digest.add(&effective.encode_to_vec());
    }
    digest.add(&response.effective_policies_more.to_be_bytes());
    for gateway in &response.gateways {
        digest.add(gateway.as_bytes());
    }
    for rest in rests_on {
        digest.add(rest.key.as_bytes());
        digest.add(&rest.revision.to_be_bytes());
    }
    let newest = rests_on.iter().map(|rest| rest.revision).max().unwrap_or(0);
    format!("{}-{newest:x}", digest.hex())
}

/// The newest revision that a plan rested on; `None`: that is no id of a plan.
pub fn revision_in(plan_id: &str) -> Option<u64> {
    let (digest, revision) = plan_id.split_once('-')?;
    let is_digest = digest.len() == DIGITS && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| u64::from_str_radix(revision, 16).ok()).flatten()
}

/// The changes, of those that the feed tells, which a plan rests on: each name once, the latest first.
pub fn touched_since<'a>(
    rests_on: &[v1::RestsOn],
    changes: &'a [v1::ChangeRecord],
) -> Vec<&'a v1::ChangeRecord> {
    let keys: Keys = rests_on.iter().map(|rest| rest.key.clone()).collect();
    let mut seen = Keys::new();
    let is_touched = |key: &str| {
        let below = format!("{key}/");
        let is_below = keys.range(below.clone()..).next().is_some_and(|it| it.starts_with(&below));
        keys.contains(key) || is_below
    };
    let latest = changes.iter().rev().filter(|change| {
        let key = hanse_proto::key_of(&change.name);
        // The deletion of a root stands for what was below it.
        let counts = if change.action == "deleted" { is_touched(&key) } else { keys.contains(&key) };
        counts && seen.insert(key)
    });
    latest.collect()
}

fn puts<'a>(
    command: &'a v1::ApplyCommand,
    touched: &BTreeMap<String, Touched>,
) -> impl Iterator<Item = &'a v1::Put> {
    let mut puts: BTreeMap<String, &v1::Put> = BTreeMap::new();
    for change in &command.changes {
        if let Some(admitted_change::Change::Put(put)) = &change.change {
            let key = hanse_proto::key_of(put.resource.as_ref().map_or("", |resource| &resource.name));
            if touched.contains_key(&key) {
                puts.insert(key, put);
            }
        }
    }
    puts.into_values()
}

/// Paths of the secrets that were sent, by the key of their resource.
fn sent_secrets(request: &v1::ApplyRequest) -> BTreeMap<String, Keys> {
    let puts = request.changes.iter().filter_map(|change| match &change.change {
        Some(change::Change::Put(resource)) => Some(resource),
        _ => None,
    });
    puts.filter_map(|resource| {
        let paths = secrets::take(&mut resource.spec.clone()?);
        let paths: Keys = paths.into_iter().map(|secret| secret.path).collect();
        (!paths.is_empty()).then(|| (hanse_proto::key_of(&resource.name), paths))
    })
    .collect()
}

/// SHA-256 over parts, each with its length before it.
struct Digest(ring::digest::Context);

impl Default for Digest {
    fn default() -> Self {
        Digest(ring::digest::Context::new(&ring::digest::SHA256))
    }
}

impl Digest {
    fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn hex(self) -> String {
        let digest = self.0.finish();
        digest.as_ref().iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_the_revision_it_rests_on() {
        for (text, expected) in [
            ("0123456789abcdef-1f", Some(31)),
            ("0123456789abcdef-0", Some(0)),
            ("0123456789abcdef", None),
            ("0123-1", None),
            ("0123456789abcdeg-1", None),
            ("", None),
        ] {
            assert_eq!(revision_in(text), expected, "{text}");
        }
    }

    #[test]
    fn what_changed_since_is_named_once_and_by_its_root() {
        let change = |name: &str, action: &str, revision| v1::ChangeRecord {
            name: name.into(),
            action: action.into(),
            revision,
            ..Default::default()
        };
        let rests_on: Vec<v1::RestsOn> = ["apis/a", "workspaces/w/apis/b"]
            .map(|key| v1::RestsOn { key: key.into(), revision: 1, ..Default::default() })
            .into();
        let feed = [
            change("apis/A", "updated", 2),
            change("apis/a", "updated", 3),
            change("apis/other", "updated", 4),
            change("workspaces/w", "updated", 5),
            change("workspaces/w", "deleted", 6),
        ];
        let since: Vec<u64> = touched_since(&rests_on, &feed).iter().map(|change| change.revision).collect();
        assert_eq!(since, [6, 3]);
    }
}
