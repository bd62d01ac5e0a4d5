//! Subscriptions: two keys, what they open, and the states they go through.
//!
//! See `kinds` for the shape of this file.

use super::{FilterField, SecretSlot, Value};
use crate::references::{self, Target};
use crate::text::{Fields, shorten};
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

pub(crate) const FIELDS: &[FilterField] = &[
    FilterField::text("displayName"),
    FilterField::text("stateComment"),
    FilterField::id("ownerId"),
    FilterField::id("scope"),
    FilterField::id("userId"),
    FilterField::id("productId"),
    FilterField::word("state"),
];

/// Scopes are stored relative to the workspace (or service): `products/gold`, `apis/orders`, `apis`.
pub(crate) fn canonical(name: &Name, spec: &mut Subscription) {
    let text = references::without_prefix(&spec.scope);
    if text.eq_ignore_ascii_case(ALL_APIS) {
        spec.scope = ALL_APIS.to_owned();
        return;
    }
    let own = name.scope();
    let is_all_of_own = !own.is_empty()
        && text.len() == own.len() + 1 + ALL_APIS.len()
        && text.to_lowercase() == format!("{own}/{ALL_APIS}").to_lowercase();
    if is_all_of_own {
        spec.scope = ALL_APIS.to_owned();
        return;
    }
    if let Ok(target) = references::resolve(name, text, SCOPES) {
        let full = target.as_str();
        spec.scope = full.strip_prefix(target.scope()).unwrap_or(full).trim_start_matches('/').to_owned();
    }
}

pub(crate) fn check(spec: &Subscription, fields: &mut Fields<'_>) {
    if spec.scope.is_empty() {
        fields.report(
            code::INVALID,
            "scope",
            "missing; what the keys open is required",
            "write `products/{id}`, `apis/{id}`, or `apis` for all APIs",
        );
    }
    if spec.scope.contains(";rev=") {
        fields.invalid("scope", "names a revision; a subscription is to the API itself");
    }
    fields.line("displayName", &spec.display_name, 1, 100);
    let owner = references::without_prefix(&spec.owner_id);
    let is_user = owner.strip_prefix("users/").is_some_and(|id| !id.is_empty() && !id.contains('/'));
    if !owner.is_empty() && !is_user {
        fields.invalid("ownerId", format!("`{}` is no user; write `users/{{id}}`", shorten(&spec.owner_id)));
    }
    fields.sealed("primaryKey", &spec.primary_key);
    fields.sealed("secondaryKey", &spec.secondary_key);
    fields.word("state", &spec.state, STATES);
    fields.length("stateComment", &spec.state_comment, 0, 2_000);
    fields.time("startDate", &spec.start_date);
    fields.time("endDate", &spec.end_date);
    fields.time("expirationDate", &spec.expiration_date);
    fields.time("notificationDate", &spec.notification_date);
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

pub(crate) fn targets(name: &Name, spec: &Subscription) -> Vec<Target> {
    if spec.scope == ALL_APIS || spec.scope.is_empty() {
        return Vec::new();
    }
    vec![Target::new("scope", name, &spec.scope, SCOPES).guarded()]
}

pub(crate) fn secrets() -> Vec<SecretSlot> {
    vec![SecretSlot::required("primaryKey"), SecretSlot::required("secondaryKey")]
}

pub(crate) fn value<'a>(spec: &'a Subscription, field: &str) -> Option<Value<'a>> {
    let id_in = |text: &'a str, collection: &str| {
        let text = references::without_prefix(text);
        Value::text(text.strip_prefix(collection).unwrap_or_default())
    };
    match field {
        "displayName" => Some(Value::text(&spec.display_name)),
        "stateComment" => Some(Value::text(&spec.state_comment)),
        "ownerId" => Some(Value::text(&spec.owner_id)),
        "scope" => Some(Value::text(&spec.scope)),
        "userId" => Some(id_in(&spec.owner_id, "users/")),
        "productId" => Some(id_in(&spec.scope, "products/")),
        "state" => Some(Value::word(&spec.state, FIRST_STATE)),
        _ => None,
    }
}
