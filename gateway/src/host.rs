//! What the data plane and the node need from the machine they run on: network, time, randomness
//! and the hosting of units, each behind a trait.
//!
//! One idea: production and simulation differ in the [`Host`] that is passed in, and in nothing
//! else. No other file of the product names `tokio::net`, a clock or a source of randomness.

use futures_util::future::{BoxFuture, LocalBoxFuture};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// Everything that a simulation replaces.
#[derive(Clone)]
pub struct Host {
    /// Listening and connecting.
    pub net: Arc<dyn Net>,
    /// Time of day. Durations come from `tokio::time`, which simulations control.
    pub clock: Arc<dyn Clock>,
    /// Ids, nonces and keys.
    pub random: Arc<dyn Random>,
    /// Where units run.
    pub units: Arc<dyn UnitHost>,
}

/// Listening and connecting. Both need a tokio runtime around the call.
pub trait Net: Send + Sync + 'static {
    /// Listens on an address; port 0 picks a free one.
    fn bind(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Listener>>>;

    /// Connects to a host name or address and port, trying each address that it resolves to.
    fn connect(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Conn>>;
}

/// A bound socket.
pub trait Listener: Send + 'static {
    /// The address it is bound to.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Waits for the next connection. Dropping the future loses none.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Conn, SocketAddr)>>;
}

/// Time of day.
pub trait Clock: Send + Sync + 'static {
    /// Unix time in milliseconds.
    fn unix_ms(&self) -> i64;
}

/// A cryptographically strong source of randomness.
pub trait Random: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// What a unit does: made on the unit's own thread, so that it may hold what cannot leave it.
pub type UnitMain = Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>;

/// Runs units, each by itself.
pub trait UnitHost: Send + Sync + 'static {
    /// Starts a unit. The handle tells when it has ended.
    ///
    /// # Errors
    /// When the machine has no room for another one.
    fn spawn(&self, name: String, main: UnitMain) -> io::Result<UnitHandle>;

    /// Units that the default gateway should have on this node: one a core.
    fn cores(&self) -> usize;
}

/// A started unit. Dropping the handle does not stop it.
#[derive(Debug)]
pub struct UnitHandle {
    ended: oneshot::Receiver<()>,
}

/// Any byte stream that may change threads.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A connection. The common case is named so that it costs no dynamic dispatch.
pub enum Conn {
    /// A socket of this machine.
    Tcp(TcpStream),
    /// Anything else: TLS over a socket, a simulated socket, a pipe.
    Other(Box<dyn Io>),
}

/// A connection on its way to another thread's runtime.
pub enum DetachedConn {
    /// A socket, taken out of its runtime.
    Tcp(std::net::TcpStream),
    /// Needs no runtime of its own.
    Other(Box<dyn Io>),
}

// === impl Host ===

