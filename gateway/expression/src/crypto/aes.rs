//! AES as .NET's `Aes` has it: CBC and ECB, with its paddings and its words for what is wrong.
//!
//! The one idea: the block cipher comes from a crate, chaining and padding are few lines here, since
//! .NET tells apart failures that general padding code folds into one.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};

use super::CryptoError;

/// Bytes of a block, and of an initialization vector.
pub const BLOCK_BYTES: usize = 16;

/// Longest text that is encrypted or decrypted, in bytes.
pub const CIPHER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// `CipherMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CipherMode {
    #[default]
    Cbc,
    Ecb,
}

/// `PaddingMode`. `ISO10126` needs randomness and is refused, as no one was seen to use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaddingMode {
    None,
    #[default]
    Pkcs7,
    Zeros,
    AnsiX923,
}

/// An AES key with the way to use it.
pub struct Aes {
    cipher: Cipher,
    mode: CipherMode,
    padding: PaddingMode,
    iv: [u8; BLOCK_BYTES],
}

enum Cipher {
    Bits128(Aes128),
    Bits192(Aes192),
    Bits256(Aes256),
}

// === impl CipherMode ===

impl CipherMode {
    /// From the enumeration's number.
    ///
    /// # Errors
    /// [`CryptoError::CipherMode`] for the modes not built: OFB, CFB and CTS.
    pub fn from_number(number: i32) -> Result<Self, CryptoError> {
        match number {
            1 => Ok(Self::Cbc),
            2 => Ok(Self::Ecb),
            _ => Err(CryptoError::CipherMode),
        }
    }
}

// === impl PaddingMode ===

impl PaddingMode {
    /// From the enumeration's number.
    ///
    /// # Errors
    /// [`CryptoError::PaddingMode`].
    pub fn from_number(number: i32) -> Result<Self, CryptoError> {
        match number {
            1 => Ok(Self::None),
            2 => Ok(Self::Pkcs7),
            3 => Ok(Self::Zeros),
            4 => Ok(Self::AnsiX923),
            _ => Err(CryptoError::PaddingMode),
        }
    }
}

// === impl Aes ===

impl Aes {
    /// A key of 16, 24 or 32 bytes; the vector of 16 bytes is not looked at in ECB.
    ///
    /// # Errors
    /// [`CryptoError::KeySize`] or [`CryptoError::IvSize`].
    pub fn new(key: &[u8], iv: &[u8], mode: CipherMode, padding: PaddingMode) -> Result<Self, CryptoError> {
        let cipher = match key.len() {
            16 => Aes128::new_from_slice(key).map(Cipher::Bits128),
            24 => Aes192::new_from_slice(key).map(Cipher::Bits192),
            _ => Aes256::new_from_slice(key).map(Cipher::Bits256),
        };
        let cipher = cipher.map_err(|_| CryptoError::KeySize)?;
        let iv = match mode {
            CipherMode::Ecb => [0; BLOCK_BYTES],
            CipherMode::Cbc => iv.try_into().map_err(|_| CryptoError::IvSize)?,
        };
        Ok(Self { cipher, mode, padding, iv })
    }

