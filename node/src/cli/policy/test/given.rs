//! Reads what others have and say in a test: authorities, OpenID providers, tokens, schemas.

use super::{
    host::chain_of,
    read::Fields,
    suite::{Suite, SuiteReader},
};
use hanse_manifest::value::Node;
use hanse_policy::{
    OpenIdConfig, OpenIdProvider, TokenOf,
    contract::{Contract, Parameter, Representation, ResponseContract, SchemaOf},
    json_schema::{Schema, SchemaDocument},
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

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

    /// Looks through what an operation says of its messages; [`contract`] makes it of the same.
    pub(super) fn contract(&mut self, node: &Node) {
        let keys = ["path", "query", "headers", "request", "responses"];
        let Some(fields) = self.reader.fields(node, "contract", &keys) else { return };
        for key in ["path", "query", "headers"] {
            self.parameters(fields.get(key), key);
        }
        self.bodies(fields.get("request"), "request");
        for entry in self.reader.entries(fields.get("responses"), "responses") {
            if entry.key.parse::<u16>().is_err() {
                let message = format!("`{}` is no status", entry.key);
                self.reader.refuse(&entry.value, "responses", message, "");
            }
            if entry.value.is_null() {
                continue;
            }
            if let Some(fields) = self.reader.fields(&entry.value, "responses", &["headers", "bodies"]) {
                self.parameters(fields.get("headers"), "headers");
                self.bodies(fields.get("bodies"), "bodies");
            }
        }
    }

    fn parameters(&mut self, node: Option<&Node>, field: &str) {
        for entry in self.reader.entries(node, field) {
            let keys = ["type", "required", "values", "schema"];
            let Some(fields) = self.reader.fields(&entry.value, field, &keys) else { continue };
            self.reader.text(fields.get("type"), "type");
            self.reader.flag(fields.get("required"), "required");
            self.reader.list(fields.get("values"), "values");
            self.reader.text(fields.get("schema"), "schema");
        }
    }

    fn bodies(&mut self, node: Option<&Node>, field: &str) {
        for entry in self.reader.entries(node, field) {
            self.reader.text(Some(&entry.value), field);
        }
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

/// Schemas by id in lower case.
pub type Schemas = BTreeMap<String, Arc<SchemaDocument>>;

/// What an operation says of its messages.
pub fn contract(node: &Node, schemas: &Schemas) -> Contract {
    let parameters = |node: Option<&Node>| -> Vec<Parameter> {
        let entries = node.and_then(Node::as_mapping).into_iter().flatten();
        entries.map(|entry| parameter(&entry.key, &entry.value, schemas)).collect()
    };
    let bodies = |node: Option<&Node>| -> Vec<Representation> {
        let entries = node.and_then(Node::as_mapping).into_iter().flatten();
        let body = |content_type: &str, node: &Node| Representation {
            content_type: content_type.into(),
            schema: schema_of(Some(node), schemas),
        };
        entries.map(|entry| body(&entry.key, &entry.value)).collect()
    };
    let responses = node.get("responses").and_then(Node::as_mapping).into_iter().flatten();
    let responses = responses.filter_map(|entry| {
        Some(ResponseContract {
            status: entry.key.parse().ok()?,
            headers: parameters(entry.value.get("headers")),
            representations: bodies(entry.value.get("bodies")),
        })
    });
    Contract {
        template: parameters(node.get("path")),
        query: parameters(node.get("query")),
        headers: parameters(node.get("headers")),
        request: bodies(node.get("request")),
        responses: responses.collect(),
    }
}

fn parameter(name: &str, node: &Node, schemas: &Schemas) -> Parameter {
    let values = node.get("values").and_then(Node::as_sequence).unwrap_or_default();
    Parameter {
        name: name.into(),
        kind: node.get("type").and_then(Node::scalar_text).unwrap_or("string").into(),
        is_required: node.get("required").and_then(Node::as_bool).unwrap_or_default(),
        values: values.iter().filter_map(Node::scalar_text).map(Box::from).collect(),
        schema: schema_of(node.get("schema"), schemas),
    }
}

fn schema_of(node: Option<&Node>, schemas: &Schemas) -> SchemaOf {
    let Some(id) = node.and_then(Node::scalar_text) else { return SchemaOf::None };
    match schemas.get(&id.to_ascii_lowercase()) {
        Some(document) => SchemaOf::Is(Arc::new(Schema::new(document.clone(), ""))),
        None => SchemaOf::Missing(format!("`{id}` is not among the test's `schemas`")),
    }
}
