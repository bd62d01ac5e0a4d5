//! `validate-odata-request`: holds a request against the metadata of an OData API.

use crate::kind::Kind;
use crate::policies::validate_content;
use crate::schema::{ElementSpec, INBOUND, NOT_OPERATION, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: NOT_OPERATION,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                validate_content::ERROR_VARIABLE.expression(),
                attribute("default-odata-version", Kind::Any).or("4.0").expression(),
                attribute("min-odata-version", Kind::Any).expression(),
                attribute("max-odata-version", Kind::Any).expression(),
                attribute("max-size", Kind::COUNT).expression(),
            ],
            ..ElementSpec::named("validate-odata-request")
        },
        "Holds a request against the metadata of an OData API.",
    )
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
                "<validate-odata-request error-variable-name='e' default-odata-version='4.0' max-size='1'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<validate-odata-request max-size='x'/>"), ["attribute-value"]);
    }
}
