//! `XAttribute`, and nodes without children: `XText`, `XCData`, `XComment`, `XProcessingInstruction`,
//! `XDocumentType`; and `XDeclaration`, which is none.

use super::content::required_text;
use super::names::{name, required};
use super::nodes::copied;
use super::{LINQ, attribute, node, optional_attribute, scan, this, this_attribute};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::Known;
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::xml::{Attribute, Data, Declaration, DocumentType, Node};

fn set_attribute<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let text = required_text(cx, a, 1, "value")?;
    let done = this_attribute(cx, a)?.set_value(text);
    cx.xml(done)?;
    Ok(Value::Null)
}

fn attributes(t: &mut TypeBuilder<'_>) {
    t.add("new(XName name, object value)", |cx, a| {
        let name = required(cx, a, 0)?;
        let text = required_text(cx, a, 1, "value")?;
        let made = Attribute::new(cx.arena, name, text);
        cx.xml(made).map(attribute)
    })
    .add("new(XAttribute other)", |cx, a| match a.value(0) {
        Value::Null => cx.argument_null("other"),
        _ => {
            let copy = this_attribute(cx, a)?.copy(cx.arena);
            cx.xml(copy).map(attribute)
        }
    })
    .add("static IEnumerable<XAttribute> EmptySequence { get; }", |cx, _| {
        cx.array(super::known(Known::XAttribute), &[])
    })
    .add("bool IsNamespaceDeclaration { get; }", |cx, a| {
        Ok(Value::Bool(this_attribute(cx, a)?.declares_namespace()))
    })
    .add("XName Name { get; }", |cx, a| {
        let own = this_attribute(cx, a)?.name();
        name(cx, own)
    })
    .add("XAttribute NextAttribute { get; }", |cx, a| {
        let this = this_attribute(cx, a)?;
        this.parent().map_or(Ok(()), |element| scan(cx, element))?;
        Ok(optional_attribute(this.next()))
    })
    .add("XAttribute PreviousAttribute { get; }", |cx, a| {
        let this = this_attribute(cx, a)?;
        this.parent().map_or(Ok(()), |element| scan(cx, element))?;
        Ok(optional_attribute(this.previous()))
    })
    .add("void Remove()", |cx, a| {
        let this = this_attribute(cx, a)?;
        this.parent().map_or(Ok(()), |element| scan(cx, element))?;
        cx.xml(this.remove())?;
        Ok(Value::Null)
    })
    .add("void SetValue(object value)", set_attribute)
    .add_settable(
        "string Value { get; set; }",
        |cx, a| Ok(Value::Str(this_attribute(cx, a)?.value())),
        set_attribute,
    );
    super::casts::of_attributes(t);
}

/// `Value` of texts and comments.
fn values(t: &mut TypeBuilder<'_>) {
    t.add_settable("string Value { get; set; }", data, set_data);
}

fn data<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let value = this(cx, a)?.value(cx.arena);
    cx.xml(value).map(Value::Str)
}

fn set_data<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let value = a.str(cx, 1, "value")?;
    let done = this(cx, a)?.set_value(cx.arena, value);
    cx.xml(done)?;
    Ok(Value::Null)
}

/// The parts of a document type, or what is left where the receiver is none.
fn parts<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a std::cell::Cell<DocumentType<'a>>> {
    match this(cx, a)?.data() {
        Data::DocumentType(parts) => Ok(parts),
        _ => cx.null_reference(),
    }
}

/// A part of a document type that may be null.
macro_rules! part {
    ($t:ident, $text:literal $field:ident) => {
        $t.add_settable(
            $text,
            |cx, a| Ok(parts(cx, a)?.get().$field.map_or(Value::Null, Value::Str)),
            |cx, a| {
                let parts = parts(cx, a)?;
                parts.set(DocumentType { $field: a.opt_str(1), ..parts.get() });
                Ok(Value::Null)
            },
        );
    };
}

