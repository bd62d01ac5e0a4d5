//! `cache-store`: keeps the response for later calls.

use crate::kind::Kind;
use crate::schema::{ElementSpec, OUTBOUND, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: OUTBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("duration", Kind::SECONDS).required().expression(),
                attribute("cache-response", Kind::Bool).expression(),
                attribute("caching-mode", Kind::Any).expression(),
            ],
            ..ElementSpec::named("cache-store")
        },
        "Keeps the response for later calls.",
    )
};