impl Host {
    /// The machine itself: sockets, the system's clock and randomness, a thread for each unit.
    pub fn system() -> Host {
        Host {
            net: Arc::new(SystemNet),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            units: Arc::new(ThreadUnits),
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

impl dyn Random {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.fill(&mut buffer);
        buffer
    }
}

// === impl UnitHandle ===

impl UnitHandle {
    /// A handle, and what to drop when the unit has ended.
    pub fn new() -> (UnitHandle, oneshot::Sender<()>) {
        let (sender, ended) = oneshot::channel();
        (UnitHandle { ended }, sender)
    }

    /// Waits until the unit has ended, by itself or by a panic.
    pub async fn ended(self) {
        // The sender is never used; its drop is the signal.
        let _ = self.ended.await;
    }
}

// === impl Conn ===

impl Conn {
    /// The address of the other side, of a socket.
    pub fn peer_ip(&self) -> Option<IpAddr> {
        match self {
            Conn::Tcp(stream) => stream.peer_addr().ok().map(|address| address.ip()),
            Conn::Other(_) => None,
        }
    }

    /// Takes the connection out of this thread's runtime.
    ///
    /// # Errors
    /// When the socket cannot be taken out of its runtime; it is closed then.
    pub fn detach(self) -> io::Result<DetachedConn> {
        match self {
            Conn::Tcp(stream) => stream.into_std().map(DetachedConn::Tcp),
            Conn::Other(io) => Ok(DetachedConn::Other(io)),
        }
    }
}

impl DetachedConn {
    /// Puts the connection into the runtime of the calling thread.
    ///
    /// # Errors
    /// When the socket cannot be registered with it; it is closed then.
    pub fn attach(self) -> io::Result<Conn> {
        match self {
            DetachedConn::Tcp(stream) => TcpStream::from_std(stream).map(Conn::Tcp),
            DetachedConn::Other(io) => Ok(Conn::Other(io)),
        }
    }
}

impl From<TcpStream> for Conn {
    fn from(stream: TcpStream) -> Conn {
        Conn::Tcp(stream)
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conn::Tcp(stream) => stream.fmt(f),
            Conn::Other(_) => f.write_str("Conn::Other"),
        }
    }
}

impl AsyncRead for Conn {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Conn::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Conn::Other(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Conn {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Conn::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Conn::Other(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Conn::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Conn::Other(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Conn::Tcp(stream) => stream.is_write_vectored(),
            Conn::Other(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Conn::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Conn::Other(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Conn::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Conn::Other(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}

// === The machine itself ===

struct SystemNet;
struct SystemListener(TcpListener);
struct SystemClock;
struct SystemRandom;
struct ThreadUnits;

/// Connections that the kernel may hold for a listener before they are accepted.
const LISTEN_BACKLOG: i32 = 1024;

impl Net for SystemNet {
    fn bind(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let socket = socket2::Socket::new(
                socket2::Domain::for_address(address),
                socket2::Type::STREAM,
                Some(socket2::Protocol::TCP),
            )?;
            // A node that is restarted must get its port back while old connections linger.
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(LISTEN_BACKLOG)?;
            let listener = TcpListener::from_std(socket.into())?;
            Ok(Box::new(SystemListener(listener)) as Box<dyn Listener>)
        })
    }

    fn connect(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Conn>> {
        let host = host.to_owned();
        Box::pin(async move {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            Ok(Conn::Tcp(stream))
        })
    }
}

impl Listener for SystemListener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Conn, SocketAddr)>> {
        Box::pin(async move {
            let (stream, peer) = self.0.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Conn::Tcp(stream), peer))
        })
    }
}

impl Clock for SystemClock {
    fn unix_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        use ring::rand::SecureRandom as _;
        ring::rand::SystemRandom::new()
            .fill(buffer)
            .expect("the system's source of randomness does not fail once the machine is up");
    }
}

impl UnitHost for ThreadUnits {
    fn spawn(&self, name: String, main: UnitMain) -> io::Result<UnitHandle> {
        let (handle, ended) = UnitHandle::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(name).spawn(move || {
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async move { main().await });
            drop(ended);
        })?;
        Ok(handle)
    }

    fn cores(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_connection_survives_the_move_to_a_unit() {
        let host = Host::system();
        let mut listener = host.net.bind(([127, 0, 0, 1], 0).into()).await.expect("bind");
        let port = listener.local_addr().expect("address").port();
        let mut client = host.net.connect("127.0.0.1", port).await.expect("connect");
        let (conn, _) = listener.accept().await.expect("accept");
        let detached = conn.detach().expect("detach");
        let unit = host
            .units
            .spawn(
                "echo".into(),
                Box::new(move || {
                    Box::pin(async move {
                        let mut conn = detached.attach().expect("attach");
                        let mut bytes = [0; 5];
                        conn.read_exact(&mut bytes).await.expect("read");
                        conn.write_all(&bytes).await.expect("write");
                    })
                }),
            )
            .expect("spawn");
        client.write_all(b"hanse").await.expect("write");
        let mut answer = [0; 5];
        client.read_exact(&mut answer).await.expect("read");
        assert_eq!(&answer, b"hanse");
        unit.ended().await;
    }

    #[tokio::test]
    async fn a_unit_that_panics_has_ended() {
        let host = Host::system();
        let unit = host
            .units
            .spawn("broken".into(), Box::new(|| Box::pin(async { panic!("on purpose") })))
            .expect("spawn");
        unit.ended().await;
    }
}
