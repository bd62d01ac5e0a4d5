//! Resolvers of GraphQL fields.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::{Fields, shorten};
use hanse_proto::v1::Resolver;

impl Rules for Resolver {
    const FIELDS: &'static [FilterField] =
        &[FilterField::text("displayName"), FilterField::text("path"), FilterField::text("description")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 300);
        fields.line("path", &self.path, 1, 300);
        let parts = self.path.split_once('/');
        if !self.path.is_empty() && parts.is_none_or(|(kind, field)| kind.is_empty() || field.is_empty()) {
            let shown = shorten(&self.path);
            fields.invalid("path", format!("`{shown}` must name a type and a field, as in `Query/orders`"));
        }
        fields.length("description", &self.description, 0, 1_000);
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "path" => Some(Value::text(&self.path)),
            "description" => Some(Value::text(&self.description)),
            _ => None,
        }
    }
}
