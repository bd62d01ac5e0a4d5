//! Sequences of nodes: the axes of `XNode`, `XContainer` and `XElement`, and `Extensions`, which go along them
//! from each node of a sequence. All are gone along anew each time that they are asked for.

use std::collections::BTreeMap;

use super::names::name_of;
use super::{LINQ, known};
use crate::run::iterate::{Gather, Sequence, Step};
use crate::run::{Args, Cx, Eval, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty};
use crate::xml::{Item, NodeRef};

/// A sequence that `gather` finds from the first argument, of the name that the second is.
fn axis<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, element: Known, gather: Gather) -> Eval<'a> {
    let element = known(element);
    if a.is_null(0) {
        return cx.argument_null("source");
    }
    if a.len() > 1 && a.is_null(1) {
        // Nothing has the name null.
        return cx.array(element, &[]);
    }
    lazy(cx, a.value(0), element, gather, a.value(1))
}

fn lazy<'a>(
    cx: &mut Cx<'a, '_>,
    source: Value<'a>,
    element: &'a Ty,
    gather: Gather,
    one: Value<'a>,
) -> Eval<'a> {
    let step = Step::Gathered { gather, one, two: Value::Null, three: Value::Null };
    cx.new_object(crate::run::Object::Sequence(Sequence { element, source, step }))
}

/// Goes along an axis from each node, keeping what has the name; every node on the way is a step.
fn along<'a, I: Iterator<Item = Item<'a>>>(
    cx: &mut Cx<'a, '_>,
    sequence: &Sequence<'a>,
    elements_only: bool,
    go: impl Fn(NodeRef<'a>) -> I,
) -> Eval<'a, Vec<Value<'a>>> {
    let name = match sequence.step {
        Step::Gathered { one, .. } => name_of(one),
        _ => None,
    };
    let sources = match sequence.source {
        Value::Xml(_) => vec![sequence.source],
        many => cx.collect(many)?,
    };
    let mut found = Vec::new();
    for source in sources {
        let Value::Xml(Item::Node(source)) = source else { continue };
        for item in go(source) {
            cx.step()?;
            let is_kept = match item {
                Item::Node(node) => {
                    !elements_only || node.is_element() && name.is_none_or(|it| node.name() == Some(it))
                }
                Item::Attribute(attribute) => name.is_none_or(|it| attribute.name() == it),
            };
            if is_kept {
                cx.arena.charge(size_of::<Value<'_>>())?;
                found.push(Value::Xml(item));
            }
        }
    }
    Ok(found)
}

macro_rules! axes {
    ($($function:ident $elements_only:literal $axis:ident($($argument:expr)?) $item:ident;)*) => {
        $(fn $function<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
            along(cx, sequence, $elements_only, |from| from.$axis($($argument)?).map(Item::$item))
        })*
    };
}

axes! {
    ancestors true ancestors(None) Node;
    ancestors_and_self true ancestors_and_self(None) Node;
    children false nodes() Node;
    elements true nodes() Node;
    descendant_nodes false descendant_nodes() Node;
    descendant_nodes_and_self false descendant_nodes_and_self() Node;
    descendants true descendant_nodes() Node;
    descendants_and_self true descendant_nodes_and_self() Node;
    nodes_after false nodes_after() Node;
    elements_after true nodes_after() Node;
    nodes_before false nodes_before() Node;
    elements_before true nodes_before() Node;
    attributes false attributes(None) Attribute;
}

/// An axis of elements or attributes as members of a class, with a name and without one.
macro_rules! named {
    ($t:ident, $($name:literal $element:ident $gather:ident,)*) => {
        $(
            $t.add(concat!("IEnumerable<", stringify!($element), "> ", $name, "()"), |cx, a| axis(cx, a, Known::$element, $gather));
            $t.add(concat!("IEnumerable<", stringify!($element), "> ", $name, "(XName name)"), |cx, a| axis(cx, a, Known::$element, $gather));
        )*
    };
}

macro_rules! all {
    ($t:ident, $($name:literal $gather:ident,)*) => {
        $($t.add(concat!("IEnumerable<XNode> ", $name, "()"), |cx, a| axis(cx, a, Known::XNode, $gather));)*
    };
}

pub(super) fn of_nodes(t: &mut TypeBuilder<'_>) {
    named! { t,
        "Ancestors" XElement ancestors,
        "ElementsAfterSelf" XElement elements_after,
        "ElementsBeforeSelf" XElement elements_before,
    }
    all! { t,
        "NodesAfterSelf" nodes_after,
        "NodesBeforeSelf" nodes_before,
    }
    t.add("static int CompareDocumentOrder(XNode n1, XNode n2)", |cx, a| {
        Ok(Value::Int(compare(cx, a.value(0), a.value(1))?))
    })
    .add("bool IsAfter(XNode node)", |cx, a| Ok(Value::Bool(compare(cx, a.value(0), a.value(1))? > 0)))
    .add("bool IsBefore(XNode node)", |cx, a| Ok(Value::Bool(compare(cx, a.value(0), a.value(1))? < 0)));
}

pub(super) fn of_containers(t: &mut TypeBuilder<'_>) {
    named! { t,
        "Elements" XElement elements,
        "Descendants" XElement descendants,
    }
    all! { t,
        "Nodes" children,
        "DescendantNodes" descendant_nodes,
    }
}

pub(super) fn of_elements(t: &mut TypeBuilder<'_>) {
    named! { t,
        "AncestorsAndSelf" XElement ancestors_and_self,
        "DescendantsAndSelf" XElement descendants_and_self,
        "Attributes" XAttribute attributes,
    }
    all! { t,
        "DescendantNodesAndSelf" descendant_nodes_and_self,
    }
    t.add("static IEnumerable<XElement> EmptySequence { get; }", |cx, _| {
        cx.array(known(Known::XElement), &[])
    });
}

/// Numbers the nodes of a tree in document order.
fn positions<'a>(cx: &mut Cx<'a, '_>, within: NodeRef<'a>) -> Eval<'a, BTreeMap<usize, usize>> {
    super::climb(cx, within)?;
    let top = std::iter::successors(Some(within), |node| node.container()).last().unwrap_or(within);
    let mut positions = BTreeMap::new();
    for (position, node) in top.descendant_nodes_and_self().enumerate() {
        cx.step()?;
        cx.arena.charge(2 * size_of::<usize>())?;
        positions.insert(Item::Node(node).address(), position);
    }
    Ok(positions)
}

