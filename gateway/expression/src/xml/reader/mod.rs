//! Text to tree: `XDocument.Parse`, `XElement.Parse`.
//!
//! quick-xml says where each piece of markup ends. What stands inside is checked here, since an `XmlException`
//! with its line and position is what a policy logs, and quick-xml accepts more than XML does.

mod cursor;
mod fault;
mod prolog;

use super::change::check_attribute_value;
use super::error::Result;
use super::name::{Name, XML_NAMESPACE, XMLNS_NAMESPACE, bad_name_char, is_name_start, is_space};
use super::node::{Attribute, Data, Node, NodeRef};
use crate::arena::Arena;
use cursor::{Cursor, NAME_CUT_SHORT, QName, position};
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// How deep elements may stand in each other in a text that is read. .NET has no such bound.
pub const DEPTH_MAX: usize = 1_000;

/// `LoadOptions`, as far as they matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whitespace {
    /// Texts of white space alone are dropped, but where `xml:space="preserve"` stands above.
    Drop,
    /// `LoadOptions.PreserveWhitespace`.
    Preserve,
}

/// `XDocument.Parse(text, options)`.
///
/// # Errors
/// `XmlException` with .NET's text for what is not well-formed; ours for entity declarations and for more than
/// [`DEPTH_MAX`] levels.
pub fn parse_document<'a>(arena: &'a Arena, text: &str, whitespace: Whitespace) -> Result<NodeRef<'a>> {
    let document = Node::document(arena, None)?;
    let scopes = BTreeMap::from([("xml", vec![XML_NAMESPACE]), ("xmlns", vec![XMLNS_NAMESPACE])]);
    let mut builder = Builder {
        arena,
        input: text,
        whitespace,
        document,
        container: document,
        open: Vec::new(),
        scopes,
        declared: Vec::new(),
        run: String::new(),
        run_at: None,
    };
    builder.read()?;
    Ok(document)
}

/// `XElement.Parse(text, options)`: the root alone.
///
/// # Errors
/// As [`parse_document`].
pub fn parse_element<'a>(arena: &'a Arena, text: &str, whitespace: Whitespace) -> Result<NodeRef<'a>> {
    let document = parse_document(arena, text, whitespace)?;
    let root =
        document.root().ok_or_else(|| Cursor { input: text, at: 0 }.fail("Root element is missing."))?;
    root.unlink();
    Ok(root)
}

struct Builder<'t, 'a> {
    arena: &'a Arena,
    input: &'t str,
    whitespace: Whitespace,
    document: NodeRef<'a>,
    /// Where nodes are added: the innermost open element, or the document.
    container: NodeRef<'a>,
    open: Vec<Open<'t>>,
    /// What each prefix is bound to, the innermost last.
    scopes: BTreeMap<&'t str, Vec<&'a str>>,
    /// Prefixes that open elements bind, the innermost last.
    declared: Vec<&'t str>,
    /// Character data since the last markup, and where it began.
    run: String,
    run_at: Option<usize>,
}

struct Open<'t> {
    name: QName<'t>,
    declarations: usize,
    keeps_space: bool,
}

struct Raw<'t, 'a> {
    name: QName<'t>,
    value: &'a str,
    value_at: usize,
}

impl<'t, 'a> Builder<'t, 'a> {
    fn read(&mut self) -> Result<()> {
        if self.input.starts_with('\u{FEFF}') {
            return Err(self.bad_root_data(0));
        }
        let mut reader = quick_xml::Reader::from_str(self.input);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        loop {
            let at = offset(reader.buffer_position());
            let event = reader.read_event();
            let end = offset(reader.buffer_position());
            if !matches!(event, Ok(Event::Text(_) | Event::GeneralRef(_))) {
                self.end_run()?;
            }
            match event {
                Err(_) => return Err(self.unfinished(at)),
                Ok(Event::Eof) => return self.end_of_input(),
                Ok(_) if self.open.is_empty() && self.is_cut_short(at) => return Err(self.bad_root_data(at)),
                Ok(Event::Text(_)) => self.text(at, end)?,
                Ok(Event::GeneralRef(_)) if self.open.is_empty() => return Err(self.bad_root_data(at)),
                Ok(Event::GeneralRef(_)) => {
                    let c = self.cursor(at).reference()?;
                    self.run.push(c);
                    self.run_at.get_or_insert(at);
                }
                Ok(Event::Start(_) | Event::Empty(_)) => self.start_tag(at)?,
                Ok(Event::End(_)) => self.end_tag(at)?,
                Ok(Event::CData(_)) => self.cdata(at, end)?,
                Ok(Event::Comment(_)) => self.comment(at, end)?,
                Ok(Event::PI(_)) => self.instruction(at, end)?,
                Ok(Event::Decl(_)) => self.declaration(at)?,
                Ok(Event::DocType(_)) => self.document_type(at, end)?,
            }
        }
    }

