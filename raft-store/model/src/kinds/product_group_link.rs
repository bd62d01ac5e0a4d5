//! Links of products and groups: whose members see the product.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::ProductGroupLink;
use hanse_proto::{Kind, Name};

impl Rules for ProductGroupLink {
    const FIELDS: &'static [FilterField] = &[FilterField::id("groupId")];

    fn canonical(&mut self, name: &Name) {
        match is_built_in(&self.group_id) {
            true => references::make_full_in_service(&mut self.group_id, Kind::Group),
            false => references::make_full(name, &mut self.group_id, Kind::Group),
        }
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.group_id.is_empty() {
            fields.invalid("groupId", "missing; the name of a group is required");
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        let target = match is_built_in(&self.group_id) {
            true => Target::in_service("groupId", &self.group_id, &[Kind::Group]),
            false => Target::new("groupId", name, &self.group_id, &[Kind::Group]),
        };
        vec![target.following()]
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "groupId").then(|| Value::text(&self.group_id))
    }
}

/// The service's own groups may be named from every workspace; their ids stand for nothing else.
fn is_built_in(group: &str) -> bool {
    let id = references::without_prefix(group);
    let id = id.strip_prefix("groups/").unwrap_or_default();
    super::BUILT_IN_GROUPS.iter().any(|known| known.eq_ignore_ascii_case(id))
}
