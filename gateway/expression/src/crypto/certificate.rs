//! `X509Certificate2`: what a certificate says.
//!
//! The one idea: everything that expressions may ask is read once, into plain values; the bytes are
//! kept for the chain. A private key is handed in beside, never read from the certificate.

use std::fmt;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use super::names::{self, DistinguishedName};
use super::rsa::RsaKey;
use super::{CryptoError, HashAlgorithm, pem};
use crate::encoding::to_hex_upper;

/// Largest certificate, in bytes as given.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// A certificate, with its private key where the product has it.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    private_key: Option<PrivatePart>,
    fields: Fields,
}

#[derive(Debug, Clone)]
struct Fields {
    subject: DistinguishedName,
    issuer: DistinguishedName,
    serial: Vec<u8>,
    not_before: i64,
    not_after: i64,
    version: u32,
    signature_oid: String,
    key: PublicKeyInfo,
    issuer_alternatives: Alternatives,
    subject_alternatives: Alternatives,
}

/// `PublicKey`: the key as the certificate has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyInfo {
    /// `Oid`, in dots.
    pub oid: String,
    /// `EncodedParameters`; empty if there are none.
    pub parameters: Vec<u8>,
    /// `EncodedKeyValue`.
    pub key: Vec<u8>,
    /// The whole `SubjectPublicKeyInfo`.
    pub der: Vec<u8>,
}

/// The first alternative name of each kind.
#[derive(Debug, Clone, Default)]
struct Alternatives {
    email: Option<String>,
    dns: Option<String>,
    url: Option<String>,
    upn: Option<String>,
}

#[derive(Clone)]
enum PrivatePart {
    Rsa(Box<RsaKey>),
    /// Of a kind that expressions cannot use.
    Other,
}

/// `X509NameType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameType {
    SimpleName,
    EmailName,
    UpnName,
    DnsName,
    DnsFromAlternativeName,
    UrlName,
}

impl NameType {
    /// From the enumeration's number.
    pub fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::SimpleName,
            1 => Self::EmailName,
            2 => Self::UpnName,
            3 => Self::DnsName,
            4 => Self::DnsFromAlternativeName,
            5 => Self::UrlName,
            _ => return None,
        })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject())
    }
}

// === impl Certificate ===

