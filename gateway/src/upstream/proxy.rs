//! Forward proxies on the way to a backend.
//!
//! One idea: to a backend at https the proxy only opens a way (RFC 9110, 9.3.6), so that it sees nothing
//! of what goes through; for one at http it is told with each request where that goes. Must not know why
//! there is a proxy.

use super::head::ResponseHead;
use crate::host::Conn;
use bytes::BytesMut;
use hanse_policy::{BaseUrl, ProxyServer};
use http::Method;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Bytes of the head of a proxy's answer; the connection fails beyond.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What is told a proxy with each request.
#[derive(Clone, Copy)]
pub(crate) struct Via<'r> {
    /// Where the request goes.
    pub(crate) url: &'r BaseUrl,
    pub(crate) proxy: &'r ProxyServer,
}

/// Lets a proxy open a way to a backend.
///
/// # Errors
/// It does not.
pub(super) async fn open_way(conn: &mut Conn, url: &BaseUrl, proxy: &ProxyServer) -> io::Result<()> {
    let host = if url.host.contains(':') { format!("[{}]", url.host) } else { url.host.clone() };
    let authority = format!("{host}:{}", url.port);
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    conn.write_all(&request).await?;
    conn.flush().await?;
    let mut read = BytesMut::new();
    let answer = loop {
        if conn.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let head = ResponseHead::take(&mut read, &Method::CONNECT, HEAD_BYTES_MAX);
        if let Some(head) = head.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
            break head;
        }
    };
    if !answer.status.is_success() {
        return Err(io::Error::other(format!("the proxy answered {}", answer.status.as_u16())));
    }
    // The backend speaks when it was spoken to.
    match read.is_empty() {
        true => Ok(()),
        false => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the proxy said more than that the way is open"))
        }
    }
}
