//! Encrypted tokens (RFC 7516): opened before anything else is looked at.
//!
//! Whatever fails is one failure, so that nobody learns from it how far a guess came.

use hanse_expression::crypto::HashAlgorithm;
use hanse_expression::crypto::aes::{Aes, CipherMode, PaddingMode};
use hanse_expression::crypto::rsa::{EncryptionPadding, RsaKey};
use hanse_expression::jwt::{Json, strict_object};
use ring::hmac;

use super::TOKEN_BYTES_MAX;
use super::token::{Flaw, decoded};

/// A key that encrypted tokens are opened with.
pub(crate) enum OpeningKey {
    /// The content's own key.
    Secret(Box<[u8]>),
    /// The private key of a certificate.
    Rsa(Box<RsaKey>),
}

/// How the content is encrypted: with one half of the key, and vouched for with the other.
#[derive(Clone, Copy)]
struct Encryption {
    half_bytes: usize,
    hmac: hmac::Algorithm,
}

impl Encryption {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "A128CBC-HS256" => Self { half_bytes: 16, hmac: hmac::HMAC_SHA256 },
            "A192CBC-HS384" => Self { half_bytes: 24, hmac: hmac::HMAC_SHA384 },
            "A256CBC-HS512" => Self { half_bytes: 32, hmac: hmac::HMAC_SHA512 },
            _ => return None,
        })
    }
}

/// How the content's key comes to the reader.
#[derive(Clone, Copy)]
enum Way {
    Direct,
    Oaep(HashAlgorithm),
}

/// What is in an encrypted token: a token again.
pub(crate) fn open(text: &str, keys: &[OpeningKey], mut random: impl FnMut() -> u64) -> Result<String, Flaw> {
    if text.len() > TOKEN_BYTES_MAX {
        return Err(Flaw::Long);
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [header, wrapped, vector, content, tag] = parts[..] else {
        return Err(Flaw::Form);
    };
    let (way, encryption) = read_header(&decoded(header)?)?;
    let wrapped = decoded(wrapped)?;
    let (vector, content, tag) = (decoded(vector)?, decoded(content)?, decoded(tag)?);
    let mut entropy = |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&random().to_le_bytes()[..chunk.len()]);
        }
    };
    for key in keys {
        let secret = match (key, way) {
            (OpeningKey::Secret(secret), Way::Direct) if wrapped.is_empty() => secret.to_vec(),
            (OpeningKey::Rsa(key), Way::Oaep(hash)) => {
                match key.decrypt(&wrapped, EncryptionPadding::Oaep(hash), &mut entropy) {
                    Ok(secret) => secret,
                    Err(_) => continue,
                }
            }
            _ => continue,
        };
        if let Some(plain) = unseal(encryption, &secret, header, &vector, &content, &tag) {
            return String::from_utf8(plain).map_err(|_| Flaw::Form);
        }
    }
    Err(Flaw::Sealed)
}

fn read_header(header: &[u8]) -> Result<(Way, Encryption), Flaw> {
    let header = strict_object(header).ok_or(Flaw::Form)?;
    let find = |name: &str| header.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    if find("crit").is_some() {
        return Err(Flaw::Critical);
    }
    // What is small when it comes may be endless when it is unpacked.
    if find("zip").is_some() {
        return Err(Flaw::Encryption);
    }
    let member = |name: &str| match find(name) {
        Some(Json::String(text)) => Ok(text.as_str()),
        _ => Err(Flaw::Form),
    };
    let way = match member("alg")? {
        "dir" => Way::Direct,
        "RSA-OAEP" => Way::Oaep(HashAlgorithm::Sha1),
        "RSA-OAEP-256" => Way::Oaep(HashAlgorithm::Sha256),
        // RSA1_5 among them: its padding can be guessed at.
        _ => return Err(Flaw::Encryption),
    };
    Ok((way, Encryption::of(member("enc")?).ok_or(Flaw::Encryption)?))
}

