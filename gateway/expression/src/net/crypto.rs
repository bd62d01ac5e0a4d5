//! `System.Security.Cryptography`: hashes, keyed hashes, AES and RSA.

use std::cell::{Cell, RefCell};

use crate::crypto::aes::{Aes, CipherMode, PaddingMode};
use crate::crypto::rsa::{EncryptionPadding, RsaKey, SignaturePadding};
use crate::crypto::{CryptoError, HashAlgorithm};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Ty, catalogue};

const NAMESPACE: &str = "System.Security.Cryptography";

/// A hash, keyed or not, with what it worked out last.
pub struct Hasher {
    pub(crate) class: &'static str,
    algorithm: HashAlgorithm,
    key: Option<RefCell<Vec<u8>>>,
    last: RefCell<Option<Vec<u8>>>,
}

/// AES with its settings.
pub struct Cipher {
    pub(crate) class: &'static str,
    key: RefCell<Vec<u8>>,
    iv: RefCell<Vec<u8>>,
    mode: Cell<CipherMode>,
    padding: Cell<PaddingMode>,
}

/// What `CreateEncryptor` gives.
pub struct Transform {
    aes: Aes,
    encrypts: bool,
}

/// The type of a class of this namespace.
pub(crate) fn class_ty(class: &str) -> Ty {
    let id = catalogue().find_in(NAMESPACE, class, 0);
    id.map_or_else(Ty::object, |id| Ty::Named(id, [].into()))
}

impl<'a> Cx<'a, '_> {
    /// What cryptography gives, or throws.
    pub(crate) fn crypto<T>(&mut self, result: Result<T, CryptoError>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => self.throw(error.exception(), &error.to_string()),
        }
    }

    /// Random bytes of the host.
    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.host.random().to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}

/// Steps that a private key's operation costs; a public one costs a hundredth.
const PRIVATE_KEY_STEPS: u64 = 100_000;
/// Bytes of text that a hash works on in a step are few: hashing costs more than copying.
const HASH_FACTOR: usize = 4;

fn new_hasher<'a>(
    cx: &mut Cx<'a, '_>,
    class: &'static str,
    algorithm: HashAlgorithm,
    key: Option<Vec<u8>>,
) -> Eval<'a> {
    let hasher = Hasher { class, algorithm, key: key.map(RefCell::new), last: RefCell::new(None) };
    cx.arena.charge(size_of::<Hasher>())?;
    let hasher: &'a Hasher = cx.arena.keep(hasher);
    cx.new_object(Object::Hasher(hasher))
}

/// A keyed hash with a random key.
fn with_random_key<'a>(cx: &mut Cx<'a, '_>, class: &'static str, algorithm: HashAlgorithm) -> Eval<'a> {
    let mut key = vec![0; algorithm.default_key_len()];
    cx.fill(&mut key);
    new_hasher(cx, class, algorithm, Some(key))
}

fn hasher<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Hasher> {
    match a.object(0) {
        Some(Object::Hasher(hasher)) => Ok(hasher),
        _ => cx.null_reference(),
    }
}

fn compute<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, range: Option<(i32, i32)>) -> Eval<'a> {
    let hasher = hasher(cx, a)?;
    let bytes = a.bytes(cx, 1, "buffer")?;
    let part = match range {
        None => Some(bytes.as_slice()),
        Some((start, count)) => usize::try_from(start)
            .ok()
            .zip(usize::try_from(count).ok())
            .and_then(|(start, count)| bytes.get(start..start.checked_add(count)?)),
    };
    let Some(part) = part else {
        return cx.throw("System.ArgumentException", "Value was invalid.");
    };
    cx.work(part.len() * HASH_FACTOR)?;
    let hash = match &hasher.key {
        Some(key) => hasher.algorithm.hmac(&key.borrow(), part),
        None => hasher.algorithm.hash(part),
    };
    hasher.last.replace(Some(hash.clone()));
    cx.bytes(&hash)
}

