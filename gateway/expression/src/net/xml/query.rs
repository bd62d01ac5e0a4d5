//! `System.Xml.XPath.Extensions`, and `XmlNamespaceManager` for the prefixes of a query.

use super::{known, node_at, optional};
use crate::arena::List;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;
use crate::types::{Known, Ty, catalogue};
use crate::xml::{NodeRef, XML_NAMESPACE, XMLNS_NAMESPACE, xpath};

type Namespaces<'a> = List<'a, (&'a str, &'a str)>;

/// `XmlNamespaceManager`.
pub(crate) fn ty() -> Ty {
    catalogue().find("XmlNamespaceManager", 0).map_or_else(Ty::object, |id| Ty::Named(id, [].into()))
}

fn look_up<'a>(namespaces: &Namespaces<'a>, prefix: &str) -> Option<&'a str> {
    let own = namespaces.iter().rev().find(|(known, _)| *known == prefix).map(|(_, namespace)| namespace);
    own.or(match prefix {
        "xml" => Some(XML_NAMESPACE),
        "xmlns" => Some(XMLNS_NAMESPACE),
        "" => Some(""),
        _ => None,
    })
}

/// Asks a query of the receiver; what it visits is steps.
fn ask<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, xpath::Value<'a>> {
    let node = node_at(cx, a, 0, "node")?;
    let Some(expression) = a.opt_str(1) else {
        return cx.throw("System.Xml.XPath.XPathException", "'' is an invalid expression.");
    };
    cx.work(expression.len() * 16)?;
    let unspent = usize::try_from(cx.limits().steps - cx.steps_used()).unwrap_or(usize::MAX);
    let allowed = unspent.min(xpath::XPATH_STEPS_MAX);
    let mut left = allowed;
    let answer = match a.value(2) {
        Value::Object(Object::XmlNamespaces(namespaces)) => {
            let resolver = |prefix: &str| look_up(namespaces, prefix);
            xpath::evaluate_within(cx.arena, node, expression, Some(&resolver), &mut left)
        }
        _ => xpath::evaluate_within(cx.arena, node, expression, None, &mut left),
    };
    cx.steps_of((allowed - left) as u64)?;
    cx.xml(answer)
}

fn elements<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Vec<NodeRef<'a>>> {
    let answer = ask(cx, a)?;
    cx.xml(xpath::elements(answer))
}

fn select_one<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    Ok(optional(elements(cx, a)?.first().copied()))
}

fn select<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let items: Vec<Value<'a>> = elements(cx, a)?.into_iter().map(super::node).collect();
    cx.array(known(Known::XElement), &items)
}

fn evaluate<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    Ok(match ask(cx, a)? {
        xpath::Value::Boolean(it) => Value::Bool(it),
        xpath::Value::Number(it) => Value::Double(it),
        xpath::Value::Text(it) => Value::Str(it),
        xpath::Value::Nodes(items) => {
            let items: Vec<Value<'a>> = items.into_iter().map(Value::Xml).collect();
            return cx.array(crate::run::cx::object_ty(), &items);
        }
    })
}

fn namespaces<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Namespaces<'a>> {
    match a.object(0) {
        Some(Object::XmlNamespaces(namespaces)) => Ok(namespaces),
        _ => cx.null_reference(),
    }
}

fn look_up_in<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let namespaces = namespaces(cx, a)?;
    cx.steps_of(namespaces.len() as u64)?;
    Ok(a.opt_str(1).and_then(|prefix| look_up(namespaces, prefix)).map_or(Value::Null, Value::Str))
}

pub(super) fn define(c: &mut Builder) {
    c.define("System.Xml", "class XmlNameTable", |_| {});
    c.define("System.Xml", "class NameTable : XmlNameTable", |t| {
        t.add("new()", |cx, _| cx.new_object(Object::Plain));
    });
    c.define("System.Xml", "interface IXmlNamespaceResolver", |t| {
        t.add("string LookupNamespace(string prefix)", look_up_in);
    });
    c.define("System.Xml", "class XmlNamespaceManager : IXmlNamespaceResolver", |t| {
        t.add("new(XmlNameTable nameTable)", |cx, a| match a.value(0) {
            Value::Null => cx.null_reference(),
            _ => cx.new_object(Object::XmlNamespaces(List::default())),
        })
        .add("void AddNamespace(string prefix, string uri)", |cx, a| {
            let uri = a.str(cx, 2, "uri")?;
            let prefix = a.str(cx, 1, "prefix")?;
            namespaces(cx, a)?.push(cx.arena, (prefix, uri))?;
            Ok(Value::Null)
        })
        .add("bool HasNamespace(string prefix)", |cx, a| {
            let namespaces = namespaces(cx, a)?;
            cx.steps_of(namespaces.len() as u64)?;
            Ok(Value::Bool(namespaces.iter().any(|(prefix, _)| a.opt_str(1) == Some(prefix))))
        });
    });
    c.define("System.Xml.XPath", "static class Extensions", |t| {
        t.add("static XElement XPathSelectElement(this XNode node, string expression)", select_one)
            .add(
                "static XElement XPathSelectElement(this XNode node, string expression, IXmlNamespaceResolver resolver)",
                select_one,
            )
            .add("static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression)", select)
            .add(
                "static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression, IXmlNamespaceResolver resolver)",
                select,
            )
            .add("static object XPathEvaluate(this XNode node, string expression)", evaluate)
            .add(
                "static object XPathEvaluate(this XNode node, string expression, IXmlNamespaceResolver resolver)",
                evaluate,
            );
    });
}
