//! WADL: resources and their methods become operations.
//!
//! One idea: a method below nested resources is an operation whose template is their paths joined.
//! References within the document are not followed, so none can lead in circles. Must not know files.

use crate::specification::Operations;
use crate::xml::{self, Element};
use hanse_proto::v1::{Operation, OperationRequest, OperationResponse, Parameter, Representation};
use std::collections::BTreeSet;

/// Characters of a template, as the model has it.
const TEMPLATE_CHARS_MAX: usize = 1_000;

/// The operations of a document with their ids, and what was left out.
///
/// # Errors
/// Why nothing can be read from it.
pub(crate) fn read(text: &str) -> Result<(Operations, Vec<String>), String> {
    let root = xml::read(text)?;
    if root.name != "application" {
        return Err(format!("the root is `{}`; a WADL document begins with `application`", root.name));
    }
    let mut reading = Reading::default();
    for resources in root.all("resources") {
        for resource in resources.all("resource") {
            reading.resource(resource, "", &[]);
        }
    }
    if root.all("grammars").any(|it| !it.children.is_empty()) {
        reading.notes.push("grammars are not kept".to_owned());
    }
    Ok((reading.operations, reading.notes))
}

#[derive(Default)]
struct Reading {
    operations: Vec<(String, Operation)>,
    notes: Vec<String>,
    ids: BTreeSet<String>,
    shapes: BTreeSet<(String, String)>,
}

impl Reading {
    fn resource(&mut self, resource: &Element, above: &str, inherited: &[Parameter]) {
        let path = resource.attribute("path").trim_matches('/');
        let path = if path.is_empty() { above.to_owned() } else { format!("{above}/{path}") };
        let mut declared = inherited.to_vec();
        declared
            .extend(resource.all("param").filter(|it| it.attribute("style") == "template").map(parameter));
        for method in resource.all("method") {
            self.method(method, &path, &declared);
        }
        for inner in resource.all("resource") {
            self.resource(inner, &path, &declared);
        }
    }

    fn method(&mut self, method: &Element, path: &str, declared: &[Parameter]) {
        let name = method.attribute("name").to_uppercase();
        if name.is_empty() {
            let what = method.attribute("href");
            self.notes.push(format!(
                "a method without a name is left out; references as `{what}` are not followed"
            ));
            return;
        }
        let template = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        let Some(names) = template_names(&template) else {
            self.notes.push(format!("{name} {template} is no template and is left out"));
            return;
        };
        if !self.shapes.insert((name.clone(), shape(&template))) {
            self.notes
                .push(format!("{name} {template} cannot be told apart from another one and is left out"));
            return;
        }
        let template_parameters = names.iter().map(|name| {
            let found = declared.iter().rev().find(|it| it.name == *name).cloned();
            let found = found.unwrap_or_else(|| Parameter {
                name: (*name).to_owned(),
                r#type: "string".to_owned(),
                ..Parameter::default()
            });
            Parameter { required: true, ..found }
        });
        let given = method.attribute("id");
        let id = match hanse_openapi::operation_id(given) {
            id if id.is_empty() => hanse_openapi::operation_id(&format!("{name}-{template}")),
            id => id,
        };
        let Some(id) = self.free_id(&id) else { return };
        let display_name: String =
            if given.is_empty() { format!("{name} {template}") } else { given.to_owned() };
        let operation = Operation {
            display_name: display_name.chars().take(300).collect(),
            method: name,
            template_parameters: template_parameters.collect(),
            request: request(method),
            responses: responses(method),
            url_template: template.clone(),
            ..Operation::default()
        };
        self.operations.push((id, operation));
    }

    fn free_id(&mut self, id: &str) -> Option<String> {
        let id = if id.is_empty() { "operation" } else { id };
        let numbered = (1..1_000).map(|number| format!("{id}-{number}"));
        let free = std::iter::once(id.to_owned()).chain(numbered).find(|id| !self.ids.contains(id));
        match &free {
            Some(id) => drop(self.ids.insert(id.clone())),
            None => self.notes.push(format!("too many operations are called `{id}`; one is left out")),
        }
        free
    }
}