pub(crate) fn define(c: &mut Builder) {
    c.define(NAMESPACE, "interface ICryptoTransform : IDisposable", |t| {
        t.add("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", transform);
    });
    c.define(NAMESPACE, "class HashAlgorithm : IDisposable", |t| {
        t.add("static HashAlgorithm Create(string hashName)", |cx, a| {
            let name = a.str(cx, 0, "hashName")?;
            match HashAlgorithm::by_name(name) {
                Some(algorithm) => new_hasher(cx, "HashAlgorithm", algorithm, None),
                None => Ok(Value::Null),
            }
        })
        .add("byte[] ComputeHash(byte[] buffer)", |cx, a| compute(cx, a, None))
        .add("byte[] ComputeHash(byte[] buffer, int offset, int count)", |cx, a| {
            compute(cx, a, Some((a.int(2), a.int(3))))
        })
        .add("byte[] Hash { get; }", |cx, a| {
            let last = hasher(cx, a)?.last.borrow().clone();
            match last {
                Some(hash) => cx.bytes(&hash),
                None => Ok(Value::Null),
            }
        })
        .add("int HashSize { get; }", |cx, a| {
            let bits = hasher(cx, a)?.algorithm.hash_len() * 8;
            Ok(Value::Int(i32::try_from(bits).unwrap_or_default()))
        })
        .add("void Initialize()", |_, _| Ok(Value::Null))
        .add("void Clear()", |_, _| Ok(Value::Null));
    });
    c.define(NAMESPACE, "class KeyedHashAlgorithm : HashAlgorithm", |t| {
        t.add_settable(
            "byte[] Key { get; set; }",
            |cx, a| {
                let key = hasher(cx, a)?.key.as_ref().map(|key| key.borrow().clone());
                cx.bytes(&key.unwrap_or_default())
            },
            |cx, a| {
                let bytes = a.bytes(cx, 1, "value")?;
                if let Some(key) = &hasher(cx, a)?.key {
                    key.replace(bytes);
                }
                Ok(Value::Null)
            },
        );
    });
    c.define(NAMESPACE, "class HMAC : KeyedHashAlgorithm", |t| {
        t.add("string HashName { get; }", |cx, a| Ok(Value::Str(hasher(cx, a)?.algorithm.name())));
    });
    macro_rules! hashes {
        ($($name:literal $managed:literal $provider:literal $hmac:literal $algorithm:ident,)*) => {
            $(
                c.define(NAMESPACE, concat!("class ", $name, " : HashAlgorithm"), |t| {
                    t.add(concat!("static ", $name, " Create()"), |cx, _| new_hasher(cx, $name, HashAlgorithm::$algorithm, None))
                        .add(concat!("static ", $name, " Create(string hashName)"), |cx, _| {
                            new_hasher(cx, $name, HashAlgorithm::$algorithm, None)
                        })
                        .add("static byte[] HashData(byte[] source)", |cx, a| {
                            let bytes = a.bytes(cx, 0, "source")?;
                            cx.work(bytes.len() * HASH_FACTOR)?;
                            cx.bytes(&HashAlgorithm::$algorithm.hash(&bytes))
                        });
                });
                for (class, text) in [
                    ($managed, concat!("class ", $managed, " : ", $name)),
                    ($provider, concat!("class ", $provider, " : ", $name)),
                ] {
                    c.define(NAMESPACE, text, |t| {
                        match class == $managed {
                            true => t.add("new()", |cx, _| new_hasher(cx, $managed, HashAlgorithm::$algorithm, None)),
                            false => t.add("new()", |cx, _| new_hasher(cx, $provider, HashAlgorithm::$algorithm, None)),
                        };
                    });
                }
                c.define(NAMESPACE, concat!("class ", $hmac, " : HMAC"), |t| {
                    t.add("new()", |cx, _| with_random_key(cx, $hmac, HashAlgorithm::$algorithm))
                        .add("new(byte[] key)", |cx, a| {
                            let key = a.bytes(cx, 0, "key")?;
                            new_hasher(cx, $hmac, HashAlgorithm::$algorithm, Some(key))
                        });
                });
            )*
        };
    }
    hashes! {
        "MD5" "MD5Managed" "MD5CryptoServiceProvider" "HMACMD5" Md5,
        "SHA1" "SHA1Managed" "SHA1CryptoServiceProvider" "HMACSHA1" Sha1,
        "SHA256" "SHA256Managed" "SHA256CryptoServiceProvider" "HMACSHA256" Sha256,
        "SHA384" "SHA384Managed" "SHA384CryptoServiceProvider" "HMACSHA384" Sha384,
        "SHA512" "SHA512Managed" "SHA512CryptoServiceProvider" "HMACSHA512" Sha512,
    }
    symmetric(c);
    asymmetric(c);
    random(c);
}

