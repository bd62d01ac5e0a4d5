//! Token sources: how a gateway gets a token of its own.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules, SecretSlot};
use crate::text::Fields;
use hanse_proto::v1::TokenSource;

impl Rules for TokenSource {
    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 0, 300);
        fields.length("description", &self.description, 0, 1_000);
        fields.word("type", &self.r#type, &["clientCredentials", "workloadToken"]);
        fields.url("tokenEndpoint", &self.token_endpoint);
        let is_file = self.r#type == "workloadToken";
        if is_file && at.name.workspace().is_some() {
            fields.invalid(
                "type",
                "a workload token is the node's own; only the service's token sources read one",
            );
        }
        fields.line("tokenFile", &self.token_file, usize::from(is_file), 1_000);
        if !is_file {
            fields.line("tokenEndpoint", &self.token_endpoint, 1, crate::text::URL_CHARS_MAX);
            fields.line("clientId", &self.client_id, 1, 256);
        }
        fields.line("scope", &self.scope, 0, 1_000);
        fields.sealed("clientSecret", &self.client_secret);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![SecretSlot::optional("clientSecret", &mut self.client_secret)]
    }
}
