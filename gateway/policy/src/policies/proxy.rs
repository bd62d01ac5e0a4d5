//! `proxy`: reaches the backend through an HTTP proxy.

use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, attribute};
use crate::section::Section;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    tolerated: &[Section::Backend],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("url", Kind::Filled).required().expression(),
                attribute("username", Kind::Any).expression(),
                attribute("password", Kind::Any).expression(),
            ],
            ..ElementSpec::named("proxy")
        },
        "Reaches the backend through an HTTP proxy.",
    )
};
