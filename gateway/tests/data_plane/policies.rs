//! Policies at work: expressions, bodies, calls of their own, retries and waits, through real sockets.

use crate::{
    backend::Backend,
    wire::{Answer, request},
    world::{HOST, World, plane},
};
use std::sync::atomic::Ordering::SeqCst;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A gateway with one API, `api`, in front of a backend.
async fn world(backend: &Backend, inbound: &str, outbound: &str) -> World {
    let document = format!(
        "<policies><inbound><base/>{inbound}</inbound><backend><base/></backend>\
         <outbound><base/>{outbound}</outbound><on-error><base/></on-error></policies>"
    );
    document_at(backend, &document).await
}

async fn document_at(backend: &Backend, document: &str) -> World {
    plane().api("api", &backend.url()).policy("api", document).start().await
}

async fn post(world: &World, path: &str, body: &str) -> Answer {
    let mut client = world.client().await;
    let head = request("POST", HOST, path, &[("Content-Length", &body.len().to_string())]);
    client.send(format!("{head}{body}")).await;
    client.answer_to("POST").await
}

#[tokio::test]
async fn expressions_see_the_request_and_change_it() {
    let backend = Backend::start().await;
    let world = world(
        &backend,
        r#"<set-variable name="who" value="@(context.Request.Headers.GetValueOrDefault("X-Who", "nobody"))" />
           <set-header name="X-Seen" exists-action="override">
             <value>@($"{context.Api.Id} {context.Operation.Method} {context.Request.Url.Path} {context.Variables["who"]}")</value>
           </set-header>"#,
        r#"<choose><when condition="@(context.Response.StatusCode == 200)">
             <set-header name="X-Ok" exists-action="override"><value>@(context.Response.Headers.GetValueOrDefault("X-Backend"))</value></set-header>
           </when></choose>"#,
    )
    .await;
    let answer = world.get("/api/pets/1", &[("X-Who", "ada")]).await;
    assert_eq!((answer.status, answer.header("x-ok")), (200, Some("yes")));
    assert!(answer.body.contains("x-seen: api GET /pets/1 ada\n"), "{}", answer.body);
}

