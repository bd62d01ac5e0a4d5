//! The connections of a unit to backends.
//!
//! One idea: a bucket for each workspace, scheme and authority, which counts the connections that exist
//! and keeps those that are idle, the last used first. Nothing is shared between workspaces. Must not
//! know what is said on a connection.

use super::{
    client::Upstream,
    proxy,
    tls::{Checks, Tls},
};
use crate::{
    front_door::Passage,
    host::{Conn, Net},
    limits::Limits,
    unit::SWEEP_INTERVAL,
};
use hanse_policy::{BaseUrl, HeldCertificate, ProxyServer, Scheme as UrlScheme};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt::Write as _,
    io,
    net::IpAddr,
    rc::Rc,
    sync::Arc,
};

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authority<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) url: &'a BaseUrl,
    /// What of a certificate is checked, where there is one.
    pub(crate) checks: Checks,
    /// What we show the other side, where there is TLS.
    pub(crate) identity: Option<&'a Arc<HeldCertificate>>,
    /// Who is on the way.
    pub(crate) proxy: Option<&'a ProxyServer>,
}

/// All connections of a unit.
pub(crate) struct Pool {
    limits: Arc<Limits>,
    net: Arc<dyn Net>,
    tls: Tls,
    buckets: RefCell<BTreeMap<Box<str>, Rc<Bucket>>>,
    /// The connections to units of other gateways.
    passages: Rc<Bucket>,
    /// To write keys into.
    key: RefCell<String>,
    /// Counts sweeps: the clock by which idle connections age.
    sweeps: Rc<Cell<u64>>,
}

/// The connections to one authority.
pub(super) struct Bucket {
    connections: Cell<usize>,
    connections_max: usize,
    idle_max: usize,
    /// The last used is the last.
    idle: RefCell<Vec<Idle>>,
    sweeps: Rc<Cell<u64>>,
}

struct Idle {
    upstream: Box<Upstream>,
    /// The sweep it has been idle since.
    since: u64,
}

/// Room for one connection in its bucket.
pub(crate) struct Slot {
    bucket: Rc<Bucket>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// As many as may be are open.
    #[error("all {0} connections to the backend are in use")]
    Exhausted(usize),
    /// The network says no.
    #[error("connect to {host}:{port}: {error}")]
    Io { host: String, port: u16, error: io::Error },
    /// Such addresses tell a machine its own secrets, and no workspace is to have them.
    #[error("connect to {host}:{port}: addresses of instance metadata are not called")]
    Metadata { host: String, port: u16 },
    /// The proxy on the way does not open it.
    #[error("proxy {host}:{port}: {error}")]
    Proxy { host: String, port: u16, error: io::Error },
    /// There is no TLS to be had, or its certificate is not good enough.
    #[error("TLS with {host}:{port}: {error}")]
    Tls { host: String, port: u16, error: io::Error },
}

/// Where clouds tell a machine about itself: link-local addresses, and the few that are elsewhere.
pub(crate) fn is_metadata_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            // Azure's wire server, and Alibaba's metadata.
            address.is_link_local() || matches!(address.octets(), [168, 63, 129, 16] | [100, 100, 100, 200])
        }
        // And that of AWS.
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    }
}

impl Pool {
    pub(crate) fn new(limits: Arc<Limits>, net: Arc<dyn Net>) -> Rc<Pool> {
        let (key, sweeps) = (RefCell::default(), Rc::default());
        let tls = Tls::new(limits.shown_certificates_max);
        let passages = Bucket::new(limits.passed_on_connections_max, limits.authority_idle_max, &sweeps);
        Rc::new(Pool { limits, net, tls, buckets: RefCell::default(), passages, key, sweeps })
    }

    /// A connection that was used before and is still open, if there is one.
    pub(crate) fn take_idle(&self, authority: &Authority<'_>) -> Option<Box<Upstream>> {
        let bucket = self.bucket(authority);
        loop {
            let mut idle = bucket.idle.borrow_mut().pop()?;
            if idle.upstream.is_open() {
                return Some(idle.upstream);
            }
        }
    }

    /// A new connection.
    ///
    /// # Errors
    /// See [`ConnectError`]. How long it may take is the caller's business.
    pub(crate) async fn connect(&self, authority: &Authority<'_>) -> Result<Box<Upstream>, ConnectError> {
        let bucket = self.bucket(authority);
        let max = bucket.connections_max;
        let slot = bucket.enter().ok_or(ConnectError::Exhausted(max))?;
        let url = authority.url;
        let (next, port) = authority.proxy.map_or((&url.host, url.port), |proxy| (&proxy.host, proxy.port));
        let host = || next.clone();
        // What a proxy makes of a name nobody here knows; but an address is an address.
        let is_metadata = |host: &str| host.parse().is_ok_and(is_metadata_address);
        if authority.proxy.is_some() && is_metadata(&url.host) {
            return Err(ConnectError::Metadata { host: url.host.clone(), port: url.port });
        }
        let connected = self.net.connect(next, port).await;
        let mut conn = connected.map_err(|error| ConnectError::Io { host: host(), port, error })?;
        if conn.peer_ip().is_some_and(is_metadata_address) {
            return Err(ConnectError::Metadata { host: host(), port });
        }
        if url.scheme == UrlScheme::Https {
            if let Some(proxy) = authority.proxy {
                let opened = proxy::open_way(&mut conn, url, proxy).await;
                opened.map_err(|error| ConnectError::Proxy { host: host(), port, error })?;
            }
            let (host, port) = (|| url.host.clone(), url.port);
            let shown = authority.identity.map(|held| (authority.workspace, held));
            let secured = self.tls.connect(conn, &url.host, authority.checks, shown).await;
            conn = secured.map_err(|error| ConnectError::Tls { host: host(), port, error })?;
        }
        Ok(Upstream::new(conn, slot, self.limits.backend_header_bytes_max))
    }

