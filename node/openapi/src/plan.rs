//! What an import changes: resources to put and names to delete.
//!
//! One idea: operations keep their identity over imports by their ids, so that policies and links of
//! an operation survive; what the document does not have any more goes. Must not know documents.

use crate::{Imported, SCHEMA_ID, template};
use hanse_proto::v1::resource::Spec;
use hanse_proto::{Kind, Name, v1};
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one import, to be applied in one commit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportPlan {
    /// The API first, if it changes, then its schemas, then its operations; what is unchanged is not put.
    pub puts: Vec<v1::Resource>,
    /// Names of operations, and of schemas, that the document does not have.
    pub deletes: Vec<String>,
    /// Operations that get a new id but are an old one by method and template: what hung on the
    /// old one (its policy document) belongs to the new one.
    pub carried: Vec<Carried>,
    /// Number of operations that are new.
    pub created: u32,
    /// Number of operations that are there and change.
    pub updated: u32,
    /// Number of operations that are deleted.
    pub deleted: u32,
}

/// An operation that goes on under another id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Name of the operation that is deleted.
    pub from: String,
    /// Name of the operation that is created.
    pub to: String,
}

/// Plans an import into the API `api_name`.
///
/// `present` are the operations that the API has, by id, and `present_api` is the API itself if it
/// is there, and `present_schemas` what an earlier import left under [`SCHEMA_ID`]. `path` and `service_url` win over what the API has, and that over the document.
///
/// # Panics
/// When `api_name` is not the name of an API.
pub fn plan_import(
    api_name: &Name,
    imported: &Imported,
    present: &BTreeMap<String, v1::Operation>,
    present_api: Option<&v1::Api>,
    present_schemas: Option<&v1::ApiSchema>,
    path: Option<&str>,
    service_url: Option<&str>,
) -> ImportPlan {
    assert_eq!(api_name.kind(), Kind::Api, "an import goes into an API");
    let mut plan = ImportPlan::default();
    let api = api(api_name, imported, present_api, path, service_url);
    if present_api != Some(&api) {
        plan.puts.push(resource(api_name.as_str().to_owned(), Spec::Api(api)));
    }
    let schemas_name = format!("{}/{}/{SCHEMA_ID}", api_name.as_str(), Kind::ApiSchema.collection());
    match (&imported.schemas, present_schemas) {
        (Some(schemas), present) if present != Some(schemas) => {
            plan.puts.push(resource(schemas_name, Spec::ApiSchema(schemas.clone())));
        }
        (None, Some(_)) => plan.deletes.push(schemas_name),
        _ => {}
    }
    // Ids compare without case and keep the one they have.
    let by_key: BTreeMap<String, (&str, &v1::Operation)> =
        present.iter().map(|(id, operation)| (id.to_lowercase(), (id.as_str(), operation))).collect();
    let wanted: BTreeSet<String> = imported.operations.iter().map(|one| one.id.to_lowercase()).collect();
    let mut leaving: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for (key, (id, operation)) in &by_key {
        if !wanted.contains(key) {
            leaving.insert((&operation.method, template::shape(&operation.url_template)), id);
            plan.deletes.push(operation_name(api_name, id));
            plan.deleted += 1;
        }
    }
    for one in &imported.operations {
        let found = by_key.get(&one.id.to_lowercase());
        let name = operation_name(api_name, found.map_or(one.id.as_str(), |(id, _)| id));
        match found {
            Some((_, operation)) if **operation == one.operation => continue,
            Some(_) => plan.updated += 1,
            None => {
                plan.created += 1;
                let shape = (one.operation.method.as_str(), template::shape(&one.operation.url_template));
                if let Some(from) = leaving.remove(&shape) {
                    plan.carried.push(Carried { from: operation_name(api_name, from), to: name.clone() });
                }
            }
        }
        plan.puts.push(resource(name, Spec::Operation(one.operation.clone())));
    }
    plan
}

/// The API as it shall be: what a document cannot say stays as it is.
fn api(
    api_name: &Name,
    imported: &Imported,
    present: Option<&v1::Api>,
    path: Option<&str>,
    service_url: Option<&str>,
) -> v1::Api {
    let mut api = present.cloned().unwrap_or_else(|| v1::Api {
        // `orders;rev=2` is a revision of `orders` and answers at the same path.
        path: api_name.id().split(';').next().unwrap_or_default().to_owned(),
        // Differs from APIM: the schemes of a document are those of its backend and say nothing of
        // the gateway, so a new API answers on both.
        protocols: vec!["http".to_owned(), "https".to_owned()],
        ..Default::default()
    });
    if let Some(path) = path {
        api.path = path.to_owned();
    }
    if let Some(service_url) = service_url {
        api.service_url = service_url.to_owned();
    } else if api.service_url.is_empty() {
        api.service_url = imported.service_url.clone().unwrap_or_default();
    }
    api.display_name = imported.title.clone();
    api.description = imported.description.clone();
    api.contact = imported.contact.clone();
    api.license = imported.license.clone();
    api.terms_of_service_url = imported.terms_of_service_url.clone();
    api
}

fn operation_name(api_name: &Name, id: &str) -> String {
    format!("{}/{}/{id}", api_name.as_str(), Kind::Operation.collection())
}

fn resource(name: String, spec: Spec) -> v1::Resource {
    v1::Resource { name, spec: Some(spec), ..Default::default() }
}
