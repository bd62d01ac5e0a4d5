//! Tree to text: `ToString()` of nodes and attributes, as .NET's `XmlWriter` lays it out.
//!
//! Two spaces for each level, `\n` at the end of a line. From the first text in an element on, its content is
//! written as it is ("mixed content"). A document's declaration is not written by `ToString()`, but by `Save`.

mod scope;

use super::error::{Exception, Result, thrown};
use super::name::{XML_NAMESPACE, bad_char, is_char};
use super::node::{AttributeRef, Data, Declaration, DocumentType, NodeRef};
use crate::arena::Arena;
use scope::Scope;
use std::borrow::Cow;

/// `SaveOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Indented,
    /// `SaveOptions.DisableFormatting`.
    AsIs,
}

/// `XNode.ToString(options)`.
///
/// # Errors
/// `ArgumentException` for characters that XML has no place for; `XmlException` for namespaces that contradict each other in one start tag.
pub fn write_node<'a>(arena: &'a Arena, node: NodeRef<'a>, layout: Layout) -> Result<&'a str> {
    let mut writer = Writer::new(arena, node, layout);
    writer.write(node)?;
    Ok(arena.text(&writer.out)?)
}

/// `XDocument.Save(TextWriter)`: as `ToString()`, with a declaration that names `encoding` in front.
///
/// # Errors
/// As [`write_node`].
pub fn write_document<'a>(
    arena: &'a Arena,
    document: NodeRef<'a>,
    layout: Layout,
    encoding: &str,
) -> Result<&'a str> {
    let mut writer = Writer::new(arena, document, layout);
    let standalone = document.declaration().and_then(|declaration| declaration.standalone.get());
    let standalone = standalone.map(|text| format!(" standalone=\"{text}\"")).unwrap_or_default();
    writer.put(&format!("<?xml version=\"1.0\" encoding=\"{encoding}\"{standalone}?>"))?;
    writer.write(document)?;
    Ok(arena.text(&writer.out)?)
}

/// `XAttribute.ToString()`.
///
/// # Errors
/// As [`write_node`].
pub fn write_attribute<'a>(arena: &'a Arena, attribute: AttributeRef<'a>) -> Result<&'a str> {
    let name = attribute.name();
    let prefix = match (name.declared_prefix(), attribute.parent()) {
        (Some(prefix), _) => {
            if prefix.is_empty() {
                ""
            } else {
                "xmlns"
            }
        }
        (None, _) if name.namespace.is_empty() => "",
        (None, None) if name.namespace == XML_NAMESPACE => "xml",
        // .NET makes one up where none is declared.
        (None, element) => {
            element.and_then(|element| element.prefix_of_namespace(name.namespace)).unwrap_or("p0")
        }
    };
    let mut out = String::new();
    push_name(&mut out, prefix, name.local);
    push_attribute_value(&mut out, attribute.value())?;
    Ok(arena.text(&out)?)
}

/// `XDeclaration.ToString()`.
///
/// # Errors
/// Out of memory only.
pub fn write_declaration<'a>(arena: &'a Arena, declaration: &Declaration<'a>) -> Result<&'a str> {
    let part = |name: &str, value: Option<&str>| {
        value.map(|value| format!(" {name}=\"{value}\"")).unwrap_or_default()
    };
    let version = part("version", declaration.version.get());
    let encoding = part("encoding", declaration.encoding.get());
    let standalone = part("standalone", declaration.standalone.get());
    Ok(arena.concat(&["<?xml", &version, &encoding, &standalone, "?>"])?)
}

struct Writer<'a> {
    arena: &'a Arena,
    out: String,
    layout: Layout,
    scope: Scope<'a>,
    /// How many bytes of `out` are counted.
    charged: usize,
    open: Vec<Open<'a>>,
    is_mixed: bool,
}

struct Open<'a> {
    prefix: &'a str,
    local: &'a str,
    was_mixed: bool,
}

impl<'a> Writer<'a> {
    fn new(arena: &'a Arena, node: NodeRef<'a>, layout: Layout) -> Self {
        Self {
            arena,
            out: String::new(),
            layout,
            scope: Scope::around(node),
            charged: 0,
            open: Vec::new(),
            is_mixed: false,
        }
    }

    fn write(&mut self, root: NodeRef<'a>) -> Result<()> {
        let mut at = root;
        loop {
            self.node(at, root)?;
            if let Some(first) = at.first_node() {
                at = first;
                continue;
            }
            loop {
                if at.is_element() && at.first_node().is_some() {
                    self.end_tag()?;
                }
                if std::ptr::eq(at, root) {
                    return Ok(());
                }
                match (at.next_node(), at.container()) {
                    (Some(next), _) => {
                        at = next;
                        break;
                    }
                    (None, Some(parent)) => at = parent,
                    (None, None) => return Ok(()),
                }
            }
        }
    }

