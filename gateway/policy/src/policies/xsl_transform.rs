//! `xsl-transform`: transforms an XML body with a stylesheet of XSLT 1.0.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{ChildSpec, Content, ElementSpec, NOT_BACKEND, PolicySpec, attribute, shown};
use crate::section::Section;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    check,
    ..PolicySpec::of(
        ElementSpec {
            children: &[ChildSpec::any(&PARAMETER)],
            // The stylesheet has a prefix of the author's choice.
            content: Content::Free,
            ..ElementSpec::named("xsl-transform")
        },
        "Transforms an XML body with a stylesheet of XSLT 1.0.",
    )
};

static PARAMETER: ElementSpec = ElementSpec {
    // Two spellings of one.
    attributes: &[attribute("parameter-name", Kind::Filled), attribute("name", Kind::Filled)],
    ..ElementSpec::expression("parameter", Kind::Any)
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    for attribute in element.attributes.iter().filter(|it| it.name != "id" && !it.name.starts_with("xmlns")) {
        let message = format!("xsl-transform has no attribute `{}`", shown(&attribute.name));
        checker.error(attribute.span, "unknown-attribute", message);
    }
    let mut has_stylesheet = false;
    for child in element.elements() {
        let local = child.name.rsplit(':').next().unwrap_or_default();
        match local {
            "stylesheet" | "transform" => has_stylesheet = true,
            _ => {
                checker.check_child(child, &SPEC.element);
                if local == PARAMETER.name {
                    checker.one_of(child, &["parameter-name", "name"]);
                }
            }
        }
    }
    if !has_stylesheet {
        checker.error(element.span, "missing-element", "xsl-transform needs <xsl:stylesheet>");
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<xsl-transform><parameter parameter-name='p'>@(context.Api.Id)</parameter><xsl:stylesheet version='1.0'><xsl:template match='a'>text</xsl:template></xsl:stylesheet></xsl-transform>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Outbound, "<xsl-transform/>"), ["missing-element"]);
        assert_eq!(
            read_in(
                Section::Outbound,
                "<xsl-transform a='b'><parameter>x</parameter><xsl:transform/></xsl-transform>"
            ),
            ["unknown-attribute", "missing-attribute"]
        );
    }
}