fn document_types(t: &mut TypeBuilder<'_>) {
    t.add("new(string name, string publicId, string systemId, string internalSubset)", |cx, a| {
        let name = a.str(cx, 0, "name")?;
        let parts = DocumentType {
            name,
            public_id: a.opt_str(1),
            system_id: a.opt_str(2),
            internal_subset: a.opt_str(3),
        };
        let made = Node::document_type(cx.arena, parts);
        cx.xml(made).map(node)
    })
    .add("new(XDocumentType other)", copied)
    .add_settable(
        "string Name { get; set; }",
        |cx, a| Ok(Value::Str(parts(cx, a)?.get().name)),
        |cx, a| {
            let parts = parts(cx, a)?;
            parts.set(DocumentType { name: a.str(cx, 1, "value")?, ..parts.get() });
            Ok(Value::Null)
        },
    );
    part!(t, "string PublicId { get; set; }" public_id);
    part!(t, "string SystemId { get; set; }" system_id);
    part!(t, "string InternalSubset { get; set; }" internal_subset);
}

fn instructions(t: &mut TypeBuilder<'_>) {
    t.add("new(string target, string data)", |cx, a| {
        let data = a.str(cx, 1, "data")?;
        let target = a.str(cx, 0, "name")?;
        let made = Node::instruction(cx.arena, target, data);
        cx.xml(made).map(node)
    })
    .add("new(XProcessingInstruction other)", copied)
    .add_settable("string Data { get; set; }", data, set_data)
    .add_settable(
        "string Target { get; set; }",
        |cx, a| match this(cx, a)?.data() {
            Data::Instruction { target, .. } => Ok(Value::Str(target.get())),
            _ => Ok(Value::Null),
        },
        |cx, a| {
            let target = a.str(cx, 1, "name")?;
            let done = this(cx, a)?.set_target(target);
            cx.xml(done)?;
            Ok(Value::Null)
        },
    );
}

fn declaration<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, name: &str) -> Eval<'a, &'a Declaration<'a>> {
    match a.object(0) {
        Some(Object::XDeclaration(declaration)) => Ok(declaration),
        _ => cx.argument_null(name),
    }
}

/// A part of an XML declaration.
macro_rules! declared {
    ($t:ident, $text:literal $field:ident) => {
        $t.add_settable(
            $text,
            |cx, a| Ok(declaration(cx, a, "this")?.$field.get().map_or(Value::Null, Value::Str)),
            |cx, a| {
                declaration(cx, a, "this")?.$field.set(a.opt_str(1));
                Ok(Value::Null)
            },
        );
    };
}

fn declarations(t: &mut TypeBuilder<'_>) {
    t.add("new(string version, string encoding, string standalone)", |cx, a| {
        let [version, encoding, standalone] = [0, 1, 2].map(|at| a.opt_str(at).into());
        let made = cx.arena.alloc(Declaration { version, encoding, standalone })?;
        cx.new_object(Object::XDeclaration(made))
    })
    .add("new(XDeclaration other)", |cx, a| {
        let other = declaration(cx, a, "other")?;
        let made = cx.arena.alloc(other.clone())?;
        cx.new_object(Object::XDeclaration(made))
    });
    declared!(t, "string Version { get; set; }" version);
    declared!(t, "string Encoding { get; set; }" encoding);
    declared!(t, "string Standalone { get; set; }" standalone);
}

pub(super) fn define(c: &mut Builder) {
    c.define(LINQ, "class XAttribute : XObject", attributes);
    c.define(LINQ, "class XText : XNode", |t| {
        values(t);
        t.add("new(string value)", |cx, a| {
            let value = a.str(cx, 0, "value")?;
            let made = Node::text(cx.arena, value);
            cx.xml(made).map(node)
        })
        .add("new(XText other)", copied);
    });
    c.define(LINQ, "class XCData : XText", |t| {
        t.add("new(string value)", |cx, a| {
            let value = a.str(cx, 0, "value")?;
            let made = Node::cdata(cx.arena, value);
            cx.xml(made).map(node)
        })
        .add("new(XCData other)", copied);
    });
    c.define(LINQ, "class XComment : XNode", |t| {
        values(t);
        t.add("new(string value)", |cx, a| {
            let value = a.str(cx, 0, "value")?;
            let made = Node::comment(cx.arena, value);
            cx.xml(made).map(node)
        })
        .add("new(XComment other)", copied);
    });
    c.define(LINQ, "class XProcessingInstruction : XNode", instructions);
    c.define(LINQ, "class XDocumentType : XNode", document_types);
    c.define(LINQ, "class XDeclaration", declarations);
}
