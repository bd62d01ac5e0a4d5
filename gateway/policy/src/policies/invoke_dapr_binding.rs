//! `invoke-dapr-binding`: calls an output binding of Dapr.

use crate::kind::Kind;
use crate::schema::{
    AttributeSpec, ChildSpec, ElementSpec, NOT_BACKEND, NOT_WORKSPACE, PolicySpec, attribute,
};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = spec("invoke-dapr-binding");
/// As Microsoft's toolkit spells it.
pub(crate) static MISSPELT: PolicySpec = spec("invoke-darp-binding");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: NOT_BACKEND,
        tolerated: &[Section::Backend],
        scopes: NOT_WORKSPACE,
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, children: CHILDREN, ..ElementSpec::named(name) },
            "Calls an output binding of Dapr.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("name", Kind::Filled).required().expression(),
    attribute("operation", Kind::Any).expression(),
    attribute("ignore-error", Kind::Bool).or("false").expression(),
    attribute("response-variable-name", Kind::Variable),
    attribute("timeout", Kind::SECONDS).or("5").expression(),
    attribute("template", Kind::Any),
    attribute("content-type", Kind::Any),
];
static METADATA_AND_DATA: [ChildSpec; 2] = [ChildSpec::maybe(&METADATA), ChildSpec::maybe(&DATA)];
const CHILDREN: &[ChildSpec] = &METADATA_AND_DATA;

static METADATA: ElementSpec = ElementSpec::list("metadata", &[ChildSpec::any(&ITEM)]);
static ITEM: ElementSpec = ElementSpec {
    attributes: &[attribute("key", Kind::Filled).required().expression()],
    ..ElementSpec::expression("item", Kind::Any)
};
static DATA: ElementSpec = ElementSpec::expression("data", Kind::Body);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<invoke-dapr-binding name='b' operation='create' timeout='10'><metadata><item key='k'>@(context.Api.Id)</item></metadata><data>{\"a\": <b/>}</data></invoke-dapr-binding><invoke-darp-binding name='b'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<invoke-dapr-binding/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(
                Section::Inbound,
                "<invoke-dapr-binding name='b'><metadata><item>v</item></metadata></invoke-dapr-binding>"
            ),
            ["missing-attribute"]
        );
    }
}
