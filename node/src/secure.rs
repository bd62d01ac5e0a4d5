//! Who is at the other end: mutual TLS on the node channel and on the admin port.
//!
//! One idea: what a caller *is* is decided here, once, from its certificate; everything behind
//! works with a [`v1::Account`] or a node id. Simulations pass in a [`Security`] of their own.

use futures_util::future::BoxFuture;
use hanse_gateway::host::Conn;
use hanse_proto::v1;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::WebPkiServerVerifier,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use std::{io, path::Path, sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsAcceptor, TlsConnector, server::TlsStream};

/// Name that every node's certificate carries, so that one rule verifies all of them.
pub const NODE_SERVER_NAME: &str = "hanse-node";
/// Organisation in the certificates of nodes.
pub const NODES: &str = "nodes";
/// Organisation in the certificates of administrators, and the group it stands for.
pub const ADMINISTRATORS: &str = "administrators";

/// What a node-to-node connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2 for the `Node` service.
    Grpc,
    /// One relayed client connection.
    Relay,
}

/// Secures connections and tells who is at the other end.
pub trait Security: Send + Sync + 'static {
    /// Opens a channel to another node over a fresh connection.
    fn connect(&self, conn: Conn, protocol: Protocol) -> BoxFuture<'static, io::Result<Conn>>;

    /// Takes a connection on the node port. Refuses whoever is no member.
    fn accept_node(&self, conn: Conn) -> BoxFuture<'static, io::Result<(Conn, Protocol)>>;

    /// Takes a connection on the admin port; `None` is an anonymous caller.
    fn accept_admin(&self, conn: Conn) -> BoxFuture<'static, io::Result<(Conn, Option<v1::Account>)>>;
}

/// Mutual TLS by certificates of the cluster's own authority.
pub struct MutualTls {
    connect_grpc: TlsConnector,
    connect_relay: TlsConnector,
    accept_node: TlsAcceptor,
    accept_admin: TlsAcceptor,
}

/// PEM files of a node or a person.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Certificates of the cluster's authority.
    pub ca: Vec<CertificateDer<'static>>,
    /// Own certificate, then what is between it and the authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// Own private key.
    pub key: Arc<PrivateKeyDer<'static>>,
}

/// Time and bytes that a refused caller gets to notice that it is refused.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: u64 = 64 * 1024;
const ALPN_GRPC: &[u8] = b"h2";
const ALPN_RELAY: &[u8] = b"hanse-relay/1";

// === impl Protocol ===

impl Protocol {
    fn alpn(self) -> &'static [u8] {
        match self {
            Protocol::Grpc => ALPN_GRPC,
            Protocol::Relay => ALPN_RELAY,
        }
    }
}

// === impl Credentials ===

impl Credentials {
    /// Reads three PEM files.
    ///
    /// # Errors
    /// Names the file and what it should hold.
    pub fn read(ca: &Path, certificate: &Path, key: &Path) -> anyhow::Result<Credentials> {
        let certificates = |path: &Path| -> anyhow::Result<Vec<CertificateDer<'static>>> {
            let pem = std::fs::read(path).map_err(|error| {
                anyhow::anyhow!("cannot read the certificate {}: {}", path.display(), unreadable(&error))
            })?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            match found {
                Ok(found) if !found.is_empty() => Ok(found),
                _ => anyhow::bail!("{} holds no PEM certificate", path.display()),
            }
        };
        let pem = std::fs::read(key).map_err(|error| {
            anyhow::anyhow!("cannot read the private key {}: {}", key.display(), unreadable(&error))
        })?;
        let private = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| anyhow::anyhow!("{} holds no PEM private key", key.display()))?;
        Ok(Credentials { ca: certificates(ca)?, chain: certificates(certificate)?, key: Arc::new(private) })
    }

    fn roots(&self) -> anyhow::Result<Arc<RootCertStore>> {
        let mut roots = RootCertStore::empty();
        for certificate in &self.ca {
            roots.add(certificate.clone())?;
        }
        Ok(Arc::new(roots))
    }

    /// TLS towards a node, with this identity.
    ///
    /// # Errors
    /// When certificate and key do not fit each other.
    pub fn client_config(&self, alpn: &[u8]) -> anyhow::Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(self.roots()?, provider.clone()).build()?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_webpki_verifier(verifier)
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|error| unfit(&error))?;
        config.alpn_protocols = vec![alpn.to_vec()];
        Ok(config)
    }

    fn server_config(&self, anonymous: bool, alpn: &[&[u8]]) -> anyhow::Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(self.roots()?, provider.clone());
        let verifier = if anonymous { verifier.allow_unauthenticated() } else { verifier };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier.build()?)
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|error| unfit(&error))?;
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }
}

