//! What opening a PKCS#12 file costs, known before it is opened.
//!
//! One idea: such a file says itself how often a password is hashed to open each of its parts, so a small
//! one can ask for hours. The counts are added up first, those that stand within an encrypted part when
//! that part alone has been opened, and a file that asks for too much is refused.

use super::{PARTS_MAX, Refused, too_many_parts};
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _, block_padding::Pkcs7};
use cms::{
    cert::x509::spki::AlgorithmIdentifierOwned, content_info::ContentInfo, encrypted_data::EncryptedData,
};
use der::{
    Decode, Encode as _,
    asn1::{ContextSpecific, ObjectIdentifier, OctetString},
};
use pkcs5::pbes2::{self, Kdf};
use pkcs12::{
    AuthenticatedSafe,
    kdf::{Pkcs12KeyType, derive_key_utf8},
    pbe_params::{EncryptedPrivateKeyInfo, Pkcs12PbeParams},
    pfx::Pfx,
    safe_bag::SafeContents,
};

/// Rounds of hashing that opening one file may take, those for all of its parts and its checksum together.
/// OpenSSL asks for three times 2,048, Windows for three times 2,000, Java for three times 10,000 and
/// before its version 16 for 200,000 in all.
pub const ITERATIONS_MAX: u32 = 600_000;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const SECRET_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.5");
const PBE_SHA1_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const PBE_SHA1_RC2_40: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");

/// Refuses a file that takes too much to open.
///
/// # Errors
/// Which bound it exceeds, or why that cannot be told.
pub fn check_cost(bytes: &[u8], password: &str) -> Result<(), Refused> {
    let pfx = Pfx::from_der(bytes).map_err(|_| unreadable())?;
    let safes = pfx.auth_safe.content.to_der().and_then(|it| OctetString::from_der(&it));
    let safes = safes.map_err(|_| unreadable())?;
    let safes = AuthenticatedSafe::from_der(safes.as_bytes()).map_err(|_| unreadable())?;
    let mut cost = Cost::default();
    if let Some(mac) = &pfx.mac_data {
        cost.add_iterations(counted(mac.iterations))?;
    }
    // What can be seen at once comes before anything is opened.
    let mut encrypted = Vec::new();
    for safe in &safes {
        cost.add_part()?;
        match Contents::of(safe)? {
            Contents::Plain(contents) => cost.add_bags(&contents)?,
            Contents::Encrypted(data) => {
                cost.add_iterations(iterations(&data.enc_content_info.content_enc_alg)?)?;
                encrypted.push(data);
            }
        }
    }
    for EncryptedData { enc_content_info: info, .. } in encrypted {
        let Some(content) = &info.encrypted_content else { continue };
        // What does not open costs no more either: whoever opens the file stops there.
        let opened = open(&info.content_enc_alg, content.as_bytes(), password);
        if let Some(contents) = opened.and_then(|it| SafeContents::from_der(&it).ok()) {
            cost.add_bags(&contents)?;
        }
    }
    Ok(())
}

enum Contents {
    Plain(SafeContents),
    Encrypted(EncryptedData),
}

impl Contents {
    fn of(safe: &ContentInfo) -> Result<Contents, Refused> {
        let content = safe.content.to_der().map_err(|_| unreadable())?;
        let read = match safe.content_type {
            DATA => OctetString::from_der(&content)
                .and_then(|it| SafeContents::from_der(it.as_bytes()))
                .map(Contents::Plain),
            ENCRYPTED_DATA => EncryptedData::from_der(&content).map(Contents::Encrypted),
            _ => return Err(unsupported()),
        };
        read.map_err(|_| unreadable())
    }
}

#[derive(Default)]
struct Cost {
    iterations: u32,
    parts: usize,
}

impl Cost {
    fn add_iterations(&mut self, iterations: u32) -> Result<(), Refused> {
        self.iterations = self.iterations.saturating_add(iterations);
        if self.iterations <= ITERATIONS_MAX {
            return Ok(());
        }
        Err(Refused::Data(format!(
            "opening the PKCS#12 file takes more than {ITERATIONS_MAX} rounds of hashing; write it with fewer: \
             openssl pkcs12 -in OLD -nodes | openssl pkcs12 -export -iter 100000 -out NEW"
        )))
    }

