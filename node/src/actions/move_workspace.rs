//! Where a workspace is served: moving it, quarantining it, and letting it out again.
//!
//! One idea: only links change, and none goes. A link that is left stays, with its hostname, and passes
//! requests on to the gateway that serves the workspace now, so nobody's URL changes, and no request is
//! lost while the nodes learn of it one after the other. Links that passed on to the gateway that is left
//! are led to the new one in the same command, so no request is passed on twice. Links that served say
//! so (`servedBefore`) until the next move, so that a release finds the way back.

use super::{Expansion, Reader, Stop, read};
use hanse_model::Read;
use hanse_proto::{
    Kind, Name,
    v1::{self, resource::Spec},
};
use std::collections::BTreeMap;

type Links = Vec<(Name, v1::GatewayLink)>;

/// Of one gateway to another.
pub fn expand_move<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::MoveWorkspace,
) -> Result<Expansion, Stop<R::Error>> {
    let (workspace, to) = ends(reader, &action.workspace, "to", &action.to)?;
    let links = reader.links(&workspace)?;
    let from = leave(&workspace, &links, &action.from, &to)?;
    let mut expansion = Expansion::default();
    create_missing(&mut expansion, &workspace, &to, &links);
    for (name, link) in &links {
        let is_left = gateway(name) == from.key();
        let is_led_there = read::is_same(&link.passes_on_to, from.as_str());
        if action.cut && is_left {
            expansion.delete(name.as_str(), false);
            continue;
        }
        let passes_on_to = match gateway(name) == to.key() {
            true => "",
            false if is_left || is_led_there => to.as_str(),
            false => &link.passes_on_to,
        };
        put(&mut expansion, name, link, passes_on_to, link.passes_on_to.is_empty());
    }
    Ok(expansion)
}

/// From everywhere to one gateway.
pub fn expand_quarantine<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::QuarantineWorkspace,
) -> Result<Expansion, Stop<R::Error>> {
    let (workspace, to) = ends(reader, &action.workspace, "gateway", &action.gateway)?;
    let links = reader.links(&workspace)?;
    if links.is_empty() {
        return no_link(&workspace);
    }
    let serves =
        |(name, link): &&(Name, v1::GatewayLink)| gateway(name) == to.key() && link.passes_on_to.is_empty();
    if let Some((link, _)) = links.iter().find(serves) {
        let message = format!("`{link}` has it served there already; a quarantine is a gateway of its own");
        let hint = "name another gateway, or leave this one first: hanse gateway move";
        return read::refuse("conflict", workspace.as_str(), "gateway", &message, hint);
    }
    let mut expansion = Expansion::default();
    create_missing(&mut expansion, &workspace, &to, &links);
    for (name, link) in &links {
        let passes_on_to = if gateway(name) == to.key() { "" } else { to.as_str() };
        put(&mut expansion, name, link, passes_on_to, link.passes_on_to.is_empty());
    }
    Ok(expansion)
}

/// Back to where it was: what served before serves again, and what was passed on to passes back.
pub fn expand_release<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::ReleaseWorkspace,
) -> Result<Expansion, Stop<R::Error>> {
    let workspace = read::name(&action.workspace, "workspace", Kind::Workspace)?;
    reader.spec(&workspace)?;
    let links = reader.links(&workspace)?;
    let returning = || links.iter().filter(|(_, link)| link.served_before);
    if returning().all(|(_, link)| link.passes_on_to.is_empty()) {
        let message =
            "it is served where it always was; no link that passes its requests on served it before";
        let hint = "`hanse gateway move` says where it is served";
        return read::refuse("conflict", workspace.as_str(), "", message, hint);
    }
    // The gateways that serve no more, each with the one that it passes requests back to.
    let mut left = BTreeMap::new();
    for (name, link) in returning().filter(|(_, link)| !link.passes_on_to.is_empty()) {
        let back = name.parent().map_or_else(String::new, |gateway| gateway.as_str().to_owned());
        left.entry(hanse_proto::key_of(&link.passes_on_to)).or_insert(back);
    }
    let mut expansion = Expansion::default();
    for (name, link) in &links {
        let target = match link.passes_on_to.as_str() {
            "" => left.get(&gateway(name)),
            to => left.get(&hanse_proto::key_of(to)),
        };
        let passes_on_to = match target {
            _ if link.served_before => "",
            Some(back) => back.as_str(),
            None => &link.passes_on_to,
        };
        put(&mut expansion, name, link, passes_on_to, false);
    }
    Ok(expansion)
}

