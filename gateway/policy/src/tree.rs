//! A policy document as a tree of elements with their places in the source text.
//!
//! Names and values own their text: named values are replaced in place when a document is compiled.

use hanse_expression::span::Span;

use crate::normalise::OffsetMap;

/// An element with its attributes and content.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The name in the start tag.
    pub(crate) span: Span,
    pub(crate) attributes: Vec<Attr>,
    pub(crate) children: Vec<Node>,
    /// Between start tag and end tag.
    pub(crate) inner: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct Attr {
    pub(crate) name: String,
    /// The name.
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// Text of an attribute or element, entities decoded.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) span: Span,
    pub(crate) kind: ValueKind,
    /// From offsets in `text` to the source; `None` where text was pasted in.
    pub(crate) places: Option<OffsetMap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Literal,
    /// `@(…)` or `@{…}`; the span is the expression's, without blanks around it.
    Expression,
    /// A literal that refers to named values that are not known now.
    Deferred,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Element(Element),
    Text(Value),
}

impl Value {
    /// A literal as it stands in the source.
    pub(crate) fn literal_at(text: String, span: Span) -> Self {
        let mut places = OffsetMap::default();
        places.step(0, span.start);
        Self { text, span, kind: ValueKind::Literal, places: Some(places) }
    }

    /// Where a piece of the text stands in the source; all of the value, if that cannot be told.
    pub(crate) fn place(&self, span: Span) -> Span {
        self.places.as_ref().map_or(self.span, |places| places.span(span))
    }

    pub(crate) fn literal(&self) -> Option<&str> {
        (self.kind == ValueKind::Literal).then_some(self.text.as_str())
    }
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attr> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// An attribute's value, if it is there and known.
    pub(crate) fn literal(&self, name: &str) -> Option<&str> {
        self.attribute(name).and_then(|attribute| attribute.value.literal())
    }

    /// A yes or no; `default` when absent. Anything but yes counts as no: it was checked before.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.literal(name).map_or(default, |text| text.trim().eq_ignore_ascii_case("true"))
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.literal(name).and_then(|text| text.trim().trim_start_matches('+').parse().ok())
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub(crate) fn elements_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |element| element.name == name)
    }

    pub(crate) fn child(&self, name: &'static str) -> Option<&Element> {
        self.elements_named(name).next()
    }

    /// The texts between its elements; blanks there are none.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Value> {
        self.children.iter().filter_map(|node| match node {
            Node::Text(value) => Some(value),
            Node::Element(_) => None,
        })
    }

    /// The first of its texts: all there is in an element without elements.
    pub(crate) fn text(&self) -> Option<&Value> {
        self.texts().next()
    }

    /// The text, if it is known; empty when there is none.
    pub(crate) fn literal_text(&self) -> Option<&str> {
        self.text().map_or(Some(""), Value::literal)
    }
}
