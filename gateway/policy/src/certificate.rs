//! A certificate that the gateway has: read once, and kept for whatever is done with it.

use std::fmt;
use std::sync::OnceLock;

use hanse_expression::crypto::Certificate;
use hanse_expression::crypto::rsa::RsaKey;
use hanse_expression::encoding::to_hex_upper;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use crate::jose::Key;

/// A certificate with its chain and, where the gateway has it, its key.
pub struct HeldCertificate {
    chain: Vec<Vec<u8>>,
    key: Option<Vec<u8>>,
    thumbprint: Box<str>,
    digest: [u8; 32],
    parsed: OnceLock<Option<Certificate>>,
    checking: OnceLock<Option<Key>>,
    opening: OnceLock<Option<RsaKey>>,
}

impl HeldCertificate {
    /// Of certificates in DER, its own first, and of its key in DER (PKCS#8, PKCS#1 or SEC 1).
    pub fn new(chain: Vec<Vec<u8>>, key: Option<Vec<u8>>) -> Self {
        let own = chain.first().map_or(&[][..], Vec::as_slice);
        let thumbprint = to_hex_upper(digest(&SHA1_FOR_LEGACY_USE_ONLY, own).as_ref()).into();
        let mut all = Context::new(&SHA256);
        for part in chain.iter().chain(&key) {
            // The length in front keeps parts apart.
            all.update(&(part.len() as u64).to_be_bytes());
            all.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(all.finish().as_ref());
        let (parsed, checking, opening) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { chain, key, thumbprint, digest, parsed, checking, opening }
    }

    /// In DER, its own first.
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The certificate itself, in DER.
    pub fn own(&self) -> &[u8] {
        self.chain.first().map_or(&[], Vec::as_slice)
    }

    /// In DER.
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// SHA-1 in upper-case hexadecimal digits.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Tells it, its chain and its key from all others.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(crate) fn parsed(&self) -> Option<&Certificate> {
        self.parsed.get_or_init(|| Certificate::parse(self.own()).ok()).as_ref()
    }

    /// What signatures of its owner are checked with; tokens call it by its thumbprint.
    pub(crate) fn checking_key(&self) -> Option<&Key> {
        let make = || Key::of_certificate(self.own()).ok().map(|key| key.named(Some(&self.thumbprint)));
        self.checking.get_or_init(make).as_ref()
    }

    /// What opens that which was encrypted for its owner.
    pub(crate) fn opening_key(&self) -> Option<&RsaKey> {
        let make = || RsaKey::from_private(self.key.as_deref()?).ok();
        self.opening.get_or_init(make).as_ref()
    }
}

/// Shows nothing of the key.
impl fmt::Debug for HeldCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeldCertificate({})", self.thumbprint)
    }
}
