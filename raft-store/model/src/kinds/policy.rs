//! Policy documents. Admission reads them; here only their size and the facts found are checked.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::text::{Fields, shorten};
use hanse_proto::v1::Policy;

/// Bytes of one document.
pub(super) const DOCUMENT_BYTES_MAX: usize = 512 * 1024;
const SECTIONS: &[&str] = &["inbound", "backend", "outbound", "on-error"];

impl Rules for Policy {
    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        if self.value.is_empty() {
            fields.invalid("value", "missing; the document is required");
        }
        fields.bytes("value", self.value.len(), DOCUMENT_BYTES_MAX);
        fields.word("format", &self.format, &["xml", "rawxml"]);
        for section in &at.facts.base_sections {
            if !SECTIONS.contains(&section.as_str()) {
                fields.invalid(
                    "value",
                    format!("admission found `<base/>` in an unknown section `{}`", shorten(section)),
                );
            }
        }
    }
}
