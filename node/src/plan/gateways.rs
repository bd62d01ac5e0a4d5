//! Which gateways serve something of a plan.
//!
//! One idea: a gateway serves what its links name, so a change touches the gateways that have a link of
//! its workspace, before or after. What no gateway ever reads touches none.

use super::{Touched, scope_of, specs};
use hanse_model::Read;
use hanse_proto::{Kind, Name, v1::resource::Spec};
use std::collections::{BTreeMap, BTreeSet};

/// Ids of the gateways that are touched.
pub fn touched<R: Read, S: Read<Error = R::Error>>(
    before: &R,
    after: &S,
    touched: &BTreeMap<String, Touched>,
) -> Result<BTreeSet<String>, R::Error> {
    let mut found = BTreeSet::new();
    let mut scopes = BTreeSet::new();
    let mut reaches_all = false;
    let mut add = |name: &Name| {
        if let Some(id) = name.id_of(Kind::Gateway) {
            found.insert(id.to_owned());
        }
    };
    for it in touched.values() {
        let Ok(name) = Name::parse(&it.name) else { continue };
        match name.kind() {
            Kind::Gateway | Kind::HostnameBinding => add(&name),
            Kind::GatewayLink => {
                add(&name);
                let passed_on = specs(it).filter_map(|spec| match spec {
                    Spec::GatewayLink(link) => Name::parse(&link.passes_on_to).ok(),
                    _ => None,
                });
                passed_on.for_each(|gateway| add(&gateway));
            }
            // The service's policy and what it uses are in the chain of every request.
            Kind::Policy | Kind::PolicyFragment | Kind::NamedValue
                if name.scope().is_empty() && name.parent().is_none() =>
            {
                reaches_all = true;
            }
            kind if is_served(kind) => _ = scopes.insert(scope_of(&name)),
            _ => {}
        }
    }
    if reaches_all {
        all(before)?.iter().for_each(&mut add);
        all(after)?.iter().for_each(&mut add);
    }
    for scope in scopes {
        hanse_model::gateways_of(before, &scope)?.iter().for_each(&mut add);
        hanse_model::gateways_of(after, &scope)?.iter().for_each(&mut add);
    }
    Ok(found)
}

/// All gateways.
fn all<R: Read>(read: &R) -> Result<Vec<Name>, R::Error> {
    let stored = super::below(read, None, Some(Kind::Gateway), usize::MAX)?;
    let resources = stored.into_iter().filter_map(|stored| stored.resource);
    Ok(resources.filter_map(|resource| Name::parse(&resource.name).ok()).collect())
}

/// Whether a gateway reads resources of a kind.
fn is_served(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::ClusterNode
            | Kind::ServiceSettings
            | Kind::Group
            | Kind::IdentityProvider
            | Kind::AuthorizationServer
            | Kind::PortalSettings
            | Kind::EmailTemplate
            | Kind::Tag
            | Kind::TagApiLink
            | Kind::TagOperationLink
            | Kind::TagProductLink
            | Kind::Notification
            | Kind::RecipientEmail
            | Kind::RecipientUser
            | Kind::ApiRelease
    )
}
