//! Gateways as the store has them: their hostnames, their links, and what they need.
//!
//! One idea: what a gateway answers on follows from its own resources and from the links of others that
//! lead to it, and is one value, so that a difference in it tells that the gateway has changed. The
//! hostname of a link leads to where its workspace is served; connections that were made before go on
//! to be served where they are, so the gateway that they were made to knows the hostname as well.

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
    /// Hostnames that are bound to it, beside those that it lists itself.
    pub bound: Vec<String>,
    /// Its links, by key.
    pub links: BTreeMap<String, LinkView>,
    /// Hostnames of other gateways' links, by which connections may be or come here, with the workspace.
    pub guests: Vec<(String, String)>,
}

/// A link of a gateway and a workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkView {
    /// Id of the workspace, lower case; [`SERVICE`]: the service's own APIs.
    pub workspace: String,
    /// The hostname that stays.
    pub hostname: String,
    /// Id of the gateway that serves the workspace instead, lower case.
    pub passes_on_to: Option<String>,
}

impl GatewayView {
    /// Whether it runs on every node.
    pub fn is_default(&self) -> bool {
        self.id == DEFAULT_GATEWAY
    }

    /// Every hostname that its units know, and the one workspace it leads to, if only one.
    pub fn bindings(&self) -> Vec<HostBinding> {
        let own = self.hostnames().into_iter().map(|host| (host, None));
        let links = self.links.values().map(|link| (link.hostname.clone(), Some(link.workspace.as_str())));
        let guests = self.guests.iter().map(|(workspace, host)| (host.clone(), Some(workspace.as_str())));
        own.chain(links)
            .chain(guests)
            .filter(|(host, _)| !host.is_empty())
            .map(|(host, workspace)| HostBinding {
                host: host.to_lowercase(),
                workspace: workspace.map(Arc::from),
            })
            .collect()
    }

    /// The hostname of each link, and the gateway that it leads to.
    fn links_lead(&self) -> impl Iterator<Item = (String, &str)> {
        self.links.values().map(|link| {
            (link.hostname.to_lowercase(), link.passes_on_to.as_deref().unwrap_or(self.id.as_str()))
        })
    }

    /// Its own hostnames, the default one first.
    pub fn hostnames(&self) -> Vec<String> {
        std::iter::once(self.gateway.default_hostname.clone())
            .chain(self.gateway.hostnames.iter().cloned())
            .chain(self.bound.iter().cloned())
            .filter(|host| !host.is_empty())
            .collect()
    }

    /// Ids of the workspaces it serves; the service itself is shown as `(service)`.
    pub fn workspaces(&self) -> Vec<String> {
        self.links
            .values()
            .filter(|link| link.passes_on_to.is_none())
            .map(|link| match link.workspace.as_str() {
                SERVICE => "(service)".to_owned(),
                id => id.to_owned(),
            })
            .collect()
    }

    /// Linked ids for a shard, those that are passed on included.
    pub fn linked(&self) -> BTreeSet<Arc<str>> {
        self.links.values().map(|link| link.workspace.as_str().into()).collect()
    }

