//! A bench for tests: one document in a chain of its own, a host that counts, a backend that answers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use hanse_expression::arena::Arena;
use hanse_expression::run::{Cx, Limits, MEMORY_BYTES_MAX, to_text};

use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::chain::Chain;
use crate::check::NOT_RUN;
use crate::context::{Body, CorsState, RequestContext, RequestId, RequestMessage, ResponseMessage};
use crate::document::{Checking, CompiledDocument, Format, check, check_any, compile};
use crate::fault::Fault;
use crate::finding::Finding;
use crate::facts::{ApiFacts, DeploymentFacts, Facts, OperationFacts, SubscriptionFacts, WorkspaceFacts};
use crate::host::{Host, Note, Permit, RateDecision, RateKey};
use crate::policies::cors::finish;
use crate::run::{Effect, Run};
use crate::section::{ScopeKind, Section};
use crate::surroundings::{Alone, Known, Surroundings};
use crate::task::{Call, CallError, Message, Outcome, Task};
use crate::view::View;
use crate::window::SlidingWindow;

/// What a test's host keeps. Time stands still unless a test moves it.
#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) now_ms: Cell<u64>,
    windows: RefCell<BTreeMap<String, SlidingWindow>>,
    inside: Rc<RefCell<BTreeMap<String, u32>>>,
    random: Cell<u64>,
    /// What is cached in memory, by workspace and key.
    pub(crate) memory: RefCell<crate::testing_cache::Memory>,
    pub(crate) has_external: Cell<bool>,
    /// What documents sent to loggers.
    pub(crate) events: RefCell<Vec<String>>,
    /// What documents wanted known.
    pub(crate) notes: RefCell<Vec<String>>,
}

struct Inside(Rc<RefCell<BTreeMap<String, u32>>>, String);

impl Drop for Inside {
    fn drop(&mut self) {
        *self.0.borrow_mut().get_mut(&self.1).unwrap() -= 1;
    }
}

impl Host for TestHost {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn unix_ms(&self) -> i64 {
        UNIX_MS + i64::try_from(self.now_ms.get()).unwrap()
    }

    fn random(&self) -> u64 {
        self.random.set(self.random.get() + 1);
        self.random.get()
    }

    fn enter(&self, workspace: &str, key: &str, max: u32) -> Option<Permit> {
        let name = format!("{workspace}/{key}");
        let mut inside = self.inside.borrow_mut();
        let count = inside.entry(name.clone()).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Permit::new(Inside(self.inside.clone(), name)))
    }

    fn rate_limit(&self, key: RateKey<'_>, calls: u32, period: Duration) -> RateDecision {
        let mut name = String::new();
        key.write_to(&mut name);
        self.windows.borrow_mut().entry(name).or_default().hit(self.now_ms.get(), calls, period)
    }

    fn cached(&self, workspace: &str, key: &str) -> Option<Bytes> {
        let memory = self.memory.borrow();
        let (until_ms, item) = memory.get(&format!("{workspace}/{key}"))?;
        (self.now_ms() < *until_ms).then(|| item.clone())
    }

    fn cache(&self, workspace: &str, key: &str, item: Bytes, duration: Duration) {
        let until_ms = self.now_ms() + u64::try_from(duration.as_millis()).unwrap();
        self.memory.borrow_mut().insert(format!("{workspace}/{key}"), (until_ms, item));
    }

    fn uncache(&self, workspace: &str, key: &str) {
        self.memory.borrow_mut().remove(&format!("{workspace}/{key}"));
    }

    fn has_external_cache(&self, _workspace: &str) -> bool {
        self.has_external.get()
    }

    fn log(&self, event: &crate::host::Event<'_>) {
        let crate::host::Event { owner, logger, message, partition, .. } = event;
        self.events.borrow_mut().push(format!("{owner}/{logger} {partition:?} {message}"));
    }

    fn note(&self, note: &Note<'_>) {
        self.notes.borrow_mut().push(format!("{} {:?} {}", note.origin, note.severity, note.message));
    }
}

/// 2025-06-01T12:00:00Z.
const UNIX_MS: i64 = 1_748_779_200_000;

pub(crate) struct Bench {
    pub(crate) context: RequestContext<'static>,
    pub(crate) host: TestHost,
    /// What the backend answers, one after the other; the last one again and again.
    pub(crate) backend_statuses: Vec<u16>,
    pub(crate) backend_body: Option<&'static str>,
    /// How often the request was forwarded.
    pub(crate) forwards: usize,
    /// A built-in step fails before the policies run.
    pub(crate) early_fault: Option<Fault>,
    /// The forward fails, so many times.
    pub(crate) forward_faults: Vec<Fault>,
    /// The body of the request that is still on the wire.
    pub(crate) request_body: &'static str,
    /// What answers calls of policies' own, by URL; others are refused.
    pub(crate) answers: BTreeMap<&'static str, Result<ResponseMessage, CallError>>,
    /// Calls of policies' own, as they were made.
    pub(crate) calls: Vec<Call>,
    /// How long it paused.
    pub(crate) pauses: Vec<Duration>,
    /// The cache outside.
    pub(crate) outside: crate::testing_cache::Outside,
    document: &'static CompiledDocument,
    scope: ScopeKind,
}

pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

pub(crate) fn request_context() -> RequestContext<'static> {
    let request = RequestMessage {
        method: Method::GET,
        headers: HeaderMap::new(),
        path: "/path".to_owned(),
        query: None,
        body: Body::Empty,
    };
    let client = "192.0.2.1".parse().unwrap();
    let workspace = leak(WorkspaceFacts { id: "w".into(), name: "W".into() });
    let deployment = leak(DeploymentFacts { gateway_id: "managed".into(), ..DeploymentFacts::default() });
    let facts = Facts::unmatched(workspace, deployment);
    RequestContext::new(leak(Arena::new(MEMORY_BYTES_MAX)), request, facts, client, RequestId(7))
}

impl Bench {
    pub(crate) fn at(text: &str, scope: ScopeKind) -> Self {
        Self::within(text, scope, &Alone)
    }

    pub(crate) fn within(text: &str, scope: ScopeKind, surroundings: &dyn Surroundings) -> Self {
        let document = compile(text, Format::RawXml, scope, surroundings)
            .unwrap_or_else(|findings| panic!("{findings:#?}"));
        Self {
            context: request_context(),
            host: TestHost::default(),
            backend_statuses: vec![200],
            backend_body: None,
            forwards: 0,
            early_fault: None,
            forward_faults: Vec::new(),
            request_body: "",
            answers: BTreeMap::new(),
            calls: Vec::new(),
            pauses: Vec::new(),
            outside: crate::testing_cache::Outside::default(),
            document: leak(document),
            scope,
        }
    }

    pub(crate) fn document(text: &str) -> Self {
        Self::at(text, ScopeKind::Api)
    }

    pub(crate) fn inbound(policies: &str) -> Self {
        Self::document(&format!("<policies><inbound>{policies}</inbound></policies>"))
    }

    pub(crate) fn outbound(policies: &str) -> Self {
        Self::document(&format!("<policies><outbound>{policies}</outbound></policies>"))
    }

    pub(crate) fn backend(policies: &str) -> Self {
        Self::document(&format!("<policies><backend>{policies}</backend></policies>"))
    }

    pub(crate) fn with_subscription(mut self, name: &str) -> Self {
        self.context.facts.subscription =
            Some(leak(SubscriptionFacts { id: name.into(), ..SubscriptionFacts::default() }));
        self
    }

    pub(crate) fn set_api(&mut self, id: &str) {
        self.context.facts.api = Some(leak(ApiFacts { id: id.into(), ..ApiFacts::default() }));
    }

    pub(crate) fn set_operation(&mut self, id: &str, query_names: &[&str]) {
        let query_names = query_names.iter().map(|name| (*name).into()).collect();
        let facts = OperationFacts { id: id.into(), query_names, ..OperationFacts::default() };
        self.context.facts.operation = Some(leak(facts));
    }

    /// Gives the request a body that is still on the wire.
    pub(crate) fn with_body(mut self, body: &'static str) -> Self {
        self.request_body = body;
        self.context.request.body = Body::Stream;
        self
    }

