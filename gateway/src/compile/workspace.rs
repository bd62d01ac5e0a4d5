//! One workspace, or the service itself: which of its parts are made anew.
//!
//! One idea: each part is given its old form and answers with the same `Arc` when nothing in it
//! differs, so that whoever is above can tell by the pointer.

use super::{
    Visit, api, backends, contracts, credentials,
    documents::{self, Scope},
    outside, paths, products, subscriptions, users, versions,
};
use crate::{
    shard::{Api, Note, WorkspaceShard},
    spec::{SERVICE, ShardSpec},
};
use hanse_policy::{ScopeKind, WorkspaceFacts};
use hanse_proto::{Kind, v1::resource::Spec};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(super) fn compile(
    old: Option<&Arc<WorkspaceShard>>,
    spec: &ShardSpec,
    id: &str,
    visit: &Visit<'_>,
) -> Arc<WorkspaceShard> {
    let prefix = match id {
        SERVICE => String::new(),
        id => format!("{}/{id}/", Kind::Workspace.collection()),
    };
    let all = visit.is_everything;
    let mut findings: Vec<Note> = Vec::new();

    // The findings of named values are part of this list, so they are read even where unchanged.
    let pieces = documents::pieces(spec, &prefix, &mut findings);
    let changed_pieces: BTreeSet<Arc<str>> = match old {
        None => BTreeSet::new(),
        Some(old) => documents::differing(&old.pieces, &pieces),
    };
    let pieces = match old {
        Some(old) if changed_pieces.is_empty() => old.pieces.clone(),
        _ => Arc::new(pieces),
    };
    let secrets = documents::secrets(spec, &prefix);
    let id: Arc<str> = old.map_or_else(|| id.into(), |old| old.id.clone());
    let mut scope = Scope { spec, prefix: &prefix, workspace: &id, pieces: &pieces, asks_contract: false };

    let kind = if *id == *SERVICE { ScopeKind::Global } else { ScopeKind::Workspace };
    let policy = spec.get(&format!("{prefix}{}/policy", Kind::Policy.collection()));
    let document = scope.document(old.and_then(|old| old.document.as_ref()), policy, kind);
    documents::note(&document, &mut findings);
    let asks_itself = document.as_ref().is_some_and(|it| it.compiled.asks_contract());
    scope.asks_contract = asks_itself || contracts::may_be_asked(spec, &prefix);

    let asks = |names: &BTreeSet<Arc<str>>| changed_pieces.iter().any(|name| names.contains(name));
    let apis = apis(&scope, old, visit, asks);
    let version_sets = match old {
        Some(old) if !all && !visit.version_sets => old.version_sets.clone(),
        _ => versions::compile(old.map(|old| &old.version_sets), &scope),
    };
    let parts = paths::of_workspace(old, &apis, &version_sets, &mut findings);
    let products = match old {
        Some(old)
            if !all
                && visit.products.is_empty()
                && !changed_pieces.iter().any(|name| old.products.asks(name)) =>
        {
            old.products.clone()
        }
        _ => products::compile(old.map(|old| &old.products), &scope),
    };
    let subscriptions = match old {
        Some(old) if !all && visit.subscriptions.is_empty() => old.subscriptions.clone(),
        _ => subscriptions::compile(old.map(|old| &old.subscriptions), &scope, visit),
    };
    let backends = match old {
        Some(old)
            if !visit.backends && !all && !changed_pieces.iter().any(|name| old.backends.asks(name)) =>
        {
            old.backends.clone()
        }
        _ => backends::compile(old.map(|old| &old.backends), &scope),
    };
    let credentials = match old {
        Some(old) if !visit.credentials && !all => old.credentials.clone(),
        _ => credentials::compile(old.map(|old| &old.credentials), &scope),
    };
    let outside = outside::compile(old.map(|old| &old.outside), &scope);
    let users = match old {
        Some(old) if !visit.users && !all => old.users.clone(),
        _ => users::compile(&scope),
    };
    Arc::new(WorkspaceShard {
        id: id.clone(),
        facts: WorkspaceFacts { id: id.clone(), name: display_name(spec, &prefix) },
        document,
        pieces: pieces.clone(),
        secrets,
        apis,
        groups: parts.groups,
        version_sets,
        path_list: parts.path_list,
        places: parts.places,
        paths: parts.paths,
        products,
        subscriptions,
        backends,
        credentials,
        outside,
        users,
        unversioned: parts.unversioned,
        findings: findings.into(),
    })
}

fn display_name(spec: &ShardSpec, prefix: &str) -> Arc<str> {
    match spec.get(prefix.trim_end_matches('/')).map(|resource| &resource.spec) {
        Some(Spec::Workspace(workspace)) => workspace.display_name.as_str().into(),
        _ => Arc::from(""),
    }
}

type Apis = Arc<BTreeMap<Arc<str>, Arc<Api>>>;

fn apis(
    scope: &Scope<'_>,
    old: Option<&Arc<WorkspaceShard>>,
    visit: &Visit<'_>,
    asks: impl Fn(&BTreeSet<Arc<str>>) -> bool,
) -> Apis {
    let collection = format!("{}{}/", scope.prefix, Kind::Api.collection());
    let of_old = |id: &str| old.and_then(|old| old.apis.get_key_value(id));
    let make = |id: &str| {
        let (known, old) = of_old(id).unzip();
        let api = api::compile(old, scope, &format!("{collection}{id}"))?;
        Some((known.cloned().unwrap_or_else(|| id.into()), api))
    };
    let Some(old_shard) = old.filter(|_| !visit.is_everything) else {
        let ids = scope.ids(&collection, Kind::Api);
        let apis: BTreeMap<Arc<str>, Arc<Api>> = ids.filter_map(make).collect();
        return match old {
            Some(old) if is_shared(&old.apis, &apis) => old.apis.clone(),
            _ => Arc::new(apis),
        };
    };
    let mut visited: BTreeSet<&str> = visit.apis.clone();
    let asking = old_shard.apis.iter().filter(|(_, api)| asks(&api.asks));
    visited.extend(asking.map(|(id, _)| &**id));
    // Whatever is not visited stays, and so does the map when nothing turns out to differ.
    let mut apis: Option<BTreeMap<Arc<str>, Arc<Api>>> = None;
    for id in visited {
        let made = make(id);
        let is_same = match (&made, of_old(id)) {
            (None, None) => true,
            (Some((_, new)), Some((_, old))) => Arc::ptr_eq(new, old),
            _ => false,
        };
        if is_same {
            continue;
        }
        let apis = apis.get_or_insert_with(|| (*old_shard.apis).clone());
        match made {
            Some((id, api)) => _ = apis.insert(id, api),
            None => _ = apis.remove(id),
        }
    }
    apis.map_or_else(|| old_shard.apis.clone(), Arc::new)
}

fn is_shared(old: &BTreeMap<Arc<str>, Arc<Api>>, new: &BTreeMap<Arc<str>, Arc<Api>>) -> bool {
    old.len() == new.len()
        && old.iter().zip(new).all(|((old_id, old), (id, new))| old_id == id && Arc::ptr_eq(old, new))
}
