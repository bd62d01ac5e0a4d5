//! The tree: nodes, their links and what they say of themselves.
//!
//! Nodes stand in an arena and are known by reference; two references are the same node where
//! [`std::ptr::eq`] says so. Children are linked among themselves, so that inserting, removing and walking
//! on need no memory. Nothing here or in the modules beside it recurses: a tree may be as deep as memory allows.

use super::change::check_attribute_value;
use super::error::{Exception, Result, thrown};
use super::name::{Name, check_ncname};
use crate::arena::{Arena, List};
use std::cell::Cell;
use std::fmt;

/// A node as everyone refers to it.
pub type NodeRef<'a> = &'a Node<'a>;

/// An attribute as everyone refers to it.
pub type AttributeRef<'a> = &'a Attribute<'a>;

/// `XNode` and everything below it.
pub struct Node<'a> {
    pub(super) parent: Cell<Option<NodeRef<'a>>>,
    pub(super) previous: Cell<Option<NodeRef<'a>>>,
    pub(super) next: Cell<Option<NodeRef<'a>>>,
    pub(super) data: Data<'a>,
}

/// What a node is made of; the parts that have setters in .NET are cells.
#[derive(Debug)]
pub enum Data<'a> {
    Document { children: Children<'a>, declaration: Cell<Option<&'a Declaration<'a>>> },
    Element { name: Cell<Name<'a>>, attributes: List<'a, AttributeRef<'a>>, children: Children<'a> },
    Text(Cell<&'a str>),
    CData(Cell<&'a str>),
    Comment(Cell<&'a str>),
    Instruction { target: Cell<&'a str>, data: Cell<&'a str> },
    DocumentType(Cell<DocumentType<'a>>),
}

/// The children of a document or an element.
#[derive(Debug, Default)]
pub struct Children<'a> {
    pub(super) first: Cell<Option<NodeRef<'a>>>,
    pub(super) last: Cell<Option<NodeRef<'a>>>,
    /// An element that was given the empty string has no node but is written with both tags.
    pub(super) is_open: Cell<bool>,
}

/// `XAttribute`.
pub struct Attribute<'a> {
    pub(super) parent: Cell<Option<NodeRef<'a>>>,
    pub(super) name: Name<'a>,
    pub(super) value: Cell<&'a str>,
}

/// `XDeclaration`: what `<?xml …?>` says. Nothing checks what is set.
#[derive(Debug, Clone, Default)]
pub struct Declaration<'a> {
    pub version: Cell<Option<&'a str>>,
    pub encoding: Cell<Option<&'a str>>,
    pub standalone: Cell<Option<&'a str>>,
}

/// `XDocumentType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentType<'a> {
    pub name: &'a str,
    pub public_id: Option<&'a str>,
    pub system_id: Option<&'a str>,
    pub internal_subset: Option<&'a str>,
}

/// `XmlNodeType`, as far as nodes of this tree and attributes have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeType {
    Element,
    Attribute,
    Text,
    CDATA,
    ProcessingInstruction,
    Comment,
    Document,
    DocumentType,
}

impl NodeType {
    /// The number of .NET's enumeration.
    pub fn number(self) -> i32 {
        match self {
            Self::Element => 1,
            Self::Attribute => 2,
            Self::Text => 3,
            Self::CDATA => 4,
            Self::ProcessingInstruction => 7,
            Self::Comment => 8,
            Self::Document => 9,
            Self::DocumentType => 10,
        }
    }
}

// === impl Node ===

