//! Tags.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::Tag;

impl Rules for Tag {
    const FIELDS: &'static [FilterField] = &[FilterField::text("displayName")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 160);
    }

    fn unique(&self) -> Option<(&'static str, &str)> {
        Some(("displayName", &self.display_name))
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "displayName").then(|| Value::text(&self.display_name))
    }
}
