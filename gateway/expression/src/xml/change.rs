//! Changes to the tree, under the rules of `XContainer`: what stands where already is copied when it is added
//! again, strings join the text before them, and a document has one root.

use super::error::{Exception, Result, thrown};
use super::name::{Name, XML_NAMESPACE, XMLNS_NAMESPACE, is_space};
use super::node::{Attribute, AttributeRef, Children, Data, Node, NodeRef, NodeType};
use crate::arena::{Arena, List};

/// One argument of `Add` and its kin. Other values come as the text that [`super::convert`] says.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Adds nothing.
    Null,
    Text(&'a str),
    Node(NodeRef<'a>),
    Attribute(AttributeRef<'a>),
    /// An array or another sequence, taken one by one.
    Many(&'a [Content<'a>]),
}

/// Takes sequences apart, in order, without recursion.
fn flat<'a>(content: Content<'a>) -> impl Iterator<Item = Content<'a>> {
    let (mut first, mut open) = (Some(content), Vec::<std::slice::Iter<'a, Content<'a>>>::new());
    std::iter::from_fn(move || {
        loop {
            let item = match first.take() {
                Some(item) => Some(item),
                None => open.last_mut()?.next().copied(),
            };
            match item {
                Some(Content::Many(items)) => open.push(items.iter()),
                Some(Content::Null) => {}
                Some(item) => return Some(item),
                None => drop(open.pop()),
            }
        }
    })
}

impl<'a> Node<'a> {
    /// `Add(content)`.
    ///
    /// # Errors
    /// `InvalidOperationException` for a second attribute of a name and for a second root; `ArgumentException`
    /// for what may not stand there.
    pub fn add(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        flat(content).try_for_each(|item| match item {
            Content::Text(text) => self.add_text(arena, text),
            Content::Node(node) => self.add_node(arena, node),
            Content::Attribute(attribute) => self.add_attribute(arena, attribute),
            Content::Null | Content::Many(_) => Ok(()),
        })
    }

    /// `AddFirst(content)`.
    ///
    /// # Errors
    /// As [`Node::add`]; attributes are refused.
    pub fn add_first(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        self.insert(arena, None, content)
    }

    /// `AddAfterSelf(content)`.
    ///
    /// # Errors
    /// As [`Node::add_first`]; `InvalidOperationException` for a node without a parent.
    pub fn add_after(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        self.required_parent()?.insert(arena, Some(self), content)
    }

    /// `AddBeforeSelf(content)`.
    ///
    /// # Errors
    /// As [`Node::add_after`].
    pub fn add_before(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        self.required_parent()?.insert(arena, self.previous.get(), content)
    }

    /// `Remove()`.
    ///
    /// # Errors
    /// `InvalidOperationException` for a node without a parent.
    pub fn remove(&'a self) -> Result<()> {
        self.required_parent()?;
        self.unlink();
        Ok(())
    }

    /// `ReplaceWith(content)`.
    ///
    /// # Errors
    /// As [`Node::add_after`].
    pub fn replace_with(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        let (parent, previous) = (self.required_parent()?, self.previous.get());
        self.unlink();
        parent.insert(arena, previous, content)
    }

    /// `RemoveNodes()`.
    pub fn remove_nodes(&'a self) {
        while let Some(first) = self.first_node() {
            first.unlink();
        }
        if let Some(children) = self.children() {
            children.is_open.set(false);
        }
    }

    /// `RemoveAttributes()`.
    pub fn remove_attributes(&self) {
        if let Some(list) = self.attribute_list() {
            list.iter().for_each(|attribute| attribute.parent.set(None));
            list.truncate(0);
        }
    }

    /// `XElement.RemoveAll()`.
    pub fn remove_all(&'a self) {
        self.remove_attributes();
        self.remove_nodes();
    }

    /// `ReplaceNodes(content)`.
    ///
    /// # Errors
    /// As [`Node::add`].
    pub fn replace_nodes(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        self.remove_nodes();
        self.add(arena, content)
    }

    /// `ReplaceAttributes(content)`.
    ///
    /// # Errors
    /// As [`Node::add`].
    pub fn replace_attributes(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        self.remove_attributes();
        self.add(arena, content)
    }

    /// `ReplaceAll(content)`.
    ///
    /// # Errors
    /// As [`Node::add`].
    pub fn replace_all(&'a self, arena: &'a Arena, content: Content<'a>) -> Result<()> {
        self.remove_all();
        self.add(arena, content)
    }

