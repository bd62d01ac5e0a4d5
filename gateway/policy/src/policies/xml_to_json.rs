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
