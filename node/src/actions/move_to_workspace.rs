//! Making APIs of the service, and all that belongs to them alone, a workspace's.
//!
//! One idea: follow every reference from the APIs, take all that is found along, and then look whether
//! anything that stays refers to what would go. If so nothing is moved, and all of it is said. Names
//! relative to their scope stay what they were, so references need no rewriting: they mean the
//! workspace's from then on. Secrets go by their seals, and are never opened.

use super::{Carried, Expansion, Reader, Stop, read};
use crate::admission::violation;
use hanse_model::Read;
use hanse_proto::{
    Kind, Name, Scope, key_of,
    v1::{self, resource::Spec},
};
use std::collections::BTreeMap;

/// Sharers that a refusal names.
const NAMED_MAX: usize = 5;
const DEFAULT_GATEWAY: &str = "gateways/default";

pub fn expand<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::MoveToWorkspace,
) -> Result<Expansion, Stop<R::Error>> {
    let workspace = read::name(&action.workspace, "workspace", Kind::Workspace)?;
    reader.spec(&workspace)?;
    let roots = asked_for(reader, &workspace, &action.apis)?;
    let mut moved = Moved::default();
    for root in roots {
        moved.take(reader, root)?;
    }
    moved.follow(reader)?;
    let violations = moved.shared(reader)?;
    if !violations.is_empty() {
        return Err(Stop::Refused(violations));
    }
    let mut expansion = Expansion::default();
    for root in &moved.roots {
        expansion.delete(root.as_str(), false);
    }
    for stored in moved.resources.into_values() {
        let Some(v1::Resource { name, owner, spec: Some(spec), .. }) = stored.resource else { continue };
        let name = format!("{workspace}/{name}");
        let named_values = stored.facts.unwrap_or_default().named_values;
        expansion.carried.insert(key_of(&name), Carried { secrets: stored.secrets, named_values, owner });
        expansion.create(&name, spec);
    }
    expansion.warnings = warnings(reader, &workspace)?;
    Ok(expansion)
}

/// The APIs that are named, each with its revisions.
fn asked_for<R: Read>(
    reader: &mut Reader<'_, R>,
    workspace: &Name,
    apis: &[String],
) -> Result<Vec<Name>, Stop<R::Error>> {
    if apis.is_empty() {
        return read::refuse(
            "invalid",
            workspace.as_str(),
            "apis",
            "missing; at least one API is required",
            "",
        );
    }
    let mut roots = Vec::new();
    let mut violations = Vec::new();
    for text in apis {
        let found = read::name(text, "apis", Kind::Api).and_then(|name| {
            if name.workspace().is_some() {
                let message = "it is a workspace's already; only APIs of the service itself can be moved";
                return read::refuse("invalid", text, "apis", message, "");
            }
            if let Some((root, _)) = name.as_str().split_once(";rev=") {
                let hint = format!("name the API itself: {root}");
                return read::refuse("invalid", text, "apis", "revisions go with their API", &hint);
            }
            reader.spec(&name).map(|_| name)
        });
        match found {
            Ok(name) => {
                roots.extend(hanse_model::revisions_of_api(reader.store(), &name).map_err(Stop::Store)?)
            }
            Err(Stop::Refused(found)) => violations.extend(found),
            Err(error) => return Err(error),
        }
    }
    if violations.is_empty() { Ok(roots) } else { Err(Stop::Refused(violations)) }
}

/// What goes to the workspace.
#[derive(Default)]
struct Moved {
    /// Everything, by key.
    resources: BTreeMap<String, v1::StoredResource>,
    /// What stands directly in the service.
    roots: Vec<Name>,
    /// Resources whose references have not been followed yet.
    unread: Vec<Name>,
}

impl Moved {
    fn has(&self, name: &Name) -> bool {
        self.resources.contains_key(&name.key())
    }

    /// Takes what stands directly in the service, with everything below it.
    fn take<R: Read>(&mut self, reader: &mut Reader<'_, R>, root: Name) -> Result<(), Stop<R::Error>> {
        if self.has(&root) {
            return Ok(());
        }
        for stored in reader.subtree(&root)? {
            let Some(name) = name_of(&stored) else { continue };
            self.resources.insert(name.key(), stored);
            self.unread.push(name);
        }
        self.roots.push(root);
        Ok(())
    }

    /// Takes everything along that belongs to what has been taken, until there is no more.
    fn follow<R: Read>(&mut self, reader: &mut Reader<'_, R>) -> Result<(), Stop<R::Error>> {
        while let Some(name) = self.unread.pop() {
            let stored = self.resources.get(&name.key()).cloned().unwrap_or_default();
            let mut next = hanse_model::targets_of(&stored);
            let display_names = stored.facts.iter().flat_map(|facts| &facts.named_values);
            for display_name in display_names {
                next.extend(
                    hanse_model::named_value(reader.store(), "", display_name).map_err(Stop::Store)?.0,
                );
            }
            if matches!(name.kind(), Kind::Api | Kind::Product) {
                let subscriptions = hanse_model::users_of(reader.store(), &name).map_err(Stop::Store)?;
                next.extend(subscriptions.into_iter().filter(|it| it.kind() == Kind::Subscription));
                next.extend(hanse_model::followers(reader.store(), &name).map_err(Stop::Store)?);
            }
            for target in next {
                let root = top(&target);
                // Which APIs go is said by whoever asks; people and the like stay the service's.
                if root.kind() != Kind::Api && may_go(&root) {
                    self.take(reader, root)?;
                }
            }
        }
        Ok(())
    }

