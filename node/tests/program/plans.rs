//! Plans: what they say is what applying does, and one that is stale does nothing.

use crate::support::{Dev, both};
use serde_json::Value as Json;
use std::{path::Path, process::Output};

const CHANGES: i32 = 2;
const USAGE: i32 = 64;

fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn shop(more: &str) -> String {
    format!(
        "name: workspaces/shop\nworkspace: {{displayName: Shop}}\n---\n\
         name: gateways/shop\ngateway: {{displayName: Shop}}\n---\n\
         name: gateways/shop/links/shop\ngatewayLink: {{workspace: workspaces/shop}}\n---\n\
         name: workspaces/shop/apis/orders\napi: {{displayName: Orders, path: orders, protocols: [http]}}\n---\n\
         name: workspaces/shop/apis/orders/operations/get\n\
         operation: {{displayName: Get, method: GET, urlTemplate: /get}}\n{more}"
    )
}

fn policy(method: &str) -> String {
    format!(
        "---\nname: workspaces/shop/apis/orders/policies/policy\npolicy:\n  value: |\n    <policies>\n      <inbound>\n        \
         <base />\n        <set-method>{method}</set-method>\n      </inbound>\n    </policies>\n"
    )
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Actions and names that an apply tells of.
fn done(answer: &Json) -> Vec<String> {
    let results = answer["results"].as_array().expect("results");
    let text = |it: &Json, key: &str| it[key].as_str().expect("a text").to_owned();
    let changed = results.iter().filter(|it| it["action"] != "unchanged");
    let mut done: Vec<String> =
        changed.map(|it| format!("{} {}", text(it, "action"), text(it, "name"))).collect();
    done.sort();
    done
}

fn planned(plan: &Json) -> Vec<String> {
    let changes = Json::from_iter([("results", plan["changes"].clone())]);
    done(&changes)
}

#[test]
fn a_plan_is_done_as_it_was_shown_or_not_at_all() {
    let dev = Dev::start(1);
    let file = dev.file("shop.yaml", &shop(&policy("GET")));
    let plan = dev.json(&["plan", "-f", path(&file), "-o", "json"]);
    assert_eq!((&plan["created"], &plan["updated"], &plan["deleted"]), (&6.into(), &0.into(), &0.into()));
    assert_eq!(plan["gateways"], Json::from_iter(["shop"]));
    let revision = dev.status(0)["revision"].clone();
    let again = dev.json(&["plan", "-f", path(&file), "-o", "json"]);
    assert_eq!(again["planId"], plan["planId"], "a plan changes nothing");
    assert_eq!(dev.status(0)["revision"], revision);

    let id = plan["planId"].as_str().expect("an id");
    let applied = dev.json(&["apply", "-f", path(&file), "--plan", id, "-o", "json"]);
    assert_eq!(done(&applied), planned(&plan));
    let twice = dev.hanse(&["apply", "-f", path(&file), "--plan", id]);
    assert_eq!(code(&twice), Some(1), "what is done is another plan by now");

    let text = dev.ok(&["plan", "-f", path(&dev.file("shop.yaml", &shop(&policy("PUT"))))]);
    for part in [
        "workspace shop",
        "~ policy",
        "the content of its elements differs",
        "Effective policy changes for 1 operation of 1 API; 1 gateway is touched (shop).",
        "shop: orders/get",
        "+ set-method (api), changed",
        "0 created, 1 updated, 0 deleted.",
        "hanse apply -f ",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours in a pipe");
    let command = text.lines().find(|line| line.starts_with("hanse apply")).expect("the command");
    let words: Vec<&str> = command.split(' ').skip(1).collect();

    // Somebody else is faster.
    let theirs = dev.file("theirs.yaml", &shop(&policy("DELETE")));
    dev.ok(&["apply", "-f", path(&theirs)]);
    let before = dev.status(0)["revision"].clone();
    let stale = dev.hanse(&words);
    let told = both(&stale);
    assert_eq!(code(&stale), Some(1), "{told}");
    for part in ["stale", "workspaces/shop/apis/orders/policies/policy", "updated by", "plan again"] {
        assert!(told.contains(part), "`{part}` is missing in:\n{told}");
    }
    assert_eq!(dev.status(0)["revision"], before, "nothing was changed");

    // A change elsewhere makes nothing stale.
    let plan = dev.json(&["plan", "-f", path(&file), "-o", "json"]);
    dev.ok(&[
        "apply",
        "-f",
        path(&dev.file("other.yaml", "name: workspaces/other\nworkspace: {displayName: O}\n")),
    ]);
    dev.ok(&["apply", "-f", path(&file), "--plan", plan["planId"].as_str().expect("an id")]);

    let nothing = ["plan", "-f", path(&file), "--detailed-exit-code"];
    assert!(dev.ok(&nothing).starts_with("Nothing to change"));
    let some = dev.hanse(&["plan", "-f", path(&theirs), "--detailed-exit-code", "-o", "markdown"]);
    assert_eq!(code(&some), Some(CHANGES), "{}", both(&some));
    let markdown = String::from_utf8(some.stdout).expect("text");
    assert!(markdown.starts_with("### Hanse plan: 0 created, 1 updated, 0 deleted"), "{markdown}");
    assert!(markdown.contains("```diff"), "{markdown}");
    assert_eq!(code(&dev.hanse(&["get", "apis", "-w", "shop", "-o", "markdown"])), Some(USAGE));
}

#[test]
fn prune_deletes_what_the_folder_had_and_nothing_else() {
    let dev = Dev::start(1);
    dev.file("shop/hanse.yaml", "owner: shop-team\n");
    let manifests = dev.file("shop/all.yaml", &shop(&policy("GET")));
    let folder = manifests.parent().expect("a folder").to_owned();
    let folder = path(&folder);
    dev.ok(&["apply", "-f", folder]);
    let got = dev.json(&["get", "api", "orders", "-w", "shop", "-o", "json"]);
    assert_eq!(got["owner"], "shop-team");
    let other = dev.file(
        "value.yaml",
        "name: workspaces/shop/namedValues/other\nnamedValue: {displayName: other, value: x}\n",
    );
    dev.ok(&["apply", "-f", path(&other)]);

    // The API goes from the folder, and with it what is below it.
    let only_workspace = shop("").split("---\n").take(3).collect::<Vec<_>>().join("---\n");
    dev.file("shop/all.yaml", &only_workspace);
    let plan = dev.json(&["plan", "-f", folder, "-o", "json"]);
    assert_eq!(plan["deleted"], 0, "without --prune nothing is deleted");
    let plan = dev.json(&["plan", "-f", folder, "--prune", "-o", "json"]);
    assert_eq!(plan["deleted"], 3, "{plan:#}");
    let id = plan["planId"].as_str().expect("an id");
    let applied = dev.json(&["apply", "-f", folder, "--prune", "--plan", id, "-o", "json"]);
    assert_eq!(done(&applied), planned(&plan));
    assert!(!dev.hanse(&["get", "api", "orders", "-w", "shop"]).status.success());
    dev.ok(&["get", "namedvalue", "other", "-w", "shop"]);
    dev.ok(&["get", "api", "orders", "-w", "demo"]);

    // What holds somebody else's stays, and it is said whose.
    dev.file("shop/all.yaml", "name: gateways/shop\ngateway: {displayName: Shop}\n");
    let before = dev.status(0)["revision"].clone();
    let refused = dev.hanse(&["apply", "-f", folder, "--prune"]);
    assert_eq!(code(&refused), Some(1));
    for part in ["workspaces/shop/namedValues/other", "workspaces/shop", "shop-team"] {
        assert!(both(&refused).contains(part), "`{part}` is missing in:\n{}", both(&refused));
    }
    assert_eq!(dev.status(0)["revision"], before);

    let nobody = dev.hanse(&["apply", "-f", path(&other), "--prune"]);
    assert_eq!(code(&nobody), Some(USAGE));
    assert!(both(&nobody).contains("--owner NAME"), "{}", both(&nobody));
}

#[test]
fn an_environment_overrides_what_the_folder_says() {
    let dev = Dev::start(1);
    let manifests = dev.file("shop/all.yaml", &shop(""));
    let folder = path(manifests.parent().expect("a folder")).to_owned();
    let env = dev.file("prod.yaml", "name: workspaces/shop/apis/orders\napi: {path: prod}\n");
    let plan = dev.ok(&["plan", "-f", &folder, "--env", path(&env)]);
    assert!(plan.contains("/prod") && plan.contains("--env "), "{plan}");
    dev.ok(&["apply", "-f", &folder, "--env", path(&env)]);
    assert_eq!(dev.json(&["get", "api", "orders", "-w", "shop", "-o", "json"])["api"]["path"], "prod");
    let plan = dev.json(&["plan", "-f", &folder, "-o", "json"]);
    let fields = &plan["changes"][0]["fields"][0];
    assert_eq!((&fields["before"], &fields["after"]), (&"\"prod\"".into(), &"\"orders\"".into()), "{plan:#}");
    let wrong = dev.file("wrong.yaml", "name: workspaces/shop/apis/none\napi: {path: prod}\n");
    let refused = dev.hanse(&["plan", "-f", &folder, "--env", path(&wrong)]);
    assert_eq!(code(&refused), Some(1));
    assert!(both(&refused).contains("wrong.yaml:1"), "{}", both(&refused));
}

#[test]
fn what_is_too_large_for_one_commit_goes_in_parts() {
    let dev = Dev::start(1);
    let value = |index: usize| {
        let text = "x".repeat(4_000);
        format!("name: namedValues/v{index}\nnamedValue: {{displayName: v{index}, value: {text}}}\n")
    };
    let all: Vec<String> = (0..2_500).map(value).collect();
    let file = dev.file("large.yaml", &all.join("---\n"));
    let words = ["apply", "-f", path(&file), "--owner", "bulk", "--prune"];
    let refused = dev.hanse(&words);
    assert_eq!(code(&refused), Some(1));
    assert!(
        both(&refused).contains("at most 8388608") && both(&refused).contains("--in-parts"),
        "{}",
        both(&refused)
    );
    let in_parts = |words: &[&str]| dev.hanse(&[words, &["--in-parts", "-o", "json"]].concat());
    let output = in_parts(&words);
    assert!(output.status.success(), "{}", both(&output));
    assert!(both(&output).contains("part 3 of 3"), "{}", both(&output));
    let answer: Json = serde_json::from_slice(&output.stdout).expect("JSON on standard output alone");
    assert_eq!(
        answer["results"].as_array().map(Vec::len),
        Some(2_500),
        "the last part has pruned nothing of the others"
    );

    // The second part is refused: the first one stays, and the rest says how to go on.
    let reference = "name: products/p/apiLinks/l\nproductApiLink: {apiId: apis/none}\n";
    let broken =
        dev.file("broken.yaml", &[&all.join("---\n").replace("xxxxx", "yyyyy"), reference].join("---\n"));
    let output = in_parts(&["apply", "-f", path(&broken)]);
    let told = both(&output);
    assert_eq!(code(&output), Some(1), "{told}");
    for part in
        ["part 1 of 3", "part 3 of 3 was not done", "2 parts are done", "send all of it again", "apis/none"]
    {
        assert!(told.contains(part), "`{part}` is missing in:\n{told}");
    }
}

#[test]
fn a_follower_plans_as_the_leader_does() {
    let dev = Dev::start(3);
    let file = dev.file("shop.yaml", &shop(&policy("GET")));
    let ask = |node: u16| {
        let plan = dev.json(&["plan", "-f", path(&file), "-o", "json", "--server", &dev.admin(node)]);
        (plan["planId"].clone(), plan["created"].clone())
    };
    let plans = [ask(0), ask(1), ask(2)];
    assert!(plans.iter().all(|plan| *plan == plans[0]), "{plans:?}");
    let id = plans[0].0.as_str().expect("an id");
    dev.ok(&["apply", "-f", path(&file), "--plan", id, "--server", &dev.admin(1)]);
}

#[test]
fn a_pipeline_is_written_once_and_plans_the_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| {
        crate::support::hanse_command(dir.path()).current_dir(dir.path()).args(words).output().expect("runs")
    };
    for (provider, file) in [
        ("github", ".github/workflows/hanse.yml"),
        ("azure", ".azure-pipelines/hanse.yml"),
        ("gitlab", ".gitlab-ci.yml"),
    ] {
        let words = ["pipeline", "init", "-w", "payments", "--provider", provider];
        let output = run(&words);
        assert!(output.status.success(), "{}", both(&output));
        let text = std::fs::read_to_string(dir.path().join(file)).expect("the file");
        assert!(
            text.contains("hanse plan -f manifests -w payments --owner payments --prune -o markdown"),
            "{text}"
        );
        std::fs::write(dir.path().join(file), "mine").expect("written");
        let again = run(&words);
        assert_eq!(code(&again), Some(1), "{}", both(&again));
        assert!(both(&again).contains("--force"), "{}", both(&again));
        assert_eq!(std::fs::read_to_string(dir.path().join(file)).expect("the file"), "mine");
        assert!(run(&[&words[..], &["--force"]].concat()).status.success());
        assert_eq!(std::fs::read_to_string(dir.path().join(file)).expect("the file"), text);
    }
}
