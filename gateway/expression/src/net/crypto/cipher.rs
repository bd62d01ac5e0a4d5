//! Symmetric ciphers: `Aes`, and APIM's `Encrypt` and `Decrypt` of bytes.

use std::cell::Cell;

use super::{Crypto, NAMESPACE, checked, crypto, disposable, object, random, range};
use crate::crypto::CryptoError;
use crate::crypto::aes::{Aes, BLOCK_BYTES, CipherMode, PaddingMode};
use crate::run::{Args, Cx, Eval, Native, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

/// A `SymmetricAlgorithm`: AES with its settings. Key and vector are made when they are asked for.
pub struct Cipher<'a> {
    pub(super) class: &'static str,
    key: Cell<Option<&'a [u8]>>,
    iv: Cell<Option<&'a [u8]>>,
    key_bytes: Cell<usize>,
    mode: Cell<i32>,
    padding: Cell<i32>,
}

/// An `ICryptoTransform`.
pub struct Transform<'a> {
    key: &'a [u8],
    iv: &'a [u8],
    mode: i32,
    padding: i32,
    encrypts: bool,
}

/// Work on a byte, counted in bytes that are just looked at.
const WORK_PER_BYTE: usize = 4;

const KEY_BYTES: usize = 32;

impl<'a> Cipher<'a> {
    fn new(class: &'static str) -> Self {
        Self {
            class,
            key: Cell::new(None),
            iv: Cell::new(None),
            key_bytes: Cell::new(KEY_BYTES),
            mode: Cell::new(1),
            padding: Cell::new(2),
        }
    }

    fn key(&self, cx: &mut Cx<'a, '_>) -> Eval<'a, &'a [u8]> {
        made(cx, &self.key, self.key_bytes.get())
    }

    fn iv(&self, cx: &mut Cx<'a, '_>) -> Eval<'a, &'a [u8]> {
        made(cx, &self.iv, BLOCK_BYTES)
    }

    fn transform(&self, encrypts: bool, key: &'a [u8], iv: &'a [u8]) -> Transform<'a> {
        Transform { key, iv, mode: self.mode.get(), padding: self.padding.get(), encrypts }
    }
}

impl<'a> Transform<'a> {
    fn aes(&self, cx: &mut Cx<'a, '_>) -> Eval<'a, Aes> {
        let modes = CipherMode::from_number(self.mode)
            .and_then(|mode| PaddingMode::from_number(self.padding).map(|padding| (mode, padding)));
        let (mode, padding) = checked(cx, modes)?;
        checked(cx, Aes::new(self.key, self.iv, mode, padding))
    }

    fn run(&self, cx: &mut Cx<'a, '_>, bytes: &[u8]) -> Eval<'a> {
        let aes = self.aes(cx)?;
        cx.work(bytes.len() * WORK_PER_BYTE)?;
        cx.arena.charge(bytes.len() + BLOCK_BYTES)?;
        let result = if self.encrypts { aes.encrypt(bytes) } else { aes.decrypt(bytes) };
        let result = checked(cx, result)?;
        cx.bytes(&result)
    }
}

/// What a cell holds; random bytes, from now on, where it holds nothing.
fn made<'a>(cx: &mut Cx<'a, '_>, cell: &Cell<Option<&'a [u8]>>, count: usize) -> Eval<'a, &'a [u8]> {
    if let Some(bytes) = cell.get() {
        return Ok(bytes);
    }
    let bytes = random(cx, count)?;
    cell.set(Some(bytes));
    Ok(bytes)
}

fn bytes<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, name: &str) -> Eval<'a, &'a [u8]> {
    let bytes = a.bytes(cx, at, name)?;
    Ok(cx.arena.bytes(&bytes)?)
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Cipher<'a>> {
    match crypto(a, 0) {
        Some(Crypto::Cipher(cipher)) => Ok(cipher),
        _ => cx.null_reference(),
    }
}

/// `SymmetricAlgorithm.Create(name)`: null for a name that nobody has.
fn by_name<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let name = a.str(cx, 0, "algName")?;
    match class(cx, name)? {
        Some(class) => object(cx, Crypto::Cipher(Cipher::new(class))),
        None => Ok(Value::Null),
    }
}

