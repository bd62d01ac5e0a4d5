//! `wait`: runs the policies it holds at the same time.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{ElementSpec, Inner, PolicySpec, attribute};
use crate::section::Section;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend, Section::Outbound],
    tolerated: &[Section::OnError],
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("for", Kind::OneOf(&["all", "any"])).or("all").expression()],
            policies: Inner::Only(&[
                "send-request",
                "cache-lookup-value",
                "choose",
                "forward-request",
                "cache-store-value",
                "authentication-managed-identity",
            ]),
            ..ElementSpec::named("wait")
        },
        "Runs the policies it holds at the same time, and waits for all of them or for the first.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    if element.elements().next().is_none() {
        checker.error(element.span, "missing-element", "wait holds no policy").note(SPEC.element.describe());
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
                "<wait for='any'><cache-lookup-value key='k' variable-name='v'/><choose><when condition='true'/></choose></wait>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<wait/>"), ["missing-element"]);
        assert_eq!(
            read_in(Section::Inbound, "<wait for='one'><choose><when condition='true'/></choose></wait>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<wait><set-method>GET</set-method></wait>"),
            ["misplaced-policy"]
        );
    }
}
