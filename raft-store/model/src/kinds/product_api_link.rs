//! Links of products and APIs.
//!
//! See `kinds` for the shape of this file.

use super::{FilterField, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::ProductApiLink;
use hanse_proto::{Kind, Name};

pub(crate) const FIELDS: &[FilterField] = &[FilterField::id("apiId")];

pub(crate) fn canonical(name: &Name, spec: &mut ProductApiLink) {
    references::make_full(name, &mut spec.api_id, Kind::Api);
}

pub(crate) fn check(spec: &ProductApiLink, fields: &mut Fields<'_>) {
    if spec.api_id.is_empty() {
        fields.invalid("apiId", "missing; the name of an API is required");
    }
    if spec.api_id.contains(";rev=") {
        fields.invalid("apiId", "names a revision; a product holds the API itself");
    }
}

pub(crate) fn targets(name: &Name, spec: &ProductApiLink) -> Vec<Target> {
    vec![Target::new("apiId", name, &spec.api_id, &[Kind::Api])]
}

pub(crate) fn value<'a>(spec: &'a ProductApiLink, field: &str) -> Option<Value<'a>> {
    (field == "apiId").then(|| Value::text(&spec.api_id))
}
