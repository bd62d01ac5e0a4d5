//! `redirect-content-urls`: turns URLs of the backend in a body into URLs of the API.

use crate::schema::{ElementSpec, Once, PolicySpec};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec::named("redirect-content-urls"),
        "Turns URLs of the backend in a body into URLs of the API, and the reverse in requests.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<redirect-content-urls/>"), [""; 0]);
        assert_eq!(read_in(Section::Backend, "<redirect-content-urls/>"), ["misplaced-policy"]);
        assert_eq!(read_in(Section::Outbound, "<redirect-content-urls a='b'/>"), ["unknown-attribute"]);
    }
}
