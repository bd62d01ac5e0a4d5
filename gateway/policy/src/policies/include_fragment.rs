//! `include-fragment`: the policies of a fragment, in this place.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};
use crate::surroundings::Reference;

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[attribute("fragment-id", Kind::Reference(Reference::Fragment)).required()],
        ..ElementSpec::named("include-fragment")
    },
    "Stands for the policies of a fragment.",
);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::OnError, "<include-fragment fragment-id='f'/>"), [""; 0]);
        assert_eq!(read_in(Section::Inbound, "<include-fragment/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<include-fragment fragment-id='@(1)'/>"),
            ["expression-not-allowed"]
        );
    }
}
