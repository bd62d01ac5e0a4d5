//! What is more than writing resources, through the program: each command once, and its refusals.

use crate::support::{Dev, both, call_with_key};
use hanse::client::Client;
use hanse_proto::v1::{self, act_request::Action};
use std::process::Output;

/// A command was refused, in plain words, and changed nothing.
fn refused(dev: &Dev, words: &[&str], part: &str) {
    let before = dev.status(0)["revision"].clone();
    let output: Output = dev.hanse(words);
    let text = both(&output);
    assert_eq!(output.status.code(), Some(1), "hanse {}:\n{text}", words.join(" "));
    assert!(output.stdout.is_empty() && text.contains(part), "`{part}` is missing:\n{text}");
    assert_eq!(dev.status(0)["revision"], before, "nothing was changed");
}

fn apply(dev: &Dev, manifest: &str) {
    let file = dev.file("more.yaml", manifest);
    dev.ok(&["apply", "-f", file.to_str().expect("text"), "--wait"]);
}

fn revision(dev: &Dev) -> String {
    let history = dev.json(&["history", "--limit", "1", "-o", "json"]);
    history["entries"][0]["change"]["revision"].to_string().trim_matches('"').to_owned()
}

#[tokio::test]
async fn a_regenerated_key_opens_and_the_old_one_does_not() {
    let dev = Dev::start(1);
    let (host, old) = dev.demo();
    let subscription = "workspaces/demo/subscriptions/demo";
    refused(&dev, &["keys", subscription, "--regenerate", "primary"], "nobody can be asked");
    refused(&dev, &["keys", "none", "-w", "demo", "--regenerate", "primary", "--yes"], "no such");
    let keys = dev.json(&["keys", subscription, "--regenerate", "primary", "--yes", "--wait", "-o", "json"]);
    let new = keys["primaryKey"].as_str().expect("a key").to_owned();
    assert_ne!(new, old);
    let status = async |key: &str| {
        let answer = call_with_key(dev.gateway_port(0), &host, "/shop/orders/1", key).await;
        answer.expect("an answer").status
    };
    assert_eq!((status(&new).await, status(&old).await), (200, 401));

    let step = |verb: &str| {
        let words = ["subscription", verb, "demo", "-w", "demo", "--comment", "x", "--wait"];
        dev.ok(&words);
    };
    step("suspend");
    assert_eq!(status(&new).await, 401);
    refused(&dev, &["subscription", "suspend", "demo", "-w", "demo"], "already");
    refused(&dev, &["subscription", "reject", "demo", "-w", "demo"], "no step");
    step("resume");
    assert_eq!(status(&new).await, 200);
    step("cancel");
    step("approve");
    refused(&dev, &["subscription", "approve", "none", "-w", "demo"], "no such");
}

#[tokio::test]
async fn an_api_is_copied_revised_and_released() {
    let dev = Dev::start(1);
    dev.ok(&["api", "clone", "orders", "copy", "-w", "demo", "--path", "copy", "--wait"]);
    let (host, key) = dev.demo();
    let answer = call_with_key(dev.gateway_port(0), &host, "/copy/orders/1", &key).await.expect("one");
    assert_eq!(answer.status, 200, "it is in the product of its original: {}", answer.body);
    refused(&dev, &["api", "clone", "orders", "copy", "-w", "demo", "--path", "x"], "exists already");
    refused(&dev, &["api", "clone", "orders", "c2", "-w", "demo", "--path", "copy"], "taken");
    refused(&dev, &["api", "clone", "none", "c2", "-w", "demo", "--path", "x"], "no such api");
    let dry = dev.ok(&["api", "revise", "orders", "-w", "demo", "--dry-run"]);
    assert!(dry.contains("orders;rev=2") && dry.contains("nothing was changed"), "{dry}");
    dev.ok(&["api", "revise", "orders", "-w", "demo"]);
    refused(&dev, &["api", "revise", "orders", "-w", "demo", "--revision", "2"], "exists already");
    let released = dev.json(&[
        "api",
        "release",
        "orders",
        "-w",
        "demo",
        "--revision",
        "2",
        "--notes",
        "new",
        "-o",
        "json",
    ]);
    assert!(released["plan"]["changes"].to_string().contains("isCurrent"), "{released}");
    refused(&dev, &["api", "release", "orders", "-w", "demo", "--revision", "9"], "no such api");
}