    /// All of a leaf, or the start of what has children.
    fn node(&mut self, node: NodeRef<'a>, root: NodeRef<'a>) -> Result<()> {
        match &node.data {
            Data::Document { .. } => Ok(()),
            Data::Element { .. } => self.start_tag(node),
            Data::Text(text) => {
                self.is_mixed |= !std::ptr::eq(node, root);
                push_text(&mut self.out, text.get())?;
                self.charge()
            }
            Data::CData(text) => {
                self.is_mixed = true;
                self.put("<![CDATA[")?;
                self.put(&lines(text.get())?.replace("]]>", "]]]]><![CDATA[>"))?;
                self.put("]]>")
            }
            Data::Comment(text) => {
                self.indent(self.open.len())?;
                self.put("<!--")?;
                self.put(&comment_text(&lines(text.get())?))?;
                self.put("-->")
            }
            Data::Instruction { target, data } => {
                self.indent(self.open.len())?;
                let data = lines(data.get())?.replace("?>", "? >");
                self.put(&format!("<?{}{}{data}?>", target.get(), if data.is_empty() { "" } else { " " }))
            }
            Data::DocumentType(parts) => {
                self.indent(self.open.len())?;
                self.document_type(parts.get())
            }
        }
    }

    fn start_tag(&mut self, element: NodeRef<'a>) -> Result<()> {
        let Some(name) = element.name() else { return Ok(()) };
        self.indent(self.open.len())?;
        self.scope.enter(element);
        let prefix = self.scope.element_prefix(name)?;
        self.put("<")?;
        push_name(&mut self.out, prefix, name.local);
        for attribute in element.attributes(None) {
            self.put(" ")?;
            let name = attribute.name();
            let prefix = match name.declared_prefix() {
                None => self.scope.attribute_prefix(self.arena, name)?,
                Some(declared) => {
                    self.scope.declare(declared, attribute.value())?;
                    if declared.is_empty() { "" } else { "xmlns" }
                }
            };
            push_name(&mut self.out, prefix, name.local);
            push_attribute_value(&mut self.out, attribute.value())?;
            self.charge()?;
        }
        let missing: Vec<_> = self.scope.missing().collect();
        for (prefix, namespace) in missing {
            self.put(if prefix.is_empty() { " xmlns" } else { " xmlns:" })?;
            self.put(prefix)?;
            push_attribute_value(&mut self.out, namespace)?;
        }
        if element.first_node().is_none() {
            self.scope.leave();
            return match element.is_empty() {
                true => self.put(" />"),
                false => {
                    self.put("></")?;
                    push_name(&mut self.out, prefix, name.local);
                    self.put(">")
                }
            };
        }
        self.put(">")?;
        self.open.push(Open { prefix, local: name.local, was_mixed: self.is_mixed });
        // White space around the root does not make what is in it mixed.
        self.is_mixed &= self.open.len() > 1;
        Ok(())
    }

    fn end_tag(&mut self) -> Result<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.indent(self.open.len())?;
        self.is_mixed = open.was_mixed;
        self.scope.leave();
        self.put("</")?;
        push_name(&mut self.out, open.prefix, open.local);
        self.put(">")
    }

    fn document_type(&mut self, parts: DocumentType<'a>) -> Result<()> {
        self.put("<!DOCTYPE ")?;
        self.put(parts.name)?;
        match (parts.public_id, parts.system_id) {
            (Some(public), system) => {
                self.put(&format!(" PUBLIC \"{public}\" \"{}\"", system.unwrap_or_default()))?;
            }
            (None, Some(system)) => self.put(&format!(" SYSTEM \"{system}\""))?,
            (None, None) => self.put(" ")?,
        }
        if let Some(subset) = parts.internal_subset {
            self.put(&format!("[{subset}]"))?;
        }
        self.put(">")
    }

    /// A new line, unless it would change mixed content or be the first.
    fn indent(&mut self, depth: usize) -> Result<()> {
        if self.layout == Layout::AsIs || self.is_mixed || self.out.is_empty() {
            return Ok(());
        }
        self.arena.charge(depth.saturating_mul(2))?;
        self.charged += depth.saturating_mul(2);
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
        Ok(())
    }

    fn put(&mut self, text: &str) -> Result<()> {
        self.out.push_str(text);
        self.charge()
    }

    /// Counts what was written since the last call.
    fn charge(&mut self) -> Result<()> {
        self.arena.charge(self.out.len().saturating_sub(self.charged))?;
        self.charged = self.charged.max(self.out.len());
        Ok(())
    }
}

fn push_name(out: &mut String, prefix: &str, local: &str) {
    if !prefix.is_empty() {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(local);
}

fn push_text(out: &mut String, text: &str) -> Result<()> {
    for c in lines(text)?.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    Ok(())
}

/// The text with `\n` at the end of each line, if XML has a place for all its characters.
fn lines(text: &str) -> Result<Cow<'_, str>> {
    text.chars().try_for_each(|c| checked(c).map(drop))?;
    Ok(match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n").into(),
        false => text.into(),
    })
}

fn push_attribute_value(out: &mut String, value: &str) -> Result<()> {
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(checked(c)?),
        }
    }
    out.push('"');
    Ok(())
}

/// A comment's text cannot hold `--` nor end with `-`: .NET puts spaces there.
fn comment_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '-' && out.ends_with('-') {
            out.push(' ');
        }
        out.push(c);
    }
    if out.ends_with('-') {
        out.push(' ');
    }
    out
}

fn checked(c: char) -> Result<char> {
    match is_char(c) {
        true => Ok(c),
        false => Err(thrown(Exception::Argument, bad_char(c))),
    }
}
