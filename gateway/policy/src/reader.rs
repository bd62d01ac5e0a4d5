//! Reads a document into a tree, with the place of everything.
//!
//! [`normalise`](crate::normalise) makes the text well-formed, quick-xml reads that, and places are
//! mapped back to the source. A document that cannot be read yields one finding: what follows a
//! broken tag would be guesses.

use hanse_expression::scan;
use hanse_expression::span::Span;
use quick_xml::events::{BytesStart, Event};

use crate::normalise::{Normalised, OffsetMap, SyntaxError, normalise};
use crate::schema::shown;
use crate::tree::{Attr, Element, Node, Value, ValueKind};

/// Deepest nesting of elements.
pub const NESTING_MAX: usize = 64;
/// Most elements of a document.
pub const ELEMENTS_MAX: usize = 20_000;
/// Most attributes of an element.
pub const ATTRIBUTES_MAX: usize = 64;

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Element,
    /// The first place that was not XML, if any.
    pub(crate) first_repair: Option<usize>,
}

/// How many elements may stand beside each other at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Roots {
    One,
    /// As in pieces of documents: they become children of an element without a name.
    Many,
}

/// Reads a document. `source` has no byte-order mark.
pub(crate) fn read(source: &str, roots: Roots) -> Result<Tree, SyntaxError> {
    let normalised = normalise(source)?;
    let first_repair = normalised.first_repair;
    let root = TreeBuilder::new(&normalised, roots).read()?;
    Ok(Tree { root, first_repair })
}

struct TreeBuilder<'n> {
    normalised: &'n Normalised,
    /// Elements whose end tag is still to come.
    open: Vec<Element>,
    allowed: Roots,
    roots: Vec<Node>,
    text: String,
    /// Of the text collected, in the normalised text.
    text_span: Span,
    text_places: OffsetMap,
    elements: usize,
}

impl<'n> TreeBuilder<'n> {
    fn new(normalised: &'n Normalised, allowed: Roots) -> Self {
        Self {
            normalised,
            open: Vec::new(),
            allowed,
            roots: Vec::new(),
            text: String::new(),
            text_span: Span::default(),
            text_places: OffsetMap::default(),
            elements: 0,
        }
    }

