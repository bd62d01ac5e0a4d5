//! Policy documents: what people are told of them without a server, and what a server refuses.

use super::refusals::path;
use crate::support::{Dev, both, hanse_command};
use std::fs;

/// Its expression is not well-formed XML, as in most documents.
const ORDERS: &str = "<policies><inbound><base />\n  <choose><when condition=\"@(context.Variables[\"x\"] != null && true)\">\n  \
    <set-header name=\"A\"><value>1</value></set-header></when></choose></inbound></policies>";

/// What this release reads and does not run.
const LATER: &str =
    "<policies>\n<inbound><base />\n<invoke-request url=\"https://a.test\" /></inbound></policies>";

#[test]
fn documents_are_checked_described_and_merged_without_a_server() {
    let dir = tempfile::tempdir().expect("a folder");
    let hanse = |words: &[&str]| {
        hanse_command(dir.path()).current_dir(dir.path()).args(words).output().expect("it runs")
    };
    fs::create_dir(dir.path().join("policies")).expect("a folder");
    for (name, text) in [
        ("policies/orders.xml", ORDERS),
        ("policies/later.xml", LATER),
        ("policies/wrong.policy", "<policies>\n<inbound>\n<base/><set-headr/></inbound></policies>"),
        ("global.xml", "<policies><inbound><set-method>GET</set-method></inbound></policies>"),
    ] {
        fs::write(dir.path().join(name), text).expect("written");
    }
    let checked = hanse(&["policy", "check", "policies"]);
    assert_eq!(checked.status.code(), Some(1), "{}", both(&checked));
    let text = String::from_utf8_lossy(&checked.stdout).into_owned();
    for part in [
        "warning[not-run-yet]: invoke-request is not run by this release yet\n ┌─ policies/later.xml:3:2\n",
        "error[unknown-element]: there is no policy `set-headr`\n ┌─ policies/wrong.policy:3:9\n",
        "did you mean `set-header`?",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    assert!(text.ends_with("\n3 documents, 2 accepted, 1 refused\n"), "{text}");

    let accepted = hanse(&["policy", "check", "--no-warnings", "policies/later.xml", "global.xml"]);
    assert_eq!(String::from_utf8_lossy(&accepted.stdout), "2 documents, 2 accepted, 0 refused\n");
    assert_eq!(accepted.status.code(), Some(0));

    let json = hanse(&["policy", "check", "-o", "json", "policies/wrong.policy"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let finding = &json["results"][0]["findings"][0];
    assert_eq!(
        (&json["refused"], &finding["code"], &finding["line"]),
        (&1.into(), &"unknown-element".into(), &3.into())
    );

    let merged = hanse(&["policy", "effective", "--global", "global.xml", "--api", "policies/orders.xml"]);
    let merged = String::from_utf8_lossy(&merged.stdout).into_owned();
    let (global, api) = (merged.find("<!-- global -->"), merged.find("<!-- api -->"));
    assert!(global.is_some() && global < api, "{merged}");

    let printed = hanse(&["policy", "print", "policies/orders.xml"]);
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("[&quot;x&quot;] != null &amp;&amp; true)\">\n  <set-header"), "{printed}");
    let same = hanse(&["policy", "print", "--format", "rawxml", "policies/orders.xml"]);
    assert_eq!(String::from_utf8_lossy(&same.stdout), ORDERS);

    let schema = hanse(&["policy", "schema", "-o", "json"]);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).expect("JSON");
    assert!(schema["policies"].as_array().is_some_and(|policies| policies.len() > 70), "{schema}");
    let unknown = hanse(&["policy", "schema", "set-headers"]);
    assert_eq!(unknown.status.code(), Some(64));
    assert!(both(&unknown).contains("did you mean `set-header`?"), "{}", both(&unknown));
}

#[test]
fn a_document_that_cannot_run_yet_is_not_saved() {
    let dev = Dev::start(1);
    let document = LATER.lines().map(|line| format!("      {line}\n")).collect::<String>();
    let manifest =
        format!("name: workspaces/demo/policies/policy\npolicy:\n  format: rawxml\n  value: |\n{document}");
    let file = dev.file("later.yaml", &manifest);
    let applied = dev.hanse(&["apply", "-f", path(&file)]);
    assert_eq!(applied.status.code(), Some(1), "{}", both(&applied));
    assert!(both(&applied).contains("invoke-request is not run by this release yet"), "{}", both(&applied));
}

#[test]
fn people_test_their_documents_and_are_told_where_one_fails() {
    let dir = tempfile::tempdir().expect("a folder");
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/policy-tests");
    let examples = fs::canonicalize(examples).expect("the examples");
    let test = |words: &[&str]| {
        let mut command = hanse_command(dir.path());
        command.current_dir(dir.path()).args(["policy", "test"]).args(words);
        command.env_remove("GITHUB_ACTIONS");
        command
    };
    let passed = test(&[path(&examples)]).output().expect("it runs");
    let text = String::from_utf8_lossy(&passed.stdout).into_owned();
    assert_eq!(passed.status.code(), Some(0), "{}", both(&passed));
    assert!(text.ends_with(" passed, 0 failed\n") && text.lines().count() > 50, "{text}");

    let yaml = "documents:\n  api: <policies><inbound><set-status code=\"200\"/></inbound></policies>\ntests:\n  \
        - name: teapot\n    request: GET /\n    expect:\n      status: 418\n";
    fs::write(dir.path().join("a.test.yaml"), yaml).expect("written");
    fs::write(dir.path().join("b.test.yaml"), "documentz: {}\ntests: [{ name: x }]\n").expect("written");
    let failed = test(&[".", "--junit", "out.xml"]).env("GITHUB_ACTIONS", "true").output().expect("it runs");
    let text = both(&failed);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    for part in [
        "FAIL  ./a.test.yaml:4: teapot\n",
        "          expected  418\n          got       200 OK\n",
        "error: ./b.test.yaml:1:1: unknown key `documentz`\n",
        "did you mean `documents`?",
        "b.test.yaml:2:9 expect: nothing is expected",
        "\n0 passed, 2 failed\n",
        "::error file=./a.test.yaml,line=7,title=teapot::status: expected 418%0Agot 200 OK\n",
        "::error file=./b.test.yaml,line=1,title=wrong test file::unknown key `documentz`%0Adid you mean `documents`?\n",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    let junit = fs::read_to_string(dir.path().join("out.xml")).expect("written");
    assert!(
        junit.contains(r#"<testsuite name="./a.test.yaml" tests="1" failures="1" errors="0">"#),
        "{junit}"
    );

    let json = test(&["a.test.yaml", "-o", "json", "--annotations", "github"]).output().expect("it runs");
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON alone");
    let miss = &told["files"][0]["tests"][0]["requests"][0]["misses"][0];
    assert_eq!((&told["failed"], &miss["line"], &miss["got"]), (&1.into(), &7.into(), &"200 OK".into()));
    assert!(String::from_utf8_lossy(&json.stderr).starts_with("::error file=a.test.yaml,line=7"));

    let one = test(&["--filter", "only admins", "."]).current_dir(&examples).output().expect("it runs");
    let text = String::from_utf8_lossy(&one.stdout).into_owned();
    assert!(text.ends_with("only admins delete\n1 passed, 0 failed\n"), "{text}");
    fs::create_dir(dir.path().join("empty")).expect("a folder");
    let none = test(&["empty"]).output().expect("it runs");
    assert!(both(&none).contains("tests are in files named *.test.yaml"), "{}", both(&none));
}