    /// A connection to another gateway's unit that was used before and is still open, if there is one.
    pub(crate) fn take_passage(&self, passage: &Passage) -> Option<Box<Upstream>> {
        loop {
            let mut found = {
                let mut idle = self.passages.idle.borrow_mut();
                let at = idle.iter().rposition(|idle| idle.upstream.is_of(passage))?;
                idle.remove(at)
            };
            if found.upstream.is_open() {
                return Some(found.upstream);
            }
        }
    }

    /// Room for one more connection to another gateway's unit. Idle ones, of other clients, give way.
    pub(crate) fn enter_passage(&self) -> Option<Slot> {
        self.passages.enter().or_else(|| {
            let oldest = {
                let mut idle = self.passages.idle.borrow_mut();
                if idle.is_empty() { None } else { Some(idle.remove(0)) }
            };
            drop(oldest?);
            self.passages.enter()
        })
    }

    /// A connection to another gateway's unit, ready to be used.
    pub(crate) fn passage(&self, conn: Conn, slot: Slot, passage: Passage) -> Box<Upstream> {
        // Beside what a backend sent there may be what policies added.
        let head_bytes_max = 2 * self.limits.backend_header_bytes_max;
        Upstream::of_passage(Upstream::new(conn, slot, head_bytes_max), passage)
    }

    /// Closes what was idle for too long. To be called once in [`SWEEP_INTERVAL`].
    pub(crate) fn sweep(&self) {
        let now = self.sweeps.get() + 1;
        self.sweeps.set(now);
        let age = self.limits.upstream_idle_timeout.as_secs().div_ceil(SWEEP_INTERVAL.as_secs()).max(1);
        self.passages.sweep(now, age);
        self.buckets.borrow_mut().retain(|_, bucket| {
            bucket.sweep(now, age);
            bucket.connections.get() > 0
        });
    }

    fn bucket(&self, authority: &Authority<'_>) -> Rc<Bucket> {
        let mut key = self.key.borrow_mut();
        key.clear();
        let url = authority.url;
        // Neither a workspace's id nor a host has a blank. What was connected with fewer checks is not
        // for those who want all of them.
        for part in [authority.workspace, url.scheme.as_str(), url.host.as_str()] {
            key.push_str(part);
            key.push(' ');
        }
        let Checks { chain, name } = authority.checks;
        write!(key, "{} {} {}", url.port, u8::from(chain), u8::from(name))
            .expect("a string takes everything");
        // Nor is what was connected as one for those who are another.
        if let Some(held) = authority.identity.filter(|_| url.scheme == UrlScheme::Https) {
            key.push(' ');
            for byte in held.digest() {
                write!(key, "{byte:02x}").expect("a string takes everything");
            }
        }
        if let Some(ProxyServer { host, port, authorization }) = authority.proxy {
            let authorization = authorization.as_ref().map_or(&b""[..], |it| it.as_bytes());
            write!(key, " via {host} {port} {}", authorization.escape_ascii())
                .expect("a string takes everything");
        }
        let mut buckets = self.buckets.borrow_mut();
        if let Some(bucket) = buckets.get(key.as_str()) {
            return bucket.clone();
        }
        let (max, idle_max) = (self.limits.authority_connections_max, self.limits.authority_idle_max);
        let bucket = Bucket::new(max, idle_max, &self.sweeps);
        buckets.insert(key.as_str().into(), bucket.clone());
        bucket
    }
}

impl Bucket {
    fn new(connections_max: usize, idle_max: usize, sweeps: &Rc<Cell<u64>>) -> Rc<Bucket> {
        let (connections, idle, sweeps) = (Cell::new(0), RefCell::default(), sweeps.clone());
        Rc::new(Bucket { connections, connections_max, idle_max, idle, sweeps })
    }

    fn sweep(&self, now: u64, age: u64) {
        // Closing one gives its slot back, which must not meet the list while it is borrowed.
        let old = self.idle.borrow_mut().extract_if(.., |idle| idle.since + age < now).collect::<Vec<_>>();
        drop(old);
    }

    fn enter(self: &Rc<Self>) -> Option<Slot> {
        if self.connections.get() >= self.connections_max {
            return None;
        }
        self.connections.set(self.connections.get() + 1);
        Some(Slot { bucket: self.clone() })
    }

    /// Keeps a connection for the next request, or closes it if there are enough.
    pub(super) fn keep(&self, upstream: Box<Upstream>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.idle_max {
            idle.push(Idle { upstream, since: self.sweeps.get() });
        }
    }
}

impl Slot {
    pub(super) fn bucket(&self) -> Rc<Bucket> {
        self.bucket.clone()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.bucket.connections.set(self.bucket.connections.get() - 1);
    }
}
