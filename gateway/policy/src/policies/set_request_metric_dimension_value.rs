//! `set-request-metric-dimension-value`: of Microsoft's own documents; nothing comes of it.

use crate::check::Checker;
use crate::schema::{Content, ElementSpec, PolicySpec};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
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
    use crate::testing::read_in;

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
