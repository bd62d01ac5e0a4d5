//! XPath 1.0 over the tree: `System.Xml.XPath.Extensions`.
//!
//! The whole language but for the namespace axis and variables. A query is bounded in how deep its expressions
//! stand in each other, in the nodes it visits, and in memory.

mod axis;
mod eval;
mod function;
mod lex;
mod parse;
mod text;

use super::error::{Exception, Result, thrown};
use super::node::NodeRef;
use crate::arena::Arena;
pub use axis::Item;
use eval::Evaluator;

/// How deep parentheses, predicates and arguments may stand in each other.
pub const XPATH_DEPTH_MAX: usize = 64;

/// How many nodes one query may visit; a node counts as often as it is looked at.
pub const XPATH_STEPS_MAX: usize = 2_000_000;

/// `IXmlNamespaceResolver`: from a prefix to its namespace. Without one, a prefix is an error.
pub type Resolver<'r, 'a> = Option<&'r dyn Fn(&str) -> Option<&'a str>>;

/// How a query writes a number: `string(number)`.
pub fn text_of_number(number: f64) -> String {
    text::of_number(number)
}

/// What `XPathEvaluate` answers.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// In document order. Neighbouring texts, which are one node to the query, are listed each.
    Nodes(Vec<Item<'a>>),
    Boolean(bool),
    Number(f64),
    Text(&'a str),
}

/// `XPathEvaluate(node, expression, resolver)`.
///
/// # Errors
/// `XPathException` for a bad expression; out of memory; out of steps.
pub fn evaluate<'a>(
    arena: &'a Arena,
    node: NodeRef<'a>,
    expression: &'a str,
    resolver: Resolver<'_, 'a>,
) -> Result<Value<'a>> {
    evaluate_within(arena, node, expression, resolver, &mut { XPATH_STEPS_MAX })
}

/// As [`evaluate`], of nodes that may be visited taking those that were.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_within<'a>(
    arena: &'a Arena,
    node: NodeRef<'a>,
    expression: &'a str,
    resolver: Resolver<'_, 'a>,
    steps: &mut usize,
) -> Result<Value<'a>> {
    let parsed = parse::parse(expression, resolver)?;
    let evaluator = Evaluator::new(arena, node, expression, *steps);
    let value = evaluator.evaluate(&parsed);
    *steps = evaluator.left.get();
    value
}

/// `XPathSelectElements(node, expression, resolver)`.
///
/// # Errors
/// As [`evaluate`]; `InvalidOperationException` where the answer holds something else than elements.
pub fn select_elements<'a>(
    arena: &'a Arena,
    node: NodeRef<'a>,
    expression: &'a str,
    resolver: Resolver<'_, 'a>,
) -> Result<Vec<NodeRef<'a>>> {
    elements(evaluate(arena, node, expression, resolver)?)
}

/// The elements that an answer holds.
///
/// # Errors
/// `InvalidOperationException` where it holds something else.
pub fn elements(value: Value<'_>) -> Result<Vec<NodeRef<'_>>> {
    let unexpected = |kind: &str| {
        let message = format!("The XPath expression evaluated to unexpected type {kind}.");
        thrown(Exception::InvalidOperation, message)
    };
    let items = match value {
        Value::Nodes(items) => items,
        Value::Boolean(_) => return Err(unexpected("System.Boolean")),
        Value::Number(_) => return Err(unexpected("System.Double")),
        Value::Text(_) => return Err(unexpected("System.String")),
    };
    let elements = items.into_iter().map(|item| match item {
        Item::Node(node) if node.is_element() => Ok(node),
        item => Err(unexpected(item.type_name())),
    });
    elements.collect()
}

/// `XPathSelectElement(node, expression, resolver)`: the first.
///
/// # Errors
/// As [`select_elements`].
pub fn select_element<'a>(
    arena: &'a Arena,
    node: NodeRef<'a>,
    expression: &'a str,
    resolver: Resolver<'_, 'a>,
) -> Result<Option<NodeRef<'a>>> {
    Ok(select_elements(arena, node, expression, resolver)?.first().copied())
}
