//! The machine that a simulated node runs on: turmoil's network and time, units as local tasks.
//!
//! One idea: what a node does with sockets, clocks and threads goes through
//! [`hanse_gateway::host::Host`], so that a simulation passes this one in and changes nothing
//! else. Randomness comes from the operating system as everywhere; the simulation's *binary*
//! answers those calls from a seed.
//!
//! Must not know what a node is. Everything here must be called from within a turmoil host.

use futures_util::future::BoxFuture;
use hanse_gateway::host::{Clock, Conn, Host, Listener, Net, Random, UnitHandle, UnitHost, UnitMain};
use ring::rand::SecureRandom as _;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Unix time in milliseconds at which every simulation begins: 2026-01-01T00:00:00Z.
pub const EPOCH_MS: u64 = 1_767_225_600_000;

/// Units that a simulated node has room for.
pub const CORES: usize = 2;

/// A simulated machine. To be called by the software of a turmoil host itself, because that is
/// where its units will run.
pub fn simulated() -> Host {
    let (sender, mut units) = mpsc::unbounded_channel::<StartedUnit>();
    // Every turmoil host runs inside a `LocalSet`, which is the thread of all its units. Tasks
    // that the software spawns are outside of it, so units have to be sent in.
    tokio::task::spawn_local(async move {
        while let Some(StartedUnit { main, ended }) = units.recv().await {
            tokio::task::spawn_local(async move {
                main().await;
                drop(ended);
            });
        }
    });
    Host {
        net: network(),
        clock: Arc::new(SimClock),
        random: Arc::new(SimRandom),
        units: Arc::new(LocalUnits(sender)),
    }
}

/// The simulated network alone, for whoever only calls.
pub fn network() -> Arc<dyn Net> {
    Arc::new(SimNet)
}

struct SimNet;
struct SimListener(turmoil::net::TcpListener);
struct SimClock;
struct SimRandom;
struct LocalUnits(mpsc::UnboundedSender<StartedUnit>);

struct StartedUnit {
    main: UnitMain,
    ended: oneshot::Sender<()>,
}

impl Net for SimNet {
    fn bind(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            // A turmoil host has one address, and binding to it by name is not offered.
            let ip =
                if address.ip().is_loopback() { address.ip() } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
            let listener = turmoil::net::TcpListener::bind(SocketAddr::new(ip, address.port())).await?;
            Ok(Box::new(SimListener(listener)) as Box<dyn Listener>)
        })
    }

    fn connect(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Conn>> {
        let host = host.to_owned();
        Box::pin(async move {
            let stream = turmoil::net::TcpStream::connect((host, port)).await?;
            Ok(Conn::Other(Box::new(stream)))
        })
    }
}

impl Listener for SimListener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Conn, SocketAddr)>> {
        Box::pin(async move {
            let (stream, peer) = self.0.accept().await?;
            Ok((Conn::Other(Box::new(stream)), peer))
        })
    }
}

impl Clock for SimClock {
    fn unix_ms(&self) -> i64 {
        let since = turmoil::since_epoch().unwrap_or(Duration::from_millis(EPOCH_MS));
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Random for SimRandom {
    fn fill(&self, buffer: &mut [u8]) {
        ring::rand::SystemRandom::new()
            .fill(buffer)
            .expect("the system's source of randomness does not fail once the machine is up");
    }
}

impl UnitHost for LocalUnits {
    fn spawn(&self, _name: String, main: UnitMain) -> io::Result<UnitHandle> {
        let (handle, ended) = UnitHandle::new();
        self.0
            .send(StartedUnit { main, ended })
            .map_err(|_| io::Error::other("the machine is going down"))?;
        Ok(handle)
    }

    fn cores(&self) -> usize {
        CORES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// What a server does: accept, hand the connection to a unit, echo there.
    async fn serve() -> turmoil::Result {
        let host = simulated();
        let mut listener = host.net.bind(([10, 1, 2, 3], 80).into()).await?;
        loop {
            let (conn, _) = listener.accept().await?;
            let detached = conn.detach()?;
            host.units.spawn(
                "echo".into(),
                Box::new(move || {
                    Box::pin(async move {
                        let mut conn = detached.attach().expect("attach");
                        let mut bytes = [0; 5];
                        conn.read_exact(&mut bytes).await.expect("read");
                        conn.write_all(&bytes).await.expect("write");
                    })
                }),
            )?;
        }
    }

    #[test]
    fn units_serve_over_the_simulated_network_in_simulated_time() -> turmoil::Result {
        let epoch = UNIX_EPOCH + Duration::from_millis(EPOCH_MS);
        let mut sim = turmoil::Builder::new().epoch(epoch).rng_seed(1).build();
        sim.host("server", serve);
        sim.client("client", async {
            let host = simulated();
            // As from a task of the server's, which is in no `LocalSet`.
            let (units, (report, seen)) = (host.units.clone(), oneshot::channel());
            let outside = tokio::spawn(async move {
                units.spawn(
                    "unit".into(),
                    Box::new(|| {
                        Box::pin(async {
                            let _ = report.send(());
                        })
                    }),
                )
            });
            outside.await??.ended().await;
            seen.await?;
            let start = host.clock.unix_ms();
            assert!((0..1000).contains(&(start - i64::try_from(EPOCH_MS).expect("small"))));
            tokio::time::sleep(Duration::from_millis(250)).await;
            assert_eq!(host.clock.unix_ms() - start, 250);
            for _ in 0..3 {
                let mut conn = host.net.connect("server", 80).await?;
                conn.write_all(b"hanse").await?;
                let mut answer = [0; 5];
                conn.read_exact(&mut answer).await?;
                assert_eq!(&answer, b"hanse");
            }
            let refused = host.net.connect("server", 81).await;
            assert!(refused.is_err());
            Ok(())
        });
        sim.run()
    }
}
