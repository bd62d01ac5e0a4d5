//! Keys and tokens for tests.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hanse_expression::crypto::HashAlgorithm;
use hanse_expression::crypto::aes::{Aes, CipherMode, PaddingMode};
use hanse_expression::crypto::rsa::{RsaKey, SignaturePadding};
use ring::hmac;

use super::key::Key;

/// A token of these parts, signed by `sign`.
pub(crate) fn token(header: &str, payload: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", encode(&signature))
}

fn header(algorithm: &str, id: Option<&str>) -> String {
    let id = id.map(|id| format!(r#","kid":"{id}""#)).unwrap_or_default();
    format!(r#"{{"alg":"{algorithm}","typ":"JWT"{id}}}"#)
}

/// A secret that tokens are signed with.
pub(crate) struct HsKey(Vec<u8>);

impl HsKey {
    pub(crate) fn new(seed: u8) -> Self {
        Self(vec![seed; 32])
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(crate) fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.0)
    }

    pub(crate) fn key(&self) -> Key {
        Key::secret(&self.base64()).unwrap()
    }

    pub(crate) fn token(&self, id: Option<&str>, payload: &str) -> String {
        self.token_of("HS256", hmac::HMAC_SHA256, id, payload)
    }

    pub(crate) fn token_of(
        &self,
        name: &str,
        algorithm: hmac::Algorithm,
        id: Option<&str>,
        payload: &str,
    ) -> String {
        token(&header(name, id), payload, |message| {
            hmac::sign(&hmac::Key::new(algorithm, &self.0), message).as_ref().to_vec()
        })
    }
}

/// A private key that tokens are signed with.
pub(crate) struct RsKey(&'static [u8]);

impl RsKey {
    pub(crate) fn new() -> Self {
        Self(include_bytes!("testdata/one.key"))
    }

    pub(crate) fn other() -> Self {
        Self(include_bytes!("testdata/other.key"))
    }

    pub(crate) fn private(&self) -> RsaKey {
        RsaKey::from_private(self.0).unwrap()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.private().public_der()
    }

    /// In Base64url.
    pub(crate) fn modulus(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.private().components().0)
    }

    pub(crate) fn key(&self) -> Key {
        Key::rsa(&self.modulus(), "AQAB").unwrap()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.sign_as(message, HashAlgorithm::Sha256, SignaturePadding::Pkcs1)
    }

    pub(crate) fn sign_as(&self, message: &[u8], hash: HashAlgorithm, padding: SignaturePadding) -> Vec<u8> {
        let mut entropy = |bytes: &mut [u8]| bytes.fill(7);
        self.private().sign_data(message, hash, padding, &mut entropy).unwrap()
    }

    pub(crate) fn token(&self, id: Option<&str>, payload: &str) -> String {
        token(&header("RS256", id), payload, |message| self.sign(message))
    }

    /// A set of this key alone.
    pub(crate) fn jwks(&self, id: &str) -> String {
        format!(
            r#"{{"keys":[{{"kty":"RSA","use":"sig","kid":"{id}","n":"{}","e":"AQAB"}}]}}"#,
            self.modulus()
        )
    }
}

/// An encrypted token: whatever `enc` says, the length of `secret` decides.
pub(crate) fn sealed(alg: &str, enc: &str, secret: &[u8], wrapped: &[u8], plain: &str) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let header = encode(format!(r#"{{"alg":"{alg}","enc":"{enc}"}}"#).as_bytes());
    let half = secret.len() / 2;
    let vector = [3; 16];
    let aes = Aes::new(&secret[half..], &vector, CipherMode::Cbc, PaddingMode::Pkcs7).unwrap();
    let content = aes.encrypt(plain.as_bytes()).unwrap();
    let algorithm = match half {
        16 => hmac::HMAC_SHA256,
        24 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let bits = (8 * header.len() as u64).to_be_bytes();
    let message = [header.as_bytes(), &vector, &content, &bits].concat();
    let tag = hmac::sign(&hmac::Key::new(algorithm, &secret[..half]), &message);
    format!(
        "{header}.{}.{}.{}.{}",
        encode(wrapped),
        encode(&vector),
        encode(&content),
        encode(&tag.as_ref()[..half])
    )
}
