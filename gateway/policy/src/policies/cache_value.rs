//! `cache-value`: a variable that is computed now and then, and cached meanwhile.

use crate::caching;
use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, Inner, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("key", Kind::Any).required().expression(),
            attribute("variable-name", Kind::Variable).required(),
            attribute("expires-after", Kind::SECONDS).or("28800").expression(),
            attribute("refresh-after", Kind::SECONDS).expression(),
            attribute("default-value", Kind::Value).expression(),
            attribute("caching-type", caching::CACHING_TYPE).or("prefer-external"),
        ],
        children: &[ChildSpec::maybe(&VALUE)],
        ..ElementSpec::named("cache-value")
    },
    "Sets a variable from the cache, and runs policies that compute it when it is not there or old.",
);

static VALUE: ElementSpec = ElementSpec { policies: Inner::Any, ..ElementSpec::named("value") };

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-value key='k' variable-name='v' refresh-after='@(1)'><value><set-variable name='v' value='x'/></value></cache-value>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-value key='k' variable-name='v'><value>x</value></cache-value>"
            ),
            ["stray-text"]
        );
    }
}
