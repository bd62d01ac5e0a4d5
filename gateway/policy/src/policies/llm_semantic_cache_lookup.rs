//! `llm-semantic-cache-lookup`: answers a prompt with the answer to one like it.
//! `azure-openai-semantic-cache-lookup` is the same.

use crate::kind::Kind;
use crate::schema::{
    AttributeSpec, ChildSpec, ElementSpec, INBOUND, NOT_WORKSPACE, Once, PolicySpec, attribute,
};
use crate::surroundings::Reference;

pub(crate) static SPEC: PolicySpec = spec("llm-semantic-cache-lookup");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-semantic-cache-lookup");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        scopes: NOT_WORKSPACE,
        once: Once::PerSection,
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, children: CHILDREN, ..ElementSpec::named(name) },
            "Answers a prompt with the answer to one like it.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("score-threshold", Kind::Double { min: 0.0, max: 1.0 }).required().expression(),
    attribute("embeddings-backend-id", Kind::Reference(Reference::Backend)).required().expression(),
    attribute("embeddings-backend-auth", Kind::OneOf(&["system-assigned", "header"])).required(),
    attribute("ignore-system-messages", Kind::Bool).or("false").expression(),
    attribute("max-message-count", Kind::COUNT).expression(),
    attribute("cache-id", Kind::Any),
];
static VARY_BY_ANY: [ChildSpec; 1] = [ChildSpec::any(&VARY_BY)];
const CHILDREN: &[ChildSpec] = &VARY_BY_ANY;
static VARY_BY: ElementSpec = ElementSpec::expression("vary-by", Kind::Any);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-semantic-cache-lookup score-threshold='0.05' embeddings-backend-id='b' embeddings-backend-auth='system-assigned'><vary-by>@(context.Api.Id)</vary-by></llm-semantic-cache-lookup>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<azure-openai-semantic-cache-lookup score-threshold='1' embeddings-backend-id='b' embeddings-backend-auth='header'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-semantic-cache-lookup score-threshold='1.1' embeddings-backend-id='b' embeddings-backend-auth='header'/>"
            ),
            ["attribute-value"]
        );
    }
}