    /// Encrypts and pads.
    ///
    /// # Errors
    /// [`CryptoError::PartialBlock`] without padding, [`CryptoError::TooLong`].
    pub fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        bounded(plain)?;
        let mut out = self.padded(plain)?;
        let mut previous = self.iv;
        let (blocks, _) = out.as_chunks_mut::<BLOCK_BYTES>();
        for block in blocks {
            if self.mode == CipherMode::Cbc {
                xor(block, &previous);
            }
            self.cipher.encrypt(block);
            previous = *block;
        }
        Ok(out)
    }

    /// Decrypts and takes the padding away; nothing stays nothing.
    ///
    /// # Errors
    /// [`CryptoError::PartialBlock`], [`CryptoError::Padding`], [`CryptoError::TooLong`].
    pub fn decrypt(&self, secret: &[u8]) -> Result<Vec<u8>, CryptoError> {
        bounded(secret)?;
        let mut out = secret.to_vec();
        let mut previous = self.iv;
        let (blocks, rest) = out.as_chunks_mut::<BLOCK_BYTES>();
        if !rest.is_empty() {
            return Err(CryptoError::PartialBlock);
        }
        for block in blocks {
            let here = *block;
            self.cipher.decrypt(block);
            if self.mode == CipherMode::Cbc {
                xor(block, &previous);
            }
            previous = here;
        }
        self.unpad(&mut out)?;
        Ok(out)
    }

    fn padded(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let missing = BLOCK_BYTES - plain.len() % BLOCK_BYTES;
        let (count, fill, last) = match self.padding {
            // A count of padding bytes is at most 16.
            PaddingMode::Pkcs7 => (missing, missing as u8, missing as u8),
            PaddingMode::AnsiX923 => (missing, 0, missing as u8),
            PaddingMode::Zeros => (missing % BLOCK_BYTES, 0, 0),
            PaddingMode::None if missing == BLOCK_BYTES => (0, 0, 0),
            PaddingMode::None => return Err(CryptoError::PartialBlock),
        };
        let mut out = Vec::with_capacity(plain.len() + count);
        out.extend_from_slice(plain);
        out.resize(plain.len() + count, fill);
        if count > 0
            && let Some(byte) = out.last_mut()
        {
            *byte = last;
        }
        Ok(out)
    }

    /// Looks at all padding bytes before it decides, so that time tells little of which was wrong.
    fn unpad(&self, out: &mut Vec<u8>) -> Result<(), CryptoError> {
        let (Some(last), PaddingMode::Pkcs7 | PaddingMode::AnsiX923) = (out.last().copied(), self.padding)
        else {
            return Ok(());
        };
        let count = usize::from(last);
        if count == 0 || count > BLOCK_BYTES {
            return Err(CryptoError::Padding);
        }
        let expected = if self.padding == PaddingMode::Pkcs7 { last } else { 0 };
        let start = out.len() - count;
        let difference = out[start..out.len() - 1].iter().fold(0, |all, byte| all | (byte ^ expected));
        if difference != 0 {
            return Err(CryptoError::Padding);
        }
        out.truncate(start);
        Ok(())
    }
}

impl Cipher {
    fn encrypt(&self, block: &mut [u8; BLOCK_BYTES]) {
        let mut array = Array::from(*block);
        match self {
            Self::Bits128(cipher) => cipher.encrypt_block(&mut array),
            Self::Bits192(cipher) => cipher.encrypt_block(&mut array),
            Self::Bits256(cipher) => cipher.encrypt_block(&mut array),
        }
        *block = array.into();
    }

    fn decrypt(&self, block: &mut [u8; BLOCK_BYTES]) {
        let mut array = Array::from(*block);
        match self {
            Self::Bits128(cipher) => cipher.decrypt_block(&mut array),
            Self::Bits192(cipher) => cipher.decrypt_block(&mut array),
            Self::Bits256(cipher) => cipher.decrypt_block(&mut array),
        }
        *block = array.into();
    }
}

fn xor(block: &mut [u8; BLOCK_BYTES], other: &[u8; BLOCK_BYTES]) {
    block.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
}

