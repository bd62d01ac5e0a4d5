//! Who may use a connection.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::text::Fields;
use hanse_proto::v1::AuthorizationAccessPolicy;

const APPS_MAX: usize = 100;

impl Rules for AuthorizationAccessPolicy {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("objectId", &self.object_id, 1, 256);
        fields.line("tenantId", &self.tenant_id, 0, 256);
        fields.count("appIds", self.app_ids.len(), APPS_MAX);
    }
}
