//! `System.Security.Cryptography.X509Certificates`.

use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::context::CertificateOf;
use crate::crypto::certificate::{Certificate, NameType, oid_name};
use crate::crypto::{CryptoError, HashAlgorithm};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;
use crate::types::{Ty, catalogue};

const NAMESPACE: &str = "System.Security.Cryptography.X509Certificates";

/// A certificate of the request or the gateway; null where there is none or it cannot be read.
pub(crate) fn of_host<'a>(cx: &mut Cx<'a, '_>, which: CertificateOf<'_>) -> Eval<'a> {
    let Some((der, key)) = cx.host.certificate(which) else { return Ok(Value::Null) };
    let bytes = der.len() + key.as_ref().map_or(0, |key| key.len());
    let parsed = Certificate::parse(&der).and_then(|found| match key {
        Some(key) => found.with_private_key(&key),
        None => Ok(found),
    });
    cx.arena.charge(bytes)?;
    match parsed {
        Ok(found) => keep(cx, found),
        Err(_) => Ok(Value::Null),
    }
}

/// The type of a distinguished name.
pub(crate) fn name_ty() -> Ty {
    let id = catalogue().find_in(NAMESPACE, "X500DistinguishedName", 0);
    id.map_or_else(Ty::object, |id| Ty::Named(id, [].into()))
}

fn keep<'a>(cx: &mut Cx<'a, '_>, found: Certificate) -> Eval<'a> {
    let found: &'a Certificate = cx.arena.keep(found);
    cx.new_object(Object::Certificate(found))
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Certificate> {
    match a.object(0) {
        Some(Object::Certificate(found)) => Ok(found),
        _ => cx.null_reference(),
    }
}

fn made<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let bytes = a.bytes(cx, 0, "rawData")?;
    let parsed = cx.crypto(Certificate::parse(&bytes))?;
    keep(cx, parsed)
}

/// A time of a certificate; .NET gives it in the local zone, which is UTC here.
fn time<'a>(seconds: i64) -> Value<'a> {
    let time = seconds.checked_mul(10_000_000).and_then(|ticks| DateTime::UNIX_EPOCH.add_ticks(ticks).ok());
    time.map_or(Value::Null, |time| Value::DateTime(time.with_kind(DateTimeKind::Local)))
}

/// Whether a certificate is valid now and vouches for itself or is vouched for.
///
/// An expression holds no roots of trust: those are the gateway's, which checks the chain of a client before
/// the request gets here.
fn verify<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let found = this(cx, a)?;
    let now = (cx.host.now() - DateTime::UNIX_EPOCH.ticks()) / 10_000_000;
    cx.steps_of(10_000)?;
    let roots = cx.host.roots();
    let roots: Vec<Certificate> = roots.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    Ok(Value::Bool(crate::crypto::chain::verify(found, &[], &roots, now)))
}

