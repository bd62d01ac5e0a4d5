//! Reads the values of a test file, and finds all that is wrong with it at once.
//!
//! One idea: every reader gives what it could read and notes what it could not, with the place; whoever
//! asks goes on with a default.

use crate::cli;
use hanse_manifest::{
    Finding,
    value::{Mapping, Node, Value},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost_types::Timestamp;
use serde_json::Value as Json;
use std::time::Duration;

/// A test file that is being read.
pub struct Reader {
    file: String,
    pub findings: Vec<Finding>,
}

/// The entries of a mapping whose keys are known.
#[derive(Clone, Copy)]
pub struct Fields<'n> {
    mapping: &'n Mapping,
}

impl<'n> Fields<'n> {
    pub fn get(self, key: &str) -> Option<&'n Node> {
        self.mapping.get(key).map(|entry| &entry.value)
    }

    /// Whether a key is there with nothing behind it.
    pub fn is_null(self, key: &str) -> bool {
        self.get(key).is_some_and(Node::is_null)
    }

    /// Where a key stands.
    pub fn line(self, key: &str) -> u32 {
        self.mapping.get(key).map_or(0, |entry| entry.line)
    }
}

impl Reader {
    pub fn new(file: &str) -> Reader {
        Reader { file: file.to_owned(), findings: Vec::new() }
    }

    pub fn refuse(&mut self, node: &Node, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.refuse_at(node.line, node.column, field, message, hint);
    }

    fn refuse_at(
        &mut self,
        line: u32,
        column: u32,
        field: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.push(Finding {
            file: self.file.clone(),
            line,
            column,
            field: field.to_owned(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    fn expected(&mut self, node: &Node, field: &str, what: &str) {
        self.refuse(node, field, format!("{what} is expected, not {}", node.describe()), "");
    }

    /// A mapping with known keys; others are refused with what was probably meant.
    pub fn fields<'n>(&mut self, node: &'n Node, field: &str, keys: &[&str]) -> Option<Fields<'n>> {
        let Some(mapping) = node.as_mapping() else {
            self.expected(node, field, &format!("a mapping of {}", keys.join(", ")));
            return None;
        };
        for entry in mapping {
            if keys.contains(&entry.key.as_str()) {
                continue;
            }
            let hint = match hanse_manifest::nearest(&entry.key, keys) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", keys.join(", ")),
            };
            let message = format!("unknown key `{}`", entry.key);
            self.refuse_at(entry.line, entry.column, field, message, hint);
        }
        Some(Fields { mapping })
    }

    /// A mapping with any keys.
    pub fn entries<'n>(&mut self, node: Option<&'n Node>, field: &str) -> &'n [hanse_manifest::value::Entry] {
        match node.map(|node| (node, &node.value)) {
            None | Some((_, Value::Null)) => &[],
            Some((_, Value::Mapping(mapping))) => mapping.iter().as_slice(),
            Some((node, _)) => {
                self.expected(node, field, "a mapping");
                &[]
            }
        }
    }

    /// A list, or one thing in the place of a list with one.
    pub fn items<'n>(&mut self, node: Option<&'n Node>) -> &'n [Node] {
        match node {
            None => &[],
            Some(node) => match &node.value {
                Value::Null => &[],
                Value::Sequence(items) => items,
                _ => std::slice::from_ref(node),
            },
        }
    }

    pub fn list<'n>(&mut self, node: Option<&'n Node>, field: &str) -> &'n [Node] {
        match node.map(|node| (node, &node.value)) {
            None | Some((_, Value::Null)) => &[],
            Some((_, Value::Sequence(items))) => items,
            Some((node, _)) => {
                self.expected(node, field, "a list");
                &[]
            }
        }
    }

    /// A text; numbers and booleans count as they are spelled.
    pub fn text(&mut self, node: Option<&Node>, field: &str) -> Option<String> {
        let node = node.filter(|node| !node.is_null())?;
        match node.scalar_text() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.expected(node, field, "a text");
                None
            }
        }
    }

    pub fn flag(&mut self, node: Option<&Node>, field: &str) -> Option<bool> {
        let node = node.filter(|node| !node.is_null())?;
        if node.as_bool().is_none() {
            self.expected(node, field, "true or false");
        }
        node.as_bool()
    }

    pub fn whole(&mut self, node: Option<&Node>, field: &str, min: i128, max: i128) -> Option<i128> {
        let node = node.filter(|node| !node.is_null())?;
        let number = node.as_integer().filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.expected(node, field, &format!("a whole number from {min} to {max}"));
        }
        number
    }

    pub fn duration(&mut self, node: Option<&Node>, field: &str) -> Option<Duration> {
        let text = self.text(node, field)?;
        match cli::duration(&text) {
            Ok(duration) => Some(duration),
            Err(reason) => {
                self.refuse(node?, field, reason, "");
                None
            }
        }
    }

    /// A moment, in milliseconds of Unix time.
    pub fn moment(&mut self, node: Option<&Node>, field: &str) -> Option<i64> {
        let text = self.text(node, field)?;
        match text.parse::<Timestamp>() {
            Ok(moment) => Some(hanse_proto::timestamp_ms(&moment)),
            Err(_) => {
                self.refuse(node?, field, format!("`{text}` is no time"), "write it as 2025-06-01T12:00:00Z");
                None
            }
        }
    }

    /// Names with a value, or a list of values, each.
    pub fn headers(&mut self, node: Option<&Node>, field: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for entry in self.entries(node, field) {
            let Ok(name) = HeaderName::from_bytes(entry.key.as_bytes()) else {
                let message = format!("`{}` is no name of a header", entry.key);
                self.refuse_at(entry.line, entry.column, field, message, "");
                continue;
            };
            for item in self.items(Some(&entry.value)) {
                let Some(text) = self.text(Some(item), field) else { continue };
                match HeaderValue::from_str(&text) {
                    Ok(value) => _ = headers.append(&name, value),
                    Err(_) => {
                        self.refuse(item, field, "a header has no line breaks or control characters", "")
                    }
                }
            }
        }
        headers
    }

    pub fn json(&self, node: &Node) -> Json {
        node.to_json()
    }
}
