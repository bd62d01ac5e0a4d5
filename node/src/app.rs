//! The life of a node: build, spawn, drain.
//!
//! One idea: `build` opens the store and binds every port, so that what can fail fails early, but
//! serves nothing; `spawn` starts every task; `drain` ends them within a bound. What differs in a
//! simulation (network, clock, disk, security) is passed in.

use crate::{
    admin::{self, AdminConn, refusal::HEADER_LIST_BYTES_MAX},
    cluster::{
        channels::Channels,
        linearize::Linearizer,
        node_service::NodeService,
        peers::Peers,
        relay::{NodeRelay, PREAMBLE_TIMEOUT},
        transport::NodeTransport,
    },
    config::{Config, VOTERS_MAX},
    leader,
    secure::{Protocol, Security},
    shard_controller::ShardController,
    state::{Node, ProcessInfo},
};
use futures_util::Stream;
use hanse_gateway::{
    dataplane::{DataPlane, DataPlaneConfig},
    front_door::read_preamble,
    host::{Conn, Host, Listener},
    limits::Limits,
    otlp::{self, Exporter},
    route::Scheme,
};
use hanse_proto::v1;
use hanse_raft_store::{
    BootstrapError, CommitMode, Keyring, OpenError, Options, ProposeError, RaftTimings, Replica, Storage,
};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections that may be in their TLS handshake at a time, on each port.
pub const HANDSHAKES_MAX: usize = 256;
/// Time for a TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a listener failed to accept, as when file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Everything that a node is made of.
pub struct AppOptions {
    /// Its configuration.
    pub config: Config,
    /// The machine.
    pub host: Host,
    /// Who is at the other end.
    pub security: Arc<dyn Security>,
    /// Where the store lies.
    pub storage: Storage,
    /// How the log is committed.
    pub commit: CommitMode,
    /// Raft's timings.
    pub raft: RaftTimings,
    /// Entries between two snapshots, and entries kept in the log beside one; `None`: the store's own.
    pub snapshots: Option<(u64, u64)>,
    /// The process.
    pub process: ProcessInfo,
}

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A port cannot be had.
    #[error("cannot listen on {address} ({purpose}): {}", why_not(.why))]
    Listen {
        /// What the port is for.
        purpose: &'static str,
        /// Address that was asked for.
        address: SocketAddr,
        /// Why not. Told by the message, so it is no source beside it.
        why: io::Error,
    },
    /// The cluster cannot be made.
    #[error("cannot make the cluster: {0}")]
    Bootstrap(#[from] BootstrapError),
}

/// Why a port cannot be had, and what would do.
pub fn why_not(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program uses this port: stop it, or choose other ports (`hanse dev --ports-from 9400`)"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: name one under `listen`",
        io::ErrorKind::PermissionDenied => "ports below 1024 need the right to bind them",
        _ => return format!("{error}; choose another address under `listen`"),
    };
    known.to_owned()
}

/// A node that is ready to run.
pub struct App {
    node: Arc<Node>,
    security: Arc<dyn Security>,
    live: watch::Sender<u64>,
    admin: Box<dyn Listener>,
    peers: Box<dyn Listener>,
    gateway_http: Box<dyn Listener>,
}

/// A node that runs.
pub struct Running {
    /// Its parts.
    pub node: Arc<Node>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

// === impl App ===

impl App {
    /// Opens the store and binds the ports.
    ///
    /// # Errors
    /// When the store belongs to another cluster or is damaged, or a port is taken.
    pub async fn build(options: AppOptions) -> Result<App, BuildError> {
        let AppOptions { config, host, security, storage, commit, raft, snapshots, process } = options;
        let admin = bind(&host, "admin", config.listen_admin).await?;
        let peers_listener = bind(&host, "node to node", config.listen_node).await?;
        let gateway_http = bind(&host, "gateway HTTP", config.listen_gateway_http).await?;

        let channels = Arc::new(Channels::new(host.clone(), security.clone()));
        let peers = Arc::new(Peers::new(config.node_id, channels.clone()));
        let keyring = Keyring::new(&config.cluster_key);
        let mut store = Options::new(config.node_id, config.cluster_id.clone(), storage);
        (store.commit, store.raft) = (commit, raft);
        if let Some((every, kept)) = snapshots {
            (store.snapshot_every, store.log_entries_kept) = (every, kept);
        }
        let replica = Replica::open(store, Arc::new(NodeTransport::new(channels.clone()))).await?;
        let relay = Arc::new(NodeRelay::new(channels.clone(), peers.clone()));
        let own = config.members.iter().find(|member| member.id == config.node_id);
        let data_plane = DataPlane::new(
            DataPlaneConfig {
                node_id: config.node_id,
                limits: Limits::default(),
                fingerprint_key: keyring.fingerprint_key(),
                service_name: config.service_name.as_str().into(),
                zone: own.map_or("", |member| &member.zone).into(),
            },
            host.clone(),
            relay,
        );
        let (live, live_seen) = watch::channel(0);
        let linearizer = Linearizer::new(replica.clone(), channels.clone());
        let turns = Semaphore::new((host.units.cores() / 2).max(1));
        let node = Arc::new(Node {
            config,
            host,
            replica,
            keyring,
            channels,
            peers,
            linearizer,
            data_plane,
            live: live_seen,
            started: Instant::now(),
            process,
            stop: CancellationToken::new(),
            caught_up_term: AtomicU64::new(0),
            turns,
        });
        Ok(App { node, security, live, admin, peers: peers_listener, gateway_http })
    }

