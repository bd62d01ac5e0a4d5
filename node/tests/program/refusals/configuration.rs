//! Configuration files of nodes and of the command line that are wrong.

use super::{FAILED, UNREACHABLE, USAGE, path, says};
use crate::support::{Dev, both, free_ports, hanse_command};
use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

const BAD: &str = r#"node: node-9
dataDir: ""
zome: a
cluster:
  keyFile: none.key
  bootstrap: maybe
  members:
    - { id: 0, name: node-1, node: "127.0.0.1", admin: "127.0.0.1:99999", gatewayHttp: "127.0.0.1:8080" }
    - { id: 2, name: node-1, admin: "127.0.0.1:7400", gatewayHttp: "127.0.0.1:8080" }
tls:
  ca: hanse.yaml
  certificate: none.pem
  key: none.key
log: "a=b=c!"
"#;

/// The files of a cluster whose nodes nobody has started.
fn cluster(dir: &Path, nodes: &[&str]) -> Vec<PathBuf> {
    let first = free_ports(u16::try_from(nodes.len()).expect("few"));
    let mut command = hanse_command(dir);
    command.args(["cluster", "init", "--dir"]).arg(dir.join("cluster"));
    for node in nodes {
        command.args(["--node", &format!("{node}=127.0.0.1")]);
    }
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{}", both(&output));
    // All members lie on this machine, so each gets ports of its own.
    let own_ports = |text: &str| -> String {
        let line = |line: &str| {
            let position = (0_u16..).zip(nodes).find(|(_, node)| line.contains(&format!("name: {node},")));
            let Some((position, _)) = position else { return format!("{line}\n") };
            let ports = ["7400", "7500", "8080"];
            let own = (first + 10 * position..).zip(ports);
            own.fold(format!("{line}\n"), |line, (own, port)| {
                line.replace(&format!(":{port}\""), &format!(":{own}\""))
            })
        };
        text.lines().map(line).collect()
    };
    let config = |node: &&str| {
        let file = dir.join("cluster").join(node).join("hanse.yaml");
        let text = std::fs::read_to_string(&file).expect("a configuration");
        std::fs::write(&file, own_ports(&text)).expect("written");
        file
    };
    nodes.iter().map(config).collect()
}

#[test]
fn everything_that_is_wrong_with_a_configuration_is_told_at_its_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("hanse.yaml");
    std::fs::write(&file, BAD).expect("written");
    for words in [&["config", "check", path(&file)] as &[&str], &["server", "--config", path(&file)]] {
        let output = hanse_command(dir.path()).args(words).output().expect("runs");
        says(
            &output,
            USAGE,
            &[
                "hanse.yaml:3:1 zome: unknown field `zome`",
                "did you mean `zone`",
                "hanse.yaml:6:14 cluster.bootstrap: expected true or false",
                "hanse.yaml:2:1 dataDir: `dataDir` is required",
                "hanse.yaml:4:1 cluster.id: `id` is required",
                "hanse.yaml:8:9 cluster.members[0].id: the id must be 1 or more",
                "hanse.yaml:8:30 cluster.members[0].node: `127.0.0.1` is no address",
                "hanse.yaml:8:49 cluster.members[0].admin: `127.0.0.1:99999` is no address",
                "hanse.yaml:9:7 cluster.members[1].node: `node` is required",
                "hanse.yaml:9:16 cluster.members[1].name: `node-1` is another member's",
                "hanse.yaml:9:55 cluster.members[1].gatewayHttp: `127.0.0.1:8080` is the gatewayHttp address of `node-1`",
                "hanse.yaml:1:1 node: node `node-9` is not among",
                "hanse.yaml:5:3 cluster.keyFile: cannot read",
                "hanse.yaml:10:1 tls:",
                "hanse.yaml:14:1 log:",
            ],
        );
    }
    let check =
        |file: &str| hanse_command(dir.path()).args(["config", "check", file]).output().expect("runs");
    says(&check("/no/such.yaml"), USAGE, &["/no/such.yaml", "no such file", "hanse cluster init"]);
    says(&check(path(dir.path())), USAGE, &["it is a folder"]);
    std::fs::write(&file, [0xff, 0xfe, 0x00]).expect("written");
    says(&check(path(&file)), USAGE, &["no UTF-8 text"]);
    std::fs::write(&file, "node: [").expect("written");
    says(&check(path(&file)), USAGE, &["hanse.yaml:", "YAML"]);
    std::fs::write(&file, "").expect("written");
    says(&check(path(&file)), USAGE, &["`node` is required", "cluster.members", "tls.ca"]);
}

