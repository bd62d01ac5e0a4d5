//! What policies ask of whoever runs them: the time, chance, counters, certificates.
//!
//! The data plane implements [`Host`] per unit; tests implement it in ten lines. Everything else a
//! policy needs is in the [`RequestContext`](crate::RequestContext).

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::certificate::HeldCertificate;
use crate::context::{RequestId, ResponseMessage};
use crate::counting::{
    Ask, Charge, CounterKey, Metric, Quota, QuotaDecision, Rate, RateDecision, Span, TokenWatch,
};
use crate::jose::openid::OpenIdProvider;
use crate::llm::SemanticEntry;
use crate::llm::usage::Usage;
use crate::section::ScopeKind;
use crate::url::BaseUrl;

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

    /// A certificate of a workspace, or of the service where the workspace has no id.
    fn certificate(&self, _workspace: &str, _which: CertificateBy<'_>) -> Option<Arc<HeldCertificate>> {
        None
    }

    /// The ids of a workspace's certificates, in order.
    fn certificate_ids(&self, _workspace: &str, _each: &mut dyn FnMut(&str)) {}

    /// What is known of an OpenID provider, by the URL of its configuration. Whoever answers sees to it
    /// that what is known does not grow old; what is not known is asked for by
    /// [`Task::OpenId`](crate::Task::OpenId).
    fn openid(&self, _workspace: &str, _url: &str) -> OpenId {
        OpenId::Unreachable
    }

    /// The certificate in DER that the client showed.
    fn client_certificate(&self) -> Option<Vec<u8>> {
        None
    }

    /// The base URL of a backend.
    fn backend_url(&self, _workspace: &str, _id: &str) -> Option<Arc<BaseUrl>> {
        None
    }

    /// Certificates in DER that may lead from the client's to an authority that is trusted: those that the
    /// client sent along, and those that the gateway has.
    fn intermediates(&self, _workspace: &str) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Certificates in DER of authorities that are trusted.
    fn trusted_roots(&self, _workspace: &str) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Asks a counter of whatever period there is, and counts on it unless it is full.
    fn rate_limit(&self, key: &CounterKey<'_>, rate: Rate, ask: Ask) -> RateDecision;

    /// Counts on it, full or not.
    fn add_to_rate(&self, key: &CounterKey<'_>, rate: Rate, amount: u64);

    /// Asks a counter of a fixed span, and counts on it unless it is full.
    fn quota(&self, key: &CounterKey<'_>, quota: Quota, ask: Ask) -> QuotaDecision;

    /// Counts on it, full or not.
    fn add_to_quota(&self, key: &CounterKey<'_>, span: Span, amount: u64);

    /// Charges what is known when the request has ended, however it ends.
    fn charge_at_end(&self, charge: Charge<'_>);

    /// Has the answer looked at for the tokens that it took, while it streams past.
    fn watch_tokens(&self, _watch: TokenWatch<'_>) {}

    /// The tokens that the answer took, if that is known by now.
    fn tokens_used(&self) -> Option<Usage> {
        None
    }

    /// The answer to the prompt that is most like this one, if one is as like as that: 0 is the same, 1 has
    /// nothing in common.
    fn semantic_find(
        &self,
        _workspace: &str,
        _partition: &str,
        _vector: &[f32],
        _max_distance: f64,
    ) -> Option<ResponseMessage> {
        None
    }

    /// Keeps an answer for prompts like its own.
    fn semantic_keep(&self, _workspace: &str, _entry: SemanticEntry) {}

    /// Adds to a metric of a workspace.
    fn emit_metric(&self, _metric: &Metric<'_>) {}

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

/// What is known of an OpenID provider.
#[derive(Debug, Clone)]
pub enum OpenId {
    /// Nobody has asked it, or what it said is too old.
    Unknown,
    /// It was asked, did not answer as it should, and is not asked again for a while.
    Unreachable,
    Known {
        provider: Arc<OpenIdProvider>,
        /// It may be asked again because of a key that it has not told of.
        may_be_asked: bool,
    },
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

/// Whose calls a `rate-limit` or `quota` counts.
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
                Some(part) => {
                    out.push_str(itoa::Buffer::new().format(part.len()));
                    out.push(':');
                    out.push_str(part);
                }
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
