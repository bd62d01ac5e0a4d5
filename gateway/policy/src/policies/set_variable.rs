//! `set-variable`: keeps a value for the rest of the request.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("name", Kind::Variable).required(),
            attribute("value", Kind::Value).required().expression(),
        ],
        ..ElementSpec::named("set-variable")
    },
    "Keeps a value for the rest of the request.",
);
