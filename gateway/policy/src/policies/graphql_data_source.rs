//! `graphql-data-source`: resolves a field of GraphQL by a query elsewhere.

use crate::kind::Kind;
use crate::policies::{
    authentication_basic, authentication_certificate, authentication_managed_identity,
    get_authorization_context, include_fragment, send_request, set_backend_service, set_header,
    sql_data_source,
};
use crate::schema::{ChildSpec, ElementSpec, NOWHERE, PolicySpec, attribute};

/// The root of a resolver's document.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOWHERE,
    ..PolicySpec::of(
        ElementSpec::list(
            "graphql-data-source",
            &[ChildSpec::one(&REQUEST), ChildSpec::maybe(&sql_data_source::RESPONSE)],
        ),
        "Resolves a field of GraphQL by a query elsewhere; it is the root of a resolver's document.",
    )
};

static REQUEST: ElementSpec = ElementSpec::list(
    "request",
    &[
        ChildSpec::policy(&authentication_basic::SPEC),
        ChildSpec::policy(&authentication_certificate::SPEC),
        ChildSpec::policy(&authentication_managed_identity::SPEC),
        ChildSpec::policy(&get_authorization_context::SPEC),
        ChildSpec::policy(&set_backend_service::SPEC),
        ChildSpec::maybe(&send_request::SET_URL),
        ChildSpec::policies(&set_header::SPEC),
        ChildSpec::policies(&include_fragment::SPEC),
        ChildSpec::one(&DOCUMENT),
        ChildSpec::maybe(&OPERATION_NAME),
        ChildSpec::maybe(&VARIABLES),
    ],
);
static DOCUMENT: ElementSpec = ElementSpec::expression("document", Kind::Filled);
static OPERATION_NAME: ElementSpec = ElementSpec::expression("operationName", Kind::Any);
static VARIABLES: ElementSpec = ElementSpec::list("variables", &[ChildSpec::any(&VARIABLE)]);
static VARIABLE: ElementSpec = ElementSpec {
    attributes: &[attribute("name", Kind::Filled).required().expression()],
    ..ElementSpec::expression("variable", Kind::Value)
};

#[cfg(test)]
mod tests {
    use crate::testing::read_as_it_is;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_as_it_is(
                "<graphql-data-source><request><set-url>u</set-url><document>{ a }</document><operationName>o</operationName><variables><variable name='v'>@(context.Api.Id)</variable></variables></request></graphql-data-source>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_as_it_is("<graphql-data-source><request/></graphql-data-source>"),
            ["missing-element"]
        );
    }
}
