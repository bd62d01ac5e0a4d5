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
