//! Revisions of an API: always exactly one of them is the current one, and all are one API.
//!
//! The one idea: puts and releases only say which revision shall be current; when all changes of a
//! command have been carried out, each API they touched is settled: one revision is current, and what
//! belongs to the API as a whole (its name, its path, its version) is the same in all of them. So a
//! release, the flags it flips and the rows of the feed are one commit. `isCurrent` is stored only
//! where it is unusual: the plain id is current, and `;rev=N` is not.
//!
//! Differs from APIM: a put that says nothing of `isCurrent` leaves it as it is, and the plain id stays
//! the name of the first revision instead of moving to the current one. What the revisions have in
//! common cannot be unset through a `;rev=N`, where an absent field means that of the API.

use crate::keys;
use crate::put;
use crate::read::{Read, Table};
use crate::session::{Session, Written, spec_of};
use crate::violation::code;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Api, ApiRelease, ChangeResult, StoredResource};
use hanse_proto::{Kind, Name};
use std::collections::{BTreeMap, BTreeSet};

const MARK: &str = ";rev=";
const FIRST_NUMBER: &str = "1";

/// What a command asks for in the revisions of APIs, by storage key.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Revisions that say `isCurrent: true`.
    current: BTreeMap<Vec<u8>, Name>,
    /// Revisions that say `isCurrent: false`.
    not_current: BTreeMap<Vec<u8>, Name>,
    /// Revisions that are released, with the releases.
    released: BTreeMap<Vec<u8>, Name>,
    /// Common fields that a put left out.
    left_out: BTreeMap<Vec<u8>, Vec<&'static str>>,
    /// APIs that are touched.
    roots: BTreeSet<Vec<u8>>,
}

/// A field that all revisions of an API have in common.
struct Common {
    field: &'static str,
    is_absent: fn(&Api) -> bool,
    is_same: fn(&Api, &Api) -> bool,
    copy: fn(&Api, &mut Api),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

macro_rules! common {
    ($($field:literal $member:ident $default:expr;)*) => {
        &[$(Common {
            field: $field,
            is_absent: |api| is_default(&api.$member),
            is_same: |a, b| {
                let of = |api: &Api| if is_default(&api.$member) { $default } else { api.$member.clone() };
                of(a) == of(b)
            },
            copy: |from, to| to.$member = from.$member.clone(),
        }),*]
    };
}

/// `apiVersionSetId` goes with the version, although APIM's list does not have it.
const COMMON: &[Common] = common! {
    "displayName" display_name String::new();
    "type" r#type "http".to_owned();
    "description" description String::new();
    "subscriptionRequired" subscription_required Some(true);
    "apiVersion" api_version String::new();
    "apiVersionDescription" api_version_description String::new();
    "apiVersionSetId" api_version_set_id String::new();
    "path" path String::new();
    "protocols" protocols vec!["https".to_owned()];
};

/// Whether an API, as it is stored, is the current revision.
pub(crate) fn is_current(name: &str, api: &Api) -> bool {
    api.is_current.unwrap_or(!name.contains(MARK))
}

/// Storage key of the API that a revision is one of.
pub(crate) fn root_of(key: &[u8]) -> &[u8] {
    let mark = MARK.as_bytes();
    let at = key.windows(mark.len()).position(|window| window == mark);
    at.map_or(key, |at| &key[..at])
}

/// The number of the plain id's revision.
fn number(api: &Api) -> &str {
    if api.api_revision.is_empty() { FIRST_NUMBER } else { &api.api_revision }
}

/// Notes what a put asks for, and fills in what a revision leaves out. A release that `restores` tells
/// of what was released once, and releases nothing again.
pub(crate) fn prepare<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    key: &[u8],
    spec: &mut Spec,
    before: Option<&StoredResource>,
    restores: bool,
) -> Result<(), R::Error> {
    match spec {
        Spec::Api(api) => prepare_api(session, name, key, api, before),
        Spec::ApiRelease(release) => prepare_release(session, name, release, before, restores),
        _ => Ok(()),
    }
}

