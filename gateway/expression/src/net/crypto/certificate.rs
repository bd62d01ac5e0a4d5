//! Certificates: `X509Certificate2` with its names, keys and identifiers.

use super::{Crypto, checked, crypto, object};
use crate::clr::date_format::format_datetime;
use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::context::CertificateOf;
use crate::crypto::certificate::{NameType, oid_name};
use crate::crypto::rsa::RsaKey;
use crate::crypto::{Certificate, chain};
use crate::encoding::to_hex_upper;
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

pub(super) const NAMESPACE: &str = "System.Security.Cryptography.X509Certificates";

/// Steps that looking for a chain costs: some signatures are verified.
const VERIFY_STEPS: u64 = 20_000;

/// How often its own bytes a certificate takes when it is read, at most.
const SIZE_FACTOR: usize = 4;

/// A certificate of the request or the gateway; null where there is none or it cannot be read.
pub(crate) fn of_host<'a>(cx: &mut Cx<'a, '_>, which: CertificateOf<'_>) -> Eval<'a> {
    let Some((der, key)) = cx.host.certificate(which) else { return Ok(Value::Null) };
    let certificate = Certificate::parse(&der).and_then(|certificate| match &key {
        Some(key) => certificate.with_private_key(key),
        None => Ok(certificate),
    });
    match certificate {
        Ok(certificate) => keep(cx, certificate),
        Err(_) => Ok(Value::Null),
    }
}

fn keep<'a>(cx: &mut Cx<'a, '_>, certificate: Certificate) -> Eval<'a> {
    cx.work(certificate.raw_data().len() * SIZE_FACTOR)?;
    cx.arena.charge(certificate.raw_data().len() * SIZE_FACTOR)?;
    object(cx, Crypto::Certificate(cx.arena.keep(certificate)))
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Certificate> {
    match crypto(a, 0) {
        Some(Crypto::Certificate(certificate)) => Ok(certificate),
        _ => cx.null_reference(),
    }
}

/// The certificate that an extension method is of.
fn extended<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Certificate> {
    match crypto(a, 0) {
        Some(Crypto::Certificate(certificate)) => Ok(certificate),
        _ => cx.argument_null("certificate"),
    }
}

fn rsa<'a>(cx: &mut Cx<'a, '_>, key: Option<RsaKey>) -> Eval<'a> {
    /// Numbers of a key of the largest size, with what is worked out of them.
    const KEY_BYTES: usize = 8 * 1024;
    let Some(key) = key else { return Ok(Value::Null) };
    cx.arena.charge(KEY_BYTES)?;
    object(cx, Crypto::Rsa(cx.arena.keep(key)))
}

/// Dates of certificates are local in .NET; here, local is UTC.
fn date(seconds: i64) -> DateTime {
    super::super::token::since_1970(seconds, DateTimeKind::Local)
}

fn date_text(seconds: i64) -> String {
    let mut out = String::new();
    let done = format_datetime(date(seconds), "", &mut out);
    if done.is_ok() { out } else { String::new() }
}

/// `ToString()`
pub(super) fn description(certificate: &Certificate) -> String {
    let parts = [
        ("Subject", certificate.subject().to_string()),
        ("Issuer", certificate.issuer().to_string()),
        ("Serial Number", certificate.serial_number()),
        ("Not Before", date_text(certificate.not_before())),
        ("Not After", date_text(certificate.not_after())),
        ("Thumbprint", certificate.thumbprint()),
    ];
    parts.map(|(name, text)| format!("[{name}]\n  {text}\n")).join("\n")
}

/// Whether the host trusts a chain from here.
fn verify<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let certificate = extended(cx, a)?;
    cx.steps_of(VERIFY_STEPS)?;
    let roots = cx.host.roots();
    cx.work(roots.iter().map(Vec::len).sum::<usize>() * SIZE_FACTOR)?;
    let roots: Vec<Certificate> = roots.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    let now = DateTime::from_ticks(cx.host.now(), DateTimeKind::Utc).unwrap_or(DateTime::MIN);
    let epoch = super::super::token::since_1970(0, DateTimeKind::Utc);
    let now = (now.ticks() - epoch.ticks()).div_euclid(10_000_000);
    Ok(Value::Bool(chain::verify(certificate, &[], &roots, now)))
}

fn oid<'a>(cx: &mut Cx<'a, '_>, value: &str) -> Eval<'a> {
    let value = cx.arena.text(value)?;
    object(cx, Crypto::Oid { value: Some(value), name: oid_name(value) })
}

fn name<'a>(cx: &mut Cx<'a, '_>, name: &str) -> Eval<'a> {
    let name = cx.arena.text(name)?;
    object(cx, Crypto::Name(name))
}

fn parsed<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, parameter: &str) -> Eval<'a> {
    if a.is_null(0) {
        return cx.throw(
            "System.ArgumentException",
            &format!("Array cannot be empty or null.\nParameter name: {parameter}"),
        );
    }
    let bytes = a.bytes(cx, 0, parameter)?;
    let certificate = checked(cx, Certificate::parse(&bytes))?;
    keep(cx, certificate)
}

