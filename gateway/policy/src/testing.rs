//! A bench for tests: one document in a chain of its own, a host that counts, a backend that answers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hanse_expression::arena::Arena;
use hanse_expression::run::{Cx, Limits, MEMORY_BYTES_MAX, to_text};

use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::certificate::HeldCertificate;
use crate::chain::Chain;
use crate::check::NOT_RUN;
use crate::context::{Body, CorsState, RequestContext, RequestId, RequestMessage, ResponseMessage};
use crate::contract::Contract;
use crate::counting::{
    Ask, Charge, CounterKey, Counting, Metric, Quota, QuotaDecision, Rate, RateDecision, Span, TokenWatch,
};
use crate::document::{Checking, CompiledDocument, Format, check, check_any, compile};
use crate::facts::{ApiFacts, DeploymentFacts, Facts, OperationFacts, SubscriptionFacts, WorkspaceFacts};
use crate::fault::Fault;
use crate::finding::Finding;
use crate::host::{CertificateBy, Host, Note, OpenId, Permit};
use crate::jose::openid::OpenIdProvider;
use crate::llm::SemanticEntry;
use crate::llm::usage::Usage;
use crate::policies::cors::finish;
use crate::run::{Effect, Run};
use crate::section::{ScopeKind, Section};
use crate::span::SpanCounter;
use crate::surroundings::{Alone, Known, Surroundings};
use crate::task::{Call, CallError, Message, Outcome, Task, Token, TokenWish};
use crate::url::BaseUrl;
use crate::view::View;
use crate::window::SlidingWindow;

/// What a test's host keeps. Time stands still unless a test moves it.
#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) now_ms: Cell<u64>,
    windows: RefCell<BTreeMap<String, SlidingWindow>>,
    spans: RefCell<BTreeMap<String, SpanCounter>>,
    /// How many bytes a request has.
    pub(crate) bytes: Cell<u64>,
    /// What a language model takes for an answer.
    pub(crate) used: Cell<Option<Usage>>,
    /// That is known before the answer is sent.
    pub(crate) are_tokens_known: Cell<bool>,
    /// Models and tokens of prompts whose answers are watched.
    pub(crate) watched: RefCell<Vec<String>>,
    /// Metrics that were added to.
    pub(crate) metrics: RefCell<Vec<String>>,
    /// Answers that are kept for prompts like theirs.
    pub(crate) semantic: RefCell<Vec<SemanticEntry>>,
    /// What is charged when the request has ended.
    owed: RefCell<Vec<Owed>>,
    inside: Rc<RefCell<BTreeMap<String, u32>>>,
    random: Cell<u64>,
    /// What is cached in memory, by workspace and key.
    pub(crate) memory: RefCell<crate::testing_cache::Memory>,
    pub(crate) has_external: Cell<bool>,
    /// What documents sent to loggers.
    pub(crate) events: RefCell<Vec<String>>,
    /// What documents wanted known.
    pub(crate) notes: RefCell<Vec<String>>,
    pub(crate) outside: Outside,
}

type Names = Vec<(&'static str, &'static str)>;

/// What others have and say: certificates, providers of tokens.
#[derive(Default)]
pub(crate) struct Outside {
    /// By id, of the workspace `w`.
    pub(crate) certificates: BTreeMap<&'static str, Arc<HeldCertificate>>,
    /// Tokens and what comes with them, by what is wished.
    pub(crate) tokens: BTreeMap<String, (&'static str, Names)>,
    pub(crate) client_certificate: Option<Vec<u8>>,
    pub(crate) roots: Vec<Vec<u8>>,
    /// What providers would say, by URL.
    pub(crate) published: RefCell<BTreeMap<String, Arc<OpenIdProvider>>>,
    /// What they said when they were asked last.
    known: RefCell<BTreeMap<String, OpenId>>,
    /// Whom was asked.
    pub(crate) asked: RefCell<Vec<String>>,
}

impl Outside {
    fn ask(&self, urls: Vec<Box<str>>) {
        for url in urls {
            let said = match self.published.borrow().get(&*url) {
                Some(provider) => OpenId::Known { provider: provider.clone(), may_be_asked: false },
                None => OpenId::Unreachable,
            };
            self.known.borrow_mut().insert(url.to_string(), said);
            self.asked.borrow_mut().push(url.into());
        }
    }

