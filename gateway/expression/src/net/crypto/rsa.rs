//! RSA keys: `SignData`, `VerifyData`, `Encrypt`, `Decrypt`, and what names their ways.

use super::{Crypto, NAMESPACE, checked, crypto, disposable, fill, object, range};
use crate::crypto::HashAlgorithm;
use crate::crypto::rsa::{EncryptionPadding, RsaKey, SignaturePadding};
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

/// Steps that an operation with the private half of a key costs; some milliseconds.
const PRIVATE_STEPS: u64 = 50_000;

/// Steps that an operation with the public half costs.
const PUBLIC_STEPS: u64 = 2_000;

/// Hashing a byte costs as much as working on so many.
const HASH_WORK_PER_BYTE: usize = 4;

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a RsaKey> {
    match crypto(a, 0) {
        Some(Crypto::Rsa(key)) => Ok(key),
        _ => cx.null_reference(),
    }
}

/// The algorithm that a `HashAlgorithmName` names.
pub(super) fn hash_of<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, HashAlgorithm> {
    let name = match crypto(a, at) {
        Some(Crypto::HashName(Some(name))) if !name.is_empty() => *name,
        _ => {
            return cx.throw(
                "System.ArgumentException",
                "The hash algorithm name cannot be null or empty.\nParameter name: hashAlgorithm",
            );
        }
    };
    // The names are those of .NET, by their case.
    match HashAlgorithm::by_name(name).filter(|found| found.name() == name) {
        Some(algorithm) => Ok(algorithm),
        None => cx.throw(
            "System.Security.Cryptography.CryptographicException",
            &format!("'{name}' is not a known hash algorithm."),
        ),
    }
}

fn signature_padding<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, SignaturePadding> {
    match crypto(a, at) {
        Some(Crypto::SignaturePadding(padding)) => Ok(*padding),
        _ => cx.argument_null("padding"),
    }
}

/// What is signed: an array, or a part of it.
fn data<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_part: bool) -> Eval<'a, Vec<u8>> {
    let bytes = a.bytes(cx, 1, "data")?;
    cx.work(bytes.len() * HASH_WORK_PER_BYTE)?;
    match is_part {
        true => range(cx, &bytes, (a.int(2), "offset"), a.int(3)),
        false => Ok(bytes),
    }
}

fn sign<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_part: bool) -> Eval<'a> {
    let key = this(cx, a)?;
    let data = data(cx, a, is_part)?;
    let at = if is_part { 4 } else { 2 };
    let (hash, padding) = (hash_of(cx, a, at)?, signature_padding(cx, a, at + 1)?);
    cx.steps_of(PRIVATE_STEPS)?;
    let signed = key.sign_data(&data, hash, padding, &mut |bytes: &mut [u8]| fill(cx, bytes));
    let signature = checked(cx, signed)?;
    cx.bytes(&signature)
}

fn verify<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_part: bool) -> Eval<'a> {
    let key = this(cx, a)?;
    let data = data(cx, a, is_part)?;
    let at = if is_part { 4 } else { 2 };
    let signature = a.bytes(cx, at, "signature")?;
    let (hash, padding) = (hash_of(cx, a, at + 1)?, signature_padding(cx, a, at + 2)?);
    cx.steps_of(PUBLIC_STEPS)?;
    Ok(Value::Bool(key.verify_data(&data, &signature, hash, padding)))
}

fn encryption_padding<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, EncryptionPadding> {
    match crypto(a, 2) {
        Some(Crypto::EncryptionPadding(padding)) => Ok(*padding),
        _ => cx.argument_null("padding"),
    }
}

pub(super) fn define(c: &mut Builder) {
    c.define(NAMESPACE, "struct HashAlgorithmName", names);
    c.define(NAMESPACE, "class RSASignaturePadding", |t| {
        t.add("static RSASignaturePadding Pkcs1 { get; }", |cx, _| {
            object(cx, Crypto::SignaturePadding(SignaturePadding::Pkcs1))
        })
        .add("static RSASignaturePadding Pss { get; }", |cx, _| {
            object(cx, Crypto::SignaturePadding(SignaturePadding::Pss))
        });
    });
    c.define(NAMESPACE, "class RSAEncryptionPadding", paddings);
    c.define(NAMESPACE, "class AsymmetricAlgorithm : IDisposable", |t| {
        t.add("int KeySize { get; }", |cx, a| {
            let bits = this(cx, a)?.bits();
            Ok(Value::Int(i32::try_from(bits).unwrap_or(i32::MAX)))
        })
        .add("string KeyExchangeAlgorithm { get; }", |_, _| Ok(Value::Str("RSA")))
        .add("string SignatureAlgorithm { get; }", |_, _| Ok(Value::Str("RSA")));
        disposable(t);
    });
    c.define(NAMESPACE, "class RSA : AsymmetricAlgorithm", keys);
}