fn cipher<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Cipher> {
    match a.object(0) {
        Some(Object::Cipher(cipher)) => Ok(cipher),
        _ => cx.null_reference(),
    }
}

fn new_cipher<'a>(cx: &mut Cx<'a, '_>, class: &'static str) -> Eval<'a> {
    let (mut key, mut iv) = (vec![0; 32], vec![0; 16]);
    cx.fill(&mut key);
    cx.fill(&mut iv);
    let cipher = Cipher {
        class,
        key: RefCell::new(key),
        iv: RefCell::new(iv),
        mode: Cell::default(),
        padding: Cell::new(PaddingMode::Pkcs7),
    };
    cx.arena.charge(size_of::<Cipher>() + 48)?;
    let cipher: &'a Cipher = cx.arena.keep(cipher);
    cx.new_object(Object::Cipher(cipher))
}

fn transformer<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, given: bool, encrypts: bool) -> Eval<'a> {
    let cipher = cipher(cx, a)?;
    let (key, iv) = match given {
        true => (a.bytes(cx, 1, "rgbKey")?, a.bytes(cx, 2, "rgbIV")?),
        false => (cipher.key.borrow().clone(), cipher.iv.borrow().clone()),
    };
    let aes = cx.crypto(Aes::new(&key, &iv, cipher.mode.get(), cipher.padding.get()))?;
    let transform: &'a Transform = cx.arena.keep(Transform { aes, encrypts });
    cx.new_object(Object::Transform(transform))
}

fn run_aes<'a>(cx: &mut Cx<'a, '_>, aes: &Aes, bytes: &[u8], encrypts: bool) -> Eval<'a> {
    cx.work(bytes.len() * HASH_FACTOR)?;
    let made = match encrypts {
        true => aes.encrypt(bytes),
        false => aes.decrypt(bytes),
    };
    let made = cx.crypto(made)?;
    cx.bytes(&made)
}

fn transform<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let Some(Object::Transform(transform)) = a.object(0) else { return cx.null_reference() };
    let bytes = a.bytes(cx, 1, "inputBuffer")?;
    let range = usize::try_from(a.int(2)).ok().zip(usize::try_from(a.int(3)).ok());
    match range.and_then(|(start, count)| bytes.get(start..start.checked_add(count)?)) {
        Some(part) => run_aes(cx, &transform.aes, part, transform.encrypts),
        None => cx.throw("System.ArgumentException", "Value was invalid."),
    }
}

/// `bytes.Encrypt(algorithm, key, iv)` of APIM.
fn by_name<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, encrypts: bool) -> Eval<'a> {
    let bytes = a.bytes(cx, 0, "input")?;
    let (key, iv, mode, padding) = match a.value(1) {
        Value::Str(name) => {
            if !name.eq_ignore_ascii_case("aes")
                && !name.eq_ignore_ascii_case("System.Security.Cryptography.Aes")
            {
                let message = format!("The symmetric algorithm `{name}` is not supported; use `Aes`.");
                return cx.throw("System.ArgumentException", &message);
            }
            (a.bytes(cx, 2, "key")?, a.bytes(cx, 3, "iv")?, CipherMode::default(), PaddingMode::Pkcs7)
        }
        Value::Object(Object::Cipher(cipher)) if a.len() < 4 => {
            (cipher.key.borrow().clone(), cipher.iv.borrow().clone(), cipher.mode.get(), cipher.padding.get())
        }
        Value::Object(Object::Cipher(cipher)) => {
            (a.bytes(cx, 2, "key")?, a.bytes(cx, 3, "iv")?, cipher.mode.get(), cipher.padding.get())
        }
        _ => return cx.argument_null("alg"),
    };
    let aes = cx.crypto(Aes::new(&key, &iv, mode, padding))?;
    run_aes(cx, &aes, &bytes, encrypts)
}

