//! Schemas of the API as components (3.0) or definitions (2.0).
//!
//! One idea: schemas keep the names that operations know them by; the few words that the two versions
//! spell differently are translated on the way. Where several resources hold a schema of one name, the
//! first one counts. Must not know operations.

use super::Version;
use crate::schema::schemas_in;
use hanse_manifest::Tree;
use hanse_proto::v1;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// What a fragment of a reference holds as it is.
const FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const OF_V3: &str = "#/components/schemas/";
const OF_V2: &str = "#/definitions/";
/// Keys whose values are data and no schemas.
const DATA: &[&str] = &["example", "examples", "default", "enum"];
/// Keys whose values are schemas by names that people gave.
const NAMED: &[&str] = &["properties", "patternProperties", "definitions"];

/// Schemas by name, and what they are written for.
pub(super) struct Schemas<'a> {
    pub(super) version: Version,
    by_id: &'a BTreeMap<String, v1::ApiSchema>,
    by_name: BTreeMap<&'a str, &'a prost_types::Value>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(by_id: &'a BTreeMap<String, v1::ApiSchema>, version: Version) -> Schemas<'a> {
        let mut by_name = BTreeMap::new();
        for (name, schema) in by_id.values().filter_map(schemas_in).flat_map(|schemas| &schemas.fields) {
            by_name.entry(name.as_str()).or_insert(schema);
        }
        Schemas { version, by_id, by_name }
    }

    /// A reference to a schema of a resource, if it is there.
    pub(super) fn reference(&self, schema_id: &str, type_name: &str) -> Option<Tree> {
        // What is written in an ARM template may be a full id.
        let id = schema_id.rsplit('/').next().unwrap_or_default();
        let schemas = schemas_in(self.by_id.get(id)?)?;
        schemas.fields.contains_key(type_name).then(|| {
            let part = type_name.replace('~', "~0").replace('/', "~1");
            let reference = format!("{}{}", self.prefix(), utf8_percent_encode(&part, FRAGMENT));
            Tree::Map(vec![("$ref".to_owned(), Tree::text(reference))])
        })
    }

    pub(super) fn all(&self) -> Tree {
        let schema = |value: &prost_types::Value| self.schema(Tree::from(value));
        Tree::Map(self.by_name.iter().map(|(name, value)| ((*name).to_owned(), schema(value))).collect())
    }

    fn prefix(&self) -> &'static str {
        if self.version == Version::V3 { OF_V3 } else { OF_V2 }
    }

    fn schema(&self, tree: Tree) -> Tree {
        match tree {
            Tree::Map(entries) => Tree::Map(entries.into_iter().map(|entry| self.entry(entry)).collect()),
            Tree::List(items) => Tree::List(items.into_iter().map(|item| self.schema(item)).collect()),
            other => other,
        }
    }

    fn entry(&self, (key, value): (String, Tree)) -> (String, Tree) {
        let is_v3 = self.version == Version::V3;
        match (key.as_str(), value) {
            ("$ref", Tree::String(text)) => {
                let own = [OF_V3, OF_V2].iter().find_map(|prefix| text.strip_prefix(prefix));
                let text = own.map_or_else(|| text.clone(), |rest| format!("{}{rest}", self.prefix()));
                (key, Tree::String(text))
            }
            ("discriminator", Tree::String(name)) if is_v3 => {
                (key, Tree::Map(vec![("propertyName".to_owned(), Tree::String(name))]))
            }
            ("discriminator", Tree::Map(entries)) if !is_v3 => {
                let name = entries.into_iter().find(|(key, _)| key == "propertyName");
                (key, name.map_or(Tree::text(""), |(_, name)| name))
            }
            ("x-nullable", value @ Tree::Bool(_)) if is_v3 => ("nullable".to_owned(), value),
            ("nullable", value @ Tree::Bool(_)) if !is_v3 => ("x-nullable".to_owned(), value),
            ("type", Tree::String(text)) if is_v3 && text == "file" => (key, Tree::text("string")),
            // 2.0 knows neither; as extensions they harm no reader.
            (word @ ("oneOf" | "anyOf" | "not"), value) if !is_v3 => {
                (format!("x-{word}"), self.schema(value))
            }
            (word, value) if DATA.contains(&word) => (key, value),
            (word, Tree::Map(entries)) if NAMED.contains(&word) => {
                let entries = entries.into_iter().map(|(name, value)| (name, self.schema(value)));
                (key, Tree::Map(entries.collect()))
            }
            (_, value) => {
                let value = self.schema(value);
                (key, value)
            }
        }
    }
}
