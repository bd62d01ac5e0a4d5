//! Calls APIs through the gateway port of any node, and compares what comes back.

use super::{
    Client, WORKSPACES,
    deployer::{MARK_OF_API, MARK_OF_WORKSPACE, SIGNED_BY},
    setup::PATH,
};
use crate::{
    host::network,
    http::{self, Answer},
    invariants::Told,
    world::Stage,
};
use std::time::Duration;

/// Port of the gateway on every node.
pub const GATEWAY_PORT: u16 = 8080;
/// Time for one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);

/// Works until the stage is over.
pub async fn consume(mut client: Client, nodes: Vec<String>) {
    client.world.begin();
    let net = network();
    while client.world.stage() < Stage::Closing {
        let workspace = *client.rng.choice(&WORKSPACES).expect("there are workspaces");
        let node = client.node();
        let hostname = client.world.hostname(workspace).expect("the set-up is done");
        let answer = http::get(&*net, &nodes[node], GATEWAY_PORT, &hostname, PATH, REQUEST_TIMEOUT).await;
        match answer {
            Ok(answer) if answer.status == 200 => served(&client, node, workspace, &answer),
            Ok(answer) => failed(&client, node, workspace, &answer.status.to_string()),
            Err(error) => failed(&client, node, workspace, &error.to_string()),
        }
        client.pause(10, 120).await;
    }
    client.world.end();
}

fn served(client: &Client, node: usize, workspace: &str, answer: &Answer) {
    let header = |name: &str| answer.header(name).unwrap_or("missing").to_owned();
    let marks = vec![header(MARK_OF_WORKSPACE), header(MARK_OF_API)];
    let mark = marks[0].parse().unwrap_or(0);
    client.world.tell(Told::Answered {
        asked: workspace.to_owned(),
        workspaces: vec![header(SIGNED_BY), answer.body.clone()],
        marks,
    });
    client.world.served(node, workspace, mark);
}

fn failed(client: &Client, node: usize, workspace: &str, reason: &str) {
    client.world.event(format_args!("request to {workspace} through n{}: {reason}", node + 1));
    client.world.count(|counters| counters.failed += 1);
}