const GATEWAYS: &str = "\
name: gateways/east
gateway: {displayName: East}
---
name: gateways/full
gateway: {displayName: Full}
---
name: workspaces/other
workspace: {displayName: Other}
---
name: workspaces/other/apis/orders
api: {displayName: Orders, path: shop, serviceUrl: 'http://127.0.0.1:9'}
---
name: gateways/full/links/other
gatewayLink: {workspace: workspaces/other}
---
name: workspaces/preview
workspace: {displayName: Preview}
---
name: workspaces/preview/apis/orders
api: {displayName: Orders, path: shop, serviceUrl: 'http://127.0.0.1:9'}
";

#[test]
fn a_workspace_is_linked_moved_quarantined_released_and_migrated() {
    let dev = Dev::start(1);
    apply(&dev, GATEWAYS);
    let links = || {
        let all = dev.json(&["get", "links", "-A", "-o", "json"]).to_string();
        (all.contains("gateways/east/links/demo"), all.matches("passesOnTo").count())
    };
    refused(&dev, &["gateway", "move", "-w", "demo", "--to", "nowhere"], "no such gateway");
    refused(&dev, &["gateway", "move", "-w", "none", "--to", "east"], "no such workspace");
    refused(&dev, &["gateway", "move", "-w", "demo", "--to", "full"], "is taken on gateway `full`");
    refused(&dev, &["gateway", "move", "-w", "demo", "--to", "full", "--dry-run"], "is taken");
    refused(&dev, &["gateway", "move", "-w", "demo", "--to", "east", "--cut"], "nobody can be asked");
    refused(&dev, &["gateway", "release", "-w", "demo"], "where it always was");
    let plan = dev.ok(&["gateway", "quarantine", "-w", "demo", "--gateway", "east", "--dry-run"]);
    assert!(plan.contains("passesOnTo") && plan.contains("gateways/east/links/demo"), "{plan}");
    assert_eq!(links(), (false, 0));
    dev.ok(&["gateway", "quarantine", "-w", "demo", "--gateway", "east", "--wait"]);
    assert_eq!(links(), (true, 1));
    dev.ok(&["gateway", "release", "-w", "demo", "--wait"]);
    assert_eq!(links(), (true, 1), "who calls it at the other gateway is passed back");
    dev.ok(&["gateway", "move", "-w", "demo", "--to", "east"]);
    assert_eq!(links(), (true, 1));
    refused(&dev, &["gateway", "move", "-w", "demo", "--to", "east"], "already");
    dev.ok(&["gateway", "release", "-w", "demo"]);
    dev.ok(&["gateway", "link", "east", "-w", "demo"]);
    assert_eq!(links(), (true, 0));
    refused(&dev, &["gateway", "unlink", "east", "-w", "demo"], "nobody can be asked");
    dev.ok(&["gateway", "unlink", "east", "-w", "demo", "--yes"]);
    refused(&dev, &["gateway", "unlink", "east", "-w", "demo", "--yes"], "does not serve");
    refused(&dev, &["gateway", "link", "nowhere", "-w", "demo"], "gateways/nowhere");

    let found = dev.json(&["migrate", "workspaces", "-o", "json"]);
    assert_eq!(found["workspaces"], serde_json::json!(["workspaces/preview"]));
    refused(&dev, &["migrate", "workspaces", "--to", "full", "--yes"], "taken on gateway `full`");
    refused(&dev, &["migrate", "workspaces", "--to", "east"], "nobody can be asked");
    dev.ok(&["migrate", "workspaces", "--to", "east", "--yes"]);
    let found = dev.ok(&["migrate", "workspaces"]);
    assert!(found.contains("every workspace is served"), "{found}");
}