    /// Starts everything.
    pub fn spawn(self) -> Running {
        let App { node, security, live, admin, peers, gateway_http } = self;
        let stop = node.stop.clone();
        let tasks = TaskTracker::new();

        tasks.spawn(serve_nodes(node.clone(), security.clone(), peers, stop.clone()));
        tasks.spawn(serve_admin(node.clone(), security, admin, stop.clone()));
        tasks.spawn(follow_members(node.clone(), tasks.clone(), stop.clone()));
        tasks.spawn(leader::run(node.clone(), stop.clone()));
        tasks.spawn(ShardController::new(node.clone(), live).run(stop.clone()));
        if node.config.bootstrap {
            tasks.spawn(bootstrap(node.clone(), stop.clone()));
        }
        if let Some(endpoint) = node.config.otlp.clone() {
            tasks.spawn(export(node.clone(), endpoint, stop.clone()));
        }
        let data_plane = node.data_plane.clone();
        let shutdown = stop.clone().cancelled_owned();
        tasks.spawn(async move { data_plane.serve(gateway_http, Scheme::Http, shutdown).await });
        Running { node, stop, tasks }
    }
}

impl Running {
    /// Ends everything within `deadline`: no new connection, requests in flight finish, the store is
    /// made durable and closed.
    pub async fn drain(self, deadline: Duration) {
        self.stop.cancel();
        self.node.data_plane.drain(deadline).await;
        self.tasks.close();
        if tokio::time::timeout(deadline, self.tasks.wait()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
        self.node.replica.shutdown().await;
    }
}

async fn bind(
    host: &Host,
    purpose: &'static str,
    address: SocketAddr,
) -> Result<Box<dyn Listener>, BuildError> {
    let bound = host.net.bind(address).await;
    bound.map_err(|why| BuildError::Listen { purpose, address, why })
}

/// Sends what documents measure to a collector until the node stops.
async fn export(node: Arc<Node>, endpoint: otlp::Endpoint, stop: CancellationToken) {
    let source = otlp::Source { service: node.config.service_name.clone(), node: node.config.node.clone() };
    let exporter = Exporter { endpoint, source, interval: otlp::INTERVAL, timeout: otlp::TIMEOUT };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = exporter.run(node.data_plane.clone()) => {}
    }
}

/// Makes the cluster when the store is new: raft's members first, then the first entry.
async fn bootstrap(node: Arc<Node>, stop: CancellationToken) {
    let attempt = async {
        if !node.replica.is_initialized() {
            let voters = node.config.members.iter().take(VOTERS_MAX).cloned().collect();
            if let Err(error) = node.replica.bootstrap(voters).await {
                return tracing::error!(%error, "the cluster cannot be made");
            }
        }
        loop {
            match first_entry(&node).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(%error, "the first entry waits for a leader"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = attempt => {}
    }
}

/// Proposes what makes an empty store a cluster; nothing to do when somebody else leads or has done it.
async fn first_entry(node: &Node) -> Result<(), ProposeError> {
    let is_made = match node.view() {
        Ok(view) => hanse_model::cluster_info(&view).is_ok_and(|info| info.is_some()),
        Err(_) => false,
    };
    if is_made {
        return Ok(());
    }
    let command = v1::BootstrapCommand {
        cluster_id: node.config.cluster_id.clone(),
        service_name: node.config.service_name.clone(),
        base_domain: node.config.base_domain.clone(),
    };
    let command = leader::system_command(node, v1::command::Action::Bootstrap(command));
    node.replica.propose(&command).await.map(|_| ())
}

/// Pings whoever is a member, as membership changes.
async fn follow_members(node: Arc<Node>, tasks: TaskTracker, stop: CancellationToken) {
    let mut interval = tokio::time::interval(Duration::from_millis(50));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = interval.tick() => {}
        }
        node.peers.follow(&node.replica.metrics().members, &tasks, &stop);
    }
}

// === Ports ===

async fn serve_admin(
    node: Arc<Node>,
    security: Arc<dyn Security>,
    listener: Box<dyn Listener>,
    stop: CancellationToken,
) {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<v1::management_server::ManagementServer<admin::management::Management>>().await;
    health.set_serving::<v1::cluster_server::ClusterServer<admin::cluster::Cluster>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(hanse_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the descriptors were made by the build");
    let incoming = handshakes(listener, stop.clone(), move |conn| {
        let security = security.clone();
        async move {
            let (conn, account) = security.accept_admin(conn).await?;
            Ok(Some(AdminConn::new(conn, account)))
        }
    });
    let served = tonic::transport::Server::builder()
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
        .add_service(health_service)
        .add_service(reflection)
        .add_service(admin::management::Management::server(node.clone()))
        .add_service(admin::cluster::Cluster::server(node.clone()))
        .add_service(admin::diagnosis::Diagnosis::server(node))
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the admin API has ended");
    }
}

async fn serve_nodes(
    node: Arc<Node>,
    security: Arc<dyn Security>,
    listener: Box<dyn Listener>,
    stop: CancellationToken,
) {
    let relayed = node.clone();
    let incoming = handshakes(listener, stop.clone(), move |conn| {
        let (security, node) = (security.clone(), relayed.clone());
        async move {
            match security.accept_node(conn).await? {
                (conn, Protocol::Grpc) => Ok(Some(AdminConn::new(conn, None))),
                (conn, Protocol::Relay) => {
                    // It may wait for a client, so it is no handshake any more. Only members get so far,
                    // and each keeps at most `WARM_MAX` waiting.
                    tokio::spawn(take_relayed(node, conn));
                    Ok(None)
                }
            }
        }
    });
    let served = tonic::transport::Server::builder()
        .add_service(NodeService::server(node))
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the node channel has ended");
    }
}

