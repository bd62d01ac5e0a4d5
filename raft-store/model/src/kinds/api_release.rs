//! Releases: each made a revision of its API the current one. What that changes is in `revisions`.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::ApiRelease;
use hanse_proto::{Kind, Name};

impl Rules for ApiRelease {
    const FIELDS: &'static [FilterField] = &[FilterField::text("notes"), FilterField::id("apiId")];

    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.api_id, Kind::Api);
    }

    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        let api = at.name.id_of(Kind::Api).unwrap_or_default();
        let id = self.api_id.rsplit('/').next().unwrap_or_default();
        if self.api_id.is_empty() {
            fields.invalid("apiId", format!("missing; the revision is required, as in `apis/{api};rev=2`"));
        } else if !super::is_revision_of(&id.to_lowercase(), &api.to_lowercase()) {
            fields.invalid("apiId", format!("`{id}` is no revision of `{api}`"));
        }
        fields.length("notes", &self.notes, 0, 10_000);
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::new("apiId", name, &self.api_id, &[Kind::Api]).following()]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "notes" => Some(Value::text(&self.notes)),
            "apiId" => Some(Value::text(&self.api_id)),
            _ => None,
        }
    }
}
