//! References between resources: how they are written, that they hold, and that nothing which is
//! referred to goes away.
//!
//! The one idea: a resource may refer to others of its own workspace (or, in the service, to the
//! service's own) and to nothing else. Must not know what the references are used for.

use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::Read;
use crate::session::{Removed, Session, Written, spec_of};
use crate::text::shorten;
use crate::view::View;
use crate::violation::{code, violation};
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Facts, StoredResource};
use hanse_proto::{Kind, Name};

/// Referrers that a refusal names.
const NAMED_MAX: usize = 5;
/// Referrers that a refusal counts; beyond it says "more than".
const COUNTED_MAX: usize = 1_000;
/// The kinds that documents may refer to: those that stand directly in a scope.
const REFERABLE: &[Kind] = &[
    Kind::NamedValue,
    Kind::Backend,
    Kind::Api,
    Kind::Product,
    Kind::PolicyFragment,
    Kind::Certificate,
    Kind::Schema,
    Kind::Logger,
    Kind::TokenSource,
    Kind::AuthorizationProvider,
];

/// A field that refers to another resource.
pub(crate) struct Target {
    field: String,
    text: String,
    name: Result<Name, String>,
    hold: Hold,
}

/// What a reference means for the deletion of its target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Nothing: who deletes the target knows.
    None,
    /// The target stays as long as this is there.
    Guards,
    /// This goes along with the target.
    Follows,
}

impl Target {
    /// A reference written as `text` in a field of `home`, to a resource of one of `kinds`.
    pub(crate) fn new(field: impl Into<String>, home: &Name, text: &str, kinds: &[Kind]) -> Self {
        let name = resolve(home, text, kinds);
        Target { field: field.into(), text: text.to_owned(), name, hold: Hold::None }
    }

    /// A reference to what belongs to the service, from wherever it is made.
    pub(crate) fn in_service(field: impl Into<String>, text: &str, kinds: &[Kind]) -> Self {
        let name = resolve_in_service(text, kinds);
        Target { field: field.into(), text: text.to_owned(), name, hold: Hold::None }
    }

    /// The reference keeps its target from being deleted.
    pub(crate) fn guarded(mut self) -> Self {
        self.hold = Hold::Guards;
        self
    }

    /// The resource means nothing without the target, and goes along with it.
    pub(crate) fn following(mut self) -> Self {
        self.hold = Hold::Follows;
        self
    }
}

/// The part of a reference that is a resource name: without a leading slash, and without what
/// stands before it in a full ARM id.
pub(crate) fn without_prefix(text: &str) -> &str {
    const SERVICE: &str = "/Microsoft.ApiManagement/service/";
    let name = match text.split_once(SERVICE) {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, name)| name),
        None => text,
    };
    name.trim_start_matches('/')
}

/// The resource that a text in `home` refers to.
///
/// # Errors
/// What is wrong with it, as a message.
pub(crate) fn resolve(home: &Name, text: &str, kinds: &[Kind]) -> Result<Name, String> {
    let text = without_prefix(text);
    let is_full = home.scope().is_empty()
        || kinds.contains(&Kind::Workspace)
        || text.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("workspaces/"));
    let full = if is_full { text.to_owned() } else { format!("{}/{text}", home.scope()) };
    let name = Name::parse(&full).map_err(|error| error.message)?;
    must_be(&name, text, kinds)?;
    if name.kind() != Kind::Workspace && name.scope().to_lowercase() != home.scope().to_lowercase() {
        let own = if home.scope().is_empty() { "the service" } else { home.scope() };
        return Err(format!(
            "`{}` is elsewhere; only what is in {own} itself may be referred to",
            shorten(text)
        ));
    }
    Ok(name)
}

/// The resource of the service that a text refers to.
fn resolve_in_service(text: &str, kinds: &[Kind]) -> Result<Name, String> {
    let text = without_prefix(text);
    let name = Name::parse(text).map_err(|error| error.message)?;
    must_be(&name, text, kinds)?;
    Ok(name)
}

fn must_be(name: &Name, text: &str, kinds: &[Kind]) -> Result<(), String> {
    if kinds.contains(&name.kind()) {
        return Ok(());
    }
    let wanted: Vec<&str> = kinds.iter().map(|kind| kind.aliases()[0]).collect();
    let found = name.kind().aliases()[0];
    Err(format!("`{}` is of kind {found}; expected: {}", shorten(text), wanted.join(" or ")))
}

