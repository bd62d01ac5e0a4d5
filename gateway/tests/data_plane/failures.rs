//! Backends and clients that go away, or never come.

use crate::{
    backend::Backend,
    wire::request,
    world::{HOST, plane, until},
};
use futures_util::future::BoxFuture;
use hanse_gateway::host::{Conn, Host, Listener, Net};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Reads a request's head.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut seen).await, Ok(1..)) {
            return false;
        }
    }
    true
}

fn is_internal_error(answer: &crate::wire::Answer) {
    assert_eq!((answer.status, answer.reason.as_str()), (500, "Internal Server Error"));
    let begin = r#"{ "statusCode": 500, "message": "Internal server error", "activityId": ""#;
    assert!(answer.body.starts_with(begin), "{}", answer.body);
    assert_eq!(answer.body.len(), begin.len() + 36 + 3);
}

#[tokio::test]
async fn backend_that_is_down_is_an_internal_error() {
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        listener.local_addr().expect("address")
    };
    let world = plane().api("pets", &format!("http://{address}")).start().await;
    let mut client = world.client().await;
    for _ in 0..2 {
        is_internal_error(&client.get(HOST, "/pets/1", &[]).await);
    }
    assert_eq!(world.plane.units()[0].errors, 2);
}

#[tokio::test]
async fn backend_that_is_slow_is_given_up() {
    let document = r#"<policies><inbound><base /></inbound>
        <backend><forward-request timeout-ms="100" /></backend><outbound><base /></outbound>
        <on-error><set-header name="X-Failed"><value>yes</value></set-header></on-error></policies>"#;
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).policy("pets", document).start().await;
    let mut client = world.client().await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    let answer = client.get(HOST, "/pets/wait", &[]).await;
    is_internal_error(&answer);
    assert_eq!(answer.header("x-failed"), Some("yes"));
    until("the connection is closed, not kept", || backend.open.load(SeqCst) == 0).await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
}

#[tokio::test]
async fn backend_gone_half_way_breaks_the_answer_off() {
    for head in ["Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let backend = Backend::raw(move |mut stream| async move {
            if read_head(&mut stream).await {
                let answer = format!("HTTP/1.1 200 OK\r\n{head}");
                stream.write_all(answer.as_bytes()).await.expect("write");
            }
        })
        .await;
        let world = plane().api("pets", &backend.url()).start().await;
        let answer = world.get("/pets/1", &[]).await;
        assert_eq!((answer.status, answer.body.as_str(), answer.is_whole), (200, "half", false));
        world.until("it is counted", |plane| plane.units()[0].errors == 1).await;
        world.until("it is over", |plane| plane.units()[0].connections == 0).await;
    }
}

#[tokio::test]
async fn backend_that_speaks_no_http_is_an_internal_error() {
    let backend = Backend::raw(|mut stream| async move {
        if read_head(&mut stream).await {
            stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").await.expect("write");
        }
    })
    .await;
    let world = plane().api("pets", &backend.url()).start().await;
    is_internal_error(&world.get("/pets/1", &[]).await);
}

