//! `llm-emit-token-metric`: counts the tokens of a language model. `azure-openai-emit-token-metric` is the
//! same.

use crate::kind::Kind;
use crate::policies::emit_metric;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = spec("llm-emit-token-metric");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-emit-token-metric");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, children: CHILDREN, ..ElementSpec::named(name) },
            "Counts the tokens of a language model.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("namespace", Kind::Any),
    attribute("name", Kind::Any),
    attribute("value-type", Kind::OneOf(&["all", "total-tokens", "prompt-tokens", "completion-tokens"])),
    attribute("ignore-prompt", Kind::Bool),
];
static DIMENSIONS: [ChildSpec; 1] =
    [ChildSpec { max: emit_metric::DIMENSIONS_MAX, ..ChildSpec::some(&emit_metric::DIMENSION) }];
const CHILDREN: &[ChildSpec] = &DIMENSIONS;
