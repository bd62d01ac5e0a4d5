//! Parameters: type, default, allowed values and examples, from a parameter or its schema.
//!
//! One idea: the model keeps what helps a reader (a type name, a default, the allowed values);
//! schemas themselves are not kept. Must not know where a parameter is sent.

use crate::SCHEMA_ID;
use crate::cursor::Cursor;
use crate::import::Import;
use crate::operation::Described;
use crate::text::{shorten, value_text};
use hanse_proto::v1;
use prost::Message as _;
use std::collections::BTreeMap;

/// A default or an example has at most this many bytes.
pub(crate) const VALUE_BYTES_MAX: usize = 4 * 1024;
/// Allowed values of one parameter have together at most this many bytes.
const VALUES_BYTES_MAX: usize = 16 * 1024;
/// What making a parameter costs at least.
pub(crate) const PARAMETER_COST: usize = 64;

/// What a schema says of a value.
#[derive(Debug, Default)]
struct Facts {
    r#type: String,
    type_name: String,
    default_value: String,
    values: Vec<String>,
    description: String,
    example: Option<String>,
}

/// The schema resource of an import, for who refers to a schema in it.
pub(crate) fn schema_id(type_name: &str) -> String {
    if type_name.is_empty() { String::new() } else { SCHEMA_ID.to_owned() }
}

impl<'a> Import<'a> {
    /// A parameter under the name it has in the model.
    pub(crate) fn parameter(&mut self, described: &Described<'a>, name: &str) -> v1::Parameter {
        if self.is_exhausted() {
            return v1::Parameter::default();
        }
        let at = &described.at;
        let facts = self.facts_of(at);
        let mut parameter = v1::Parameter {
            name: name.to_owned(),
            r#type: facts.r#type,
            description: self.description(at, "description"),
            default_value: facts.default_value,
            required: at.flag("required"),
            values: facts.values,
            schema_id: schema_id(&facts.type_name),
            type_name: facts.type_name,
            examples: self.examples(at),
        };
        if parameter.description.is_empty() {
            parameter.description = facts.description;
        }
        self.spend(PARAMETER_COST + parameter.encoded_len());
        parameter
    }

    /// Headers of a response.
    pub(crate) fn response_headers(&mut self, response: &Cursor<'a>) -> Vec<v1::Parameter> {
        let list: Vec<_> = response.get("headers").iter().flat_map(Cursor::entries).collect();
        self.spend(list.len() * PARAMETER_COST);
        let mut out = Vec::new();
        for (name, header) in list {
            // The specification has it ignored; a representation says it.
            let is_said_elsewhere = name.eq_ignore_ascii_case("content-type");
            if is_said_elsewhere || !crate::text::is_token(name) || self.is_exhausted() {
                continue;
            }
            let Some(at) = self.follow(header).filter(Cursor::is_mapping) else { continue };
            out.push(self.parameter(&Described { at, name }, name));
        }
        out
    }

