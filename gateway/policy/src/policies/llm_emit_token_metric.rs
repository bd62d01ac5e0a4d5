//! `llm-emit-token-metric`: counts the tokens of a language model. `azure-openai-emit-token-metric` is the
//! same.
//!
//! Dimensions are worked out where the policy stands; tokens are added when the answer has been sent.

use crate::check::Checker;
use crate::counting::{Charge, Metric, TokenKinds};
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::emit_metric::{self, Dimensions};
use crate::policies::{Policy, llm_token_limit};
use crate::run::Flow;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = spec("llm-emit-token-metric");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-emit-token-metric");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        check,
        release: Release::Runs(|element, _| compile(element).map(Policy::LlmEmitTokenMetric)),
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, children: CHILDREN, ..ElementSpec::named(name) },
            "Counts the tokens of a language model.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("namespace", Kind::Any),
    attribute("name", Kind::Any).not_run("metrics have the names of what they count, such as Total Tokens"),
    attribute("value-type", Kind::OneOf(&["all", "total-tokens", "prompt-tokens", "completion-tokens"])),
    attribute("ignore-prompt", Kind::Bool),
];
static DIMENSIONS: [ChildSpec; 1] =
    [ChildSpec { max: emit_metric::DIMENSIONS_MAX, ..ChildSpec::some(&emit_metric::DIMENSION) }];
const CHILDREN: &[ChildSpec] = &DIMENSIONS;

fn check(element: &Element, checker: &mut Checker<'_>) {
    emit_metric::check_dimensions(element, checker);
}

fn compile(element: &Element) -> Option<LlmEmitTokenMetric> {
    crate::llm::tokens::prepare();
    let wanted = element.literal("value-type").unwrap_or("all").trim();
    let ignores_prompt = element.flag("ignore-prompt", false);
    Some(LlmEmitTokenMetric {
        namespace: element.literal("namespace").unwrap_or(emit_metric::NAMESPACE).into(),
        kinds: TokenKinds {
            total: matches!(wanted, "all" | "total-tokens"),
            prompt: matches!(wanted, "all" | "prompt-tokens") && !ignores_prompt,
            completion: matches!(wanted, "all" | "completion-tokens"),
            ignores_prompt,
        },
        dimensions: Dimensions::of(element)?,
    })
}

#[derive(Debug)]
pub(crate) struct LlmEmitTokenMetric {
    namespace: Box<str>,
    kinds: TokenKinds,
    dimensions: Dimensions,
}

impl LlmEmitTokenMetric {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let dimensions = self.dimensions.work_out(env)?;
        llm_token_limit::watch(env, llm_token_limit::Watched::default())?;
        let (workspace, namespace) = (&*env.context.facts.workspace.id, &*self.namespace);
        let metric = Metric { workspace, namespace, name: "", value: 0.0, dimensions: &dimensions };
        env.host.charge_at_end(Charge::TokenMetrics { metric, kinds: self.kinds });
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::llm::usage::Usage;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn metrics(more: &str) -> Vec<String> {
        let mut bench = Bench::inbound(&format!(
            "<llm-emit-token-metric namespace='n' {more}><dimension name='who' value='@(context.Request.Method)'/>\
             </llm-emit-token-metric><set-method>PUT</set-method>"
        ));
        bench.host.used.set(Some(Usage { prompt: 5, completion: 7 }));
        bench.run();
        bench.host.metrics.take()
    }

    #[test]
    fn tokens_are_added_to_three_metrics_when_the_answer_is_known() {
        assert_eq!(
            metrics(""),
            ["w n/Total Tokens 12 who=GET", "w n/Prompt Tokens 5 who=GET", "w n/Completion Tokens 7 who=GET"]
        );
        assert_eq!(metrics("value-type='prompt-tokens'"), ["w n/Prompt Tokens 5 who=GET"]);
        assert_eq!(
            metrics("ignore-prompt='true'"),
            ["w n/Total Tokens 7 who=GET", "w n/Completion Tokens 7 who=GET"]
        );
        assert_eq!(
            crate::testing::codes(
                "<llm-emit-token-metric name='x'><dimension name='API ID'/></llm-emit-token-metric>"
            ),
            ["not-run-yet"]
        );
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-emit-token-metric namespace='n'><dimension name='API ID'/></llm-emit-token-metric><azure-openai-emit-token-metric><dimension name='a' value='@(context.Api.Id)'/></azure-openai-emit-token-metric>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<llm-emit-token-metric/>"), ["missing-element"]);
    }
}
