//! Manifests that are wrong, and conditions that do not hold.

use super::{FAILED, path, refused, says, with_input};
use crate::support::{Dev, both, hanse_command};
use std::time::{Duration, Instant};

#[test]
fn bad_manifests_are_refused_with_every_finding() {
    let dev = Dev::start(1);
    refused(
        &dev,
        "name: workspaces/demo/apis/x\napi:\n  displayNam: X\n  path: 7x\n  protocols: http\n",
        &["bad.yaml:3", "displayNam", "displayName", "bad.yaml:5", "protocols"],
    );
    refused(
        &dev,
        "name: workspaces/demo/apis/x\napi:\n  displayName: [1]\n  path: {a: b}\n  subscriptionRequired: \"yes\"\n  \
         nope: 1\n---\nname: workspaces/demo/apis/y\nproduct: {}\n---\nname: workspaces/demo/cats/x\napi: {}\n---\n\
         foo\n---\nname: apis/z\n",
        &[
            "bad.yaml:3:16 api.displayName: expected a text, found a list",
            "bad.yaml:4:9 api.path: expected a text, found a mapping",
            "bad.yaml:5:25 api.subscriptionRequired: expected true or false",
            "bad.yaml:6:3 api.nope: unknown field",
            "hanse explain api",
            "bad.yaml:9:1 product: the spec `product` does not fit",
            "bad.yaml:11:7 name: `cats`",
            "bad.yaml:14:1: expected a resource",
            "bad.yaml:16:1 api: the spec is missing",
            "8 findings",
        ],
    );
    refused(
        &dev,
        "name: workspaces/demo/products/starter/apiLinks/none\nproductApiLink: {apiId: workspaces/demo/apis/none}\n",
        &["workspaces/demo/apis/none", "bad.yaml:2"],
    );
    refused(
        &dev,
        "name: workspaces/nowhere/apis/x\napi: {displayName: X, path: x, protocols: [http]}\n",
        &["workspaces/nowhere", "does not exist", "create it first"],
    );
    refused(
        &dev,
        "name: workspaces/demo/apis/second\napi: {displayName: Second, path: shop, protocols: [http]}\n",
        &["shop", "taken", "bad.yaml:2"],
    );
    refused(
        &dev,
        "name: workspaces/demo/policies/policy\npolicy:\n  value: |\n    <policies>\n      <inbound>\n        <set-headr />\n      \
         </inbound>\n    </policies>\n",
        &["set-headr", "set-header", "bad.yaml:6"],
    );
    refused(
        &dev,
        "name: workspaces/demo/policies/policy\npolicy:\n  value: <policies><inbound><set-header name=\"a\"><value>@(1)</value>\
         </set-header></inbound></policies>\n",
        &["`int` cannot be converted", "bad.yaml:2"],
    );
    refused(
        &dev,
        "name: workspaces/demo/namedValues/a\nnamedValue: {displayName: a, value: b}\n---\n\
         name: workspaces/demo/NamedValues/A\nnamedValue: {displayName: b, value: b}\n",
        &["given twice", "bad.yaml:1", "bad.yaml:4"],
    );
    // What the server finds comes at once as well, and nothing of the rest is written.
    refused(
        &dev,
        "name: workspaces/fresh\nworkspace: {displayName: Fresh}\n---\n\
         name: workspaces/fresh/namedValues/v\nnamedValue: {displayName: \"a b\", value: x}\n---\n\
         name: workspaces/fresh/products/p/apiLinks/l\nproductApiLink: {apiId: workspaces/fresh/apis/none}\n",
        &["a b", "bad.yaml:5", "workspaces/fresh/products/p", "bad.yaml:7"],
    );
}

