//! The rows of the Index table: what each resource puts there, and how it is found again.
//!
//! The one idea: [`rows`] is a pure function of one stored resource, so the whole table can be
//! derived from the resources at any time, and rules never keep it up to date by hand. A row's key
//! is a tag, some parts each followed by `01`, and the storage key of its owner; its value is
//! empty. Uniqueness is asked by prefix: is there an owner beside me? (Parts hold no control
//! characters; the checks of fields see to that.)

use crate::keys;
use crate::kinds;
use crate::references;
use hanse_proto::Name;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Api, StoredResource};

const BEHIND_PART: u8 = 1;

/// Tags: the first byte of every row. Never used again for something else.
mod tag {
    pub(super) const PATH: u8 = b'a';
    pub(super) const DEDICATED: u8 = b'd';
    pub(super) const FOLLOWER: u8 = b'f';
    pub(super) const LINK_OF_GATEWAY: u8 = b'g';
    pub(super) const HOSTNAME: u8 = b'h';
    pub(super) const FINGERPRINT: u8 = b'k';
    pub(super) const ID: u8 = b'i';
    pub(super) const NAMED_VALUE: u8 = b'n';
    pub(super) const OPERATION: u8 = b'o';
    pub(super) const PRODUCT: u8 = b'p';
    pub(super) const PRODUCT_OF_API: u8 = b'q';
    pub(super) const REFERENCE: u8 = b'r';
    pub(super) const PATH_OF_SCOPE: u8 = b's';
    pub(super) const UNIQUE: u8 = b'u';
    pub(super) const OWNED: u8 = b'e';
    pub(super) const USED_VALUE: u8 = b'v';
    pub(super) const LINK_OF_WORKSPACE: u8 = b'w';
}

fn prefix(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![tag];
    for part in parts {
        key.extend(*part);
        key.push(BEHIND_PART);
    }
    key
}

/// The least key behind all rows with a prefix.
pub(crate) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut to = prefix.to_vec();
    *to.last_mut().expect("a prefix begins with a tag") += 1;
    to
}

/// Storage key of the owner of a row.
pub(crate) fn owner(row: &[u8]) -> &[u8] {
    let last = row.iter().rposition(|byte| *byte == BEHIND_PART).expect("a row has a part");
    &row[last + 1..]
}

/// The part of a row before its owner: the second one of rows that have two.
pub(crate) fn part_before_owner(row: &[u8]) -> &[u8] {
    let last = row.iter().rposition(|byte| *byte == BEHIND_PART).expect("a row has a part");
    let before = row[..last].iter().rposition(|byte| *byte == BEHIND_PART).map_or(1, |at| at + 1);
    &row[before..last]
}

/// Owners: APIs, of all scopes, with a path.
pub(crate) fn by_path(normal_path: &str) -> Vec<u8> {
    prefix(tag::PATH, &[normal_path.as_bytes()])
}

/// The range of all paths, of all scopes; equal ones stand side by side.
pub(crate) fn paths() -> (Vec<u8>, Vec<u8>) {
    (vec![tag::PATH], vec![tag::PATH + 1])
}

/// Owners: resources of a kind with an id, of all scopes.
pub(crate) fn by_id(collection: &str, id: &str) -> Vec<u8> {
    prefix(tag::ID, &[collection.as_bytes(), id.as_bytes()])
}

/// The range of all ids, of all scopes; equal ones of a kind stand side by side.
pub(crate) fn ids() -> (Vec<u8>, Vec<u8>) {
    (vec![tag::ID], vec![tag::ID + 1])
}

/// Owners: APIs of a scope; the second part is the path.
pub(crate) fn paths_of_scope(scope: &[u8]) -> Vec<u8> {
    prefix(tag::PATH_OF_SCOPE, &[scope])
}

/// Owners: gateways dedicated to a workspace.
pub(crate) fn dedicated_to(workspace: &[u8]) -> Vec<u8> {
    prefix(tag::DEDICATED, &[workspace])
}

