//! Sending a request to its backend.
//!
//! One idea: what the policies left in the context is all that is sent; what goes wrong is told as a
//! fault, once. Must not know policies, nor how connections are kept.

use super::{
    calls::via,
    identity,
    redirects::{self, REDIRECTS_MAX},
};
use crate::{
    shard::{Api, Backend, Shard},
    unit::{Client, PolicyHost, Unit},
    upstream::{
        Authority, BodyFate, CallError, Checks, ClientBody, ConnectError, RequestBody, RequestHead,
        ResponseHead, Upstream, UpstreamBody, is_target,
    },
};
use hanse_policy::{
    BaseUrl, Body, Fault, ForwardOptions, ProxyServer, RequestContext, RequestMessage, ResponseMessage,
    Target,
};
use http::{Method, StatusCode, header};
use hyper::body::Incoming;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How soon a request that found no room at its backend may be tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One request's way to its backend.
pub(super) struct Forward<'x> {
    pub(super) client: &'x Client,
    pub(super) host: &'x PolicyHost<'x>,
    pub(super) shard: &'x Shard,
    pub(super) api: Option<&'x Arc<Api>>,
    /// The client's body, until it is sent.
    pub(super) body: Option<Incoming>,
    /// The `Host` the client sent, to be told from one that a policy set.
    pub(super) sent_host: Option<HostMark>,
}

/// Recognises the very value that came with the request. A policy that sets a `Host`, even an equal
/// one, makes a value of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct HostMark(*const u8);

/// What came of a request that was sent.
type Sent = Result<(ResponseMessage, UpstreamBody), Box<Fault>>;

/// Where a request goes and what is added on the way.
struct Destination {
    url: Arc<BaseUrl>,
    backend: Option<Arc<Backend>>,
}

impl HostMark {
    pub(super) fn of(headers: &http::HeaderMap) -> Option<HostMark> {
        headers.get(header::HOST).map(|value| HostMark(value.as_bytes().as_ptr()))
    }
}

