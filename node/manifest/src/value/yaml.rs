//! YAML events to positioned trees.
//!
//! Built with a stack of its own, so that depth costs no call stack. Aliases are expanded as
//! copies, and every copy is paid for before it is made.

use super::json::{duplicate_key, join_path};
use super::{Budget, DEPTH_MAX, Entry, Mapping, Node, Value};
use crate::Finding;
use granit_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::collections::BTreeMap;

/// Reads all documents up to the end or to the first broken one.
pub(super) fn read_all(file: &str, text: &str) -> (Vec<Node>, Vec<Finding>) {
    // Nesting is bounded here and not in the scanner, whose message would be another one.
    let mut options = granit_parser::options! {};
    options.set_emit_comments(false);
    let mut builder = Builder {
        file,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        budget: Budget::new(),
        text_bytes: 0,
        documents: Vec::new(),
        findings: Vec::new(),
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => builder.event(event, span.start),
            Err(error) => Err(builder.syntax_error(text, &error)),
        };
        if let Err(stop) = step {
            builder.findings.push(*stop);
            break;
        }
    }
    (builder.documents, builder.findings)
}

type Step<T> = Result<T, Box<Finding>>;

struct Builder<'a> {
    file: &'a str,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Anchor>,
    budget: Budget,
    /// Bytes of scalars so far, copies included.
    text_bytes: usize,
    documents: Vec<Node>,
    findings: Vec<Finding>,
}

/// A collection that has begun and not ended.
struct Frame {
    collection: Collection,
    line: u32,
    column: u32,
    anchor: usize,
    /// Levels of collections below this one.
    height: usize,
    nodes_before: usize,
    bytes_before: usize,
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        /// A key that waits for its value.
        key: Option<(String, u32, u32)>,
    },
}

/// What an alias repeats, and what a copy of it costs.
struct Anchor {
    node: Node,
    height: usize,
    nodes: usize,
    bytes: usize,
}

