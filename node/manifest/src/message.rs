//! A positioned tree as a protobuf message, guided by its descriptor.
//!
//! One idea: walk tree and descriptor side by side and note what does not fit, instead of
//! stopping at it as serde would. Field names are those of the JSON mapping; the names in the
//! `.proto` files are taken as well. Must not know resources.

use crate::Finding;
use crate::nearest;
use crate::value::{Entry, Node, Value as Tree, float};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

/// Place of a key or list item: line and column, both 1-based.
pub type Place = (u32, u32);

/// Collects findings and places while trees are read.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    pub(crate) findings: Vec<Finding>,
    /// Where every field stands that was read, by its path.
    pub(crate) places: BTreeMap<String, Place>,
}

/// Fields are listed in a hint when there are at most this many.
const HINT_FIELDS_MAX: usize = 16;

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str) -> Reader<'a> {
        Reader { file, findings: Vec::new(), places: BTreeMap::new() }
    }

    /// Notes what is wrong at a place.
    pub(crate) fn find(&mut self, at: Place, field: &str, message: String, hint: impl Into<String>) {
        self.findings.push(Finding {
            file: self.file.to_owned(),
            line: at.0,
            column: at.1,
            field: field.to_owned(),
            message,
            hint: hint.into(),
        });
    }

    /// Reads a message; what did not fit is left out of it and noted.
    pub(crate) fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        node: &Node,
        path: &str,
    ) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        let Tree::Mapping(mapping) = &node.value else {
            let expected = format!("expected a mapping with the fields of {}", what(descriptor));
            let found = node.describe();
            self.find((node.line, node.column), path, format!("{expected}, found {found}"), "");
            return message;
        };
        let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
        for entry in mapping {
            let path = join(path, &entry.key);
            let Some(field) = field_of(descriptor, &entry.key) else {
                self.unknown_field(descriptor, entry, &path, &[]);
                continue;
            };
            match seen.entry(field.number()) {
                Slot::Occupied(first) => {
                    let first = first.get();
                    let name = field.json_name();
                    let message = format!("`{name}` is given twice; the first one is in line {first}");
                    self.find((entry.line, entry.column), &path, message, "remove one of them");
                }
                Slot::Vacant(slot) => {
                    slot.insert(entry.line);
                    self.field(&mut message, &field, entry, &path);
                }
            }
        }
        message
    }

    /// Reads one entry into the field of a message. Null leaves the field unset.
    pub(crate) fn field(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        entry: &Entry,
        path: &str,
    ) {
        self.places.insert(path.to_owned(), (entry.line, entry.column));
        if entry.value.is_null() {
            return;
        }
        if let Some(value) = self.field_value(field, &entry.value, path) {
            message.set_field(field, value);
        }
    }

    fn field_value(&mut self, field: &FieldDescriptor, node: &Node, path: &str) -> Option<Value> {
        if field.is_map() {
            return self.map(field, node, path);
        }
        if !field.is_list() {
            return self.value(&field.kind(), node, path);
        }
        let Tree::Sequence(items) = &node.value else {
            let expected = format!("expected a list of {}", plural(&field.kind()));
            let hint = match &node.value {
                Tree::Mapping(_) => String::new(),
                _ => format!(
                    "write it as `{}: [{}]`",
                    field.json_name(),
                    node.scalar_text().unwrap_or_default()
                ),
            };
            let message = format!("{expected}, found {}", node.describe());
            self.find((node.line, node.column), path, message, hint);
            return None;
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            self.places.insert(path.clone(), (item.line, item.column));
            if let Some(value) = self.value(&field.kind(), item, &path) {
                values.push(value);
            }
        }
        Some(Value::List(values))
    }

    fn map(&mut self, field: &FieldDescriptor, node: &Node, path: &str) -> Option<Value> {
        let kind = field.kind();
        let entry_type = kind.as_message().expect("the entries of a map are messages");
        let (keys, values) =
            (entry_type.map_entry_key_field().kind(), entry_type.map_entry_value_field().kind());
        let Tree::Mapping(mapping) = &node.value else {
            let message = format!("expected a mapping to {}, found {}", plural(&values), node.describe());
            self.find((node.line, node.column), path, message, "");
            return None;
        };
        let mut map = std::collections::HashMap::new();
        for entry in mapping {
            let path = format!("{path}[{:?}]", entry.key);
            self.places.insert(path.clone(), (entry.line, entry.column));
            let Some(key) = map_key(&keys, &entry.key) else {
                let message = format!("expected a key that is {}, found `{}`", singular(&keys), entry.key);
                self.find((entry.line, entry.column), &path, message, "");
                continue;
            };
            if let Some(value) = self.value(&values, &entry.value, &path) {
                map.insert(key, value);
            }
        }
        Some(Value::Map(map))
    }

    fn value(&mut self, kind: &Kind, node: &Node, path: &str) -> Option<Value> {
        let value = match kind {
            Kind::Message(descriptor) if descriptor.full_name() == "google.protobuf.Timestamp" => {
                timestamp(descriptor, node)
            }
            Kind::Message(descriptor) if descriptor.full_name() == STRUCT => match structure(node) {
                Some(fields) => {
                    let mut message = DynamicMessage::new(descriptor.clone());
                    message.transcode_from(&fields).ok().map(|()| Value::Message(message))
                }
                None => None,
            },
            Kind::Message(descriptor) => return Some(Value::Message(self.message(descriptor, node, path))),
            // Numbers and booleans are taken as they are spelled: versions are written `1.0`.
            Kind::String => node.scalar_text().map(|text| Value::String(text.to_owned())),
            Kind::Bool => node.as_bool().map(Value::Bool),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                return self.integer(kind, node, path, i32::MIN.into(), i32::MAX.into(), |n| {
                    i32::try_from(n).ok().map(Value::I32)
                });
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                return self.integer(kind, node, path, i64::MIN.into(), i64::MAX.into(), |n| {
                    i64::try_from(n).ok().map(Value::I64)
                });
            }
            Kind::Uint32 | Kind::Fixed32 => {
                return self.integer(kind, node, path, 0, u32::MAX.into(), |n| {
                    u32::try_from(n).ok().map(Value::U32)
                });
            }
            Kind::Uint64 | Kind::Fixed64 => {
                return self.integer(kind, node, path, 0, u64::MAX.into(), |n| {
                    u64::try_from(n).ok().map(Value::U64)
                });
            }
            Kind::Double => node.scalar_text().and_then(float).map(Value::F64),
            Kind::Float => node.scalar_text().and_then(float).map(|number| Value::F32(number as f32)),
            Kind::Enum(descriptor) => match node.as_integer() {
                Some(number) => i32::try_from(number).ok().map(Value::EnumNumber),
                None => node
                    .as_str()
                    .and_then(|name| descriptor.get_value_by_name(name))
                    .map(|value| Value::EnumNumber(value.number())),
            },
            // No message that people write has bytes in it.
            Kind::Bytes => None,
        };
        if value.is_none() {
            let message = format!("expected {}, found {}", singular(kind), node.describe());
            self.find((node.line, node.column), path, message, hint_for(kind, node));
        }
        value
    }

    /// Whole numbers, also in quotes as the JSON mapping allows.
    fn integer(
        &mut self,
        kind: &Kind,
        node: &Node,
        path: &str,
        min: i128,
        max: i128,
        narrow: impl Fn(i128) -> Option<Value>,
    ) -> Option<Value> {
        let number = match &node.value {
            Tree::String(text) => text.parse().ok(),
            _ => node.as_integer(),
        };
        let message = match number {
            None => format!("expected {}, found {}", singular(kind), node.describe()),
            Some(number) => match narrow(number) {
                Some(value) => return Some(value),
                None => format!("expected a whole number from {min} to {max}, found {number}"),
            },
        };
        self.find((node.line, node.column), path, message, "");
        None
    }

    /// Notes a field that the message does not have; `more` are names that are meant besides its own.
    pub(crate) fn unknown_field(
        &mut self,
        descriptor: &MessageDescriptor,
        entry: &Entry,
        path: &str,
        more: &[&str],
    ) {
        let fields: Vec<FieldDescriptor> = descriptor.fields().collect();
        let known: Vec<&str> =
            fields.iter().map(FieldDescriptor::json_name).chain(more.iter().copied()).collect();
        let hint = match nearest(&entry.key, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.len() <= HINT_FIELDS_MAX => format!("the fields are {}", known.join(", ")),
            None => format!("`hanse explain {}` lists the fields", what(descriptor)),
        };
        let message = format!("unknown field `{}` in {}", entry.key, what(descriptor));
        self.find((entry.line, entry.column), path, message, hint);
    }
}

