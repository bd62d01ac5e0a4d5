//! `publish-to-dapr`: publishes a message to a topic of Dapr.

use crate::kind::Kind;
use crate::schema::{AttributeSpec, ElementSpec, INBOUND, NOT_WORKSPACE, PolicySpec, attribute};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = spec("publish-to-dapr");
/// As Microsoft's toolkit spells it.
pub(crate) static MISSPELT: PolicySpec = spec("publish-to-darp");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        tolerated: &[Section::Backend, Section::Outbound, Section::OnError],
        scopes: NOT_WORKSPACE,
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, ..ElementSpec::expression(name, Kind::Body) },
            "Publishes a message to a topic of Dapr.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("pubsub-name", Kind::Any).expression(),
    // As Microsoft's toolkit spells it.
    attribute("pub-sub-name", Kind::Any).expression(),
    attribute("topic", Kind::Filled).required().expression(),
    attribute("ignore-error", Kind::Bool).or("false").expression(),
    attribute("response-variable-name", Kind::Variable),
    attribute("timeout", Kind::SECONDS).or("5").expression(),
    attribute("template", Kind::Any),
    attribute("content-type", Kind::Any),
];

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<publish-to-dapr pubsub-name='p' topic='t' ignore-error='true'>@(context.Api.Id)</publish-to-dapr><publish-to-darp topic='p/t'>x <b/> y</publish-to-darp>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<publish-to-dapr>x</publish-to-dapr>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Outbound, "<publish-to-dapr topic='t'>x</publish-to-dapr>"),
            ["misplaced-policy"]
        );
    }
}
