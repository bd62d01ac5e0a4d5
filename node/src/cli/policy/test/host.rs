//! The outside of the engine in a test: time that the test moves, counters, caches, certificates, and what
//! policies hand out.
//!
//! One idea: everything that a policy may ask for is here and in `outside`, and nowhere else. What a test
//! does not give, or what cannot be tested, becomes a problem of the test that says what is missing, and
//! never a made-up answer.

use super::{
    heard::Heard,
    suite::{ExternalCache, Step, Suite},
};
use bytes::Bytes;
use hanse_gateway::limits::Limits;
use hanse_policy::{
    Ask, BaseUrl, CacheTask, CertificateBy, Charge, CounterKey, Event, EventPartition, HeldCertificate, Host,
    Metric, Note, NoteSeverity, OpenId, OpenIdProvider, Outcome, Permit, Quota, QuotaDecision, Rate,
    RateDecision, ResponseMessage, Span, TokenWatch,
    llm::{
        SemanticEntry,
        usage::{Observer, Usage},
    },
    span::SpanCounter,
    window::SlidingWindow,
};
use http::{HeaderMap, StatusCode};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Map, Value as Json, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

/// The outside of all requests of one test.
pub struct FakeHost<'s> {
    started_ms: i64,
    elapsed_ms: Cell<u64>,
    random: Cell<u64>,
    windows: RefCell<BTreeMap<String, SlidingWindow>>,
    spans: RefCell<BTreeMap<String, SpanCounter>>,
    inside: Rc<RefCell<BTreeMap<String, u32>>>,
    suite: &'s Suite,
    limits: Limits,
    memory: RefCell<Items>,
    external: RefCell<Items>,
    external_cache: Cell<ExternalCache>,
    semantic: RefCell<Vec<Alike>>,
    /// OpenID providers, by workspace and URL.
    providers: RefCell<BTreeMap<(String, String), Provider>>,
    /// The client's, and those that it sent along.
    client_certificates: RefCell<Vec<Vec<u8>>>,
    of_request: RefCell<OfRequest>,
    problems: RefCell<Vec<String>>,
}

/// Items of a cache with the time when they are over.
type Items = BTreeMap<String, (u64, Bytes)>;

/// An OpenID provider that was asked.
#[derive(Default)]
struct Provider {
    /// What it said, and when.
    known: Option<(Arc<OpenIdProvider>, u64)>,
    asked_ms: u64,
}

/// An answer to prompts like one.
struct Alike {
    workspace: String,
    until_ms: u64,
    entry: SemanticEntry,
}

/// What is kept until a request is over.
#[derive(Default)]
struct OfRequest {
    heard: Heard,
    owed: Vec<Owed>,
    watched: Option<Watched>,
    used: Option<Usage>,
}

