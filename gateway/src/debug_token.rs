//! Tokens that let a request be traced: for one API or one workspace, and for a while.
//!
//! One idea: a token says itself what it is for and is signed with a key that all nodes have, so that any
//! unit can tell a good one without asking anybody. Must not know who was given it, nor why.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::hmac;
use std::time::Duration;

/// Longest that a token is good for.
pub const DEBUG_TOKEN_TIME_MAX: Duration = Duration::from_secs(3_600);
/// Longest text that is looked at.
const TOKEN_BYTES_MAX: usize = 1_024;
/// Keeps what is signed here apart from fingerprints of subscription keys.
const PURPOSE: &[u8] = b"\0hanse debug tokens, 1\0";

/// What may be traced with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugToken {
    /// Lower case; empty: the service's own APIs.
    pub workspace: String,
    /// Id of an API in lower case, without a revision; `None`: every API of the workspace.
    pub api: Option<String>,
    /// Milliseconds of Unix time.
    pub expires_ms: i64,
}

/// Signs and reads tokens.
#[derive(Debug, Clone)]
pub struct DebugKey(hmac::Key);

impl DebugKey {
    /// The key that belongs to a cluster's fingerprint key.
    pub fn derived_from(fingerprint_key: &[u8; 32]) -> DebugKey {
        let key = hmac::Key::new(hmac::HMAC_SHA256, fingerprint_key);
        DebugKey(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, PURPOSE).as_ref()))
    }

    /// The text of a token; `nonce` keeps two of them apart.
    pub fn write(&self, token: &DebugToken, nonce: u64) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let api = token.api.as_deref().map(|api| format!("aid={}&", encoded(api))).unwrap_or_default();
        let said = format!(
            "{api}wid={}&p=tracing&ex={}&sn={nonce:016x}",
            encoded(&token.workspace),
            token.expires_ms
        );
        let signature = hmac::sign(&self.0, said.as_bytes());
        let signature: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{said}&sg={signature}")
    }

    /// What a token says; `None`: it was not made with this key. Whether it has expired is not looked at.
    pub fn read(&self, text: &str) -> Option<DebugToken> {
        if text.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (said, signature) = text.rsplit_once("&sg=")?;
        let pairs = signature.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        let signature: Vec<u8> = pairs.collect::<Option<_>>()?;
        hmac::verify(&self.0, said.as_bytes(), &signature).ok()?;
        let value = |name: &str| {
            let pair = said.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
            Some(percent_decode_str(pair).decode_utf8_lossy().into_owned())
        };
        Some(DebugToken {
            workspace: value("wid")?,
            api: value("aid"),
            expires_ms: value("ex")?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(of: u8) -> DebugKey {
        DebugKey::derived_from(&[of; 32])
    }

    #[test]
    fn a_token_says_what_it_was_made_for() {
        for api in [None, Some("ör ders&x=1".to_owned())] {
            let token = DebugToken { workspace: "w".into(), api, expires_ms: 17 };
            assert_eq!(key(1).read(&key(1).write(&token, 5)), Some(token));
        }
    }

    #[test]
    fn nothing_of_a_token_can_be_changed() {
        let token = DebugToken { workspace: "w".into(), api: Some("a".into()), expires_ms: 17 };
        let text = key(1).write(&token, 5);
        assert_eq!(key(2).read(&text), None);
        for (from, to) in [("wid=w", "wid=v"), ("ex=17", "ex=99"), ("aid=a&", ""), ("&sg=", "&ex=99&sg=")] {
            assert_eq!(key(1).read(&text.replace(from, to)), None, "{from}");
        }
        for text in
            ["", "&sg=", "wid=w&sg=zz", "wid=w&sg=é", &format!("{}{text}", "x".repeat(TOKEN_BYTES_MAX))]
        {
            assert_eq!(key(1).read(text), None, "{text}");
        }
    }
}