/// Names of the parameters of a template; `None`: it is none that the model takes.
fn template_names(template: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        let (name, after) = rest[open..].strip_prefix('{')?.split_once('}')?;
        // `{name: regular expression}` of JAX-RS has no counterpart.
        if name.is_empty() || name.contains(['{', ':']) || names.contains(&name) {
            return None;
        }
        names.push(name);
        rest = after;
    }
    (template.chars().count() <= TEMPLATE_CHARS_MAX && !template.chars().any(char::is_control))
        .then_some(names)
}

fn shape(template: &str) -> String {
    let parts = template.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
    parts.collect::<Vec<_>>().join("{}")
}

fn parameter(param: &Element) -> Parameter {
    let kind = xml::local(param.attribute("type"));
    Parameter {
        name: param.attribute("name").to_owned(),
        r#type: if kind.is_empty() { "string".to_owned() } else { kind.to_owned() },
        default_value: param.attribute("default").to_owned(),
        required: param.attribute("required") == "true",
        values: param.all("option").map(|option| option.attribute("value").to_owned()).collect(),
        ..Parameter::default()
    }
}

fn parameters<'a>(of: impl Iterator<Item = &'a Element>, style: &str) -> Vec<Parameter> {
    let params = of.flat_map(|it| it.all("param"));
    let named = params.filter(|it| it.attribute("style") == style && !it.attribute("name").is_empty());
    named.map(parameter).collect()
}

fn representations<'a>(of: impl Iterator<Item = &'a Element>) -> Vec<Representation> {
    let types = of.flat_map(|it| it.all("representation")).map(|it| it.attribute("mediaType"));
    let made = types.filter(|it| !it.is_empty()).map(|content_type| Representation {
        content_type: content_type.to_owned(),
        ..Representation::default()
    });
    made.collect()
}

fn request(method: &Element) -> Option<OperationRequest> {
    let request = OperationRequest {
        query_parameters: parameters(method.all("request"), "query"),
        headers: parameters(method.all("request"), "header"),
        representations: representations(method.all("request")),
        ..OperationRequest::default()
    };
    (request != OperationRequest::default()).then_some(request)
}

fn responses(method: &Element) -> Vec<OperationResponse> {
    let mut out: Vec<OperationResponse> = Vec::new();
    for response in method.all("response") {
        let status = response.attribute("status");
        let codes = if status.is_empty() { "200" } else { status }.split_whitespace();
        for status_code in codes.filter_map(|code| code.parse().ok()).filter(|code| (100..600).contains(code))
        {
            if out.iter().any(|it| it.status_code == status_code) {
                continue;
            }
            let one = || std::iter::once(response);
            out.push(OperationResponse {
                status_code,
                headers: parameters(one(), "header"),
                representations: representations(one()),
                ..OperationResponse::default()
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_of_nested_resources_are_operations() {
        let text = "<application xmlns='http://wadl.dev.java.net/2009/02'><resources base='http://x'>\
            <resource path='/items/'><method name='get' id='listItems'><request>\
            <param name='q' style='query' type='xs:string'/></request>\
            <response status='200 404'><representation mediaType='application/json'/></response></method>\
            <resource path='{id}'><param name='id' style='template' type='xs:int'/><method name='DELETE'/>\
            <resource path='x/{id}'><method name='GET'/></resource><method href='#m'/></resource>\
            </resource></resources></application>";
        let (operations, notes) = read(text).expect("read");
        let shown: Vec<String> = operations
            .iter()
            .map(|(id, it)| {
                let names: Vec<String> =
                    it.template_parameters.iter().map(|it| format!("{}:{}", it.name, it.r#type)).collect();
                format!("{id}: {} {} {} {}", it.method, it.url_template, names.join(","), it.responses.len())
            })
            .collect();
        assert_eq!(shown, ["listitems: GET /items  2", "delete-items-id: DELETE /items/{id} id:int 0"]);
        assert_eq!(notes.len(), 2, "a name that occurs twice, and a reference: {notes:?}");
    }

    #[test]
    fn what_is_no_wadl_is_refused() {
        assert!(read("<a/>").expect_err("no root").contains("begins with `application`"));
        assert!(read("{}").is_err());
        assert_eq!(read("<application/>").expect("empty").0, []);
    }
}
