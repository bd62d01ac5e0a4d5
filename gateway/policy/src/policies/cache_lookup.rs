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
                attribute("downstream-caching-type", Kind::Known(&["none", "private", "public"]))
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
