//! Which prefix stands for which namespace at an element, by the declarations that are attributes of it and of
//! the elements above.

use super::error::{Exception, Result, thrown};
use super::name::{XML_NAMESPACE, XMLNS_NAMESPACE};
use super::node::{Node, NodeRef};

impl<'a> Node<'a> {
    /// `GetDefaultNamespace()`: empty without one.
    pub fn default_namespace(&'a self) -> &'a str {
        self.declared("", None).unwrap_or_default()
    }

    /// `GetNamespaceOfPrefix(prefix)`.
    ///
    /// # Errors
    /// `ArgumentException` for the empty prefix.
    pub fn namespace_of_prefix(&'a self, prefix: &str) -> Result<Option<&'a str>> {
        match prefix {
            "" => Err(thrown(Exception::Argument, "'' is an invalid prefix.")),
            "xml" => Ok(Some(XML_NAMESPACE)),
            "xmlns" => Ok(Some(XMLNS_NAMESPACE)),
            prefix => Ok(self.declared(prefix, None)),
        }
    }

    /// `GetPrefixOfNamespace(namespace)`: never the default namespace's.
    pub fn prefix_of_namespace(&'a self, namespace: &str) -> Option<&'a str> {
        for element in self.ancestors_and_self(None) {
            for attribute in element.attributes(None).filter(|attribute| attribute.value() == namespace) {
                match attribute.name().declared_prefix() {
                    Some("") | None => {}
                    Some(prefix) if self.declared(prefix, Some(element)).is_none() => return Some(prefix),
                    Some(_) => {}
                }
            }
        }
        match namespace {
            XML_NAMESPACE => Some("xml"),
            XMLNS_NAMESPACE => Some("xmlns"),
            _ => None,
        }
    }

    /// What a prefix is declared to be at this element, looking up to but not at `end`.
    pub(super) fn declared(&'a self, prefix: &str, end: Option<NodeRef<'a>>) -> Option<&'a str> {
        self.ancestors_and_self(None)
            .take_while(|element| !end.is_some_and(|end| std::ptr::eq(*element, end)))
            .flat_map(|element| element.attributes(None))
            .find(|attribute| attribute.name().declared_prefix() == Some(prefix))
            .map(|attribute| attribute.value())
    }
}
