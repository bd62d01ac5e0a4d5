//! `System.Security.Cryptography` and `…X509Certificates`: what expressions call of `crate::crypto`.

mod certificate;
mod cipher;
mod hash;
mod rsa;

use crate::crypto::rsa::{EncryptionPadding, RsaKey, SignaturePadding};
use crate::crypto::{Certificate, CryptoError};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

pub(crate) use self::certificate::of_host;
use self::cipher::{Cipher, Transform};
use self::hash::Hasher;

const NAMESPACE: &str = "System.Security.Cryptography";

/// An object of these namespaces.
pub enum Crypto<'a> {
    Hasher(Hasher<'a>),
    Cipher(Cipher<'a>),
    Transform(Transform<'a>),
    Randomness,
    Rsa(&'a RsaKey),
    SignaturePadding(SignaturePadding),
    EncryptionPadding(EncryptionPadding),
    /// `HashAlgorithmName`
    HashName(Option<&'a str>),
    Certificate(&'a Certificate),
    PublicKey(&'a Certificate),
    /// `X500DistinguishedName`
    Name(&'a str),
    Oid {
        value: Option<&'a str>,
        name: Option<&'a str>,
    },
}

impl<'a> Crypto<'a> {
    /// The class, without its namespace.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Hasher(hasher) => hasher.class,
            Self::Cipher(cipher) => cipher.class,
            Self::Transform(_) => "ICryptoTransform",
            Self::Randomness => "RNGCryptoServiceProvider",
            Self::Rsa(_) => "RSA",
            Self::SignaturePadding(_) => "RSASignaturePadding",
            Self::EncryptionPadding(_) => "RSAEncryptionPadding",
            Self::HashName(_) => "HashAlgorithmName",
            Self::Certificate(_) => "X509Certificate2",
            Self::PublicKey(_) => "PublicKey",
            Self::Name(_) => "X500DistinguishedName",
            Self::Oid { .. } => "Oid",
        }
    }

    /// Whether two objects stand for one, or are equal values.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SignaturePadding(a), Self::SignaturePadding(b)) => a == b,
            (Self::EncryptionPadding(a), Self::EncryptionPadding(b)) => a == b,
            (Self::HashName(a), Self::HashName(b)) => a == b,
            (Self::Certificate(a), Self::Certificate(b)) => a.raw_data() == b.raw_data(),
            _ => false,
        }
    }

    /// What is hashed, where [`Self::same`] is more than identity.
    pub(crate) fn hashed(&self) -> Option<String> {
        match self {
            Self::SignaturePadding(padding) => Some(format!("{padding:?}")),
            Self::EncryptionPadding(padding) => Some(format!("{padding:?}")),
            Self::HashName(name) => Some(name.unwrap_or_default().to_owned()),
            Self::Certificate(certificate) => Some(certificate.thumbprint()),
            _ => None,
        }
    }

    /// `ToString()`
    pub(crate) fn text(&self, cx: &mut Cx<'a, '_>) -> Eval<'a, &'a str> {
        let text = match self {
            Self::SignaturePadding(SignaturePadding::Pkcs1) => return Ok("Pkcs1"),
            Self::SignaturePadding(SignaturePadding::Pss) => return Ok("Pss"),
            Self::EncryptionPadding(EncryptionPadding::Pkcs1) => return Ok("Pkcs1"),
            Self::EncryptionPadding(EncryptionPadding::Oaep(hash)) => format!("Oaep{}", hash.name()),
            Self::HashName(name) => return Ok(name.unwrap_or_default()),
            Self::Certificate(certificate) => certificate::description(certificate),
            other => {
                let namespace = match other {
                    Self::PublicKey(_) | Self::Name(_) => certificate::NAMESPACE,
                    _ => NAMESPACE,
                };
                format!("{namespace}.{}", other.class())
            }
        };
        Ok(cx.arena.text(&text)?)
    }
}

fn object<'a>(cx: &mut Cx<'a, '_>, crypto: Crypto<'a>) -> Eval<'a> {
    let crypto = cx.arena.alloc(crypto)?;
    cx.new_object(Object::Crypto(crypto))
}

fn crypto<'a>(a: Args<'_, 'a>, at: usize) -> Option<&'a Crypto<'a>> {
    match a.object(at) {
        Some(Object::Crypto(crypto)) => Some(crypto),
        _ => None,
    }
}

