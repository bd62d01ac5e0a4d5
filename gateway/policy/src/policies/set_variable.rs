//! `set-variable`: keeps a value for the rest of the request.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("name", Kind::Variable).required(),
            attribute("value", Kind::Value).required().expression(),
        ],
        ..ElementSpec::named("set-variable")
    },
    "Keeps a value for the rest of the request.",
);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<set-variable name='n' value=''/><set-variable name='n' value='@(1)'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<set-variable name='n'/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<set-variable name='n' value='5'/>"), ["literal-is-string"]);
        assert_eq!(
            read_in(Section::Inbound, "<set-variable name='@(1)' value='x'/>"),
            ["expression-not-allowed"]
        );
    }
}
