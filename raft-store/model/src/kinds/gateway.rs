//! Gateways. What concerns several of them (hostnames, links) is in `gateways`.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::{Fields, shorten};
use hanse_proto::v1::Gateway;
use hanse_proto::{Kind, Name};
use std::collections::BTreeSet;

/// Id of the gateway that always exists.
pub(crate) const DEFAULT: &str = "default";
/// More than any cluster has cores for; how many are allowed is in `limits`.
const UNITS_MAX: i64 = 1_000;
const HOSTNAMES_MAX: usize = 100;
/// RFC 1035, section 2.3.4.
const HOSTNAME_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;

impl Rules for Gateway {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("displayName"),
        FilterField::text("description"),
        FilterField::text("location"),
        FilterField::text("region"),
        FilterField::id("dedicatedTo"),
    ];

    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.dedicated_to, Kind::Workspace);
    }

    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 300);
        fields.length("description", &self.description, 0, 1_000);
        fields.number("units", i64::from(self.units), 0, UNITS_MAX);
        if at.name.id().eq_ignore_ascii_case(DEFAULT) && !self.dedicated_to.is_empty() {
            fields.invalid("dedicatedTo", "the default gateway is everybody's and cannot be dedicated");
        }
        fields.count("hostnames", self.hostnames.len(), HOSTNAMES_MAX);
        let mut seen = BTreeSet::new();
        for hostname in self.hostnames.iter().take(HOSTNAMES_MAX) {
            if !is_hostname(hostname) {
                fields.invalid(
                    "hostnames",
                    format!("`{}` is no hostname, as in `api.example.com`", shorten(hostname)),
                );
            } else if !seen.insert(normal_hostname(hostname)) {
                fields.invalid("hostnames", format!("`{hostname}` is listed twice"));
            }
        }
        fields.word("virtualNetworkType", &self.virtual_network_type, &["None", "External", "Internal"]);
        fields.line("location", &self.location, 0, 256);
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        if self.dedicated_to.is_empty() {
            return Vec::new();
        }
        vec![Target::new("dedicatedTo", name, &self.dedicated_to, &[Kind::Workspace])]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "description" => Some(Value::text(&self.description)),
            "location" | "region" => Some(Value::text(&self.location)),
            "dedicatedTo" => Some(Value::text(&self.dedicated_to)),
            _ => None,
        }
    }
}

/// What hostnames are compared by.
pub(crate) fn normal_hostname(hostname: &str) -> String {
    hostname.to_ascii_lowercase()
}

/// Letters, digits and inner hyphens in every label.
pub(crate) fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_CHARS_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= HOSTNAME_CHARS_MAX && text.split('.').all(is_label)
}