/// The class that a name means.
fn class<'a>(cx: &mut Cx<'a, '_>, name: &str) -> Eval<'a, Option<&'static str>> {
    let short = name.strip_prefix("System.Security.Cryptography.").unwrap_or(name).to_ascii_uppercase();
    match short.as_str() {
        "AES" => Ok(Some("Aes")),
        "AESCRYPTOSERVICEPROVIDER" => Ok(Some("AesCryptoServiceProvider")),
        "AESMANAGED" => Ok(Some("AesManaged")),
        "DES" | "TRIPLEDES" | "3DES" | "TRIPLE DES" | "RC2" => {
            let message =
                format!("The algorithm '{name}' is not supported: it is no longer safe. Use 'Aes'.");
            cx.throw("System.NotSupportedException", &message)
        }
        _ => Ok(None),
    }
}

pub(super) fn define(c: &mut Builder) {
    let modes = [("CBC", 1), ("ECB", 2), ("OFB", 3), ("CFB", 4), ("CTS", 5)];
    c.enumeration(NAMESPACE, "CipherMode", &modes);
    let paddings = [("None", 1), ("PKCS7", 2), ("Zeros", 3), ("ANSIX923", 4), ("ISO10126", 5)];
    c.enumeration(NAMESPACE, "PaddingMode", &paddings);
    c.define(NAMESPACE, "interface ICryptoTransform : IDisposable", transforms);
    c.define(NAMESPACE, "class SymmetricAlgorithm : IDisposable", |t| {
        t.add("static SymmetricAlgorithm Create(string algName)", by_name);
        settings(t);
        making(t);
        disposable(t);
    });
    c.define(NAMESPACE, "class Aes : SymmetricAlgorithm", |t| {
        t.add("static Aes Create()", |cx, _| object(cx, Crypto::Cipher(Cipher::new("Aes"))))
            .add("static Aes Create(string algorithmName)", by_name);
    });
    c.define(NAMESPACE, "class AesManaged : Aes", |t| {
        t.add("new()", |cx, _| object(cx, Crypto::Cipher(Cipher::new("AesManaged"))));
    });
    c.define(NAMESPACE, "class AesCryptoServiceProvider : Aes", |t| {
        t.add("new()", |cx, _| object(cx, Crypto::Cipher(Cipher::new("AesCryptoServiceProvider"))));
    });
    c.define("Microsoft.Azure.ApiManagement.Expressions", "static class CipherExtensions", extensions);
}

fn size<'a>(bytes: usize) -> Value<'a> {
    Value::Int(i32::try_from(bytes * 8).unwrap_or_default())
}

fn settings(t: &mut TypeBuilder<'_>) {
    t.add("int BlockSize { get; }", |_, _| Ok(size(BLOCK_BYTES)))
        .add_settable(
            "byte[] Key { get; set; }",
            |cx, a| {
                let key = this(cx, a)?.key(cx)?;
                cx.bytes(key)
            },
            |cx, a| {
                let (cipher, key) = (this(cx, a)?, bytes(cx, a, 1, "value")?);
                if !matches!(key.len(), 16 | 24 | 32) {
                    return checked(cx, Err(CryptoError::KeySize));
                }
                cipher.key.set(Some(key));
                cipher.key_bytes.set(key.len());
                Ok(Value::Null)
            },
        )
        .add_settable(
            "byte[] IV { get; set; }",
            |cx, a| {
                let iv = this(cx, a)?.iv(cx)?;
                cx.bytes(iv)
            },
            |cx, a| {
                let (cipher, iv) = (this(cx, a)?, bytes(cx, a, 1, "value")?);
                if iv.len() != BLOCK_BYTES {
                    return checked(cx, Err(CryptoError::IvSize));
                }
                cipher.iv.set(Some(iv));
                Ok(Value::Null)
            },
        )
        .add_settable(
            "int KeySize { get; set; }",
            |cx, a| Ok(size(this(cx, a)?.key_bytes.get())),
            |cx, a| {
                let cipher = this(cx, a)?;
                let key_bytes = match a.int(1) {
                    128 => 16,
                    192 => 24,
                    256 => 32,
                    _ => return checked(cx, Err(CryptoError::KeySize)),
                };
                cipher.key_bytes.set(key_bytes);
                cipher.key.set(None);
                Ok(Value::Null)
            },
        )
        .add_settable(
            "CipherMode Mode { get; set; }",
            |cx, a| Ok(super::super::named("CipherMode", this(cx, a)?.mode.get())),
            |cx, a| {
                let cipher = this(cx, a)?;
                checked(cx, CipherMode::from_number(a.int(1)))?;
                cipher.mode.set(a.int(1));
                Ok(Value::Null)
            },
        )
        .add_settable(
            "PaddingMode Padding { get; set; }",
            |cx, a| Ok(super::super::named("PaddingMode", this(cx, a)?.padding.get())),
            |cx, a| {
                let cipher = this(cx, a)?;
                checked(cx, PaddingMode::from_number(a.int(1)))?;
                cipher.padding.set(a.int(1));
                Ok(Value::Null)
            },
        )
        .add("bool ValidKeySize(int bitLength)", |_, a| Ok(Value::Bool(matches!(a.int(1), 128 | 192 | 256))));
}

