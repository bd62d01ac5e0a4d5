//! How many there may be: the limits of `settings/service`, with APIM's values as defaults.
//!
//! The one idea: a limit is asked of stored counts (see `counts`), and only when something is
//! created. So an update is never refused by one, and lowering one breaks nothing that exists. What
//! stands in few places at once (tags at an API, groups of a user) is found by the index instead,
//! reading no further than the limit; revisions of an API are counted where they are settled, because
//! that looks at all of them. Must not know how counts are kept.

use crate::counts::{self, Counter};
use crate::index;
use crate::keys;
use crate::kinds::DEFAULT_GATEWAY;
use crate::read::Read;
use crate::revisions;
use crate::session::{Session, Written, spec_of};
use crate::view::View;
use crate::violation::code;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{self, Limits, ServiceLimits, ServiceSettings, WorkspaceLimits};
use hanse_proto::{Kind, Name};
use std::collections::BTreeMap;

/// Where limits are set.
const SETTINGS: &str = "settings/service";

/// The limits that hold: those of `settings/service`, and where it says nothing, APIM's. Every field
/// is present.
///
/// # Errors
/// When the store cannot be read.
pub fn limits<R: Read>(read: &R) -> Result<Limits, R::Error> {
    Ok(effective(&settings(&View::open(read)?)?))
}

/// The settings of the service; empty when there are none.
pub(crate) fn settings<R: Read>(view: &View<'_, R>) -> Result<ServiceSettings, R::Error> {
    let stored = view.resource(&keys::of(SETTINGS))?;
    let spec = stored.and_then(|stored| stored.resource).and_then(|resource| resource.spec);
    Ok(match spec {
        Some(Spec::ServiceSettings(settings)) => settings,
        _ => ServiceSettings::default(),
    })
}

/// Fills in the fields that are absent.
macro_rules! filled {
    ($message:ident { $($field:ident: $default:literal)* } from $set:expr $(, with $($other:ident: $value:expr),*)?) => {
        $message {
            $($field: Some($set.and_then(|set| set.$field).unwrap_or($default)),)*
            $($($other: Some($value),)*)?
        }
    };
}

fn effective(settings: &ServiceSettings) -> Limits {
    let set = settings.limits.as_ref();
    let workspace = set.and_then(|set| set.workspace.as_ref());
    let workspace = filled!(WorkspaceLimits {
        apis: 200
        operations: 5_000
        operations_per_api: 100
        releases_per_api: 100
        revisions_per_api: 100
        schemas_per_api: 100
        subscriptions_per_api: 200
        tags_per_api: 100
        backends: 200
        certificates: 200
        groups: 50
        loggers: 50
        named_values: 200
        policy_fragments: 50
        products: 100
        apis_per_product: 200
        groups_per_product: 200
        subscriptions_per_product: 1_000
        tags_per_product: 50
        schemas: 500
        subscriptions: 5_000
        tags: 200
        version_sets: 50
        groups_per_user: 200
    } from workspace);
    let service = set.and_then(|set| set.service.as_ref());
    let service = filled!(ServiceLimits {
        operations: 75_000
        tags: 15_000
        named_values: 18_000
        loggers: 400
        products: 2_000
        subscriptions: 75_000
        users: 75_000
        ca_certificates: 10
        revisions_per_api: 100
    } from service);
    filled!(Limits {
        workspaces: 100
        workspaces_per_gateway: 30
        units_per_gateway: 12
    } from set, with workspace: workspace, service: service)
}

/// What a limit is about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    Counter(Counter),
    /// Owners of index rows with a prefix.
    Owners(Vec<u8>),
    /// Revisions of the API with this storage key.
    Revisions(Vec<u8>),
}

/// A limit in words, and its value.
struct Limit {
    holder: &'static str,
    what: &'static str,
    path: &'static str,
    max: u32,
}

/// Nothing was created beyond a limit. Each limit that is passed is reported once for each holder, at
/// the first resource that is too many.
pub(crate) fn check<R: Read>(
    session: &mut Session<'_, R>,
    settings: &ServiceSettings,
    written: &[Written],
) -> Result<(), R::Error> {
    let limits = effective(settings);
    let mut created: BTreeMap<Held, (Limit, Vec<&Name>)> = BTreeMap::new();
    for written in written {
        check_units(session, &limits, written);
        if written.before.is_some() {
            continue;
        }
        for (held, limit) in limits_on(&limits, written) {
            created.entry(held).or_insert((limit, Vec::new())).1.push(&written.name);
        }
    }
    for (held, (limit, names)) in created {
        let max = limit.max as usize;
        let held = match held {
            Held::Counter(counter) => {
                usize::try_from(counts::count(session, &counter)?).unwrap_or(usize::MAX)
            }
            Held::Owners(prefix) => session.view().owners(&prefix, max + names.len())?.len(),
            Held::Revisions(api) => session.revisions_held.get(&api).copied().unwrap_or_default(),
        };
        if held > max {
            let first = names.len() - (held - max).min(names.len());
            refuse(session, &limit, names[first].as_str(), "");
        }
    }
    Ok(())
}