    /// `Value` set, `XElement.SetValue`, and the text, data or comment of other nodes.
    ///
    /// # Errors
    /// Out of memory only. Documents and document types have no value and stay as they are.
    pub fn set_value(&'a self, arena: &'a Arena, value: &'a str) -> Result<()> {
        match &self.data {
            Data::Element { .. } => self.replace_nodes(arena, Content::Text(value)),
            Data::Text(text) | Data::CData(text) | Data::Comment(text) => {
                text.set(value);
                Ok(())
            }
            Data::Instruction { data, .. } => {
                data.set(value);
                Ok(())
            }
            Data::Document { .. } | Data::DocumentType(_) => Ok(()),
        }
    }

    /// `SetAttributeValue(name, value)`: null removes it.
    ///
    /// # Errors
    /// As [`Attribute::new`].
    pub fn set_attribute_value(
        &'a self,
        arena: &'a Arena,
        name: Name<'a>,
        value: Option<&'a str>,
    ) -> Result<()> {
        match (self.attribute(name), value) {
            (Some(attribute), Some(value)) => attribute.set_value(value),
            (Some(attribute), None) => attribute.remove(),
            (None, Some(value)) => self.append_attribute(arena, Attribute::new(arena, name, value)?),
            (None, None) => Ok(()),
        }
    }

