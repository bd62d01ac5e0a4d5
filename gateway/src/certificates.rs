//! Certificates: what is in PKCS#12, PEM and DER, and what to tell when something is missing in it.
//!
//! One idea: a certificate is read once, at admission, and what a reader wants to know of it (whose it
//! is, its thumbprint, when it ends) is noted beside it. Whatever cannot be used later is refused here,
//! because behind the seal nobody can look any more. Pure: no clock, no store.

mod pkcs12;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hanse_policy::HeldCertificate;
use p12_keystore::{Pkcs12Archive, error::Error as Pkcs12Error};
use rustls::{
    client::verify_server_name, crypto::ring::sign::any_supported_type, server::ParsedCertificate,
    sign::SigningKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject as _};
use std::sync::Arc;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Certificates, keys and other parts that one file may hold: a chain has a handful, and each key is
/// compared with each certificate.
pub const PARTS_MAX: usize = 64;

/// What is told of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `CN=api.example.com, O=Example`
    pub subject: String,
    /// SHA-1 in upper-case hexadecimal digits.
    pub thumbprint: String,
    /// When it ends, in RFC 3339.
    pub expiration_date: String,
}

/// A certificate with its key and what belongs to its chain.
#[derive(Debug)]
pub struct Identity {
    /// The certificate of the key first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
    /// What is told of the first certificate.
    pub facts: Facts,
}

/// Why a certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// By what it is.
    Data(String),
    /// By the password that should open it.
    Password(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Data(message) => write!(f, "data: {message}"),
            Refused::Password(message) => write!(f, "password: {message}"),
        }
    }
}

impl Identity {
    /// Reads PKCS#12 in Base64, or PEM with chain and key.
    ///
    /// # Errors
    /// What is wrong with it, and what was expected.
    pub fn read(text: &str, password: &str) -> Result<Identity, Refused> {
        let (certificates, keys) = if is_pem(text) { from_pem(text)? } else { from_pkcs12(text, password)? };
        Identity::of_parts(certificates, keys)
    }

    fn of_parts(
        certificates: Vec<CertificateDer<'static>>,
        keys: Vec<PrivateKeyDer<'static>>,
    ) -> Result<Identity, Refused> {
        if certificates.is_empty() {
            return Err(Refused::Data("there is no certificate in it, only a key".to_owned()));
        }
        if keys.is_empty() {
            let message = "there is no private key in it; export the certificate together with its key";
            return Err(Refused::Data(message.to_owned()));
        }
        if certificates.len() + keys.len() > PARTS_MAX {
            return Err(too_many_parts());
        }
        let mut problem = None;
        for key in keys {
            let signer = match any_supported_type(&key) {
                Ok(signer) => signer,
                Err(_) => {
                    problem = Some(
                        "the private key is of a kind that is not supported; there are RSA (2,048 to 8,192 bits), ECDSA (P-256, P-384) and Ed25519",
                    );
                    continue;
                }
            };
            let own = certificates.iter().position(|certificate| belongs(&signer, certificate));
            if let Some(own) = own {
                let mut chain = certificates;
                chain[..=own].rotate_right(1);
                let facts = facts(&chain[0]).map_err(Refused::Data)?;
                return Ok(Identity { chain, key, facts });
            }
        }
        let message = problem.unwrap_or("the private key belongs to none of the certificates in it");
        Err(Refused::Data(message.to_owned()))
    }

    /// Reads PKCS#12.
    ///
    /// # Errors
    /// What is wrong with it, and what was expected.
    pub fn read_pkcs12(bytes: &[u8], password: &str) -> Result<Identity, Refused> {
        let (certificates, keys) = opened_pkcs12(bytes, password)?;
        Identity::of_parts(certificates, keys)
    }

    /// The same, as policies have it.
    pub fn into_held(self) -> HeldCertificate {
        let chain = self.chain.iter().map(|certificate| certificate.to_vec()).collect();
        HeldCertificate::new(chain, Some(self.key.secret_der().to_vec()))
    }

    /// Whether clients that call `hostname` will take this certificate for the right one.
    pub fn is_for(&self, hostname: &str) -> bool {
        let (Ok(certificate), Ok(name)) =
            (ParsedCertificate::try_from(&self.chain[0]), ServerName::try_from(hostname))
        else {
            return false;
        };
        verify_server_name(&certificate, &name).is_ok()
    }
}