    /// The workspaces that it passes on, and to which gateway.
    pub fn passes_on(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let moved = self
            .links
            .values()
            .filter_map(|link| Some((link.workspace.as_str().into(), link.passes_on_to.as_deref()?.into())));
        moved.collect()
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
    invite(&mut found);
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
pub fn link<R: Read>(read: &R, name: &Name) -> Result<Option<LinkView>, R::Error> {
    Ok(hanse_model::get(read, name)?.and_then(link_of).map(|(_, link)| link))
}

fn with_links<R: Read>(read: &R, name: &Name, gateway: v1::Gateway) -> Result<GatewayView, R::Error> {
    let links = all(read, Some(name.clone()), Kind::GatewayLink)?.into_iter().filter_map(link_of);
    let bindings = all(read, Some(name.clone()), Kind::HostnameBinding)?.into_iter().filter_map(named);
    let bound = bindings.filter_map(|(_, spec)| match spec {
        Spec::HostnameBinding(binding) => Some(binding.hostname),
        _ => None,
    });
    Ok(GatewayView {
        id: name.id().to_lowercase(),
        units: gateway.units.max(1),
        gateway,
        bound: bound.collect(),
        links: links.collect(),
        guests: Vec::new(),
    })
}

fn link_of(stored: v1::StoredResource) -> Option<(String, LinkView)> {
    let Some((name, Spec::GatewayLink(link))) = named(stored) else { return None };
    let id = |text: &str| Name::parse(text).ok().map(|name| name.id().to_lowercase());
    let view = LinkView {
        workspace: id(&link.workspace).unwrap_or_else(|| SERVICE.to_owned()),
        hostname: link.default_hostname,
        passes_on_to: id(&link.passes_on_to),
    };
    Some((name.key(), view))
}

/// Tells each gateway the hostnames of others' links by which clients may have come: of a workspace
/// that one of the two passes on to the other. The gateways for which these are others now.
pub fn invite(gateways: &mut BTreeMap<String, GatewayView>) -> Vec<String> {
    let mut guests: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for gateway in gateways.values() {
        for link in gateway.links.values() {
            let Some(to) = &link.passes_on_to else { continue };
            let guest = (link.workspace.clone(), link.hostname.clone());
            guests.entry(to.clone()).or_default().insert(guest);
            // Those that the other's link brought here, before the workspace moved there.
            let other = gateways.get(to).into_iter().flat_map(|other| other.links.values());
            let theirs = other.filter(|theirs| theirs.workspace == link.workspace);
            let theirs = theirs.map(|theirs| (theirs.workspace.clone(), theirs.hostname.clone()));
            guests.entry(gateway.id.clone()).or_default().extend(theirs);
        }
    }
    let mut changed = Vec::new();
    for gateway in gateways.values_mut() {
        let own: Vec<_> = guests.remove(&gateway.id).unwrap_or_default().into_iter().collect();
        if gateway.guests != own {
            gateway.guests = own;
            changed.push(gateway.id.clone());
        }
    }
    changed
}

/// What people say of nodes, by name in lower case.
///
/// # Errors
/// When the store cannot be read.
pub fn nodes<R: Read>(read: &R) -> Result<BTreeMap<String, v1::ClusterNode>, R::Error> {
    let found = all(read, None, Kind::ClusterNode)?.into_iter().filter_map(|stored| match named(stored)? {
        (name, Spec::ClusterNode(node)) => Some((name.id().to_lowercase(), node)),
        _ => None,
    });
    Ok(found.collect())
}

/// The zone of a node: what its resource says goes before its configuration.
pub fn zone<'a>(configured: &'a str, said: Option<&'a v1::ClusterNode>) -> &'a str {
    said.map(|node| node.zone.as_str()).filter(|zone| !zone.is_empty()).unwrap_or(configured)
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
            let own = gateway.hostnames().into_iter().map(|host| (host, gateway.id.as_str()));
            own.chain(gateway.links_lead()).filter(|(host, _)| !host.is_empty())
        })
        .map(|(host, gateway)| (host, Arc::from(gateway)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(id: &str, links: &[(&str, &str, Option<&str>)]) -> GatewayView {
        let link = |(workspace, hostname, to): &(&str, &str, Option<&str>)| LinkView {
            workspace: (*workspace).to_owned(),
            hostname: (*hostname).to_owned(),
            passes_on_to: to.map(str::to_owned),
        };
        let gateway = v1::Gateway { default_hostname: format!("{id}.test"), ..Default::default() };
        let links = links.iter().enumerate().map(|(at, it)| (format!("links/{at}"), link(it))).collect();
        let bound = vec![format!("Own.{id}.test")];
        GatewayView { id: id.to_owned(), units: 1, gateway, bound, links, guests: Vec::new() }
    }

    fn by_id(gateways: [GatewayView; 2]) -> BTreeMap<String, GatewayView> {
        gateways.into_iter().map(|gateway| (gateway.id.clone(), gateway)).collect()
    }

    fn bindings(gateway: &GatewayView) -> Vec<String> {
        let shown = gateway.bindings().into_iter().map(|binding| match binding.workspace {
            Some(workspace) => format!("{} {workspace}", binding.host),
            None => binding.host,
        });
        shown.collect()
    }

    /// Where the front door leads, by hostname.
    fn lead(gateways: &BTreeMap<String, GatewayView>, hosts: &[&str]) -> Vec<String> {
        let directory = directory(gateways, &v1::Assignment::default(), 1);
        hosts.iter().map(|host| directory.gateway_of(host).expect(host).gateway.to_string()).collect()
    }

    #[test]
    fn the_hostname_of_a_link_leads_to_where_the_workspace_is_served() {
        let hosts = ["one.test", "own.one.test", "a.link", "b.link", "a2.link"];
        let mut before = by_id([
            gateway("one", &[("a", "a.link", None), ("b", "b.link", None)]),
            gateway("two", &[("a", "a2.link", Some("one"))]),
        ]);
        invite(&mut before);
        assert_eq!(lead(&before, &hosts), ["one", "one", "one", "one", "one"]);
        let mut after = by_id([
            gateway("one", &[("a", "a.link", Some("two")), ("b", "b.link", None)]),
            gateway("two", &[("a", "a2.link", None)]),
        ]);
        invite(&mut after);
        assert_eq!(lead(&after, &hosts), ["one", "one", "two", "one", "two"]);
        // Both know both hostnames at any time: connections that were made before are served on.
        for view in [&before, &after] {
            assert_eq!(
                bindings(&view["one"]),
                ["one.test", "own.one.test", "a.link a", "b.link b", "a2.link a"]
            );
            assert_eq!(bindings(&view["two"]), ["two.test", "own.two.test", "a2.link a", "a.link a"]);
        }
        assert_eq!(
            (after["one"].workspaces(), after["two"].workspaces()),
            (vec!["b".to_owned()], vec!["a".to_owned()])
        );
        assert_eq!(after["one"].passes_on().get("a").map(|to| &**to), Some("two"));
        assert_eq!(after["one"].linked().len(), 2, "its paths stay taken");
    }
}