impl Certificate {
    /// `new X509Certificate2(bytes)`: DER, PEM (the first certificate counts) or Base64.
    ///
    /// # Errors
    /// [`CryptoError::NoCertificate`] or [`CryptoError::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CryptoError> {
        if bytes.len() > CERTIFICATE_BYTES_MAX {
            return Err(CryptoError::TooLong { what: "a certificate", max: CERTIFICATE_BYTES_MAX });
        }
        let mut der = pem::der(bytes, &["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"])
            .ok_or(CryptoError::NoCertificate)?;
        let (rest, parsed) = X509Certificate::from_der(&der).map_err(|_| CryptoError::NoCertificate)?;
        let fields = Fields::new(&parsed);
        let len = der.len() - rest.len();
        der.truncate(len);
        Ok(Self { der, private_key: None, fields })
    }

    /// The certificate with its private key (PKCS#8 or PKCS#1). Keys that are not RSA are known to be
    /// there and no more.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`].
    pub fn with_private_key(mut self, key: &[u8]) -> Result<Self, CryptoError> {
        self.private_key = Some(match RsaKey::from_private(key) {
            Ok(key) => PrivatePart::Rsa(Box::new(key)),
            Err(error @ CryptoError::TooLong { .. }) => return Err(error),
            Err(_) => PrivatePart::Other,
        });
        Ok(self)
    }

    /// `Subject` is its text.
    pub fn subject(&self) -> &DistinguishedName {
        &self.fields.subject
    }

    /// `Issuer` is its text.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.fields.issuer
    }

    /// `SerialNumber`: hexadecimal in capitals, from the most significant byte, as encoded.
    pub fn serial_number(&self) -> String {
        to_hex_upper(&self.fields.serial)
    }

    /// `Thumbprint`: SHA-1 of the whole.
    pub fn thumbprint(&self) -> String {
        self.hash_string(HashAlgorithm::Sha1)
    }

    /// `GetCertHashString(algorithm)`.
    pub fn hash_string(&self, algorithm: HashAlgorithm) -> String {
        to_hex_upper(&algorithm.hash(&self.der))
    }

    /// `NotBefore` in seconds since 1970; negative before.
    pub fn not_before(&self) -> i64 {
        self.fields.not_before
    }

    /// `NotAfter` in seconds since 1970.
    pub fn not_after(&self) -> i64 {
        self.fields.not_after
    }

    /// `RawData`.
    pub fn raw_data(&self) -> &[u8] {
        &self.der
    }

    /// `Version`: 1 to 3.
    pub fn version(&self) -> u32 {
        self.fields.version
    }

    /// `PublicKey`.
    pub fn public_key(&self) -> &PublicKeyInfo {
        &self.fields.key
    }

    /// `GetKeyAlgorithm()`, in dots.
    pub fn key_algorithm(&self) -> &str {
        &self.fields.key.oid
    }

    /// `SignatureAlgorithm.Value`, in dots; [`oid_name`] has its `FriendlyName`.
    pub fn signature_algorithm(&self) -> &str {
        &self.fields.signature_oid
    }

    pub fn has_private_key(&self) -> bool {
        self.private_key.is_some()
    }

    /// `GetRSAPublicKey()`; none for other kinds of key.
    pub fn rsa_public_key(&self) -> Option<RsaKey> {
        RsaKey::from_public(&self.fields.key.der).ok()
    }

    /// `GetRSAPrivateKey()`; none for other kinds of key and where there is none.
    pub fn rsa_private_key(&self) -> Option<&RsaKey> {
        match &self.private_key {
            Some(PrivatePart::Rsa(key)) => Some(key),
            Some(PrivatePart::Other) | None => None,
        }
    }

    /// The DNS names that it is for.
    pub fn dns_names(&self) -> Vec<String> {
        let Ok((_, parsed)) = X509Certificate::from_der(&self.der) else { return Vec::new() };
        let Ok(Some(names)) = parsed.subject_alternative_name() else { return Vec::new() };
        let dns = names.value.general_names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        dns.collect()
    }

    /// `GetNameInfo(type, forIssuer)`; empty if there is none.
    pub fn name_info(&self, kind: NameType, is_for_issuer: bool) -> String {
        let fields = &self.fields;
        let (name, alternatives) = match is_for_issuer {
            true => (&fields.issuer, &fields.issuer_alternatives),
            false => (&fields.subject, &fields.subject_alternatives),
        };
        let from_name = |oids: &[&str]| oids.iter().find_map(|oid| name.find(oid)).map(str::to_owned);
        let found = match kind {
            NameType::SimpleName => {
                let usual =
                    [names::COMMON_NAME, names::ORGANIZATIONAL_UNIT, names::ORGANIZATION, names::EMAIL];
                let any = || name.0.iter().rev().flatten().next().map(|attribute| attribute.value.clone());
                from_name(&usual).or_else(any).or_else(|| alternatives.email.clone())
            }
            NameType::EmailName => alternatives.email.clone().or_else(|| from_name(&[names::EMAIL])),
            NameType::UpnName => alternatives.upn.clone(),
            NameType::DnsName => alternatives.dns.clone().or_else(|| from_name(&[names::COMMON_NAME])),
            NameType::DnsFromAlternativeName => alternatives.dns.clone(),
            NameType::UrlName => alternatives.url.clone(),
        };
        found.unwrap_or_default()
    }
}

