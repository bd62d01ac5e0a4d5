//! What a pipeline has done outside, and what comes of it. Nothing here does any of it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use crate::certificate::HeldCertificate;
use crate::context::ResponseMessage;
use crate::fault::Fault;

/// How `forward-request` wants the request sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardOptions {
    /// Until the response's headers; zero gives up at once.
    pub timeout: Duration,
    /// How long to wait for `100 Continue`; `None` does not wait.
    pub continue_timeout: Option<Duration>,
    pub http_version: BackendHttp,
    /// The gateway follows redirects itself.
    pub follow_redirects: bool,
    /// Keep the request's body, so that it can be sent again.
    pub buffer_request_body: bool,
    /// Gather small chunks of the response before passing them on; false passes each at once.
    pub buffer_response: bool,
    /// 400 to 599 fail the request.
    pub fail_on_error_status_code: bool,
}

/// Versions of HTTP spoken to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendHttp {
    One,
    TwoOrOne,
    Two,
}

/// Something to be done outside.
#[derive(Debug)]
pub enum Task {
    /// Read a message's body into the context: [`Body::Stream`](crate::Body::Stream) becomes
    /// [`Body::Bytes`](crate::Body::Bytes). [`Outcome::Failed`] where that cannot be done.
    Read(Message),
    /// Let this time pass.
    Pause(Duration),
    /// Make a call: [`Outcome::Called`].
    Call(Box<Call>),
    /// Call a backend of the request's workspace by its id: [`Outcome::Called`].
    CallBackend(Box<BackendCall>),
    /// Make a call that nobody waits for; it is bounded by whoever makes it.
    Send(Box<Call>),
    /// Ask the OpenID providers at these URLs: [`Outcome::Done`] once it was tried. What they said, or that
    /// they said nothing, is for [`Host::openid`](crate::Host::openid) to tell.
    OpenId(Vec<Box<str>>),
    /// Get a token for the gateway itself: [`Outcome::Token`].
    Token(Box<TokenWish>),
    /// Read the response's body into the context if it has no more than so many bytes. A larger one
    /// stays [`Body::Stream`](crate::Body::Stream), and nothing of it is lost.
    Gather(usize),
    /// Ask the cache outside. Keys are the workspace's own.
    Cache(Box<CacheTask>),
}

/// A token that the gateway needs for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenWish {
    /// The workspace whose resources say how it is got; empty: the service.
    pub owner: Box<str>,
    pub of: TokenOf,
}

/// Whose token it is, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenOf {
    /// The gateway's own: of a token source, by its id or client id, or of the one that counts where none
    /// is named.
    Identity { client: Option<Box<str>>, resource: Box<str> },
    /// A connection's of a credential provider.
    Connection { provider: Box<str>, authorization: Box<str> },
}

/// A token.
pub struct Token {
    pub text: Box<str>,
    /// What came with it, by name.
    pub claims: Vec<(Box<str>, Box<str>)>,
}

/// Shows nothing of itself.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// The token that a call goes out with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallToken {
    pub wish: TokenWish,
    /// It goes out without, where there is none.
    pub ignores_error: bool,
}

/// Something to be done with the cache outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheTask {
    /// Look for an item: [`Outcome::Cached`].
    Find { key: String },
    /// Keep an item. Nobody waits for it: [`Outcome::Done`] at once.
    Store { key: String, item: Bytes, duration: Duration },
    /// Take an item out: [`Outcome::Cached`].
    Remove { key: String },
}

/// One of the two messages of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    Request,
    Response,
}

/// A request of a policy's own.
#[derive(Debug, Clone)]
pub struct Call {
    /// Absolute.
    pub url: String,
    pub method: Method,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// From the beginning to the last byte of the response.
    pub timeout: Duration,
    /// What the gateway shows the other side.
    pub identity: Option<ClientIdentity>,
    pub proxy: Option<ProxyServer>,
    /// Its `Authorization`, got before the call is made.
    pub token: Option<CallToken>,
    /// 400 to 599 are failures.
    pub fail_on_error_status_code: bool,
}

/// A POST of JSON to a backend, with what the backend's resource says of address and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendCall {
    /// Whose the backend is: the service's (empty) or the workspace's.
    pub owner: Box<str>,
    pub backend: Box<str>,
    /// Behind the backend's own; may be empty.
    pub path: &'static str,
    /// A query parameter, name and value, for backends that do not have it themselves.
    pub query: Option<(&'static str, &'static str)>,
    pub body: Bytes,
    /// From the beginning to the last byte of the response.
    pub timeout: Duration,
}

/// A certificate that the gateway shows, with its key.
#[derive(Clone)]
pub enum ClientIdentity {
    Held(Arc<HeldCertificate>),
    /// PKCS#12 that a document brought along, and what opens it.
    Pfx {
        bytes: Bytes,
        password: Box<str>,
    },
}

impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientIdentity")
    }
}

/// A forward proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyServer {
    pub host: String,
    pub port: u16,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProxyServer({}:{})", self.host, self.port)
    }
}

/// What came of a task.
#[derive(Debug)]
pub enum Outcome {
    Done,
    Failed(Box<Fault>),
    /// The whole response, its body in memory; or why there is none.
    Called(Result<Box<ResponseMessage>, CallError>),
    /// The token, or why there is none.
    Token(Result<Rc<Token>, String>),
    /// What the cache outside has, if anything; or what failed, for operators.
    Cached(Result<Option<Bytes>, String>),
}

/// Why a call has no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("The operation has timed out.")]
    Timeout,
    /// What went wrong, for operators.
    #[error("{0}")]
    Connection(String),
    /// It was asked to take these for failures.
    #[error("The response has status {0}.")]
    Status(u16),
}

impl Task {
    /// Concerns what the request has only one of, so that it is done at once.
    pub(crate) fn is_of_the_message(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Gather(_))
    }
}
