//! `publish-event`: tells subscribers of GraphQL what a resolver resolved.

use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, NOWHERE, PolicySpec, attribute};

/// A child of a resolver's response alone.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOWHERE,
    ..PolicySpec::of(
        ElementSpec::list("publish-event", &[ChildSpec::one(&TARGETS)]),
        "Tells subscribers of GraphQL what a resolver resolved; it stands in a resolver's response.",
    )
};

static TARGETS: ElementSpec = ElementSpec::list("targets", &[ChildSpec::some(&SUBSCRIPTION)]);
static SUBSCRIPTION: ElementSpec = ElementSpec {
    attributes: &[attribute("id", Kind::Filled).required()],
    ..ElementSpec::named("graphql-subscription")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<publish-event><targets><graphql-subscription id='s'/></targets></publish-event>"
            ),
            ["misplaced-policy"]
        );
    }
}
