//! Creating or replacing a resource.
//!
//! The one idea: what was sent is brought into the form that is stored (references in full, defaults
//! that the server decides, secrets that stay), and only then compared with what is there; a put
//! that makes no difference is none. Rules between resources come later, in `rules`.

use crate::hostnames::{default_gateway_hostname, default_link_hostname};
use crate::keys;
use crate::kinds;
use crate::purge;
use crate::read::Read;
use crate::revisions;
use crate::session::{Session, Written, spec_of};
use crate::text::Fields;
use crate::violation::code;
use hanse_proto::v1::command::Action;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{ChangeResult, Facts, Put, Resource, Sealed, StoredResource};
use hanse_proto::{Kind, Name, timestamp_from_ms};
use std::collections::BTreeMap;

/// Carries out one put in the session.
pub(crate) fn carry_out<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    put: &Put,
) -> Result<ChangeResult, R::Error> {
    let key = keys::of(&name.key());
    if let Some(message) = refuse_place(session, name, &key)? {
        session.report(message.0, name.as_str(), "", message.1, message.2);
    }
    let before = session.view().resource(&key)?;
    let name = stored_name(session, name, &key, before.as_ref())?;
    let sent = put.resource.as_ref().and_then(|resource| resource.spec.clone());
    let mut spec = sent.expect("the change set takes puts with a spec alone");
    let facts = normal_facts(put.facts.as_ref());
    kinds::canonical(&name, &mut spec);
    revisions::prepare(session, &name, &key, &mut spec, before.as_ref(), put.restores)?;
    set_by_server(session, &name, &mut spec, before.as_ref());
    check_fields(session, &name, &mut spec, &facts, before.as_ref(), put.restores);
    let secrets = merge_secrets(session, &name, &spec, put, before.as_ref());

    let owner = if put.restores { put.restores_owner.clone() } else { owner(session, before.as_ref()) };
    let mut resource =
        Resource { name: name.as_str().to_owned(), owner, spec: Some(spec), ..Resource::default() };
    if let Some(before) = &before
        && is_same(before, &resource, &secrets, &facts)
    {
        let etag = before.resource.as_ref().map_or("", |resource| &resource.etag).to_owned();
        return Ok(ChangeResult { name: resource.name, action: "unchanged".to_owned(), etag });
    }
    stamp(session, &mut resource, before.as_ref());
    let stored = StoredResource {
        feature_level: session.command.feature_level,
        resource: Some(resource),
        secrets,
        facts: (facts != Facts::default()).then_some(facts),
    };
    session.write(&key, &stored, before.as_ref());
    let action = if before.is_some() { "updated" } else { "created" };
    session.record(name.as_str(), action);
    let result = ChangeResult {
        name: name.as_str().to_owned(),
        action: action.to_owned(),
        etag: session.revision.to_string(),
    };
    session.note(Written { name, key, stored, before });
    Ok(result)
}

type Finding = (&'static str, String, &'static str);

/// Whether nothing can be written at this place: it is being deleted, or has nothing to stand in.
fn refuse_place<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    key: &[u8],
) -> Result<Option<Finding>, R::Error> {
    let deleted_now = keys::self_and_ancestors(key).find(|key| session.removed_keys.contains(*key));
    if let Some(root) = deleted_now {
        let message = format!("`{}` is deleted by the same command", keys::text(root));
        return Ok(Some((code::CONFLICT, message, "delete and create in two commands")));
    }
    while let Some(root) = session.view().hidden_by(key)? {
        if purge::finish(session, root)? {
            continue;
        }
        let message = format!("`{}` is being deleted", keys::text(root));
        return Ok(Some((code::CONFLICT, message, "try again in a moment")));
    }
    let Some(parent) = keys::parent(key) else { return Ok(None) };
    if parent_name(session, parent)?.is_some() || session.attempted.contains(parent) {
        return Ok(None);
    }
    let parent = name.parent().map_or(String::new(), |parent| parent.as_str().to_owned());
    let message = format!("`{parent}` does not exist, and this would be below it");
    Ok(Some((code::NOT_FOUND, message, "create it first, or in the same command")))
}

fn parent_name<R: Read>(session: &mut Session<'_, R>, key: &[u8]) -> Result<Option<Name>, R::Error> {
    if let Some(name) = session.parents.get(key) {
        return Ok(name.clone());
    }
    let stored = session.view().resource(key)?;
    let resource = stored.and_then(|stored| stored.resource);
    let name = resource.map(|resource| Name::parse(&resource.name).expect("apply stores checked names"));
    session.parents.insert(key.to_vec(), name.clone());
    Ok(name)
}

/// The name in the case that it, or the part of it that exists, was first written in.
fn stored_name<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    key: &[u8],
    before: Option<&StoredResource>,
) -> Result<Name, R::Error> {
    if let Some(resource) = before.and_then(|before| before.resource.as_ref()) {
        return Ok(Name::parse(&resource.name).expect("apply stores checked names"));
    }
    let Some(parent) = keys::parent(key) else { return Ok(name.clone()) };
    let Some(parent) = parent_name(session, parent)? else { return Ok(name.clone()) };
    Ok(parent.child(name.kind(), name.id()).unwrap_or_else(|_| name.clone()))
}

