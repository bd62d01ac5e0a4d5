//! `find-and-replace`: replaces a text wherever it stands in the body.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("from", Kind::Any).required().expression(),
            attribute("to", Kind::Any).required().expression(),
        ],
        ..ElementSpec::named("find-and-replace")
    },
    "Replaces a text wherever it stands in the body.",
);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<find-and-replace from='a' to=''/>"), [""; 0]);
        assert_eq!(read_in(Section::Outbound, "<find-and-replace from='a'/>"), ["missing-attribute"]);
    }
}