    /// `SetElementValue(name, value)`: null removes the first child of that name.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn set_element_value(
        &'a self,
        arena: &'a Arena,
        name: Name<'a>,
        value: Option<&'a str>,
    ) -> Result<()> {
        match (self.child(name), value) {
            (Some(child), Some(value)) => child.set_value(arena, value),
            (Some(child), None) => child.remove(),
            (None, Some(value)) => {
                let child = Node::element(arena, name)?;
                child.set_value(arena, value)?;
                self.add_node(arena, child)
            }
            (None, None) => Ok(()),
        }
    }

    /// A copy of the node and all below it, without a parent: `new XElement(other)` and the like.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn deep_copy(&'a self, arena: &'a Arena) -> Result<NodeRef<'a>> {
        let copy = self.shallow_copy(arena)?;
        let (mut from, mut to) = (self, copy);
        while let Some(next) = from.following(self) {
            let next_parent = next.parent.get();
            while !next_parent.is_some_and(|parent| std::ptr::eq(parent, from)) {
                let (Some(up), Some(up_copy)) = (from.parent.get(), to.parent.get()) else { return Ok(copy) };
                (from, to) = (up, up_copy);
            }
            let next_copy = next.shallow_copy(arena)?;
            to.link_last(next_copy);
            (from, to) = (next, next_copy);
        }
        Ok(copy)
    }

    fn shallow_copy(&self, arena: &'a Arena) -> Result<NodeRef<'a>> {
        let data = match &self.data {
            Data::Document { children, declaration } => {
                let copied = declaration.get().map(|d| arena.alloc(d.clone())).transpose()?;
                Data::Document { children: children.same_form(), declaration: copied.into() }
            }
            Data::Element { name, attributes, children } => {
                let copies = attributes.iter().map(|a| Attribute::unchecked(arena, a.name, a.value.get()));
                let copies = copies.collect::<std::result::Result<Vec<_>, _>>()?;
                let attributes = List::from_slice(arena, &copies)?;
                Data::Element { name: name.clone(), attributes, children: children.same_form() }
            }
            Data::Text(text) => Data::Text(text.clone()),
            Data::CData(text) => Data::CData(text.clone()),
            Data::Comment(text) => Data::Comment(text.clone()),
            Data::Instruction { target, data } => {
                Data::Instruction { target: target.clone(), data: data.clone() }
            }
            Data::DocumentType(parts) => Data::DocumentType(parts.clone()),
        };
        let copy = Node::alloc(arena, data)?;
        copy.attributes(None).for_each(|attribute| attribute.parent.set(Some(copy)));
        Ok(copy)
    }

    fn required_parent(&self) -> Result<NodeRef<'a>> {
        self.parent.get().ok_or_else(missing_parent)
    }

    fn add_text(&'a self, arena: &'a Arena, text: &'a str) -> Result<()> {
        self.check_text(text)?;
        self.insert_text(arena, self.last_node(), text)
    }

    fn add_node(&'a self, arena: &'a Arena, node: NodeRef<'a>) -> Result<()> {
        self.check_node(node, self.last_node())?;
        self.link_last(self.own_or_copy(arena, node)?);
        Ok(())
    }

    fn add_attribute(&'a self, arena: &'a Arena, attribute: AttributeRef<'a>) -> Result<()> {
        let Some(_) = self.attribute_list() else { return Err(misplaced_attribute()) };
        if self.attribute(attribute.name).is_some() {
            return Err(thrown(Exception::InvalidOperation, "Duplicate attribute."));
        }
        let own = match attribute.parent.get() {
            None => attribute,
            Some(_) => Attribute::unchecked(arena, attribute.name, attribute.value.get())?,
        };
        self.append_attribute(arena, own)
    }

    pub(super) fn append_attribute(&'a self, arena: &'a Arena, attribute: AttributeRef<'a>) -> Result<()> {
        if let Some(list) = self.attribute_list() {
            list.push(arena, attribute)?;
            attribute.parent.set(Some(self));
        }
        Ok(())
    }

    /// Puts content after `previous`, or at the start. Strings are held back, so that neighbours become one.
    fn insert(
        &'a self,
        arena: &'a Arena,
        mut previous: Option<NodeRef<'a>>,
        content: Content<'a>,
    ) -> Result<()> {
        let mut texts: Option<&'a str> = None;
        for item in flat(content) {
            match item {
                Content::Text(text) => {
                    self.check_text(text)?;
                    texts = Some(match texts {
                        None => text,
                        Some(held) => arena.concat(&[held, text])?,
                    });
                }
                Content::Node(node) => {
                    self.check_node(node, previous)?;
                    let own = self.own_or_copy(arena, node)?;
                    if let Some(text) = texts.take().filter(|text| !text.is_empty()) {
                        self.insert_text(arena, previous, text)?;
                        previous = previous.map_or(self.first_node(), |node| match node.data {
                            Data::Text(_) => Some(node),
                            _ => node.next.get(),
                        });
                    }
                    self.link(previous, own);
                    previous = Some(own);
                }
                Content::Attribute(_) => return Err(misplaced_attribute()),
                Content::Null | Content::Many(_) => {}
            }
        }
        texts.map_or(Ok(()), |text| self.insert_text(arena, previous, text))
    }

    /// Text after `previous`: joined to it where it is text itself.
    fn insert_text(&'a self, arena: &'a Arena, previous: Option<NodeRef<'a>>, text: &'a str) -> Result<()> {
        match previous.map(|node| &node.data) {
            _ if text.is_empty() => {
                if let Some(children) = self.children().filter(|children| children.first.get().is_none()) {
                    children.is_open.set(true);
                }
            }
            Some(Data::Text(before)) => before.set(arena.concat(&[before.get(), text])?),
            _ => self.link(previous, Node::text(arena, text)?),
        }
        Ok(())
    }

    /// The node, or a copy where it stands somewhere already or is what all this stands in.
    fn own_or_copy(&'a self, arena: &'a Arena, node: NodeRef<'a>) -> Result<NodeRef<'a>> {
        let holds_this = || match node.first_node() {
            Some(_) => std::ptr::eq(self.top(), node),
            None => std::ptr::eq(self, node),
        };
        match node.parent.get().is_some() || holds_this() {
            true => node.deep_copy(arena),
            false => Ok(node),
        }
    }

    pub(super) fn link_last(&'a self, node: NodeRef<'a>) {
        self.link(self.last_node(), node);
    }

    fn link(&'a self, previous: Option<NodeRef<'a>>, node: NodeRef<'a>) {
        let Some(children) = self.children() else { return };
        let next = previous.map_or(children.first.get(), |previous| previous.next.get());
        node.parent.set(Some(self));
        node.previous.set(previous);
        node.next.set(next);
        previous.map_or(&children.first, |previous| &previous.next).set(Some(node));
        next.map_or(&children.last, |next| &next.previous).set(Some(node));
        children.is_open.set(false);
    }

    pub(super) fn unlink(&'a self) {
        let Some(children) = self.parent.take().and_then(Node::children_of) else { return };
        let (previous, next) = (self.previous.take(), self.next.take());
        previous.map_or(&children.first, |previous| &previous.next).set(next);
        next.map_or(&children.last, |next| &next.previous).set(previous);
    }

    fn children_of(node: NodeRef<'a>) -> Option<&'a Children<'a>> {
        node.children()
    }

    fn check_text(&self, text: &str) -> Result<()> {
        match self.data {
            Data::Document { .. } if !text.chars().all(is_space) => {
                Err(thrown(Exception::Argument, "Non-whitespace characters cannot be added to content."))
            }
            _ => Ok(()),
        }
    }

    /// May `node` stand here after `previous`?
    fn check_node(&'a self, node: NodeRef<'a>, previous: Option<NodeRef<'a>>) -> Result<()> {
        let refused = |kind| {
            thrown(Exception::Argument, format!("A node of type {kind:?} cannot be added to content."))
        };
        let kind = node.node_type();
        match (&self.data, kind) {
            (Data::Element { .. }, NodeType::Document | NodeType::DocumentType)
            | (Data::Document { .. }, NodeType::Document | NodeType::CDATA) => Err(refused(kind)),
            (Data::Document { .. }, NodeType::Text) => self.check_text(node.own_text().unwrap_or_default()),
            (Data::Document { .. }, NodeType::Element) => {
                self.check_order(previous, Some(NodeType::DocumentType), None)
            }
            (Data::Document { .. }, NodeType::DocumentType) => {
                self.check_order(previous, None, Some(NodeType::Element))
            }
            (Data::Document { .. } | Data::Element { .. }, _) => Ok(()),
            _ => Err(refused(kind)),
        }
    }

    /// A document holds at most one document type and one element, in this order.
    fn check_order(
        &'a self,
        previous: Option<NodeRef<'a>>,
        before: Option<NodeType>,
        after: Option<NodeType>,
    ) -> Result<()> {
        let mut allowed = if previous.is_none() { after } else { before };
        for node in self.nodes() {
            let kind = node.node_type();
            if matches!(kind, NodeType::Element | NodeType::DocumentType) {
                if allowed != Some(kind) {
                    let text = "This operation would create an incorrectly structured document.";
                    return Err(thrown(Exception::InvalidOperation, text));
                }
                allowed = None;
            }
            if previous.is_some_and(|previous| std::ptr::eq(previous, node)) {
                allowed = after;
            }
        }
        Ok(())
    }
}

