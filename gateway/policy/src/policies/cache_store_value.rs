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

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Backend,
                "<cache-store-value key='k' value='@(1)' duration='@(2)' caching-type='internal'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-store-value key='k' value='v' duration='-1'/>"),
            ["attribute-value"]
        );
    }
}
