//! A node of a JSON tree, with its place among others.
//!
//! Nodes know their parent and neighbours, so every walk over a tree follows links and needs no stack: a tree may
//! be as deep as memory allows. A node has at most one parent; putting it in a second place puts a copy there,
//! as Json.NET does.

use std::cell::Cell;

use super::failure::Outcome;
use super::names::Names;
use super::scalar::{Kind, Scalar};
use crate::arena::{Arena, List, OutOfMemory};

/// A `JToken`: a reference, equal only to itself.
#[derive(Clone, Copy)]
pub struct Token<'a>(pub(super) &'a Node<'a>);

pub(super) struct Node<'a> {
    pub(super) parent: Cell<Option<Token<'a>>>,
    pub(super) previous: Cell<Option<Token<'a>>>,
    pub(super) next: Cell<Option<Token<'a>>>,
    /// Counts changes of the children, so that a loop over them can tell.
    pub(super) version: Cell<u32>,
    pub(super) content: Content<'a>,
}

pub(super) enum Content<'a> {
    Object {
        properties: List<'a, Token<'a>>,
        names: Names<'a>,
    },
    Array(List<'a, Token<'a>>),
    Constructor {
        name: Cell<&'a str>,
        items: List<'a, Token<'a>>,
    },
    /// The value is there from the end of construction on.
    Property {
        name: &'a str,
        value: Cell<Option<Token<'a>>>,
    },
    Value(Cell<Scalar<'a>>),
}

impl PartialEq for Token<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Token<'_> {}

impl std::fmt::Debug for Token<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.kind().name(), self.path())
    }
}

// === making ===

impl<'a> Token<'a> {
    pub(super) fn make(arena: &'a Arena, content: Content<'a>) -> Result<Self, OutOfMemory> {
        let node = Node {
            parent: Cell::default(),
            previous: Cell::default(),
            next: Cell::default(),
            version: Cell::default(),
            content,
        };
        arena.alloc(node).map(Self)
    }

    /// `new JObject()`
    ///
    /// # Errors
    /// The budget is spent; so with all others of these.
    pub fn object(arena: &'a Arena) -> Result<Self, OutOfMemory> {
        Self::make(arena, Content::Object { properties: List::default(), names: Names::default() })
    }

    /// `new JArray()`
    ///
    /// # Errors
    /// The budget is spent.
    pub fn array(arena: &'a Arena) -> Result<Self, OutOfMemory> {
        Self::make(arena, Content::Array(List::default()))
    }

    /// `new JConstructor(name)`
    ///
    /// # Errors
    /// The budget is spent.
    pub fn constructor(arena: &'a Arena, name: &'a str) -> Result<Self, OutOfMemory> {
        Self::make(arena, Content::Constructor { name: Cell::new(name), items: List::default() })
    }

    /// `new JValue(value)`, or a `JRaw` or a comment where the value is one.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn value(arena: &'a Arena, value: Scalar<'a>) -> Result<Self, OutOfMemory> {
        Self::make(arena, Content::Value(Cell::new(value)))
    }

    /// `new JProperty(name, value)`; without a value it is null.
    ///
    /// # Errors
    /// The value is a property.
    pub fn property(arena: &'a Arena, name: &'a str, value: Option<Token<'a>>) -> Outcome<Self> {
        let property = Self::make(arena, Content::Property { name, value: Cell::default() })?;
        property.insert(arena, 0, value)?;
        Ok(property)
    }

    /// The node alone: no children, no parent.
    pub(super) fn shallow(self, arena: &'a Arena) -> Result<Self, OutOfMemory> {
        match &self.0.content {
            Content::Object { .. } => Self::object(arena),
            Content::Array(_) => Self::array(arena),
            Content::Constructor { name, .. } => Self::constructor(arena, name.get()),
            Content::Property { name, .. } => {
                Self::make(arena, Content::Property { name, value: Cell::default() })
            }
            Content::Value(value) => Self::value(arena, value.get()),
        }
    }

    /// `DeepClone()`: the tree below, without a parent.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn deep_clone(self, arena: &'a Arena) -> Result<Self, OutOfMemory> {
        let copy = self.shallow(arena)?;
        let (mut from, mut to) = (self, copy);
        loop {
            if let Some(child) = from.first_child() {
                let added = child.shallow(arena)?;
                to.link(arena, to.len(), added)?;
                (from, to) = (child, added);
                continue;
            }
            loop {
                let (false, Some(parent), Some(above)) = (from == self, from.parent(), to.parent()) else {
                    return Ok(copy);
                };
                if let Some(next) = from.next() {
                    let added = next.shallow(arena)?;
                    above.link(arena, above.len(), added)?;
                    (from, to) = (next, added);
                    break;
                }
                (from, to) = (parent, above);
            }
        }
    }
}

