//! Workspaces.
//!
//! See `kinds` for the shape of this file.

use super::{FilterField, Value};
use crate::text::Fields;
use hanse_proto::v1::Workspace;

pub(crate) const FIELDS: &[FilterField] =
    &[FilterField::text("displayName"), FilterField::text("description")];

pub(crate) fn check(spec: &Workspace, fields: &mut Fields<'_>) {
    fields.line("displayName", &spec.display_name, 1, 300);
}

pub(crate) fn value<'a>(spec: &'a Workspace, field: &str) -> Option<Value<'a>> {
    match field {
        "displayName" => Some(Value::text(&spec.display_name)),
        "description" => Some(Value::text(&spec.description)),
        _ => None,
    }
}
