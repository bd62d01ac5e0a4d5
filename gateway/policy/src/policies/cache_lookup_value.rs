//! `cache-lookup-value`: reads a value from the cache into a variable.

use crate::kind::Kind;
use crate::policies::cache_lookup;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("key", Kind::Any).required().expression(),
            attribute("variable-name", Kind::Variable).required(),
            attribute("default-value", Kind::Value).expression(),
            attribute("caching-type", cache_lookup::CACHING_TYPE).or("prefer-external"),
        ],
        ..ElementSpec::named("cache-lookup-value")
    },
    "Reads a value from the cache into a variable.",
);
