//! API paths: two APIs may not claim one path where a request could reach both.
//!
//! The one idea: what counts is sharing a gateway, and gateways are shared through links. So a new
//! claim is held against the claims of the same path alone, and a new link against the paths of its
//! workspace alone; neither grows with the number of APIs.
//!
//! Differs from APIM: there a path is unique in the whole service; the setting `pathsUniqueIn` has it so.

use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::{Read, Table};
use crate::session::{Session, Written, spec_of};
use crate::switches;
use crate::text::shorten;
use crate::violation::code;
use hanse_proto::Name;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Api, GatewayLink, ServiceSettings};

/// Conflicts that one resource reports.
const CONFLICTS_MAX: usize = 5;
/// Rows of one read over the paths of a workspace.
const CHUNK: usize = 200;

pub(crate) fn check<R: Read>(
    session: &mut Session<'_, R>,
    settings: &ServiceSettings,
    written: &Written,
) -> Result<(), R::Error> {
    let before = written.before.as_ref().map(spec_of);
    match (written.spec(), before) {
        (Spec::Api(spec), Some(Spec::Api(before))) if has_same_claim(spec, before) => Ok(()),
        (Spec::Api(spec), _) => check_api(session, settings, written, spec),
        (Spec::GatewayLink(spec), Some(Spec::GatewayLink(before))) if spec.workspace == before.workspace => {
            Ok(())
        }
        (Spec::GatewayLink(spec), _) => check_link(session, written, spec),
        _ => Ok(()),
    }
}

fn has_same_claim(a: &Api, b: &Api) -> bool {
    kinds::normal_path(&a.path) == kinds::normal_path(&b.path)
        && a.api_version_set_id == b.api_version_set_id
        && a.api_version == b.api_version
}

fn check_api<R: Read>(
    session: &mut Session<'_, R>,
    settings: &ServiceSettings,
    written: &Written,
    spec: &Api,
) -> Result<(), R::Error> {
    let scope = keys::scope(&written.key);
    let gateways = gateways_of(session, scope)?;
    let mut conflicts = 0;
    for claimant in session.view().owners(&index::by_path(&kinds::normal_path(&spec.path)), usize::MAX)? {
        if claimant == written.key || conflicts == CONFLICTS_MAX {
            continue;
        }
        let other = keys::scope(&claimant);
        let place = if other == scope {
            may_not_share(session, written, spec, &claimant)?
                .then(|| "in the same workspace (or service)".to_owned())
        } else if switches::are_paths_unique_in_service(settings) {
            Some(switches::IN_SERVICE.to_owned())
        } else {
            shared_gateway(session, &gateways, other)?
        };
        if let Some(place) = place {
            conflicts += 1;
            report(session, &written.name, "path", &spec.path, &place, &claimant)?;
        }
    }
    Ok(())
}

/// Whether two APIs of one scope must not have the same path: neither revisions of one API nor
/// different versions in one set.
fn may_not_share<R: Read>(
    session: &Session<'_, R>,
    written: &Written,
    spec: &Api,
    claimant: &[u8],
) -> Result<bool, R::Error> {
    let stored = session.view().resource(claimant)?;
    let Some(resource) = stored.and_then(|stored| stored.resource) else { return Ok(false) };
    let Some(Spec::Api(other)) = resource.spec else { return Ok(false) };
    let other_id = resource.name.rsplit('/').next().unwrap_or_default().to_lowercase();
    if kinds::is_revision_of(&written.name.id().to_lowercase(), &other_id) {
        return Ok(false);
    }
    let set = |api: &Api| api.api_version_set_id.trim_matches('/').to_lowercase();
    let is_same_set = !set(spec).is_empty() && set(spec) == set(&other);
    let is_same_version = spec.api_version.to_lowercase() == other.api_version.to_lowercase();
    Ok(!is_same_set || is_same_version)
}

/// Keys of the gateways that serve a scope.
fn gateways_of<R: Read>(session: &Session<'_, R>, scope: &[u8]) -> Result<Vec<Vec<u8>>, R::Error> {
    let links = session.view().owners(&index::links_of_workspace(scope), usize::MAX)?;
    Ok(links.iter().filter_map(|link| keys::parent(link)).map(<[u8]>::to_vec).collect())
}

/// The first of some gateways that serves another scope too, as part of a message.
fn shared_gateway<R: Read>(
    session: &Session<'_, R>,
    gateways: &[Vec<u8>],
    other: &[u8],
) -> Result<Option<String>, R::Error> {
    for gateway in gateways {
        if !session.view().owners(&index::links_between(gateway, other), 1)?.is_empty() {
            return Ok(Some(on_gateway(session, gateway)?));
        }
    }
    Ok(None)
}

fn on_gateway<R: Read>(session: &Session<'_, R>, gateway: &[u8]) -> Result<String, R::Error> {
    let name = session.view().name(gateway)?;
    Ok(format!("on gateway `{}`", name.rsplit('/').next().unwrap_or_default()))
}

/// Holds the paths of the linked workspace against what the gateway serves already.
fn check_link<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    spec: &GatewayLink,
) -> Result<(), R::Error> {
    let scope = index::key_of_reference(&spec.workspace);
    let gateway = keys::parent(&written.key).expect("a link is below a gateway").to_vec();
    let place = on_gateway(session, &gateway)?;
    let own = index::paths_of_scope(&scope);
    let to = index::behind(&own);
    let mut from = own;
    let mut conflicts = 0;
    while conflicts < CONFLICTS_MAX {
        let rows = session.tables.range(Table::Index, &from, &to, CHUNK)?;
        let Some((last, _)) = rows.last() else { break };
        from = [last.as_slice(), &[0]].concat();
        for (row, _) in &rows {
            if conflicts == CONFLICTS_MAX || session.view().hidden_by(index::owner(row))?.is_some() {
                continue;
            }
            let path = String::from_utf8_lossy(index::part_before_owner(row)).into_owned();
            for claimant in session.view().owners(&index::by_path(&path), usize::MAX)? {
                let other = keys::scope(&claimant);
                let is_foreign = other != scope.as_slice();
                if is_foreign && !session.view().owners(&index::links_between(&gateway, other), 1)?.is_empty()
                {
                    conflicts += 1;
                    report(session, &written.name, "workspace", &path, &place, &claimant)?;
                    break;
                }
            }
        }
    }
    Ok(())
}

/// That a path is taken is the one bit a stranger learns; the owner is named to who may read it.
fn report<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    field: &str,
    path: &str,
    place: &str,
    owner: &[u8],
) -> Result<(), R::Error> {
    let by = session.name_if_readable(owner)?.map_or(String::new(), |owner| format!(" by `{owner}`"));
    let message = format!("the path `{}` is taken {place}{by}", shorten(path));
    let hint = if place == switches::IN_SERVICE {
        "choose another path; `pathsUniqueIn` of `settings/service` allows each one once"
    } else {
        "choose another path, or a gateway that the two do not share"
    };
    session.report(code::CONFLICT, name.as_str(), field, message, hint);
    Ok(())
}
