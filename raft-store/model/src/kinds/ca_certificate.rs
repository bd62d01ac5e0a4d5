//! Certificates of authorities that backends are trusted by. Admission reads them.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::CaCertificate;

const CERTIFICATE_CHARS_MAX: usize = 64 * 1024;

impl Rules for CaCertificate {
    const FIELDS: &'static [FilterField] = &[FilterField::text("subject"), FilterField::id("thumbprint")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.length("encodedCertificate", &self.encoded_certificate, 1, CERTIFICATE_CHARS_MAX);
        fields.word("storeName", &self.store_name, &["Root", "CertificateAuthority"]);
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "subject" => Some(Value::text(&self.subject)),
            "thumbprint" => Some(Value::text(&self.thumbprint)),
            _ => None,
        }
    }
}
