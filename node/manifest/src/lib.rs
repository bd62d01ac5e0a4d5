//! Manifests: text to messages and back, with every finding at its place.
//!
//! A manifest is the protobuf JSON mapping of [`hanse_proto::v1::Resource`] in YAML or JSON. Reading
//! goes text → [`value`] (a tree with positions) → message, so that whatever is wrong, all of it is
//! told at once with file, line, column and field. Pure: files beside a manifest come by a callback.

mod finding;
pub mod layout;
mod manifest;
mod message;
pub mod value;
mod write;

pub use finding::{Finding, render};
pub use hanse_proto::nearest;
pub use manifest::{Located, Parsed, duplicate_names, message_of, parse, parse_message, render_briefly};
pub use message::Place;
pub use write::{Tree, message_to_json, message_to_yaml, to_json, to_yaml};

#[cfg(test)]
mod tests;