impl Forward<'_> {
    /// Sends the request and waits for the head of the answer.
    ///
    /// # Errors
    /// Everything that can go wrong, as the fault that the client is told.
    pub(super) async fn send(&mut self, context: &RequestContext<'_>, options: ForwardOptions) -> Sent {
        if options.timeout.is_zero() {
            return Err(Fault::timeout(options.timeout).into());
        }
        let destination = self.destination(context)?;
        let is_streamed = matches!(context.request.body, Body::Stream);
        let watch = &self.client.watch;
        watch.set_backend_deadline(Some(Instant::now() + options.timeout));
        if let Some(meter) = self.host.meter() {
            meter.set_asking(true);
        }
        let mut answered = self.exchange(context, &destination, options).await;
        if options.follow_redirects && matches!(context.request.method, Method::GET | Method::HEAD) {
            answered = Box::pin(self.follow(context, &destination, options, answered)).await;
        }
        if let Some(meter) = self.host.meter() {
            meter.set_asking(false);
        }
        watch.set_backend_deadline(None);
        // The body's failure makes the backend's side fail as well, but is the cause.
        match if is_streamed { self.host.progress().fate() } else { BodyFate::Fine } {
            BodyFate::Fine => answered,
            BodyFate::TooLarge if answered.is_err() => Err(Box::new(body_too_large())),
            BodyFate::Broken if answered.is_err() => {
                Err(Fault::client_connection_failure("The request body broke off.").into())
            }
            BodyFate::TooLarge | BodyFate::Broken => answered,
        }
    }

    async fn exchange(
        &mut self,
        context: &RequestContext<'_>,
        destination: &Destination,
        options: ForwardOptions,
    ) -> Sent {
        let unit: &Unit = &self.client.unit;
        let checks = destination.backend.as_ref().map_or(Checks::ALL, |backend| Checks {
            chain: backend.validate_certificate_chain,
            name: backend.validate_certificate_name,
        });
        let workspace = &*context.facts.workspace.id;
        let identity = match &context.identity {
            Some(shown) => Some(
                identity::held(unit, workspace, shown)
                    .await
                    .map_err(|error| Box::new(Fault::internal("authentication-certificate", None, error)))?,
            ),
            None => None,
        };
        let identity = identity.as_ref();
        let authority =
            Authority { workspace, url: &destination.url, checks, identity, proxy: context.proxy.as_ref() };
        let target = target(&context.request, destination)?;
        let proxy = context.proxy.as_ref();
        let head = head(&context.request, destination, &target, self.sent_host, options, proxy);
        let mut body = self.body(&context.request)?;
        let is_repeatable = context.request.method.is_idempotent() && !matches!(body, RequestBody::Client(_));
        let mut reused = unit.pool.take_idle(&authority);
        loop {
            let was_used = reused.is_some();
            let mut upstream = match reused.take() {
                Some(upstream) => upstream,
                // Seldom needed, and large.
                None => Box::pin(self.connect(&authority, options)).await?,
            };
            match upstream.call(&head, body, &self.client.watch).await {
                Ok(response) => return Ok(received(response, upstream)),
                Err(CallError::Expired) => return Err(Fault::timeout(options.timeout).into()),
                // It was closed while it was idle, and this was just not known yet.
                Err(CallError::Closed(_)) if was_used && is_repeatable => {
                    body = self.body(&context.request)?;
                }
                Err(CallError::Closed(error) | CallError::Failed(error)) => {
                    let detail = format!("{}: {error}", destination.url);
                    return Err(Fault::backend_connection_failure(detail).into());
                }
            }
        }
    }

    /// Goes where answers send it.
    async fn follow(
        &mut self,
        context: &RequestContext<'_>,
        first: &Destination,
        options: ForwardOptions,
        mut answered: Sent,
    ) -> Sent {
        let mut url = format!("{}{}", first.url.origin(), target(&context.request, first)?);
        let mut request = RequestMessage { body: Body::Empty, ..context.request.clone() };
        for _ in 0..REDIRECTS_MAX {
            let Ok((response, _)) = &answered else { break };
            let Some(next) = redirects::location(&url, response.status, &response.headers) else { break };
            // The host of the first backend is not that of the next.
            request.headers.remove(header::HOST);
            if !redirects::is_same_origin(&url, &next) {
                redirects::drop_credentials(&mut request.headers);
            }
            url = next;
            answered = self.fetch(context, &url, &request, options).await;
        }
        answered
    }

    async fn fetch(
        &mut self,
        context: &RequestContext<'_>,
        url: &str,
        request: &RequestMessage,
        options: ForwardOptions,
    ) -> Sent {
        let (base, target) = super::calls::destination(url).map_err(Fault::backend_connection_failure)?;
        let destination = Destination { url: Arc::new(base), backend: None };
        let proxy = context.proxy.as_ref();
        let head = head(request, &destination, &target, None, options, proxy);
        let authority = Authority {
            workspace: &context.facts.workspace.id,
            url: &destination.url,
            checks: Checks::ALL,
            identity: None,
            proxy,
        };
        let mut upstream = Box::pin(self.connect(&authority, options)).await?;
        match upstream.call(&head, RequestBody::None, &self.client.watch).await {
            Ok(response) => Ok(received(response, upstream)),
            Err(CallError::Expired) => Err(Fault::timeout(options.timeout).into()),
            Err(CallError::Closed(error) | CallError::Failed(error)) => {
                Err(Fault::backend_connection_failure(format!("{url}: {error}")).into())
            }
        }
    }

    async fn connect(
        &self,
        authority: &Authority<'_>,
        options: ForwardOptions,
    ) -> Result<Box<Upstream>, Box<Fault>> {
        let limit = self.client.unit.limits.connect_timeout;
        let watch = &self.client.watch;
        let connect = self.client.unit.pool.connect(authority);
        let connected = super::until_expired(watch, tokio::time::timeout(limit, connect)).await;
        match connected {
            None => Err(Fault::timeout(options.timeout).into()),
            Some(Err(_)) => Err(Fault::backend_connection_failure(format!(
                "connect to {}: not accepted within {} ms",
                authority.url,
                limit.as_millis()
            ))
            .into()),
            Some(Ok(Err(error @ ConnectError::Exhausted(_)))) => {
                tracing::debug!(%error, url = %authority.url, "request shed");
                Err(Fault::backend_unavailable(Some(RETRY_AFTER)).into())
            }
            Some(Ok(Err(error))) => Err(Fault::backend_connection_failure(error.to_string()).into()),
            Some(Ok(Ok(upstream))) => Ok(upstream),
        }
    }

    fn destination(&self, context: &RequestContext<'_>) -> Result<Destination, Box<Fault>> {
        match &context.target {
            Some(Target::BaseUrl(url)) => Ok(Destination { url: url.clone(), backend: None }),
            Some(Target::Backend { owner, id }) => match self.shard.backend(owner, id) {
                Some(backend) => Ok(Destination { url: backend.url.clone(), backend: Some(backend.clone()) }),
                None => Err(Fault::backend_not_found(id).into()),
            },
            None => match self.api.and_then(|api| api.service_url.as_ref()) {
                Some(url) => Ok(Destination { url: url.clone(), backend: None }),
                None => Err(Fault::backend_connection_failure("The API has no service URL.").into()),
            },
        }
    }

    /// What is sent behind the head. The client's body can be had once.
    fn body(&mut self, message: &RequestMessage) -> Result<RequestBody, Box<Fault>> {
        match &message.body {
            // Where the client told a length, there could have been something.
            Body::Empty | Body::Taken if message.headers.contains_key(header::CONTENT_LENGTH) => {
                Ok(RequestBody::Empty)
            }
            Body::Empty | Body::Taken => Ok(RequestBody::None),
            Body::Bytes(bytes) => Ok(RequestBody::Bytes(bytes.clone())),
            Body::Stream => match self.body.take() {
                Some(incoming) => {
                    let max = self.client.unit.limits.request_body_bytes_max;
                    Ok(RequestBody::Client(ClientBody::new(incoming, max, self.host.progress().clone())))
                }
                None => {
                    let message = "The request body was sent before and has not been kept.";
                    Err(Fault::backend_connection_failure(message).into())
                }
            },
        }
    }
}