/// Reads the certificate of an authority: Base64 of DER, or PEM. Whether it may sign others comes with it.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub fn authority(text: &str) -> Result<(Facts, bool), String> {
    let der = if is_pem(text) {
        if text.contains("PRIVATE KEY-----") {
            return Err(
                "there is a private key in it, which would be kept in the clear; send the certificate alone"
                    .to_owned(),
            );
        }
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let found = found.map_err(|_| "no valid PEM: a block cannot be decoded".to_owned())?;
        match <[_; 1]>::try_from(found) {
            Ok([der]) => der,
            Err(found) => {
                return Err(format!("there are {} certificates in it; exactly one is expected", found.len()));
            }
        }
    } else {
        let bytes = decode(text).ok_or("neither PEM nor Base64; expected is a certificate in either")?;
        CertificateDer::from(bytes)
    };
    let facts = facts(&der)?;
    let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| NO_X509.to_owned())?;
    Ok((facts, parsed.is_ca()))
}

fn too_many_parts() -> Refused {
    let message = format!(
        "there are more than {PARTS_MAX} parts in it (certificates, keys); send one certificate with its key and chain"
    );
    Refused::Data(message)
}

const NO_X509: &str = "no X.509 certificate can be read in it";

type Found = (Vec<CertificateDer<'static>>, Vec<PrivateKeyDer<'static>>);

fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN ")
}

fn from_pem(text: &str) -> Result<Found, Refused> {
    let broken = || Refused::Data("no valid PEM: a block cannot be decoded".to_owned());
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        let message = "the private key is encrypted; send it as it is, or both as PKCS#12 with a password";
        return Err(Refused::Data(message.to_owned()));
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let keys: Result<Vec<_>, _> = PrivateKeyDer::pem_slice_iter(text.as_bytes()).collect();
    Ok((certificates.map_err(|_| broken())?, keys.map_err(|_| broken())?))
}

fn from_pkcs12(text: &str, password: &str) -> Result<Found, Refused> {
    let Some(bytes) = decode(text) else {
        let message = "neither PEM nor Base64; expected is PKCS#12 in Base64, or PEM with chain and key";
        return Err(Refused::Data(message.to_owned()));
    };
    opened_pkcs12(&bytes, password)
}

fn opened_pkcs12(bytes: &[u8], password: &str) -> Result<Found, Refused> {
    pkcs12::check_cost(bytes, password)?;
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_)
            if password.is_empty() =>
        {
            Refused::Password("missing; the PKCS#12 file is protected by one".to_owned())
        }
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => {
            Refused::Password("it does not open the PKCS#12 file".to_owned())
        }
        Pkcs12Error::UnsupportedEncryptionScheme | Pkcs12Error::UnsupportedMacAlgorithm => {
            pkcs12::unsupported()
        }
        _ => pkcs12::unreadable(),
    })?;
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec().into());
    let keys = archive.keys.iter().map(|bag| PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec()).into());
    Ok((certificates.collect(), keys.collect()))
}

/// Base64, line breaks and blanks within it allowed.
fn decode(text: &str) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

fn belongs(signer: &Arc<dyn SigningKey>, certificate: &CertificateDer<'_>) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    signer.public_key().is_some_and(|key| key.as_ref() == parsed.public_key().raw)
}

