//! `limit-concurrency`: lets only so many requests at a time through the policies it holds.

use crate::kind::Kind;
use crate::schema::{ElementSpec, Inner, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("key", Kind::Any).required().expression(),
            attribute("max-count", Kind::POSITIVE).required(),
        ],
        policies: Inner::Any,
        ..ElementSpec::named("limit-concurrency")
    },
    "Lets only so many requests at a time through the policies it holds.",
);
