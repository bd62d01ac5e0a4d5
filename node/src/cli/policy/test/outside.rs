//! What comes of the tasks of policies: calls, tokens, providers, the cache outside.
//!
//! One idea: a test says beforehand what each is answered; what it does not say is a problem of the test.

use super::{
    expect::{Seen, matches},
    given::GivenToken,
    host::{FakeHost, backend_lacks},
    suite::{Answer, Fails, Message, Mock},
};
use bytes::Bytes;
use hanse_policy::{
    BackendCall, BaseUrl, Body, Call, CallError, CallToken, Fault, OpenIdConfig, OpenIdProvider, Outcome,
    ResponseMessage, Task, Token, TokenOf, TokenWish,
};
use http::{HeaderMap, HeaderValue, Method, header};
use std::{rc::Rc, sync::Arc, time::Duration};

/// What one request of a test is answered by, and what it did.
pub struct Outside<'s> {
    host: &'s FakeHost<'s>,
    mocks: &'s [Mock],
    /// The workspace that the request is for.
    pub workspace: Arc<str>,
    /// How often each was asked.
    asked: Vec<usize>,
    pub calls: Vec<Seen>,
    pub pauses: Vec<Duration>,
}

impl<'s> Outside<'s> {
    pub fn new(host: &'s FakeHost<'s>, mocks: &'s [Mock]) -> Outside<'s> {
        let (calls, pauses) = (Vec::new(), Vec::new());
        Outside { host, mocks, workspace: "".into(), asked: vec![0; mocks.len()], calls, pauses }
    }

    /// What comes of a task, and how long it takes; the request's own bodies are not read here.
    pub fn perform(&mut self, task: Task) -> (Outcome, Duration) {
        match task {
            Task::Pause(pause) => {
                self.pauses.push(pause);
                (Outcome::Done, pause)
            }
            Task::Call(call) => {
                let (answer, takes) = self.call(*call);
                (Outcome::Called(answer.map(Box::new)), takes)
            }
            Task::CallBackend(call) => {
                let (answer, takes) = self.call_backend(*call);
                (Outcome::Called(answer.map(Box::new)), takes)
            }
            Task::Send(call) => {
                // Nobody waits for what it is answered, but a test has to say that it may be made.
                _ = self.call(*call);
                (Outcome::Done, Duration::ZERO)
            }
            Task::OpenId(urls) => {
                // All are asked at once.
                let takes = urls.iter().map(|url| self.ask_provider(url)).max();
                (Outcome::Done, takes.unwrap_or_default())
            }
            Task::Token(wish) => (Outcome::Token(self.token(&wish)), Duration::ZERO),
            Task::Cache(task) => (self.host.external(&self.workspace, *task), Duration::ZERO),
            Task::Read(_) | Task::Gather(_) => {
                let message = "The body of a message is read by whoever has it.";
                (Outcome::Failed(Box::new(Fault::internal("configuration", None, message))), Duration::ZERO)
            }
        }
    }

    fn call(&mut self, mut call: Call) -> (Result<ResponseMessage, CallError>, Duration) {
        if let Some(CallToken { wish, ignores_error }) = call.token.take() {
            match self.token(&wish) {
                Ok(token) => match HeaderValue::from_str(&format!("Bearer {}", token.text)) {
                    Ok(value) => _ = call.headers.insert(header::AUTHORIZATION, value),
                    Err(error) => return (Err(CallError::Connection(error.to_string())), Duration::ZERO),
                },
                Err(_) if ignores_error => {}
                Err(error) => return (Err(CallError::Connection(error)), Duration::ZERO),
            }
        }
        self.calls.push(Seen {
            method: call.method.to_string(),
            url: call.url.clone(),
            headers: call.headers.clone(),
            body: call.body.clone(),
            ..Seen::default()
        });
        let Some(Answer { gives, takes }) = self.answer(&call.method, &call.url) else {
            let problem = format!(
                "nothing answers {} {}; add it to `calls`: {{ url: {}, status: 200 }}",
                call.method, call.url, call.url
            );
            self.host.problem(problem.clone());
            return (Err(CallError::Connection(problem)), Duration::ZERO);
        };
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

    fn answer(&mut self, method: &Method, url: &str) -> Option<&'s Answer> {
        let is_it = |mock: &Mock| {
            mock.method.as_ref().is_none_or(|wanted| wanted == method) && matches(&mock.url, url)
        };
        let at = self.mocks.iter().position(is_it)?;
        let answers = &self.mocks[at].answers;
        let answer = &answers[self.asked[at].min(answers.len().saturating_sub(1))];
        self.asked[at] += 1;
        Some(answer)
    }

    fn call_backend(&mut self, call: BackendCall) -> (Result<ResponseMessage, CallError>, Duration) {
        let url = self.host.suite().backends.get(&*call.backend).and_then(|url| BaseUrl::parse(url).ok());
        let Some(url) = url else {
            self.host.problem(backend_lacks(&call.backend));
            let message = format!("Backend with id '{}' could not be found.", call.backend);
            return (Err(CallError::Connection(message)), Duration::ZERO);
        };
        let query = call.query.map(|(name, value)| format!("?{name}={value}")).unwrap_or_default();
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        self.call(Call {
            url: format!("{url}{}{query}", call.path),
            method: Method::POST,
            headers: headers.into_iter().collect(),
            body: call.body,
            timeout: call.timeout,
            identity: None,
            proxy: None,
            token: None,
            fail_on_error_status_code: false,
        })
    }

    /// A provider says what the test has it say, under `openid` or by what answers `calls`.
    fn ask_provider(&mut self, url: &str) -> Duration {
        if let Some(provider) = self.host.suite().providers.get(url) {
            self.host.was_asked(&self.workspace, url, Some(provider.clone()));
            return Duration::ZERO;
        }
        let mut takes = Duration::ZERO;
        let provider = self.fetch_provider(url, &mut takes);
        if let Err(Some(reason)) = &provider {
            self.host.problem(format!("the OpenID provider at {url} cannot be read: {reason}"));
        }
        self.host.was_asked(&self.workspace, url, provider.ok().map(Arc::new));
        takes
    }

    /// # Errors
    /// What is wrong with what the test gives; `None` where it has the provider fail.
    fn fetch_provider(&mut self, url: &str, takes: &mut Duration) -> Result<OpenIdProvider, Option<String>> {
        let config = OpenIdConfig::read(url, &self.get(url, url, takes)?).map_err(Some)?;
        let keys = self.get(&config.keys_url, url, takes)?;
        OpenIdProvider::read(config, &keys).map_err(Some)
    }

    fn get(&mut self, url: &str, provider: &str, takes: &mut Duration) -> Result<Bytes, Option<String>> {
        let Some(answer) = self.answer(&Method::GET, url) else {
            let how =
                format!("add it to `openid`: {{ {provider}: {{ issuer: …, jwks: … }} }}, or to `calls`");
            return Err(Some(format!("nothing answers GET {url}; {how}")));
        };
        *takes += answer.takes;
        match &answer.gives {
            Ok(message) if message.status.is_success() => Ok(message.body.clone()),
            _ => Err(None),
        }
    }

    fn token(&self, wish: &TokenWish) -> Result<Rc<Token>, String> {
        let given = self.host.suite().tokens.iter().find(|token| token.is_for(&wish.of));
        match given {
            Some(GivenToken { gives: Ok(text), claims, .. }) => {
                let claims = claims.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into()));
                Ok(Rc::new(Token { text: text.as_str().into(), claims: claims.collect() }))
            }
            Some(GivenToken { gives: Err(reason), .. }) => Err(reason.clone()),
            None => {
                let (what, how) = match &wish.of {
                    TokenOf::Identity { client: None, resource } => {
                        (format!("a token for `{resource}`"), format!("resource: {resource}"))
                    }
                    TokenOf::Identity { client: Some(client), resource } => (
                        format!("a token of `{client}` for `{resource}`"),
                        format!("resource: {resource}, client: {client}"),
                    ),
                    TokenOf::Connection { provider, authorization } => (
                        format!("the token of connection `{authorization}` of `{provider}`"),
                        format!("provider: {provider}, authorization: {authorization}"),
                    ),
                };
                let problem =
                    format!("{what} is asked for and not given; add it to `tokens`: [{{ {how}, token: … }}]");
                self.host.problem(problem.clone());
                Err(problem)
            }
        }
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

/// Bytes of headers, each on a line of its own.
pub fn header_bytes(headers: &HeaderMap) -> u64 {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum::<usize>()
        as u64
}
