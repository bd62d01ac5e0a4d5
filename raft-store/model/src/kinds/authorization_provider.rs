//! Authorization providers: services that backends take tokens of.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::Fields;
use hanse_proto::v1::AuthorizationProvider;

/// Parameters of a grant that are secret.
const SECRET: &str = "clientSecret";
const PARAMETERS_MAX: usize = 50;

impl Rules for AuthorizationProvider {
    const FIELDS: &'static [FilterField] = &[FilterField::text("displayName")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 0, 300);
        fields.line("identityProvider", &self.identity_provider, 1, 256);
        let Some(oauth2) = &self.oauth2 else { return };
        fields.url("oauth2.redirectUrl", &oauth2.redirect_url);
        let Some(grants) = &oauth2.grant_types else { return };
        for (grant, parameters) in [
            ("authorizationCode", &grants.authorization_code),
            ("clientCredentials", &grants.client_credentials),
        ] {
            let at = format!("oauth2.grantTypes.{grant}");
            fields.count(&at, parameters.len(), PARAMETERS_MAX);
            for (name, value) in parameters {
                match name.as_str() {
                    SECRET => fields.sealed(&format!("{at}/{name}"), value),
                    _ => fields.length(&format!("{at}/{name}"), value, 0, 4_096),
                }
            }
        }
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        let grants = self.oauth2.iter_mut().flat_map(|oauth2| &mut oauth2.grant_types);
        let grants = grants.flat_map(|grants| {
            [
                ("authorizationCode", &mut grants.authorization_code),
                ("clientCredentials", &mut grants.client_credentials),
            ]
        });
        let secrets = grants.filter_map(|(grant, parameters)| {
            let value = parameters.get_mut(SECRET)?;
            Some(SecretSlot::optional(format!("oauth2.grantTypes.{grant}/{SECRET}"), value))
        });
        secrets.collect()
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "displayName").then(|| Value::text(&self.display_name))
    }
}
