//! What is kept of a request for people who ask later, and how a request is traced.
//!
//! One idea: a token on the request decides whether its steps are written down; a failure is written down
//! when the answer stands. Everything else passes by here without a cost.

use super::{Match, Parts};
use crate::{
    records::{Failure, Record, Traced},
    shard::{Api, Document, Shard},
    spec::SERVICE,
    unit::Unit,
};
use hanse_policy::{LastError, RequestContext, ResponseMessage, ScopeKind, Section, Trace};
use http::{HeaderName, HeaderValue};
use std::sync::Arc;

/// Tells the client which trace is its request's.
const TRACE_ID: HeaderName = HeaderName::from_static("apim-trace-id");
const EXPIRED: HeaderName = HeaderName::from_static("apim-debug-authorization-expired");
const WRONG_API: HeaderName = HeaderName::from_static("apim-debug-authorization-wrongapi");
/// On answers of requests that failed: what to ask for.
const REQUEST_ID: HeaderName = HeaderName::from_static("hanse-request-id");

/// What came of the request's wish to be traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    None,
    Granted,
    Expired,
    WrongApi,
}

impl Wish {
    /// Looks at the token that came with a request.
    pub(super) fn of(unit: &Unit, token: Option<HeaderValue>, api: Option<&Arc<Api>>) -> Wish {
        let Some(token) = token else { return Wish::None };
        let Some(token) = token.to_str().ok().and_then(|text| unit.debug_key.read(text)) else {
            return Wish::None;
        };
        let is_for = |api: &Arc<Api>| {
            *token.workspace == *api.workspace && token.api.as_deref().is_none_or(|root| *root == *api.root)
        };
        match api.is_some_and(is_for) {
            _ if token.expires_ms <= unit.host.clock.unix_ms() => Wish::Expired,
            true => Wish::Granted,
            false => Wish::WrongApi,
        }
    }
}

/// Begins the trace of a request, if it is wanted.
pub(super) fn begin(wish: Wish, context: &mut RequestContext<'_>) {
    if wish != Wish::Granted {
        return;
    }
    let mut trace = Box::new(Trace::default());
    let (at_ms, request, facts) = (context.received_ms, &context.request, &context.facts);
    let mut headers = String::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers.push_str(&format!("; {name}: {}", trace.shown(name.as_str(), &value)));
    }
    let path = context.original_uri.path();
    let message = format!("{} {path}{headers}", request.method);
    trace.note(Section::Inbound.as_str(), "api-inspector", at_ms, message);
    let named = |what: &str, id: Option<&str>| id.map(|id| format!("{what} {id}"));
    let parts = [
        named("API", facts.api_id()),
        named("operation", facts.operation_id()),
        named("product", facts.product_id()),
        named("subscription", facts.subscription_id()),
        named("user", facts.user.map(|user| &*user.id)),
    ];
    let message = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    trace.note(Section::Inbound.as_str(), "mapper", at_ms, message);
    context.trace = Some(trace);
}

/// Notes what a forward came to, where the request is traced.
pub(super) fn forwarded(
    unit: &Unit,
    context: &mut RequestContext<'_>,
    result: Result<&ResponseMessage, &hanse_policy::Fault>,
) {
    let at_ms = unit.host.clock.unix_ms();
    let Some(trace) = &mut context.trace else { return };
    let message = match result {
        Ok(response) => format!("the backend answered {}", response.status),
        Err(fault) => format!("no answer: {}", fault.message),
    };
    trace.note(Section::Backend.as_str(), "forward-request", at_ms, message);
}

