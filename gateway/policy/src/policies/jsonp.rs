//! `jsonp`: wraps a JSON response into a call of the page's function.

use crate::kind::Kind;
use crate::schema::{ElementSpec, OUTBOUND, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: OUTBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("callback-parameter-name", Kind::Filled).required().expression()],
            ..ElementSpec::named("jsonp")
        },
        "Wraps a JSON response into a call of the page's function.",
    )
};