/// `CompareDocumentOrder`: -1, 0 or 1; null comes first.
fn compare<'a>(cx: &mut Cx<'a, '_>, left: Value<'a>, right: Value<'a>) -> Eval<'a, i32> {
    let (left, right) = match (left, right) {
        (Value::Xml(Item::Node(left)), Value::Xml(Item::Node(right))) => (left, right),
        (left, right) => return Ok(i32::from(right.is_null()) - i32::from(left.is_null())),
    };
    if std::ptr::eq(left, right) {
        return Ok(0);
    }
    let positions = positions(cx, left)?;
    let of = |node| positions.get(&Item::Node(node).address());
    match (of(left), of(right)) {
        (Some(left), Some(right)) => Ok(left.cmp(right) as i32),
        _ => cx.throw("System.InvalidOperationException", "A common ancestor is missing."),
    }
}

fn in_order<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let mut nodes: Vec<(usize, Value<'a>)> = Vec::new();
    let mut order = None;
    for value in cx.collect(sequence.source)? {
        let Value::Xml(Item::Node(node)) = value else { return cx.null_reference() };
        let positions = match &order {
            Some(positions) => positions,
            None => order.insert(positions(cx, node)?),
        };
        match positions.get(&Item::Node(node).address()) {
            Some(at) => nodes.push((*at, value)),
            None => return cx.throw("System.InvalidOperationException", "A common ancestor is missing."),
        }
    }
    nodes.sort_by_key(|(at, _)| *at);
    Ok(nodes.into_iter().map(|(_, value)| value).collect())
}

/// `Remove` of all nodes or attributes of a sequence, which is gone through first.
fn remove<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    for value in cx.collect(a.value(0))? {
        match value {
            Value::Xml(Item::Node(node)) => cx.xml(node.remove())?,
            Value::Xml(Item::Attribute(attribute)) => {
                attribute.parent().map_or(Ok(()), |element| super::scan(cx, element))?;
                cx.xml(attribute.remove())?;
            }
            _ => {}
        }
    }
    Ok(Value::Null)
}

/// Extension methods with a name and without one.
macro_rules! extensions {
    ($t:ident, $($name:literal $source:literal $element:ident $gather:ident,)*) => {
        $(
            $t.add(concat!("static IEnumerable<", stringify!($element), "> ", $name, "(this IEnumerable<", $source, "> source)"), |cx, a| axis(cx, a, Known::$element, $gather));
            $t.add(concat!("static IEnumerable<", stringify!($element), "> ", $name, "(this IEnumerable<", $source, "> source, XName name)"), |cx, a| axis(cx, a, Known::$element, $gather));
        )*
    };
}

pub(super) fn define(c: &mut Builder) {
    c.define(LINQ, "static class Extensions", |t| {
        extensions! { t,
            "Ancestors" "XNode" XElement ancestors,
            "AncestorsAndSelf" "XElement" XElement ancestors_and_self,
            "Attributes" "XElement" XAttribute attributes,
            "Descendants" "XContainer" XElement descendants,
            "DescendantsAndSelf" "XElement" XElement descendants_and_self,
            "Elements" "XContainer" XElement elements,
        }
        t.add("static IEnumerable<XNode> Nodes(this IEnumerable<XContainer> source)", |cx, a| {
            axis(cx, a, Known::XNode, children)
        })
        .add("static IEnumerable<XNode> DescendantNodes(this IEnumerable<XContainer> source)", |cx, a| {
            axis(cx, a, Known::XNode, descendant_nodes)
        })
        .add(
            "static IEnumerable<XNode> DescendantNodesAndSelf(this IEnumerable<XElement> source)",
            |cx, a| axis(cx, a, Known::XNode, descendant_nodes_and_self),
        )
        .add("static IEnumerable<T> InDocumentOrder<T>(this IEnumerable<T> source)", |cx, a| {
            match a.value(0) {
                Value::Null => cx.argument_null("source"),
                source => lazy(cx, source, a.ty(0), in_order, Value::Null),
            }
        })
        .add("static void Remove(this IEnumerable<XNode> source)", remove)
        .add("static void Remove(this IEnumerable<XAttribute> source)", remove);
    });
    c.define(LINQ, "class XNodeDocumentOrderComparer", |t| {
        t.add("new()", |cx, _| cx.new_object(crate::run::Object::Plain))
            .add("int Compare(XNode x, XNode y)", |cx, a| {
                Ok(Value::Int(compare(cx, a.value(1), a.value(2))?))
            });
    });
}
