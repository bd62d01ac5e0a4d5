//! Users of the portal.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::Fields;
use hanse_proto::Name;
use hanse_proto::v1::User;

const STATES: &[&str] = &["active", "blocked", "pending", "deleted"];
const IDENTITIES_MAX: usize = 20;

impl Rules for User {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("firstName"),
        FilterField::text("lastName"),
        FilterField::text("email"),
        FilterField::text("note"),
        FilterField::word("state"),
    ];

    fn canonical(&mut self, _name: &Name) {
        // They say which mail is sent, and are no part of the user.
        self.confirmation.clear();
        self.app_type.clear();
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("email", &self.email, 1, 254);
        fields.email("email", &self.email);
        fields.line("firstName", &self.first_name, 1, 100);
        fields.line("lastName", &self.last_name, 1, 100);
        fields.word("state", &self.state, STATES);
        fields.length("note", &self.note, 0, 1_000);
        fields.count("identities", self.identities.len(), IDENTITIES_MAX);
        for (index, identity) in self.identities.iter().enumerate().take(IDENTITIES_MAX) {
            fields.line(&format!("identities[{index}].provider"), &identity.provider, 1, 100);
            fields.line(&format!("identities[{index}].id"), &identity.id, 1, 256);
        }
        fields.sealed("password", &self.password);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![SecretSlot::optional("password", &mut self.password)]
    }

    /// Differs from APIM: addresses that differ in case alone are two, as RFC 5321 has it.
    fn unique(&self) -> Option<(&'static str, &str)> {
        Some(("email", &self.email))
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "firstName" => Some(Value::text(&self.first_name)),
            "lastName" => Some(Value::text(&self.last_name)),
            "email" => Some(Value::text(&self.email)),
            "note" => Some(Value::text(&self.note)),
            "state" => Some(Value::word(&self.state, "active")),
            _ => None,
        }
    }
}