// === impl MutualTls ===

impl MutualTls {
    /// Prepares both sides of both ports.
    ///
    /// # Errors
    /// When the credentials do not fit each other.
    pub fn new(credentials: &Credentials) -> anyhow::Result<MutualTls> {
        Ok(MutualTls {
            connect_grpc: TlsConnector::from(Arc::new(credentials.client_config(ALPN_GRPC)?)),
            connect_relay: TlsConnector::from(Arc::new(credentials.client_config(ALPN_RELAY)?)),
            accept_node: TlsAcceptor::from(Arc::new(
                credentials.server_config(false, &[ALPN_GRPC, ALPN_RELAY])?,
            )),
            accept_admin: TlsAcceptor::from(Arc::new(credentials.server_config(true, &[ALPN_GRPC])?)),
        })
    }
}

impl Security for MutualTls {
    fn connect(&self, conn: Conn, protocol: Protocol) -> BoxFuture<'static, io::Result<Conn>> {
        let connector = match protocol {
            Protocol::Grpc => self.connect_grpc.clone(),
            Protocol::Relay => self.connect_relay.clone(),
        };
        Box::pin(async move {
            let name = ServerName::try_from(NODE_SERVER_NAME).expect("a constant host name");
            let stream = connector.connect(name, conn).await?;
            let organisations = subject(stream.get_ref().1.peer_certificates()).map(|it| it.groups);
            if !organisations.is_some_and(|it| it.iter().any(|group| group == NODES)) {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the other end is no node"));
            }
            Ok(Conn::Other(Box::new(stream)))
        })
    }

    fn accept_node(&self, conn: Conn) -> BoxFuture<'static, io::Result<(Conn, Protocol)>> {
        let acceptor = self.accept_node.clone();
        Box::pin(async move {
            let stream = accept(&acceptor, conn).await?;
            let session = stream.get_ref().1;
            let is_node = subject(session.peer_certificates())
                .is_some_and(|it| it.groups.iter().any(|group| group == NODES));
            if !is_node {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "a caller on the node port has no node certificate",
                ));
            }
            let relay = session.alpn_protocol() == Some(Protocol::Relay.alpn());
            let protocol = if relay { Protocol::Relay } else { Protocol::Grpc };
            Ok((Conn::Other(Box::new(stream)), protocol))
        })
    }

    fn accept_admin(&self, conn: Conn) -> BoxFuture<'static, io::Result<(Conn, Option<v1::Account>)>> {
        let acceptor = self.accept_admin.clone();
        Box::pin(async move {
            let stream = accept(&acceptor, conn).await?;
            let account = subject(stream.get_ref().1.peer_certificates());
            Ok((Conn::Other(Box::new(stream)), account))
        })
    }
}

/// Finishes a handshake. Whoever is refused gets to read why: a connection that is closed while the
/// other end still sends is reset, and the alert on its way is lost with it.
async fn accept(acceptor: &TlsAcceptor, conn: Conn) -> io::Result<TlsStream<Conn>> {
    let (error, mut conn) = match acceptor.accept(conn).into_fallible().await {
        Ok(stream) => return Ok(stream),
        Err(refused) => refused,
    };
    let linger = async {
        conn.shutdown().await?;
        tokio::io::copy(&mut conn.take(LINGER_BYTES_MAX), &mut tokio::io::sink()).await
    };
    // What it still sends is of no interest, and neither is how it ends.
    let _ = tokio::time::timeout(LINGER_TIMEOUT, linger).await;
    Err(error)
}

fn unfit(error: &rustls::Error) -> anyhow::Error {
    match error {
        rustls::Error::InconsistentKeys(_) => anyhow::anyhow!("the private key does not fit the certificate"),
        other => anyhow::anyhow!("certificate and private key cannot be used: {other}"),
    }
}

/// Why a file cannot be read, as people call it.
pub fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is no UTF-8 text".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => error.to_string(),
    }
}

/// The account that a verified certificate stands for: common name, organisations, and its end.
fn subject(certificates: Option<&[CertificateDer<'_>]>) -> Option<v1::Account> {
    use x509_parser::prelude::{FromDer as _, X509Certificate};
    let certificate = certificates?.first()?;
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let text = |value: &x509_parser::x509::AttributeTypeAndValue<'_>| value.as_str().ok().map(str::to_owned);
    Some(v1::Account {
        id: parsed.subject().iter_common_name().find_map(text)?,
        groups: parsed.subject().iter_organization().filter_map(text).collect(),
        expires_at_ms: parsed.validity().not_after.timestamp().saturating_mul(1_000),
    })
}