#[test]
fn what_happened_is_told_rolled_back_and_undeleted() {
    let dev = Dev::start(1);
    let then = revision(&dev);
    apply(&dev, "name: workspaces/demo/apis/new\napi: {displayName: New, path: new}\n");
    dev.ok(&["subscription", "suspend", "demo", "-w", "demo"]);
    let history = dev.json(&["history", "-w", "demo", "--limit", "2", "-o", "json"]);
    let newest = &history["entries"][0];
    assert_eq!(newest["change"]["name"], "workspaces/demo/subscriptions/demo");
    assert!(newest["fields"].to_string().contains("suspended"), "{history}");
    let table = dev.ok(&["history", "-w", "demo", "--limit", "2"]);
    assert!(table.contains("workspaces/demo/apis/new") && table.contains("state"), "{table}");

    refused(&dev, &["rollback", "-w", "demo", "--to", &then], "nobody can be asked");
    refused(&dev, &["rollback", "-w", "demo", "--to", "999999", "--yes"], "not happened yet");
    let plan = dev.ok(&["rollback", "-w", "demo", "--to", &then, "--dry-run"]);
    assert!(plan.contains("- deleted  workspaces/demo/apis/new") && plan.contains("\"active\""), "{plan}");
    dev.ok(&["rollback", "-w", "demo", "--to", &then, "--yes"]);
    let apis = dev.ok(&["get", "apis", "-w", "demo"]);
    assert!(!apis.contains("new"), "{apis}");

    let before = dev.json(&["get", "operations", "-w", "demo", "-o", "json"]);
    let key = dev.ok(&["keys", "demo", "-w", "demo"]);
    dev.ok(&["delete", "workspace", "demo", "--yes"]);
    dev.ok(&["undelete", "workspaces/demo", "--wait"]);
    let after = dev.json(&["get", "operations", "-w", "demo", "-o", "json"]);
    assert_eq!(
        before.as_array().map(Vec::len),
        after.as_array().map(Vec::len),
        "everything below it is back"
    );
    assert_eq!(dev.ok(&["keys", "demo", "-w", "demo"]), key, "and so are the keys");
    refused(&dev, &["undelete", "workspaces/demo"], "it exists, or it never did");
    refused(&dev, &["undelete", "workspaces/never"], "nothing was deleted");
}

#[test]
fn a_name_that_nothing_has_or_had_is_no_place_without_changes() {
    let dev = Dev::start(1);
    let then = revision(&dev);
    let lists = "`hanse get workspaces` lists what there is";
    for words in [
        &["history", "-w", "nosuch"][..],
        &["history", "-w", "nosuch", "-o", "json"],
        &["rollback", "-w", "nosuch", "--to", &then, "--dry-run"],
        &["rollback", "workspaces/nosuch", "--to", &then, "--yes"],
        &["rollback", "-w", "nosuch", "--to", &then],
    ] {
        refused(&dev, words, "there is no workspaces/nosuch, and nothing is kept of one");
        refused(&dev, words, lists);
    }
    let api = ["rollback", "workspaces/demo/apis/nosuch", "--to", &then, "--dry-run"];
    refused(&dev, &api, "`hanse get apis -w demo` lists what there is");
    let none = dev.hanse(&["history", "-w", "demo", "--limit", "0"]);
    assert_eq!(none.status.code(), Some(64), "{}", both(&none));
    assert!(both(&none).contains("a whole number from 1 to"), "{}", both(&none));

    // What is there and did not change, and what is gone and had a past, is no slip of the pen.
    let unchanged = dev.ok(&["rollback", "-w", "demo", "--to", &then, "--dry-run"]);
    assert!(unchanged.contains("0 created, 0 updated, 0 deleted"), "{unchanged}");
    apply(&dev, "name: workspaces/short\nworkspace: {displayName: Short}\n");
    dev.ok(&["delete", "workspace", "short", "--yes"]);
    assert!(dev.ok(&["history", "-w", "short"]).contains("deleted"));
    let gone = dev.ok(&["rollback", "-w", "short", "--to", &then, "--dry-run"]);
    assert!(gone.contains("0 created, 0 updated, 0 deleted"), "{gone}");
}

