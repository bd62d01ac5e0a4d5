//! What people mistype, and what programs read: words, pipes, exit codes.

use super::{FAILED, UNREACHABLE, USAGE, path, says};
use crate::support::{Dev, both, hanse_command};
use std::process::Stdio;

const NO_FILE: [&str; 11] = [
    "context",
    "add",
    "c",
    "--servers",
    "a:1",
    "--ca",
    "no.pem",
    "--certificate",
    "no.pem",
    "--key",
    "no.key",
];

#[test]
fn typos_are_answered_with_what_there_is() {
    let dev = Dev::start(1);
    let revision = dev.status(0)["revision"].clone();
    let long = "a".repeat(5_000);
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["get", "wrokspace"], USAGE, &["wrokspace", "did you mean `workspace`"]),
        (&["get", "qqqqq"], USAGE, &["`hanse explain --all` lists the kinds", "workspace"]),
        (
            &["get", "api", "ordres", "-w", "demo"],
            FAILED,
            &["workspaces/demo/apis/ordres", "hanse get apis -w demo"],
        ),
        (&["get", "apis", "-w", "dmeo"], FAILED, &["workspaces/dmeo", "hanse get workspaces"]),
        (&["get", "op", "orders", "-w", "demo"], USAGE, &["orders/get-order"]),
        (&["get", "api", "../../x", "-w", "demo"], USAGE, &["../../x"]),
        (&["get", "api", "a\u{1b}[31mb", "-w", "demo"], USAGE, &["must not contain"]),
        (&["get", "api", &long], USAGE, &["1 to 80"]),
        (&["get", "nv", "--filter", "xx eq", "-w", "demo"], FAILED, &["xx", "displayName"]),
        (&["get", "apis", "-o", "xml"], USAGE, &["table, yaml, json"]),
        (&["get", "apis", "--server", "foo"], USAGE, &["HOST:PORT"]),
        (&["get", "apis", "--context", "nope"], USAGE, &["nope", "dev"]),
        (&["keys", "nope", "-w", "demo"], FAILED, &["subscriptions/nope", "hanse get subscriptions -w demo"]),
        (&["delete", "workspace", "nope", "--yes"], FAILED, &["workspaces/nope"]),
        (&["delete", "workspace", "demo"], FAILED, &["--yes", "--dry-run"]),
        (&["delete", "api", "orders", "-w", "demo"], FAILED, &["nobody can be asked"]),
        (&["watch", "cats"], USAGE, &["no collection"]),
        (&["status", "--server", "127.0.0.1:1"], UNREACHABLE, &["127.0.0.1:1", "hanse dev"]),
        (&["apply", "-f", "-", "--timeout", "soon"], USAGE, &["no unit of time", "ms, s, m and h"]),
        (&["frobnicate"], USAGE, &["--help"]),
        (&["dev", "--nodes", "8"], USAGE, &["--nodes", "from 1 to 7"]),
        (&["dev", "--ports-from", "high"], USAGE, &["from 1 to 65535"]),
        (&["history", "--limit", "0"], USAGE, &["from 1 to"]),
        (&["rollback", "-w", "demo", "--to", "x"], USAGE, &["--to", "a whole number, 1 or more"]),
        (&["keys", "demo"], FAILED, &["subscriptions/demo", "-w WORKSPACE looks into a workspace"]),
        (&["undelete", "wrkspaces/demo"], USAGE, &["did you mean `workspaces`?"]),
        (&["undelete", "workspaces/dmeo"], FAILED, &["never did", "`hanse history`"]),
        (&NO_FILE, USAGE, &["--ca", "no.pem", "hanse cluster init"]),
    ];
    for (words, code, parts) in cases {
        says(&dev.hanse(words), *code, parts);
    }
    assert_eq!(dev.status(0)["revision"], revision, "nothing was changed");
    dev.ok(&["get", "workspace", "demo"]);
}

#[test]
fn a_gateway_port_is_no_admin_port() {
    let dev = Dev::start(1);
    for (port, code) in [(1, FAILED), (2, UNREACHABLE)] {
        let server = format!("127.0.0.1:{}", dev.ports_from + port);
        let output = dev.hanse(&["status", "--server", &server]);
        assert_ne!(output.status.code(), Some(0));
        if code == UNREACHABLE {
            says(&output, code, &[&server, "admin port"]);
        } else {
            assert!(both(&output).contains("admin port"), "{}", both(&output));
        }
    }
}

#[test]
fn pipes_get_results_alone_and_no_colours() {
    let dev = Dev::start(1);
    let fine = dev.file("ws.yaml", "name: workspaces/pipes\nworkspace: {displayName: Pipes}\n");
    let commands: &[&[&str]] = &[
        &["status"],
        &["get", "apis", "-w", "demo"],
        &["get", "all", "-A"],
        &["apply", "--dry-run", "-f", path(&fine)],
        &["delete", "workspace", "demo", "--dry-run"],
        &["keys", "demo", "-w", "demo"],
        &["context", "list"],
        &["explain", "api"],
    ];
    for words in commands {
        let output = dev.hanse(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", both(&output));
        assert!(!both(&output).contains('\u{1b}'), "{words:?}: {}", both(&output));
    }
    let with_json: &[&[&str]] = &[
        &["status"],
        &["get", "apis", "-w", "demo"],
        &["get", "api", "orders", "-w", "demo"],
        &["get", "apis"],
        &["get", "all", "-A"],
        &["apply", "--dry-run", "-f", path(&fine)],
        &["apply", "--wait", "-f", path(&fine)],
        &["delete", "workspace", "pipes", "--yes", "--wait"],
        &["keys", "demo", "-w", "demo"],
        &["context", "list"],
    ];
    for words in with_json {
        let output = dev.hanse(&[*words, &["-o", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", both(&output));
        serde_json::from_slice::<serde_json::Value>(&output.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {}", both(&output)));
    }
    let refused = dev.hanse(&["get", "api", "none", "-w", "demo", "-o", "json"]);
    says(&refused, FAILED, &["no such resource"]);
}

#[test]
fn a_reader_that_goes_away_ends_a_watch_quietly() {
    let dev = Dev::start(1);
    let mut watch = hanse_command(dev.dir.path())
        .args(["watch", "--after", "0", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stdout = watch.stdout.take().expect("piped");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stdout));
    let first = lines.next().expect("a line").expect("text");
    let first: serde_json::Value = serde_json::from_str(&first).expect("one JSON document in a line");
    assert!(first["revision"].as_u64().is_some(), "{first}");
    drop(lines);
    // The next change finds nobody who reads.
    let change = dev.file("ws.yaml", "name: workspaces/unread\nworkspace: {displayName: Unread}\n");
    dev.ok(&["apply", "-f", path(&change)]);
    let output = watch.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert!(output.stderr.is_empty(), "{}", both(&output));
}

#[test]
fn a_watch_from_the_future_is_refused() {
    let dev = Dev::start(1);
    let output = dev.hanse(&["watch", "--after", "999999"]);
    says(&output, FAILED, &["999999", "has not happened yet", "the newest is"]);
    let output = dev.hanse(&["watch", "workspaces/dmeo", "--after", "999999"]);
    assert!(both(&output).starts_with("There is no workspaces/dmeo; should it come"), "{}", both(&output));
}
