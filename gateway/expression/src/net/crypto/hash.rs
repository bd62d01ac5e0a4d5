//! Hashes and keyed hashes: `SHA256.Create()`, `new HMACSHA256(key)` and their relatives.

use std::cell::Cell;

use super::{Crypto, NAMESPACE, crypto, disposable, object, random, range};
use crate::arena::List;
use crate::crypto::HashAlgorithm;
use crate::run::{Args, Cx, Eval, Native, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};

/// An object that hashes.
pub struct Hasher<'a> {
    pub(super) class: &'static str,
    algorithm: HashAlgorithm,
    /// Of a keyed one.
    key: Option<Cell<&'a [u8]>>,
    /// What `TransformBlock` took so far.
    taken: List<'a, u8>,
    hash: Cell<Option<&'a [u8]>>,
}

/// Hashing a byte costs as much as working on so many.
const WORK_PER_BYTE: usize = 4;

impl<'a> Hasher<'a> {
    fn compute(&self, cx: &mut Cx<'a, '_>, bytes: &[u8]) -> Eval<'a, &'a [u8]> {
        cx.work(bytes.len() * WORK_PER_BYTE)?;
        cx.step()?;
        let hash = match &self.key {
            Some(key) => self.algorithm.hmac(key.get(), bytes),
            None => self.algorithm.hash(bytes),
        };
        let hash = cx.arena.bytes(&hash)?;
        self.hash.set(Some(hash));
        self.taken.truncate(0);
        Ok(hash)
    }
}

fn plain<'a>(cx: &mut Cx<'a, '_>, class: &'static str, algorithm: HashAlgorithm) -> Eval<'a> {
    let hasher = Hasher { class, algorithm, key: None, taken: List::default(), hash: Cell::new(None) };
    object(cx, Crypto::Hasher(hasher))
}

fn keyed<'a>(
    cx: &mut Cx<'a, '_>,
    class: &'static str,
    algorithm: HashAlgorithm,
    key: Option<&'a [u8]>,
) -> Eval<'a> {
    let key = match key {
        Some(key) => key,
        None => random(cx, algorithm.default_key_len())?,
    };
    let key = Some(Cell::new(key));
    object(
        cx,
        Crypto::Hasher(Hasher { class, algorithm, key, taken: List::default(), hash: Cell::new(None) }),
    )
}

/// `new HMAC…(key)`
fn with_key<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    class: &'static str,
    algorithm: HashAlgorithm,
) -> Eval<'a> {
    let key = a.bytes(cx, 0, "key")?;
    let key = cx.arena.bytes(&key)?;
    keyed(cx, class, algorithm, Some(key))
}

const PLAIN: [(&str, HashAlgorithm); 5] = [
    ("MD5", HashAlgorithm::Md5),
    ("SHA1", HashAlgorithm::Sha1),
    ("SHA256", HashAlgorithm::Sha256),
    ("SHA384", HashAlgorithm::Sha384),
    ("SHA512", HashAlgorithm::Sha512),
];

const KEYED: [(&str, HashAlgorithm); 5] = [
    ("HMACMD5", HashAlgorithm::Md5),
    ("HMACSHA1", HashAlgorithm::Sha1),
    ("HMACSHA256", HashAlgorithm::Sha256),
    ("HMACSHA384", HashAlgorithm::Sha384),
    ("HMACSHA512", HashAlgorithm::Sha512),
];

/// `Create(name)`: null for a name that nobody has.
fn by_name<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, name: &str, classes: Classes) -> Eval<'a> {
    let wanted = a.str(cx, 0, name)?;
    let Some(algorithm) = HashAlgorithm::by_name(wanted) else { return Ok(Value::Null) };
    let is_keyed = wanted.rsplit('.').next().unwrap_or_default().to_ascii_uppercase().starts_with("HMAC");
    let class = |table: &[(&'static str, HashAlgorithm)]| {
        table.iter().find(|entry| entry.1 == algorithm).map_or("HashAlgorithm", |entry| entry.0)
    };
    match is_keyed {
        true if classes != Classes::Plain => keyed(cx, class(&KEYED), algorithm, None),
        false if classes != Classes::Keyed => plain(cx, class(&PLAIN), algorithm),
        _ => cx.throw(
            "System.InvalidCastException",
            &format!("Unable to cast what '{wanted}' names to the type it was asked of."),
        ),
    }
}

