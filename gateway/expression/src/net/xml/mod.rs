//! `System.Xml.Linq` and `System.Xml.XPath`: how nodes and the interpreter's values become each other.
//! The tree itself is `crate::xml`.

mod axes;
mod casts;
mod content;
mod leaves;
mod names;
mod nodes;
mod query;

pub(crate) use names::text as name_text;
pub(crate) use query::ty as namespaces_ty;

use crate::run::{Args, Cx, Eval, Limit, Value};
use crate::types::catalogue::Builder;
use crate::types::{Known, Ty};
use crate::xml::{
    AttributeRef, Item, Layout, NodeRef, NodeType, Whitespace, XmlError, write_attribute, write_node,
};

const LINQ: &str = "System.Xml.Linq";

pub(crate) fn define(c: &mut Builder) {
    c.flags(LINQ, "SaveOptions", &[("None", 0), ("DisableFormatting", 1), ("OmitDuplicateNamespaces", 2)]);
    c.flags(
        LINQ,
        "LoadOptions",
        &[("None", 0), ("PreserveWhitespace", 1), ("SetBaseUri", 2), ("SetLineInfo", 4)],
    );
    c.enumeration(
        "System.Xml",
        "XmlNodeType",
        &[
            ("None", 0),
            ("Element", 1),
            ("Attribute", 2),
            ("Text", 3),
            ("CDATA", 4),
            ("EntityReference", 5),
            ("Entity", 6),
            ("ProcessingInstruction", 7),
            ("Comment", 8),
            ("Document", 9),
            ("DocumentType", 10),
            ("DocumentFragment", 11),
            ("Notation", 12),
            ("Whitespace", 13),
            ("SignificantWhitespace", 14),
            ("EndElement", 15),
            ("EndEntity", 16),
            ("XmlDeclaration", 17),
        ],
    );
    names::define(c);
    nodes::define(c);
    leaves::define(c);
    axes::define(c);
    query::define(c);
}

impl<'a> Cx<'a, '_> {
    /// What LINQ to XML gives, or throws.
    pub(crate) fn xml<T>(&mut self, result: Result<T, XmlError>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(XmlError::Thrown { exception, message, .. }) => self.throw(exception.type_name(), &message),
            Err(XmlError::OutOfMemory(error)) => Err(error.into()),
            Err(XmlError::OutOfSteps) => Err(Limit::Steps(self.limits().steps).into()),
        }
    }
}

/// The class of a node or attribute.
pub(crate) fn ty(item: Item<'_>) -> Ty {
    Ty::known(match item {
        Item::Attribute(_) => Known::XAttribute,
        Item::Node(node) => match node.node_type() {
            NodeType::Element | NodeType::Attribute => Known::XElement,
            NodeType::Document => Known::XDocument,
            NodeType::Text => Known::XText,
            NodeType::CDATA => Known::XCData,
            NodeType::Comment => Known::XComment,
            NodeType::ProcessingInstruction => Known::XProcessingInstruction,
            NodeType::DocumentType => Known::XDocumentType,
        },
    })
}

/// `ToString()`.
pub(crate) fn text<'a>(cx: &mut Cx<'a, '_>, item: Item<'a>) -> Eval<'a, &'a str> {
    text_in(cx, item, Layout::Indented)
}

fn text_in<'a>(cx: &mut Cx<'a, '_>, item: Item<'a>, layout: Layout) -> Eval<'a, &'a str> {
    let written = match item {
        Item::Node(node) => {
            climb(cx, node)?;
            write_node(cx.arena, node, layout)
        }
        Item::Attribute(attribute) => {
            attribute.parent().map_or(Ok(()), |parent| climb(cx, parent))?;
            write_attribute(cx.arena, attribute)
        }
    };
    let written = cx.xml(written)?;
    cx.work(written.len() * 4)?;
    Ok(written)
}