fn symmetric(c: &mut Builder) {
    c.enumeration(NAMESPACE, "CipherMode", &[("CBC", 1), ("ECB", 2), ("OFB", 3), ("CFB", 4), ("CTS", 5)]);
    c.enumeration(
        NAMESPACE,
        "PaddingMode",
        &[("None", 1), ("PKCS7", 2), ("Zeros", 3), ("ANSIX923", 4), ("ISO10126", 5)],
    );
    c.define(NAMESPACE, "class SymmetricAlgorithm : IDisposable", |t| {
        t.add("static SymmetricAlgorithm Create(string algName)", |cx, a| {
            let name = a.str(cx, 0, "algName")?;
            match name.to_ascii_lowercase().contains("aes") || name.to_ascii_lowercase().contains("rijndael")
            {
                true => new_cipher(cx, "AesManaged"),
                false => Ok(Value::Null),
            }
        });
        settings(t);
    });
    c.define(NAMESPACE, "class Aes : SymmetricAlgorithm", |t| {
        t.add("static Aes Create()", |cx, _| new_cipher(cx, "AesManaged"))
            .add("static Aes Create(string algorithmName)", |cx, _| new_cipher(cx, "AesManaged"));
    });
    c.define(NAMESPACE, "class AesManaged : Aes", |t| {
        t.add("new()", |cx, _| new_cipher(cx, "AesManaged"));
    });
    c.define(NAMESPACE, "class AesCryptoServiceProvider : Aes", |t| {
        t.add("new()", |cx, _| new_cipher(cx, "AesCryptoServiceProvider"));
    });
    c.define("Microsoft.Azure.ApiManagement.Expressions", "static class CipherExtensions", |t| {
        t.add("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |cx, a| {
            by_name(cx, a, true)
        })
        .add("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)", |cx, a| by_name(cx, a, true))
        .add(
            "static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)",
            |cx, a| by_name(cx, a, true),
        )
        .add("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |cx, a| {
            by_name(cx, a, false)
        })
        .add("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)", |cx, a| {
            by_name(cx, a, false)
        })
        .add(
            "static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)",
            |cx, a| by_name(cx, a, false),
        );
    });
}

fn settings(t: &mut TypeBuilder<'_>) {
    t.add_settable(
        "byte[] Key { get; set; }",
        |cx, a| {
            let key = cipher(cx, a)?.key.borrow().clone();
            cx.bytes(&key)
        },
        |cx, a| {
            let key = a.bytes(cx, 1, "value")?;
            if !matches!(key.len(), 16 | 24 | 32) {
                return cx.crypto(Err(CryptoError::KeySize));
            }
            cipher(cx, a)?.key.replace(key);
            Ok(Value::Null)
        },
    )
    .add_settable(
        "byte[] IV { get; set; }",
        |cx, a| {
            let iv = cipher(cx, a)?.iv.borrow().clone();
            cx.bytes(&iv)
        },
        |cx, a| {
            let iv = a.bytes(cx, 1, "value")?;
            if iv.len() != 16 {
                return cx.crypto(Err(CryptoError::IvSize));
            }
            cipher(cx, a)?.iv.replace(iv);
            Ok(Value::Null)
        },
    )
    .add_settable(
        "CipherMode Mode { get; set; }",
        |cx, a| {
            let mode = match cipher(cx, a)?.mode.get() {
                CipherMode::Ecb => 2,
                CipherMode::Cbc => 1,
            };
            Ok(super::named("CipherMode", mode))
        },
        |cx, a| {
            let mode = cx.crypto(CipherMode::from_number(a.int(1)))?;
            cipher(cx, a)?.mode.set(mode);
            Ok(Value::Null)
        },
    )
    .add_settable(
        "PaddingMode Padding { get; set; }",
        |cx, a| {
            let padding = cipher(cx, a)?.padding.get();
            let number = (1..=5).find(|number| PaddingMode::from_number(*number) == Ok(padding));
            Ok(super::named("PaddingMode", number.unwrap_or(2)))
        },
        |cx, a| {
            let padding = cx.crypto(PaddingMode::from_number(a.int(1)))?;
            cipher(cx, a)?.padding.set(padding);
            Ok(Value::Null)
        },
    )
    .add_settable(
        "int KeySize { get; set; }",
        |cx, a| {
            let bits = cipher(cx, a)?.key.borrow().len() * 8;
            Ok(Value::Int(i32::try_from(bits).unwrap_or_default()))
        },
        |cx, a| match a.int(1) {
            bits @ (128 | 192 | 256) => {
                let mut key = vec![0; usize::try_from(bits / 8).unwrap_or_default()];
                cx.fill(&mut key);
                cipher(cx, a)?.key.replace(key);
                Ok(Value::Null)
            }
            _ => cx.crypto(Err(CryptoError::KeySize)),
        },
    )
    .add("int BlockSize { get; }", |_, _| Ok(Value::Int(128)))
    .add("void GenerateKey()", |cx, a| {
        let mut key = vec![0; cipher(cx, a)?.key.borrow().len()];
        cx.fill(&mut key);
        cipher(cx, a)?.key.replace(key);
        Ok(Value::Null)
    })
    .add("void GenerateIV()", |cx, a| {
        let mut iv = vec![0; 16];
        cx.fill(&mut iv);
        cipher(cx, a)?.iv.replace(iv);
        Ok(Value::Null)
    })
    .add("ICryptoTransform CreateEncryptor()", |cx, a| transformer(cx, a, false, true))
    .add("ICryptoTransform CreateEncryptor(byte[] rgbKey, byte[] rgbIV)", |cx, a| {
        transformer(cx, a, true, true)
    })
    .add("ICryptoTransform CreateDecryptor()", |cx, a| transformer(cx, a, false, false))
    .add("ICryptoTransform CreateDecryptor(byte[] rgbKey, byte[] rgbIV)", |cx, a| {
        transformer(cx, a, true, false)
    });
}