    fn add_part(&mut self) -> Result<(), Refused> {
        self.parts += 1;
        if self.parts > PARTS_MAX { Err(too_many_parts()) } else { Ok(()) }
    }

    fn add_bags(&mut self, bags: &SafeContents) -> Result<(), Refused> {
        for bag in bags {
            self.add_part()?;
            match bag.bag_id {
                SHROUDED_KEY_BAG => {
                    let key = ContextSpecific::<EncryptedPrivateKeyInfo>::from_der(&bag.bag_value);
                    let key = key.map_err(|_| unreadable())?.value;
                    self.add_iterations(iterations(&key.encryption_algorithm)?)?;
                }
                SECRET_BAG => {
                    let message = "there is a secret in the PKCS#12 file that is no private key; \
                                   export the certificate with its private key alone";
                    return Err(Refused::Data(message.to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// How often a password is hashed to open something. Rounds of scrypt need memory as well, and no program
/// that is known writes it into such a file.
fn iterations(algorithm: &AlgorithmIdentifierOwned) -> Result<u32, Refused> {
    match (algorithm.oid, &parameters(algorithm)?) {
        (pbes2::PBES2_OID, parameters) => match pbes2::Parameters::from_der(parameters) {
            Ok(pbes2::Parameters { kdf: Kdf::Pbkdf2(kdf), .. }) => Ok(kdf.iteration_count),
            _ => Err(unsupported()),
        },
        (PBE_SHA1_3DES | PBE_SHA1_RC2_40, parameters) => {
            let parameters = Pkcs12PbeParams::from_der(parameters).map_err(|_| unreadable())?;
            Ok(counted(parameters.iterations))
        }
        _ => Err(unsupported()),
    }
}

/// A count as a file has it; one below zero is no round.
fn counted(iterations: i32) -> u32 {
    u32::try_from(iterations).unwrap_or_default()
}

/// Opens an encrypted part, as `p12-keystore` will; `None`: the password is another one.
fn open(algorithm: &AlgorithmIdentifierOwned, data: &[u8], password: &str) -> Option<Vec<u8>> {
    let parameters = parameters(algorithm).ok()?;
    match algorithm.oid {
        pbes2::PBES2_OID => pbes2::Parameters::from_der(&parameters).ok()?.decrypt(password, data).ok(),
        PBE_SHA1_3DES => open_pbe::<des::TdesEde3>(&parameters, data, password, 24),
        PBE_SHA1_RC2_40 => open_pbe::<rc2::Rc2>(&parameters, data, password, 5),
        _ => None,
    }
}

/// The older way of RFC 7292: key and start come from one password by a derivation each.
fn open_pbe<C: KeyInit + BlockCipherDecrypt>(
    parameters: &[u8],
    data: &[u8],
    password: &str,
    key_bytes: usize,
) -> Option<Vec<u8>> {
    const BLOCK_BYTES: usize = 8;
    let Pkcs12PbeParams { salt, iterations } = Pkcs12PbeParams::from_der(parameters).ok()?;
    let derive =
        |kind, bytes| derive_key_utf8::<sha1::Sha1>(password, salt.as_bytes(), kind, iterations, bytes);
    let key = derive(Pkcs12KeyType::EncryptionKey, key_bytes).ok()?;
    let start = derive(Pkcs12KeyType::Iv, BLOCK_BYTES).ok()?;
    cbc::Decryptor::<C>::new_from_slices(&key, &start).ok()?.decrypt_padded_vec::<Pkcs7>(data).ok()
}

fn parameters(algorithm: &AlgorithmIdentifierOwned) -> Result<Vec<u8>, Refused> {
    let parameters = algorithm.parameters.as_ref().ok_or_else(unreadable)?;
    parameters.to_der().map_err(|_| unreadable())
}

pub fn unreadable() -> Refused {
    Refused::Data("no PKCS#12 file can be read in it".to_owned())
}

pub fn unsupported() -> Refused {
    let message =
        "the PKCS#12 file is protected in a way that is not supported; export it with AES-256 and SHA-256";
    Refused::Data(message.to_owned())
}

#[cfg(test)]
mod tests;
