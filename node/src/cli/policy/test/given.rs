//! Reads what others have and say in a test: authorities, OpenID providers, tokens, schemas.

use super::{
    host::chain_of,
    read::Fields,
    suite::{Suite, SuiteReader},
};
use hanse_manifest::value::Node;
use hanse_policy::{OpenIdConfig, OpenIdProvider, TokenOf, json_schema::SchemaDocument};
use serde_json::Value as Json;
use std::sync::Arc;

/// A token that the gateway gets for itself.
#[derive(Debug)]
pub struct GivenToken {
    of: Of,
    /// The token, or why there is none.
    pub gives: Result<String, String>,
    pub claims: Vec<(String, String)>,
}

#[derive(Debug)]
enum Of {
    Identity { client: Option<String>, resource: String },
    Connection { provider: String, authorization: String },
}

impl GivenToken {
    pub fn is_for(&self, wish: &TokenOf) -> bool {
        match (&self.of, wish) {
            (Of::Identity { client, resource }, TokenOf::Identity { client: by, resource: of }) => {
                *resource == **of && client.as_deref() == by.as_deref()
            }
            (
                Of::Connection { provider, authorization },
                TokenOf::Connection { provider: of, authorization: which },
            ) => provider.eq_ignore_ascii_case(of) && authorization.eq_ignore_ascii_case(which),
            _ => false,
        }
    }
}

impl SuiteReader {
    pub(super) fn given(&mut self, fields: Fields<'_>, suite: &mut Suite) {
        for node in self.reader.items(fields.get("authorities")) {
            let Some(pem) = self.beside(node, "authorities") else { continue };
            let certificates = chain_of(&pem);
            if certificates.is_empty() {
                self.reader.refuse(node, "authorities", "the file is no PEM with a certificate in it", "");
            }
            suite.authorities.extend(certificates);
        }
        for entry in self.reader.entries(fields.get("openid"), "openid") {
            if let Some(provider) = self.provider(&entry.key, &entry.value) {
                suite.providers.insert(entry.key.clone(), Arc::new(provider));
            }
        }
        for node in self.reader.list(fields.get("tokens"), "tokens") {
            suite.tokens.extend(self.token(node));
        }
    }

    fn provider(&mut self, url: &str, node: &Node) -> Option<OpenIdProvider> {
        let fields = self.reader.fields(node, "openid", &["issuer", "jwks"])?;
        let (Some(issuer), Some(jwks)) =
            (self.reader.text(fields.get("issuer"), "issuer"), fields.get("jwks"))
        else {
            self.reader.refuse(
                node,
                "openid",
                "a provider has an issuer and keys",
                "{ issuer: …, jwks: keys.json }",
            );
            return None;
        };
        let keys = self.json_of(jwks, "jwks")?.to_string();
        let config = OpenIdConfig { issuer: issuer.into(), keys_url: url.to_owned() };
        match OpenIdProvider::read(config, keys.as_bytes()) {
            Ok(provider) => Some(provider),
            Err(reason) => {
                self.reader.refuse(jwks, "jwks", reason, "");
                None
            }
        }
    }

    fn token(&mut self, node: &Node) -> Option<GivenToken> {
        let keys = ["resource", "client", "provider", "authorization", "token", "claims", "fails"];
        let fields = self.reader.fields(node, "tokens", &keys)?;
        let mut text = |key: &str| self.reader.text(fields.get(key), key);
        let of = match (text("resource"), text("provider"), text("authorization")) {
            (Some(resource), None, None) => Some(Of::Identity { client: text("client"), resource }),
            (None, Some(provider), Some(authorization)) => Some(Of::Connection { provider, authorization }),
            _ => None,
        };
        let gives = match (text("token"), text("fails")) {
            (Some(token), None) => Some(Ok(token)),
            (None, Some(reason)) => Some(Err(reason)),
            _ => None,
        };
        let (Some(of), Some(gives)) = (of, gives) else {
            let message =
                "a token is for a resource, or of a provider's authorization; and there is one or it fails";
            let hint = "{ resource: …, token: … }, { provider: …, authorization: …, token: … } or { resource: …, fails: why }";
            self.reader.refuse(node, "tokens", message, hint);
            return None;
        };
        let entries = self.reader.entries(fields.get("claims"), "claims");
        let claims = entries.iter().filter_map(|entry| {
            let text = self.reader.text(Some(&entry.value), "claims");
            text.map(|text| (entry.key.clone(), text))
        });
        Some(GivenToken { of, gives, claims: claims.collect() })
    }

    pub(super) fn schema(&mut self, node: &Node) -> Option<Arc<SchemaDocument>> {
        let json = self.json_of(node, "schemas")?;
        let bytes = json.to_string().len();
        match SchemaDocument::new(json, bytes) {
            Ok(document) => Some(Arc::new(document)),
            Err(reason) => {
                self.reader.refuse(node, "schemas", reason, "");
                None
            }
        }
    }

    /// JSON that stands here, or in a file that is named.
    fn json_of(&mut self, node: &Node, field: &str) -> Option<Json> {
        if node.as_str().is_none() {
            return Some(self.reader.json(node));
        }
        let text = self.beside(node, field)?;
        match serde_json::from_str(&text) {
            Ok(json) => Some(json),
            Err(error) => {
                self.reader.refuse(node, field, format!("the file is no JSON: {error}"), "");
                None
            }
        }
    }
}
