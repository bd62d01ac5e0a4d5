//! What policies have done outside: calls of their own, and pauses.
//!
//! One idea: a call is one exchange on the workspace's own connections, bounded in time and size, and
//! never to addresses that tell a machine about itself. Must not know which policy asks.

use super::read;
use crate::{
    shard::Shard,
    unit::{Client, Unit, Watch},
    upstream::{self, Authority, Checks, RequestBody, RequestHead, Upstream, UpstreamBody},
};
use hanse_policy::{BackendCall, BaseUrl, Body, Call, CallError, Fault, Outcome, ResponseMessage, Task};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use std::rc::Rc;
use tokio::{task, time};

/// Redirects that a call follows.
const REDIRECTS_MAX: usize = 10;

/// Makes the calls of one request's policies.
#[derive(Clone, Copy)]
pub(super) struct Calls<'x> {
    pub(super) client: &'x Client,
    pub(super) workspace: &'x str,
    pub(super) shard: &'x Shard,
}

impl Calls<'_> {
    /// Does what a pipeline asks for, but does not read the request's own messages.
    pub(super) async fn perform(self, task: Task) -> Outcome {
        match task {
            Task::Pause(pause) => {
                time::sleep(pause).await;
                Outcome::Done
            }
            Task::Call(call) => {
                Outcome::Called(call_in_time(&self.client.unit, self.workspace, *call, Checks::ALL).await)
            }
            Task::CallBackend(call) => Outcome::Called(self.call_backend(*call).await),
            Task::Send(call) => {
                send(&self.client.unit, self.workspace, *call);
                Outcome::Done
            }
            Task::Read(_) => Outcome::Failed(Box::new(Fault::internal(
                "configuration",
                None,
                "The body of a message is read by whoever has it.",
            ))),
        }
    }
}

impl Calls<'_> {
    /// Calls a backend as its resource says.
    async fn call_backend(self, call: BackendCall) -> Result<Box<ResponseMessage>, CallError> {
        let Some(backend) = self.shard.backend(self.workspace, &call.backend) else {
            let message = format!("Backend with id '{}' could not be found.", call.backend);
            return Err(CallError::Connection(message));
        };
        let mut query = backend.query.to_string();
        if let Some((name, value)) = call.query
            && !query.split('&').any(|pair| pair.split('=').next() == Some(name))
        {
            let separator = if query.is_empty() { "" } else { "&" };
            query.push_str(&format!("{separator}{name}={value}"));
        }
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{separator}{query}", backend.url, call.path);
        let mut headers = HeaderMap::with_capacity(backend.headers.len() + 2);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(backend.headers.iter().cloned());
        headers.extend(backend.authorization.clone().map(|value| (header::AUTHORIZATION, value)));
        let checks =
            Checks { chain: backend.validate_certificate_chain, name: backend.validate_certificate_name };
        let call = Call {
            url,
            method: Method::POST,
            headers,
            body: call.body,
            timeout: call.timeout,
            identity: None,
            proxy: None,
            fail_on_error_status_code: false,
        };
        call_in_time(&self.client.unit, self.workspace, call, checks).await
    }
}

/// Makes a call that nobody waits for. Beyond the unit's bound it is dropped, which the log tells.
fn send(unit: &Rc<Unit>, workspace: &str, call: Call) {
    let Some(place) = unit.one_way_calls.enter() else {
        tracing::warn!(gateway = %unit.gateway, %workspace, url = %call.url, "one-way call dropped: too many are under way");
        return;
    };
    let (unit, workspace) = (unit.clone(), Box::<str>::from(workspace));
    task::spawn_local(async move {
        let _place = place;
        let url = call.url.clone();
        if let Err(error) = call_in_time(&unit, &workspace, call, Checks::ALL).await {
            tracing::warn!(gateway = %unit.gateway, %workspace, %url, %error, "one-way call failed");
        }
    });
}

async fn call_in_time(
    unit: &Unit,
    workspace: &str,
    call: Call,
    checks: Checks,
) -> Result<Box<ResponseMessage>, CallError> {
    let timeout = call.timeout;
    match time::timeout(timeout, follow(unit, workspace, call, checks)).await {
        Ok(response) => response.map(Box::new),
        Err(_) => Err(CallError::Timeout),
    }
}