/// A charge, and the bytes that the request came to.
type Owed = Box<dyn Fn(&FakeHost<'_>, u64, Option<Usage>)>;

/// A request whose answers' tokens are looked at.
struct Watched {
    model: String,
    prompt: u64,
    is_told: bool,
}

/// Looks at one answer of a backend for its tokens.
pub struct TokenEye {
    observer: Observer,
    /// The answer is an error, which takes nothing that it does not tell.
    is_error: bool,
}

impl TokenEye {
    pub fn see(&mut self, piece: &[u8]) {
        self.observer.see(piece);
    }

    pub fn is_stream(&self) -> bool {
        self.observer.is_stream()
    }
}

struct Inside(Rc<RefCell<BTreeMap<String, u32>>>, String);

impl Drop for Inside {
    fn drop(&mut self) {
        if let Some(count) = self.0.borrow_mut().get_mut(&self.1) {
            *count = count.saturating_sub(1);
        }
    }
}

impl<'s> FakeHost<'s> {
    pub fn new(started_ms: i64, suite: &'s Suite) -> FakeHost<'s> {
        FakeHost {
            started_ms,
            elapsed_ms: Cell::new(0),
            random: Cell::new(0),
            windows: RefCell::default(),
            spans: RefCell::default(),
            inside: Rc::default(),
            suite,
            limits: Limits::default(),
            memory: RefCell::default(),
            external: RefCell::default(),
            external_cache: Cell::new(ExternalCache::None),
            semantic: RefCell::default(),
            providers: RefCell::default(),
            client_certificates: RefCell::default(),
            of_request: RefCell::default(),
            problems: RefCell::default(),
        }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.elapsed_ms.set(self.elapsed_ms.get().saturating_add(ms(time)));
    }

    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.get())
    }

    /// The next request comes.
    pub fn begin(&self, step: &Step) {
        self.pass(step.after);
        self.external_cache.set(step.external_cache);
        self.of_request.take();
        let pem = step.request.certificate.as_deref();
        let shown = pem.map(chain_of).unwrap_or_default();
        if pem.is_some() && shown.is_empty() {
            self.problem("the client's `certificate` is no PEM with a certificate in it");
        }
        *self.client_certificates.borrow_mut() = shown;
    }

    /// The request is over, and came to so many bytes: what is due is charged. What was heard of it.
    pub fn end(&self, bytes: u64) -> Heard {
        let (owed, used) = {
            let mut of_request = self.of_request.borrow_mut();
            (std::mem::take(&mut of_request.owed), of_request.used)
        };
        for charge in owed {
            charge(self, bytes, used);
        }
        std::mem::take(&mut self.of_request.borrow_mut().heard)
    }

    /// A backend answers: what looks at it, if somebody wants its tokens and they can be read.
    pub fn eye(&self, status: StatusCode, headers: &HeaderMap) -> Option<TokenEye> {
        let is_error = status.is_client_error() || status.is_server_error();
        let prompt = self.of_request.borrow().watched.as_ref()?.prompt;
        let Some(observer) = Observer::of(headers) else {
            self.use_up(Usage { prompt: if is_error { 0 } else { prompt }, completion: 0 });
            return None;
        };
        Some(TokenEye { observer, is_error })
    }

    /// An answer has passed, or is not wanted any more.
    pub fn close(&self, eye: TokenEye) {
        let TokenEye { observer, is_error } = eye;
        let usage = match (&self.of_request.borrow().watched, observer.usage()) {
            (None, _) => return,
            (_, Some(usage)) => usage,
            (_, None) if is_error => Usage::default(),
            (Some(Watched { model, prompt, .. }), None) => {
                Usage { prompt: *prompt, completion: observer.completion_estimate(model) }
            }
        };
        self.use_up(usage);
    }

    fn use_up(&self, usage: Usage) {
        let mut of_request = self.of_request.borrow_mut();
        of_request.used = Some(of_request.used.unwrap_or_default().and(usage));
    }

    /// Whether somebody wants to know the tokens before the answer is sent.
    pub fn are_tokens_told(&self) -> bool {
        self.of_request.borrow().watched.as_ref().is_some_and(|watched| watched.is_told)
    }

    /// What the cache outside does.
    pub fn external(&self, workspace: &str, task: CacheTask) -> Outcome {
        let name = |key: String| format!("{workspace}/{key}");
        let mut items = self.external.borrow_mut();
        let found = match (self.external_cache.get(), task) {
            (ExternalCache::There, CacheTask::Find { key }) => Ok(fresh(&items, &name(key), self.now_ms())),
            (ExternalCache::There, CacheTask::Remove { key }) => {
                items.remove(&name(key));
                Ok(None)
            }
            (ExternalCache::There, CacheTask::Store { key, item, duration }) => {
                items.insert(name(key), (self.now_ms().saturating_add(ms(duration)), item));
                return Outcome::Done;
            }
            (_, CacheTask::Store { .. }) => return Outcome::Done,
            (ExternalCache::Away, _) => Err("connection refused".to_owned()),
            (ExternalCache::None, _) => Err("there is no external cache".to_owned()),
        };
        Outcome::Cached(found)
    }

    /// An OpenID provider was asked.
    pub fn was_asked(&self, workspace: &str, url: &str, said: Option<Arc<OpenIdProvider>>) {
        let mut providers = self.providers.borrow_mut();
        let provider = providers.entry((workspace.to_owned(), url.to_owned())).or_default();
        provider.asked_ms = self.now_ms();
        if let Some(said) = said {
            provider.known = Some((said, provider.asked_ms));
        }
    }

    pub fn suite(&self) -> &'s Suite {
        self.suite
    }

    /// Something that the test lacks.
    pub fn problem(&self, problem: impl Into<String>) {
        let problem = problem.into();
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub fn take_problems(&self) -> Vec<String> {
        self.problems.take()
    }
}

