//! `trace`: adds a message to the request's trace and to the logs.

use crate::kind::Kind;
use crate::schema::{ChildSpec, Content, ElementSpec, PolicySpec, attribute};

/// Older documents hold the message as their text.
pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("source", Kind::Any).required(),
            attribute("severity", Kind::OneOf(&["verbose", "information", "error"])).or("verbose"),
        ],
        children: &[ChildSpec::maybe(&MESSAGE), ChildSpec::any(&METADATA)],
        content: Content::Expression(Kind::Any),
        ..ElementSpec::named("trace")
    },
    "Adds a message to the request's trace and to the logs.",
);

static MESSAGE: ElementSpec = ElementSpec::expression("message", Kind::Any);
static METADATA: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("value", Kind::Any).required().expression(),
    ],
    ..ElementSpec::named("metadata")
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
                "<trace source='s' severity='error'><message>@(context.Api.Id)</message><metadata name='n' value='@(context.Api.Id)'/></trace><trace source='s'>@(context.Api.Id)</trace>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<trace/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<trace source='s' severity='fatal'/>"), ["attribute-value"]);
    }
}
