//! Rules among gateways: hostnames, how many workspaces they serve, and dedication.
//!
//! The one idea: a hostname leads to one gateway, and a dedicated gateway serves its workspace
//! alone, so that deleting the workspace may take the gateway along. Must not know about paths.

use crate::bounds::WORKSPACES_PER_GATEWAY_MAX;
use crate::hostnames;
use crate::index;
use crate::keys;
use crate::kinds::{self, DEFAULT_GATEWAY};
use crate::read::Read;
use crate::session::{Session, Written};
use crate::violation::code;
use hanse_proto::Kind;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Gateway, GatewayLink};

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    match written.spec() {
        Spec::Gateway(spec) => {
            check_hostnames(session, written, spec)?;
            check_dedication(session, written, spec)
        }
        Spec::GatewayLink(spec) => check_link(session, written, spec),
        _ => Ok(()),
    }
}

fn check_hostnames<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    spec: &Gateway,
) -> Result<(), R::Error> {
    for hostname in &spec.hostnames {
        let normal = kinds::normal_hostname(hostname);
        if session.cluster.as_ref().is_some_and(|info| hostnames::is_reserved(info, &normal)) {
            let message = format!("`{hostname}` lies where default hostnames are");
            session.report(
                code::CONFLICT,
                written.name.as_str(),
                "hostnames",
                message,
                "choose one of your own",
            );
        } else {
            check_hostname(session, written, "hostnames", &normal)?;
        }
    }
    check_hostname(session, written, "defaultHostname", &spec.default_hostname)
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
    if session.view().other_owner(&index::by_hostname(hostname), &written.key)?.is_some() {
        let message = format!("the hostname `{hostname}` is taken by another gateway");
        let hint = if field == "hostnames" { "choose another hostname" } else { "choose another id" };
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
    let is_default =
        written.name.id_of(Kind::Gateway).is_some_and(|id| id.eq_ignore_ascii_case(DEFAULT_GATEWAY));
    let is_new = written.before.is_none();
    if is_default || !is_new {
        return Ok(());
    }
    let links = session.view().owners(&index::links_of_gateway(&gateway), WORKSPACES_PER_GATEWAY_MAX + 1)?;
    if links.len() > WORKSPACES_PER_GATEWAY_MAX {
        let message = format!("a gateway serves at most {WORKSPACES_PER_GATEWAY_MAX} workspaces");
        session.report(code::LIMIT, written.name.as_str(), "workspace", message, "link another gateway");
    }
    Ok(())
}