    /// So much time passes that they may be asked again.
    pub(crate) fn rest(&self) {
        for known in self.known.borrow_mut().values_mut() {
            match known {
                OpenId::Known { may_be_asked, .. } => *may_be_asked = true,
                other => *other = OpenId::Unknown,
            }
        }
    }
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

    fn rate_limit(&self, key: &CounterKey<'_>, rate: Rate, ask: Ask) -> RateDecision {
        self.windows.borrow_mut().entry(written(key)).or_default().ask(self.now_ms.get(), rate, ask)
    }

    fn add_to_rate(&self, key: &CounterKey<'_>, rate: Rate, amount: u64) {
        self.windows.borrow_mut().entry(written(key)).or_default().add(self.now_ms.get(), rate, amount);
    }

    fn quota(&self, key: &CounterKey<'_>, quota: Quota, ask: Ask) -> QuotaDecision {
        self.spans.borrow_mut().entry(written(key)).or_default().ask(quota, ask)
    }

    fn add_to_quota(&self, key: &CounterKey<'_>, span: Span, amount: u64) {
        self.spans.borrow_mut().entry(written(key)).or_default().add(span, amount);
    }

    fn charge_at_end(&self, charge: Charge<'_>) {
        let owed: Owed = match charge {
            Charge::Bytes { key, span } => {
                let key = written(&key);
                Box::new(move |host| {
                    host.spans.borrow_mut().entry(key).or_default().add(span, host.bytes.get())
                })
            }
            Charge::Tokens { key, rate, counted } => {
                let key = written(&key);
                Box::new(move |host| {
                    let mut windows = host.windows.borrow_mut();
                    let window = windows.entry(key).or_default();
                    match counted.missing(host.used.get().unwrap_or_default()) {
                        missing @ 0.. => window.add(host.now_ms.get(), rate, missing.unsigned_abs()),
                        missing => window.give_back(missing.unsigned_abs()),
                    }
                })
            }
            Charge::TokenQuota { key, span, counted } => {
                let key = written(&key);
                Box::new(move |host| {
                    let mut spans = host.spans.borrow_mut();
                    let counter = spans.entry(key).or_default();
                    match counted.missing(host.used.get().unwrap_or_default()) {
                        missing @ 0.. => counter.add(span, missing.unsigned_abs()),
                        missing => counter.give_back(span, missing.unsigned_abs()),
                    }
                })
            }
            Charge::TokenMetrics { metric, kinds } => {
                let texts: Vec<String> = kinds
                    .of(self.used.get().unwrap_or_default())
                    .map(|(name, number)| shown(&Metric { name, value: number as f64, ..metric }))
                    .collect();
                Box::new(move |host| host.metrics.borrow_mut().extend(texts))
            }
        };
        self.owed.borrow_mut().push(owed);
    }

    fn watch_tokens(&self, watch: TokenWatch<'_>) {
        self.watched.borrow_mut().push(format!("{} {}", watch.model, watch.prompt));
    }

    fn tokens_used(&self) -> Option<Usage> {
        self.used.get().filter(|_| self.are_tokens_known.get())
    }

    fn semantic_find(
        &self,
        _: &str,
        partition: &str,
        vector: &[f32],
        max_distance: f64,
    ) -> Option<ResponseMessage> {
        let entries = self.semantic.borrow();
        let found = entries
            .iter()
            .find(|entry| entry.partition == partition && distance(&entry.vector, vector) <= max_distance);
        found.map(|entry| entry.response.clone())
    }

    fn semantic_keep(&self, _: &str, entry: SemanticEntry) {
        self.semantic.borrow_mut().push(entry);
    }

    fn emit_metric(&self, metric: &Metric<'_>) {
        self.metrics.borrow_mut().push(shown(metric));
    }

    fn openid(&self, workspace: &str, url: &str) -> OpenId {
        assert_eq!(workspace, "w");
        self.outside.known.borrow().get(url).cloned().unwrap_or(OpenId::Unknown)
    }

    fn certificate(&self, workspace: &str, which: CertificateBy<'_>) -> Option<Arc<HeldCertificate>> {
        let known = self.outside.certificates.iter().filter(|_| workspace == "w");
        let is_it = |id: &str, held: &HeldCertificate| match which {
            CertificateBy::Id(wanted) => id == wanted,
            CertificateBy::Thumbprint(wanted) => held.thumbprint().eq_ignore_ascii_case(wanted),
        };
        known.into_iter().find(|(id, held)| is_it(id, held)).map(|(_, held)| held.clone())
    }

