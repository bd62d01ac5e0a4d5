//! JSON Schemas as operations and documents refer to them: compiled once, applied within bounds.
//!
//! A schema is a place in a document, as `#/components/schemas/Order`. Only what it reaches by references is
//! compiled, and only within its document: nothing is ever fetched. What OpenAPI 3.0 says in words of its own
//! (`nullable`, an exclusive bound that is a flag) is put into JSON Schema's words first.
//!
//! A schema may apply itself to one value over and over. So before a value is validated, the work is counted,
//! taking every branch; what would be too much is not begun.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::schema::shown;

/// Applications of a schema to a value that one validation may come to; more fail it.
pub const VALIDATION_STEPS_MAX: u64 = 200_000;
/// How deep schemas may apply schemas; deeper fails the validation.
pub const VALIDATION_DEPTH_MAX: usize = 256;
/// Bytes of one schema's document; a larger one is not compiled.
pub const SCHEMA_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Findings of one validation; the first ones are told.
pub const FINDINGS_MAX: usize = 20;
/// Longest text of a finding, in characters.
const FINDING_CHARS_MAX: usize = 500;
/// How often a pattern with look-around may go back for one text.
const BACKTRACKS_MAX: usize = 10_000;
/// What a pattern and a list of allowed values cost, in applications.
const PATTERN_COST: u64 = 50;

/// How a document wants schemas changed before they are applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Variation {
    /// Whether objects may have properties that their schema does not name; `None`: it says so itself.
    pub(crate) additional: Option<bool>,
    pub(crate) ignores_case: bool,
}

impl Variation {
    const COUNT: usize = 6;

    fn index(self) -> usize {
        let additional = match self.additional {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        };
        additional * 2 + usize::from(self.ignores_case)
    }
}

/// A document with schemas.
#[derive(Debug)]
pub struct SchemaDocument(Value);

impl SchemaDocument {
    /// # Errors
    /// It is larger than [`SCHEMA_BYTES_MAX`].
    pub fn new(value: Value, bytes: usize) -> Result<Self, String> {
        match bytes > SCHEMA_BYTES_MAX {
            true => Err(format!("the schema has {bytes} bytes, {SCHEMA_BYTES_MAX} are allowed")),
            false => Ok(Self(value)),
        }
    }

    /// Whether there is anything at a JSON pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.0.pointer(pointer).is_some()
    }
}

/// A schema of a document, compiled for each variation when it is first wanted.
#[derive(Debug)]
pub struct Schema {
    document: std::sync::Arc<SchemaDocument>,
    /// As in `#…`.
    pointer: Box<str>,
    compiled: [OnceLock<Result<Box<Compiled>, String>>; Variation::COUNT],
}

impl Schema {
    /// The schema at a JSON pointer; empty: the whole document.
    pub fn new(document: std::sync::Arc<SchemaDocument>, pointer: &str) -> Self {
        Self { document, pointer: pointer.into(), compiled: Default::default() }
    }

    /// Compiles it, if nobody has.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn prepare(&self) -> Result<(), String> {
        self.compiled(Variation::default()).map(|_| ())
    }

    pub(crate) fn compiled(&self, variation: Variation) -> Result<&Compiled, String> {
        let compiled = self.compiled[variation.index()]
            .get_or_init(|| Compiled::new(&self.document.0, &self.pointer, variation).map(Box::new));
        compiled.as_deref().map_err(Clone::clone)
    }
}

/// What a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) message: String,
    /// JSON pointer of what breaks it.
    pub(crate) path: String,
}

/// Why nobody can tell whether a value is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unknowable {
    #[error("the schema applies more than {VALIDATION_STEPS_MAX} times to the content")]
    Steps,
    #[error("the schema applies schemas more than {VALIDATION_DEPTH_MAX} deep")]
    Depth,
}

/// A schema that can be applied.
#[derive(Debug)]
pub(crate) struct Compiled {
    validator: Validator,
    /// What it was made of: the schema itself, and beside it what that refers to.
    document: Value,
    ignores_case: bool,
}

