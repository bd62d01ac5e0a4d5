//! Secrets: shown to who asks for them, and nowhere else.

use super::{FAILED, path, refused};
use crate::support::{Dev, both, hanse_command};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::Stdio,
};

const VALUE: &str = "plaintext-of-a-named-value-4711";
const KEY: &str = "plaintext-of-a-subscription-key-0815";

#[test]
fn secrets_are_in_no_answer_and_no_file() {
    let dev = Dev::start_in(tempfile::tempdir().expect("a folder"), 1, &[]);
    let mut watch = hanse_command(dev.dir.path())
        .args(["watch", "--after", "0", "-o", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Written outside of the data directory, so that what is found there the product has written.
    let outside = tempfile::tempdir().expect("a folder");
    let manifest = outside.path().join("secrets.yaml");
    let text = format!(
        "name: workspaces/demo/namedValues/hidden\nnamedValue: {{displayName: hidden, secret: true, value: {VALUE}}}\n---\n\
         name: workspaces/demo/subscriptions/given\nsubscription: {{displayName: Given, scope: products/starter, \
         state: active, primaryKey: {KEY}}}\n---\n\
         name: workspaces/demo/subscriptions/made\nsubscription: {{displayName: Made, scope: products/starter, state: active}}\n"
    );
    std::fs::write(&manifest, text).expect("written");
    let applied = dev.hanse(&["apply", "--wait", "-o", "json", "-f", path(&manifest)]);
    assert!(applied.status.success(), "{}", both(&applied));
    let made = dev.json(&["keys", "made", "-w", "demo", "-o", "json"]);
    let made =
        [&made["primaryKey"], &made["secondaryKey"]].map(|key| key.as_str().expect("a key").to_owned());
    assert!(made.iter().all(|key| key.len() >= 32) && made[0] != made[1], "{made:?}");
    assert_eq!(dev.json(&["keys", "given", "-w", "demo", "-o", "json"])["primaryKey"], KEY);

    let mut secrets = vec![VALUE.to_owned(), KEY.to_owned()];
    secrets.extend(made);
    let clean = |what: &str, bytes: &[u8]| {
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{what} holds {secret}");
        }
    };
    clean("the answer", &applied.stdout);
    for format in ["yaml", "json", "table"] {
        for words in [
            &["get", "all", "-A"] as &[&str],
            &["get", "nv", "hidden", "-w", "demo"],
            &["get", "sub", "made", "-w", "demo"],
            &["get", "subs", "-w", "demo"],
            &["status"],
        ] {
            let output = dev.hanse(&[words, &["-o", format]].concat());
            assert!(output.status.success(), "{words:?}: {}", both(&output));
            clean(&format!("{words:?} -o {format}"), &output.stdout);
            clean("standard error", &output.stderr);
        }
    }
    // The same again keeps what is stored; the watch has told all of it by then.
    let last = dev.file("ws.yaml", "name: workspaces/last-of-all\nworkspace: {displayName: Last}\n");
    dev.ok(&["apply", "-f", path(&last)]);
    for line in BufReader::new(watch.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        clean("the watch", line.as_bytes());
        if line.contains("workspaces/last-of-all") {
            break;
        }
    }
    watch.kill().expect("killed");
    watch.wait().expect("ended");

    let read_back = dev.ok(&["get", "sub", "given", "-w", "demo", "-o", "yaml"]);
    let read_back = dev.file("given.yaml", &read_back);
    dev.ok(&["apply", "-f", path(&read_back)]);
    assert_eq!(dev.json(&["keys", "given", "-w", "demo", "-o", "json"])["primaryKey"], KEY, "keys stay");

    let (dir, _) = dev.stop();
    let mut files = 0;
    each_file(dir.path(), &mut |file, bytes| {
        files += 1;
        clean(&file.display().to_string(), bytes);
    });
    assert!(files > 5, "the data directory was read");
}

fn each_file(folder: &Path, seen: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            each_file(&path, seen);
        } else {
            seen(&path, &std::fs::read(&path).expect("a file"));
        }
    }
}

#[test]
fn bad_secrets_are_refused_without_being_repeated() {
    let dev = Dev::start(1);
    let secret = |value: &str| {
        format!(
            "name: workspaces/demo/namedValues/bad\nnamedValue: {{displayName: bad, secret: true, value: {value:?}}}\n"
        )
    };
    refused(&dev, &secret(""), &["value"]);
    refused(&dev, &secret("   "), &["value", "blank"]);
    refused(&dev, &secret(&"x".repeat(4_097)), &["value", "4097", "4096"]);
    let file = dev.file("bad.yaml", &secret(&"s3cr3t".repeat(1_000)));
    let output = dev.hanse(&["apply", "-f", path(&file)]);
    assert_eq!(output.status.code(), Some(FAILED));
    assert!(!both(&output).contains("s3cr3ts3cr3t"), "{}", both(&output));
    // A secret that is taken by another subscription is refused as such.
    let subscription = |id: &str| {
        format!(
            "name: workspaces/demo/subscriptions/{id}\nsubscription: {{displayName: {id}, scope: products/starter, \
             state: active, primaryKey: {KEY}}}\n"
        )
    };
    let one = dev.file("one.yaml", &subscription("one"));
    dev.ok(&["apply", "-f", path(&one)]);
    refused(&dev, &subscription("two"), &["workspaces/demo/subscriptions/two", "primaryKey"]);
}
