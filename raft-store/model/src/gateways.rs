//! Rules among gateways: hostnames, dedication, and where a workspace that moved is found. How many
//! workspaces they serve is in `limits`.
//!
//! The one idea: a hostname leads to one gateway, and a dedicated gateway serves its workspace
//! alone, so that deleting the workspace may take the gateway along. A link that passes requests on
//! leads to one that serves them, so that no request is passed on twice. Links of others are named to
//! who may read them. Must not know about paths.

use crate::hostnames;
use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::Read;
use crate::session::{Removed, Session, Written, spec_of};
use crate::violation::code;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Gateway, GatewayLink};
use std::collections::BTreeMap;

/// Links of a workspace that pass requests on, by the gateway that they pass them on to.
type PassedOn = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;

/// What a command has read already.
#[derive(Default)]
pub(crate) struct Asked {
    /// By workspace.
    passed_on: BTreeMap<Vec<u8>, PassedOn>,
}

pub(crate) fn check<R: Read>(
    session: &mut Session<'_, R>,
    asked: &mut Asked,
    written: &Written,
) -> Result<(), R::Error> {
    match written.spec() {
        Spec::Gateway(spec) => {
            check_hostnames(session, written, spec)?;
            check_dedication(session, written, spec)
        }
        Spec::HostnameBinding(spec) => check_own_hostname(session, written, "hostname", &spec.hostname),
        Spec::GatewayLink(spec) => {
            check_link(session, written, spec)?;
            check_move(session, asked, written, spec)
        }
        _ => Ok(()),
    }
}

fn check_hostnames<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    spec: &Gateway,
) -> Result<(), R::Error> {
    for hostname in &spec.hostnames {
        check_own_hostname(session, written, "hostnames", hostname)?;
    }
    check_hostname(session, written, "defaultHostname", &spec.default_hostname)
}

/// A hostname that people chose.
fn check_own_hostname<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    field: &str,
    hostname: &str,
) -> Result<(), R::Error> {
    let normal = kinds::normal_hostname(hostname);
    if session.cluster.as_ref().is_some_and(|info| hostnames::is_reserved(info, &normal)) {
        let message = format!("`{hostname}` lies where default hostnames are");
        session.report(code::CONFLICT, written.name.as_str(), field, message, "choose one of your own");
        return Ok(());
    }
    check_hostname(session, written, field, &normal)
}

fn check_hostname<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    field: &str,
    hostname: &str,
) -> Result<(), R::Error> {
    if hostname.is_empty() {
        return Ok(());
    }
    if let Some(owner) = session.view().other_owner(&index::by_hostname(hostname), &written.key)? {
        let gateway = |key: &[u8]| keys::self_and_ancestors(key).last().map(<[u8]>::to_vec);
        let is_own = gateway(&owner) == gateway(&written.key);
        let by = if is_own { "this gateway itself" } else { "another gateway" };
        let message = format!("the hostname `{hostname}` is taken by {by}");
        let hint = if field == "defaultHostname" { "choose another id" } else { "choose another hostname" };
        session.report(code::CONFLICT, written.name.as_str(), field, message, hint);
    }
    Ok(())
}

fn check_dedication<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    spec: &Gateway,
) -> Result<(), R::Error> {
    if spec.dedicated_to.is_empty() {
        return Ok(());
    }
    let workspace = index::key_of_reference(&spec.dedicated_to);
    let own = session.view().owners(&index::links_between(&written.key, &workspace), usize::MAX)?;
    let links = session.view().owners(&index::links_of_gateway(&written.key), own.len() + 1)?;
    let Some(foreign) = links.into_iter().find(|link| !own.contains(link)) else { return Ok(()) };
    let by = session.name_if_readable(&foreign)?.map_or(String::new(), |link| format!(", by `{link}`"));
    let message = format!("it serves another workspace too{by}; a dedicated gateway serves one");
    session.report(code::CONFLICT, written.name.as_str(), "dedicatedTo", message, "delete that link first");
    Ok(())
}

fn check_link<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    spec: &GatewayLink,
) -> Result<(), R::Error> {
    check_hostname(session, written, "defaultHostname", &spec.default_hostname)?;
    let gateway = keys::parent(&written.key).expect("a link is below a gateway").to_vec();
    let stored = session.view().resource(&gateway)?;
    let resource = stored.and_then(|stored| stored.resource);
    if let Some(Spec::Gateway(gateway)) = resource.and_then(|resource| resource.spec) {
        let dedicated = index::key_of_reference(&gateway.dedicated_to);
        if !dedicated.is_empty() && dedicated != index::key_of_reference(&spec.workspace) {
            let message = "the gateway is dedicated to another workspace".to_owned();
            session.report(
                code::CONFLICT,
                written.name.as_str(),
                "workspace",
                message,
                "link another gateway",
            );
        }
    }
    Ok(())
}