/// What a base class makes by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Classes {
    All,
    Plain,
    Keyed,
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Hasher<'a>> {
    match crypto(a, 0) {
        Some(Crypto::Hasher(hasher)) => Ok(hasher),
        _ => cx.null_reference(),
    }
}

pub(super) fn define(c: &mut Builder) {
    c.define(NAMESPACE, "class HashAlgorithm : IDisposable", |t| {
        t.add("static HashAlgorithm Create()", |cx, _| plain(cx, "SHA1", HashAlgorithm::Sha1))
            .add("static HashAlgorithm Create(string hashName)", |cx, a| {
                by_name(cx, a, "hashName", Classes::All)
            });
        computing(t);
        disposable(t);
    });
    c.define(NAMESPACE, "class KeyedHashAlgorithm : HashAlgorithm", |t| {
        t.add("static KeyedHashAlgorithm Create()", |cx, _| keyed(cx, "HMACSHA1", HashAlgorithm::Sha1, None))
            .add("static KeyedHashAlgorithm Create(string algName)", |cx, a| {
                by_name(cx, a, "algName", Classes::Keyed)
            })
            .add_settable(
                "byte[] Key { get; set; }",
                |cx, a| {
                    let key = this(cx, a)?.key.as_ref().map(Cell::get).unwrap_or_default();
                    cx.bytes(key)
                },
                |cx, a| {
                    let hasher = this(cx, a)?;
                    let key = a.bytes(cx, 1, "value")?;
                    let key = cx.arena.bytes(&key)?;
                    if let Some(cell) = &hasher.key {
                        cell.set(key);
                    }
                    Ok(Value::Null)
                },
            );
    });
    c.define(NAMESPACE, "class HMAC : KeyedHashAlgorithm", |t| {
        t.add("static HMAC Create()", |cx, _| keyed(cx, "HMACSHA1", HashAlgorithm::Sha1, None))
            .add("static HMAC Create(string algorithmName)", |cx, a| {
                by_name(cx, a, "algorithmName", Classes::Keyed)
            })
            .add("string HashName { get; }", |cx, a| Ok(Value::Str(this(cx, a)?.algorithm.name())));
    });
    macro_rules! classes {
        ($($name:literal $managed:literal $provider:literal $hmac:literal $algorithm:ident,)*) => {
            $(
                c.define(NAMESPACE, concat!("class ", $name, " : HashAlgorithm"), |t| {
                    t.add(concat!("static ", $name, " Create()"), |cx, _| plain(cx, $name, HashAlgorithm::$algorithm))
                        .add(concat!("static ", $name, " Create(string hashName)"), |cx, a| {
                            by_name(cx, a, "hashName", Classes::Plain)
                        })
                        .add("static byte[] HashData(byte[] source)", |cx, a| {
                            let bytes = a.bytes(cx, 0, "source")?;
                            cx.work(bytes.len() * WORK_PER_BYTE)?;
                            cx.bytes(&HashAlgorithm::$algorithm.hash(&bytes))
                        });
                });
                // .NET has no `MD5Managed`.
                if !$managed.is_empty() {
                    c.define(NAMESPACE, concat!("class ", $managed, " : ", $name), |t| {
                        t.add("new()", |cx, _| plain(cx, $managed, HashAlgorithm::$algorithm));
                    });
                }
                c.define(NAMESPACE, concat!("class ", $provider, " : ", $name), |t| {
                    t.add("new()", |cx, _| plain(cx, $provider, HashAlgorithm::$algorithm));
                });
                c.define(NAMESPACE, concat!("class ", $hmac, " : HMAC"), |t| {
                    t.add("new()", |cx, _| keyed(cx, $hmac, HashAlgorithm::$algorithm, None))
                        .add("new(byte[] key)", |cx, a| with_key(cx, a, $hmac, HashAlgorithm::$algorithm));
                });
            )*
        };
    }
    classes! {
        "MD5" "" "MD5CryptoServiceProvider" "HMACMD5" Md5,
        "SHA1" "SHA1Managed" "SHA1CryptoServiceProvider" "HMACSHA1" Sha1,
        "SHA256" "SHA256Managed" "SHA256CryptoServiceProvider" "HMACSHA256" Sha256,
        "SHA384" "SHA384Managed" "SHA384CryptoServiceProvider" "HMACSHA384" Sha384,
        "SHA512" "SHA512Managed" "SHA512CryptoServiceProvider" "HMACSHA512" Sha512,
    }
    c.extend("HMACSHA1", |t| {
        t.add("new(byte[] key, bool useManagedSha1)", |cx, a| {
            with_key(cx, a, "HMACSHA1", HashAlgorithm::Sha1)
        });
    });
}

