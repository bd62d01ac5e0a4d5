//! `find-and-replace`: replaces a text wherever it stands in the body.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("from", Kind::Any).required().expression(),
            attribute("to", Kind::Any).required().expression(),
        ],
        ..ElementSpec::named("find-and-replace")
    },
    "Replaces a text wherever it stands in the body.",
);
