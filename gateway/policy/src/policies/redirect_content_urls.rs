//! `redirect-content-urls`: turns URLs of the backend in a body into URLs of the API.

use crate::schema::{ElementSpec, Once, PolicySpec};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec::named("redirect-content-urls"),
        "Turns URLs of the backend in a body into URLs of the API, and the reverse in requests.",
    )
};
