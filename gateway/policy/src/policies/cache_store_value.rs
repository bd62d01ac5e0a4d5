//! `cache-store-value`: keeps a value in the cache.

use crate::kind::Kind;
use crate::policies::cache_lookup;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("key", Kind::Any).required().expression(),
            attribute("value", Kind::Value).required().expression(),
            attribute("duration", Kind::SECONDS).required().expression(),
            attribute("caching-type", cache_lookup::CACHING_TYPE).or("prefer-external"),
        ],
        ..ElementSpec::named("cache-store-value")
    },
    "Keeps a value in the cache.",
);
