//! `hanse dev`, and a change from the file to the answer.

use crate::support::{Dev, both, call, call_with_key, eventually};

#[tokio::test]
async fn the_three_printed_commands_show_what_they_say() {
    let dev = Dev::start(1);
    let (host, key) = dev.demo();
    let port = dev.gateway_port(0);

    let answer = call_with_key(port, &host, "/shop/orders/1", &key).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["x-workspace"], "demo");
    assert_eq!(answer.headers["x-api"], "orders");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");

    let answer = call(port, &host, "/shop/orders/1", &[]).await.expect("an answer");
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("missing subscription key"), "{}", answer.body);

    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(call_with_key(port, &host, "/shop/orders/1", &key).await.expect("an answer").status);
    }
    assert_eq!(statuses.first(), Some(&200));
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");

    let (_, status) = dev.stop();
    assert!(status.success(), "Ctrl-C is a clean end");
}

#[tokio::test]
async fn a_real_document_is_imported_and_routable_at_once() {
    let dev = Dev::start(1);
    let document = dev.file(
        "pets.yaml",
        "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets/{id}:\n    get:\n      operationId: showPet\n      \
         parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n      responses: {'200': {description: ok}}\n",
    );
    let path = document.to_str().expect("text");
    let out = dev.ok(&[
        "import",
        "openapi",
        path,
        "--workspace",
        "demo",
        "--api",
        "pets",
        "--path",
        "pets",
        "--service-url",
        "http://127.0.0.1:9",
        "--wait",
    ]);
    assert!(out.contains('1'), "{out}");
    let operations = dev.json(&["get", "operations", "-w", "demo", "-o", "json"]);
    assert!(operations.to_string().contains("showpet"), "{operations}");
    let (host, _) = dev.demo();
    let answer = call(dev.gateway_port(0), &host, "/pets/pets/7", &[]).await.expect("an answer");
    assert_eq!(answer.status, 401, "the operation is found and asks for a key");
    let answer = call(dev.gateway_port(0), &host, "/pets/cats/7", &[]).await.expect("an answer");
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn an_applied_policy_is_live_when_apply_says_so() {
    let dev = Dev::start(1);
    let (host, key) = dev.demo();
    for round in 1..=3 {
        let manifest = dev.file(
            "policy.yaml",
            &format!(
                "name: workspaces/demo/policies/policy\npolicy:\n  value: |\n    <policies><inbound><base /></inbound>\
                 <outbound><base /><set-header name=\"X-Round\" exists-action=\"override\"><value>{round}</value>\
                 </set-header></outbound></policies>\n"
            ),
        );
        let out = dev.hanse(&["apply", "--wait", "-f", manifest.to_str().expect("text")]);
        assert!(out.status.success(), "{}", both(&out));
        assert!(both(&out).contains("live"), "{}", both(&out));
        let answer =
            call_with_key(dev.gateway_port(0), &host, "/shop/orders/1", &key).await.expect("an answer");
        assert_eq!(answer.headers["x-round"], round.to_string());
    }
}

#[tokio::test]
async fn a_watched_folder_is_applied_at_the_start_and_with_every_save() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().join("watched");
    // It answers before the API's rate limit is reached.
    let save = |value: &str| {
        let manifest = format!(
            "name: workspaces/demo/policies/policy\npolicy:\n  value: |\n    <policies><inbound><return-response>\
             <set-header name=\"X-Saved\" exists-action=\"override\"><value>{value}</value></set-header>\
             </return-response></inbound></policies>\n"
        );
        std::fs::write(folder.join("policy.yaml"), manifest).expect("written");
    };
    std::fs::create_dir(&folder).expect("made");
    save("first");
    let path = folder.to_str().expect("text").to_owned();
    let dev = Dev::start_in(dir, 1, &["-f", &path, "--watch"]);
    let (host, key) = dev.demo();
    for (value, next) in [("first", Some("second")), ("second", Some("third")), ("third", None)] {
        eventually("what was saved is live", async || {
            let answer = call_with_key(dev.gateway_port(0), &host, "/shop/orders/1", &key).await.ok()?;
            (answer.headers.get("x-saved")? == value).then_some(())
        })
        .await;
        next.into_iter().for_each(save);
    }
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() {
    let dev = Dev::start(1);
    let (host, key) = dev.demo();
    let ports_from = dev.ports_from;
    let hash = dev.status(0)["nodes"][0]["stateHash"].clone();
    assert_eq!(hash.as_str().expect("a hash").len(), 64);
    let (dir, _) = dev.stop();
    let dev = Dev::start_at(dir, 1, ports_from, &[]);
    assert_eq!(dev.demo(), (host.clone(), key.clone()));
    let answer = call_with_key(dev.gateway_port(0), &host, "/shop/orders/1", &key).await.expect("an answer");
    assert_eq!(answer.status, 200);
}