// === what it is ===

impl<'a> Token<'a> {
    /// `Type`
    pub fn kind(self) -> Kind {
        match &self.0.content {
            Content::Object { .. } => Kind::Object,
            Content::Array(_) => Kind::Array,
            Content::Constructor { .. } => Kind::Constructor,
            Content::Property { .. } => Kind::Property,
            Content::Value(value) => value.get().kind(),
        }
    }

    /// The name of its class without namespace, such as `JObject`.
    pub fn class(self) -> &'static str {
        match self.kind() {
            Kind::Object => "JObject",
            Kind::Array => "JArray",
            Kind::Constructor => "JConstructor",
            Kind::Property => "JProperty",
            Kind::Raw => "JRaw",
            _ => "JValue",
        }
    }

    /// `JValue.Value`; none for containers.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        match &self.0.content {
            Content::Value(value) => Some(value.get()),
            _ => None,
        }
    }

    /// Sets `JValue.Value`; false for containers. The kind follows the value.
    pub fn set_scalar(self, scalar: Scalar<'a>) -> bool {
        match &self.0.content {
            Content::Value(value) => {
                value.set(scalar);
                true
            }
            _ => false,
        }
    }

    /// The name of a property or constructor.
    pub fn name(self) -> Option<&'a str> {
        match &self.0.content {
            Content::Property { name, .. } => Some(name),
            Content::Constructor { name, .. } => Some(name.get()),
            _ => None,
        }
    }

    /// Sets the name of a constructor; false for all else.
    pub fn set_constructor_name(self, to: &'a str) -> bool {
        match &self.0.content {
            Content::Constructor { name, .. } => {
                name.set(to);
                true
            }
            _ => false,
        }
    }

    /// `JProperty.Value`; none for what is no property.
    pub fn property_value(self) -> Option<Token<'a>> {
        match &self.0.content {
            Content::Property { value, .. } => value.get(),
            _ => None,
        }
    }

    pub fn is_container(self) -> bool {
        !matches!(self.0.content, Content::Value(_))
    }

    /// True of `null`, which a missing token often stands for as well.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Changes whenever children come or go.
    pub fn version(self) -> u32 {
        self.0.version.get()
    }
}

// === links ===

