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

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Backend,
                "<limit-concurrency key='@(context.Api.Id)' max-count='3'><forward-request timeout='5'/></limit-concurrency>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<limit-concurrency key='k' max-count='0'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<limit-concurrency key='k' max-count='1'><forward-request/></limit-concurrency>"
            ),
            ["misplaced-policy"]
        );
    }
}
