//! `set-variable`: keeps a value for the rest of the request.

use hanse_expression::Target;
use hanse_expression::context::Part;
use hanse_expression::run::Value;

use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::SetVariable)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("name", Kind::Variable).required(),
                attribute("value", Kind::Value).required().expression(),
            ],
            ..ElementSpec::named("set-variable")
        },
        "Keeps a value for the rest of the request.",
    )
};

fn compile(element: &Element) -> Option<SetVariable> {
    let name = element.literal("name")?.into();
    let value = Text::verbatim(&element.attribute("value")?.value, Target::Object)?;
    Some(SetVariable { name, value })
}

#[derive(Debug)]
pub(crate) struct SetVariable {
    name: Box<str>,
    value: Text,
}

impl SetVariable {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let value = env.value(&self.value)?;
        if matches!(value, Value::Part(Part::RequestBody | Part::ResponseBody)) {
            return Err(env.internal("A variable cannot hold a message body: read it first."));
        }
        env.context.set_variable(&self.name, value);
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
                "<set-variable name='n' value=''/><set-variable name='n' value='@(1)'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<set-variable name='n'/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<set-variable name='n' value='5'/>"), ["literal-is-string"]);
        assert_eq!(
            read_in(Section::Inbound, "<set-variable name='@(1)' value='x'/>"),
            ["expression-not-allowed"]
        );
    }
}
