//! From what the resources say to what units look things up in.
//!
//! One idea: compiling takes the previous shard and the changed keys, makes anew what these keys are
//! part of or what refers to them, and shares the rest by `Arc`. The outcome is the same as that of
//! compiling everything. A defect becomes a finding and takes down no more than its own part.
//! Must not know where changes come from, nor who runs the shard.
//!
//! | changed | made anew |
//! |---|---|
//! | operation | itself with its contract, the list of its API; the API's tree if method or template changed |
//! | policy document | itself, and what it hangs at |
//! | named value, fragment | the documents and backends of its scope that ask for it |
//! | schema of an API | the API with the contracts of its operations |
//! | schema | the documents of its scope that ask for it |
//! | API | itself; its operations stay; path tables if its path changed |
//! | version set | itself; what is behind its paths, and path tables if these changed |
//! | product, link | itself and the workspace's table of products |
//! | subscription | itself and the workspace's table of keys |
//! | certificate, authority, token source, credential provider | the workspace's table of credentials |
//! | cache, logger | itself |
//! | user, group | the service's table of users |

mod api;
mod backends;
pub(crate) mod contracts;
mod credentials;
mod documents;
mod outside;
mod paths;
mod products;
mod subscriptions;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod versions;
mod workspace;

pub(crate) use documents::fragment_key;

use crate::{
    route::HostTable,
    shard::{HostTarget, Hosts, Note, Shard, WorkspaceShard},
    spec::{SERVICE, ShardSpec},
};
use hanse_proto::Kind;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What may differ from the spec that the previous shard was compiled from: resources that were
/// created, changed or deleted, and those that came into the spec or left it without a change.
#[derive(Debug, Clone, Copy)]
pub enum Changed<'a> {
    /// Anything.
    All,
    /// These keys ([`Name::key`](hanse_proto::Name::key)), each with everything below it.
    Keys(&'a [String]),
}

/// What came out.
#[derive(Debug)]
pub struct Compiled {
    /// To be handed to the gateway's units.
    pub shard: Arc<Shard>,
    /// What keeps part of the resources from working and did not do so in the previous shard: key
    /// and message. [`Shard::findings`] has all of them.
    pub findings: Vec<(String, String)>,
}

/// Compiles what a gateway serves. Whatever the resources hold, there is a shard.
pub fn compile(previous: Option<&Arc<Shard>>, spec: &ShardSpec, changed: Changed<'_>) -> Compiled {
    let visits = Visits::of(changed);
    let old = |id: &str| previous.and_then(|shard| shard.position(id).map(|at| &shard.workspaces[at]));
    let make = |id: &str| match (old(id), visits.of_workspace(id)) {
        (Some(old), None) => old.clone(),
        (Some(old), Some(visit)) => workspace::compile(Some(old), spec, id, visit),
        (None, _) => workspace::compile(None, spec, id, &EVERYTHING),
    };
    let ids =
        || std::iter::once(SERVICE).chain(spec.workspaces.iter().map(|id| &**id).filter(|id| !id.is_empty()));
    let kept = previous.filter(|old| old.workspaces.iter().map(|workspace| &*workspace.id).eq(ids()));
    let workspaces: Box<[Arc<WorkspaceShard>]> = match kept {
        // Those that no key is in are not even looked up.
        Some(old) if !visits.is_everything => {
            let mut workspaces = old.workspaces.clone();
            for id in visits.by_workspace.keys() {
                if let Some(at) = old.position(id) {
                    workspaces[at] = make(id);
                }
            }
            workspaces
        }
        _ => ids().map(make).collect(),
    };
    let serves_service = spec.workspaces.contains(SERVICE);
    let paths = paths::merge(previous, &workspaces, serves_service);
    let hosts = match kept {
        Some(old)
            if Arc::ptr_eq(&old.hosts.bindings, &spec.hosts) && old.serves_service == serves_service =>
        {
            old.hosts.clone()
        }
        _ => Arc::new(hosts(spec, &workspaces, serves_service)),
    };
    let mut findings = hosts.findings.clone();
    findings.extend(paths::conflicts(&paths, &workspaces));
    let passes_on = workspaces.iter().map(|workspace| spec.passes_on.get(&workspace.id).cloned()).collect();
    let shard = Arc::new(Shard {
        gateway: spec.gateway.clone(),
        revision: spec.revision,
        hosts,
        workspaces,
        paths,
        serves_service,
        passes_on,
        findings: findings.into(),
    });
    let findings = new_findings(previous, &shard);
    Compiled { shard, findings }
}

