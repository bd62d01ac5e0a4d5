//! Paths: operations by template and method.
//!
//! One idea: an operation stands under `paths` if reading that path and its required query parameters
//! gives its template again, else under `x-ms-paths` with the query in the key. Must not know what
//! bodies look like.

use super::schemas::Schemas;
use super::{Fields, Version, body, parameter};
use crate::template::Template;
use hanse_manifest::Tree;
use hanse_proto::v1;
use std::collections::BTreeMap;

/// Methods that path items have in 2.0 and 3.0, in the order of writing.
const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// A value that the query of a template holds.
struct QueryPair<'t> {
    name: &'t str,
    /// Name of the template parameter that is the value; `None`: a value that does not vary.
    parameter: Option<&'t str>,
}

/// `paths`, and `x-ms-paths` if there have to be some.
pub(super) fn paths(operations: &BTreeMap<String, v1::Operation>, schemas: &Schemas<'_>) -> (Tree, Tree) {
    let mut sorted: Vec<(&String, &v1::Operation)> = operations.iter().collect();
    sorted.sort_by_key(|(id, operation)| (&operation.url_template, *id));
    let (mut plain, mut special) = (Items::default(), Items::default());
    for (id, operation) in sorted {
        let template = operation.url_template.as_str();
        let (path, query) = template.split_once('?').unwrap_or((template, ""));
        let pairs = pairs(query);
        let tree = || operation_tree(id, operation, path, &pairs, schemas);
        if reads_back(template, path, &pairs) && plain.is_free(path, &operation.method) {
            plain.add(path, &operation.method, tree());
        } else {
            special.add(template, &operation.method, tree());
        }
    }
    (plain.tree(), special.tree())
}

fn pairs(query: &str) -> Vec<QueryPair<'_>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let parameter = value.strip_prefix('{').and_then(|value| value.strip_suffix('}'));
            QueryPair { name, parameter }
        })
        .collect()
}

/// Whether an import makes `template` of the path and query parameters that it requires.
fn reads_back(template: &str, path: &str, pairs: &[QueryPair<'_>]) -> bool {
    let mut read = Template::parse(path);
    for pair in pairs {
        if pair.parameter.is_none() || read.require_query(pair.name).is_none() {
            return false;
        }
    }
    read.url() == template
}

fn operation_tree(
    id: &str,
    operation: &v1::Operation,
    path: &str,
    pairs: &[QueryPair<'_>],
    schemas: &Schemas<'_>,
) -> Tree {
    let mut out = Fields::default();
    out.text("operationId", id);
    out.text("summary", &operation.display_name);
    out.text_if("description", &operation.description);
    let request = operation.request.clone().unwrap_or_default();
    let mut parameters = Vec::new();
    let of_template = |name: &str| operation.template_parameters.iter().find(|own| own.name == name);
    for parameter in &Template::parse(path).parameters {
        if let Some(own) = of_template(&parameter.name) {
            parameters.push(parameter::parameter(own, &own.name, "path", schemas));
        }
    }
    for pair in pairs {
        if let Some(own) = pair.parameter.and_then(of_template) {
            parameters.push(parameter::parameter(own, pair.name, "query", schemas));
        }
    }
    for own in &request.query_parameters {
        parameters.push(parameter::parameter(own, &own.name, "query", schemas));
    }
    for own in &request.headers {
        parameters.push(parameter::parameter(own, &own.name, "header", schemas));
    }
    match schemas.version {
        Version::V3 => {
            out.some("parameters", Tree::List(parameters));
            body::request(&mut out, &request, schemas);
        }
        Version::V2 => {
            body::media_types(&mut out, "consumes", &request.representations);
            let answers = operation.responses.iter().flat_map(|response| &response.representations);
            body::media_types(&mut out, "produces", answers);
            body::request_of_v2(&mut parameters, &request, schemas);
            out.some("parameters", Tree::List(parameters));
        }
    }
    out.put("responses", body::responses(&operation.responses, schemas));
    out.tree()
}

/// Path items by path, each with its methods.
#[derive(Default)]
struct Items(BTreeMap<String, BTreeMap<String, Tree>>);

impl Items {
    fn is_free(&self, path: &str, method: &str) -> bool {
        self.0.get(path).is_none_or(|item| !item.contains_key(method))
    }

    fn add(&mut self, path: &str, method: &str, operation: Tree) {
        self.0.entry(path.to_owned()).or_default().insert(method.to_owned(), operation);
    }

    fn tree(self) -> Tree {
        let item = |mut methods: BTreeMap<String, Tree>| {
            let mut item = Fields::default();
            for method in METHODS {
                if let Some(operation) = methods.remove(*method) {
                    item.put(method.to_ascii_lowercase(), operation);
                }
            }
            // 3.2 has a place for other methods; this is the same as an extension.
            item.some("x-additionalOperations", Tree::Map(methods.into_iter().collect()));
            item.tree()
        };
        Tree::Map(self.0.into_iter().map(|(path, methods)| (path, item(methods))).collect())
    }
}
