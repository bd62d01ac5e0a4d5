//! `XObject`, `XNode`, `XContainer`, `XElement`, `XDocument`.

use super::content::{content, required_text, text};
use super::names::{name_of, required};
use super::{
    LINQ, climb, descend, enumerator, names, node, node_at, optional, optional_attribute, scan, text_in,
    this, value,
};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::xml::{Content, Declaration, Item, Layout, Node, NodeRef, XmlError, deep_equals, write_document};

/// A change of the tree around the receiver by what the second argument holds.
type Change = for<'a> fn(NodeRef<'a>, &'a crate::arena::Arena, Content<'a>) -> Result<(), XmlError>;

pub(super) fn changed<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, change: Change) -> Eval<'a> {
    let this = this(cx, a)?;
    change_by(cx, this, a.value(1), change)?;
    Ok(Value::Null)
}

fn change_by<'a>(cx: &mut Cx<'a, '_>, at: NodeRef<'a>, argument: Value<'a>, change: Change) -> Eval<'a, ()> {
    let items = content(cx, argument)?;
    for item in &items {
        match item {
            // Whether it is the tree's own root is looked for, and a document looks through its children.
            Content::Node(_) if at.is_document() => at.nodes().try_for_each(|_| cx.step())?,
            Content::Node(added) if added.first_node().is_some() => climb(cx, at)?,
            Content::Attribute(_) => scan(cx, at)?,
            _ => {}
        }
    }
    let items = cx.arena.slice(&items)?;
    let done = change(at, cx.arena, Content::Many(items));
    cx.xml(done)
}

/// A property that only looks at the receiver.
macro_rules! look {
    ($t:ident, $($text:literal $at:ident => $value:expr,)*) => {
        $($t.add($text, |cx, a| {
            let $at = this(cx, a)?;
            Ok($value)
        });)*
    };
}

/// Methods that take content, each also with any number of arguments.
macro_rules! changes {
    ($t:ident, $($name:literal $change:ident,)*) => {
        $(
            $t.add(concat!("void ", $name, "(object content)"), |cx, a| changed(cx, a, |at, arena, content| at.$change(arena, content)));
            $t.add(concat!("void ", $name, "(params object[] content)"), |cx, a| changed(cx, a, |at, arena, content| at.$change(arena, content)));
        )*
    };
}

fn objects(t: &mut TypeBuilder<'_>) {
    t.add("string BaseUri { get; }", |_, _| Ok(Value::Str("")))
        .add("XDocument Document { get; }", |cx, a| {
            let of = match a.value(0) {
                Value::Xml(Item::Node(node)) => Some(node),
                Value::Xml(Item::Attribute(attribute)) => attribute.parent(),
                _ => None,
            };
            let Some(of) = of else { return Ok(Value::Null) };
            climb(cx, of)?;
            Ok(optional(of.owner_document()))
        })
        .add("XElement Parent { get; }", |_, a| {
            Ok(match a.value(0) {
                Value::Xml(Item::Node(node)) => optional(node.parent()),
                Value::Xml(Item::Attribute(attribute)) => optional(attribute.parent()),
                _ => Value::Null,
            })
        })
        .add("XmlNodeType NodeType { get; }", |_, a| {
            Ok(match a.value(0) {
                Value::Xml(Item::Node(node)) => enumerator("XmlNodeType", node.node_type().number()),
                _ => enumerator("XmlNodeType", crate::xml::NodeType::Attribute.number()),
            })
        });
}

fn nodes(t: &mut TypeBuilder<'_>) {
    look! { t,
        "XNode NextNode { get; }" at => optional(at.next_node()),
        "XNode PreviousNode { get; }" at => optional(at.previous_node()),
    }
    changes! { t,
        "AddAfterSelf" add_after,
        "AddBeforeSelf" add_before,
        "ReplaceWith" replace_with,
    }
    t.add("void Remove()", |cx, a| {
        let removed = this(cx, a)?.remove();
        cx.xml(removed)?;
        Ok(Value::Null)
    })
    .add("string ToString(SaveOptions options)", |cx, a| {
        let this = this(cx, a)?;
        text_in(cx, Item::Node(this), layout(a.int(1))).map(Value::Str)
    })
    .add("static bool DeepEquals(XNode n1, XNode n2)", equal);
}

fn equal<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let at = a.len() - 2;
    match (a.value(at), a.value(at + 1)) {
        (Value::Xml(Item::Node(left)), Value::Xml(Item::Node(right))) => {
            descend(cx, left)?;
            Ok(Value::Bool(deep_equals(left, right)))
        }
        (left, right) => Ok(Value::Bool(left.is_null() && right.is_null())),
    }
}

