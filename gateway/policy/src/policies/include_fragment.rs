//! `include-fragment`: the policies of a fragment, in this place.

use crate::build::Builder;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::block::Block;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::surroundings::Reference;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::Block)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("fragment-id", Kind::Reference(Reference::Fragment)).required()],
            ..ElementSpec::named("include-fragment")
        },
        "Stands for the policies of a fragment.",
    )
};

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<Block> {
    Some(Block { steps: builder.fragment(element.literal("fragment-id")?.trim())? })
}

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
