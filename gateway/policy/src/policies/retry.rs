//! `retry`: runs the policies it holds again while a condition is true.

use crate::kind::Kind;
use crate::schema::{ElementSpec, Inner, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("condition", Kind::Bool).required().expression(),
            attribute("count", Kind::Integer { min: 1, max: 50 }).required().expression(),
            attribute("interval", Kind::SECONDS).required().expression(),
            attribute("max-interval", Kind::Seconds { min: 1, max: i32::MAX as i64 }).expression(),
            attribute("delta", Kind::Seconds { min: 1, max: i32::MAX as i64 }).expression(),
            attribute("first-fast-retry", Kind::Bool).or("false").expression(),
        ],
        policies: Inner::Except(&["wait"]),
        ..ElementSpec::named("retry")
    },
    "Runs the policies it holds, and again while a condition is true.",
);
