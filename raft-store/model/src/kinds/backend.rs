//! Backends: one server, or a pool of backends.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::references::{self, Target};
use crate::text::{Fields, shorten};
use hanse_proto::v1::{
    Backend, BackendCredentials, BackendPool, BackendTls, CircuitBreakerRule, FailureCondition, StringList,
    X509Name,
};
use hanse_proto::{Kind, Name};
use std::collections::{BTreeMap, BTreeSet};

const CERTIFICATES_MAX: usize = 32;
const POOL_MEMBERS_MAX: usize = 30;
const RULES_MAX: usize = 1;
const RANGES_MAX: usize = 10;
const REASONS_MAX: usize = 10;

impl Rules for Backend {
    const FIELDS: &'static [FilterField] =
        &[FilterField::text("title"), FilterField::text("url"), FilterField::text("description")];

    fn canonical(&mut self, name: &Name) {
        for member in self.pool.iter_mut().flat_map(|pool| &mut pool.services) {
            references::make_full(name, &mut member.id, Kind::Backend);
        }
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.word("type", &self.r#type, &["Single", "Pool"]);
        if is_pool(self) {
            check_pool_fields(self, fields);
        } else {
            check_single_fields(self, fields);
        }
        fields.length("title", &self.title, 0, 300);
        fields.length("description", &self.description, 0, 2_000);
        fields.line("resourceId", &self.resource_id, 0, 2_000);
        if let Some(credentials) = &self.credentials {
            check_credentials(credentials, fields);
        }
        if let Some(tls) = &self.tls {
            check_tls(tls, fields);
        }
        if let Some(proxy) = &self.proxy {
            if proxy.url.is_empty() {
                fields.invalid("proxy.url", "missing; the URL of the proxy is required");
            }
            fields.url("proxy.url", &proxy.url);
            fields.sealed("proxy.password", &proxy.password);
        }
        let fabric =
            self.properties.as_ref().and_then(|properties| properties.service_fabric_cluster.as_ref());
        if let Some(fabric) = fabric {
            let field = "properties.serviceFabricCluster.managementEndpoints";
            if fabric.management_endpoints.is_empty() {
                fields.invalid(field, "missing; at least one is required");
            }
            check_x509_names(
                "properties.serviceFabricCluster.serverX509Names",
                &fabric.server_x509_names,
                fields,
            );
        }
        let rules = self.circuit_breaker.as_ref().map_or(&[][..], |breaker| &breaker.rules);
        fields.count("circuitBreaker.rules", rules.len(), RULES_MAX);
        for rule in rules.iter().take(RULES_MAX) {
            check_rule(rule, fields);
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        let members = self.pool.iter().flat_map(|pool| &pool.services).enumerate();
        members
            .map(|(index, member)| {
                Target::new(format!("pool.services[{index}].id"), name, &member.id, &[Kind::Backend])
                    .guarded()
            })
            .collect()
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        let mut slots = Vec::new();
        if let Some(credentials) = &mut self.credentials {
            if let Some(authorization) = &mut credentials.authorization {
                let path = "credentials.authorization.parameter";
                slots.push(SecretSlot::required(path, &mut authorization.parameter));
            }
            slots.extend(listed("credentials.header", &mut credentials.header));
            slots.extend(listed("credentials.query", &mut credentials.query));
        }
        if let Some(proxy) = &mut self.proxy {
            slots.push(SecretSlot::optional("proxy.password", &mut proxy.password));
        }
        slots
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "title" => Some(Value::text(&self.title)),
            "url" => Some(Value::text(&self.url)),
            "description" => Some(Value::text(&self.description)),
            _ => None,
        }
    }
}

/// Whether a backend is a pool of others.
pub(crate) fn is_pool(spec: &Backend) -> bool {
    spec.r#type == "Pool"
}

fn check_single_fields(spec: &Backend, fields: &mut Fields<'_>) {
    if spec.url.is_empty() {
        fields.invalid("url", "missing; a backend of type Single needs one");
    }
    fields.url("url", &spec.url);
    if spec.protocol.is_empty() {
        fields.invalid("protocol", "missing; there are http, soap");
    }
    fields.word("protocol", &spec.protocol, &["http", "soap"]);
    if spec.pool.is_some() {
        fields.invalid("pool", "a backend of type Single has no pool");
    }
}

fn check_pool_fields(spec: &Backend, fields: &mut Fields<'_>) {
    for (field, value) in [("url", &spec.url), ("protocol", &spec.protocol)] {
        if !value.is_empty() {
            fields.invalid(field, "not allowed in a backend of type Pool; its members have their own");
        }
    }
    let nothing = BackendPool::default();
    let pool = spec.pool.as_ref().unwrap_or(&nothing);
    let members = pool.services.len();
    if members == 0 || members > POOL_MEMBERS_MAX {
        fields.invalid("pool.services", format!("{members} entries; 1 to {POOL_MEMBERS_MAX} are allowed"));
    }
    let mut seen = BTreeSet::new();
    for (index, member) in pool.services.iter().enumerate().take(POOL_MEMBERS_MAX) {
        let field = |name: &str| format!("pool.services[{index}].{name}");
        if member.id.is_empty() {
            fields.invalid(&field("id"), "missing; the name of a backend is required");
        } else if !seen.insert(member.id.to_lowercase()) {
            fields.invalid(&field("id"), format!("`{}` is a member already", shorten(&member.id)));
        }
        fields.number(&field("priority"), i64::from(member.priority.unwrap_or(0)), 0, 100);
        fields.number(&field("weight"), i64::from(member.weight.unwrap_or(0)), 0, 100);
        let emissions = ["VeryLow", "Low", "Medium", "High", "VeryHigh"];
        fields.word(&field("preferredCarbonEmission"), &member.preferred_carbon_emission, &emissions);
    }
    if let Some(session) = pool.session_affinity.as_ref().and_then(|affinity| affinity.session_id.as_ref()) {
        fields.word("pool.sessionAffinity.sessionId.source", &session.source, &["cookie"]);
        if session.name.is_empty() {
            fields.invalid(
                "pool.sessionAffinity.sessionId.name",
                "missing; the name of the cookie is required",
            );
        }
        fields.token("pool.sessionAffinity.sessionId.name", &session.name);
    }
    if let Some(response) = &pool.failure_response {
        fields.number("pool.failureResponse.statusCode", i64::from(response.status_code), 100, 599);
    }
}

fn check_credentials(credentials: &BackendCredentials, fields: &mut Fields<'_>) {
    if let Some(authorization) = &credentials.authorization {
        fields.line("credentials.authorization.scheme", &authorization.scheme, 1, 100);
        fields.sealed("credentials.authorization.parameter", &authorization.parameter);
    }
    for (place, values) in [("header", &credentials.header), ("query", &credentials.query)] {
        for (name, list) in values {
            let field = format!("credentials.{place}/{name}");
            if name.is_empty() {
                fields.invalid(&field, "the name is empty");
            }
            if place == "header" {
                fields.token(&field, name);
            }
            if list.values.is_empty() {
                fields.invalid(&field, "no values; at least one is required");
            }
            for value in &list.values {
                fields.sealed(&field, value);
            }
        }
    }
    fields.count("credentials.certificateIds", credentials.certificate_ids.len(), CERTIFICATES_MAX);
    fields.count("credentials.certificate", credentials.certificate.len(), CERTIFICATES_MAX);
}

fn check_tls(tls: &BackendTls, fields: &mut Fields<'_>) {
    for thumbprint in &tls.server_certificate_thumbprints {
        check_thumbprint("tls.serverCertificateThumbprints", thumbprint, fields);
    }
    check_x509_names("tls.serverX509Names", &tls.server_x509_names, fields);
}

fn check_x509_names(field: &str, names: &[X509Name], fields: &mut Fields<'_>) {
    for (index, name) in names.iter().enumerate() {
        fields.line(&format!("{field}[{index}].name"), &name.name, 1, 300);
        if !name.issuer_certificate_thumbprint.is_empty() {
            let field = format!("{field}[{index}].issuerCertificateThumbprint");
            check_thumbprint(&field, &name.issuer_certificate_thumbprint, fields);
        }
    }
}

fn check_thumbprint(field: &str, thumbprint: &str, fields: &mut Fields<'_>) {
    let digits = thumbprint.bytes().filter(|byte| *byte != b':').count();
    let is_hex = thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    if !is_hex || !matches!(digits, 40 | 64) {
        let shown = shorten(thumbprint);
        fields.invalid(
            field,
            format!("`{shown}` is no thumbprint: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits"),
        );
    }
}

fn check_rule(rule: &CircuitBreakerRule, fields: &mut Fields<'_>) {
    let at = "circuitBreaker.rules[0]";
    fields.duration(&format!("{at}.tripDuration"), &rule.trip_duration);
    if let Some(condition) = &rule.failure_condition {
        check_condition(condition, &format!("{at}.failureCondition"), fields);
    }
    if let Some(response) = &rule.failure_response {
        fields.number(&format!("{at}.failureResponse.statusCode"), i64::from(response.status_code), 100, 599);
    }
}

fn check_condition(condition: &FailureCondition, at: &str, fields: &mut Fields<'_>) {
    match (condition.count, condition.percentage) {
        (Some(_), Some(_)) => fields.invalid(at, "count and percentage; only one of them is allowed"),
        (None, None) => fields.invalid(at, "neither count nor percentage; one of them is required"),
        (Some(count), None) => {
            fields.number(&format!("{at}.count"), i64::from(count), 1, i64::from(i32::MAX));
        }
        (None, Some(percentage)) => fields.number(&format!("{at}.percentage"), i64::from(percentage), 1, 100),
    }
    fields.duration(&format!("{at}.interval"), &condition.interval);
    fields.count(&format!("{at}.statusCodeRanges"), condition.status_code_ranges.len(), RANGES_MAX);
    for (index, range) in condition.status_code_ranges.iter().enumerate().take(RANGES_MAX) {
        let field = format!("{at}.statusCodeRanges[{index}]");
        fields.number(&format!("{field}.min"), i64::from(range.min), 200, 599);
        fields.number(&format!("{field}.max"), i64::from(range.max), 200, 599);
        if range.min > range.max {
            fields.invalid(&field, format!("min ({}) is above max ({})", range.min, range.max));
        }
    }
    fields.count(&format!("{at}.errorReasons"), condition.error_reasons.len(), REASONS_MAX);
}

fn listed<'a>(
    place: &'a str,
    lists: &'a mut BTreeMap<String, StringList>,
) -> impl Iterator<Item = SecretSlot<'a>> {
    lists.iter_mut().flat_map(move |(name, list)| {
        let values = list.values.iter_mut().enumerate();
        values.map(move |(index, value)| SecretSlot::required(format!("{place}/{name}/{index}"), value))
    })
}