#[test]
fn findings_of_manifests_and_of_the_server_come_at_once() {
    let dev = Dev::start(1);
    let text = "name: workspaces/demo/apis/broken\napi: {displayNam: B, path: broken}\n---\n\
        name: workspaces/demo/apis/broken/operations/x\noperation: {displayName: X, method: GET, urlTemplate: /x}\n---\n\
        name: workspaces/demo/products/starter/apiLinks/broken\nproductApiLink: {apiId: apis/broken}\n---\n\
        name: workspaces/demo/products/starter/apiLinks/none\nproductApiLink: {apiId: apis/none}\n---\n\
        name: workspaces/demo/policies/policy\npolicy:\n  value: |\n    <policies>\n      <inbound>\n        \
        <set-headr />\n      </inbound>\n    </policies>\n";
    refused(
        &dev,
        text,
        &["bad.yaml:2:7 api.displayNam: unknown field", "set-headr", "bad.yaml:18", "nothing was changed"],
    );
    let output = dev.hanse(&["apply", "-f", path(&dev.file("bad.yaml", text))]);
    let told = both(&output);
    assert!(!told.contains("`apis/broken` does not exist") && !told.contains("would be below it"), "{told}");
    let mended = text.replace("set-headr", "base");
    refused(
        &dev,
        &mended,
        &["api.displayNam", "apis/none", "bad.yaml:11", "2 findings, nothing was changed"],
    );
    for words in [&["plan", "-f"] as &[&str], &["apply", "--dry-run", "-f"]] {
        let output = dev.hanse(&[words, &[path(&dev.file("bad.yaml", text))]].concat());
        says(&output, FAILED, &["api.displayNam", "set-headr"]);
    }
    // A document that is wrong hides nothing either.
    let alone = text.split("---\n").skip(3).collect::<Vec<_>>().join("---\n");
    refused(&dev, &alone, &["set-headr", "apis/none"]);
    // Where no server answers, its half is left out.
    let nobody = dev.hanse(&["apply", "-f", path(&dev.file("bad.yaml", text)), "--server", "127.0.0.1:1"]);
    says(&nobody, FAILED, &["api.displayNam", "1 finding, nothing was sent"]);
}

#[test]
fn a_stale_etag_is_refused() {
    let dev = Dev::start(1);
    let write = |name: &str, text: &str| dev.file(name, text);
    let first = write("ws.yaml", "name: workspaces/etags\nworkspace: {displayName: First}\n");
    dev.ok(&["apply", "-f", path(&first)]);
    let read = dev.ok(&["get", "workspace", "etags", "-o", "yaml"]);
    assert!(read.contains("etag:"), "{read}");

    let mine = write("mine.yaml", &read.replace("First", "Mine"));
    let theirs = write("theirs.yaml", &read.replace("First", "Theirs"));
    dev.ok(&["apply", "-f", path(&theirs)]);
    for words in [&["apply", "-f", path(&mine)] as &[&str], &["apply", "--dry-run", "-f", path(&mine)]] {
        says(
            &dev.hanse(words),
            FAILED,
            &["workspaces/etags", "etag", "mine.yaml:1", "read it again", "without an etag"],
        );
    }
    assert!(dev.ok(&["get", "workspace", "etags", "-o", "yaml"]).contains("Theirs"));

    let gone = write("gone.yaml", &read.replace("workspaces/etags", "workspaces/never"));
    says(&dev.hanse(&["apply", "-f", path(&gone)]), FAILED, &["does not exist"]);
    assert!(!dev.hanse(&["get", "workspace", "never"]).status.success());

    let anyway: String = read
        .replace("First", "Anyway")
        .lines()
        .filter(|line| !line.starts_with("etag"))
        .fold(String::new(), |text, line| text + line + "\n");
    dev.ok(&["apply", "-f", path(&write("anyway.yaml", &anyway))]);
    assert!(dev.ok(&["get", "workspace", "etags", "-o", "yaml"]).contains("Anyway"));
    let again = dev.ok(&["get", "workspace", "etags", "-o", "json"]);
    let again = write("again.json", &again);
    assert!(dev.ok(&["apply", "-f", path(&again)]).contains("1 unchanged"), "what was read is written back");
}

#[test]
fn a_dry_run_changes_nothing() {
    let dev = Dev::start(1);
    let before = dev.status(0);
    let fine = dev.file("ws.yaml", "name: workspaces/dry\nworkspace: {displayName: Dry}\n");
    let out = dev.ok(&["apply", "--dry-run", "-f", path(&fine)]);
    assert!(out.contains("created  workspaces/dry") && out.contains("nothing was changed"), "{out}");
    dev.ok(&["delete", "workspace", "demo", "--dry-run"]);
    let after = dev.status(0);
    assert_eq!(after["revision"], before["revision"]);
    assert_eq!(after["nodes"][0]["stateHash"], before["nodes"][0]["stateHash"]);
    says(&dev.hanse(&["get", "workspace", "dry"]), FAILED, &["no such resource"]);
}

