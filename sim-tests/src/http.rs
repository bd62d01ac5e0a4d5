//! As much HTTP/1.1 as a simulated backend and its consumers need.
//!
//! One idea: a client that shares no code with the product notices more of its mistakes. Requests
//! have no body; answers have a length.
//!
//! Must not know clusters.

use hanse_gateway::host::{Conn, Net};
use std::{io, sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Port of the simulated backend.
pub const BACKEND_PORT: u16 = 9000;
/// Bytes of a message's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Asks once, over a connection of its own.
///
/// # Errors
/// When there is no whole answer in time.
pub async fn get(
    net: &dyn Net,
    server: &str,
    port: u16,
    hostname: &str,
    path: &str,
    timeout: Duration,
) -> io::Result<Answer> {
    let asking = async {
        let mut conn = net.connect(server, port).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {hostname}\r\nConnection: close\r\n\r\n");
        conn.write_all(request.as_bytes()).await?;
        read_answer(&mut conn).await
    };
    tokio::time::timeout(timeout, asking)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
}

async fn read_answer(conn: &mut Conn) -> io::Result<Answer> {
    let (head, mut rest) = read_head(conn).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("an answer without a status"))?;
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    match length.and_then(|(_, value)| value.parse::<usize>().ok()) {
        Some(length) => {
            while rest.len() < length {
                if conn.read_buf(&mut rest).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        None => {
            conn.read_to_end(&mut rest).await?;
        }
    }
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&rest).into_owned() })
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// The head of a message and the bytes behind it; `None` when the connection ended before it.
async fn read_head(conn: &mut Conn) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), rest)));
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(io::Error::other("the head of a message is too long"));
        }
        if conn.read_buf(&mut bytes).await? == 0 {
            return if bytes.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
    }
}

/// Answers every request with the workspace that the gateway said it was for.
///
/// # Errors
/// When the port cannot be had.
pub async fn serve_backend(net: Arc<dyn Net>) -> io::Result<()> {
    let mut listener = net.bind(([0, 0, 0, 0], BACKEND_PORT).into()).await?;
    loop {
        let (conn, _) = listener.accept().await?;
        tokio::task::spawn_local(serve_connection(conn));
    }
}

/// Whoever breaks a connection off has nobody to tell.
async fn serve_connection(mut conn: Conn) {
    while let Ok(Some((head, _))) = read_head(&mut conn).await {
        let workspace = head.lines().filter_map(header).find(|(name, _)| name == "x-workspace");
        let body = workspace.map(|(_, value)| value).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if conn.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::network;

    #[test]
    fn the_backend_says_whose_request_it_saw() -> turmoil::Result {
        let mut sim = turmoil::Builder::new().rng_seed(1).build();
        sim.host("backend", || async { Ok(serve_backend(network()).await?) });
        sim.client("client", async {
            let timeout = Duration::from_secs(1);
            let answer = get(&*network(), "backend", BACKEND_PORT, "any", "/", timeout).await?;
            assert_eq!((answer.status, answer.body.as_str()), (200, ""));
            let mut conn = network().connect("backend", BACKEND_PORT).await?;
            for _ in 0..2 {
                conn.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Workspace: pay\r\n\r\n").await?;
                let answer = read_answer(&mut conn).await?;
                assert_eq!(answer.body, "pay");
                assert_eq!(answer.header("content-length"), Some("3"));
            }
            Ok(())
        });
        sim.run()
    }
}