/// More units than before are like something new.
fn check_units<R: Read>(session: &mut Session<'_, R>, limits: &Limits, written: &Written) {
    let Spec::Gateway(spec) = written.spec() else { return };
    let before = match written.before.as_ref().map(spec_of) {
        Some(Spec::Gateway(before)) => before.units,
        _ => 0,
    };
    let max = limits.units_per_gateway.unwrap_or_default();
    let limit = Limit { holder: "a gateway has", what: "units", path: "unitsPerGateway", max };
    if spec.units > before && spec.units > max {
        refuse(session, &limit, written.name.as_str(), "units");
    }
}

fn refuse<R: Read>(session: &mut Session<'_, R>, limit: &Limit, name: &str, field: &str) {
    let Limit { holder, what, path, max } = limit;
    let message = format!("{holder} at most {max} {what} (limits.{path})");
    let hint = format!("delete some that are not needed, or raise the limit in `{SETTINGS}`");
    session.report(code::LIMIT, name, field, message, &hint);
}

/// The limits that stand in the way of a new resource.
fn limits_on(limits: &Limits, written: &Written) -> Vec<(Held, Limit)> {
    let counters = counts::counters(&written.stored).into_iter();
    let mut found: Vec<(Held, Limit)> = counters
        .filter_map(|counter| {
            let limit = limit_on(limits, &counter)?;
            Some((Held::Counter(counter), limit))
        })
        .collect();
    found.extend(limit_by_index(limits, written));
    found.extend(limit_on_revisions(limits, written));
    found
}

/// Whatever an API changes is settled in all its revisions, in the service's own ones as well.
fn limit_on_revisions(limits: &Limits, written: &Written) -> Option<(Held, Limit)> {
    let Spec::Api(_) = written.spec() else { return None };
    let (path, max) = if keys::scope(&written.key).is_empty() {
        ("service.revisionsPerApi", limits.service?.revisions_per_api)
    } else {
        ("workspace.revisionsPerApi", limits.workspace?.revisions_per_api)
    };
    let root = revisions::root_of(&written.key).to_vec();
    Some((Held::Revisions(root), Limit { holder: "an api has", what: "revisions", path, max: max? }))
}

fn limit_on(limits: &Limits, counter: &Counter) -> Option<Limit> {
    let holder = counter.holder.as_slice();
    let holder_collection = holder.split(|byte| *byte == 0).rev().nth(1).unwrap_or_default();
    let is_in_workspace = !keys::scope(holder).is_empty();
    let workspace = limits.workspace.unwrap_or_default();
    let service = limits.service.unwrap_or_default();
    let (holder, what, path, max) = match (holder_collection, counter.collection) {
        (b"", "workspaces") => ("the service holds", "workspaces", "workspaces", limits.workspaces),
        (b"gateways", "links") if !is_default_gateway(holder) => {
            let max = limits.workspaces_per_gateway;
            ("a gateway serves", "workspaces", "workspacesPerGateway", max)
        }
        (b"", collection) => {
            let (what, path, max) = match collection {
                "operations" => ("operations", "service.operations", service.operations),
                "tags" => ("tags", "service.tags", service.tags),
                "namedValues" => ("named values", "service.namedValues", service.named_values),
                "loggers" => ("loggers", "service.loggers", service.loggers),
                "products" => ("products", "service.products", service.products),
                "subscriptions" => ("subscriptions", "service.subscriptions", service.subscriptions),
                "users" => ("users", "service.users", service.users),
                "caCertificates" => ("CA certificates", "service.caCertificates", service.ca_certificates),
                _ => return None,
            };
            ("the service itself holds", what, path, max)
        }
        (b"workspaces", collection) => {
            let (what, path, max) = match collection {
                "apis" => ("apis", "workspace.apis", workspace.apis),
                "operations" => ("operations", "workspace.operations", workspace.operations),
                "backends" => ("backends", "workspace.backends", workspace.backends),
                "certificates" => ("certificates", "workspace.certificates", workspace.certificates),
                "groups" => ("groups", "workspace.groups", workspace.groups),
                "loggers" => ("loggers", "workspace.loggers", workspace.loggers),
                "namedValues" => ("named values", "workspace.namedValues", workspace.named_values),
                "policyFragments" => {
                    ("policy fragments", "workspace.policyFragments", workspace.policy_fragments)
                }
                "products" => ("products", "workspace.products", workspace.products),
                "schemas" => ("schemas", "workspace.schemas", workspace.schemas),
                "subscriptions" => ("subscriptions", "workspace.subscriptions", workspace.subscriptions),
                "tags" => ("tags", "workspace.tags", workspace.tags),
                "apiVersionSets" => ("version sets", "workspace.versionSets", workspace.version_sets),
                _ => return None,
            };
            ("a workspace holds", what, path, max)
        }
        (b"apis", collection) if is_in_workspace => {
            let (what, path, max) = match collection {
                "operations" => ("operations", "workspace.operationsPerApi", workspace.operations_per_api),
                "releases" => ("releases", "workspace.releasesPerApi", workspace.releases_per_api),
                "schemas" => ("schemas", "workspace.schemasPerApi", workspace.schemas_per_api),
                "subscriptions" => {
                    ("subscriptions", "workspace.subscriptionsPerApi", workspace.subscriptions_per_api)
                }
                _ => return None,
            };
            ("an api has", what, path, max)
        }
        (b"products", collection) if is_in_workspace => {
            let (what, path, max) = match collection {
                "apiLinks" => ("apis", "workspace.apisPerProduct", workspace.apis_per_product),
                "groupLinks" => ("groups", "workspace.groupsPerProduct", workspace.groups_per_product),
                "subscriptions" => {
                    let max = workspace.subscriptions_per_product;
                    ("subscriptions", "workspace.subscriptionsPerProduct", max)
                }
                _ => return None,
            };
            ("a product has", what, path, max)
        }
        _ => return None,
    };
    Some(Limit { holder, what, path, max: max? })
}

