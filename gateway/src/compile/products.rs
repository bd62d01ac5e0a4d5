//! Products, the APIs in them, and which API is open through which product.

use super::{
    api::{same_document, split_revision},
    documents::{Scope, note},
    users,
};
use crate::{
    shard::{Note, Product, ProductTable, lower},
    spec::is_same,
};
use hanse_policy::{ProductFacts, ScopeKind};
use hanse_proto::{Kind, v1::resource::Spec};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The state of products that are on offer.
const PUBLISHED: &str = "published";

impl ProductTable {
    /// Whether the document of a product asks for a named value or fragment.
    pub(super) fn asks(&self, name: &str) -> bool {
        let documents = self.by_id.values().filter_map(|product| product.document.as_ref());
        documents.flat_map(|document| &document.asked).any(|(asked, _)| **asked == *name)
    }
}

pub(super) fn compile(old: Option<&Arc<ProductTable>>, scope: &Scope<'_>) -> Arc<ProductTable> {
    let collection = format!("{}{}/", scope.prefix, Kind::Product.collection());
    let mut table = ProductTable::default();
    for id in scope.ids(&collection, Kind::Product) {
        let known = old.and_then(|old| old.by_id.get_key_value(id));
        let key = format!("{collection}{id}");
        let Some(product) = product(known.map(|(_, product)| product), scope, &key, &mut table.findings)
        else {
            continue;
        };
        let id = known.map_or_else(|| id.into(), |(id, _)| id.clone());
        table.by_id.insert(id, product);
    }
    open(&mut table);
    Arc::new(table)
}

fn product(
    old: Option<&Arc<Product>>,
    scope: &Scope<'_>,
    key: &str,
    findings: &mut Vec<Note>,
) -> Option<Arc<Product>> {
    let source = scope.spec.get(key)?;
    let Spec::Product(spec) = &source.spec else { return None };
    let policy = scope.spec.get(&format!("{key}/{}/policy", Kind::Policy.collection()));
    let document = scope.document(old.and_then(|old| old.document.as_ref()), policy, ScopeKind::Product);
    note(&document, findings);
    let apis = apis(scope, key, findings);
    let facts = ProductFacts {
        id: source.name.id().into(),
        name: spec.display_name.as_str().into(),
        is_published: spec.state == PUBLISHED,
        approval_required: spec.approval_required.unwrap_or_default(),
        subscription_required: spec.subscription_required.unwrap_or(true),
        subscriptions_limit: spec.subscriptions_limit.and_then(|limit| i32::try_from(limit).ok()),
        groups: groups(scope, key),
    };
    if let Some(old) = old
        && is_same(&old.source, source)
        && same_document(&old.document, &document)
        && old.apis == apis
        && old.facts == facts
    {
        return Some(old.clone());
    }
    Some(Arc::new(Product {
        id: facts.id.clone(),
        is_open: !facts.subscription_required,
        facts,
        apis,
        document,
        source: source.clone(),
    }))
}

/// Ids and names of the groups that see a product.
fn groups(scope: &Scope<'_>, key: &str) -> Arc<[(Arc<str>, Arc<str>)]> {
    let collection = format!("{key}/{}/", Kind::ProductGroupLink.collection());
    let links = scope.spec.below(&collection).filter_map(|(_, link)| match &link.spec {
        Spec::ProductGroupLink(link) => Some(&link.group_id),
        _ => None,
    });
    links.filter_map(|id| users::group(scope, &scope.reference(id)?)).collect()
}

/// Root ids of the APIs that the links of a product lead to.
fn apis(scope: &Scope<'_>, key: &str, findings: &mut Vec<Note>) -> BTreeSet<Arc<str>> {
    let collection = format!("{key}/{}/", Kind::ProductApiLink.collection());
    let apis = format!("{}/", Kind::Api.collection());
    let mut roots = BTreeSet::new();
    for (link_key, link) in scope.spec.below(&collection) {
        let Spec::ProductApiLink(link) = &link.spec else { continue };
        match scope.reference(&link.api_id).as_deref().and_then(|to| to.strip_prefix(&apis)) {
            Some(id) => _ = roots.insert(lower(split_revision(id).0).into()),
            None => findings.push((
                link_key.to_owned(),
                format!("apiId `{}` is no API of the product's own workspace", link.api_id),
            )),
        }
    }
    roots
}

/// An API is in one open product at most; where there are two, the first by id counts.
fn open(table: &mut ProductTable) {
    let mut open: BTreeMap<Arc<str>, Arc<Product>> = BTreeMap::new();
    for product in table.by_id.values().filter(|product| product.is_open) {
        for root in &product.apis {
            let holder = open.entry(root.clone()).or_insert_with(|| product.clone());
            if !Arc::ptr_eq(holder, product) {
                let message = format!("the API `{root}` is open through product `{}` already", holder.id);
                table.findings.push((product.name().key(), message));
            }
        }
    }
    table.open = open;
}