fn normal_facts(facts: Option<&Facts>) -> Facts {
    let mut facts = facts.cloned().unwrap_or_default();
    for list in [&mut facts.references, &mut facts.named_values, &mut facts.base_sections] {
        list.sort();
        list.dedup();
    }
    facts
}

/// Who puts it owns it from then on; a command of nobody's changes no owner.
fn owner<R: Read>(session: &Session<'_, R>, before: Option<&StoredResource>) -> String {
    match &session.command.action {
        Some(Action::Apply(apply)) if !apply.owner.is_empty() => apply.owner.clone(),
        _ => before.and_then(|before| before.resource.as_ref()).map_or("", |it| &it.owner).to_owned(),
    }
}

/// Fields that the server decides; what was sent for them is not looked at.
fn set_by_server<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    spec: &mut Spec,
    before: Option<&StoredResource>,
) {
    if let Spec::Group(group) = spec {
        group.built_in = kinds::is_built_in_group(name);
        return;
    }
    let present = before.map(spec_of);
    let hostname = match (&*spec, present) {
        (Spec::Gateway(_), Some(Spec::Gateway(present))) => present.default_hostname.clone(),
        (Spec::GatewayLink(_), Some(Spec::GatewayLink(present))) => present.default_hostname.clone(),
        (Spec::Gateway(_) | Spec::GatewayLink(_), _) => match &session.cluster {
            Some(info) if name.kind() == Kind::Gateway => default_gateway_hostname(info, name.id()),
            Some(info) => {
                default_link_hostname(info, name.id_of(Kind::Gateway).unwrap_or_default(), name.id())
            }
            None => {
                let message = "there is no cluster yet; its first command is missing".to_owned();
                session.report(code::CONFLICT, name.as_str(), "", message, "");
                return;
            }
        },
        _ => return,
    };
    match spec {
        Spec::Gateway(gateway) => gateway.default_hostname = hostname,
        Spec::GatewayLink(link) => link.default_hostname = hostname,
        _ => {}
    }
}

fn check_fields<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    spec: &mut Spec,
    facts: &Facts,
    before: Option<&StoredResource>,
    restores: bool,
) {
    let mut fields = Fields::new(name.as_str(), &mut session.violations);
    if let Spec::Subscription(subscription) = spec {
        let present = match before.map(spec_of) {
            Some(Spec::Subscription(present)) => Some(present),
            _ => None,
        };
        // What is brought back was in its state by allowed steps.
        if !restores {
            kinds::check_transition(present, subscription, &mut fields);
        }
    }
    kinds::check(name, spec, facts, &mut fields);
}

/// The secrets to store: what was sent, and where nothing was sent, what is there; what `restores` comes
/// with all that it had. A seal of an unchanged value is not replaced.
fn merge_secrets<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    spec: &Spec,
    put: &Put,
    before: Option<&StoredResource>,
) -> BTreeMap<String, Sealed> {
    let mut spec = spec.clone();
    let slots = kinds::secrets(&mut spec);
    for (path, sealed) in &put.secrets {
        if !slots.iter().any(|slot| slot.path == *path) {
            session.report(code::INVALID, name.as_str(), path, "there is no such secret".to_owned(), "");
        } else if sealed.ciphertext.is_empty() || sealed.fingerprint.is_empty() {
            let message = "sealed without ciphertext or fingerprint".to_owned();
            session.report(code::INVALID, name.as_str(), path, message, "");
        }
    }
    let mut secrets = BTreeMap::new();
    for slot in slots {
        let stored = before.and_then(|before| before.secrets.get(&slot.path));
        let kept = match (put.secrets.get(&slot.path), stored) {
            (Some(sent), Some(stored)) if sent.fingerprint == stored.fingerprint => Some(stored),
            (Some(sent), _) => Some(sent),
            (None, _) if put.restores => None,
            (None, stored) => stored,
        };
        match kept {
            Some(sealed) => {
                secrets.insert(slot.path, sealed.clone());
            }
            None if slot.is_required => {
                session.report(
                    code::INVALID,
                    name.as_str(),
                    &slot.path,
                    "missing; a value is required".to_owned(),
                    "",
                );
            }
            None => {}
        }
    }
    secrets
}

fn is_same(
    before: &StoredResource,
    resource: &Resource,
    secrets: &BTreeMap<String, Sealed>,
    facts: &Facts,
) -> bool {
    let same_spec = before
        .resource
        .as_ref()
        .is_some_and(|before| before.spec == resource.spec && before.owner == resource.owner);
    let nothing = Facts::default();
    // Unchanged values keep their stored seal, so equal maps mean equal fingerprints.
    same_spec && before.secrets == *secrets && before.facts.as_ref().unwrap_or(&nothing) == facts
}

pub(crate) fn stamp<R: Read>(
    session: &Session<'_, R>,
    resource: &mut Resource,
    before: Option<&StoredResource>,
) {
    let now = timestamp_from_ms(session.now_ms());
    let actor = session.actor();
    let present = before.and_then(|before| before.resource.as_ref());
    resource.etag = session.revision.to_string();
    resource.revision = session.revision;
    resource.created_at = present.map_or(Some(now), |present| present.created_at);
    resource.created_by = present.map_or_else(|| actor.clone(), |present| present.created_by.clone());
    resource.updated_at = Some(now);
    resource.updated_by = actor;
}
