//! Three nodes as processes: any node answers, and the loss of one or two is survived.

use crate::support::{Dev, call_with_key, eventually};

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

fn pid_of(status: &serde_json::Value, name: &str) -> u64 {
    let nodes = status["nodes"].as_array().expect("nodes");
    let node = nodes.iter().find(|node| node["name"] == name).expect("the node");
    node["pid"].as_u64().expect("a process id")
}
