//! Proxies on the way to a backend.

use crate::{
    backend::Backend,
    world::{HOST, plane},
};
use std::sync::{Arc, Mutex, atomic::Ordering::SeqCst};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::TcpStream,
};

/// A proxy that notes the heads it was sent, and lets in who knows the password.
struct Proxy {
    backend: Backend,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// It passes everything on to one address, whatever was asked for.
    async fn start(to: std::net::SocketAddr, answer: &'static str) -> Proxy {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = heads.clone();
        let backend = Backend::raw(move |mut stream| {
            let log = log.clone();
            async move {
                let mut read = Vec::new();
                while !read.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => read.push(byte),
                        Err(_) => return,
                    }
                }
                let head = String::from_utf8(read).expect("text");
                log.lock().unwrap().push(head.clone());
                let mut next = TcpStream::connect(to).await.expect("connect");
                match head.starts_with("CONNECT ") {
                    true => stream.write_all(answer.as_bytes()).await.expect("write"),
                    false => next.write_all(head.as_bytes()).await.expect("write"),
                }
                let _ = copy_bidirectional(&mut stream, &mut next).await;
            }
        })
        .await;
        Proxy { backend, heads }
    }

    fn first_lines(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads.iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

fn policy(inbound: &str) -> String {
    format!(
        "<policies><inbound>{inbound}</inbound><backend><forward-request/></backend><outbound/><on-error/></policies>"
    )
}

#[tokio::test]
async fn requests_to_http_are_sent_in_full_to_the_proxy_on_connections_of_its_own() {
    let backend = Backend::start().await;
    let proxy = Proxy::start(backend.address, OPEN).await;
    let element = |user: &str| {
        format!("<proxy url='{}' username='@(\"{user}\")' password='@(\"pw\")'/>", proxy.backend.url())
    };
    let url = "http://backend.test/base";
    let world = plane()
        .api("a", url)
        .policy("a", &policy(&element("one")))
        .api("b", url)
        .policy("b", &policy(&element("two")))
        .api("direct", &backend.url())
        .start()
        .await;
    let mut client = world.client().await;
    for _ in 0..2 {
        for path in ["/a/x?q=1", "/b/x", "/direct/x"] {
            let answer = client.get(HOST, path, &[]).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
    }
    assert_eq!(
        proxy.first_lines(),
        ["GET http://backend.test/base/x?q=1 HTTP/1.1", "GET http://backend.test/base/x HTTP/1.1"]
    );
    let heads = proxy.heads.lock().unwrap().clone();
    assert!(heads[0].contains("\r\nproxy-authorization: Basic b25lOnB3\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("\r\nhost: backend.test\r\n"), "{}", heads[0]);
    assert_eq!(proxy.backend.connections.load(SeqCst), 2, "one for each who is somebody else there");
}

#[tokio::test]
async fn a_way_to_https_is_opened_first_and_the_proxy_learns_nothing_else() {
    let backend = Backend::raw(|mut stream| async move {
        // Not TLS; what matters is what came here.
        let mut first = [0; 1];
        let _ = stream.read_exact(&mut first).await;
    })
    .await;
    let proxy = Proxy::start(backend.address, OPEN).await;
    let element = format!("<proxy url='{}'/>", proxy.backend.url());
    let world = plane().api("a", "https://backend.test/base").policy("a", &policy(&element)).start().await;
    assert_eq!(world.get("/a/secret", &[("Authorization", "secret")]).await.status, 500);
    assert_eq!(
        *proxy.heads.lock().unwrap(),
        ["CONNECT backend.test:443 HTTP/1.1\r\nhost: backend.test:443\r\n\r\n"]
    );
    assert_eq!(backend.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_proxy_that_refuses_or_says_too_much_fails_the_request() {
    let backend = Backend::start().await;
    for answer in [
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nand more",
        "nonsense\r\n\r\n",
    ] {
        let proxy = Proxy::start(backend.address, answer).await;
        let element = format!("<proxy url='{}'/>", proxy.backend.url());
        let call = format!(
            "<send-request response-variable-name='r' ignore-error='true'><set-url>https://backend.test/</set-url>{element}</send-request>\
             <set-header name='called'><value>@((context.Variables[\"r\"] != null).ToString())</value></set-header>"
        );
        let world = plane()
            .api("a", "https://backend.test/")
            .policy("a", &policy(&element))
            .api("b", &backend.url())
            .policy("b", &policy(&call))
            .start()
            .await;
        assert_eq!(world.get("/a/x", &[]).await.status, 500, "{answer}");
        let answer = world.get("/b/x", &[]).await;
        assert!(answer.body.contains("called: False"), "{}", answer.body);
        assert_eq!(proxy.first_lines().len(), 2);
    }
}

#[tokio::test]
async fn calls_go_through_a_proxy_too_but_not_to_what_a_machine_tells_of_itself() {
    let backend = Backend::start().await;
    let proxy = Proxy::start(backend.address, OPEN).await;
    let call = |url: &str| {
        policy(&format!(
            "<send-request response-variable-name='r' ignore-error='true'><set-url>{url}</set-url><proxy url='{}'/></send-request>\
             <set-header name='called'><value>@((context.Variables[\"r\"] != null).ToString())</value></set-header>",
            proxy.backend.url()
        ))
    };
    let world = plane()
        .api("a", &backend.url())
        .policy("a", &call("http://elsewhere.test/x"))
        .api("b", &backend.url())
        .policy("b", &call("http://169.254.169.254/x"))
        .start()
        .await;
    assert!(world.get("/a/x", &[]).await.body.contains("called: True"));
    assert!(world.get("/b/x", &[]).await.body.contains("called: False"));
    assert_eq!(proxy.first_lines(), ["GET http://elsewhere.test/x HTTP/1.1"]);
}
