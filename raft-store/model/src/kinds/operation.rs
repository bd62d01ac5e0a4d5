//! Operations of APIs: a method, a template, and what consumers are told about them.
//!
//! See `kinds` for the shape of this file.

use super::{At, FilterField, Rules, Value};
use crate::text::{Fields, shorten};
use crate::violation::code;
use hanse_proto::v1::{Operation, Parameter, Representation};
use std::collections::BTreeSet;

const METHOD_CHARS_MAX: usize = 100;
const TEMPLATE_CHARS_MAX: usize = 1_000;
const DESCRIPTION_CHARS_MAX: usize = 1_000;

impl Rules for Operation {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("displayName"),
        FilterField::text("method"),
        FilterField::text("description"),
        FilterField::text("urlTemplate"),
    ];

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 300);
        fields.length("method", &self.method, 1, METHOD_CHARS_MAX);
        fields.token("method", &self.method);
        fields.line("urlTemplate", &self.url_template, 1, TEMPLATE_CHARS_MAX);
        check_template(self, fields);
        fields.length("description", &self.description, 0, DESCRIPTION_CHARS_MAX);
        check_parameters("templateParameters", &self.template_parameters, fields);
        if let Some(request) = &self.request {
            check_parameters("request.queryParameters", &request.query_parameters, fields);
            check_parameters("request.headers", &request.headers, fields);
            check_representations("request.representations", &request.representations, fields);
        }
        for (index, response) in self.responses.iter().enumerate() {
            let at = format!("responses[{index}]");
            fields.number(&format!("{at}.statusCode"), i64::from(response.status_code), 100, 599);
            check_parameters(&format!("{at}.headers"), &response.headers, fields);
            check_representations(&format!("{at}.representations"), &response.representations, fields);
        }
    }

    fn value(&self, _name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "method" => Some(Value::text(&self.method)),
            "description" => Some(Value::text(&self.description)),
            "urlTemplate" => Some(Value::text(&self.url_template)),
            _ => None,
        }
    }
}

/// Every `{name}` is declared, every declared name is used, and no name occurs twice.
fn check_template(spec: &Operation, fields: &mut Fields<'_>) {
    let template = &spec.url_template;
    if !template.is_empty() && !template.starts_with('/') {
        fields.invalid("urlTemplate", format!("`{}` must begin with `/`", shorten(template)));
    }
    let names = match parameter_names(template) {
        Ok(names) => names,
        Err(message) => return fields.invalid("urlTemplate", message),
    };
    let mut used = BTreeSet::new();
    for name in names {
        if !used.insert(name) {
            fields.invalid("urlTemplate", format!("`{{{}}}` occurs twice", shorten(name)));
        }
    }
    let declared: BTreeSet<&str> =
        spec.template_parameters.iter().map(|parameter| parameter.name.trim_start_matches('*')).collect();
    for missing in used.difference(&declared) {
        fields.report(
            code::INVALID,
            "templateParameters",
            format!("`{{{}}}` of the template is not declared", shorten(missing)),
            "add an entry with its name and type",
        );
    }
    for unused in declared.difference(&used) {
        fields.invalid("templateParameters", format!("`{}` does not occur in the template", shorten(unused)));
    }
}

/// The names within braces, without the `*` of a trailing one.
fn parameter_names(template: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = template;
    loop {
        let Some(open) = rest.find(['{', '}']) else { return Ok(names) };
        if rest[open..].starts_with('}') {
            return Err("a `}` without a `{` before it".to_owned());
        }
        let inner = &rest[open + 1..];
        let Some(close) = inner.find(['{', '}']).filter(|close| inner[*close..].starts_with('}')) else {
            return Err("a `{` without a `}` behind it".to_owned());
        };
        let name = inner[..close].trim_start_matches('*');
        if name.is_empty() {
            return Err("a parameter without a name".to_owned());
        }
        names.push(name);
        rest = &inner[close + 1..];
    }
}

/// The template with the names of its parameters erased: what two operations must differ in.
pub(crate) fn erased_template(template: &str) -> String {
    let mut erased = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, inner)) = rest.split_once('{') {
        let (name, after) = inner.split_once('}').unwrap_or((inner, ""));
        erased.push_str(before);
        // `{*rest}` takes other paths than `{rest}`.
        erased.push_str(if name.starts_with('*') { "{*}" } else { "{}" });
        rest = after;
    }
    erased.push_str(rest);
    erased
}

fn check_parameters(at: &str, parameters: &[Parameter], fields: &mut Fields<'_>) {
    for (index, parameter) in parameters.iter().enumerate() {
        if parameter.name.is_empty() {
            fields.invalid(&format!("{at}[{index}].name"), "missing; a name is required");
        }
        if parameter.r#type.is_empty() {
            fields.invalid(&format!("{at}[{index}].type"), "missing; a type as `string` is required");
        }
    }
}

/// Differs from APIM: a form representation may lack form parameters, because specifications
/// describe forms without naming their fields.
fn check_representations(at: &str, representations: &[Representation], fields: &mut Fields<'_>) {
    for (index, representation) in representations.iter().enumerate() {
        if representation.content_type.is_empty() {
            let field = format!("{at}[{index}].contentType");
            fields.invalid(&field, "missing; a media type as `application/json` is required");
        }
        check_parameters(&format!("{at}[{index}].formParameters"), &representation.form_parameters, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_lose_the_names_of_their_parameters() {
        for (template, erased) in [
            ("/a", "/a"),
            ("/a/{b}/c/{d}?e={f}", "/a/{}/c/{}?e={}"),
            ("/files/{*path}", "/files/{*}"),
            ("/all/*", "/all/*"),
            ("/{a*b}", "/{}"),
        ] {
            assert_eq!(erased_template(template), erased, "{template}");
        }
    }

    #[test]
    fn names_are_read_from_well_formed_templates_alone() {
        assert_eq!(parameter_names("/a/{b}/{*c}").as_deref(), Ok(&["b", "c"][..]));
        for bad in ["/{", "/}", "/{a", "/{a{b}}", "/{}", "/{*}"] {
            assert!(parameter_names(bad).is_err(), "{bad}");
        }
    }
}
