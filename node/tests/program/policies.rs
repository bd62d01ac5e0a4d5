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