/// Nothing here reaches a server: there is none.
#[test]
fn what_is_no_manifest_is_refused_before_it_is_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let deep = |open: &str, close: &str| {
        format!("name: apis/x\napi: {}1{}\n", open.repeat(5_000), close.repeat(5_000))
    };
    let twins: String = (1..12)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(",")))
        .collect();
    let long_name = format!("name: apis/{}\napi: {{}}\n", "a".repeat(100_000));
    let (deep_map, deep_list) = (deep("{a: ", "}"), deep("[", "]"));
    let (deep_json, bomb) = ("[".repeat(100_000), format!("a0: &a0 [x]\n{twins}"));
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("garbage.yaml", b"%%% : [", &["garbage.yaml:", "YAML"]),
        ("latin.yaml", b"name: apis/\xff\napi: {}\n", &["latin.yaml", "UTF-8"]),
        (
            "control.yaml",
            b"name: \"apis/a\\u001b[2Jb\"\napi: {}\n",
            &["control.yaml:1:7", "must not contain"],
        ),
        ("huge-name.yaml", long_name.as_bytes(), &["100000 characters; 1 to 80"]),
        ("deep.yaml", deep_map.as_bytes(), &["deep.yaml:2", "64 levels"]),
        ("deep-list.yaml", deep_list.as_bytes(), &["deep-list.yaml:2"]),
        ("deep.json", deep_json.as_bytes(), &["deep.json:1", "64 levels"]),
        ("bomb.yaml", bomb.as_bytes(), &["bomb.yaml:", "aliases"]),
        ("empty.yaml", b"", &["hold no resource", "hanse explain"]),
        ("comment.yaml", b"# nothing\n---\n---\n", &["hold no resource"]),
        ("number.yaml", b"5", &["number.yaml:1:1", "expected a resource"]),
        ("list.json", b"[1, 2]", &["list.json:1:2", "list.json:1:5"]),
    ];
    for (name, bytes, parts) in cases {
        let began = Instant::now();
        let output = hanse_command(dir.path()).args(["apply", "-f", path(&file(name, bytes))]).output();
        says(&output.expect("runs"), FAILED, parts);
        let output = with_input(dir.path(), &["apply", "-f", "-"], bytes);
        assert_eq!(output.status.code(), Some(FAILED), "{name} through a pipe: {}", both(&output));
        assert!(began.elapsed() < Duration::from_secs(20), "{name} takes {:?}", began.elapsed());
    }
    let apply =
        |target: &str| hanse_command(dir.path()).args(["apply", "-f", target]).output().expect("runs");
    says(&apply("/no/such/file.yaml"), FAILED, &["/no/such/file.yaml", "no such file", "name a manifest"]);
    let folder = dir.path().join("folder");
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join("README.md"), "text").expect("written");
    says(&apply(path(&folder)), FAILED, &["holds no manifest", "*.yaml"]);

    // 100 MB, without the disk having to hold them.
    let large = file("large.yaml", b"");
    std::fs::OpenOptions::new()
        .write(true)
        .open(&large)
        .expect("opened")
        .set_len(100_000_000)
        .expect("sized");
    says(&apply(path(&large)), FAILED, &["large.yaml", "more than 16777216 bytes", "split"]);
    let plan = hanse_command(dir.path()).args(["plan", "-f", path(&large)]).output().expect("runs");
    says(&plan, FAILED, &["more than 16777216 bytes", "nothing was sent"]);
}

