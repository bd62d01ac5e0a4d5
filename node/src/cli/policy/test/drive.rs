//! Runs one request of a test through the engine, as the gateway does.
//!
//! One idea: what the gateway does with sockets is done here with what the test says, step for step and in
//! the same order; the policies cannot tell the difference.

use super::{
    expect::{Outcome, Seen},
    host::{FakeHost, TokenEye, backend_lacks},
    outside::{Outside, header_bytes, response},
    suite::{Fails, Message, Refused, Request, Step, Suite, Tested},
    world::{Documents, World},
};
use crate::cli::steps::Step as Walked;
use bytes::Bytes;
use hanse_expression::{
    arena::Arena,
    fixture,
    run::{MEMORY_BYTES_MAX, Value},
};
use hanse_gateway::limits::Limits;
use hanse_policy::{
    BaseUrl, Body, Chain, Effect, Fault, ForwardOptions, RequestContext, RequestId, RequestMessage,
    ResponseMessage, Run, ScopeKind, Target, Task, Trace, TraceEntry,
};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value as Json;
use std::{borrow::Cow, sync::Arc, time::Duration};

/// Things that one request may have done outside; a pipeline that goes on for ever ends here.
const EFFECTS_MAX: usize = 100_000;
/// The host of requests whose URL has none.
const HOST: &str = "gateway.test";

/// Runs a request and tells what came of it.
pub fn run(
    (step, number): (&Step, usize),
    tested: &Tested,
    suite: &Suite,
    documents: &Documents,
    host: &FakeHost<'_>,
) -> Outcome {
    host.begin(step);
    let mut world = World::of(&step.about, tested);
    if step.request.refused == Some(Refused::NotFound) {
        world.forget_operation();
    }
    let arena = Arena::new(MEMORY_BYTES_MAX);
    let mut driver = Driver {
        step,
        suite,
        host,
        outside: Outside::new(host, &step.mocks),
        request_body: Some(step.request.body.clone()),
        response_body: None,
        eye: None,
        forwarded: Vec::new(),
    };
    let mut context = driver.context(number, &world, &arena);
    let chain = chain(&world, documents);
    driver.serve(&mut context, chain);
    hanse_policy::finish(&mut context);
    driver.outcome(context)
}

struct Driver<'s> {
    step: &'s Step,
    suite: &'s Suite,
    host: &'s FakeHost<'s>,
    outside: Outside<'s>,
    /// What is still on the wire.
    request_body: Option<Bytes>,
    response_body: Option<Bytes>,
    /// What looks at the answer on the wire.
    eye: Option<TokenEye>,
    forwarded: Vec<Seen>,
}

/// The documents that apply to what the request is about.
fn chain<'d>(world: &World, documents: &'d Documents) -> Chain<'d> {
    let facts = world.facts();
    let mut chain = Chain::default();
    for (level, scope) in Chain::SCOPES.into_iter().enumerate() {
        let applies = match scope {
            ScopeKind::Operation => facts.operation.is_some(),
            ScopeKind::Api => facts.api.is_some(),
            ScopeKind::Product => facts.product.is_some(),
            ScopeKind::Workspace => !facts.workspace.id.is_empty(),
            ScopeKind::Global => true,
        };
        chain.documents[level] = documents.get(scope).filter(|_| applies);
    }
    chain
}

