//! `System.Xml.Linq` as policies use it: the tree, its reader and writer, and queries.
//!
//! Functions here are the members of `XElement` and its kin under Rust's names; the documentation of each says
//! which member it is. Values live in the request's [`crate::arena::Arena`], are referred to by `&'a`, and are
//! changed in place, as objects are in C#.
//!
//! - [`Node`] and [`Attribute`] are the tree ([`NodeRef`] is what an expression holds); where one can go from a
//!   node is in `walk`, what changes it in `change`.
//! - [`parse_document`] and [`parse_element`] read text, [`write_node`] and [`write_attribute`] are `ToString()`.
//! - [`xpath`] answers `XPathSelectElement(s)` and `XPathEvaluate`.
//! - [`convert`] is `XmlConvert`: `(int)element`.

mod change;
pub mod convert;
mod equal;
mod error;
mod name;
mod namespaces;
mod node;
mod reader;
mod walk;
mod writer;
pub mod xpath;

pub use change::Content;
pub use equal::deep_equals;
pub use error::{Exception, Position, XmlError};
pub use name::{Name, XML_NAMESPACE, XMLNS_NAMESPACE, is_char, is_name_char, is_name_start};
pub use node::{Attribute, AttributeRef, Children, Data, Declaration, DocumentType, Node, NodeRef, NodeType};
pub use reader::{DEPTH_MAX, Whitespace, parse_document, parse_element};
pub use writer::{Layout, write_attribute, write_declaration, write_document, write_node};
pub use xpath::Item;

#[cfg(test)]
mod tests;
