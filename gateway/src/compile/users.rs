//! Users and groups, as expressions see them.

use super::documents::Scope;
use crate::{shard::lower, spec::SERVICE};
use hanse_policy::UserFacts;
use hanse_proto::{Kind, v1::resource::Spec};
use std::{collections::BTreeMap, sync::Arc};

type Group = (Arc<str>, Arc<str>);

/// The users of the service; a workspace has none of its own.
pub(super) fn compile(scope: &Scope<'_>) -> Arc<BTreeMap<Arc<str>, UserFacts>> {
    if **scope.workspace != *SERVICE {
        return Arc::default();
    }
    let mut groups = memberships(scope);
    let collection = format!("{}/", Kind::User.collection());
    let users = scope.spec.below(&collection).filter_map(|(key, resource)| {
        let Spec::User(user) = &resource.spec else { return None };
        let id = &key[collection.len()..];
        let identity =
            |of: &hanse_proto::v1::UserIdentity| (of.id.as_str().into(), of.provider.as_str().into());
        let facts = UserFacts {
            id: resource.name.id().into(),
            email: user.email.as_str().into(),
            first_name: user.first_name.as_str().into(),
            last_name: user.last_name.as_str().into(),
            note: user.note.as_str().into(),
            registered_ms: resource.created_ms,
            groups: groups.remove(id).unwrap_or_default().into(),
            identities: user.identities.iter().map(identity).collect(),
        };
        Some((id.into(), facts))
    });
    Arc::new(users.collect())
}

/// The groups of each user, by the user's id in lower case.
fn memberships<'s>(scope: &'s Scope<'_>) -> BTreeMap<&'s str, Vec<Group>> {
    let mut of_users: BTreeMap<&str, Vec<Group>> = BTreeMap::new();
    for (key, resource) in scope.spec.resources.range(format!("{}/", Kind::Group.collection())..) {
        let mut parts = key.split('/');
        if parts.next() != Some(Kind::Group.collection()) {
            break;
        }
        if let (Spec::GroupUser(_), Some(id), Some(user)) = (&resource.spec, parts.next(), parts.nth(1))
            && let Some(group) = group(scope, &format!("{}/{id}", Kind::Group.collection()))
        {
            of_users.entry(user).or_default().push(group);
        }
    }
    of_users
}

/// Id and name of a group of the scope, by its key below that.
pub(super) fn group(scope: &Scope<'_>, key: &str) -> Option<Group> {
    let resource = scope.spec.get(&format!("{}{key}", scope.prefix))?;
    match &resource.spec {
        Spec::Group(group) => Some((resource.name.id().into(), group.display_name.as_str().into())),
        _ => None,
    }
}

/// The id, in lower case, that the name of a user ends with; empty for none.
pub(super) fn user_id(name: &str) -> String {
    lower(name.rsplit('/').next().unwrap_or_default())
}