impl Host for FakeHost<'_> {
    fn now_ms(&self) -> u64 {
        self.elapsed_ms.get()
    }

    fn unix_ms(&self) -> i64 {
        self.started_ms.saturating_add_unsigned(self.elapsed_ms.get())
    }

    // The same each time a test is run: Weyl's sequence, mixed.
    fn random(&self) -> u64 {
        let next = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(next);
        let mixed = (next ^ (next >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
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

    fn certificate(&self, _workspace: &str, which: CertificateBy<'_>) -> Option<Arc<HeldCertificate>> {
        let read = |pem: &String| {
            let chain = chain_of(pem);
            let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok();
            let key = key.map(|key| key.secret_pkcs8_der().to_vec());
            (!chain.is_empty()).then(|| Arc::new(HeldCertificate::new(chain, key)))
        };
        let (found, name) = match which {
            CertificateBy::Id(id) => (self.suite.certificates.get(id).and_then(read), id),
            CertificateBy::Thumbprint(thumbprint) => {
                let is_it = |held: &Arc<HeldCertificate>| held.thumbprint().eq_ignore_ascii_case(thumbprint);
                (self.suite.certificates.values().filter_map(read).find(is_it), thumbprint)
            }
        };
        if found.is_none() {
            self.problem(format!(
                "certificate `{name}` is asked for and not given; name a PEM file under `certificates`"
            ));
        }
        found
    }

    fn certificate_ids(&self, _workspace: &str, each: &mut dyn FnMut(&str)) {
        self.suite.certificates.keys().for_each(|id| each(id));
    }

    fn client_certificate(&self) -> Option<Vec<u8>> {
        self.client_certificates.borrow().first().cloned()
    }

    fn intermediates(&self, _workspace: &str) -> Vec<Vec<u8>> {
        self.client_certificates.borrow().iter().skip(1).cloned().collect()
    }

    fn trusted_roots(&self, _workspace: &str) -> Vec<Vec<u8>> {
        self.suite.authorities.clone()
    }

    fn backend_url(&self, _workspace: &str, id: &str) -> Option<Arc<BaseUrl>> {
        let url = self.suite.backends.get(id).and_then(|url| BaseUrl::parse(url).ok());
        if url.is_none() {
            self.problem(backend_lacks(id));
        }
        url.map(Arc::new)
    }

    fn openid(&self, workspace: &str, url: &str) -> OpenId {
        let providers = self.providers.borrow();
        let Some(Provider { known, asked_ms }) = providers.get(&(workspace.to_owned(), url.to_owned()))
        else {
            return OpenId::Unknown;
        };
        let age = |at_ms: u64| Duration::from_millis(self.now_ms().saturating_sub(at_ms));
        let (limits, rested) = (&self.limits, age(*asked_ms));
        match known {
            Some((_, at_ms)) if age(*at_ms) >= limits.openid_refresh && rested >= limits.openid_retry => {
                OpenId::Unknown
            }
            Some((provider, at_ms)) if age(*at_ms) < limits.openid_stale => {
                OpenId::Known { provider: provider.clone(), may_be_asked: rested >= limits.openid_refetch }
            }
            _ if rested >= limits.openid_retry => OpenId::Unknown,
            _ => OpenId::Unreachable,
        }
    }

    fn rate_limit(&self, key: &CounterKey<'_>, rate: Rate, ask: Ask) -> RateDecision {
        self.windows.borrow_mut().entry(written(key)).or_default().ask(self.now_ms(), rate, ask)
    }

    fn add_to_rate(&self, key: &CounterKey<'_>, rate: Rate, amount: u64) {
        self.windows.borrow_mut().entry(written(key)).or_default().add(self.now_ms(), rate, amount);
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
                Box::new(move |host, bytes, _| {
                    host.spans.borrow_mut().entry(key.clone()).or_default().add(span, bytes)
                })
            }
            Charge::Tokens { key, rate, counted } => {
                let (key, since_ms) = (written(&key), self.now_ms());
                Box::new(move |host, _, used| {
                    let mut windows = host.windows.borrow_mut();
                    let window = windows.entry(key.clone()).or_default();
                    let missing = counted.missing(used.unwrap_or_default());
                    // What was counted too long ago is forgotten already.
                    let is_counted = host.now_ms().saturating_sub(since_ms) < ms(rate.period);
                    if missing > 0 {
                        window.add(host.now_ms(), rate, missing.unsigned_abs());
                    } else if is_counted {
                        window.give_back(missing.unsigned_abs());
                    }
                })
            }
            Charge::TokenQuota { key, span, counted } => {
                let key = written(&key);
                Box::new(move |host, _, used| {
                    let mut spans = host.spans.borrow_mut();
                    let counter = spans.entry(key.clone()).or_default();
                    match counted.missing(used.unwrap_or_default()) {
                        missing @ 0.. => counter.add(span, missing.unsigned_abs()),
                        missing => counter.give_back(span, missing.unsigned_abs()),
                    }
                })
            }
            Charge::TokenMetrics { metric, kinds } => {
                let shown = shown(&metric);
                Box::new(move |host, _, used| {
                    for (name, number) in used.into_iter().flat_map(|used| kinds.of(used)) {
                        let mut metric = shown.clone();
                        metric["name"] = name.into();
                        metric["value"] = number.into();
                        host.of_request.borrow_mut().heard.metrics.push(metric);
                    }
                })
            }
        };
        self.of_request.borrow_mut().owed.push(owed);
    }

    fn watch_tokens(&self, watch: TokenWatch<'_>) {
        let TokenWatch { model, prompt, is_told } = watch;
        let watched = &mut self.of_request.borrow_mut().watched;
        match watched {
            Some(watched) => {
                watched.prompt = watched.prompt.max(prompt);
                watched.is_told |= is_told;
            }
            None => *watched = Some(Watched { model: model.to_owned(), prompt, is_told }),
        }
    }

    fn tokens_used(&self) -> Option<Usage> {
        self.of_request.borrow().used
    }

    fn semantic_find(
        &self,
        workspace: &str,
        partition: &str,
        vector: &[f32],
        max_distance: f64,
    ) -> Option<ResponseMessage> {
        let all = self.semantic.borrow();
        let same = all.iter().filter(|it| {
            it.workspace == workspace
                && it.until_ms > self.now_ms()
                && it.entry.partition == partition
                && it.entry.vector.len() == vector.len()
        });
        let near = same.map(|it| (distance(&it.entry.vector, vector), it));
        let (found, it) = near.min_by(|(one, _), (other, _)| one.total_cmp(other))?;
        (found <= max_distance).then(|| it.entry.response.clone())
    }

    fn semantic_keep(&self, workspace: &str, entry: SemanticEntry) {
        let until_ms = self.now_ms().saturating_add(ms(entry.lasts));
        self.semantic.borrow_mut().push(Alike { workspace: workspace.to_owned(), until_ms, entry });
    }

    fn emit_metric(&self, metric: &Metric<'_>) {
        self.of_request.borrow_mut().heard.metrics.push(shown(metric));
    }

    fn log(&self, event: &Event<'_>) {
        let Event { logger, message, partition, .. } = *event;
        let mut event = json!({"logger": logger, "message": message});
        match partition {
            EventPartition::Any => {}
            EventPartition::Id(id) => event["partitionId"] = id.into(),
            EventPartition::Key(key) => event["partitionKey"] = key.into(),
        }
        self.of_request.borrow_mut().heard.events.push(event);
    }

    fn note(&self, note: &Note<'_>) {
        let severity = match note.severity {
            NoteSeverity::Verbose => "verbose",
            NoteSeverity::Information => "information",
            NoteSeverity::Error => "error",
        };
        self.of_request.borrow_mut().heard.notes.push(json!({
            "source": note.origin,
            "severity": severity,
            "message": note.message,
            "metadata": members(note.metadata),
        }));
    }

    fn cached(&self, workspace: &str, key: &str) -> Option<Bytes> {
        fresh(&self.memory.borrow(), &format!("{workspace}/{key}"), self.now_ms())
    }

    fn cache(&self, workspace: &str, key: &str, item: Bytes, duration: Duration) {
        let until_ms = self.now_ms().saturating_add(ms(duration));
        self.memory.borrow_mut().insert(format!("{workspace}/{key}"), (until_ms, item));
    }

    fn uncache(&self, workspace: &str, key: &str) {
        self.memory.borrow_mut().remove(&format!("{workspace}/{key}"));
    }

    fn has_external_cache(&self, _workspace: &str) -> bool {
        self.external_cache.get() != ExternalCache::None
    }
}

/// A form of a counter's name that no other counter has.
fn written(key: &CounterKey<'_>) -> String {
    let mut name = format!("{}/", key.workspace);
    key.write_to(&mut name);
    name
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn fresh(items: &Items, name: &str, now_ms: u64) -> Option<Bytes> {
    let (until_ms, item) = items.get(name)?;
    (now_ms < *until_ms).then(|| item.clone())
}

/// The certificates of a PEM, in DER and in their order.
pub fn chain_of(pem: &str) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).map(|der| der.to_vec()).collect()
}

/// What is told of a backend that a test does not give.
pub fn backend_lacks(id: &str) -> String {
    format!(
        "the request goes to backend `{id}`, which is not given; add it to `backends`: {{ {id}: https://… }}"
    )
}

fn shown(metric: &Metric<'_>) -> Json {
    json!({
        "namespace": metric.namespace,
        "name": metric.name,
        "value": metric.value,
        "dimensions": members(metric.dimensions),
    })
}

fn members(pairs: &[(&str, &str)]) -> Map<String, Json> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect()
}

/// Cosine distance: 0 is the same direction, 1 has nothing in common.
fn distance(one: &[f32], other: &[f32]) -> f64 {
    let dot = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    1.0 - dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}