/// Makes a call and follows redirects of those that only read.
async fn follow(
    unit: &Unit,
    workspace: &str,
    mut call: Call,
    checks: Checks,
) -> Result<ResponseMessage, CallError> {
    let mut redirects = 0;
    loop {
        let response = exchange(unit, workspace, &call, checks).await?;
        let is_safe = matches!(call.method, Method::GET | Method::HEAD);
        let next = if is_safe && redirects < REDIRECTS_MAX { redirected(&call.url, &response) } else { None };
        let Some(next) = next else {
            let status = response.status;
            let is_error = status.is_client_error() || status.is_server_error();
            return match call.fail_on_error_status_code && is_error {
                true => Err(CallError::Status(status.as_u16())),
                false => Ok(response),
            };
        };
        redirects += 1;
        if !is_same_origin(&call.url, &next) {
            call.headers.remove(header::AUTHORIZATION);
            call.headers.remove(header::COOKIE);
            call.headers.remove(header::HOST);
        }
        call.url = next;
    }
}

/// Where a response sends its caller.
fn redirected(url: &str, response: &ResponseMessage) -> Option<String> {
    let codes = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !codes.contains(&response.status) {
        return None;
    }
    let location = response.headers.get(header::LOCATION)?.to_str().ok()?;
    let to = url::Url::parse(url).ok()?.join(location).ok()?;
    // .NET follows no redirect from https to http.
    let is_downgrade = url.starts_with("https:") && to.scheme() != "https";
    (matches!(to.scheme(), "http" | "https") && !is_downgrade).then(|| to.to_string())
}

fn is_same_origin(one: &str, other: &str) -> bool {
    match (url::Url::parse(one), url::Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

async fn exchange(
    unit: &Unit,
    workspace: &str,
    call: &Call,
    checks: Checks,
) -> Result<ResponseMessage, CallError> {
    let failed = |error: String| CallError::Connection(error);
    let (base, target) = destination(&call.url).map_err(failed)?;
    let authority = Authority { workspace, url: &base, checks };
    let host = call.headers.get(header::HOST).unwrap_or(&base.host_header);
    let head = RequestHead {
        method: &call.method,
        target: &target,
        host,
        headers: &call.headers,
        more: &[],
        authorization: None,
    };
    let is_idle_enough = call.identity.is_none() && call.proxy.is_none();
    let mut reused = if is_idle_enough { unit.pool.take_idle(&authority) } else { None };
    // A call has a time of its own, and no client's connection is concerned.
    let watch = Watch::new(&unit.limits);
    loop {
        let was_used = reused.is_some();
        let mut upstream = match reused.take() {
            Some(upstream) => upstream,
            None => connect(unit, &authority).await.map_err(failed)?,
        };
        let body = match (&call.body, &call.method) {
            (body, &Method::GET | &Method::HEAD) if body.is_empty() => RequestBody::None,
            (body, _) => RequestBody::Bytes(body.clone()),
        };
        match upstream.call(&head, body, &watch).await {
            Ok(response) => return received(unit, response, upstream).await,
            Err(upstream::CallError::Closed(_)) if was_used && call.method.is_idempotent() => {}
            Err(upstream::CallError::Closed(error) | upstream::CallError::Failed(error)) => {
                return Err(failed(format!("{}: {error}", call.url)));
            }
            Err(upstream::CallError::Expired) => return Err(CallError::Timeout),
        }
    }
}

async fn received(
    unit: &Unit,
    head: upstream::ResponseHead,
    upstream: Box<Upstream>,
) -> Result<ResponseMessage, CallError> {
    let upstream::ResponseHead { status, reason, headers, .. } = head;
    let mut stream = UpstreamBody::new(upstream);
    let bytes = read::whole(&mut stream, unit.limits.buffered_body_bytes_max).await;
    let bytes = bytes.map_err(CallError::Connection)?;
    let body = if bytes.is_empty() { Body::Empty } else { Body::Bytes(bytes) };
    Ok(ResponseMessage { status, reason, headers, body })
}

async fn connect(unit: &Unit, authority: &Authority<'_>) -> Result<Box<Upstream>, String> {
    let limit = unit.limits.connect_timeout;
    match time::timeout(limit, unit.pool.connect(authority)).await {
        Ok(Ok(upstream)) => Ok(upstream),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("connect to {}: not accepted within {} ms", authority.url, limit.as_millis())),
    }
}

/// Whom to call, and the target of the request.
fn destination(url: &str) -> Result<(BaseUrl, String), String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not a URL: {error}"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let base = BaseUrl::parse(&format!("{scheme}://{authority}")).map_err(|error| error.to_string())?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    Ok((base, if target.starts_with('?') { format!("/{target}") } else { target }))
}
