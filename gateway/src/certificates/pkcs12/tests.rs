//! Files that ask for too much, wherever in them they do, and those that programs write.

use super::*;
use crate::certificates::{
    Identity,
    tests::{Made, make, refused},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cbc::cipher::BlockModeEncrypt as _;
use cms::{
    cert::x509::spki::AlgorithmIdentifier, content_info::CmsVersion, enveloped_data::EncryptedContentInfo,
};
use der::Any;
use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use pkcs12::{pfx::Version, safe_bag::SafeBag};

const PASSWORD: &str = "secret";

/// How a part is encrypted.
#[derive(Clone, Copy)]
enum Scheme {
    Pbes2,
    TripleDes,
    Rc2,
}

const SCHEMES: [Scheme; 3] = [Scheme::Pbes2, Scheme::TripleDes, Scheme::Rc2];

/// A file as programs write it: a part with the key, one with the certificate, and a checksum.
fn written(made: &Made, scheme: Scheme, iterations: u32, mac_iterations: u32) -> Vec<u8> {
    let certificate = Certificate::from_der(made.certificate.der()).expect("a certificate");
    let key = PrivateKey::from_der(&made.key.serialize_der()).expect("a key");
    let mut store = KeyStore::new();
    store.add_entry("one", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("id", key, [certificate])));
    let algorithm = match scheme {
        Scheme::Pbes2 => EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        Scheme::TripleDes => EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        Scheme::Rc2 => EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
    };
    let writer = store.writer(PASSWORD).encryption_algorithm(algorithm).encryption_iterations(iterations);
    writer.mac_iterations(mac_iterations).write().expect("written")
}

/// The bags of a key and of its certificate.
fn bags(made: &Made) -> (SafeBag, SafeBag) {
    let bytes = written(made, Scheme::Pbes2, 1, 1);
    let content = Pfx::from_der(&bytes).expect("a file").auth_safe.content;
    let content = OctetString::from_der(&content.to_der().expect("DER")).expect("bytes");
    let safes = AuthenticatedSafe::from_der(content.as_bytes()).expect("parts");
    let mut found = Vec::new();
    for safe in &safes {
        found.extend(match Contents::of(safe).expect("contents") {
            Contents::Plain(bags) => bags,
            Contents::Encrypted(EncryptedData { enc_content_info: info, .. }) => {
                let data = info.encrypted_content.expect("something").into_bytes();
                let opened = open(&info.content_enc_alg, &data, PASSWORD).expect("opened");
                SafeContents::from_der(&opened).expect("bags")
            }
        });
    }
    for bag in &mut found {
        // Read with its tag, and written without.
        let value = ContextSpecific::<Any>::from_der(&bag.bag_value).expect("a value").value;
        bag.bag_value = value.to_der().expect("DER");
    }
    found.sort_by_key(|bag| bag.bag_id != SHROUDED_KEY_BAG);
    let [key, certificate] = found.try_into().expect("two bags");
    (key, certificate)
}

/// A bag of a key that says of itself how it is encrypted; there is nothing in it.
fn sealed_key(parameters: &pbes2::Parameters) -> SafeBag {
    let algorithm = AlgorithmIdentifier { oid: pbes2::PBES2_OID, parameters: Some(any(parameters)) };
    let encrypted_data = OctetString::new([7; 16]).expect("bytes");
    let key = EncryptedPrivateKeyInfo { encryption_algorithm: algorithm, encrypted_data };
    SafeBag { bag_id: SHROUDED_KEY_BAG, bag_value: key.to_der().expect("DER"), bag_attributes: None }
}

fn key_of(iterations: u32) -> SafeBag {
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, b"01234567", [7; 16]);
    sealed_key(&parameters.expect("parameters"))
}

fn any(content: &impl der::Encode) -> Any {
    Any::from_der(&content.to_der().expect("DER")).expect("DER")
}

fn data(content: &impl der::Encode) -> ContentInfo {
    let bytes = OctetString::new(content.to_der().expect("DER")).expect("bytes");
    ContentInfo { content_type: DATA, content: any(&bytes) }
}

fn encrypted(bags: &SafeContents, scheme: Scheme, iterations: i32) -> ContentInfo {
    let plain = bags.to_der().expect("DER");
    let salt = OctetString::new(*b"01234567").expect("bytes");
    let derive = |kind, bytes| {
        derive_key_utf8::<sha1::Sha1>(PASSWORD, salt.as_bytes(), kind, iterations, bytes).expect("derived")
    };
    let start = derive(Pkcs12KeyType::Iv, 8);
    let older = any(&Pkcs12PbeParams { salt: salt.clone(), iterations });
    let (oid, parameters, sealed) = match scheme {
        Scheme::Pbes2 => {
            let iterations = u32::try_from(iterations).expect("positive");
            let parameters =
                pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, salt.as_bytes(), [7; 16]);
            let parameters = parameters.expect("parameters");
            (pbes2::PBES2_OID, any(&parameters), parameters.encrypt(PASSWORD, &plain).expect("sealed"))
        }
        Scheme::TripleDes => {
            let key = derive(Pkcs12KeyType::EncryptionKey, 24);
            let cipher = cbc::Encryptor::<des::TdesEde3>::new_from_slices(&key, &start).expect("a cipher");
            (PBE_SHA1_3DES, older, cipher.encrypt_padded_vec::<Pkcs7>(&plain))
        }
        Scheme::Rc2 => {
            let key = derive(Pkcs12KeyType::EncryptionKey, 5);
            let cipher = cbc::Encryptor::<rc2::Rc2>::new_from_slices(&key, &start).expect("a cipher");
            (PBE_SHA1_RC2_40, older, cipher.encrypt_padded_vec::<Pkcs7>(&plain))
        }
    };
    let content = EncryptedData {
        version: CmsVersion::V0,
        enc_content_info: EncryptedContentInfo {
            content_type: DATA,
            content_enc_alg: AlgorithmIdentifier { oid, parameters: Some(parameters) },
            encrypted_content: Some(OctetString::new(sealed).expect("bytes")),
        },
        unprotected_attrs: None,
    };
    ContentInfo { content_type: ENCRYPTED_DATA, content: any(&content) }
}

