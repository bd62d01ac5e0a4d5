//! `validate-content`: holds a body against its size, content type and schema.

use crate::kind::Kind;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, NOT_BACKEND, PolicySpec, attribute};
use crate::surroundings::Reference;

/// Longest body that can be validated, in bytes.
const SIZE_BYTES_MAX: i64 = 4 * 1024 * 1024;

/// What happens to a message that does not pass.
pub(crate) const ACTION: Kind = Kind::OneOf(&["ignore", "prevent", "detect"]);
pub(crate) const ERRORS_VARIABLE: AttributeSpec = attribute("errors-variable-name", Kind::Variable);
/// The same, as the toolkit spells it.
pub(crate) const ERROR_VARIABLE: AttributeSpec = attribute("error-variable-name", Kind::Variable);

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("unspecified-content-type-action", ACTION).required().expression(),
                attribute("max-size", Kind::Integer { min: 0, max: SIZE_BYTES_MAX }).required().expression(),
                attribute("size-exceeded-action", ACTION).required().expression(),
                ERRORS_VARIABLE,
                ERROR_VARIABLE,
            ],
            children: &[ChildSpec::maybe(&CONTENT_TYPE_MAP), ChildSpec::any(&CONTENT)],
            ..ElementSpec::named("validate-content")
        },
        "Holds a body against its size, content type and schema.",
    )
};

static CONTENT_TYPE_MAP: ElementSpec = ElementSpec {
    attributes: &[
        attribute("any-content-type-value", Kind::Any),
        attribute("missing-content-type-value", Kind::Any),
    ],
    children: &[ChildSpec::any(&TYPE)],
    ..ElementSpec::named("content-type-map")
};
static TYPE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("from", Kind::Any),
        attribute("when", Kind::Bool).expression(),
        attribute("to", Kind::Filled).required(),
    ],
    ..ElementSpec::named("type")
};
static CONTENT: ElementSpec = ElementSpec {
    attributes: &[
        attribute("type", Kind::Any),
        attribute("validate-as", Kind::OneOf(&["json", "xml", "soap"])).required(),
        attribute("action", ACTION).required().expression(),
        attribute("schema-id", Kind::Reference(Reference::Schema)),
        attribute("schema-ref", Kind::Any),
        attribute("allow-additional-properties", Kind::Bool),
        attribute("case-insensitive-property-names", Kind::Bool).or("false"),
    ],
    ..ElementSpec::named("content")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::OnError,
                "<validate-content unspecified-content-type-action='prevent' max-size='4194304' size-exceeded-action='@(context.Api.Id)' errors-variable-name='e'><content-type-map missing-content-type-value='a/b'><type when='@(true)' to='a/b'/></content-type-map><content validate-as='json' action='detect' schema-id='s'/></validate-content>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-content unspecified-content-type-action='prevent' max-size='4194305' size-exceeded-action='ignore'/>"
            ),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-content unspecified-content-type-action='stop' max-size='1' size-exceeded-action='ignore'/>"
            ),
            ["attribute-value"]
        );
    }
}