/// Keeps what is to be kept of a request whose answer stands, and tells the client by which id.
pub(super) fn end(
    unit: &Unit,
    found: &Match<'_>,
    shard: &Shard,
    wish: Wish,
    context: &mut RequestContext<'_>,
    parts: &mut Parts,
) {
    let has_failed = context.last_error.is_some() || parts.status.is_server_error();
    if wish == Wish::None && !has_failed {
        return;
    }
    let (flag, id) = (HeaderValue::from_static("true"), context.request_id);
    match wish {
        Wish::None | Wish::Granted => {}
        Wish::Expired => _ = parts.headers.insert(EXPIRED, flag),
        Wish::WrongApi => _ = parts.headers.insert(WRONG_API, flag),
    }
    if let Some(mut trace) = context.trace.take() {
        let message = format!("answered {}", parts.status);
        let section = if context.last_error.is_some() { Section::OnError } else { Section::Outbound };
        trace.note(section.as_str(), "transfer-response", unit.host.clock.unix_ms(), message);
        let request = record(unit, found, shard, context, parts);
        unit.records.keep_trace(Traced { request, trace: *trace });
        if let Ok(value) = HeaderValue::from_str(&format!("{:032x}", id.0)) {
            parts.headers.insert(TRACE_ID, value);
        }
    }
    if has_failed {
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            parts.headers.insert(REQUEST_ID, value);
        }
        fail(unit, found, shard, context, parts);
    }
}

fn fail(unit: &Unit, found: &Match<'_>, shard: &Shard, context: &mut RequestContext<'_>, parts: &Parts) {
    let error = context.last_error.take();
    if parts.status.is_server_error()
        && let Some(error) = &error
    {
        log(unit, context, error);
    }
    let document = error.as_ref().and_then(|error| document_of(found, shard, error.scope?));
    let workspace = shard.workspace(&context.facts.workspace.id);
    let fragment = error.as_ref().and_then(|error| {
        let service = shard.workspace(SERVICE);
        let around = if error.scope == Some(ScopeKind::Global) { service } else { workspace };
        around?.fragment(error.fragment.as_deref()?)
    });
    let request = record(unit, found, shard, context, parts);
    let later = context.later_error.take().map(|later| *later);
    unit.records.keep_failure(Failure::new(request, error, later, document, fragment));
}

/// The document of a scope that applied to the request.
fn document_of<'s>(found: &Match<'s>, shard: &'s Shard, scope: ScopeKind) -> Option<&'s Arc<Document>> {
    match scope {
        ScopeKind::Operation => found.operation?.document.as_ref(),
        ScopeKind::Api => found.api?.document.as_ref(),
        ScopeKind::Product => found.product?.document.as_ref(),
        ScopeKind::Workspace => shard.workspace(&found.api?.workspace)?.document.as_ref(),
        ScopeKind::Global => shard.workspace(SERVICE)?.document.as_ref(),
    }
}

fn record(
    unit: &Unit,
    found: &Match<'_>,
    shard: &Shard,
    context: &RequestContext<'_>,
    parts: &Parts,
) -> Record {
    let workspace = &context.facts.workspace.id;
    let secrets =
        |id: &str| shard.workspace(id).map(|workspace| workspace.secrets.clone()).unwrap_or_default();
    let record = Record {
        api: found.api.map(|api| api.id.clone()),
        operation: found.operation.map(|operation| operation.id.clone()),
        product: found.product.map(|product| product.id.clone()),
        subscription: found.subscription.map(|subscription| subscription.id.clone()),
        method: context.request.method.to_string(),
        path: context.original_uri.path().to_owned(),
        status: parts.status.as_u16(),
        ..Record::of(context.request_id, &unit.gateway, workspace, context.received_ms)
    };
    record.with_secrets([secrets(workspace), secrets(SERVICE)])
}

fn log(unit: &Unit, context: &RequestContext<'_>, error: &LastError) {
    tracing::warn!(
        gateway = %unit.gateway,
        workspace = %context.facts.workspace.id,
        api = context.facts.api_id(),
        operation = context.facts.operation_id(),
        request_id = %context.request_id,
        source = %error.source,
        scope = error.scope.map(ScopeKind::as_str),
        path = error.path.as_deref(),
        line = error.line,
        reason = error.reason.as_deref(),
        message = %error.message,
        "request failed"
    );
}
