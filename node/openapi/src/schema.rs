//! Schemas: what a document says of data, kept in one resource of the API.
//!
//! One idea: operations name a schema (`schemaId`, `typeName`), and everything they can name lies in
//! one place, in the spelling of OpenAPI 2 or 3.0: component schemas under their own names, inline ones
//! of bodies under names made from where they stand. What refers elsewhere is written out. Must not
//! know who refers to a schema.

use crate::cursor::Cursor;
use crate::edition::Edition;
use crate::import::Import;
use crate::{id, reference};
use hanse_manifest::value::{Node, Value as Read};
use hanse_proto::{STRUCTURE_DEPTH_MAX, v1};
use prost_types::{ListValue, Struct, Value, value::Kind};
use std::collections::BTreeMap;

/// Id of the one schema resource that an import makes.
pub const SCHEMA_ID: &str = "openapi";
/// Content type of schemas of OpenAPI 3.
pub(crate) const COMPONENTS: &str = "application/vnd.oai.openapi.components+json";
/// Content type of schemas of OpenAPI 2.
pub(crate) const DEFINITIONS: &str = "application/vnd.ms-azure-apim.swagger.definitions+json";
/// What one value costs beside its text.
const VALUE_COST: usize = 16;
/// Keys whose values are data and no schemas: a `$ref` there is not followed.
const DATA: &[&str] = &["example", "examples", "default", "enum", "const"];
/// Keys whose values are schemas by names that people gave.
const NAMED: &[&str] = &["properties", "patternProperties", "dependentSchemas", "definitions", "$defs"];

/// Schemas of inline bodies that have been given a name.
#[derive(Default)]
pub(crate) struct Lifted {
    /// By name.
    schemas: BTreeMap<String, Value>,
    /// Names by the node they were made of: shared responses are read once for every use.
    names: BTreeMap<usize, String>,
    /// The number to try next for a name that was taken.
    next: BTreeMap<String, u32>,
}

impl<'a> Import<'a> {
    /// Name of the component schema that is referred to, if it is there; empty for all else.
    pub(crate) fn type_name(&self, schema: &Cursor<'a>) -> String {
        let Some(reference) = schema.node.get("$ref").and_then(Node::as_str) else { return String::new() };
        let name = component(self.edition, reference);
        name.filter(|_| reference::resolve(self.root, reference).is_ok()).unwrap_or_default()
    }

    /// Name of the schema of a body: an inline one gets `name`, or the name of the part it is shared by.
    pub(crate) fn body_type_name(&mut self, schema: &Cursor<'a>, name: &str) -> String {
        let own = self.type_name(schema);
        if !own.is_empty() {
            return own;
        }
        let Some(target) = self.follow(schema.clone()) else { return String::new() };
        let key = std::ptr::from_ref(target.node) as usize;
        if let Some(name) = self.lifted.names.get(&key) {
            return name.clone();
        }
        let is_schema = target.node.as_mapping().is_some_and(|mapping| !mapping.is_empty());
        if !is_schema || self.is_exhausted() {
            return String::new();
        }
        let name = self.free_name(shared_by(&target.pointer).as_deref().unwrap_or(name));
        let schema = self.schema(&target, 3);
        self.lifted.schemas.insert(name.clone(), schema);
        self.lifted.names.insert(key, name.clone());
        name
    }

    /// `name`, or with a number behind it what no schema is called yet.
    fn free_name(&mut self, name: &str) -> String {
        let root = Cursor::root(self.root);
        let own = schemas_of(&root, self.edition);
        let is_taken = |name: &str, lifted: &Lifted| {
            lifted.schemas.contains_key(name) || own.as_ref().is_some_and(|own| own.has(name))
        };
        let mut free = name.to_owned();
        while is_taken(&free, &self.lifted) {
            let number = self.lifted.next.entry(name.to_owned()).or_insert(0);
            *number += 1;
            free = format!("{name}-{number}");
        }
        free
    }

    /// All schemas of the document as one resource; `None` when there are none.
    pub(crate) fn schemas(&mut self) -> Option<v1::ApiSchema> {
        let root = Cursor::root(self.root);
        let mut fields = std::mem::take(&mut self.lifted.schemas);
        let own: Vec<_> = schemas_of(&root, self.edition).iter().flat_map(Cursor::entries).collect();
        for (name, schema) in own {
            if self.is_exhausted() {
                return None;
            }
            let schema = self.whole_schema(&schema, 3);
            fields.insert(name.to_owned(), schema);
        }
        if fields.is_empty() {
            return None;
        }
        let schemas = Struct { fields };
        let (content_type, document) = if self.edition == Edition::V2 {
            (DEFINITIONS, v1::ApiSchemaDocument { definitions: Some(schemas), ..Default::default() })
        } else {
            let schemas = Value { kind: Some(Kind::StructValue(schemas)) };
            let components = Struct { fields: [("schemas".to_owned(), schemas)].into() };
            (COMPONENTS, v1::ApiSchemaDocument { components: Some(components), ..Default::default() })
        };
        Some(v1::ApiSchema { content_type: content_type.to_owned(), document: Some(document) })
    }

