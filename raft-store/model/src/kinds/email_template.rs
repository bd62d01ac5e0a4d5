//! E-mail templates.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::text::{Fields, shorten};
use hanse_proto::v1::EmailTemplate;

const BODY_BYTES_MAX: usize = 256 * 1024;
const PARAMETERS_MAX: usize = 100;

impl Rules for EmailTemplate {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("subject", &self.subject, 1, 1_000);
        if self.body.is_empty() {
            fields.invalid("body", "missing; the text of the mail is required");
        }
        fields.bytes("body", self.body.len(), BODY_BYTES_MAX);
        fields.length("title", &self.title, 0, 1_000);
        fields.length("description", &self.description, 0, 10_000);
        fields.count("parameters", self.parameters.len(), PARAMETERS_MAX);
        for (index, parameter) in self.parameters.iter().enumerate().take(PARAMETERS_MAX) {
            let at = format!("parameters[{index}]");
            fields.line(&format!("{at}.name"), &parameter.name, 1, 256);
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            if !parameter.name.chars().all(is_allowed) {
                let shown = shorten(&parameter.name);
                fields.invalid(
                    &format!("{at}.name"),
                    format!("`{shown}` must hold letters, digits, `-`, `.` and `_` alone"),
                );
            }
            fields.length(&format!("{at}.title"), &parameter.title, 1, 4_096);
        }
    }
}
