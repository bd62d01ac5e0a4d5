//! `validate-client-certificate`: refuses requests whose client certificate is not one that is listed.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, attribute};
use crate::surroundings::Reference;
use crate::tree::Element;

/// Most identities.
const IDENTITIES_MAX: usize = 10;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("validate-revocation", Kind::Bool).or("true"),
                attribute("validate-trust", Kind::Bool).or("true"),
                attribute("validate-not-before", Kind::Bool).or("true"),
                attribute("validate-not-after", Kind::Bool).or("true"),
                attribute("ignore-error", Kind::Bool).or("false"),
            ],
            children: &[ChildSpec::maybe(&IDENTITIES)],
            ..ElementSpec::named("validate-client-certificate")
        },
        "Refuses requests whose client certificate is not one that is listed.",
    )
};

static IDENTITIES: ElementSpec =
    ElementSpec::list("identities", &[ChildSpec { max: IDENTITIES_MAX, ..ChildSpec::any(&IDENTITY) }]);
static IDENTITY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("thumbprint", Kind::Filled),
        attribute("serial-number", Kind::Filled),
        attribute("common-name", Kind::Filled),
        attribute("subject", Kind::Filled),
        attribute("dns-name", Kind::Filled),
        attribute("issuer-subject", Kind::Filled),
        attribute("issuer-thumbprint", Kind::Filled),
        attribute("issuer-certificate-id", Kind::Reference(Reference::Certificate)),
    ],
    ..ElementSpec::named("identity")
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    for identity in element.child("identities").into_iter().flat_map(|all| all.elements_named("identity")) {
        let Some(certificate) = identity.attribute("issuer-certificate-id") else {
            continue;
        };
        for other in ["issuer-subject", "issuer-thumbprint"] {
            if identity.attribute(other).is_some() {
                checker.excluding(certificate, other);
            }
        }
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
                "<validate-client-certificate validate-trust='false'><identities><identity thumbprint='AB' subject='CN=a'/></identities></validate-client-certificate>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-client-certificate><identities><identity issuer-certificate-id='c' issuer-subject='s'/></identities></validate-client-certificate>"
            ),
            ["attribute-conflict"]
        );
    }
}
