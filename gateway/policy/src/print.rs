//! Writes a document in one of its two formats.
//!
//! `rawxml` is the text as it came; `xml` is the same text with what is raw in it escaped, comments and
//! layout as they were.

use hanse_expression::span::LineIndex;

use crate::document::{Format, read, unreadable, without_mark};
use crate::finding::Finding;
use crate::normalise::escape;
use crate::reader::Roots;

/// A document's text in a format.
///
/// # Errors
/// The text cannot be read, so nobody knows what to escape.
pub fn print(text: &str, format: Format) -> Result<String, Vec<Finding>> {
    match format {
        Format::RawXml => Ok(text.to_owned()),
        Format::Xml => to_xml(text),
    }
}

/// The text as well-formed XML.
///
/// # Errors
/// As of [`print()`].
pub fn to_xml(text: &str) -> Result<String, Vec<Finding>> {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    read(source, &lines, Roots::Many)?;
    let escaped = escape(source).map_err(|error| vec![unreadable(&lines, error)])?;
    let mark = &text[..text.len() - source.len()];
    Ok(format!("{mark}{escaped}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checking, ScopeKind, check};

    #[test]
    fn xml_is_escaped_and_keeps_layout_and_comments() {
        for (raw, xml) in [
            (
                "\u{feff}<?xml version=\"1.0\"?>\r\n<!-- a -- b --->\n<policies>\t<inbound   a = 'x & y'/></policies >",
                "\u{feff}<?xml version=\"1.0\"?>\r\n<!-- a - - b - -->\n<policies>\t<inbound   a = 'x &amp; y'/></policies >",
            ),
            (
                "<a b=\"@(c[\"d\"] < e && f)\">@{ return g < 1 && \"<h>\" != i; }</a>",
                "<a b=\"@(c[&quot;d&quot;] &lt; e &amp;&amp; f)\">@{ return g &lt; 1 &amp;&amp; \"&lt;h>\" != i; }</a>",
            ),
            // Read with its entity decoded, this would be no expression.
            ("<a b='@(\"&quot;\")'/>", "<a b='@(\"&amp;quot;\")'/>"),
            ("<a><![CDATA[<&]]>&lt;&nbsp;</a><b/>", "<a><![CDATA[<&]]>&lt;&amp;nbsp;</a><b/>"),
        ] {
            assert_eq!(print(raw, Format::Xml).unwrap(), xml);
            assert_eq!(print(xml, Format::Xml).unwrap(), xml, "once is enough");
            assert_eq!(print(raw, Format::RawXml).unwrap(), raw);
        }
        assert!(print("<a>", Format::Xml).is_err());
        assert_eq!(
            print("<a>", Format::RawXml).unwrap(),
            "<a>",
            "what is not understood is given back as it came"
        );
    }

    #[test]
    fn both_formats_say_the_same() {
        let raw = "<policies><inbound><base/><set-header name=\"a\"><value>@(context.Variables[\"c\"] + \"<&\")</value></set-header>\
            <set-headr/></inbound></policies>";
        let codes = |text: &str, format: Format| -> Vec<(&str, u32)> {
            let findings = check(text, &Checking::to_run(format, ScopeKind::Api)).findings;
            findings.iter().map(|it| (it.code, it.length)).collect()
        };
        let xml = to_xml(raw).unwrap();
        let (in_raw, in_xml) = (codes(raw, Format::RawXml), codes(&xml, Format::Xml));
        assert_eq!(in_raw.iter().map(|it| it.0).collect::<Vec<_>>(), ["not-run-yet", "unknown-element"]);
        assert_eq!(in_xml.iter().map(|it| it.0).collect::<Vec<_>>(), ["not-run-yet", "unknown-element"]);
    }
}
