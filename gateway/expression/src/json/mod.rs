//! Json.NET as policies use it: trees of tokens, their text, and what they are converted to.
//!
//! | module | idea |
//! |---|---|
//! | [`token`](Token), [`scalar`](Scalar) | a node with its links; what a node without children holds |
//! | `edit`, `merge`, `access` | changes, and what members and indexers answer |
//! | `navigate`, `equal` | walks along links; whether trees are the same |
//! | [`read`], [`write`](write()) | JSON text to a tree and back |
//! | [`select`] | JSONPath |
//! | [`convert`], [`element`] | casts, `Value<T>()`, `ToObject<T>()`; scalars within collections |
//! | [`build`] | `FromObject` and `SerializeObject` of the interpreter's values |
//!
//! Everything lives in an [`Arena`](crate::arena::Arena) and is charged to it. An operation's result is what Json.NET 13
//! answers, its failure the exception that it throws, with its type's name and its text. No operation recurses,
//! however deep a tree is.
//!
//! Work is linear in the trees and texts that an operation is given, for one step of an expression, so what calls these
//! counts [`Token::len`] and text lengths as steps. Memory beside the arena is at most a few words for each of their
//! nodes, and given back at once.
//!
//! A .NET string may hold half of a surrogate pair, a Rust string cannot: U+FFFD stands for it.

mod access;
pub mod build;
pub mod convert;
mod edit;
pub mod element;
mod equal;
mod failure;
mod merge;
mod moment;
mod names;
mod navigate;
pub mod read;
mod scalar;
pub mod select;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod wanted;
mod write;

pub use access::{Key, NameComparison, insert_index, list_index};
pub use equal::{compare, scalars_equal};
pub use failure::{Failure, Outcome, no_kind_for};
pub use merge::{MergeArrays, MergeSettings};
pub use navigate::{Children, Descendants};
pub use scalar::{Kind, Scalar};
pub use text::text_of;
pub use token::Token;
pub use write::{Layout, quote_into, write};
