//! `json-to-xml`: turns a JSON body into XML.

use crate::kind::Kind;
use crate::schema::{ElementSpec, NOT_BACKEND, PolicySpec, attribute};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("apply", Kind::OneOf(&["always", "content-type-json"])).required().expression(),
                attribute("consider-accept-header", Kind::Bool).or("true").expression(),
                attribute("parse-date", Kind::Bool).or("true").expression(),
                attribute("namespace-separator", Kind::Char).or("_").expression(),
                attribute("namespace-prefix", Kind::Any).expression(),
                attribute("attribute-block-name", Kind::Any).expression(),
                attribute("attribute-prefix", Kind::Any).expression(),
                attribute("namespace-block-name", Kind::Any).expression(),
                attribute("invalid-character-replacement", Kind::Any).expression(),
                attribute("null-values", Kind::Any).expression(),
                attribute("trim-values", Kind::Bool).expression(),
                attribute("empty-values", Kind::OneOf(&EMPTY_VALUES)).expression(),
            ],
            ..ElementSpec::named("json-to-xml")
        },
        "Turns a JSON body into XML.",
    )
};

/// Two spellings of one.
pub(crate) const EMPTY_VALUES: [&str; 3] = ["preserve", "as-null", "asNull"];

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<json-to-xml apply='always' consider-accept-header='false' namespace-separator=':' empty-values='as-null'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Outbound, "<json-to-xml apply='sometimes'/>"), ["attribute-value"]);
        assert_eq!(
            read_in(Section::Outbound, "<json-to-xml apply='always' namespace-separator='::'/>"),
            ["attribute-value"]
        );
    }
}
