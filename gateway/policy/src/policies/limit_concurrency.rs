//! `limit-concurrency`: lets only so many requests at a time through the policies it holds.

use crate::build::Builder;
use crate::document::Step;
use crate::env::{Env, Ran};
use crate::fault::Fault;
use crate::kind::Kind;
use crate::lane::{Around, Entry};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, Inner, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::LimitConcurrency)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("key", Kind::Any).required().expression(),
                attribute("max-count", Kind::POSITIVE).required(),
            ],
            policies: Inner::Any,
            ..ElementSpec::named("limit-concurrency")
        },
        "Lets only so many requests at a time through the policies it holds.",
    )
};

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<LimitConcurrency> {
    Some(LimitConcurrency {
        key: element.required_text("key")?,
        max_count: element.number("max-count")?,
        steps: builder.steps(element)?,
    })
}

#[derive(Debug)]
pub(crate) struct LimitConcurrency {
    key: Text,
    max_count: u32,
    steps: Box<[Step]>,
}

impl LimitConcurrency {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let key = env.text_or_empty(&self.key)?;
        let workspace = &env.context.facts.workspace.id;
        match env.host.enter(workspace, key, self.max_count) {
            Some(permit) => Ok(Flow::Enter(Entry { steps: &self.steps, around: Around::Permit(permit) })),
            None => Err(Fault::concurrency_limit_exceeded().into()),
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
                Section::Backend,
                "<limit-concurrency key='@(context.Api.Id)' max-count='3'><forward-request timeout='5'/></limit-concurrency>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<limit-concurrency key='k' max-count='0'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<limit-concurrency key='k' max-count='1'><forward-request/></limit-concurrency>"
            ),
            ["misplaced-policy"]
        );
    }
}