impl<'a> Attribute<'a> {
    /// `Remove()`.
    ///
    /// # Errors
    /// `InvalidOperationException` for an attribute that stands on no element.
    pub fn remove(&'a self) -> Result<()> {
        let parent = self.parent.take().ok_or_else(missing_parent)?;
        let Some(list) = parent.attribute_list() else { return Ok(()) };
        if let Some(at) = list.iter().position(|attribute| std::ptr::eq(attribute, self)) {
            list.remove(at);
        }
        Ok(())
    }

    /// `new XAttribute(other)`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn copy(&self, arena: &'a Arena) -> Result<AttributeRef<'a>> {
        Ok(Self::unchecked(arena, self.name, self.value.get())?)
    }
}

impl Children<'_> {
    /// No children, written as these are.
    fn same_form(&self) -> Self {
        Self { is_open: self.is_open.clone(), ..Self::default() }
    }
}

/// What namespace declarations may not say.
pub(super) fn check_attribute_value(name: Name<'_>, value: &str) -> Result<()> {
    let Some(prefix) = name.declared_prefix() else { return Ok(()) };
    let refuse = |text: String| Err(thrown(Exception::Argument, text));
    if !name.namespace.is_empty() && value.is_empty() {
        return refuse(format!("The prefix '{prefix}' cannot be bound to the empty namespace name."));
    }
    let binds_xml = value == XML_NAMESPACE && (name.namespace.is_empty() || prefix != "xml");
    if binds_xml || (prefix == "xml" && value != XML_NAMESPACE && value != XMLNS_NAMESPACE) {
        return refuse(format!(
            "The prefix 'xml' is bound to the namespace name '{XML_NAMESPACE}'. Other prefixes must not be \
             bound to this namespace name, and it must not be declared as the default namespace."
        ));
    }
    if value == XMLNS_NAMESPACE || prefix == "xmlns" {
        return refuse(format!(
            "The prefix 'xmlns' is bound to the namespace name '{XMLNS_NAMESPACE}'. It must not be declared. \
             Other prefixes must not be bound to this namespace name, and it must not be declared as the \
             default namespace."
        ));
    }
    Ok(())
}

fn missing_parent() -> super::XmlError {
    thrown(Exception::InvalidOperation, "The parent is missing.")
}

fn misplaced_attribute() -> super::XmlError {
    thrown(Exception::Argument, "An attribute cannot be added to content.")
}
