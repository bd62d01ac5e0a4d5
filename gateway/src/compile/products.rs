//! Products, the APIs in them, and which API is open through which product.

use super::{
    api::{same_document, split_revision},
    documents::{Scope, note},
};
use crate::{
    shard::{Note, Product, ProductTable, lower},
    spec::is_same,
};
use hanse_policy::ScopeKind;
use hanse_proto::{Kind, v1::resource::Spec};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

impl ProductTable {
    /// Whether the document of a product asks for a named value.
    pub(super) fn asks(&self, name: &str) -> bool {
        let documents = self.by_id.values().filter_map(|product| product.document.as_ref());
        documents.flat_map(|document| &document.named_values).any(|(asked, _)| **asked == *name)
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
    if let Some(old) = old
        && is_same(&old.source, source)
        && same_document(&old.document, &document)
        && old.apis == apis
    {
        return Some(old.clone());
    }
    Some(Arc::new(Product {
        id: source.name.id().into(),
        is_open: !spec.subscription_required.unwrap_or(true),
        apis,
        document,
        source: source.clone(),
    }))
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
