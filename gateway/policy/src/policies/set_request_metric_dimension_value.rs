//! `set-request-metric-dimension-value`: of Microsoft's own documents; nothing comes of it, which a
//! warning says.

use crate::check::Checker;
use crate::policies::Policy;
use crate::policies::block::Block;
use crate::schema::{Content, ElementSpec, PolicySpec, Release};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|_, _| Some(Policy::Block(Block { steps: Box::default() }))),
    ..PolicySpec::of(
        ElementSpec { content: Content::Free, ..ElementSpec::named("set-request-metric-dimension-value") },
        "Belongs to documents of Microsoft's own, and has no effect.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker
        .warning(element.span, "no-effect", "set-request-metric-dimension-value has no effect")
        .hint("remove it");
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    #[test]
    fn it_is_passed_over_with_a_warning() {
        let policy = "<set-request-metric-dimension-value any='x'/>";
        assert_eq!(codes(policy), ["no-effect"]);
        assert_eq!(Bench::inbound(policy).run().context.response.as_ref().unwrap().status, 200);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<set-request-metric-dimension-value any='x'><y/></set-request-metric-dimension-value>"
            ),
            ["no-effect"]
        );
    }
}