fn containers(t: &mut TypeBuilder<'_>) {
    look! { t,
        "XNode FirstNode { get; }" at => optional(at.first_node()),
        "XNode LastNode { get; }" at => optional(at.last_node()),
    }
    changes! { t,
        "Add" add,
        "AddFirst" add_first,
        "ReplaceNodes" replace_nodes,
    }
    t.add("void RemoveNodes()", |cx, a| {
        this(cx, a)?.remove_nodes();
        Ok(Value::Null)
    })
    .add("XElement Element(XName name)", |cx, a| {
        let (this, Some(name)) = (this(cx, a)?, name_of(a.value(1))) else { return Ok(Value::Null) };
        for child in this.nodes() {
            cx.step()?;
            if child.name() == Some(name) {
                return Ok(node(child));
            }
        }
        Ok(Value::Null)
    });
}

fn new_element<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let name = required(cx, a, 0)?;
    let element = Node::element(cx.arena, name);
    let element = cx.xml(element)?;
    change_by(cx, element, a.value(1), |at, arena, content| at.add(arena, content))?;
    Ok(node(element))
}

/// `new XElement(other)` and the same of other nodes.
pub(super) fn copied<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let other = node_at(cx, a, 0, "other")?;
    descend(cx, other)?;
    let copy = other.deep_copy(cx.arena);
    cx.xml(copy).map(node)
}

fn elements(t: &mut TypeBuilder<'_>) {
    saving(t);
    t.add("new(XElement other)", copied)
        .add("new(XName name)", new_element)
        .add("new(XName name, object content)", new_element)
        .add("new(XName name, params object[] content)", new_element)
        .add("static XElement Parse(string text)", |cx, a| {
            let text = a.str(cx, 0, "s")?;
            super::parse_element(cx, text, false)
        })
        .add("static XElement Parse(string text, LoadOptions options)", |cx, a| {
            let text = a.str(cx, 0, "s")?;
            super::parse_element(cx, text, a.int(1) & 1 == 1)
        })
        .add_settable(
            "XName Name { get; set; }",
            |cx, a| {
                let name = this(cx, a)?.name().unwrap_or_default();
                names::name(cx, name)
            },
            |cx, a| {
                let name = required(cx, a, 1)?;
                this(cx, a)?.set_name(name);
                Ok(Value::Null)
            },
        )
        .add_settable(
            "string Value { get; set; }",
            |cx, a| {
                let this = this(cx, a)?;
                value(cx, this).map(Value::Str)
            },
            set_value,
        )
        .add("void SetValue(object value)", set_value);
    look! { t,
        "bool HasAttributes { get; }" at => Value::Bool(at.has_attributes()),
        "bool IsEmpty { get; }" at => Value::Bool(at.is_empty()),
        "XAttribute FirstAttribute { get; }" at => optional_attribute(at.attributes(None).next()),
    }
    t.add("bool HasElements { get; }", |cx, a| {
        for child in this(cx, a)?.nodes() {
            cx.step()?;
            if child.is_element() {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    })
    .add("XAttribute LastAttribute { get; }", |cx, a| {
        let this = this(cx, a)?;
        scan(cx, this)?;
        Ok(optional_attribute(this.attributes(None).last()))
    })
    .add("XAttribute Attribute(XName name)", |cx, a| {
        let this = this(cx, a)?;
        scan(cx, this)?;
        Ok(optional_attribute(name_of(a.value(1)).and_then(|name| this.attribute(name))))
    });
    changes! { t,
        "ReplaceAll" replace_all,
        "ReplaceAttributes" replace_attributes,
    }
    t.add("void RemoveAll()", |cx, a| {
        this(cx, a)?.remove_all();
        Ok(Value::Null)
    })
    .add("void RemoveAttributes()", |cx, a| {
        this(cx, a)?.remove_attributes();
        Ok(Value::Null)
    })
    .add("void SetAttributeValue(XName name, object value)", |cx, a| {
        let (this, name) = (this(cx, a)?, required(cx, a, 1)?);
        scan(cx, this)?;
        let value = if a.is_null(2) { None } else { Some(text(cx, a.value(2))?) };
        let done = this.set_attribute_value(cx.arena, name, value);
        cx.xml(done)?;
        Ok(Value::Null)
    })
    .add("void SetElementValue(XName name, object value)", |cx, a| {
        let (this, name) = (this(cx, a)?, required(cx, a, 1)?);
        this.nodes().try_for_each(|_| cx.step())?;
        let value = if a.is_null(2) { None } else { Some(text(cx, a.value(2))?) };
        let done = this.set_element_value(cx.arena, name, value);
        cx.xml(done)?;
        Ok(Value::Null)
    });
    namespaces(t);
}

fn set_value<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let text = required_text(cx, a, 1, "value")?;
    let done = this(cx, a)?.set_value(cx.arena, text);
    cx.xml(done)?;
    Ok(Value::Null)
}

/// The receiver, with the look at the attributes of all elements above it counted.
fn in_scope<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, NodeRef<'a>> {
    let this = this(cx, a)?;
    for element in this.ancestors_and_self(None) {
        cx.step()?;
        scan(cx, element)?;
    }
    Ok(this)
}

