//! `llm-semantic-cache-store`: keeps a model's answer for prompts like this one.
//! `azure-openai-semantic-cache-store` is the same.

use crate::kind::Kind;
use crate::schema::{AttributeSpec, ElementSpec, NOT_WORKSPACE, OUTBOUND, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = spec("llm-semantic-cache-store");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-semantic-cache-store");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: OUTBOUND,
        scopes: NOT_WORKSPACE,
        once: Once::PerSection,
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, ..ElementSpec::named(name) },
            "Keeps a model's answer for prompts like this one.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("duration", Kind::SECONDS).required().expression(),
    attribute("cache-response", Kind::Bool).expression(),
];

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<llm-semantic-cache-store duration='60'/><azure-openai-semantic-cache-store duration='@(1)'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<llm-semantic-cache-store duration='60'/>"),
            ["misplaced-policy"]
        );
    }
}
