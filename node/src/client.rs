//! Calls to the admin API, over mutual TLS, at whichever server of a context answers.
//!
//! One idea: a call may be made again at the next server when a connection breaks, because
//! every call is either a read or carries a `request_id`. So callers never see which node they
//! spoke to fail, only that all of them did.

pub mod files;
pub mod folder;

use crate::{admin::refusal::HEADER_LIST_BYTES_MAX, context::Context, secure};
use hanse_proto::v1::{
    self, cluster_client::ClusterClient, diagnosis_client::DiagnosisClient,
    management_client::ManagementClient,
};
use hyper_util::rt::TokioIo;
use prost::Message as _;
use rustls::pki_types::ServerName;
use std::{
    error::Error,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::{
    Response, Status,
    transport::{Channel, Endpoint, Uri},
};

/// Time for one server to take a connection and prove who it is.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for one call, when the caller names none.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest message in either direction: a command and its envelope, or a page of resources.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A server that takes a connection and answers nothing may be a port for something else.
const CLOSED: &str = "it was closed without an answer; is that the admin port of a node?";
/// Silence after which a connection is tested, and the time it has to answer.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(3);

/// The services of one server.
#[derive(Clone)]
pub struct Stubs {
    /// Resources.
    pub management: ManagementClient<Channel>,
    /// How the cluster is.
    pub cluster: ClusterClient<Channel>,
    /// What became of requests.
    pub diagnosis: DiagnosisClient<Channel>,
    /// `HOST:PORT` of the server.
    pub server: String,
}

/// Calls to one cluster.
pub struct Client {
    context: Context,
    tls: TlsConnector,
    /// Index of the server to try first.
    first: usize,
    stubs: Option<Stubs>,
}

/// Why a call has no answer that the caller wanted.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The context cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// No server answered: each with its reason.
    #[error("no server of context `{context}` can be reached")]
    Unreachable {
        /// Name of the context.
        context: String,
        /// Server and why it could not be reached, in the order of the attempts.
        attempts: Vec<(String, String)>,
    },
    /// A server does not take the context's certificate.
    #[error("{server} does not take the certificate of context `{context}`: {reason}")]
    CertificateRefused {
        /// Name of the context.
        context: String,
        /// `HOST:PORT`.
        server: String,
        /// What its TLS said.
        reason: String,
    },
    /// A server was reached and did not answer in time.
    #[error("{server} did not answer within {} s", after.as_secs())]
    TimedOut {
        /// `HOST:PORT`.
        server: String,
        /// The time it had.
        after: Duration,
    },
    /// A server answered with a refusal.
    #[error("{}", .0.message())]
    Refused(Box<Status>),
}

// === impl Client ===

impl Client {
    /// Prepares calls with a context; nothing is sent yet.
    ///
    /// # Errors
    /// [`CallError::Configuration`] when its files cannot be read or it names no server.
    pub fn new(context: Context) -> Result<Client, CallError> {
        let config = |error: anyhow::Error| {
            CallError::Configuration(format!("context `{}` cannot be used: {error:#}", context.name))
        };
        if context.servers.is_empty() {
            return Err(config(anyhow::anyhow!("it names no server")));
        }
        let credentials =
            secure::Credentials::read(&context.ca, &context.certificate, &context.key).map_err(config)?;
        let tls = credentials.client_config(b"h2").map_err(config)?;
        Ok(Client { tls: TlsConnector::from(Arc::new(tls)), context, first: 0, stubs: None })
    }

