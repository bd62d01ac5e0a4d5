//! `XName` and `XNamespace`.

use super::LINQ;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;
use crate::xml::{Name, XML_NAMESPACE, XMLNS_NAMESPACE};

/// `XName.ToString()`.
pub(crate) fn text<'a>(cx: &mut Cx<'a, '_>, name: Name<'a>) -> Eval<'a, &'a str> {
    let expanded = name.expanded(cx.arena);
    cx.xml(expanded)
}

pub(super) fn name_of(value: Value<'_>) -> Option<Name<'_>> {
    match value {
        Value::Object(Object::XName(name)) => Some(*name),
        _ => None,
    }
}

fn namespace_of(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Object(Object::XNamespace(namespace)) => Some(namespace),
        _ => None,
    }
}

/// A name that must be there.
pub(super) fn required<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, Name<'a>> {
    match name_of(a.value(at)) {
        Some(name) => Ok(name),
        None => cx.argument_null("name"),
    }
}

pub(super) fn name<'a>(cx: &mut Cx<'a, '_>, name: Name<'a>) -> Eval<'a> {
    cx.new_object(Object::XName(name))
}

pub(super) fn namespace<'a>(cx: &mut Cx<'a, '_>, namespace: &'a str) -> Eval<'a> {
    cx.new_object(Object::XNamespace(namespace))
}

fn parsed<'a>(cx: &mut Cx<'a, '_>, expanded: &'a str) -> Eval<'a> {
    cx.work(expanded.len())?;
    let parsed = cx.xml(Name::parse(expanded))?;
    name(cx, parsed)
}

fn joined<'a>(cx: &mut Cx<'a, '_>, namespace: &'a str, local: &'a str) -> Eval<'a> {
    cx.work(local.len())?;
    let joined = cx.xml(Name::new(namespace, local))?;
    name(cx, joined)
}

/// `namespace + local`, `GetName(local)`.
fn qualified<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let Some(namespace) = namespace_of(a.value(0)) else { return cx.argument_null("ns") };
    let local = a.str(cx, 1, "localName")?;
    joined(cx, namespace, local)
}

fn same<'a>(a: Args<'_, 'a>) -> bool {
    crate::run::equality::equals(a.value(0), a.value(1))
}

pub(super) fn define(c: &mut Builder) {
    c.define(LINQ, "class XName", |t| {
        t.add("string LocalName { get; }", |_, a| {
            Ok(name_of(a.value(0)).map_or(Value::Null, |name| Value::Str(name.local)))
        })
        .add("string NamespaceName { get; }", |_, a| {
            Ok(name_of(a.value(0)).map_or(Value::Null, |name| Value::Str(name.namespace)))
        })
        .add("XNamespace Namespace { get; }", |cx, a| {
            namespace(cx, name_of(a.value(0)).unwrap_or_default().namespace)
        })
        .add("static XName Get(string expandedName)", |cx, a| {
            let expanded = a.str(cx, 0, "expandedName")?;
            parsed(cx, expanded)
        })
        .add("static XName Get(string localName, string namespaceName)", |cx, a| {
            let namespace = a.str(cx, 1, "namespaceName")?;
            let local = a.str(cx, 0, "localName")?;
            joined(cx, namespace, local)
        })
        .add("static implicit operator XName(string expandedName)", |cx, a| match a.opt_str(0) {
            Some(expanded) => parsed(cx, expanded),
            None => Ok(Value::Null),
        })
        .add("static bool operator ==(XName left, XName right)", |_, a| Ok(Value::Bool(same(a))))
        .add("static bool operator !=(XName left, XName right)", |_, a| Ok(Value::Bool(!same(a))));
    });
    c.define(LINQ, "class XNamespace", |t| {
        t.add("string NamespaceName { get; }", |_, a| {
            Ok(namespace_of(a.value(0)).map_or(Value::Null, Value::Str))
        })
        .add("static XNamespace None { get; }", |cx, _| namespace(cx, ""))
        .add("static XNamespace Xml { get; }", |cx, _| namespace(cx, XML_NAMESPACE))
        .add("static XNamespace Xmlns { get; }", |cx, _| namespace(cx, XMLNS_NAMESPACE))
        .add("static XNamespace Get(string namespaceName)", |cx, a| {
            let text = a.str(cx, 0, "namespaceName")?;
            namespace(cx, text)
        })
        .add("XName GetName(string localName)", qualified)
        .add("static XName operator +(XNamespace ns, string localName)", qualified)
        .add("static implicit operator XNamespace(string namespaceName)", |cx, a| match a.opt_str(0) {
            Some(text) => namespace(cx, text),
            None => Ok(Value::Null),
        })
        .add("static bool operator ==(XNamespace left, XNamespace right)", |_, a| Ok(Value::Bool(same(a))))
        .add("static bool operator !=(XNamespace left, XNamespace right)", |_, a| Ok(Value::Bool(!same(a))));
    });
}
