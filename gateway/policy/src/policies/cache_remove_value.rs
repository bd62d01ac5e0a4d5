//! `cache-remove-value`: takes a value out of the cache.

use crate::kind::Kind;
use crate::policies::cache_lookup;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("key", Kind::Any).required().expression(),
            attribute("caching-type", cache_lookup::CACHING_TYPE).or("prefer-external"),
            attribute("fail-on-cache-removal-error", Kind::Bool).or("false").expression(),
        ],
        ..ElementSpec::named("cache-remove-value")
    },
    "Takes a value out of the cache.",
);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(Section::Outbound, "<cache-remove-value key='k' fail-on-cache-removal-error='@(true)'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-remove-value key='k' caching-type='none'/>"),
            ["attribute-value"]
        );
    }
}
