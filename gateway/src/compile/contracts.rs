//! The contracts of operations, and the schemas that they are made of.
//!
//! One idea: an API has each of its schema documents read once, and each schema in one once; operations
//! share them. Nothing is compiled but what a document asks for, and then when configuration is.
//! Must not know what a schema means, nor what comes of a message that breaks one.

use super::documents::Scope;
use crate::{
    shard::{Document, Note, Operation, lower},
    spec::{ShardSpec, SpecResource, is_same},
};
use hanse_policy::{
    contract::{Contract, Parameter, Representation, ResponseContract, SchemaOf},
    graphql::GraphQlSchema,
    json_schema::{Schema, SchemaDocument},
};
use hanse_proto::{Kind, v1, v1::resource::Spec};
use prost_types::value::Kind as Json;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The content type of the schema of a GraphQL API.
const GRAPHQL: &str = "application/vnd.ms-azure-apim.graphql.schema";

/// The schemas of an API.
#[derive(Default)]
pub(crate) struct Schemas {
    sources: Vec<Arc<SpecResource>>,
    /// By id in lower case.
    documents: BTreeMap<String, SchemaSource>,
    /// Those that operations refer to, by document and place.
    named: Mutex<BTreeMap<(String, String), Arc<Schema>>>,
    pub(super) graphql: Option<Arc<GraphQlSchema>>,
    /// What is wrong with them.
    pub(super) findings: Vec<Note>,
}

/// A schema document, as far as it can be applied.
enum SchemaSource {
    Is {
        document: Arc<SchemaDocument>,
        at: At,
    },
    /// Why not.
    Not(String),
}

/// Where types stand in a document.
#[derive(Clone, Copy)]
enum At {
    Components,
    Definitions,
    /// The document itself is the schema, or has its types in one of the usual places.
    Anywhere,
}

impl Schemas {
    /// Reads the schemas of an API, or gives the old ones back where nothing differs.
    pub(super) fn read(old: Option<&Arc<Schemas>>, scope: &Scope<'_>, api_key: &str) -> Arc<Schemas> {
        let collection = format!("{api_key}/{}/", Kind::ApiSchema.collection());
        let sources: Vec<Arc<SpecResource>> =
            scope.spec.below(&collection).map(|(_, resource)| resource.clone()).collect();
        let differs = |old: &&Arc<Schemas>| {
            old.sources.len() != sources.len()
                || old.sources.iter().zip(&sources).any(|(old, new)| !is_same(old, new))
        };
        if let Some(old) = old.filter(|old| !differs(old)) {
            return old.clone();
        }
        let documents = sources
            .iter()
            .filter_map(|source| match &source.spec {
                Spec::ApiSchema(schema) => Some((lower(source.name.id()), document(schema))),
                _ => None,
            })
            .collect();
        let mut findings = Vec::new();
        let graphql = Schemas::read_graphql(&sources, &mut findings);
        Arc::new(Schemas { sources, documents, named: Mutex::default(), graphql, findings })
    }

    /// The schema that an operation refers to.
    fn of(&self, schema_id: &str, type_name: &str) -> SchemaOf {
        if schema_id.is_empty() {
            return SchemaOf::None;
        }
        let id = lower(schema_id.rsplit('/').next().unwrap_or(schema_id));
        let (document, at) = match self.documents.get(&id) {
            Some(SchemaSource::Is { document, at }) => (document, *at),
            Some(SchemaSource::Not(message)) => return SchemaOf::Missing(message.clone()),
            None => return SchemaOf::Missing(format!("the API has no schema `{schema_id}`")),
        };
        let escaped = type_name.replace('~', "~0").replace('/', "~1");
        let pointer = match at {
            _ if type_name.is_empty() && matches!(at, At::Anywhere) => String::new(),
            _ if type_name.is_empty() => return SchemaOf::None,
            At::Components => format!("/components/schemas/{escaped}"),
            At::Definitions => format!("/definitions/{escaped}"),
            At::Anywhere => {
                let places = ["/components/schemas/", "/definitions/", "/$defs/", "/"];
                let place = places.into_iter().find(|place| document.has(&format!("{place}{escaped}")));
                format!("{}{escaped}", place.unwrap_or("/definitions/"))
            }
        };
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let schema = named
            .entry((id, pointer))
            .or_insert_with_key(|(_, pointer)| Arc::new(Schema::new(document.clone(), pointer)));
        SchemaOf::Is(schema.clone())
    }

    /// What an operation says of its messages.
    pub(super) fn contract(&self, operation: &v1::Operation) -> Contract {
        let empty = v1::OperationRequest::default();
        let request = operation.request.as_ref().unwrap_or(&empty);
        Contract {
            template: self.parameters(&operation.template_parameters),
            query: self.parameters(&request.query_parameters),
            headers: self.parameters(&request.headers),
            request: self.representations(&request.representations),
            responses: operation
                .responses
                .iter()
                .map(|response| ResponseContract {
                    status: u16::try_from(response.status_code).unwrap_or(0),
                    headers: self.parameters(&response.headers),
                    representations: self.representations(&response.representations),
                })
                .collect(),
        }
    }