/// The workspace and the gateway of an action, which must be there.
fn ends<R: Read>(
    reader: &mut Reader<'_, R>,
    workspace: &str,
    field: &str,
    to: &str,
) -> Result<(Name, Name), Stop<R::Error>> {
    let workspace = read::name(workspace, "workspace", Kind::Workspace)?;
    let to = read::name(to, field, Kind::Gateway)?;
    let mut violations = Vec::new();
    for name in [&workspace, &to] {
        match reader.spec(name) {
            Err(Stop::Refused(found)) => violations.extend(found),
            found => {
                found?;
            }
        }
    }
    if !violations.is_empty() {
        return Err(Stop::Refused(violations));
    }
    Ok((workspace, to))
}

/// The gateway that is left: the one that is named, or the only one that serves the workspace.
fn leave<E>(workspace: &Name, links: &Links, from: &str, to: &Name) -> Result<Name, Stop<E>> {
    if links.is_empty() {
        return no_link(workspace);
    }
    let serving: Vec<Name> = links
        .iter()
        .filter(|(_, link)| link.passes_on_to.is_empty())
        .filter_map(|(name, _)| name.parent())
        .collect();
    let shown = || serving.iter().map(|name| format!("`{}`", name.id())).collect::<Vec<_>>().join(", ");
    if from.is_empty() {
        return match serving.as_slice() {
            [only] if only.key() == to.key() => already(workspace, to),
            [only] => Ok(only.clone()),
            _ => {
                let message = format!("it is served by several gateways: {}", shown());
                read::refuse(
                    "invalid",
                    workspace.as_str(),
                    "from",
                    &message,
                    "say which one it leaves: --from",
                )
            }
        };
    }
    let from = read::name(from, "from", Kind::Gateway)?;
    if from.key() == to.key() {
        return already(workspace, to);
    }
    if !serving.iter().any(|name| name.key() == from.key()) {
        let message = format!("`{}` does not serve it; it is served by {}", from.id(), shown());
        return read::refuse("conflict", workspace.as_str(), "from", &message, "name one of these");
    }
    Ok(from)
}

fn already<T, E>(workspace: &Name, to: &Name) -> Result<T, Stop<E>> {
    let message = format!("`{}` serves it already", to.id());
    read::refuse("conflict", workspace.as_str(), "to", &message, "name another gateway")
}

fn no_link<T, E>(workspace: &Name) -> Result<T, Stop<E>> {
    let hint = format!("link it first: hanse gateway link GATEWAY -w {}", workspace.id());
    read::refuse("conflict", workspace.as_str(), "", "no gateway serves it", &hint)
}

/// Links the gateway that is to serve the workspace, unless it has a link already.
fn create_missing(expansion: &mut Expansion, workspace: &Name, to: &Name, links: &Links) {
    if links.iter().any(|(name, _)| gateway(name) == to.key()) {
        return;
    }
    let link = v1::GatewayLink { workspace: workspace.as_str().to_owned(), ..Default::default() };
    expansion.create(&link_name(to, workspace), Spec::GatewayLink(link));
}

/// Changes a link, if anything of it changes.
fn put(
    expansion: &mut Expansion,
    name: &Name,
    link: &v1::GatewayLink,
    passes_on_to: &str,
    served_before: bool,
) {
    let changed = v1::GatewayLink { passes_on_to: passes_on_to.to_owned(), served_before, ..link.clone() };
    if changed != *link {
        expansion.put(name.as_str(), Spec::GatewayLink(changed));
    }
}

/// Name of the link of a gateway and a workspace: the workspace's id, as everybody expects.
pub fn link_name(gateway: &Name, workspace: &Name) -> String {
    format!("{gateway}/links/{}", workspace.id())
}

/// Key of the gateway of a link.
fn gateway(link: &Name) -> String {
    link.parent().map(|gateway| gateway.key()).unwrap_or_default()
}
