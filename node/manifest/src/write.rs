//! Messages as YAML and JSON text.
//!
//! One idea: a message becomes an ordered tree (the order of the fields in the `.proto` file, a
//! resource's name and spec first), and both formats print that tree. What is printed reads
//! back as the same message. Must not know where text goes.

use crate::value::{Value as Read, resolve_plain};
use hanse_proto::v1::Resource;
use prost_reflect::{DynamicMessage, FieldDescriptor, MapKey, ReflectMessage, Value};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// A resource as a YAML document without `---`; ends with a line break.
///
/// Unset fields and empty values are left out; reading the text gives the same resource.
pub fn to_yaml(resource: &Resource) -> String {
    yaml_document(&resource_tree(resource))
}

/// A resource as JSON: names of the protobuf mapping, 64-bit integers as numbers, defaults left out.
pub fn to_json(resource: &Resource) -> Json {
    resource_tree(resource).into_json()
}

/// Any message as JSON. Fields without a value of their own (`0`, `false`, empty) are
/// written too, so that programs find every name; absent messages and optional fields are not.
pub fn message_to_json<M: ReflectMessage>(message: &M) -> Json {
    message_tree(&message.transcode_to_dynamic(), Defaults::Written).into_json()
}

/// Any message as a YAML document, with the fields that [`message_to_json`] writes.
pub fn message_to_yaml<M: ReflectMessage>(message: &M) -> String {
    yaml_document(&message_tree(&message.transcode_to_dynamic(), Defaults::Written))
}

#[derive(Clone, Copy, PartialEq)]
enum Defaults {
    Skipped,
    Written,
}

/// A value whose mappings keep the order they were made in.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Whole numbers and others, as JSON has them.
    Number(serde_json::Number),
    /// A text.
    String(String),
    /// Items in their order.
    List(Vec<Tree>),
    /// Keys, each once, in their order.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// A text.
    pub fn text(text: impl Into<String>) -> Tree {
        Tree::String(text.into())
    }

    /// As a YAML document without `---`; ends with a line break.
    pub fn to_yaml(&self) -> String {
        yaml_document(self)
    }

    /// As indented JSON in the order of the tree; ends with a line break.
    pub fn to_json_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a tree has text keys alone");
        text.push('\n');
        text
    }

    fn into_json(self) -> Json {
        match self {
            Tree::Null => Json::Null,
            Tree::Bool(value) => value.into(),
            Tree::Number(value) => Json::Number(value),
            Tree::String(value) => value.into(),
            Tree::List(items) => items.into_iter().map(Tree::into_json).collect(),
            Tree::Map(entries) => entries.into_iter().map(|(key, value)| (key, value.into_json())).collect(),
        }
    }
}

impl serde::Serialize for Tree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Null => serializer.serialize_unit(),
            Tree::Bool(value) => serializer.serialize_bool(*value),
            Tree::Number(value) => value.serialize(serializer),
            Tree::String(value) => serializer.serialize_str(value),
            Tree::List(items) => serializer.collect_seq(items),
            Tree::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl From<Json> for Tree {
    fn from(json: Json) -> Tree {
        match json {
            Json::Null => Tree::Null,
            Json::Bool(value) => Tree::Bool(value),
            Json::Number(value) => Tree::Number(value),
            Json::String(value) => Tree::String(value),
            Json::Array(items) => Tree::List(items.into_iter().map(Tree::from).collect()),
            Json::Object(entries) => {
                Tree::Map(entries.into_iter().map(|(key, value)| (key, Tree::from(value))).collect())
            }
        }
    }
}

impl From<&prost_types::Value> for Tree {
    fn from(value: &prost_types::Value) -> Tree {
        free_tree(value)
    }
}

fn resource_tree(resource: &Resource) -> Tree {
    let tree = message_tree(&resource.transcode_to_dynamic(), Defaults::Skipped);
    let Tree::Map(mut entries) = tree else { return tree };
    // Stable: within each of the three groups the order stays.
    entries.sort_by_key(|(key, _)| match key.as_str() {
        "name" => 0,
        "etag" | "revision" | "createdAt" | "createdBy" | "updatedAt" | "updatedBy" => 2,
        _ => 1,
    });
    Tree::Map(entries)
}

fn message_tree(message: &DynamicMessage, defaults: Defaults) -> Tree {
    let mut fields: Vec<FieldDescriptor> = message.descriptor().fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    let mut entries = Vec::new();
    for field in fields {
        let wanted =
            message.has_field(&field) || (defaults == Defaults::Written && !field.supports_presence());
        if wanted {
            let value = message.get_field(&field);
            entries.push((field.json_name().to_owned(), value_tree(&value, &field, defaults)));
        }
    }
    Tree::Map(entries)
}

fn value_tree(value: &Value, field: &FieldDescriptor, defaults: Defaults) -> Tree {
    match value {
        Value::Bool(value) => Tree::Bool(*value),
        Value::I32(value) => Tree::Number((*value).into()),
        Value::I64(value) => Tree::Number((*value).into()),
        Value::U32(value) => Tree::Number((*value).into()),
        Value::U64(value) => Tree::Number((*value).into()),
        Value::F32(value) => float_tree(f64::from(*value)),
        Value::F64(value) => float_tree(*value),
        Value::String(value) => Tree::String(value.clone()),
        Value::Bytes(value) => Tree::String(value.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })),
        Value::EnumNumber(number) => {
            let kind = field.kind();
            let name = kind.as_enum().and_then(|values| values.get_value(*number));
            name.map_or(Tree::Number((*number).into()), |name| Tree::String(name.name().to_owned()))
        }
        Value::Message(message) if message.descriptor().full_name() == "google.protobuf.Timestamp" => {
            let time: prost_types::Timestamp =
                message.transcode_to().expect("the descriptor is that of the type");
            Tree::String(time.to_string())
        }
        Value::Message(message) if message.descriptor().full_name() == "google.protobuf.Struct" => {
            structure_tree(&message.transcode_to().expect("the descriptor is that of the type"))
        }
        Value::Message(message) => message_tree(message, defaults),
        Value::List(items) => {
            Tree::List(items.iter().map(|item| value_tree(item, field, defaults)).collect())
        }
        Value::Map(map) => {
            let kind = field.kind();
            let values =
                kind.as_message().expect("the entries of a map are messages").map_entry_value_field();
            let mut entries: Vec<(String, Tree)> = map
                .iter()
                .map(|(key, value)| (key_text(key), value_tree(value, &values, defaults)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Tree::Map(entries)
        }
    }
}

