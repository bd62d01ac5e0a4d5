//! Certificates that prove who we are to backends. Admission reads them.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::Fields;
use hanse_proto::v1::Certificate;

impl Rules for Certificate {
    const FIELDS: &'static [FilterField] = &[FilterField::text("subject"), FilterField::id("thumbprint")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.sealed("data", &self.data);
        fields.sealed("password", &self.password);
        if let Some(vault) = &self.key_vault {
            fields.length(
                "keyVault.secretIdentifier",
                &vault.secret_identifier,
                1,
                crate::text::URL_CHARS_MAX,
            );
        }
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        let is_required = self.key_vault.is_none();
        vec![
            SecretSlot { path: "data".to_owned(), is_required, value: &mut self.data },
            SecretSlot::optional("password", &mut self.password),
        ]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "subject" => Some(Value::text(&self.subject)),
            "thumbprint" => Some(Value::text(&self.thumbprint)),
            _ => None,
        }
    }
}