/// Owners: links of a gateway; the second part is the workspace.
pub(crate) fn links_of_gateway(gateway: &[u8]) -> Vec<u8> {
    prefix(tag::LINK_OF_GATEWAY, &[gateway])
}

/// Owners: links of a gateway and a workspace.
pub(crate) fn links_between(gateway: &[u8], workspace: &[u8]) -> Vec<u8> {
    prefix(tag::LINK_OF_GATEWAY, &[gateway, workspace])
}

/// Owners: links of a workspace (empty: the service), on any gateway.
pub(crate) fn links_of_workspace(workspace: &[u8]) -> Vec<u8> {
    prefix(tag::LINK_OF_WORKSPACE, &[workspace])
}

/// Owners: gateways, bindings and links that answer for a hostname.
pub(crate) fn by_hostname(normal_hostname: &str) -> Vec<u8> {
    prefix(tag::HOSTNAME, &[normal_hostname.as_bytes()])
}

/// Owners: subscriptions with a key.
pub(crate) fn by_fingerprint(fingerprint: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let hex: Vec<u8> = fingerprint
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .collect();
    prefix(tag::FINGERPRINT, &[&hex])
}

/// Owners: named values of a scope with a display name.
pub(crate) fn named_values(scope: &[u8], display_name: &str) -> Vec<u8> {
    prefix(tag::NAMED_VALUE, &[scope, display_name.as_bytes()])
}

/// Owners: resources of a scope whose documents use a named value.
pub(crate) fn users_of_value(scope: &[u8], display_name: &str) -> Vec<u8> {
    prefix(tag::USED_VALUE, &[scope, display_name.as_bytes()])
}

/// Owners: operations of an API that a request could not tell apart.
pub(crate) fn operations(api: &[u8], method: &str, url_template: &str) -> Vec<u8> {
    let erased = kinds::erased_template(url_template);
    prefix(tag::OPERATION, &[api, method.as_bytes(), erased.as_bytes()])
}

/// Owners: products of a scope with a display name.
pub(crate) fn products(scope: &[u8], display_name: &str) -> Vec<u8> {
    prefix(tag::PRODUCT, &[scope, display_name.as_bytes()])
}

/// Owners: product links of an API; the second part is the product.
pub(crate) fn products_of_api(api: &[u8]) -> Vec<u8> {
    prefix(tag::PRODUCT_OF_API, &[api])
}

/// Owners: links of an API in one product.
pub(crate) fn links_in_product(api: &[u8], product: &[u8]) -> Vec<u8> {
    prefix(tag::PRODUCT_OF_API, &[api, product])
}

/// Owners: resources that refer to another and keep it from being deleted.
pub(crate) fn referrers(target: &[u8]) -> Vec<u8> {
    prefix(tag::REFERENCE, &[target])
}

/// Owners: resources that go along with another.
pub(crate) fn followers(target: &[u8]) -> Vec<u8> {
    prefix(tag::FOLLOWER, &[target])
}

/// The range of the rows of everything that goes along with a resource or with what is below it.
pub(crate) fn followers_of_subtree(root: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // Behind the key of the root come a separator (0) and more, or the end of the part (1).
    let from = [&[tag::FOLLOWER], root, &[0]].concat();
    let to = [&[tag::FOLLOWER], root, &[BEHIND_PART + 1]].concat();
    (from, to)
}

/// Owners: what is below a collection of one parent, at any depth, and goes along with a resource.
pub(crate) fn followers_below(target: &[u8], parent: &[u8], collection: &str) -> Vec<u8> {
    [followers(target), keys::collection(parent, collection).0].concat()
}

/// Owners: resources of a scope and a kind with this value in the field that must differ.
pub(crate) fn unique(scope: &[u8], collection: &str, value: &str) -> Vec<u8> {
    prefix(tag::UNIQUE, &[scope, collection.as_bytes(), value.as_bytes()])
}

