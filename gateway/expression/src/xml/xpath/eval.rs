//! XPath 1.0 sections 2 and 3: the value of an expression.

use super::super::error::{Exception, Result, XmlError, thrown};
use super::super::node::{Data, Node, NodeRef};
use super::axis::Item;
use super::function::Call;
use super::parse::{Axis, Expr, NODES_EXPECTED, Operator, Start, Step};
use super::{Value, text};
use crate::arena::Arena;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};

/// One query's evaluation.
pub(super) struct Evaluator<'a> {
    pub(super) arena: &'a Arena,
    node: NodeRef<'a>,
    pub(super) expression: &'a str,
    /// How many nodes it may still visit.
    pub(super) left: Cell<usize>,
    /// Where each node and attribute stands in document order; made when it is asked for.
    order: OnceCell<BTreeMap<usize, usize>>,
}

/// The node in hand, and which of how many it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) item: Item<'a>,
    pub(super) position: usize,
    pub(super) size: usize,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(arena: &'a Arena, node: NodeRef<'a>, expression: &'a str, steps: usize) -> Self {
        Self { arena, node, expression, left: Cell::new(steps), order: OnceCell::new() }
    }

    pub(super) fn evaluate(&self, expr: &Expr<'_>) -> Result<Value<'a>> {
        let value = self.value(expr, Context { item: Item::Node(self.node), position: 1, size: 1 })?;
        match value {
            Value::Nodes(items) => {
                let items = self.in_order(items)?;
                Ok(Value::Nodes(items.into_iter().flat_map(Item::parts).collect()))
            }
            value => Ok(value),
        }
    }

    pub(super) fn value(&self, expr: &Expr<'_>, context: Context<'a>) -> Result<Value<'a>> {
        self.step(1)?;
        Ok(match expr {
            Expr::Number(number) => Value::Number(*number),
            Expr::Literal(text) => Value::Text(self.arena.text(text)?),
            Expr::Negate(inner) => Value::Number(-self.to_number(self.value(inner, context)?)?),
            Expr::Call(function, arguments) => {
                self.call(&Call { function: *function, arguments, context })?
            }
            Expr::Chain { first, rest } => {
                let first = self.value(first, context)?;
                rest.iter().try_fold(first, |left, (operator, right)| {
                    self.operation(left, *operator, right, context)
                })?
            }
            Expr::Path { start, steps } => {
                let start = self.start(start, context)?;
                Value::Nodes(steps.iter().try_fold(start, |items, step| self.walk(items, step))?)
            }
        })
    }

    // Paths

    fn start(&self, start: &Start<'_>, context: Context<'a>) -> Result<Vec<Item<'a>>> {
        match start {
            Start::Context => Ok(vec![context.item]),
            Start::Root => Ok(vec![Item::Node(self.node.top())]),
            Start::Filter { of, predicates } => {
                let Value::Nodes(items) = self.value(of, context)? else { return Err(not_nodes()) };
                predicates
                    .iter()
                    .try_fold(self.in_order(items)?, |items, predicate| self.keep(items, predicate))
            }
        }
    }

    fn walk(&self, from: Vec<Item<'a>>, step: &Step<'_>) -> Result<Vec<Item<'a>>> {
        let keeps_order = from.len() <= 1 && !leads_back(step.axis);
        let mut reached = Vec::new();
        for item in from {
            let mut found = Vec::new();
            for candidate in item.axis(step.axis) {
                self.step(1)?;
                if candidate.is(step.test) {
                    found.push(candidate);
                }
            }
            self.arena.charge(size_of_val(&found[..]))?;
            let kept =
                step.predicates.iter().try_fold(found, |items, predicate| self.keep(items, predicate))?;
            reached.extend(kept);
        }
        if keeps_order { Ok(reached) } else { self.in_order(reached) }
    }

    fn keep(&self, items: Vec<Item<'a>>, predicate: &Expr<'_>) -> Result<Vec<Item<'a>>> {
        let size = items.len();
        let mut kept = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let position = at + 1;
            let keeps = match self.value(predicate, Context { item, position, size })? {
                Value::Number(number) => number == position as f64,
                value => Self::to_boolean(&value),
            };
            if keeps {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    /// Sorted, each once.
    fn in_order(&self, mut items: Vec<Item<'a>>) -> Result<Vec<Item<'a>>> {
        if items.len() < 2 {
            return Ok(items);
        }
        self.step(items.len())?;
        let order = match self.order.get() {
            Some(order) => order,
            None => {
                let order = self.document_order()?;
                self.order.get_or_init(|| order)
            }
        };
        let place = |item: &Item<'a>| order.get(&item.address()).copied().unwrap_or_default();
        items.sort_by_cached_key(place);
        items.dedup_by_key(|item| item.address());
        Ok(items)
    }

    fn document_order(&self) -> Result<BTreeMap<usize, usize>> {
        let mut order = BTreeMap::new();
        for node in self.node.top().descendant_nodes_and_self() {
            self.arena.charge(2 * size_of::<usize>())?;
            order.insert(Item::Node(node).address(), order.len());
            for attribute in node.attributes(None) {
                self.arena.charge(2 * size_of::<usize>())?;
                order.insert(Item::Attribute(attribute).address(), order.len());
            }
        }
        Ok(order)
    }

    pub(super) fn step(&self, count: usize) -> Result<()> {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.unwrap_or_default());
        left.map(drop).ok_or(XmlError::OutOfSteps)
    }

    // Operators

    fn operation(
        &self,
        left: Value<'a>,
        operator: Operator,
        right: &Expr<'_>,
        context: Context<'a>,
    ) -> Result<Value<'a>> {
        let is_decided = match operator {
            Operator::Or => Self::to_boolean(&left),
            Operator::And => !Self::to_boolean(&left),
            _ => false,
        };
        if is_decided {
            return Ok(Value::Boolean(operator == Operator::Or));
        }
        let right = self.value(right, context)?;
        let arithmetic = |compute: fn(f64, f64) -> f64, left, right| {
            Ok(Value::Number(compute(self.to_number(left)?, self.to_number(right)?)))
        };
        match operator {
            Operator::Or | Operator::And => Ok(Value::Boolean(Self::to_boolean(&right))),
            Operator::Add => arithmetic(|a, b| a + b, left, right),
            Operator::Subtract => arithmetic(|a, b| a - b, left, right),
            Operator::Multiply => arithmetic(|a, b| a * b, left, right),
            Operator::Divide => arithmetic(|a, b| a / b, left, right),
            Operator::Modulo => arithmetic(|a, b| a % b, left, right),
            Operator::Union => match (left, right) {
                (Value::Nodes(mut left), Value::Nodes(right)) => {
                    left.extend(right);
                    Ok(Value::Nodes(self.in_order(left)?))
                }
                _ => Err(not_nodes()),
            },
            _ => Ok(Value::Boolean(self.compare(left, operator, right)?)),
        }
    }

    /// Section 3.4.
    fn compare(&self, left: Value<'a>, operator: Operator, right: Value<'a>) -> Result<bool> {
        match (left, right) {
            (Value::Nodes(left), Value::Nodes(right)) => self.compare_nodes(left, operator, right),
            (Value::Nodes(items), Value::Boolean(b)) => {
                Ok(holds(operator, number_of(!items.is_empty()), number_of(b)))
            }
            (Value::Boolean(b), Value::Nodes(items)) => {
                Ok(holds(operator, number_of(b), number_of(!items.is_empty())))
            }
            (Value::Nodes(items), other) => {
                self.any(items, |text| self.compare(Value::Text(text), operator, other.clone()))
            }
            (other, Value::Nodes(items)) => {
                self.any(items, |text| self.compare(other.clone(), operator, Value::Text(text)))
            }
            (left, right) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
                let is_equal = match (&left, &right) {
                    (Value::Boolean(_), _) | (_, Value::Boolean(_)) => {
                        Self::to_boolean(&left) == Self::to_boolean(&right)
                    }
                    (Value::Text(a), Value::Text(b)) => a == b,
                    _ => {
                        let (a, b) = (self.to_number(left)?, self.to_number(right)?);
                        return Ok(holds(operator, a, b));
                    }
                };
                Ok(is_equal == (operator == Operator::Equal))
            }
            (left, right) => Ok(holds(operator, self.to_number(left)?, self.to_number(right)?)),
        }
    }

    fn any(&self, items: Vec<Item<'a>>, mut test: impl FnMut(&'a str) -> Result<bool>) -> Result<bool> {
        for item in items {
            if test(self.string_value(item)?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is a pair that the operator holds for; no pair is looked at by itself.
    fn compare_nodes(&self, left: Vec<Item<'a>>, operator: Operator, right: Vec<Item<'a>>) -> Result<bool> {
        let texts = |items: Vec<Item<'a>>| -> Result<BTreeSet<&'a str>> {
            items.into_iter().map(|item| self.string_value(item)).collect()
        };
        let (left, right) = (texts(left)?, texts(right)?);
        let numbers = |texts: &BTreeSet<&'a str>| {
            let numbers = texts.iter().map(|text| text::number(text)).filter(|number| !number.is_nan());
            numbers.fold(None, |ends: Option<(f64, f64)>, number| match ends {
                None => Some((number, number)),
                Some((least, most)) => Some((least.min(number), most.max(number))),
            })
        };
        Ok(match operator {
            Operator::Equal => left.intersection(&right).next().is_some(),
            Operator::NotEqual => {
                !left.is_empty() && !right.is_empty() && (left.len() > 1 || right.len() > 1 || left != right)
            }
            _ => match (numbers(&left), numbers(&right)) {
                (Some((least, most)), Some((least_right, most_right))) => match operator {
                    Operator::Less | Operator::LessOrEqual => holds(operator, least, most_right),
                    _ => holds(operator, most, least_right),
                },
                _ => false,
            },
        })
    }

    // Conversions

    pub(super) fn to_boolean(value: &Value<'a>) -> bool {
        match value {
            Value::Nodes(items) => !items.is_empty(),
            Value::Boolean(b) => *b,
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
        }
    }

    pub(super) fn to_number(&self, value: Value<'a>) -> Result<f64> {
        Ok(match value {
            Value::Boolean(b) => number_of(b),
            Value::Number(number) => number,
            value => text::number(self.to_text(value)?),
        })
    }

    pub(super) fn to_text(&self, value: Value<'a>) -> Result<&'a str> {
        Ok(match value {
            Value::Nodes(items) => match items.first() {
                Some(first) => self.string_value(*first)?,
                None => "",
            },
            Value::Boolean(true) => "true",
            Value::Boolean(false) => "false",
            Value::Number(number) => self.arena.text(&text::of_number(number))?,
            Value::Text(text) => text,
        })
    }

    /// Section 5; a text with those that continue it.
    pub(super) fn string_value(&self, item: Item<'a>) -> Result<&'a str> {
        let node = match item {
            Item::Attribute(attribute) => return Ok(attribute.value()),
            Item::Node(node) => node,
        };
        match &node.data {
            Data::Text(_) | Data::CData(_) => {
                let run = std::iter::successors(Some(node), |node| node.next_node());
                let parts: Vec<_> =
                    run.take_while(|node| node.is_text()).filter_map(Node::own_text).collect();
                self.step(parts.len())?;
                match parts[..] {
                    [one] => Ok(one),
                    _ => Ok(self.arena.concat(&parts)?),
                }
            }
            _ => {
                self.step(node.descendant_nodes_and_self().count())?;
                node.value(self.arena)
            }
        }
    }
}

fn leads_back(axis: Axis) -> bool {
    matches!(axis, Axis::Ancestor | Axis::AncestorOrSelf | Axis::Preceding | Axis::PrecedingSibling)
}

fn number_of(b: bool) -> f64 {
    f64::from(u8::from(b))
}

fn holds(operator: Operator, left: f64, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::LessOrEqual => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterOrEqual => left >= right,
        _ => false,
    }
}

fn not_nodes() -> XmlError {
    thrown(Exception::XPath, NODES_EXPECTED)
}