/// The findings of a shard that the previous one did not have. What the two share is not looked at.
fn new_findings(previous: Option<&Arc<Shard>>, shard: &Shard) -> Vec<Note> {
    let old = |id: &str| previous.and_then(|shard| shard.position(id).map(|at| &shard.workspaces[at]));
    let mut known: BTreeSet<&Note> = previous.into_iter().flat_map(|old| old.findings.iter()).collect();
    let mut found: Vec<&Note> = shard.findings.iter().collect();
    let is_same_place = |at: usize, new: &Arc<WorkspaceShard>| {
        previous.and_then(|old| old.workspaces.get(at)).is_some_and(|old| Arc::ptr_eq(old, new))
    };
    for (_, new) in shard.workspaces.iter().enumerate().filter(|(at, new)| !is_same_place(*at, new)) {
        match old(&new.id) {
            Some(old) if Arc::ptr_eq(old, new) => {}
            old => {
                known.extend(old.into_iter().flat_map(|old| old.findings()));
                found.extend(new.findings());
            }
        }
    }
    found.into_iter().filter(|note| !known.contains(note)).cloned().collect()
}

fn hosts(spec: &ShardSpec, workspaces: &[Arc<WorkspaceShard>], serves_service: bool) -> Hosts {
    let mut findings = Vec::new();
    let mut sorted: Vec<_> = spec.hosts.iter().collect();
    sorted.sort();
    for pair in sorted.windows(2).filter(|pair| pair[0].host == pair[1].host) {
        let key = format!("{}/{}", Kind::Gateway.collection(), spec.gateway);
        findings.push((key, format!("the host `{}` is bound twice; it leads to the first", pair[0].host)));
    }
    let target = |workspace: &Option<Arc<str>>| {
        let Some(id) = workspace else { return HostTarget::All };
        let is_linked = **id != *SERVICE || serves_service;
        workspaces
            .binary_search_by(|workspace| workspace.id.cmp(id))
            .ok()
            .filter(|_| is_linked)
            .map_or(HostTarget::Nothing, |at| HostTarget::Workspace(position(at)))
    };
    let table = HostTable::new(sorted.into_iter().map(|host| (host.host.clone(), target(&host.workspace))));
    Hosts { bindings: spec.hosts.clone(), table, findings }
}

/// A position as shards store it.
fn position(at: usize) -> u32 {
    u32::try_from(at).expect("fewer than 2^32 resources fit into memory")
}

/// What has to be looked at, by workspace.
struct Visits<'k> {
    is_everything: bool,
    by_workspace: BTreeMap<&'k str, Visit<'k>>,
}

/// What has to be looked at in one workspace.
#[derive(Default)]
struct Visit<'k> {
    is_everything: bool,
    backends: bool,
    credentials: bool,
    users: bool,
    version_sets: bool,
    /// Ids in lower case.
    apis: BTreeSet<&'k str>,
    products: BTreeSet<&'k str>,
    subscriptions: BTreeSet<&'k str>,
}

impl<'k> Visits<'k> {
    fn of(changed: Changed<'k>) -> Visits<'k> {
        let mut by_workspace: BTreeMap<&str, Visit<'k>> = BTreeMap::new();
        let Changed::Keys(keys) = changed else {
            return Visits { is_everything: true, by_workspace };
        };
        for key in keys {
            let mut parts = key.split('/');
            let mut next = || parts.next().unwrap_or_default();
            let (mut workspace, mut collection, mut id) = (SERVICE, next(), next());
            if collection == Kind::Workspace.collection() {
                (workspace, collection, id) = (id, next(), next());
            }
            by_workspace.entry(workspace).or_default().add(collection, id);
        }
        Visits { is_everything: false, by_workspace }
    }

    fn of_workspace(&self, id: &str) -> Option<&Visit<'k>> {
        if self.is_everything { Some(&EVERYTHING) } else { self.by_workspace.get(id) }
    }
}

/// All of a workspace.
static EVERYTHING: Visit<'static> = Visit {
    is_everything: true,
    backends: true,
    credentials: true,
    users: true,
    version_sets: true,
    apis: BTreeSet::new(),
    products: BTreeSet::new(),
    subscriptions: BTreeSet::new(),
};

impl<'k> Visit<'k> {
    /// Adds a key within the workspace; no collection stands for the workspace itself.
    fn add(&mut self, collection: &'k str, id: &'k str) {
        match Kind::of_collection(None, collection) {
            None => self.is_everything = true,
            Some(Kind::Backend) => self.backends = true,
            Some(
                Kind::Certificate | Kind::CaCertificate | Kind::TokenSource | Kind::AuthorizationProvider,
            ) => {
                self.credentials = true;
            }
            Some(Kind::User | Kind::Group) => self.users = true,
            Some(Kind::ApiVersionSet) => self.version_sets = true,
            Some(Kind::Api) => _ = self.apis.insert(id),
            Some(Kind::Product) => _ = self.products.insert(id),
            Some(Kind::Subscription) => _ = self.subscriptions.insert(id),
            // Named values, fragments and policies are looked at whenever the workspace is: there are few. Gateways
            // and their links come as hosts and as the list of workspaces. The rest is not served by.
            Some(_) => {}
        }
    }
}