fn rsa<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a RsaKey> {
    match a.object(0) {
        Some(Object::Rsa(key)) => Ok(key),
        _ => cx.null_reference(),
    }
}

/// The algorithm of a `HashAlgorithmName`, which is its name.
fn algorithm<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, HashAlgorithm> {
    let name = match value {
        Value::Object(Object::Named(_, name)) => HashAlgorithm::by_name(name),
        _ => None,
    };
    match name {
        Some(algorithm) => Ok(algorithm),
        None => cx.throw(
            "System.ArgumentException",
            "The hash algorithm name cannot be null or empty.\nParameter name: hashAlgorithm",
        ),
    }
}

fn signature_padding(value: Value<'_>) -> SignaturePadding {
    match value.object() {
        Some(Object::Named(_, "Pss")) => SignaturePadding::Pss,
        _ => SignaturePadding::Pkcs1,
    }
}

fn encryption_padding(value: Value<'_>) -> EncryptionPadding {
    match value.object() {
        Some(Object::Named(_, name)) => match name.strip_prefix("Oaep").and_then(HashAlgorithm::by_name) {
            Some(algorithm) => EncryptionPadding::Oaep(algorithm),
            None => EncryptionPadding::Pkcs1,
        },
        _ => EncryptionPadding::Pkcs1,
    }
}

fn sign<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_hash: bool) -> Eval<'a> {
    let key = rsa(cx, a)?;
    let bytes = a.bytes(cx, 1, if is_hash { "hash" } else { "data" })?;
    let algorithm = algorithm(cx, a.value(2))?;
    cx.steps_of(PRIVATE_KEY_STEPS)?;
    cx.work(bytes.len() * HASH_FACTOR)?;
    let padding = signature_padding(a.value(3));
    let host = cx.host;
    let mut entropy = |out: &mut [u8]| {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&host.random().to_le_bytes()[..chunk.len()]);
        }
    };
    let signed = match is_hash {
        true => key.sign_hash(&bytes, algorithm, padding, &mut entropy),
        false => key.sign_data(&bytes, algorithm, padding, &mut entropy),
    };
    let signed = cx.crypto(signed)?;
    cx.bytes(&signed)
}

fn verify<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_hash: bool) -> Eval<'a> {
    let key = rsa(cx, a)?;
    let bytes = a.bytes(cx, 1, if is_hash { "hash" } else { "data" })?;
    let signature = a.bytes(cx, 2, "signature")?;
    let algorithm = algorithm(cx, a.value(3))?;
    cx.steps_of(PRIVATE_KEY_STEPS / 100)?;
    cx.work(bytes.len() * HASH_FACTOR)?;
    let padding = signature_padding(a.value(4));
    Ok(Value::Bool(match is_hash {
        true => key.verify_hash(&bytes, &signature, algorithm, padding),
        false => key.verify_data(&bytes, &signature, algorithm, padding),
    }))
}

fn crypt<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, encrypts: bool) -> Eval<'a> {
    let key = rsa(cx, a)?;
    let bytes = a.bytes(cx, 1, "data")?;
    cx.steps_of(PRIVATE_KEY_STEPS)?;
    let padding = encryption_padding(a.value(2));
    let host = cx.host;
    let mut entropy = |out: &mut [u8]| {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&host.random().to_le_bytes()[..chunk.len()]);
        }
    };
    let made = match encrypts {
        true => key.encrypt(&bytes, padding, &mut entropy),
        false => key.decrypt(&bytes, padding, &mut entropy),
    };
    let made = cx.crypto(made)?;
    cx.bytes(&made)
}