impl<'a> Token<'a> {
    /// `Parent`
    pub fn parent(self) -> Option<Token<'a>> {
        self.0.parent.get()
    }

    /// `Next`
    pub fn next(self) -> Option<Token<'a>> {
        self.0.next.get()
    }

    /// `Previous`
    pub fn previous(self) -> Option<Token<'a>> {
        self.0.previous.get()
    }

    pub(super) fn list(self) -> Option<&'a List<'a, Token<'a>>> {
        match &self.0.content {
            Content::Object { properties: list, .. }
            | Content::Array(list)
            | Content::Constructor { items: list, .. } => Some(list),
            Content::Property { .. } | Content::Value(_) => None,
        }
    }

    /// How many children; `JContainer.Count`.
    pub fn len(self) -> usize {
        self.list().map_or(usize::from(self.property_value().is_some()), List::len)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The child at `at`.
    pub fn child(self, at: usize) -> Option<Token<'a>> {
        match self.list() {
            Some(list) => list.get(at),
            None => self.property_value().filter(|_| at == 0),
        }
    }

    /// The longest way to a name, where names have a tree.
    #[cfg(test)]
    pub(super) fn name_levels(self) -> usize {
        match &self.0.content {
            Content::Object { names, .. } => names.levels(),
            _ => 0,
        }
    }

    pub(super) fn first_child(self) -> Option<Token<'a>> {
        self.child(0)
    }

    /// Where it stands among its siblings.
    pub(super) fn position(self) -> usize {
        std::iter::successors(self.previous(), |token| token.previous()).count()
    }

    /// Where `child` stands; none where it is no child.
    pub fn index_of(self, child: Token<'a>) -> Option<usize> {
        (child.parent() == Some(self)).then(|| child.position())
    }

    /// Makes a checked, parentless node the child at `at`. Nothing is changed where memory ends.
    pub(super) fn link(self, arena: &'a Arena, at: usize, item: Token<'a>) -> Result<(), OutOfMemory> {
        let before = at.checked_sub(1).and_then(|at| self.child(at));
        let after = self.child(at);
        match &self.0.content {
            Content::Object { properties, names } => {
                index(arena, names, properties, item)?;
                if let Err(error) = properties.insert(arena, at, item) {
                    names.forget(item.name().unwrap_or_default());
                    return Err(error);
                }
            }
            Content::Array(list) | Content::Constructor { items: list, .. } => {
                list.insert(arena, at, item)?
            }
            Content::Property { value, .. } => value.set(Some(item)),
            Content::Value(_) => return Ok(()),
        }
        item.0.parent.set(Some(self));
        join(before, Some(item));
        join(Some(item), after);
        self.changed();
        Ok(())
    }

    /// Takes the child at `at` out.
    pub(super) fn unlink(self, at: usize) -> Option<Token<'a>> {
        let taken = self.child(at)?;
        match &self.0.content {
            Content::Object { properties, names } => {
                properties.remove(at);
                names.forget(taken.name().unwrap_or_default());
            }
            Content::Property { value, .. } => value.set(None),
            _ => drop(self.list().and_then(|list| list.remove(at))),
        }
        join(taken.previous(), taken.next());
        taken.alone();
        self.changed();
        Some(taken)
    }

    /// Takes all children out.
    pub(super) fn unlink_all(self) {
        if let Content::Object { names, .. } = &self.0.content {
            names.clear();
        }
        if let Some(list) = self.list() {
            list.iter().for_each(Token::alone);
            list.truncate(0);
        }
        self.changed();
    }

    fn alone(self) {
        self.0.parent.set(None);
        self.0.previous.set(None);
        self.0.next.set(None);
    }

    fn changed(self) {
        self.0.version.set(self.0.version.get().wrapping_add(1));
    }
}

fn join<'a>(before: Option<Token<'a>>, after: Option<Token<'a>>) {
    if let Some(before) = before {
        before.0.next.set(after);
    }
    if let Some(after) = after {
        after.0.previous.set(before);
    }
}

/// Makes a property that is about to be added known by its name.
fn index<'a>(
    arena: &'a Arena,
    names: &'a Names<'a>,
    properties: &List<'a, Token<'a>>,
    item: Token<'a>,
) -> Result<(), OutOfMemory> {
    if properties.len() < super::names::SEARCHED_MAX && names.is_empty() {
        return Ok(());
    }
    let is_first = names.is_empty();
    let known = is_first.then(|| properties.iter()).into_iter().flatten();
    let set = |property: Token<'a>| names.set(arena, property.name().unwrap_or_default(), property);
    let indexed = known.chain([item]).try_for_each(set);
    if is_first && indexed.is_err() {
        names.clear();
    }
    indexed
}
