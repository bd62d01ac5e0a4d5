//! What policies ask of whoever runs them: the time, chance, counters, certificates.
//!
//! The data plane implements [`Host`] per unit; tests implement it in ten lines. Everything else a
//! policy needs is in the [`RequestContext`](crate::RequestContext).

use std::any::Any;
use std::fmt::{self, Write as _};

use crate::context::{RequestId, ResponseMessage};
use crate::counting::{
    Ask, Charge, CounterKey, Metric, Quota, QuotaDecision, Rate, RateDecision, Span, TokenWatch,
};
use crate::llm::SemanticEntry;
use crate::llm::usage::Usage;
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