pub(crate) fn define(c: &mut Builder) {
    c.enumeration(
        NAMESPACE,
        "X509NameType",
        &[
            ("SimpleName", 0),
            ("EmailName", 1),
            ("UpnName", 2),
            ("DnsName", 3),
            ("DnsFromAlternativeName", 4),
            ("UrlName", 5),
        ],
    );
    c.enumeration(
        NAMESPACE,
        "X509ContentType",
        &[
            ("Unknown", 0),
            ("Cert", 1),
            ("SerializedCert", 2),
            ("Pfx", 3),
            ("Pkcs12", 3),
            ("SerializedStore", 4),
            ("Pkcs7", 5),
            ("Authenticode", 6),
        ],
    );
    c.define("System.Security.Cryptography", "class Oid", |t| {
        t.add("string Value { get; }", |_, a| match a.object(0) {
            Some(Object::Oid(oid)) => Ok(Value::Str(oid)),
            _ => Ok(Value::Null),
        })
        .add("string FriendlyName { get; }", |_, a| match a.object(0) {
            Some(Object::Oid(oid)) => Ok(Value::Str(oid_name(oid).unwrap_or(oid))),
            _ => Ok(Value::Null),
        });
    });
    c.define(NAMESPACE, "class X500DistinguishedName", |t| {
        t.add("string Name { get; }", |_, a| match a.object(0) {
            Some(Object::DistinguishedName(name)) => Ok(Value::Str(name)),
            _ => Ok(Value::Null),
        });
    });
    c.define(NAMESPACE, "class PublicKey", |t| {
        t.add("Oid Oid { get; }", |cx, a| {
            let oid = this(cx, a)?.key_algorithm();
            let oid = cx.arena.text(oid)?;
            cx.new_object(Object::Oid(oid))
        });
    });
    c.define(NAMESPACE, "class X509Certificate : IDisposable", |t| {
        t.add("new(byte[] data)", made)
            .add("string Subject { get; }", |cx, a| {
                let text = this(cx, a)?.subject().to_string();
                cx.str(&text)
            })
            .add("string Issuer { get; }", |cx, a| {
                let text = this(cx, a)?.issuer().to_string();
                cx.str(&text)
            })
            .add("byte[] GetCertHash()", |cx, a| {
                let hash = HashAlgorithm::Sha1.hash(this(cx, a)?.raw_data());
                cx.bytes(&hash)
            })
            .add("string GetCertHashString()", |cx, a| {
                let text = this(cx, a)?.thumbprint();
                cx.str(&text)
            })
            .add("string GetSerialNumberString()", |cx, a| {
                let text = this(cx, a)?.serial_number();
                cx.str(&text)
            })
            .add("byte[] GetRawCertData()", raw)
            .add("string GetExpirationDateString()", |cx, a| {
                let time = time(this(cx, a)?.not_after());
                super::text::display(cx, time).map(Value::Str)
            })
            .add("string GetEffectiveDateString()", |cx, a| {
                let time = time(this(cx, a)?.not_before());
                super::text::display(cx, time).map(Value::Str)
            })
            .add("string GetKeyAlgorithm()", |cx, a| {
                let oid = this(cx, a)?.key_algorithm();
                cx.str(oid)
            });
    });
    c.define(NAMESPACE, "class X509Certificate2 : X509Certificate", |t| {
        t.add("new(byte[] rawData)", made)
            .add("string Thumbprint { get; }", |cx, a| {
                let text = this(cx, a)?.thumbprint();
                cx.str(&text)
            })
            .add("string SerialNumber { get; }", |cx, a| {
                let text = this(cx, a)?.serial_number();
                cx.str(&text)
            })
            .add("DateTime NotAfter { get; }", |cx, a| Ok(time(this(cx, a)?.not_after())))
            .add("DateTime NotBefore { get; }", |cx, a| Ok(time(this(cx, a)?.not_before())))
            .add("byte[] RawData { get; }", raw)
            .add("int Version { get; }", |cx, a| {
                Ok(Value::Int(i32::try_from(this(cx, a)?.version()).unwrap_or_default()))
            })
            .add("bool HasPrivateKey { get; }", |cx, a| Ok(Value::Bool(this(cx, a)?.has_private_key())))
            .add("string FriendlyName { get; }", |_, _| Ok(Value::Str("")))
            .add("X500DistinguishedName SubjectName { get; }", |cx, a| {
                let text = this(cx, a)?.subject().to_string();
                let text = cx.arena.text(&text)?;
                cx.new_object(Object::DistinguishedName(text))
            })
            .add("X500DistinguishedName IssuerName { get; }", |cx, a| {
                let text = this(cx, a)?.issuer().to_string();
                let text = cx.arena.text(&text)?;
                cx.new_object(Object::DistinguishedName(text))
            })
            .add("Oid SignatureAlgorithm { get; }", |cx, a| {
                let oid = this(cx, a)?.signature_algorithm();
                let oid = cx.arena.text(oid)?;
                cx.new_object(Object::Oid(oid))
            })
            .add("PublicKey PublicKey { get; }", |cx, a| {
                let found = this(cx, a)?;
                cx.new_object(Object::Certificate(found))
            })
            .add("string GetNameInfo(X509NameType nameType, bool forIssuer)", |cx, a| {
                let found = this(cx, a)?;
                let kind = NameType::from_number(a.int(1)).unwrap_or(NameType::SimpleName);
                let text = found.name_info(kind, a.bool(2));
                cx.str(&text)
            })
            .add("bool Verify()", verify);
    });
    c.define(NAMESPACE, "static class RSACertificateExtensions", |t| {
        t.add("static RSA GetRSAPrivateKey(this X509Certificate2 certificate)", |cx, a| {
            match this(cx, a)?.rsa_private_key() {
                Some(key) => cx.new_object(Object::Rsa(key)),
                None => Ok(Value::Null),
            }
        })
        .add("static RSA GetRSAPublicKey(this X509Certificate2 certificate)", |cx, a| {
            match this(cx, a)?.rsa_public_key() {
                Some(key) => {
                    let key = cx.arena.keep(key);
                    cx.new_object(Object::Rsa(key))
                }
                None => Ok(Value::Null),
            }
        });
    });
    c.define("Microsoft.Azure.ApiManagement.Expressions", "static class CertificateExtensions", |t| {
        t.add("static bool VerifyNoRevocation(this X509Certificate2 input)", |cx, a| match a.is_null(0) {
            true => cx.throw(CryptoError::NoCertificate.exception(), &CryptoError::NoCertificate.to_string()),
            false => verify(cx, a),
        });
    });
}

fn raw<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let bytes = this(cx, a)?.raw_data();
    cx.bytes(bytes)
}
