//! A Redis for tests: as much of its protocol (RESP2) as caches need, over real sockets.

use crate::backend::Backend;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A server; it ends when it is dropped.
pub struct Redis {
    server: Backend,
    pub state: Arc<State>,
}

#[derive(Default)]
pub struct State {
    pub items: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What was asked, but for the values.
    pub commands: Mutex<Vec<String>>,
    /// Connections are closed at once.
    pub is_down: AtomicBool,
    /// Questions are read and never answered.
    pub is_silent: AtomicBool,
}

impl Redis {
    pub async fn start() -> Redis {
        let state: Arc<State> = Arc::default();
        let shared = state.clone();
        let server = Backend::raw(move |stream| serve(stream, shared.clone())).await;
        Redis { server, state }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub fn connections(&self) -> usize {
        self.server.connections.load(SeqCst)
    }

    pub fn keys(&self) -> Vec<String> {
        self.state.items.lock().unwrap().keys().cloned().collect()
    }

    pub fn has_seen(&self, command: &str) -> bool {
        self.state.commands.lock().unwrap().iter().any(|seen| seen.starts_with(command))
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    let mut may_ask = false;
    while let Some(command) = read(&mut stream).await {
        if state.is_down.load(SeqCst) {
            return;
        }
        let told: Vec<_> =
            command.iter().take(2).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        state.commands.lock().unwrap().push(told.join(" "));
        if state.is_silent.load(SeqCst) {
            continue;
        }
        let text = |at: usize| String::from_utf8(command[at].clone()).expect("text");
        let answer = match text(0).to_uppercase().as_str() {
            "AUTH" if command.last().is_some_and(|it| it == b"p4ss") => {
                may_ask = true;
                b"+OK\r\n".to_vec()
            }
            "AUTH" => b"-WRONGPASS invalid username-password pair\r\n".to_vec(),
            _ if !may_ask => b"-NOAUTH Authentication required.\r\n".to_vec(),
            "GETRANGE" => {
                let item = state.items.lock().unwrap().get(&text(1)).cloned().unwrap_or_default();
                [format!("${}\r\n", item.len()).as_bytes(), &item, b"\r\n"].concat()
            }
            "SET" => {
                assert_eq!(text(3), "PX");
                assert!(text(4).parse::<u64>().expect("milliseconds") > 0);
                state.items.lock().unwrap().insert(text(1), command[2].clone());
                b"+OK\r\n".to_vec()
            }
            "DEL" => {
                let count = usize::from(state.items.lock().unwrap().remove(&text(1)).is_some());
                format!(":{count}\r\n").into_bytes()
            }
            other => format!("-ERR unknown command '{other}'\r\n").into_bytes(),
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Vec<Vec<u8>>> {
    let count = number(stream, '*').await?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let mut part = vec![0; number(stream, '$').await? + 2];
        stream.read_exact(&mut part).await.ok()?;
        part.truncate(part.len() - 2);
        parts.push(part);
    }
    Some(parts)
}

async fn number(stream: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim().strip_prefix(kind)?.parse().ok()
}
