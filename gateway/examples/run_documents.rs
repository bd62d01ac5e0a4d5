//! Runs every policy document below a folder on a gateway, in front of a backend that echoes, and tells what
//! each request got:
//!
//! ```text
//! cargo run --release -p hanse-gateway --example run_documents -- DIR
//! ```
//!
//! Each document is put at an API. Whatever host it calls, the echo answers, in the clear: `https` becomes
//! `http` in its text. Named values and backends that it refers to are made up, fragments are those of the
//! folder, or empty; a fragment by itself is put into a
//! document. Where a request fails, what `context.LastError` says is printed.

use futures_util::future::BoxFuture;
use hanse_gateway::{
    compile::{Changed, Compiled, compile},
    dataplane::{DataPlane, DataPlaneConfig},
    directory::Directory,
    front_door::{Preamble, Relay, RelayRefused},
    host::{Conn, Host, Listener, Net},
    limits::Limits,
    route::Scheme,
    spec::{HostBinding, SecretSpec, ShardSpec, SpecResource},
};
use hanse_policy::{Checking, DocumentKind, Reference, ScopeKind, check_any};
use hanse_proto::{
    Name,
    v1::{self, Assignment, GatewayAssignment, resource::Spec},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use ring::hmac;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, time::timeout};

const GATEWAY: &str = "gw";
const HOST: &str = "gw.test";
const KEY: &str = "k-0123456789";
const FINGERPRINT_KEY: [u8; 32] = [7; 32];
/// A request that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// A token whose signature nobody can check.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJpc3MiOiJodHRwczovL2lzc3Vlci50ZXN0Iiwic3ViIjoiMSIsImF1ZCI6ImEiLCJyb2xlcyI6WyJyIl0sImV4cCI6NDEwMjQ0NDgwMH0.c2ln";
const BODY: &str = r#"{"id": 42, "name": "n", "model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}],
    "items": [{"id": 1}], "price": 9.5, "active": true}"#;
/// Tells what failed, in the place of the body that hides it.
const GLOBAL: &str = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error><set-body>@(context.LastError.Source + \
    \": \" + context.LastError.Reason + \": \" + context.LastError.Message)</set-body></on-error></policies>";

/// Connects to the echo, whoever is asked for.
struct EchoNet {
    inner: Arc<dyn Net>,
    echo: SocketAddr,
}

impl Net for EchoNet {
    fn bind(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Listener>>> {
        self.inner.bind(address)
    }

    fn connect(&self, _host: &str, _port: u16) -> BoxFuture<'static, io::Result<Conn>> {
        self.inner.connect(&self.echo.ip().to_string(), self.echo.port())
    }
}

struct NoRelay;

impl Relay for NoRelay {
    fn open(&self, _node: u64, _preamble: &Preamble) -> BoxFuture<'static, Result<Conn, RelayRefused>> {
        Box::pin(async { Err(RelayRefused::NoUnit { generation: 1 }) })
    }

    fn reachable(&self, _node: u64) -> bool {
        false
    }

    fn failed(&self, _node: u64) {}
}

#[tokio::main]
async fn main() {
    let Some(dir) = std::env::args().nth(1) else {
        eprintln!("usage: run_documents DIR");
        std::process::exit(64);
    };
    let mut files = Vec::new();
    collect(Path::new(&dir), &mut files);
    files.sort();
    let echo = serve_echo().await;
    let fragments = fragments(&files);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut documents = 0;
    for file in &files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        let shown = file.strip_prefix(&dir).unwrap_or(file).display();
        let text = text.replace("https://", "http://");
        let Some(needs) = document(&text) else {
            *counts.entry("refused".into()).or_default() += 1;
            continue;
        };
        documents += 1;
        let mut line = format!("{shown}");
        for answer in run(echo, &needs, &fragments).await {
            let status = answer.split(' ').next().unwrap_or_default().to_owned();
            *counts.entry(status).or_default() += 1;
            line.push_str(&format!("\n    {answer}"));
        }
        println!("{line}");
    }
    println!("{} files, {documents} documents run", files.len());
    for (status, count) in counts {
        println!("{status:>8} {count}");
    }
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path if path.extension().is_some_and(|it| it == "xml" || it == "policy") => files.push(path),
            _ => {}
        }
    }
}

/// The document to run, and the ids of what it needs.
struct Needs {
    document: String,
    backends: Vec<String>,
    fragments: Vec<String>,
    named_values: Vec<String>,
}