/// RFC 7518, 5.2.2.2.
fn unseal(
    encryption: Encryption,
    secret: &[u8],
    header: &str,
    vector: &[u8],
    content: &[u8],
    tag: &[u8],
) -> Option<Vec<u8>> {
    let Encryption { half_bytes, hmac } = encryption;
    if secret.len() != 2 * half_bytes {
        return None;
    }
    let (vouching, reading) = secret.split_at(half_bytes);
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac, vouching));
    context.update(header.as_bytes());
    context.update(vector);
    context.update(content);
    context.update(&(8 * header.len() as u64).to_be_bytes());
    let expected = context.sign();
    if !is_same(&expected.as_ref()[..half_bytes], tag) {
        return None;
    }
    let aes = Aes::new(reading, vector, CipherMode::Cbc, PaddingMode::Pkcs7).ok()?;
    aes.decrypt(content).ok()
}

/// Takes as long whatever differs.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::testing::{RsKey, sealed};

    #[test]
    fn what_was_sealed_for_us_is_opened() {
        for (enc, bytes) in [("A128CBC-HS256", 32), ("A192CBC-HS384", 48), ("A256CBC-HS512", 64)] {
            let secret: Vec<u8> = (0..bytes).collect();
            let text = sealed("dir", enc, &secret, b"", "a.b.c");
            let keys =
                |secret: &[u8]| [OpeningKey::Secret(vec![1; 32].into()), OpeningKey::Secret(secret.into())];
            assert_eq!(open(&text, &keys(&secret), || 7).as_deref(), Ok("a.b.c"), "{enc}");
            let mut other = secret.clone();
            other[0] ^= 1;
            assert_eq!(open(&text, &keys(&other), || 7), Err(Flaw::Sealed));
            assert_eq!(open(&text, &[], || 7), Err(Flaw::Sealed));
            // Each part is vouched for.
            for at in [0, 2, 3, 4] {
                let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
                let changed = if parts[at].starts_with('A') { "B" } else { "A" };
                parts[at].replace_range(..1, changed);
                assert!(open(&parts.join("."), &keys(&secret), || 7).is_err(), "{enc} {at}");
            }
        }
    }

    #[test]
    fn keys_come_wrapped_for_a_certificate() {
        let ours = RsKey::new();
        let secret = [9; 32];
        for (alg, hash) in [("RSA-OAEP", HashAlgorithm::Sha1), ("RSA-OAEP-256", HashAlgorithm::Sha256)] {
            let key = ours.private();
            let mut entropy = |bytes: &mut [u8]| bytes.fill(5);
            let wrapped = key.encrypt(&secret, EncryptionPadding::Oaep(hash), &mut entropy).unwrap();
            let text = sealed(alg, "A128CBC-HS256", &secret, &wrapped, "inner");
            let keys = [OpeningKey::Rsa(Box::new(RsKey::other().private())), OpeningKey::Rsa(Box::new(key))];
            assert_eq!(open(&text, &keys, || 7).as_deref(), Ok("inner"), "{alg}");
            assert_eq!(open(&text, &keys[..1], || 7), Err(Flaw::Sealed));
        }
    }

    #[test]
    fn other_ways_are_refused() {
        let secret = [9; 32];
        let keys = [OpeningKey::Secret(secret.to_vec().into())];
        for (alg, enc) in [("RSA1_5", "A128CBC-HS256"), ("A128KW", "A128CBC-HS256"), ("dir", "A128GCM")] {
            let text = sealed(alg, enc, &secret, b"", "x");
            assert_eq!(open(&text, &keys, || 7), Err(Flaw::Encryption), "{alg} {enc}");
        }
        for (header, flaw) in [
            (r#"{"alg":"dir","enc":"A128CBC-HS256","zip":"DEF"}"#, Flaw::Encryption),
            (r#"{"alg":"dir","enc":"A128CBC-HS256","crit":["x"]}"#, Flaw::Critical),
            (r#"{"alg":"dir","alg":"dir","enc":"A128CBC-HS256"}"#, Flaw::Form),
            ("{}", Flaw::Form),
        ] {
            assert_eq!(read_header(header.as_bytes()).err(), Some(flaw), "{header}");
        }
    }
}
