//! The life of one request, from its head to the last byte of the answer.
//!
//! ```text
//! ticket ─► host ─► route ─► preflight? ─► key ─► policies ⇄ forward, calls ─► finish ─► answer
//!    │                 └────────── fault ──┴─────────┘
//!    └─► 503
//! ```
//!
//! One idea: a request is a plain function that is read from top to bottom, on one shard that it holds
//! from beginning to end. Must not know where connections come from, nor how policies work.

mod body;
mod calls;
mod forward;
mod headers;
mod identity;
mod observe;
pub(crate) mod openid;
mod pass_on;
mod read;
mod redirects;
pub(crate) mod token;

pub(crate) use body::AnswerBody;

use crate::{
    fault::Refusal,
    front_door::{PROBE_PATH, Passage, is_host},
    keys::{self, Access},
    route::{Route, RouteQuery, Scheme},
    shard::{Api, Operation, Product, Shard, Subscription},
    spec::SERVICE,
    unit::{Client, Meter, PolicyHost, Ticket, Unit, Watch},
    upstream::UpstreamBody,
};
use body::Source;
use bytes::Bytes;
use calls::Calls;
use forward::{Forward, HostMark};
use futures_util::{StreamExt as _, future::LocalBoxFuture, stream::FuturesUnordered};
use hanse_expression::arena::Arena;
use hanse_policy::{
    Body, Chain, Effect, Facts, Fault, Message, Outcome, RequestContext, RequestMessage, ResponseMessage,
    Run, Task,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header, request, uri};
use hyper::{body::Body as _, body::Incoming, ext::ReasonPhrase};
use pass_on::Sent;
use percent_encoding::percent_decode_str;
use std::{
    borrow::Cow,
    cell::Cell,
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::Poll,
};

type Answer = Response<AnswerBody>;

/// What a request turned out to be about.
#[derive(Default)]
struct Match<'s> {
    api: Option<&'s Arc<Api>>,
    operation: Option<&'s Arc<Operation>>,
    product: Option<&'s Arc<Product>>,
    subscription: Option<&'s Arc<Subscription>>,
    /// The path behind the API's.
    rest: String,
    parameters: Vec<(Arc<str>, String)>,
}

/// Serves a request. A panic in it ends it, and nothing else.
pub(crate) async fn serve(client: Rc<Client>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let unit = &client.unit;
    let Some(ticket) = unit.budget.enter(&client.watch) else {
        return Ok(refuse(unit, Refusal::Unavailable, None));
    };
    let meter = Cell::new(None);
    let mut run = pin!(exchange(&client, request, &meter));
    // What a panic leaves half done is dropped with the request.
    let run = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
        Err(_) => Poll::Ready(None),
    })
    .await;
    let mut answer = match run {
        Some((parts, source)) => {
            if parts.status.is_server_error() {
                ticket.count_error();
            }
            ticket.answered();
            let body = AnswerBody::new(source, Some(ticket)).metered(meter.take());
            Response::from_parts(parts, body)
        }
        None => {
            unit.stats.count_panic();
            ticket.count_error();
            tracing::error!(gateway = %unit.gateway, "request panicked");
            refuse(unit, Refusal::Internal, Some(ticket))
        }
    };
    if unit.is_stopping() {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer)
}

type Parts = http::response::Parts;

