//! TLS towards backends.
//!
//! One idea: both the certificate's authority and its name are checked, and a backend resource may opt
//! out of either, for itself alone. Must not know what is said on a connection.
//!
//! Differs from APIM: without a backend resource APIM does not check the name; here nothing is
//! unchecked that nobody asked for.

use crate::host::Conn;
use hanse_policy::HeldCertificate;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    io,
    sync::Arc,
};
use tokio_rustls::TlsConnector;

/// What of a backend's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Checks {
    /// It leads to a trusted authority.
    pub(crate) chain: bool,
    /// It is for the host that is called.
    pub(crate) name: bool,
}

impl Checks {
    /// Everything.
    pub(crate) const ALL: Checks = Checks { chain: true, name: true };
}

/// How servers are spoken to that speak something else than HTTP: both their authority and their name are checked.
pub(crate) fn client_config() -> Arc<ClientConfig> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    client_config_trusting(roots)
}

pub(crate) fn client_config_trusting(roots: RootCertStore) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has what these versions need");
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// Makes TLS connections, for one unit: sessions are not resumed across units.
pub(super) struct Tls {
    roots: Arc<RootCertStore>,
    /// By [`Checks`], made when first asked for.
    configs: [OnceCell<Arc<ClientConfig>>; 4],
    /// Of those who show a certificate, by workspace, certificate and checks; at most `shown_max`.
    shown: RefCell<HashMap<Shown, Arc<ClientConfig>>>,
    shown_max: usize,
}

/// Sessions are not resumed by another workspace, nor as somebody else.
type Shown = (Box<str>, [u8; 32], Checks);

