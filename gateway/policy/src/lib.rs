//! Policy documents: read, checked, compiled and run.
//!
//! ```text
//! read:      text ─► check_any ─► findings; texts of all scopes ─► effective_policy
//! save:      text ─► check ─► findings (line, column, hint) and facts (names referred to)
//! configure: text ─► compile ─► CompiledDocument, shared
//! request:   Chain of documents ─► Run ─► Effect::Forward … Effect::Answer ─► finish
//! ```
//!
//! Documents are those of Azure API Management, as people write them: most are not XML. A policy is a
//! table that says where it stands and what is in it; checks, hints and the [`catalogue()`] read it. A document
//! is compiled once; what applies to a request is the [`Chain`] of up to five of them, and `<base/>`
//! walks that chain while the request runs.
//!
//! Everything here is pure: no sockets, no clock, no tasks. The data plane brings time and counters
//! as a [`Host`] and does what an [`Effect`] says.

mod advice;
mod build;
mod cached;
mod cached_response;
mod caching;
mod catalogue;
mod chain;
mod charset;
mod check;
mod coding;
mod context;
mod document;
mod effective;
mod env;
mod facts;
mod fault;
mod finding;
mod held;
mod host;
mod kind;
mod lane;
mod merge;
pub mod named_values;
mod normalise;
mod outline;
mod own_request;
mod policies;
mod print;
mod query;
mod reader;
mod render;
mod run;
mod schema;
mod section;
mod setting;
mod structure;
mod surroundings;
mod task;
mod trace;
mod tree;
mod url;
mod values;
mod view;
pub mod window;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_cache;
#[cfg(test)]
mod tests;

pub use catalogue::{
    AttributeEntry, Catalogue, ChildEntry, ElementEntry, PoliciesEntry, PolicyEntry, ValueEntry, catalogue,
};
pub use cached::CACHED_BYTES_MAX;
pub use coding::DECODED_BYTES_MAX;
pub use chain::{CHAIN_LEVELS, Chain};
pub use check::FINDINGS_MAX;
pub use context::{
    Body, CacheUse, CorsGrant, CorsState, LastError, RequestContext, RequestId, RequestMessage, ResponseMessage, Target,
};
pub use document::{
    CheckedDocument, Checking, CompiledDocument, DOCUMENT_BYTES_MAX, DocumentKind, Format, FormatError,
    PASTED_BYTES_MAX, Purpose, check, check_any, check_fragment, compile, default_global,
};
pub use effective::{
    EFFECTIVE_ELEMENTS_MAX, EffectiveAttribute, EffectiveElement, EffectivePolicy, Unreadable,
    effective_policy,
};
pub use facts::{
    ApiFacts, DeploymentFacts, Facts, OperationFacts, ProductFacts, SubscriptionFacts, UserFacts, WorkspaceFacts,
};
pub use fault::Fault;
pub use finding::{Finding, Severity};
pub use host::{CertificateBy, Event, EventPartition, Host, Note, Permit, RateDecision, RateKey, Severity as NoteSeverity};
pub use outline::{Outline, STATED_CHARS_MAX, Stated, effective, outline};
pub use policies::cors::{finish, preflight};
pub use print::{print, to_xml};
pub use reader::{ATTRIBUTES_MAX, ELEMENTS_MAX, NESTING_MAX};
pub use render::render;
pub use run::{Effect, Run};
pub use section::{ScopeKind, Section};
pub use task::{BackendHttp, CacheTask, Call, CallError, ClientIdentity, ForwardOptions, Message, Outcome, ProxyServer, Task};
pub use trace::{TRACE_ENTRIES_MAX, TRACE_TEXT_BYTES_MAX, Trace, TraceEntry};
pub use surroundings::{Alone, Known, Reference, Surroundings};
pub use url::{BASE_URL_BYTES_MAX, BaseUrl, BaseUrlError, Scheme};
