//! What a change reaches: questions for plans, answered from the index.
//!
//! The one idea: each costs what it answers, never the size of the store. Must not decide anything;
//! rules have questions of their own.

use crate::index;
use crate::keys;
use crate::read::{Read, Table};
use crate::references;
use crate::view::View;
use hanse_proto::v1::StoredResource;
use hanse_proto::{Kind, Name};

/// Resources that an owner has, in the order of their names; at most `limit`.
///
/// # Errors
/// When the store cannot be read.
pub fn owned_by<R: Read>(read: &R, owner: &str, limit: usize) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let keys = view.owners(&index::owned(owner), limit)?;
    names(&view, &keys)
}

/// Products that an API is in. A revision is in those of its API.
///
/// # Errors
/// When the store cannot be read.
pub fn products_of_api<R: Read>(read: &R, api: &Name) -> Result<Vec<Name>, R::Error> {
    let key = api.key();
    let root = key.split(";rev=").next().unwrap_or(&key);
    let view = View::open(read)?;
    let links = view.owners(&index::products_of_api(&keys::of(root)), usize::MAX)?;
    let mut products = names(&view, &links)?;
    products = products.iter().filter_map(Name::parent).collect();
    products.sort_by_key(Name::key);
    products.dedup_by_key(|product| product.key());
    Ok(products)
}

/// An API and its revisions, as far as they exist.
///
/// # Errors
/// When the store cannot be read.
pub fn revisions_of_api<R: Read>(read: &R, api: &Name) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let key = keys::of(&api.key());
    let mut found = Vec::new();
    if view.exists(&key)? {
        found.push(key.clone());
    }
    let mut next = [&key, b";rev=".as_slice()].concat();
    let to = [&key, b";rev>".as_slice()].concat();
    loop {
        let rows = read.range(Table::Resources, &next, &to, 1)?;
        let Some((revision, _)) = rows.into_iter().next() else { return names(&view, &found) };
        next = keys::behind(&revision);
        if view.exists(&revision)? {
            found.push(revision);
        }
    }
}

/// Policies of a scope (`workspaces/{id}`, or empty for the service) that use a named value, by its
/// display name.
///
/// # Errors
/// When the store cannot be read.
pub fn policies_with_value<R: Read>(
    read: &R,
    scope: &str,
    display_name: &str,
) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let scope = keys::of(&hanse_proto::key_of(scope));
    let users = view.owners(&index::users_of_value(&scope, display_name), usize::MAX)?;
    policies(&view, &users)
}

/// Policies whose documents refer to a resource, such as a fragment.
///
/// # Errors
/// When the store cannot be read.
pub fn policies_referring_to<R: Read>(read: &R, name: &Name) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let referrers = view.owners(&index::referrers(&keys::of(&name.key())), usize::MAX)?;
    policies(&view, &referrers)
}

/// Gateways that have a link of a workspace (`workspaces/{id}`, or empty for the service).
///
/// # Errors
/// When the store cannot be read.
pub fn gateways_of<R: Read>(read: &R, workspace: &str) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let workspace = keys::of(&hanse_proto::key_of(workspace));
    let links = view.owners(&index::links_of_workspace(&workspace), usize::MAX)?;
    Ok(names(&view, &links)?.iter().filter_map(Name::parent).collect())
}

/// Links of a workspace (`workspaces/{id}`, or empty for the service), whatever the gateway.
///
/// # Errors
/// When the store cannot be read.
pub fn links_of<R: Read>(read: &R, workspace: &str) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let workspace = keys::of(&hanse_proto::key_of(workspace));
    let links = view.owners(&index::links_of_workspace(&workspace), usize::MAX)?;
    names(&view, &links)
}

/// Resources that keep another from being deleted: they refer to it.
///
/// # Errors
/// When the store cannot be read.
pub fn users_of<R: Read>(read: &R, name: &Name) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let owners = view.owners(&index::referrers(&keys::of(&name.key())), usize::MAX)?;
    names(&view, &owners)
}

/// Resources that go along with another or with what is below it: links elsewhere.
///
/// # Errors
/// When the store cannot be read.
pub fn followers<R: Read>(read: &R, name: &Name) -> Result<Vec<Name>, R::Error> {
    let view = View::open(read)?;
    let key = keys::of(&name.key());
    let (from, to) = index::followers_of_subtree(&key);
    let mut owners = view.owners_between(&from, &to, usize::MAX)?;
    owners.extend(view.owners(&index::followers(&key), usize::MAX)?);
    if name.kind() == Kind::Api {
        owners.extend(view.owners(&index::products_of_api(&key), usize::MAX)?);
    }
    owners.sort();
    owners.dedup();
    names(&view, &owners)
}

/// Everything that a stored resource refers to, by its fields and documents.
pub fn targets_of(stored: &StoredResource) -> Vec<Name> {
    let name = stored.resource.as_ref().and_then(|resource| Name::parse(&resource.name).ok());
    name.map(|name| references::all_targets(&name, stored)).unwrap_or_default()
}

/// Whether a scope (`workspaces/{id}`, or empty for the service) has a named value with a display name.
///
/// # Errors
/// When the store cannot be read.
pub fn has_named_value<R: Read>(read: &R, scope: &str, display_name: &str) -> Result<bool, R::Error> {
    let scope = keys::of(&hanse_proto::key_of(scope));
    let owners = View::open(read)?.owners(&index::named_values(&scope, display_name), 1)?;
    Ok(!owners.is_empty())
}

/// The named values of a scope with a display name, and what uses it.
///
/// # Errors
/// When the store cannot be read.
pub fn named_value<R: Read>(
    read: &R,
    scope: &str,
    display_name: &str,
) -> Result<(Vec<Name>, Vec<Name>), R::Error> {
    let view = View::open(read)?;
    let scope = keys::of(&hanse_proto::key_of(scope));
    let values = view.owners(&index::named_values(&scope, display_name), usize::MAX)?;
    let users = view.owners(&index::users_of_value(&scope, display_name), usize::MAX)?;
    Ok((names(&view, &values)?, names(&view, &users)?))
}

fn policies<R: Read>(view: &View<'_, R>, keys: &[Vec<u8>]) -> Result<Vec<Name>, R::Error> {
    let names = names(view, keys)?;
    Ok(names.into_iter().filter(|name| matches!(name.kind(), Kind::Policy | Kind::PolicyFragment)).collect())
}

fn names<R: Read>(view: &View<'_, R>, keys: &[Vec<u8>]) -> Result<Vec<Name>, R::Error> {
    keys.iter().map(|key| Ok(Name::parse(&view.name(key)?).expect("apply stores checked names"))).collect()
}
