//! `proxy`: reaches the backend through an HTTP proxy.

use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, attribute};
use crate::section::Section;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    tolerated: &[Section::Backend],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("url", Kind::Filled).required().expression(),
                attribute("username", Kind::Any).expression(),
                attribute("password", Kind::Any).expression(),
            ],
            ..ElementSpec::named("proxy")
        },
        "Reaches the backend through an HTTP proxy.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(Section::Inbound, "<proxy url='http://p:3128' username='u' password='{{p}}'/>"),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<proxy/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<proxy url='p' password='p'/>"), ["secret-in-document"]);
    }
}
