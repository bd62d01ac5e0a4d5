//! Keys that signatures are checked with.
//!
//! A key is read once and then only used: numbers, points and prepared secrets lie ready. Each kind of
//! key takes the algorithms of its kind alone, so that nobody's public key is ever taken for a secret.

use std::fmt;
use std::ops::RangeInclusive;

use hanse_expression::crypto::Certificate;
use hanse_expression::encoding::{from_base64, from_base64url};
use ring::hmac;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

/// Bits of RSA keys: shorter ones are no protection, longer ones cost too much.
const RSA_BITS: RangeInclusive<usize> = 2_048..=8_192;
/// Bytes of a public exponent; all in use have three or less.
const EXPONENT_BYTES_MAX: usize = 8;
/// Bytes of a secret that tokens are signed with: fewer can be guessed, and more are no protection.
const SECRET_BYTES: RangeInclusive<usize> = 16..=1_024;

/// What is the beginning of a point that is written in full.
const UNCOMPRESSED: u8 = 4;
const RSA_OID: &str = "1.2.840.113549.1.1.1";
const EC_OID: &str = "1.2.840.10045.2.1";

/// How a token may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
}

/// A key that signatures are checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What `kid` of a token names it by.
    pub(crate) id: Option<Box<str>>,
    /// The only algorithm it is for; `None`: all of its kind.
    pub(crate) only: Option<Algorithm>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa { modulus: Box<[u8]>, exponent: Box<[u8]> },
    Point { curve: Curve, point: Box<[u8]> },
    Secret { bytes: Box<[u8]>, prepared: Box<[hmac::Key; 3]> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
}

/// Why something is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("{0} is not Base64")]
    NotBase64(&'static str),
    #[error(
        "a symmetric key has {min} to {max} bytes, this one has {0}",
        min = SECRET_BYTES.start(),
        max = SECRET_BYTES.end()
    )]
    SecretSize(usize),
    #[error("an RSA key has {min} to {max} bits, this one has {0}", min = RSA_BITS.start(), max = RSA_BITS.end())]
    RsaSize(usize),
    #[error("the exponent of an RSA key has 1 to {EXPONENT_BYTES_MAX} bytes and is odd")]
    Exponent,
    #[error("tokens are signed with RSA or ECDSA (P-256, P-384), this key is of another kind")]
    Kind,
    #[error("no certificate can be read in it")]
    Certificate,
}

impl Algorithm {
    /// By its name in a token, as it is written there.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            _ => return None,
        })
    }

    fn of_rsa(self) -> Option<&'static signature::RsaParameters> {
        Some(match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            _ => return None,
        })
    }

    fn of_secret(self) -> Option<usize> {
        Some(match self {
            Self::Hs256 => 0,
            Self::Hs384 => 1,
            Self::Hs512 => 2,
            _ => return None,
        })
    }

    fn of_curve(self) -> Option<Curve> {
        match self {
            Self::Es256 => Some(Curve::P256),
            Self::Es384 => Some(Curve::P384),
            _ => None,
        }
    }
}

impl Curve {
    fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    fn algorithm(self) -> &'static signature::EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::P384 => &signature::ECDSA_P384_SHA384_FIXED,
        }
    }
}

impl Key {
    /// A secret in Base64.
    pub(crate) fn secret(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = from_base64(text).ok().or_else(|| from_base64url(text));
        let bytes = bytes.ok_or(KeyError::NotBase64("the key"))?;
        if !SECRET_BYTES.contains(&bytes.len()) {
            return Err(KeyError::SecretSize(bytes.len()));
        }
        let prepared = [hmac::HMAC_SHA256, hmac::HMAC_SHA384, hmac::HMAC_SHA512];
        let prepared = Box::new(prepared.map(|algorithm| hmac::Key::new(algorithm, &bytes)));
        Ok(Self { id: None, only: None, material: Material::Secret { bytes: bytes.into(), prepared } })
    }

    /// An RSA key by modulus and exponent, both in Base64url.
    pub(crate) fn rsa(modulus: &str, exponent: &str) -> Result<Self, KeyError> {
        let modulus = from_base64url(modulus.trim()).ok_or(KeyError::NotBase64("`n`"))?;
        let exponent = from_base64url(exponent.trim()).ok_or(KeyError::NotBase64("`e`"))?;
        Self::of_numbers(&modulus, &exponent)
    }

    fn of_numbers(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        let bits = modulus.first().map_or(0, |first| 8 * modulus.len() - first.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            return Err(KeyError::RsaSize(bits));
        }
        let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
        if !is_odd || exponent.len() > EXPONENT_BYTES_MAX {
            return Err(KeyError::Exponent);
        }
        let material = Material::Rsa { modulus: modulus.into(), exponent: exponent.into() };
        Ok(Self { id: None, only: None, material })
    }

