//! Parameters, headers and fields of forms: a type, a default, allowed values and examples.
//!
//! One idea: text is written in the type it stands for where reading that gives the same text again.
//! Must not know which operation a parameter belongs to.

use super::schemas::Schemas;
use super::{Fields, Version};
use hanse_manifest::Tree;
use hanse_proto::v1;
use std::collections::BTreeMap;

/// A parameter under the name that it has in a request.
pub(super) fn parameter(own: &v1::Parameter, name: &str, place: &str, schemas: &Schemas<'_>) -> Tree {
    let mut out = Fields::default();
    out.text("name", name);
    out.text("in", place);
    if own.required || place == "path" {
        out.put("required", Tree::Bool(true));
    }
    out.text_if("description", &own.description);
    match schemas.version {
        Version::V3 => {
            out.put("schema", schema(own, schemas));
            examples(&mut out, &own.examples, |value| typed(value, &own.r#type));
        }
        // OpenAPI 2 has no examples of parameters, and no objects but in a body.
        Version::V2 => facts(&mut out, own, if own.r#type == "object" { "string" } else { &own.r#type }),
    }
    out.tree()
}

/// A header of a response.
pub(super) fn header(own: &v1::Parameter, schemas: &Schemas<'_>) -> Tree {
    let mut out = Fields::default();
    out.text_if("description", &own.description);
    match schemas.version {
        Version::V3 => {
            if own.required {
                out.put("required", Tree::Bool(true));
            }
            out.put("schema", schema(own, schemas));
            examples(&mut out, &own.examples, |value| typed(value, &own.r#type));
        }
        Version::V2 => facts(&mut out, own, if own.r#type == "object" { "string" } else { &own.r#type }),
    }
    out.tree()
}

/// A field of a form as a property (OpenAPI 3).
pub(super) fn property(own: &v1::Parameter, schemas: &Schemas<'_>) -> Tree {
    if let Some(reference) = schemas.reference(&own.schema_id, &own.type_name) {
        return reference;
    }
    let mut out = Fields::default();
    if own.r#type == "file" {
        out.text("type", "string");
        out.text("format", "binary");
    } else {
        facts(&mut out, own, &own.r#type);
    }
    out.text_if("description", &own.description);
    if let Some(example) = own.examples.get("default") {
        out.put("example", typed(&example.value, &own.r#type));
    }
    out.tree()
}

fn schema(own: &v1::Parameter, schemas: &Schemas<'_>) -> Tree {
    schemas.reference(&own.schema_id, &own.type_name).unwrap_or_else(|| {
        let mut out = Fields::default();
        facts(&mut out, own, &own.r#type);
        out.tree()
    })
}

fn facts(out: &mut Fields, own: &v1::Parameter, r#type: &str) {
    out.text("type", r#type);
    let is_array = r#type == "array";
    let values = own.values.iter().map(|value| typed(value, if is_array { "string" } else { r#type }));
    let values = Tree::List(values.collect());
    if is_array {
        let mut items = Fields::default();
        items.text("type", "string");
        items.some("enum", values);
        out.put("items", items.tree());
    } else {
        out.some("enum", values);
    }
    if !own.default_value.is_empty() {
        out.put("default", typed(&own.default_value, r#type));
    }
}

/// `example` or `examples` of a parameter, a header or a media type.
pub(super) fn examples(
    out: &mut Fields,
    examples: &BTreeMap<String, v1::Example>,
    value: impl Fn(&str) -> Tree,
) {
    if let (1, Some(only)) = (examples.len(), examples.get("default"))
        && *only == (v1::Example { value: only.value.clone(), ..Default::default() })
    {
        return out.put("example", value(&only.value));
    }
    let mut list = Fields::default();
    for (name, example) in examples {
        let mut one = Fields::default();
        one.text_if("summary", &example.summary);
        one.text_if("description", &example.description);
        if !example.value.is_empty() || example.external_value.is_empty() {
            one.put("value", value(&example.value));
        }
        one.text_if("externalValue", &example.external_value);
        list.put(name, one.tree());
    }
    out.some("examples", list.tree());
}

/// A text as a value of its type, if reading that gives the same text.
pub(super) fn typed(text: &str, r#type: &str) -> Tree {
    let is_wanted = |json: &serde_json::Value| match r#type {
        "integer" | "number" => json.is_number(),
        "boolean" => json.is_boolean(),
        "array" | "object" => json.is_array() || json.is_object(),
        _ => false,
    };
    json(text).filter(is_wanted).map_or_else(|| Tree::text(text), Tree::from)
}

/// A text as the JSON that it is the shortest spelling of.
pub(super) fn json(text: &str) -> Option<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let spelled = json.to_string();
    (!json.is_null() && !json.is_string() && spelled == text).then_some(json)
}
