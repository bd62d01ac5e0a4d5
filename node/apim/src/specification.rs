//! The specification of an API: what its operations and schemas are.
//!
//! One idea: whatever language it is written in, it becomes resources below the API. Must not know
//! where in a folder it stands.

use crate::{wadl, wsdl};
use hanse_openapi::{DOCUMENT_BYTES_MAX, Severity};
use hanse_proto::v1::resource::Spec;
use hanse_proto::{Kind, Name, v1};
use std::collections::BTreeMap;

/// Warnings of one document that are told one by one.
const WARNINGS_SHOWN: usize = 10;
const GRAPHQL: &str = "application/vnd.ms-azure-apim.graphql.schema";
const WSDL: &str = "application/wsdl+xml";

/// Operations with their ids.
pub(crate) type Operations = Vec<(String, v1::Operation)>;

/// What a specification gave.
#[derive(Debug, Default)]
pub(crate) struct Described {
    /// Below the API.
    pub(crate) resources: Vec<v1::Resource>,
    pub(crate) notes: Vec<String>,
}

/// Reads the specification of an API; the ending of `file` says what language it is in.
///
/// # Errors
/// Why nothing of it is taken.
pub(crate) fn read(file: &str, text: &str, name: &Name, api: &v1::Api) -> Result<Described, String> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(format!("the document has {} bytes; at most {DOCUMENT_BYTES_MAX} are read", text.len()));
    }
    let ending = file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "yaml" | "yml" | "json" => openapi(file, text, name, api),
        "graphql" | "gql" => match api.r#type.as_str() {
            "graphql" => Ok(Described {
                resources: vec![schema(name, "graphql", GRAPHQL, text)],
                ..Described::default()
            }),
            other => Err(format!(
                "a GraphQL schema of an API of type `{}`",
                if other.is_empty() { "http" } else { other }
            )),
        },
        "wsdl" => {
            if api.r#type != "soap" {
                return Err(
                    "a WSDL of an API that is not of type `soap`; SOAP to REST has no counterpart".to_owned()
                );
            }
            let (operations, notes) = wsdl::read(text)?;
            let mut described = described(name, operations, notes);
            described.resources.push(schema(name, "wsdl", WSDL, text));
            Ok(described)
        }
        "wadl" => {
            let (operations, notes) = wadl::read(text)?;
            Ok(described(name, operations, notes))
        }
        other => Err(format!(
            "`{other}` is no language of specifications; there are yaml, json, graphql, wsdl and wadl"
        )),
    }
}

fn openapi(file: &str, text: &str, name: &Name, api: &v1::Api) -> Result<Described, String> {
    let (imported, findings) = hanse_openapi::read(file, text, &hanse_openapi::Options::default());
    let Some(imported) = imported else {
        let mut errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let first = errors.next().map_or("the document cannot be read".to_owned(), ToString::to_string);
        return Err(match errors.count() {
            0 => first,
            more => format!("{first}; and {more} more"),
        });
    };
    let mut notes: Vec<String> = findings.iter().take(WARNINGS_SHOWN).map(ToString::to_string).collect();
    if findings.len() > WARNINGS_SHOWN {
        notes.push(format!("and {} more warnings", findings.len() - WARNINGS_SHOWN));
    }
    // What the information of the API says wins over the document, whose servers are a gateway's.
    let plan = hanse_openapi::plan_import(name, &imported, &BTreeMap::new(), Some(api), None, None, None);
    let mut resources = plan.puts;
    resources.retain(|resource| !matches!(resource.spec, Some(Spec::Api(_))));
    Ok(Described { resources, notes })
}

fn described(name: &Name, operations: Operations, notes: Vec<String>) -> Described {
    let resource = |(id, operation): (String, v1::Operation)| v1::Resource {
        name: format!("{name}/{}/{id}", Kind::Operation.collection()),
        spec: Some(Spec::Operation(operation)),
        ..v1::Resource::default()
    };
    Described { resources: operations.into_iter().map(resource).collect(), notes }
}

fn schema(name: &Name, id: &str, content_type: &str, text: &str) -> v1::Resource {
    let document = v1::ApiSchemaDocument { value: text.to_owned(), ..v1::ApiSchemaDocument::default() };
    let spec = v1::ApiSchema { content_type: content_type.to_owned(), document: Some(document) };
    v1::Resource {
        name: format!("{name}/{}/{id}", Kind::ApiSchema.collection()),
        spec: Some(Spec::ApiSchema(spec)),
        ..v1::Resource::default()
    }
}
