//! Which prefixes a writer uses: those that the tree declares, else those written above, else new ones.
//!
//! .NET asks twice: the tree's declarations, those of elements above what is written included, give a prefix;
//! the writer then declares it where what it wrote so far does not. Both are kept here as maps from a prefix to
//! its bindings and back, so that a look-up does not depend on how many there are.

use super::super::error::{Exception, Result, thrown};
use super::super::name::{Name, XML_NAMESPACE, XMLNS_NAMESPACE};
use super::super::node::NodeRef;
use crate::arena::Arena;
use std::collections::{BTreeMap, BTreeSet};

/// The bindings that one side knows, in order; scopes end by truncation.
#[derive(Debug, Default)]
struct Bindings<'a> {
    all: Vec<(&'a str, &'a str)>,
    by_prefix: BTreeMap<&'a str, Vec<usize>>,
    by_namespace: BTreeMap<&'a str, Vec<usize>>,
}

/// The state of both sides at one element.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    tree: Bindings<'a>,
    written: Bindings<'a>,
    marks: Vec<(usize, usize)>,
    /// Bindings of `written` that the start tag in hand has yet to declare, and those that attributes declare.
    missing: Vec<usize>,
    declared: BTreeSet<usize>,
}

impl<'a> Bindings<'a> {
    fn push(&mut self, prefix: &'a str, namespace: &'a str) -> usize {
        let at = self.all.len();
        self.all.push((prefix, namespace));
        self.by_prefix.entry(prefix).or_default().push(at);
        self.by_namespace.entry(namespace).or_default().push(at);
        at
    }

    fn truncate(&mut self, len: usize) {
        for (prefix, namespace) in self.all.drain(len.min(self.all.len())..).rev() {
            self.by_prefix.get_mut(prefix).map(Vec::pop);
            self.by_namespace.get_mut(namespace).map(Vec::pop);
        }
    }

    /// The innermost binding of a prefix.
    fn of_prefix(&self, prefix: &str) -> Option<(usize, &'a str)> {
        let at = *self.by_prefix.get(prefix)?.last()?;
        Some((at, self.all[at].1))
    }

    /// Prefixes bound to a namespace, the innermost first, with whether no inner binding hides them.
    fn of_namespace(&self, namespace: &str) -> impl Iterator<Item = (&'a str, bool)> {
        let found = self.by_namespace.get(namespace).into_iter().flatten().rev();
        found.map(|at| {
            let prefix = self.all[*at].0;
            (prefix, self.by_prefix.get(prefix).and_then(|bound| bound.last()) == Some(at))
        })
    }
}

impl<'a> Scope<'a> {
    /// The scope that `node` is written in: the declarations of all above it.
    pub(super) fn around(node: NodeRef<'a>) -> Self {
        let mut scope = Self::default();
        scope.written.push("xmlns", XMLNS_NAMESPACE);
        scope.written.push("xml", XML_NAMESPACE);
        scope.written.push("", "");
        let above: Vec<_> = node.ancestors(None).collect();
        above.into_iter().rev().for_each(|element| scope.bind_declarations(element));
        scope
    }

    pub(super) fn enter(&mut self, element: NodeRef<'a>) {
        self.marks.push((self.tree.all.len(), self.written.all.len()));
        self.missing.clear();
        self.declared.clear();
        self.bind_declarations(element);
    }

    pub(super) fn leave(&mut self) {
        if let Some((tree, written)) = self.marks.pop() {
            self.tree.truncate(tree);
            self.written.truncate(written);
        }
    }

    fn bind_declarations(&mut self, element: NodeRef<'a>) {
        for attribute in element.attributes(None) {
            if let Some(prefix) = attribute.name().declared_prefix() {
                self.tree.push(prefix, attribute.value());
            }
        }
    }

