//! What a document refers to and does not hold: named values, fragments, backends and other resources.
//!
//! The caller says what it knows. Whoever checks a file alone knows nothing, and nothing is held against
//! the file that cannot be known.

use std::fmt;
use std::sync::Arc;

use crate::json_schema::SchemaDocument;

/// What is known of something a document refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// Nobody here can tell.
    Unknown,
    /// It does not exist.
    Missing,
    Is(T),
}

/// A kind of resource that documents refer to by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    Backend,
    Fragment,
    Certificate,
    Logger,
    Schema,
    AuthorizationProvider,
}

impl Reference {
    /// As messages call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Fragment => "policy fragment",
            Self::Certificate => "certificate",
            Self::Logger => "logger",
            Self::Schema => "schema",
            Self::AuthorizationProvider => "credential provider",
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells a check about what is around a document. What is not overridden is unknown.
pub trait Surroundings {
    /// The text that `{{name}}` stands for.
    fn named_value(&self, _name: &str) -> Known<String> {
        Known::Unknown
    }

    /// The document of a fragment.
    fn fragment(&self, _id: &str) -> Known<String> {
        Known::Unknown
    }

    /// The document of a JSON schema.
    fn schema(&self, _id: &str) -> Known<Arc<SchemaDocument>> {
        Known::Unknown
    }

    /// Whether a resource exists. Fragments are asked for by [`Surroundings::fragment`].
    fn resource(&self, _kind: Reference, _id: &str) -> Known<()> {
        Known::Unknown
    }
}

/// A document alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Surroundings for Alone {}
