//! A cluster of real processes for tests and measurements, and the few words they are written in.

#![allow(dead_code)]

pub mod load;
pub mod moving;

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// Longest wait for anything that a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running `hanse dev`.
pub struct Dev {
    /// Everything it keeps, its configuration folder included.
    pub dir: tempfile::TempDir,
    /// What it has printed until it was ready.
    pub screen: String,
    /// First port of its first node.
    pub ports_from: u16,
    nodes: u16,
    child: Child,
    restarted: Vec<Child>,
}

/// An answer over HTTP.
pub struct Answer {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub body: String,
}

impl Dev {
    /// Starts nodes with the demonstration and waits until they are ready.
    pub fn start(nodes: u16) -> Dev {
        let dir = tempfile::tempdir().expect("a temporary folder");
        Dev::start_in(dir, nodes, &[])
    }

    /// Starts nodes that keep their data in `dir`.
    pub fn start_in(dir: tempfile::TempDir, nodes: u16, more: &[&str]) -> Dev {
        let ports_from = free_ports(nodes);
        Dev::start_at(dir, nodes, ports_from, more)
    }

    /// As [`Dev::start_in`], on given ports.
    pub fn start_at(dir: tempfile::TempDir, nodes: u16, ports_from: u16, more: &[&str]) -> Dev {
        let mut child = hanse_command(dir.path())
            .args(["dev", "--nodes", &nodes.to_string(), "--ports-from", &ports_from.to_string()])
            .arg("--data-dir")
            .arg(dir.path().join("data"))
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (sender, receiver) = mpsc::channel();
        // The pipe is read to its end, so that the program never waits for a reader.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut screen = String::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = receiver.recv_timeout(left).unwrap_or_else(|_| panic!("not ready:\n{screen}"));
            screen.push_str(&line);
            screen.push('\n');
            if line.starts_with("Ready in") {
                break;
            }
        }
        Dev { dir, screen, ports_from, nodes, child, restarted: Vec::new() }
    }

    /// Runs a command of the CLI with the context that `hanse dev` left.
    pub fn hanse(&self, words: &[&str]) -> Output {
        hanse_command(self.dir.path()).args(words).output().expect("the program runs")
    }

    /// As [`Dev::hanse`], which must succeed; its standard output.
    pub fn ok(&self, words: &[&str]) -> String {
        let output = self.hanse(words);
        assert!(output.status.success(), "hanse {}:\n{}", words.join(" "), both(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// As [`Dev::ok`], as JSON.
    pub fn json(&self, words: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.ok(words)).expect("JSON on standard output alone")
    }

    /// Writes a file into the test's folder.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Gateway port of a node, counted from 0.
    pub fn gateway_port(&self, node: u16) -> u16 {
        self.ports_from + 10 * node + 2
    }

    /// Admin address of a node.
    pub fn admin(&self, node: u16) -> String {
        format!("127.0.0.1:{}", self.ports_from + 10 * node)
    }

    /// Hostname of the demonstration's gateway and the key of its subscription, as printed.
    pub fn demo(&self) -> (String, String) {
        let command = self.screen.lines().find(|line| line.contains("Ocp-Apim-Subscription-Key: "));
        let command = command.expect("a printed command with a key");
        let key = command.split("Ocp-Apim-Subscription-Key: ").nth(1).expect("a key");
        let key = key.split('\'').next().expect("quoted").to_owned();
        let host = command.split("http://").nth(1).expect("a URL");
        (host.split(':').next().expect("a port").to_owned(), key)
    }

    /// `hanse status -o json`, asked of one node, and what it says of one node.
    pub fn status(&self, asked: u16) -> serde_json::Value {
        self.json(&["status", "-o", "json", "--server", &self.admin(asked)])
    }

    /// Kills the process of a node with SIGKILL.
    pub fn kill(&self, pid: u64) {
        let done = Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill runs");
        assert!(done.success());
    }

    /// Starts a node again in a process of the test's own.
    pub fn restart(&mut self, node: u16) {
        let config = self.dir.path().join(format!("data/node-{}/hanse.yaml", node + 1));
        let log =
            std::fs::File::create(self.dir.path().join(format!("restarted-{node}.log"))).expect("a log");
        let child = hanse_command(self.dir.path())
            .args(["server", "--config"])
            .arg(config)
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        self.restarted.push(child);
    }

    /// Ends it with SIGINT and waits; the folder that it kept.
    pub fn stop(mut self) -> (tempfile::TempDir, std::process::ExitStatus) {
        self.interrupt();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "hanse dev does not stop");
            std::thread::yield_now();
        };
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().expect("a temporary folder"));
        (dir, status)
    }

    fn interrupt(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        for child in &mut self.restarted {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Ok(None) = self.child.try_wait() {
            self.interrupt();
            let deadline = Instant::now() + Duration::from_secs(20);
            while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::yield_now();
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The program with a configuration folder of its own.
pub fn hanse_command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hanse"));
    command.env("HANSE_CONFIG_DIR", dir.join("config")).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Standard output and standard error, for messages.
pub fn both(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// First of a run of ports that nobody uses right now.
pub fn free_ports(nodes: u16) -> u16 {
    let needed = 10 * nodes;
    loop {
        let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let first = probe.local_addr().expect("an address").port();
        drop(probe);
        let is_free = first < 65_000 - needed
            && (first..first + needed).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
        if is_free {
            return first;
        }
    }
}

/// Calls a gateway port with a `Host` header, on a connection of its own.
///
/// # Errors
/// When there was no complete answer.
pub async fn call(port: u16, host: &str, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
    let exchange = async {
        let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let mut request = hyper::Request::get(path).header("Host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = sender.send_request(request.body(Full::<bytes::Bytes>::default())?).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        driver.abort();
        anyhow::Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    };
    tokio::time::timeout(Duration::from_secs(10), exchange).await?
}

/// Calls with a subscription key.
///
/// # Errors
/// When there was no complete answer.
pub async fn call_with_key(port: u16, host: &str, path: &str, key: &str) -> anyhow::Result<Answer> {
    call(port, host, path, &[("Ocp-Apim-Subscription-Key", key)]).await
}

/// Tries again until a condition holds; says what it waited for when it never does.
pub async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