    /// A schema as it is kept, or a list of schemas; `depth` is the level that it stands on.
    fn schema(&mut self, at: &Cursor<'a>, depth: usize) -> Value {
        let mapping = match &at.node.value {
            Read::Mapping(mapping) => mapping,
            Read::Sequence(_) => return self.list(at, depth, Self::schema),
            _ => return self.data(at, depth),
        };
        if let Some(reference) = mapping.get("$ref").and_then(|entry| entry.value.as_str()) {
            return self.referred(at, reference, depth);
        }
        let fields = self.fields(at, depth, |import, key, value| match key {
            _ if DATA.contains(&key) => import.data(value, depth + 1),
            _ if NAMED.contains(&key) => import.named(value, depth + 1),
            _ => import.schema(value, depth + 1),
        });
        let mut fields = fields.unwrap_or_default();
        if self.edition >= Edition::V31 {
            as_in_3_0(&mut fields);
        }
        structure(fields)
    }

    /// Schemas by names that people gave: `default` is no keyword there.
    fn named(&mut self, at: &Cursor<'a>, depth: usize) -> Value {
        if !at.is_mapping() {
            return self.schema(at, depth);
        }
        let fields = self.fields(at, depth, |import, _, value| import.whole_schema(value, depth + 1));
        structure(fields.unwrap_or_default())
    }

    /// What must be a schema: 3.1 has `true` and `false` for one that takes all, or nothing.
    fn whole_schema(&mut self, at: &Cursor<'a>, depth: usize) -> Value {
        match at.node.as_bool() {
            Some(true) => structure(BTreeMap::new()),
            Some(false) => structure([("not".to_owned(), structure(BTreeMap::new()))].into()),
            None => self.schema(at, depth),
        }
    }

    /// A value that is no schema: as it is, as deep as may be.
    fn data(&mut self, at: &Cursor<'a>, depth: usize) -> Value {
        match &at.node.value {
            Read::Mapping(_) => {
                let fields = self.fields(at, depth, |import, _, value| import.data(value, depth + 1));
                Value {
                    kind: Some(
                        fields.map_or(Kind::NullValue(0), |fields| Kind::StructValue(Struct { fields })),
                    ),
                }
            }
            Read::Sequence(_) => self.list(at, depth, Self::data),
            _ => Value { kind: Some(self.scalar(at.node)) },
        }
    }

    /// The entries of a mapping, each made by `make`; `None`: it stands too deep.
    fn fields(
        &mut self,
        at: &Cursor<'a>,
        depth: usize,
        mut make: impl FnMut(&mut Self, &str, &Cursor<'a>) -> Value,
    ) -> Option<BTreeMap<String, Value>> {
        if self.is_too_much(at, depth) {
            return None;
        }
        let mut fields = BTreeMap::new();
        for (key, value) in at.entries() {
            self.spend(VALUE_COST + key.len());
            fields.insert(key.to_owned(), make(self, key, &value));
        }
        Some(fields)
    }

    fn list(
        &mut self,
        at: &Cursor<'a>,
        depth: usize,
        make: fn(&mut Self, &Cursor<'a>, usize) -> Value,
    ) -> Value {
        let mut values = Vec::new();
        if !self.is_too_much(at, depth) {
            for item in at.items() {
                values.push(make(self, &item, depth + 1));
            }
        }
        Value { kind: Some(Kind::ListValue(ListValue { values })) }
    }

    /// What a reference within a schema becomes: one to a component stays, all else is written out.
    fn referred(&mut self, at: &Cursor<'a>, reference: &str, depth: usize) -> Value {
        let Ok(target) = reference::resolve(self.root, reference) else {
            return structure(BTreeMap::new());
        };
        if is_component(self.edition, reference) {
            self.spend(VALUE_COST + reference.len());
            return structure([("$ref".to_owned(), text(reference))].into());
        }
        self.spend(VALUE_COST);
        if target.node.is_null() || std::ptr::eq(target.node, at.node) {
            return structure(BTreeMap::new());
        }
        self.schema(&target, depth + 1)
    }

    fn scalar(&mut self, node: &Node) -> Kind {
        let text = node.scalar_text().unwrap_or_default();
        self.spend(VALUE_COST + text.len());
        match &node.value {
            Read::Null => Kind::NullValue(0),
            Read::Number(_) => match node.as_float().filter(|number| number.is_finite()) {
                Some(number) => Kind::NumberValue(number),
                None => Kind::StringValue(text.to_owned()),
            },
            Read::String(_) => Kind::StringValue(text.to_owned()),
            _ => match node.as_bool() {
                Some(value) => Kind::BoolValue(value),
                None => Kind::StringValue(text.to_owned()),
            },
        }
    }

    /// Whether a level is too deep, which is told, or so much has been made that the import ends.
    fn is_too_much(&mut self, at: &Cursor<'a>, depth: usize) -> bool {
        if depth > STRUCTURE_DEPTH_MAX && !self.is_exhausted() {
            let message =
                format!("schemas are kept {STRUCTURE_DEPTH_MAX} levels deep; what lies below is left out");
            self.findings.warn(at, message);
        }
        depth > STRUCTURE_DEPTH_MAX || self.is_exhausted()
    }
}

/// The mapping of all component schemas.
fn schemas_of<'a>(root: &Cursor<'a>, edition: Edition) -> Option<Cursor<'a>> {
    let schemas = match edition {
        Edition::V2 => root.get("definitions"),
        _ => root.get("components").and_then(|components| components.get("schemas")),
    };
    schemas.filter(Cursor::is_mapping)
}