    fn chain(&self) -> Chain<'static> {
        let level = Chain::SCOPES.iter().position(|scope| *scope == self.scope).unwrap();
        let mut chain = Chain::default();
        chain.documents[level] = Some(self.document);
        chain
    }

    pub(crate) fn run(&mut self) -> &mut Self {
        let mut run = Run::new(self.chain());
        if let Some(fault) = self.early_fault.clone() {
            run.fail(&mut self.context, &self.host, fault);
        }
        let mut begun: Vec<(usize, Outcome)> = Vec::new();
        loop {
            match run.next(&mut self.context, &self.host) {
                Effect::Answer => break,
                Effect::Forward(_) => self.forward(&mut run),
                Effect::Do(task) => {
                    let outcome = self.perform(task);
                    run.resume(outcome);
                }
                Effect::Begin(at, task) => {
                    let outcome = self.perform(task);
                    begun.push((at, outcome));
                }
                // The last that was begun is done first.
                Effect::Await => {
                    let (at, outcome) = begun.pop().expect("something was begun");
                    run.resume_one(at, outcome);
                }
            }
        }
        finish(&mut self.context);
        self
    }

    fn forward(&mut self, run: &mut Run<'static>) {
        self.forwards += 1;
        if !self.forward_faults.is_empty() {
            let fault = self.forward_faults.remove(0);
            run.fail(&mut self.context, &self.host, fault);
            return;
        }
        let status = match self.backend_statuses.as_slice() {
            [only] => *only,
            _ => self.backend_statuses.remove(0),
        };
        let mut response = ResponseMessage::new(StatusCode::from_u16(status).unwrap());
        response.headers.insert("backend", HeaderValue::from_static("1"));
        response.body = Body::Stream;
        self.context.response = Some(response);
    }

    fn perform(&mut self, task: Task) -> Outcome {
        match task {
            Task::Read(Message::Request) => {
                self.context.request.body = Body::Bytes(Bytes::from_static(self.request_body.as_bytes()));
                Outcome::Done
            }
            Task::Read(Message::Response) => {
                let body = Bytes::from_static(self.backend_body.unwrap_or_default().as_bytes());
                self.context.response.as_mut().unwrap().body = Body::Bytes(body);
                Outcome::Done
            }
            Task::Pause(pause) => {
                self.pauses.push(pause);
                Outcome::Done
            }
            Task::Call(call) => {
                let answer = self.answers.get(call.url.as_str()).cloned();
                self.calls.push(*call);
                let refused = || Err(CallError::Connection("connection refused".to_owned()));
                Outcome::Called(answer.unwrap_or_else(refused).map(Box::new))
            }
            Task::Gather(max) => {
                let body = self.backend_body.unwrap_or_default();
                if body.len() <= max {
                    self.context.response.as_mut().unwrap().body = Body::Bytes(Bytes::from_static(body.as_bytes()));
                }
                Outcome::Done
            }
            Task::Cache(task) => self.outside.perform(&self.context, *task),
            Task::Send(call) => {
                self.calls.push(*call);
                Outcome::Done
            }
        }
    }

    /// Runs another request of the same caller.
    pub(crate) fn again(&mut self) -> &mut Self {
        self.context.response = None;
        self.context.last_error = None;
        self.context.target = None;
        self.context.cors = CorsState::Undecided;
        self.run()
    }

    /// What is to be done first.
    pub(crate) fn next(&mut self) -> Effect {
        Run::new(self.chain()).next(&mut self.context, &self.host)
    }

    /// A variable, as `ToString()` has it.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = self.context.variable(name)?;
        let view = View::new(&self.context, &self.host);
        let mut cx = Cx::new(self.context.arena, &view, Limits::default());
        Some(to_text(&mut cx, value).unwrap().to_owned())
    }

    pub(crate) fn body(&self) -> String {
        match &self.context.response.as_ref().unwrap().body {
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
    }
}

pub(crate) fn compiled(text: &str) -> &'static CompiledDocument {
    let compiled = compile(text, Format::RawXml, ScopeKind::Api, &Alone);
    leak(compiled.unwrap_or_else(|findings| panic!("{findings:#?}")))
}

pub(crate) fn findings_at(
    text: &str,
    scope: ScopeKind,
    operation_parameters: Option<&[String]>,
) -> Vec<Finding> {
    check(text, &Checking { operation_parameters, ..Checking::to_run(Format::RawXml, scope) }).findings
}

pub(crate) fn codes_at(scope: ScopeKind, section: Section, policies: &str) -> Vec<&'static str> {
    let text = format!("<policies><{section}><base/>{policies}</{section}></policies>");
    findings_at(&text, scope, None).into_iter().map(|finding| finding.code).collect()
}

pub(crate) fn codes_in(section: Section, policies: &str) -> Vec<&'static str> {
    codes_at(ScopeKind::Api, section, policies)
}

/// Codes of what a reader is told of policies in a section of an API's document, apart from what is
/// said of all that is not run yet.
pub(crate) fn read_in(section: Section, policies: &str) -> Vec<&'static str> {
    read_as_it_is(&format!("<policies><{section}><base/>{policies}</{section}></policies>"))
}

/// The same, of whatever a text is.
pub(crate) fn read_as_it_is(text: &str) -> Vec<&'static str> {
    let checked = check_any(text, &Checking::to_read(Some(ScopeKind::Api)));
    let codes = checked.findings.into_iter().map(|finding| finding.code);
    codes.filter(|code| *code != NOT_RUN).collect()
}

/// Codes of what keeps policies in `inbound` of an API's document from running, and of what is remarked.
pub(crate) fn codes(policies: &str) -> Vec<&'static str> {
    codes_in(Section::Inbound, policies)
}

/// The policies are accepted without a remark, and compile.
pub(crate) fn accepts(policies: &str) {
    assert_eq!(codes(policies), [""; 0], "{policies}");
    compiled(&format!("<policies><inbound>{policies}</inbound></policies>"));
}

/// Named values that a test has all of.
pub(crate) struct NamedValues<F>(pub(crate) F);

impl<F: Fn(&str) -> Option<String>> Surroundings for NamedValues<F> {
    fn named_value(&self, name: &str) -> Known<String> {
        (self.0)(name).map_or(Known::Missing, Known::Is)
    }
}

/// Fragments that a test has all of.
pub(crate) struct Fragments(pub(crate) &'static [(&'static str, &'static str)]);

impl Surroundings for Fragments {
    fn fragment(&self, id: &str) -> Known<String> {
        let found = self.0.iter().find(|(known, _)| *known == id);
        found.map_or(Known::Missing, |(_, text)| Known::Is((*text).to_owned()))
    }
}
