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
    use crate::fault::Fault;
    use crate::host::Host as _;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn status(bench: &mut Bench) -> u16 {
        bench.again().context.response.as_ref().unwrap().status.as_u16()
    }

    /// Whether nobody is within.
    fn is_free(bench: &Bench) -> bool {
        bench.host.enter("w", "k", 1).is_some()
    }

    #[test]
    fn beyond_the_limit_calls_are_refused_at_once() {
        let limit = "<limit-concurrency key='@(&quot;k&quot;)' max-count='2'><set-method>PUT</set-method></limit-concurrency>";
        let mut bench = Bench::inbound(&format!("{limit}{limit}"));
        let first = bench.host.enter("w", "k", 2);
        assert_eq!(status(&mut bench), 200, "one place is left, for one policy after the other");
        let second = bench.host.enter("w", "k", 2);
        assert_eq!(status(&mut bench), 429);
        assert_eq!(bench.body(), "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded\" }");
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(
            (&*error.source, error.reason.as_deref()),
            ("limit-concurrency", Some("ConcurrencyLimitExceeded"))
        );
        drop((first, second));
        assert_eq!(status(&mut bench), 200);
    }

    #[test]
    fn place_is_free_again_however_the_policies_within_end() {
        let around = |within: &str| {
            format!(
                "<policies><backend><limit-concurrency key='k' max-count='1'>{within}</limit-concurrency></backend>\
                 <outbound><limit-concurrency key='k' max-count='1'><set-status code='201' reason='r'/>\
                 </limit-concurrency></outbound></policies>"
            )
        };
        let forward = "<forward-request/>";
        let mut bench = Bench::document(&around(forward));
        assert_eq!((status(&mut bench), is_free(&bench)), (201, true), "outbound found its place free");
        let mut bench = Bench::document(&around(forward));
        bench.forward_faults = vec![Fault::timeout(std::time::Duration::from_secs(1))];
        assert_eq!((status(&mut bench), is_free(&bench)), (500, true));
        let returns = "<return-response><set-status code='418' reason='r'/></return-response>";
        let mut bench = Bench::document(&around(returns));
        assert_eq!((status(&mut bench), is_free(&bench)), (418, true));
        let retries = format!("<retry condition='@(true)' count='2' interval='0'>{forward}</retry>");
        let mut bench = Bench::document(&around(&retries));
        assert_eq!((status(&mut bench), is_free(&bench), bench.forwards), (201, true, 3));
    }

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