async fn take_relayed(node: Arc<Node>, mut conn: Conn) {
    let preamble = tokio::select! {
        biased;
        () = node.stop.cancelled() => return,
        preamble = tokio::time::timeout(PREAMBLE_TIMEOUT, read_preamble(&mut conn)) => preamble,
    };
    match preamble {
        Ok(Ok(preamble)) => node.data_plane.accept_relayed(conn, preamble).await,
        Ok(Err(error)) => tracing::debug!(%error, "a relayed connection without a readable preamble"),
        // It waited for a client in vain.
        Err(_) => {}
    }
}

/// Accepts connections and finishes their handshakes beside each other, so that a slow one holds up
/// nobody. At most [`HANDSHAKES_MAX`] are under way; further ones wait in the kernel's queue.
fn handshakes<T, F, Fut>(
    mut listener: Box<dyn Listener>,
    stop: CancellationToken,
    accept: F,
) -> impl Stream<Item = io::Result<T>>
where
    T: Send + 'static,
    F: Fn(Conn) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = io::Result<Option<T>>> + Send + 'static,
{
    let (sender, mut receiver) = mpsc::channel(HANDSHAKES_MAX);
    tokio::spawn(async move {
        let permits = Arc::new(tokio::sync::Semaphore::new(HANDSHAKES_MAX));
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let conn = match accepted {
                Ok((conn, _)) => conn,
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let (accept, sender) = (accept.clone(), sender.clone());
            tokio::spawn(async move {
                let done = tokio::time::timeout(HANDSHAKE_TIMEOUT, accept(conn)).await;
                drop(permit);
                match done {
                    Ok(Ok(Some(conn))) => drop(sender.send(conn).await),
                    Ok(Ok(None)) => {}
                    Ok(Err(error)) => tracing::debug!(%error, "a connection was refused"),
                    Err(_) => tracing::debug!("a connection did not finish its handshake in time"),
                }
            });
        }
    });
    async_stream::stream! {
        while let Some(conn) = receiver.recv().await {
            yield Ok(conn);
        }
    }
}
