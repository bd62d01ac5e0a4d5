//! OpenID Connect providers that APIs name.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::Fields;
use hanse_proto::v1::OpenIdConnectProvider;

impl Rules for OpenIdConnectProvider {
    const FIELDS: &'static [FilterField] = &[FilterField::text("displayName")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 50);
        if self.metadata_endpoint.is_empty() {
            fields.invalid("metadataEndpoint", "missing; a URL is required");
        }
        fields.url("metadataEndpoint", &self.metadata_endpoint);
        fields.line("clientId", &self.client_id, 1, 256);
        fields.sealed("clientSecret", &self.client_secret);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![SecretSlot::optional("clientSecret", &mut self.client_secret)]
    }

    fn unique(&self) -> Option<(&'static str, &str)> {
        Some(("displayName", &self.display_name))
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "displayName").then(|| Value::text(&self.display_name))
    }
}