pub(super) fn define(c: &mut Builder) {
    let contents = [
        ("Unknown", 0),
        ("Cert", 1),
        ("SerializedCert", 2),
        ("Pfx", 3),
        ("Pkcs12", 3),
        ("SerializedStore", 4),
        ("Pkcs7", 5),
        ("Authenticode", 6),
    ];
    c.enumeration(NAMESPACE, "X509ContentType", &contents);
    let names = [
        ("SimpleName", 0),
        ("EmailName", 1),
        ("UpnName", 2),
        ("DnsName", 3),
        ("DnsFromAlternativeName", 4),
        ("UrlName", 5),
    ];
    c.enumeration(NAMESPACE, "X509NameType", &names);
    c.define(super::NAMESPACE, "class Oid", oids);
    c.define(NAMESPACE, "class X500DistinguishedName", |t| {
        t.add("string Name { get; }", |_, a| match crypto(a, 0) {
            Some(Crypto::Name(name)) => Ok(Value::Str(name)),
            _ => Ok(Value::Null),
        });
    });
    c.define(NAMESPACE, "class PublicKey", |t| {
        t.add("Oid Oid { get; }", |cx, a| match crypto(a, 0) {
            Some(Crypto::PublicKey(of)) => oid(cx, of.key_algorithm()),
            _ => cx.null_reference(),
        })
        .add("AsymmetricAlgorithm Key { get; }", |cx, a| match crypto(a, 0) {
            Some(Crypto::PublicKey(of)) => match of.rsa_public_key() {
                None => cx
                    .throw("System.NotSupportedException", "The certificate key algorithm is not supported."),
                key => rsa(cx, key),
            },
            _ => cx.null_reference(),
        });
    });
    c.define(NAMESPACE, "class X509Certificate : IDisposable", |t| {
        t.add("new(byte[] data)", |cx, a| parsed(cx, a, "data"));
        base(t);
        base_methods(t);
    });
    c.define(NAMESPACE, "class X509Certificate2 : X509Certificate", |t| {
        t.add("new(byte[] rawData)", |cx, a| parsed(cx, a, "rawData"));
        derived(t);
    });
    c.define(NAMESPACE, "static class RSACertificateExtensions", |t| {
        t.add("static RSA GetRSAPrivateKey(this X509Certificate2 certificate)", |cx, a| {
            let key = extended(cx, a)?.rsa_private_key().cloned();
            rsa(cx, key)
        })
        .add("static RSA GetRSAPublicKey(this X509Certificate2 certificate)", |cx, a| {
            let key = extended(cx, a)?.rsa_public_key();
            rsa(cx, key)
        });
    });
    c.define("Microsoft.Azure.ApiManagement.Expressions", "static class CertificateExtensions", |t| {
        t.add("static bool VerifyNoRevocation(this X509Certificate2 certificate)", verify);
    });
}

fn oids(t: &mut TypeBuilder<'_>) {
    t.add("new(string oid)", |cx, a| {
        let value = a.opt_str(0);
        object(cx, Crypto::Oid { value, name: value.and_then(oid_name) })
    })
    .add("new(string value, string friendlyName)", |cx, a| {
        object(cx, Crypto::Oid { value: a.opt_str(0), name: a.opt_str(1) })
    })
    .add("string Value { get; }", |_, a| match crypto(a, 0) {
        Some(Crypto::Oid { value: Some(value), .. }) => Ok(Value::Str(value)),
        _ => Ok(Value::Null),
    })
    .add("string FriendlyName { get; }", |_, a| match crypto(a, 0) {
        Some(Crypto::Oid { name: Some(name), .. }) => Ok(Value::Str(name)),
        _ => Ok(Value::Null),
    });
}

/// Properties and methods that are one text.
macro_rules! texts {
    ($t:ident, $($declared:literal $of:expr,)*) => {
        $($t.add(concat!("string ", $declared), |cx, a| {
            let of: fn(&Certificate) -> String = $of;
            let text = of(this(cx, a)?);
            cx.str(&text)
        });)*
    };
}

/// Methods that are bytes.
macro_rules! bytes {
    ($t:ident, $($declared:literal $of:expr,)*) => {
        $($t.add(concat!("byte[] ", $declared), |cx, a| {
            let of: fn(&Certificate) -> Vec<u8> = $of;
            let bytes = of(this(cx, a)?);
            cx.bytes(&bytes)
        });)*
    };
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digit = |char: u8| char::from(char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, char| byte << 4 | digit(*char).unwrap_or_default());
    text.as_bytes().chunks(2).map(byte).collect()
}

