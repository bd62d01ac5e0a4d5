//! Distinguished names as .NET prints them on Windows: `CN=www, O="Doe, Ltd.", C=DE`.
//!
//! The one idea: the encoding goes from the country to the person, .NET prints it the other way round;
//! values are quoted when they could be misread.

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::X509Name;

use crate::encoding::{Encoding, to_hex_upper};

/// One attribute: its object identifier in dots, and its value as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub oid: String,
    pub value: String,
}

/// A name: relative names in the order of the encoding, each of one attribute or more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DistinguishedName(pub Vec<Vec<Attribute>>);

pub(super) const COMMON_NAME: &str = "2.5.4.3";
pub(super) const ORGANIZATION: &str = "2.5.4.10";
pub(super) const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
pub(super) const EMAIL: &str = "1.2.840.113549.1.9.1";

/// What .NET calls an attribute; others print as `OID.1.2.3`.
const LABELS: [(&str, &str); 19] = [
    (COMMON_NAME, "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    (ORGANIZATION, "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.13", "Description"),
    ("2.5.4.17", "PostalCode"),
    ("2.5.4.18", "POBox"),
    ("2.5.4.20", "Phone"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("2.5.4.46", "dnQualifier"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    (EMAIL, "E"),
];

impl DistinguishedName {
    pub(super) fn new(name: &X509Name<'_>) -> Self {
        let attribute = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| Attribute {
            oid: attribute.attr_type().to_id_string(),
            value: text(attribute.attr_value()),
        };
        Self(name.iter_rdn().map(|relative| relative.iter().map(attribute).collect()).collect())
    }

    /// The most specific value of an attribute: the last in the encoding.
    pub fn find(&self, oid: &str) -> Option<&str> {
        let mut attributes = self.0.iter().rev().flatten();
        attributes.find(|attribute| attribute.oid == oid).map(|attribute| attribute.value.as_str())
    }
}

/// `Subject`, `Issuer`, and `X500DistinguishedName.Name`.
impl std::fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, relative) in self.0.iter().rev().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            for (at, attribute) in relative.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { " + " })?;
                match LABELS.iter().find(|(oid, _)| *oid == attribute.oid) {
                    Some((_, label)) => f.write_str(label)?,
                    None => write!(f, "OID.{}", attribute.oid)?,
                }
                f.write_str("=")?;
                if needs_quotes(&attribute.value) {
                    write!(f, "\"{}\"", attribute.value.replace('"', "\"\""))?;
                } else {
                    f.write_str(&attribute.value)?;
                }
            }
        }
        Ok(())
    }
}

fn needs_quotes(value: &str) -> bool {
    let is_bare = !value.is_empty() && value.trim() == value;
    !is_bare || value.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';'])
}

/// ASN.1's kinds of text; anything else is `#` and its bytes.
fn text(value: &Any<'_>) -> String {
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            Encoding::Utf8.text(value.data)
        }
        Tag::T61String => Encoding::Latin1.text(value.data),
        Tag::BmpString => Encoding::Utf16Be.text(value.data),
        Tag::UniversalString => Encoding::Utf32Be.text(value.data),
        _ => format!("#{}", to_hex_upper(value.data)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_backwards_and_quoted_where_needed() {
        let attribute = |oid: &str, value: &str| Attribute { oid: oid.to_owned(), value: value.to_owned() };
        for (value, expected) in [
            ("plain", "CN=plain"),
            ("a, b", "CN=\"a, b\""),
            ("say \"hi\"", "CN=\"say \"\"hi\"\"\""),
            ("", "CN=\"\""),
            (" a", "CN=\" a\""),
            ("a;b", "CN=\"a;b\""),
            ("*.a/b\\c", "CN=*.a/b\\c"),
        ] {
            assert_eq!(DistinguishedName(vec![vec![attribute(COMMON_NAME, value)]]).to_string(), expected);
        }
        let name = DistinguishedName(vec![
            vec![attribute("2.5.4.6", "DE")],
            vec![attribute(COMMON_NAME, "old")],
            vec![attribute(COMMON_NAME, "new"), attribute("1.2.3", "x")],
        ]);
        assert_eq!(name.to_string(), "CN=new + OID.1.2.3=x, CN=old, C=DE");
        assert_eq!((name.find(COMMON_NAME), name.find("2.5.4.7")), (Some("new"), None));
    }
}
