//! Groups of users.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::Fields;
use crate::violation::code;
use hanse_proto::v1::Group;
use hanse_proto::{Kind, Name};

/// Ids of the groups that the service makes itself and nobody changes.
pub(crate) const BUILT_IN: &[&str] = &["administrators", "developers", "guests"];

impl Rules for Group {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("displayName"),
        FilterField::text("description"),
        FilterField::word("externalId"),
    ];

    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 300);
        fields.length("description", &self.description, 0, 1_000);
        if has_built_in_id(at.name) && !self.built_in {
            let message =
                format!("`{}` is one of the service's own groups, which nobody changes", at.name.id());
            fields.report(code::CONFLICT, "", message, "choose another id");
            return;
        }
        if !self.built_in {
            fields.word("type", &self.r#type, &["custom", "external"]);
        }
        match self.r#type.as_str() {
            "external" if self.external_id.is_empty() => {
                fields.invalid(
                    "externalId",
                    "missing; an external group is kept somewhere, as `aad://{tenant}/groups/{id}`",
                );
            }
            "" | "custom" if !self.external_id.is_empty() => {
                fields.invalid("externalId", "only allowed with type: external");
            }
            _ => {}
        }
        fields.line("externalId", &self.external_id, 0, 1_000);
    }

    fn unique(&self) -> Option<(&'static str, &str)> {
        Some(("displayName", &self.display_name))
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "description" => Some(Value::text(&self.description)),
            "externalId" => Some(Value::text(&self.external_id)),
            _ => None,
        }
    }
}

/// Whether the service makes the group itself.
pub(crate) fn is_built_in(name: &Name) -> bool {
    name.kind() == Kind::Group && name.scope().is_empty() && has_built_in_id(name)
}

fn has_built_in_id(name: &Name) -> bool {
    BUILT_IN.iter().any(|id| id.eq_ignore_ascii_case(name.id()))
}