impl Compiled {
    fn new(document: &Value, pointer: &str, variation: Variation) -> Result<Self, String> {
        let root = document
            .pointer(pointer)
            .ok_or_else(|| format!("there is no schema at `#{}`", shown(pointer)))?;
        let mut own = if pointer.is_empty() { root.clone() } else { reached(document, pointer)? };
        check_references(&own)?;
        Words { variation }.put(&mut own);
        let patterns = PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS_MAX);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_pattern_options(patterns)
            .with_format("byte", is_base64);
        let compiled = Self {
            validator: Validator::new(&Value::Bool(true)).map_err(|it| it.to_string())?,
            document: own,
            ignores_case: variation.ignores_case,
        };
        // A schema that never comes to an end would not end when it is compiled either.
        let mut left = VALIDATION_STEPS_MAX;
        compiled.count(&compiled.document, &Value::Null, 0, &mut left).map_err(|error| error.to_string())?;
        let validator = validator.build(&compiled.document).map_err(|error| bounded(&error.to_string()))?;
        Ok(Self { validator, ..compiled })
    }

    /// What the value breaks, at most [`FINDINGS_MAX`].
    pub(crate) fn broken_by(&self, value: &Value) -> Result<Vec<Broken>, Unknowable> {
        let lowered;
        let value = match self.ignores_case {
            true => {
                lowered = in_lower_case(value);
                &lowered
            }
            false => value,
        };
        let mut left = VALIDATION_STEPS_MAX;
        self.count(&self.document, value, 0, &mut left)?;
        let errors = self.validator.iter_errors(value).take(FINDINGS_MAX);
        Ok(errors
            .map(|error| Broken {
                message: bounded(&error.to_string()),
                path: error.instance_path().to_string(),
            })
            .collect())
    }

    /// The types that the schema itself names.
    pub(crate) fn types(&self) -> Vec<&str> {
        let mut at = &self.document;
        // A chain of references is no deeper than this, or the schema was refused.
        for _ in 0..VALIDATION_DEPTH_MAX {
            match at
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|it| self.document.pointer(it.strip_prefix('#')?))
            {
                Some(next) => at = next,
                None => break,
            }
        }
        match at.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it names a type.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.types().contains(&name)
    }

    /// Counts how often schemas would be applied, taking every branch.
    fn count(&self, schema: &Value, value: &Value, depth: usize, left: &mut u64) -> Result<(), Unknowable> {
        let mut spend = |steps: u64| match left.checked_sub(steps) {
            Some(rest) => {
                *left = rest;
                Ok(())
            }
            None => Err(Unknowable::Steps),
        };
        spend(1)?;
        if depth > VALIDATION_DEPTH_MAX {
            return Err(Unknowable::Depth);
        }
        let Value::Object(schema) = schema else { return Ok(()) };
        if let (Value::String(text), Some(_)) = (value, schema.get("pattern")) {
            spend(PATTERN_COST + (text.len() / 16) as u64)?;
        }
        if let Some(Value::Array(allowed)) = schema.get("enum") {
            spend(allowed.len() as u64)?;
        }
        if let Value::Array(items) = value
            && schema.contains_key("uniqueItems")
        {
            spend(items.len() as u64 * 2)?;
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            for inner in schema.get(name).and_then(Value::as_array).into_iter().flatten() {
                self.count(inner, value, depth + 1, left)?;
            }
        }
        for name in ["not", "if", "then", "else"] {
            if let Some(inner) = schema.get(name) {
                self.count(inner, value, depth + 1, left)?;
            }
        }
        for name in ["dependentSchemas", "dependencies"] {
            for inner in schema.get(name).and_then(Value::as_object).into_iter().flat_map(Map::values) {
                self.count(inner, value, depth + 1, left)?;
            }
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'))
            && let Some(target) = self.document.pointer(&unescaped(target))
        {
            self.count(target, value, depth + 1, left)?;
        }
        match value {
            Value::Object(members) => self.count_members(schema, members, depth, left),
            Value::Array(items) => self.count_items(schema, items, depth, left),
            _ => Ok(()),
        }
    }

    fn count_members(
        &self,
        schema: &Map<String, Value>,
        members: &Map<String, Value>,
        depth: usize,
        left: &mut u64,
    ) -> Result<(), Unknowable> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (name, member) in members {
            if let Some(inner) = properties.and_then(|properties| properties.get(name)) {
                self.count(inner, member, depth + 1, left)?;
            }
            for inner in patterns.into_iter().flat_map(Map::values) {
                *left = left.checked_sub(PATTERN_COST).ok_or(Unknowable::Steps)?;
                self.count(inner, member, depth + 1, left)?;
            }
            for all in ["additionalProperties", "unevaluatedProperties"] {
                if let Some(inner) = schema.get(all) {
                    self.count(inner, member, depth + 1, left)?;
                }
            }
            if let Some(inner) = schema.get("propertyNames") {
                self.count(inner, &Value::String(name.clone()), depth + 1, left)?;
            }
        }
        Ok(())
    }

    fn count_items(
        &self,
        schema: &Map<String, Value>,
        items: &[Value],
        depth: usize,
        left: &mut u64,
    ) -> Result<(), Unknowable> {
        for (at, item) in items.iter().enumerate() {
            for name in ["items", "contains", "unevaluatedItems", "additionalItems"] {
                match schema.get(name) {
                    Some(inner @ (Value::Object(_) | Value::Bool(_))) => {
                        self.count(inner, item, depth + 1, left)?
                    }
                    Some(Value::Array(each)) => {
                        if let Some(inner) = each.get(at) {
                            self.count(inner, item, depth + 1, left)?;
                        }
                    }
                    _ => {}
                }
            }
            if let Some(inner) = schema.get("prefixItems").and_then(|each| each.get(at)) {
                self.count(inner, item, depth + 1, left)?;
            }
        }
        Ok(())
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(FINDING_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

/// Percent signs in references are of URLs.
fn unescaped(pointer: &str) -> String {
    percent_encoding::percent_decode_str(pointer).decode_utf8_lossy().into_owned()
}

/// `{"$ref": "#…"}` with the definitions that the schema reaches, each in its place.
fn reached(document: &Value, pointer: &str) -> Result<Value, String> {
    let mut found = Value::Object(Map::new());
    let mut wanted = vec![pointer.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(pointer) = wanted.pop() {
        let place = definition(&pointer).to_owned();
        if !seen.insert(place.clone()) {
            continue;
        }
        let Some(schema) = document.pointer(&place) else {
            return Err(format!("there is no schema at `#{}`", shown(&place)));
        };
        each_reference(schema, &mut |reference| {
            if let Some(pointer) = reference.strip_prefix('#') {
                wanted.push(unescaped(pointer));
            }
        });
        put(&mut found, &place, schema.clone())?;
    }
    if let Value::Object(members) = &mut found {
        members.insert("$ref".to_owned(), Value::String(format!("#{pointer}")));
    }
    Ok(found)
}

/// The part of a pointer that names a definition: `/components/schemas/A`, `/definitions/A`, `/$defs/A`.
fn definition(pointer: &str) -> &str {
    let parts = if pointer.starts_with("/components/") { 3 } else { 2 };
    let end = pointer.match_indices('/').nth(parts).map_or(pointer.len(), |(at, _)| at);
    &pointer[..end]
}

fn put(into: &mut Value, pointer: &str, schema: Value) -> Result<(), String> {
    let mut at = into;
    let mut parts = pointer.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let Value::Object(members) = at else {
            return Err(format!("`#{}` stands in another schema", shown(pointer)));
        };
        let part = part.replace("~1", "/").replace("~0", "~");
        match parts.peek() {
            Some(_) => at = members.entry(part).or_insert_with(|| Value::Object(Map::new())),
            None => {
                members.insert(part, schema);
                return Ok(());
            }
        }
    }
    Err("a reference to the whole document cannot be followed".to_owned())
}

fn each_reference<'v>(schema: &'v Value, act: &mut dyn FnMut(&'v str)) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => act(reference),
                    // Values, not schemas.
                    _ if matches!(name.as_str(), "enum" | "const" | "default" | "example" | "examples") => {}
                    member => each_reference(member, act),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, act)),
        _ => {}
    }
}