/// A node that is ready to be put into what is above it.
struct Ready {
    node: Node,
    anchor: usize,
    height: usize,
    nodes: usize,
    bytes: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, at: Marker) -> Step<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count_node(at)?;
                let bytes = text.len();
                self.text_bytes += bytes;
                let value = self.scalar(text.into_owned(), style, tag.as_deref(), at);
                let (line, column) = place(at);
                self.put(Ready { node: Node { value, line, column }, anchor, height: 0, nodes: 1, bytes }, at)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", at);
                self.begin(Collection::Sequence(Vec::new()), anchor, at)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", at);
                self.begin(Collection::Mapping { entries: Vec::new(), key: None }, anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
            Event::Alias(id) => self.alias(id, at),
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn count_node(&mut self, at: Marker) -> Step<()> {
        self.budget.node().map_err(|message| self.stop(at, message))
    }

    fn nodes(&self) -> usize {
        self.budget.nodes + self.budget.alias_nodes
    }

    fn begin(&mut self, collection: Collection, anchor: usize, at: Marker) -> Step<()> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(self.stop(at, format!("nested more than {DEPTH_MAX} levels deep")));
        }
        if let Some(Frame { collection: Collection::Mapping { key: None, .. }, .. }) = self.stack.last() {
            return Err(self.stop(at, "a key must be a text, not a list or mapping".to_owned()));
        }
        let nodes_before = self.nodes();
        self.count_node(at)?;
        let (line, column) = place(at);
        let bytes_before = self.text_bytes;
        self.stack.push(Frame { collection, line, column, anchor, height: 0, nodes_before, bytes_before });
        Ok(())
    }

    fn end(&mut self, at: Marker) -> Step<()> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.collection {
            Collection::Sequence(mut items) => {
                items.shrink_to_fit();
                Value::Sequence(items)
            }
            Collection::Mapping { entries, .. } => {
                let (mapping, duplicates) = Mapping::new(entries);
                for entry in duplicates {
                    let field = self.path(Some(&entry.key));
                    self.findings.push(duplicate_key(self.file, field, &entry, &mapping));
                }
                Value::Mapping(mapping)
            }
        };
        let ready = Ready {
            node: Node { value, line: frame.line, column: frame.column },
            anchor: frame.anchor,
            height: frame.height + 1,
            nodes: self.nodes() - frame.nodes_before,
            bytes: self.text_bytes - frame.bytes_before,
        };
        self.put(ready, at)
    }

    /// Puts a node where it belongs, and remembers it when it has an anchor.
    fn put(&mut self, ready: Ready, at: Marker) -> Step<()> {
        let Ready { node, anchor, height, nodes, bytes } = ready;
        if anchor > 0 {
            self.budget.copy(nodes, bytes).map_err(|message| self.stop(at, message))?;
            self.anchors.insert(anchor, Anchor { node: node.clone(), height, nodes, bytes });
        }
        let Some(frame) = self.stack.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        frame.height = frame.height.max(height);
        match &mut frame.collection {
            Collection::Sequence(items) => items.push(node),
            Collection::Mapping { entries, key } => match key.take() {
                Some((key, line, column)) => entries.push(Entry { key, line, column, value: node }),
                None => {
                    let Some(text) = key_text(&node) else {
                        return Err(self.stop(at, "a key must be a text, not a list or mapping".to_owned()));
                    };
                    // Keys are no nodes of their own in the bounds.
                    *key = Some((text, place(at).0, place(at).1));
                }
            },
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, at: Marker) -> Step<()> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(self.stop(at, "an alias stands within what it repeats".to_owned()));
        };
        let (height, nodes, bytes) = (anchor.height, anchor.nodes, anchor.bytes);
        self.budget.copy(nodes, bytes).map_err(|message| self.stop(at, message))?;
        if self.stack.len() + height > DEPTH_MAX {
            return Err(self.stop(at, format!("an alias nests more than {DEPTH_MAX} levels deep")));
        }
        let node = self.anchors[&id].node.clone();
        self.text_bytes += bytes;
        self.put(Ready { node, anchor: 0, height, nodes, bytes }, at)
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, tag: Option<&Tag>, at: Marker) -> Value {
        let Some(tag) = tag else {
            return if style == ScalarStyle::Plain { resolve(text) } else { Value::String(text) };
        };
        match tag.core_suffix() {
            Some("str") => Value::String(text),
            Some("int" | "float" | "bool" | "null") => resolve(text),
            _ if tag.handle().is_empty() && tag.suffix() == "!" => Value::String(text),
            _ if tag.handle() == "!" && tag.suffix().is_empty() => Value::String(text),
            _ => {
                self.foreign_tag(tag, at);
                Value::String(text)
            }
        }
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, own: &str, at: Marker) {
        if let Some(tag) = tag
            && !tag.is_yaml_core_schema_tag(own)
        {
            self.foreign_tag(tag, at);
        }
    }

    fn foreign_tag(&mut self, tag: &Tag, at: Marker) {
        let finding = self.stop(at, format!("the tag `{}` has no meaning here", tag.original()));
        self.findings.push(Finding { hint: "remove the tag".to_owned(), ..*finding });
    }

    fn syntax_error(&self, text: &str, error: &granit_parser::ScanError) -> Box<Finding> {
        let at = *error.marker();
        let info = error.info();
        let line = text.lines().nth(at.line().saturating_sub(1)).unwrap_or_default();
        let indented_by_tab = line.trim_start_matches(' ').starts_with('\t');
        let hint = match info.as_str() {
            _ if indented_by_tab || info.contains("tab") => "indent with blanks: YAML takes no tabs there",
            _ if info.contains("mapping values") => {
                "quote a text that holds `: `, and indent the keys of one mapping alike"
            }
            _ if info.contains("simple key") => "every line of a mapping is `key: value`",
            _ if info.contains("unexpected character") => "quote a text that begins with this character",
            _ if info.contains("anchor") => "an alias `*name` repeats what was marked `&name` before it",
            _ => "",
        };
        let finding = self.stop(at, format!("no valid YAML: {info}"));
        Box::new(Finding { hint: hint.to_owned(), ..*finding })
    }

    fn stop(&self, at: Marker, message: String) -> Box<Finding> {
        let (line, column) = place(at);
        Box::new(Finding {
            file: self.file.to_owned(),
            line,
            column,
            field: self.path(None),
            message,
            hint: String::new(),
        })
    }

    /// Path of what is being read, and of a key below it.
    fn path(&self, last: Option<&str>) -> String {
        let indices: Vec<String> = self
            .stack
            .iter()
            .map(|frame| match &frame.collection {
                Collection::Sequence(items) => format!("[{}]", items.len()),
                Collection::Mapping { key, .. } => {
                    key.as_ref().map_or(String::new(), |(key, ..)| key.clone())
                }
            })
            .collect();
        join_path(indices.iter().map(String::as_str).filter(|part| !part.is_empty()).chain(last))
    }
}

fn place(at: Marker) -> (u32, u32) {
    let line = u32::try_from(at.line()).unwrap_or(u32::MAX);
    let column = u32::try_from(at.col()).unwrap_or(u32::MAX - 1) + 1;
    (line, column)
}

fn key_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => Some(String::new()),
        _ => node.scalar_text().map(str::to_owned),
    }
}

/// What an unquoted scalar means in the 1.2 core schema.
pub(crate) fn resolve(text: String) -> Value {
    const TRUE: [&str; 3] = ["true", "True", "TRUE"];
    const FALSE: [&str; 3] = ["false", "False", "FALSE"];
    if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    for (words, value) in [(TRUE, true), (FALSE, false)] {
        if let Some(word) = words.into_iter().find(|word| *word == text) {
            return Value::Bool(value, word);
        }
    }
    if is_number(&text) { Value::Number(text) } else { Value::String(text) }
}

fn is_number(text: &str) -> bool {
    let all =
        |digits: &str, allowed: fn(&u8) -> bool| !digits.is_empty() && digits.as_bytes().iter().all(allowed);
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |digit| matches!(digit, b'0'..=b'7'));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !all(digits, u8::is_ascii_digit) {
            return false;
        }
    }
    match mantissa.split_once('.') {
        None => all(mantissa, u8::is_ascii_digit),
        Some(("", fraction)) => all(fraction, u8::is_ascii_digit),
        Some((whole, "")) => all(whole, u8::is_ascii_digit),
        Some((whole, fraction)) => all(whole, u8::is_ascii_digit) && all(fraction, u8::is_ascii_digit),
    }
}