/// Writes a reference to a resource of the service in full, where it can be resolved.
pub(crate) fn make_full_in_service(text: &mut String, kind: Kind) {
    if let Ok(name) = resolve_in_service(text, &[kind]) {
        *text = name.as_str().to_owned();
    }
}

/// Writes a reference in full, where it can be resolved.
pub(crate) fn make_full(home: &Name, text: &mut String, kind: Kind) {
    if text.is_empty() {
        return;
    }
    if let Ok(name) = resolve(home, text, &[kind]) {
        *text = name.as_str().to_owned();
    }
}

fn targets(name: &Name, spec: &Spec, facts: Option<&Facts>) -> Vec<Target> {
    let mut targets = kinds::targets(name, spec);
    let references = facts.map_or(&[][..], |facts| &facts.references);
    targets.extend(references.iter().map(|text| Target::new("value", name, text, REFERABLE).guarded()));
    targets
}

/// What a resource keeps from being deleted, and what it goes along with.
pub(crate) fn held_targets(name: &Name, stored: &StoredResource) -> (Vec<Name>, Vec<Name>) {
    let (mut guarded, mut followed) = (Vec::new(), Vec::new());
    let spec = stored.resource.as_ref().and_then(|resource| resource.spec.as_ref());
    let targets = spec.map(|spec| targets(name, spec, stored.facts.as_ref()));
    for target in targets.into_iter().flatten() {
        match (target.hold, target.name) {
            (Hold::Guards, Ok(name)) => guarded.push(name),
            (Hold::Follows, Ok(name)) => followed.push(name),
            _ => {}
        }
    }
    (guarded, followed)
}

/// Every resource that a resource refers to.
pub(crate) fn all_targets(name: &Name, stored: &StoredResource) -> Vec<Name> {
    let spec = stored.resource.as_ref().and_then(|resource| resource.spec.as_ref());
    let targets = spec.map(|spec| targets(name, spec, stored.facts.as_ref()));
    targets.into_iter().flatten().filter_map(|target| target.name.ok()).collect()
}

/// Everything a written resource refers to exists.
pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    for target in targets(&written.name, written.spec(), written.stored.facts.as_ref()) {
        if target.text.is_empty() {
            continue;
        }
        let (code, message) = match target.name {
            Err(message) => (code::INVALID, message),
            Ok(name) if session.view().exists(&keys::of(&name.key()))? => continue,
            Ok(name) => (code::NOT_FOUND, format!("`{}` does not exist", shorten(name.as_str()))),
        };
        session.violations.push(violation(code, written.name.as_str(), &target.field, message, ""));
    }
    let scope = keys::scope(&written.key);
    let used = written.stored.facts.iter().flat_map(|facts| &facts.named_values);
    for display_name in used {
        if session.view().owners(&index::named_values(scope, display_name), 1)?.is_empty() {
            let message = format!("the named value `{{{{{}}}}}` does not exist here", shorten(display_name));
            let hint = "create it in the same workspace (or service), or repair its name";
            session.violations.push(violation(
                code::NOT_FOUND,
                written.name.as_str(),
                "value",
                message,
                hint,
            ));
        }
    }
    check_members(session, written)
}

/// A pool holds single backends alone: neither may a member be a pool, nor a member become one.
fn check_members<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    let Spec::Backend(spec) = written.spec() else { return Ok(()) };
    if !kinds::is_pool(spec) {
        return Ok(());
    }
    for (index, target) in kinds::targets(&written.name, written.spec()).into_iter().enumerate() {
        let Ok(name) = target.name else { continue };
        let member = session.view().resource(&keys::of(&name.key()))?;
        let spec = member.and_then(|stored| stored.resource).and_then(|resource| resource.spec);
        if matches!(spec, Some(Spec::Backend(spec)) if kinds::is_pool(&spec)) {
            let message =
                format!("`{}` is a pool itself; a pool holds backends of type Single", name.as_str());
            let field = format!("pool.services[{index}].id");
            session.violations.push(violation(code::INVALID, written.name.as_str(), &field, message, ""));
        }
    }
    let referrers = session.view().owners(&index::referrers(&written.key), COUNTED_MAX)?;
    for referrer in referrers {
        let stored = session.view().resource(&referrer)?;
        let Some(resource) = stored.and_then(|stored| stored.resource) else { continue };
        let is_own = referrer == written.key;
        if !is_own && matches!(&resource.spec, Some(Spec::Backend(_))) {
            let message =
                format!("it is a member of the pool `{}` and must stay of type Single", resource.name);
            session.violations.push(violation(code::CONFLICT, written.name.as_str(), "type", message, ""));
        }
    }
    Ok(())
}

