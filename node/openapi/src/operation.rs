//! Operations: method, template, texts and where each parameter goes.
//!
//! One idea: parameters are first merged (those of the path under those of the operation), then
//! dealt out to template, query, headers and body. Must not know other operations.

use crate::Translate;
use crate::cursor::Cursor;
use crate::edition::Edition;
use crate::id;
use crate::import::{DISPLAY_NAME_CHARS_MAX, Import};
use crate::parameter::PARAMETER_COST;
use crate::template::{TEMPLATE_CHARS_MAX, Template};
use crate::text::{cut, is_token, one_line, shorten};
use hanse_proto::v1;
use prost::Message as _;
use std::collections::BTreeMap;

/// Descriptions of operations, and of what they are made of, have at most this many characters.
pub(crate) const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// Methods that path items have, as requests spell them. `query` is new in 3.2.
pub(crate) const METHODS: &[&str] =
    &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"];
/// Methods whose requests have no body in the model.
const BODYLESS: &[&str] = &["GET", "HEAD", "OPTIONS"];

/// One method of one path, before it is read.
pub(crate) struct Draft<'a> {
    /// Key in `paths`.
    pub(crate) key: &'a str,
    /// As requests spell it.
    pub(crate) method: String,
    pub(crate) at: Cursor<'a>,
    /// Lists of parameters that all methods of the path share.
    pub(crate) shared: Vec<Cursor<'a>>,
}

impl Draft<'_> {
    /// What inline schemas of the operation are named after.
    pub(crate) fn name(&self) -> String {
        let given = id::clean_name(self.at.text("operationId").unwrap_or_default());
        let made_up = || id::clean_name(&format!("{}{}", self.method.to_ascii_lowercase(), self.key));
        if given.is_empty() { made_up() } else { given }
    }
}

/// A parameter of the document with references followed.
#[derive(Clone)]
pub(crate) struct Described<'a> {
    pub(crate) at: Cursor<'a>,
    pub(crate) name: &'a str,
}

/// Parameters by where they are sent, each list in the order of the document.
#[derive(Default)]
struct Sorted<'a> {
    path: Vec<Described<'a>>,
    query: Vec<Described<'a>>,
    header: Vec<Described<'a>>,
    form: Vec<Described<'a>>,
    body: Option<Described<'a>>,
}

impl<'a> Import<'a> {
    /// The operation; `None` when it cannot be one, which is told.
    pub(crate) fn operation(&mut self, draft: &Draft<'a>) -> Option<v1::Operation> {
        let mut sorted = self.sorted(draft);
        let mut template = Template::parse(draft.key);
        for note in std::mem::take(&mut template.notes) {
            self.findings.warn(&draft.at, note);
        }
        let mut request = v1::OperationRequest::default();
        let (required, optional) = self.split_query(&mut template, std::mem::take(&mut sorted.query));
        if template.is_too_long() {
            self.findings.warn(
                &draft.at,
                format!("the URL template has more than {TEMPLATE_CHARS_MAX} characters; the operation is left out"),
            );
            return None;
        }
        for note in std::mem::take(&mut template.notes) {
            self.findings.warn(&draft.at, note);
        }
        let template_parameters = self.template_parameters(draft, &template, &sorted.path, &required);
        request.query_parameters =
            optional.iter().map(|described| self.parameter(described, described.name)).collect();
        request.headers = self.headers(&sorted.header);
        self.body(draft, &sorted, &mut request);
        self.ignore_parts_of_operation(&draft.at);
        let operation = v1::Operation {
            display_name: self.display_name(draft, &template),
            method: draft.method.clone(),
            url_template: template.url(),
            template_parameters,
            description: self.description(&draft.at, "description"),
            request: (request != v1::OperationRequest::default()).then_some(request),
            responses: self.responses(draft),
        };
        if draft.at.has("servers") {
            self.findings
                .warn(&draft.at, "servers of an operation are not supported; the API's own one is used");
        }
        self.spend(operation.encoded_len());
        Some(operation)
    }

