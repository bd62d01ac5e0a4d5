//! `http-data-source`: resolves a field of GraphQL by a call.

use crate::policies::{
    authentication_basic, authentication_certificate, authentication_managed_identity, find_and_replace,
    forward_request, get_authorization_context, include_fragment, json_to_xml, publish_event, send_request,
    set_backend_service, set_body, set_header, set_method, set_query_parameter, xml_to_json,
};
use crate::schema::{ChildSpec, ElementSpec, NOWHERE, PolicySpec};

/// The root of a resolver's document.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOWHERE,
    ..PolicySpec::of(
        ElementSpec::list(
            "http-data-source",
            &[ChildSpec::one(&REQUEST), ChildSpec::maybe(&BACKEND), ChildSpec::maybe(&RESPONSE)],
        ),
        "Resolves a field of GraphQL by a call; it is the root of a resolver's document.",
    )
};

static REQUEST: ElementSpec = ElementSpec::list(
    "http-request",
    &[
        ChildSpec::policy(&get_authorization_context::SPEC),
        ChildSpec::policy(&set_backend_service::SPEC),
        ChildSpec::policy(&set_method::SPEC).required(),
        ChildSpec::one(&send_request::SET_URL),
        ChildSpec::policies(&include_fragment::SPEC),
        ChildSpec::policies(&set_header::SPEC),
        ChildSpec::policies(&set_query_parameter::SPEC),
        ChildSpec::policy(&set_body::SPEC),
        ChildSpec::policy(&authentication_basic::SPEC),
        ChildSpec::policy(&authentication_certificate::SPEC),
        ChildSpec::policy(&authentication_managed_identity::SPEC),
    ],
);
static BACKEND: ElementSpec = ElementSpec::list("backend", &[ChildSpec::policy(&forward_request::SPEC)]);
static RESPONSE: ElementSpec = ElementSpec::list(
    "http-response",
    &[
        ChildSpec::policy(&set_body::SPEC),
        ChildSpec::policy(&json_to_xml::SPEC),
        ChildSpec::policy(&xml_to_json::SPEC),
        ChildSpec::policies(&find_and_replace::SPEC),
        ChildSpec::policy(&publish_event::SPEC),
        ChildSpec::policies(&include_fragment::SPEC),
    ],
);

#[cfg(test)]
mod tests {
    use crate::testing::read_as_it_is;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_as_it_is(
                "<http-data-source><http-request><set-method>GET</set-method><set-url>@(context.Api.Id)</set-url><set-header name='A'><value>b</value></set-header></http-request><backend><forward-request/></backend><http-response><set-body template='liquid'>{{ body.x }}</set-body><publish-event><targets><graphql-subscription id='s'/></targets></publish-event></http-response></http-data-source>"
            ),
            [""; 0]
        );
        assert_eq!(read_as_it_is("<http-data-source/>"), ["missing-element"]);
        assert_eq!(
            read_as_it_is(
                "<http-data-source><http-request><set-method>GET</set-method></http-request></http-data-source>"
            ),
            ["missing-element"]
        );
        assert_eq!(
            read_as_it_is(
                "<http-data-source><http-request><set-method>GET</set-method><set-url>u</set-url><choose/></http-request></http-data-source>"
            ),
            ["unknown-element"]
        );
    }
}
