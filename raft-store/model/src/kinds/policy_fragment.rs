//! Policy fragments. Admission reads them; here only their size is checked.
//!
//! See `kinds` for the shape of this file.

use super::policy::DOCUMENT_BYTES_MAX;
use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::PolicyFragment;

impl Rules for PolicyFragment {
    const FIELDS: &'static [FilterField] = &[FilterField::text("description"), FilterField::text("value")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.value.is_empty() {
            fields.invalid("value", "missing; the document is required");
        }
        fields.bytes("value", self.value.len(), DOCUMENT_BYTES_MAX);
        fields.word("format", &self.format, &["xml", "rawxml"]);
        fields.length("description", &self.description, 0, 1_000);
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "description" => Some(Value::text(&self.description)),
            "value" => Some(Value::text(&self.value)),
            _ => None,
        }
    }
}
