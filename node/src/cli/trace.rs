//! `hanse trace`: one request, and every step that its policies took.
//!
//! One idea: a token for a while, a request that carries it, and the trace that the answer names; each of
//! the three can also be had alone.

use super::{
    Failure, Globals, Output, names,
    output::{Out, say},
    session,
    steps::{Step, aligned},
    why::summary,
};
use bytes::Bytes;
use clap::Args;
use hanse::client::{CALL_TIMEOUT, Client};
use hanse_manifest::{message_to_json, message_to_yaml};
use hanse_proto::{Kind, timestamp_ms, v1};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

/// How long the request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of the answer that are read, to be thrown away.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The trace is kept when the answer's head is sent, so looking once is nearly always enough.
const LOOKS_MAX: u32 = 5;
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
#[command(
    after_help = "hanse trace -w demo http://demo-7f3a.gateway.localhost:8080/shop/orders/1 -H 'Ocp-Apim-Subscription-Key: …'\n\
    hanse trace -w demo --api orders --token\n\
    hanse trace --id 0123456789abcdef0123456789abcdef"
)]
pub struct Trace {
    /// Address to call, at a gateway
    #[arg(value_name = "URL", required_unless_present_any = ["id", "token"], conflicts_with_all = ["id", "token"])]
    pub url: Option<String>,
    /// Id of the API's workspace; without it, an API of the service is traced
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Id of the API; without it, the token is for all APIs of the workspace
    #[arg(long)]
    pub api: Option<String>,
    /// Method of the request; with --data POST, else GET
    #[arg(long, short = 'X', value_name = "METHOD")]
    pub method: Option<String>,
    /// Header of the request
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// Body of the request; `@FILE` reads a file
    #[arg(long, short, value_name = "DATA")]
    pub data: Option<String>,
    /// Print the trace with this id, as `Apim-Trace-Id` had it
    #[arg(long, value_name = "TRACE_ID", conflicts_with = "token")]
    pub id: Option<String>,
    /// Print a token alone, for the header Apim-Debug-Authorization
    #[arg(long)]
    pub token: bool,
    /// How long the token is good for, an hour at most
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = super::duration)]
    pub expires: Duration,
}

impl Trace {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
        let mut client = session::client(globals)?;
        if let Some(id) = &self.id {
            let trace = fetch(&mut client, id).await?;
            return show(&out, &trace);
        }
        let token = self.create_token(&mut client).await?;
        let Some(url) = &self.url else {
            return match out.format {
                Output::Json => out.json(&message_to_json(&token)),
                Output::Yaml => out.text(&message_to_yaml(&token)),
                Output::Table => out.line(&token.token),
            };
        };
        let call = self.call(url, &token.token)?;
        let (status, headers) = super::progress::while_working("calling", call.send()).await?;
        let told = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(id) = told("apim-trace-id") else {
            return Err(untraced(status, &headers, url));
        };
        if out.format == Output::Table {
            say(format!("{} {url}: {status}", call.method));
        }
        let trace = fetch(&mut client, id).await?;
        show(&out, &trace)
    }

    async fn create_token(&self, client: &mut Client) -> Result<v1::CreateDebugTokenResponse, Failure> {
        let name = match &self.api {
            Some(api) => names::resource(Kind::Api, api, self.workspace.as_deref())?.as_str().to_owned(),
            None => names::workspace(self.workspace.as_deref())?,
        };
        let expires_after_s = u32::try_from(self.expires.as_secs()).unwrap_or(u32::MAX).max(1);
        let message = v1::CreateDebugTokenRequest { name, expires_after_s };
        let answer = session::call(client, "asking for a token", |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.diagnosis.create_debug_token(request).await }
        });
        Ok(answer.await?)
    }

    fn call(&self, url: &str, token: &str) -> Result<Call, Failure> {
        let wrong = |message: String| Failure::usage(message);
        let uri: Uri = url.parse().map_err(|_| wrong(format!("`{url}` is no URL")))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(wrong(format!("`{url}` is no URL of a gateway")).hint(
                "write it whole, as in http://HOST:8080/path; `hanse get gateways -o yaml` shows hostnames",
            ));
        }
        let mut headers = HeaderMap::new();
        for text in &self.header {
            let (name, value) = text
                .split_once(':')
                .and_then(|(name, value)| {
                    let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
                    Some((name, HeaderValue::from_str(value.trim()).ok()?))
                })
                .ok_or_else(|| wrong(format!("`{text}` is no header; expected `Name: value`")))?;
            headers.append(name, value);
        }
        let token = HeaderValue::from_str(token).map_err(|_| wrong("the token fits no header".to_owned()))?;
        headers.insert("apim-debug-authorization", token);
        let body = match self.data.as_deref().map(|data| (data, data.strip_prefix('@'))) {
            None => Bytes::new(),
            Some((data, None)) => Bytes::copy_from_slice(data.as_bytes()),
            Some((_, Some(file))) => std::fs::read(file)
                .map_err(|error| {
                    Failure::failed(format!("{file}: {}", hanse::client::files::unreadable(&error)))
                })?
                .into(),
        };
        let method = match (&self.method, &self.data) {
            (Some(method), _) => Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                .map_err(|_| wrong(format!("`{method}` is no method")))?,
            (None, Some(_)) => Method::POST,
            (None, None) => Method::GET,
        };
        Ok(Call { uri, method, headers, body })
    }
}