fn prepare_api<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    key: &[u8],
    api: &mut Api,
    before: Option<&StoredResource>,
) -> Result<(), R::Error> {
    let root = root_of(key);
    session.revisions.roots.insert(root.to_vec());
    let asked = match api.is_current {
        Some(true) => Some(&mut session.revisions.current),
        Some(false) => Some(&mut session.revisions.not_current),
        None => None,
    };
    if let Some(asked) = asked {
        asked.insert(key.to_vec(), name.clone());
    }
    let before = before.and_then(api_of);
    api.is_current = before.and_then(|before| before.is_current);
    // The plain id is the API as a whole as long as it is current.
    let present = match before {
        Some(before) if key == root && !is_current(name.as_str(), before) => Some(before.clone()),
        _ if key == root => None,
        _ => {
            let stored = match session.view_before().resource(root)? {
                None => session.view().resource(root)?,
                stored => stored,
            };
            stored.as_ref().and_then(api_of).cloned()
        }
    };
    let Some(present) = present else { return Ok(()) };
    let mut left_out = Vec::new();
    for common in COMMON {
        if (common.is_absent)(api) {
            (common.copy)(&present, api);
            left_out.push(common.field);
        }
    }
    session.revisions.left_out.insert(key.to_vec(), left_out);
    Ok(())
}

fn prepare_release<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    release: &mut ApiRelease,
    before: Option<&StoredResource>,
    restores: bool,
) -> Result<(), R::Error> {
    let mut target = keys::of(&hanse_proto::key_of(&release.api_id));
    let root = root_of(&target).to_vec();
    if target != root && !session.view().exists(&target)? {
        // The number of the plain id's revision is another way to write it.
        let stored = session.view().resource(&root)?;
        let resource = stored.as_ref().and_then(|stored| stored.resource.as_ref());
        let written = release.api_id.split_once(MARK).map(|(_, number)| number);
        if let Some(resource) = resource
            && stored.as_ref().and_then(api_of).map(number) == written
        {
            release.api_id.clone_from(&resource.name);
            target.clone_from(&root);
        }
    }
    let is_new = match before.map(spec_of) {
        Some(Spec::ApiRelease(before)) => !before.api_id.eq_ignore_ascii_case(&release.api_id),
        _ => true,
    };
    if is_new && !restores {
        session.revisions.released.insert(target, name.clone());
        session.revisions.roots.insert(root);
    }
    Ok(())
}

/// A revision of the API that is being settled.
struct Member {
    key: Vec<u8>,
    name: String,
    stored: StoredResource,
    api: Api,
}

/// Makes one revision of each touched API the current one. Answers for the revisions that change
/// along with what the command says.
pub(crate) fn settle<R: Read>(session: &mut Session<'_, R>) -> Result<Vec<ChangeResult>, R::Error> {
    let asked = std::mem::take(&mut session.revisions);
    let mut roots = asked.roots.clone();
    let current = removed_current(session, &mut roots);
    let mut results = Vec::new();
    for root in roots {
        let members = members(session, &root)?;
        session.revisions_held.insert(root.clone(), members.len());
        // An API that is not there is what `references` reports.
        if members.first().is_none_or(|first| first.key != root) {
            continue;
        }
        check_numbers(session, &members);
        let Some(chosen) = choose(session, &asked, &members, current.get(&root)) else { continue };
        for member in &members {
            let api = settled(session, &asked, member, &members[chosen], &root);
            if api != member.api {
                results.extend(rewrite(session, member, api)?);
            }
        }
    }
    Ok(results)
}

/// A current revision that the command deletes.
struct RemovedCurrent {
    name: String,
    cascade: bool,
}

