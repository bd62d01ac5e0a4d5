//! Version sets: their members can always be told apart.
//!
//! The one idea: a request names a member by path and version, so these are unique in a set (which
//! `paths` sees to), one member at most is without a version, and where the version is a segment of
//! the URL, path and version together are an address that no other API of the scope may have.

use crate::claims::{self, Claims};
use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::Read;
use crate::revisions;
use crate::session::{Session, Written, spec_of};
use crate::text::shorten;
use crate::violation::code;
use hanse_proto::Kind;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Api, ApiVersionSet};
use std::collections::{BTreeMap, BTreeSet};

const SEGMENT: &str = "Segment";

/// What a command has asked and read already.
#[derive(Default)]
pub(crate) struct Asked {
    apis: BTreeSet<Vec<u8>>,
    /// Members without a version, by set; two, because one may be who asks.
    originals: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

pub(crate) fn check<R: Read>(
    session: &mut Session<'_, R>,
    claims: &mut Claims,
    asked: &mut Asked,
    written: &Written,
) -> Result<(), R::Error> {
    let before = written.before.as_ref().map(spec_of);
    match (written.spec(), before) {
        (Spec::Api(api), Some(Spec::Api(before))) if has_same_address(api, before) => Ok(()),
        // Revisions have their address in common.
        (Spec::Api(_), _) if !asked.apis.insert(revisions::root_of(&written.key).to_vec()) => Ok(()),
        (Spec::Api(api), _) => check_member(session, claims, asked, written, api),
        (Spec::ApiVersionSet(set), Some(Spec::ApiVersionSet(before)))
            if set.versioning_scheme != before.versioning_scheme =>
        {
            check_scheme(session, claims, written, set)
        }
        _ => Ok(()),
    }
}

fn has_same_address(a: &Api, b: &Api) -> bool {
    a.path.eq_ignore_ascii_case(&b.path)
        && a.api_version == b.api_version
        && a.api_version_set_id == b.api_version_set_id
}

fn check_member<R: Read>(
    session: &mut Session<'_, R>,
    claims: &mut Claims,
    asked: &mut Asked,
    written: &Written,
    api: &Api,
) -> Result<(), R::Error> {
    let set = claims::set_of(api);
    if !set.is_empty() {
        if api.api_version.is_empty()
            && let Some(original) = other_original(session, asked, written, &set)?
        {
            let message = format!("the set has an API without a version already: `{original}`");
            let hint = "give one of the two a version";
            session.report(code::CONFLICT, written.name.as_str(), "apiVersion", message, hint);
        }
        if is_segmented(session, &set)? {
            check_address(session, claims, written, &written.key, api, "apiVersion")?;
        }
    }
    check_path(session, claims, written, api)
}

/// Name of another member without a version.
fn other_original<R: Read>(
    session: &Session<'_, R>,
    asked: &mut Asked,
    written: &Written,
    set: &[u8],
) -> Result<Option<String>, R::Error> {
    if !asked.originals.contains_key(set) {
        let mut found = Vec::new();
        for member in members(session, set)? {
            if api_at(session, &member)?.is_some_and(|api| api.api_version.is_empty()) {
                found.push(member);
            }
            if found.len() == 2 {
                break;
            }
        }
        asked.originals.insert(set.to_vec(), found);
    }
    let other = asked.originals[set].iter().find(|member| !is_same_api(member, &written.key));
    other.map(|member| session.view().name(member)).transpose()
}

/// Keys of the APIs in a set, one for each.
fn members<R: Read>(session: &Session<'_, R>, set: &[u8]) -> Result<Vec<Vec<u8>>, R::Error> {
    let mut members = session.view().owners(&index::referrers(set), usize::MAX)?;
    members.retain(|key| keys::is_in_collection(key, Kind::Api.collection()));
    Ok(claims::roots(members))
}

fn check_scheme<R: Read>(
    session: &mut Session<'_, R>,
    claims: &mut Claims,
    written: &Written,
    set: &ApiVersionSet,
) -> Result<(), R::Error> {
    if set.versioning_scheme != SEGMENT {
        return Ok(());
    }
    for member in members(session, &written.key)? {
        if let Some(api) = api_at(session, &member)? {
            check_address(session, claims, written, &member, &api, "versioningScheme")?;
        }
    }
    Ok(())
}

/// No other API of the scope has the path that a member's path and version come to.
fn check_address<R: Read>(
    session: &mut Session<'_, R>,
    claims: &mut Claims,
    written: &Written,
    member: &[u8],
    api: &Api,
    field: &str,
) -> Result<(), R::Error> {
    if api.api_version.is_empty() {
        return Ok(());
    }
    let address = kinds::normal_path(&format!("{}/{}", api.path, api.api_version));
    let owners = claims.apis(session.view(), &address)?.get(keys::scope(member));
    let Some(owner) = owners.into_iter().flatten().find(|owner| !is_same_api(owner, member)) else {
        return Ok(());
    };
    let (member, owner) = (session.view().name(member)?, session.view().name(owner)?);
    let message =
        format!("version and path of `{member}` come to `{}`, the path of `{owner}`", shorten(&address));
    let hint = "choose another path or version, or another versioning scheme";
    session.report(code::CONFLICT, written.name.as_str(), field, message, hint);
    Ok(())
}

/// A path is not what path and version of a member of a segmented set come to.
fn check_path<R: Read>(
    session: &mut Session<'_, R>,
    claims: &mut Claims,
    written: &Written,
    api: &Api,
) -> Result<(), R::Error> {
    let path = kinds::normal_path(&api.path);
    let Some((shorter, version)) = path.rsplit_once('/') else { return Ok(()) };
    for (set, versions) in claims.versions(session.view(), shorter, keys::scope(&written.key))? {
        let owners = versions.get(version).into_iter().flatten();
        let Some(owner) = owners.into_iter().find(|owner| !is_same_api(owner, &written.key)) else {
            continue;
        };
        if is_segmented(session, set)? {
            let name = session.view().name(owner)?;
            let message = format!("the path `{}` is version and path of `{name}`", shorten(&path));
            let hint = "choose another path";
            session.report(code::CONFLICT, written.name.as_str(), "path", message, hint);
            return Ok(());
        }
    }
    Ok(())
}

fn is_segmented<R: Read>(session: &Session<'_, R>, set: &[u8]) -> Result<bool, R::Error> {
    if set.is_empty() {
        return Ok(false);
    }
    let stored = session.view().resource(set)?;
    Ok(
        matches!(stored.as_ref().map(spec_of), Some(Spec::ApiVersionSet(set)) if set.versioning_scheme == SEGMENT),
    )
}

fn api_at<R: Read>(session: &Session<'_, R>, key: &[u8]) -> Result<Option<Api>, R::Error> {
    let resource = session.view().resource(key)?.and_then(|stored| stored.resource);
    Ok(match resource.and_then(|resource| resource.spec) {
        Some(Spec::Api(api)) => Some(api),
        _ => None,
    })
}

fn is_same_api(a: &[u8], b: &[u8]) -> bool {
    revisions::root_of(a) == revisions::root_of(b)
}