fn checked<'a, T>(cx: &mut Cx<'a, '_>, result: Result<T, CryptoError>) -> Eval<'a, T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => cx.throw(error.exception(), &error.to_string()),
    }
}

/// Random bytes of the host.
fn fill(cx: &Cx<'_, '_>, bytes: &mut [u8]) {
    for some in bytes.chunks_mut(8) {
        let random = cx.host.random().to_le_bytes();
        some.copy_from_slice(&random[..some.len()]);
    }
}

fn random<'a>(cx: &mut Cx<'a, '_>, count: usize) -> Eval<'a, &'a [u8]> {
    let mut bytes = vec![0; count];
    fill(cx, &mut bytes);
    Ok(cx.arena.bytes(&bytes)?)
}

/// The bytes of an array from an offset on.
fn range<'a>(
    cx: &mut Cx<'a, '_>,
    bytes: &[u8],
    (offset, name): (i32, &str),
    count: i32,
) -> Eval<'a, Vec<u8>> {
    let Ok(start) = usize::try_from(offset) else {
        return cx.out_of_range(name, "Non-negative number required.");
    };
    let Some(count) = usize::try_from(count).ok().filter(|count| *count <= bytes.len()) else {
        return cx.throw("System.ArgumentException", "Value was invalid.");
    };
    match bytes.get(start..start + count) {
        Some(some) => Ok(some.to_vec()),
        None => cx.throw(
            "System.ArgumentException",
            "Offset and length were out of bounds for the array or count is greater than the number of elements from \
             index to the end of the source collection.",
        ),
    }
}

/// `Clear()` and `Dispose()`, which do nothing: the arena goes with the request.
fn disposable(t: &mut TypeBuilder<'_>) {
    t.add("void Clear()", |_, _| Ok(Value::Null)).add("void Dispose()", |_, _| Ok(Value::Null));
}

pub(crate) fn define(c: &mut Builder) {
    hash::define(c);
    cipher::define(c);
    rsa::define(c);
    certificate::define(c);
    c.define(NAMESPACE, "class RandomNumberGenerator : IDisposable", |t| {
        t.add("static RandomNumberGenerator Create()", |cx, _| object(cx, Crypto::Randomness))
            .add("void GetBytes(byte[] data)", |cx, a| randomize(cx, a, None))
            .add("void GetBytes(byte[] data, int offset, int count)", |cx, a| {
                randomize(cx, a, Some((a.int(2), a.int(3))))
            })
            .add("void GetNonZeroBytes(byte[] data)", |cx, a| {
                let Some(Object::Bytes(bytes)) = a.object(1) else { return cx.argument_null("data") };
                cx.steps_of(bytes.len() as u64)?;
                for cell in bytes.cells() {
                    // 255 values are left: a remainder of 64 bits prefers none of them to speak of.
                    let byte = u8::try_from(cx.host.random() % 255).unwrap_or_default();
                    cell.set(byte + 1);
                }
                Ok(Value::Null)
            })
            .add("void Dispose()", |_, _| Ok(Value::Null));
    });
    c.define(NAMESPACE, "class RNGCryptoServiceProvider : RandomNumberGenerator", |t| {
        t.add("new()", |cx, _| object(cx, Crypto::Randomness));
    });
}

/// Fills an array, or a part of it.
fn randomize<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, part: Option<(i32, i32)>) -> Eval<'a> {
    let Some(Object::Bytes(bytes)) = a.object(1) else { return cx.argument_null("data") };
    let cells = match part {
        None => bytes.cells(),
        Some((offset, count)) => {
            let (Ok(start), Ok(count)) = (usize::try_from(offset), usize::try_from(count)) else {
                let name = if offset < 0 { "offset" } else { "count" };
                return cx.out_of_range(name, "Non-negative number required.");
            };
            match bytes.cells().get(start..start.saturating_add(count)) {
                Some(cells) => cells,
                None => {
                    return cx.throw(
                        "System.ArgumentException",
                        "Offset and length were out of bounds for the array or count is greater than the number of \
                         elements from index to the end of the source collection.",
                    );
                }
            }
        }
    };
    cx.steps_of(cells.len() as u64)?;
    for some in cells.chunks(8) {
        let random = cx.host.random().to_le_bytes();
        some.iter().zip(random).for_each(|(cell, byte)| cell.set(byte));
    }
    Ok(Value::Null)
}
