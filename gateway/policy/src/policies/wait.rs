//! `wait`: runs the policies it holds at the same time.

use hanse_expression::Target;

use crate::build::Builder;
use crate::check::Checker;
use crate::document::Step;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, Inner, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::Setting;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend, Section::Outbound],
    tolerated: &[Section::OnError],
    check,
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::Wait)),
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

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<Wait> {
    let is_any = element.setting("for", Target::String, |text| Some(text.trim() == "any"))?;
    Some(Wait { is_any: is_any.unwrap_or(Setting::Fixed(false)), steps: builder.steps(element)? })
}

#[derive(Debug)]
pub(crate) struct Wait {
    is_any: Setting<bool>,
    pub(crate) steps: Box<[Step]>,
}

impl Wait {
    pub(crate) fn run(&self) -> Ran<'_> {
        Ok(Flow::Wait(self))
    }

    /// Whether the first that ends is enough.
    pub(crate) fn is_for_any<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<bool, Halt> {
        match &self.is_any {
            Setting::Fixed(is_any) => Ok(*is_any),
            Setting::Computed(program) => match env.computed_text(program)? {
                Some("any") => Ok(true),
                Some("all") | None => Ok(false),
                Some(_) => Err(env.internal("for: neither `all` nor `any`.")),
            },
        }
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
