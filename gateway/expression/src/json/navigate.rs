//! Ways through a tree, all by the nodes' links.

use super::failure::{INVALID_OPERATION, Outcome, throw};
use super::scalar::Kind;
use super::token::{Content, Token};

/// Characters for which a name is quoted in a path.
const QUOTED: &[char] = &[
    '.', ' ', '\'', '/', '"', '[', ']', '(', ')', '\t', '\n', '\r', '\u{c}', '\u{8}', '\\', '\u{85}',
    '\u{2028}', '\u{2029}',
];

/// Children in order. A child that is taken out while it is the next one ends the walk.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    next: Option<Token<'a>>,
}

impl<'a> Iterator for Children<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.next?;
        self.next = token.next();
        Some(token)
    }
}

/// A tree's nodes, parents before children.
#[derive(Debug, Clone)]
pub struct Descendants<'a> {
    root: Token<'a>,
    next: Option<Token<'a>>,
}

impl<'a> Iterator for Descendants<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.next?;
        self.next = token.first_child().or_else(|| token.following(self.root));
        Some(token)
    }
}

impl<'a> Token<'a> {
    /// `Children()`
    pub fn children(self) -> Children<'a> {
        Children { next: self.first_child() }
    }

    /// `Descendants()`
    pub fn descendants(self) -> Descendants<'a> {
        Descendants { root: self, next: self.first_child() }
    }

    /// `DescendantsAndSelf()`
    pub fn descendants_and_self(self) -> Descendants<'a> {
        Descendants { root: self, next: Some(self) }
    }

    /// `Ancestors()`, the nearest first.
    pub fn ancestors(self) -> impl Iterator<Item = Token<'a>> {
        std::iter::successors(self.parent(), |token| token.parent())
    }

    /// `AncestorsAndSelf()`
    pub fn ancestors_and_self(self) -> impl Iterator<Item = Token<'a>> {
        std::iter::successors(Some(self), |token| token.parent())
    }

    /// `AfterSelf()`
    pub fn after_self(self) -> impl Iterator<Item = Token<'a>> {
        std::iter::successors(self.next(), |token| token.next())
    }

    /// `BeforeSelf()`, the first sibling first.
    pub fn before_self(self) -> impl Iterator<Item = Token<'a>> {
        self.parent().into_iter().flat_map(Token::children).take_while(move |sibling| *sibling != self)
    }

    /// `Root`
    pub fn root(self) -> Token<'a> {
        self.ancestors_and_self().last().unwrap_or(self)
    }

    /// `HasValues`
    pub fn has_values(self) -> bool {
        !self.is_empty()
    }

    /// `First`; none where there is no child.
    ///
    /// # Errors
    /// `InvalidOperationException` for values.
    pub fn first(self) -> Outcome<Option<Token<'a>>> {
        self.container().map(|()| self.first_child())
    }

    /// `Last`
    ///
    /// # Errors
    /// As [`Token::first`].
    pub fn last(self) -> Outcome<Option<Token<'a>>> {
        self.container().map(|()| self.len().checked_sub(1).and_then(|at| self.child(at)))
    }

    /// `InvalidOperationException` for what can have no children.
    pub(super) fn container(self) -> Outcome<()> {
        if self.is_container() {
            return Ok(());
        }
        let message = format!("Cannot access child value on Newtonsoft.Json.Linq.{}.", self.class());
        Err(throw(INVALID_OPERATION, message))
    }

    /// `JObject.Property(name)`; none for what is no object.
    pub fn find_property(self, name: &str) -> Option<Token<'a>> {
        match &self.0.content {
            Content::Object { names, properties } if names.is_empty() => {
                properties.iter().find(|property| property.name() == Some(name))
            }
            Content::Object { names, .. } => names.get(name),
            _ => None,
        }
    }

    /// Behind this node and all below it, within `root`.
    pub(super) fn following(self, root: Token<'a>) -> Option<Token<'a>> {
        self.ancestors_and_self().take_while(|token| *token != root).find_map(Token::next)
    }

    /// `Path`: from the root to here, such as `a.b[0]['c d']`.
    pub fn path(self) -> String {
        let mut way: Vec<Token<'a>> = self.ancestors_and_self().collect();
        way.reverse();
        let mut path = String::new();
        for (at, token) in way.iter().enumerate() {
            let child = way.get(at + 1);
            match (token.kind(), token.name(), child) {
                // A property without a parent is the root of its own path, which is empty.
                (Kind::Property, ..) if way.len() == 1 => {}
                (Kind::Property, Some(name), _) => push_name(&mut path, name),
                (Kind::Array | Kind::Constructor, _, Some(child)) => push_index(&mut path, child.position()),
                _ => {}
            }
        }
        path
    }
}

/// Adds a property's name to a path.
pub(super) fn push_name(path: &mut String, name: &str) {
    if name.contains(QUOTED) {
        path.push_str("['");
        super::write::escape_into(path, name, '\'');
        path.push_str("']");
    } else {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    }
}

/// Adds a position to a path.
pub(super) fn push_index(path: &mut String, at: usize) {
    path.push_str(&format!("[{at}]"));
}