/// Up to here a floating-point number holds every whole number.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

fn structure_tree(structure: &prost_types::Struct) -> Tree {
    Tree::Map(structure.fields.iter().map(|(key, value)| (key.clone(), free_tree(value))).collect())
}

fn free_tree(value: &prost_types::Value) -> Tree {
    use prost_types::value::Kind as Free;
    match &value.kind {
        None | Some(Free::NullValue(_)) => Tree::Null,
        Some(Free::BoolValue(value)) => Tree::Bool(*value),
        // Whole numbers are written as people wrote them, `1` and not `1.0`.
        Some(Free::NumberValue(number)) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => {
            Tree::Number((*number as i64).into())
        }
        Some(Free::NumberValue(number)) => float_tree(*number),
        Some(Free::StringValue(text)) => Tree::String(text.clone()),
        Some(Free::ListValue(list)) => Tree::List(list.values.iter().map(free_tree).collect()),
        Some(Free::StructValue(structure)) => structure_tree(structure),
    }
}

fn float_tree(value: f64) -> Tree {
    serde_json::Number::from_f64(value).map_or_else(|| Tree::String(value.to_string()), Tree::Number)
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

// === YAML ===

/// Keys longer than this are written behind `? `: readers look no further than 1,024 characters.
const PLAIN_KEY_CHARS_MAX: usize = 500;
const INDENT: usize = 2;

fn yaml_document(tree: &Tree) -> String {
    let mut out = String::new();
    match tree {
        Tree::Map(entries) if entries.is_empty() => out.push_str("{}\n"),
        Tree::Map(entries) => yaml_map(&mut out, entries, 0, false),
        Tree::List(items) if !items.is_empty() => yaml_list(&mut out, items, 0, false),
        other => yaml_value(&mut out, other, 0),
    }
    out
}

/// `inline`: the first key stands behind `- ` and is indented already.
fn yaml_map(out: &mut String, entries: &[(String, Tree)], indent: usize, inline: bool) {
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 || !inline {
            pad(out, indent);
        }
        let key = yaml_line(key);
        if key.chars().count() > PLAIN_KEY_CHARS_MAX {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            pad(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        match value {
            Tree::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                yaml_map(out, entries, indent + INDENT, false);
            }
            Tree::List(items) if !items.is_empty() => {
                out.push('\n');
                yaml_list(out, items, indent, false);
            }
            other => {
                out.push(' ');
                yaml_value(out, other, indent + INDENT);
            }
        }
    }
}

/// `inline`: the first item stands behind the `- ` of a list around this one.
fn yaml_list(out: &mut String, items: &[Tree], indent: usize, inline: bool) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 || !inline {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Tree::Map(entries) if !entries.is_empty() => yaml_map(out, entries, indent + INDENT, true),
            Tree::List(items) if !items.is_empty() => yaml_list(out, items, indent + INDENT, true),
            other => yaml_value(out, other, indent + INDENT),
        }
    }
}

/// A value that stands on the line of its key; `indent` is for the lines of a block below it.
fn yaml_value(out: &mut String, value: &Tree, indent: usize) {
    match value {
        Tree::Null => out.push_str("null"),
        Tree::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Tree::Number(value) => out.push_str(&value.to_string()),
        Tree::String(text) if fits_block(text) => {
            yaml_block(out, text, indent);
            return;
        }
        Tree::String(text) => out.push_str(&yaml_line(text)),
        Tree::List(_) => out.push_str("[]"),
        Tree::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

/// Whether a text has several lines and nothing that a block cannot hold.
fn fits_block(text: &str) -> bool {
    let starts_plainly = !text.starts_with([' ', '\t', '\n']);
    let blank_line = text.split('\n').any(|line| !line.is_empty() && line.trim().is_empty());
    text.trim_end_matches('\n').contains('\n')
        && starts_plainly
        && !blank_line
        && text.chars().all(|c| c == '\n' || c == '\t' || prints(c))
}

fn yaml_block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in body.split('\n') {
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
    for _ in body.len() + 1..text.len() {
        out.push('\n');
    }
}

/// A text on one line, quoted where it has to be.
fn yaml_line(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    // What YAML 1.1 readers take for booleans would surprise people who use one.
    const WORDS_OF_1_1: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    let first =
        text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.'));
    first
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && text.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || " /_.:;-+=@()<>*#$%^&!?'|~,[]{}\"`".contains(c)
                || (!c.is_ascii() && prints(c))
        })
        && !WORDS_OF_1_1.contains(&text.to_ascii_lowercase().as_str())
        && matches!(resolve_plain(text), Read::String(_))
}

/// Whether a character may stand in YAML as itself (tabs and line breaks apart) in every reader.
fn prints(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if prints(c) => out.push(c),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}
