//! One API with its operations.
//!
//! One idea: operations are compared with the old list in one pass over two sorted sequences; the
//! tree that routes them is kept unless a method or a template differs.

use super::{
    contracts::{self, Schemas},
    documents::{Scope, collect_names, note},
};
use crate::{
    route::{OperationTree, Template},
    shard::{Api, Document, Note, Operation, Protocols, lower},
    spec::{SpecResource, is_same},
};
use hanse_policy::{ApiFacts, BaseUrl, OperationFacts, ScopeKind};
use hanse_proto::{Kind, v1, v1::resource::Spec};
use http::{HeaderName, Method};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Header that takes the key where an API names no other.
const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";
/// Query parameter that takes the key where an API names no other.
const KEY_QUERY: &str = "subscription-key";
/// What stands between an API's id and the number of its revision, in ids as in URLs.
const REVISION_MARK: &str = ";rev=";
/// Number of the revision of an API that says nothing about it.
const FIRST_REVISION: &str = "1";

/// Compiles the API with this key, or gives the old one back where nothing differs.
pub(super) fn compile(old: Option<&Arc<Api>>, scope: &Scope<'_>, key: &str) -> Option<Arc<Api>> {
    let source = scope.spec.get(key)?;
    let Spec::Api(spec) = &source.spec else { return None };
    let mut rejected = Vec::new();
    let policy = scope.spec.get(&format!("{key}/{}/policy", Kind::Policy.collection()));
    let document = scope.document(old.and_then(|old| old.document.as_ref()), policy, ScopeKind::Api);
    let schemas = Schemas::read(old.map(|old| &old.schemas), scope, key);
    let operations = operations(old, scope, key, &schemas, &mut rejected);
    if let Some(old) = old
        && is_same(&old.source, source)
        && Arc::ptr_eq(&old.schemas, &schemas)
        && same_document(&old.document, &document)
        && same_operations(&old.operations, &operations)
        && old.rejected == rejected
    {
        return Some(old.clone());
    }
    let router = match old {
        Some(old) if same_routes(&old.operations, &operations) => old.router.clone(),
        _ => Arc::new(OperationTree::new(&operations)),
    };
    let mut findings = rejected.clone();
    note(&document, &mut findings);
    let mut names = BTreeSet::new();
    collect_names(&document, &mut names);
    for operation in &operations {
        note(&operation.document, &mut findings);
        collect_names(&operation.document, &mut names);
    }
    findings.extend(schemas.findings.iter().cloned());
    contracts::prepare(scope, &document, &operations, &mut findings);
    let mut api = facts(spec, source, scope, key, &mut findings);
    api.document = document;
    api.facts.graphql = schemas.graphql.clone();
    api.schemas = schemas;
    api.operations = operations.into();
    api.router = router;
    api.asks = Arc::new(names);
    api.rejected = rejected;
    api.findings = findings;
    Some(Arc::new(api))
}

/// What follows from the API's own spec.
fn facts(
    spec: &v1::Api,
    source: &Arc<SpecResource>,
    scope: &Scope<'_>,
    key: &str,
    findings: &mut Vec<Note>,
) -> Api {
    let mut find = |message: String| findings.push((key.to_owned(), message));
    let id = source.name.id();
    let (root, of_id) = split_revision(id);
    let api_revision = match (of_id, spec.api_revision.as_str()) {
        (Some(number), _) => number,
        (None, "") => FIRST_REVISION,
        (None, number) => number,
    };
    let service_url = match spec.service_url.as_str() {
        "" => None,
        url => BaseUrl::parse(url)
            .map_err(|error| find(format!("serviceUrl: {error}; requests for it answer 500")))
            .ok()
            .map(Arc::new),
    };
    let names = spec.subscription_key_parameter_names.as_ref();
    let header = names.map_or("", |names| &names.header);
    let header = if header.is_empty() { KEY_HEADER } else { header };
    let (key_header, key_header_text) = match header.parse::<HeaderName>() {
        Ok(name) => (name, header),
        Err(_) => {
            find(format!("`{header}` is no header name; the key is taken from `{KEY_HEADER}`"));
            (KEY_HEADER.parse().expect("a header name"), KEY_HEADER)
        }
    };
    let query = names.map_or("", |names| &names.query);
    let key_query: Arc<str> = if query.is_empty() { KEY_QUERY } else { query }.into();
    let path: Arc<str> = spec.path.trim_matches('/').into();
    // The plain id is the current revision, unless it says that it is not.
    let is_current = spec.is_current.unwrap_or(of_id.is_none());
    let facts = ApiFacts {
        id: id.into(),
        name: spec.display_name.as_str().into(),
        path: path.clone(),
        revision: api_revision.into(),
        version: spec.api_version.as_str().into(),
        is_current,
        protocols: protocol_names(&spec.protocols),
        service_url: service_url.clone(),
        key_header: key_header_text.into(),
        key_query: key_query.clone(),
        graphql: None,
    };
    Api {
        id: facts.id.clone(),
        root: lower(root).into(),
        workspace: scope.workspace.clone(),
        path,
        version: facts.version.clone(),
        version_set: version_set(&spec.api_version_set_id),
        api_revision: facts.revision.clone(),
        is_current,
        is_online: spec.is_online.unwrap_or(true),
        protocols: protocols(&spec.protocols),
        service_url,
        subscription_required: spec.subscription_required.unwrap_or(true),
        key_header,
        key_header_text: facts.key_header.clone(),
        key_query,
        facts,
        document: None,
        operations: Arc::default(),
        schemas: Arc::default(),
        router: Arc::default(),
        asks: Arc::default(),
        source: source.clone(),
        rejected: Vec::new(),
        findings: Vec::new(),
    }
}

