//! A test file, read: what is tested, the requests, what answers them, and what is expected.

use super::{
    expect::{self, Check},
    given::GivenToken,
    read::{Fields, Reader},
};
use bytes::Bytes;
use hanse::client::files;
use hanse_manifest::{Finding, value, value::Node};
use hanse_policy::{OpenIdProvider, ScopeKind, graphql::GraphQlSchema, json_schema::SchemaDocument};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Largest test file, and largest body that one names, in bytes.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// 2025-06-01T12:00:00Z, where a file says nothing else.
const TIME_MS: i64 = 1_748_779_200_000;
/// Longest that a clock is moved at once.
const AFTER_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);
/// Keys that say what a request is about; at a file, a test or a request.
const ABOUT: [&str; 7] = ["workspace", "api", "operation", "product", "subscription", "user", "gateway"];

/// A test file.
#[derive(Debug, Default)]
pub struct Suite {
    /// Base URLs of backends, by id.
    pub backends: BTreeMap<String, String>,
    /// PEM with a certificate and, where it has one, its key; by id.
    pub certificates: BTreeMap<String, String>,
    /// Certificates in DER of authorities that are trusted.
    pub authorities: Vec<Vec<u8>>,
    /// OpenID providers, by the URL of their configuration.
    pub providers: BTreeMap<String, Arc<OpenIdProvider>>,
    /// Tokens that the gateway gets for itself.
    pub tokens: Vec<GivenToken>,
    pub tests: Vec<Test>,
}

/// What is tested: the file's, and what the test puts in its place.
#[derive(Debug, Clone, Default)]
pub struct Tested {
    pub documents: BTreeMap<ScopeKind, Source>,
    /// By id in lower case.
    pub fragments: BTreeMap<String, Source>,
    pub named_values: BTreeMap<String, String>,
    /// By id in lower case.
    pub schemas: BTreeMap<String, Arc<SchemaDocument>>,
    /// The schema of a GraphQL API.
    pub graphql: Option<Arc<GraphQlSchema>>,
}

/// A text of a document, and where it is from.
#[derive(Debug, Clone)]
pub struct Source {
    /// As findings call it.
    pub file: String,
    pub text: String,
}

/// One test: requests that share a clock, counters and caches.
#[derive(Debug)]
pub struct Test {
    pub name: String,
    pub line: u32,
    pub time_ms: i64,
    pub tested: Tested,
    pub steps: Vec<Step>,
}

/// One request of a test.
#[derive(Debug)]
pub struct Step {
    pub line: u32,
    /// The clock is moved by this before.
    pub after: Duration,
    pub request: Request,
    pub about: About,
    /// One after the other; the last again and again.
    pub backend: Vec<Answer>,
    pub mocks: Vec<Mock>,
    pub external_cache: ExternalCache,
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub client_ip: IpAddr,
    pub variables: Vec<(String, Json, Option<String>)>,
    /// Of the operation's URL template; `None`: as the template has them.
    pub parameters: Option<Vec<(String, String)>>,
    /// A built-in step refuses it.
    pub refused: Option<Refused>,
    /// PEM of the certificate that the client shows.
    pub certificate: Option<String>,
}

/// The cache outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalCache {
    None,
    There,
    /// It cannot be reached.
    Away,
}

/// Why a request does not get as far as the policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    NotFound,
    KeyMissing,
    KeyInvalid,
}

