//! Writes a document in one of its two formats.
//!
//! `rawxml` is the text as it came; `xml` is the same text with what is raw in it escaped, comments and
//! layout as they were.

use hanse_expression::span::LineIndex;

use crate::document::{Format, read, unreadable, without_mark};
use crate::finding::Finding;
use crate::normalise::escape;
use crate::reader::Roots;

/// A document's text in a format.
///
/// # Errors
/// The text cannot be read, so nobody knows what to escape.
pub fn print(text: &str, format: Format) -> Result<String, Vec<Finding>> {
    match format {
        Format::RawXml => Ok(text.to_owned()),
        Format::Xml => to_xml(text),
    }
}

/// The text as well-formed XML.
///
/// # Errors
/// As of [`print`].
pub fn to_xml(text: &str) -> Result<String, Vec<Finding>> {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    read(source, &lines, Roots::Many)?;
    let escaped = escape(source).map_err(|error| vec![unreadable(&lines, error)])?;
    let mark = &text[..text.len() - source.len()];
    Ok(format!("{mark}{escaped}"))
}