impl Tls {
    /// Trusts the authorities that browsers trust.
    pub(super) fn new(shown_max: usize) -> Tls {
        Tls::trusting(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }, shown_max)
    }

    fn trusting(roots: RootCertStore, shown_max: usize) -> Tls {
        Tls { roots: Arc::new(roots), configs: Default::default(), shown: RefCell::default(), shown_max }
    }

    /// Speaks TLS on a connection, and shows a workspace's certificate where the other side asks for one.
    ///
    /// # Errors
    /// When the other side does not, or its certificate is not good enough.
    pub(super) async fn connect(
        &self,
        conn: Conn,
        host: &str,
        checks: Checks,
        shown: Option<(&str, &Arc<HeldCertificate>)>,
    ) -> io::Result<Conn> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let config = match shown {
            None => self.config(checks)?,
            Some((workspace, held)) => self.config_showing(checks, workspace, held)?,
        };
        let connector = TlsConnector::from(config);
        Ok(Conn::Other(Box::new(connector.connect(name, conn).await?)))
    }

    fn config(&self, checks: Checks) -> io::Result<Arc<ClientConfig>> {
        let cell = &self.configs[usize::from(checks.chain) + 2 * usize::from(checks.name)];
        if let Some(config) = cell.get() {
            return Ok(config.clone());
        }
        let config = Arc::new(self.make(checks, None).map_err(io::Error::other)?);
        Ok(cell.get_or_init(|| config).clone())
    }

    fn config_showing(
        &self,
        checks: Checks,
        workspace: &str,
        held: &HeldCertificate,
    ) -> io::Result<Arc<ClientConfig>> {
        let key: Shown = (workspace.into(), *held.digest(), checks);
        if let Some(config) = self.shown.borrow().get(&key) {
            return Ok(config.clone());
        }
        let config = Arc::new(self.make(checks, Some(held)).map_err(io::Error::other)?);
        let mut shown = self.shown.borrow_mut();
        if shown.len() >= self.shown_max {
            shown.clear();
        }
        shown.insert(key, config.clone());
        Ok(config)
    }

    fn make(&self, checks: Checks, held: Option<&HeldCertificate>) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match checks {
            Checks::ALL => WebPkiServerVerifier::builder_with_provider(self.roots.clone(), provider.clone())
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?,
            checks => Arc::new(Lenient { checks, roots: self.roots.clone(), provider: provider.clone() }),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match held {
            None => builder.with_no_client_auth(),
            Some(held) => {
                let chain = held.chain().iter().map(|der| CertificateDer::from(der.clone())).collect();
                let key = held.key().unwrap_or_default().to_vec();
                let key =
                    PrivateKeyDer::try_from(key).map_err(|error| rustls::Error::General(error.to_owned()))?;
                builder.with_client_auth_cert(chain, key)?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Checks less than everything.
#[derive(Debug)]
struct Lenient {
    checks: Checks,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        if self.checks.chain {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &self.roots,
                intermediates,
                now,
                algorithms,
            )?;
        }
        if self.checks.name {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    // Whatever is not checked of a certificate, the other side has to hold its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio_rustls::TlsAcceptor;

    const NAME: &str = "backend.test";

    /// An authority, and a server with a certificate of it for [`NAME`].
    fn authority_and_server() -> (RootCertStore, TlsAcceptor) {
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().expect("key");
        let authority = params.self_signed(&authority_key).expect("certificate");
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate().expect("key");
        let params = CertificateParams::new(vec![NAME.to_owned()]).expect("params");
        let certificate = params.signed_by(&key, &issuer).expect("certificate");
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).expect("authority");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("server");
        (roots, TlsAcceptor::from(Arc::new(config)))
    }

    async fn is_trusted(tls: &Tls, server: &TlsAcceptor, host: &str, checks: Checks) -> bool {
        let (ours, theirs) = duplex(4096);
        let serve = async {
            if let Ok(mut stream) = server.accept(theirs).await {
                stream.write_all(b"hanse").await.expect("write");
                stream.shutdown().await.expect("close");
            }
        };
        let call = async {
            let Ok(mut conn) = tls.connect(Conn::Other(Box::new(ours)), host, checks, None).await else {
                return false;
            };
            let mut said = String::new();
            conn.read_to_string(&mut said).await.expect("read");
            said == "hanse"
        };
        tokio::join!(serve, call).1
    }

    #[tokio::test]
    async fn certificate_is_checked_unless_a_backend_opted_out() {
        let (roots, server) = authority_and_server();
        let knowing = Tls::trusting(roots, 1);
        let (others, _) = authority_and_server();
        let strange = Tls::trusting(others, 1);
        for chain in [true, false] {
            for name in [true, false] {
                let checks = Checks { chain, name };
                for (tls, is_known) in [(&knowing, true), (&strange, false)] {
                    for (host, is_right) in [(NAME, true), ("other.test", false)] {
                        let expected = (is_known || !chain) && (is_right || !name);
                        let trusted = is_trusted(tls, &server, host, checks).await;
                        assert_eq!(trusted, expected, "{checks:?} known {is_known} right {is_right}");
                    }
                }
            }
        }
        assert!(!is_trusted(&Tls::new(1), &server, NAME, Checks::ALL).await);
    }

    #[tokio::test]
    async fn certificates_are_prepared_once_for_each_workspace_and_so_many_are_kept() {
        let held = |seed: u8| {
            let key = KeyPair::generate().expect("key");
            let params = CertificateParams::new(vec![format!("c{seed}.test")]).expect("params");
            let der = params.self_signed(&key).expect("certificate").der().to_vec();
            HeldCertificate::new(vec![der], Some(key.serialize_der()))
        };
        let (roots, _) = authority_and_server();
        let tls = Tls::trusting(roots, 2);
        let (one, other) = (held(1), held(2));
        let config = |workspace: &str, held: &HeldCertificate| {
            tls.config_showing(Checks::ALL, workspace, held).expect("prepared")
        };
        let first = config("a", &one);
        assert!(Arc::ptr_eq(&first, &config("a", &one)));
        assert!(!Arc::ptr_eq(&first, &config("b", &one)));
        assert!(Arc::ptr_eq(&first, &config("a", &one)), "two are kept");
        config("a", &other);
        assert!(tls.shown.borrow().len() <= 2);
        assert!(!Arc::ptr_eq(&first, &config("a", &one)), "the third was one too many");
        let without_key = HeldCertificate::new(vec![one.own().to_vec()], None);
        assert!(tls.config_showing(Checks::ALL, "a", &without_key).is_err());
    }
}
