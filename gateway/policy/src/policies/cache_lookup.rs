//! `cache-lookup`: answers from the cache of responses.

use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, attribute};

pub(crate) const CACHING_TYPE: Kind = Kind::OneOf(&["internal", "external", "prefer-external"]);

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("vary-by-developer", Kind::Bool).required().expression(),
                attribute("vary-by-developer-groups", Kind::Bool).required().expression(),
                attribute("caching-type", CACHING_TYPE).or("prefer-external"),
                attribute("downstream-caching-type", Kind::Usual(&["none", "private", "public"]))
                    .or("none")
                    .expression(),
                attribute("must-revalidate", Kind::Bool).or("true").expression(),
                attribute("allow-private-response-caching", Kind::Bool).or("false").expression(),
            ],
            children: &[ChildSpec::any(&VARY_BY_HEADER), ChildSpec::any(&VARY_BY_QUERY_PARAMETER)],
            ..ElementSpec::named("cache-lookup")
        },
        "Answers with a response that cache-store kept.",
    )
};

static VARY_BY_HEADER: ElementSpec = ElementSpec::expression("vary-by-header", Kind::Filled);
static VARY_BY_QUERY_PARAMETER: ElementSpec =
    ElementSpec::expression("vary-by-query-parameter", Kind::Filled);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-lookup vary-by-developer='false' vary-by-developer-groups='@(true)' allow-private-response-caching='true'><vary-by-header>Accept;authorization</vary-by-header><vary-by-query-parameter>a;b</vary-by-query-parameter></cache-lookup>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-lookup vary-by-developer='false'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' caching-type='extern'/>"
            ),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' allow-private-response-caching='true'/>"
            ),
            ["shared-private-cache"]
        );
    }
}
