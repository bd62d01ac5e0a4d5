//! Copying an API: as another one, as a new version, or as a new revision of itself.
//!
//! One idea: what lies below an API is copied under the new name as it is; a copy of its own is in the
//! same products and has the same tags, while a revision shares those of its API. Releases stay, for
//! they tell what happened to the original.

use super::{Expansion, Reader, Stop, read, within};
use hanse_model::Read;
use hanse_proto::{
    Kind, Name,
    v1::{self, resource::Spec},
};
use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

const MARK: &str = ";rev=";
/// Most characters of the id of a link.
const LINK_ID_CHARS_MAX: usize = 80;
/// Characters of an id that is too long which are kept; a digest follows.
const LINK_ID_CHARS_KEPT: usize = 60;

pub fn expand<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::CloneApi,
) -> Result<Expansion, Stop<R::Error>> {
    let source = read::name(&action.source, "source", Kind::Api)?;
    let Spec::Api(original) = reader.spec(&source)? else { return Err(read::absent(&source)) };
    let target = match action.target.as_str() {
        "" => next_revision(reader, &source)?,
        text => read::name(text, "target", Kind::Api)?,
    };
    check_target(reader, &source, &target)?;
    let number = target.id().split_once(MARK).map(|(_, number)| number);
    let copy = match number {
        Some(number) => revision(action, &source, original, number)?,
        None => copy(action, &source, original)?,
    };
    let mut expansion = Expansion::default();
    expansion.create(target.as_str(), Spec::Api(copy));
    let mut copied = BTreeSet::new();
    for stored in reader.subtree(&source)?.into_iter().skip(1) {
        let Some(v1::Resource { name, spec: Some(spec), .. }) = stored.resource else { continue };
        if !matches!(spec, Spec::ApiRelease(_)) {
            let name = renamed(&name, &source, &target);
            copied.insert(hanse_proto::key_of(&name));
            expansion.create(&name, spec);
        }
    }
    if number.is_none() {
        copy_links(reader, &mut expansion, &source, &target, &copied)?;
    }
    Ok(expansion)
}

fn next_revision<R: Read>(reader: &mut Reader<'_, R>, source: &Name) -> Result<Name, Stop<R::Error>> {
    let root = root_of(source);
    let revisions = hanse_model::revisions_of_api(reader.store(), &root).map_err(Stop::Store)?;
    let taken: BTreeSet<u64> = revisions
        .iter()
        .filter_map(|name| name.id().split_once(MARK))
        .filter_map(|(_, number)| number.parse().ok())
        .collect();
    let next = taken.last().map_or(2, |last| last.saturating_add(1).max(2));
    read::name(&within(source, &format!("apis/{}{MARK}{next}", root.id())), "target", Kind::Api)
}

fn check_target<R: Read>(
    reader: &mut Reader<'_, R>,
    source: &Name,
    target: &Name,
) -> Result<(), Stop<R::Error>> {
    if !read::is_same(source.scope(), target.scope()) {
        let message =
            format!("`{source}` is elsewhere; a copy stays in the workspace (or service) of its original");
        return read::refuse("invalid", target.as_str(), "target", &message, "export it and apply it there");
    }
    let is_revision = target.id().contains(MARK);
    if is_revision && root_of(target).key() != root_of(source).key() {
        let message = format!(
            "it would be a revision of `{}`, and the source is none of its revisions",
            root_of(target)
        );
        return read::refuse(
            "invalid",
            target.as_str(),
            "target",
            &message,
            "name a revision of that API as source",
        );
    }
    if reader.get(target)?.is_some() {
        return read::refuse("conflict", target.as_str(), "target", "it exists already", "choose another id");
    }
    Ok(())
}