#[test]
fn a_manifest_larger_than_one_commit_is_refused_before_it_is_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("policy.json");
    let text = "x".repeat(9_000_000);
    std::fs::write(&file, format!(r#"{{"name": "policies/policy", "policy": {{"value": "{text}"}}}}"#))
        .expect("written");
    let output = hanse_command(dir.path()).args(["apply", "-f", path(&file)]).output().expect("runs");
    says(&output, FAILED, &["at most 8388608", "apply fewer at a time", "policies/policy"]);
}

#[test]
fn ten_thousand_findings_are_all_told_and_soon() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut text = "name: apis/x\napi:\n".to_owned();
    (0..10_000).for_each(|index| text.push_str(&format!("  bad{index}: 1\n")));
    let file = dir.path().join("many.yaml");
    std::fs::write(&file, text).expect("written");
    let began = Instant::now();
    let output = hanse_command(dir.path()).args(["apply", "-f", path(&file)]).output().expect("runs");
    says(&output, FAILED, &["many.yaml:3:3", "many.yaml:10002:3", "10,000 findings"]);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[test]
fn ten_thousand_findings_of_the_server_are_counted() {
    let dev = Dev::start(1);
    let text: Vec<String> = (0..10_000)
        .map(|index| format!("name: products/p{index}/apiLinks/l\nproductApiLink: {{apiId: apis/none}}\n"))
        .collect();
    refused(&dev, &text.join("---\n"), &["products/p0/apiLinks/l", "more findings", "the first 100"]);
    let plan = dev.hanse(&["plan", "-f", path(&dev.file("many.yaml", &text.join("---\n")))]);
    says(&plan, FAILED, &["products/p0/apiLinks/l", "more findings", "the first 100"]);
}

#[test]
fn broken_openapi_documents_are_refused_with_their_findings() {
    let dev = Dev::start(1);
    let before = dev.status(0)["revision"].clone();
    let import = |name: &str, text: &str| {
        let file = dev.file(name, text);
        dev.hanse(&["import", "openapi", path(&file), "-w", "demo", "--api", "broken", "--path", "broken"])
    };
    for (name, text, part) in [
        ("empty.yaml", "", "empty.yaml"),
        ("garbage.yaml", "%%% : [", "garbage.yaml"),
        ("list.json", "[1]", "list.json"),
        ("version.yaml", "openapi: 9.9.9\ninfo: {title: x, version: '1'}\npaths: {}\n", "9.9.9"),
        ("none.yaml", "title: x\n", "none.yaml"),
    ] {
        says(&import(name, text), FAILED, &[part, "nothing was changed"]);
    }
    let missing = dev.hanse(&["import", "openapi", "/no/such.yaml", "--api", "x"]);
    says(&missing, FAILED, &["/no/such.yaml"]);
    let large = dev.dir.path().join("large.json");
    std::fs::File::create(&large).expect("made").set_len(5 * 1024 * 1024).expect("sized");
    says(&dev.hanse(&["import", "openapi", path(&large), "--api", "x"]), FAILED, &["more than"]);
    assert_eq!(dev.status(0)["revision"], before);

    let check = dev.hanse(&["import", "openapi", "--check", path(dev.dir.path())]);
    assert_eq!(check.status.code(), Some(FAILED));
    assert!(both(&check).contains("0 accepted"), "{}", both(&check));
}

#[cfg(unix)]
#[test]
fn a_strangers_folder_leads_nowhere_else_and_comes_to_an_end() {
    use std::os::unix::fs::symlink;
    // In a pipeline; there is no cluster that would have to be asked.
    let dir = tempfile::tempdir().expect("a folder");
    let pipeline = dir.path().join("checkout");
    std::fs::create_dir_all(pipeline.join("d")).expect("made");
    let inside =
        |words: &[&str]| hanse_command(dir.path()).args(words).current_dir(&pipeline).output().expect("runs");
    std::fs::write(dir.path().join("outside.txt"), "name: precious\n").expect("written");
    std::fs::write(pipeline.join("d/api.yaml"), "name: apis/a\napi: {pth: a}\n").expect("written");
    for (to, link) in [(".", "d/a"), (".", "d/b"), ("d", "d-again")] {
        symlink(to, pipeline.join(link)).expect("a link");
    }
    for folder in ["d", "d-again"] {
        says(&inside(&["plan", "-f", folder]), FAILED, &["api.yaml:2:7 api.pth", "1 finding"]);
    }
    for (to, link) in
        [("../../outside.txt", "d/x.yaml"), ("/dev/zero", "d/zero.yaml"), ("../..", "d/above"), ("..", "up")]
    {
        symlink(to, pipeline.join(link)).expect("a link");
    }
    for words in [["plan", "-f", "d"], ["apply", "-f", "d"]] {
        let output = inside(&words);
        let parts = [
            "d/above: it is a link out of the folder",
            "d/x.yaml: it is a link",
            "d/zero.yaml: it is a link",
        ];
        says(&output, FAILED, &parts);
        assert!(
            both(&output).contains("4 findings") && !both(&output).contains("precious"),
            "{}",
            both(&output)
        );
    }
    let real = dir.path().canonicalize().expect("a path");
    for file in ["up", "d/x.yaml"] {
        let output = inside(&["plan", "-f", file]);
        says(&output, FAILED, &["is a link out of the folder where you are", path(&real)]);
        assert!(!both(&output).contains("precious"), "{}", both(&output));
    }
    // What somebody names by where it is is read.
    let named = inside(&["plan", "-f", "../outside.txt"]);
    says(&named, FAILED, &["outside.txt:1"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_does_not_end_is_read_up_to_the_bound() {
    let dir = tempfile::tempdir().expect("a folder");
    let bound = 16 * 1024 * 1024;
    let plan = |bytes: usize| with_input(dir.path(), &["plan", "-f", "/dev/stdin"], &vec![b'#'; bytes]);
    says(&plan(bound + 1), FAILED, &["/dev/stdin: the file has more than 16777216 bytes"]);
    says(&plan(bound), FAILED, &["the manifests hold no resource"]);
}
