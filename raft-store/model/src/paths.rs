//! API paths: two APIs may not claim one path where a request could reach both.
//!
//! The one idea: what counts is sharing a gateway, and gateways are shared through links. So a new
//! claim is held against the claims of the same path alone, and a new link against the paths of its
//! workspace alone; neither grows with the number of APIs. Revisions have their path in common, so an
//! API is asked once in a command.
//!
//! Differs from APIM: there a path is unique in the whole service; the setting `pathsUniqueIn` has it so.

use crate::claims::{self, ByVersion, Claims};
use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::{Read, Table};
use crate::revisions;
use crate::session::{Session, Written, spec_of};
use crate::switches;
use crate::text::shorten;
use crate::violation::code;
use hanse_proto::Name;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Api, GatewayLink, ServiceSettings};
use std::collections::BTreeSet;
use std::ops::Bound;

/// Conflicts that one resource reports.
const CONFLICTS_MAX: usize = 5;
/// Rows of one read over the paths of a workspace.
const CHUNK: usize = 200;

/// What a command has asked already.
#[derive(Default)]
pub(crate) struct Asked {
    apis: BTreeSet<Vec<u8>>,
}

pub(crate) fn check<R: Read>(
    session: &mut Session<'_, R>,
    settings: &ServiceSettings,
    claims: &mut Claims,
    asked: &mut Asked,
    written: &Written,
) -> Result<(), R::Error> {
    let before = written.before.as_ref().map(spec_of);
    match (written.spec(), before) {
        (Spec::Api(spec), Some(Spec::Api(before))) if has_same_claim(spec, before) => Ok(()),
        (Spec::Api(_), _) if !asked.apis.insert(revisions::root_of(&written.key).to_vec()) => Ok(()),
        (Spec::Api(spec), _) => check_api(session, settings, claims, written, spec),
        (Spec::GatewayLink(spec), Some(Spec::GatewayLink(before))) if spec.workspace == before.workspace => {
            Ok(())
        }
        (Spec::GatewayLink(spec), _) => check_link(session, claims, written, spec),
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
    claims: &mut Claims,
    written: &Written,
    spec: &Api,
) -> Result<(), R::Error> {
    let scope = keys::scope(&written.key);
    let path = kinds::normal_path(&spec.path);
    let here = claims.versions(session.view(), &path, scope)?;
    let here = rivals(here, revisions::root_of(&written.key), spec).take(CONFLICTS_MAX);
    let mut taken: Vec<(Vec<u8>, String)> =
        here.map(|rival| (rival.clone(), "in the same workspace (or service)".to_owned())).collect();
    let gateways = gateways_of(session, scope)?;
    for (other, apis) in claims.apis(session.view(), &path)? {
        if other == scope {
            continue;
        }
        if taken.len() == CONFLICTS_MAX {
            break;
        }
        let place = if switches::are_paths_unique_in_service(settings) {
            Some(switches::IN_SERVICE.to_owned())
        } else {
            shared_gateway(session, &gateways, other)?
        };
        if let Some(place) = place {
            let apis = apis.iter().take(CONFLICTS_MAX - taken.len());
            taken.extend(apis.map(|api| (api.clone(), place.clone())));
        }
    }
    for (claimant, place) in taken {
        report(session, &written.name, "path", &spec.path, &place, &claimant)?;
    }
    Ok(())
}

/// The APIs of one scope that must not have the path of an API beside it: all but different versions
/// in its set.
fn rivals<'c>(claims: &'c ByVersion, root: &'c [u8], spec: &Api) -> impl Iterator<Item = &'c Vec<u8>> {
    let (set, version) = (claims::set_of(spec), spec.api_version.to_lowercase());
    let found = claims.iter().flat_map(move |(other, versions)| {
        let range = if !set.is_empty() && *other == set {
            (Bound::Included(version.as_str()), Bound::Included(version.as_str()))
        } else {
            (Bound::Unbounded, Bound::Unbounded)
        };
        versions.range::<str, _>(range)
    });
    found.flat_map(|(_, keys)| keys).filter(move |key| revisions::root_of(key) != root)
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
    claims: &mut Claims,
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
    let mut last_path = None;
    while conflicts < CONFLICTS_MAX {
        let rows = session.tables.range(Table::Index, &from, &to, CHUNK)?;
        let Some((last, _)) = rows.last() else { break };
        from = [last.as_slice(), &[0]].concat();
        for (row, _) in &rows {
            if conflicts == CONFLICTS_MAX || session.view().hidden_by(index::owner(row))?.is_some() {
                continue;
            }
            let path = String::from_utf8_lossy(index::part_before_owner(row)).into_owned();
            // Those of revisions and versions stand side by side.
            if last_path.as_ref() == Some(&path) {
                continue;
            }
            for (other, apis) in claims.apis(session.view(), &path)? {
                let is_foreign = *other != scope;
                if is_foreign && !session.view().owners(&index::links_between(&gateway, other), 1)?.is_empty()
                {
                    conflicts += 1;
                    report(session, &written.name, "workspace", &path, &place, &apis[0])?;
                    break;
                }
            }
            last_path = Some(path);
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
