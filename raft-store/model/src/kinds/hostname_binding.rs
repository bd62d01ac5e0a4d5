//! Hostnames of your own, with their certificates. That each is at one gateway is checked in `gateways`.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::text::{Fields, shorten};
use hanse_proto::v1::HostnameBinding;

impl Rules for HostnameBinding {
    const FIELDS: &'static [FilterField] = &[FilterField::text("hostname")];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if !super::is_hostname(&self.hostname) {
            let shown = shorten(&self.hostname);
            fields.invalid("hostname", format!("`{shown}` is no hostname, as in `api.example.com`"));
        }
        fields.sealed("certificate", &self.certificate);
        fields.sealed("password", &self.password);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![
            SecretSlot::optional("certificate", &mut self.certificate),
            SecretSlot::optional("password", &mut self.password),
        ]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "hostname").then(|| Value::text(&self.hostname))
    }
}
