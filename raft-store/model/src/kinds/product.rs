//! Products: APIs offered together, under one contract.
//!
//! See `kinds` for the shape of this file.

use super::{FilterField, Value};
use crate::text::Fields;
use hanse_proto::v1::Product;

pub(crate) const FIELDS: &[FilterField] = &[
    FilterField::text("displayName"),
    FilterField::text("description"),
    FilterField::text("terms"),
    FilterField::word("state"),
];

/// Whether calls need no subscription.
pub(crate) fn is_open(spec: &Product) -> bool {
    spec.subscription_required == Some(false)
}

pub(crate) fn check(spec: &Product, fields: &mut Fields<'_>) {
    fields.line("displayName", &spec.display_name, 1, 300);
    fields.length("description", &spec.description, 0, 1_000);
    fields.word("state", &spec.state, &["notPublished", "published"]);
    if is_open(spec) {
        if spec.approval_required == Some(true) {
            fields.invalid("approvalRequired", "only allowed with subscriptionRequired: true");
        }
        if spec.subscriptions_limit.is_some() {
            fields.invalid("subscriptionsLimit", "only allowed with subscriptionRequired: true");
        }
    }
    fields.words("authenticationType", &spec.authentication_type, &["subscription-key", "application-token"]);
}

pub(crate) fn value<'a>(spec: &'a Product, field: &str) -> Option<Value<'a>> {
    match field {
        "displayName" => Some(Value::text(&spec.display_name)),
        "description" => Some(Value::text(&spec.description)),
        "terms" => Some(Value::text(&spec.terms)),
        "state" => Some(Value::word(&spec.state, "notPublished")),
        _ => None,
    }
}
