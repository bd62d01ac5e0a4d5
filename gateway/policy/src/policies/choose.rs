//! `choose`: runs the policies of the first condition that is true.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, Inner, PolicySpec, attribute};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    ..PolicySpec::of(
        ElementSpec::list("choose", &[ChildSpec::some(&WHEN), ChildSpec::maybe(&OTHERWISE)]),
        "Runs the policies of the first condition that is true.",
    )
};

static WHEN: ElementSpec = ElementSpec {
    attributes: &[attribute("condition", Kind::Bool).required().expression()],
    policies: Inner::Any,
    ..ElementSpec::named("when")
};
static OTHERWISE: ElementSpec = ElementSpec { policies: Inner::Any, ..ElementSpec::named("otherwise") };

fn check(element: &Element, checker: &mut Checker<'_>) {
    let behind = element
        .elements()
        .skip_while(|child| child.name != OTHERWISE.name)
        .find(|child| child.name == WHEN.name);
    if let Some(behind) = behind {
        checker
            .error(behind.span, "misplaced-element", "this <when> follows <otherwise>")
            .hint("put <otherwise> last");
    }
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
                "<choose><when condition='@(context.Tracing &amp;&amp; true)'><set-method>GET</set-method></when><when condition='true'/><otherwise><choose><when condition='false'/></choose></otherwise></choose>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<choose/>"), ["missing-element"]);
        assert_eq!(read_in(Section::Inbound, "<choose><when/></choose>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<choose><otherwise/><when condition='true'/></choose>"),
            ["misplaced-element"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<choose><when condition='true'/><otherwise/><otherwise/></choose>"),
            ["repeated-element"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<choose><set-method>GET</set-method><when condition='maybe'/></choose>"
            ),
            ["unknown-element", "attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Outbound,
                "<choose><when condition='true'><cors><allowed-origins><origin>*</origin></allowed-origins></cors></when></choose>"
            ),
            ["misplaced-policy"]
        );
    }
}
