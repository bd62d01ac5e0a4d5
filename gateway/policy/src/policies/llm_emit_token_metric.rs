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

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

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
