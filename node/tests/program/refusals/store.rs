//! Data directories that are damaged, or another's.

use crate::support::{Dev, both, hanse_command};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

/// A stopped node of a cluster of one, with something in its store.
struct Stopped {
    dir: tempfile::TempDir,
    config: PathBuf,
    log: PathBuf,
    state: PathBuf,
}

impl Stopped {
    fn new() -> Stopped {
        let dev = Dev::start(1);
        let (dir, _) = dev.stop();
        let node = dir.path().join("data/node-1");
        let state =
            fs::read_dir(node.join("data")).expect("a store").map(|entry| entry.expect("an entry").path());
        let state =
            state.into_iter().find(|path| path.to_string_lossy().contains("state-")).expect("a state");
        Stopped { config: node.join("hanse.yaml"), log: node.join("data/log.redb"), state, dir }
    }

    /// Starts the node, which must refuse with one line that says `parts`.
    fn refuses(&self, what: &str, parts: &[&str]) {
        let output = hanse_command(self.dir.path())
            .args(["server", "--config"])
            .arg(&self.config)
            .env("RUST_BACKTRACE", "1")
            .output()
            .expect("runs");
        let text = both(&output);
        assert_eq!(output.status.code(), Some(1), "{what}:\n{text}");
        for part in parts {
            assert!(text.contains(part), "{what}: `{part}` is missing in:\n{text}");
        }
        let last = text.lines().last().unwrap_or_default();
        assert!(last.starts_with("error:"), "{what}:\n{text}");
        assert!(!text.contains("panicked at") && !text.contains("core::"), "{what}: a stack trace:\n{text}");
    }
}

#[test]
fn a_damaged_store_is_refused_and_named() {
    let node = Stopped::new();
    let what_to_do = "move the data directory away";
    for (name, file) in [("log.redb", &node.log), ("state-1.redb", &node.state)] {
        let good = fs::read(file).expect("a file");
        let length = good.len();
        let mut damages: Vec<(String, Vec<u8>)> = Vec::new();
        for kept in [1, 9, 64, 320, 4_096, length / 2, length - 1] {
            damages.push((format!("{name} cut to {kept} bytes"), good[..kept].to_vec()));
        }
        damages.push((format!("{name} of text"), b"no database at all".to_vec()));
        let noise = (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        damages.push((format!("{name} of noise"), noise));
        let flipped = good.iter().enumerate().map(|(at, byte)| if at < 4_096 { *byte } else { byte ^ 0x55 });
        damages.push((format!("{name} with every page flipped"), flipped.collect()));
        for (what, bytes) in damages {
            fs::write(file, &bytes).expect("written");
            node.refuses(&what, &[name, "damaged", what_to_do]);
            assert!(fs::read(file).expect("a file") == bytes, "{what}: left as it was");
        }
        fs::write(file, good).expect("written");
    }
    // A log without its beginning must never look like a new cluster.
    let good = fs::read(&node.log).expect("a file");
    fs::write(&node.log, b"").expect("written");
    node.refuses("an empty log", &["log.redb", "damaged", what_to_do]);
    fs::write(&node.log, vec![0; good.len()]).expect("written");
    node.refuses("a log of zeros", &["log.redb", "damaged", what_to_do]);
    fs::remove_file(&node.log).expect("removed");
    node.refuses("no log", &["log.redb", "damaged", what_to_do]);
    fs::write(&node.log, good).expect("written");
    starts(&node);
}

/// What the log still holds whole is applied again.
#[test]
fn a_lost_state_is_made_again_from_the_log() {
    let node = Stopped::new();
    let length = fs::metadata(&node.state).expect("a file").len();
    fs::remove_file(&node.state).expect("removed");
    starts(&node);
    let zeros = vec![0; usize::try_from(length).expect("small")];
    for nothing in [&[] as &[u8], &zeros] {
        fs::write(&node.state, nothing).expect("written");
        starts(&node);
    }
    assert!(node.state.exists());
}

#[test]
fn data_of_another_cluster_or_node_is_refused() {
    let node = Stopped::new();
    let text = fs::read_to_string(&node.config).expect("a configuration");
    let id = fs::read_to_string(node.dir.path().join("data/cluster-id")).expect("an id");
    fs::write(&node.config, text.replace(id.trim(), "hanse-other")).expect("written");
    node.refuses("another cluster's data", &["hanse-other", id.trim(), "data_dir"]);
    fs::write(&node.config, text.replace("{ id: 1, name: node-1,", "{ id: 9, name: node-1,"))
        .expect("written");
    node.refuses("another node's data", &["node 1", "node 9"]);
    fs::write(&node.config, text.replace("node: node-1", "noed: node-1")).expect("written");
    let output = hanse_command(node.dir.path()).args(["server", "--config"]).arg(&node.config).output();
    assert!(both(&output.expect("runs")).contains("noed"));
    fs::write(&node.config, &text).expect("written");
    starts(&node);
}

#[test]
fn a_data_directory_in_use_is_refused() {
    let dev = Dev::start(1);
    let folder = dev.dir.path().join("data/node-1");
    let text = fs::read_to_string(folder.join("hanse.yaml")).expect("a configuration");
    // The same data on other ports.
    let first = crate::support::free_ports(1);
    let moved = (0..3).fold(text, |text, offset| {
        text.replace(
            &format!("127.0.0.1:{}", dev.ports_from + offset),
            &format!("127.0.0.1:{}", first + offset),
        )
    });
    let config = folder.join("moved.yaml");
    fs::write(&config, moved).expect("written");
    let output =
        hanse_command(dev.dir.path()).args(["server", "--config"]).arg(&config).output().expect("runs");
    let said = both(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("in use by another process") && said.contains("stop it"), "{said}");
    dev.ok(&["get", "workspace", "demo"]);
}

/// Starts the node, waits until it says that it is up, and ends it.
fn starts(node: &Stopped) {
    let mut child = hanse_command(node.dir.path())
        .args(["server", "--config"])
        .arg(&node.config)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut said = String::new();
    let is_up = lines.map_while(Result::ok).any(|line| {
        said.push_str(&line);
        said.push('\n');
        line.contains("node is up")
    });
    if is_up {
        workspace_is_there(node.dir.path());
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(is_up, "{said}");
}

fn workspace_is_there(dir: &Path) {
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    loop {
        let output = hanse_command(dir).args(["get", "workspace", "demo"]).output().expect("runs");
        if output.status.success() {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{}", both(&output));
    }
}