fn target(message: &RequestMessage, destination: &Destination) -> Result<String, Box<Fault>> {
    let mut target = destination.url.path_and_query(&message.path, message.query.as_deref());
    if let Some(backend) = &destination.backend
        && !backend.query.is_empty()
    {
        target.push(if message.query.is_some() { '&' } else { '?' });
        target.push_str(&backend.query);
    }
    // A policy may have put anything into it.
    match is_target(&target) {
        true => Ok(target),
        false => Err(Fault::backend_connection_failure(format!("`{target}` is no URL.")).into()),
    }
}

fn head<'r>(
    message: &'r RequestMessage,
    destination: &'r Destination,
    target: &'r str,
    sent_host: Option<HostMark>,
    options: ForwardOptions,
    proxy: Option<&'r ProxyServer>,
) -> RequestHead<'r> {
    // The backend's host, unless a policy set another one.
    let host = match message.headers.get(header::HOST) {
        Some(host) if HostMark::of(&message.headers) != sent_host => host,
        Some(_) | None => &destination.url.host_header,
    };
    let backend = destination.backend.as_deref();
    RequestHead {
        method: &message.method,
        target,
        host,
        headers: &message.headers,
        more: backend.map_or(&[], |backend| &backend.headers),
        authorization: backend.and_then(|backend| backend.authorization.as_ref()),
        continue_timeout: options.continue_timeout,
        via: via(&destination.url, proxy),
    }
}

pub(super) fn received(head: ResponseHead, upstream: Box<Upstream>) -> (ResponseMessage, UpstreamBody) {
    let ResponseHead { status, reason, headers, .. } = head;
    let message = ResponseMessage { status, reason, headers, body: Body::Stream };
    (message, UpstreamBody::new(upstream))
}

pub(super) fn body_too_large() -> Fault {
    Fault::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "configuration",
        "RequestBodyTooLarge",
        "Request body is too large",
    )
}

/// Whether an answer to this method has a body at all, whatever its headers say.
pub(super) fn has_body(method: &Method, status: StatusCode) -> bool {
    *method != Method::HEAD && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
}
