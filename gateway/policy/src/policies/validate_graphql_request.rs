//! `validate-graphql-request`: holds a GraphQL query against its schema, its size and rules of access.

use crate::kind::Kind;
use crate::policies::validate_content;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, NOT_OPERATION, Once, PolicySpec, attribute};

/// Longest query, in bytes.
const SIZE_BYTES_MAX: i64 = 102_400;
/// Most rules.
const RULES_MAX: usize = 100;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: NOT_OPERATION,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                validate_content::ERROR_VARIABLE.expression(),
                attribute("max-size", Kind::Integer { min: 0, max: SIZE_BYTES_MAX }).required().expression(),
                attribute("max-depth", Kind::COUNT).or("6").expression(),
                attribute("max-total-depth", Kind::COUNT).expression(),
                attribute("max-complexity", Kind::COUNT).expression(),
            ],
            children: &[ChildSpec::maybe(&AUTHORIZE)],
            ..ElementSpec::named("validate-graphql-request")
        },
        "Holds a GraphQL query against its schema, its size and rules of access.",
    )
};

static AUTHORIZE: ElementSpec =
    ElementSpec::list("authorize", &[ChildSpec { max: RULES_MAX, ..ChildSpec::any(&RULE) }]);
static RULE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("path", Kind::Filled).required().expression(),
        attribute("action", Kind::OneOf(&["allow", "remove", "reject", "ignore"])).or("allow").expression(),
    ],
    ..ElementSpec::named("rule")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-graphql-request max-size='102400' max-depth='@(4)'><authorize><rule path='/__*' action='reject'/></authorize></validate-graphql-request>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<validate-graphql-request max-size='102401'/>"),
            ["attribute-value"]
        );
    }
}
