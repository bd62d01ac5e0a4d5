//! What clients can rely on, byte by byte.

use crate::{
    backend::Backend,
    wire::request,
    world::{HOST, KEY, OTHER_HOST, plane},
};

const LIMITED: &str = r#"<policies><inbound><base />
    <rate-limit calls="2" renewal-period="300" />
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;

#[tokio::test]
async fn missing_key_is_answered_letter_by_letter() {
    let backend = Backend::start().await;
    let world = plane().api_with_key("pets", &backend.url()).start().await;
    let answer = world.get("/pets/1", &[]).await;
    assert_eq!((answer.status, answer.reason.as_str()), (401, "Access Denied"));
    assert_eq!(
        answer.header("www-authenticate"),
        Some(
            r#"AzureApiManagementKey realm="https://gw.test/pets",name="Ocp-Apim-Subscription-Key",type="header""#
        )
    );
    answer.is_refusal(
        401,
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
    );
    assert_eq!(answer.body.len(), 152);
    assert!(answer.header("date").is_some_and(|date| date.ends_with(" GMT")));
    assert_eq!(answer.header("server"), None);
}

#[tokio::test]
async fn key_is_taken_from_the_header_and_only_then_from_the_query() {
    let backend = Backend::start().await;
    let world = plane().api_with_key("pets", &backend.url()).start().await;
    let header = "Ocp-Apim-Subscription-Key";
    let query = format!("/pets/1?subscription-key={KEY}");
    let escaped = format!("/pets/1?a=b&Subscription-Key=%6B{}", &KEY[1..]);
    for (path, headers, status) in [
        ("/pets/1", &[(header, KEY)][..], 200),
        (query.as_str(), &[][..], 200),
        (escaped.as_str(), &[][..], 200),
        ("/pets/1", &[(header, "wrong")][..], 401),
        (query.as_str(), &[(header, "wrong")][..], 401),
        ("/pets/1?subscription-key=wrong", &[(header, KEY)][..], 200),
    ] {
        let answer = world.get(path, headers).await;
        assert_eq!(answer.status, status, "{path} {headers:?}");
        if status == 401 {
            answer.is_refusal(
                401,
                "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
            );
        }
    }
}

#[tokio::test]
async fn key_is_passed_on() {
    let backend = Backend::start().await;
    let world = plane().api_with_key("pets", &backend.url()).start().await;
    let answer = world.get("/pets/1", &[("Ocp-Apim-Subscription-Key", KEY)]).await;
    assert!(answer.body.contains(&format!("ocp-apim-subscription-key: {KEY}\n")), "{}", answer.body);
}

#[tokio::test]
async fn each_request_of_a_connection_is_decided_by_its_own_key() {
    let backend = Backend::start().await;
    let world = plane().api_with_key("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    let long = KEY.repeat(100);
    for (key, status) in
        [(KEY, 200), ("wrong", 401), ("wrong", 401), (KEY, 200), (&*long, 401), (&KEY[1..], 401), (KEY, 200)]
    {
        let answer = client.get(HOST, "/pets/1", &[("Ocp-Apim-Subscription-Key", key)]).await;
        assert_eq!(answer.status, status, "{key}");
    }
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 401, "no key");
}

#[tokio::test]
async fn rate_limit_is_answered_letter_by_letter() {
    let backend = Backend::start().await;
    let world = plane().api_with_key("pets", &backend.url()).policy("pets", LIMITED).start().await;
    let mut client = world.client().await;
    let key = [("Ocp-Apim-Subscription-Key", KEY)];
    for _ in 0..2 {
        assert_eq!(client.get(HOST, "/pets/1", &key).await.status, 200);
    }
    let answer = client.get(HOST, "/pets/1", &key).await;
    let seconds: u32 = answer.header("retry-after").and_then(|value| value.parse().ok()).expect("seconds");
    assert!((1..=300).contains(&seconds), "{seconds}");
    answer.is_refusal(429, &format!("Rate limit is exceeded. Try again in {seconds} seconds."));
    assert_eq!(answer.reason, "Too Many Requests");
}

#[tokio::test]
async fn unknown_path_and_unknown_host_are_not_found() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.get(HOST, "/nothing", &[]).await.is_refusal(404, "Resource not found");
    client.send(request("PATCH", HOST, "/pets/1", &[])).await;
    client.answer().await.is_refusal(404, "Resource not found");
    // The connection is still good.
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);

    let mut client = world.client().await;
    client.get("nobody.test", "/pets/1", &[]).await.is_refusal(404, "Resource not found");
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn later_request_for_another_gateway_is_misdirected() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    for (host, status, message) in
        [(OTHER_HOST, 421, "Misdirected request"), ("nobody.test", 404, "Resource not found")]
    {
        let mut client = world.client().await;
        assert_eq!(client.get("GW.test:8080", "/pets/1", &[]).await.status, 200);
        let answer = client.get(host, "/pets/1", &[]).await;
        answer.is_refusal(status, message);
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn probe_is_answered_on_any_host() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    for host in [HOST, "nobody.test", "127.0.0.1"] {
        let answer = world.client().await.get(host, "/status-0123456789abcdef", &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{host}");
    }
    let mut client = world.client().await;
    client.send("GET /status-0123456789abcdef HTTP/1.0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    // Also on a connection that a unit has.
    let mut client = world.client().await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    assert_eq!(client.get("10.0.0.1", "/status-0123456789abcdef", &[]).await.status, 200);
}

#[tokio::test]
async fn what_is_no_request_gets_an_answer_and_a_close() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let first = "GET /pets/1 HTTP/1.1\r\nHost: gw.test\r\n\r\n";
    for bad in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n",
    ] {
        // As the first request, and as a later one.
        for before in ["", first] {
            let mut client = world.client().await;
            client.send(before).await;
            if !before.is_empty() {
                assert_eq!(client.answer().await.status, 200);
            }
            client.send(bad).await;
            client.answer().await.is_refusal(400, "Bad request");
            assert!(client.is_closed().await, "{bad}");
        }
    }
}

#[tokio::test]
async fn preflight_needs_no_key() {
    let cors = r#"<policies><inbound><base /><cors>
        <allowed-origins><origin>https://shop.test</origin></allowed-origins>
        <allowed-methods><method>GET</method></allowed-methods>
    </cors></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;
    let backend = Backend::start().await;
    let world = plane().api_with_key("pets", &backend.url()).policy("pets", cors).start().await;
    let mut client = world.client().await;
    let asks = [("Origin", "https://shop.test"), ("Access-Control-Request-Method", "GET")];
    client.send(request("OPTIONS", HOST, "/pets/1", &asks)).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.test"));
    // A browser may read why it was refused.
    let answer = client.get(HOST, "/pets/1", &asks[..1]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.test"));
}
