//! The tree as XPath sees it: neighbouring texts are one node, declarations of namespaces are no attributes, and
//! document types are not there.

use super::super::name::Name;
use super::super::node::{AttributeRef, Data, Node, NodeRef, NodeType};
use super::parse::{Axis, Test};
use std::iter::{once, successors};

/// A member of a node-set.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    Node(NodeRef<'a>),
    Attribute(AttributeRef<'a>),
}

impl PartialEq for Item<'_> {
    /// The same node or attribute.
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl<'a> Item<'a> {
    /// What it is known by; addresses are compared for equality alone.
    pub(crate) fn address(self) -> usize {
        match self {
            Self::Node(node) => std::ptr::from_ref(node).addr(),
            Self::Attribute(attribute) => std::ptr::from_ref(attribute).addr(),
        }
    }

    pub(super) fn name(self) -> Option<Name<'a>> {
        match self {
            Self::Node(node) => node.name(),
            Self::Attribute(attribute) => Some(attribute.name()),
        }
    }

    /// The nodes of the tree that it is made of: several where texts stand side by side.
    pub(super) fn parts(self) -> impl Iterator<Item = Item<'a>> {
        successors(Some(self), |item| match item {
            Self::Node(node) if node.is_text() => {
                node.next_node().filter(|next| next.is_text()).map(Item::Node)
            }
            _ => None,
        })
    }

    /// The full name of the object's type in .NET.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Attribute(_) => "System.Xml.Linq.XAttribute",
            Self::Node(node) => match node.node_type() {
                NodeType::Element | NodeType::Attribute => "System.Xml.Linq.XElement",
                NodeType::Document => "System.Xml.Linq.XDocument",
                NodeType::DocumentType => "System.Xml.Linq.XDocumentType",
                NodeType::Text => "System.Xml.Linq.XText",
                NodeType::CDATA => "System.Xml.Linq.XCData",
                NodeType::Comment => "System.Xml.Linq.XComment",
                NodeType::ProcessingInstruction => "System.Xml.Linq.XProcessingInstruction",
            },
        }
    }

    pub(super) fn parent(self) -> Option<NodeRef<'a>> {
        match self {
            Self::Node(node) => node.container(),
            Self::Attribute(attribute) => attribute.parent(),
        }
    }

    pub(super) fn is(self, test: Test<'_>) -> bool {
        match (test, self) {
            (Test::Node, _) => true,
            (Test::Name { namespace, local }, item) => item.name().is_some_and(|name| {
                namespace.is_none_or(|wanted| wanted == name.namespace)
                    && local.is_none_or(|wanted| wanted == name.local)
            }),
            (Test::Text, Self::Node(node)) => node.is_text(),
            (Test::Comment, Self::Node(node)) => matches!(node.data, Data::Comment(_)),
            (Test::Instruction(wanted), Self::Node(node)) => match &node.data {
                Data::Instruction { target, .. } => wanted.is_none_or(|wanted| wanted == target.get()),
                _ => false,
            },
            (Test::Text | Test::Comment | Test::Instruction(_), Self::Attribute(_)) => false,
        }
    }

    /// What stands on an axis, in the axis' order: the nearest first on those that lead back.
    pub(super) fn axis(self, axis: Axis) -> Box<dyn Iterator<Item = Item<'a>> + 'a> {
        match (axis, self) {
            (Axis::SelfNode, _) => Box::new(once(self)),
            (Axis::Parent, _) => nodes(self.parent().into_iter()),
            (Axis::Ancestor, _) => nodes(successors(self.parent(), |node| node.container())),
            (Axis::AncestorOrSelf, _) => Box::new(once(self).chain(self.axis(Axis::Ancestor))),
            (Axis::DescendantOrSelf, Self::Attribute(_)) => Box::new(once(self)),
            (Axis::Following, Self::Attribute(attribute)) => match attribute.parent() {
                Some(owner) => {
                    let top = owner.top();
                    nodes(successors(owner.following(top), move |node| node.following(top)))
                }
                None => Box::new(std::iter::empty()),
            },
            (Axis::Preceding, Self::Attribute(attribute)) => match attribute.parent() {
                Some(owner) => Item::Node(owner).axis(Axis::Preceding),
                None => Box::new(std::iter::empty()),
            },
            (_, Self::Attribute(_)) => Box::new(std::iter::empty()),
            (Axis::Attribute, Self::Node(node)) => {
                let attributes = node.attributes(None).filter(|attribute| !attribute.declares_namespace());
                Box::new(attributes.map(Item::Attribute))
            }
            (Axis::Child, Self::Node(node)) => nodes(node.nodes()),
            (Axis::Descendant, Self::Node(node)) => nodes(node.descendant_nodes()),
            (Axis::DescendantOrSelf, Self::Node(node)) => nodes(node.descendant_nodes_and_self()),
            (Axis::Following, Self::Node(node)) => {
                let top = node.top();
                nodes(successors(last_of_run(node).after(top), move |node| node.following(top)))
            }
            (Axis::FollowingSibling, Self::Node(node)) => nodes(last_of_run(node).nodes_after()),
            (Axis::PrecedingSibling, Self::Node(node)) => {
                nodes(successors(node.previous_node(), |node| node.previous_node()))
            }
            (Axis::Preceding, Self::Node(node)) => {
                let above = successors(Some(node), |node| node.container());
                let before =
                    above.flat_map(|node| successors(node.previous_node(), |node| node.previous_node()));
                nodes(before.flat_map(backwards))
            }
        }
    }
}

/// A node and all below it, the last one first.
fn backwards<'a>(scope: NodeRef<'a>) -> impl Iterator<Item = NodeRef<'a>> {
    let deepest = |node: NodeRef<'a>| successors(Some(node), |node| node.last_node()).last();
    successors(deepest(scope), move |node| match node.previous_node() {
        _ if std::ptr::eq(*node, scope) => None,
        Some(previous) => deepest(previous),
        None => node.container(),
    })
}

fn nodes<'a>(of: impl Iterator<Item = NodeRef<'a>> + 'a) -> Box<dyn Iterator<Item = Item<'a>> + 'a> {
    Box::new(of.filter(|node| is_visible(node)).map(Item::Node))
}

/// The texts that continue another one belong to it.
fn is_visible(node: &Node<'_>) -> bool {
    match node.data {
        Data::DocumentType(_) => false,
        Data::Text(_) | Data::CData(_) => !node.previous_node().is_some_and(Node::is_text),
        _ => true,
    }
}

fn last_of_run<'a>(node: NodeRef<'a>) -> NodeRef<'a> {
    match node.is_text() {
        true => successors(Some(node), |node| node.next_node().filter(|next| next.is_text()))
            .last()
            .unwrap_or(node),
        false => node,
    }
}