/// Owners: resources that belong to somebody's folder.
pub(crate) fn owned(owner: &str) -> Vec<u8> {
    prefix(tag::OWNED, &[owner.as_bytes()])
}

/// All rows of a resource, each once.
pub(crate) fn rows(stored: &StoredResource) -> Vec<Vec<u8>> {
    let resource = stored.resource.as_ref().expect("apply stores a resource in every row");
    let name = Name::parse(&resource.name).expect("apply stores checked names");
    let key = keys::of(&name.key());
    let scope = keys::scope(&key);
    let mut prefixes = Vec::new();
    match resource.spec.as_ref().expect("apply stores a spec in every row") {
        Spec::Api(spec) => prefixes.extend(of_api(scope, spec)),
        Spec::Operation(spec) => {
            let api = keys::parent(&key).expect("an operation is below an API");
            prefixes.push(operations(api, &spec.method, &spec.url_template));
        }
        Spec::NamedValue(spec) => prefixes.push(named_values(scope, &spec.display_name)),
        Spec::Product(spec) => prefixes.push(products(scope, &spec.display_name)),
        Spec::ProductApiLink(spec) => {
            let product = keys::parent(&key).expect("a product link is below a product");
            prefixes.push(links_in_product(&key_of_reference(&spec.api_id), product));
        }
        Spec::Subscription(_) => {
            prefixes.extend(stored.secrets.values().map(|sealed| by_fingerprint(&sealed.fingerprint)));
        }
        Spec::Gateway(spec) => {
            let hostnames = spec.hostnames.iter().chain([&spec.default_hostname]);
            prefixes.extend(hostnames.map(|hostname| by_hostname(&kinds::normal_hostname(hostname))));
            if !spec.dedicated_to.is_empty() {
                prefixes.push(dedicated_to(&key_of_reference(&spec.dedicated_to)));
            }
        }
        Spec::HostnameBinding(spec) => {
            prefixes.push(by_hostname(&kinds::normal_hostname(&spec.hostname)));
        }
        Spec::GatewayLink(spec) => {
            let gateway = keys::parent(&key).expect("a link is below a gateway");
            let workspace = key_of_reference(&spec.workspace);
            prefixes.push(by_hostname(&spec.default_hostname));
            prefixes.push(links_between(gateway, &workspace));
            prefixes.push(prefix(tag::LINK_OF_WORKSPACE, &[&workspace, gateway]));
        }
        spec => {
            let field = kinds::unique(spec);
            prefixes.extend(field.map(|(_, value)| unique(scope, name.kind().collection(), value)));
        }
    }
    if kinds::has_free_id(name.kind()) {
        prefixes.push(by_id(name.kind().collection(), &name.id().to_lowercase()));
    }
    if !resource.owner.is_empty() {
        prefixes.push(owned(&resource.owner));
    }
    let (guarded, followed) = references::held_targets(&name, stored);
    prefixes.extend(guarded.iter().map(|target| referrers(&keys::of(&target.key()))));
    prefixes.extend(followed.iter().map(|target| followers(&keys::of(&target.key()))));
    if let Some(facts) = &stored.facts {
        prefixes.extend(facts.named_values.iter().map(|value| users_of_value(scope, value)));
    }
    for row in &mut prefixes {
        row.extend(&key);
    }
    prefixes.sort();
    prefixes.dedup();
    prefixes
}

fn of_api(scope: &[u8], spec: &Api) -> [Vec<u8>; 2] {
    let path = kinds::normal_path(&spec.path);
    [by_path(&path), prefix(tag::PATH_OF_SCOPE, &[scope, path.as_bytes()])]
}

/// Storage key of a reference in full, as `kinds::canonical` leaves it; empty for an empty one.
pub(crate) fn key_of_reference(full: &str) -> Vec<u8> {
    keys::of(&hanse_proto::key_of(full))
}
