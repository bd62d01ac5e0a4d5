//! XML as a small tree, for WSDL and WADL.
//!
//! One idea: names without prefixes are enough to find one's way in both, and everything is
//! bounded while it is read. Entities of a document type are never expanded. Must not know either.

use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// Elements in one document.
pub(crate) const ELEMENTS_MAX: usize = 100_000;
/// Elements within elements.
pub(crate) const NESTING_MAX: usize = 64;

/// An element; texts are not kept.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Without prefix.
    pub(crate) name: String,
    /// By name without prefix.
    attributes: BTreeMap<String, String>,
    pub(crate) children: Vec<Element>,
    /// Namespace that the prefix of the element stands for; empty: none that is declared.
    pub(crate) namespace: String,
}

impl Element {
    /// Value of an attribute; empty: it is not there.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// Children of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it, as a message.
pub(crate) fn read(text: &str) -> Result<Element, String> {
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<(Element, BTreeMap<String, String>)> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(|error| {
            let before =
                &text.as_bytes()[..usize::try_from(reader.error_position()).unwrap_or(0).min(text.len())];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            format!("line {line}: no well-formed XML: {error}")
        })?;
        let done = match event {
            Event::Start(tag) => {
                elements += 1;
                if open.len() == NESTING_MAX {
                    return Err(format!("elements are nested more than {NESTING_MAX} levels deep"));
                }
                open.push(element(&tag, open.last().map(|(_, known)| known)));
                None
            }
            Event::Empty(tag) => {
                elements += 1;
                Some(element(&tag, open.last().map(|(_, known)| known)).0)
            }
            Event::End(_) => open.pop().map(|(element, _)| element),
            Event::Eof => break,
            _ => None,
        };
        if elements > ELEMENTS_MAX {
            return Err(format!("the document has more than {ELEMENTS_MAX} elements"));
        }
        if let Some(element) = done {
            match open.last_mut() {
                Some((parent, _)) => parent.children.push(element),
                None if root.is_none() => root = Some(element),
                None => return Err("a second root element".to_owned()),
            }
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        Some(_) | None if !open.is_empty() => Err("the document ends within an element".to_owned()),
        _ => Err("the document has no element".to_owned()),
    }
}

/// The element of a tag, with the namespaces that are declared where it stands.
fn element(
    tag: &BytesStart<'_>,
    above: Option<&BTreeMap<String, String>>,
) -> (Element, BTreeMap<String, String>) {
    let mut known = above.cloned().unwrap_or_default();
    let mut attributes = BTreeMap::new();
    for attribute in tag.attributes().with_checks(false).flatten() {
        let key: &str = attribute.key.as_ref();
        let raw: &str = &attribute.value;
        let value = quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), Into::into);
        match key.strip_prefix("xmlns") {
            Some(prefix) => drop(known.insert(prefix.trim_start_matches(':').to_owned(), value)),
            None => drop(attributes.insert(local(key).to_owned(), value)),
        }
    }
    let full = tag.name().into_inner().to_owned();
    let prefix = full.split_once(':').map_or("", |(prefix, _)| prefix);
    let namespace = known.get(prefix).cloned().unwrap_or_default();
    let name = local(&full).to_owned();
    (Element { name, attributes, children: Vec::new(), namespace }, known)
}

/// A qualified name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_their_namespaces_and_attributes() {
        let root =
            read("<?xml version='1.0'?><a:x xmlns:a='urn:a' n='1 &amp; 2'><a:y/>t<z xmlns='urn:z'/></a:x>")
                .expect("read");
        assert_eq!(
            (root.name.as_str(), root.namespace.as_str(), root.attribute("n")),
            ("x", "urn:a", "1 & 2")
        );
        assert_eq!(root.all("y").count(), 1);
        assert_eq!(root.children[1].namespace, "urn:z");
    }

    #[test]
    fn documents_are_bounded_at_the_bound_and_one_past_it() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&nested(NESTING_MAX)).is_ok());
        assert!(read(&nested(NESTING_MAX + 1)).is_err());
        let wide = |elements: usize| format!("<r>{}</r>", "<a/>".repeat(elements - 1));
        assert!(read(&wide(ELEMENTS_MAX)).is_ok());
        assert!(read(&wide(ELEMENTS_MAX + 1)).is_err());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a [<!ENTITY x 'y'>]>", "<a"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