/// The texts of fragments, by the names of their files in lower case.
fn fragments(files: &[PathBuf]) -> BTreeMap<String, String> {
    let named = |file: &PathBuf| {
        let text = fs::read_to_string(file).ok()?;
        let name = file.file_stem()?.to_string_lossy().to_lowercase();
        text.contains("<fragment").then(|| (name, text.replace("https://", "http://")))
    };
    files.iter().filter_map(named).collect()
}

/// `None`: it is refused.
fn document(text: &str) -> Option<Needs> {
    let checked = check_any(text, &Checking::to_read(Some(ScopeKind::Api)));
    if !checked.is_accepted() {
        return None;
    }
    let ids = |kind| checked.ids_of(kind).map(str::to_owned).collect();
    let document = match checked.kind {
        DocumentKind::Document => text.to_owned(),
        DocumentKind::Fragment => {
            let start = text.find("<fragment")?;
            let start = start + text[start..].find('>')? + 1;
            let end = text.rfind("</fragment>")?;
            format!("<policies><inbound><base/>{}</inbound></policies>", text.get(start..end)?)
        }
        _ => return None,
    };
    let (backends, fragments) = (ids(Reference::Backend), ids(Reference::Fragment));
    Some(Needs { document, backends, fragments, named_values: checked.named_values })
}

async fn run(echo: SocketAddr, needs: &Needs, fragments: &BTreeMap<String, String>) -> Vec<String> {
    // What a named value is pasted into decides what it has to look like.
    let tries = VALUES.map(|value| compile(None, &spec(needs, fragments, value), Changed::All));
    let is_right = |compiled: &&Compiled| compiled.findings.is_empty();
    let Some(compiled) = tries.iter().find(is_right) else {
        let message = tries[0].findings.first().map_or("", |(_, message)| message);
        return vec![format!("refused {message}")];
    };
    let host = Host::system();
    let host = Host { net: Arc::new(EchoNet { inner: host.net.clone(), echo }), ..host };
    let config = DataPlaneConfig {
        node_id: 1,
        limits: Limits::default(),
        fingerprint_key: FINGERPRINT_KEY,
        service_name: "service".into(),
        zone: "zone".into(),
    };
    let plane = DataPlane::new(config, host.clone(), Arc::new(NoRelay));
    let placed = GatewayAssignment { gateway: GATEWAY.into(), nodes: vec![1] };
    let assignment = Assignment { generation: 1, gateways: vec![placed] };
    plane.set_directory(Arc::new(Directory::new(vec![(HOST.to_owned(), GATEWAY.into())], &assignment, 1)));
    let unit = plane.start_unit(&GATEWAY.into(), compiled.shard.clone(), false).expect("a unit");
    let listener = host.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(plane.clone().serve(listener, Scheme::Http, stopped));
    let mut answers = Vec::new();
    for (method, body) in [("GET", ""), ("POST", BODY)] {
        let answer = timeout(PATIENCE, ask(address, method, body)).await;
        answers.push(answer.unwrap_or_else(|_| "hangs".to_owned()));
    }
    plane.stop_unit(unit);
    drop(stop);
    answers
}

/// What named values say that have no telling name.
const VALUES: [&str; 4] = ["value", "60", "dmFsdWU=", "http://value.test"];

