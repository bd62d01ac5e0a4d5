//! What the policies that cache share: which cache is asked, and how keys are written.
//!
//! The unit's own memory is asked at once; a cache outside is a [`Task`]. Whatever goes wrong with a cache is as if
//! nothing were there.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::time::Duration;

use crate::env::Env;
use crate::kind::Kind;
use crate::run::Flow;
use crate::task::{CacheTask, Outcome, Task};
use crate::tree::Element;

pub(crate) const CACHING_TYPE: Kind = Kind::OneOf(&["internal", "external", "prefer-external"]);

/// Longer keys are kept by their hash.
const KEY_BYTES_MAX: usize = 512;

/// `caching-type`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CachingType {
    Internal,
    External,
    PreferExternal,
}

/// Where an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    Outside,
    /// The cache outside is wanted, and there is none.
    Nowhere,
}

impl CachingType {
    pub(crate) fn compile(element: &Element) -> Self {
        match element.literal("caching-type").map(str::trim) {
            Some("internal") => Self::Internal,
            Some("external") => Self::External,
            _ => Self::PreferExternal,
        }
    }

    /// Where items of the request's workspace are.
    pub(crate) fn place(self, env: &mut Env<'_, '_>) -> Place {
        let has_external = self != Self::Internal && env.host.has_external_cache(env.workspace());
        let place = match self {
            _ if has_external => Place::Outside,
            Self::External => Place::Nowhere,
            Self::Internal | Self::PreferExternal => Place::Memory,
        };
        if place == Place::Nowhere {
            env.trace("there is no external cache: nothing is found, and nothing is kept");
        }
        place
    }
}

/// The key of a value. It is what the document says, so that operators recognise it.
pub(crate) fn value_key(key: &str) -> String {
    match key.len() <= KEY_BYTES_MAX {
        true => format!("value:{key}"),
        false => hashed("value-hash:", key.as_bytes()),
    }
}

/// A key of fixed length, which tells nothing of what it is made from.
pub(crate) fn hashed(prefix: &str, parts: &[u8]) -> String {
    let mut key = String::with_capacity(prefix.len() + 64);
    key.push_str(prefix);
    for byte in Sha256::digest(parts) {
        write!(key, "{byte:02x}").expect("a string takes everything");
    }
    key
}

/// Keeps an item. Nobody waits for a cache outside.
pub(crate) fn store<'a>(
    env: &mut Env<'a, '_>,
    place: Place,
    key: String,
    item: Bytes,
    duration: Duration,
) -> Flow<'a> {
    match place {
        Place::Nowhere => Flow::Continue,
        Place::Memory => {
            env.host.cache(env.workspace(), &key, item, duration);
            Flow::Continue
        }
        Place::Outside => Flow::Do(Task::Cache(Box::new(CacheTask::Store { key, item, duration }))),
    }
}

/// What a cache outside found.
pub(crate) fn found(env: &mut Env<'_, '_>, outcome: Outcome) -> Option<Bytes> {
    match outcome {
        Outcome::Cached(Ok(found)) => found,
        Outcome::Cached(Err(error)) => {
            env.trace(format!("the external cache failed, which counts as nothing found: {error}"));
            None
        }
        _ => None,
    }
}

/// A duration in seconds; `None`: nothing is to be kept.
pub(crate) fn duration(seconds: i64) -> Option<Duration> {
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}