    /// What stays and refers to what would go, or the other way round.
    fn shared<R: Read>(&self, reader: &mut Reader<'_, R>) -> Result<Vec<v1::Violation>, Stop<R::Error>> {
        let mut violations = Vec::new();
        for root in &self.roots {
            let mut sharers = hanse_model::users_of(reader.store(), root).map_err(Stop::Store)?;
            if let Some(Spec::NamedValue(value)) = self.spec(root) {
                let (_, users) =
                    hanse_model::named_value(reader.store(), "", &value.display_name).map_err(Stop::Store)?;
                sharers.extend(users);
            }
            sharers.retain(|name| !self.has(name));
            for stored in self.below(root) {
                let stays = |name: &Name| !self.has(name) && !is_of_service(name);
                sharers.extend(hanse_model::targets_of(stored).into_iter().filter(stays));
            }
            sharers.sort_by_key(Name::key);
            sharers.dedup_by_key(|name| name.key());
            if !sharers.is_empty() {
                violations.push(refuse_shared(root, &sharers));
            }
        }
        Ok(violations)
    }

    fn spec(&self, name: &Name) -> Option<&Spec> {
        self.resources.get(&name.key())?.resource.as_ref()?.spec.as_ref()
    }

    fn below(&self, root: &Name) -> impl Iterator<Item = &v1::StoredResource> {
        let (key, below) = (root.key(), format!("{}/", root.key()));
        self.resources
            .iter()
            .filter(move |(it, _)| **it == key || it.starts_with(&below))
            .map(|(_, stored)| stored)
    }
}

fn refuse_shared(root: &Name, sharers: &[Name]) -> v1::Violation {
    let shown: Vec<String> = sharers.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    let more = if sharers.len() > NAMED_MAX { " and others" } else { "" };
    let message = format!("it is shared with what stays in the service: {}{more}", shown.join(", "));
    let kind = root.kind();
    let hint = match kind {
        Kind::Product | Kind::Tag | Kind::ApiVersionSet => {
            format!("move those as well, or take them or the APIs out of this {}", kind.aliases()[0])
        }
        _ => format!("move those as well, or give the APIs a {} of their own first", kind.aliases()[0]),
    };
    v1::Violation { hint, ..violation("conflict", root.as_str(), "", &message) }
}

/// What stands directly in the service, above a resource or the resource itself.
fn top(name: &Name) -> Name {
    std::iter::successors(Some(name.clone()), Name::parent).last().unwrap_or_else(|| name.clone())
}

/// Whether something of the service may become a workspace's.
fn may_go(root: &Name) -> bool {
    root.workspace().is_none()
        && root.kind().scope() == Scope::ServiceOrWorkspace
        && !matches!(root.kind(), Kind::Group | Kind::Policy | Kind::Diagnostic | Kind::Notification)
}

/// Whether a workspace's resource may refer to it where it is.
fn is_of_service(name: &Name) -> bool {
    const BUILT_IN_GROUPS: [&str; 3] = ["administrators", "developers", "guests"];
    name.kind().scope() == Scope::Service
        || name.kind() == Kind::Group && BUILT_IN_GROUPS.contains(&name.id().to_lowercase().as_str())
}

fn name_of(stored: &v1::StoredResource) -> Option<Name> {
    Name::parse(&stored.resource.as_ref()?.name).ok()
}

/// What becomes of the consumers' URLs and keys.
fn warnings<R: Read>(
    reader: &mut Reader<'_, R>,
    workspace: &Name,
) -> Result<Vec<v1::Warning>, Stop<R::Error>> {
    let is_default = |(name, link): &(Name, v1::GatewayLink)| {
        link.passes_on_to.is_empty()
            && name.parent().is_some_and(|gateway| read::is_same(gateway.as_str(), DEFAULT_GATEWAY))
    };
    let warning =
        |message: String| v1::Warning { name: workspace.to_string(), message, ..Default::default() };
    let mut warnings = Vec::new();
    if reader.links(workspace)?.iter().any(is_default) {
        warnings.push(warning("the default gateway serves it, so the URLs of these APIs stay".to_owned()));
    } else {
        warnings.push(warning(format!(
            "the default gateway does not serve it, so the URLs of these APIs change; `hanse gateway link default -w {}` first keeps them",
            workspace.id()
        )));
    }
    let message = "subscriptions to all APIs of the service open these APIs no more; those to them or their products do";
    warnings.push(warning(message.to_owned()));
    Ok(warnings)
}
