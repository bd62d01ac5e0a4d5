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
mod certificate;
mod chain;
mod change;
mod charset;
mod check;
mod coding;
mod context;
pub mod contract;
mod counting;
mod document;
mod effective;
mod env;
mod expressions;
mod facts;
mod fault;
mod finding;
pub mod graphql;
mod held;
mod host;
mod inspect;
mod jose;
pub mod json_schema;
mod kind;
mod lane;
mod liquid;
pub mod llm;
mod media;
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
pub mod span;
mod structure;
mod surroundings;
mod task;
mod telling;
mod token_check;
mod trace;
mod tree;
mod url;
mod validation;
mod values;
mod view;
pub mod window;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_cache;
#[cfg(test)]
mod tests;

pub use cached::CACHED_BYTES_MAX;
pub use catalogue::{
    AttributeEntry, Catalogue, ChildEntry, ElementEntry, PoliciesEntry, PolicyEntry, ValueEntry, catalogue,
};
pub use certificate::HeldCertificate;
pub use chain::{CHAIN_LEVELS, Chain};
pub use check::FINDINGS_MAX;
pub use coding::DECODED_BYTES_MAX;
pub use context::{
    Body, CacheUse, CorsGrant, CorsState, LastError, RequestContext, RequestId, RequestMessage,
    ResponseMessage, Target,
};
pub use counting::{
    Ask, Charge, Counter, CounterKey, Metric, Quota, QuotaDecision, QuotaKey, Rate, RateDecision, Span,
    TokenKinds, TokenWatch, TokensCounted,
};
pub use document::{
    CheckedDocument, Checking, CompiledDocument, DOCUMENT_BYTES_MAX, DocumentKind, Format, FormatError,
    PASTED_BYTES_MAX, Purpose, check, check_any, check_fragment, check_resolver, compile, default_global,
};
pub use effective::{
    EFFECTIVE_ELEMENTS_MAX, EffectiveAttribute, EffectiveElement, EffectivePolicy, Unreadable,
    effective_policy, effective_policy_within,
};
pub use expressions::{ConstructEntry, EnumValue, ExpressionsEntry, MemberEntry, TypeEntry, expressions};
pub use facts::{
    ApiFacts, DeploymentFacts, Facts, OperationFacts, ProductFacts, SubscriptionFacts, UserFacts,
    WorkspaceFacts,
};
pub use fault::Fault;
pub use finding::{Finding, Severity};
pub use host::{
    CertificateBy, Event, EventPartition, Host, Note, OpenId, Permit, RateKey, Severity as NoteSeverity,
};
pub use inspect::{Inspected, inspect};
pub use jose::openid::{OpenIdConfig, OpenIdProvider, PROVIDER_KEYS_MAX};
pub use outline::{Outline, STATED_CHARS_MAX, Stated, effective, outline};
pub use policies::cors::{finish, preflight};
pub use print::{print, to_xml};
pub use reader::{ATTRIBUTES_MAX, ELEMENTS_MAX, NESTING_MAX};
pub use render::render;
pub use run::{Effect, Run};
pub use section::{ScopeKind, Section};
pub use surroundings::{Alone, Known, Reference, Surroundings};
pub use task::{
    BackendCall, BackendHttp, CacheTask, Call, CallError, CallToken, ClientIdentity, ForwardOptions, Message,
    Outcome, ProxyServer, Task, Token, TokenOf, TokenWish,
};
pub use trace::{TRACE_BYTES_MAX, TRACE_ENTRIES_MAX, TRACE_TEXT_BYTES_MAX, Trace, TraceEntry};
pub use url::{BASE_URL_BYTES_MAX, BaseUrl, BaseUrlError, Scheme};
