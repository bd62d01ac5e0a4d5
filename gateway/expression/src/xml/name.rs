//! Names: `XName`, `XNamespace`, and which characters names and documents may hold.

use super::error::{Exception, Result, thrown};
use crate::arena::Arena;
use std::fmt;

/// What the prefix `xml` is bound to; `XNamespace.Xml`.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// What the prefix `xmlns` is bound to; `XNamespace.Xmlns`.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// `XName`: equal where both parts are equal. The namespace of a name without one is empty (`XNamespace.None`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a> {
    pub namespace: &'a str,
    pub local: &'a str,
}

impl<'a> Name<'a> {
    /// `XName.Get(string)` and the conversion from a string: `{namespace}local` or `local`.
    ///
    /// # Errors
    /// `ArgumentException` where the braces hold nothing or nothing follows them; `XmlException` where the
    /// local part is no name.
    pub fn parse(expanded: &'a str) -> Result<Self> {
        let invalid = || thrown(Exception::Argument, format!("'{expanded}' is an invalid expanded name."));
        if expanded.is_empty() {
            return Err(invalid());
        }
        let Some(rest) = expanded.strip_prefix('{') else { return Self::new("", expanded) };
        match rest.rsplit_once('}') {
            Some((namespace, local)) if !namespace.is_empty() && !local.is_empty() => {
                Self::new(namespace, local)
            }
            _ => Err(invalid()),
        }
    }

    /// `XNamespace + string`, `XNamespace.GetName` and `XName.Get(string, string)`.
    ///
    /// # Errors
    /// `ArgumentNullException` for an empty name, `XmlException` for what is no name.
    pub fn new(namespace: &'a str, local: &'a str) -> Result<Self> {
        check_ncname(local)?;
        Ok(Self { namespace, local })
    }

    /// `XName.ToString()`.
    ///
    /// # Errors
    /// Out of memory only.
    pub fn expanded(self, arena: &'a Arena) -> Result<&'a str> {
        if self.namespace.is_empty() {
            return Ok(self.local);
        }
        Ok(arena.concat(&["{", self.namespace, "}", self.local])?)
    }

    /// True of `xmlns` and `xmlns:p`.
    pub fn declares_namespace(self) -> bool {
        match self.namespace {
            "" => self.local == "xmlns",
            namespace => namespace == XMLNS_NAMESPACE,
        }
    }

    /// The prefix that an attribute of this name declares.
    pub(super) fn declared_prefix(self) -> Option<&'a str> {
        self.declares_namespace().then_some(if self.namespace.is_empty() { "" } else { self.local })
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace {
            "" => f.write_str(self.local),
            namespace => write!(f, "{{{namespace}}}{}", self.local),
        }
    }
}

/// `XmlConvert.VerifyNCName`.
pub(super) fn check_ncname(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(thrown(Exception::ArgumentNull, "The empty string '' is not a valid local name."));
    }
    match name.char_indices().find(|(at, c)| !if *at == 0 { is_name_start(*c) } else { is_name_char(*c) }) {
        None => Ok(()),
        Some((at, c)) => Err(thrown(Exception::Xml, bad_name_char(at == 0, c))),
    }
}

pub(super) fn bad_name_char(is_first: bool, c: char) -> String {
    match is_first {
        true => format!("Name cannot begin with the {} character, hexadecimal value {}.", shown(c), hex(c)),
        false => {
            format!("The {} character, hexadecimal value {}, cannot be included in a name.", shown(c), hex(c))
        }
    }
}

pub(super) fn bad_char(c: char) -> String {
    format!("{}, hexadecimal value {}, is an invalid character.", shown(c), hex(c))
}

/// The character in quotes; .NET writes a point for NUL.
fn shown(c: char) -> String {
    format!("'{}'", if c == '\0' { '.' } else { c })
}

fn hex(c: char) -> String {
    format!("0x{:02X}", u32::from(c))
}

/// XML 1.0 `NameStartChar` without the colon. As in .NET, names hold nothing past U+FFFF.
pub fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '_')
        || matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}')
}

/// XML 1.0 `NameChar` without the colon.
pub fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// XML 1.0 `Char`.
pub fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// XML 1.0 `S`.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_its_expanded_form() {
        let bad_start = "Name cannot begin with the '1' character, hexadecimal value 0x31.";
        let bad_char = "The ' ' character, hexadecimal value 0x20, cannot be included in a name.";
        for (text, expected) in [
            ("a", Ok(("", "a"))),
            ("é-1.x", Ok(("", "é-1.x"))),
            ("{u}a", Ok(("u", "a"))),
            ("{u}}a", Ok(("u}", "a"))),
            ("", Err("'' is an invalid expanded name.")),
            ("{}a", Err("'{}a' is an invalid expanded name.")),
            ("{u}", Err("'{u}' is an invalid expanded name.")),
            ("{u", Err("'{u' is an invalid expanded name.")),
            ("1a", Err(bad_start)),
            ("a b", Err(bad_char)),
            ("p:a", Err("The ':' character, hexadecimal value 0x3A, cannot be included in a name.")),
        ] {
            let read = Name::parse(text).map(|name| (name.namespace, name.local)).map_err(|e| e.to_string());
            assert_eq!(read, expected.map_err(String::from), "{text}");
        }
        let arena = Arena::new(100);
        let name = Name::new("u", "a").unwrap();
        assert_eq!(name.expanded(&arena), Ok("{u}a"));
        assert_eq!(name.to_string(), "{u}a");
        assert!(Name::new("u", "").is_err());
    }
}
