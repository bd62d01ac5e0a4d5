//! `choose`: runs the policies of the first condition that is true.

use crate::build::Builder;
use crate::check::Checker;
use crate::document::Step;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::lane::{Around, Entry};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, Inner, PolicySpec, Release, attribute};
use crate::setting::{Flag, Setting};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::Choose)),
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

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<Choose> {
    let mut branches = Vec::new();
    for (nth, when) in (1..).zip(element.elements_named(WHEN.name)) {
        let condition = when.flag_setting("condition", false)?;
        let steps = builder.within(WHEN.name, nth, |builder| builder.steps(when))?;
        branches.push(Branch { condition, steps });
    }
    if let Some(otherwise) = element.child(OTHERWISE.name) {
        let steps = builder.within(OTHERWISE.name, 1, |builder| builder.steps(otherwise))?;
        branches.push(Branch { condition: Setting::Fixed(true), steps });
    }
    Some(Choose { branches: branches.into() })
}

#[derive(Debug)]
pub(crate) struct Choose {
    branches: Box<[Branch]>,
}

#[derive(Debug)]
struct Branch {
    condition: Flag,
    steps: Box<[Step]>,
}

impl Choose {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        for branch in &self.branches {
            if env.flag(&branch.condition)? {
                return Ok(Flow::Enter(Entry { steps: &branch.steps, around: Around::Nothing }));
            }
        }
        env.trace("no condition is true");
        Ok(Flow::Continue)
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