fn names(t: &mut TypeBuilder<'_>) {
    macro_rules! each {
        ($($name:literal)*) => {
            $(t.add(concat!("static HashAlgorithmName ", $name, " { get; }"), |cx, _| {
                object(cx, Crypto::HashName(Some($name)))
            });)*
        };
    }
    each!("MD5" "SHA1" "SHA256" "SHA384" "SHA512");
    t.add("new(string name)", |cx, a| object(cx, Crypto::HashName(a.opt_str(0))))
        .add("string Name { get; }", |_, a| match crypto(a, 0) {
            Some(Crypto::HashName(Some(name))) => Ok(Value::Str(name)),
            _ => Ok(Value::Null),
        })
        .add("string ToString()", |cx, a| super::super::text::display(cx, a.value(0)).map(Value::Str));
}

fn paddings(t: &mut TypeBuilder<'_>) {
    macro_rules! each {
        ($($name:literal $padding:expr,)*) => {
            $(t.add(concat!("static RSAEncryptionPadding ", $name, " { get; }"), |cx, _| {
                object(cx, Crypto::EncryptionPadding($padding))
            });)*
        };
    }
    each! {
        "Pkcs1" EncryptionPadding::Pkcs1, "OaepSHA1" EncryptionPadding::Oaep(HashAlgorithm::Sha1),
        "OaepSHA256" EncryptionPadding::Oaep(HashAlgorithm::Sha256),
        "OaepSHA384" EncryptionPadding::Oaep(HashAlgorithm::Sha384),
        "OaepSHA512" EncryptionPadding::Oaep(HashAlgorithm::Sha512),
    }
    t.add("static RSAEncryptionPadding CreateOaep(HashAlgorithmName hashAlgorithm)", |cx, a| {
        let hash = hash_of(cx, a, 0)?;
        object(cx, Crypto::EncryptionPadding(EncryptionPadding::Oaep(hash)))
    })
    .add("HashAlgorithmName OaepHashAlgorithm { get; }", |cx, a| match crypto(a, 0) {
        Some(Crypto::EncryptionPadding(EncryptionPadding::Oaep(hash))) => {
            object(cx, Crypto::HashName(Some(hash.name())))
        }
        _ => object(cx, Crypto::HashName(None)),
    });
}

fn keys(t: &mut TypeBuilder<'_>) {
    t.add("byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", |cx, a| {
        sign(cx, a, false)
    })
    .add(
        "byte[] SignData(byte[] data, int offset, int count, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        |cx, a| sign(cx, a, true),
    )
    .add("byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", |cx, a| {
        let key = this(cx, a)?;
        let hash = a.bytes(cx, 1, "hash")?;
        let (algorithm, padding) = (hash_of(cx, a, 2)?, signature_padding(cx, a, 3)?);
        cx.steps_of(PRIVATE_STEPS)?;
        let signed = key.sign_hash(&hash, algorithm, padding, &mut |bytes: &mut [u8]| fill(cx, bytes));
        let signature = checked(cx, signed)?;
        cx.bytes(&signature)
    })
    .add(
        "bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        |cx, a| verify(cx, a, false),
    )
    .add(
        "bool VerifyData(byte[] data, int offset, int count, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        |cx, a| verify(cx, a, true),
    )
    .add(
        "bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        |cx, a| {
            let key = this(cx, a)?;
            let (hash, signature) = (a.bytes(cx, 1, "hash")?, a.bytes(cx, 2, "signature")?);
            let (algorithm, padding) = (hash_of(cx, a, 3)?, signature_padding(cx, a, 4)?);
            cx.steps_of(PUBLIC_STEPS)?;
            Ok(Value::Bool(key.verify_hash(&hash, &signature, algorithm, padding)))
        },
    )
    .add("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", |cx, a| {
        let key = this(cx, a)?;
        let (plain, padding) = (a.bytes(cx, 1, "data")?, encryption_padding(cx, a)?);
        cx.steps_of(PUBLIC_STEPS)?;
        let secret = key.encrypt(&plain, padding, &mut |bytes: &mut [u8]| fill(cx, bytes));
        let secret = checked(cx, secret)?;
        cx.bytes(&secret)
    })
    .add("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", |cx, a| {
        let key = this(cx, a)?;
        let (secret, padding) = (a.bytes(cx, 1, "data")?, encryption_padding(cx, a)?);
        cx.steps_of(PRIVATE_STEPS)?;
        let plain = key.decrypt(&secret, padding, &mut |bytes: &mut [u8]| fill(cx, bytes));
        let plain = checked(cx, plain)?;
        cx.bytes(&plain)
    });
}