fn revision<E>(
    action: &v1::CloneApi,
    source: &Name,
    original: v1::Api,
    number: &str,
) -> Result<v1::Api, Stop<E>> {
    let common = [
        ("path", action.path.is_some()),
        ("displayName", !action.display_name.is_empty()),
        ("apiVersion", !action.api_version.is_empty()),
        ("apiVersionSetId", !action.api_version_set_id.is_empty()),
    ];
    if let Some((field, _)) = common.iter().find(|(_, is_set)| *is_set) {
        let message = "all revisions of an API have this in common";
        return read::refuse(
            "invalid",
            source.as_str(),
            field,
            message,
            "leave it out, or clone to another id",
        );
    }
    Ok(v1::Api {
        api_revision: number.to_owned(),
        is_current: Some(false),
        source_api_id: root_of(source).as_str().to_owned(),
        ..original
    })
}

fn copy<E>(action: &v1::CloneApi, source: &Name, original: v1::Api) -> Result<v1::Api, Stop<E>> {
    let is_version = !action.api_version.is_empty();
    let set = match action.api_version_set_id.as_str() {
        "" if is_version => original.api_version_set_id.clone(),
        id => id.to_owned(),
    };
    if is_version && set.is_empty() {
        let message = "a version belongs to a version set, and the source is in none";
        let hint = "make one (`hanse explain apiVersionSet`), and name it: --version-set";
        return read::refuse("invalid", source.as_str(), "apiVersionSetId", message, hint);
    }
    if !is_version && action.path.is_none() {
        let message = "missing; a copy needs a path of its own, only a version or a revision shares one";
        return read::refuse("invalid", source.as_str(), "path", message, "name one: --path");
    }
    let display_name = match action.display_name.as_str() {
        "" => original.display_name.clone(),
        text => text.to_owned(),
    };
    Ok(v1::Api {
        path: action.path.clone().unwrap_or_else(|| original.path.clone()),
        display_name,
        api_version: action.api_version.clone(),
        api_version_set_id: set,
        api_revision: String::new(),
        api_revision_description: String::new(),
        is_current: None,
        source_api_id: source.as_str().to_owned(),
        ..original
    })
}

/// The products and tags that the source is in hold the copy as well.
fn copy_links<R: Read>(
    reader: &mut Reader<'_, R>,
    expansion: &mut Expansion,
    source: &Name,
    target: &Name,
    copied: &BTreeSet<String>,
) -> Result<(), Stop<R::Error>> {
    let root = root_of(source);
    for link in hanse_model::followers(reader.store(), &root).map_err(Stop::Store)? {
        let Some(holder) = link.parent() else { continue };
        let (id, spec) = match reader.spec(&link)? {
            Spec::ProductApiLink(_) => {
                let link = v1::ProductApiLink { api_id: target.as_str().to_owned() };
                (target.id().to_owned(), Spec::ProductApiLink(link))
            }
            Spec::TagApiLink(_) => {
                let link = v1::TagApiLink { api_id: target.as_str().to_owned() };
                (target.id().to_owned(), Spec::TagApiLink(link))
            }
            Spec::TagOperationLink(link) => {
                let operation_id = renamed(&link.operation_id, &root, target);
                // The tags are those of the API, and a revision of it may lack an operation that has one.
                if !copied.contains(&hanse_proto::key_of(&operation_id)) {
                    continue;
                }
                let operation = operation_id.rsplit('/').next().unwrap_or_default();
                let id = format!("{}-{operation}", target.id());
                (id, Spec::TagOperationLink(v1::TagOperationLink { operation_id }))
            }
            _ => continue,
        };
        let name = format!("{holder}/{}/{}", link.kind().collection(), link_id(id));
        expansion.create(&name, spec);
    }
    Ok(())
}

/// An id that is short enough, and still tells its link from others.
fn link_id(id: String) -> String {
    if id.chars().count() <= LINK_ID_CHARS_MAX {
        return id;
    }
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let kept: String = id.chars().take(LINK_ID_CHARS_KEPT).collect();
    format!("{}-{:016x}", kept.trim_end_matches('-'), hasher.finish())
}

/// A name below `source` as one below `target`.
fn renamed(name: &str, source: &Name, target: &Name) -> String {
    let below = name.get(source.as_str().len()..).unwrap_or_default();
    format!("{target}{below}")
}

fn root_of(api: &Name) -> Name {
    let root = api.as_str().split_once(MARK).map_or(api.as_str(), |(root, _)| root);
    Name::parse(root).expect("an API without its revision has a name")
}
