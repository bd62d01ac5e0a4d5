//! YAML and JSON text as a tree in which every node knows its place.
//!
//! One idea: read leniently into text and positions, judge later. Numbers keep their spelling,
//! mappings their order. YAML follows the 1.2 core schema, so `no` and `on` are strings. All sizes
//! are bounded before memory is spent. Must not know what the tree means.

mod json;
mod yaml;

use crate::Finding;

/// Sequences and mappings may be nested this deep, and not one level more.
pub const DEPTH_MAX: usize = 64;
/// A file may have this many nodes (keys not counted), what aliases repeat included.
pub const NODES_MAX: usize = 1_000_000;
/// A file may have this many bytes.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// Aliases and anchors may repeat this many bytes of text in all.
pub const ALIAS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What stands there.
    pub value: Value,
    /// 1-based.
    pub line: u32,
    /// 1-based, counted in characters.
    pub column: u32,
}

/// What a node can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// The value, and how it was spelled (`true`, `True`, `TRUE`).
    Bool(bool, &'static str),
    /// As it was spelled: `1`, `0x1F`, `1.50`, `.inf`.
    Number(String),
    /// Anything else that is no collection.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values.
    Mapping(Mapping),
}

/// Keys with values in the order of the text; every key once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    /// Indices of `entries` in the order of the keys.
    by_key: Vec<u32>,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Text of the key: keys that are numbers in YAML are their spelling (`200`).
    pub key: String,
    /// Place of the key, 1-based.
    pub line: u32,
    /// Place of the key, 1-based, counted in characters.
    pub column: u32,
    /// What the key is for.
    pub value: Node,
}

/// Reads a text that holds one document. An empty text is [`Value::Null`].
///
/// A text that begins with `{` or `[` is tried as JSON first; a file named `*.json` then has to
/// be JSON, any other one may still be YAML.
///
/// # Errors
/// Every finding: one of syntax (nothing behind it can be read), all duplicate keys and foreign tags.
pub fn read(file: &str, text: &str) -> Result<Node, Vec<Finding>> {
    let (documents, mut findings) = read_all(file, text);
    let mut documents = documents.into_iter();
    let first = documents.next().unwrap_or(Node { value: Value::Null, line: 1, column: 1 });
    if let Some(second) = documents.next() {
        findings.push(Finding {
            file: file.to_owned(),
            line: second.line,
            column: second.column,
            field: String::new(),
            message: "a second document begins here, and one alone was expected".to_owned(),
            hint: "put each document into a file of its own".to_owned(),
        });
    }
    if findings.is_empty() { Ok(first) } else { Err(findings) }
}

/// Reads all documents of a text: those that could be read, and what was found wrong.
///
/// Documents before a syntax error are given back, so that their findings can be told as well.
pub fn read_all(file: &str, text: &str) -> (Vec<Node>, Vec<Finding>) {
    if text.len() > BYTES_MAX {
        let finding = Finding {
            file: file.to_owned(),
            line: 0,
            column: 0,
            field: String::new(),
            message: format!("the file has {} bytes; at most {BYTES_MAX} are read", text.len()),
            hint: "split it into several files".to_owned(),
        };
        return (Vec::new(), vec![finding]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with(['{', '[']) {
        let (node, findings) = json::read(file, text);
        if node.is_some() || file.to_ascii_lowercase().ends_with(".json") {
            return (node.into_iter().collect(), findings);
        }
    }
    yaml::read_all(file, text)
}

impl Node {
    /// What kind of thing it is, with its article, for messages: `a list`, `the number 5`.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(_, text) => format!("`{text}`"),
            Value::Number(text) => format!("the number {}", shorten(text)),
            Value::String(text) => format!("the text {:?}", shorten(text)),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// Whether nothing stands here.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text of a string; `None` for all else, numbers included.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string, number or boolean as it was spelled.
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text),
            Value::Bool(_, text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value, _) => Some(value),
            _ => None,
        }
    }

    /// The value of a whole number (`5`, `0x1F`, `5.0`), if it is one.
    pub fn as_integer(&self) -> Option<i128> {
        match &self.value {
            Value::Number(text) => integer(text),
            _ => None,
        }
    }

    /// The value of any number, infinities and not-a-number included.
    pub fn as_float(&self) -> Option<f64> {
        match &self.value {
            Value::Number(text) => float(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// What a mapping has under `key`; `None` too when this is no mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key).map(|entry| &entry.value)
    }

    /// The same as JSON: numbers that JSON has no form for become text.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value, _) => (*value).into(),
            Value::Number(text) => number_to_json(text),
            Value::String(text) => text.as_str().into(),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(mapping) => {
                mapping.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
            }
        }
    }
}