#[tokio::test]
async fn body_that_an_expression_reads_is_sent_on() {
    let backend = Backend::start().await;
    let keeping = r#"<set-header name="X-Id" exists-action="override">
        <value>@(context.Request.Body.As<JObject>(preserveContent: true)["id"].ToString())</value></set-header>"#;
    let world =
        world(&backend, keeping, r#"<set-body>@(context.Response.Body.As<string>().ToUpper())</set-body>"#)
            .await;
    let answer = post(&world, "/api/echo", r#"{"id": 7, "name": "ada"}"#).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"ID": 7, "NAME": "ADA"}"#));
}

#[tokio::test]
async fn body_larger_than_what_policies_read_is_refused_and_another_streams() {
    let backend = Backend::start().await;
    let document = r#"<policies><inbound><base/><choose><when condition="@(context.Request.Headers.ContainsKey("X-Read"))">
        <set-variable name="b" value="@(context.Request.Body.As<string>(true).Length)" /></when></choose></inbound></policies>"#;
    let world = plane()
        .limits(|limits| limits.buffered_body_bytes_max = 1_000)
        .api("api", &backend.url())
        .policy("api", document)
        .start()
        .await;
    for (length, headers, status) in
        [(1_000, "X-Read: 1\r\n", 200), (1_001, "X-Read: 1\r\n", 413), (1_001, "", 200)]
    {
        for chunked in [false, true] {
            let mut client = world.client().await;
            let body = "x".repeat(length);
            let (framing, body) = match chunked {
                false => (format!("Content-Length: {length}"), body),
                true => {
                    ("Transfer-Encoding: chunked".to_owned(), format!("{length:x}\r\n{body}\r\n0\r\n\r\n"))
                }
            };
            client
                .send(format!("POST /api/echo HTTP/1.1\r\nHost: {HOST}\r\n{headers}{framing}\r\n\r\n{body}"))
                .await;
            assert_eq!(client.answer_to("POST").await.status, status, "{length} {headers} {chunked}");
        }
    }
}

#[tokio::test]
async fn own_request_brings_its_response_into_a_variable() {
    let (backend, other) = (Backend::start().await, Backend::start().await);
    let inbound = format!(
        r#"<send-request mode="new" response-variable-name="answer" timeout="10">
             <set-url>{}/status/207?a=b</set-url><set-method>PUT</set-method>
             <set-header name="X-Own" exists-action="override"><value>1</value></set-header>
             <set-body>hello</set-body>
           </send-request>
           <set-header name="X-Status" exists-action="override"><value>@(((IResponse)context.Variables["answer"]).StatusCode.ToString())</value></set-header>
           <set-header name="X-Line" exists-action="override"><value>@(((IResponse)context.Variables["answer"]).Body.As<string>().Split('\n')[0])</value></set-header>"#,
        other.url()
    );
    let world = world(&backend, &inbound, "").await;
    let answer = world.get("/api/pets", &[("Authorization", "Bearer mine")]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("x-status: 207\n"), "{}", answer.body);
    assert!(answer.body.contains("x-line: PUT /status/207?a=b\n"), "{}", answer.body);
    assert_eq!(other.requests.load(SeqCst), 1);
}

#[tokio::test]
async fn own_request_that_fails_is_told_as_the_policy_says() {
    let backend = Backend::start().await;
    let silent = Backend::raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    // Nobody listens on a port that was just given back.
    let closed =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind").local_addr().expect("address");
    for (url, ignores, expected) in [
        (silent.url(), false, "500 Timeout"),
        (silent.url(), true, "200 "),
        (format!("http://{closed}"), false, "500 BackendConnectionFailure"),
        (format!("http://{closed}"), true, "200 "),
        ("http://169.254.169.254/latest/meta-data".to_owned(), false, "500 BackendConnectionFailure"),
    ] {
        let document = format!(
            r#"<policies><inbound><send-request mode="new" response-variable-name="r" timeout="1" ignore-error="{ignores}">
                 <set-url>{url}/x</set-url><set-method>GET</set-method></send-request>
               <return-response><set-status code="200" /><set-header name="X-Null" exists-action="override"><value>@(context.Variables["r"] == null ? "null" : "there")</value></set-header></return-response></inbound>
               <on-error><set-header name="X-Reason" exists-action="override"><value>@(context.LastError.Reason)</value></set-header></on-error></policies>"#
        );
        let world = document_at(&backend, &document).await;
        let answer = world.get("/api/pets", &[]).await;
        let shown = format!("{} {}", answer.status, answer.header("x-reason").unwrap_or_default());
        assert_eq!(shown, expected, "{url} {ignores}");
        assert_eq!(answer.header("x-null"), ignores.then_some("null"), "{url} {ignores}");
    }
    assert_eq!(backend.requests.load(SeqCst), 0);
}

#[tokio::test]
async fn one_way_request_is_sent_and_not_waited_for() {
    let (backend, other) = (Backend::start().await, Backend::start().await);
    let inbound = format!(
        r#"<send-one-way-request mode="new"><set-url>{}/wait</set-url><set-method>POST</set-method><set-body>note</set-body></send-one-way-request>"#,
        other.url()
    );
    let world = world(&backend, &inbound, "").await;
    assert_eq!(world.get("/api/pets", &[]).await.status, 200);
    world.until("the note arrives", |_| other.requests.load(SeqCst) == 1).await;
}

#[tokio::test]
async fn waits_run_side_by_side_for_all_or_for_the_first() {
    let (backend, slow, fast) = (Backend::start().await, Backend::start().await, Backend::start().await);
    let document = |waits_for: &str| {
        format!(
            r#"<wait for="{waits_for}">
                 <send-request mode="new" response-variable-name="slow" timeout="60"><set-url>{}/wait</set-url><set-method>GET</set-method></send-request>
                 <send-request mode="new" response-variable-name="fast" timeout="60"><set-url>{}/x</set-url><set-method>GET</set-method></send-request>
               </wait>
               <set-header name="X-Has" exists-action="override"><value>@(string.Join(",", context.Variables.Keys))</value></set-header>"#,
            slow.url(),
            fast.url()
        )
    };
    let any = world(&backend, &document("any"), "").await;
    let answer = any.get("/api/pets", &[]).await;
    assert!(answer.body.contains("x-has: fast\n"), "{}", answer.body);

    let all = world(&backend, &document("all"), "").await;
    slow.gate.add_permits(2);
    let answer = all.get("/api/pets", &[]).await;
    assert!(
        answer.body.contains("x-has: fast,slow\n") || answer.body.contains("x-has: slow,fast\n"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn retry_sends_a_body_again_only_where_it_was_kept() {
    let backend = Backend::start().await;
    for (forward, path, requests, status) in [
        (r#"<forward-request buffer-request-body="true" />"#, "/api/status/503", 3, 503),
        ("<forward-request />", "/api/status/503", 1, 500),
        (r#"<forward-request buffer-request-body="true" />"#, "/api/status/200", 1, 200),
    ] {
        let document = format!(
            r#"<policies><inbound/><backend><retry condition="@(context.Response.StatusCode == 503)" count="2" interval="0" first-fast-retry="true">{forward}</retry></backend><outbound/><on-error/></policies>"#
        );
        let world = document_at(&backend, &document).await;
        let before = backend.requests.load(SeqCst);
        let answer = post(&world, path, "payload").await;
        assert_eq!(answer.status, status, "{forward} {}", answer.body);
        assert_eq!(backend.requests.load(SeqCst) - before, requests, "{forward}");
        if status == 503 {
            assert!(answer.body.contains("body: 7\n"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn redirects_are_followed_where_the_policy_says_so() {
    let target = Backend::start().await;
    let to = target.url();
    let backend = Backend::raw(move |mut stream| {
        let to = to.clone();
        async move {
            let mut read = [0; 4_096];
            while stream.read(&mut read).await.is_ok_and(|read| read > 0) {
                let answer =
                    format!("HTTP/1.1 302 Found\r\nLocation: {to}/there?a=b\r\nContent-Length: 0\r\n\r\n");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    for (follows, status) in [(false, 302), (true, 200)] {
        let document = format!(
            r#"<policies><inbound/><backend><forward-request follow-redirects="{follows}" /></backend><outbound/><on-error/></policies>"#
        );
        let world = document_at(&backend, &document).await;
        let answer = world.get("/api/pets", &[("Authorization", "Bearer secret"), ("X-Kept", "1")]).await;
        assert_eq!(answer.status, status);
        if follows {
            assert!(answer.body.starts_with("GET /there?a=b\n"), "{}", answer.body);
            assert!(answer.body.contains("x-kept: 1\n"), "{}", answer.body);
            assert!(!answer.body.contains("secret"), "credentials go to no other host: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn backend_is_asked_first_where_a_policy_waits_for_that() {
    let (asked, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let backend = Backend::raw(move |mut stream| {
        let asked = asked.clone();
        async move {
            let mut read = vec![0; 4_096];
            let length = stream.read(&mut read).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&read[..length]).into_owned();
            let is_held = head.contains("expect: 100-continue\r\n") && head.ends_with("\r\n\r\n");
            asked.send(is_held).expect("the test listens");
            drop(stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await);
            let mut body = [0; 7];
            drop(stream.read_exact(&mut body).await);
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n").await);
            drop(stream.write_all(&body).await);
        }
    })
    .await;
    let document = r#"<policies><inbound/><backend><forward-request continue-timeout="60" /></backend><outbound/><on-error/></policies>"#;
    let world = document_at(&backend, document).await;
    let answer = post(&world, "/api/pets", "payload").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "payload"));
    assert_eq!(heard.recv().await, Some(true), "the body came behind the answer of the backend");
}

#[tokio::test]
async fn expression_that_never_ends_costs_its_request_and_nothing_else() {
    let backend = Backend::start().await;
    for code in [
        "@{ while (true) { } return 1; }",
        "@{ var s = \"x\"; while (true) { s += s; } return 1; }",
        "@{ Func<int, int> f = null; f = x => f(x + 1); return f(0); }",
        r#"@(new Regex("^(a+)+$").IsMatch("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))"#,
    ] {
        let inbound = format!(
            r#"<choose><when condition="@(context.Request.Headers.ContainsKey("X-Bad"))"><set-variable name="v" value="{code}" /></when></choose>"#
        );
        let world = world(&backend, &inbound, "").await;
        let answer = world.get("/api/pets", &[("X-Bad", "1")]).await;
        assert!(answer.status == 500 || code.contains("Regex"), "{code}: {}", answer.status);
        assert_eq!(world.get("/api/pets", &[]).await.status, 200, "{code}");
    }
}

#[tokio::test]
async fn places_within_a_limit_of_concurrency_are_free_again() {
    let backend = Backend::start().await;
    let document = r#"<policies><inbound/><backend><limit-concurrency key="@(context.Api.Id)" max-count="1"><forward-request /></limit-concurrency></backend><outbound/><on-error/></policies>"#;
    let world = document_at(&backend, document).await;
    let mut first = world.client().await;
    first.send(request("GET", HOST, "/api/wait", &[])).await;
    world.until("the first request waits", |_| backend.requests.load(SeqCst) == 1).await;
    assert_eq!(world.get("/api/pets", &[]).await.status, 429);
    backend.gate.add_permits(1);
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(world.get("/api/pets", &[]).await.status, 200);

    // Whoever goes away leaves its place.
    let mut second = world.client().await;
    second.send(request("GET", HOST, "/api/wait", &[])).await;
    world.until("the second request waits", |_| backend.requests.load(SeqCst) == 3).await;
    drop(second);
    let mut status = 0;
    while status != 200 {
        status = world.get("/api/pets", &[]).await.status;
    }
}

#[tokio::test]
async fn default_gateway_and_others_are_told_apart() {
    let backend = Backend::start().await;
    let outbound = r#"<set-header name="X-Gateway" exists-action="override"><value>@($"{context.Deployment.Gateway.Id} {context.Deployment.Gateway.IsManaged} {context.Deployment.ServiceName} {context.Deployment.Region}")</value></set-header>"#;
    let world = world(&backend, "", outbound).await;
    assert_eq!(world.get("/api/pets", &[]).await.header("x-gateway"), Some("gw False service zone"));
}