/// The root id and, for `orders;rev=3`, the number.
pub(super) fn split_revision(id: &str) -> (&str, Option<&str>) {
    match id.split_once(REVISION_MARK) {
        Some((root, number)) => (root, Some(number)),
        None => (id, None),
    }
}

/// The id at the end of a set's name, in lower case.
fn version_set(name: &str) -> Option<Arc<str>> {
    let id = name.rsplit('/').next().filter(|id| !id.is_empty())?;
    Some(lower(id).into())
}

/// The protocols as `context.Api.Protocols` has them; an API that names none has APIM's default.
fn protocol_names(listed: &[String]) -> Arc<[Arc<str>]> {
    match listed {
        [] => Arc::new(["https".into()]),
        listed => listed.iter().map(|one| Arc::from(one.to_lowercase())).collect(),
    }
}

/// Differs from APIM: an API that names no protocol answers on every listener, not on HTTPS alone,
/// because plain HTTP listeners are all this release has.
fn protocols(listed: &[String]) -> Protocols {
    let has = |names: [&str; 2]| {
        listed.is_empty() || listed.iter().any(|one| names.iter().any(|name| name.eq_ignore_ascii_case(one)))
    };
    Protocols { http: has(["http", "ws"]), https: has(["https", "wss"]) }
}

fn operations(
    old: Option<&Arc<Api>>,
    scope: &Scope<'_>,
    api_key: &str,
    schemas: &Arc<Schemas>,
    rejected: &mut Vec<Note>,
) -> Vec<Arc<Operation>> {
    let has_same_schemas = old.is_some_and(|old| Arc::ptr_eq(&old.schemas, schemas));
    let collection = format!("{api_key}/{}/", Kind::Operation.collection());
    let mut sources: Vec<(&str, &str, &Arc<SpecResource>)> = Vec::new();
    let mut policies: HashMap<&str, &Arc<SpecResource>> = HashMap::new();
    for (key, resource) in scope.spec.below(&collection) {
        let below = &key[collection.len()..];
        match &resource.spec {
            Spec::Operation(_) => sources.push((key, below, resource)),
            Spec::Policy(_) => {
                let id = below.split('/').next().unwrap_or(below);
                policies.insert(id, resource);
            }
            _ => {}
        }
    }
    let mut old = old.map_or(&[][..], |old| &old.operations);
    let mut operations = Vec::with_capacity(sources.len());
    for (key, id, source) in sources {
        // Both are in the order of ids in lower case.
        while let Some((first, rest)) = old.split_first()
            && *first.lower_id < *id
        {
            old = rest;
        }
        let known = old.first().filter(|known| *known.lower_id == *id);
        let document = scope.document(
            known.and_then(|known| known.document.as_ref()),
            policies.get(id).copied(),
            ScopeKind::Operation,
        );
        match operation(known, id, source, document, schemas, has_same_schemas) {
            Ok(operation) => operations.push(operation),
            Err(message) => rejected.push((key.to_owned(), message)),
        }
    }
    operations
}

fn operation(
    old: Option<&Arc<Operation>>,
    lower_id: &str,
    source: &Arc<SpecResource>,
    document: Option<Arc<Document>>,
    schemas: &Schemas,
    has_same_schemas: bool,
) -> Result<Arc<Operation>, String> {
    if let Some(old) = old.filter(|old| has_same_schemas && is_same(&old.source, source)) {
        if same_document(&old.document, &document) {
            return Ok(old.clone());
        }
        return Ok(Arc::new(Operation {
            id: old.id.clone(),
            lower_id: old.lower_id.clone(),
            method: old.method.clone(),
            template: old.template.clone(),
            facts: old.facts.clone(),
            document,
            source: source.clone(),
        }));
    }
    let Spec::Operation(spec) = &source.spec else {
        return Err("expected the spec of an operation".to_owned());
    };
    let method = spec
        .method
        .parse::<Method>()
        .map_err(|_| format!("`{}` is no HTTP method; the operation is not reachable", spec.method))?;
    let template = Template::parse(&spec.url_template)
        .map_err(|error| format!("{error}; the operation is not reachable"))?;
    let query_names = template.query_names().cloned().collect();
    let id: Arc<str> = source.name.id().into();
    let lower_id = if *id == *lower_id { id.clone() } else { lower_id.into() };
    let facts = OperationFacts {
        id: id.clone(),
        name: spec.display_name.as_str().into(),
        method: spec.method.as_str().into(),
        url_template: spec.url_template.as_str().into(),
        query_names,
        contract: Arc::new(schemas.contract(spec)),
    };
    Ok(Arc::new(Operation { id, lower_id, method, template, facts, document, source: source.clone() }))
}

pub(super) fn same_document(old: &Option<Arc<Document>>, new: &Option<Arc<Document>>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => Arc::ptr_eq(old, new),
        _ => false,
    }
}

fn same_operations(old: &[Arc<Operation>], new: &[Arc<Operation>]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| Arc::ptr_eq(old, new))
}

/// Whether the same tree routes both lists: it holds positions, methods and templates.
fn same_routes(old: &[Arc<Operation>], new: &[Arc<Operation>]) -> bool {
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| {
            Arc::ptr_eq(old, new) || (old.method == new.method && old.template == new.template)
        })
}
