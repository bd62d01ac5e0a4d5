//! `authentication-basic`: sends user and password to the backend.

use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, Once, PolicySpec, attribute};

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("username", Kind::Any).required().expression(),
                attribute("password", Kind::Any).required().expression(),
            ],
            ..ElementSpec::named("authentication-basic")
        },
        "Sets the Authorization header to a user and a password.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(Section::Inbound, "<authentication-basic username='u' password='{{p}}'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-basic username='@(context.Api.Id)' password='@(context.Api.Id)'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<authentication-basic username='u'/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<authentication-basic username='u' password='p'/>"),
            ["secret-in-document"]
        );
        assert_eq!(
            read_in(Section::Outbound, "<authentication-basic username='u' password='{{p}}'/>"),
            ["misplaced-policy"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-basic username='u' password='{{p}}'/><authentication-basic username='u' password='{{p}}'/>"
            ),
            ["repeated-policy"]
        );
    }
}
