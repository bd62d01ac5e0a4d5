//! Certificates of workspaces: shown to backends, seen by expressions.

use crate::{
    backend::Backend,
    world::{Builder, HOST, plane, put},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use hanse_gateway::spec::{SecretSpec, ShardSpec};
use hanse_proto::v1::{self, resource::Spec};
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering::SeqCst},
};
use tokio_rustls::TlsAcceptor;

/// An authority, and what it issues.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
}

struct Issued {
    der: Vec<u8>,
    key: KeyPair,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("key");
        let der = params.self_signed(&key).expect("certificate").der().to_vec();
        Authority { issuer: Issuer::new(params, key), der }
    }

    fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().expect("key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("params");
        let der = params.signed_by(&key, &self.issuer).expect("certificate").der().to_vec();
        Issued { der, key }
    }

    /// A backend that asks for a certificate of this authority, and tells whose it was shown.
    async fn backend(&self) -> Backend {
        let server = self.issue("backend.test");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone().into()).expect("authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()
            .expect("verifier");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server.key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![server.der.into()], key)
            .expect("server");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Backend::raw(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let shown = stream.get_ref().1.peer_certificates().map(|chain| thumbprint(&chain[0]));
                let shown = shown.unwrap_or_else(|| "nobody".to_owned());
                let service = service_fn(move |_: Request<Incoming>| {
                    let shown = shown.clone();
                    async move { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(shown)))) }
                });
                let server = hyper::server::conn::http1::Builder::new();
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await
    }
}

impl Issued {
    fn pem(&self) -> String {
        let certificate = BASE64_STANDARD.encode(&self.der);
        format!(
            "-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n{}",
            self.key.serialize_pem()
        )
    }

    fn pfx(&self, password: &str) -> String {
        let certificate = Certificate::from_der(&self.der).expect("certificate");
        let key = PrivateKey::from_der(&self.key.serialize_der()).expect("key");
        let mut store = KeyStore::new();
        store
            .add_entry("one", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("id", key, [certificate])));
        let writer = store.writer(password).encryption_iterations(10).mac_iterations(10);
        BASE64_STANDARD.encode(writer.write().expect("written"))
    }
}

fn thumbprint(der: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

fn put_certificate(spec: &mut ShardSpec, name: &str, data: &str, password: Option<&str>) {
    let secret = |text: &str| SecretSpec { fingerprint: Vec::new(), plaintext: Some(text.into()) };
    let mut secrets = std::collections::BTreeMap::from([("data".to_owned(), secret(data))]);
    secrets.extend(password.map(|password| ("password".to_owned(), secret(password))));
    put(spec, name, Spec::Certificate(v1::Certificate::default()), secrets);
}

fn put_backend(spec: &mut ShardSpec, backend: &Backend) {
    let tls = v1::BackendTls {
        validate_certificate_chain: Some(false),
        validate_certificate_name: Some(false),
        ..v1::BackendTls::default()
    };
    let url = format!("https://{}", backend.address);
    let backend = v1::Backend { url, protocol: "http".into(), tls: Some(tls), ..v1::Backend::default() };
    put(spec, "workspaces/w/backends/b", Spec::Backend(backend), Default::default());
}

fn policy(inbound: &str) -> String {
    format!(
        "<policies><inbound><set-backend-service backend-id='b'/>{inbound}</inbound><backend><forward-request/></backend>\
         <outbound/><on-error/></policies>"
    )
}

fn apis(policies: &[(&str, String)]) -> Builder {
    policies.iter().fold(plane(), |plane, (path, inbound)| {
        plane.api(path, "http://unused.test").policy(path, &policy(inbound))
    })
}

#[tokio::test]
async fn a_backend_sees_the_certificate_that_a_policy_chose_on_connections_of_its_own() {
    let authority = Authority::new();
    let backend = authority.backend().await;
    let (one, two, three) = (authority.issue("one"), authority.issue("two"), authority.issue("three"));
    let mut world = apis(&[
        ("none", String::new()),
        ("one", "<authentication-certificate certificate-id='ONE'/>".to_owned()),
        ("two", format!("<authentication-certificate thumbprint='{}'/>", thumbprint(&two.der).to_lowercase())),
        (
            "three",
            format!("<authentication-certificate body='@(Convert.FromBase64String(\"{}\"))' password='@(\"pw\")'/>", three.pfx("pw")),
        ),
        (
            "wrong",
            format!("<authentication-certificate body='@(Convert.FromBase64String(\"{}\"))' password='@(\"no\")'/>", three.pfx("pw")),
        ),
        ("gone", "<authentication-certificate certificate-id='gone'/>".to_owned()),
        ("later", "<authentication-certificate certificate-id='of-service'/>".to_owned()),
    ])
    .start()
    .await;
    world.change(|spec| {
        put_backend(spec, &backend);
        put_certificate(spec, "workspaces/w/certificates/One", &one.pem(), None);
        put_certificate(spec, "workspaces/w/certificates/two", &two.pfx("secret"), Some("secret"));
        put_certificate(spec, "certificates/of-service", &three.pem(), None);
    });
    let mut client = world.client().await;
    for round in 0..2 {
        for (path, shown) in [
            ("/none/x", "nobody".to_owned()),
            ("/one/x", thumbprint(&one.der)),
            ("/two/x", thumbprint(&two.der)),
            ("/three/x", thumbprint(&three.der)),
        ] {
            let answer = client.get(HOST, path, &[]).await;
            assert_eq!((answer.status, answer.body), (200, shown), "{path} {round}");
        }
    }
    assert_eq!(backend.connections.load(SeqCst), 4, "one for each of them");
    for path in ["/wrong/x", "/gone/x", "/later/x"] {
        assert_eq!(client.get(HOST, path, &[]).await.status, 500, "{path}");
    }
    assert_eq!(backend.connections.load(SeqCst), 4);
}

#[tokio::test]
async fn expressions_see_the_certificates_of_their_workspace() {
    let authority = Authority::new();
    let backend = Backend::start().await;
    let one = authority.issue("one");
    let expression = "context.Deployment.Certificates[\"one\"].Thumbprint + \
        context.Deployment.Certificates.Count(c => c.Value.HasPrivateKey) + string.Join(\",\", context.Deployment.Certificates.Keys) \
        + context.Deployment.Certificates.ContainsKey(\"other\")";
    let document = format!(
        "<policies><inbound/><backend/><outbound><set-header name='found'><value>@({})</value></set-header></outbound><on-error/></policies>",
        expression.replace("=>", "=&gt;")
    );
    let mut world = plane().api("pets", &backend.url()).policy("pets", &document).start().await;
    world.change(|spec| {
        put_certificate(spec, "workspaces/w/certificates/one", &one.pem(), None);
        put_certificate(spec, "certificates/other", &one.pem(), None);
    });
    let answer = world.get("/pets/1", &[]).await;
    assert_eq!(answer.header("found"), Some(format!("{}1oneFalse", thumbprint(&one.der)).as_str()));
    // The global document sees those of the service.
    let global = "<policies><inbound/><backend><forward-request/></backend><outbound><set-header name='found'><value>\
        @(string.Join(\",\", context.Deployment.Certificates.Keys))</value></set-header></outbound><on-error/></policies>";
    world.change(|spec| {
        put(spec, "policies/policy", Spec::Policy(v1::Policy { value: global.into(), ..Default::default() }), Default::default());
        crate::world::put_policy(spec, "pets", "<policies><inbound/><backend><base/></backend><outbound><base/></outbound><on-error/></policies>");
    });
    assert_eq!(world.get("/pets/1", &[]).await.header("found"), Some("other"));
}