async fn exchange(
    client: &Client,
    request: Request<Incoming>,
    meter: &Cell<Option<Rc<Meter>>>,
) -> (Parts, Source) {
    let unit: &Unit = &client.unit;
    let (head, incoming) = request.into_parts();
    let request::Parts { method, uri, mut headers, .. } = head;
    let host = match admit(unit, &method, &uri, &headers) {
        Ok(Some(host)) => host,
        Ok(None) => return parts(unit, ResponseMessage::new(StatusCode::OK), Source::Empty),
        Err(refusal) => return refused(unit, refusal),
    };
    let shard = unit.pin();
    let sent_host = HostMark::of(&headers);
    let mut query = RouteQuery {
        host,
        scheme: client.scheme,
        method: &method,
        path: uri.path(),
        query: uri.query(),
        headers: &headers,
    };
    let route = match find(client, &shard, &query) {
        Route::UnknownHost => return refused(unit, unknown_host(unit, client, host)),
        Route::PassedOn { workspace, gateway } => {
            let passage = Passage {
                gateway: gateway.clone(),
                workspace: workspace.clone(),
                client: client.address,
                scheme: client.scheme,
            };
            let request = Sent { method, uri, headers, body: incoming };
            // Seldom needed, and large.
            return Box::pin(pass_on::pass_on(client, passage, request)).await;
        }
        route => route,
    };
    let mut found = Match::of(route);
    let arena = unit.arenas.lend();
    let policy_host = PolicyHost::new(client, &shard, headers::bytes(&headers) + url_bytes(&uri) as u64);
    if found.operation.is_none()
        && let Some(asked_method) = preflight_method(&method, &headers)
    {
        query.method = &asked_method;
        let asked = Match::of(find(client, &shard, &query));
        let (method, headers) = (Method::OPTIONS, headers.clone());
        let request = RequestMessage { method, headers, path: String::new(), query: None, body: Body::Empty };
        let mut context = asked.context(unit, client, &shard, &arena, request);
        if let Some(answer) = preflight(&asked.chain(&shard), &mut context, &policy_host, &asked_method) {
            return answered(unit, &Method::OPTIONS, answer, None);
        }
    }
    let access = found.check_key(client, &shard, host, &headers, &uri);
    let original_host = headers.get(header::HOST).cloned();
    let token = headers::receive(&mut headers, &client.address_value);
    let wish = observe::Wish::of(unit, token, found.api);
    let body = match incoming.is_end_stream() {
        true => Body::Empty,
        false => Body::Stream,
    };
    // A body whose length is told is refused before anything is done for it.
    let is_too_large = incoming.size_hint().lower() > unit.limits.request_body_bytes_max;
    let path = std::mem::take(&mut found.rest);
    let parameters = std::mem::take(&mut found.parameters);
    let request = RequestMessage { method, headers, path, query: uri.query().map(str::to_owned), body };
    let mut context = found.context(unit, client, &shard, &arena, request);
    context.matched_parameters = parameters;
    context.original_uri = uri;
    context.original_host = original_host;
    observe::begin(wish, &mut context);
    let mut run = Run::new(found.chain(&shard));
    match access {
        Ok(key) if is_too_large => {
            context.key = key;
            run.fail(&mut context, &policy_host, forward::body_too_large());
        }
        Ok(key) => context.key = key,
        Err(fault) => run.fail(&mut context, &policy_host, *fault),
    }
    let calls = Calls { client, shard: &shard, workspace: &context.facts.workspace.id };
    let mut forward = Forward {
        client,
        host: &policy_host,
        shard: &shard,
        api: found.api,
        body: Some(incoming),
        sent_host,
    };
    let mut answer_body = None;
    let mut begun: Option<FuturesUnordered<LocalBoxFuture<'_, (usize, Outcome)>>> = None;
    loop {
        match run.next(&mut context, &policy_host) {
            Effect::Forward(options) => {
                // What an earlier forward brought is not wanted any more.
                answer_body = None;
                // Nor is what a `wait` that is over has begun.
                begun = None;
                if options.buffer_request_body
                    && context.request.body == Body::Stream
                    && let Outcome::Failed(fault) =
                        read::request(&policy_host, &mut context, &mut forward.body).await
                {
                    run.fail(&mut context, &policy_host, *fault);
                    continue;
                }
                match forward.send(&context, options).await {
                    Ok((response, body)) => {
                        observe::forwarded(unit, &mut context, Ok(&response));
                        let eye =
                            policy_host.meter().and_then(|it| it.eye(response.status, &response.headers));
                        let is_stream = eye.as_ref().is_none_or(|eye| eye.is_stream());
                        context.response = Some(response);
                        answer_body = Some(body.watched_by(eye));
                        // What is no stream, and has room, can be read before anything is said of it.
                        if !is_stream && policy_host.meter().is_some_and(|meter| meter.are_tokens_told()) {
                            let outcome = read::response(unit, &mut context, &mut answer_body).await;
                            if let Outcome::Failed(fault) = outcome
                                && answer_body.is_none()
                            {
                                observe::forwarded(unit, &mut context, Err(&fault));
                                run.fail(&mut context, &policy_host, *fault);
                            }
                        }
                    }
                    Err(fault) => {
                        observe::forwarded(unit, &mut context, Err(&fault));
                        run.fail(&mut context, &policy_host, *fault);
                    }
                }
            }
            Effect::Do(Task::Read(Message::Request)) => {
                let outcome = read::request(&policy_host, &mut context, &mut forward.body).await;
                run.resume(outcome);
            }
            Effect::Do(Task::Read(Message::Response)) => {
                let outcome = read::response(unit, &mut context, &mut answer_body).await;
                run.resume(outcome);
            }
            Effect::Do(Task::Gather(max)) => {
                let outcome = read::gather_response(unit, &mut context, &mut answer_body, max).await;
                run.resume(outcome);
            }
            // Seldom needed, and large.
            Effect::Do(task) => run.resume(Box::pin(calls.perform(task)).await),
            Effect::Begin(number, task) => {
                let done = async move { (number, calls.perform(task).await) };
                begun.get_or_insert_default().push(Box::pin(done));
            }
            Effect::Await => match next_done(&mut begun).await {
                Some((number, outcome)) => run.resume_one(number, outcome),
                None => unreachable!("a pipeline waits for what it began"),
            },
            Effect::Answer => break,
        }
    }
    drop(begun);
    hanse_policy::finish(&mut context);
    let response = context.response.take().unwrap_or_else(|| ResponseMessage::new(StatusCode::OK));
    let (mut parts, source) = answered(unit, &context.request.method, response, answer_body);
    if parts.status == StatusCode::PAYLOAD_TOO_LARGE && context.last_error.is_some() {
        // The rest of the body would have to be read before the next request.
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    observe::end(unit, &found, &shard, wish, &mut context, &mut parts);
    if let Some(of_request) = policy_host.meter() {
        of_request.count_answer(headers::bytes(&parts.headers));
        meter.set(Some(of_request.clone()));
    }
    (parts, source)
}

/// The next of the tasks that were begun to be done; `None` where none was.
async fn next_done<F: Future<Output = (usize, Outcome)>>(
    begun: &mut Option<FuturesUnordered<F>>,
) -> Option<(usize, Outcome)> {
    begun.as_mut()?.next().await
}

/// Finds what answers. A request that another gateway passed on is for one workspace, whatever host it
/// was sent to, and goes no further.
fn find<'s, 'r>(client: &Client, shard: &'s Shard, query: &RouteQuery<'r>) -> Route<'s, 'r> {
    match &client.passed_on {
        None => shard.route(query),
        Some(workspace) => shard.route_within(workspace, query).unwrap_or(Route::UnknownHost),
    }
}

/// What can be said of a request without knowing any API: its host, or `None` for a probe.
fn admit<'r>(
    unit: &Unit,
    method: &Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
) -> Result<Option<&'r str>, Refusal> {
    if url_bytes(uri) > unit.limits.url_bytes_max {
        return Err(Refusal::UrlTooLong);
    }
    if uri.path() == PROBE_PATH && matches!(*method, Method::GET | Method::HEAD) {
        return Ok(None);
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let header = hosts.next().and_then(|host| host.to_str().ok());
    if hosts.next().is_some() {
        return Err(Refusal::Malformed);
    }
    // RFC 9112, 3.2.2: a target in absolute form outdoes the header.
    match uri.authority().map(uri::Authority::as_str).or(header) {
        Some(host) if is_host(host) => Ok(Some(host)),
        _ => Err(Refusal::Malformed),
    }
}

