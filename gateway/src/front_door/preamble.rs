//! What one node tells another before it passes a client's connection on, and the answer.
//!
//! ```text
//! version 1 · scheme 1 · generation 8 · family 1 · address 4 or 16 · port 2 · length 2 · gateway
//!     and where the scheme says that requests are passed on: length 2 · workspace
//! accepted: 0                         refused: 1 · generation 8
//! ```
//!
//! One idea: a few bytes of fixed shape, bounded before they are read. Must not know how nodes are
//! connected or trust each other: the stream it is given is authenticated.

use super::relay::RelayRefused;
use crate::route::Scheme;
use std::{
    io,
    net::{IpAddr, SocketAddr},
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Bytes of a gateway's id in a preamble.
pub const PREAMBLE_GATEWAY_BYTES_MAX: usize = 1_024;
/// Bytes of a workspace's id in a preamble.
pub const PREAMBLE_WORKSPACE_BYTES_MAX: usize = 1_024;

const VERSION: u8 = 1;
const SCHEME_HTTP: u8 = 0;
const SCHEME_HTTPS: u8 = 1;
/// Added to the scheme when another gateway passes requests on.
const PASSED_ON: u8 = 2;
const FAMILY_V4: u8 = 4;
const FAMILY_V6: u8 = 6;
const ACCEPTED: u8 = 0;
const REFUSED: u8 = 1;

/// What the serving node has to know of a connection that another node accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preamble {
    /// Id of the gateway that the client wants.
    pub gateway: String,
    /// Generation of the assignment by which the other node chose this one.
    pub generation: u64,
    /// The client, as the accepting node sees it.
    pub client: SocketAddr,
    /// What the client's listener speaks.
    pub scheme: Scheme,
    /// Another gateway passes requests on, one after the other, for the workspace of this id.
    pub passed_on: Option<String>,
}

impl Preamble {
    /// The bytes.
    ///
    /// # Errors
    /// When the gateway's id is longer than [`PREAMBLE_GATEWAY_BYTES_MAX`], or the workspace's than
    /// `PREAMBLE_WORKSPACE_BYTES_MAX`.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.gateway.len() + 32);
        bytes.push(VERSION);
        let scheme = match self.scheme {
            Scheme::Http => SCHEME_HTTP,
            Scheme::Https => SCHEME_HTTPS,
        };
        bytes.push(if self.passed_on.is_some() { scheme + PASSED_ON } else { scheme });
        bytes.extend(self.generation.to_be_bytes());
        match self.client.ip() {
            IpAddr::V4(address) => {
                bytes.push(FAMILY_V4);
                bytes.extend(address.octets());
            }
            IpAddr::V6(address) => {
                bytes.push(FAMILY_V6);
                bytes.extend(address.octets());
            }
        }
        bytes.extend(self.client.port().to_be_bytes());
        put_id(&mut bytes, "gateway", &self.gateway, PREAMBLE_GATEWAY_BYTES_MAX)?;
        if let Some(workspace) = &self.passed_on {
            put_id(&mut bytes, "workspace", workspace, PREAMBLE_WORKSPACE_BYTES_MAX)?;
        }
        Ok(bytes)
    }
}

/// Sends a preamble; the answer comes with [`read_answer`].
///
/// # Errors
/// Those of the stream, and a gateway id that is too long.
pub async fn write_preamble<W: AsyncWrite + Unpin>(stream: &mut W, preamble: &Preamble) -> io::Result<()> {
    stream.write_all(&preamble.encode()?).await?;
    stream.flush().await
}

/// Reads a preamble, and nothing behind it.
///
/// # Errors
/// Those of the stream; `InvalidData` when the bytes are none this release knows.
pub async fn read_preamble<R: AsyncRead + Unpin>(stream: &mut R) -> io::Result<Preamble> {
    let version = stream.read_u8().await?;
    if version != VERSION {
        return Err(invalid(format!("preamble version {version} is not {VERSION}")));
    }
    let (scheme, is_passed_on) = match stream.read_u8().await? {
        SCHEME_HTTP => (Scheme::Http, false),
        SCHEME_HTTPS => (Scheme::Https, false),
        other if other == SCHEME_HTTP + PASSED_ON => (Scheme::Http, true),
        other if other == SCHEME_HTTPS + PASSED_ON => (Scheme::Https, true),
        other => return Err(invalid(format!("scheme {other} is none of 0 to 3"))),
    };
    let generation = stream.read_u64().await?;
    let address: IpAddr = match stream.read_u8().await? {
        FAMILY_V4 => {
            let mut octets = [0; 4];
            stream.read_exact(&mut octets).await?;
            octets.into()
        }
        FAMILY_V6 => {
            let mut octets = [0; 16];
            stream.read_exact(&mut octets).await?;
            octets.into()
        }
        other => return Err(invalid(format!("address family {other} is neither 4 nor 6"))),
    };
    let port = stream.read_u16().await?;
    let gateway = read_id(stream, "gateway", PREAMBLE_GATEWAY_BYTES_MAX).await?;
    let passed_on = match is_passed_on {
        true => Some(read_id(stream, "workspace", PREAMBLE_WORKSPACE_BYTES_MAX).await?),
        false => None,
    };
    Ok(Preamble { gateway, generation, client: SocketAddr::new(address, port), scheme, passed_on })
}

