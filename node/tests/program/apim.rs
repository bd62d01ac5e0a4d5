//! Coming from APIM and leaving again: import, export, and back without a change.

use crate::support::{Dev, both};

const OPENAPI: &str = "openapi: 3.0.1\ninfo: {title: T, version: '1'}\npaths:\n  /a/{id}:\n    get:\n      operationId: get-a\n      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n      responses: {'200': {description: ok}}\n";
const POLICY: &str = "<policies>\r\n\t<inbound><base /><set-header name=\"X\" exists-action=\"override\"><value>{{v}}</value></set-header></inbound>\n</policies>";

fn write_folder(dev: &Dev) -> String {
    for (path, text) in [
        (
            "named values/v/namedValueInformation.json",
            r#"{"properties": {"displayName": "v", "value": "x"}}"#,
        ),
        (
            "named values/s/namedValueInformation.json",
            r#"{"properties": {"displayName": "s", "secret": true}}"#,
        ),
        (
            "apis/a/apiInformation.json",
            r#"{"properties": {"path": "a", "displayName": "A", "serviceUrl": "https://a.example", "protocols": ["https"]}}"#,
        ),
        ("apis/a/specification.yaml", OPENAPI),
        ("apis/a/policy.xml", POLICY),
        ("apis/a/operations/get-a/policy.xml", "<policies><inbound><no-such /></inbound></policies>"),
        (
            "products/p/productInformation.json",
            r#"{"properties": {"displayName": "P", "state": "published"}}"#,
        ),
        ("products/p/apis/a/productApiInformation.json", "{}"),
        ("products/p/apis/gone/productApiInformation.json", "{}"),
        (
            "subscriptions/s/subscriptionInformation.json",
            r#"{"properties": {"displayName": "S", "scope": "/products/p", "state": "active"}}"#,
        ),
        ("workspaces/fresh/tags/t/tagInformation.json", r#"{"properties": {"displayName": "T"}}"#),
    ] {
        dev.file(&format!("artifacts/{path}"), text);
    }
    dev.dir.path().join("artifacts").to_str().expect("text").to_owned()
}

#[test]
fn an_imported_folder_is_exported_and_applied_again_without_a_change() {
    let dev = Dev::start(1);
    let folder = write_folder(&dev);
    let before = dev.status(0)["revision"].clone();
    let strict = dev.hanse(&["import", "apim", &folder, "--strict"]);
    assert_eq!(strict.status.code(), Some(1), "{}", both(&strict));
    assert!(both(&strict).contains("nothing was changed"));
    let tried = dev.json(&["import", "apim", &folder, "--dry-run", "-o", "json"]);
    assert_eq!(dev.status(0)["revision"], before, "neither changed anything");
    assert_eq!((&tried["files"], &tried["taken"]), (&11.into(), &8.into()), "{tried}");

    let done = dev.json(&["import", "apim", &folder, "-o", "json"]);
    assert_eq!((&done["taken"], &done["created"]), (&8.into(), &9.into()), "with the workspace: {done}");
    let reasons: Vec<(&str, &str)> = done["untaken"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| (it["file"].as_str().expect("a file"), it["reason"].as_str().expect("a reason")))
        .collect();
    for (file, part) in [
        ("apis/a/operations/get-a/policy.xml", "no-such"),
        ("named values/s/namedValueInformation.json", "--env"),
        ("products/p/apis/gone/productApiInformation.json", "apis/gone` does not exist"),
    ] {
        assert!(reasons.iter().any(|it| it.0 == file && it.1.contains(part)), "{file}: {reasons:?}");
    }
    let again = dev.json(&["import", "apim", &folder, "-o", "json"]);
    assert_eq!((&again["created"], &again["updated"]), (&0.into(), &0.into()), "{again}");

    let out = dev.dir.path().join("out");
    let out = out.to_str().expect("text");
    dev.ok(&["export", out]);
    let applied = dev.json(&["apply", "-f", out, "-o", "json"]);
    let actions = applied["results"].as_array().expect("a list");
    assert!(actions.len() > 20, "{applied}");
    assert!(actions.iter().all(|it| it["action"] == "unchanged"), "{applied}");

    let refused = dev.hanse(&["export", out]);
    assert!(!refused.status.success() && both(&refused).contains("--force"), "{}", both(&refused));
    dev.ok(&["export", "-w", "fresh", out, "--force"]);
    assert!(!dev.dir.path().join("out/apis").exists(), "what the first export wrote is gone");
    let applied = dev.ok(&["apply", "-f", out]);
    assert!(applied.contains("0 created, 0 updated, 2 unchanged"), "{applied}");
}

#[test]
fn secrets_are_not_exported_and_stay_as_they_are() {
    let dev = Dev::start(1);
    let manifest = "name: workspaces/demo/namedValues/s\nnamedValue: {displayName: s, secret: true, value: s3cr3t-a}\n---\n\
        name: workspaces/demo/backends/b\nbackend: {url: 'http://127.0.0.1', protocol: http, credentials: {header: {X: {values: [s3cr3t-b]}}}}\n";
    let file = dev.file("secret.yaml", manifest);
    dev.ok(&["apply", "-f", file.to_str().expect("text")]);
    let out = dev.dir.path().join("out");
    dev.ok(&["export", "-w", "demo", out.to_str().expect("text")]);
    for name in ["namedValues/s.yaml", "backends/b.yaml"] {
        let text = std::fs::read_to_string(out.join("workspaces/demo").join(name)).expect("exported");
        assert!(!text.contains("s3cr3t") && text.starts_with("# Secret"), "{text}");
    }
    let applied = dev.ok(&["apply", "-f", out.to_str().expect("text")]);
    assert!(applied.contains("0 created, 0 updated"), "{applied}");
    let value = dev.hanse(&["import", "apim", "/no/such/folder"]);
    assert!(both(&value).contains("is no folder"), "{}", both(&value));
}
