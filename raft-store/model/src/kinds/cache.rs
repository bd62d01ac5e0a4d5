//! External caches.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules, SecretSlot};
use crate::text::Fields;
use hanse_proto::v1::Cache;

impl Rules for Cache {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.sealed("connectionString", &self.connection_string);
        fields.line("useFromLocation", &self.use_from_location, 1, 256);
        fields.length("description", &self.description, 0, 2_000);
        fields.line("resourceId", &self.resource_id, 0, 2_000);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![SecretSlot::required("connectionString", &mut self.connection_string)]
    }
}
