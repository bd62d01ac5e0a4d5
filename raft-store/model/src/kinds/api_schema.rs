//! Schemas of one API: what its operations refer to by `schemaId`.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::ApiSchema;

/// Bytes of one schema, text and structure alike ("schema for validation", APIM's service limits).
pub(super) const SCHEMA_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Rules for ApiSchema {
    const FIELDS: &'static [FilterField] = &[FilterField::text("contentType")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("contentType", &self.content_type, 1, 256);
        let Some(document) = &self.document else {
            return fields.invalid("document", "missing; components, definitions or value are required");
        };
        let given =
            [document.components.is_some(), document.definitions.is_some(), !document.value.is_empty()];
        let given = given.into_iter().filter(|given| *given).count();
        if given != 1 {
            let message = format!("{given} of components, definitions and value; exactly one is required");
            fields.invalid("document", message);
        }
        fields.structure("document.components", document.components.as_ref());
        fields.structure("document.definitions", document.definitions.as_ref());
        fields.bytes("document", prost::Message::encoded_len(document), SCHEMA_BYTES_MAX);
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "contentType").then(|| Value::text(&self.content_type))
    }
}
