//! Secrets at rest: sealed before they enter a command, opened where they are used.
//!
//! The one idea: one cluster key, from which a key for each purpose is derived, so that a leaked
//! fingerprint key opens nothing. No randomness of its own: the caller gives the nonce, which
//! must never come twice. Must not know what it seals.

use hanse_proto::v1;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::hmac;
use std::fmt;

/// Which cluster key sealed a value; there is one so far.
const KEY_ID: u32 = 1;
const KEY_BYTES: usize = 32;
/// Bound to every sealed value, so that a ciphertext of another purpose does not open.
const SEALED_AAD: &[u8] = b"hanse sealed secret 1";

/// A sealed value that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error(
        "the secret was sealed with key {found}, this node has key {KEY_ID}: give it the cluster's key file"
    )]
    UnknownKey { found: u32 },
    #[error("the secret does not open: it was changed, or sealed with another cluster's key file")]
    NotAuthentic,
}

/// The keys that follow from the cluster key.
#[derive(Clone)]
pub struct Keyring {
    sealing: LessSafeKey,
    fingerprinting: hmac::Key,
    fingerprint_key: [u8; KEY_BYTES],
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("key_id", &KEY_ID).finish_non_exhaustive()
    }
}

impl Keyring {
    /// The keyring of a cluster.
    pub fn new(cluster_key: &[u8; KEY_BYTES]) -> Self {
        let sealing = derive(cluster_key, b"seal");
        let fingerprint_key = derive(cluster_key, b"fingerprint");
        let sealing = UnboundKey::new(&AES_256_GCM, &sealing).expect("the key has the length of AES-256");
        Self {
            sealing: LessSafeKey::new(sealing),
            fingerprinting: hmac::Key::new(hmac::HMAC_SHA256, &fingerprint_key),
            fingerprint_key,
        }
    }

    /// Seals a secret. A nonce must be used once only: take it from a random source.
    pub fn seal(&self, plaintext: &[u8], nonce: [u8; NONCE_LEN]) -> v1::Sealed {
        let mut body = plaintext.to_vec();
        self.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(SEALED_AAD), &mut body)
            .expect("a secret is far shorter than what AES-GCM can seal");
        let mut ciphertext = nonce.to_vec();
        ciphertext.append(&mut body);
        v1::Sealed { key_id: KEY_ID, ciphertext, fingerprint: self.fingerprint(plaintext) }
    }

    /// The secret that was sealed.
    ///
    /// # Errors
    /// When it was sealed with another key, or changed since.
    pub fn open(&self, sealed: &v1::Sealed) -> Result<Vec<u8>, KeyringError> {
        if sealed.key_id != KEY_ID {
            return Err(KeyringError::UnknownKey { found: sealed.key_id });
        }
        let (nonce, body) =
            sealed.ciphertext.split_at_checked(NONCE_LEN).ok_or(KeyringError::NotAuthentic)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyringError::NotAuthentic)?;
        let mut body = body.to_vec();
        let plaintext = self
            .sealing
            .open_in_place(nonce, Aad::from(SEALED_AAD), &mut body)
            .map_err(|_| KeyringError::NotAuthentic)?;
        Ok(plaintext.to_vec())
    }

    /// A keyed hash of a secret: equal for equal secrets, and says nothing without the key.
    pub fn fingerprint(&self, plaintext: &[u8]) -> Vec<u8> {
        hmac::sign(&self.fingerprinting, plaintext).as_ref().to_vec()
    }

    /// The HMAC-SHA256 key of [`Self::fingerprint`], for who looks keys up by their fingerprint.
    pub fn fingerprint_key(&self) -> [u8; KEY_BYTES] {
        self.fingerprint_key
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

fn derive(cluster_key: &[u8; KEY_BYTES], purpose: &[u8]) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    Salt::new(HKDF_SHA256, b"hanse keyring 1")
        .extract(cluster_key)
        .expand(&[purpose], Length)
        .and_then(|okm| okm.fill(&mut key))
        .expect("HKDF gives 32 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(byte: u8) -> Keyring {
        Keyring::new(&[byte; KEY_BYTES])
    }

    #[test]
    fn a_sealed_secret_opens_to_what_it_was() {
        for secret in [&b""[..], b"hunter2", &[0; 4096]] {
            let sealed = ring(7).seal(secret, [1; NONCE_LEN]);
            assert_eq!(sealed.key_id, KEY_ID);
            assert!(secret.is_empty() || !sealed.ciphertext.windows(secret.len()).any(|part| part == secret));
            assert_eq!(ring(7).open(&sealed).unwrap(), secret);
        }
    }

    #[test]
    fn a_changed_secret_does_not_open() {
        let sealed = ring(7).seal(b"hunter2", [1; NONCE_LEN]);
        for at in 0..sealed.ciphertext.len() {
            let mut changed = sealed.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(ring(7).open(&changed), Err(KeyringError::NotAuthentic), "byte {at}");
        }
        for len in 0..sealed.ciphertext.len() {
            let mut cut = sealed.clone();
            cut.ciphertext.truncate(len);
            assert_eq!(ring(7).open(&cut), Err(KeyringError::NotAuthentic), "{len} bytes");
        }
    }

    #[test]
    fn another_key_opens_nothing() {
        let mut sealed = ring(7).seal(b"hunter2", [1; NONCE_LEN]);
        assert_eq!(ring(8).open(&sealed), Err(KeyringError::NotAuthentic));
        sealed.key_id = 2;
        assert_eq!(ring(7).open(&sealed), Err(KeyringError::UnknownKey { found: 2 }));
    }

    #[test]
    fn fingerprints_are_keyed_and_equal_for_equal_secrets() {
        assert_eq!(ring(7).fingerprint(b"a"), ring(7).seal(b"a", [9; NONCE_LEN]).fingerprint);
        assert_ne!(ring(7).fingerprint(b"a"), ring(7).fingerprint(b"b"));
        assert_ne!(ring(7).fingerprint(b"a"), ring(8).fingerprint(b"a"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &ring(7).fingerprint_key());
        assert_eq!(hmac::sign(&key, b"a").as_ref(), ring(7).fingerprint(b"a"));
    }
}
