//! Authorization servers: where consumers of an API get their tokens.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::Fields;
use hanse_proto::v1::AuthorizationServer;

const GRANTS: &[&str] = &["authorizationCode", "implicit", "resourceOwnerPassword", "clientCredentials"];
const METHODS: &[&str] = &["HEAD", "OPTIONS", "TRACE", "GET", "POST", "PUT", "PATCH", "DELETE"];

impl Rules for AuthorizationServer {
    const FIELDS: &'static [FilterField] = &[FilterField::text("displayName")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 50);
        let endpoints = [
            ("clientRegistrationEndpoint", &self.client_registration_endpoint, 1),
            ("authorizationEndpoint", &self.authorization_endpoint, 1),
            ("tokenEndpoint", &self.token_endpoint, 0),
        ];
        for (field, url, min) in endpoints {
            if url.is_empty() && min > 0 {
                fields.invalid(field, "missing; a URL is required");
            }
            fields.url(field, url);
        }
        fields.line("clientId", &self.client_id, 1, 256);
        if self.grant_types.is_empty() {
            fields.invalid("grantTypes", format!("missing; there are {}", GRANTS.join(", ")));
        }
        fields.words("grantTypes", &self.grant_types, GRANTS);
        fields.words("authorizationMethods", &self.authorization_methods, METHODS);
        fields.words("clientAuthenticationMethod", &self.client_authentication_method, &["Basic", "Body"]);
        let sending = ["authorizationHeader", "query"];
        fields.words("bearerTokenSendingMethods", &self.bearer_token_sending_methods, &sending);
        fields.sealed("clientSecret", &self.client_secret);
        fields.sealed("resourceOwnerUsername", &self.resource_owner_username);
        fields.sealed("resourceOwnerPassword", &self.resource_owner_password);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![
            SecretSlot::optional("clientSecret", &mut self.client_secret),
            SecretSlot::optional("resourceOwnerUsername", &mut self.resource_owner_username),
            SecretSlot::optional("resourceOwnerPassword", &mut self.resource_owner_password),
        ]
    }

    fn unique(&self) -> Option<(&'static str, &str)> {
        Some(("displayName", &self.display_name))
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "displayName").then(|| Value::text(&self.display_name))
    }
}
