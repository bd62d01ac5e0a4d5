//! `log-to-eventhub`: sends a message to a logger.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};
use crate::surroundings::Reference;

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("logger-id", Kind::Reference(Reference::Logger)).required(),
            attribute("partition-id", Kind::Any),
            attribute("partition-key", Kind::Any).expression(),
        ],
        ..ElementSpec::expression("log-to-eventhub", Kind::Any)
    },
    "Sends a message to a logger.",
);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<log-to-eventhub logger-id='l' partition-id='0'>@(context.Api.Id)</log-to-eventhub>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<log-to-eventhub>x</log-to-eventhub>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<log-to-eventhub logger-id=' '>x</log-to-eventhub>"),
            ["attribute-value"]
        );
    }
}
