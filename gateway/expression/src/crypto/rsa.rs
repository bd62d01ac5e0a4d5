//! RSA keys: signatures and encryption with both paddings of each.
//!
//! The one idea: a key is public, or public and private; what needs the private half says so. Every
//! private operation is blinded with the [`Entropy`] passed in.
//!
//! Differs from .NET: decryption with PKCS#1 padding never says that the padding is wrong (it gives
//! other bytes instead, as current OpenSSL does), because saying so tells attackers the message.

use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePublicKey as _};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::PublicKeyParts as _;
use rsa::{PrivateKey, PublicKey};

use super::hash::with_digest;
use super::{CryptoError, Entropy, HashAlgorithm, pem};

/// Longest encoded key, in bytes. Keys have 1024 to 8192 bits.
pub const KEY_BYTES_MAX: usize = 64 * 1024;

/// `RSASignaturePadding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignaturePadding {
    Pkcs1,
    /// With a salt as long as the hash.
    Pss,
}

/// `RSAEncryptionPadding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptionPadding {
    Pkcs1,
    Oaep(HashAlgorithm),
}

/// An RSA key; shows nothing of itself when printed.
#[derive(Clone)]
pub struct RsaKey {
    public: PublicKey,
    private: Option<PrivateKey>,
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RsaKey({} bits, private: {})", self.bits(), self.private.is_some())
    }
}

impl RsaKey {
    /// A private key in PKCS#8 or PKCS#1, DER or PEM.
    ///
    /// # Errors
    /// [`CryptoError::Asn1`] or [`CryptoError::TooLong`].
    pub fn from_private(bytes: &[u8]) -> Result<Self, CryptoError> {
        let der = key_der(bytes, &["PRIVATE KEY", "RSA PRIVATE KEY"])?;
        let key = PrivateKey::from_pkcs8_der(&der).ok().or_else(|| PrivateKey::from_pkcs1_der(&der).ok());
        let private = key.ok_or(CryptoError::Asn1)?;
        Ok(Self { public: private.to_public_key(), private: Some(private) })
    }

    /// A public key as a certificate has it (`SubjectPublicKeyInfo`), or in PKCS#1; DER or PEM.
    ///
    /// # Errors
    /// [`CryptoError::Asn1`] or [`CryptoError::TooLong`].
    pub fn from_public(bytes: &[u8]) -> Result<Self, CryptoError> {
        let der = key_der(bytes, &["PUBLIC KEY", "RSA PUBLIC KEY"])?;
        let key = PublicKey::from_public_key_der(&der).ok().or_else(|| PublicKey::from_pkcs1_der(&der).ok());
        Ok(Self { public: key.ok_or(CryptoError::Asn1)?, private: None })
    }

    /// The key without its private half.
    pub fn to_public(&self) -> Self {
        Self { public: self.public.clone(), private: None }
    }

    pub fn has_private(&self) -> bool {
        self.private.is_some()
    }

    /// `KeySize`.
    pub fn bits(&self) -> usize {
        8 * self.public.size()
    }

    /// Modulus and exponent, each from its most significant byte, without leading zeros.
    pub fn components(&self) -> (Vec<u8>, Vec<u8>) {
        (self.public.n_bytes().into_vec(), self.public.e_bytes().into_vec())
    }

    /// `SubjectPublicKeyInfo`.
    pub fn public_der(&self) -> Vec<u8> {
        self.public.to_public_key_der().map(|der| der.into_vec()).unwrap_or_default()
    }

