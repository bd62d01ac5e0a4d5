//! `send-service-bus-message`: sends a message to a queue or topic of Service Bus.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, NOT_BACKEND, NOT_WORKSPACE, PolicySpec, attribute};
use crate::section::Section;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    scopes: NOT_WORKSPACE,
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("queue-name", Kind::Filled).expression(),
                attribute("topic-name", Kind::Filled).expression(),
                attribute("namespace", Kind::Any).expression(),
                attribute("client-id", Kind::Any).expression(),
                attribute("message-id", Kind::Any).expression(),
                attribute("session-id", Kind::Any).expression(),
                attribute("time-to-live", Kind::Any).expression(),
                attribute("ignore-error", Kind::Bool).or("false").expression(),
            ],
            children: &[ChildSpec::maybe(&PROPERTIES), ChildSpec::one(&PAYLOAD)],
            ..ElementSpec::named("send-service-bus-message")
        },
        "Sends a message to a queue or topic of Service Bus.",
    )
};

static PROPERTIES: ElementSpec = ElementSpec::list("message-properties", &[ChildSpec::any(&PROPERTY)]);
static PROPERTY: ElementSpec = ElementSpec {
    attributes: &[attribute("name", Kind::Filled).required().expression()],
    ..ElementSpec::expression("message-property", Kind::Any)
};
static PAYLOAD: ElementSpec = ElementSpec::expression("payload", Kind::Body);

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["queue-name", "topic-name"]);
    if let (Some(_), Some(topic)) = (element.attribute("queue-name"), element.attribute("topic-name")) {
        checker.excluding(topic, "queue-name");
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-service-bus-message queue-name='q'><message-properties><message-property name='n'>@(context.Api.Id)</message-property></message-properties><payload>@(context.Api.Id)</payload></send-service-bus-message>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<send-service-bus-message queue-name='q'/>"),
            ["missing-element"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-service-bus-message queue-name='q' topic-name='t'><payload>p</payload></send-service-bus-message>"
            ),
            ["attribute-conflict"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-service-bus-message><payload>p</payload></send-service-bus-message>"
            ),
            ["missing-attribute"]
        );
    }
}
