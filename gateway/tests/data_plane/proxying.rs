//! What passes through, and how.

use crate::{
    backend::Backend,
    wire::{Wire, request},
    world::{HOST, plane, put_api, put_policy, until},
};
use std::sync::atomic::Ordering::SeqCst;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn document(inbound: &str, outbound: &str) -> String {
    format!(
        "<policies><inbound><base />{inbound}</inbound><backend><base /></backend>\
         <outbound><base />{outbound}</outbound><on-error><base /></on-error></policies>"
    )
}

#[tokio::test]
async fn request_reaches_the_backend_as_the_rules_say() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &format!("{}/base", backend.url())).start().await;
    let answer = world
        .get(
            "/pets/a%2Fb/c/?x=1&y=%20",
            &[
                ("X-Own", "1"),
                ("X-Own", "2"),
                ("X-Forwarded-For", "10.0.0.1"),
                ("Connection", "keep-alive, X-Hop"),
                ("X-Hop", "gone"),
                ("TE", "trailers"),
                ("Proxy-Authorization", "Basic x"),
                ("Ocp-Apim-Trace", "true"),
            ],
        )
        .await;
    assert_eq!(answer.status, 200);
    let lines: Vec<&str> = answer.body.lines().collect();
    assert_eq!(lines[0], "GET /base/a%2Fb/c/?x=1&y=%20");
    let mut headers: Vec<&str> = lines[1..lines.len() - 1].to_vec();
    headers.sort_unstable();
    let host = format!("host: {}", backend.address);
    assert_eq!(headers, [host.as_str(), "x-forwarded-for: 10.0.0.1, 127.0.0.1", "x-own: 1", "x-own: 2"]);
    assert_eq!(answer.header("x-backend"), Some("yes"));
    assert_eq!(answer.header("keep-alive"), None, "about the backend's connection");
    assert_eq!(answer.headers.iter().filter(|(name, _)| name == "date").count(), 1);
}

#[tokio::test]
async fn policies_act_on_both_ways() {
    let inbound = r#"<set-header name="X-In"><value>in</value></set-header>
        <set-header name="Host"><value>other.example</value></set-header>
        <set-header name="X-Forwarded-For" exists-action="delete" />"#;
    let outbound = r#"<set-header name="X-Out"><value>out</value></set-header>
        <set-header name="X-Backend" exists-action="delete" />"#;
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).policy("pets", &document(inbound, outbound)).start().await;
    // A client cannot have removed what a policy adds.
    let answer = world.get("/pets/1", &[("Connection", "X-In, X-Out")]).await;
    assert!(answer.body.contains("x-in: in\n"), "{}", answer.body);
    assert!(answer.body.contains("host: other.example\n"), "{}", answer.body);
    assert!(!answer.body.contains("x-forwarded-for"), "{}", answer.body);
    assert_eq!(answer.header("x-out"), Some("out"));
    assert_eq!(answer.header("x-backend"), None);
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send("POST /pets/echo HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    client.send("5\r\nfirst\r\n").await;
    // The beginning is back before the end was sent.
    let mut seen = Vec::new();
    while !seen.ends_with(b"5\r\nfirst\r\n") {
        assert_ne!(client.stream.read_buf(&mut seen).await.expect("read"), 0);
    }
    assert!(seen.starts_with(b"HTTP/1.1 200 OK\r\n"));
    client.send("6\r\nsecond\r\n0\r\n\r\n").await;
    while !seen.ends_with(b"6\r\nsecond\r\n0\r\n\r\n") {
        assert_ne!(client.stream.read_buf(&mut seen).await.expect("read"), 0);
    }
    assert_eq!(client.get(HOST, "/pets/next", &[]).await.status, 200);
    assert_eq!(backend.connections.load(SeqCst), 1, "the connection to the backend is used again");
}

