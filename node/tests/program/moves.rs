//! A workspace moves to another gateway and back while it is called.

use crate::support::{
    Dev, call, eventually,
    load::Load,
    moving::{MOVED_PATH, Moving, STAYING_PATH},
};

/// Requests of each client between two moves.
const REQUESTS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_moves_and_comes_back_and_no_request_is_lost() {
    let dev = Dev::start(3);
    let moving = Moving::start(&dev).await;
    there_and_back(&dev, &moving, || moving.away(&dev), || moving.back(&dev)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarantined_workspace_is_released_and_no_request_is_lost() {
    let dev = Dev::start(3);
    let moving = Moving::start(&dev).await;
    let quarantine = || _ = dev.ok(&["gateway", "quarantine", "-w", "moved", "--gateway", "quiet", "--wait"]);
    let release = || _ = dev.ok(&["gateway", "release", "-w", "moved", "--wait"]);
    there_and_back(&dev, &moving, quarantine, release).await;
}

#[tokio::test]
async fn what_is_passed_on_is_counted_and_told_by_every_node() {
    let dev = Dev::start(3);
    let moving = Moving::start(&dev).await;
    moving.away(&dev);
    for node in 0..3 {
        let answer = call(dev.gateway_port(node), &moving.shared_host, MOVED_PATH, &[]).await;
        assert_eq!(answer.expect("an answer").status, 200);
    }
    for asked in 0..3 {
        eventually("what other nodes passed on is known here", async || {
            let status = dev.status(asked);
            let gateways = status["gateways"].as_array()?.clone();
            let passed_on = |name: &str| gateways.iter().find(|it| it["name"] == name)?["passedOn"].as_u64();
            (passed_on("shared") == Some(3) && passed_on("quiet") == Some(0)).then_some(())
        })
        .await;
    }
}

async fn there_and_back(dev: &Dev, moving: &Moving, away: impl Fn(), back: impl Fn()) {
    let mut clients = Vec::new();
    for node in 0..3 {
        let port = dev.gateway_port(node);
        clients.push(Load::start(port, &moving.shared_host, MOVED_PATH));
        clients.push(Load::start(port, &moving.link_host, MOVED_PATH));
        clients.push(Load::start(port, &moving.shared_host, STAYING_PATH));
    }
    some_more(&clients).await;
    for time in 0..2 {
        away();
        if time == 0 {
            // Whoever comes to know the other gateway's hostname keeps it too.
            clients
                .extend((0..3).map(|it| Load::start(dev.gateway_port(it), &moving.quiet_host, MOVED_PATH)));
        }
        some_more(&clients).await;
        assert_eq!(serving(dev), ["quiet"]);
        // What is a path of nobody stays one, and the host of the link leads to nobody else.
        for (host, path) in [(&moving.shared_host, "/nowhere"), (&moving.link_host, STAYING_PATH)] {
            let answer = call(dev.gateway_port(0), host, path, &[]).await.expect("an answer");
            assert_eq!(answer.status, 404, "{host} {path}");
        }
        back();
        some_more(&clients).await;
        assert_eq!(serving(dev), ["shared"]);
    }
    for client in clients {
        let asked = client.stop().await;
        let lost: Vec<_> = asked.iter().filter_map(|it| it.failed.as_deref()).collect();
        assert_eq!(lost, Vec::<&str>::new(), "of {}", asked.len());
    }
}

/// Waits until every client has asked some more.
pub async fn some_more(clients: &[Load]) {
    let until: Vec<usize> = clients.iter().map(|client| client.done() + REQUESTS).collect();
    eventually("all clients get answers", async || {
        clients.iter().zip(&until).all(|(client, until)| client.done() >= *until).then_some(())
    })
    .await;
}

/// The gateways that say they serve the workspace.
fn serving(dev: &Dev) -> Vec<String> {
    let status = dev.status(0);
    let gateways = status["gateways"].as_array().expect("gateways").clone();
    let serves = |gateway: &&serde_json::Value| {
        gateway["workspaces"].as_array().is_some_and(|all| all.iter().any(|it| it == "moved"))
    };
    let names = gateways.iter().filter(serves).map(|it| it["name"].as_str().expect("a name").to_owned());
    names.collect()
}