/// Nothing that stays refers to a deleted root.
pub(crate) fn guard_removed<R: Read>(
    session: &mut Session<'_, R>,
    removed: &Removed,
) -> Result<(), R::Error> {
    let referrers = session.view().owners(&index::referrers(&removed.key), COUNTED_MAX + 1)?;
    let is_subscription = |key: &Vec<u8>| keys::is_in_collection(key, Kind::Subscription.collection());
    let (subscriptions, others): (Vec<_>, Vec<_>) = referrers.into_iter().partition(is_subscription);
    if !subscriptions.is_empty() {
        let count = match subscriptions.len() {
            1 => "1 subscription is".to_owned(),
            count if count > COUNTED_MAX => format!("more than {COUNTED_MAX} subscriptions are"),
            count => format!("{count} subscriptions are"),
        };
        let kind = removed.name.kind().aliases()[0];
        let whose = if removed.name.kind() == Kind::User { "of" } else { "to" };
        let names = session.names(&subscriptions, NAMED_MAX)?;
        let message = format!("{count} {whose} this {kind}: {names}");
        let hint = "delete the subscriptions first, or take them along: hanse delete --cascade";
        session.violations.push(violation(code::CONFLICT, removed.name.as_str(), "", message, hint));
    }
    refuse_in_use(session, &removed.name, "", &others)?;
    if removed.name.kind() == Kind::Api {
        guard_revisions(session, removed)?;
    }
    Ok(())
}

/// An API goes with all its revisions or not at all.
fn guard_revisions<R: Read>(session: &mut Session<'_, R>, removed: &Removed) -> Result<(), R::Error> {
    if removed.name.id().contains(";rev=") {
        return Ok(());
    }
    let revisions = session.revisions_of(&removed.key, NAMED_MAX + 1)?;
    if revisions.is_empty() {
        return Ok(());
    }
    let message = format!("it has revisions: {}", session.names(&revisions, NAMED_MAX)?);
    let hint = "delete the revisions first, or take them along: hanse delete --cascade";
    session.violations.push(violation(code::CONFLICT, removed.name.as_str(), "", message, hint));
    Ok(())
}

/// Names of the resources that refer to one and keep it from being deleted, documents that use a named
/// value among them; at most `limit`.
///
/// # Errors
/// When the store cannot be read.
pub fn referrers<R: Read>(read: &R, name: &Name, limit: usize) -> Result<Vec<String>, R::Error> {
    let view = View::open(read)?;
    let key = keys::of(&name.key());
    let mut owners = view.owners(&index::referrers(&key), limit)?;
    let stored = view.resource(&key)?;
    if let Some(Spec::NamedValue(spec)) = stored.as_ref().map(spec_of) {
        let users = index::users_of_value(keys::scope(&key), &spec.display_name);
        owners.extend(view.owners(&users, limit)?);
    }
    owners.truncate(limit);
    owners.iter().map(|owner| view.name(owner)).collect()
}

/// A named value that documents use keeps its display name.
pub(crate) fn guard_display_name<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    before: &StoredResource,
) -> Result<(), R::Error> {
    let spec = before.resource.as_ref().and_then(|resource| resource.spec.as_ref());
    let Some(Spec::NamedValue(spec)) = spec else { return Ok(()) };
    let key = keys::of(&name.key());
    let scope = keys::scope(&key);
    let is_still_there =
        !session.view().owners(&index::named_values(scope, &spec.display_name), 1)?.is_empty();
    if is_still_there {
        return Ok(());
    }
    let users = session.view().owners(&index::users_of_value(scope, &spec.display_name), NAMED_MAX + 1)?;
    refuse_in_use(session, name, "displayName", &users)
}

fn refuse_in_use<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    field: &str,
    referrers: &[Vec<u8>],
) -> Result<(), R::Error> {
    if referrers.is_empty() {
        return Ok(());
    }
    let message = format!("it is used by {}", session.names(referrers, NAMED_MAX)?);
    let hint = "remove these uses first, or in the same command";
    session.violations.push(violation(code::CONFLICT, name.as_str(), field, message, hint));
    Ok(())
}
