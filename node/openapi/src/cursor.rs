//! A place in the document: the node that stands there, and the pointer that leads to it.
//!
//! One idea: whoever holds a cursor can read what is below it and can say where it is. Must not
//! know what the document means.

use hanse_manifest::value::{Entry, Node, Value};

/// Pointers are told up to about this many bytes, because keys may be as long as the document.
const POINTER_BYTES_MAX: usize = 400;

/// A node and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    pub(crate) node: &'a Node,
    /// `#/paths/~1orders/get`
    pub(crate) pointer: String,
    /// Place of the key that leads here, if a key does.
    key: Option<(u32, u32)>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn root(node: &'a Node) -> Cursor<'a> {
        Cursor { node, pointer: "#".to_owned(), key: None }
    }

    /// What a reference `#/…` leads to.
    pub(crate) fn referred(node: &'a Node, reference: &str, key: Option<(u32, u32)>) -> Cursor<'a> {
        let mut pointer = String::with_capacity(reference.len().min(POINTER_BYTES_MAX + 4));
        push_bounded(&mut pointer, reference);
        Cursor { node, pointer, key }
    }

    /// What a mapping has under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<Cursor<'a>> {
        let entry = self.node.as_mapping()?.get(key)?;
        Some(self.at(entry))
    }

    /// Entries of a mapping in the order of the text; none if this is no mapping.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Cursor<'a>)> + use<'a> {
        let base = self.clone();
        let entries = match &self.node.value {
            Value::Mapping(mapping) => Some(mapping.iter()),
            _ => None,
        };
        entries.into_iter().flatten().map(move |entry| (entry.key.as_str(), base.at(entry)))
    }

    /// Items of a list; none if this is no list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
        let pointer = self.pointer.clone();
        let items = self.node.as_sequence().unwrap_or_default();
        items.iter().enumerate().map(move |(index, node)| Cursor {
            node,
            pointer: extend(&pointer, &index.to_string()),
            key: None,
        })
    }

    /// Text of the scalar under `key`, numbers and booleans as they are spelled.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.node.get(key)?.scalar_text()
    }

    /// Text of the scalar under `key`; empty when there is none.
    pub(crate) fn text_or_empty(&self, key: &str) -> String {
        self.text(key).unwrap_or_default().to_owned()
    }

    /// Whether `true` stands under `key`; `"true"` as text counts as well.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    pub(crate) fn is_mapping(&self) -> bool {
        self.node.as_mapping().is_some()
    }

    /// Line and column to tell: a scalar's own place, else that of the key.
    pub(crate) fn place(&self) -> (u32, u32) {
        match (&self.node.value, self.key) {
            (Value::Null | Value::Sequence(_) | Value::Mapping(_), Some(key)) => key,
            _ => (self.node.line, self.node.column),
        }
    }

    fn at(&self, entry: &'a Entry) -> Cursor<'a> {
        Cursor {
            node: &entry.value,
            pointer: extend(&self.pointer, &entry.key),
            key: Some((entry.line, entry.column)),
        }
    }
}

fn extend(pointer: &str, key: &str) -> String {
    if pointer.len() > POINTER_BYTES_MAX {
        return pointer.to_owned();
    }
    let mut out = String::with_capacity(pointer.len() + key.len().min(POINTER_BYTES_MAX) + 4);
    out.push_str(pointer);
    out.push('/');
    if key.contains(['~', '/']) {
        push_bounded(&mut out, &key.replace('~', "~0").replace('/', "~1"));
    } else {
        push_bounded(&mut out, key);
    }
    out
}

fn push_bounded(out: &mut String, text: &str) {
    for c in text.chars() {
        if out.len() > POINTER_BYTES_MAX {
            out.push('…');
            return;
        }
        out.push(if c.is_control() { '\u{fffd}' } else { c });
    }
}
