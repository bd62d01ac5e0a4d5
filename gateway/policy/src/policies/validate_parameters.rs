//! `validate-parameters`: holds headers, query and path against the operation's definition.

use crate::kind::Kind;
use crate::policies::validate_content;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, attribute};

const SPECIFIED: AttributeSpec =
    attribute("specified-parameter-action", validate_content::ACTION).expression();
const UNSPECIFIED: AttributeSpec =
    attribute("unspecified-parameter-action", validate_content::ACTION).expression();

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                SPECIFIED.required(),
                UNSPECIFIED.required(),
                validate_content::ERRORS_VARIABLE,
                validate_content::ERROR_VARIABLE,
            ],
            children: &[ChildSpec::maybe(&HEADERS), ChildSpec::maybe(&QUERY), ChildSpec::maybe(&PATH)],
            ..ElementSpec::named("validate-parameters")
        },
        "Holds headers, query and path of a request against the operation's definition.",
    )
};

static HEADERS: ElementSpec = ElementSpec {
    attributes: &[SPECIFIED, UNSPECIFIED],
    children: &[ChildSpec::any(&PARAMETER)],
    ..ElementSpec::named("headers")
};
static QUERY: ElementSpec = ElementSpec {
    attributes: &[SPECIFIED, UNSPECIFIED],
    children: &[ChildSpec::any(&PARAMETER)],
    ..ElementSpec::named("query")
};
static PATH: ElementSpec = ElementSpec {
    attributes: &[SPECIFIED],
    children: &[ChildSpec::any(&PARAMETER)],
    ..ElementSpec::named("path")
};
static PARAMETER: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("action", validate_content::ACTION).required().expression(),
    ],
    ..ElementSpec::named("parameter")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-parameters specified-parameter-action='prevent' unspecified-parameter-action='@(context.Api.Id)' errors-variable-name='e'><headers specified-parameter-action='ignore' unspecified-parameter-action='detect'><parameter name='X' action='ignore'/></headers><path specified-parameter-action='detect'/></validate-parameters>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<validate-parameters specified-parameter-action='prevent'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-parameters specified-parameter-action='prevent' unspecified-parameter-action='prevent'><path unspecified-parameter-action='prevent'/></validate-parameters>"
            ),
            ["unknown-attribute"]
        );
    }
}
