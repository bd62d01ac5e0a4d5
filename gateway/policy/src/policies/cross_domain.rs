//! `cross-domain`: serves the policy file of a browser plug-in that is gone.

use crate::schema::{Content, ElementSpec, INBOUND, Once, PolicySpec};
use crate::section::ScopeKind;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: &[ScopeKind::Global],
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec { content: Content::Free, ..ElementSpec::named("cross-domain") },
        "Serves the cross-domain policy file it holds.",
    )
};