/// `XElement.Parse` and a body as an element.
pub(crate) fn parse_element<'a>(cx: &mut Cx<'a, '_>, text: &str, keeps_white: bool) -> Eval<'a> {
    cx.work(text.len() * 4)?;
    let parsed = crate::xml::parse_element(cx.arena, text, whitespace(keeps_white));
    cx.xml(parsed).map(node)
}

/// `XDocument.Parse` and a body as a document.
pub(crate) fn parse_document<'a>(cx: &mut Cx<'a, '_>, text: &str, keeps_white: bool) -> Eval<'a> {
    cx.work(text.len() * 4)?;
    let parsed = crate::xml::parse_document(cx.arena, text, whitespace(keeps_white));
    cx.xml(parsed).map(node)
}

fn whitespace(keeps: bool) -> Whitespace {
    if keeps { Whitespace::Preserve } else { Whitespace::Drop }
}

fn node(node: NodeRef<'_>) -> Value<'_> {
    Value::Xml(Item::Node(node))
}

fn attribute(attribute: AttributeRef<'_>) -> Value<'_> {
    Value::Xml(Item::Attribute(attribute))
}

fn optional<'a>(found: Option<NodeRef<'a>>) -> Value<'a> {
    found.map_or(Value::Null, node)
}

fn optional_attribute<'a>(found: Option<AttributeRef<'a>>) -> Value<'a> {
    found.map_or(Value::Null, attribute)
}

fn node_at<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, name: &str) -> Eval<'a, NodeRef<'a>> {
    match a.value(at) {
        Value::Xml(Item::Node(node)) => Ok(node),
        _ => cx.argument_null(name),
    }
}

/// The node that the receiver is.
fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, NodeRef<'a>> {
    match a.value(0) {
        Value::Xml(Item::Node(node)) => Ok(node),
        _ => cx.null_reference(),
    }
}

/// The attribute that the receiver is.
fn this_attribute<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, AttributeRef<'a>> {
    match a.value(0) {
        Value::Xml(Item::Attribute(attribute)) => Ok(attribute),
        _ => cx.null_reference(),
    }
}

/// Counts the steps of a way up to the root, which is as long as an expression likes to make it.
fn climb<'a>(cx: &mut Cx<'a, '_>, from: NodeRef<'a>) -> Eval<'a, ()> {
    std::iter::successors(Some(from), |node| node.container()).try_for_each(|_| cx.step())
}

/// Counts the steps of a walk through all that is below a node.
fn descend<'a>(cx: &mut Cx<'a, '_>, from: NodeRef<'a>) -> Eval<'a, ()> {
    from.descendant_nodes().try_for_each(|_| cx.step())
}

/// Counts a look through an element's attributes.
fn scan<'a>(cx: &mut Cx<'a, '_>, element: NodeRef<'a>) -> Eval<'a, ()> {
    /// Attributes looked at that cost one step.
    const ATTRIBUTES_PER_STEP: usize = 8;
    cx.steps_of((element.attributes(None).count() / ATTRIBUTES_PER_STEP) as u64)
}

/// `Value` of an element.
fn value<'a>(cx: &mut Cx<'a, '_>, element: NodeRef<'a>) -> Eval<'a, &'a str> {
    descend(cx, element)?;
    let value = element.value(cx.arena);
    let value = cx.xml(value)?;
    cx.work(value.len())?;
    Ok(value)
}

/// A value of an enumeration of this family.
fn enumerator<'a>(name: &str, number: i32) -> Value<'a> {
    crate::types::catalogue().find(name, 0).map_or(Value::Null, |id| Value::Enum(id, number))
}

/// The element type of a sequence, for as long as anybody wants.
fn known(ty: Known) -> &'static Ty {
    static TYPES: std::sync::LazyLock<[(Known, Ty); 3]> = std::sync::LazyLock::new(|| {
        [Known::XElement, Known::XNode, Known::XAttribute].map(|known| (known, Ty::known(known)))
    });
    TYPES.iter().find(|(known, _)| *known == ty).map_or_else(|| crate::run::cx::object_ty(), |(_, ty)| ty)
}