impl<'s> Driver<'s> {
    fn context<'a>(&mut self, number: usize, world: &'a World, arena: &'a Arena) -> RequestContext<'a> {
        let request = &self.step.request;
        let facts = world.facts();
        self.outside.workspace = facts.workspace.id.clone();
        let api_path = facts.api.map_or("", |api| &*api.path);
        let path = match below(request.url.path(), api_path) {
            Some(path) => path,
            None => {
                let message = format!(
                    "the URL's path `{}` is not below the API's path `{api_path}`",
                    request.url.path()
                );
                self.host.problem(message);
                request.url.path().to_owned()
            }
        };
        let original_host = match (request.url.authority(), request.headers.get(header::HOST)) {
            (_, Some(host)) => host.clone(),
            (Some(authority), None) => {
                HeaderValue::from_str(authority.as_str()).unwrap_or_else(|_| HeaderValue::from_static(HOST))
            }
            (None, None) => HeaderValue::from_static(HOST),
        };
        let mut headers = request.headers.clone();
        headers.insert(header::HOST, original_host.clone());
        let forwarded_for = HeaderValue::from_str(&request.client_ip.to_string());
        if let Ok(value) = forwarded_for {
            headers.append("x-forwarded-for", value);
        }
        // As clients say it who do not stream.
        if !request.body.is_empty() && !headers.contains_key(header::TRANSFER_ENCODING) {
            headers.entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(request.body.len()));
        }
        let message = RequestMessage {
            method: request.method.clone(),
            headers,
            path: path.clone(),
            query: request.url.query().map(str::to_owned),
            body: if request.body.is_empty() { Body::Empty } else { Body::Stream },
        };
        let id = RequestId(number as u128 + 1);
        let mut context = RequestContext::new(arena, message, facts, request.client_ip, id);
        context.original_uri = request.url.clone();
        context.original_host = Some(original_host);
        context.scheme = match request.url.scheme_str() {
            Some("http") => hanse_policy::Scheme::Http,
            _ => hanse_policy::Scheme::Https,
        };
        context.received_ms = hanse_policy::Host::unix_ms(self.host);
        context.key = world.key.clone();
        let template = facts.operation.map_or("", |operation| &*operation.url_template);
        context.matched_parameters = match &request.parameters {
            Some(given) => given.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect(),
            None => matched(template, &path),
        };
        for (name, given, ty) in &request.variables {
            match variable(arena, given, ty.as_deref()).and_then(|value| {
                let name = arena.text(name).map_err(|error| error.to_string())?;
                Ok((name, value))
            }) {
                Ok((name, value)) => context.set_variable(name, value),
                Err(reason) => self.host.problem(format!("variables.{name}: {reason}")),
            }
        }
        context.trace = Some(Box::new(Trace::onlooker()));
        context
    }

    fn serve<'a>(&mut self, context: &mut RequestContext<'a>, chain: Chain<'a>) {
        let host = self.host;
        if let Some(asked) = preflight_method(&self.step.request) {
            let wanted = context.request.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
            let wanted = wanted.as_ref().and_then(|value| value.to_str().ok());
            if let Some(answer) = hanse_policy::preflight(&chain, context, host, asked.as_str(), wanted) {
                context.response = Some(answer);
                return;
            }
        }
        let mut run = Run::new(chain);
        if let Some(refused) = self.step.request.refused {
            let fault = self.refusal(refused, context);
            run.fail(context, host, fault);
        }
        // When what was begun is done, with its number and what comes of it.
        let mut begun: Vec<(Duration, usize, hanse_policy::Outcome)> = Vec::new();
        for _ in 0..EFFECTS_MAX {
            match run.next(context, host) {
                Effect::Answer => return,
                Effect::Forward(options) => self.forward(&mut run, context, options),
                Effect::Do(Task::Read(which)) => {
                    let outcome = self.read(context, which);
                    run.resume(outcome);
                }
                Effect::Do(Task::Gather(max)) => {
                    if self.response_body.as_ref().is_some_and(|body| body.len() <= max) {
                        self.read_response(context);
                    }
                    run.resume(hanse_policy::Outcome::Done);
                }
                Effect::Do(task) => {
                    let (outcome, takes) = self.outside.perform(task);
                    host.pass(takes);
                    run.resume(outcome);
                }
                Effect::Begin(number, task) => {
                    let (outcome, takes) = self.outside.perform(task);
                    begun.push((host.elapsed() + takes, number, outcome));
                }
                Effect::Await => {
                    let soonest = (0..begun.len()).min_by_key(|at| begun[*at].0);
                    let Some(at) = soonest else {
                        host.problem("the pipeline waits for something that was never begun");
                        return;
                    };
                    let (done_at, number, outcome) = begun.remove(at);
                    host.pass(done_at.saturating_sub(host.elapsed()));
                    run.resume_one(number, outcome);
                }
            }
        }
        host.problem(format!("the request is not over after {EFFECTS_MAX} things done outside"));
    }

    fn refusal(&self, refused: Refused, context: &RequestContext<'_>) -> Fault {
        let host = context.original_host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or(HOST);
        let (path, header) = match context.facts.api {
            Some(api) => (&*api.path, &*api.key_header),
            None => ("", ""),
        };
        match refused {
            Refused::NotFound => Fault::operation_not_found(),
            Refused::KeyMissing => Fault::key_missing(host, path, header),
            Refused::KeyInvalid => Fault::key_invalid(host, path, header),
        }
    }

    fn read(
        &mut self,
        context: &mut RequestContext<'_>,
        which: hanse_policy::Message,
    ) -> hanse_policy::Outcome {
        let max = Limits::default().buffered_body_bytes_max;
        match which {
            hanse_policy::Message::Request => match self.request_body.take() {
                Some(bytes) if bytes.len() > max => too_large(StatusCode::PAYLOAD_TOO_LARGE, "Request", max),
                Some(bytes) => {
                    context.request.body = in_memory(bytes);
                    hanse_policy::Outcome::Done
                }
                None => {
                    context.request.body = Body::Taken;
                    hanse_policy::Outcome::Done
                }
            },
            hanse_policy::Message::Response => {
                // One that is too large stays on the wire.
                if self.response_body.as_ref().is_some_and(|body| body.len() > max) {
                    return too_large(StatusCode::INTERNAL_SERVER_ERROR, "Response", max);
                }
                self.read_response(context);
                hanse_policy::Outcome::Done
            }
        }
    }

    fn read_response(&mut self, context: &mut RequestContext<'_>) {
        let bytes = self.passed();
        if let Some(response) = &mut context.response {
            response.headers.remove(header::TRANSFER_ENCODING);
            response.body = in_memory(bytes);
        }
    }

    /// The answer's body leaves the wire.
    fn passed(&mut self) -> Bytes {
        let bytes = self.response_body.take().unwrap_or_default();
        if let Some(mut eye) = self.eye.take() {
            eye.see(&bytes);
            self.host.close(eye);
        }
        bytes
    }

    fn forward<'a>(&mut self, run: &mut Run<'a>, context: &mut RequestContext<'a>, options: ForwardOptions) {
        // What an earlier forward brought is not wanted any more.
        self.response_body = None;
        if let Some(eye) = self.eye.take() {
            self.host.close(eye);
        }
        if options.buffer_request_body
            && context.request.body == Body::Stream
            && let hanse_policy::Outcome::Failed(fault) = self.read(context, hanse_policy::Message::Request)
        {
            run.fail(context, self.host, *fault);
            return;
        }
        match self.answer(context, options) {
            Ok(answer) => {
                self.eye = self.host.eye(answer.status, &answer.headers);
                let is_stream = self.eye.as_ref().is_none_or(TokenEye::is_stream);
                let text = format!("answered {}", answer.status.as_u16());
                self.note(context, run, text);
                context.response = Some(answer);
                // What is no stream, and has room, can be read before anything is said of it.
                if !is_stream && self.host.are_tokens_told() {
                    self.read(context, hanse_policy::Message::Response);
                }
            }
            Err(fault) => {
                self.note(context, run, fault.message.clone());
                run.fail(context, self.host, *fault);
            }
        }
    }

    fn note(&self, context: &mut RequestContext<'_>, run: &Run<'_>, message: String) {
        let at_ms = hanse_policy::Host::unix_ms(self.host);
        if let Some(trace) = &mut context.trace {
            trace.note(run.section().as_str(), "backend", at_ms, message);
        }
    }

    fn answer(
        &mut self,
        context: &RequestContext<'_>,
        options: ForwardOptions,
    ) -> Result<ResponseMessage, Box<Fault>> {
        let url = self.destination(context)?;
        let request = &context.request;
        let body = match &request.body {
            Body::Empty | Body::Taken => Bytes::new(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::Stream => self.request_body.take().ok_or_else(|| {
                Fault::backend_connection_failure("The request body was sent before and has not been kept.")
            })?,
        };
        let target = url.path_and_query(&request.path, request.query.as_deref());
        let mut headers = request.headers.clone();
        headers
            .insert(header::HOST, context.host_override.clone().unwrap_or_else(|| url.host_header.clone()));
        let authority = String::from_utf8_lossy(url.host_header.as_bytes());
        self.forwarded.push(Seen {
            method: request.method.to_string(),
            url: format!("{}://{authority}{target}", url.scheme.as_str()),
            headers,
            body,
            ..Seen::default()
        });
        let answers = &self.step.backend;
        let answer = &answers[(self.forwarded.len() - 1).min(answers.len().saturating_sub(1))];
        if answer.takes > options.timeout || answer.gives == Err(Fails::Timeout) {
            self.host.pass(options.timeout);
            return Err(Fault::timeout(options.timeout).into());
        }
        self.host.pass(answer.takes);
        match &answer.gives {
            Ok(message) => Ok(self.received(message)),
            Err(_) => Err(Fault::backend_connection_failure(format!("{url}: connection refused")).into()),
        }
    }

    /// The head of the answer; its body is on the wire.
    fn received(&mut self, message: &Message) -> ResponseMessage {
        let mut head = response(message);
        self.response_body = Some(message.body.clone());
        head.body = Body::Stream;
        head
    }

    fn destination(&self, context: &RequestContext<'_>) -> Result<Arc<BaseUrl>, Box<Fault>> {
        match &context.target {
            Some(Target::BaseUrl(url)) => Ok(url.clone()),
            Some(Target::Backend { id, .. }) => {
                let url = self.suite.backends.get(&**id).and_then(|url| BaseUrl::parse(url).ok());
                url.map(Arc::new).ok_or_else(|| {
                    self.host.problem(backend_lacks(id));
                    Fault::backend_not_found(id).into()
                })
            }
            None => match context.facts.api.and_then(|api| api.service_url.clone()) {
                Some(url) => Ok(url),
                None => Err(Fault::backend_connection_failure("The API has no service URL.").into()),
            },
        }
    }

    fn outcome(mut self, context: RequestContext<'_>) -> Outcome {
        let variables = hanse_policy::inspect(&context, self.host);
        let on_the_wire = self.passed();
        let response = context.response.as_ref();
        let status = response.map_or(StatusCode::OK, |response| response.status);
        let reason = response.and_then(|response| response.reason.as_deref());
        let answer = Seen {
            status: Some(status.as_u16()),
            reason: reason.or_else(|| status.canonical_reason()).unwrap_or_default().to_owned(),
            headers: response.map(|response| response.headers.clone()).unwrap_or_default(),
            body: match response.map(|response| &response.body) {
                Some(Body::Bytes(bytes)) => bytes.clone(),
                Some(Body::Stream) => on_the_wire,
                _ => Bytes::new(),
            },
            ..Seen::default()
        };
        let request = &self.step.request;
        let sent = request.url.to_string().len() as u64 + header_bytes(&request.headers);
        // Of the request's body what was read or sent on.
        let body = if self.request_body.is_none() { request.body.len() as u64 } else { 0 };
        let heard = self.host.end(sent + body + header_bytes(&answer.headers) + answer.body.len() as u64);
        let trace = context.trace.map(|trace| trace.entries).unwrap_or_default();
        Outcome {
            answer,
            forwarded: self.forwarded,
            calls: self.outside.calls,
            variables,
            error: context.last_error,
            trace: trace.into_iter().map(step).collect(),
            pauses: self.outside.pauses,
            heard,
            problems: self.host.take_problems(),
        }
    }
}

