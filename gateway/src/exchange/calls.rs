//! What policies have done outside: calls of their own, and pauses.
//!
//! One idea: a call is one exchange on the workspace's own connections, bounded in time and size, and
//! never to addresses that tell a machine about itself. Must not know which policy asks.

use super::{
    identity, openid, read,
    redirects::{self, REDIRECTS_MAX},
    token,
};
use crate::{
    shard::Shard,
    unit::{Client, PinnedShard, Unit, Watch},
    upstream::{self, Authority, Checks, RequestBody, RequestHead, Upstream, UpstreamBody, Via},
};
use hanse_policy::{
    BackendCall, BaseUrl, Body, CacheTask, Call, CallError, CallToken, Fault, Outcome, ProxyServer,
    ResponseMessage, Scheme, Task,
};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use std::{rc::Rc, time::Duration};
use tokio::{task, time};

/// Makes the calls of one request's policies.
#[derive(Clone, Copy)]
pub(super) struct Calls<'x> {
    pub(super) client: &'x Client,
    pub(super) shard: &'x Rc<PinnedShard>,
    pub(super) workspace: &'x str,
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
                let unit = &self.client.unit;
                let called = match with_token(unit, self.shard, *call).await {
                    Ok(call) => call_in_time(unit, self.workspace, call).await,
                    Err(error) => Err(error),
                };
                Outcome::Called(called)
            }
            Task::CallBackend(call) => Outcome::Called(self.call_backend(*call).await),
            Task::Send(call) => {
                send(&self.client.unit, self.shard, self.workspace, *call);
                Outcome::Done
            }
            Task::Token(wish) => Outcome::Token(token::get(&self.client.unit, self.shard, &wish).await),
            Task::OpenId(urls) => {
                openid::ask(&self.client.unit, self.workspace, &urls).await;
                Outcome::Done
            }
            Task::Cache(task) => self.cache(*task).await,
            Task::Read(_) | Task::Gather(_) => Outcome::Failed(Box::new(Fault::internal(
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
        let Some(backend) = self.shard.backend(&call.owner, &call.backend) else {
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
            token: None,
            fail_on_error_status_code: false,
        };
        let unit = &self.client.unit;
        call_on(unit, self.workspace, call, Terms { checks, ..Terms::of(unit) }).await
    }

    /// Asks the cache outside. Nobody waits for an item to be kept there.
    async fn cache(self, task: CacheTask) -> Outcome {
        let unit = &self.client.unit;
        let Some(cache) = self.shard.external_cache(self.workspace) else {
            return Outcome::Cached(Err("there is no external cache".to_owned()));
        };
        let Some(place) = unit.cache_calls.enter() else {
            tracing::debug!(gateway = %unit.gateway, workspace = %self.workspace, "external cache not asked: too much is under way");
            return match task {
                CacheTask::Store { .. } => Outcome::Done,
                _ => Outcome::Cached(Err("too much is under way to external caches".to_owned())),
            };
        };
        if !matches!(task, CacheTask::Store { .. }) {
            let found = unit.external_caches.perform(cache, self.workspace, task).await;
            drop(place);
            return Outcome::Cached(found);
        }
        let (unit, cache, workspace) = (unit.clone(), cache.clone(), Box::<str>::from(self.workspace));
        task::spawn_local(async move {
            let _place = place;
            if let Err(error) = unit.external_caches.perform(&cache, &workspace, task).await {
                tracing::debug!(gateway = %unit.gateway, %workspace, %error, "item was not kept in the external cache");
            }
        });
        Outcome::Done
    }
}

/// Makes a call that nobody waits for. Beyond the unit's bound it is dropped, which the log tells.
fn send(unit: &Rc<Unit>, shard: &Rc<PinnedShard>, workspace: &str, call: Call) {
    let Some(place) = unit.one_way_calls.enter() else {
        tracing::warn!(gateway = %unit.gateway, %workspace, url = %call.url, "one-way call dropped: too many are under way");
        return;
    };
    let (unit, shard, workspace) = (unit.clone(), shard.clone(), Box::<str>::from(workspace));
    task::spawn_local(async move {
        let _place = place;
        let url = call.url.clone();
        let called = match with_token(&unit, &shard, call).await {
            Ok(call) => call_in_time(&unit, &workspace, call).await,
            Err(error) => Err(error),
        };
        if let Err(error) = called {
            tracing::warn!(gateway = %unit.gateway, %workspace, %url, %error, "one-way call failed");
        }
    });
}

/// Puts the token on a call that it goes out with.
async fn with_token(unit: &Rc<Unit>, shard: &Shard, mut call: Call) -> Result<Call, CallError> {
    let Some(CallToken { wish, ignores_error }) = call.token.take() else {
        return Ok(call);
    };
    match token::get(unit, shard, &wish).await {
        Ok(token) => {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.text));
            let mut value = value.map_err(|error| CallError::Connection(error.to_string()))?;
            value.set_sensitive(true);
            call.headers.insert(header::AUTHORIZATION, value);
            Ok(call)
        }
        Err(_) if ignores_error => Ok(call),
        Err(error) => Err(CallError::Connection(error)),
    }
}

