//! Who is at the other end, in a simulation: what it says it is.
//!
//! One idea: certificates are tested elsewhere with real ones; here a connection begins with one
//! byte that says what it is for, so that a simulation costs no cryptography.
//!
//! Must not be used by anything that listens on a real network.

use futures_util::future::BoxFuture;
use hanse::secure::{ADMINISTRATORS, Protocol, Security};
use hanse_gateway::host::Conn;
use hanse_proto::v1;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const GRPC: u8 = b'g';
const RELAY: u8 = b'r';

/// Believes everybody: callers on the admin port are the administrator.
#[derive(Debug, Clone, Copy, Default)]
pub struct Believing;

impl Security for Believing {
    fn connect(&self, mut conn: Conn, protocol: Protocol) -> BoxFuture<'static, io::Result<Conn>> {
        Box::pin(async move {
            let purpose = match protocol {
                Protocol::Grpc => GRPC,
                Protocol::Relay => RELAY,
            };
            conn.write_all(&[purpose]).await?;
            Ok(conn)
        })
    }

    fn accept_node(&self, mut conn: Conn) -> BoxFuture<'static, io::Result<(Conn, Protocol)>> {
        Box::pin(async move {
            let protocol = match conn.read_u8().await? {
                GRPC => Protocol::Grpc,
                RELAY => Protocol::Relay,
                other => return Err(io::Error::other(format!("{other} is no purpose of a connection"))),
            };
            Ok((conn, protocol))
        })
    }

    fn accept_admin(&self, conn: Conn) -> BoxFuture<'static, io::Result<(Conn, Option<v1::Account>)>> {
        let account =
            v1::Account { id: "simulation".into(), groups: vec![ADMINISTRATORS.into()], expires_at_ms: 0 };
        Box::pin(async move { Ok((conn, Some(account))) })
    }
}
