//! Policy documents. Admission reads them; here only their size and the facts found are checked.
//!
//! See `kinds` for the shape of this file.

use super::FilterField;
use crate::text::{Fields, shorten};
use hanse_proto::v1::{Facts, Policy};

/// Bytes of one document.
const DOCUMENT_BYTES_MAX: usize = 512 * 1024;
const SECTIONS: &[&str] = &["inbound", "backend", "outbound", "on-error"];

pub(crate) const FIELDS: &[FilterField] = &[];

pub(crate) fn check(spec: &Policy, facts: &Facts, fields: &mut Fields<'_>) {
    if spec.value.is_empty() {
        fields.invalid("value", "missing; the document is required");
    }
    let bytes = spec.value.len();
    if bytes > DOCUMENT_BYTES_MAX {
        fields.invalid("value", format!("{bytes} bytes; at most {DOCUMENT_BYTES_MAX} are allowed"));
    }
    fields.word("format", &spec.format, &["xml", "rawxml"]);
    for section in &facts.base_sections {
        if !SECTIONS.contains(&section.as_str()) {
            fields.invalid(
                "value",
                format!("admission found `<base/>` in an unknown section `{}`", shorten(section)),
            );
        }
    }
}