/// Answers once on each connection and closes the second time, without a word.
async fn forgetful() -> Backend {
    Backend::raw(|mut stream| async move {
        if read_head(&mut stream).await {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.expect("write");
            read_head(&mut stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn pooled_connection_that_was_closed_is_replaced_once() {
    let backend = forgetful().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    for requests in 1..5 {
        assert_eq!(client.get(HOST, "/pets/1", &[]).await.body, "ok");
        assert_eq!(backend.connections.load(SeqCst), requests, "each needs a new one");
    }
}

#[tokio::test]
async fn request_that_may_have_had_an_effect_is_not_repeated() {
    let backend = forgetful().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.body, "ok");
    client.send("POST /pets/1 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 1\r\n\r\nx").await;
    is_internal_error(&client.answer().await);
    assert_eq!(backend.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn client_gone_half_way_cancels_the_call() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 1).await;
    drop(client);
    until("the backend sees it", || backend.open.load(SeqCst) == 0).await;
    world
        .until("nothing is left of it", |plane| {
            let unit = &plane.units()[0];
            unit.connections == 0 && unit.in_flight == 0
        })
        .await;
}

#[tokio::test]
async fn client_gone_within_its_body_cancels_the_call() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send("POST /pets/1 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\nhalf").await;
    until("it reached the backend", || backend.requests.load(SeqCst) == 1).await;
    drop(client);
    until("the backend sees it", || backend.open.load(SeqCst) == 0).await;
    world.until("nothing is left of it", |plane| plane.units()[0].in_flight == 0).await;
}

#[tokio::test]
async fn client_that_does_not_read_stops_the_backend() {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = written.clone();
    let backend = Backend::raw(move |mut stream| {
        let counter = counter.clone();
        async move {
            read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await.expect("write");
            let chunk = vec![b'x'; 64 * 1024];
            while let Ok(bytes @ 1..) = stream.write(&chunk).await {
                counter.fetch_add(bytes, SeqCst);
            }
        }
    })
    .await;
    let world = plane()
        .api("pets", &backend.url())
        .limits(|limits| limits.idle_timeout = std::time::Duration::from_millis(300))
        .start()
        .await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/1", &[])).await;
    assert!(client.have(1024).await);
    // Nobody reads on: the connection is given up, and with it the backend's, which was held back
    // by what the sockets between them hold.
    until("the backend is rid of it", || backend.open.load(SeqCst) == 0).await;
    assert!(written.load(SeqCst) < 100_000_000, "{written:?}");
}

/// Never connects to anything.
struct Nowhere(Arc<dyn Net>);

impl Net for Nowhere {
    fn bind(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Listener>>> {
        self.0.bind(address)
    }

    fn connect(&self, _host: &str, _port: u16) -> BoxFuture<'static, io::Result<Conn>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn backend_that_does_not_accept_is_given_up() {
    let mut host = Host::system();
    host.net = Arc::new(Nowhere(host.net.clone()));
    let short = std::time::Duration::from_millis(100);
    let world = plane()
        .host(host.clone())
        .api("pets", "http://backend.test")
        .limits(|limits| limits.connect_timeout = short)
        .start()
        .await;
    is_internal_error(&world.get("/pets/1", &[]).await);
    // What the policy allows includes the time to connect.
    let document = r#"<policies><inbound><base /></inbound>
        <backend><forward-request timeout-ms="100" /></backend><outbound><base /></outbound></policies>"#;
    let world = plane().host(host).api("pets", "http://backend.test").policy("pets", document).start().await;
    is_internal_error(&world.get("/pets/1", &[]).await);
}

#[tokio::test]
async fn https_backend_that_cannot_be_trusted_is_an_internal_error() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &format!("https://{}", backend.address)).start().await;
    is_internal_error(&world.get("/pets/1", &[]).await);
    assert_eq!(backend.requests.load(SeqCst), 0, "nothing was sent in the clear");
}

/// Panics when it is asked for a connection to a certain port.
struct Trap {
    inner: Arc<dyn Net>,
    port: u16,
}

impl Net for Trap {
    fn bind(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Listener>>> {
        self.inner.bind(address)
    }

    fn connect(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Conn>> {
        assert_ne!(port, self.port, "on purpose");
        self.inner.connect(host, port)
    }
}

#[tokio::test]
async fn panic_ends_one_request_and_nothing_else() {
    let backend = Backend::start().await;
    let mut host = Host::system();
    host.net = Arc::new(Trap { inner: host.net.clone(), port: 9 });
    let world =
        plane().host(host).api("trap", "http://127.0.0.1:9").api("pets", &backend.url()).start().await;
    let mut bystander = world.client().await;
    bystander.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 1).await;
    for panics in 1..4 {
        let mut client = world.client().await;
        let answer = client.get(HOST, "/trap/1", &[]).await;
        answer.is_refusal(500, "Internal server error");
        assert!(client.is_closed().await);
        assert_eq!(world.plane.units()[0].panics, panics);
    }
    backend.gate.add_permits(1);
    assert_eq!(bystander.answer().await.status, 200);
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    world.until("nothing is left", |plane| plane.units()[0].in_flight == 0).await;
}
