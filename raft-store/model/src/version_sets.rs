//! Version sets: their members can always be told apart.
//!
//! The one idea: a request names a member by path and version, so these are unique in a set (which
//! `paths` sees to), one member at most is without a version, and where the version is a segment of
//! the URL, path and version together are an address that no other API of the scope may have.

use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::Read;
use crate::session::{Session, Written, spec_of};
use crate::text::shorten;
use crate::violation::code;
use hanse_proto::Kind;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Api, ApiVersionSet};

const SEGMENT: &str = "Segment";

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    let before = written.before.as_ref().map(spec_of);
    match (written.spec(), before) {
        (Spec::Api(api), Some(Spec::Api(before))) if has_same_address(api, before) => Ok(()),
        (Spec::Api(api), _) => check_member(session, written, api),
        (Spec::ApiVersionSet(set), Some(Spec::ApiVersionSet(before)))
            if set.versioning_scheme != before.versioning_scheme =>
        {
            check_scheme(session, written, set)
        }
        _ => Ok(()),
    }
}

fn has_same_address(a: &Api, b: &Api) -> bool {
    a.path.eq_ignore_ascii_case(&b.path)
        && a.api_version == b.api_version
        && a.api_version_set_id == b.api_version_set_id
}

fn check_member<R: Read>(session: &mut Session<'_, R>, written: &Written, api: &Api) -> Result<(), R::Error> {
    if !api.api_version_set_id.is_empty() {
        let set = index::key_of_reference(&api.api_version_set_id);
        if api.api_version.is_empty()
            && let Some(original) = other_original(session, written, &set)?
        {
            let message = format!("the set has an API without a version already: `{original}`");
            let hint = "give one of the two a version";
            session.report(code::CONFLICT, written.name.as_str(), "apiVersion", message, hint);
        }
        if is_segmented(session, &set)? {
            check_address(session, written, &written.key, api, "apiVersion")?;
        }
    }
    check_path(session, written, api)
}

/// Name of another member without a version.
fn other_original<R: Read>(
    session: &Session<'_, R>,
    written: &Written,
    set: &[u8],
) -> Result<Option<String>, R::Error> {
    for member in members(session, set)? {
        let Some((name, api)) = api_at(session, &member)? else { continue };
        if api.api_version.is_empty() && !is_same_api(&member, &written.key) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn members<R: Read>(session: &Session<'_, R>, set: &[u8]) -> Result<Vec<Vec<u8>>, R::Error> {
    let mut members = session.view().owners(&index::referrers(set), usize::MAX)?;
    members.retain(|key| keys::is_in_collection(key, Kind::Api.collection()));
    Ok(members)
}

fn check_scheme<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    set: &ApiVersionSet,
) -> Result<(), R::Error> {
    if set.versioning_scheme != SEGMENT {
        return Ok(());
    }
    for member in members(session, &written.key)? {
        if let Some((_, api)) = api_at(session, &member)? {
            check_address(session, written, &member, &api, "versioningScheme")?;
        }
    }
    Ok(())
}

/// No other API of the scope has the path that a member's path and version come to.
fn check_address<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    member: &[u8],
    api: &Api,
    field: &str,
) -> Result<(), R::Error> {
    if api.api_version.is_empty() {
        return Ok(());
    }
    let address = kinds::normal_path(&format!("{}/{}", api.path, api.api_version));
    let scope = keys::scope(member);
    for owner in session.view().owners(&index::by_path(&address), usize::MAX)? {
        if keys::scope(&owner) == scope && !is_same_api(&owner, member) {
            let (member, owner) = (session.view().name(member)?, session.view().name(&owner)?);
            let message = format!(
                "version and path of `{member}` come to `{}`, the path of `{owner}`",
                shorten(&address)
            );
            let hint = "choose another path or version, or another versioning scheme";
            session.report(code::CONFLICT, written.name.as_str(), field, message, hint);
            return Ok(());
        }
    }
    Ok(())
}

/// A path is not what path and version of a member of a segmented set come to.
fn check_path<R: Read>(session: &mut Session<'_, R>, written: &Written, api: &Api) -> Result<(), R::Error> {
    let path = kinds::normal_path(&api.path);
    let Some((shorter, version)) = path.rsplit_once('/') else { return Ok(()) };
    let scope = keys::scope(&written.key);
    for owner in session.view().owners(&index::by_path(shorter), usize::MAX)? {
        if keys::scope(&owner) != scope || is_same_api(&owner, &written.key) {
            continue;
        }
        let Some((name, other)) = api_at(session, &owner)? else { continue };
        let set = index::key_of_reference(&other.api_version_set_id);
        if other.api_version.to_lowercase() == version && is_segmented(session, &set)? {
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

/// Name and content of an API.
fn api_at<R: Read>(session: &Session<'_, R>, key: &[u8]) -> Result<Option<(String, Api)>, R::Error> {
    let resource = session.view().resource(key)?.and_then(|stored| stored.resource);
    Ok(resource.and_then(|resource| match resource.spec {
        Some(Spec::Api(api)) => Some((resource.name, api)),
        _ => None,
    }))
}

fn is_same_api(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (keys::text(a), keys::text(b));
    kinds::is_revision_of(&a, &b)
}