    fn parameters(&self, parameters: &[v1::Parameter]) -> Vec<Parameter> {
        let parameter = |parameter: &v1::Parameter| Parameter {
            name: parameter.name.as_str().into(),
            kind: parameter.r#type.as_str().into(),
            is_required: parameter.required,
            values: parameter.values.iter().map(|value| value.as_str().into()).collect(),
            schema: match parameter.type_name.as_str() {
                "" => SchemaOf::None,
                type_name => self.of(&parameter.schema_id, type_name),
            },
        };
        parameters.iter().map(parameter).collect()
    }

    fn representations(&self, representations: &[v1::Representation]) -> Vec<Representation> {
        let representation = |it: &v1::Representation| Representation {
            content_type: it.content_type.as_str().into(),
            schema: self.of(&it.schema_id, &it.type_name),
        };
        representations.iter().map(representation).collect()
    }
}

impl Schemas {
    /// The schema of a GraphQL API, if it has one; what is wrong with it is noted.
    fn read_graphql(sources: &[Arc<SpecResource>], findings: &mut Vec<Note>) -> Option<Arc<GraphQlSchema>> {
        sources.iter().find_map(|source| {
            let Spec::ApiSchema(schema) = &source.spec else { return None };
            let text = schema.document.as_ref().filter(|_| schema.content_type == GRAPHQL)?;
            match GraphQlSchema::parse(&text.value) {
                Ok(schema) => Some(Arc::new(schema)),
                Err(message) => {
                    findings
                        .push((source.name.key(), format!("{message}; requests are not held against it")));
                    None
                }
            }
        })
    }
}

/// Whether documents that are compiled elsewhere, the global one and those of products, look as if they held
/// messages against contracts. What is missed is compiled by the first request that needs it.
pub(super) fn may_be_asked(spec: &ShardSpec, prefix: &str) -> bool {
    let holds = |resource: &SpecResource| match &resource.spec {
        Spec::Policy(policy) => policy.value.contains("<validate-"),
        _ => false,
    };
    let global = spec.get(&format!("{}/policy", Kind::Policy.collection()));
    let products = format!("{prefix}{}/", Kind::Product.collection());
    global.is_some_and(|it| holds(it)) || spec.below(&products).any(|(_, resource)| holds(resource))
}

/// Compiles the schemas of operations that a document holds messages against; what is wrong with them.
pub(super) fn prepare(
    scope: &Scope<'_>,
    api_document: &Option<Arc<Document>>,
    operations: &[Arc<Operation>],
    findings: &mut Vec<Note>,
) {
    let asks =
        |document: &Option<Arc<Document>>| document.as_ref().is_some_and(|it| it.compiled.asks_contract());
    let all = scope.asks_contract || asks(api_document);
    for operation in operations.iter().filter(|operation| all || asks(&operation.document)) {
        for message in operation.facts.contract.prepare() {
            findings.push((operation.name().key(), format!("{message}; content is not valid by it")));
        }
    }
}

fn document(schema: &v1::ApiSchema) -> SchemaSource {
    let Some(document) = &schema.document else { return SchemaSource::Not("the schema is empty".to_owned()) };
    let under = |name: &str, structure: &prost_types::Struct| {
        Value::Object([(name.to_owned(), object(structure))].into_iter().collect())
    };
    let (value, at) = match document {
        v1::ApiSchemaDocument { components: Some(components), .. } => {
            (under("components", components), At::Components)
        }
        v1::ApiSchemaDocument { definitions: Some(definitions), .. } => {
            (under("definitions", definitions), At::Definitions)
        }
        v1::ApiSchemaDocument { value, .. } => match serde_json::from_str(value) {
            Ok(value) => (value, At::Anywhere),
            Err(_) => {
                return SchemaSource::Not(format!(
                    "a schema of type `{}` is not applied",
                    schema.content_type
                ));
            }
        },
    };
    match SchemaDocument::new(value, prost::Message::encoded_len(document)) {
        Ok(document) => SchemaSource::Is { document: Arc::new(document), at },
        Err(message) => SchemaSource::Not(message),
    }
}

/// A schema that policies refer to by id, where it is one of JSON.
pub(super) fn schema_document(schema: &v1::Schema) -> Option<Arc<SchemaDocument>> {
    let (value, bytes) = match &schema.document {
        Some(document) => (object(document), prost::Message::encoded_len(document)),
        None => (serde_json::from_str(&schema.value).ok()?, schema.value.len()),
    };
    SchemaDocument::new(value, bytes).ok().map(Arc::new)
}

// Structures are no deeper than their decoder lets them be.
fn object(structure: &prost_types::Struct) -> Value {
    Value::Object(structure.fields.iter().map(|(name, value)| (name.clone(), json(value))).collect())
}

fn json(value: &prost_types::Value) -> Value {
    /// Up to here every whole number has a double of its own.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    match &value.kind {
        None | Some(Json::NullValue(_)) => Value::Null,
        Some(Json::BoolValue(is)) => Value::Bool(*is),
        Some(Json::NumberValue(number)) if number.fract() == 0.0 && number.abs() <= WHOLE_MAX => {
            Value::from(*number as i64)
        }
        Some(Json::NumberValue(number)) => Value::from(*number),
        Some(Json::StringValue(text)) => Value::String(text.clone()),
        Some(Json::StructValue(structure)) => object(structure),
        Some(Json::ListValue(list)) => list.values.iter().map(json).collect(),
    }
}