fn own<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, encrypts: bool) -> Eval<'a> {
    let cipher = this(cx, a)?;
    let (key, iv) = (cipher.key(cx)?, cipher.iv(cx)?);
    ready(cx, cipher.transform(encrypts, key, iv))
}

fn given<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, encrypts: bool) -> Eval<'a> {
    let cipher = this(cx, a)?;
    let key = bytes(cx, a, 1, "key")?;
    let iv = if a.is_null(2) { cipher.iv(cx)? } else { bytes(cx, a, 2, "iv")? };
    ready(cx, cipher.transform(encrypts, key, iv))
}

/// A transform whose key and vector fit.
fn ready<'a>(cx: &mut Cx<'a, '_>, transform: Transform<'a>) -> Eval<'a> {
    transform.aes(cx)?;
    object(cx, Crypto::Transform(transform))
}

fn making(t: &mut TypeBuilder<'_>) {
    t.add("void GenerateKey()", |cx, a| {
        let cipher = this(cx, a)?;
        cipher.key.set(None);
        cipher.key(cx).map(|_| Value::Null)
    })
    .add("void GenerateIV()", |cx, a| {
        let cipher = this(cx, a)?;
        cipher.iv.set(None);
        cipher.iv(cx).map(|_| Value::Null)
    })
    .add("ICryptoTransform CreateEncryptor()", |cx, a| own(cx, a, true))
    .add("ICryptoTransform CreateDecryptor()", |cx, a| own(cx, a, false))
    .add("ICryptoTransform CreateEncryptor(byte[] rgbKey, byte[] rgbIV)", |cx, a| given(cx, a, true))
    .add("ICryptoTransform CreateDecryptor(byte[] rgbKey, byte[] rgbIV)", |cx, a| given(cx, a, false));
}

fn transforms(t: &mut TypeBuilder<'_>) {
    t.add("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", |cx, a| {
        let Some(Crypto::Transform(transform)) = crypto(a, 0) else { return cx.null_reference() };
        let whole = a.bytes(cx, 1, "inputBuffer")?;
        let part = range(cx, &whole, (a.int(2), "inputOffset"), a.int(3))?;
        transform.run(cx, &part)
    });
    let block: Native = |_, _| Ok(Value::Int(16));
    t.add("int InputBlockSize { get; }", block)
        .add("int OutputBlockSize { get; }", block)
        .add("bool CanReuseTransform { get; }", |_, _| Ok(Value::Bool(true)))
        .add("bool CanTransformMultipleBlocks { get; }", |_, _| Ok(Value::Bool(true)))
        .add("void Dispose()", |_, _| Ok(Value::Null));
}

/// `Encrypt(alg, key, iv)` and `Decrypt(alg, key, iv)` with the name of an algorithm, or one with a key of its own.
fn extended<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, encrypts: bool) -> Eval<'a> {
    let input = a.bytes(cx, 0, "input")?;
    let transform = match (crypto(a, 1), a.value(1)) {
        (Some(Crypto::Cipher(cipher)), _) if a.len() == 2 => {
            let (key, iv) = (cipher.key(cx)?, cipher.iv(cx)?);
            cipher.transform(encrypts, key, iv)
        }
        (Some(Crypto::Cipher(cipher)), _) => {
            cipher.transform(encrypts, bytes(cx, a, 2, "key")?, bytes(cx, a, 3, "iv")?)
        }
        (_, Value::Str(name)) => {
            let Some(class) = class(cx, name)? else {
                let message = format!("'{name}' is not a known symmetric algorithm.");
                return cx.throw("System.Security.Cryptography.CryptographicException", &message);
            };
            Cipher::new(class).transform(encrypts, bytes(cx, a, 2, "key")?, bytes(cx, a, 3, "iv")?)
        }
        _ => return cx.argument_null("alg"),
    };
    transform.run(cx, &input)
}

fn encrypt<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    extended(cx, a, true)
}

fn decrypt<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    extended(cx, a, false)
}

fn extensions(t: &mut TypeBuilder<'_>) {
    t.add("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", encrypt)
        .add("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)", encrypt)
        .add(
            "static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)",
            encrypt,
        )
        .add("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", decrypt)
        .add("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)", decrypt)
        .add(
            "static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)",
            decrypt,
        );
}