    /// Makes a call, at the next server again when a connection breaks.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<T, F>(&mut self, time: Duration, call: impl Fn(Stubs) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut attempts = Vec::new();
        // Once more than there are servers: the connection at hand may be an old one.
        for _ in 0..=self.context.servers.len() {
            let stubs = self.connect().await?;
            let server = stubs.server.clone();
            let status = match timeout(time, call(stubs)).await {
                Err(_) => return Err(CallError::TimedOut { server, after: time }),
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) => status,
            };
            let Some(reason) = lost(&status) else { return Err(CallError::Refused(Box::new(status))) };
            if is_certificate_alert(&reason) {
                let context = self.context.name.clone();
                return Err(CallError::CertificateRefused { context, server, reason });
            }
            let attempt = (server, format!("the connection broke: {reason}"));
            if attempts.last() != Some(&attempt) {
                attempts.push(attempt);
            }
            self.give_up();
        }
        Err(CallError::Unreachable { context: self.context.name.clone(), attempts })
    }

    /// The services of a server that takes connections.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] with all servers' reasons.
    pub async fn connect(&mut self) -> Result<Stubs, CallError> {
        if let Some(stubs) = &self.stubs {
            return Ok(stubs.clone());
        }
        let mut attempts = Vec::new();
        let count = self.context.servers.len();
        for offset in 0..count {
            let index = (self.first + offset) % count;
            let server = self.context.servers[index].clone();
            let opened = timeout(CONNECT_TIMEOUT, open(&self.tls, &server)).await;
            let silent = || format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
            match opened.unwrap_or_else(|_| Err(silent())) {
                Ok(channel) => {
                    self.first = index;
                    return Ok(self.stubs.insert(stubs(channel, server)).clone());
                }
                Err(reason) => attempts.push((server, reason)),
            }
        }
        Err(CallError::Unreachable { context: self.context.name.clone(), attempts })
    }

    /// Leaves the server at hand: the next call tries the one behind it first.
    pub fn give_up(&mut self) {
        self.stubs = None;
        self.first = (self.first + 1) % self.context.servers.len();
    }

    /// Name of the context.
    pub fn context(&self) -> &str {
        &self.context.name
    }
}

/// What the server said about a refused call, from the details of its status.
pub fn violations(status: &Status) -> Vec<v1::Violation> {
    v1::Refusal::decode(status.details()).map(|refusal| refusal.violations).unwrap_or_default()
}

/// Why a call had no answer at all; `None`: the server answered.
pub fn lost(status: &Status) -> Option<String> {
    let mut cause: &(dyn Error + 'static) = status.source()?;
    while let Some(next) = cause.source() {
        cause = next;
    }
    // How a connection is closed is a matter of timing and of nobody's interest.
    let closed = cause.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        )
    });
    Some(if closed { CLOSED.to_owned() } else { cause.to_string() })
}

fn stubs(channel: Channel, server: String) -> Stubs {
    Stubs {
        management: ManagementClient::new(channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX),
        cluster: ClusterClient::new(channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX),
        diagnosis: DiagnosisClient::new(channel)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX),
        server,
    }
}

async fn open(tls: &TlsConnector, server: &str) -> Result<Channel, String> {
    let stream = open_tls(tls, server).await?;
    // The channel takes this one connection and none behind it: trying again is our own business.
    let stream = Arc::new(Mutex::new(Some(stream)));
    let connector = tower::service_fn(move |_: Uri| {
        let stream = stream.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        async move { stream.map(TokioIo::new).ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, CLOSED)) }
    });
    Endpoint::from_static("http://hanse-node")
        .user_agent(concat!("hanse/", env!("CARGO_PKG_VERSION")))
        .expect("a constant header value")
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect_with_connector(connector)
        .await
        .map_err(|error| innermost(&error))
}

async fn open_tls(tls: &TlsConnector, server: &str) -> Result<TlsStream<TcpStream>, String> {
    let tcp = TcpStream::connect(server).await.map_err(|error| plain(&error))?;
    tcp.set_nodelay(true).map_err(|error| plain(&error))?;
    let name = ServerName::try_from(secure::NODE_SERVER_NAME).expect("a constant host name");
    tls.connect(name, tcp).await.map_err(|error| {
        let reason = innermost(&error);
        if reason.contains("certificate") {
            return format!("it is no node of this context's cluster ({reason})");
        }
        format!("it does not speak TLS as an admin port does ({reason})")
    })
}

/// An IO error as people call it.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there (connection refused)".to_owned(),
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string(),
    }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Whether TLS ended because of the caller's certificate. With TLS 1.3 the server
/// says so after the handshake, when the first call is under way.
fn is_certificate_alert(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("alert") && (reason.contains("cert") || reason.contains("ca"))
}

#[cfg(test)]
mod tests;