fn in_memory(bytes: Bytes) -> Body {
    if bytes.is_empty() { Body::Empty } else { Body::Bytes(bytes) }
}

fn too_large(status: StatusCode, which: &str, max: usize) -> hanse_policy::Outcome {
    let message = format!("{which} body is larger than the {max} bytes that policies can read.");
    let reason = if which == "Request" { "RequestBodyTooLarge" } else { "ResponseBodyTooLarge" };
    hanse_policy::Outcome::Failed(Box::new(Fault::new(status, "configuration", reason, message)))
}

/// The method that a browser asks for, where it asks whether it may send a request.
fn preflight_method(request: &Request) -> Option<Method> {
    if request.method != Method::OPTIONS || !request.headers.contains_key(header::ORIGIN) {
        return None;
    }
    Method::from_bytes(request.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes()).ok()
}

/// The path behind an API's; `None` where it is not below that.
fn below(path: &str, api: &str) -> Option<String> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let rest = if api.is_empty() { rest } else { rest.strip_prefix(api)? };
    match rest.strip_prefix('/') {
        Some(rest) => Some(format!("/{rest}")),
        None if rest.is_empty() || api.is_empty() => Some(format!("/{rest}")),
        None => None,
    }
}

/// Parameters of an operation's template that a path has values for.
fn matched(template: &str, path: &str) -> Vec<(Arc<str>, String)> {
    let template = template.split('?').next().unwrap_or_default().trim_start_matches('/');
    let mut rest = path.trim_start_matches('/');
    let mut found = Vec::new();
    for part in template.split('/') {
        let (segment, behind) = rest.split_once('/').unwrap_or((rest, ""));
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if name.starts_with('*') => {
                found.push((name.trim_start_matches('*').into(), rest.to_owned()));
                return found;
            }
            Some(name) => found.push((name.into(), segment.to_owned())),
            None if part == segment => {}
            None => return Vec::new(),
        }
        rest = behind;
    }
    if rest.is_empty() { found } else { Vec::new() }
}

