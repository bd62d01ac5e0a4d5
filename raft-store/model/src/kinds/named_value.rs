//! Named values: what documents refer to as `{{display-name}}`.
//!
//! See `kinds` for the shape of this file. Of a secret value only its seal is known here, so its
//! length and blankness are admission's to check.

use super::{At, Class, FilterField, Rules, SecretSlot, Value};
use crate::text::{Fields, shorten};
use crate::violation::code;
use hanse_proto::v1::NamedValue;

const VALUE_CHARS_MAX: usize = 4_096;
const TAGS_MAX: usize = 32;

impl Rules for NamedValue {
    const FIELDS: &'static [FilterField] =
        &[FilterField::text("displayName"), FilterField { name: "tags", class: Class::List }];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 256);
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if let Some(c) = self.display_name.chars().find(|c| !is_allowed(*c)) {
            let shown = shorten(&self.display_name);
            fields.invalid(
                "displayName",
                format!("`{shown}` must hold letters, digits, `-`, `.` and `_` alone, not {c:?}"),
            );
        }
        fields.count("tags", self.tags.len(), TAGS_MAX);
        check_value(self, fields);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        if self.secret && self.key_vault.is_none() {
            vec![SecretSlot::required("value", &mut self.value)]
        } else {
            Vec::new()
        }
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "tags" => Some(Value::List(&self.tags)),
            _ => None,
        }
    }
}

fn check_value(spec: &NamedValue, fields: &mut Fields<'_>) {
    if let Some(vault) = &spec.key_vault {
        if !spec.value.is_empty() {
            fields.report(
                code::INVALID,
                "value",
                "a value beside keyVault; only one of them is allowed",
                "leave out the value: it is read from the vault",
            );
        }
        fields.length("keyVault.secretIdentifier", &vault.secret_identifier, 1, crate::text::URL_CHARS_MAX);
        return;
    }
    if spec.secret {
        fields.sealed("value", &spec.value);
        return;
    }
    fields.length("value", &spec.value, 1, VALUE_CHARS_MAX);
    if !spec.value.is_empty() && spec.value.trim().is_empty() {
        fields.invalid("value", "blank; at least one character other than white space is required");
    }
}
