//! Certificates and tokens of a workspace, compiled.

use super::*;
use crate::spec::SecretSpec;
use hanse_policy::CertificateBy;

fn secret(text: &str) -> SecretSpec {
    SecretSpec { fingerprint: Vec::new(), plaintext: Some(text.into()) }
}

/// A certificate and its key in PEM.
fn pem(name: &str) -> String {
    let key = rcgen::KeyPair::generate().expect("key");
    let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("params");
    let certificate = params.self_signed(&key).expect("certificate");
    format!("{}{}", certificate.pem(), key.serialize_pem())
}

#[test]
fn a_changed_certificate_is_read_again_and_the_others_are_not() {
    let mut specs = specs();
    let put = |specs: &mut Specs, name: &str, data: &str| {
        specs.put_with(name, Spec::Certificate(v1::Certificate::default()), [("data", secret(data))])
    };
    put(&mut specs, "workspaces/w/certificates/Same", &pem("same"));
    put(&mut specs, "workspaces/w/certificates/other", &pem("before"));
    let two = change(&mut specs, |specs| vec![put(specs, "workspaces/w/certificates/other", &pem("after"))]);
    let of = |shard: &Shard, id: &str| shard.certificate("w", CertificateBy::Id(id)).cloned();
    let [old, new] = [&two.old, &two.new].map(|shard| of(shard, "SAME").expect("there"));
    assert!(Arc::ptr_eq(&old, &new));
    let [old, new] = [&two.old, &two.new].map(|shard| of(shard, "other").expect("there"));
    assert_ne!(old.thumbprint(), new.thumbprint());
    let by = CertificateBy::Thumbprint(new.thumbprint());
    assert!(two.new.certificate("w", by).is_some() && two.new.certificate("v", by).is_none());
    assert!(is_shared(two.workspace("v")));
    let two = change(&mut specs, |specs| {
        specs.delete("workspaces/w/certificates/other");
        vec!["workspaces/w/certificates/other".to_owned()]
    });
    assert!(of(&two.new, "other").is_none());
    let [old, new] = two.workspace("w");
    assert!(Arc::ptr_eq(&old.apis, &new.apis) && Arc::ptr_eq(&old.backends, &new.backends));
}

#[test]
fn credentials_that_cannot_be_used_are_left_out_with_a_finding() {
    let mut specs = Specs::new(&["w"]);
    let mut certificate = |id: &str, data: SecretSpec| {
        let name = format!("workspaces/w/certificates/{id}");
        specs.put_with(&name, Spec::Certificate(v1::Certificate::default()), [("data", data)]);
    };
    certificate("broken", secret("no certificate"));
    certificate("sealed", SecretSpec { fingerprint: Vec::new(), plaintext: None });
    specs.put("workspaces/w/certificates/vault", Spec::Certificate(v1::Certificate::default()));
    let authority = v1::CaCertificate { encoded_certificate: "?".into(), ..Default::default() };
    specs.put("workspaces/w/caCertificates/ca", Spec::CaCertificate(authority));
    let file =
        v1::TokenSource { r#type: "workloadToken".into(), token_file: "/f".into(), ..Default::default() };
    specs.put("workspaces/w/tokenSources/file", Spec::TokenSource(file.clone()));
    specs.put("tokenSources/file", Spec::TokenSource(file));
    let provider = v1::AuthorizationProvider { identity_provider: "github".into(), ..Default::default() };
    specs.put("workspaces/w/authorizationProviders/p", Spec::AuthorizationProvider(provider));
    let connection =
        v1::Authorization { o_auth2_grant_type: "ClientCredentials".into(), ..Default::default() };
    specs.put("workspaces/w/authorizationProviders/p/authorizations/a", Spec::Authorization(connection));
    let shard = specs.compile();
    let found: Vec<&str> = shard.findings().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        found,
        [
            "workspaces/w/certificates/broken",
            "workspaces/w/certificates/sealed",
            "workspaces/w/certificates/vault",
            "workspaces/w/caCertificates/ca",
            "workspaces/w/tokenSources/file",
            "workspaces/w/authorizationProviders/p/authorizations/a",
        ]
    );
    assert!(!format!("{:?}", shard.findings().collect::<Vec<_>>()).contains("no certificate\""));
}

#[test]
fn credentials_come_from_secrets_and_named_values() {
    use crate::spec::SecretSpec;
    let secret = |text: &str| SecretSpec { fingerprint: vec![], plaintext: Some(text.into()) };
    let list = |values: &[&str]| v1::StringList { values: values.iter().map(|one| (*one).into()).collect() };
    let backend = || {
        Spec::Backend(v1::Backend {
            url: "http://b.test".into(),
            credentials: Some(v1::BackendCredentials {
                authorization: Some(v1::AuthorizationCredentials {
                    scheme: "Basic".into(),
                    parameter: String::new(),
                }),
                header: [("X-Key".to_owned(), list(&["", "two"]))].into(),
                query: [("code".to_owned(), list(&["{{n}}&"]))].into(),
                ..Default::default()
            }),
            ..Default::default()
        })
    };
    let mut specs = Specs::new(&["w"]);
    let name = "workspaces/w/backends/b";
    let secrets = || {
        [
            ("credentials.authorization.parameter", secret("abc")),
            ("credentials.header/X-Key/0", secret("one {{ n }}")),
        ]
    };
    specs.put_with(name, backend(), secrets());
    assert!(specs.compile().backend("w", "b").is_none(), "the named value is not there yet");

    let two = change(&mut specs, |specs| vec![specs.named_value("workspaces/w/namedValues/n", "n", "{{n}}")]);
    let made = two.new.backend("w", "b").expect("complete");
    let headers: Vec<_> =
        made.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text"))).collect();
    assert_eq!(headers, [("x-key", "one {{n}}"), ("x-key", "two")]);
    assert_eq!(&*made.query, "code=%7B%7Bn%7D%7D%26");
    let authorization = made.authorization.as_ref().expect("authorization");
    assert!(authorization == "Basic abc" && authorization.is_sensitive());
    assert!(!format!("{:?}", two.new).contains("abc"));

    let unreadable = SecretSpec { fingerprint: vec![], plaintext: None };
    specs.put_with(name, backend(), [("credentials.header/X-Key/0", unreadable)]);
    assert!(specs.compile().backend("w", "b").is_none(), "never without its credentials");
}
