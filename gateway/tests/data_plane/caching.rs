//! Caches: a unit's memory, and a Redis that several gateways share.

use crate::{
    backend::Backend,
    redis::Redis,
    world::{GATEWAY, HOST, World, plane, put, until},
};
use hanse_gateway::{
    compile::{Changed, compile},
    spec::{SecretSpec, ShardSpec},
};
use hanse_proto::v1::{self, resource::Spec};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};
use tokio::{io::AsyncWriteExt as _, task::JoinSet};

const CACHED: &str = "<policies><inbound><base/><cache-lookup vary-by-developer='false' vary-by-developer-groups='false'/></inbound>\
    <backend><base/></backend><outbound><cache-store duration='60'/>\
    <set-header name='X-Behind'><value>@((context.LastError == null).ToString())</value></set-header></outbound><on-error><base/></on-error></policies>";

/// Counts calls in the cache: told in a header.
const COUNTING: &str = "<policies><inbound><base/>\
    <cache-lookup-value key='count' variable-name='count' default-value='@(0)'/>\
    <set-variable name='next' value='@((int)context.Variables[\"count\"] + 1)'/>\
    <cache-store-value key='count' value='@(context.Variables[\"next\"])' duration='60'/>\
    <return-response><set-header name='X-Count'><value>@(((int)context.Variables[\"next\"]).ToString())</value></set-header></return-response>\
    </inbound><backend/><outbound/><on-error/></policies>";

fn put_cache(spec: &mut ShardSpec, name: &str, connection: &str) {
    let cache = v1::Cache { use_from_location: "default".into(), ..v1::Cache::default() };
    let secret = SecretSpec { fingerprint: vec![0; 32], plaintext: Some(connection.into()) };
    put(spec, name, Spec::Cache(cache), [("connectionString".to_owned(), secret)].into());
}

async fn with_redis(redis: &Redis, document: &str, backend: &Backend) -> World {
    let builder = plane().api("a", &backend.url()).policy("a", document);
    let mut world = builder.limits(|limits| limits.cache_timeout = Duration::from_secs(10)).start().await;
    let connection = format!("{},password=p4ss,abortConnect=False", redis.address());
    world.change(|spec| put_cache(spec, "caches/default", &connection));
    world
}

#[tokio::test]
async fn second_answer_comes_from_memory() {
    let backend = Backend::start().await;
    let world = plane().api("a", &backend.url()).policy("a", CACHED).start().await;
    let first = world.get("/a/x?b=1&a=2", &[]).await;
    assert_eq!((first.status, first.header("age"), first.header("x-behind")), (200, None, Some("True")));
    let second = world.get("/a/x?a=2&b=1", &[("If-None-Match", "\"1\"")]).await;
    assert_eq!((second.status, &second.body), (200, &first.body));
    assert!(second.header("age").is_some() && second.header("x-backend") == Some("yes"));
    assert_eq!(second.header("x-behind"), Some("True"));
    assert_eq!(second.header("content-length"), Some(first.body.len().to_string().as_str()));
    assert_eq!(backend.requests.load(SeqCst), 1);
    for (path, headers) in
        [("/a/x", &[][..]), ("/a/y?a=2&b=1", &[]), ("/a/x?a=2&b=1", &[("Authorization", "x")])]
    {
        assert_eq!(world.get(path, headers).await.header("age"), None, "{path}");
    }
    assert_eq!(backend.requests.load(SeqCst), 4);
}

#[tokio::test]
async fn large_answers_pass_whole_and_are_not_kept() {
    const PIECE: usize = 512 * 1024;
    let backend = Backend::raw(|mut stream| async move {
        let mut head = [0; 4_096];
        tokio::io::AsyncReadExt::read(&mut stream, &mut head).await.expect("read");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
            .await
            .expect("write");
        for number in 0..5_u8 {
            stream.write_all(format!("{PIECE:x}\r\n").as_bytes()).await.expect("write");
            stream.write_all(&vec![b'0' + number; PIECE]).await.expect("write");
            stream.write_all(b"\r\n").await.expect("write");
        }
        stream.write_all(b"0\r\n\r\n").await.expect("write");
    })
    .await;
    let world = plane().api("a", &backend.url()).policy("a", CACHED).start().await;
    for _ in 0..2 {
        let answer = world.get("/a/x", &[]).await;
        assert_eq!((answer.status, answer.header("age")), (200, None));
        let whole: Vec<u8> = (0..5_u8).flat_map(|number| vec![b'0' + number; PIECE]).collect();
        assert!(answer.body.as_bytes() == whole, "{} bytes", answer.body.len());
    }
    assert_eq!(backend.connections.load(SeqCst), 2);
}