    fn display_name(&mut self, draft: &Draft<'a>, template: &Template) -> String {
        let given = ["summary", "operationId"]
            .iter()
            .filter_map(|key| draft.at.text(key).map(one_line))
            .find(|text| !text.is_empty());
        let name = given.unwrap_or_else(|| format!("{} {}", draft.method, template.url()));
        let (name, was_cut) = cut(&name, DISPLAY_NAME_CHARS_MAX);
        if was_cut {
            self.findings
                .warn(&draft.at, format!("the display name is cut to {DISPLAY_NAME_CHARS_MAX} characters"));
        }
        name
    }

    /// The text under `key`, cut to what a description may have.
    pub(crate) fn description(&mut self, at: &Cursor<'a>, key: &str) -> String {
        let Some(text) = at.text(key) else { return String::new() };
        let (text, was_cut) = cut(text, DESCRIPTION_CHARS_MAX);
        if was_cut {
            let place = at.get(key).unwrap_or_else(|| at.clone());
            self.findings.warn(&place, format!("the {key} is cut to {DESCRIPTION_CHARS_MAX} characters"));
        }
        text
    }

    /// All parameters: those of the path, replaced by those of the operation with the same name and place.
    fn sorted(&mut self, draft: &Draft<'a>) -> Sorted<'a> {
        let mut all: Vec<(&'a str, Described<'a>)> = Vec::new();
        let mut places: BTreeMap<(&'a str, String), usize> = BTreeMap::new();
        let own = draft.at.get("parameters");
        for list in draft.shared.iter().chain(&own) {
            for item in list.items() {
                self.spend(PARAMETER_COST);
                if self.is_exhausted() {
                    return Sorted::default();
                }
                let Some(at) = self.follow(item) else { continue };
                let (Some(name), Some(place)) = (at.text("name"), at.text("in")) else { continue };
                if name.is_empty() {
                    self.findings.warn(&at, "a parameter without a name is left out");
                    continue;
                }
                // Header names are the same whatever their case.
                let key = if place == "header" { name.to_ascii_lowercase() } else { name.to_owned() };
                let described = Described { at, name };
                match places.get(&(place, key.clone())) {
                    Some(index) => all[*index] = (place, described),
                    None => {
                        places.insert((place, key), all.len());
                        all.push((place, described));
                    }
                }
            }
        }
        let mut sorted = Sorted::default();
        for (place, described) in all {
            self.sort(&mut sorted, place, described);
        }
        sorted
    }

    fn sort(&mut self, sorted: &mut Sorted<'a>, place: &str, described: Described<'a>) {
        match (place, self.edition) {
            ("path", _) => sorted.path.push(described),
            ("query", _) => sorted.query.push(described),
            ("header", _) => sorted.header.push(described),
            ("formData", Edition::V2) => sorted.form.push(described),
            ("body", Edition::V2) => sorted.body = Some(described),
            ("cookie", _) => self.findings.warn(
                &described.at,
                format!(
                    "cookie parameter `{}` is left out; cookies are passed on all the same",
                    shorten(described.name)
                ),
            ),
            ("querystring", _) => self.findings.warn(
                &described.at,
                format!("`{}` describes the whole query string, which is left out", shorten(described.name)),
            ),
            // The check has told that there is no such place.
            _ => {}
        }
    }

    /// Query parameters that join the template (with their names there), and the others.
    fn split_query(
        &mut self,
        template: &mut Template,
        mut query: Vec<Described<'a>>,
    ) -> (Vec<(String, Described<'a>)>, Vec<Described<'a>>) {
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        let joins = self.options.translate_required_query_parameters == Translate::Template;
        if joins {
            // Names are the same whatever their case, and the one that is required counts.
            query.sort_by_key(|described| !described.at.flag("required"));
        }
        for described in query {
            if template.has_query(described.name) {
                // A path that asks for it itself, as `/add?a={a}`.
                required.push((described.name.to_owned(), described));
                continue;
            }
            if !joins || !described.at.flag("required") || template.is_too_long() {
                optional.push(described);
                continue;
            }
            match template.require_query(described.name) {
                Some(name) => required.push((name, described)),
                None => {
                    self.findings.warn(
                        &described.at,
                        format!(
                            "query parameter `{}` cannot stand in a URL template; requests match without it",
                            shorten(described.name)
                        ),
                    );
                    optional.push(described);
                }
            }
        }
        (required, optional)
    }

    /// One parameter for every name of the template, described as far as the document does.
    fn template_parameters(
        &mut self,
        draft: &Draft<'a>,
        template: &Template,
        path: &[Described<'a>],
        required: &[(String, Described<'a>)],
    ) -> Vec<v1::Parameter> {
        let mut used = vec![false; path.len()];
        let by_path_name: BTreeMap<&str, usize> =
            path.iter().enumerate().map(|(index, described)| (described.name, index)).collect();
        let mut out = Vec::new();
        for parameter in &template.parameters {
            let by_name = |name: &str| parameter.documented.iter().any(|own| own == name);
            let query = required
                .iter()
                .find(|(name, described)| *name == parameter.name || by_name(described.name))
                .map(|(_, described)| described.clone());
            let mut found = None;
            for index in parameter.documented.iter().filter_map(|name| by_path_name.get(name.as_str())) {
                used[*index] = true;
                found.get_or_insert_with(|| path[*index].clone());
            }
            let mixed = parameter.documented.len() > 1 && !parameter.documented.contains(&parameter.name);
            let described = if parameter.is_query { query.or(found) } else { found.or(query) };
            let mut made = match &described {
                Some(described) => self.parameter(described, &parameter.name),
                None => {
                    if !parameter.documented.is_empty() {
                        self.findings.warn(
                            &draft.at,
                            format!(
                                "parameter `{}` of the path is not described; it is taken as text",
                                shorten(&parameter.name)
                            ),
                        );
                    }
                    v1::Parameter {
                        name: parameter.name.clone(),
                        r#type: "string".to_owned(),
                        ..Default::default()
                    }
                }
            };
            if mixed {
                // Several values in one segment are text, whatever each of them is.
                made = v1::Parameter {
                    name: made.name,
                    r#type: "string".to_owned(),
                    description: made.description,
                    ..Default::default()
                };
            }
            made.required = true;
            out.push(made);
        }
        for (described, used) in path.iter().zip(used) {
            if !used {
                self.findings.warn(
                    &described.at,
                    format!("the path has no `{{{}}}`; the parameter is left out", shorten(described.name)),
                );
            }
        }
        out
    }

    /// Header parameters whose names can be headers.
    fn headers(&mut self, headers: &[Described<'a>]) -> Vec<v1::Parameter> {
        let mut out = Vec::new();
        for described in headers {
            // The specification has these three ignored: other parts of a document say them.
            if ["accept", "content-type", "authorization"]
                .contains(&described.name.to_ascii_lowercase().as_str())
            {
                continue;
            }
            if is_token(described.name) {
                out.push(self.parameter(described, described.name));
            }
        }
        out
    }

    /// What the request carries.
    fn body(&mut self, draft: &Draft<'a>, sorted: &Sorted<'a>, request: &mut v1::OperationRequest) {
        let body = if self.edition == Edition::V2 { None } else { draft.at.get("requestBody") };
        let has_body = body.is_some() || sorted.body.is_some() || !sorted.form.is_empty();
        if has_body && BODYLESS.contains(&draft.method.as_str()) {
            self.findings
                .warn(&draft.at, format!("a {} has no body; its description is left out", draft.method));
            return;
        }
        if let Some(body) = body.and_then(|body| self.follow(body)) {
            request.description = self.description(&body, "description");
            request.representations = self.contents(&body, &format!("{}-request", draft.name()));
            return;
        }
        if let Some(body) = &sorted.body {
            request.description = self.description(&body.at, "description");
            request.representations = self.body_of_v2(draft, &body.at);
            return;
        }
        if !sorted.form.is_empty() {
            request.representations = self.form_of_v2(draft, &sorted.form);
        }
    }
}