fn asymmetric(c: &mut Builder) {
    macro_rules! named {
        ($class:literal, $($member:literal $value:literal,)*) => {
            c.define(NAMESPACE, concat!("class ", $class), |t| {
                $(t.add(concat!("static ", $class, " ", $member, " { get; }"), |cx, _| {
                    cx.new_object(Object::Named($class, $value))
                });)*
            })
        };
    }
    named!("RSASignaturePadding", "Pkcs1" "Pkcs1", "Pss" "Pss",);
    named!("RSAEncryptionPadding", "Pkcs1" "Pkcs1", "OaepSHA1" "OaepSHA1", "OaepSHA256" "OaepSHA256",
        "OaepSHA384" "OaepSHA384", "OaepSHA512" "OaepSHA512",);
    c.define(NAMESPACE, "class HashAlgorithmName", |t| {
        macro_rules! names {
            ($($name:literal)*) => {
                $(t.add(concat!("static HashAlgorithmName ", $name, " { get; }"), |cx, _| {
                    cx.new_object(Object::Named("HashAlgorithmName", $name))
                });)*
            };
        }
        names!("MD5" "SHA1" "SHA256" "SHA384" "SHA512");
        t.add("new(string name)", |cx, a| {
            let name = a.opt_str(0).and_then(HashAlgorithm::by_name).map_or("", HashAlgorithm::name);
            cx.new_object(Object::Named("HashAlgorithmName", name))
        })
        .add("string Name { get; }", |_, a| match a.object(0) {
            Some(Object::Named(_, name)) => Ok(Value::Str(name)),
            _ => Ok(Value::Null),
        });
    });
    c.define(NAMESPACE, "class AsymmetricAlgorithm : IDisposable", |t| {
        t.add("int KeySize { get; }", |cx, a| {
            let bits = rsa(cx, a)?.bits();
            Ok(Value::Int(i32::try_from(bits).unwrap_or_default()))
        })
        .add("string KeyExchangeAlgorithm { get; }", |_, _| Ok(Value::Str("RSA-PKCS1-KeyEx")))
        .add("string SignatureAlgorithm { get; }", |_, _| {
            Ok(Value::Str("http://www.w3.org/2000/09/xmldsig#rsa-sha1"))
        });
    });
    c.define(NAMESPACE, "class RSA : AsymmetricAlgorithm", |t| {
        t.add("byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", |cx, a| {
            sign(cx, a, false)
        })
        .add("byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", |cx, a| {
            sign(cx, a, true)
        })
        .add("bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", |cx, a| {
            verify(cx, a, false)
        })
        .add("bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", |cx, a| {
            verify(cx, a, true)
        })
        .add("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", |cx, a| crypt(cx, a, true))
        .add("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", |cx, a| crypt(cx, a, false));
    });
}

fn random(c: &mut Builder) {
    fn fill<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        let Some(Object::Bytes(bytes)) = a.object(1) else { return cx.argument_null("data") };
        cx.work(bytes.len() * HASH_FACTOR)?;
        let mut random = vec![0; bytes.len()];
        cx.fill(&mut random);
        bytes.cells().iter().zip(random).for_each(|(cell, byte)| cell.set(byte));
        Ok(Value::Null)
    }
    c.define(NAMESPACE, "class RandomNumberGenerator : IDisposable", |t| {
        t.add("static RandomNumberGenerator Create()", |cx, _| {
            cx.new_object(Object::Named("RNGCryptoServiceProvider", ""))
        })
        .add("void GetBytes(byte[] data)", fill)
        .add("void GetNonZeroBytes(byte[] data)", |cx, a| {
            fill(cx, a)?;
            if let Some(Object::Bytes(bytes)) = a.object(1) {
                bytes.cells().iter().filter(|cell| cell.get() == 0).for_each(|cell| cell.set(1));
            }
            Ok(Value::Null)
        });
    });
    c.define(NAMESPACE, "class RNGCryptoServiceProvider : RandomNumberGenerator", |t| {
        t.add("new()", |cx, _| cx.new_object(Object::Named("RNGCryptoServiceProvider", "")));
    });
}