#[tokio::test]
async fn a_thousand_that_miss_the_same_are_all_answered() {
    const CALLS: usize = 1_000;
    let backend = Backend::start().await;
    let world = plane().api("a", &backend.url()).policy("a", CACHED).start().await;
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let mut client = world.client().await;
        calls.spawn(async move { client.get(HOST, "/a/wait", &[]).await.status });
    }
    until("all are forwarded", || backend.requests.load(SeqCst) == CALLS).await;
    backend.gate.add_permits(CALLS);
    assert!(calls.join_all().await.iter().all(|status| *status == 200));
    assert!(world.get("/a/wait", &[]).await.header("age").is_some());
    assert_eq!(backend.requests.load(SeqCst), CALLS);
}

#[tokio::test]
async fn gateways_share_what_is_in_redis() {
    let (backend, redis) = (Backend::start().await, Redis::start().await);
    let (one, other) =
        (with_redis(&redis, CACHED, &backend).await, with_redis(&redis, CACHED, &backend).await);
    assert_eq!(one.get("/a/x", &[]).await.header("age"), None);
    until("it is kept", || redis.keys().len() == 1).await;
    assert!(redis.keys()[0].starts_with("hanse:w:response:"), "{:?}", redis.keys());
    let answer = other.get("/a/x", &[]).await;
    assert!(answer.header("age").is_some() && answer.body.starts_with("GET /x"), "{answer:?}");
    assert_eq!(backend.requests.load(SeqCst), 1);
    assert_eq!(redis.connections(), 2, "one for each unit");
}

#[tokio::test]
async fn values_in_redis_keep_their_type_and_many_calls_share_a_connection() {
    let (backend, redis) = (Backend::start().await, Redis::start().await);
    let world = with_redis(&redis, COUNTING, &backend).await;
    for count in ["1", "2", "3"] {
        assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some(count));
    }
    assert_eq!(redis.keys(), ["hanse:w:value:count"]);
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let mut client = world.client().await;
        calls.spawn(async move { client.get(HOST, "/a/x", &[]).await.status });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(redis.connections(), 1);
}

#[tokio::test]
async fn requests_go_on_without_a_redis_that_is_down_and_use_it_when_it_is_back() {
    let (backend, redis) = (Backend::start().await, Redis::start().await);
    redis.state.is_down.store(true, SeqCst);
    let world = with_redis(&redis, COUNTING, &backend).await;
    for _ in 0..3 {
        assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some("1"));
    }
    redis.state.is_down.store(false, SeqCst);
    let comes_back = async { while world.get("/a/x", &[]).await.header("x-count") != Some("2") {} };
    tokio::time::timeout(Duration::from_secs(20), comes_back).await.expect("it is used again");
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_not_waited_for_long() {
    let (backend, redis) = (Backend::start().await, Redis::start().await);
    redis.state.is_silent.store(true, SeqCst);
    let mut world = with_redis(&redis, COUNTING, &backend).await;
    let connection = format!("{},password=p4ss,syncTimeout=50", redis.address());
    world.change(|spec| put_cache(spec, "caches/default", &connection));
    assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some("1"));
    assert!(redis.has_seen("AUTH"));
}

#[tokio::test]
async fn a_wrong_password_is_as_if_nothing_were_cached() {
    let (backend, redis) = (Backend::start().await, Redis::start().await);
    let mut world = with_redis(&redis, COUNTING, &backend).await;
    world.change(|spec| put_cache(spec, "caches/default", &format!("{},password=wrong", redis.address())));
    assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some("1"));
    assert_eq!(redis.keys(), [""; 0]);
}

#[tokio::test]
async fn a_workspace_of_its_own_cache_uses_that_and_without_any_uses_memory() {
    let (backend, shared, own) = (Backend::start().await, Redis::start().await, Redis::start().await);
    let mut world = with_redis(&shared, COUNTING, &backend).await;
    world.change(|spec| {
        put_cache(spec, "workspaces/w/caches/default", &format!("{},password=p4ss", own.address()));
    });
    assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some("1"));
    until("it is kept", || own.keys().len() == 1).await;
    assert_eq!(shared.keys(), [""; 0]);
    world.change(|spec| {
        spec.resources.remove("caches/default");
        spec.resources.remove("workspaces/w/caches/default");
    });
    for count in ["1", "2"] {
        assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some(count));
    }
    assert_eq!(own.keys().len(), 1);
}

#[tokio::test]
async fn a_cache_that_cannot_be_used_is_told_and_left_out() {
    let backend = Backend::start().await;
    let mut world = plane().api("a", &backend.url()).policy("a", COUNTING).start().await;
    let mut spec = world.spec.clone();
    put_cache(&mut spec, "caches/default", "a.test,proxy=s3cret");
    let found = compile(None, &spec, Changed::All).findings;
    assert_eq!(found.len(), 1);
    assert!(found[0].1.contains("`proxy` is not supported") && !found[0].1.contains("s3cret"), "{found:?}");
    world.spec = spec;
    let shard = compile(None, &world.spec, Changed::All).shard;
    world.plane.publish(GATEWAY, shard);
    for count in ["1", "2"] {
        assert_eq!(world.get("/a/x", &[]).await.header("x-count"), Some(count), "in memory");
    }
}
