//! Settings of the whole service. How they bind is in `limits`, `uniques` and `paths`.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::text::Fields;
use hanse_proto::v1::ServiceSettings;

impl Rules for ServiceSettings {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("publisherName", &self.publisher_name, 0, 100);
        fields.line("publisherEmail", &self.publisher_email, 0, 100);
        if !self.publisher_email.is_empty() {
            fields.email("publisherEmail", &self.publisher_email);
        }
        fields.word("namesUniqueIn", &self.names_unique_in, &["workspace", "service"]);
        fields.word("pathsUniqueIn", &self.paths_unique_in, &["gateway", "service"]);
    }
}
