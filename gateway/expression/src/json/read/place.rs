//! Where the reader is: containers around it, line and position.

use crate::json::navigate::{push_index, push_name};
use crate::json::scalar::Kind;

/// A container that is open, and how far it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a> {
    /// Object, array or constructor.
    pub(super) kind: Kind,
    pub(super) name: Option<&'a str>,
    /// Items begun so far.
    pub(super) items: usize,
}

impl Level<'_> {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, name: None, items: 0 }
    }

    fn push(self, path: &mut String) {
        match (self.kind, self.name) {
            (Kind::Object, Some(name)) => push_name(path, name),
            (Kind::Object, None) => {}
            _ => push_index(path, self.items.saturating_sub(1)),
        }
    }
}

/// The path of what was read last, such as `a.b[0]`.
pub(super) fn path(levels: &[Level<'_>]) -> String {
    let mut path = String::new();
    levels.iter().for_each(|level| level.push(&mut path));
    path
}

/// A message with its place, as `JsonPosition.FormatMessage` puts them together.
pub(super) fn message(text: &str, path: &str, line: usize, position: usize) -> String {
    let text = text.trim();
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{text}{stop} Path '{path}', line {line}, position {position}.")
}