    fn cursor(&self, at: usize) -> Cursor<'t> {
        Cursor { input: self.input, at }
    }

    fn push(&self, node: NodeRef<'a>) {
        self.container.link_last(node);
    }

    // Character data

    fn text(&mut self, at: usize, end: usize) -> Result<()> {
        let text = self.input.get(at..end).unwrap_or_default();
        if let (true, Some(bad)) = (self.open.is_empty(), text.find(|c| !is_space(c))) {
            return Err(self.bad_root_data(at + bad));
        }
        self.run_at.get_or_insert(at);
        let bad = text.find("]]>").map(|bad| at + bad);
        self.cursor(at).character_data(bad.unwrap_or(end), &mut self.run)?;
        match bad {
            Some(bad) => Err(self.cursor(bad).fail("']]>' is not allowed in character data.")),
            None => Ok(()),
        }
    }

    fn end_run(&mut self) -> Result<()> {
        if self.run_at.take().is_none() {
            return Ok(());
        }
        let keeps_space = self.whitespace == Whitespace::Preserve
            || self.open.last().is_some_and(|element| element.keeps_space);
        if keeps_space || !self.run.chars().all(is_space) {
            self.push(Node::text(self.arena, self.arena.text(&self.run)?)?);
        }
        self.run.clear();
        Ok(())
    }

    fn cdata(&mut self, at: usize, end: usize) -> Result<()> {
        if self.open.is_empty() {
            return Err(self.bad_root_data(at));
        }
        let text = self.content(at + "<![CDATA[".len(), end.saturating_sub("]]>".len()))?;
        self.push(Node::cdata(self.arena, text)?);
        Ok(())
    }

    fn comment(&mut self, at: usize, end: usize) -> Result<()> {
        let (from, to) = (at + "<!--".len(), end.saturating_sub("-->".len()));
        let text = self.comment_text(from, to)?;
        self.push(Node::comment(self.arena, text)?);
        Ok(())
    }

    fn comment_text(&self, from: usize, to: usize) -> Result<&'a str> {
        let Some(raw) = self.input.get(from..to) else { return Err(self.unfinished_comment(from)) };
        let dashes = raw.find("--").or(raw.ends_with('-').then(|| raw.len() - 1));
        let text = self.content(from, dashes.map_or(to, |dashes| from + dashes))?;
        match dashes {
            None => Ok(text),
            Some(dashes) => {
                let message = "An XML comment cannot contain '--', and '-' cannot be the last character.";
                Err(self.cursor(from + dashes).fail(message))
            }
        }
    }

    fn content(&self, from: usize, to: usize) -> Result<&'a str> {
        let mut text = String::new();
        self.cursor(from).character_data(to, &mut text)?;
        Ok(self.arena.text(&text)?)
    }

    // Around the root

    fn instruction(&mut self, at: usize, end: usize) -> Result<()> {
        let mut cursor = self.cursor(at + "<?".len());
        let target_at = cursor.at;
        let target = cursor.ncname()?;
        if target.eq_ignore_ascii_case("xml") {
            let message = format!("'{target}' is an invalid name for processing instructions.");
            return Err(cursor.fail_at(target_at, message));
        }
        match cursor.peek() {
            Some(c) if !cursor.spaces() && !cursor.rest().starts_with("?>") => {
                return Err(cursor.fail(bad_name_char(false, c)));
            }
            _ => {}
        }
        let data = self.content(cursor.at, end.saturating_sub("?>".len()))?;
        self.push(Node::instruction(self.arena, self.arena.text(target)?, data)?);
        Ok(())
    }

    fn declaration(&mut self, at: usize) -> Result<()> {
        if at != 0 {
            let message = "Unexpected XML declaration. The XML declaration must be the first node in the \
                           document, and no white space characters are allowed to appear before it.";
            return Err(self.cursor(at + "<?".len()).fail(message));
        }
        let declaration = prolog::declaration(self.arena, self.cursor(at))?;
        self.document.set_declaration(Some(declaration));
        Ok(())
    }

    fn document_type(&mut self, at: usize, end: usize) -> Result<()> {
        if !self.open.is_empty() {
            return Err(self.cursor(at + "<!".len()).fail("Unexpected DTD declaration."));
        }
        if self.document.root().is_some() {
            return Err(self.cursor(at).fail("DTD must be defined before the document root element."));
        }
        if self.document.doctype().is_some() {
            return Err(self.cursor(at).fail("Cannot have multiple DTDs."));
        }
        let parts = prolog::document_type(self.arena, self.cursor(at), end)?;
        self.push(Node::document_type(self.arena, parts)?);
        Ok(())
    }

    // Elements

    fn start_tag(&mut self, at: usize) -> Result<()> {
        let mut cursor = self.cursor(at + "<".len());
        if self.open.is_empty() && self.document.root().is_some() {
            return Err(cursor.fail("There are multiple root elements."));
        }
        if self.open.len() == DEPTH_MAX {
            return Err(cursor.fail(format!("Elements stand in each other more than {DEPTH_MAX} deep.")));
        }
        let name = cursor.qname()?;
        let (attributes, is_closed) = self.tag_rest(&mut cursor)?;
        let declarations = self.declare(&attributes, &cursor)?;
        let element = Node::element(self.arena, self.resolve(name, true)?)?;
        self.add_attributes(element, &attributes)?;
        self.push(element);
        if is_closed {
            self.undeclare(declarations);
            return Ok(());
        }
        let inherited = self.open.last().is_some_and(|element| element.keeps_space);
        let own = attributes.iter().find(|attribute| attribute.name.text == "xml:space");
        let keeps_space = own.map_or(inherited, |attribute| attribute.value == "preserve");
        self.open.push(Open { name, declarations, keeps_space });
        self.container = element;
        Ok(())
    }

    /// The attributes as written, and whether the tag ends with `/>`.
    fn tag_rest(&self, cursor: &mut Cursor<'t>) -> Result<(Vec<Raw<'t, 'a>>, bool)> {
        let mut attributes = Vec::new();
        loop {
            let spaced = cursor.spaces();
            match cursor.peek() {
                None if !spaced && attributes.is_empty() => return Err(cursor.fail(NAME_CUT_SHORT)),
                None => return Err(self.unclosed_elements()),
                Some('>') => return Ok((attributes, false)),
                Some('/') if cursor.rest().starts_with("/>") => return Ok((attributes, true)),
                Some('/') => {
                    cursor.at += usize::from(spaced || !attributes.is_empty());
                    return Err(cursor.unexpected("The expected token is '>'."));
                }
                Some(c) if !spaced && attributes.is_empty() => {
                    return Err(cursor.fail(bad_name_char(false, c)));
                }
                Some(c) if !spaced && is_name_start(c) => {
                    return Err(cursor.unexpected("Expecting white space."));
                }
                Some(_) => {}
            }
            let name = cursor.qname()?;
            cursor.spaces();
            if !cursor.eat("=") {
                return Err(match cursor.peek() {
                    None => cursor.fail(NAME_CUT_SHORT),
                    Some(_) => cursor.unexpected("The expected token is '='."),
                });
            }
            cursor.spaces();
            let value_at = cursor.at + 1;
            let value = self.arena.text(&cursor.attribute_value()?)?;
            if name.text == "xml:space" && !["preserve", "default"].contains(&value) {
                return Err(cursor.fail_at(name.at, format!("'{value}' is an invalid xml:space value.")));
            }
            attributes.push(Raw { name, value, value_at });
        }
    }

    /// Binds what the tag declares; says how many prefixes those are.
    fn declare(&mut self, attributes: &[Raw<'t, 'a>], cursor: &Cursor<'t>) -> Result<usize> {
        let before = self.declared.len();
        for Raw { name, value, value_at } in attributes {
            let prefix = match (name.prefix, name.local) {
                ("xmlns", local) => local,
                ("", "xmlns") => "",
                _ => continue,
            };
            if prefix == "xmlns" {
                return Err(cursor.fail_at(name.at, "Prefix \"xmlns\" is reserved for use by XML."));
            }
            if prefix == "xml" && *value != XML_NAMESPACE {
                let message = format!(
                    "Prefix \"xml\" is reserved for use by XML and can be mapped only to namespace name \
                     \"{XML_NAMESPACE}\"."
                );
                return Err(cursor.fail_at(name.at, message));
            }
            if prefix != "xml" && [XML_NAMESPACE, XMLNS_NAMESPACE].contains(value) {
                let message = format!(
                    "Prefix '{prefix}' cannot be mapped to namespace name reserved for \"xml\" or \"xmlns\"."
                );
                return Err(cursor.fail_at(*value_at, message));
            }
            if !prefix.is_empty() && value.is_empty() {
                return Err(cursor.fail_at(value_at.saturating_sub(1), "Invalid namespace declaration."));
            }
            self.scopes.entry(prefix).or_default().push(value);
            self.declared.push(prefix);
        }
        Ok(self.declared.len() - before)
    }

    fn undeclare(&mut self, declarations: usize) {
        for prefix in self.declared.drain(self.declared.len().saturating_sub(declarations)..) {
            if let Some(bound) = self.scopes.get_mut(prefix) {
                bound.pop();
            }
        }
    }

    fn resolve(&self, name: QName<'t>, takes_default: bool) -> Result<Name<'a>> {
        let bound = self.scopes.get(name.prefix).and_then(|bound| bound.last().copied());
        let namespace = match name.prefix {
            "" if name.local == "xmlns" && !takes_default => "",
            "" if !takes_default => "",
            "" => bound.unwrap_or_default(),
            prefix => bound
                .ok_or_else(|| self.cursor(name.at).fail(format!("'{prefix}' is an undeclared prefix.")))?,
        };
        Ok(Name { namespace, local: self.arena.text(name.local)? })
    }

    fn add_attributes(&self, element: NodeRef<'a>, attributes: &[Raw<'t, 'a>]) -> Result<()> {
        let names = attributes.iter().map(|raw| self.resolve(raw.name, false));
        let names = names.collect::<Result<Vec<_>>>()?;
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|at| (names[*at], *at));
        let same = order.windows(2).filter(|pair| names[pair[0]] == names[pair[1]]);
        if let Some(second) = same.map(|pair| pair[1]).min() {
            let name = attributes[second].name;
            let message = format!("'{}' is a duplicate attribute name.", name.text);
            return Err(self.cursor(name.at).fail(message));
        }
        for (name, raw) in names.into_iter().zip(attributes) {
            check_attribute_value(name, raw.value)?;
            element.append_attribute(self.arena, Attribute::unchecked(self.arena, name, raw.value)?)?;
        }
        Ok(())
    }

    fn end_tag(&mut self, at: usize) -> Result<()> {
        let mut cursor = self.cursor(at + "</".len());
        let Some(open) = self.open.last() else { return Err(cursor.fail("Unexpected end tag.")) };
        let name = cursor.qname()?;
        if name.text != open.name.text {
            let start = position(self.input, open.name.at);
            let message = format!(
                "The '{}' start tag on line {} position {} does not match the end tag of '{}'.",
                open.name.text, start.line, start.column, name.text
            );
            return Err(cursor.fail_at(name.at, message));
        }
        cursor.spaces();
        match cursor.peek() {
            Some('>') => {}
            None => return Err(self.unclosed_elements()),
            Some(_) => return Err(cursor.unexpected("The expected token is '>'.")),
        }
        let declarations = open.declarations;
        self.undeclare(declarations);
        self.open.pop();
        if let Data::Element { children, .. } = &self.container.data {
            children.is_open.set(children.first.get().is_none());
        }
        self.container = self.container.container().unwrap_or(self.document);
        Ok(())
    }
}

/// quick-xml counts in `u64`; what is in memory fits.
fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
