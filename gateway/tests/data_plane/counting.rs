//! Limits and quotas, counted over real connections.

use crate::{
    backend::Backend,
    world::{HOST, World, plane, put, put_api_of, until},
};
use hanse_proto::v1::{self, resource::Spec};
use std::{collections::BTreeMap, sync::atomic::Ordering::SeqCst};

fn inbound(policies: &str) -> String {
    format!("<policies><inbound><base />{policies}</inbound></policies>")
}

async fn world(backend: &Backend, policies: &str) -> World {
    plane().api("pets", &backend.url()).policy("pets", &inbound(policies)).start().await
}

#[tokio::test]
async fn calls_at_the_same_time_are_let_in_to_the_last_one_and_no_more() {
    let backend = Backend::start().await;
    let limit = "<rate-limit-by-key calls='30' renewal-period='300' counter-key='@(context.Request.IpAddress)' \
        remaining-calls-header-name='x-left' />";
    let world = world(&backend, limit).await;
    let calls = (0..50).map(|_| world.get("/pets/1", &[]));
    let answers = futures_util::future::join_all(calls).await;
    let with = |status: u16| answers.iter().filter(move |answer| answer.status == status);
    assert_eq!((with(200).count(), with(429).count()), (30, 20));
    let mut left: Vec<u32> = with(200).map(|it| it.header("x-left").unwrap().parse().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..30).collect::<Vec<_>>());
    let seconds = with(429).next().unwrap().header("retry-after").expect("when to come back").to_owned();
    with(429)
        .next()
        .unwrap()
        .is_refusal(429, &format!("Rate limit is exceeded. Try again in {seconds} seconds."));
    assert_eq!(backend.requests.load(SeqCst), 30);
}

#[tokio::test]
async fn condition_on_the_answer_counts_when_the_answer_stands() {
    let backend = Backend::start().await;
    let limit = "<rate-limit-by-key calls='2' renewal-period='300' counter-key='k' \
        increment-condition='@(context.Response.StatusCode == 404)' />";
    let world = world(&backend, limit).await;
    let mut statuses = Vec::new();
    for path in
        ["/pets/status/200", "/pets/status/404", "/pets/status/200", "/pets/status/404", "/pets/status/200"]
    {
        statuses.push(world.get(path, &[]).await.status);
    }
    assert_eq!(statuses, [200, 404, 200, 404, 429]);
}

#[tokio::test]
async fn two_workspaces_do_not_share_a_key() {
    let backend = Backend::start().await;
    let limit = inbound("<rate-limit-by-key calls='1' renewal-period='300' counter-key='same' />");
    let mut world = plane().api("pets", &backend.url()).policy("pets", &limit).start().await;
    world.change(|spec| {
        spec.workspaces.insert("v".into());
        put_api_of(spec, "v", "toys", &backend.url(), false);
        let policy = v1::Policy { value: limit.clone(), ..v1::Policy::default() };
        put(spec, "workspaces/v/apis/toys/policies/policy", Spec::Policy(policy), BTreeMap::new());
    });
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    assert_eq!(world.get("/pets/1", &[]).await.status, 429);
    assert_eq!(world.get("/toys/1", &[]).await.status, 200);
    assert_eq!(world.get("/toys/1", &[]).await.status, 429);
}

#[tokio::test]
async fn streamed_bytes_of_both_ways_use_up_the_bandwidth() {
    const KILOBYTE: usize = 1_024;
    let backend = Backend::start().await;
    let quota = "<quota-by-key bandwidth='100' renewal-period='0' counter-key='k' />";
    let world = world(&backend, quota).await;
    let mut client = world.client().await;
    // A request of 40 KiB is 40 KiB of answer as well, and heads.
    for expected in [200, 200, 403] {
        client.send("POST /pets/echo HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        for _ in 0..40 {
            client.send(format!("400\r\n{}\r\n", "x".repeat(KILOBYTE))).await;
        }
        client.send("0\r\n\r\n").await;
        let answer = client.answer_to("POST").await;
        assert_eq!(answer.status, expected);
        if expected == 200 {
            assert_eq!(answer.body.len(), 40 * KILOBYTE);
        } else {
            answer.is_refusal(403, "Out of bandwidth quota.");
        }
    }
}

#[tokio::test]
async fn request_that_is_broken_off_is_charged_for_what_it_had_come_to() {
    let backend = Backend::start().await;
    let quota = "<quota-by-key bandwidth='64' renewal-period='0' counter-key='k' />";
    let world = world(&backend, quota).await;
    let mut client = world.client().await;
    client.send("POST /pets/echo HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 1000000\r\n\r\n").await;
    client.send("x".repeat(64 * 1_024)).await;
    until("the request is under way", || backend.requests.load(SeqCst) == 1).await;
    assert!(client.have(64 * 1_024).await, "what was sent has come back");
    drop(client);
    world.until("it is over", |plane| plane.units()[0].in_flight == 0).await;
    world.client().await.get(HOST, "/pets/1", &[]).await.is_refusal(403, "Out of bandwidth quota.");
}
