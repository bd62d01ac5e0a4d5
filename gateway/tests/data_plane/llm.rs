//! Language models: tokens counted, limited and measured while answers stream past.

use crate::{
    backend::Backend,
    wire::Answer,
    world::{World, plane, put, put_policy},
};
use bytes::Bytes;
use hanse_gateway::spec::ShardSpec;
use hanse_proto::v1::{self, resource::Spec};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, atomic::Ordering::SeqCst},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Barrier, Semaphore},
};

const STREAMS: u64 = 100;

/// What stream number `n` says it took.
fn prompt_of(n: u64) -> u64 {
    10 + n
}

fn completion_of(n: u64) -> u64 {
    3 * n + 1
}

fn all_tokens() -> u64 {
    (0..STREAMS).map(|n| prompt_of(n) + completion_of(n)).sum()
}

/// A model. `/stream/N` streams its answer when as many requests as `together` have come, `/json/N`
/// answers at once, both with the usage of stream N; `/slow` sends one event, and the rest when the gate
/// opens; `/mute` streams text and tells no usage.
async fn model(together: usize, gate: Arc<Semaphore>) -> Backend {
    let barrier = Arc::new(Barrier::new(together));
    Backend::raw(move |stream| serve(stream, barrier.clone(), gate.clone())).await
}

fn no_gate() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(0))
}

