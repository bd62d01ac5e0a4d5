//! A signed token taken apart, strictly: what is not exactly as RFC 7515 has it is refused.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hanse_expression::jwt::Jwt;

use super::TOKEN_BYTES_MAX;
use super::key::{Algorithm, Key};

/// Most keys that one token is held against.
pub(crate) const KEYS_TRIED_MAX: usize = 32;

/// How tokens say that nobody signed them.
const UNSIGNED: &str = "none";

/// A token that may have been signed.
pub(crate) struct Token<'t> {
    pub(crate) jwt: Jwt,
    /// `None`: it says that nobody signed it.
    algorithm: Option<Algorithm>,
    pub(crate) key_id: Option<String>,
    signed: &'t str,
    signature: Vec<u8>,
}

/// Why a token is refused, whatever keys there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("JWT is longer than {TOKEN_BYTES_MAX} bytes.")]
    Long,
    #[error("JWT is not well formed.")]
    Form,
    #[error("JWT asks for extensions (`crit`) that are not supported.")]
    Critical,
    #[error("JWT is signed in a way that is not supported.")]
    Algorithm,
    #[error("JWT is encrypted in a way that is not supported.")]
    Encryption,
    #[error("JWT could not be decrypted.")]
    Sealed,
}

/// Who signed a token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Signer<'k> {
    Is(&'k Key),
    /// One of the keys is called what the token says, and did not sign it.
    Forged,
    /// None of the keys is called what the token says, and none signed it.
    Unknown,
    /// It does not say which key signed it, and none did.
    None,
}

impl<'t> Token<'t> {
    /// Takes a token in compact form apart. Nothing is checked yet but its form.
    pub(crate) fn read(text: &'t str) -> Result<Self, Flaw> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Flaw::Long);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Flaw::Form);
        };
        let signed = &text[..header.len() + 1 + payload.len()];
        let (header, payload) = (decoded(header)?, decoded(payload)?);
        let signature = decoded(signature)?;
        let jwt = Jwt::strictly(&header, &payload).ok_or(Flaw::Form)?;
        if member(&jwt, "crit").is_some() {
            return Err(Flaw::Critical);
        }
        let algorithm = match text_member(&jwt, "alg")?.ok_or(Flaw::Form)? {
            UNSIGNED if signature.is_empty() => None,
            UNSIGNED => return Err(Flaw::Form),
            name => Some(Algorithm::of(name).ok_or(Flaw::Algorithm)?),
        };
        let key_id = text_member(&jwt, "kid")?.map(str::to_owned);
        Ok(Self { jwt, algorithm, key_id, signed, signature })
    }

    /// It says that nobody signed it.
    pub(crate) fn is_unsigned(&self) -> bool {
        self.algorithm.is_none()
    }

    /// It says that it is signed in a way that this key is for.
    pub(crate) fn may_be_of(&self, key: &Key) -> bool {
        self.algorithm.is_some_and(|algorithm| key.takes(algorithm))
    }

    /// Finds out which of the keys signed it: first those of the name it gives, then all others.
    pub(crate) fn signer<'k>(&self, keys: impl Iterator<Item = &'k Key> + Clone) -> Signer<'k> {
        let Some(algorithm) = self.algorithm else {
            return Signer::None;
        };
        let is_named = |key: &Key| self.key_id.is_some() && key.id.as_deref() == self.key_id.as_deref();
        let fitting = keys.filter(|key| key.takes(algorithm));
        let (named, others) =
            (fitting.clone().filter(|key| is_named(key)), fitting.filter(|key| !is_named(key)));
        let mut is_known = false;
        for (tried, key) in named.chain(others).enumerate() {
            if tried >= KEYS_TRIED_MAX {
                break;
            }
            if key.signed(algorithm, self.signed.as_bytes(), &self.signature) {
                return Signer::Is(key);
            }
            is_known |= is_named(key);
        }
        match (&self.key_id, is_known) {
            (Some(_), true) => Signer::Forged,
            (Some(_), false) => Signer::Unknown,
            (None, _) => Signer::None,
        }
    }
}

/// True for a token that is encrypted: it has five parts.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 4
}

pub(super) fn decoded(part: &str) -> Result<Vec<u8>, Flaw> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Form)
}

