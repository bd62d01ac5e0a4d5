//! What policies see and change while a request is served.
//!
//! One value per request, built by the data plane and lent to [`Run`](crate::Run). Bodies are not
//! read here: a message whose body is still on the wire says [`Body::Stream`], and only the data
//! plane knows where that stream is.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hanse_expression::arena::Arena;
use hanse_expression::run::Value;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::counting::Counting;
use crate::facts::Facts;
use crate::run::Deferred;
use crate::section::{ScopeKind, Section};
use crate::task::{ClientIdentity, ProxyServer};
use crate::url::{BaseUrl, Scheme};

/// Everything the policies of one request share.
pub struct RequestContext<'a> {
    /// Where values of expressions live, until the request ends.
    pub arena: &'a Arena,
    /// The request as it stands now; what is forwarded.
    pub request: RequestMessage,
    /// The request line's target as the client sent it, with the API prefix.
    pub original_uri: Uri,
    /// The method that the client sent.
    pub original_method: Method,
    /// The scheme that the client came by.
    pub scheme: Scheme,
    /// The `Host` that the client sent.
    pub original_host: Option<HeaderValue>,
    /// Values of the operation template's parameters, still percent-encoded.
    pub matched_parameters: Vec<(Arc<str>, String)>,
    /// The socket's peer, never `X-Forwarded-For`.
    pub client_ip: IpAddr,
    pub request_id: RequestId,
    /// When the request came, in milliseconds of Unix time.
    pub received_ms: i64,
    /// What the request turned out to be about.
    pub facts: Facts<'a>,
    /// The subscription key as it was sent.
    pub key: Option<Arc<str>>,
    /// In the order they were first set.
    pub variables: Vec<(&'a str, Value<'a>)>,
    /// Where to forward to, when a policy chose; `None` means the API's own service URL.
    pub target: Option<Target>,
    /// What is shown to whom the request is forwarded to, when a policy chose it.
    pub identity: Option<ClientIdentity>,
    /// Who takes the request on its way, when a policy chose it.
    pub proxy: Option<ProxyServer>,
    /// The answer so far; `None` before the forward.
    pub response: Option<ResponseMessage>,
    /// Set once something failed; never unset.
    pub last_error: Option<LastError>,
    /// What failed in `on-error` then; only logs tell it.
    pub later_error: Option<Box<LastError>>,
    /// The `Host` a policy asked for; otherwise the backend's own is sent.
    pub host_override: Option<HeaderValue>,
    /// What a matching `cors` adds to the answer, whatever the answer becomes.
    pub cors: CorsState,
    /// Headers policies put on the final answer, whatever it becomes.
    pub final_headers: Vec<(HeaderName, HeaderValue)>,
    /// What policies left to be done when the answer stands.
    pub(crate) deferred: Vec<Deferred<'a>>,
    /// Policies of `inbound` that look at the answer before `outbound` runs.
    pub(crate) at_answer: Vec<Deferred<'a>>,
    /// What was counted, and what is still to be.
    pub(crate) counting: Counting<'a>,
    /// What is known of its prompt.
    pub(crate) llm: crate::llm::State,
    /// What `cache-store` is to do, where a `cache-lookup` found nothing.
    pub(crate) to_store: Option<Box<crate::policies::cache_lookup::ToStore>>,
    /// Whether the answer came from the cache of responses.
    pub cache_use: CacheUse,
    /// Steps as they ran, where the request is traced.
    pub trace: Option<Box<crate::trace::Trace>>,
}

impl<'a> RequestContext<'a> {
    /// A context at the start of a request: nothing matched, nothing decided.
    pub fn new(
        arena: &'a Arena,
        request: RequestMessage,
        facts: Facts<'a>,
        client_ip: IpAddr,
        request_id: RequestId,
    ) -> Self {
        Self {
            arena,
            original_method: request.method.clone(),
            request,
            original_uri: Uri::default(),
            scheme: Scheme::Https,
            original_host: None,
            matched_parameters: Vec::new(),
            client_ip,
            request_id,
            received_ms: 0,
            facts,
            key: None,
            variables: Vec::new(),
            target: None,
            identity: None,
            proxy: None,
            response: None,
            last_error: None,
            later_error: None,
            host_override: None,
            cors: CorsState::default(),
            final_headers: Vec::new(),
            deferred: Vec::new(),
            at_answer: Vec::new(),
            counting: Counting::default(),
            llm: crate::llm::State::default(),
            to_store: None,
            cache_use: CacheUse::None,
            trace: None,
        }
    }

