//! What policies ask of whoever runs them: the time, chance, counters, certificates.
//!
//! The data plane implements [`Host`] per unit; tests implement it in ten lines. Everything else a
//! policy needs is in the [`RequestContext`](crate::RequestContext).

use std::any::Any;
use std::fmt::{self, Write as _};
use std::time::Duration;

use bytes::Bytes;

use crate::context::RequestId;
use crate::section::ScopeKind;

/// The outside of a pipeline. Whatever is kept here is kept for one workspace at a time: every question
/// names it.
pub trait Host {
    /// Milliseconds since any fixed moment, the same one throughout.
    fn now_ms(&self) -> u64;

    /// Milliseconds of Unix time.
    fn unix_ms(&self) -> i64;

    /// 64 random bits.
    fn random(&self) -> u64;

    /// Lets one more in, if fewer than `max` are; whoever holds the permit is in.
    fn enter(&self, workspace: &str, key: &str, max: u32) -> Option<Permit>;

    /// Something a document wants known, for the logs of its workspace.
    fn note(&self, _note: &Note<'_>) {}

    /// Hands an event to a logger. What becomes of it is told in the gateway's own log.
    fn log(&self, _event: &Event<'_>) {}

    /// Steps that an expression took.
    fn count_steps(&self, _steps: u64) {}

    /// A certificate in DER, with its key in PKCS#8 where the gateway has it: by id or SHA-1 thumbprint.
    fn certificate(&self, _workspace: &str, _which: CertificateBy<'_>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        None
    }

    /// The certificate in DER that the client showed.
    fn client_certificate(&self) -> Option<Vec<u8>> {
        None
    }

    /// Certificates in DER of authorities that are trusted.
    fn trusted_roots(&self, _workspace: &str) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// The item that a unit's memory has under a key, unless its time is over.
    fn cached(&self, _workspace: &str, _key: &str) -> Option<Bytes> {
        None
    }

    /// Keeps an item in the unit's memory, in the place of what was there. What finds no room is not kept.
    fn cache(&self, _workspace: &str, _key: &str, _item: Bytes, _duration: Duration) {}

    /// Takes an item out of the unit's memory.
    fn uncache(&self, _workspace: &str, _key: &str) {}

    /// Whether requests of a workspace have a cache outside.
    fn has_external_cache(&self, _workspace: &str) -> bool {
        false
    }

    /// Counts one call against a counter of at most `calls` within any `period`, unless it is full.
    /// A refused call is not counted.
    fn rate_limit(&self, key: RateKey<'_>, calls: u32, period: Duration) -> RateDecision;
}

/// What a document wants known.
#[derive(Debug, Clone, Copy)]
pub struct Note<'n> {
    pub workspace: &'n str,
    pub request_id: RequestId,
    /// What the document calls itself.
    pub origin: &'n str,
    pub severity: Severity,
    pub message: &'n str,
    /// Names and values.
    pub metadata: &'n [(&'n str, &'n str)],
}

/// Something a document sends to a logger.
#[derive(Debug, Clone, Copy)]
pub struct Event<'n> {
    /// The workspace whose logger it is; empty: the service's.
    pub owner: &'n str,
    pub logger: &'n str,
    /// The workspace that the request is for.
    pub workspace: &'n str,
    pub message: &'n str,
    pub partition: EventPartition<'n>,
}

/// Where in an event hub an event goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventPartition<'n> {
    Any,
    Id(u16),
    /// Events of one key go to one partition.
    Key(&'n str),
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Verbose,
    Information,
    Error,
}

/// How a certificate is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateBy<'n> {
    Id(&'n str),
    /// SHA-1, in hexadecimal, whatever its case.
    Thumbprint(&'n str),
}

/// A place within a bound of concurrency. Dropped, the place is free.
pub struct Permit(Box<dyn Any>);

impl Permit {
    /// Holds whatever frees the place when it is dropped.
    pub fn new(held: impl Any) -> Self {
        Self(Box::new(held))
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = &self.0;
        f.write_str("Permit")
    }
}

/// Answer of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    pub allowed: bool,
    /// Calls left in the current window, after this one.
    pub remaining: u32,
    /// When refused: after this long a call is allowed, if nobody else calls meanwhile.
    pub retry_after: Duration,
}

/// Which counter a `rate-limit` counts on.
///
/// Counters belong to a subscription and to what the policy's document hangs at, so a limit at an
/// API is shared by its operations, and one at a product by its APIs. Everything begins with the
/// workspace: two workspaces never share a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateKey<'a> {
    pub workspace: &'a str,
    pub subscription: &'a str,
    /// Scope of the document the policy stands in.
    pub scope: ScopeKind,
    /// Name of the product, when the document hangs at one.
    pub product: Option<&'a str>,
    /// Name of the API: the document's, or that of an `<api>` entry.
    pub api: Option<&'a str>,
    /// Name of the operation: the document's, or that of an `<operation>` entry.
    pub operation: Option<&'a str>,
    /// An `<api>` or `<operation>` entry, not the policy's own limit.
    pub is_entry: bool,
}

impl RateKey<'_> {
    /// Appends a form of this key that is different for different keys, so that a map of counters
    /// can be asked with a reused buffer.
    pub fn write_to(&self, out: &mut String) {
        out.push_str(self.scope.as_str());
        out.push(if self.is_entry { '+' } else { '.' });
        for part in [Some(self.workspace), Some(self.subscription), self.product, self.api, self.operation] {
            // The length in front keeps parts apart whatever characters they hold.
            match part {
                Some(part) => write!(out, "{}:{part}", part.len()).expect("a string takes everything"),
                None => out.push('-'),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_keys_are_written_differently() {
        let key = RateKey {
            workspace: "w",
            subscription: "s",
            scope: ScopeKind::Api,
            product: None,
            api: Some("a"),
            operation: None,
            is_entry: false,
        };
        let others = [
            RateKey { workspace: "w1:s", ..key },
            RateKey { product: Some(""), ..key },
            RateKey { api: None, operation: Some("a"), ..key },
            RateKey { is_entry: true, ..key },
            RateKey { scope: ScopeKind::Operation, ..key },
        ];
        let text = |key: &RateKey<'_>| {
            let mut out = String::new();
            key.write_to(&mut out);
            out
        };
        for other in &others {
            assert_ne!(text(&key), text(other));
        }
    }
}