impl<'a> Node<'a> {
    pub(super) fn alloc(arena: &'a Arena, data: Data<'a>) -> Result<NodeRef<'a>> {
        let none = || Cell::new(None);
        Ok(arena.alloc(Self { parent: none(), previous: none(), next: none(), data })?)
    }

    /// `new XDocument()`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn document(arena: &'a Arena, declaration: Option<&'a Declaration<'a>>) -> Result<NodeRef<'a>> {
        let children = Children::default();
        Self::alloc(arena, Data::Document { children, declaration: Cell::new(declaration) })
    }

    /// `new XElement(name)`; content comes with [`Node::add`].
    ///
    /// # Errors
    /// Out of memory only.
    pub fn element(arena: &'a Arena, name: Name<'a>) -> Result<NodeRef<'a>> {
        let (attributes, children) = (List::default(), Children::default());
        Self::alloc(arena, Data::Element { name: Cell::new(name), attributes, children })
    }

    /// `new XText(value)`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn text(arena: &'a Arena, value: &'a str) -> Result<NodeRef<'a>> {
        Self::alloc(arena, Data::Text(Cell::new(value)))
    }

    /// `new XCData(value)`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn cdata(arena: &'a Arena, value: &'a str) -> Result<NodeRef<'a>> {
        Self::alloc(arena, Data::CData(Cell::new(value)))
    }

    /// `new XComment(value)`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn comment(arena: &'a Arena, value: &'a str) -> Result<NodeRef<'a>> {
        Self::alloc(arena, Data::Comment(Cell::new(value)))
    }

    /// `new XProcessingInstruction(target, data)`.
    ///
    /// # Errors
    /// `XmlException` for a target that is no name, `ArgumentException` for `xml`.
    pub fn instruction(arena: &'a Arena, target: &'a str, data: &'a str) -> Result<NodeRef<'a>> {
        check_target(target)?;
        Self::alloc(arena, Data::Instruction { target: Cell::new(target), data: Cell::new(data) })
    }

    /// `new XDocumentType(…)`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn document_type(arena: &'a Arena, parts: DocumentType<'a>) -> Result<NodeRef<'a>> {
        Self::alloc(arena, Data::DocumentType(Cell::new(parts)))
    }

    pub fn data(&self) -> &Data<'a> {
        &self.data
    }

    pub fn node_type(&self) -> NodeType {
        match self.data {
            Data::Document { .. } => NodeType::Document,
            Data::Element { .. } => NodeType::Element,
            Data::Text(_) => NodeType::Text,
            Data::CData(_) => NodeType::CDATA,
            Data::Comment(_) => NodeType::Comment,
            Data::Instruction { .. } => NodeType::ProcessingInstruction,
            Data::DocumentType(_) => NodeType::DocumentType,
        }
    }

    pub fn is_element(&self) -> bool {
        matches!(self.data, Data::Element { .. })
    }

    pub fn is_document(&self) -> bool {
        matches!(self.data, Data::Document { .. })
    }

    /// `XElement.Name`; none of other nodes.
    pub fn name(&self) -> Option<Name<'a>> {
        match &self.data {
            Data::Element { name, .. } => Some(name.get()),
            _ => None,
        }
    }

    /// Sets `XElement.Name`. Other nodes have none and stay as they are.
    pub fn set_name(&self, to: Name<'a>) {
        if let Data::Element { name, .. } = &self.data {
            name.set(to);
        }
    }

    /// Sets `XProcessingInstruction.Target`. Other nodes have none and stay as they are.
    ///
    /// # Errors
    /// As [`Node::instruction`].
    pub fn set_target(&self, to: &'a str) -> Result<()> {
        if let Data::Instruction { target, .. } = &self.data {
            check_target(to)?;
            target.set(to);
        }
        Ok(())
    }

    /// `XDocument.Declaration`.
    pub fn declaration(&self) -> Option<&'a Declaration<'a>> {
        match &self.data {
            Data::Document { declaration, .. } => declaration.get(),
            _ => None,
        }
    }

    pub fn set_declaration(&self, to: Option<&'a Declaration<'a>>) {
        if let Data::Document { declaration, .. } = &self.data {
            declaration.set(to);
        }
    }

    pub(super) fn children(&self) -> Option<&Children<'a>> {
        match &self.data {
            Data::Document { children, .. } | Data::Element { children, .. } => Some(children),
            _ => None,
        }
    }

    pub(super) fn attribute_list(&self) -> Option<&List<'a, AttributeRef<'a>>> {
        match &self.data {
            Data::Element { attributes, .. } => Some(attributes),
            _ => None,
        }
    }

    /// `XElement.IsEmpty`: written as `<a />`.
    pub fn is_empty(&self) -> bool {
        self.children().is_some_and(|children| children.first.get().is_none() && !children.is_open.get())
    }

    /// `XElement.HasElements`.
    pub fn has_elements(&'a self) -> bool {
        self.nodes().any(Node::is_element)
    }

    /// `XElement.HasAttributes`.
    pub fn has_attributes(&self) -> bool {
        self.attribute_list().is_some_and(|attributes| !attributes.is_empty())
    }

    /// The node's own text where it is a leaf: of a text, a comment, or an instruction's data.
    pub(super) fn own_text(&self) -> Option<&'a str> {
        match &self.data {
            Data::Text(text) | Data::CData(text) | Data::Comment(text) => Some(text.get()),
            Data::Instruction { data, .. } => Some(data.get()),
            Data::Document { .. } | Data::Element { .. } | Data::DocumentType(_) => None,
        }
    }

    /// `Value`: of an element (and of a document, for queries) the text below it, one after the other.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn value(&'a self, arena: &'a Arena) -> Result<&'a str> {
        if let Some(text) = self.own_text() {
            return Ok(text);
        }
        let texts = self.descendant_nodes().filter(|node| node.is_text());
        let parts: Vec<&str> = texts.filter_map(Node::own_text).collect();
        match parts[..] {
            [] => Ok(""),
            [one] => Ok(one),
            _ => Ok(arena.concat(&parts)?),
        }
    }

    /// `XText` or `XCData`.
    pub fn is_text(&self) -> bool {
        matches!(self.data, Data::Text(_) | Data::CData(_))
    }
}

