//! Links of tags and operations.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::TagOperationLink;
use hanse_proto::{Kind, Name};

impl Rules for TagOperationLink {
    const FIELDS: &'static [FilterField] = &[FilterField::id("operationId")];

    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.operation_id, Kind::Operation);
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.operation_id.is_empty() {
            fields.invalid("operationId", "missing; the name of an operation is required");
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::new("operationId", name, &self.operation_id, &[Kind::Operation]).following()]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "operationId").then(|| Value::text(&self.operation_id))
    }
}