    /// The prefix of the element entered last.
    pub(super) fn element_prefix(&mut self, name: Name<'a>) -> Result<&'a str> {
        let given = match name.namespace {
            "" => Some(""),
            namespace => self.tree_prefix(namespace, true),
        };
        let prefix = given.or_else(|| self.written_prefix(name.namespace)).unwrap_or("");
        self.use_prefix(prefix, name.namespace)?;
        Ok(prefix)
    }

    /// The prefix of an attribute that declares no namespace.
    pub(super) fn attribute_prefix(&mut self, arena: &'a Arena, name: Name<'a>) -> Result<&'a str> {
        if name.namespace.is_empty() {
            return Ok("");
        }
        let given = self.tree_prefix(name.namespace, false);
        let known = given.or_else(|| self.written_prefix(name.namespace));
        let prefix = match known {
            Some("") | None => self.made_prefix(arena)?,
            Some(prefix) => match self.written.of_prefix(prefix) {
                Some((at, bound)) if at >= self.mark() && bound != name.namespace => {
                    self.made_prefix(arena)?
                }
                _ => prefix,
            },
        };
        self.use_prefix(prefix, name.namespace)?;
        Ok(prefix)
    }

    /// Takes note of a declaration that stands as an attribute.
    pub(super) fn declare(&mut self, prefix: &'a str, namespace: &'a str) -> Result<()> {
        let at = match self.written.of_prefix(prefix) {
            Some((at, bound)) if at >= self.mark() => {
                if bound != namespace {
                    return Err(redefined(prefix, bound, namespace));
                }
                at
            }
            _ => self.written.push(prefix, namespace),
        };
        self.declared.insert(at);
        Ok(())
    }

    /// What the start tag has yet to declare, in .NET's order: the newest first.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let missing = self.missing.iter().rev().filter(|at| !self.declared.contains(at));
        missing.map(|at| self.written.all[*at])
    }

    fn mark(&self) -> usize {
        self.marks.last().map_or(0, |(_, written)| *written)
    }

    fn tree_prefix(&self, namespace: &str, takes_default: bool) -> Option<&'a str> {
        let usable =
            |(prefix, is_visible): &(&'a str, bool)| *is_visible && (takes_default || !prefix.is_empty());
        let found = self.tree.of_namespace(namespace).find(usable).map(|(prefix, _)| prefix);
        found.or(match namespace {
            XML_NAMESPACE => Some("xml"),
            XMLNS_NAMESPACE => Some("xmlns"),
            _ => None,
        })
    }

    /// As .NET, the innermost binding decides, even if it is hidden and an outer one is not.
    fn written_prefix(&self, namespace: &str) -> Option<&'a str> {
        self.written
            .of_namespace(namespace)
            .next()
            .filter(|(_, is_visible)| *is_visible)
            .map(|(prefix, _)| prefix)
    }

    fn made_prefix(&self, arena: &'a Arena) -> Result<&'a str> {
        let plain = format!("p{}", self.written.all.len().saturating_sub(3));
        let is_free = |prefix: &String| self.written.of_prefix(prefix).is_none();
        let numbered = (0_usize..).map(|number| format!("{plain}{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(is_free);
        Ok(arena.text(&free.unwrap_or(plain))?)
    }

    /// Sees to it that the prefix is bound here.
    fn use_prefix(&mut self, prefix: &'a str, namespace: &'a str) -> Result<()> {
        match self.written.of_prefix(prefix) {
            Some((at, bound)) if at >= self.mark() => {
                if bound != namespace {
                    return Err(redefined(prefix, bound, namespace));
                }
            }
            Some((_, bound)) if bound == namespace && prefix != "xmlns" => {
                self.written.push(prefix, namespace);
            }
            _ => {
                let reserved = ["xml", "xmlns"].contains(&prefix);
                if reserved || [XML_NAMESPACE, XMLNS_NAMESPACE].contains(&namespace) {
                    let message = format!("Prefix \"{}\" is reserved for use by XML.", prefix);
                    return Err(thrown(Exception::Argument, message));
                }
                let at = self.written.push(prefix, namespace);
                self.missing.push(at);
            }
        }
        Ok(())
    }
}

fn redefined(prefix: &str, from: &str, to: &str) -> super::super::XmlError {
    let message = format!(
        "The prefix '{prefix}' cannot be redefined from '{from}' to '{to}' within the same start element tag."
    );
    thrown(Exception::Xml, message)
}