fn url_bytes(uri: &Uri) -> usize {
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len() + 3);
    let scheme = uri.scheme_str().map_or(0, str::len);
    scheme + authority + uri.path().len() + uri.query().map_or(0, |query| query.len() + 1)
}

/// A host that the shard does not have. On one connection there is one gateway: another's would be
/// served by this one's units, and step around what the other asks of its clients' connections.
fn unknown_host(unit: &Unit, client: &Client, host: &str) -> Refusal {
    if client.passed_on.is_some() {
        // The workspace was here when the connection was taken.
        return Refusal::Unavailable;
    }
    let directory = unit.directory.load();
    let of = directory.as_ref().and_then(|directory| directory.gateway_of(host));
    match of {
        Some(other) if other.gateway != unit.gateway => Refusal::Misdirected,
        Some(_) | None => Refusal::UnknownHost,
    }
}

impl<'s> Match<'s> {
    fn of(route: Route<'s, '_>) -> Match<'s> {
        match route {
            Route::UnknownHost | Route::PassedOn { .. } | Route::NoApi => Match::default(),
            Route::NoOperation { api, rest } => {
                Match { api: Some(api), rest: rest.to_owned(), ..Match::default() }
            }
            Route::Operation { api, operation, rest, parameters } => Match {
                api: Some(api),
                operation: Some(operation),
                rest: rest.to_owned(),
                parameters,
                ..Match::default()
            },
        }
    }

    /// Finds out who calls, and whether they may; gives the key back.
    fn check_key(
        &mut self,
        client: &Client,
        shard: &'s Shard,
        host: &str,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Option<Arc<str>>, Box<Fault>> {
        let (Some(api), Some(_)) = (self.api, self.operation) else {
            return Err(Box::new(Fault::operation_not_found()));
        };
        let presented = presented_key(api, headers, uri);
        let fingerprint = presented.as_ref().map(|key| client.fingerprint(key));
        match keys::decide(shard, api, fingerprint.as_ref().map(AsRef::as_ref)) {
            Access::Allowed { product, subscription } => {
                self.product = product;
                self.subscription = subscription;
                let presented = presented.filter(|_| subscription.is_some());
                Ok(presented.and_then(|key| std::str::from_utf8(&key).ok().map(Arc::from)))
            }
            Access::Missing => Err(Box::new(Fault::key_missing(host, &api.path, &api.key_header_text))),
            Access::Invalid => Err(Box::new(Fault::key_invalid(host, &api.path, &api.key_header_text))),
        }
    }

    fn chain(&self, shard: &'s Shard) -> Chain<'s> {
        shard.chain(self.api.map(|api| &**api), self.operation.map(|of| &**of), self.product.map(|of| &**of))
    }

    fn context<'a>(
        &self,
        unit: &'a Unit,
        client: &Client,
        shard: &'a Shard,
        arena: &'a Arena,
        request: RequestMessage,
    ) -> RequestContext<'a>
    where
        's: 'a,
    {
        let ip = client.address.ip().to_canonical();
        let facts = Facts {
            workspace: shard.workspace_facts(self.api.map_or(SERVICE, |api| &api.workspace)),
            api: self.api.map(|api| &api.facts),
            operation: self.operation.map(|operation| &operation.facts),
            product: self.product.map(|product| &product.facts),
            subscription: self.subscription.map(|subscription| &subscription.facts),
            user: self.subscription.and_then(|subscription| shard.owner_of(subscription)),
            deployment: &unit.deployment,
        };
        let mut context = RequestContext::new(arena, request, facts, ip, unit.request_id());
        context.scheme = match client.scheme {
            Scheme::Http => hanse_policy::Scheme::Http,
            Scheme::Https => hanse_policy::Scheme::Https,
        };
        context.received_ms = unit.host.clock.unix_ms();
        context
    }
}

