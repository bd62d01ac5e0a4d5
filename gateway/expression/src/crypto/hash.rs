//! Hashes and keyed hashes: MD5, SHA-1, SHA-256, SHA-384, SHA-512.
//!
//! The one idea: an algorithm is a value; `Create()`, the `…Managed` classes and `HMAC…` are names for it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Digest as _;

/// `HashAlgorithmName`, as far as expressions may name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Runs an expression with `$digest` as the algorithm's type.
macro_rules! with_digest {
    ($algorithm:expr, $digest:ident => $body:expr) => {
        match $algorithm {
            $crate::crypto::HashAlgorithm::Md5 => {
                type $digest = md5::Md5;
                $body
            }
            $crate::crypto::HashAlgorithm::Sha1 => {
                type $digest = sha1::Sha1;
                $body
            }
            $crate::crypto::HashAlgorithm::Sha256 => {
                type $digest = sha2::Sha256;
                $body
            }
            $crate::crypto::HashAlgorithm::Sha384 => {
                type $digest = sha2::Sha384;
                $body
            }
            $crate::crypto::HashAlgorithm::Sha512 => {
                type $digest = sha2::Sha512;
                $body
            }
        }
    };
}
pub(super) use with_digest;

impl HashAlgorithm {
    /// By the name of the algorithm or of its class, in any case: `SHA256`, `SHA-256`,
    /// `SHA256Managed`, `HMACSHA256`, with or without `System.Security.Cryptography.` in front.
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.strip_prefix("System.Security.Cryptography.").unwrap_or(name).to_ascii_uppercase();
        let name = name.strip_prefix("HMAC").unwrap_or(&name);
        let suffixes = ["MANAGED", "CRYPTOSERVICEPROVIDER", "CNG"];
        let name = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        Some(match name {
            "MD5" => Self::Md5,
            "SHA" | "SHA1" | "SHA-1" => Self::Sha1,
            "SHA256" | "SHA-256" => Self::Sha256,
            "SHA384" | "SHA-384" => Self::Sha384,
            "SHA512" | "SHA-512" => Self::Sha512,
            _ => return None,
        })
    }

    /// `HashAlgorithmName.Name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// Length of a hash in bytes; .NET's `HashSize` counts bits.
    pub fn hash_len(self) -> usize {
        with_digest!(self, D => <D as sha2::Digest>::output_size())
    }

    /// Length in bytes of the key that a `new HMAC…()` without one makes from randomness.
    pub fn default_key_len(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    /// `ComputeHash(bytes)`.
    pub fn hash(self, bytes: &[u8]) -> Vec<u8> {
        with_digest!(self, D => D::digest(bytes).to_vec())
    }

    /// `new HMAC…(key).ComputeHash(bytes)`; keys may have any length.
    pub fn hmac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        with_digest!(self, D => {
            let mac = Hmac::<D>::new_from_slice(key).map(|mac| mac.chain_update(bytes).finalize());
            mac.map(|mac| mac.into_bytes().to_vec()).unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::to_hex_upper;

    #[test]
    fn hashes_match_published_vectors() {
        // RFC 1321 A.5 and FIPS 180-4 for `abc`; RFC 2202 and RFC 4231 case 2 for the keyed ones.
        for (name, hash, hmac) in [
            ("MD5", "900150983CD24FB0D6963F7D28E17F72", "750C783E6AB0B503EAA86E310A5DB738"),
            ("SHA1", "A9993E364706816ABA3E25717850C26C9CD0D89D", "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"),
            (
                "SHA256",
                "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
            ),
            (
                "SHA384",
                "CB00753F45A35E8BB5A03D699AC65007272C32AB0EDED1631A8B605A43FF5BED8086072BA1E7CC2358BAECA134C825A7",
                "AF45D2E376484031617F78D2B58A6B1B9C7EF464F5A01B47E42EC3736322445E8E2240CA5E69E2C78B3239ECFAB21649",
            ),
            (
                "SHA512",
                "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD\
                 454D4423643CE80E2A9AC94FA54CA49F",
                "164B7A7BFCF819E2E395FBE73B56E0A387BD64222E831FD610270CD7EA2505549758BF75C05A994A6D034F65F8F0E6FD\
                 CAEAB1A34D4A6B4B636E070A38BCE737",
            ),
        ] {
            let algorithm = HashAlgorithm::by_name(name).unwrap();
            assert_eq!((algorithm.name(), algorithm.hash_len()), (name, hash.len() / 2));
            assert_eq!(to_hex_upper(&algorithm.hash(b"abc")), hash, "{name}");
            let keyed = algorithm.hmac(b"Jefe", b"what do ya want for nothing?");
            assert_eq!(to_hex_upper(&keyed), hmac, "{name}");
            assert_eq!(algorithm.hmac(&[7; 500], b"").len(), algorithm.hash_len());
        }
    }

    #[test]
    fn names_of_classes_are_names() {
        for (name, expected) in [
            ("sha256", Some(HashAlgorithm::Sha256)),
            ("SHA-384", Some(HashAlgorithm::Sha384)),
            ("SHA1Managed", Some(HashAlgorithm::Sha1)),
            ("HMACSHA512", Some(HashAlgorithm::Sha512)),
            ("System.Security.Cryptography.MD5CryptoServiceProvider", Some(HashAlgorithm::Md5)),
            ("SHA3", None),
            ("", None),
        ] {
            assert_eq!(HashAlgorithm::by_name(name), expected, "{name}");
        }
    }
}