/// A file without a checksum, in Base64.
fn file(safes: Vec<ContentInfo>) -> String {
    let pfx = Pfx { version: Version::V3, auth_safe: data(&safes), mac_data: None };
    STANDARD.encode(pfx.to_der().expect("DER"))
}

#[test]
fn rounds_are_bounded_at_the_bound_and_one_past_it() {
    let made = make("a", false);
    let at = written(&made, Scheme::Pbes2, 1_000, ITERATIONS_MAX - 2 * 1_000);
    let identity = Identity::read(&STANDARD.encode(&at), PASSWORD).expect("at the bound");
    assert_eq!(identity.chain, [made.certificate.der().clone()]);
    let mut past = Pfx::from_der(&at).expect("a file");
    past.mac_data.as_mut().expect("a checksum").iterations += 1;
    let (of_password, message) = refused(&STANDARD.encode(past.to_der().expect("DER")), PASSWORD);
    assert!(!of_password && message.contains("more than 600000 rounds"), "{message}");
    assert!(message.contains("openssl pkcs12 -export -iter 100000"), "{message}");
}

#[test]
fn what_programs_write_is_opened_with_room() {
    let made = make("a", false);
    let mut file = Pfx::from_der(&written(&made, Scheme::TripleDes, 1, 1)).expect("a file");
    // Java before version 16 writes the most.
    file.mac_data.as_mut().expect("a checksum").iterations = 100_000;
    file.auth_safe = data(&vec![data(&vec![key_of(50_000)]), encrypted(&vec![], Scheme::TripleDes, 50_000)]);
    assert_eq!(check_cost(&file.to_der().expect("DER"), PASSWORD), Ok(()));
}

#[test]
fn rounds_of_many_parts_count_together_those_within_encrypted_ones_among_them() {
    let share = ITERATIONS_MAX / 4;
    let keys = |count: usize| vec![key_of(share); count];
    let shares =
        |safes: Vec<ContentInfo>| check_cost(&STANDARD.decode(file(safes)).expect("Base64"), PASSWORD);
    let too_much = |safes| shares(safes).is_err_and(|it| format!("{it:?}").contains("rounds of hashing"));
    assert_eq!(shares(vec![data(&keys(4))]), Ok(()));
    assert!(too_much(vec![data(&keys(5))]));
    assert!(too_much(vec![data(&keys(3)), data(&keys(2))]));
    for scheme in SCHEMES {
        // One round is for the part itself: three of the four shares are left for the keys in it.
        assert_eq!(shares(vec![encrypted(&keys(3), scheme, 1)]), Ok(()));
        assert!(too_much(vec![encrypted(&keys(4), scheme, 1)]));
        assert!(too_much(vec![data(&keys(2)), encrypted(&keys(2), scheme, 1)]));
        assert!(too_much(vec![
            encrypted(&keys(1), scheme, 1),
            data(&keys(3)),
            encrypted(&vec![], scheme, 1)
        ]));
    }
    // With another password nothing is opened, and nothing in it hashed.
    let text = file(vec![encrypted(&keys(5), Scheme::Pbes2, 1)]);
    assert!(refused(&text, "wrong").0);
}

#[test]
fn parts_are_bounded_at_the_bound_and_one_past_it() {
    let made = make("a", false);
    let (key, certificate) = bags(&made);
    // The key, and the two parts that bags are in, count as well.
    let with = |certificates: usize| {
        let certificates = vec![certificate.clone(); certificates];
        file(vec![data(&vec![key.clone()]), encrypted(&certificates, Scheme::Pbes2, 1)])
    };
    assert!(Identity::read(&with(PARTS_MAX - 3), PASSWORD).is_ok());
    assert!(refused(&with(PARTS_MAX - 2), PASSWORD).1.contains("more than 64 parts"));
    let safes = |count: usize| file(vec![data(&SafeContents::new()); count]);
    assert!(refused(&safes(PARTS_MAX), PASSWORD).1.contains("no certificate"));
    assert!(refused(&safes(PARTS_MAX + 1), PASSWORD).1.contains("more than 64 parts"));
    // In PEM they are those of both kinds.
    let pem = |certificates: usize| made.key.serialize_pem() + &made.certificate.pem().repeat(certificates);
    assert!(Identity::read(&pem(PARTS_MAX - 1), "").is_ok());
    assert!(refused(&pem(PARTS_MAX), "").1.contains("more than 64 parts"));
}

#[test]
fn what_costs_more_than_hashing_or_belongs_to_no_certificate_is_refused() {
    let scrypt = pbes2::ScryptParams {
        salt: b"salt".as_slice().try_into().expect("salt"),
        cost_parameter: 1 << 20,
        block_size: 8,
        parallelization: 16,
        key_length: None,
    };
    let encryption = pbes2::EncryptionScheme::Aes256Cbc { iv: [7; 16] };
    let scrypt = sealed_key(&pbes2::Parameters { kdf: scrypt.into(), encryption });
    assert!(refused(&file(vec![data(&vec![scrypt])]), PASSWORD).1.contains("not supported"));
    let secret = SafeBag { bag_id: SECRET_BAG, ..key_of(1) };
    assert!(refused(&file(vec![data(&vec![secret])]), PASSWORD).1.contains("a secret in the PKCS#12 file"));
}
