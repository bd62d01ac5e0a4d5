//! What an OpenID provider publishes: who it is, and with which keys it signs.
//!
//! Whoever fetches it is told which address is next and hands in what came; everything is read once and
//! lies ready for any number of tokens.

use serde_json::Value;

use super::key::{Algorithm, Key};
use crate::own_request::check_url;

/// Keys of one provider; a set with more is refused.
pub const PROVIDER_KEYS_MAX: usize = 128;

/// What a provider's configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIdConfig {
    pub issuer: Box<str>,
    /// Where its keys are.
    pub keys_url: String,
}

/// A provider whose tokens can be checked.
#[derive(Debug)]
pub struct OpenIdProvider {
    /// `{tenantid}` in it stands for the token's tenant.
    pub(crate) issuer: Box<str>,
    pub(crate) keys: Vec<Key>,
}

impl OpenIdConfig {
    /// Reads the document at a configuration's `url`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn read(url: &str, json: &[u8]) -> Result<Self, String> {
        let config: Value =
            serde_json::from_slice(json).map_err(|error| format!("it is no JSON: {error}"))?;
        let member = |name: &str| {
            let text = config.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.ok_or_else(|| format!("it has no `{name}`"))
        };
        let (issuer, keys_url) = (member("issuer")?, member("jwks_uri")?);
        check_url(keys_url).map_err(|error| format!("jwks_uri: {error}"))?;
        let is_secure = |url: &str| url.trim_start().to_ascii_lowercase().starts_with("https:");
        if is_secure(url) && !is_secure(keys_url) {
            return Err("jwks_uri: keys of a provider at https are not fetched by http".to_owned());
        }
        Ok(Self { issuer: issuer.into(), keys_url: keys_url.to_owned() })
    }
}

impl OpenIdProvider {
    /// Reads the set of keys that a configuration leads to. Keys that are for something else, or of a kind
    /// that no token here is signed with, are left out.
    ///
    /// # Errors
    /// What is wrong with the set.
    pub fn read(config: OpenIdConfig, json: &[u8]) -> Result<Self, String> {
        let set: Value =
            serde_json::from_slice(json).map_err(|error| format!("the keys are no JSON: {error}"))?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or("there is no list of keys")?;
        if keys.len() > PROVIDER_KEYS_MAX {
            return Err(format!("it has {} keys, {PROVIDER_KEYS_MAX} are allowed", keys.len()));
        }
        Ok(Self { issuer: config.issuer, keys: keys.iter().filter_map(key).collect() })
    }

    /// Whether a token of this issuer and tenant is the provider's own.
    pub(crate) fn is_issuer(&self, issuer: &str, tenant: Option<&str>) -> bool {
        const TENANT: &str = "{tenantid}";
        match self.issuer.split_once(TENANT) {
            None => *self.issuer == *issuer,
            Some((before, behind)) => tenant.is_some_and(|tenant| {
                !tenant.is_empty()
                    && issuer.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind)) == Some(tenant)
            }),
        }
    }
}

fn key(jwk: &Value) -> Option<Key> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    if member("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let purposes = jwk.get("key_ops").and_then(Value::as_array);
    if purposes.is_some_and(|purposes| !purposes.iter().any(|it| it == "verify")) {
        return None;
    }
    let key = match member("kty")? {
        "RSA" => Key::rsa(member("n")?, member("e")?),
        "EC" => Key::point(member("crv")?, member("x")?, member("y")?),
        // Nobody publishes a secret, so what looks like one is none.
        _ => return None,
    };
    let only = match member("alg") {
        None => None,
        Some(name) => Some(Algorithm::of(name)?),
    };
    let mut key = key.ok()?.named(member("kid"));
    key.only = only;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::testing::RsKey;

    #[test]
    fn a_configuration_says_who_and_where() {
        let read = |url: &str, json: &str| OpenIdConfig::read(url, json.as_bytes());
        let good =
            read("https://i.test/c", r#"{"issuer":"https://i.test","jwks_uri":"https://i.test/keys"}"#);
        let expected =
            OpenIdConfig { issuer: "https://i.test".into(), keys_url: "https://i.test/keys".into() };
        assert_eq!(good, Ok(expected));
        assert!(read("http://i.test", r#"{"issuer":"i","jwks_uri":"http://i.test/keys"}"#).is_ok());
        for (json, part) in [
            ("", "no JSON"),
            ("{}", "no `issuer`"),
            (r#"{"issuer":""}"#, "no `issuer`"),
            (r#"{"issuer":"i"}"#, "no `jwks_uri`"),
            (r#"{"issuer":"i","jwks_uri":"/keys"}"#, "not an absolute"),
            (r#"{"issuer":"i","jwks_uri":"file:///etc/keys"}"#, "jwks_uri: "),
            (r#"{"issuer":"i","jwks_uri":"http://i.test/keys"}"#, "not fetched by http"),
        ] {
            let error = read("HTTPS://i.test", json).unwrap_err();
            assert!(error.contains(part), "{error}: {part}");
        }
    }

    fn keys(json: &str) -> Result<usize, String> {
        let config = OpenIdConfig { issuer: "i".into(), keys_url: String::new() };
        OpenIdProvider::read(config, json.as_bytes()).map(|provider| provider.keys.len())
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let n = RsKey::new().modulus();
        let one = |more: &str| keys(&format!(r#"{{"keys":[{{"kty":"RSA","n":"{n}","e":"AQAB"{more}}}]}}"#));
        for (more, expected) in [
            ("", 1),
            (r#","use":"sig","alg":"RS256","kid":"k""#, 1),
            (r#","key_ops":["verify"]"#, 1),
            (r#","use":"enc""#, 0),
            (r#","key_ops":["wrapKey"]"#, 0),
            (r#","alg":"RSA-OAEP""#, 0),
        ] {
            assert_eq!(one(more), Ok(expected), "{more}");
        }
        assert_eq!(
            keys(
                r#"{"keys":[{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"},{"kty":"RSA","n":"AQAB","e":"AQAB"},7]}"#
            ),
            Ok(0)
        );
        assert!(keys("{}").is_err() && keys("[]").is_err() && keys("x").is_err());
    }

    #[test]
    fn sets_are_bounded() {
        let set = |count: usize| keys(&format!(r#"{{"keys":[{}]}}"#, vec!["{}"; count].join(",")));
        assert_eq!(set(PROVIDER_KEYS_MAX), Ok(0));
        assert!(set(PROVIDER_KEYS_MAX + 1).is_err());
    }

    #[test]
    fn a_tenant_stands_where_the_issuer_leaves_it_open() {
        let provider = |issuer: &str| OpenIdProvider { issuer: issuer.into(), keys: Vec::new() };
        let many = provider("https://login.test/{tenantid}/v2.0");
        assert!(many.is_issuer("https://login.test/t1/v2.0", Some("t1")));
        for (issuer, tenant) in [
            ("https://login.test/t1/v2.0", Some("t2")),
            ("https://login.test/t1/v2.0", None),
            ("https://login.test//v2.0", Some("")),
            ("https://login.test/{tenantid}/v2.0", None),
            ("https://evil.test/t1/v2.0", Some("t1")),
        ] {
            assert!(!many.is_issuer(issuer, tenant), "{issuer} {tenant:?}");
        }
        assert!(provider("i").is_issuer("i", None) && !provider("i").is_issuer("I", None));
    }
}
