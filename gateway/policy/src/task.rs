//! What a pipeline has done outside, and what comes of it. Nothing here does any of it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};

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
    /// Make a call that nobody waits for; it is bounded by whoever makes it.
    Send(Box<Call>),
    /// Read the response's body into the context if it has no more than so many bytes. A larger one
    /// stays [`Body::Stream`](crate::Body::Stream), and nothing of it is lost.
    Gather(usize),
    /// Ask the cache outside. Keys are the workspace's own.
    Cache(Box<CacheTask>),
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
    /// What the gateway shows the other side: a certificate chain in DER with its key in PKCS#8.
    pub identity: Option<ClientIdentity>,
    pub proxy: Option<ProxyServer>,
    /// 400 to 599 are failures.
    pub fail_on_error_status_code: bool,
}

/// A certificate that the gateway shows, with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8, DER.
    pub key: Vec<u8>,
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
    pub authorization: Option<String>,
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