fn is_default_gateway(key: &[u8]) -> bool {
    key.rsplit(|byte| *byte == 0).next() == Some(DEFAULT_GATEWAY.as_bytes())
}

/// Limits on how often something of another place refers to one resource.
fn limit_by_index(limits: &Limits, written: &Written) -> Option<(Held, Limit)> {
    let scope = keys::scope(&written.key);
    if scope.is_empty() {
        return None;
    }
    let workspace = limits.workspace.unwrap_or_default();
    let (target, collection, (holder, what, path, max)) = match written.spec() {
        Spec::TagApiLink(spec) => {
            let limit = ("an api has", "tags", "workspace.tagsPerApi", workspace.tags_per_api);
            (index::key_of_reference(&spec.api_id), Kind::Tag.collection(), limit)
        }
        Spec::TagProductLink(spec) => {
            let limit = ("a product has", "tags", "workspace.tagsPerProduct", workspace.tags_per_product);
            (index::key_of_reference(&spec.product_id), Kind::Tag.collection(), limit)
        }
        Spec::GroupUser(v1::GroupUser {}) => {
            let user = format!("{}/{}", Kind::User.collection(), written.name.id());
            let limit = (
                "a user is in",
                "groups of a workspace",
                "workspace.groupsPerUser",
                workspace.groups_per_user,
            );
            (index::key_of_reference(&user), Kind::Group.collection(), limit)
        }
        _ => return None,
    };
    let owners = Held::Owners(index::followers_below(&target, scope, collection));
    Some((owners, Limit { holder, what, path, max: max? }))
}

/// Every limit with one value. No field is left out, so a new one has to be thought of here.
pub fn uniform(max: u32) -> Limits {
    let max = Some(max);
    let workspace = WorkspaceLimits {
        apis: max,
        operations: max,
        operations_per_api: max,
        releases_per_api: max,
        revisions_per_api: max,
        schemas_per_api: max,
        subscriptions_per_api: max,
        tags_per_api: max,
        backends: max,
        certificates: max,
        groups: max,
        loggers: max,
        named_values: max,
        policy_fragments: max,
        products: max,
        apis_per_product: max,
        groups_per_product: max,
        subscriptions_per_product: max,
        tags_per_product: max,
        schemas: max,
        subscriptions: max,
        tags: max,
        version_sets: max,
        groups_per_user: max,
    };
    let service = ServiceLimits {
        operations: max,
        tags: max,
        named_values: max,
        loggers: max,
        products: max,
        subscriptions: max,
        users: max,
        ca_certificates: max,
        revisions_per_api: max,
    };
    Limits {
        workspaces: max,
        workspaces_per_gateway: max,
        units_per_gateway: max,
        workspace: Some(workspace),
        service: Some(service),
    }
}