/// `api` and `displayName` become `api.displayName`.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn field_of(descriptor: &MessageDescriptor, key: &str) -> Option<FieldDescriptor> {
    descriptor.get_field_by_json_name(key).or_else(|| descriptor.get_field_by_name(key))
}

/// A message in a sentence: `hanse.v1.NamedValue` is `namedValue`.
fn what(descriptor: &MessageDescriptor) -> String {
    let mut chars = descriptor.name().chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// Free structure: what stands below a key is taken as it is.
const STRUCT: &str = "google.protobuf.Struct";

fn structure(node: &Node) -> Option<prost_types::Struct> {
    let Tree::Mapping(mapping) = &node.value else { return None };
    let fields = mapping.iter().map(|entry| (entry.key.clone(), free_value(&entry.value)));
    Some(prost_types::Struct { fields: fields.collect() })
}

fn free_value(node: &Node) -> prost_types::Value {
    use prost_types::value::Kind as Free;
    let kind = match &node.value {
        Tree::Mapping(_) => Free::StructValue(structure(node).unwrap_or_default()),
        Tree::Sequence(items) => {
            Free::ListValue(prost_types::ListValue { values: items.iter().map(free_value).collect() })
        }
        Tree::String(text) => Free::StringValue(text.clone()),
        _ if node.is_null() => Free::NullValue(0),
        _ => match (node.as_bool(), node.scalar_text()) {
            (Some(value), _) => Free::BoolValue(value),
            // JSON knows no `.inf` and `.nan`; they stay what is written.
            (None, Some(text)) => match float(text).filter(|number| number.is_finite()) {
                Some(number) => Free::NumberValue(number),
                None => Free::StringValue(text.to_owned()),
            },
            (None, None) => Free::NullValue(0),
        },
    };
    prost_types::Value { kind: Some(kind) }
}

fn timestamp(descriptor: &MessageDescriptor, node: &Node) -> Option<Value> {
    let time: prost_types::Timestamp = node.as_str()?.parse().ok()?;
    let mut message = DynamicMessage::new(descriptor.clone());
    message.try_set_field_by_name("seconds", Value::I64(time.seconds)).ok()?;
    message.try_set_field_by_name("nanos", Value::I32(time.nanos)).ok()?;
    Some(Value::Message(message))
}

fn map_key(kind: &Kind, text: &str) -> Option<MapKey> {
    match kind {
        Kind::String => Some(MapKey::String(text.to_owned())),
        Kind::Bool => text.parse().ok().map(MapKey::Bool),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => text.parse().ok().map(MapKey::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => text.parse().ok().map(MapKey::I64),
        Kind::Uint32 | Kind::Fixed32 => text.parse().ok().map(MapKey::U32),
        Kind::Uint64 | Kind::Fixed64 => text.parse().ok().map(MapKey::U64),
        _ => None,
    }
}

/// A kind with its article: `a text`, `true or false`.
fn singular(kind: &Kind) -> String {
    match kind {
        Kind::String => "a text".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Double | Kind::Float => "a number".to_owned(),
        Kind::Enum(descriptor) => {
            let names: Vec<String> = descriptor.values().map(|value| format!("`{}`", value.name())).collect();
            format!("one of {}", names.join(", "))
        }
        Kind::Message(descriptor) if descriptor.full_name() == "google.protobuf.Timestamp" => {
            "a time as in 2026-01-31T12:00:00Z".to_owned()
        }
        Kind::Message(descriptor) if descriptor.full_name() == STRUCT => "a mapping".to_owned(),
        Kind::Message(descriptor) => format!("a mapping with the fields of {}", what(descriptor)),
        Kind::Bytes => "bytes".to_owned(),
        _ => "a whole number".to_owned(),
    }
}

/// Many of a kind: `texts`, `mappings`.
fn plural(kind: &Kind) -> &'static str {
    match kind {
        Kind::String => "texts",
        Kind::Bool => "true or false",
        Kind::Message(_) => "mappings",
        Kind::Enum(_) => "names",
        Kind::Bytes => "bytes",
        _ => "numbers",
    }
}

fn hint_for(kind: &Kind, node: &Node) -> &'static str {
    let text = node.as_str().unwrap_or_default().to_ascii_lowercase();
    match kind {
        Kind::Bool if matches!(text.as_str(), "true" | "false") => "remove the quotes",
        Kind::Bool if matches!(text.as_str(), "yes" | "on" | "y") => "write `true`",
        Kind::Bool if matches!(text.as_str(), "no" | "off" | "n") => "write `false`",
        _ => "",
    }
}