fn computing(t: &mut TypeBuilder<'_>) {
    t.add("byte[] ComputeHash(byte[] buffer)", |cx, a| {
        let hasher = this(cx, a)?;
        let bytes = a.bytes(cx, 1, "buffer")?;
        let hash = hasher.compute(cx, &bytes)?;
        cx.bytes(hash)
    })
    .add("byte[] ComputeHash(byte[] buffer, int offset, int count)", |cx, a| {
        let hasher = this(cx, a)?;
        let bytes = a.bytes(cx, 1, "buffer")?;
        let part = range(cx, &bytes, (a.int(2), "offset"), a.int(3))?;
        let hash = hasher.compute(cx, &part)?;
        cx.bytes(hash)
    })
    .add(
        "int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)",
        |cx, a| {
            let part = take(cx, a)?;
            if let Some(Object::Bytes(output)) = a.object(4) {
                let start = usize::try_from(a.int(5)).unwrap_or(usize::MAX);
                for (at, byte) in part.iter().enumerate() {
                    output.set(start.saturating_add(at), *byte);
                }
            }
            Ok(a.value(3))
        },
    )
    .add("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", |cx, a| {
        let part = take(cx, a)?;
        let hasher = this(cx, a)?;
        let all: Vec<u8> = hasher.taken.iter().collect();
        hasher.compute(cx, &all)?;
        cx.bytes(&part)
    })
    .add("byte[] Hash { get; }", |cx, a| match this(cx, a)?.hash.get() {
        Some(hash) => cx.bytes(hash),
        None => Ok(Value::Null),
    })
    .add("int HashSize { get; }", |cx, a| {
        let bits = this(cx, a)?.algorithm.hash_len() * 8;
        Ok(Value::Int(i32::try_from(bits).unwrap_or_default()))
    })
    .add("void Initialize()", |cx, a| {
        let hasher = this(cx, a)?;
        hasher.taken.truncate(0);
        hasher.hash.set(None);
        Ok(Value::Null)
    });
    let one: Native = |_, _| Ok(Value::Int(1));
    let yes: Native = |_, _| Ok(Value::Bool(true));
    t.add("int InputBlockSize { get; }", one)
        .add("int OutputBlockSize { get; }", one)
        .add("bool CanReuseTransform { get; }", yes)
        .add("bool CanTransformMultipleBlocks { get; }", yes);
}

/// Takes a block into what is hashed at the end.
fn take<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Vec<u8>> {
    let hasher = this(cx, a)?;
    let bytes = a.bytes(cx, 1, "inputBuffer")?;
    let part = range(cx, &bytes, (a.int(2), "inputOffset"), a.int(3))?;
    for byte in &part {
        hasher.taken.push(cx.arena, *byte)?;
    }
    Ok(part)
}