impl Mapping {
    /// Orders the entries, and gives back those whose key had been there before.
    fn new(mut all: Vec<Entry>) -> (Mapping, Vec<Entry>) {
        // Most mappings have a few entries, and a list that has grown has room for twice as many.
        all.shrink_to_fit();
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by(|a, b| all[*a].key.cmp(&all[*b].key).then(a.cmp(b)));
        let mut repeated = vec![false; all.len()];
        for pair in order.windows(2) {
            repeated[pair[1]] = all[pair[0]].key == all[pair[1]].key;
        }
        if !repeated.contains(&true) {
            return (Mapping { entries: all, by_key: indices(&order) }, Vec::new());
        }
        let (mut entries, mut duplicates) = (Vec::new(), Vec::new());
        for (entry, repeated) in all.into_iter().zip(repeated) {
            if repeated { &mut duplicates } else { &mut entries }.push(entry);
        }
        let (mapping, _) = Mapping::new(entries);
        (mapping, duplicates)
    }

    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        let found = self.by_key.binary_search_by(|index| self.entry(*index).key.as_str().cmp(key)).ok()?;
        Some(self.entry(self.by_key[found]))
    }

    fn entry(&self, index: u32) -> &Entry {
        &self.entries[index as usize]
    }

    /// All entries in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn indices(order: &[usize]) -> Vec<u32> {
    order.iter().map(|index| u32::try_from(*index).expect("nodes are bounded far below")).collect()
}

/// A whole number in any spelling of the core schema.
fn integer(text: &str) -> Option<i128> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i128::from_str_radix(digits, 16).ok();
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i128::from_str_radix(digits, 8).ok();
    }
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    // Whole numbers up to here are exact in a double.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let value: f64 = text.parse().ok()?;
    (value.fract() == 0.0 && value.abs() <= EXACT_MAX).then_some(value as i128)
}

/// What an unquoted scalar of one line is read as.
pub(crate) fn resolve_plain(text: &str) -> Value {
    yaml::resolve(text.to_owned())
}

/// A number in any spelling of the core schema, infinities and not-a-number included.
pub(crate) fn float(text: &str) -> Option<f64> {
    match text.trim_start_matches(['+', '-']).to_ascii_lowercase().as_str() {
        ".inf" if text.starts_with('-') => Some(f64::NEG_INFINITY),
        ".inf" => Some(f64::INFINITY),
        ".nan" => Some(f64::NAN),
        _ => integer(text).map(|value| value as f64).or_else(|| text.parse().ok()),
    }
}

fn number_to_json(text: &str) -> serde_json::Value {
    if let Some(value) = integer(text) {
        if let Ok(value) = i64::try_from(value) {
            return value.into();
        }
        if let Ok(value) = u64::try_from(value) {
            return value.into();
        }
    }
    float(text).and_then(serde_json::Number::from_f64).map_or_else(|| text.into(), serde_json::Value::Number)
}

fn shorten(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text.to_owned();
    }
    let head: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    format!("{head}…")
}

/// What may still be spent on one file.
struct Budget {
    nodes: usize,
    alias_nodes: usize,
    alias_bytes: usize,
}

impl Budget {
    fn new() -> Budget {
        Budget { nodes: 0, alias_nodes: 0, alias_bytes: 0 }
    }

    /// Counts one node of the text.
    fn node(&mut self) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes + self.alias_nodes > NODES_MAX {
            return Err(format!("the file has more than {NODES_MAX} values"));
        }
        Ok(())
    }

    /// Counts a copy that an anchor or alias makes.
    fn copy(&mut self, nodes: usize, bytes: usize) -> Result<(), String> {
        self.alias_nodes += nodes;
        self.alias_bytes += bytes;
        if self.nodes + self.alias_nodes > NODES_MAX || self.alias_bytes > ALIAS_BYTES_MAX {
            return Err(format!(
                "anchors and aliases repeat too much: {NODES_MAX} values and {ALIAS_BYTES_MAX} bytes are allowed"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
