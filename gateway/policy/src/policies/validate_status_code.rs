//! `validate-status-code`: holds the status of a response against the operation's definition.

use crate::kind::Kind;
use crate::policies::validate_content;
use crate::schema::{ANSWERS, ChildSpec, ElementSpec, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: ANSWERS,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("unspecified-status-code-action", validate_content::ACTION).required().expression(),
                validate_content::ERRORS_VARIABLE,
                validate_content::ERROR_VARIABLE,
            ],
            children: &[ChildSpec::any(&STATUS_CODE)],
            ..ElementSpec::named("validate-status-code")
        },
        "Holds the status of a response against the operation's definition.",
    )
};

static STATUS_CODE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("code", Kind::Integer { min: 100, max: 599 }).required().expression(),
        // The toolkit writes `allow` too.
        attribute("action", Kind::Usual(&["ignore", "prevent", "detect"])).required().expression(),
    ],
    ..ElementSpec::named("status-code")
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
                "<validate-status-code unspecified-status-code-action='prevent'><status-code code='100' action='ignore'/></validate-status-code>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Outbound,
                "<validate-status-code unspecified-status-code-action='prevent'><status-code code='99' action='ignore'/></validate-status-code>"
            ),
            ["attribute-value"]
        );
    }
}
