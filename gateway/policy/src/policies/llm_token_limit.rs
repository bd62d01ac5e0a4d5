//! `llm-token-limit`: at most so many tokens of a language model. `azure-openai-token-limit` is the same.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{AttributeSpec, ElementSpec, INBOUND, PolicySpec, attribute};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = spec("llm-token-limit");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-token-limit");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        check,
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, ..ElementSpec::named(name) },
            "At most so many tokens of a language model within a minute or a longer period.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("counter-key", Kind::Any).required().expression(),
    attribute("tokens-per-minute", Kind::COUNT).expression(),
    attribute("token-quota", Kind::LONG).expression(),
    attribute(
        "token-quota-period",
        Kind::OneOf(&["Hourly", "Daily", "Weekly", "Monthly", "Yearly", "Indefinite"]),
    )
    .expression(),
    attribute("estimate-prompt-tokens", Kind::Bool).expression(),
    // As Microsoft's toolkit spells it.
    attribute("estimate-prompt-token", Kind::Bool).expression(),
    attribute("retry-after-header-name", Kind::HeaderName).or("Retry-After"),
    attribute("retry-after-variable-name", Kind::Variable),
    attribute("remaining-tokens-header-name", Kind::HeaderName),
    attribute("remaining-tokens-variable-name", Kind::Variable),
    attribute("remaining-quota-tokens-header-name", Kind::HeaderName),
    attribute("remaining-quota-tokens-variable-name", Kind::Variable),
    attribute("tokens-consumed-header-name", Kind::HeaderName),
    attribute("tokens-consumed-variable-name", Kind::Variable),
    attribute("prompt-type", Kind::OneOf(&["auto", "chat-completion", "completion", "embeddings"]))
        .or("auto"),
    attribute("ignore-prompt", Kind::Bool).or("false"),
];

const ESTIMATES: [&str; 2] = ["estimate-prompt-tokens", "estimate-prompt-token"];

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["tokens-per-minute", "token-quota"]);
    if ESTIMATES.iter().all(|name| element.attribute(name).is_none()) {
        let message = format!("{} needs `{}`", element.name, ESTIMATES[0]);
        // Microsoft's own examples leave it out.
        checker.report(checker.strict(), element.span, "missing-attribute", message);
    }
    if let Some(quota) = element.attribute("token-quota")
        && element.attribute("token-quota-period").is_none()
    {
        let message = format!("{}: token-quota needs token-quota-period", element.name);
        checker
            .error(quota.span, "missing-attribute", message)
            .hint("such as token-quota-period=\"Monthly\"");
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
                "<llm-token-limit counter-key='@(context.Api.Id)' tokens-per-minute='@(2)' estimate-prompt-tokens='false'/><azure-openai-token-limit counter-key='k' token-quota='9999999999' token-quota-period='Monthly' estimate-prompt-tokens='true'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<llm-token-limit counter-key='k' estimate-prompt-tokens='true'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-token-limit counter-key='k' token-quota='1' estimate-prompt-tokens='true'/>"
            ),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<llm-token-limit counter-key='k' tokens-per-minute='1'/>"),
            ["missing-attribute"]
        );
    }
}
