//! Three nodes as processes: any node answers, and the loss of one or two is survived.

use super::moves::some_more;
use crate::support::{
    Dev, call_with_key, eventually,
    load::Load,
    moving::{MOVED_PATH, Moving, STAYING_PATH},
};
use serde_json::Value as Json;

#[tokio::test]
async fn three_nodes_serve_through_every_port_and_survive_losses() {
    let mut dev = Dev::start(3);
    let (host, key) = dev.demo();

    // Every node's gateway port answers for the gateway whose unit is on one of them.
    for node in 0..3 {
        let answer =
            call_with_key(dev.gateway_port(node), &host, "/shop/orders/1", &key).await.expect("an answer");
        assert_eq!(answer.status, 200, "through node {node}");
    }

    // A write on any node is read on any other.
    for node in 0..3 {
        let name = format!("written-on-{node}");
        let manifest =
            dev.file("ws.yaml", &format!("name: workspaces/{name}\nworkspace: {{displayName: Written}}\n"));
        dev.ok(&["apply", "-f", manifest.to_str().expect("text"), "--server", &dev.admin(node)]);
        dev.ok(&["get", "workspace", &name, "--server", &dev.admin((node + 1) % 3)]);
    }

    // The leader is killed: a new one takes writes, and requests are served.
    let status = dev.status(0);
    let leader = status["leader"].as_str().expect("a leader").to_owned();
    let index = leader.trim_start_matches("node-").parse::<u16>().expect("node-N") - 1;
    let pid = pid_of(&status, &leader);
    let survivors: Vec<u16> = (0..3).filter(|node| *node != index).collect();
    dev.kill(pid);
    let manifest = dev.file("ws.yaml", "name: workspaces/after-the-kill\nworkspace: {displayName: After}\n");
    dev.ok(&["apply", "-f", manifest.to_str().expect("text"), "--server", &dev.admin(survivors[0])]);
    for node in &survivors {
        eventually("the gateway answers without the dead node", async || {
            call_with_key(dev.gateway_port(*node), &host, "/shop/orders/1", &key).await.ok()
        })
        .await;
    }

    // It comes back and has everything; equal revisions have equal hashes.
    dev.restart(index);
    eventually("all three nodes have the same state", async || {
        let output = dev.hanse(&["status", "-o", "json", "--server", &dev.admin(index)]);
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        let nodes = status["nodes"].as_array()?.clone();
        let same = nodes.iter().all(|node| {
            node["stateHash"] == nodes[0]["stateHash"]
                && node["appliedRevision"] == nodes[0]["appliedRevision"]
                && node["role"] != "unreachable"
        });
        (nodes.len() == 3 && same).then_some(())
    })
    .await;

    // Two of three are killed: the last one serves from its own store.
    let status = dev.status(index);
    for node in &survivors {
        dev.kill(pid_of(&status, &format!("node-{}", node + 1)));
    }
    eventually("the survivor serves the gateway", async || {
        let answer = call_with_key(dev.gateway_port(index), &host, "/shop/orders/1", &key).await.ok()?;
        (answer.status == 200 || answer.status == 429).then_some(())
    })
    .await;
    dev.ok(&["get", "workspace", "after-the-kill", "--stale", "--server", &dev.admin(index)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cordoned_node_loses_its_units_and_no_request_is_lost() {
    let dev = Dev::start(3);
    let moving = Moving::start(&dev).await;
    apply(
        &dev,
        "name: gateways/quiet\ngateway: {displayName: Quiet, units: 2, dedicatedTo: workspaces/moved}\n",
    );
    dev.ok(&["gateway", "move", "-w", "moved", "--to", "quiet", "--wait"]);
    let placed = async || {
        eventually("both units run", async || {
            let nodes = units(&dev.status(0), "quiet")?;
            (nodes.len() == 2).then_some(nodes)
        })
        .await
    };
    let cordoned = placed().await.remove(0);

    let ports = || (0..3).map(|node| dev.gateway_port(node));
    let mut clients: Vec<Load> =
        ports().map(|port| Load::start(port, &moving.quiet_host, MOVED_PATH)).collect();
    clients.extend(ports().map(|port| Load::start(port, &moving.shared_host, STAYING_PATH)));
    some_more(&clients).await;
    apply(
        &dev,
        &format!("name: nodes/{cordoned}\nclusterNode: {{isCordoned: true, zone: being-repaired}}\n"),
    );
    for gateway in ["quiet", "shared"] {
        eventually("no unit is left on the node", async || {
            let status = dev.status(0);
            let nodes = units(&status, gateway)?;
            (nodes.len() == 2 && !nodes.contains(&cordoned)).then_some(())
        })
        .await;
    }
    some_more(&clients).await;
    assert!(!placed().await.contains(&cordoned), "and none comes back");
    for node in 0..3 {
        let zones: Vec<(Json, Json)> =
            nodes(&dev.status(node)).map(|it| (it["name"].clone(), it["zone"].clone())).collect();
        let repaired = |(name, zone): &&(Json, Json)| *name == cordoned && zone == "being-repaired";
        assert_eq!(zones.iter().filter(repaired).count(), 1, "node {node} says {zones:?}");
    }
    assert!(dev.ok(&["status"]).contains("being-repaired"));

    apply(&dev, &format!("name: nodes/{cordoned}\nclusterNode: {{}}\n"));
    eventually("it has units again", async || {
        let status = dev.status(0);
        let back = |gateway: &&str| units(&status, gateway).is_some_and(|it| it.contains(&cordoned));
        ["demo", "quiet", "shared"].iter().any(back).then_some(())
    })
    .await;
    some_more(&clients).await;
    for client in clients {
        let asked = client.stop().await;
        let lost: Vec<_> = asked.iter().filter_map(|it| it.failed.as_deref()).collect();
        assert_eq!(lost, Vec::<&str>::new(), "of {}", asked.len());
    }
}

fn apply(dev: &Dev, manifest: &str) {
    let file = dev.file("one.yaml", manifest);
    dev.ok(&["apply", "--wait", "-f", file.to_str().expect("text")]);
}

/// Names of the nodes that units of a gateway run on, when as many run as should.
fn units(status: &Json, gateway: &str) -> Option<Vec<String>> {
    let gateway = status["gateways"].as_array()?.iter().find(|it| it["name"] == gateway)?;
    let names = gateway["nodes"].as_array()?.iter().map(|it| it.as_str().expect("a name").to_owned());
    (gateway["unitsRunning"] == gateway["unitsWanted"]).then(|| names.collect())
}

fn nodes(status: &Json) -> impl Iterator<Item = &Json> {
    status["nodes"].as_array().expect("nodes").iter()
}

fn pid_of(status: &serde_json::Value, name: &str) -> u64 {
    let nodes = status["nodes"].as_array().expect("nodes");
    let node = nodes.iter().find(|node| node["name"] == name).expect("the node");
    node["pid"].as_u64().expect("a process id")
}