impl fmt::Debug for Node<'_> {
    /// The node alone: its links lead in circles.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.node_type())?;
        self.name().map_or(Ok(()), |name| write!(f, "({name})"))
    }
}

pub(super) fn check_target(target: &str) -> Result<()> {
    check_ncname(target)?;
    match target.eq_ignore_ascii_case("xml") {
        true => Err(thrown(
            Exception::Argument,
            format!("'{target}' is an invalid name for a processing instruction."),
        )),
        false => Ok(()),
    }
}

// === impl Attribute ===

impl<'a> Attribute<'a> {
    /// `new XAttribute(name, value)`.
    ///
    /// # Errors
    /// `ArgumentException` where it declares a namespace that must not be declared.
    pub fn new(arena: &'a Arena, name: Name<'a>, value: &'a str) -> Result<AttributeRef<'a>> {
        check_attribute_value(name, value)?;
        Ok(Self::unchecked(arena, name, value)?)
    }

    pub(super) fn unchecked(
        arena: &'a Arena,
        name: Name<'a>,
        value: &'a str,
    ) -> std::result::Result<AttributeRef<'a>, crate::arena::OutOfMemory> {
        arena.alloc(Self { parent: Cell::new(None), name, value: Cell::new(value) })
    }

    pub fn name(&self) -> Name<'a> {
        self.name
    }

    pub fn value(&self) -> &'a str {
        self.value.get()
    }

    /// `Value` set, `SetValue`.
    ///
    /// # Errors
    /// As [`Attribute::new`].
    pub fn set_value(&self, value: &'a str) -> Result<()> {
        check_attribute_value(self.name, value)?;
        self.value.set(value);
        Ok(())
    }

    /// `Parent`: the element it stands on.
    pub fn parent(&self) -> Option<NodeRef<'a>> {
        self.parent.get()
    }

    /// `IsNamespaceDeclaration`.
    pub fn declares_namespace(&self) -> bool {
        self.name.declares_namespace()
    }

    /// `NextAttribute`.
    pub fn next(&'a self) -> Option<AttributeRef<'a>> {
        self.beside(1)
    }

    /// `PreviousAttribute`.
    pub fn previous(&'a self) -> Option<AttributeRef<'a>> {
        self.beside(-1)
    }

    fn beside(&'a self, offset: isize) -> Option<AttributeRef<'a>> {
        let list = self.parent.get()?.attribute_list()?;
        let at = list.iter().position(|attribute| std::ptr::eq(attribute, self))?;
        list.get(at.checked_add_signed(offset)?)
    }
}

impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}", self.name, self.value.get())
    }
}
