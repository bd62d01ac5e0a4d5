//! `get-authorization-context`: fetches a token from a credential provider.

use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, NOT_WORKSPACE, PolicySpec, attribute};
use crate::section::Section;
use crate::surroundings::Reference;

/// Also a child of `http-request`.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    tolerated: &[Section::Backend, Section::Outbound, Section::OnError],
    scopes: NOT_WORKSPACE,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("provider-id", Kind::Reference(Reference::AuthorizationProvider))
                    .required()
                    .expression(),
                attribute("authorization-id", Kind::Filled).required().expression(),
                attribute("context-variable-name", Kind::Variable).required().expression(),
                attribute("identity-type", Kind::OneOf(&["managed", "jwt"])).or("managed").expression(),
                attribute("identity", Kind::Any).expression(),
                attribute("ignore-error", Kind::Bool).or("false").expression(),
            ],
            ..ElementSpec::named("get-authorization-context")
        },
        "Fetches a token from a credential provider into a variable.",
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
                "<get-authorization-context provider-id='p' authorization-id='@(context.Api.Id)' context-variable-name='c' identity-type='jwt' identity='@(context.Api.Id)' ignore-error='true'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<get-authorization-context provider-id='p' authorization-id='a' context-variable-name='c' identity-type='key'/>"
            ),
            ["attribute-value"]
        );
    }
}