fn prefix(edition: Edition) -> &'static str {
    if edition == Edition::V2 { "#/definitions/" } else { "#/components/schemas/" }
}

/// The name that a reference to a component schema ends with.
fn component(edition: Edition, reference: &str) -> Option<String> {
    let part = reference.strip_prefix(prefix(edition))?;
    (!part.contains('/')).then(|| reference::last_part(reference))
}

/// Whether a reference leads to a component schema, or into one.
fn is_component(edition: Edition, reference: &str) -> bool {
    reference.starts_with(prefix(edition))
}

/// A name for what stands in a component that is no schema: `#/components/responses/Gone/…` is `Gone`.
fn shared_by(pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("#/")?;
    let rest = rest.strip_prefix("components/").unwrap_or(rest);
    let (place, rest) = rest.split_once('/')?;
    let is_shared = ["responses", "requestBodies", "parameters"].contains(&place);
    let name = id::clean_name(&reference::last_part(rest.split('/').next()?));
    (is_shared && !name.is_empty()).then_some(name)
}

/// What 3.1 says in words of JSON Schema, in those of 3.0.
fn as_in_3_0(fields: &mut BTreeMap<String, Value>) {
    if let Some(Kind::ListValue(types)) = fields.get("type").and_then(|value| value.kind.clone()) {
        let mut names: Vec<Value> = types.values;
        let all = names.len();
        names.retain(|name| name.kind != Some(Kind::StringValue("null".to_owned())));
        if names.len() < all {
            fields.insert("nullable".to_owned(), Value { kind: Some(Kind::BoolValue(true)) });
        }
        match (names.pop(), names.is_empty()) {
            (Some(name), true) => drop(fields.insert("type".to_owned(), name)),
            // 3.0 has one type or none; `anyOf` would say it, at the price of a shape of its own.
            _ => drop(fields.remove("type")),
        }
    }
    if fields.get("type").is_some_and(|name| *name == text("array")) {
        fields.entry("items".to_owned()).or_insert_with(|| structure(BTreeMap::new()));
    }
    if let Some(value) = fields.remove("const") {
        let list = Value { kind: Some(Kind::ListValue(ListValue { values: vec![value] })) };
        fields.entry("enum".to_owned()).or_insert(list);
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(Kind::NumberValue(_)) = fields.get(exclusive).and_then(|value| value.kind.as_ref()) {
            let number = fields.remove(exclusive).expect("it has just been read");
            fields.insert(bound.to_owned(), number);
            fields.insert(exclusive.to_owned(), Value { kind: Some(Kind::BoolValue(true)) });
        }
    }
    if let Some(Kind::ListValue(list)) = fields.get("examples").and_then(|value| value.kind.clone()) {
        fields.remove("examples");
        if let Some(first) = list.values.into_iter().next() {
            fields.entry("example".to_owned()).or_insert(first);
        }
    }
}

fn structure(fields: BTreeMap<String, Value>) -> Value {
    Value { kind: Some(Kind::StructValue(Struct { fields })) }
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}

/// The schemas of a resource, whichever version of OpenAPI they are of.
pub(crate) fn schemas_in(schema: &v1::ApiSchema) -> Option<&Struct> {
    let document = schema.document.as_ref()?;
    if let Some(definitions) = &document.definitions {
        return Some(definitions);
    }
    match &document.components.as_ref()?.fields.get("schemas")?.kind {
        Some(Kind::StructValue(schemas)) => Some(schemas),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