fn namespaces(t: &mut TypeBuilder<'_>) {
    t.add("XNamespace GetDefaultNamespace()", |cx, a| {
        let namespace = in_scope(cx, a)?.default_namespace();
        names::namespace(cx, namespace)
    })
    .add("XNamespace GetNamespaceOfPrefix(string prefix)", |cx, a| {
        let prefix = a.str(cx, 1, "prefix")?;
        let found = in_scope(cx, a)?.namespace_of_prefix(prefix);
        match cx.xml(found)? {
            Some(namespace) => names::namespace(cx, namespace),
            None => Ok(Value::Null),
        }
    })
    .add("string GetPrefixOfNamespace(XNamespace ns)", |cx, a| {
        let Value::Object(Object::XNamespace(namespace)) = a.value(1) else { return cx.argument_null("ns") };
        let prefix = in_scope(cx, a)?.prefix_of_namespace(namespace);
        Ok(prefix.map_or(Value::Null, Value::Str))
    });
}

fn declaration_of(value: Value<'_>) -> Option<&Declaration<'_>> {
    match value {
        Value::Object(Object::XDeclaration(declaration)) => Some(declaration),
        _ => None,
    }
}

fn new_document<'a>(cx: &mut Cx<'a, '_>, declaration: Value<'a>, items: Value<'a>) -> Eval<'a> {
    let document = Node::document(cx.arena, declaration_of(declaration));
    let document = cx.xml(document)?;
    change_by(cx, document, items, |at, arena, content| at.add(arena, content))?;
    Ok(node(document))
}

/// `Save(TextWriter)`: the declaration names the encoding of a `StringWriter`.
fn save<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let Some(Object::StringWriter(Object::StringBuilder(builder))) = a.object(1) else {
        return cx.argument_null("output");
    };
    let this = this(cx, a)?;
    if this.is_document() && this.root().is_none() {
        let message = "Token EndDocument in state Document would result in an invalid XML document.";
        return cx.throw("System.InvalidOperationException", message);
    }
    climb(cx, this)?;
    let written = write_document(cx.arena, this, layout(a.int(2)), "utf-16");
    let written = cx.xml(written)?;
    cx.work(written.len() * 4)?;
    builder.push(cx, written)?;
    Ok(Value::Null)
}

/// Of `SaveOptions`.
fn layout(options: i32) -> Layout {
    if options & 1 == 1 { Layout::AsIs } else { Layout::Indented }
}

fn saving(t: &mut TypeBuilder<'_>) {
    t.add("void Save(TextWriter textWriter)", save)
        .add("void Save(TextWriter textWriter, SaveOptions options)", save);
}

fn documents(t: &mut TypeBuilder<'_>) {
    saving(t);
    t.add("new()", |cx, _| new_document(cx, Value::Null, Value::Null))
        .add("new(XDocument other)", copied)
        .add("new(params object[] content)", |cx, a| new_document(cx, Value::Null, a.value(0)))
        .add("new(XDeclaration declaration, params object[] content)", |cx, a| {
            new_document(cx, a.value(0), a.value(1))
        })
        .add("static XDocument Parse(string text)", |cx, a| {
            let text = a.str(cx, 0, "s")?;
            super::parse_document(cx, text, false)
        })
        .add("static XDocument Parse(string text, LoadOptions options)", |cx, a| {
            let text = a.str(cx, 0, "s")?;
            super::parse_document(cx, text, a.int(1) & 1 == 1)
        })
        .add_settable(
            "XDeclaration Declaration { get; set; }",
            |cx, a| match this(cx, a)?.declaration() {
                Some(declaration) => cx.new_object(Object::XDeclaration(declaration)),
                None => Ok(Value::Null),
            },
            |cx, a| {
                this(cx, a)?.set_declaration(declaration_of(a.value(1)));
                Ok(Value::Null)
            },
        );
    look! { t,
        "XElement Root { get; }" at => optional(at.root()),
        "XDocumentType DocumentType { get; }" at => optional(at.doctype()),
    }
}

pub(super) fn define(c: &mut Builder) {
    c.define(LINQ, "class XObject", objects);
    c.define(LINQ, "class XNode : XObject", |t| {
        nodes(t);
        super::axes::of_nodes(t);
    });
    c.define(LINQ, "class XContainer : XNode", |t| {
        containers(t);
        super::axes::of_containers(t);
    });
    c.define(LINQ, "class XElement : XContainer", |t| {
        elements(t);
        super::axes::of_elements(t);
        super::casts::of_elements(t);
    });
    c.define(LINQ, "class XDocument : XContainer", documents);
    c.define(LINQ, "class XNodeEqualityComparer", |t| {
        t.add("new()", |cx, _| cx.new_object(Object::Plain)).add("bool Equals(XNode x, XNode y)", equal);
    });
}