const REFERRED: &str = "\
name: workspaces/demo/apis/old
api: {displayName: Old, path: old, serviceUrl: 'http://127.0.0.1:9'}
---
name: workspaces/demo/apis/old;rev=2
api: {displayName: Old, path: old, serviceUrl: 'http://127.0.0.1:9'}
---
name: workspaces/demo/subscriptions/old
subscription: {displayName: Old, scope: apis/old, state: active}
";

#[tokio::test]
async fn a_deletion_takes_along_what_would_forbid_it_where_that_is_said() {
    let dev = Dev::start(1);
    apply(&dev, REFERRED);
    let went = ["apis/old", "apis/old;rev=2", "subscriptions/old"].map(|id| format!("workspaces/demo/{id}"));
    let api = ["delete", "api", "old", "-w", "demo"];
    let with = |more: &[&'static str]| [&api[..], more].concat();

    refused(&dev, &with(&["--yes"]), "1 subscription is to this api: `workspaces/demo/subscriptions/old`");
    refused(&dev, &with(&["--yes"]), "it has revisions: `workspaces/demo/apis/old;rev=2`");
    refused(&dev, &with(&["--yes"]), "take them along: hanse delete --cascade");
    refused(&dev, &with(&["--cascade"]), "nobody can be asked");
    let dry = dev.ok(&with(&["--cascade", "--dry-run"]));
    for name in &went {
        assert!(dry.contains(&format!("- deleted  {name}\n")), "{dry}");
    }
    assert!(dry.contains("3 deleted") && dry.contains("nothing was changed"), "{dry}");

    // What a person has said yes to is done, and nothing that came in between.
    let change = v1::Change {
        change: Some(v1::change::Change::Delete(went[0].clone())),
        cascade: true,
        ..Default::default()
    };
    let request = v1::ApplyRequest { changes: vec![change], ..Default::default() };
    let plan = async || {
        let message = v1::PlanRequest { apply: Some(request.clone()) };
        let mut client = client(&dev, 0);
        let answer = client.call(hanse::client::CALL_TIMEOUT, |mut it| {
            let message = message.clone();
            async move { it.management.plan(message).await }
        });
        answer.await.expect("a plan")
    };
    let seen = plan().await;
    assert_eq!(seen.changes.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), went);
    apply(&dev, &REFERRED.split("---\n").last().expect("one").replace("ions/old", "ions/late"));
    assert_eq!(plan().await.deleted, 4);
    let late = v1::ApplyRequest { plan_id: seen.plan_id, ..request.clone() };
    let mut client = client(&dev, 0);
    let answer = client.call(hanse::client::CALL_TIMEOUT, |mut it| {
        let late = late.clone();
        async move { it.management.apply(late).await }
    });
    let stale = answer.await.expect_err("refused").to_string();
    assert!(stale.contains("refused, nothing was changed"), "{stale}");

    let done = dev.ok(&with(&["--cascade", "--yes", "--wait"]));
    assert!(done.contains("4 deleted"), "{done}");
    for (kind, id) in
        [("api", "old"), ("api", "old;rev=2"), ("subscription", "old"), ("subscription", "late")]
    {
        refused(&dev, &["get", kind, id, "-w", "demo"], "there is no such resource");
    }
    dev.ok(&["undelete", &went[0]]);
    dev.ok(&["get", "subscription", "late", "-w", "demo"]);
}

const SERVICE: &str = "\
name: apis/legacy
api: {displayName: Legacy, path: legacy, serviceUrl: 'http://127.0.0.1:9'}
---
name: apis/legacy/operations/get
operation: {displayName: Get, method: GET, urlTemplate: /x}
---
name: subscriptions/legacy
subscription: {displayName: Legacy, scope: apis/legacy, state: active}
---
name: products/shared
product: {displayName: Shared}
---
name: apis/stays
api: {displayName: Stays, path: stays, serviceUrl: 'http://127.0.0.1:9'}
---
name: products/shared/apiLinks/legacy
productApiLink: {apiId: apis/legacy}
---
name: products/shared/apiLinks/stays
productApiLink: {apiId: apis/stays}
";