impl Fields {
    fn new(parsed: &X509Certificate<'_>) -> Self {
        let key = parsed.public_key();
        let parameters = key.algorithm.parameters.as_ref();
        Self {
            subject: DistinguishedName::new(parsed.subject()),
            issuer: DistinguishedName::new(parsed.issuer()),
            serial: parsed.raw_serial().to_vec(),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            version: parsed.version().0.saturating_add(1),
            signature_oid: parsed.signature_algorithm.algorithm.to_id_string(),
            key: PublicKeyInfo {
                oid: key.algorithm.algorithm.to_id_string(),
                parameters: parameters.map(encoded).unwrap_or_default(),
                key: key.subject_public_key.data.to_vec(),
                der: key.raw.to_vec(),
            },
            issuer_alternatives: Alternatives::new(parsed, false),
            subject_alternatives: Alternatives::new(parsed, true),
        }
    }
}

impl Alternatives {
    fn new(parsed: &X509Certificate<'_>, is_subject: bool) -> Self {
        use x509_parser::extensions::ParsedExtension as Parsed;
        let mut found = Self::default();
        for extension in parsed.iter_extensions() {
            let names = match extension.parsed_extension() {
                Parsed::SubjectAlternativeName(names) if is_subject => &names.general_names,
                Parsed::IssuerAlternativeName(names) if !is_subject => &names.general_names,
                _ => continue,
            };
            for name in names {
                let (place, value) = match name {
                    GeneralName::RFC822Name(value) => (&mut found.email, (*value).to_owned()),
                    GeneralName::DNSName(value) => (&mut found.dns, (*value).to_owned()),
                    GeneralName::URI(value) => (&mut found.url, (*value).to_owned()),
                    GeneralName::OtherName(oid, value) if oid.to_id_string() == USER_PRINCIPAL_NAME => {
                        (&mut found.upn, principal(value))
                    }
                    _ => continue,
                };
                place.get_or_insert(value);
            }
        }
        found
    }
}

const USER_PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";

/// The text within `[0] EXPLICIT UTF8String`, however many layers the reader left around it.
fn principal(value: &[u8]) -> String {
    let mut rest = value;
    // At most the tag's layer and the text's own, each with a short length.
    for _ in 0..2 {
        match rest {
            [0xA0 | 0x0C, len, inner @ ..] if usize::from(*len) == inner.len() => rest = inner,
            _ => break,
        }
    }
    String::from_utf8_lossy(rest).into_owned()
}

fn encoded(any: &x509_parser::asn1_rs::Any<'_>) -> Vec<u8> {
    use x509_parser::asn1_rs::ToDer as _;
    any.to_der_vec().unwrap_or_default()
}

