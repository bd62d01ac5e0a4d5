//! Schemas that policies validate content by.
//!
//! See `kinds` for the shape of this file.

use super::api_schema::SCHEMA_BYTES_MAX;
use super::{At, Rules};
use crate::text::Fields;
use hanse_proto::v1::Schema;

impl Rules for Schema {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.required_word("schemaType", &self.schema_type, &["xml", "json"]);
        match self.schema_type.as_str() {
            "xml" if self.value.is_empty() => {
                fields.invalid("value", "missing; the text of the schema is required")
            }
            "xml" if self.document.is_some() => {
                fields.invalid("document", "an xml schema has a value instead")
            }
            "json" if self.document.is_none() => {
                fields.invalid("document", "missing; the schema is required")
            }
            "json" if !self.value.is_empty() => {
                fields.invalid("value", "a json schema has a document instead")
            }
            _ => {}
        }
        fields.length("description", &self.description, 0, 1_000);
        fields.structure("document", self.document.as_ref());
        fields.bytes("document", prost::Message::encoded_len(self), SCHEMA_BYTES_MAX);
    }
}