fn bounded(text: &[u8]) -> Result<(), CryptoError> {
    if text.len() > CIPHER_BYTES_MAX {
        return Err(CryptoError::TooLong { what: "text", max: CIPHER_BYTES_MAX });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::to_hex_upper;

    const KEY: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    const IV: &[u8; 16] = b"ABCDEFGHIJKLMNOP";

    fn aes(key_len: usize, mode: CipherMode, padding: PaddingMode) -> Aes {
        Aes::new(&KEY[..key_len], IV, mode, padding).unwrap()
    }

    #[test]
    fn texts_are_encrypted_as_others_do() {
        // Made with `openssl enc -aes-…`.
        for (key_len, mode, expected) in [
            (16, CipherMode::Cbc, "9A31474A5F0F2EB07CA7B6276C84CAA4E3E5D9099806FB67021CC85C7CD8CEC4"),
            (24, CipherMode::Cbc, "E62BE76EB330733CB32680CA88B428C05846E2250C465E640CD54A1A11D54367"),
            (32, CipherMode::Cbc, "9FC0CCE78FFC47F4490201298F45CA44E3DB6A91314AE04CB9236351652B1CA9"),
            (16, CipherMode::Ecb, "F650378914DC047E24A4D219784A9DBDC3DAAA8CD86CB565826293A8C644F65E"),
            (24, CipherMode::Ecb, "2F0F148E6B2B472DEA6BC0BA614A804B38DC1E9796890B52648E31DEA7C9A618"),
            (32, CipherMode::Ecb, "183206ABF7DF5F88D955C5C56BC1A97F7585E90F4C8AB095779AE2845197ECAD"),
        ] {
            let aes = aes(key_len, mode, PaddingMode::Pkcs7);
            let secret = aes.encrypt(b"attack at dawn, or later").unwrap();
            assert_eq!(to_hex_upper(&secret), expected, "{key_len} {mode:?}");
            assert_eq!(aes.decrypt(&secret).unwrap(), b"attack at dawn, or later");
        }
    }

    #[test]
    fn paddings_fill_and_are_taken_away() {
        let bare = aes(16, CipherMode::Ecb, PaddingMode::None);
        for (padding, plain_len, tail) in [
            (PaddingMode::Pkcs7, 13, vec![3, 3, 3]),
            (PaddingMode::Pkcs7, 16, vec![16; 16]),
            (PaddingMode::AnsiX923, 13, vec![0, 0, 3]),
            (PaddingMode::Zeros, 13, vec![0, 0, 0]),
            (PaddingMode::Zeros, 16, vec![]),
            (PaddingMode::None, 16, vec![]),
        ] {
            let plain = vec![b'x'; plain_len];
            let aes = aes(16, CipherMode::Ecb, padding);
            let secret = aes.encrypt(&plain).unwrap();
            let padded = bare.decrypt(&secret).unwrap();
            assert_eq!(&padded[plain_len..], tail, "{padding:?} {plain_len}");
            let back = aes.decrypt(&secret).unwrap();
            assert_eq!(back, if padding == PaddingMode::Zeros { padded } else { plain }, "{padding:?}");
            assert_eq!(aes.decrypt(&[]), Ok(vec![]));
        }
        assert_eq!(bare.encrypt(b"short"), Err(CryptoError::PartialBlock));
        assert_eq!(bare.decrypt(b"short"), Err(CryptoError::PartialBlock));
        for (tail, padding) in [
            ([1_u8, 1, 2, 3], PaddingMode::Pkcs7),
            ([1, 1, 1, 0], PaddingMode::Pkcs7),
            ([1, 1, 1, 17], PaddingMode::Pkcs7),
            ([1, 1, 1, 3], PaddingMode::AnsiX923),
        ] {
            let mut plain = [0; 16];
            plain[12..].copy_from_slice(&tail);
            let secret = bare.encrypt(&plain).unwrap();
            assert_eq!(
                aes(16, CipherMode::Ecb, padding).decrypt(&secret),
                Err(CryptoError::Padding),
                "{tail:?}"
            );
        }
    }

    #[test]
    fn sizes_and_modes_are_checked() {
        let new = |key: usize, iv: usize, mode| {
            Aes::new(&[0; 64][..key], &[0; 64][..iv], mode, PaddingMode::None).map(|_| ())
        };
        for len in [0, 15, 17, 31, 33] {
            assert_eq!(new(len, 16, CipherMode::Cbc), Err(CryptoError::KeySize), "{len}");
            assert_eq!(new(16, len, CipherMode::Cbc), Err(CryptoError::IvSize), "{len}");
            assert_eq!(new(16, len, CipherMode::Ecb), Ok(()), "{len}");
        }
        assert_eq!(
            (CipherMode::from_number(1), CipherMode::from_number(2)),
            (Ok(CipherMode::Cbc), Ok(CipherMode::Ecb))
        );
        assert_eq!(CipherMode::from_number(4), Err(CryptoError::CipherMode));
        assert_eq!(
            (PaddingMode::from_number(2), PaddingMode::from_number(5)),
            (Ok(PaddingMode::Pkcs7), Err(CryptoError::PaddingMode))
        );
        let long = vec![0; CIPHER_BYTES_MAX + 1];
        let aes = aes(16, CipherMode::Cbc, PaddingMode::Pkcs7);
        assert!(matches!(aes.encrypt(&long), Err(CryptoError::TooLong { .. })));
        assert!(matches!(aes.decrypt(&long), Err(CryptoError::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn what_is_encrypted_decrypts(plain: Vec<u8>, is_ecb: bool, key in prop_oneof![Just(16_usize), Just(24), Just(32)]) {
            let mode = if is_ecb { CipherMode::Ecb } else { CipherMode::Cbc };
            let aes = aes(key, mode, PaddingMode::Pkcs7);
            prop_assert_eq!(aes.decrypt(&aes.encrypt(&plain).unwrap()), Ok(plain.clone()));
            let _ = aes.decrypt(&plain);
        }
    }
}