async fn fetch(client: &mut Client, id: &str) -> Result<v1::RequestTrace, Failure> {
    let message = v1::GetTraceRequest { trace_id: id.to_owned() };
    let mut looks = 0;
    loop {
        let answer = session::call(client, "fetching the trace", |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.diagnosis.get_trace(request).await }
        });
        match answer.await {
            Err(hanse::client::CallError::Refused(status))
                if status.code() == tonic::Code::NotFound && looks < LOOKS_MAX =>
            {
                looks += 1;
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            answer => return Ok(answer?),
        }
    }
}

fn untraced(status: StatusCode, headers: &HeaderMap, url: &str) -> Failure {
    let failure = Failure::failed(format!("{url} was answered {status}, and not traced"));
    if headers.contains_key("apim-debug-authorization-wrongapi") && status == StatusCode::NOT_FOUND {
        return failure
            .hint("no API that the token is for has this path: `hanse get apis -A` shows all paths");
    }
    if headers.contains_key("apim-debug-authorization-wrongapi") {
        return failure.hint("it is served by an API that the token is not for: name it with -w and --api");
    }
    if headers.contains_key("apim-debug-authorization-expired") {
        return failure.hint("the token has expired; are the clocks of the nodes right?");
    }
    failure.hint("is that a gateway of this cluster? `hanse get gateways -o yaml` shows hostnames")
}

fn show(out: &Out, trace: &v1::RequestTrace) -> Result<(), Failure> {
    match out.format {
        Output::Json => out.json(&message_to_json(trace)),
        Output::Yaml => out.text(&message_to_yaml(trace)),
        Output::Table => out.text(&text(trace)),
    }
}

fn text(trace: &v1::RequestTrace) -> String {
    let request = trace.request.clone().unwrap_or_default();
    let began = request.time.as_ref().map_or(0, timestamp_ms);
    let steps: Vec<Step> = trace
        .steps
        .iter()
        .map(|step| {
            let after = step.time.as_ref().map_or(0, timestamp_ms).saturating_sub(began).max(0);
            Step {
                section: format!("{:>6} ms  {}", format!("+{after}"), step.section),
                place: Step::place(&step.scope, &step.fragment, step.line),
                path: if step.path.is_empty() { step.source.clone() } else { step.path.clone() },
                message: step.message.clone(),
            }
        })
        .collect();
    let mut text = format!("{}\n{}", summary(&request), aligned(&steps, ""));
    if trace.dropped > 0 {
        text.push_str(&format!("and {} more steps\n", trace.dropped));
    }
    text
}

/// A request that carries a token.
struct Call {
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    async fn send(&self) -> Result<(StatusCode, HeaderMap), Failure> {
        let (host, is_secure) = (self.uri.host().unwrap_or_default(), self.uri.scheme_str() == Some("https"));
        let port = self.uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        // Names below localhost are this machine, whether or not its resolver knows that.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let address = if name.ends_with(".localhost") { "localhost" } else { name };
        let failed = |reason: String| {
            Failure::failed(format!("{host}:{port} cannot be called: {reason}")).hint(
                "`hanse status` shows gateways and hostnames; `hanse trace --token` gives a token for curl",
            )
        };
        let tcp = timeout(CONNECT_TIMEOUT, TcpStream::connect((address, port))).await;
        let tcp =
            tcp.map_err(|_| failed("no answer".to_owned()))?.map_err(|error| failed(error.to_string()))?;
        let exchanged = async {
            match is_secure {
                false => self.exchange(tcp).await,
                true => {
                    let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
                    let stream = secure_client()?.connect(server, tcp).await;
                    self.exchange(stream.map_err(|error| error.to_string())?).await
                }
            }
        };
        let answer = timeout(REQUEST_TIMEOUT, exchanged).await;
        answer.map_err(|_| failed("it did not answer in time".to_owned()))?.map_err(failed)
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<(StatusCode, HeaderMap), String> {
        let told = |error: hyper::Error| error.to_string();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(told)?;
        tokio::spawn(connection);
        let target = self.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut request = http::Request::builder().method(self.method.clone()).uri(target);
        if let Some(headers) = request.headers_mut() {
            *headers = self.headers.clone();
            let authority = self.uri.authority().map_or("", |authority| authority.as_str());
            if let (false, Ok(host)) = (headers.contains_key(header::HOST), HeaderValue::from_str(authority))
            {
                headers.insert(header::HOST, host);
            }
        }
        let request = request.body(Full::new(self.body.clone())).map_err(|error| error.to_string())?;
        let (head, body) = sender.send_request(request).await.map_err(told)?.into_parts();
        // What is in it is of no interest here, but what happens to it is.
        let _ = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        Ok((head.status, head.headers))
    }
}

fn secure_client() -> Result<tokio_rustls::TlsConnector, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config).into())
}