#[test]
fn two_nodes_on_one_port_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let configs = cluster(dir.path(), &["a", "b"]);
    let good = hanse_command(dir.path()).args(["config", "check"]).arg(&configs[1]).output().expect("runs");
    assert!(good.status.success(), "{}", both(&good));

    let text = std::fs::read_to_string(&configs[1]).expect("a configuration");
    let member =
        |name: &str| text.lines().find(|line| line.contains(&format!("name: {name},"))).expect("a member");
    let address = |name: &str, field: &str| {
        let at = member(name).split(&format!("{field}: \"")).nth(1).expect("the field");
        at.split('"').next().expect("quoted").to_owned()
    };
    // The same port for two nodes.
    std::fs::write(&configs[1], text.replace(&address("b", "admin"), &address("a", "node")))
        .expect("written");
    let output =
        hanse_command(dir.path()).args(["server", "--config"]).arg(&configs[1]).output().expect("runs");
    says(&output, USAGE, &["cluster.members[1].admin", "is the node address of `a` already"]);
    // The same port for two purposes.
    let twice = format!("{text}listen:\n  admin: {0:?}\n  node: {0:?}\n", address("b", "admin"));
    std::fs::write(&configs[1], twice).expect("written");
    let output = hanse_command(dir.path()).args(["config", "check"]).arg(&configs[1]).output().expect("runs");
    says(&output, USAGE, &["listen.node", "for admin and for node", "its own port"]);
}

#[test]
fn a_taken_port_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    for (offset, purpose) in [(0, "admin"), (1, "node to node"), (2, "gateway HTTP")] {
        let first = free_ports(1);
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first + offset)).expect("bound");
        let output = hanse_command(dir.path()).args(["dev", "--ports-from", &first.to_string()]).output();
        let output = output.expect("runs");
        let text = both(&output);
        assert_eq!(output.status.code(), Some(FAILED), "{text}");
        for part in [&(first + offset).to_string(), purpose, "--ports-from"] {
            assert!(text.contains(part), "`{part}` is missing in:\n{text}");
        }
        assert_eq!(text.matches("another program uses this port").count(), 1, "told once:\n{text}");
        drop(taken);
    }
    let dev =
        |port: &str| hanse_command(dir.path()).args(["dev", "--ports-from", port]).output().expect("runs");
    says(&dev("65535"), FAILED, &["65535", "too high"]);
    says(&dev("70000"), USAGE, &["70000"]);
}

#[test]
fn contexts_that_cannot_be_used_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let status = || hanse_command(dir.path()).args(["status"]).output().expect("runs");
    says(&status(), USAGE, &["no cluster to speak to", "hanse dev"]);

    let file = dir.path().join("config/config.yaml");
    std::fs::create_dir(dir.path().join("config")).expect("made");
    let with = |text: &str| {
        std::fs::write(&file, text).expect("written");
        status()
    };
    says(&with("a: ["), USAGE, &["config.yaml:1", "move it away"]);
    says(&with("currnt: x"), USAGE, &["currnt", "config.yaml"]);
    says(&with("current: x\ncontexts: []"), USAGE, &["hanse dev"]);
    let context = "current: x\ncontexts:\n- {name: x, servers: ['127.0.0.1:1'], ca: /no/ca.pem, certificate: /no/a.pem, key: /no/a.key}\n";
    let output = with(context);
    assert_eq!(output.status.code(), Some(USAGE), "{}", both(&output));
    assert!(
        both(&output).contains("/no/") && both(&output).contains("hanse context list"),
        "{}",
        both(&output)
    );
    says(
        &with(&context.replace("current: x", "current: gone")),
        USAGE,
        &["no context is the current one", "x"],
    );
    std::fs::write(&file, [0xff, 0xfe]).expect("written");
    says(&status(), USAGE, &["config.yaml", "move it away"]);

    // `hanse dev` leaves a broken file as it is, and starts nothing.
    let data = dir.path().join("data");
    let first = free_ports(1).to_string();
    let words = ["dev", "--ports-from", &first, "--data-dir", path(&data)];
    let output = hanse_command(dir.path()).args(words).output().expect("runs");
    assert_eq!(output.status.code(), Some(FAILED), "{}", both(&output));
    assert!(both(&output).contains("config.yaml"), "{}", both(&output));
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn a_context_whose_cluster_is_gone_is_unreachable() {
    let dev = Dev::start(1);
    let (dir, _) = dev.stop();
    let output = hanse_command(dir.path()).args(["status"]).output().expect("runs");
    says(&output, UNREACHABLE, &["nothing listens there", "hanse dev"]);
    // Its files are removed: the context says where they should be.
    std::fs::remove_dir_all(dir.path().join("data")).expect("removed");
    let output = hanse_command(dir.path()).args(["status"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(USAGE), "{}", both(&output));
    assert!(both(&output).contains("hanse context list"), "{}", both(&output));
}