/// The current revisions that the command deletes, by their APIs. Every API it deletes from joins `roots`.
fn removed_current<R: Read>(
    session: &Session<'_, R>,
    roots: &mut BTreeSet<Vec<u8>>,
) -> BTreeMap<Vec<u8>, RemovedCurrent> {
    let mut found = BTreeMap::new();
    for removed in session.removed.iter().filter(|removed| removed.name.kind() == Kind::Api) {
        let root = root_of(&removed.key).to_vec();
        roots.insert(root.clone());
        let name = removed.before.resource.as_ref().map_or("", |resource| &resource.name);
        if api_of(&removed.before).is_some_and(|api| is_current(name, api)) {
            let name = removed.name.as_str().to_owned();
            found.entry(root).or_insert(RemovedCurrent { name, cascade: removed.cascade });
        }
    }
    found
}

/// The plain id and its revisions.
fn members<R: Read>(session: &Session<'_, R>, root: &[u8]) -> Result<Vec<Member>, R::Error> {
    let mut found = Vec::new();
    let mark = MARK.as_bytes();
    let (mut next, to) = ([root, mark].concat(), [root, b";rev>"].concat());
    let mut key = root.to_vec();
    loop {
        if let Some(stored) = session.view().resource(&key)?
            && let Some(api) = api_of(&stored).cloned()
        {
            let name = stored.resource.as_ref().map_or(String::new(), |resource| resource.name.clone());
            found.push(Member { key, name, stored, api });
        }
        let Some((row, _)) = session.tables.range(Table::Resources, &next, &to, 1)?.pop() else {
            return Ok(found);
        };
        next = keys::behind(&row);
        key = row;
    }
}

fn check_numbers<R: Read>(session: &mut Session<'_, R>, members: &[Member]) {
    let [root, revisions @ ..] = members else { return };
    let own = number(&root.api);
    let is_own = |member: &&Member| member.name.split_once(MARK).is_some_and(|(_, number)| number == own);
    if let Some(twin) = revisions.iter().find(is_own) {
        let message = format!("revision {own} is `{}` itself", root.name);
        session.report(code::CONFLICT, &twin.name, "apiRevision", message, "choose another number");
    }
}

/// The position of the revision that is to be current.
fn choose<R: Read>(
    session: &mut Session<'_, R>,
    asked: &Asked,
    members: &[Member],
    removed: Option<&RemovedCurrent>,
) -> Option<usize> {
    let asked_for = |member: &Member| asked.current.contains_key(&member.key);
    let released = |member: &Member| asked.released.contains_key(&member.key);
    let positions = |is_wanted: &dyn Fn(&Member) -> bool| -> Vec<usize> {
        (0..members.len()).filter(|at| is_wanted(&members[*at])).collect()
    };
    let present = members.iter().position(|member| is_current(&member.name, &member.api));
    let (by_flag, by_release) = (positions(&asked_for), positions(&released));
    let chosen = match (&by_flag[..], &by_release[..]) {
        ([one, other, ..], _) => {
            let message = format!("`{}` would be the current revision too", members[*one].name);
            let hint = "say isCurrent: true of one revision";
            session.report(code::CONFLICT, &members[*other].name, "isCurrent", message, hint);
            return None;
        }
        ([flag], []) => *flag,
        // An API that comes with its releases has been released before, and its flag is the last word.
        ([flag], releases) if releases.contains(flag) || is_new(session, &members[0].key) => *flag,
        ([flag], [release, ..]) => {
            let (flag, release) = (&members[*flag].name, &members[*release].key);
            let message = format!("it releases another revision than `{flag}`, which says isCurrent: true");
            let hint = "release that one, or leave isCurrent out";
            session.report(code::CONFLICT, asked.released[release].as_str(), "apiId", message, hint);
            return None;
        }
        ([], [release]) => *release,
        ([], releases @ [_, second, ..]) => match present.filter(|present| releases.contains(present)) {
            Some(present) => present,
            None => {
                let message = "another release of this command names another revision".to_owned();
                let name = asked.released[&members[*second].key].as_str();
                session.report(code::CONFLICT, name, "apiId", message, "say isCurrent: true of one revision");
                return None;
            }
        },
        ([], []) => match present {
            Some(present) => present,
            None => return after_removal(session, members, removed),
        },
    };
    if asked.not_current.contains_key(&members[chosen].key) {
        let message = "it is the current revision, and an API always has one".to_owned();
        let hint = "say isCurrent: true of another revision in the same command, or release one";
        session.report(code::CONFLICT, &members[chosen].name, "isCurrent", message, hint);
        return None;
    }
    Some(chosen)
}

