//! Bodies of requests and responses, per media type.
//!
//! One idea: a representation is a media type with a schema, or a form with its fields as properties.
//! Must not know parameters of other places.

use super::schemas::Schemas;
use super::{Fields, Version, parameter};
use crate::body::is_form;
use hanse_manifest::Tree;
use hanse_proto::v1;

/// `requestBody` (OpenAPI 3).
pub(super) fn request(out: &mut Fields, request: &v1::OperationRequest, schemas: &Schemas<'_>) {
    if request.representations.is_empty() && request.description.is_empty() {
        return;
    }
    let mut body = Fields::default();
    body.text_if("description", &request.description);
    body.put("content", content(&request.representations, schemas));
    out.put("requestBody", body.tree());
}

/// The body as parameters (OpenAPI 2): the fields of a form, or one schema for all media types.
pub(super) fn request_of_v2(
    parameters: &mut Vec<Tree>,
    request: &v1::OperationRequest,
    schemas: &Schemas<'_>,
) {
    if let Some(form) = request.representations.iter().find(|one| is_form(&one.content_type)) {
        let fields = form.form_parameters.iter();
        parameters.extend(fields.map(|own| parameter::parameter(own, &own.name, "formData", schemas)));
    } else if let Some(first) = request.representations.first() {
        let mut body = Fields::default();
        body.text("name", "body");
        body.text("in", "body");
        body.text_if("description", &request.description);
        let schema = schemas.reference(&first.schema_id, &first.type_name);
        body.put("schema", schema.unwrap_or(Tree::Map(Vec::new())));
        parameters.push(body.tree());
    }
}

/// `consumes` and `produces` of an operation (OpenAPI 2).
pub(super) fn media_types<'a>(
    out: &mut Fields,
    key: &str,
    representations: impl IntoIterator<Item = &'a v1::Representation>,
) {
    let mut list: Vec<&str> = Vec::new();
    for one in representations {
        if !list.contains(&one.content_type.as_str()) {
            list.push(&one.content_type);
        }
    }
    out.some(key, Tree::List(list.into_iter().map(Tree::text).collect()));
}

/// `responses`; at least one, as the specification has it.
pub(super) fn responses(responses: &[v1::OperationResponse], schemas: &Schemas<'_>) -> Tree {
    let mut out = Fields::default();
    for response in responses {
        let code = response.status_code.to_string();
        if out.has(&code) {
            continue;
        }
        out.put(code, response_tree(response, schemas));
    }
    if responses.is_empty() {
        out.put("default", Tree::Map(vec![("description".to_owned(), Tree::text("Any answer."))]));
    }
    out.tree()
}

fn response_tree(response: &v1::OperationResponse, schemas: &Schemas<'_>) -> Tree {
    let mut out = Fields::default();
    out.text("description", &response.description);
    let mut headers = Fields::default();
    for own in &response.headers {
        if !headers.has(&own.name) {
            headers.put(own.name.clone(), parameter::header(own, schemas));
        }
    }
    out.some("headers", headers.tree());
    match schemas.version {
        Version::V3 => out.some("content", content(&response.representations, schemas)),
        Version::V2 => {
            let named = response.representations.iter();
            let mut named = named.filter_map(|one| schemas.reference(&one.schema_id, &one.type_name));
            if let Some(schema) = named.next() {
                out.put("schema", schema);
            }
            let mut examples = Fields::default();
            for one in &response.representations {
                if let (Some(example), false) =
                    (one.examples.values().next(), examples.has(&one.content_type))
                {
                    examples.put(one.content_type.clone(), value(&example.value));
                }
            }
            out.some("examples", examples.tree());
        }
    }
    out.tree()
}

fn content(representations: &[v1::Representation], schemas: &Schemas<'_>) -> Tree {
    let mut out = Fields::default();
    for one in representations {
        if out.has(&one.content_type) {
            continue;
        }
        let mut media = Fields::default();
        if is_form(&one.content_type) && !one.form_parameters.is_empty() {
            media.put("schema", form(&one.form_parameters, schemas));
        } else if let Some(schema) = schemas.reference(&one.schema_id, &one.type_name) {
            media.put("schema", schema);
        }
        parameter::examples(&mut media, &one.examples, value);
        out.put(one.content_type.clone(), media.tree());
    }
    out.tree()
}

fn form(fields: &[v1::Parameter], schemas: &Schemas<'_>) -> Tree {
    let mut out = Fields::default();
    out.text("type", "object");
    let required = fields.iter().filter(|own| own.required).map(|own| Tree::text(&own.name));
    out.some("required", Tree::List(required.collect()));
    let mut properties = Fields::default();
    for own in fields {
        if !properties.has(&own.name) {
            properties.put(own.name.clone(), parameter::property(own, schemas));
        }
    }
    out.put("properties", properties.tree());
    out.tree()
}

/// An example of a body: structured where it is JSON.
fn value(text: &str) -> Tree {
    parameter::json(text).map_or_else(|| Tree::text(text), Tree::from)
}