fn member<'j>(jwt: &'j Jwt, name: &str) -> Option<&'j hanse_expression::jwt::Json> {
    jwt.header.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn text_member<'j>(jwt: &'j Jwt, name: &str) -> Result<Option<&'j str>, Flaw> {
    match member(jwt, name) {
        None => Ok(None),
        Some(hanse_expression::jwt::Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Flaw::Form),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jose::testing::{HsKey, RsKey, token};

    fn read(header: &str, payload: &str, signature: &str) -> Result<(), Flaw> {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let text = format!("{}.{}.{signature}", encode(header), encode(payload));
        Token::read(&text).map(|_| ())
    }

    #[test]
    fn what_is_not_exactly_a_token_is_refused() {
        let alg = r#"{"alg":"RS256"}"#;
        assert_eq!(read(alg, "{}", "c2ln"), Ok(()));
        assert_eq!(read(r#"{"alg":"RS256","typ":"whatever"}"#, "{}", "c2ln"), Ok(()));
        for (header, payload, signature, flaw) in [
            (alg, "{}", "c2ln=", Flaw::Form),
            (alg, "{}", "c2lnc", Flaw::Form),
            (alg, "[]", "c2ln", Flaw::Form),
            ("{}", "{}", "c2ln", Flaw::Form),
            (r#"{"alg":["RS256"]}"#, "{}", "c2ln", Flaw::Form),
            (r#"{"alg":"RS256","kid":7}"#, "{}", "c2ln", Flaw::Form),
            (r#"{"alg":"RS256","alg":"none"}"#, "{}", "c2ln", Flaw::Form),
            (alg, r#"{"sub":"a","sub":"b"}"#, "c2ln", Flaw::Form),
            (r#"{"alg":"RS256","crit":["exp"],"exp":1}"#, "{}", "c2ln", Flaw::Critical),
            (r#"{"alg":"RS256","crit":[]}"#, "{}", "c2ln", Flaw::Critical),
            (r#"{"alg":"none"}"#, "{}", "c2ln", Flaw::Form),
            (r#"{"alg":"None"}"#, "{}", "", Flaw::Algorithm),
            (r#"{"alg":"rs256"}"#, "{}", "c2ln", Flaw::Algorithm),
            (r#"{"alg":"ES512"}"#, "{}", "c2ln", Flaw::Algorithm),
            (r#"{"alg":""}"#, "{}", "c2ln", Flaw::Algorithm),
        ] {
            assert_eq!(read(header, payload, signature), Err(flaw), "{header} {payload} {signature}");
        }
        for text in ["", ".", "..", "e30.e30", "a.b.c.d", "é.é.é"] {
            assert!(Token::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn length_is_bounded() {
        let head = "eyJhbGciOiJSUzI1NiJ9.e30.";
        let padded = |len: usize| format!("{head}{}", "A".repeat(len - head.len()));
        assert_ne!(Token::read(&padded(TOKEN_BYTES_MAX)).err(), Some(Flaw::Long));
        assert_eq!(Token::read(&padded(TOKEN_BYTES_MAX + 1)).err(), Some(Flaw::Long));
    }

    #[test]
    fn keys_are_tried_by_name_first_and_not_without_end() {
        let ours = HsKey::new(1);
        let text = ours.token(Some("ours"), "{}");
        let parsed = Token::read(&text).unwrap();
        let strange = |n: usize| HsKey::new(100 + n as u8).key().named(Some(&format!("other-{n}")));
        let mut keys: Vec<Key> = (0..KEYS_TRIED_MAX).map(strange).collect();
        keys.push(ours.key().named(Some("ours")));
        assert_eq!(parsed.signer(keys.iter()), Signer::Is(&keys[KEYS_TRIED_MAX]));
        // Without the name it comes too late.
        keys[KEYS_TRIED_MAX].id = None;
        assert_eq!(parsed.signer(keys.iter()), Signer::Unknown);
        keys.swap_remove(0);
        assert!(matches!(parsed.signer(keys.iter()), Signer::Is(_)));
    }

    #[test]
    fn a_public_key_is_no_secret() {
        let rsa = RsKey::new();
        // The attacker knows the public key, signs with its text, and says HS256.
        for text in [rsa.modulus(), String::from_utf8_lossy(&rsa.der()).into_owned()] {
            let forged = HsKey::of(text.as_bytes()).token(Some("k"), "{}");
            let key = rsa.key().named(Some("k"));
            assert_eq!(Token::read(&forged).unwrap().signer([&key].into_iter()), Signer::Unknown);
        }
    }

    #[test]
    fn keys_that_a_token_brings_along_are_not_looked_at() {
        let (ours, theirs) = (RsKey::new(), RsKey::other());
        let jwk = format!(r#"{{"kty":"RSA","n":"{}","e":"AQAB","kid":"k"}}"#, theirs.modulus());
        let header = format!(
            r#"{{"alg":"RS256","kid":"k","jwk":{jwk},"jku":"https://evil.test/","x5u":"https://evil.test/","x5c":[""]}}"#
        );
        let text = token(&header, "{}", |message| theirs.sign(message));
        let key = ours.key().named(Some("k"));
        assert_eq!(Token::read(&text).unwrap().signer([&key].into_iter()), Signer::Forged);
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text: String, body in "[{}\\[\\]\",:0-9eE.a-]{0,40}") {
            let _ = Token::read(&text);
            let _ = read(&body, &body, "");
        }
    }
}
