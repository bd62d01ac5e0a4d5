//! Products: APIs offered together, under one contract.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use hanse_proto::v1::Product;

impl Rules for Product {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("displayName"),
        FilterField::text("description"),
        FilterField::text("terms"),
        FilterField::word("state"),
    ];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 300);
        fields.length("description", &self.description, 0, 1_000);
        fields.word("state", &self.state, &["notPublished", "published"]);
        if is_open(self) {
            if self.approval_required == Some(true) {
                fields.invalid("approvalRequired", "only allowed with subscriptionRequired: true");
            }
            if self.subscriptions_limit.is_some() {
                fields.invalid("subscriptionsLimit", "only allowed with subscriptionRequired: true");
            }
        }
        fields.words(
            "authenticationType",
            &self.authentication_type,
            &["subscription-key", "application-token"],
        );
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "description" => Some(Value::text(&self.description)),
            "terms" => Some(Value::text(&self.terms)),
            "state" => Some(Value::word(&self.state, "notPublished")),
            _ => None,
        }
    }
}

/// Whether calls need no subscription.
pub(crate) fn is_open(spec: &Product) -> bool {
    spec.subscription_required == Some(false)
}
