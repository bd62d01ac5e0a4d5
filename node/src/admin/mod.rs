//! The admin API: one file per gRPC service, and what they share.

pub mod act;
pub mod cluster;
mod decisions;
pub mod diagnosis;
mod imports;
pub mod management;
pub mod openapi;
pub mod plans;
pub mod prune;
pub mod refusal;
pub mod writes;

use hanse_gateway::host::Conn;
use hanse_proto::v1;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::{Request, Status, transport::server::Connected};

/// A connection with the caller that was authenticated on it.
pub struct AdminConn {
    conn: Conn,
    caller: Caller,
}

/// Who is at the other end of an admin connection; `None` is an anonymous caller.
#[derive(Debug, Clone)]
pub struct Caller(pub Option<v1::Account>);

/// The principal of a call.
///
/// # Errors
/// `UNAUTHENTICATED` for anonymous callers.
pub fn principal<T>(request: &Request<T>) -> Result<v1::Principal, Status> {
    let account = request.extensions().get::<Caller>().and_then(|caller| caller.0.clone());
    let account = account.ok_or_else(|| {
        Status::unauthenticated(
            "this call needs a client certificate of the cluster; use a CLI context that has one \
             (`hanse dev` and `hanse cluster init` make one)",
        )
    })?;
    Ok(v1::Principal { who: Some(v1::principal::Who::Account(account)) })
}

impl AdminConn {
    /// A connection and its caller.
    pub fn new(conn: Conn, account: Option<v1::Account>) -> AdminConn {
        AdminConn { conn, caller: Caller(account) }
    }
}

impl Connected for AdminConn {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller.clone()
    }
}

impl AsyncRead for AdminConn {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_read(cx, buf)
    }
}

impl AsyncWrite for AdminConn {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().conn).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_shutdown(cx)
    }
}
