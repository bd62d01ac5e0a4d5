//! Bodies: what requests and responses carry, as representations per media type.
//!
//! One idea: a representation names its schema and shows small examples; forms list their fields.
//! Must not know parameters of other places.

use crate::cursor::Cursor;
use crate::import::{Import, LINKS};
use crate::operation::{Described, Draft};
use crate::parameter::schema_id;
use crate::text::shorten;
use hanse_proto::v1;
use prost::Message as _;
use std::collections::BTreeMap;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";
/// What OpenAPI 2 documents mean when they name no media type.
const JSON: &str = "application/json";
/// What making a representation or response costs at least.
const COST: usize = 32;

impl<'a> Import<'a> {
    /// Representations of `content` (OpenAPI 3).
    /// Inline schemas are called `name`.
    pub(crate) fn contents(&mut self, at: &Cursor<'a>, name: &str) -> Vec<v1::Representation> {
        let list: Vec<_> = at.get("content").iter().flat_map(Cursor::entries).collect();
        self.spend(list.len() * COST);
        let mut out: Vec<v1::Representation> = Vec::new();
        for (content_type, media) in list {
            if self.is_exhausted() {
                break;
            }
            let Some(media) = self.follow(media) else { continue };
            if out.iter().any(|own| own.content_type == content_type.trim()) {
                continue;
            }
            let examples = self.examples(&media);
            let schema = media.get("schema").or_else(|| media.get("itemSchema"));
            out.extend(self.representation(content_type, &media, schema, examples, name));
        }
        out
    }

    /// Representations of a body parameter (OpenAPI 2): one for each media type that is consumed.
    pub(crate) fn body_of_v2(&mut self, draft: &Draft<'a>, body: &Cursor<'a>) -> Vec<v1::Representation> {
        let mut out = Vec::new();
        for content_type in self.media_types(draft, "consumes") {
            let examples = BTreeMap::new();
            let name = format!("{}-request", draft.name());
            out.extend(self.representation(&content_type, body, body.get("schema"), examples, &name));
        }
        out
    }

