//! `xml-to-json`: turns an XML body into JSON.

use crate::kind::Kind;
use crate::policies::json_to_xml;
use crate::schema::{ElementSpec, NOT_BACKEND, PolicySpec, attribute};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("kind", Kind::OneOf(&["direct", "javascript-friendly"])).required().expression(),
                attribute("apply", Kind::OneOf(&["always", "content-type-xml"])).required().expression(),
                attribute("consider-accept-header", Kind::Bool).or("true").expression(),
                attribute("always-array-child-elements", Kind::Bool).or("false").expression(),
                attribute("preserve-whitespace-nodes", Kind::Bool).expression(),
                attribute("trim-values", Kind::Bool).expression(),
                attribute("trim", Kind::Bool).expression(),
                attribute("empty-values", Kind::OneOf(&json_to_xml::EMPTY_VALUES)).expression(),
            ],
            ..ElementSpec::named("xml-to-json")
        },
        "Turns an XML body into JSON.",
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
                Section::OnError,
                "<xml-to-json kind='direct' apply='content-type-xml' always-array-child-elements='true'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Outbound, "<xml-to-json kind='direct'/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Backend, "<xml-to-json kind='direct' apply='always'/>"),
            ["misplaced-policy"]
        );
    }
}
