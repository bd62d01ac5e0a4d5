//! Nodes of the cluster, as people see them.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::ClusterNode;

impl Rules for ClusterNode {
    const FIELDS: &'static [FilterField] = &[FilterField::text("description"), FilterField::text("zone")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.length("description", &self.description, 0, 1_000);
        fields.line("zone", &self.zone, 0, 100);
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "description" => Some(Value::text(&self.description)),
            "zone" => Some(Value::text(&self.zone)),
            _ => None,
        }
    }
}
