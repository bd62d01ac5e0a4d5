//! Rules among gateways: hostnames and dedication. How many workspaces they serve is in `limits`.
//!
//! The one idea: a hostname leads to one gateway, and a dedicated gateway serves its workspace
//! alone, so that deleting the workspace may take the gateway along. Must not know about paths.

use crate::hostnames;
use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::Read;
use crate::session::{Session, Written};
use crate::violation::code;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Gateway, GatewayLink};

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    match written.spec() {
        Spec::Gateway(spec) => {
            check_hostnames(session, written, spec)?;
            check_dedication(session, written, spec)
        }
        Spec::GatewayLink(spec) => check_link(session, written, spec),
        Spec::HostnameBinding(spec) => check_own_hostname(session, written, "hostname", &spec.hostname),
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
    let link = session.view().name(&foreign)?;
    let message = format!("it serves another workspace too, by `{link}`; a dedicated gateway serves one");
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