/// References lead within the document, by place.
fn check_references(schema: &Value) -> Result<(), String> {
    let mut wrong = None;
    each_reference(schema, &mut |reference| {
        let pointer = reference.strip_prefix('#').filter(|it| it.is_empty() || it.starts_with('/'));
        if pointer.and_then(|pointer| schema.pointer(&unescaped(pointer))).is_none() {
            wrong.get_or_insert(reference);
        }
    });
    if let Some(reference) = wrong {
        return Err(format!(
            "the reference `{}` does not lead to a schema of the same document; others are not followed",
            shown(reference)
        ));
    }
    match names_any(schema, &["$dynamicRef", "$recursiveRef", "$id"]) {
        Some(name) => Err(format!("`{name}` is not supported in schemas; refer by `#/…`")),
        None => Ok(()),
    }
}

fn names_any(schema: &Value, names: &[&'static str]) -> Option<&'static str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            // A property may have such a name; as a keyword it is a text.
            let known = names.iter().find(|known| *known == name && member.is_string());
            // The document's own id is of no consequence where nothing refers to it.
            known.copied().filter(|it| *it != "$id").or_else(|| names_any(member, names))
        }),
        Value::Array(items) => items.iter().find_map(|item| names_any(item, names)),
        _ => None,
    }
}

