//! Tokens of providers, whatever these do.

use crate::{
    backend::Backend,
    issuer::Issuer,
    world::{Builder, World, plane, until},
};
use hanse_gateway::limits::Limits;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3_600);

fn policy(url: &str) -> String {
    format!(
        "<policies><inbound><validate-jwt header-name=\"Authorization\" require-scheme=\"Bearer\"><openid-config url=\"{url}\"/>\
         </validate-jwt></inbound><backend><forward-request/></backend><outbound/><on-error/></policies>"
    )
}

fn guarded(issuer: &Issuer, backend: &Backend, limits: impl FnOnce(&mut Limits)) -> Builder {
    plane().api("pets", &backend.url()).policy("pets", &policy(&issuer.config())).limits(limits)
}

async fn status(world: &World, token: &str) -> u16 {
    world.get("/pets/1", &[("Authorization", &format!("Bearer {token}"))]).await.status
}

#[tokio::test]
async fn a_thousand_requests_at_once_ask_a_provider_once() {
    const REQUESTS: usize = 1_000;
    let (issuer, backend) = (Issuer::start("1").await, Backend::start().await);
    issuer.set_slow();
    let world = guarded(&issuer, &backend, |_| {}).start().await;
    let token = issuer.token("1");
    let requests = async {
        let all = (0..REQUESTS).map(|_| status(&world, &token));
        futures_util::future::join_all(all).await
    };
    let open = async {
        world
            .until("all requests wait", |plane| {
                plane.units().iter().map(|unit| unit.in_flight).sum::<usize>() == REQUESTS
            })
            .await;
        issuer.gate.add_permits(2);
    };
    let (statuses, ()) = tokio::join!(requests, open);
    assert!(statuses.iter().all(|status| *status == 200));
    assert_eq!(issuer.asked(), 1);
    assert_eq!(status(&world, &token).await, 200);
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_asked_for_and_strange_ones_not_again_and_again() {
    let (issuer, backend) = (Issuer::start("1").await, Backend::start().await);
    let mut world = guarded(&issuer, &backend, |limits| limits.openid_refetch = Duration::ZERO).start().await;
    assert_eq!(status(&world, &issuer.token("1")).await, 200);
    let old = issuer.token("1");
    issuer.rotate("2");
    assert_eq!(status(&world, &issuer.token("2")).await, 200);
    assert_eq!((status(&world, &old).await, issuer.asked()), (401, 3));

    world = guarded(&issuer, &backend, |limits| limits.openid_refetch = LONG).start().await;
    assert_eq!(status(&world, &issuer.token("2")).await, 200);
    issuer.rotate("3");
    for strange in 0..10 {
        assert_eq!(status(&world, &issuer.token(&format!("strange-{strange}"))).await, 401);
    }
    assert_eq!(issuer.asked(), 4);
}

#[tokio::test]
async fn old_keys_serve_while_a_provider_is_down_and_not_for_ever() {
    let (issuer, backend) = (Issuer::start("1").await, Backend::start().await);
    let soon = |limits: &mut Limits| {
        limits.openid_refresh = Duration::ZERO;
        limits.openid_retry = Duration::ZERO;
    };
    let world = guarded(&issuer, &backend, soon).start().await;
    let token = issuer.token("1");
    assert_eq!(status(&world, &token).await, 200);
    issuer.set_up(false);
    for _ in 0..3 {
        let before = issuer.asked();
        assert_eq!(status(&world, &token).await, 200);
        until("it is asked again beside the request", || issuer.asked() > before).await;
    }
    // What is too old does not serve, and silence is not asked about again at once.
    let strict = |limits: &mut Limits| limits.openid_stale = Duration::ZERO;
    issuer.set_up(true);
    let world = guarded(&issuer, &backend, strict).start().await;
    let before = issuer.asked();
    assert_eq!(status(&world, &token).await, 401);
    assert_eq!(status(&world, &token).await, 401);
    assert_eq!(issuer.asked(), before + 1);
}

#[tokio::test]
async fn what_a_provider_says_is_bounded_in_size_and_time() {
    let (issuer, backend) = (Issuer::start("1").await, Backend::start().await);
    let bounded = |limits: &mut Limits| {
        limits.openid_bytes_max = 4_096;
        limits.openid_timeout = Duration::from_millis(100);
        limits.openid_retry = Duration::ZERO;
    };
    let world = guarded(&issuer, &backend, bounded).start().await;
    let token = issuer.token("1");
    issuer.pad(4_096);
    assert_eq!(status(&world, &token).await, 401);
    issuer.pad(3_072);
    issuer.set_slow();
    assert_eq!(status(&world, &token).await, 401);
    issuer.gate.add_permits(100);
    assert_eq!(status(&world, &token).await, 200);
}

#[tokio::test]
async fn a_provider_that_is_not_there_refuses_tokens_and_is_left_alone() {
    let (issuer, backend) = (Issuer::start("1").await, Backend::start().await);
    issuer.set_up(false);
    let world = guarded(&issuer, &backend, |_| {}).start().await;
    let answer = world.get("/pets/1", &[("Authorization", &format!("Bearer {}", issuer.token("1")))]).await;
    answer.is_refusal(401, "JWT signature key was not found. Access denied.");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(status(&world, &issuer.token("1")).await, 401);
    assert_eq!((issuer.asked(), backend.requests.load(std::sync::atomic::Ordering::SeqCst)), (1, 0));
}