/// The subscription key of a request: the header's, or where there is none, the query's.
fn presented_key<'r>(api: &Api, headers: &'r HeaderMap, uri: &'r Uri) -> Option<Cow<'r, [u8]>> {
    if let Some(key) = headers.get(&api.key_header) {
        return Some(Cow::Borrowed(key.as_bytes()));
    }
    let pairs = uri.query()?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    for (name, value) in pairs {
        let name: Cow<'_, [u8]> = percent_decode_str(name).into();
        if name.eq_ignore_ascii_case(api.key_query.as_bytes()) {
            return Some(percent_decode_str(value).into());
        }
    }
    None
}

/// The method that a browser asks for, where a request is its question whether it may send another.
fn preflight_method(method: &Method, headers: &HeaderMap) -> Option<Method> {
    if *method != Method::OPTIONS || !headers.contains_key(header::ORIGIN) {
        return None;
    }
    Method::from_bytes(headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes()).ok()
}

/// `None` when no `cors` applies.
fn preflight<'a>(
    chain: &Chain<'a>,
    context: &mut RequestContext<'a>,
    host: &PolicyHost<'_>,
    asked_method: &Method,
) -> Option<ResponseMessage> {
    let wanted = context.request.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let wanted = wanted.as_ref().and_then(|value| value.to_str().ok());
    hanse_policy::preflight(chain, context, host, asked_method.as_str(), wanted)
}