fn in_lower_case(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, member)| (name.to_lowercase(), in_lower_case(member))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(in_lower_case).collect()),
        other => other.clone(),
    }
}

/// Puts what OpenAPI says, and what the document wants, into JSON Schema's words.
struct Words {
    variation: Variation,
}

impl Words {
    fn put(&self, schema: &mut Value) {
        let Value::Object(members) = schema else { return };
        // Ids and versions would change where references lead.
        members.remove("$id");
        members.remove("$schema");
        members.remove("id");
        for (flag, bound, exclusive) in [
            ("exclusiveMinimum", "minimum", "exclusiveMinimum"),
            ("exclusiveMaximum", "maximum", "exclusiveMaximum"),
        ] {
            if let Some(Value::Bool(is)) = members.get(flag).cloned() {
                members.remove(flag);
                if is && let Some(bound) = members.remove(bound) {
                    members.insert(exclusive.to_owned(), bound);
                }
            }
        }
        if members.remove("nullable") == Some(Value::Bool(true)) {
            if let Some(Value::String(one)) = members.get("type").cloned() {
                members.insert("type".to_owned(), vec![one, "null".to_owned()].into());
            }
            if let Some(Value::Array(allowed)) = members.get_mut("enum")
                && !allowed.contains(&Value::Null)
            {
                allowed.push(Value::Null);
            }
        }
        let is_int32 = members.get("format").and_then(Value::as_str) == Some("int32");
        if is_int32 {
            let has = |names: [&str; 2]| names.iter().any(|name| members.contains_key(*name));
            let (min, max) = (has(["minimum", "exclusiveMinimum"]), has(["maximum", "exclusiveMaximum"]));
            if !min {
                members.insert("minimum".to_owned(), i32::MIN.into());
            }
            if !max {
                members.insert("maximum".to_owned(), i32::MAX.into());
            }
        }
        match self.variation.additional {
            Some(false) if members.contains_key("properties") => {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            Some(true) if members.get("additionalProperties") == Some(&Value::Bool(false)) => {
                members.remove("additionalProperties");
            }
            _ => {}
        }
        if self.variation.ignores_case
            && let Some(Value::Array(required)) = members.get_mut("required")
        {
            for name in required {
                if let Value::String(name) = name {
                    *name = name.to_lowercase();
                }
            }
        }
        for (name, member) in members.iter_mut() {
            match name.as_str() {
                "properties" | "patternProperties" | "definitions" | "$defs" | "schemas"
                | "dependentSchemas" => {
                    if let Value::Object(schemas) = member {
                        schemas.values_mut().for_each(|schema| self.put(schema));
                        if name == "properties" && self.variation.ignores_case {
                            let lowered = std::mem::take(schemas);
                            schemas.extend(
                                lowered.into_iter().map(|(name, schema)| (name.to_lowercase(), schema)),
                            );
                        }
                    }
                }
                "enum" | "const" | "default" | "example" | "examples" => {}
                _ => match member {
                    Value::Array(each) => each.iter_mut().for_each(|schema| self.put(schema)),
                    member => self.put(member),
                },
            }
        }
    }
}

/// Line and position, counted from 1, of what a JSON pointer leads to in a text that is JSON.
pub(crate) fn place(text: &str, pointer: &str) -> (usize, usize) {
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let at = Finder { text: text.as_bytes(), at: 0 }.find(&parts).unwrap_or(0);
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

struct Finder<'t> {
    text: &'t [u8],
    at: usize,
}

impl Finder<'_> {
    fn find(&mut self, parts: &[String]) -> Option<usize> {
        for part in parts {
            self.blanks();
            let is_array = match self.text.get(self.at)? {
                b'[' => true,
                b'{' => false,
                _ => return None,
            };
            self.at += 1;
            let mut nth = 0;
            loop {
                self.blanks();
                if matches!(self.text.get(self.at)?, b']' | b'}') {
                    return None;
                }
                let is_it = match is_array {
                    true => part.parse() == Ok(nth),
                    false => {
                        let from = self.at;
                        self.string();
                        let name: String = serde_json::from_slice(self.text.get(from..self.at)?).ok()?;
                        self.blanks();
                        self.at += 1;
                        // Without regard to case, since some schemas are applied so.
                        name == *part || name.to_lowercase() == *part
                    }
                };
                self.blanks();
                if is_it {
                    break;
                }
                self.skip();
                self.blanks();
                self.at += usize::from(self.text.get(self.at) == Some(&b','));
                nth += 1;
            }
        }
        self.blanks();
        Some(self.at)
    }

