//! Links of tags and APIs.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::TagApiLink;
use hanse_proto::{Kind, Name};

impl Rules for TagApiLink {
    const FIELDS: &'static [FilterField] = &[FilterField::id("apiId")];

    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.api_id, Kind::Api);
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.api_id.is_empty() {
            fields.invalid("apiId", "missing; the name of an API is required");
        }
        if self.api_id.contains(";rev=") {
            fields.invalid("apiId", "names a revision; a tag stands at the API itself");
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::new("apiId", name, &self.api_id, &[Kind::Api]).following()]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "apiId").then(|| Value::text(&self.api_id))
    }
}