fn spec(needs: &Needs, fragments: &BTreeMap<String, String>, plain: &str) -> ShardSpec {
    let mut spec = ShardSpec {
        gateway: GATEWAY.into(),
        revision: 1,
        hosts: [HostBinding { host: HOST.into(), workspace: None }].into(),
        workspaces: BTreeSet::from(["w".into()]),
        passes_on: BTreeMap::new(),
        resources: BTreeMap::new(),
    };
    let mut put = |name: &str, what: Spec| {
        let Ok(name) = Name::parse(name) else { return };
        spec.revision += 1;
        let revision = spec.revision;
        let secrets = match what {
            Spec::Subscription(_) => BTreeMap::from([("primaryKey".to_owned(), key())]),
            _ => BTreeMap::new(),
        };
        let resource = SpecResource { name: name.clone(), spec: what, secrets, revision, created_ms: 0 };
        spec.resources.insert(name.key(), Arc::new(resource));
    };
    let api = v1::Api {
        path: "echo".into(),
        display_name: "Echo".into(),
        service_url: "http://echo.test/base".into(),
        subscription_required: Some(true),
        protocols: vec!["http".into(), "https".into()],
        ..v1::Api::default()
    };
    put("workspaces/w/apis/echo", Spec::Api(api));
    for method in ["GET", "POST"] {
        let parameter = |name: &str| v1::Parameter { name: name.into(), ..v1::Parameter::default() };
        let operation = v1::Operation {
            method: method.into(),
            url_template: "/items/{id}".into(),
            template_parameters: vec![parameter("id")],
            ..v1::Operation::default()
        };
        put(
            &format!("workspaces/w/apis/echo/operations/{}", method.to_lowercase()),
            Spec::Operation(operation),
        );
    }
    let policy = |value: &str| Spec::Policy(v1::Policy { value: value.into(), format: "rawxml".into() });
    put("policies/policy", policy(GLOBAL));
    put("workspaces/w/apis/echo/policies/policy", policy(&needs.document));
    let product =
        v1::Product { display_name: "Shop".into(), state: "published".into(), ..v1::Product::default() };
    put("workspaces/w/products/shop", Spec::Product(product));
    let link = v1::ProductApiLink { api_id: "apis/echo".into() };
    put("workspaces/w/products/shop/apiLinks/echo", Spec::ProductApiLink(link));
    let subscription = v1::Subscription {
        display_name: "Ann's".into(),
        scope: "products/shop".into(),
        state: "active".into(),
        owner_id: "users/ann".into(),
        ..v1::Subscription::default()
    };
    put("workspaces/w/subscriptions/ann", Spec::Subscription(subscription));
    let user = v1::User { email: "ann@example.com".into(), first_name: "Ann".into(), ..v1::User::default() };
    put("users/ann", Spec::User(user));
    for id in &needs.backends {
        let url =
            format!("http://{}.test", id.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        put(
            &format!("workspaces/w/backends/{id}"),
            Spec::Backend(v1::Backend { url, ..v1::Backend::default() }),
        );
    }
    for id in &needs.fragments {
        let known = fragments.iter().find(|(name, _)| name.ends_with(&id.to_lowercase()));
        let value = known.map_or("<fragment/>", |(_, text)| text).to_owned();
        let fragment = v1::PolicyFragment { value, format: "rawxml".into(), ..v1::PolicyFragment::default() };
        put(&format!("workspaces/w/policyFragments/{id}"), Spec::PolicyFragment(fragment));
    }
    for (number, name) in needs.named_values.iter().enumerate() {
        let lower = name.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        let value = match () {
            () if has(&["url", "endpoint", "authority"]) => "http://value.test",
            () if has(&["port", "limit", "seconds", "count"]) => "60",
            () => plain,
        };
        let value =
            v1::NamedValue { display_name: name.clone(), value: value.into(), ..v1::NamedValue::default() };
        put(&format!("workspaces/w/namedValues/v{number}"), Spec::NamedValue(value));
    }
    spec
}

/// The fingerprint of the key that requests have.
fn key() -> SecretSpec {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &FINGERPRINT_KEY);
    SecretSpec { fingerprint: hmac::sign(&key, KEY.as_bytes()).as_ref().to_vec(), plaintext: None }
}

async fn ask(address: SocketAddr, method: &str, body: &str) -> String {
    let request = async {
        let stream = tokio::net::TcpStream::connect(address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri("/echo/items/42?api-version=2024-01-01&q=a%20b&page=2")
            .header("host", HOST)
            .header("ocp-apim-subscription-key", KEY)
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("x-correlation-id", "c-1")
            .header("user-agent", "run-documents")
            .header("origin", "http://app.test")
            .body(Full::new(bytes::Bytes::copy_from_slice(body.as_bytes())))
            .map_err(io::Error::other)?;
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        let text: String = String::from_utf8_lossy(&bytes).chars().take(220).collect();
        let text = text.replace(['\n', '\r'], " ");
        Ok::<_, io::Error>(match status.is_success() {
            true => format!("{} {method} {} bytes", status.as_u16(), bytes.len()),
            false => format!("{} {method} {text}", status.as_u16()),
        })
    };
    request.await.unwrap_or_else(|error| format!("broken {method} {error}"))
}

/// A backend that tells what it was sent, among what token servers and the like would say.
async fn serve_echo() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let service = service_fn(echo);
                let io = TokioIo::new(stream);
                drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
            });
        }
    });
    address
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|it| it.to_bytes()).unwrap_or_default();
    let headers: BTreeMap<String, String> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let answer = serde_json::json!({
        "method": parts.method.as_str(), "url": parts.uri.to_string(), "headers": headers,
        "body": String::from_utf8_lossy(&body), "access_token": TOKEN, "token_type": "Bearer",
        "expires_in": 3600, "active": true, "id": "42", "value": "v", "status": "ok",
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    });
    let answer = Response::builder()
        .header("content-type", "application/json")
        .body(Full::new(answer.to_string().into()));
    Ok(answer.expect("a response"))
}
