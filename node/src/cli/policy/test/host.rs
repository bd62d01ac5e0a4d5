//! The outside of the engine in a test: time that the test moves, counters, certificates, and what
//! answers calls.
//!
//! One idea: everything that a policy may ask for is here and nowhere else. What a test does not give, or
//! what cannot be tested, becomes a problem of the test that says what is missing, and never a made-up
//! answer.

use super::{
    expect::{Seen, matches},
    suite::{Answer, Fails, Message, Mock},
};
use hanse_policy::{
    Ask, Body, Call, CallError, CertificateBy, Charge, CounterKey, Fault, HeldCertificate, Host, Outcome,
    Permit, Quota, QuotaDecision, Rate, RateDecision, ResponseMessage, Span, Task, span::SpanCounter,
    window::SlidingWindow,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
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
    certificates: &'s BTreeMap<String, String>,
    client_certificate: RefCell<Option<Vec<u8>>>,
    problems: RefCell<Vec<String>>,
}

/// What one request of a test is answered by, and what it did.
pub struct Outside<'s> {
    host: &'s FakeHost<'s>,
    mocks: &'s [Mock],
    /// How often each was asked.
    asked: Vec<usize>,
    pub calls: Vec<Seen>,
    pub pauses: Vec<Duration>,
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
    pub fn new(started_ms: i64, certificates: &'s BTreeMap<String, String>) -> FakeHost<'s> {
        FakeHost {
            started_ms,
            elapsed_ms: Cell::new(0),
            random: Cell::new(0),
            windows: RefCell::default(),
            spans: RefCell::default(),
            inside: Rc::default(),
            certificates,
            client_certificate: RefCell::default(),
            problems: RefCell::default(),
        }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let passed = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.elapsed_ms.set(self.elapsed_ms.get().saturating_add(passed));
    }

    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.get())
    }

    /// The certificate that the next request's client shows.
    pub fn show_certificate(&self, pem: Option<&str>) {
        let certificate = pem.and_then(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).ok());
        if pem.is_some() && certificate.is_none() {
            self.problem("the client's `certificate` is no PEM with a certificate in it");
        }
        *self.client_certificate.borrow_mut() = certificate.map(|der| der.to_vec());
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
            let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?.to_vec();
            let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok();
            let key = key.map(|key| key.secret_pkcs8_der().to_vec());
            Some(Arc::new(HeldCertificate::new(vec![certificate], key)))
        };
        let (found, name) = match which {
            CertificateBy::Id(id) => (self.certificates.get(id).and_then(read), id),
            CertificateBy::Thumbprint(thumbprint) => {
                let is_it = |held: &Arc<HeldCertificate>| held.thumbprint().eq_ignore_ascii_case(thumbprint);
                (self.certificates.values().filter_map(read).find(is_it), thumbprint)
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
        self.certificates.keys().for_each(|id| each(id));
    }

    fn client_certificate(&self) -> Option<Vec<u8>> {
        self.client_certificate.borrow().clone()
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
        self.problem(format!("`hanse policy test` cannot charge this yet: {charge:?}"));
    }
}

/// A form of a counter's name that no other counter has.
fn written(key: &CounterKey<'_>) -> String {
    let mut name = format!("{}/", key.workspace);
    key.write_to(&mut name);
    name
}

impl<'s> Outside<'s> {
    pub fn new(host: &'s FakeHost<'s>, mocks: &'s [Mock]) -> Outside<'s> {
        Outside { host, mocks, asked: vec![0; mocks.len()], calls: Vec::new(), pauses: Vec::new() }
    }

    /// What comes of a task, and when; the request's own bodies are not read here.
    pub fn perform(&mut self, task: Task) -> (Outcome, Duration) {
        match task {
            Task::Pause(pause) => {
                self.pauses.push(pause);
                (Outcome::Done, pause)
            }
            Task::Call(call) => {
                let (answer, takes) = self.call(&call);
                (Outcome::Called(answer.map(Box::new)), takes)
            }
            Task::Send(call) => {
                // Nobody waits for what it is answered, but a test has to say that it may be made.
                _ = self.call(&call);
                (Outcome::Done, Duration::ZERO)
            }
            #[allow(unreachable_patterns, reason = "tasks that come later are told, not made up")]
            other => {
                let message = format!("`hanse policy test` cannot do this yet: {other:?}");
                self.host.problem(message.clone());
                (Outcome::Failed(Box::new(Fault::internal("configuration", None, message))), Duration::ZERO)
            }
        }
    }

    fn call(&mut self, call: &Call) -> (Result<ResponseMessage, CallError>, Duration) {
        self.calls.push(Seen {
            method: call.method.to_string(),
            url: call.url.clone(),
            headers: call.headers.clone(),
            body: call.body.clone(),
            ..Seen::default()
        });
        let is_it = |mock: &Mock| {
            mock.method.as_ref().is_none_or(|method| *method == call.method) && matches(&mock.url, &call.url)
        };
        let Some(at) = self.mocks.iter().position(is_it) else {
            let problem = format!(
                "nothing answers {} {}; add it to `calls`: {{ url: {}, status: 200 }}",
                call.method, call.url, call.url
            );
            self.host.problem(problem.clone());
            return (Err(CallError::Connection(problem)), Duration::ZERO);
        };
        let answers = &self.mocks[at].answers;
        let answer = &answers[self.asked[at].min(answers.len().saturating_sub(1))];
        self.asked[at] += 1;
        let Answer { gives, takes } = answer;
        if *takes > call.timeout || *gives == Err(Fails::Timeout) {
            return (Err(CallError::Timeout), call.timeout);
        }
        let given = match gives {
            Ok(message) => {
                let status = message.status;
                let is_error = status.is_client_error() || status.is_server_error();
                match call.fail_on_error_status_code && is_error {
                    true => Err(CallError::Status(status.as_u16())),
                    false => Ok(response(message)),
                }
            }
            Err(_) => Err(CallError::Connection(format!("{}: connection refused", call.url))),
        };
        (given, *takes)
    }
}

/// A given answer as the engine takes it, its body in memory.
pub fn response(message: &Message) -> ResponseMessage {
    let mut response = ResponseMessage::new(message.status);
    response.reason = message.reason.as_deref().map(Arc::from);
    response.headers = message.headers.clone();
    response.body = if message.body.is_empty() { Body::Empty } else { Body::Bytes(message.body.clone()) };
    response
}
