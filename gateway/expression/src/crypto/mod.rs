//! `System.Security.Cryptography` and certificates, as far as expressions may use them.
//!
//! The one idea: algorithms come from well-kept crates (RustCrypto's, and `ring` beneath `x509-parser` for signatures
//! of certificates); here is what .NET does around them: names, formats, and what it says when it
//! refuses. Randomness is passed in as [`Entropy`].

pub mod aes;
pub mod certificate;
pub mod chain;
pub mod hash;
pub mod names;
pub mod pem;
pub mod rsa;

pub use self::certificate::Certificate;
pub use self::hash::HashAlgorithm;

/// Where random bytes come from.
pub trait Entropy {
    /// Fills all of `bytes` with bytes that nobody can foresee.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// What went wrong, in .NET's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    #[error("Specified key is not a valid size for this algorithm.")]
    KeySize,
    #[error("Specified initialization vector (IV) does not match the block size for this algorithm.")]
    IvSize,
    #[error("The input data is not a complete block.")]
    PartialBlock,
    #[error("Padding is invalid and cannot be removed.")]
    Padding,
    #[error("Specified cipher mode is not valid for this algorithm.")]
    CipherMode,
    #[error("Specified padding mode is not valid for this algorithm.")]
    PaddingMode,
    #[error("ASN1 corrupted data.")]
    Asn1,
    #[error("Cannot find the requested object.")]
    NoCertificate,
    #[error("Object contains only the public half of a key pair. A private key must also be provided.")]
    NoPrivateKey,
    #[error("The hash value has {found} bytes, but {algorithm} makes {expected}.")]
    HashSize { algorithm: &'static str, expected: usize, found: usize },
    #[error("The message exceeds the maximum allowable length for the chosen options ({max}).")]
    MessageLength { max: usize },
    #[error("The length of the data to decrypt is not valid for the size of this key.")]
    DecryptLength,
    #[error("Error occurred while decoding OAEP padding.")]
    Oaep,
    #[error("The key is too small for the requested operation.")]
    KeyTooSmall,
    /// Longer than a bound of this module.
    #[error("cryptography: {what} must have at most {max} bytes")]
    TooLong { what: &'static str, max: usize },
}

impl CryptoError {
    /// The .NET exception that stands for this error.
    pub fn exception(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "System.NotSupportedException",
            _ => "System.Security.Cryptography.CryptographicException",
        }
    }
}
