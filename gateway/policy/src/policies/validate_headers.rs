//! `validate-headers`: holds the headers of a response against the operation's definition.

use crate::kind::Kind;
use crate::policies::validate_content;
use crate::schema::{ANSWERS, ChildSpec, ElementSpec, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: ANSWERS,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("specified-header-action", validate_content::ACTION).required().expression(),
                attribute("unspecified-header-action", validate_content::ACTION).required().expression(),
                validate_content::ERRORS_VARIABLE,
                validate_content::ERROR_VARIABLE,
            ],
            children: &[ChildSpec::any(&HEADER)],
            ..ElementSpec::named("validate-headers")
        },
        "Holds the headers of a response against the operation's definition.",
    )
};

static HEADER: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("action", validate_content::ACTION).required().expression(),
    ],
    ..ElementSpec::named("header")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<validate-headers specified-header-action='ignore' unspecified-header-action='prevent'><header name='X' action='@(context.Api.Id)'/></validate-headers>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-headers specified-header-action='ignore' unspecified-header-action='prevent'/>"
            ),
            ["misplaced-policy"]
        );
    }
}