    /// A variable's value; `None` where it was never set.
    pub fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Sets a variable; one that is set again keeps its place.
    pub fn set_variable(&mut self, name: &'a str, value: Value<'a>) {
        if let Some(trace) = &mut self.trace {
            trace.variables_set.push(name.to_owned());
        }
        match self.variables.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name, value)),
        }
    }
}

/// Names one request in logs, traces and internal errors; shown as a GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            id >> 96,
            (id >> 80) & 0xffff,
            (id >> 64) & 0xffff,
            (id >> 48) & 0xffff,
            id & 0xffff_ffff_ffff
        )
    }
}

/// The request that is on its way to the backend.
#[derive(Debug, Clone)]
pub struct RequestMessage {
    pub method: Method,
    pub headers: HeaderMap,
    /// After the API prefix, begins with `/`, still percent-encoded.
    pub path: String,
    /// Without the `?`, still percent-encoded.
    pub query: Option<String>,
    pub body: Body,
}

/// The answer that is on its way to the client.
#[derive(Debug, Clone)]
pub struct ResponseMessage {
    pub status: StatusCode,
    /// Reason phrase; `None` means the standard one. HTTP/2 has none.
    pub reason: Option<Arc<str>>,
    pub headers: HeaderMap,
    pub body: Body,
}

impl ResponseMessage {
    /// An answer without headers and body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, reason: None, headers: HeaderMap::new(), body: Body::Empty }
    }
}

/// A message's body, as far as policies know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    #[default]
    Empty,
    /// In memory: a policy or the gateway itself made this body, or somebody had to read it.
    Bytes(Bytes),
    /// The message's own body, which the data plane streams.
    Stream,
    /// An expression read it and did not preserve it: there was one, and it is gone.
    Taken,
}

/// Where `set-backend-service` points; the last one executed wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    BaseUrl(Arc<BaseUrl>),
    /// Id of a backend resource, and whose it is: the service's (empty) or the workspace's.
    Backend {
        owner: Arc<str>,
        id: Arc<str>,
    },
}

/// What failed, as `context.LastError`, traces and logs tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// Built-in step (`configuration`, `authorization`) or the policy's element name.
    pub source: Cow<'static, str>,
    /// Machine code; absent for uncommon failures.
    pub reason: Option<Cow<'static, str>>,
    pub message: String,
    /// Absent for built-in steps, as are path and policy id.
    pub scope: Option<ScopeKind>,
    pub section: Section,
    /// Place within the document's section, such as `set-header[2]`.
    pub path: Option<Arc<str>>,
    /// The element's `id` attribute.
    pub policy_id: Option<Arc<str>>,
    /// Line of the element in the scope's document, or in the fragment it comes from; 1-based.
    pub line: Option<u32>,
    /// The fragment that the element comes from.
    pub fragment: Option<Arc<str>>,
}

/// What a `cache-lookup` led to, as logs have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheUse {
    /// None looked.
    #[default]
    None,
    Hit,
    Miss,
}

/// What `cors` decided so far.
#[derive(Debug, Clone, Default)]
pub enum CorsState {
    /// No `cors` was reached, or none that was had something to say.
    #[default]
    Undecided,
    /// The origin is allowed; these headers go on the answer.
    Granted(CorsGrant),
    /// A `cors` was reached and the origin is not allowed: later ones no longer count.
    Refused,
}

/// The headers of an allowed origin.
#[derive(Debug, Clone)]
pub struct CorsGrant {
    /// `*` or the request's origin.
    pub allow_origin: HeaderValue,
    pub allow_credentials: bool,
    pub expose_headers: Option<HeaderValue>,
}
