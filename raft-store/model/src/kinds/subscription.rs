//! Subscriptions: two keys, what they open, and the states they go through.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, SecretSlot, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use crate::violation::code;
use hanse_proto::v1::Subscription;
use hanse_proto::{Kind, Name};

/// The scope that opens all APIs of the workspace (or service).
const ALL_APIS: &str = "apis";
/// What a subscription may be to, beside all APIs.
const SCOPES: &[Kind] = &[Kind::Product, Kind::Api];
const STATES: &[&str] = &["submitted", "active", "suspended", "rejected", "cancelled", "expired"];
/// What an API call that names no state asks for.
const FIRST_STATE: &str = "submitted";

impl Rules for Subscription {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("displayName"),
        FilterField::text("stateComment"),
        FilterField::id("ownerId"),
        FilterField::id("scope"),
        FilterField::id("userId"),
        FilterField::id("productId"),
        FilterField::word("state"),
    ];

    /// Scopes are stored relative to the workspace (or service): `products/gold`, `apis/orders`, `apis`.
    fn canonical(&mut self, name: &Name) {
        references::make_full_in_service(&mut self.owner_id, Kind::User);
        let text = references::without_prefix(&self.scope);
        if text.eq_ignore_ascii_case(ALL_APIS) {
            self.scope = ALL_APIS.to_owned();
            return;
        }
        let own = name.scope();
        let is_all_of_own = !own.is_empty()
            && text.len() == own.len() + 1 + ALL_APIS.len()
            && text.to_lowercase() == format!("{own}/{ALL_APIS}").to_lowercase();
        if is_all_of_own {
            self.scope = ALL_APIS.to_owned();
            return;
        }
        if let Ok(target) = references::resolve(name, text, SCOPES) {
            let full = target.as_str();
            self.scope = full.strip_prefix(target.scope()).unwrap_or(full).trim_start_matches('/').to_owned();
        }
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.scope.is_empty() {
            fields.report(
                code::INVALID,
                "scope",
                "missing; what the keys open is required",
                "write `products/{id}`, `apis/{id}`, or `apis` for all APIs",
            );
        }
        if self.scope.contains(";rev=") {
            fields.invalid("scope", "names a revision; a subscription is to the API itself");
        }
        fields.line("displayName", &self.display_name, 1, 100);
        fields.sealed("primaryKey", &self.primary_key);
        fields.sealed("secondaryKey", &self.secondary_key);
        fields.word("state", &self.state, STATES);
        fields.length("stateComment", &self.state_comment, 0, 2_000);
        fields.time("startDate", &self.start_date);
        fields.time("endDate", &self.end_date);
        fields.time("expirationDate", &self.expiration_date);
        fields.time("notificationDate", &self.notification_date);
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        let mut targets = Vec::new();
        if self.scope != ALL_APIS && !self.scope.is_empty() {
            targets.push(Target::new("scope", name, &self.scope, SCOPES).guarded());
        }
        if !self.owner_id.is_empty() {
            targets.push(Target::in_service("ownerId", &self.owner_id, &[Kind::User]).guarded());
        }
        targets
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![
            SecretSlot::required("primaryKey", &mut self.primary_key),
            SecretSlot::required("secondaryKey", &mut self.secondary_key),
        ]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        fn id_in<'a>(text: &'a str, collection: &str) -> Value<'a> {
            let text = references::without_prefix(text);
            Value::text(text.strip_prefix(collection).unwrap_or_default())
        }
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "stateComment" => Some(Value::text(&self.state_comment)),
            "ownerId" => Some(Value::text(&self.owner_id)),
            "scope" => Some(Value::text(&self.scope)),
            "userId" => Some(id_in(&self.owner_id, "users/")),
            "productId" => Some(id_in(&self.scope, "products/")),
            "state" => Some(Value::word(&self.state, FIRST_STATE)),
            _ => None,
        }
    }
}

/// Fills in the state that is left out, and refuses a step that is not allowed.
///
/// Differs from APIM: an update that names no state keeps the present one, so that applying a
/// manifest again does not ask for a decision that has been made.
pub(crate) fn check_transition(
    before: Option<&Subscription>,
    spec: &mut Subscription,
    fields: &mut Fields<'_>,
) {
    if spec.state.is_empty() {
        spec.state = before.map_or(FIRST_STATE, |before| &before.state).to_owned();
    }
    let allowed: &[&str] = match before.map(|before| before.state.as_str()) {
        None => &["submitted", "active"],
        Some("submitted") => &["active", "rejected", "cancelled"],
        Some("active") => &["suspended", "cancelled", "expired"],
        Some("suspended") => &["active", "cancelled", "expired"],
        Some(_) => &["active"],
    };
    let is_kept = before.is_some_and(|before| before.state == spec.state);
    if is_kept || !STATES.contains(&spec.state.as_str()) || allowed.contains(&spec.state.as_str()) {
        return;
    }
    let from = before.map_or("a new subscription", |before| &before.state);
    let next = allowed.join(" or ");
    fields.invalid("state", format!("from {from} to {} is no step; it may become {next}", spec.state));
}
