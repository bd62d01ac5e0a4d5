//! A client that writes bytes and reads answers, so that a test sees exactly what is on the wire.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One connection.
pub struct Wire {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The body ended as its framing said.
    pub is_whole: bool,
}

impl Wire {
    pub async fn connect(address: SocketAddr) -> Wire {
        Wire::over(TcpStream::connect(address).await.expect("connect"))
    }

    pub fn over(stream: TcpStream) -> Wire {
        Wire { stream, unread: Vec::new() }
    }

    pub async fn send(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).await.expect("write");
    }

    /// Sends a request without a body and reads the answer.
    pub async fn get(&mut self, host: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request("GET", host, path, headers)).await;
        self.answer().await
    }

    /// Reads one answer; a body that is cut off is given as far as it came.
    pub async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    pub async fn answer_to(&mut self, method: &str) -> Answer {
        let head = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break self.unread.drain(..end + 4).collect::<Vec<u8>>();
            }
            assert!(
                self.more().await,
                "closed before an answer: {:?}",
                String::from_utf8_lossy(&self.unread)
            );
        };
        let head = String::from_utf8(head).expect("head is text");
        let mut lines = head.trim_end().split("\r\n");
        let mut status_line = lines.next().expect("status line").splitn(3, ' ');
        assert_eq!(status_line.next(), Some("HTTP/1.1"), "{head}");
        let status = status_line.next().and_then(|code| code.parse().ok()).expect("status");
        let reason = status_line.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").expect("header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, reason, headers, body: String::new(), is_whole: true };
        let has_body = method != "HEAD" && status != 204 && status != 304;
        if has_body {
            self.body(&mut answer).await;
        }
        answer
    }

    async fn body(&mut self, answer: &mut Answer) {
        let body = if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().expect("length");
            answer.is_whole = self.have(length).await;
            let length = length.min(self.unread.len());
            self.unread.drain(..length).collect()
        } else if answer.header("transfer-encoding") == Some("chunked") {
            let (body, is_whole) = self.chunks().await;
            answer.is_whole = is_whole;
            body
        } else {
            while self.more().await {}
            std::mem::take(&mut self.unread)
        };
        answer.body = String::from_utf8(body).expect("body is text");
    }

    async fn chunks(&mut self) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        loop {
            let Some(end) = find(&self.unread, b"\r\n") else {
                if self.more().await {
                    continue;
                }
                return (body, false);
            };
            let line = std::str::from_utf8(&self.unread[..end]).expect("chunk size");
            let length = usize::from_str_radix(line, 16).expect("chunk size");
            if !self.have(end + 2 + length + 2).await {
                return (body, false);
            }
            body.extend_from_slice(&self.unread[end + 2..end + 2 + length]);
            self.unread.drain(..end + 2 + length + 2);
            if length == 0 {
                return (body, true);
            }
        }
    }

    /// Whether the other side closes, having sent nothing more.
    pub async fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && !self.more().await
    }

    /// Reads until there are so many bytes; false at the end.
    pub async fn have(&mut self, length: usize) -> bool {
        while self.unread.len() < length {
            if !self.more().await {
                return false;
            }
        }
        true
    }

    async fn more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.unread).await, Ok(1..))
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Asserts that this is an answer of the gateway itself, of the documented shape.
    pub fn is_refusal(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let body = format!("{{ \"statusCode\": {status}, \"message\": \"{message}\" }}");
        assert_eq!(self.body, body);
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(self.header("content-length"), Some(body.len().to_string().as_str()));
    }
}

/// A request without a body.
pub fn request(method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n")
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}
