//! `authentication-certificate`: shows a client certificate to the backend.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, attribute};
use crate::surroundings::Reference;
use crate::tree::Element;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("thumbprint", Kind::Filled).expression(),
                attribute("certificate-id", Kind::Reference(Reference::Certificate)).expression(),
                attribute("body", Kind::Bytes).expression(),
                attribute("password", Kind::Any).expression(),
            ],
            ..ElementSpec::named("authentication-certificate")
        },
        "Shows a client certificate to the backend.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["thumbprint", "certificate-id", "body"]);
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
                "<authentication-certificate thumbprint='AB'/><authentication-certificate certificate-id='c'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-certificate body='@(context.Variables.GetValueOrDefault<byte[]>(\"c\"))' password='{{p}}'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<authentication-certificate password='{{p}}'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<authentication-certificate certificate-id=''/>"),
            ["attribute-value"]
        );
    }
}
