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

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::OnError,
                "<cache-lookup-value key='@(context.Api.Id)' variable-name='v' default-value='@(context.Api.Id)'/><cache-lookup-value key='k' variable-name='v'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-lookup-value key='k' variable-name='@(context.Api.Id)'/>"),
            ["expression-not-allowed"]
        );
        assert_eq!(read_in(Section::Inbound, "<cache-lookup-value key='k'/>"), ["missing-attribute"]);
    }
}
