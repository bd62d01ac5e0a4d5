//! Connections of an authorization provider.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules, SecretSlot};
use crate::text::Fields;
use hanse_proto::v1::Authorization;

const PARAMETERS_MAX: usize = 50;

impl Rules for Authorization {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.word("authorizationType", &self.authorization_type, &["OAuth2"]);
        let grants = ["AuthorizationCode", "ClientCredentials"];
        fields.required_word("oAuth2GrantType", &self.o_auth2_grant_type, &grants);
        fields.count("parameters", self.parameters.len(), PARAMETERS_MAX);
        for (name, value) in &self.parameters {
            fields.sealed(&format!("parameters/{name}"), value);
        }
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        let parameters = self.parameters.iter_mut();
        parameters.map(|(name, value)| SecretSlot::required(format!("parameters/{name}"), value)).collect()
    }
}
