//! Axes: where one can go from a node. All are lazy, in document order unless said otherwise, and need no memory.
//!
//! A walk follows the links as they are at each step, as .NET's does: who changes the tree meanwhile
//! (`Extensions.Remove`) takes the nodes first.

use super::name::Name;
use super::node::{AttributeRef, Data, Node, NodeRef};
use std::iter::successors;

impl<'a> Node<'a> {
    /// `Parent` where it is an element; a root's is null although it stands in a document.
    pub fn parent(&self) -> Option<NodeRef<'a>> {
        self.parent.get().filter(|parent| parent.is_element())
    }

    /// The element or document it stands in.
    pub fn container(&self) -> Option<NodeRef<'a>> {
        self.parent.get()
    }

    /// The topmost node above it, or itself.
    pub(super) fn top(&'a self) -> NodeRef<'a> {
        successors(Some(self), |node| node.parent.get()).last().unwrap_or(self)
    }

    /// `Document`.
    pub fn owner_document(&'a self) -> Option<NodeRef<'a>> {
        Some(self.top()).filter(|top| top.is_document())
    }

    /// `XDocument.Root`.
    pub fn root(&'a self) -> Option<NodeRef<'a>> {
        self.elements(None).next().filter(|_| self.is_document())
    }

    /// `XDocument.DocumentType`.
    pub fn doctype(&'a self) -> Option<NodeRef<'a>> {
        self.nodes().find(|node| matches!(node.data, Data::DocumentType(_)))
    }

    pub fn first_node(&self) -> Option<NodeRef<'a>> {
        self.children()?.first.get()
    }

    pub fn last_node(&self) -> Option<NodeRef<'a>> {
        self.children()?.last.get()
    }

    pub fn next_node(&self) -> Option<NodeRef<'a>> {
        self.next.get()
    }

    pub fn previous_node(&self) -> Option<NodeRef<'a>> {
        self.previous.get()
    }

    /// `Nodes()`.
    pub fn nodes(&self) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        successors(self.first_node(), |node| node.next.get())
    }

    /// `Elements()`, `Elements(name)`.
    pub fn elements(&self, name: Option<Name<'a>>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        self.nodes().filter(move |node| node.is_named(name))
    }

    /// `Element(name)`.
    pub fn child(&self, name: Name<'a>) -> Option<NodeRef<'a>> {
        self.elements(Some(name)).next()
    }

    /// The node after it in document order, within `scope`.
    pub(super) fn following(&'a self, scope: NodeRef<'a>) -> Option<NodeRef<'a>> {
        self.first_node().or_else(|| self.after(scope))
    }

    /// The node after it and what is below it, within `scope`.
    pub(super) fn after(&'a self, scope: NodeRef<'a>) -> Option<NodeRef<'a>> {
        successors(Some(self), |node| node.parent.get())
            .take_while(|node| !std::ptr::eq(*node, scope))
            .find_map(|node| node.next.get())
    }

    /// `DescendantNodesAndSelf()`.
    pub fn descendant_nodes_and_self(&'a self) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        successors(Some(self), move |node| node.following(self))
    }

    /// `DescendantNodes()`.
    pub fn descendant_nodes(&'a self) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        self.descendant_nodes_and_self().skip(1)
    }

    /// `Descendants()`, `Descendants(name)`.
    pub fn descendants(&'a self, name: Option<Name<'a>>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        self.descendant_nodes().filter(move |node| node.is_named(name))
    }

    /// `DescendantsAndSelf()`, `DescendantsAndSelf(name)`.
    pub fn descendants_and_self(
        &'a self,
        name: Option<Name<'a>>,
    ) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        self.descendant_nodes_and_self().filter(move |node| node.is_named(name))
    }

    /// `Ancestors()`, `Ancestors(name)`: elements, the nearest first.
    pub fn ancestors(&self, name: Option<Name<'a>>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        successors(self.parent(), |node| node.parent()).filter(move |node| node.is_named(name))
    }

    /// `AncestorsAndSelf()`, `AncestorsAndSelf(name)`.
    pub fn ancestors_and_self(
        &'a self,
        name: Option<Name<'a>>,
    ) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        successors(Some(self), |node| node.parent()).filter(move |node| node.is_named(name))
    }

    /// `NodesAfterSelf()`.
    pub fn nodes_after(&self) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        successors(self.next.get(), |node| node.next.get())
    }

    /// `ElementsAfterSelf()`, `ElementsAfterSelf(name)`.
    pub fn elements_after(&self, name: Option<Name<'a>>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        self.nodes_after().filter(move |node| node.is_named(name))
    }

    /// `NodesBeforeSelf()`.
    pub fn nodes_before(&'a self) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        let first = self.parent.get().and_then(Node::first_node);
        successors(first, |node| node.next.get()).take_while(move |node| !std::ptr::eq(*node, self))
    }

    /// `ElementsBeforeSelf()`, `ElementsBeforeSelf(name)`.
    pub fn elements_before(&'a self, name: Option<Name<'a>>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
        self.nodes_before().filter(move |node| node.is_named(name))
    }

    /// `Attributes()`, `Attributes(name)`.
    pub fn attributes(&self, name: Option<Name<'a>>) -> impl Iterator<Item = AttributeRef<'a>> + use<'a> {
        let all = self.attribute_list().map(|list| list.iter());
        all.into_iter().flatten().filter(move |attribute| name.is_none_or(|name| attribute.name == name))
    }

    /// `Attribute(name)`.
    pub fn attribute(&self, name: Name<'a>) -> Option<AttributeRef<'a>> {
        self.attributes(Some(name)).next()
    }

    pub(super) fn is_named(&self, name: Option<Name<'a>>) -> bool {
        self.is_element() && name.is_none_or(|name| self.name() == Some(name))
    }
}
