//! The messages and services of Hanse, and the names of resources.
//!
//! The protobuf messages *are* the model: the log, the store, the CLI's YAML and JSON, and the
//! gateway use the same types. Maps are `BTreeMap`s, because hashes must not differ between
//! nodes. Service stubs come with the feature `grpc`; the messages alone need no runtime.
//!
//! Must not know anything else of the workspace. Start with [`Name`] and [`Kind`].

mod kind;
mod name;
mod near;
mod timestamp;

pub use kind::{Kind, Scope};
pub use name::{ID_CHARS_MAX, Name, NameError, key_of};
pub use near::nearest;
pub use timestamp::{timestamp_from_ms, timestamp_ms};

use prost_reflect::DescriptorPool;
use std::sync::LazyLock;

/// The generated messages and, with the feature `grpc`, the service stubs.
#[allow(clippy::all, missing_docs)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/hanse.v1.rs"));
}

/// The encoded file descriptor set, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Descriptors of all messages, for reading and printing them as JSON and YAML.
pub static DESCRIPTOR_POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTORS).expect("the build script wrote a valid descriptor set")
});

/// The feature level of this release: what its stored and proposed messages may use.
///
/// prost drops fields it does not know when it encodes again, so a node must never be
/// handed a message of a higher level than its own.
pub const FEATURE_LEVEL: u32 = 2;

/// An encoded [`v1::Command`] may have this many bytes, and not one more.
pub const COMMAND_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Free structure (`google.protobuf.Struct`) may nest this deep. Messages are decoded a hundred levels
/// deep, of which each level here takes three; a command nested deeper could be written to the log and
/// never read again.
pub const STRUCTURE_DEPTH_MAX: usize = 24;