    /// `SignData`.
    ///
    /// # Errors
    /// As [`Self::sign_hash`].
    pub fn sign_data(
        &self,
        data: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, CryptoError> {
        self.sign_hash(&algorithm.hash(data), algorithm, padding, entropy)
    }

    /// `SignHash`.
    ///
    /// # Errors
    /// [`CryptoError::NoPrivateKey`], [`CryptoError::HashSize`], [`CryptoError::KeyTooSmall`].
    pub fn sign_hash(
        &self,
        hash: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, CryptoError> {
        let key = self.private()?;
        check_hash(hash, algorithm)?;
        let mut rng = Rng(entropy);
        let signature = with_digest!(algorithm, D => match padding {
            SignaturePadding::Pkcs1 => key.pkcs1v15_sign_prehash_with_rng::<D, _>(&mut rng, hash),
            SignaturePadding::Pss => key.pss_sign_prehash_with_rng::<D, _>(&mut rng, hash),
        });
        signature.map_err(|_| CryptoError::KeyTooSmall)
    }

    /// `VerifyData`.
    pub fn verify_data(
        &self,
        data: &[u8],
        signature: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
    ) -> bool {
        self.verify_hash(&algorithm.hash(data), signature, algorithm, padding)
    }

    /// `VerifyHash`; whatever does not fit is just no signature.
    pub fn verify_hash(
        &self,
        hash: &[u8],
        signature: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
    ) -> bool {
        let key = &self.public;
        let result = with_digest!(algorithm, D => match padding {
            SignaturePadding::Pkcs1 => key.pkcs1v15_verify_prehash::<D>(hash, signature),
            SignaturePadding::Pss => key.pss_verify_prehash::<D>(hash, signature),
        });
        result.is_ok()
    }

    /// `Encrypt`.
    ///
    /// # Errors
    /// [`CryptoError::MessageLength`].
    pub fn encrypt(
        &self,
        plain: &[u8],
        padding: EncryptionPadding,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, CryptoError> {
        let overhead = match padding {
            EncryptionPadding::Pkcs1 => 11,
            EncryptionPadding::Oaep(algorithm) => 2 * algorithm.hash_len() + 2,
        };
        let max = self.public.size().checked_sub(overhead).ok_or(CryptoError::KeyTooSmall)?;
        if plain.len() > max {
            return Err(CryptoError::MessageLength { max });
        }
        let (key, mut rng) = (&self.public, Rng(entropy));
        let secret = match padding {
            EncryptionPadding::Pkcs1 => key.pkcs1v15_encrypt_with_rng(&mut rng, plain),
            EncryptionPadding::Oaep(algorithm) => {
                with_digest!(algorithm, D => key.oaep_encrypt_with_rng::<D, _>(&mut rng, plain))
            }
        };
        secret.map_err(|_| CryptoError::MessageLength { max })
    }

    /// `Decrypt`.
    ///
    /// # Errors
    /// [`CryptoError::NoPrivateKey`], [`CryptoError::DecryptLength`], [`CryptoError::Oaep`].
    pub fn decrypt(
        &self,
        secret: &[u8],
        padding: EncryptionPadding,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, CryptoError> {
        let key = self.private()?;
        if secret.len() != self.public.size() {
            return Err(CryptoError::DecryptLength);
        }
        let mut rng = Rng(entropy);
        match padding {
            EncryptionPadding::Pkcs1 => {
                key.pkcs1v15_decrypt_with_rng(&mut rng, secret).map_err(|_| CryptoError::DecryptLength)
            }
            EncryptionPadding::Oaep(algorithm) => {
                let plain = with_digest!(algorithm, D => key.oaep_decrypt_with_rng::<D, _>(&mut rng, secret));
                plain.map_err(|_| CryptoError::Oaep)
            }
        }
    }

    fn private(&self) -> Result<&PrivateKey, CryptoError> {
        self.private.as_ref().ok_or(CryptoError::NoPrivateKey)
    }
}

fn key_der(bytes: &[u8], labels: &[&str]) -> Result<Vec<u8>, CryptoError> {
    if bytes.len() > KEY_BYTES_MAX {
        return Err(CryptoError::TooLong { what: "a key", max: KEY_BYTES_MAX });
    }
    pem::der(bytes, labels).ok_or(CryptoError::Asn1)
}

fn check_hash(hash: &[u8], algorithm: HashAlgorithm) -> Result<(), CryptoError> {
    let (expected, found) = (algorithm.hash_len(), hash.len());
    if expected != found {
        return Err(CryptoError::HashSize { algorithm: algorithm.name(), expected, found });
    }
    Ok(())
}

/// The crate's idea of randomness over ours.
struct Rng<'e>(&'e mut dyn Entropy);

impl TryRng for Rng<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Rng<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::from_base64;

    const PRIVATE: &[u8] = include_bytes!("testdata/rsa.key");
    const SHA: HashAlgorithm = HashAlgorithm::Sha256;

    /// Unforeseeable enough for tests, and the same each time.
    fn entropy() -> impl FnMut(&mut [u8]) {
        let mut state = 0x9E37_79B9_u32;
        move |bytes: &mut [u8]| {
            for byte in bytes {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                *byte = state as u8;
            }
        }
    }

    #[test]
    fn keys_come_in_four_shapes() {
        let key = RsaKey::from_private(PRIVATE).unwrap();
        assert!(key.has_private() && key.bits() == 2048);
        assert!(RsaKey::from_private(include_bytes!("testdata/rsa-pkcs1.key")).unwrap().has_private());
        assert!(
            !format!("{key:?}").contains(char::is_lowercase)
                || format!("{key:?}") == "RsaKey(2048 bits, private: true)"
        );
        let public = RsaKey::from_public(&key.public_der()).unwrap();
        assert!(!public.has_private() && !key.to_public().has_private());
        for wrong in
            [&b""[..], b"x", b"\x30\x00", b"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----"]
        {
            assert_eq!(RsaKey::from_private(wrong).unwrap_err(), CryptoError::Asn1);
            assert_eq!(RsaKey::from_public(wrong).unwrap_err(), CryptoError::Asn1);
        }
        let padded = |len: usize| [PRIVATE, &vec![b'\n'; len - PRIVATE.len()]].concat();
        assert!(RsaKey::from_private(&padded(KEY_BYTES_MAX)).is_ok());
        assert!(matches!(RsaKey::from_private(&padded(KEY_BYTES_MAX + 1)), Err(CryptoError::TooLong { .. })));
    }

    #[test]
    fn signatures_are_those_of_others() {
        let key = RsaKey::from_private(PRIVATE).unwrap();
        // Made with `openssl dgst -sign`.
        for (algorithm, signature) in [
            (HashAlgorithm::Md5, include_str!("testdata/hello.md5.sig")),
            (HashAlgorithm::Sha1, include_str!("testdata/hello.sha1.sig")),
            (HashAlgorithm::Sha256, include_str!("testdata/hello.sha256.sig")),
            (HashAlgorithm::Sha384, include_str!("testdata/hello.sha384.sig")),
            (HashAlgorithm::Sha512, include_str!("testdata/hello.sha512.sig")),
        ] {
            let signature = from_base64(signature).unwrap();
            let ours = key.sign_data(b"hello", algorithm, SignaturePadding::Pkcs1, &mut entropy()).unwrap();
            assert_eq!(ours, signature, "{algorithm:?}");
            assert!(key.to_public().verify_data(b"hello", &signature, algorithm, SignaturePadding::Pkcs1));
        }
        let theirs = from_base64(include_str!("testdata/hello.pss.sig")).unwrap();
        assert!(key.verify_data(b"hello", &theirs, SHA, SignaturePadding::Pss));
        let ours = key.sign_data(b"hello", SHA, SignaturePadding::Pss, &mut entropy()).unwrap();
        assert!(key.verify_data(b"hello", &ours, SHA, SignaturePadding::Pss));
        for (data, signature, algorithm, padding) in [
            (&b"hellO"[..], &theirs[..], SHA, SignaturePadding::Pss),
            (b"hello", &theirs, SHA, SignaturePadding::Pkcs1),
            (b"hello", &theirs, HashAlgorithm::Sha384, SignaturePadding::Pss),
            (b"hello", &theirs[1..], SHA, SignaturePadding::Pss),
            (b"hello", b"", SHA, SignaturePadding::Pkcs1),
        ] {
            assert!(!key.verify_data(data, signature, algorithm, padding));
        }
        assert!(!key.verify_hash(b"short", &theirs, SHA, SignaturePadding::Pss));
    }

    #[test]
    fn what_cannot_be_signed_says_why() {
        let key = RsaKey::from_private(PRIVATE).unwrap();
        let sign = |key: &RsaKey, hash: &[u8]| {
            key.sign_hash(hash, SHA, SignaturePadding::Pkcs1, &mut entropy()).map(|_| ())
        };
        assert_eq!(sign(&key, &[0; 32]), Ok(()));
        assert_eq!(
            sign(&key, &[0; 31]),
            Err(CryptoError::HashSize { algorithm: "SHA256", expected: 32, found: 31 })
        );
        let error = sign(&key.to_public(), &[0; 32]).unwrap_err();
        assert_eq!(error, CryptoError::NoPrivateKey);
        assert_eq!(error.exception(), "System.Security.Cryptography.CryptographicException");
    }

    #[test]
    fn messages_are_encrypted_for_the_private_key() {
        let key = RsaKey::from_private(PRIVATE).unwrap();
        for (padding, max) in [
            (EncryptionPadding::Pkcs1, 245),
            (EncryptionPadding::Oaep(HashAlgorithm::Sha1), 214),
            (EncryptionPadding::Oaep(SHA), 190),
        ] {
            for len in [0, max] {
                let plain = vec![7; len];
                let secret = key.to_public().encrypt(&plain, padding, &mut entropy()).unwrap();
                assert_eq!(key.decrypt(&secret, padding, &mut entropy()), Ok(plain), "{padding:?}");
            }
            let long = key.encrypt(&vec![7; max + 1], padding, &mut entropy());
            assert_eq!(long, Err(CryptoError::MessageLength { max }), "{padding:?}");
        }
        let theirs = from_base64(include_str!("testdata/hello.oaep")).unwrap();
        let oaep = EncryptionPadding::Oaep(HashAlgorithm::Sha1);
        assert_eq!(key.decrypt(&theirs, oaep, &mut entropy()).unwrap(), b"hello");
        assert_eq!(
            key.decrypt(&theirs, EncryptionPadding::Oaep(SHA), &mut entropy()),
            Err(CryptoError::Oaep)
        );
        assert_eq!(key.decrypt(&theirs[1..], oaep, &mut entropy()), Err(CryptoError::DecryptLength));
        assert_eq!(key.to_public().decrypt(&theirs, oaep, &mut entropy()), Err(CryptoError::NoPrivateKey));
    }
}
