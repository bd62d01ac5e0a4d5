//! Policy documents, and the named values and fragments that are put into them.
//!
//! One idea: a document remembers what it asked for and what it got, which is the reverse index: it
//! is compiled again when its text changed or one of the answers did, and never else.

use super::contracts;
use crate::{
    shard::{Asked, Document, Note, lower},
    spec::{ShardSpec, SpecResource, is_same},
};
use hanse_policy::{
    Alone, CompiledDocument, Format, Known, ScopeKind, Surroundings, json_schema::SchemaDocument,
};
use hanse_proto::{Kind, key_of, v1, v1::resource::Spec};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What documents of a workspace may ask for: values by display name, the documents of fragments and the states of
/// schemas by key. A display name has no slash and a key has one, so these are apart.
pub(super) type Pieces = BTreeMap<Arc<str>, Arc<str>>;

/// The format of a document whose expressions are not XML-escaped.
const RAW_XML: &str = "rawxml";

/// Stands in for a document that does not compile: it answers 500, whoever calls.
const BROKEN: &str = "<policies><inbound><return-response><set-status code=\"500\" \
    reason=\"Internal Server Error\" /></return-response></inbound><backend /><outbound />\
    <on-error /></policies>";

/// What the parts of one workspace are compiled within.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) spec: &'a ShardSpec,
    /// In front of the workspace's keys: `workspaces/demo/`; empty for the service.
    pub(super) prefix: &'a str,
    pub(super) workspace: &'a Arc<str>,
    pub(super) pieces: &'a Pieces,
    /// The workspace's own document holds messages against contracts.
    pub(super) asks_contract: bool,
}

impl<'a> Scope<'a> {
    /// Compiles a document, or takes the old one where it would be the same.
    pub(super) fn document(
        &self,
        old: Option<&Arc<Document>>,
        source: Option<&Arc<SpecResource>>,
        scope: ScopeKind,
    ) -> Option<Arc<Document>> {
        let source = source?;
        if let Some(old) = old.filter(|old| is_same(&old.source, source) && self.still(&old.asked)) {
            return Some(old.clone());
        }
        let Spec::Policy(policy) = &source.spec else { return None };
        let asked = RefCell::new(BTreeMap::new());
        let compiled = compile(policy, scope, &Asking { scope: self, asked: &asked });
        let (compiled, finding) = match compiled {
            Ok(compiled) => (compiled, None),
            Err(finding) => (broken(scope), Some(finding.into())),
        };
        Some(Arc::new(Document {
            compiled,
            source: source.clone(),
            asked: asked.into_inner().into_iter().collect(),
            finding,
        }))
    }

    /// What a named value or a fragment says; the question is remembered.
    pub(super) fn ask(
        &self,
        name: &str,
        asked: &RefCell<BTreeMap<Arc<str>, Option<Arc<str>>>>,
    ) -> Option<String> {
        let known = self.pieces.get_key_value(name);
        let value = known.map(|(_, value)| value.clone());
        let answer = value.as_deref().map(str::to_owned);
        let name = known.map_or_else(|| name.into(), |(name, _)| name.clone());
        asked.borrow_mut().insert(name, value);
        answer
    }

    /// Whether the answers would be the same now.
    pub(super) fn still(&self, asked: &Asked) -> bool {
        asked.iter().all(|(name, value)| self.pieces.get(name) == value.as_ref())
    }

    /// Ids of the resources of a kind in a collection (`workspaces/demo/apis/`), in order.
    pub(super) fn ids(&self, collection: &'a str, kind: Kind) -> impl Iterator<Item = &'a str> + use<'a> {
        self.spec
            .below(collection)
            .filter(move |(_, resource)| Kind::of_spec(&resource.spec) == kind)
            .map(move |(key, _)| &key[collection.len()..])
    }

    /// The collection and id, in lower case, that a reference leads to within this workspace; `None`
    /// when it leads out of it. Full names and names relative to the workspace are taken.
    pub(super) fn reference(&self, text: &str) -> Option<String> {
        let key = key_of(text.trim_matches('/'));
        let workspaces = Kind::Workspace.collection();
        let is_full = key.strip_prefix(workspaces).is_some_and(|rest| rest.starts_with('/'));
        match is_full {
            false => Some(key),
            true if self.prefix.is_empty() => None,
            true => key.strip_prefix(self.prefix).map(str::to_owned),
        }
    }
}

fn compile(
    policy: &v1::Policy,
    scope: ScopeKind,
    surroundings: &dyn Surroundings,
) -> Result<CompiledDocument, String> {
    let format = if policy.format == RAW_XML { Format::RawXml } else { Format::Xml };
    hanse_policy::compile(&policy.value, format, scope, surroundings).map_err(|findings| {
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        format!("the document does not compile and answers 500: {}", findings.join("; "))
    })
}

fn broken(scope: ScopeKind) -> CompiledDocument {
    hanse_policy::compile(BROKEN, Format::Xml, scope, &Alone)
        .expect("the document that stands in for broken ones compiles at every scope")
}

