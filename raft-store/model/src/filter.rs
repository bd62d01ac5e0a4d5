//! Filters of lists: the OData subset that APIM takes.
//!
//! ```text
//! displayName eq 'Orders' and (startswith(path,'or') or isCurrent eq false)
//! tags/any(t: t eq 'team-a')
//! ```
//!
//! The one idea: a filter is checked against the fields of one kind when it is read, so evaluating
//! it cannot fail. Ids compare without regard to case, everything else exactly; a resource without
//! the field matches nothing. Must not know where resources come from. The text is read in
//! `filter/parse`.

mod lex;
mod parse;

use crate::kinds::{self, Value};
use hanse_proto::Kind;
use hanse_proto::v1::{StoredResource, Violation};

/// Characters of a filter.
pub const FILTER_CHARS_MAX: usize = 2_000;
/// Parentheses within parentheses.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Comparisons in one filter.
pub const FILTER_TERMS_MAX: usize = 50;

/// A filter that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    text: String,
    node: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Term(Term),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: &'static str,
    /// The field is an id, and both sides are compared in lower case.
    is_id: bool,
    over: Over,
    test: Test,
    literal: Literal,
}

/// Which values of a field must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    One,
    AnyOf,
    AllOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Literal {
    Text(String),
    Bool(bool),
}

impl Filter {
    /// Reads a filter for resources of a kind; without a kind only `name` may be asked for.
    ///
    /// # Errors
    /// The first thing that is wrong, with its column.
    pub fn parse(text: &str, kind: impl Into<Option<Kind>>) -> Result<Filter, Violation> {
        let node = parse::parse(text, kind.into())?;
        Ok(Filter { text: text.to_owned(), node })
    }

    /// The filter as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a resource passes.
    pub fn matches(&self, stored: &StoredResource) -> bool {
        self.node.matches(stored)
    }
}

impl Node {
    fn matches(&self, stored: &StoredResource) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(|node| node.matches(stored)),
            Node::Any(nodes) => nodes.iter().any(|node| node.matches(stored)),
            Node::Term(term) => term.matches(stored),
        }
    }
}

impl Term {
    fn matches(&self, stored: &StoredResource) -> bool {
        let Some(resource) = &stored.resource else { return false };
        let Some(value) = kinds::filter_value(resource, self.field) else { return false };
        match (value, &self.literal) {
            (Value::Text(text), Literal::Text(literal)) => self.passes(&text, literal),
            (Value::Bool(value), Literal::Bool(literal)) => (value == *literal) == (self.test == Test::Equal),
            (Value::List(values), Literal::Text(literal)) => {
                let mut values = values.iter();
                match self.over {
                    Over::One | Over::AnyOf => values.any(|value| self.passes(value, literal)),
                    Over::AllOf => values.all(|value| self.passes(value, literal)),
                }
            }
            _ => false,
        }
    }

    fn passes(&self, value: &str, literal: &str) -> bool {
        if !self.is_id {
            return self.test.passes(value, literal);
        }
        self.test.passes(&value.to_lowercase(), &literal.to_lowercase())
    }
}

impl Test {
    fn passes(self, value: &str, literal: &str) -> bool {
        match self {
            Test::Equal => value == literal,
            Test::NotEqual => value != literal,
            Test::Less => value < literal,
            Test::LessOrEqual => value <= literal,
            Test::Greater => value > literal,
            Test::GreaterOrEqual => value >= literal,
            Test::Contains => value.contains(literal),
            Test::StartsWith => value.starts_with(literal),
            Test::EndsWith => value.ends_with(literal),
        }
    }
}
