//! Every bound, at it and one past it.

use crate::{
    backend::Backend,
    wire::{Wire, request},
    world::{HOST, plane, until},
};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SHORT: Duration = Duration::from_millis(200);

/// A request whose line and headers have exactly so many bytes.
fn head_of(bytes: usize) -> String {
    let frame = request("GET", HOST, "/pets/1", &[("X", "")]).len();
    request("GET", HOST, "/pets/1", &[("X", &"x".repeat(bytes - frame))])
}

/// Connections on which the next request is the first one, and a later one.
async fn fresh_and_used(world: &crate::world::World) -> [Wire; 2] {
    let mut used = world.client().await;
    assert_eq!(used.get(HOST, "/pets/1", &[]).await.status, 200);
    [world.client().await, used]
}

#[tokio::test]
async fn head_is_bounded_in_bytes() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.header_bytes_max = 16_384).start().await;
    for mut client in fresh_and_used(&world).await {
        client.send(head_of(16_384)).await;
        assert_eq!(client.answer().await.status, 200);
    }
    for mut client in fresh_and_used(&world).await {
        client.send(head_of(16_385)).await;
        client.answer().await.is_refusal(431, "Request header fields are too large");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn headers_are_bounded_in_number() {
    // The backend has the same bound, and a request gets a header more on the way.
    let document = "<policies><inbound><return-response /></inbound></policies>";
    let world = plane().api("pets", "http://nobody.test").policy("pets", document).start().await;
    let with = |count: usize| request("GET", HOST, "/pets/1", &vec![("X", "y"); count - 1]);
    for mut client in fresh_and_used(&world).await {
        client.send(with(100)).await;
        assert_eq!(client.answer().await.status, 200);
    }
    for mut client in fresh_and_used(&world).await {
        client.send(with(101)).await;
        client.answer().await.is_refusal(431, "Request header fields are too large");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn url_is_bounded() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.url_bytes_max = 1_000).start().await;
    let url = |length: usize| format!("/pets/1?{}", "x".repeat(length - 8));
    for mut client in fresh_and_used(&world).await {
        assert_eq!(client.get(HOST, &url(1_000), &[]).await.status, 200);
    }
    for mut client in fresh_and_used(&world).await {
        client.get(HOST, &url(1_001), &[]).await.is_refusal(414, "Request URL is too long");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn request_body_is_bounded() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.request_body_bytes_max = 10).start().await;
    let told = |length: usize| {
        let body = "x".repeat(length);
        format!("POST /pets/1 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    let chunked = |length: usize| {
        let body = "x".repeat(length);
        format!(
            "POST /pets/1 HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        )
    };
    for at_bound in [told(10), chunked(10)] {
        let mut client = world.client().await;
        client.send(at_bound).await;
        assert!(client.answer().await.body.ends_with("body: 10\n"));
    }
    for beyond in [told(11), chunked(11)] {
        let mut client = world.client().await;
        client.send(beyond).await;
        client.answer().await.is_refusal(413, "Request body is too large");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn head_that_drips_is_given_up() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.header_timeout = SHORT).start().await;
    for mut client in fresh_and_used(&world).await {
        client.send("GET /pets/1 HTTP/1.1\r\nHost: gw.test\r\nX-Slow: ").await;
        client.answer().await.is_refusal(408, "Request timeout");
        assert!(client.is_closed().await);
    }
    // A connection on which nothing is said is closed without a word.
    assert!(world.client().await.is_closed().await);
    world.until("the unit has none left", |plane| plane.units()[0].connections == 0).await;
}

#[tokio::test]
async fn idle_connection_is_closed() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.idle_timeout = SHORT).start().await;
    let mut client = world.client().await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn requests_of_a_unit_are_bounded() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.unit_requests_max = 2).start().await;
    let mut waiting = [world.client().await, world.client().await];
    for client in &mut waiting {
        client.send(request("GET", HOST, "/pets/wait", &[])).await;
    }
    until("both wait at the backend", || backend.requests.load(SeqCst) == 2).await;
    let answer = world.get("/pets/1", &[]).await;
    answer.is_refusal(503, "Service unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(world.plane.units()[0].shed, 1);
    // Which of them the backend answers first is its business.
    backend.gate.add_permits(2);
    for client in &mut waiting {
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
}

#[tokio::test]
async fn connections_of_a_unit_are_bounded() {
    let backend = Backend::start().await;
    let world = plane()
        .api("pets", &backend.url())
        .limits(|limits| {
            limits.unit_connections_max = 2;
            limits.hold = SHORT;
        })
        .start()
        .await;
    let mut two = [world.client().await, world.client().await];
    for client in &mut two {
        assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    }
    let answer = world.get("/pets/1", &[]).await;
    answer.is_refusal(503, "Service unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    drop(two);
    world.until("they are gone", |plane| plane.units()[0].connections == 0).await;
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
}

#[tokio::test]
async fn connections_of_the_front_door_are_bounded() {
    let backend = Backend::start().await;
    let world =
        plane().api("pets", &backend.url()).limits(|limits| limits.door_connections_max = 1).start().await;
    // One that says nothing holds the only place; only then is the next one turned away.
    let mut silent = world.client().await;
    silent.send("GET /pets/1 HTTP/1.1\r\n").await;
    world.client().await.answer().await.is_refusal(503, "Service unavailable");
    assert_eq!(world.plane.door().shed, 1);
    silent.send("Host: gw.test\r\n\r\n").await;
    assert_eq!(silent.answer().await.status, 200);
    // Handed over, it is the unit's.
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
}

#[tokio::test]
async fn head_of_an_answer_is_bounded() {
    const MAX: usize = 16_384;
    for (bytes, status) in [(MAX, 200), (MAX + 1, 500)] {
        let frame = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \r\n\r\n".len();
        let fill = "x".repeat(bytes - frame);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: {fill}\r\n\r\n");
        let backend = Backend::raw(move |mut stream| {
            let head = head.clone();
            async move {
                let mut seen = [0; 1024];
                // The head may be refused before it is sent.
                if stream.read(&mut seen).await.is_ok() && stream.write_all(head.as_bytes()).await.is_ok() {
                    let _ = stream.read(&mut seen).await;
                }
            }
        })
        .await;
        let world = plane()
            .api("pets", &backend.url())
            .limits(|limits| limits.backend_header_bytes_max = MAX)
            .start()
            .await;
        assert_eq!(world.get("/pets/1", &[]).await.status, status, "{bytes}");
    }
}

#[tokio::test]
async fn connections_to_an_authority_are_bounded() {
    let backend = Backend::start().await;
    let world = plane()
        .api("pets", &backend.url())
        .limits(|limits| limits.authority_connections_max = 1)
        .start()
        .await;
    let mut first = world.client().await;
    first.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 1).await;
    let answer = world.get("/pets/1", &[]).await;
    answer.is_refusal(503, "Service unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    backend.gate.add_permits(1);
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    assert_eq!(backend.connections.load(SeqCst), 1);
}