/// Notes what is wrong with a document.
pub(super) fn note(document: &Option<Arc<Document>>, findings: &mut Vec<Note>) {
    if let Some(document) = document
        && let Some(finding) = document.finding()
    {
        findings.push((document.name().key(), finding.to_owned()));
    }
}

/// Adds the names that a document asked for.
pub(super) fn collect_names(document: &Option<Arc<Document>>, names: &mut BTreeSet<Arc<str>>) {
    if let Some(document) = document {
        names.extend(document.asked.iter().map(|(name, _)| name.clone()));
    }
}

/// Answers what a document asks for, and remembers what that was.
struct Asking<'s, 'a> {
    scope: &'s Scope<'a>,
    asked: &'s RefCell<BTreeMap<Arc<str>, Option<Arc<str>>>>,
}

impl Surroundings for Asking<'_, '_> {
    fn named_value(&self, name: &str) -> Known<String> {
        self.scope.ask(name, self.asked).map_or(Known::Missing, Known::Is)
    }

    fn fragment(&self, id: &str) -> Known<String> {
        self.scope.ask(&fragment_key(id), self.asked).map_or(Known::Missing, Known::Is)
    }

    fn schema(&self, id: &str) -> Known<Arc<SchemaDocument>> {
        let key = schema_key(id);
        if self.scope.ask(&key, self.asked).is_none() {
            return Known::Missing;
        }
        match self.scope.spec.get(&format!("{}{key}", self.scope.prefix)).map(|resource| &resource.spec) {
            Some(Spec::Schema(schema)) => {
                contracts::schema_document(schema).map_or(Known::Missing, Known::Is)
            }
            _ => Known::Missing,
        }
    }
}

/// Under which a schema stands among the pieces.
fn schema_key(id: &str) -> String {
    format!("{}/{}", Kind::Schema.collection(), lower(id))
}

/// Under which a fragment stands among the pieces.
pub(crate) fn fragment_key(id: &str) -> String {
    format!("{}/{}", Kind::PolicyFragment.collection(), lower(id))
}

/// Reads the named values and fragments of a workspace, and which schemas it has.
pub(super) fn pieces(spec: &ShardSpec, prefix: &str, findings: &mut Vec<Note>) -> Pieces {
    let mut pieces = named_values(spec, prefix, findings);
    let collection = format!("{prefix}{}/", Kind::PolicyFragment.collection());
    for (_, resource) in spec.below(&collection) {
        if let Spec::PolicyFragment(fragment) = &resource.spec {
            pieces.insert(fragment_key(resource.name.id()).into(), fragment.value.as_str().into());
        }
    }
    let collection = format!("{prefix}{}/", Kind::Schema.collection());
    for (_, resource) in spec.below(&collection) {
        if let Spec::Schema(_) = &resource.spec {
            // Schemas are large: which state of it it is says as much as its text.
            let state = match resource.revision {
                0 => format!("{:p}", Arc::as_ptr(resource)),
                revision => revision.to_string(),
            };
            pieces.insert(schema_key(resource.name.id()).into(), state.into());
        }
    }
    pieces
}

/// The values of a workspace's secret named values.
pub(super) fn secrets(spec: &ShardSpec, prefix: &str) -> Arc<[Arc<str>]> {
    let collection = format!("{prefix}{}/", Kind::NamedValue.collection());
    spec.below(&collection)
        .filter_map(|(_, resource)| resource.secrets.get("value")?.plaintext.clone())
        .collect()
}

fn named_values(spec: &ShardSpec, prefix: &str, findings: &mut Vec<Note>) -> Pieces {
    let mut values = Pieces::new();
    let collection = format!("{prefix}{}/", Kind::NamedValue.collection());
    for (key, resource) in spec.below(&collection) {
        let Spec::NamedValue(named) = &resource.spec else { continue };
        let value: Option<Arc<str>> = match resource.secrets.get("value") {
            Some(secret) => secret.plaintext.clone(),
            None if named.secret || named.key_vault.is_some() => None,
            None => Some(named.value.as_str().into()),
        };
        let Some(value) = value else {
            findings.push((key.to_owned(), "the value cannot be read on this node".to_owned()));
            continue;
        };
        let name: Arc<str> = named.display_name.as_str().into();
        if values.contains_key(&name) {
            let message = format!("another named value has the display name `{name}`; that one counts");
            findings.push((key.to_owned(), message));
            continue;
        }
        values.insert(name, value);
    }
    values
}

/// Names whose values differ, those that came and those that went.
pub(super) fn differing(old: &Pieces, new: &Pieces) -> BTreeSet<Arc<str>> {
    let gone_or_changed = old.iter().filter(|(name, value)| new.get(*name) != Some(value));
    let came = new.keys().filter(|name| !old.contains_key(*name));
    gone_or_changed.map(|(name, _)| name).chain(came).cloned().collect()
}