/// Whether the command creates what is stored under a key.
fn is_new<R: Read>(session: &Session<'_, R>, key: &[u8]) -> bool {
    session.written_at.get(key).is_some_and(|at| session.written[*at].before.is_none())
}

/// The current revision was deleted: the first one takes its place where that was meant.
fn after_removal<R: Read>(
    session: &mut Session<'_, R>,
    members: &[Member],
    removed: Option<&RemovedCurrent>,
) -> Option<usize> {
    // An API of an earlier release may have none, and gets one.
    if let Some(RemovedCurrent { name, cascade: false }) = removed {
        let others: Vec<String> = members.iter().map(|member| format!("`{}`", member.name)).collect();
        let message = format!("it is the current revision, and others exist: {}", others.join(", "));
        let hint = "release another one first, or let the first one be it: hanse delete --cascade";
        session.report(code::CONFLICT, name, "", message, hint);
        return None;
    }
    Some(0)
}

/// What a revision is when another one (or itself) is current.
fn settled<R: Read>(
    session: &mut Session<'_, R>,
    asked: &Asked,
    member: &Member,
    current: &Member,
    root: &[u8],
) -> Api {
    let mut api = member.api.clone();
    let is_current = member.key == current.key;
    let is_usual = is_current == (member.key == root);
    api.is_current = (!is_usual).then_some(is_current);
    for common in COMMON.iter().filter(|common| !(common.is_same)(&member.api, &current.api)) {
        let left_out = asked.left_out.get(&member.key);
        let is_left_out = left_out.is_some_and(|fields| fields.contains(&common.field));
        if session.attempted.contains(&member.key) && !is_left_out {
            let message = "it cannot be changed on a revision that is not current".to_owned();
            let hint = format!("change it on `{}`, or leave it out here", current.name);
            session.report(code::CONFLICT, &member.name, common.field, message, &hint);
        } else {
            (common.copy)(&current.api, &mut api);
        }
    }
    api
}

/// Stores a settled revision; answers for it when the command had not changed it already.
fn rewrite<R: Read>(
    session: &mut Session<'_, R>,
    member: &Member,
    api: Api,
) -> Result<Option<ChangeResult>, R::Error> {
    let mut stored = member.stored.clone();
    let resource = stored.resource.as_mut().expect("apply stores a resource in every row");
    resource.spec = Some(Spec::Api(api));
    if let Some(at) = session.written_at.get(&member.key).copied() {
        session.write(&member.key, &stored, Some(&member.stored));
        session.written[at].stored = stored;
        return Ok(None);
    }
    put::stamp(session, resource, Some(&member.stored));
    let name = Name::parse(&member.name).expect("apply stores checked names");
    session.write(&member.key, &stored, Some(&member.stored));
    session.record(&member.name, "updated");
    session.note(Written { name, key: member.key.clone(), stored, before: Some(member.stored.clone()) });
    Ok(Some(ChangeResult {
        name: member.name.clone(),
        action: "updated".to_owned(),
        etag: session.revision.to_string(),
    }))
}

fn api_of(stored: &StoredResource) -> Option<&Api> {
    match spec_of(stored) {
        Spec::Api(api) => Some(api),
        _ => None,
    }
}
