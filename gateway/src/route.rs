//! From a request line to an operation: host, then the API's path, then the operation's template.
//!
//! One idea: tables that were compiled before are walked once, with nothing allocated but the
//! parameters that were found. Must not know keys, policies or what is done with the answer.
//!
//! | step | rule | file |
//! |---|---|---|
//! | host | exact, without regard to case, port and final dot | `hosts` |
//! | API path | longest prefix of whole segments; a version that is a segment is part of it | `paths` |
//! | version | by query parameter or header, where the version set says so | `versions` |
//! | `;rev=N` | picks a revision behind the API's path | `paths` |
//! | operation | method, segments, required query parameters, in one total order | `operations` |

mod fold;
mod hosts;
mod operations;
mod paths;
mod shared_paths;
mod template;
#[cfg(test)]
mod tests;
mod versions;

pub use hosts::hostname;
pub use template::{Parameters, QUERY_PARAMETERS_MAX, TEMPLATE_CHARS_MAX, Template, TemplateError};

pub(crate) use fold::{Folded, fold as folded};
pub(crate) use hosts::HostTable;
pub(crate) use operations::OperationTree;
pub(crate) use paths::PathTree;
pub(crate) use shared_paths::SharedPaths;
pub(crate) use versions::{Place, Versioning};

use crate::shard::{Api, HostTarget, Operation, Shard, WorkspaceShard};
use http::{HeaderMap, Method};
use paths::Found;
use std::sync::Arc;

/// A longer path segment matches nothing, in characters as sent.
pub const SEGMENT_CHARS_MAX: usize = 1_024;

/// What a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Within TLS.
    Https,
}

/// What of a request decides where it goes.
#[derive(Debug, Clone, Copy)]
pub struct RouteQuery<'r> {
    /// The `Host` header or authority; a port is ignored.
    pub host: &'r str,
    /// The listener's.
    pub scheme: Scheme,
    /// The request's; for a preflight, the method that is asked for.
    pub method: &'r Method,
    /// As sent, percent-encoded.
    pub path: &'r str,
    /// As sent, without the `?`.
    pub query: Option<&'r str>,
    /// All headers: versions may be told by one.
    pub headers: &'r HeaderMap,
}

/// Where a request goes.
#[derive(Debug)]
pub enum Route<'s, 'r> {
    /// The host belongs to another gateway, or to none.
    UnknownHost,
    /// The path is one of a workspace that moved, or the host is that workspace's.
    PassedOn {
        /// Id of the workspace.
        workspace: &'s Arc<str>,
        /// Id of the gateway that it moved to.
        gateway: &'s Arc<str>,
    },
    /// No API of this host has the path, or it cannot be reached this way.
    NoApi,
    /// The API has no such operation.
    NoOperation {
        /// The API that has the path.
        api: &'s Arc<Api>,
        /// The path behind the API's, beginning with `/`.
        rest: &'r str,
    },
    /// This one.
    Operation {
        /// The API that has the path.
        api: &'s Arc<Api>,
        /// What matched.
        operation: &'s Arc<Operation>,
        /// The path behind the API's, beginning with `/`.
        rest: &'r str,
        /// Template parameters of path and query, still percent-encoded.
        parameters: Parameters,
    },
}

pub(crate) fn route<'s, 'r>(shard: &'s Shard, query: &RouteQuery<'r>) -> Route<'s, 'r> {
    let Some(target) = shard.hosts.table.get(hostname(query.host)) else {
        return Route::UnknownHost;
    };
    if !is_plain(query.path) {
        return Route::NoApi;
    }
    let workspace = match *target {
        HostTarget::Nothing => return Route::NoApi,
        HostTarget::All => match shard.paths.holder(query.path).and_then(|id| shard.position(id)) {
            Some(workspace) => workspace,
            None => return Route::NoApi,
        },
        HostTarget::Workspace(workspace) => workspace as usize,
    };
    if let Some(gateway) = &shard.passes_on[workspace] {
        return Route::PassedOn { workspace: &shard.workspaces[workspace].id, gateway };
    }
    let workspace = &shard.workspaces[workspace];
    match workspace.paths.longest(query.path) {
        Some(found) => behind(workspace, &found, query),
        None => Route::NoApi,
    }
}

/// The same, for a request that is for one workspace whatever its host is.
pub(crate) fn within<'s, 'r>(shard: &'s Shard, workspace: usize, query: &RouteQuery<'r>) -> Route<'s, 'r> {
    let workspace = &shard.workspaces[workspace];
    match workspace.paths.longest(query.path).filter(|_| is_plain(query.path)) {
        Some(found) => behind(workspace, &found, query),
        None => Route::NoApi,
    }
}

/// What answers, where a path of the workspace was found.
fn behind<'s, 'r>(
    workspace: &'s WorkspaceShard,
    found: &Found<'r, u32>,
    query: &RouteQuery<'r>,
) -> Route<'s, 'r> {
    let Some(api) = find_api(workspace, found, query) else {
        return Route::NoApi;
    };
    let rest = found.rest;
    if rest.split('/').any(is_too_long) {
        return Route::NoOperation { api, rest };
    }
    let Some(at) = api.router.find(&api.operations, query.method, rest, query.query) else {
        return Route::NoOperation { api, rest };
    };
    let operation = &api.operations[at];
    let parameters = operation.template.parameters(rest, query.query);
    Route::Operation { api, operation, rest, parameters }
}

fn find_api<'s>(
    workspace: &'s WorkspaceShard,
    found: &Found<'_, u32>,
    query: &RouteQuery<'_>,
) -> Option<&'s Arc<Api>> {
    let group = workspace.places[found.value as usize].group(query)?;
    let group = &workspace.groups[group as usize];
    let api = match found.revision {
        None => group.current.as_ref()?,
        Some(number) => group.revision(number)?,
    };
    (api.is_online && api.answers_on(query.scheme)).then_some(api)
}

/// Whether a path is one that could lead to an API.
fn is_plain(path: &str) -> bool {
    path.starts_with('/') && !has_dot_segment(path)
}

fn is_too_long(segment: &str) -> bool {
    segment.len() > SEGMENT_CHARS_MAX && segment.chars().count() > SEGMENT_CHARS_MAX
}

/// Whether a segment is `.` or `..`, in whatever encoding.
///
/// A backend would resolve such a path to another one, behind the back of the operation whose
/// policies ran. Differs from APIM: its front end resolves them, here nothing matches.
fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| {
        (1..=6).contains(&segment.len())
            && matches!(segment.as_bytes()[0], b'.' | b'%')
            && (fold::cmp(b".", segment).is_eq() || fold::cmp(b"..", segment).is_eq())
    })
}