/// A link that passes requests on names another gateway, which serves the workspace itself; and what
/// others pass on to a gateway stays served there.
fn check_move<R: Read>(
    session: &mut Session<'_, R>,
    asked: &mut Asked,
    written: &Written,
    spec: &GatewayLink,
) -> Result<(), R::Error> {
    let gateway = keys::parent(&written.key).expect("a link is below a gateway").to_vec();
    let workspace = index::key_of_reference(&spec.workspace);
    if let Some(Spec::GatewayLink(before)) = written.before.as_ref().map(spec_of) {
        let left = index::key_of_reference(&before.workspace);
        if left != workspace {
            check_left(session, asked, written.name.as_str(), "workspace", &gateway, &left)?;
        }
    }
    if spec.passes_on_to.is_empty() {
        return Ok(());
    }
    check_left(session, asked, written.name.as_str(), "passesOnTo", &gateway, &workspace)?;
    let target = index::key_of_reference(&spec.passes_on_to);
    let message = if target == gateway {
        "a gateway does not pass requests on to itself".to_owned()
    } else {
        match link_between(session, &target, &workspace)? {
            Some(link) if link.passes_on_to.is_empty() => return Ok(()),
            Some(_) => format!("`{}` passes the workspace's requests on itself", spec.passes_on_to),
            // That there is no such gateway is said already.
            None if !session.view().exists(&target)? => return Ok(()),
            None => format!("`{}` has no link to the workspace", spec.passes_on_to),
        }
    };
    let hint = "name a gateway that serves the workspace; its link may be part of the same command";
    session.report(code::CONFLICT, written.name.as_str(), "passesOnTo", message, hint);
    Ok(())
}

/// The same for a link that was deleted.
pub(crate) fn guard_removed<R: Read>(
    session: &mut Session<'_, R>,
    asked: &mut Asked,
    removed: &Removed,
) -> Result<(), R::Error> {
    let Spec::GatewayLink(link) = spec_of(&removed.before) else { return Ok(()) };
    let gateway = keys::parent(&removed.key).expect("a link is below a gateway").to_vec();
    let workspace = index::key_of_reference(&link.workspace);
    check_left(session, asked, removed.name.as_str(), "", &gateway, &workspace)
}

/// Nobody passes requests for a workspace on to a gateway that serves it no more.
fn check_left<R: Read>(
    session: &mut Session<'_, R>,
    asked: &mut Asked,
    name: &str,
    field: &str,
    gateway: &[u8],
    workspace: &[u8],
) -> Result<(), R::Error> {
    if link_between(session, gateway, workspace)?.is_some_and(|link| link.passes_on_to.is_empty()) {
        return Ok(());
    }
    if !asked.passed_on.contains_key(workspace) {
        asked.passed_on.insert(workspace.to_vec(), passed_on(session, workspace)?);
    }
    let links = asked.passed_on[workspace].get(gateway).into_iter().flatten();
    if let Some(key) = links.into_iter().find(|key| keys::parent(key) != Some(gateway)) {
        let by = session.name_if_readable(key)?.map_or("another link".to_owned(), |link| format!("`{link}`"));
        let message = format!("{by} passes requests on to it");
        let hint = "let that link serve the workspace, or pass on to another gateway, in the same command";
        session.report(code::CONFLICT, name, field, message, hint);
    }
    Ok(())
}

fn passed_on<R: Read>(session: &Session<'_, R>, workspace: &[u8]) -> Result<PassedOn, R::Error> {
    let mut found = PassedOn::new();
    for key in session.view().owners(&index::links_of_workspace(workspace), usize::MAX)? {
        let target = link(session, &key)?.map(|link| index::key_of_reference(&link.passes_on_to));
        if let Some(target) = target.filter(|target| !target.is_empty()) {
            found.entry(target).or_default().push(key);
        }
    }
    Ok(found)
}

/// The link of a gateway and a workspace, if there is one.
fn link_between<R: Read>(
    session: &Session<'_, R>,
    gateway: &[u8],
    workspace: &[u8],
) -> Result<Option<GatewayLink>, R::Error> {
    match session.view().owners(&index::links_between(gateway, workspace), 1)?.first() {
        Some(key) => link(session, key),
        None => Ok(None),
    }
}

fn link<R: Read>(session: &Session<'_, R>, key: &[u8]) -> Result<Option<GatewayLink>, R::Error> {
    let stored = session.view().resource(key)?;
    Ok(match stored.and_then(|stored| stored.resource).and_then(|resource| resource.spec) {
        Some(Spec::GatewayLink(link)) => Some(link),
        _ => None,
    })
}