    fn blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => return,
                _ => {}
            }
        }
    }

    /// Goes behind a value.
    fn skip(&mut self) {
        let mut open = 0;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'"' => {
                    self.string();
                    if open == 0 {
                        return;
                    }
                    continue;
                }
                b'[' | b'{' => open += 1,
                b']' | b'}' if open == 0 => return,
                b']' | b'}' => {
                    open -= 1;
                    if open == 0 {
                        self.at += 1;
                        return;
                    }
                }
                b',' if open == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn schema(document: Value, pointer: &str) -> Schema {
        Schema::new(Arc::new(SchemaDocument::new(document, 1).unwrap()), pointer)
    }

    fn is_right(schema: &Schema, variation: Variation, value: Value) -> bool {
        schema.compiled(variation).unwrap().broken_by(&value).unwrap().is_empty()
    }

    #[test]
    fn schema_is_a_place_in_a_document_with_what_it_refers_to() {
        let document = json!({"components": {"schemas": {
            "Order": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Order"},
                "tag": {"$ref": "#/components/schemas/Tag~1s/properties/name"},
            }},
            "Tag/s": {"properties": {"name": {"type": "string", "maxLength": 2}}},
            "Broken": {"$ref": "https://example.com/x.json"},
        }}});
        let order = schema(document.clone(), "/components/schemas/Order");
        assert!(is_right(&order, Variation::default(), json!({"id": 1, "next": {"id": 2}, "tag": "ab"})));
        let broken = order.compiled(Variation::default()).unwrap();
        let broken = broken.broken_by(&json!({"id": "x", "next": {}, "tag": "abc"})).unwrap();
        let paths: Vec<&str> = broken.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths.len(), 3, "{broken:?}");
        assert!(paths.contains(&"/id") && paths.contains(&"/next") && paths.contains(&"/tag"), "{paths:?}");
        let remote = schema(document.clone(), "/components/schemas/Broken").prepare().unwrap_err();
        assert!(remote.contains("not followed"), "{remote}");
        assert!(schema(document, "/components/schemas/None").prepare().is_err());
    }

    #[test]
    fn words_of_openapi_are_understood() {
        let document = json!({"type": "object", "properties": {
            "n": {"type": "string", "nullable": true, "enum": ["a"]},
            "x": {"type": "integer", "minimum": 1, "exclusiveMinimum": true},
            "i": {"type": "integer", "format": "int32"},
            "d": {"type": "string", "format": "date-time"},
            "b": {"type": "string", "format": "byte"},
        }});
        let all = schema(document, "");
        for (value, right) in [
            (json!({"n": null, "x": 2, "i": 5, "d": "2020-01-01T00:00:00Z", "b": "YQ=="}), true),
            (json!({"n": "b"}), false),
            (json!({"x": 1}), false),
            (json!({"i": 3_000_000_000_u64}), false),
            (json!({"d": "yesterday"}), false),
            (json!({"b": "?"}), false),
        ] {
            assert_eq!(is_right(&all, Variation::default(), value.clone()), right, "{value}");
        }
    }

    #[test]
    fn documents_can_change_what_schemas_say() {
        let strict = schema(json!({"properties": {"Name": {"type": "string"}}, "required": ["Name"]}), "");
        let no_more = Variation { additional: Some(false), ..Variation::default() };
        assert!(is_right(&strict, Variation::default(), json!({"Name": "a", "x": 1})));
        assert!(!is_right(&strict, no_more, json!({"Name": "a", "x": 1})));
        let any_case = Variation { ignores_case: true, ..Variation::default() };
        assert!(!is_right(&strict, Variation::default(), json!({"nAME": "a"})));
        assert!(is_right(&strict, any_case, json!({"nAME": "a"})));
        assert!(!is_right(&strict, any_case, json!({"nAME": 1})));
        let closed = schema(json!({"properties": {"a": {}}, "additionalProperties": false}), "");
        let more = Variation { additional: Some(true), ..Variation::default() };
        assert!(!is_right(&closed, Variation::default(), json!({"x": 1})));
        assert!(is_right(&closed, more, json!({"x": 1})));
    }

    #[test]
    fn schemas_without_end_are_refused() {
        let round = json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}});
        let error = schema(round, "/$defs/a").prepare().unwrap_err();
        assert!(error.contains("deep"), "{error}");
        let later =
            json!({"$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/b"}}}, "b": {"$ref": "#/$defs/b"}}});
        let later = schema(later, "/$defs/a");
        let compiled = later.compiled(Variation::default()).unwrap();
        assert_eq!(compiled.broken_by(&json!({"x": 1})), Err(Unknowable::Depth));
        assert_eq!(compiled.broken_by(&json!({})), Ok(vec![]));
    }

    #[test]
    fn work_is_bounded_before_it_begins() {
        // Each level is validated twice as often as the one above.
        let doubling = json!({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]},
            "b": {"properties": {"x": {"$ref": "#/$defs/a"}}}}});
        let doubling = schema(doubling, "/$defs/a");
        let compiled = doubling.compiled(Variation::default()).unwrap();
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"x": inner}));
        assert_eq!(compiled.broken_by(&nested(5)), Ok(vec![]));
        assert_eq!(compiled.broken_by(&nested(40)), Err(Unknowable::Steps));
        // One application for each item, one for the array.
        let items = schema(json!({"items": {}}), "");
        let compiled = items.compiled(Variation::default()).unwrap();
        let max = usize::try_from(VALIDATION_STEPS_MAX).unwrap();
        assert_eq!(compiled.broken_by(&vec![0; max - 1].into()), Ok(vec![]));
        assert_eq!(compiled.broken_by(&vec![0; max].into()), Err(Unknowable::Steps));
        assert!(SchemaDocument::new(json!({}), SCHEMA_BYTES_MAX).is_ok());
        assert!(SchemaDocument::new(json!({}), SCHEMA_BYTES_MAX + 1).is_err());
    }

    #[test]
    fn places_are_found() {
        let text = "{\n  \"a\": [1, {\"b~/\": \"x,}\"},\n 3], \"c\" : true}";
        for (pointer, expected) in [
            ("", (1, 1)),
            ("/a", (2, 8)),
            ("/a/1/b~0~1", (2, 20)),
            ("/a/2", (3, 2)),
            ("/c", (3, 12)),
            ("/none", (1, 1)),
        ] {
            assert_eq!(place(text, pointer), expected, "{pointer}");
        }
    }
}