fn answered(
    unit: &Unit,
    method: &Method,
    mut response: ResponseMessage,
    backend: Option<UpstreamBody>,
) -> (Parts, Source) {
    let source = match (std::mem::take(&mut response.body), backend) {
        (Body::Stream, Some(body)) => Source::Backend(body),
        (Body::Bytes(bytes), _) => {
            response.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            Source::Bytes(bytes)
        }
        (Body::Empty | Body::Stream | Body::Taken, _) => {
            // What is left of another body's.
            if forward::has_body(method, response.status) {
                response.headers.remove(header::CONTENT_LENGTH);
            }
            Source::Empty
        }
    };
    // A policy may have set one, and the server frames the message itself.
    response.headers.remove(header::TRANSFER_ENCODING);
    parts(unit, response, source)
}

fn parts(unit: &Unit, response: ResponseMessage, source: Source) -> (Parts, Source) {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = response.status;
    parts.headers = response.headers;
    if let Some(reason) = response.reason
        && let Ok(phrase) = ReasonPhrase::try_from(reason.as_bytes())
    {
        parts.extensions.insert(phrase);
    }
    if !parts.headers.contains_key(header::DATE) {
        parts.headers.insert(header::DATE, unit.date());
    }
    (parts, source)
}

/// An answer of the unit itself, after which the connection is closed.
fn refused(unit: &Unit, refusal: Refusal) -> (Parts, Source) {
    let mut response = ResponseMessage::new(refusal.status());
    let headers = &mut response.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if let Some(seconds) = refusal.retry_after_s() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    parts(unit, response, Source::Bytes(Bytes::from_static(refusal.body().as_bytes())))
}

fn refuse(unit: &Unit, refusal: Refusal, ticket: Option<Ticket>) -> Answer {
    let (parts, source) = refused(unit, refusal);
    Response::from_parts(parts, AnswerBody::new(source, ticket))
}

/// Waits for something of the backend's, until the connection's watch says that its time is over.
async fn until_expired<T>(watch: &Watch, waited: impl Future<Output = T>) -> Option<T> {
    let mut waited = pin!(waited);
    poll_fn(|cx| match watch.has_backend_expired() {
        true => Poll::Ready(None),
        false => waited.as_mut().poll(cx).map(Some),
    })
    .await
}