    /// Properties of an object as parameters of a form.
    pub(crate) fn form_parameters(&mut self, schema: &Cursor<'a>) -> Vec<v1::Parameter> {
        let Some(schema) = self.follow(schema.clone()) else { return Vec::new() };
        let required: Vec<&str> = schema
            .get("required")
            .iter()
            .flat_map(Cursor::items)
            .filter_map(|item| item.node.as_str())
            .collect();
        let properties: Vec<_> = schema.get("properties").iter().flat_map(Cursor::entries).collect();
        self.spend(properties.len() * PARAMETER_COST);
        let mut out = Vec::new();
        for (name, property) in properties {
            if name.is_empty() || self.is_exhausted() {
                continue;
            }
            let mut facts = self.facts(&property);
            if facts.r#type == "string" && is_binary(&property) {
                facts.r#type = "file".to_owned();
            }
            let parameter = v1::Parameter {
                name: name.to_owned(),
                r#type: facts.r#type,
                description: facts.description,
                default_value: facts.default_value,
                required: required.contains(&name),
                values: facts.values,
                schema_id: schema_id(&facts.type_name),
                type_name: facts.type_name,
                examples: facts.example.map(default_example).unwrap_or_default(),
            };
            self.spend(PARAMETER_COST + parameter.encoded_len());
            out.push(parameter);
        }
        out
    }

    /// `example` and `examples` of a parameter, header or media type, as far as they are small.
    pub(crate) fn examples(&mut self, at: &Cursor<'a>) -> BTreeMap<String, v1::Example> {
        if let Some(example) = at.get("example") {
            return self.example_value(&example).map(default_example).unwrap_or_default();
        }
        let mut out = BTreeMap::new();
        let list: Vec<_> = at.get("examples").iter().flat_map(Cursor::entries).collect();
        self.spend(list.len() * PARAMETER_COST);
        for (name, example) in list {
            if self.is_exhausted() {
                break;
            }
            let Some(example) = self.follow(example).filter(Cursor::is_mapping) else { continue };
            let value = ["value", "dataValue", "serializedValue"].iter().find_map(|key| example.get(key));
            let made = v1::Example {
                summary: self.description(&example, "summary"),
                description: self.description(&example, "description"),
                value: value.and_then(|value| self.example_value(&value)).unwrap_or_default(),
                external_value: example.text_or_empty("externalValue"),
            };
            self.spend(PARAMETER_COST + made.encoded_len());
            if made != v1::Example::default() {
                out.insert(name.to_owned(), made);
            }
        }
        out
    }

    /// An example as text if it is small enough.
    pub(crate) fn example_value(&mut self, at: &Cursor<'a>) -> Option<String> {
        let value = value_text(at.node, VALUE_BYTES_MAX);
        if value.is_none() && !at.node.is_null() {
            self.findings
                .warn(at, format!("the example has more than {VALUE_BYTES_MAX} bytes and is left out"));
        }
        self.spend(value.as_ref().map_or(0, String::len));
        value
    }

    /// Facts of a parameter or header: of its schema, its content's schema, or (2.0) itself.
    fn facts_of(&mut self, at: &Cursor<'a>) -> Facts {
        let content = at.get("content").and_then(|content| content.entries().next());
        let content = content.and_then(|(_, media)| self.follow(media)).and_then(|media| media.get("schema"));
        match at.get("schema").or(content) {
            Some(schema) => self.facts(&schema),
            None => Facts { description: String::new(), ..self.facts(at) },
        }
    }

    fn facts(&mut self, schema: &Cursor<'a>) -> Facts {
        let type_name = self.type_name(schema);
        let Some(schema) = self.follow(schema.clone()) else {
            return Facts { r#type: "string".to_owned(), type_name, ..Default::default() };
        };
        let default_value = match schema.get("default") {
            Some(default) => self.default_value(&default),
            None => String::new(),
        };
        Facts {
            r#type: type_of(&schema),
            type_name,
            default_value,
            values: self.values(&schema),
            description: self.description(&schema, "description"),
            example: schema.get("example").and_then(|example| self.example_value(&example)),
        }
    }

    fn default_value(&mut self, at: &Cursor<'a>) -> String {
        let value = value_text(at.node, VALUE_BYTES_MAX);
        if value.is_none() && !at.node.is_null() {
            self.findings
                .warn(at, format!("the default has more than {VALUE_BYTES_MAX} bytes and is left out"));
        }
        value.unwrap_or_default()
    }

    /// Allowed values; those of the items where a list is sent.
    fn values(&mut self, schema: &Cursor<'a>) -> Vec<String> {
        let items = schema.get("items").and_then(|items| self.follow(items));
        let list = schema.get("enum").or_else(|| items.and_then(|items| items.get("enum")));
        let Some(list) = list else { return Vec::new() };
        let mut out = Vec::new();
        let mut left = VALUES_BYTES_MAX;
        for item in list.items() {
            let Some(value) = value_text(item.node, left) else {
                if item.node.is_null() {
                    continue;
                }
                self.findings.warn(
                    &list,
                    format!(
                        "the allowed values have more than {VALUES_BYTES_MAX} bytes; those from `{}` on are left out",
                        shorten(item.node.scalar_text().unwrap_or("…"))
                    ),
                );
                break;
            };
            // Empty values cost as well.
            left = left.saturating_sub(value.len() + 1);
            out.push(value);
        }
        out
    }
}

/// The one example of something, as text.
pub(crate) fn default_example(value: String) -> BTreeMap<String, v1::Example> {
    BTreeMap::from([("default".to_owned(), v1::Example { value, ..Default::default() })])
}

/// Whether a field of a form is a file: OpenAPI 3 says so by a format, OpenAPI 2 by a type.
fn is_binary(property: &Cursor<'_>) -> bool {
    property.text("format") == Some("binary")
}

/// The type a reader is told: the first one that is not null, or what the schema looks like.
fn type_of(schema: &Cursor<'_>) -> String {
    let told = schema.get("type");
    let told = told.as_ref().and_then(|told| {
        told.node.as_str().map(str::to_owned).or_else(|| {
            told.items().filter_map(|item| item.node.as_str()).find(|item| *item != "null").map(str::to_owned)
        })
    });
    let told = told.filter(|told| !told.is_empty() && told.len() <= 100);
    told.unwrap_or_else(|| {
        let guess = if schema.has("properties") {
            "object"
        } else if schema.has("items") {
            "array"
        } else {
            "string"
        };
        guess.to_owned()
    })
}