    /// The representation of form parameters (OpenAPI 2).
    ///
    /// Differs from APIM: they are not lost on import.
    pub(crate) fn form_of_v2(
        &mut self,
        draft: &Draft<'a>,
        form: &[Described<'a>],
    ) -> Vec<v1::Representation> {
        let form_parameters: Vec<v1::Parameter> =
            form.iter().map(|described| self.parameter(described, described.name)).collect();
        let told = self.media_types(draft, "consumes");
        let mut content_types: Vec<String> = told.into_iter().filter(|told| is_form(told)).collect();
        if content_types.is_empty() {
            let has_file = form_parameters.iter().any(|parameter| parameter.r#type == "file");
            content_types.push(if has_file { MULTIPART } else { FORM }.to_owned());
        }
        let mut out = Vec::new();
        for content_type in content_types {
            if self.is_exhausted() {
                break;
            }
            let made = v1::Representation {
                content_type,
                form_parameters: form_parameters.clone(),
                ..Default::default()
            };
            self.spend(COST + made.encoded_len());
            out.push(made);
        }
        out
    }

    /// All responses that have a status code.
    pub(crate) fn responses(&mut self, draft: &Draft<'a>) -> Vec<v1::OperationResponse> {
        let list: Vec<_> = draft.at.get("responses").iter().flat_map(Cursor::entries).collect();
        self.spend(list.len() * COST);
        let mut out = Vec::new();
        for (code, response) in list {
            if code.starts_with("x-") || self.is_exhausted() {
                continue;
            }
            let Some(status_code) = status_code(code) else {
                self.unnumbered_responses += 1;
                continue;
            };
            let Some(response) = self.follow(response).filter(Cursor::is_mapping) else { continue };
            self.ignore(&response, "links", LINKS);
            let name = format!("{}-{status_code}", draft.name());
            let made = v1::OperationResponse {
                status_code,
                description: self.description(&response, "description"),
                headers: self.response_headers(&response),
                representations: self.response_contents(draft, &response, &name),
            };
            self.spend(COST + made.encoded_len());
            out.push(made);
        }
        out
    }

    fn response_contents(
        &mut self,
        draft: &Draft<'a>,
        response: &Cursor<'a>,
        name: &str,
    ) -> Vec<v1::Representation> {
        if response.has("content") {
            return self.contents(response, name);
        }
        let (schema, examples) = (response.get("schema"), response.get("examples"));
        if schema.is_none() && examples.is_none() {
            return Vec::new();
        }
        let mut out = Vec::new();
        for content_type in self.media_types(draft, "produces") {
            let example = examples.as_ref().and_then(|examples| examples.get(&content_type));
            let value = example.and_then(|example| self.example_value(&example));
            let examples = value
                .map(|value| {
                    BTreeMap::from([("default".to_owned(), v1::Example { value, ..Default::default() })])
                })
                .unwrap_or_default();
            out.extend(self.representation(&content_type, response, schema.clone(), examples, name));
        }
        out
    }

    fn representation(
        &mut self,
        content_type: &str,
        at: &Cursor<'a>,
        schema: Option<Cursor<'a>>,
        mut examples: BTreeMap<String, v1::Example>,
        name: &str,
    ) -> Option<v1::Representation> {
        if content_type.trim().is_empty() || self.is_exhausted() {
            return None;
        }
        let mut form_parameters = Vec::new();
        if is_form(content_type) {
            form_parameters = schema.as_ref().map(|schema| self.form_parameters(schema)).unwrap_or_default();
            if form_parameters.is_empty() {
                self.findings.warn(
                    at,
                    format!(
                        "`{}` has no properties that could be fields of a form; it is left out",
                        shorten(content_type)
                    ),
                );
                return None;
            }
        }
        let resolved = schema.clone().and_then(|schema| self.follow(schema));
        let example = resolved.and_then(|schema| schema.get("example"));
        if let (true, Some(example)) = (examples.is_empty(), example)
            && let Some(value) = self.example_value(&example)
        {
            examples.insert("default".to_owned(), v1::Example { value, ..Default::default() });
        }
        // Fields of a form say what its schema would.
        let type_name = match schema.filter(|_| form_parameters.is_empty()) {
            Some(schema) => self.body_type_name(&schema, name),
            None => String::new(),
        };
        let made = v1::Representation {
            content_type: content_type.trim().to_owned(),
            schema_id: schema_id(&type_name),
            type_name,
            form_parameters,
            examples,
        };
        self.spend(COST + made.encoded_len());
        Some(made)
    }

    /// Media types of an OpenAPI 2 operation, else of the document, else JSON.
    fn media_types(&self, draft: &Draft<'a>, key: &str) -> Vec<String> {
        let root = Cursor::root(self.root);
        let list = draft.at.get(key).or_else(|| root.get(key));
        let mut out: Vec<String> = Vec::new();
        for item in list.iter().flat_map(Cursor::items) {
            let Some(text) = item.node.as_str().map(str::trim).filter(|text| !text.is_empty()) else {
                continue;
            };
            if !out.iter().any(|own| own == text) && out.len() < MEDIA_TYPES_MAX {
                out.push(text.to_owned());
            }
        }
        if out.is_empty() {
            out.push(JSON.to_owned());
        }
        out
    }
}

/// Media types of one OpenAPI 2 operation that are looked at.
const MEDIA_TYPES_MAX: usize = 50;

pub(crate) fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(FORM) || essence.eq_ignore_ascii_case(MULTIPART)
}

/// `200`; `None` for `default` and `2XX`.
fn status_code(code: &str) -> Option<i32> {
    if code.len() != 3 {
        return None;
    }
    code.parse().ok().filter(|code| (100..=599).contains(code))
}