/// `Oid.FriendlyName` of the algorithms that certificates name.
pub fn oid_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.4" => "md5RSA",
        "1.2.840.113549.1.1.5" => "sha1RSA",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256RSA",
        "1.2.840.113549.1.1.12" => "sha384RSA",
        "1.2.840.113549.1.1.13" => "sha512RSA",
        "1.2.840.10045.2.1" => "ECC",
        "1.2.840.10045.4.1" => "sha1ECDSA",
        "1.2.840.10045.4.3.2" => "sha256ECDSA",
        "1.2.840.10045.4.3.3" => "sha384ECDSA",
        "1.2.840.10045.4.3.4" => "sha512ECDSA",
        "1.2.840.10040.4.1" => "DSA",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::rsa::SignaturePadding;

    const PEM: &[u8] = include_bytes!("testdata/rsa.crt");

    #[test]
    fn members_say_what_the_certificate_says() {
        let certificate = Certificate::parse(PEM).unwrap();
        for (found, expected) in [
            (
                certificate.subject().to_string(),
                "E=info@example.test, CN=\"Doe, John\", OU=\"R+D\", O=Example GmbH, STREET=Hauptstraße 1, L=Köln, S=NRW, C=DE",
            ),
            (certificate.issuer().to_string(), certificate.subject().to_string().as_str()),
            (certificate.serial_number(), "00E1A2B3C4D5"),
            (certificate.thumbprint(), "16463F4D28326BCB87679B4320E5F555DC31F092"),
            (
                certificate.hash_string(HashAlgorithm::Sha256),
                "06A94792EAA1368F5E057A0A8763290FE3D319CA08684C8BD014E486D0874A2A",
            ),
            (certificate.not_before().to_string(), "1704067200"),
            (certificate.not_after().to_string(), "4102444799"),
            (certificate.version().to_string(), "3"),
            (certificate.key_algorithm().to_owned(), "1.2.840.113549.1.1.1"),
            (certificate.signature_algorithm().to_owned(), "1.2.840.113549.1.1.11"),
            (to_hex_upper(&certificate.public_key().parameters), "0500"),
            (certificate.name_info(NameType::SimpleName, false), "Doe, John"),
            (certificate.name_info(NameType::SimpleName, true), "Doe, John"),
            (certificate.name_info(NameType::EmailName, false), "alt@example.test"),
            (certificate.name_info(NameType::EmailName, true), "info@example.test"),
            (certificate.name_info(NameType::UpnName, false), "john@corp.test"),
            (certificate.name_info(NameType::DnsName, false), "www.example.test"),
            (certificate.name_info(NameType::DnsName, true), "Doe, John"),
            (certificate.name_info(NameType::DnsFromAlternativeName, true), ""),
            (certificate.name_info(NameType::UrlName, false), "https://example.test/"),
        ] {
            assert_eq!(found, expected);
        }
        assert_eq!(oid_name(certificate.signature_algorithm()), Some("sha256RSA"));
        assert_eq!((NameType::from_number(3), NameType::from_number(6)), (Some(NameType::DnsName), None));
    }

    #[test]
    fn certificate_comes_as_der_pem_or_base64() {
        let certificate = Certificate::parse(PEM).unwrap();
        let base64 = crate::encoding::to_base64(certificate.raw_data(), false);
        for bytes in [certificate.raw_data(), base64.as_bytes(), &[b"junk\n", PEM, PEM].concat()] {
            assert_eq!(Certificate::parse(bytes).unwrap().thumbprint(), certificate.thumbprint());
        }
        for wrong in [&b""[..], b"x", b"0", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\n"] {
            assert_eq!(Certificate::parse(wrong).unwrap_err(), CryptoError::NoCertificate);
        }
        let padded = |len: usize| [PEM, &vec![b'\n'; len - PEM.len()]].concat();
        assert!(Certificate::parse(&padded(CERTIFICATE_BYTES_MAX)).is_ok());
        assert!(matches!(
            Certificate::parse(&padded(CERTIFICATE_BYTES_MAX + 1)),
            Err(CryptoError::TooLong { .. })
        ));
    }

    #[test]
    fn keys_of_a_certificate_sign_and_verify() {
        let bare = Certificate::parse(PEM).unwrap();
        assert!(!bare.has_private_key() && bare.rsa_private_key().is_none());
        let certificate = bare.clone().with_private_key(include_bytes!("testdata/rsa.key")).unwrap();
        let (algorithm, padding) = (HashAlgorithm::Sha256, SignaturePadding::Pkcs1);
        let mut entropy = |bytes: &mut [u8]| bytes.fill(7);
        let signature =
            certificate.rsa_private_key().unwrap().sign_data(b"x", algorithm, padding, &mut entropy).unwrap();
        assert!(bare.rsa_public_key().unwrap().verify_data(b"x", &signature, algorithm, padding));
        let other = bare.with_private_key(b"some other key").unwrap();
        assert!(other.has_private_key() && other.rsa_private_key().is_none());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(at in 0_usize..900, byte: u8, cut in 0_usize..1200) {
            let mut der = Certificate::parse(PEM).unwrap().raw_data().to_vec();
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            der.truncate(der.len().saturating_sub(cut % 40));
            if let Ok(certificate) = Certificate::parse(&der) {
                let _ = (certificate.subject().to_string(), certificate.rsa_public_key());
                let _ = certificate.name_info(NameType::UpnName, false);
            }
        }
    }
}