    /// The public key of a certificate in DER.
    pub(crate) fn of_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let certificate = Certificate::parse(der).map_err(|_| KeyError::Certificate)?;
        let info = certificate.public_key();
        match info.oid.as_str() {
            RSA_OID => {
                let (modulus, exponent) = certificate.rsa_public_key().ok_or(KeyError::Kind)?.components();
                Self::of_numbers(&modulus, &exponent)
            }
            EC_OID => {
                let curves = [Curve::P256, Curve::P384];
                let curve = curves.into_iter().find(|curve| curve.oid() == info.parameters);
                Self::of_point(curve.ok_or(KeyError::Kind)?, &info.key)
            }
            _ => Err(KeyError::Kind),
        }
    }

    /// A point on a curve by its coordinates, both in Base64url.
    pub(crate) fn point(curve: &str, x: &str, y: &str) -> Result<Self, KeyError> {
        let curve = match curve {
            "P-256" => Curve::P256,
            "P-384" => Curve::P384,
            _ => return Err(KeyError::Kind),
        };
        let mut point = vec![UNCOMPRESSED];
        point.extend(from_base64url(x).ok_or(KeyError::NotBase64("`x`"))?);
        point.extend(from_base64url(y).ok_or(KeyError::NotBase64("`y`"))?);
        Self::of_point(curve, &point)
    }

    fn of_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let is_whole = point.len() == 1 + 2 * curve.coordinate_bytes() && point[0] == UNCOMPRESSED;
        if !is_whole {
            return Err(KeyError::Kind);
        }
        Ok(Self { id: None, only: None, material: Material::Point { curve, point: point.into() } })
    }

    pub(crate) fn named(self, id: Option<&str>) -> Self {
        Self { id: id.filter(|id| !id.is_empty()).map(Into::into), ..self }
    }

    /// True when it is the same key, whatever it is called.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.material == other.material
    }

    /// True when the key may be what signed something so.
    pub(crate) fn takes(&self, algorithm: Algorithm) -> bool {
        let is_of_kind = match &self.material {
            Material::Rsa { .. } => algorithm.of_rsa().is_some(),
            Material::Point { curve, .. } => algorithm.of_curve() == Some(*curve),
            Material::Secret { .. } => algorithm.of_secret().is_some(),
        };
        is_of_kind && self.only.is_none_or(|only| only == algorithm)
    }

    /// True when it is this key that signed `message`.
    pub(crate) fn signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.takes(algorithm) {
            return false;
        }
        match &self.material {
            Material::Rsa { modulus, exponent } => algorithm.of_rsa().is_some_and(|parameters| {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, message, signature).is_ok()
            }),
            Material::Point { curve, point } => {
                UnparsedPublicKey::new(curve.algorithm(), point).verify(message, signature).is_ok()
            }
            Material::Secret { prepared, .. } => algorithm
                .of_secret()
                .is_some_and(|at| hmac::verify(&prepared[at], message, signature).is_ok()),
        }
    }
}

impl Curve {
    /// As certificates name it.
    fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07",
            Self::P384 => b"\x06\x05\x2B\x81\x04\x00\x22",
        }
    }
}

impl PartialEq for Material {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rsa { modulus, exponent }, Self::Rsa { modulus: n, exponent: e }) => {
                modulus == n && exponent == e
            }
            (Self::Point { curve, point }, Self::Point { curve: c, point: p }) => curve == c && point == p,
            (Self::Secret { bytes, .. }, Self::Secret { bytes: other, .. }) => bytes == other,
            _ => false,
        }
    }
}

impl Eq for Material {}

/// Shows nothing of itself.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn sizes_of_keys_are_bounded_at_both_ends() {
        let secret = |bytes: usize| Key::secret(&BASE64_STANDARD.encode(vec![7; bytes])).err();
        assert_eq!(secret(15), Some(KeyError::SecretSize(15)));
        assert_eq!((secret(16), secret(1_024)), (None, None));
        assert_eq!(secret(1_025), Some(KeyError::SecretSize(1_025)));
        let rsa = |bytes: usize, first: u8, e: &str| {
            let mut modulus = vec![0xAB; bytes];
            modulus[0] = first;
            Key::rsa(&BASE64_URL_SAFE_NO_PAD.encode(modulus), e).err()
        };
        assert_eq!(rsa(256, 0x7F, "AQAB"), Some(KeyError::RsaSize(2_047)));
        assert_eq!((rsa(256, 0x80, "AQAB"), rsa(257, 0, "AQAB"), rsa(1_024, 0xFF, "Aw")), (None, None, None));
        assert_eq!(rsa(1_025, 1, "AQAB"), Some(KeyError::RsaSize(8_193)));
        assert_eq!(rsa(256, 0x80, "AQAA"), Some(KeyError::Exponent));
        assert_eq!(rsa(256, 0x80, ""), Some(KeyError::Exponent));
        assert_eq!(Key::rsa("!", "AQAB").err(), Some(KeyError::NotBase64("`n`")));
        assert_eq!(Key::secret("no base 64!").err(), Some(KeyError::NotBase64("the key")));
    }

    #[test]
    fn keys_say_nothing_of_themselves() {
        let key = Key::secret(&BASE64_STANDARD.encode([7; 32])).unwrap();
        assert_eq!(format!("{key:?}"), "Key");
        assert_eq!(
            KeyError::SecretSize(3).to_string(),
            "a symmetric key has 16 to 1024 bytes, this one has 3"
        );
    }
}
