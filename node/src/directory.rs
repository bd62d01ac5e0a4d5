//! Gateways as the store has them: their hostnames, their links, and what they need.

use hanse_gateway::{
    directory::{DEFAULT_GATEWAY, Directory},
    spec::{HostBinding, SERVICE},
};
use hanse_model::{ListQuery, Read};
use hanse_proto::{Kind, Name, v1, v1::resource::Spec};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A gateway with its links.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayView {
    /// Id, lower case.
    pub id: String,
    /// Units it should have.
    pub units: u32,
    /// What it says of itself.
    pub gateway: v1::Gateway,
    /// Its links by key: workspace id in lower case ([`SERVICE`]: the service's own APIs) and hostname.
    pub links: BTreeMap<String, (String, String)>,
}

impl GatewayView {
    /// Whether it runs on every node.
    pub fn is_default(&self) -> bool {
        self.id == DEFAULT_GATEWAY
    }

    /// Every hostname, and the one workspace it leads to, if only one.
    pub fn bindings(&self) -> Vec<HostBinding> {
        let own = std::iter::once(&self.gateway.default_hostname).chain(&self.gateway.hostnames);
        let own = own.map(|host| HostBinding { host: host.to_lowercase(), workspace: None });
        let links = self.links.values().map(|(workspace, host)| HostBinding {
            host: host.to_lowercase(),
            workspace: Some(workspace.as_str().into()),
        });
        own.chain(links).filter(|binding| !binding.host.is_empty()).collect()
    }

    /// Its own hostnames, the default one first.
    pub fn hostnames(&self) -> Vec<String> {
        std::iter::once(self.gateway.default_hostname.clone())
            .chain(self.gateway.hostnames.iter().cloned())
            .filter(|host| !host.is_empty())
            .collect()
    }

    /// Ids of the workspaces it serves; the service itself is shown as `(service)`.
    pub fn workspaces(&self) -> Vec<String> {
        self.links
            .values()
            .map(|(id, _)| if id == SERVICE { "(service)".to_owned() } else { id.clone() })
            .collect()
    }

    /// Linked ids for a shard.
    pub fn linked(&self) -> BTreeSet<Arc<str>> {
        self.links.values().map(|(id, _)| id.as_str().into()).collect()
    }
}

/// All gateways, by id.
///
/// # Errors
/// When the store cannot be read.
pub fn gateways<R: Read>(read: &R) -> Result<BTreeMap<String, GatewayView>, R::Error> {
    let mut found = BTreeMap::new();
    for stored in all(read, None, Kind::Gateway)? {
        let Some((name, Spec::Gateway(gateway))) = named(stored) else { continue };
        let gateway = with_links(read, &name, gateway)?;
        found.insert(gateway.id.clone(), gateway);
    }
    Ok(found)
}

/// Ids of all gateways and the units that they should have, without a look at their links.
///
/// # Errors
/// When the store cannot be read.
pub fn units<R: Read>(read: &R) -> Result<BTreeMap<String, u32>, R::Error> {
    let gateways = all(read, None, Kind::Gateway)?.into_iter().filter_map(named);
    Ok(gateways
        .filter_map(|(name, spec)| match spec {
            Spec::Gateway(gateway) => Some((name.id().to_lowercase(), gateway.units.max(1))),
            _ => None,
        })
        .collect())
}

/// One gateway; `None` when it is gone.
///
/// # Errors
/// When the store cannot be read.
pub fn gateway<R: Read>(read: &R, name: &Name) -> Result<Option<GatewayView>, R::Error> {
    match hanse_model::get(read, name)?.and_then(named) {
        Some((name, Spec::Gateway(gateway))) => with_links(read, &name, gateway).map(Some),
        _ => Ok(None),
    }
}

/// What a link leads to, as [`GatewayView::links`] has it; `None` when it is gone.
///
/// # Errors
/// When the store cannot be read.
pub fn link<R: Read>(read: &R, name: &Name) -> Result<Option<(String, String)>, R::Error> {
    Ok(hanse_model::get(read, name)?.and_then(link_of).map(|(_, link)| link))
}

fn with_links<R: Read>(read: &R, name: &Name, gateway: v1::Gateway) -> Result<GatewayView, R::Error> {
    let links = all(read, Some(name.clone()), Kind::GatewayLink)?.into_iter().filter_map(link_of);
    let id = name.id().to_lowercase();
    Ok(GatewayView { id, units: gateway.units.max(1), gateway, links: links.collect() })
}

fn link_of(stored: v1::StoredResource) -> Option<(String, (String, String))> {
    let Some((name, Spec::GatewayLink(link))) = named(stored) else { return None };
    let workspace = Name::parse(&link.workspace).ok();
    let id = workspace.map_or_else(|| SERVICE.to_owned(), |name| name.id().to_lowercase());
    Some((name.key(), (id, link.default_hostname)))
}

/// The lookup tables of a node's front door.
pub fn directory(
    gateways: &BTreeMap<String, GatewayView>,
    assignment: &v1::Assignment,
    node: u64,
) -> Directory {
    let hosts = gateways
        .values()
        .flat_map(|gateway| {
            let id: Arc<str> = gateway.id.as_str().into();
            gateway.bindings().into_iter().map(move |binding| (binding.host, id.clone()))
        })
        .collect();
    Directory::new(hosts, assignment, node)
}

/// Reads every resource of a kind below a parent, page by page.
///
/// # Errors
/// When the store cannot be read.
pub fn all<R: Read>(read: &R, parent: Option<Name>, kind: Kind) -> Result<Vec<v1::StoredResource>, R::Error> {
    pages(read, ListQuery { parent, kind: Some(kind), page_size: PAGE, ..Default::default() })
}

/// Reads everything below a parent, at any depth.
///
/// # Errors
/// When the store cannot be read.
pub fn subtree<R: Read>(read: &R, parent: &Name) -> Result<Vec<v1::StoredResource>, R::Error> {
    let query =
        ListQuery { parent: Some(parent.clone()), recursive: true, page_size: PAGE, ..Default::default() };
    pages(read, query)
}

const PAGE: u32 = 1_000;

fn pages<R: Read>(read: &R, mut query: ListQuery) -> Result<Vec<v1::StoredResource>, R::Error> {
    let mut found = Vec::new();
    loop {
        // A page token that this very loop was given is never refused.
        let Ok(page) = hanse_model::list(read, &query)? else { return Ok(found) };
        found.extend(page.resources);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        query.page_token = page.next_page_token;
    }
}

/// Name and spec of a stored resource.
pub fn named(stored: v1::StoredResource) -> Option<(Name, Spec)> {
    let resource = stored.resource?;
    Some((Name::parse(&resource.name).ok()?, resource.spec?))
}