fn facts(der: &CertificateDer<'_>) -> Result<Facts, String> {
    let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| NO_X509.to_owned())?;
    if !rest.is_empty() {
        return Err("more bytes follow the certificate".to_owned());
    }
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    let end = hanse_proto::timestamp_from_ms(parsed.validity().not_after.timestamp().saturating_mul(1_000));
    Ok(Facts {
        subject: parsed.subject().to_string(),
        thumbprint: digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect(),
        expiration_date: end.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use p12_keystore::{
        Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain,
    };
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

    pub struct Made {
        pub certificate: rcgen::Certificate,
        pub key: KeyPair,
    }

    pub fn make(name: &str, is_ca: bool) -> Made {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().expect("a key");
        Made { certificate: params.self_signed(&key).expect("a certificate"), key }
    }

    fn pkcs12(made: &Made, password: &str, algorithm: EncryptionAlgorithm) -> String {
        let certificate = Certificate::from_der(made.certificate.der()).expect("a certificate");
        let key = PrivateKey::from_der(&made.key.serialize_der()).expect("a key");
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new("id", key, [certificate]);
        store.add_entry("one", KeyStoreEntry::PrivateKeyChain(chain));
        let writer = store.writer(password).encryption_algorithm(algorithm);
        STANDARD.encode(writer.encryption_iterations(10).mac_iterations(10).write().expect("written"))
    }

    pub fn refused(text: &str, password: &str) -> (bool, String) {
        match Identity::read(text, password).expect_err("refused") {
            Refused::Data(message) => (false, message),
            Refused::Password(message) => (true, message),
        }
    }

    #[test]
    fn pkcs12_and_pem_of_one_certificate_tell_the_same() {
        let made = make("api.example.com", false);
        let pem = format!("{}{}", made.key.serialize_pem(), made.certificate.pem());
        let of_pem = Identity::read(&pem, "").expect("PEM");
        assert_eq!(of_pem.facts.subject, "CN=api.example.com");
        assert_eq!(of_pem.facts.expiration_date, "2031-02-03T00:00:00Z");
        assert_eq!(of_pem.facts.thumbprint.len(), 40);
        assert!(of_pem.facts.thumbprint.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
        for algorithm in [
            EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
            EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        ] {
            let text = pkcs12(&made, "secret", algorithm);
            let of_pkcs12 = Identity::read(&text, "secret").expect("PKCS#12");
            assert_eq!(of_pkcs12.facts, of_pem.facts);
            assert_eq!(of_pkcs12.chain, of_pem.chain);
            // People paste Base64 with line breaks.
            let (head, tail) = text.split_at(64);
            assert!(Identity::read(&format!("{head}\r\n{tail}\n"), "secret").is_ok());
        }
    }

    #[test]
    fn the_certificate_of_the_key_comes_first_whatever_the_order() {
        let (leaf, other) = (make("leaf", false), make("ca", true));
        let pem =
            format!("{}{}{}", other.certificate.pem(), leaf.certificate.pem(), leaf.key.serialize_pem());
        let identity = Identity::read(&pem, "").expect("PEM");
        assert_eq!(identity.facts.subject, "CN=leaf");
        assert_eq!(identity.chain, [leaf.certificate.der().clone(), other.certificate.der().clone()]);
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_says_why() {
        let (made, other) = (make("a", false), make("b", false));
        let text = pkcs12(&made, "secret", EncryptionAlgorithm::PbeWithHmacSha256AndAes256);
        let (of_password, message) = refused(&text, "wrong");
        assert!(of_password && message.contains("does not open"), "{message}");
        let (of_password, message) = refused(&text, "");
        assert!(of_password && message.starts_with("missing"), "{message}");
        for (text, part) in [
            ("not base64!".to_owned(), "neither PEM nor Base64"),
            (STANDARD.encode("no file"), "no PKCS#12 file"),
            (text[..text.len() / 2 / 4 * 4].to_owned(), "no PKCS#12 file"),
            (made.certificate.pem(), "no private key"),
            (made.key.serialize_pem(), "no certificate"),
            (format!("{}{}", made.certificate.pem(), other.key.serialize_pem()), "belongs to none"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n".to_owned(), "no valid PEM"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_owned(), "is encrypted"),
        ] {
            let (of_password, message) = refused(&text, "secret");
            assert!(!of_password && message.contains(part), "{message}: {part}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn hostnames_are_compared_as_clients_do() {
        let made = make("*.example.com", false);
        let pem = format!("{}{}", made.certificate.pem(), made.key.serialize_pem());
        let identity = Identity::read(&pem, "").expect("PEM");
        assert!(identity.is_for("api.example.com") && identity.is_for("API.EXAMPLE.COM"));
        assert!(!identity.is_for("example.com") && !identity.is_for("a.b.example.com"));
    }

    #[test]
    fn authorities_are_taken_as_der_and_pem_without_a_key() {
        let (ca, leaf) = (make("ca", true), make("leaf", false));
        let (facts, is_ca) = authority(&STANDARD.encode(ca.certificate.der())).expect("DER");
        assert!(is_ca && facts.subject == "CN=ca", "{facts:?}");
        assert_eq!(authority(&ca.certificate.pem()), Ok((facts, true)));
        assert!(!authority(&leaf.certificate.pem()).expect("PEM").1);
        let mut long = ca.certificate.der().to_vec();
        long.push(0);
        for (text, part) in [
            ("?".to_owned(), "neither PEM nor Base64"),
            (STANDARD.encode("x"), "no X.509 certificate"),
            (STANDARD.encode(long), "more bytes follow"),
            (format!("{}{}", ca.certificate.pem(), leaf.certificate.pem()), "there are 2 certificates"),
            (format!("{}{}", ca.certificate.pem(), ca.key.serialize_pem()), "a private key in it"),
        ] {
            let message = authority(&text).expect_err("refused");
            assert!(message.contains(part), "{message}: {part}");
        }
    }
}