fn base(t: &mut TypeBuilder<'_>) {
    texts! { t,
        "Subject { get; }" |it| it.subject().to_string(), "Issuer { get; }" |it| it.issuer().to_string(),
        "GetName()" |it| it.subject().to_string(), "GetIssuerName()" |it| it.issuer().to_string(),
        "GetCertHashString()" Certificate::thumbprint, "GetSerialNumberString()" Certificate::serial_number,
        "GetPublicKeyString()" |it| to_hex_upper(&it.public_key().key),
        "GetRawCertDataString()" |it| to_hex_upper(it.raw_data()),
        "GetKeyAlgorithm()" |it| it.key_algorithm().to_owned(),
        "GetKeyAlgorithmParametersString()" |it| to_hex_upper(&it.public_key().parameters),
        "GetEffectiveDateString()" |it| date_text(it.not_before()),
        "GetExpirationDateString()" |it| date_text(it.not_after()), "GetFormat()" |_| "X509".to_owned(),
        "ToString()" description, "ToString(bool fVerbose)" description,
    }
    bytes! { t,
        "GetCertHash()" |it| bytes_of_hex(&it.thumbprint()),
        // .NET counts the bytes of the number from its least significant one.
        "GetSerialNumber()" |it| bytes_of_hex(&it.serial_number()).into_iter().rev().collect(),
        "GetPublicKey()" |it| it.public_key().key.clone(), "GetRawCertData()" |it| it.raw_data().to_vec(),
        "GetKeyAlgorithmParameters()" |it| it.public_key().parameters.clone(),
    }
}

fn base_methods(t: &mut TypeBuilder<'_>) {
    for declared in [
        "byte[] GetCertHash(HashAlgorithmName hashAlgorithm)",
        "string GetCertHashString(HashAlgorithmName hashAlgorithm)",
    ] {
        let run: crate::run::Native = match declared.starts_with("byte") {
            true => |cx, a| {
                let (of, hash) = (this(cx, a)?, super::rsa::hash_of(cx, a, 1)?);
                cx.bytes(&bytes_of_hex(&of.hash_string(hash)))
            },
            false => |cx, a| {
                let (of, hash) = (this(cx, a)?, super::rsa::hash_of(cx, a, 1)?);
                cx.str(&of.hash_string(hash))
            },
        };
        t.add(declared, run);
    }
    t.add("bool Equals(X509Certificate other)", |cx, a| {
        let of = this(cx, a)?;
        Ok(Value::Bool(match crypto(a, 1) {
            Some(Crypto::Certificate(other)) => {
                of.issuer() == other.issuer() && of.serial_number() == other.serial_number()
            }
            _ => false,
        }))
    })
    .add("byte[] Export(X509ContentType contentType)", |cx, a| {
        let of = this(cx, a)?;
        match a.int(1) {
            1 => cx.bytes(of.raw_data()),
            _ => cx.throw("System.Security.Cryptography.CryptographicException", "Invalid content type."),
        }
    })
    .add("void Dispose()", |_, _| Ok(Value::Null));
}

fn derived(t: &mut TypeBuilder<'_>) {
    texts! { t,
        "Thumbprint { get; }" Certificate::thumbprint, "SerialNumber { get; }" Certificate::serial_number,
        "FriendlyName { get; }" |_| String::new(),
    }
    bytes! { t, "RawData { get; }" |it| it.raw_data().to_vec(), }
    t.add("DateTime NotBefore { get; }", |cx, a| Ok(Value::DateTime(date(this(cx, a)?.not_before()))))
        .add("DateTime NotAfter { get; }", |cx, a| Ok(Value::DateTime(date(this(cx, a)?.not_after()))))
        .add("X500DistinguishedName SubjectName { get; }", |cx, a| {
            let subject = this(cx, a)?.subject().to_string();
            name(cx, &subject)
        })
        .add("X500DistinguishedName IssuerName { get; }", |cx, a| {
            let issuer = this(cx, a)?.issuer().to_string();
            name(cx, &issuer)
        })
        .add("int Version { get; }", |cx, a| {
            let version = this(cx, a)?.version();
            Ok(Value::Int(i32::try_from(version).unwrap_or_default()))
        })
        .add("Oid SignatureAlgorithm { get; }", |cx, a| {
            let of = this(cx, a)?;
            oid(cx, of.signature_algorithm())
        })
        .add("PublicKey PublicKey { get; }", |cx, a| {
            let of = this(cx, a)?;
            object(cx, Crypto::PublicKey(of))
        })
        .add("bool Archived { get; }", |_, _| Ok(Value::Bool(false)))
        .add("bool HasPrivateKey { get; }", |cx, a| Ok(Value::Bool(this(cx, a)?.has_private_key())))
        .add("AsymmetricAlgorithm PrivateKey { get; }", |cx, a| {
            let key = this(cx, a)?.rsa_private_key().cloned();
            rsa(cx, key)
        })
        .add("string GetNameInfo(X509NameType nameType, bool forIssuer)", |cx, a| {
            let of = this(cx, a)?;
            match NameType::from_number(a.int(1)) {
                Some(kind) => cx.str(&of.name_info(kind, a.bool(2))),
                None => cx.throw("System.ArgumentException", "Value was invalid.\nParameter name: nameType"),
            }
        })
        .add("bool Verify()", verify)
        .add("static X509ContentType GetCertContentType(byte[] rawData)", |cx, a| {
            let bytes = a.bytes(cx, 0, "rawData")?;
            let is_certificate = Certificate::parse(&bytes).is_ok();
            Ok(super::super::named("X509ContentType", i32::from(is_certificate)))
        });
}