    fn certificate_ids(&self, workspace: &str, each: &mut dyn FnMut(&str)) {
        self.outside.certificates.keys().filter(|_| workspace == "w").for_each(|id| each(id));
    }

    // Each has its own backends, but nobody one that is called `none`.
    fn backend_url(&self, workspace: &str, id: &str) -> Option<Arc<BaseUrl>> {
        if id == "none" {
            return None;
        }
        BaseUrl::parse(&format!("http://{id}.{workspace}.test")).ok().map(Arc::new)
    }

    fn client_certificate(&self) -> Option<Vec<u8>> {
        self.outside.client_certificate.clone()
    }

    fn trusted_roots(&self, _workspace: &str) -> Vec<Vec<u8>> {
        self.outside.roots.clone()
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

fn distance(one: &[f32], other: &[f32]) -> f64 {
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    1.0 - dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

type Owed = Box<dyn FnOnce(&TestHost)>;

fn shown(metric: &Metric<'_>) -> String {
    let Metric { workspace, namespace, name, value, dimensions } = *metric;
    let dimensions: String = dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("{workspace} {namespace}/{name} {value}{dimensions}")
}

fn written(key: &CounterKey<'_>) -> String {
    let mut name = format!("{}/", key.workspace);
    key.write_to(&mut name);
    name
}

/// 2025-06-01T12:00:00Z.
pub(crate) const UNIX_MS: i64 = 1_748_779_200_000;

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
    /// Tokens that were asked for.
    pub(crate) wishes: Vec<TokenWish>,
    /// How long it paused.
    pub(crate) pauses: Vec<Duration>,
    /// The cache outside.
    pub(crate) cache: crate::testing_cache::Outside,
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
            wishes: Vec::new(),
            pauses: Vec::new(),
            cache: crate::testing_cache::Outside::default(),
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

    /// What the request's operation says of its messages.
    pub(crate) fn set_contract(&mut self, contract: Contract) {
        let contract = std::sync::Arc::new(contract);
        self.context.facts.operation = Some(leak(OperationFacts { contract, ..OperationFacts::default() }));
    }

    /// Gives the request a body that is still on the wire.
    pub(crate) fn with_body(mut self, body: &'static str) -> Self {
        self.request_body = body;
        self.context.request.body = Body::Stream;
        self
    }

    pub(crate) fn chain(&self) -> Chain<'static> {
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
        let owed = self.host.owed.take();
        owed.into_iter().for_each(|charge| charge(&self.host));
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
            Task::OpenId(urls) => {
                self.host.outside.ask(urls);
                Outcome::Done
            }
            Task::Token(wish) => {
                let token = self.host.outside.tokens.get(&format!("{:?}", wish.of)).map(|(text, claims)| {
                    let claims =
                        claims.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
                    Rc::new(Token { text: (*text).into(), claims })
                });
                self.wishes.push(*wish);
                Outcome::Token(token.ok_or_else(|| "no token for you".to_owned()))
            }
            Task::CallBackend(call) => {
                let answer = self.answers.get(format!("{}{}", call.backend, call.path).as_str()).cloned();
                self.calls.push(Call {
                    url: format!("{}{}", call.backend, call.path),
                    method: Method::POST,
                    headers: HeaderMap::new(),
                    body: call.body,
                    timeout: call.timeout,
                    identity: None,
                    proxy: None,
                    token: None,
                    fail_on_error_status_code: false,
                });
                let refused = || Err(CallError::Connection("connection refused".to_owned()));
                Outcome::Called(answer.unwrap_or_else(refused).map(Box::new))
            }
            Task::Gather(max) => {
                let body = self.backend_body.unwrap_or_default();
                if body.len() <= max {
                    self.context.response.as_mut().unwrap().body =
                        Body::Bytes(Bytes::from_static(body.as_bytes()));
                }
                Outcome::Done
            }
            Task::Cache(task) => self.cache.perform(&self.context, *task),
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
        self.context.counting = Counting::default();
        self.context.llm = crate::llm::State::default();
        self.context.at_answer.clear();
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
