//! Links of tags and products.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::TagProductLink;
use hanse_proto::{Kind, Name};

impl Rules for TagProductLink {
    const FIELDS: &'static [FilterField] = &[FilterField::id("productId")];

    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.product_id, Kind::Product);
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.product_id.is_empty() {
            fields.invalid("productId", "missing; the name of a product is required");
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::new("productId", name, &self.product_id, &[Kind::Product]).following()]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "productId").then(|| Value::text(&self.product_id))
    }
}