    fn read(mut self) -> Result<Element, SyntaxError> {
        let normalised = self.normalised;
        let mut reader = quick_xml::Reader::from_str(&normalised.text);
        let config = reader.config_mut();
        // End tags are checked here, where the place of the start tag is known.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        loop {
            let start = offset(reader.buffer_position());
            let event = reader.read_event();
            let span = Span::new(start, offset(reader.buffer_position()));
            match event {
                Ok(Event::Start(tag)) => {
                    let element = self.begin(&tag, span)?;
                    self.open.push(element);
                }
                Ok(Event::Empty(tag)) => {
                    let element = self.begin(&tag, span)?;
                    self.place(element);
                }
                Ok(Event::End(tag)) => self.end(tag.name().into_inner(), span)?,
                Ok(Event::Text(_) | Event::GeneralRef(_)) => self.collect(span),
                Ok(
                    Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_),
                ) => {}
                Ok(Event::Eof) => break,
                Err(error) => {
                    let span = normalised.map.span(Span::new(offset(reader.error_position()), span.end));
                    return Err(SyntaxError::new(span, format!("this is not well-formed: {error}"), ""));
                }
            }
        }
        self.finish()
    }

    fn begin(&mut self, tag: &BytesStart<'_>, span: Span) -> Result<Element, SyntaxError> {
        self.flush_text()?;
        let name = tag.name().into_inner();
        let name_span = self.source_span(span.start + 1, name.len());
        if self.open.is_empty() && self.allowed == Roots::One && !self.roots.is_empty() {
            let message = format!("`<{}>` follows the document's root element", shown(name));
            return Err(SyntaxError::new(name_span, message, "a document has one root element: <policies>"));
        }
        if self.open.len() >= NESTING_MAX {
            let message = format!("elements may be nested {NESTING_MAX} deep");
            return Err(SyntaxError { code: "nesting", ..SyntaxError::new(name_span, message, "") });
        }
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            let message = format!("a document may have {ELEMENTS_MAX} elements");
            return Err(SyntaxError { code: "element-count", ..SyntaxError::new(name_span, message, "") });
        }
        let attributes = self.attributes(tag, name_span)?;
        let inner = self.normalised.map.source(span.end);
        Ok(Element {
            name: name.to_owned(),
            span: name_span,
            attributes,
            children: Vec::new(),
            inner: Span::new(inner, inner),
        })
    }

    fn attributes(&self, tag: &BytesStart<'_>, element: Span) -> Result<Vec<Attr>, SyntaxError> {
        let mut attributes = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| {
                SyntaxError::new(element, format!("this is not well-formed: {error}"), "")
            })?;
            if attributes.len() >= ATTRIBUTES_MAX {
                let message = format!("an element may have {ATTRIBUTES_MAX} attributes");
                return Err(SyntaxError {
                    code: "attribute-count",
                    ..SyntaxError::new(element, message, "")
                });
            }
            let name = attribute.key.into_inner();
            let raw = attribute.value.as_ref();
            let start = self.offset_of(raw);
            let span = self.source_span(start, raw.len());
            let (mut text, mut places) = (String::new(), OffsetMap::default());
            self.decode(Span::new(start, start + raw.len()), &mut text, &mut places);
            attributes.push(Attr {
                name: name.to_owned(),
                span: self.source_span(self.offset_of(name), name.len()),
                value: self.value(text, places, span),
            });
        }
        Ok(attributes)
    }

    fn end(&mut self, name: &str, span: Span) -> Result<(), SyntaxError> {
        let name_span = self.source_span(span.start + 2, name.len());
        // A text of blanks is content only where there is nothing else.
        let is_alone = self.open.last().is_some_and(|element| element.children.is_empty());
        if is_alone && !self.text.is_empty() {
            self.place_text();
        }
        self.flush_text()?;
        let Some(mut element) = self.open.pop() else {
            let message = format!("`</{}>` closes nothing", shown(name));
            return Err(SyntaxError::new(name_span, message, "remove it"));
        };
        if element.name != name {
            let message = format!("`</{}>` where `</{}>` was expected", shown(name), shown(&element.name));
            return Err(SyntaxError::new(name_span, message, "close elements in the order they were opened"));
        }
        element.inner.end = self.normalised.map.source(span.start).max(element.inner.start);
        self.place(element);
        Ok(())
    }

    fn place(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.roots.push(Node::Element(element)),
        }
    }

    fn collect(&mut self, span: Span) {
        if self.text.is_empty() {
            self.text_span.start = span.start;
        }
        self.text_span.end = span.end;
        let (mut text, mut places) = (std::mem::take(&mut self.text), std::mem::take(&mut self.text_places));
        self.decode(span, &mut text, &mut places);
        (self.text, self.text_places) = (text, places);
    }

    /// Adds a piece of the normalised text, its entities decoded, and the places it comes from.
    fn decode(&self, span: Span, text: &mut String, places: &mut OffsetMap) {
        let map = &self.normalised.map;
        let mut at = span.start;
        while let Some(rest) = self.normalised.text.get(at..span.end).filter(|rest| !rest.is_empty()) {
            let entity = scan::entity(rest);
            let len = match entity {
                Some((_, len)) => len,
                None => {
                    let first = rest.chars().next().map_or(1, char::len_utf8);
                    rest[first..].find('&').map_or(rest.len(), |plain| first + plain)
                }
            };
            let out = text.len();
            match entity {
                Some((char, _)) => {
                    places.step(out, map.source(at));
                    text.push(char);
                }
                None => {
                    for (from, to) in map.steps_in(Span::new(at, at + len)) {
                        places.step(out + from - at, to);
                    }
                    text.push_str(&rest[..len]);
                }
            }
            at += len;
            places.step(text.len(), map.source(at));
        }
    }

    fn flush_text(&mut self) -> Result<(), SyntaxError> {
        if self.text.trim().is_empty() {
            self.text.clear();
            self.text_places = OffsetMap::default();
            return Ok(());
        }
        if self.open.is_empty() {
            let blanks = self.text.len() - self.text.trim_start().len();
            let span = self.source_span(self.text_span.start + blanks, 1);
            return Err(SyntaxError::new(span, "text outside the root element", "remove it"));
        }
        self.place_text();
        Ok(())
    }

    fn place_text(&mut self) {
        let span = self.normalised.map.span(self.text_span);
        let text = std::mem::take(&mut self.text);
        let places = std::mem::take(&mut self.text_places);
        let value = self.value(text, places, span);
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(Node::Text(value));
        }
    }

    fn value(&self, text: String, places: OffsetMap, span: Span) -> Value {
        let places = Some(places);
        if let Some(expression) = self.normalised.expression_in(span) {
            return Value { text, span: expression, kind: ValueKind::Expression, places };
        }
        let kind = match scan::whole(&text) {
            Some(_) => ValueKind::Expression,
            None => ValueKind::Literal,
        };
        Value { text, span, kind, places }
    }

    fn finish(mut self) -> Result<Element, SyntaxError> {
        self.flush_text()?;
        if let Some(element) = self.open.pop() {
            let message = format!("`<{}>` is never closed", shown(&element.name));
            return Err(SyntaxError::new(element.span, message, "add its end tag"));
        }
        match (self.allowed, self.roots.pop()) {
            (Roots::One, Some(Node::Element(root))) => Ok(root),
            (Roots::Many, Some(last)) => {
                self.roots.push(last);
                let inner = Span::new(0, self.normalised.map.source(self.normalised.text.len()));
                let (name, span) = (String::new(), Span::default());
                Ok(Element { name, span, attributes: Vec::new(), children: self.roots, inner })
            }
            _ => {
                let hint = "a document begins with <policies>";
                Err(SyntaxError::new(Span::default(), "the document is empty", hint))
            }
        }
    }

    fn source_span(&self, start: usize, len: usize) -> Span {
        let start_in_source = self.normalised.map.source(start);
        Span::new(start_in_source, self.normalised.map.source(start + len).max(start_in_source))
    }

    /// Where a slice of the normalised text stands in it.
    fn offset_of(&self, slice: &str) -> usize {
        let offset = (slice.as_ptr() as usize).wrapping_sub(self.normalised.text.as_ptr() as usize);
        offset.min(self.normalised.text.len())
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Tree, SyntaxError> {
        super::read(source, Roots::One)
    }

    fn root(source: &str) -> Element {
        read(source).unwrap_or_else(|error| panic!("{source}: {error:?}")).root
    }

    /// Value and kind of attribute `value` or of the text.
    fn value(source: &str) -> Value {
        let root = root(source);
        let attribute = root.attribute("value").map(|attribute| attribute.value.clone());
        attribute.or_else(|| root.text().cloned()).unwrap()
    }

    #[test]
    fn real_ways_of_writing_an_expression_are_read() {
        for (source, expected) in [
            (
                r#"<a value="@((string)context.Variables["x"] + "")"/>"#,
                r#"@((string)context.Variables["x"] + "")"#,
            ),
            (r#"<a value='@("it's")'/>"#, r#"@("it's")"#),
            (r#"<a value="@(s.Length > 0 && s[0] < 'z')"/>"#, "@(s.Length > 0 && s[0] < 'z')"),
            (
                r#"<a value="@($"{context.Variables["x"]}-{(b ? "y" : "n")}")"/>"#,
                r#"@($"{context.Variables["x"]}-{(b ? "y" : "n")}")"#,
            ),
            (r#"<a value="@("http://a//b) \" { (")"/>"#, r#"@("http://a//b) \" { (")"#),
            (r#"<a value="@(@"c:\" + @"say ""hi""")"/>"#, r#"@(@"c:\" + @"say ""hi""")"#),
            (r#"<a value="@(a &amp;&amp; b["k"] != &quot;v&quot;)"/>"#, r#"@(a && b["k"] != "v")"#),
            (
                "<a>@{ /* don't } */ var q = '\"'; // it's }\n   return \"<a>\" + q + \"}\"; }</a>",
                "@{ /* don't } */ var q = '\"'; // it's }\n   return \"<a>\" + q + \"}\"; }",
            ),
            (r#"<a value=" @( 1 ) "/>"#, " @( 1 ) "),
            ("<a>\n  @(1)\n</a>", "\n  @(1)\n"),
            ("<a><![CDATA[@(1 < 2)]]></a>", "@(1 < 2)"),
        ] {
            let value = value(source);
            assert_eq!((value.text.as_str(), value.kind), (expected, ValueKind::Expression), "{source}");
        }
    }

    #[test]
    fn literals_are_decoded_and_kept() {
        for (source, expected) in [
            ("<a value='id-@(1)'/>", "id-@(1)"),
            ("<a value='&lt;&#233;&#x41;&amp;amp;&nbsp; & <'/>", "<éA&amp;&nbsp; & <"),
            ("<a value='{{n}}'/>", "{{n}}"),
            ("<a value=\"a\nb\"/>", "a\nb"),
            ("<a> t &amp; u </a>", " t & u "),
            ("<a> </a>", " "),
            ("<a>x<!-- y -->z<![CDATA[<&>]]></a>", "xz<&>"),
            ("<a>1 < 2 & 3</a>", "1 < 2 & 3"),
        ] {
            let value = value(source);
            assert_eq!((value.text.as_str(), value.kind), (expected, ValueKind::Literal), "{source}");
        }
    }

    #[test]
    fn places_are_those_of_the_source() {
        let source = "<!-- é -->\r\n<a b=\"@(x[\"k\"] && y)\" long-name = 'ü'>\r\n  <c>@(\"é\")</c>text</a>";
        let root = root(source);
        let slice = |span: Span| &source[span.start..span.end];
        assert_eq!(slice(root.span), "a");
        assert_eq!(slice(root.attributes[0].value.span), "@(x[\"k\"] && y)");
        assert_eq!(
            (slice(root.attributes[1].span), slice(root.attributes[1].value.span)),
            ("long-name", "ü")
        );
        let child = root.child("c").unwrap();
        assert_eq!((slice(child.span), slice(child.inner)), ("c", "@(\"é\")"));
        assert_eq!(slice(child.text().unwrap().span), "@(\"é\")");
        assert_eq!(slice(root.text().unwrap().span), "text");
    }

    #[test]
    fn every_character_of_a_value_leads_back_to_how_it_was_written() {
        let source = "<a b=\" @(é &amp;&amp; \"x\" &lt; c) \">x&#233;<!-- c -->y<![CDATA[<&]]>z</a>";
        let root = root(source);
        let written = |value: &Value| -> Vec<&str> {
            let chars = value.text.char_indices();
            let place = |(at, char): (usize, char)| value.place(Span::new(at, at + char.len_utf8()));
            chars.map(place).map(|span| &source[span.start..span.end]).collect()
        };
        assert_eq!(
            written(&root.attributes[0].value).concat(),
            " @(é &amp;&amp; \"x\" &lt; c) ",
            "{:?}",
            written(&root.attributes[0].value)
        );
        // What stands between two characters goes with the first.
        assert_eq!(written(root.text().unwrap()), ["x", "&#233;<!-- c -->", "y<![CDATA[", "<", "&]]>", "z"]);
    }

    #[test]
    fn broken_documents_are_told_apart() {
        for (source, at, message) in [
            ("", 0, "the document is empty"),
            ("  <!-- x -->", 0, "the document is empty"),
            ("<a><b></a>", 8, "`</a>` where `</b>` was expected"),
            ("<a><b>", 4, "`<b>` is never closed"),
            ("<a/></a>", 6, "`</a>` closes nothing"),
            ("<a/><b/>", 5, "`<b>` follows the document's root element"),
            ("<a/> x", 5, "text outside the root element"),
            ("x<a/>", 0, "text outside the root element"),
        ] {
            let error = read(source).unwrap_err();
            assert_eq!((error.span.start, error.message.as_str()), (at, message), "{source}");
        }
    }

    #[test]
    fn size_of_a_tree_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&nested(NESTING_MAX)).is_ok());
        assert_eq!(read(&nested(NESTING_MAX + 1)).unwrap_err().code, "nesting");
        assert_eq!(read(&"<a>".repeat(100_000)).unwrap_err().code, "nesting");

        let many = |elements: usize| format!("<a>{}</a>", "<b/>".repeat(elements - 1));
        assert!(read(&many(ELEMENTS_MAX)).is_ok());
        assert_eq!(read(&many(ELEMENTS_MAX + 1)).unwrap_err().code, "element-count");

        let wide = |attributes: usize| format!("<a {}/>", "b='' ".repeat(attributes));
        assert!(read(&wide(ATTRIBUTES_MAX)).is_ok());
        assert_eq!(read(&wide(ATTRIBUTES_MAX + 1)).unwrap_err().code, "attribute-count");
    }
}
