//! `authentication-managed-identity`: gets a token for the gateway's identity and sends it to the backend.

use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, attribute};
use crate::section::Section;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    // Found there in real documents, to get a token for a call.
    tolerated: &[Section::Backend, Section::Outbound, Section::OnError],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("resource", Kind::Filled).required().expression(),
                attribute("client-id", Kind::Any),
                attribute("output-token-variable-name", Kind::Variable),
                attribute("ignore-error", Kind::Bool).or("false"),
            ],
            ..ElementSpec::named("authentication-managed-identity")
        },
        "Gets a token for the gateway's own identity, and sends it to the backend or keeps it in a variable.",
    )
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
                "<authentication-managed-identity resource='r' client-id='{{c}}' output-token-variable-name='t' ignore-error='False'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<authentication-managed-identity/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Outbound, "<authentication-managed-identity resource='r'/>"),
            ["misplaced-policy"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<authentication-managed-identity resource='r' client-id='@(1)'/>"),
            ["expression-not-allowed"]
        );
    }
}
