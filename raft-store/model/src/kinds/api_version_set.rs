//! Version sets: how the versions of one API are told apart.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::ApiVersionSet;

impl Rules for ApiVersionSet {
    const FIELDS: &'static [FilterField] =
        &[FilterField::text("displayName"), FilterField::text("description")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 100);
        fields.required_word("versioningScheme", &self.versioning_scheme, &["Segment", "Query", "Header"]);
        let (query, header) =
            (usize::from(self.versioning_scheme == "Query"), usize::from(self.versioning_scheme == "Header"));
        fields.line("versionQueryName", &self.version_query_name, query, 100);
        fields.line("versionHeaderName", &self.version_header_name, header, 100);
        fields.token("versionHeaderName", &self.version_header_name);
    }

    fn unique(&self) -> Option<(&'static str, &str)> {
        Some(("displayName", &self.display_name))
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "description" => Some(Value::text(&self.description)),
            _ => None,
        }
    }
}
