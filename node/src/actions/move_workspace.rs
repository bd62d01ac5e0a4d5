//! Where a workspace is served: moving it, quarantining it, and letting it out again.
//!
//! One idea: only links change. A link that is left stays, with its hostname, and passes requests on
//! to the gateway that serves the workspace now, so nobody's URL changes. Links that passed on to the
//! gateway that is left are led to the new one in the same command, so no request is passed on twice.

use super::{Expansion, Reader, Stop, read};
use hanse_model::Read;
use hanse_proto::{
    Kind, Name,
    v1::{self, resource::Spec},
};

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
    serve_at(&mut expansion, &workspace, &to, &links);
    for (name, link) in &links {
        let is_left = gateway(name) == from.key();
        let leads_there = read::is_same(&link.passes_on_to, from.as_str());
        if gateway(name) == to.key() || !(is_left || leads_there) {
            continue;
        }
        if action.cut && is_left {
            expansion.delete(name.as_str(), false);
        } else {
            pass_on(&mut expansion, name, link, &to);
        }
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
    if let Some((link, _)) = links.iter().find(|(name, _)| gateway(name) == to.key()) {
        let message =
            format!("`{link}` links it to this gateway already; a quarantine is a gateway of its own");
        let hint = "name another gateway, or leave this one first: hanse gateway move";
        return read::refuse("conflict", workspace.as_str(), "gateway", &message, hint);
    }
    let mut expansion = Expansion::default();
    serve_at(&mut expansion, &workspace, &to, &links);
    for (name, link) in &links {
        pass_on(&mut expansion, name, link, &to);
    }
    Ok(expansion)
}

/// Back to where it was: what passes on serves again, and what was passed on to goes.
pub fn expand_release<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::ReleaseWorkspace,
) -> Result<Expansion, Stop<R::Error>> {
    let workspace = read::name(&action.workspace, "workspace", Kind::Workspace)?;
    reader.spec(&workspace)?;
    let links = reader.links(&workspace)?;
    if !links.iter().any(|(_, link)| !link.passes_on_to.is_empty()) {
        let message = "it is served where it always was; no link of it passes requests on";
        let hint = "`hanse gateway quarantine` or `hanse gateway move` moves it";
        return read::refuse("conflict", workspace.as_str(), "", message, hint);
    }
    let mut expansion = Expansion::default();
    for (name, link) in &links {
        let is_led_to =
            links.iter().any(|(_, other)| hanse_proto::key_of(&other.passes_on_to) == gateway(name));
        if !link.passes_on_to.is_empty() {
            let link = v1::GatewayLink { passes_on_to: String::new(), ..link.clone() };
            expansion.put(name.as_str(), Spec::GatewayLink(link));
        } else if is_led_to {
            expansion.delete(name.as_str(), false);
        }
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

/// Makes a gateway serve the workspace, by the link that it has or a new one.
fn serve_at(expansion: &mut Expansion, workspace: &Name, to: &Name, links: &Links) {
    match links.iter().find(|(name, _)| gateway(name) == to.key()) {
        Some((_, link)) if link.passes_on_to.is_empty() => {}
        Some((name, link)) => {
            let link = v1::GatewayLink { passes_on_to: String::new(), ..link.clone() };
            expansion.put(name.as_str(), Spec::GatewayLink(link));
        }
        None => {
            let link = v1::GatewayLink { workspace: workspace.as_str().to_owned(), ..Default::default() };
            expansion.create(&link_name(to, workspace), Spec::GatewayLink(link));
        }
    }
}

fn pass_on(expansion: &mut Expansion, name: &Name, link: &v1::GatewayLink, to: &Name) {
    let link = v1::GatewayLink { passes_on_to: to.as_str().to_owned(), ..link.clone() };
    expansion.put(name.as_str(), Spec::GatewayLink(link));
}

/// Name of the link of a gateway and a workspace: the workspace's id, as everybody expects.
pub fn link_name(gateway: &Name, workspace: &Name) -> String {
    format!("{gateway}/links/{}", workspace.id())
}

/// Key of the gateway of a link.
fn gateway(link: &Name) -> String {
    link.parent().map(|gateway| gateway.key()).unwrap_or_default()
}
