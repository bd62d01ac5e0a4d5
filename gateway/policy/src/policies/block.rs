//! `block`: a group of policies.

use crate::build::Builder;
use crate::document::Step;
use crate::env::Ran;
use crate::lane::{Around, Entry};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, Inner, PolicySpec, Release};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::Block)),
    ..PolicySpec::of(ElementSpec { policies: Inner::Any, ..ElementSpec::named("block") }, "Groups policies.")
};

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<Block> {
    Some(Block { steps: builder.steps(element)? })
}

/// Policies in the place of one: those of a group, or of a fragment.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) steps: Box<[Step]>,
}

impl Block {
    pub(crate) fn run(&self) -> Ran<'_> {
        Ok(Flow::Enter(Entry { steps: &self.steps, around: Around::Nothing }))
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Inbound, "<block><set-method>GET</set-method></block>"), [""; 0]);
        assert_eq!(
            read_in(Section::Inbound, "<block><jsonp callback-parameter-name='c'/></block>"),
            ["misplaced-policy"]
        );
    }
}
