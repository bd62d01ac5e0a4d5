//! Links of gateways and workspaces: where a workspace is served.
//!
//! See `kinds` for the shape of this file. What concerns several of them is in `gateways` and `paths`.

use super::{FilterField, Value, gateway};
use crate::references::{self, Target};
use crate::text::Fields;
use crate::violation::code;
use hanse_proto::v1::GatewayLink;
use hanse_proto::{Kind, Name};

pub(crate) const FIELDS: &[FilterField] = &[FilterField::id("workspace")];

pub(crate) fn canonical(name: &Name, spec: &mut GatewayLink) {
    references::make_full(name, &mut spec.workspace, Kind::Workspace);
}

pub(crate) fn check(name: &Name, spec: &GatewayLink, fields: &mut Fields<'_>) {
    let is_default = name.id_of(Kind::Gateway).is_some_and(|id| id.eq_ignore_ascii_case(gateway::DEFAULT));
    if spec.workspace.is_empty() && !is_default {
        fields.report(
            code::INVALID,
            "workspace",
            "missing; only the default gateway serves the APIs of the service itself",
            "write `workspaces/{id}`",
        );
    }
}

pub(crate) fn targets(name: &Name, spec: &GatewayLink) -> Vec<Target> {
    if spec.workspace.is_empty() {
        return Vec::new();
    }
    vec![Target::new("workspace", name, &spec.workspace, &[Kind::Workspace])]
}

pub(crate) fn value<'a>(spec: &'a GatewayLink, field: &str) -> Option<Value<'a>> {
    (field == "workspace").then(|| Value::text(&spec.workspace))
}
