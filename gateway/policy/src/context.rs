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
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::section::{ScopeKind, Section};
use crate::url::BaseUrl;

/// Everything the policies of one request share.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The request as it stands now; what is forwarded.
    pub request: RequestMessage,
    /// The request line's target as the client sent it, with the API prefix.
    pub original_uri: Uri,
    /// Values of the operation template's parameters, still percent-encoded.
    pub matched_parameters: Vec<(Arc<str>, String)>,
    /// Query parameters the operation's template names; `rewrite-uri` does not copy these.
    pub template_query_names: Arc<[Arc<str>]>,
    /// The socket's peer, never `X-Forwarded-For`.
    pub client_ip: IpAddr,
    pub request_id: RequestId,
    pub workspace: Arc<str>,
    pub api: Option<Arc<str>>,
    pub operation: Option<Arc<str>>,
    pub product: Option<Arc<str>>,
    pub subscription: Option<Arc<str>>,
    /// Where to forward to, when a policy chose; `None` means the API's own service URL.
    pub target: Option<Target>,
    /// The answer so far; `None` before the forward.
    pub response: Option<ResponseMessage>,
    /// Set once something failed; never unset.
    pub last_error: Option<LastError>,
    /// The `Host` a policy asked for; otherwise the backend's own is sent.
    pub host_override: Option<HeaderValue>,
    /// What a matching `cors` adds to the answer, whatever the answer becomes.
    pub cors: CorsState,
    /// Headers policies put on the final answer, whatever it becomes.
    pub final_headers: Vec<(HeaderName, HeaderValue)>,
}

impl RequestContext {
    /// A context at the start of a request: nothing matched, nothing decided.
    pub fn new(
        request: RequestMessage,
        workspace: Arc<str>,
        client_ip: IpAddr,
        request_id: RequestId,
    ) -> Self {
        Self {
            request,
            original_uri: Uri::default(),
            matched_parameters: Vec::new(),
            template_query_names: Arc::default(),
            client_ip,
            request_id,
            workspace,
            api: None,
            operation: None,
            product: None,
            subscription: None,
            target: None,
            response: None,
            last_error: None,
            host_override: None,
            cors: CorsState::default(),
            final_headers: Vec::new(),
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
    /// A policy or the gateway itself made this body.
    Bytes(Bytes),
    /// The message's own body, which the data plane streams.
    Stream,
}

/// Where `set-backend-service` points; the last one executed wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    BaseUrl(Arc<BaseUrl>),
    /// Name of a backend resource in the request's workspace.
    Backend(Arc<str>),
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
