//! Loggers: where logs go.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::Fields;
use hanse_proto::v1::Logger;

const TYPES: &[&str] = &["azureEventHub", "applicationInsights", "azureMonitor"];
const CREDENTIALS_MAX: usize = 20;

impl Rules for Logger {
    const FIELDS: &'static [FilterField] =
        &[FilterField::text("description"), FilterField::text("resourceId"), FilterField::word("loggerType")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.required_word("loggerType", &self.logger_type, TYPES);
        fields.length("description", &self.description, 0, 256);
        fields.line("resourceId", &self.resource_id, 0, 2_000);
        fields.count("credentials", self.credentials.len(), CREDENTIALS_MAX);
        for (name, value) in &self.credentials {
            let field = format!("credentials/{name}");
            fields.line(&field, name, 1, 256);
            if !is_named_value(value) {
                fields.sealed(&field, value);
            }
        }
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        let values = self.credentials.iter_mut().filter(|(_, value)| !is_named_value(value));
        values.map(|(name, value)| SecretSlot::required(format!("credentials/{name}"), value)).collect()
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "description" => Some(Value::text(&self.description)),
            "resourceId" => Some(Value::text(&self.resource_id)),
            "loggerType" => Some(Value::text(&self.logger_type)),
            _ => None,
        }
    }
}

/// `{{display-name}}` and nothing else: it says where the secret is, and is none.
fn is_named_value(value: &str) -> bool {
    let inner = value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|name| !name.is_empty() && !name.contains(['{', '}']))
}