/// A value of the type that is said, or of the one that it looks like.
fn variable<'a>(arena: &'a Arena, given: &Json, ty: Option<&str>) -> Result<Value<'a>, String> {
    let ty: Cow<'_, str> = match (ty, given) {
        (Some(ty), _) => ty.into(),
        (None, Json::Null | Json::String(_)) => "string".into(),
        (None, Json::Bool(_)) => "bool".into(),
        (None, Json::Number(number)) => match number.as_i64() {
            Some(number) if i32::try_from(number).is_ok() => "int".into(),
            Some(_) => "long".into(),
            None => "double".into(),
        },
        (None, Json::Array(_)) => "JArray".into(),
        (None, Json::Object(_)) => "JObject".into(),
    };
    fixture::value(arena, &ty, given)
}

fn step(entry: TraceEntry) -> Walked {
    let (scope, fragment) = (entry.scope.unwrap_or_default(), entry.fragment.as_deref().unwrap_or_default());
    Walked {
        section: entry.section.to_owned(),
        place: Walked::place(scope, fragment, entry.line.unwrap_or_default()),
        path: entry.path.unwrap_or(entry.source),
        message: entry.message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_from_the_template() {
        let pairs = |template: &str, path: &str| -> Vec<String> {
            matched(template, path).iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        assert_eq!(pairs("/orders/{id}/items/{item}?q={q}", "/orders/7/items/b%20c"), ["id=7", "item=b%20c"]);
        assert_eq!(pairs("/files/{*path}", "/files/a/b"), ["path=a/b"]);
        assert_eq!(pairs("/orders/{id}", "/orders/7/items"), [""; 0]);
        assert_eq!(pairs("/other/{id}", "/orders/7"), [""; 0]);
    }

    #[test]
    fn paths_are_below_the_apis() {
        for (path, api, rest) in [
            ("/orders/1", "orders", Some("/1")),
            ("/orders", "orders", Some("/")),
            ("/ordersx", "orders", None),
            ("/a", "", Some("/a")),
            ("/", "", Some("/")),
        ] {
            assert_eq!(below(path, api).as_deref(), rest, "{path} {api}");
        }
    }
}