async fn call_in_time(unit: &Unit, workspace: &str, call: Call) -> Result<Box<ResponseMessage>, CallError> {
    call_on(unit, workspace, call, Terms::of(unit)).await
}

/// Makes a call whose response has at most so many bytes.
pub(super) async fn call_within(
    unit: &Unit,
    workspace: &str,
    call: Call,
    bytes_max: usize,
) -> Result<Box<ResponseMessage>, CallError> {
    call_on(unit, workspace, call, Terms { bytes_max, ..Terms::of(unit) }).await
}

/// What a call is held to.
#[derive(Clone, Copy)]
struct Terms {
    checks: Checks,
    /// Of its response.
    bytes_max: usize,
}

impl Terms {
    fn of(unit: &Unit) -> Terms {
        Terms { checks: Checks::ALL, bytes_max: unit.limits.buffered_body_bytes_max }
    }
}

async fn call_on(
    unit: &Unit,
    workspace: &str,
    call: Call,
    terms: Terms,
) -> Result<Box<ResponseMessage>, CallError> {
    let timeout = call.timeout;
    match time::timeout(timeout, follow(unit, workspace, call, terms)).await {
        Ok(response) => response.map(Box::new),
        Err(_) => Err(CallError::Timeout),
    }
}

/// Makes a call and follows redirects of those that only read.
async fn follow(
    unit: &Unit,
    workspace: &str,
    mut call: Call,
    terms: Terms,
) -> Result<ResponseMessage, CallError> {
    let mut followed = 0;
    loop {
        let response = exchange(unit, workspace, &call, terms).await?;
        let is_safe = matches!(call.method, Method::GET | Method::HEAD);
        let next = if is_safe && followed < REDIRECTS_MAX {
            redirects::location(&call.url, response.status, &response.headers)
        } else {
            None
        };
        let Some(next) = next else {
            let status = response.status;
            let is_error = status.is_client_error() || status.is_server_error();
            return match call.fail_on_error_status_code && is_error {
                true => Err(CallError::Status(status.as_u16())),
                false => Ok(response),
            };
        };
        followed += 1;
        if !redirects::is_same_origin(&call.url, &next) {
            redirects::drop_credentials(&mut call.headers);
            call.identity = None;
        }
        call.url = next;
    }
}

async fn exchange(
    unit: &Unit,
    workspace: &str,
    call: &Call,
    terms: Terms,
) -> Result<ResponseMessage, CallError> {
    let failed = |error: String| CallError::Connection(error);
    let (base, target) = destination(&call.url).map_err(failed)?;
    let shown = match &call.identity {
        Some(shown) => Some(identity::held(unit, workspace, shown).await.map_err(failed)?),
        None => None,
    };
    let authority = Authority {
        workspace,
        url: &base,
        checks: terms.checks,
        identity: shown.as_ref(),
        proxy: call.proxy.as_ref(),
    };
    let host = call.headers.get(header::HOST).unwrap_or(&base.host_header);
    let head = RequestHead {
        method: &call.method,
        target: &target,
        host,
        headers: &call.headers,
        more: &[],
        authorization: None,
        continue_timeout: None,
        via: via(&base, call.proxy.as_ref()),
    };
    let mut reused = unit.pool.take_idle(&authority);
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
            Ok(response) => return received(response, upstream, terms.bytes_max, call.timeout).await,
            Err(upstream::CallError::Closed(_)) if was_used && call.method.is_idempotent() => {}
            Err(upstream::CallError::Closed(error) | upstream::CallError::Failed(error)) => {
                return Err(failed(format!("{}: {error}", call.url)));
            }
            Err(upstream::CallError::Expired) => return Err(CallError::Timeout),
        }
    }
}

async fn received(
    head: upstream::ResponseHead,
    upstream: Box<Upstream>,
    bytes_max: usize,
    timeout: Duration,
) -> Result<ResponseMessage, CallError> {
    let upstream::ResponseHead { status, reason, headers, .. } = head;
    let mut stream = UpstreamBody::new(upstream);
    let bytes = read::whole(&mut stream, bytes_max, timeout).await;
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

/// A proxy that has to be told where each request goes: one at https is told once.
pub(super) fn via<'r>(url: &'r BaseUrl, proxy: Option<&'r ProxyServer>) -> Option<Via<'r>> {
    proxy.filter(|_| url.scheme == Scheme::Http).map(|proxy| Via { url, proxy })
}

/// Whom to call, and the target of the request.
pub(super) fn destination(url: &str) -> Result<(BaseUrl, String), String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not a URL: {error}"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let base = BaseUrl::parse(&format!("{scheme}://{authority}")).map_err(|error| error.to_string())?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    Ok((base, if target.starts_with('?') { format!("/{target}") } else { target }))
}