/// What a request is about, as it is written; `None`: not said, `Some(None)`: it has none.
#[derive(Debug, Clone, Default)]
pub struct About(BTreeMap<&'static str, Option<BTreeMap<String, Node>>>);

/// What a backend or the other side of a call answers.
#[derive(Debug, Clone)]
pub struct Answer {
    pub gives: Result<Message, Fails>,
    pub takes: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub status: StatusCode,
    pub reason: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    Connection,
    Timeout,
}

/// What answers calls of policies' own.
#[derive(Debug, Clone)]
pub struct Mock {
    pub method: Option<Method>,
    /// With `*` for anything.
    pub url: String,
    pub answers: Vec<Answer>,
}

impl About {
    /// What is said of something: `None`: nothing, `Some(None)`: that there is none.
    pub fn of(&self, what: &str) -> Option<Option<&BTreeMap<String, Node>>> {
        self.0.get(what).map(Option::as_ref)
    }
}

/// Reads a test file with the files that it names.
///
/// # Errors
/// All that is wrong with it.
pub fn read(path: &Path, text: &str) -> Result<Suite, Vec<Finding>> {
    let name = path.display().to_string();
    let root = value::read(&name, text)?;
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut reader = SuiteReader { reader: Reader::new(&name), folder, name };
    let suite = reader.suite(&root);
    let mut findings = reader.reader.findings;
    findings.sort_by_key(|finding| (finding.line, finding.column));
    if findings.is_empty() { Ok(suite) } else { Err(findings) }
}

pub(super) struct SuiteReader {
    pub(super) reader: Reader,
    folder: PathBuf,
    name: String,
}

/// What a request has unless it says something else.
#[derive(Clone)]
struct Defaults {
    request: Request,
    about: About,
    backend: Vec<Answer>,
    mocks: Vec<Mock>,
    external_cache: ExternalCache,
}

impl SuiteReader {
    fn suite(&mut self, root: &Node) -> Suite {
        let mut keys = vec![
            "documents",
            "fragments",
            "namedValues",
            "backends",
            "certificates",
            "authorities",
            "openid",
            "tokens",
            "schemas",
            "graphql",
            "externalCache",
            "request",
            "backend",
            "calls",
            "tests",
            "time",
        ];
        keys.extend(ABOUT);
        let Some(fields) = self.reader.fields(root, "", &keys) else { return Suite::default() };
        let mut suite =
            Suite { backends: self.texts(fields.get("backends"), "backends"), ..Suite::default() };
        let mut tested = Tested::default();
        self.tested(fields, &mut tested);
        for entry in self.reader.entries(fields.get("certificates"), "certificates") {
            if let Some(pem) = self.beside(&entry.value, "certificates") {
                suite.certificates.insert(entry.key.clone(), pem);
            }
        }
        self.given(fields, &mut suite);
        for (id, url) in &suite.backends {
            if let Err(error) = hanse_policy::BaseUrl::parse(url) {
                let node = fields.get("backends").and_then(|node| node.get(id)).unwrap_or(root);
                self.reader.refuse(node, "backends", error.to_string(), "");
            }
        }
        let mut defaults = Defaults {
            request: Request::plain(),
            about: About::default(),
            backend: vec![Answer::ok()],
            mocks: Vec::new(),
            external_cache: ExternalCache::None,
        };
        self.common(fields, &mut defaults);
        if let Some(node) = fields.get("request") {
            self.request(node, "request", &mut defaults);
        }
        let time_ms = self.reader.moment(fields.get("time"), "time").unwrap_or(TIME_MS);
        for node in self.reader.list(fields.get("tests"), "tests") {
            if let Some(test) = self.test(node, &tested, &defaults, time_ms) {
                suite.tests.push(test);
            }
        }
        if suite.tests.is_empty() && fields.get("tests").is_none() {
            self.reader.refuse(root, "tests", "there are no tests", "tests: [{ name, request, expect }]");
        }
        suite
    }

    /// Documents, fragments and named values, in the place of those there are.
    fn tested(&mut self, fields: Fields<'_>, tested: &mut Tested) {
        let names: Vec<&str> = ScopeKind::ALL.iter().map(|scope| scope.as_str()).collect();
        let documents =
            fields.get("documents").and_then(|node| self.reader.fields(node, "documents", &names));
        for scope in ScopeKind::ALL {
            let Some(node) = documents.and_then(|documents| documents.get(scope.as_str())) else { continue };
            if node.is_null() {
                tested.documents.remove(&scope);
            } else if let Some(source) = self.source(node, "documents", scope.as_str()) {
                tested.documents.insert(scope, source);
            }
        }
        for entry in self.reader.entries(fields.get("fragments"), "fragments") {
            if let Some(source) = self.source(&entry.value, "fragments", &entry.key) {
                tested.fragments.insert(entry.key.to_ascii_lowercase(), source);
            }
        }
        let named_values = self.texts(fields.get("namedValues"), "namedValues");
        tested.named_values.extend(named_values);
        if let Some(node) = fields.get("graphql") {
            tested.graphql = if node.is_null() { None } else { self.graphql(node) };
        }
        for entry in self.reader.entries(fields.get("schemas"), "schemas") {
            if let Some(schema) = self.schema(&entry.value) {
                tested.schemas.insert(entry.key.to_ascii_lowercase(), schema);
            }
        }
    }

    /// The schema of a GraphQL API, or a file that has it.
    fn graphql(&mut self, node: &Node) -> Option<Arc<GraphQlSchema>> {
        let text = match self.reader.text(Some(node), "graphql")? {
            text if text.contains('{') => text,
            _ => self.beside(node, "graphql")?,
        };
        match GraphQlSchema::parse(&text) {
            Ok(schema) => Some(Arc::new(schema)),
            Err(reason) => {
                self.reader.refuse(node, "graphql", reason, "");
                None
            }
        }
    }

    /// A document: a file beside the test file, or the text itself.
    fn source(&mut self, node: &Node, field: &str, what: &str) -> Option<Source> {
        let text = self.reader.text(Some(node), field)?;
        if text.trim_start().starts_with('<') {
            // Lines of findings count within the text.
            return Some(Source { file: format!("{} ({what})", self.name), text });
        }
        let path = self.folder.join(&text);
        match files::read_named(&path, hanse_policy::DOCUMENT_BYTES_MAX) {
            Ok(read) => Some(Source { file: path.display().to_string(), text: read }),
            Err(reason) => {
                self.reader.refuse(
                    node,
                    field,
                    format!("`{text}`: {reason}"),
                    "paths begin where the test file is",
                );
                None
            }
        }
    }

    /// The text of a file that is named.
    pub(super) fn beside(&mut self, node: &Node, field: &str) -> Option<String> {
        let name = self.reader.text(Some(node), field)?;
        match files::read_named(&self.folder.join(&name), FILE_BYTES_MAX) {
            Ok(text) => Some(text),
            Err(reason) => {
                self.reader.refuse(
                    node,
                    field,
                    format!("`{name}`: {reason}"),
                    "paths begin where the test file is",
                );
                None
            }
        }
    }

    fn texts(&mut self, node: Option<&Node>, field: &str) -> BTreeMap<String, String> {
        let entries = self.reader.entries(node, field);
        let pairs = entries.iter().filter_map(|entry| {
            let text = self.reader.text(Some(&entry.value), field);
            text.map(|text| (entry.key.clone(), text))
        });
        pairs.collect()
    }

    /// What may stand at a file, a test and a request alike.
    fn common(&mut self, fields: Fields<'_>, defaults: &mut Defaults) {
        for what in ABOUT {
            let Some(node) = fields.get(what) else { continue };
            let about = self.about(what, node);
            defaults.about.0.insert(what, about);
        }
        if let Some(node) = fields.get("backend") {
            defaults.backend = self.answers(node, "backend");
        }
        // The narrower ones are asked first.
        let mut mocks = Vec::new();
        for node in self.reader.list(fields.get("calls"), "calls") {
            mocks.extend(self.mock(node));
        }
        mocks.append(&mut defaults.mocks);
        defaults.mocks = mocks;
        if let Some(node) = fields.get("externalCache") {
            defaults.external_cache = match (node.as_bool(), node.as_str()) {
                (Some(true), _) => ExternalCache::There,
                (Some(false), _) => ExternalCache::None,
                (_, Some("away")) => ExternalCache::Away,
                _ => {
                    let message = format!("true, false or away is expected, not {}", node.describe());
                    self.reader.refuse(node, "externalCache", message, "");
                    ExternalCache::None
                }
            };
        }
    }

    /// An id, or a mapping of what is known.
    fn about(&mut self, what: &'static str, node: &Node) -> Option<BTreeMap<String, Node>> {
        if node.is_null() {
            return None;
        }
        if node.scalar_text().is_some() {
            return Some([("id".to_owned(), node.clone())].into());
        }
        let keys: &[&str] = match what {
            "workspace" => &["id", "name"],
            "api" => &[
                "id",
                "name",
                "path",
                "revision",
                "version",
                "isCurrent",
                "serviceUrl",
                "protocols",
                "keyHeader",
                "keyQuery",
            ],
            "operation" => &["id", "name", "method", "urlTemplate", "queryParameters", "contract"],
            "product" => &[
                "id",
                "name",
                "published",
                "approvalRequired",
                "subscriptionRequired",
                "subscriptionsLimit",
                "groups",
            ],
            "subscription" => &["id", "name", "key", "created", "starts", "ends"],
            "user" => &["id", "email", "firstName", "lastName", "note", "registered", "groups", "identities"],
            _ => &["id", "region", "serviceName"],
        };
        self.reader.fields(node, what, keys)?;
        let entries = self.reader.entries(Some(node), what);
        if let Some(node) = node.get("contract").filter(|_| what == "operation") {
            self.contract(node);
        }
        for entry in entries.iter().filter(|entry| entry.key != "contract") {
            let is_list =
                matches!(entry.key.as_str(), "protocols" | "queryParameters" | "groups" | "identities");
            let is_time = matches!(entry.key.as_str(), "created" | "starts" | "ends" | "registered");
            let field = format!("{what}.{}", entry.key);
            if is_list {
                self.reader.list(Some(&entry.value), &field);
            } else if is_time {
                self.reader.moment(Some(&entry.value), &field);
            } else {
                self.reader.text(Some(&entry.value), &field);
            }
        }
        if let Some(url) = node.get("serviceUrl")
            && let Some(text) = url.scalar_text()
            && let Err(error) = hanse_policy::BaseUrl::parse(text)
        {
            self.reader.refuse(url, "api.serviceUrl", error.to_string(), "");
        }
        Some(entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect())
    }

    fn test(&mut self, node: &Node, tested: &Tested, defaults: &Defaults, time_ms: i64) -> Option<Test> {
        let mut keys = vec![
            "name",
            "time",
            "documents",
            "fragments",
            "namedValues",
            "schemas",
            "graphql",
            "externalCache",
            "requests",
            "request",
            "expect",
            "backend",
            "calls",
            "after",
        ];
        keys.extend(ABOUT);
        let fields = self.reader.fields(node, "tests", &keys)?;
        let name = self.reader.text(fields.get("name"), "name");
        if name.is_none() {
            self.reader.refuse(node, "tests", "this test has no name", "name: what it shows");
        }
        let mut tested = tested.clone();
        self.tested(fields, &mut tested);
        if tested.documents.is_empty() && fields.get("documents").is_none() {
            let hint =
                "documents: { api: orders.policy.xml }, with global, workspace, product, api, operation";
            self.reader.refuse(node, "documents", "no document is named, here or for the whole file", hint);
        }
        let mut defaults = defaults.clone();
        self.common(fields, &mut defaults);
        let mut steps = Vec::new();
        if let Some(list) = fields.get("requests") {
            for key in ["request", "expect", "after"] {
                if let Some(node) = fields.get(key) {
                    let message = format!("`{key}` stands beside `requests`");
                    self.reader.refuse(node, key, message, "put it into one of them");
                }
            }
            for node in self.reader.list(Some(list), "requests") {
                let mut keys = vec!["request", "expect", "backend", "calls", "after", "externalCache"];
                keys.extend(ABOUT);
                if let Some(fields) = self.reader.fields(node, "requests", &keys) {
                    steps.push(self.step(node, fields, defaults.clone(), true));
                }
            }
        } else {
            steps.push(self.step(node, fields, defaults, false));
        }
        Some(Test {
            name: name.unwrap_or_default(),
            line: node.line,
            time_ms: self.reader.moment(fields.get("time"), "time").unwrap_or(time_ms),
            tested,
            steps,
        })
    }

    fn step(&mut self, node: &Node, fields: Fields<'_>, mut defaults: Defaults, reads_common: bool) -> Step {
        if reads_common {
            self.common(fields, &mut defaults);
        }
        if let Some(node) = fields.get("request") {
            self.request(node, "request", &mut defaults);
        }
        let after = self.reader.duration(fields.get("after"), "after").unwrap_or_default();
        if after > AFTER_MAX
            && let Some(node) = fields.get("after")
        {
            self.reader.refuse(node, "after", "a clock is moved by a year at most", "");
        }
        let checks = match fields.get("expect") {
            Some(node) => expect::read(&mut self.reader, node),
            None => {
                self.reader.refuse(node, "expect", "nothing is expected", "expect: { status: 200 }");
                Vec::new()
            }
        };
        let Defaults { request, about, backend, mocks, external_cache } = defaults;
        let (line, after) = (node.line, after.min(AFTER_MAX));
        Step { line, after, request, about, backend, mocks, external_cache, checks }
    }

    /// `GET /orders/1`, or a mapping.
    fn request(&mut self, node: &Node, field: &str, defaults: &mut Defaults) {
        let request = &mut defaults.request;
        if let Some(line) = node.as_str() {
            self.request_line(node, line, request);
            return;
        }
        let keys = [
            "method",
            "url",
            "headers",
            "body",
            "json",
            "bodyFrom",
            "clientIp",
            "variables",
            "parameters",
            "refused",
            "certificate",
        ];
        let Some(fields) = self.reader.fields(node, field, &keys) else { return };
        if let Some(text) = self.reader.text(fields.get("method"), "method")
            && let Some(method) = self.method(fields.get("method"), &text)
        {
            request.method = method;
        }
        if let (Some(node), Some(text)) = (fields.get("url"), self.reader.text(fields.get("url"), "url")) {
            match text.split_once(' ') {
                Some(_) => self.request_line(node, &text, request),
                None => self.url(node, &text, request),
            }
        }
        let given = self.reader.headers(fields.get("headers"), "headers");
        for name in given.keys() {
            request.headers.remove(name);
            for value in given.get_all(name) {
                request.headers.append(name, value.clone());
            }
        }
        if let Some(body) = self.body(fields, &mut request.headers) {
            request.body = body;
        }
        if let Some(text) = self.reader.text(fields.get("clientIp"), "clientIp") {
            match (text.parse(), fields.get("clientIp")) {
                (Ok(ip), _) => request.client_ip = ip,
                (Err(_), Some(node)) => {
                    self.reader.refuse(node, "clientIp", format!("`{text}` is no IP address"), "");
                }
                (Err(_), None) => {}
            }
        }
        for entry in self.reader.entries(fields.get("variables"), "variables") {
            let variable = self.variable(&entry.key, &entry.value);
            request.variables.retain(|(name, ..)| *name != entry.key);
            request.variables.extend(variable);
        }
        if fields.get("parameters").is_some() {
            let entries = self.reader.entries(fields.get("parameters"), "parameters");
            let pairs = entries.iter().filter_map(|entry| {
                let text = self.reader.text(Some(&entry.value), "parameters");
                text.map(|text| (entry.key.clone(), text))
            });
            request.parameters = Some(pairs.collect());
        }
        if let Some(node) = fields.get("refused") {
            let names = ["notFound", "keyMissing", "keyInvalid"];
            request.refused = match node.as_str() {
                Some("notFound") => Some(Refused::NotFound),
                Some("keyMissing") => Some(Refused::KeyMissing),
                Some("keyInvalid") => Some(Refused::KeyInvalid),
                _ => {
                    let message = format!("one of {} is expected, not {}", names.join(", "), node.describe());
                    self.reader.refuse(node, "refused", message, "");
                    None
                }
            };
        }
        if let Some(node) = fields.get("certificate") {
            request.certificate = self.beside(node, "certificate");
        }
    }

    fn request_line(&mut self, node: &Node, line: &str, request: &mut Request) {
        match line.trim().split_once(' ') {
            Some((method, url)) => {
                if let Some(method) = self.method(Some(node), method) {
                    request.method = method;
                }
                self.url(node, url.trim(), request);
            }
            None => self.url(node, line.trim(), request),
        }
    }

    fn method(&mut self, node: Option<&Node>, text: &str) -> Option<Method> {
        match Method::from_bytes(text.as_bytes()) {
            Ok(method) => Some(method),
            Err(_) => {
                if let Some(node) = node {
                    self.reader.refuse(node, "method", format!("`{text}` is no method"), "write GET /path");
                }
                None
            }
        }
    }

    fn url(&mut self, node: &Node, text: &str, request: &mut Request) {
        match text.parse::<Uri>() {
            Ok(url) if text.starts_with('/') || url.scheme().is_some() => request.url = url,
            _ => {
                let message = format!("`{text}` is no URL");
                self.reader.refuse(node, "url", message, "write /orders/1 or https://host/orders/1");
            }
        }
    }

    /// What a body is said to be: `None` where nothing is said.
    fn body(&mut self, fields: Fields<'_>, headers: &mut HeaderMap) -> Option<Bytes> {
        let given: Vec<&str> =
            ["body", "json", "bodyFrom"].into_iter().filter(|key| fields.get(key).is_some()).collect();
        if let [_, second, ..] = given.as_slice()
            && let Some(node) = fields.get(second)
        {
            self.reader.refuse(node, second, "a body is said twice", "keep one of body, json, bodyFrom");
        }
        if let Some(node) = fields.get("json") {
            if !headers.contains_key(header::CONTENT_TYPE) {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            return Some(self.reader.json(node).to_string().into());
        }
        if let Some(node) = fields.get("bodyFrom") {
            return self.beside(node, "bodyFrom").map(Bytes::from);
        }
        if fields.is_null("body") {
            return Some(Bytes::new());
        }
        self.reader.text(fields.get("body"), "body").map(Bytes::from)
    }

    /// A value, or a mapping of `type` and `value`.
    fn variable(&mut self, name: &str, node: &Node) -> Option<(String, Json, Option<String>)> {
        let is_typed = node.get("type").is_some() && node.get("value").is_some();
        if !is_typed {
            return Some((name.to_owned(), self.reader.json(node), None));
        }
        let fields = self.reader.fields(node, "variables", &["type", "value"])?;
        let ty = self.reader.text(fields.get("type"), "type")?;
        Some((name.to_owned(), self.reader.json(fields.get("value")?), Some(ty)))
    }

    fn answers(&mut self, node: &Node, field: &str) -> Vec<Answer> {
        let items = self.reader.items(Some(node));
        let answers: Vec<Answer> = items.iter().filter_map(|item| self.answer(item, field)).collect();
        if answers.is_empty() { vec![Answer::ok()] } else { answers }
    }

    fn answer(&mut self, node: &Node, field: &str) -> Option<Answer> {
        if node.as_integer().is_some() {
            let status = self.status(Some(node), field).unwrap_or(StatusCode::OK);
            return Some(Answer { gives: Ok(Message::of(status)), takes: Duration::ZERO });
        }
        let keys = ["status", "reason", "headers", "body", "json", "bodyFrom", "fails", "takes"];
        let fields = self.reader.fields(node, field, &keys)?;
        self.answer_of(fields, field)
    }

    fn answer_of(&mut self, fields: Fields<'_>, field: &str) -> Option<Answer> {
        let takes = self.reader.duration(fields.get("takes"), "takes").unwrap_or_default();
        if let Some(node) = fields.get("fails") {
            let fails = match node.as_str() {
                Some("connection") => Fails::Connection,
                Some("timeout") => Fails::Timeout,
                _ => {
                    let message = format!("connection or timeout is expected, not {}", node.describe());
                    self.reader.refuse(node, field, message, "");
                    return None;
                }
            };
            return Some(Answer { gives: Err(fails), takes });
        }
        let mut message = Message::of(self.status(fields.get("status"), field).unwrap_or(StatusCode::OK));
        message.reason = self.reader.text(fields.get("reason"), "reason");
        message.headers = self.reader.headers(fields.get("headers"), "headers");
        message.body = self.body(fields, &mut message.headers).unwrap_or_default();
        Some(Answer { gives: Ok(message), takes })
    }

    fn status(&mut self, node: Option<&Node>, field: &str) -> Option<StatusCode> {
        let number = self.reader.whole(node, field, 100, 999)?;
        u16::try_from(number).ok().and_then(|number| StatusCode::from_u16(number).ok())
    }

    fn mock(&mut self, node: &Node) -> Option<Mock> {
        let keys = [
            "method", "url", "answers", "status", "reason", "headers", "body", "json", "bodyFrom", "fails",
            "takes",
        ];
        let fields = self.reader.fields(node, "calls", &keys)?;
        let Some(url) = self.reader.text(fields.get("url"), "url") else {
            self.reader.refuse(node, "calls", "this call has no url", "url: https://host/* takes any path");
            return None;
        };
        let method = self.reader.text(fields.get("method"), "method");
        let method = method.and_then(|text| self.method(fields.get("method"), &text));
        let answers = match fields.get("answers") {
            Some(node) => self.answers(node, "answers"),
            None => self.answer_of(fields, "calls").into_iter().collect(),
        };
        Some(Mock { method, url, answers })
    }
}

impl Request {
    fn plain() -> Request {
        Request {
            method: Method::GET,
            url: Uri::from_static("/"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            client_ip: IpAddr::from([192, 0, 2, 1]),
            variables: Vec::new(),
            parameters: None,
            refused: None,
            certificate: None,
        }
    }
}

impl Answer {
    fn ok() -> Answer {
        Answer { gives: Ok(Message::of(StatusCode::OK)), takes: Duration::ZERO }
    }
}

impl Message {
    pub fn of(status: StatusCode) -> Message {
        Message { status, reason: None, headers: HeaderMap::new(), body: Bytes::new() }
    }
}