#[test]
fn a_workspace_adopts_apis_of_the_service_with_their_keys() {
    let dev = Dev::start(1);
    apply(&dev, SERVICE);
    let key = dev.ok(&["keys", "legacy"]);
    refused(&dev, &["workspace", "adopt", "-w", "demo", "--api", "legacy", "--yes"], "`apis/stays`");
    refused(&dev, &["workspace", "adopt", "-w", "demo", "--api", "none", "--yes"], "no such api");
    refused(&dev, &["workspace", "adopt", "-w", "none", "--api", "legacy", "--yes"], "no such workspace");
    dev.ok(&["delete", "product-api-link", "shared/legacy", "--yes"]);
    let output = dev.hanse(&["workspace", "adopt", "-w", "demo", "--api", "legacy", "--yes"]);
    let text = both(&output);
    assert!(output.status.success() && text.contains("the URLs of these APIs change"), "{text}");
    assert_eq!(dev.ok(&["keys", "legacy", "-w", "demo"]), key);
    let operations = dev.ok(&["get", "operations", "-w", "demo"]);
    assert!(operations.contains("legacy"), "{operations}");
}

#[tokio::test]
async fn what_was_seen_is_what_is_done_or_nothing() {
    let dev = Dev::start(1);
    let value = |id: &str| {
        apply(
            &dev,
            &format!("name: workspaces/demo/namedValues/{id}\nnamedValue: {{displayName: {id}, value: x}}\n"),
        );
    };
    let revision = dev.status(0)["revision"].as_u64().expect("a revision");
    value("first");
    let act = async |plan_id: &str, dry_run| {
        let rollback =
            v1::Rollback { name: "workspaces/demo".into(), to_revision: revision, undelete: false };
        let request = v1::ActRequest {
            request_id: String::new(),
            dry_run,
            plan_id: plan_id.to_owned(),
            action: Some(Action::Rollback(rollback)),
        };
        client(&dev, 0)
            .call(hanse::client::CALL_TIMEOUT, |mut it| {
                let request = request.clone();
                async move { it.management.act(request).await }
            })
            .await
    };
    let seen = act("", true).await.expect("a plan").plan.expect("a plan");
    assert_eq!(seen.deleted, 1);
    value("late");
    let stale = act(&seen.plan_id, false).await.expect_err("refused").to_string();
    assert!(stale.contains("refused, nothing was changed"), "{stale}");
    for id in ["first", "late"] {
        dev.ok(&["get", "namedvalue", id, "-w", "demo"]);
    }
    let seen = act("", true).await.expect("a plan").plan.expect("a plan");
    assert_eq!(seen.deleted, 2);
    act(&seen.plan_id, false).await.expect("as it was seen");
}

/// A client of one node.
fn client(dev: &Dev, node: u16) -> Client {
    let config = hanse::context::Config::load(&dev.dir.path().join("config")).expect("a context");
    let mut context = config.find(None).expect("a context").clone();
    context.servers = vec![dev.admin(node)];
    Client::new(context).expect("usable")
}

#[tokio::test]
async fn an_action_sent_again_is_done_once_on_whichever_node_it_arrives() {
    let dev = Dev::start(3);
    let request = v1::ActRequest {
        request_id: "once".into(),
        dry_run: false,
        plan_id: String::new(),
        action: Some(Action::CloneApi(v1::CloneApi {
            source: "workspaces/demo/apis/orders".into(),
            target: "workspaces/demo/apis/copy".into(),
            path: Some("copy".into()),
            ..Default::default()
        })),
    };
    let mut revisions = Vec::new();
    for node in 0..3 {
        let mut client = client(&dev, node);
        let answer = client.call(hanse::client::CALL_TIMEOUT, |mut it| {
            let request = request.clone();
            async move { it.management.act(request).await }
        });
        let applied = answer.await.expect("the first answer again").applied.expect("what was done");
        revisions.push(applied.revision);
    }
    assert!(revisions.windows(2).all(|pair| pair[0] == pair[1]), "{revisions:?}");
}