async fn serve(mut stream: TcpStream, together: Arc<Barrier>, gate: Arc<Semaphore>) {
    let mut read = Vec::new();
    while let Some((path, rest)) = request(&mut stream, &mut read).await {
        read = rest;
        let number = || path.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let usage = |n: u64| {
            let (prompt, completion) = (prompt_of(n), completion_of(n));
            format!(
                r#""usage":{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{}}}"#,
                prompt + completion
            )
        };
        let text = r#"{"choices":[{"delta":{"content":"Hello, world!"}}],"usage":null}"#;
        if path.contains("/json/") {
            let body = format!(r#"{{"choices":[{{"message":{{"content":"Hello"}}}}],{}}}"#, usage(number()));
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
            if write(&mut stream, &format!("{head}: {}\r\n\r\n{body}", body.len())).await.is_none() {
                return;
            }
            continue;
        }
        if path.contains("/stream/") {
            together.wait().await;
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut events = vec![text.to_owned(), text.to_owned()];
        if !path.ends_with("/mute") {
            events.push(format!(r#"{{"choices":[],{}}}"#, usage(number())));
        }
        events.push("[DONE]".to_owned());
        if write(&mut stream, head).await.is_none() {
            return;
        }
        for (at, event) in events.iter().enumerate() {
            if at == 1 && path.ends_with("/slow") {
                gate.acquire().await.expect("never closed").forget();
            }
            let event = format!("data: {event}\n\n");
            // Cut in two, as networks do.
            let (first, second) = event.split_at(event.len() / 2);
            for piece in [first, second] {
                if write(&mut stream, &format!("{:x}\r\n{piece}\r\n", piece.len())).await.is_none() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        }
        if write(&mut stream, "0\r\n\r\n").await.is_none() {
            return;
        }
    }
}

async fn write(stream: &mut TcpStream, text: &str) -> Option<()> {
    stream.write_all(text.as_bytes()).await.ok()
}

/// The path of the next request, and what came behind it.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        let text = String::from_utf8_lossy(read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap_or(0);
            if body.len() >= length {
                let path = head.split(' ').nth(1)?.to_owned();
                return Some((path, body.as_bytes()[length..].to_vec()));
            }
        }
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
}

async fn world(backend: &Backend, policies: &str) -> World {
    let document = format!("<policies><inbound><base />{policies}</inbound></policies>");
    plane().api("llm", &backend.url()).policy("llm", &document).start().await
}

fn post(path: &str) -> String {
    let body = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello, world!"}]}"#;
    format!(
        "POST {path} HTTP/1.1\r\nHost: gw.test\r\nAccept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn ask(world: &World, path: &str) -> Answer {
    let mut client = world.client().await;
    client.send(post(path)).await;
    client.answer_to("POST").await
}

/// Asks for all streams at once and reads them to their end.
async fn stream_all(world: &World) {
    let streams = (0..STREAMS).map(|n| async move { ask(world, &format!("/llm/stream/{n}")).await });
    for answer in futures_util::future::join_all(streams).await {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.ends_with("data: [DONE]\n\n") && answer.is_whole);
    }
}

#[tokio::test]
async fn a_hundred_streams_at_once_are_counted_to_the_token() {
    // The next call needs one token, or twelve where prompts are estimated.
    for (estimates, needed) in [("false", 1), ("true", 12)] {
        for (left, status) in [(needed - 1, 429), (needed, 200)] {
            let budget = all_tokens() + left;
            let backend = model(usize::try_from(STREAMS).unwrap(), no_gate()).await;
            let limit = format!(
                "<llm-token-limit counter-key='k' tokens-per-minute='{budget}' \
                 estimate-prompt-tokens='{estimates}' />"
            );
            let world = world(&backend, &limit).await;
            stream_all(&world).await;
            let answer = ask(&world, "/llm/json/0").await;
            assert_eq!(answer.status, status, "{estimates}, {left} left: {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_is_left_of_a_budget_is_told_exactly() {
    let backend = model(usize::try_from(STREAMS).unwrap(), no_gate()).await;
    let limit = "<llm-token-limit counter-key='k' tokens-per-minute='1000000' estimate-prompt-tokens='true' \
        remaining-tokens-header-name='x-left' tokens-consumed-header-name='x-took' />";
    let world = world(&backend, limit).await;
    stream_all(&world).await;
    let mut left = 1_000_000 - all_tokens();
    for n in [0, 5] {
        let answer = ask(&world, &format!("/llm/json/{n}")).await;
        let took = prompt_of(n) + completion_of(n);
        left -= took;
        assert_eq!(answer.header("x-took"), Some(took.to_string().as_str()));
        assert_eq!(answer.header("x-left"), Some(left.to_string().as_str()));
        assert!(answer.body.contains("\"usage\""), "{answer:?}");
    }
}

#[tokio::test]
async fn tokens_beyond_the_minutes_limit_are_429() {
    let backend = model(1, no_gate()).await;
    let limit = "<azure-openai-token-limit counter-key='@(context.Request.IpAddress)' tokens-per-minute='20' \
        estimate-prompt-tokens='false' />";
    let world = world(&backend, limit).await;
    let statuses =
        [ask(&world, "/llm/json/0").await, ask(&world, "/llm/stream/0").await].map(|answer| answer.status);
    assert_eq!(statuses, [200, 200]);
    let refused = ask(&world, "/llm/json/0").await;
    let seconds = refused.header("retry-after").expect("when to come back").to_owned();
    refused.is_refusal(429, &format!("Token limit is exceeded. Try again in {seconds} seconds."));
}

#[tokio::test]
async fn stream_is_neither_held_back_nor_changed() {
    let gate = no_gate();
    let backend = model(1, gate.clone()).await;
    let limit = "<llm-token-limit counter-key='k' tokens-per-minute='1000' estimate-prompt-tokens='true' \
        remaining-tokens-header-name='x-left' tokens-consumed-header-name='x-took' />";
    let world = world(&backend, limit).await;
    let mut client = world.client().await;
    client.send(post("/llm/slow")).await;
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("world!") {
        assert_ne!(
            client.stream.read_buf(&mut seen).await.expect("read"),
            0,
            "the first event comes by itself"
        );
    }
    let head = String::from_utf8_lossy(&seen).to_ascii_lowercase();
    assert!(head.contains("x-took: 12\r\n") && head.contains("x-left: 988\r\n"), "{head}");
    gate.add_permits(1);
    while !seen.ends_with(b"0\r\n\r\n") {
        assert_ne!(client.stream.read_buf(&mut seen).await.expect("read"), 0);
    }
    let whole = String::from_utf8(seen).expect("text");
    assert!(whole.contains(r#""total_tokens":11}"#), "{whole}");
}

#[tokio::test]
async fn stream_that_tells_no_usage_or_is_left_early_is_estimated() {
    let gate = no_gate();
    let backend = model(1, gate).await;
    let limit = "<llm-token-limit counter-key='k' tokens-per-minute='1000' estimate-prompt-tokens='true' \
        remaining-tokens-header-name='x-left' />";
    let world = world(&backend, limit).await;
    assert_eq!(ask(&world, "/llm/mute").await.status, 200);
    // Twelve of the prompt, twice four of the answer.
    let left = ask(&world, "/llm/json/0").await;
    assert_eq!(left.header("x-left"), Some((1_000 - 20 - 11).to_string().as_str()));
    let mut client = world.client().await;
    client.send(post("/llm/slow")).await;
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("world!\"}}],\"usage\":null}\n\n") {
        assert_ne!(client.stream.read_buf(&mut seen).await.expect("read"), 0);
    }
    drop(client);
    world.until("it is over", |plane| plane.units()[0].in_flight == 0).await;
    let left = ask(&world, "/llm/json/0").await;
    assert_eq!(left.header("x-left"), Some((1_000 - 20 - 11 - 16 - 11).to_string().as_str()));
}

#[tokio::test]
async fn metrics_are_kept_by_workspace_and_can_be_read() {
    let backend = model(1, no_gate()).await;
    let policies = "<llm-emit-token-metric namespace='tokens'><dimension name='API ID' />\
        <dimension name='Client' value='@(context.Request.IpAddress)' /></llm-emit-token-metric>\
        <emit-metric name='calls' value='@(2)'><dimension name='API ID' /></emit-metric>";
    let world = world(&backend, policies).await;
    for path in ["/llm/json/1", "/llm/stream/2"] {
        assert_eq!(ask(&world, path).await.status, 200);
    }
    world.until("both are over", |plane| plane.units()[0].in_flight == 0).await;
    let metrics = world.plane.metrics(world.units[0]).await.expect("the unit runs");
    assert_eq!(metrics.len(), 1);
    assert_eq!((&*metrics[0].workspace, metrics[0].dropped), ("w", 0));
    let series: Vec<_> = metrics[0].series.iter().map(|it| (&*it.name, it.sum as u64, it.count)).collect();
    assert_eq!(
        series,
        [
            ("calls", 4, 2),
            ("Completion Tokens", 4 + 7, 2),
            ("Prompt Tokens", 11 + 12, 2),
            ("Total Tokens", 15 + 19, 2)
        ]
    );
    let dimensions: Vec<_> =
        metrics[0].series[1].dimensions.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(dimensions, [("API ID", "llm"), ("Client", "127.0.0.1")]);
}

/// A service that is asked about texts: numbers and severities by what is in them.
async fn service() -> (Backend, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = asked.clone();
    let backend = Backend::raw(move |stream| {
        let log = log.clone();
        async move {
            let answer = move |request: Request<Incoming>| {
                let log = log.clone();
                async move {
                    let target = request.uri().to_string();
                    let key =
                        request.headers().get("api-key").map(|key| key.to_str().expect("text").to_owned());
                    let body = request.into_body().collect().await.expect("body").to_bytes();
                    let body = String::from_utf8(body.to_vec()).expect("text");
                    let numbers = if body.contains("cat") { "1, 0.02" } else { "0, 1" };
                    let severity = if body.contains("hate") { 6 } else { 0 };
                    let answer = match target.contains("contentsafety") {
                        true => format!(
                            r#"{{"categoriesAnalysis":[{{"category":"Hate","severity":{severity}}}]}}"#
                        ),
                        false => format!(r#"{{"data":[{{"embedding":[{numbers}]}}]}}"#),
                    };
                    log.lock().unwrap().push(format!("{target} {}", key.unwrap_or_default()));
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer))))
                }
            };
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        }
    })
    .await;
    (backend, asked)
}

fn put_service(spec: &mut ShardSpec, url: &str) {
    let list = |name: &str, value: &str| {
        BTreeMap::from([(name.to_owned(), v1::StringList { values: vec![value.to_owned()] })])
    };
    let (header, query) = (list("api-key", "secret"), list("x", "1"));
    let credentials = v1::BackendCredentials { header, query, ..v1::BackendCredentials::default() };
    let backend = v1::Backend {
        url: format!("{url}/service"),
        protocol: "http".into(),
        credentials: Some(credentials),
        ..v1::Backend::default()
    };
    put(spec, "workspaces/w/backends/service", Spec::Backend(backend), BTreeMap::new());
}

fn chat(path: &str, text: &str) -> String {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]}}"#);
    format!(
        "POST {path} HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn say(world: &World, text: &str) -> Answer {
    let mut client = world.client().await;
    client.send(chat("/llm/chat", text)).await;
    client.answer_to("POST").await
}

async fn world_with_service(model: &Backend, service: &Backend, document: &str) -> World {
    let mut world = plane().api("llm", &model.url()).start().await;
    world.change(|spec| {
        put_service(spec, &service.url());
        put_policy(spec, "llm", document);
    });
    world
}

#[tokio::test]
async fn prompt_like_one_before_is_answered_without_the_model() {
    let (model, (service, asked)) = (Backend::start().await, service().await);
    let document = "<policies><inbound><base /><llm-semantic-cache-lookup score-threshold='0.05' \
        embeddings-backend-id='service' embeddings-backend-auth='system-assigned' /></inbound>\
        <outbound><llm-semantic-cache-store duration='60' />\
        <set-header name='x-behind'><value>1</value></set-header></outbound></policies>";
    let world = world_with_service(&model, &service, document).await;
    let first = say(&world, "a cat").await;
    assert_eq!((first.status, model.requests.load(SeqCst)), (200, 1));
    let again = say(&world, "one more cat").await;
    assert_eq!((again.status, model.requests.load(SeqCst)), (200, 1));
    assert_eq!((&again.body, again.header("x-backend")), (&first.body, Some("yes")));
    assert_eq!(again.header("x-behind"), Some("1"), "outbound goes on behind the store");
    assert_eq!(say(&world, "a dog").await.status, 200);
    assert_eq!(model.requests.load(SeqCst), 2);
    assert_eq!(*asked.lock().unwrap(), ["/service?x=1 secret"; 3], "asked as the backend's resource says");
    // A lookup that fails is none.
    drop(service);
    assert_eq!(say(&world, "a bird").await.status, 200);
}

#[tokio::test]
async fn prompt_that_is_not_safe_does_not_reach_the_model() {
    let (model, (service, asked)) = (Backend::start().await, service().await);
    let document = "<policies><inbound><base /><llm-content-safety backend-id='service' shield-prompt='true'>\
        <categories><category name='Hate' threshold='4' /></categories></llm-content-safety></inbound></policies>";
    let world = world_with_service(&model, &service, document).await;
    assert_eq!(say(&world, "love").await.status, 200);
    say(&world, "hate").await.is_refusal(403, "Request failed content safety check.");
    assert_eq!(model.requests.load(SeqCst), 1);
    let asked = asked.lock().unwrap();
    assert_eq!(
        asked[..2],
        [
            "/service/contentsafety/text:shieldPrompt?x=1&api-version=2024-09-01 secret",
            "/service/contentsafety/text:analyze?x=1&api-version=2024-09-01 secret"
        ]
    );
}
