//! Settings of the developer portal: each id has fields of its own.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules, SecretSlot};
use crate::text::Fields;
use hanse_proto::v1::PortalSettings;

impl Rules for PortalSettings {
    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        let id = at.name.id().to_ascii_lowercase();
        let given = [
            ("enabled", self.enabled, id != "delegation"),
            ("termsOfService", self.terms_of_service.is_some(), id == "signup"),
            ("url", !self.url.is_empty(), id == "delegation"),
            ("subscriptions", self.subscriptions.is_some(), id == "delegation"),
            ("userRegistration", self.user_registration.is_some(), id == "delegation"),
        ];
        for (field, is_given, is_allowed) in given {
            if is_given && !is_allowed {
                fields.invalid(field, format!("`{id}` has no such setting"));
            }
        }
        fields.url("url", &self.url);
        fields.sealed("validationKey", &self.validation_key);
        if let Some(terms) = &self.terms_of_service {
            fields.length("termsOfService.text", &terms.text, 0, 100_000);
        }
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![SecretSlot::optional("validationKey", &mut self.validation_key)]
    }
}