#[tokio::test]
async fn large_body_comes_back_whole() {
    const BYTES: usize = 8 * 1024 * 1024;
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send(format!("PUT /pets/echo HTTP/1.1\r\nHost: gw.test\r\nContent-Length: {BYTES}\r\n\r\n")).await;
    let (mut reader, mut writer) = client.stream.split();
    let body: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
    let send = writer.write_all(&body);
    let read = async {
        let mut seen = Vec::with_capacity(BYTES + 1024);
        loop {
            let head = seen.windows(4).take(1024).position(|window| window == b"\r\n\r\n");
            if head.is_some_and(|head| seen.len() == head + 4 + BYTES) {
                return seen.split_off(head.expect("found") + 4);
            }
            assert_ne!(reader.read_buf(&mut seen).await.expect("read"), 0);
        }
    };
    let (sent, seen) = tokio::join!(send, read);
    sent.expect("write");
    assert!(seen == body);
}

#[tokio::test]
async fn answers_without_bodies_are_framed_right() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send(request("HEAD", HOST, "/pets/1", &[])).await;
    let head = client.answer_to("HEAD").await;
    let length: usize = head.header("content-length").and_then(|value| value.parse().ok()).expect("length");
    assert!(length > 10, "{head:?}");
    for status in [204, 304] {
        let answer = client.get(HOST, &format!("/pets/status/{status}"), &[]).await;
        assert_eq!((answer.status, answer.header("transfer-encoding")), (status, None));
    }
    assert_eq!(client.get(HOST, "/pets/status/500", &[]).await.status, 500);
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    assert_eq!(backend.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    let all: String = (0..20).map(|number| request("GET", HOST, &format!("/pets/{number}"), &[])).collect();
    client.send(all).await;
    for number in 0..20 {
        let answer = client.answer().await;
        assert!(answer.body.starts_with(&format!("GET /{number}\n")), "{}", answer.body);
    }
}

#[tokio::test]
async fn http_1_0_is_served_and_closed() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send("GET /pets/1 HTTP/1.0\r\nHost: gw.test\r\n\r\n").await;
    let mut seen = String::new();
    client.stream.read_to_string(&mut seen).await.expect("read");
    assert!(seen.starts_with("HTTP/1.0 200 OK\r\n") || seen.starts_with("HTTP/1.1 200 OK\r\n"), "{seen}");
    assert!(seen.contains("GET /1\n"), "{seen}");
}

#[tokio::test]
async fn expectation_of_100_is_met() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client
        .send("POST /pets/1 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.answer_to("HEAD").await.status, 100);
    client.send("abc").await;
    let answer = client.answer().await;
    assert!(answer.body.ends_with("body: 3\n"), "{}", answer.body);
}

#[tokio::test]
async fn new_shard_is_seen_by_the_next_request_and_loses_none() {
    let backend = Backend::start().await;
    let url = backend.url();
    let mut world = plane().api("pets", &url).units(2).start().await;
    let waiting: Vec<Wire> = {
        let mut waiting = Vec::new();
        for _ in 0..4 {
            let mut client = world.client().await;
            client.send(request("GET", HOST, "/pets/wait", &[])).await;
            waiting.push(client);
        }
        waiting
    };
    until("requests wait at the backend", || backend.requests.load(SeqCst) == 4).await;
    let mut steady = world.client().await;
    for round in 0..50 {
        let value = format!("round-{round}");
        let outbound = format!(r#"<set-header name="X-Round"><value>{value}</value></set-header>"#);
        world.change(|spec| put_policy(spec, "pets", &document("", &outbound)));
        let answer = steady.get(HOST, "/pets/1", &[]).await;
        assert_eq!((answer.status, answer.header("x-round")), (200, Some(value.as_str())));
    }
    // Those that began before end by the shard they began with.
    backend.gate.add_permits(4);
    for mut client in waiting {
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("x-round")), (200, None));
    }
    world.change(|spec| put_api(spec, "dogs", &url, false));
    assert_eq!(steady.get(HOST, "/dogs/1", &[]).await.status, 200);
    world
        .until("units report the revision", |plane| {
            plane.units().iter().all(|unit| unit.revision == world.spec.revision && unit.errors == 0)
        })
        .await;
}