fn put_id(bytes: &mut Vec<u8>, of: &str, id: &str, bytes_max: usize) -> io::Result<()> {
    check_length(of, id.len(), bytes_max)?;
    let length = u16::try_from(id.len()).expect("the bound is below 64 KiB");
    bytes.extend(length.to_be_bytes());
    bytes.extend(id.as_bytes());
    Ok(())
}

async fn read_id<R: AsyncRead + Unpin>(stream: &mut R, of: &str, bytes_max: usize) -> io::Result<String> {
    let length = usize::from(stream.read_u16().await?);
    check_length(of, length, bytes_max)?;
    let mut id = vec![0; length];
    stream.read_exact(&mut id).await?;
    String::from_utf8(id).map_err(|_| invalid(format!("{of} id is not UTF-8")))
}

fn check_length(of: &str, length: usize, bytes_max: usize) -> io::Result<()> {
    match length > bytes_max {
        true => Err(invalid(format!("{of} id of {length} bytes is longer than {bytes_max}"))),
        false => Ok(()),
    }
}

/// Tells the other node that the connection is served here.
///
/// # Errors
/// Those of the stream.
pub async fn write_accepted<W: AsyncWrite + Unpin>(stream: &mut W) -> io::Result<()> {
    stream.write_all(&[ACCEPTED]).await?;
    stream.flush().await
}

/// Tells the other node that there is no unit here, and by which assignment.
///
/// # Errors
/// Those of the stream.
pub async fn write_refused<W: AsyncWrite + Unpin>(stream: &mut W, generation: u64) -> io::Result<()> {
    let mut bytes = [REFUSED; 9];
    bytes[1..].copy_from_slice(&generation.to_be_bytes());
    stream.write_all(&bytes).await?;
    stream.flush().await
}

/// Reads the answer to a preamble, and nothing behind it.
///
/// # Errors
/// The other node's refusal, or that it cannot be reached.
pub async fn read_answer<R: AsyncRead + Unpin>(stream: &mut R) -> Result<(), RelayRefused> {
    match stream.read_u8().await? {
        ACCEPTED => Ok(()),
        REFUSED => Err(RelayRefused::NoUnit { generation: stream.read_u64().await? }),
        other => Err(invalid(format!("answer {other} is neither 0 nor 1")).into()),
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preamble(gateway: &str, client: &str) -> Preamble {
        let client = client.parse().expect("address");
        Preamble {
            gateway: gateway.to_owned(),
            generation: 1 << 40,
            client,
            scheme: Scheme::Https,
            passed_on: None,
        }
    }

    #[tokio::test]
    async fn preamble_survives_the_way() {
        let passed_on = Some("w".repeat(PREAMBLE_WORKSPACE_BYTES_MAX));
        for sent in [
            preamble("pay", "192.0.2.1:65535"),
            preamble("", "[2001:db8::1]:1"),
            Preamble { passed_on, ..preamble("pay", "192.0.2.1:1") },
        ] {
            let mut bytes = sent.encode().expect("short");
            bytes.extend(b"GET /");
            let mut stream = &bytes[..];
            assert_eq!(read_preamble(&mut stream).await.expect("whole"), sent);
            assert_eq!(stream, b"GET /");
        }
    }

    #[tokio::test]
    async fn ids_are_bounded_on_both_sides() {
        let at_bound = preamble(&"g".repeat(PREAMBLE_GATEWAY_BYTES_MAX), "192.0.2.1:1");
        let mut bytes = at_bound.encode().expect("at the bound");
        assert_eq!(read_preamble(&mut &bytes[..]).await.expect("at the bound"), at_bound);
        let beyond = preamble(&"g".repeat(PREAMBLE_GATEWAY_BYTES_MAX + 1), "192.0.2.1:1");
        assert!(beyond.encode().is_err());
        let passed_on = Some("w".repeat(PREAMBLE_WORKSPACE_BYTES_MAX + 1));
        assert!(Preamble { passed_on, ..preamble("g", "192.0.2.1:1") }.encode().is_err());
        let length = 1 + 1 + 8 + 1 + 4 + 2;
        bytes[length..length + 2].copy_from_slice(&1_025_u16.to_be_bytes());
        bytes.push(b'g');
        let error = read_preamble(&mut &bytes[..]).await.expect_err("beyond the bound");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn broken_preamble_is_an_error() {
        let whole = preamble("pay", "192.0.2.1:1").encode().expect("short");
        for end in 0..whole.len() {
            assert!(read_preamble(&mut &whole[..end]).await.is_err(), "{end}");
        }
        for (at, byte) in [(0, 2), (1, 9), (10, 5), (whole.len() - 1, 0xff)] {
            let mut broken = whole.clone();
            broken[at] = byte;
            assert!(read_preamble(&mut &broken[..]).await.is_err(), "{at}");
        }
    }

    #[tokio::test]
    async fn refusal_tells_the_generation() {
        let mut bytes = Vec::new();
        write_refused(&mut bytes, 7).await.expect("vector");
        let refused = read_answer(&mut &bytes[..]).await.expect_err("refused");
        assert!(matches!(refused, RelayRefused::NoUnit { generation: 7 }));
        bytes.clear();
        write_accepted(&mut bytes).await.expect("vector");
        assert!(read_answer(&mut &bytes[..]).await.is_ok());
        assert!(matches!(read_answer(&mut &[][..]).await, Err(RelayRefused::Unreachable(_))));
        assert!(matches!(read_answer(&mut &[9][..]).await, Err(RelayRefused::Unreachable(_))));
    }
}
