//! Links of gateways and workspaces: where a workspace is served.
//!
//! See `kinds` for the shape of this file. What concerns several of them is in `gateways` and `paths`.

use super::{At, FilterField, Rules, Value, gateway};
use crate::references::{self, Target};
use crate::text::Fields;
use crate::violation::code;
use hanse_proto::v1::GatewayLink;
use hanse_proto::{Kind, Name};

impl Rules for GatewayLink {
    const FIELDS: &'static [FilterField] = &[FilterField::id("workspace")];

    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.workspace, Kind::Workspace);
        references::make_full_in_service(&mut self.passes_on_to, Kind::Gateway);
    }

    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        let is_default =
            at.name.id_of(Kind::Gateway).is_some_and(|id| id.eq_ignore_ascii_case(gateway::DEFAULT));
        if self.workspace.is_empty() && !is_default {
            fields.report(
                code::INVALID,
                "workspace",
                "missing; only the default gateway serves the APIs of the service itself",
                "write `workspaces/{id}`",
            );
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        let mut targets = Vec::new();
        if !self.workspace.is_empty() {
            targets.push(Target::new("workspace", name, &self.workspace, &[Kind::Workspace]));
        }
        if !self.passes_on_to.is_empty() {
            let target = Target::in_service("passesOnTo", &self.passes_on_to, &[Kind::Gateway]);
            targets.push(target.guarded());
        }
        targets
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        (field == "workspace").then(|| Value::text(&self.workspace))
    }
}
