//! Data planes for tests: `plane().api(..).start()`.

use crate::wire::{Answer, Wire};
use futures_util::future::BoxFuture;
use hanse_gateway::{
    compile::{Changed, compile},
    dataplane::{DataPlane, DataPlaneConfig},
    directory::Directory,
    front_door::{Preamble, Relay, RelayRefused, read_answer, read_preamble, write_preamble},
    host::{Conn, Host},
    limits::Limits,
    report::UnitId,
    route::Scheme,
    shard::Shard,
    spec::{HostBinding, SecretSpec, ShardSpec, SpecResource},
};
use hanse_proto::{
    Name,
    v1::{self, Assignment, GatewayAssignment, resource::Spec},
};
use ring::hmac;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpStream, sync::oneshot};

/// The gateway of tests and its host.
pub const GATEWAY: &str = "gw";
pub const HOST: &str = "gw.test";
/// A host of another gateway.
pub const OTHER_HOST: &str = "other.test";
/// A valid key.
pub const KEY: &str = "k-0123456789";
const FINGERPRINT_KEY: [u8; 32] = [7; 32];
/// How long a condition may take to become true.
const PATIENCE: Duration = Duration::from_secs(20);

/// A data plane in the making.
pub struct Builder {
    node: u64,
    host: Host,
    limits: Limits,
    relay: Arc<dyn Relay>,
    spec: ShardSpec,
    nodes: Vec<u64>,
    units: usize,
}

/// A running data plane.
pub struct World {
    pub plane: Arc<DataPlane>,
    pub address: SocketAddr,
    pub spec: ShardSpec,
    pub units: Vec<UnitId>,
    _stop: oneshot::Sender<()>,
}

/// A data plane of node 1 with one unit of [`GATEWAY`].
pub fn plane() -> Builder {
    let spec = ShardSpec {
        gateway: GATEWAY.into(),
        revision: 1,
        hosts: [HostBinding { host: HOST.into(), workspace: None }].into(),
        workspaces: BTreeSet::from(["w".into()]),
        passes_on: BTreeMap::new(),
        resources: BTreeMap::new(),
    };
    let relay = Arc::new(NoRelay);
    let limits = Limits::default();
    Builder { node: 1, host: Host::system(), limits, relay, spec, nodes: vec![1], units: 1 }
}

impl Builder {
    /// An API on a path, without a key; any method and any path below it.
    pub fn api(mut self, path: &str, service_url: &str) -> Builder {
        put_api(&mut self.spec, path, service_url, false);
        self
    }

    /// The same, for which [`KEY`] is needed.
    pub fn api_with_key(mut self, path: &str, service_url: &str) -> Builder {
        put_api(&mut self.spec, path, service_url, true);
        let scope = format!("apis/{path}");
        let subscription = v1::Subscription { scope, state: "active".into(), ..v1::Subscription::default() };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &FINGERPRINT_KEY);
        let fingerprint = hmac::sign(&key, KEY.as_bytes()).as_ref().to_vec();
        let secret = SecretSpec { fingerprint, plaintext: None };
        let secrets = [("primaryKey".to_owned(), secret)].into();
        put(
            &mut self.spec,
            &format!("workspaces/w/subscriptions/{path}"),
            Spec::Subscription(subscription),
            secrets,
        );
        self
    }

    /// The policy document of an API.
    pub fn policy(mut self, path: &str, document: &str) -> Builder {
        put_policy(&mut self.spec, path, document);
        self
    }

    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Builder {
        change(&mut self.limits);
        self
    }

    pub fn node(mut self, node: u64) -> Builder {
        self.node = node;
        self
    }

    pub fn host(mut self, host: Host) -> Builder {
        self.host = host;
        self
    }

    /// Nodes the gateway is assigned to.
    pub fn assigned(mut self, nodes: &[u64]) -> Builder {
        self.nodes = nodes.to_vec();
        self
    }

    pub fn units(mut self, units: usize) -> Builder {
        self.units = units;
        self
    }

    pub fn relay(mut self, relay: Arc<dyn Relay>) -> Builder {
        self.relay = relay;
        self
    }

    pub async fn start(self) -> World {
        let config = DataPlaneConfig {
            node_id: self.node,
            limits: self.limits,
            fingerprint_key: FINGERPRINT_KEY,
            service_name: "service".into(),
            zone: "zone".into(),
        };
        let plane = DataPlane::new(config, self.host.clone(), self.relay);
        plane.set_directory(directory(&self.nodes, self.node, 1));
        let shard = compiled(&self.spec);
        let units = (0..self.units)
            .map(|_| plane.start_unit(&GATEWAY.into(), shard.clone(), false).expect("start"))
            .collect();
        let listener = self.host.net.bind(([127, 0, 0, 1], 0).into()).await.expect("bind");
        let address = listener.local_addr().expect("address");
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(plane.clone().serve(listener, Scheme::Http, stopped));
        World { plane, address, spec: self.spec, units, _stop: stop }
    }
}

impl World {
    pub async fn client(&self) -> Wire {
        Wire::connect(self.address).await
    }

    /// One request on a connection of its own.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.client().await.get(HOST, path, headers).await
    }

    /// Changes the resources and publishes what comes out.
    pub fn change(&mut self, change: impl FnOnce(&mut ShardSpec)) {
        change(&mut self.spec);
        self.spec.revision += 1;
        self.plane.publish(GATEWAY, compiled(&self.spec));
    }

    pub fn start_unit(&self, stand_in: bool) -> UnitId {
        self.plane.start_unit(&GATEWAY.into(), compiled(&self.spec), stand_in).expect("start")
    }

    /// Waits until what the units say makes a condition true.
    pub async fn until(&self, what: &str, condition: impl Fn(&DataPlane) -> bool) {
        until(what, || condition(&self.plane)).await;
    }
}

/// Waits until a condition is true.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let look = async {
        while !condition() {
            ticks.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, look).await.is_ok(), "never: {what}");
}

/// The gateway of tests on some nodes, as one of them knows it.
pub fn directory(nodes: &[u64], local: u64, generation: u64) -> Arc<Directory> {
    let hosts = vec![(HOST.to_owned(), GATEWAY.into()), (OTHER_HOST.to_owned(), "other".into())];
    let placed = GatewayAssignment { gateway: GATEWAY.into(), nodes: nodes.to_vec() };
    let assignment = Assignment { generation, gateways: vec![placed] };
    Arc::new(Directory::new(hosts, &assignment, local))
}

pub fn put_api(spec: &mut ShardSpec, path: &str, service_url: &str, subscription_required: bool) {
    put_api_of(spec, "w", path, service_url, subscription_required);
}

pub fn put_api_of(
    spec: &mut ShardSpec,
    workspace: &str,
    path: &str,
    service_url: &str,
    subscription_required: bool,
) {
    let name = format!("workspaces/{workspace}/apis/{path}");
    let api = v1::Api {
        path: path.into(),
        service_url: service_url.into(),
        protocols: vec!["http".into()],
        subscription_required: Some(subscription_required),
        ..v1::Api::default()
    };
    put(spec, &name, Spec::Api(api), BTreeMap::new());
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
        let operation = v1::Operation {
            method: method.into(),
            url_template: "/{*rest}".into(),
            template_parameters: vec![v1::Parameter { name: "rest".into(), ..v1::Parameter::default() }],
            ..v1::Operation::default()
        };
        let name = format!("{name}/operations/{}", method.to_ascii_lowercase());
        put(spec, &name, Spec::Operation(operation), BTreeMap::new());
    }
}

pub fn put_policy(spec: &mut ShardSpec, path: &str, document: &str) {
    let policy = v1::Policy { value: document.into(), ..v1::Policy::default() };
    put(spec, &format!("workspaces/w/apis/{path}/policies/policy"), Spec::Policy(policy), BTreeMap::new());
}

pub fn put(spec: &mut ShardSpec, name: &str, what: Spec, secrets: BTreeMap<String, SecretSpec>) {
    let name = Name::parse(name).expect("name");
    spec.revision += 1;
    let resource =
        SpecResource { name: name.clone(), spec: what, secrets, revision: spec.revision, created_ms: 0 };
    spec.resources.insert(name.key(), Arc::new(resource));
}

pub fn compiled(spec: &ShardSpec) -> Arc<Shard> {
    let compiled = compile(None, spec, Changed::All);
    assert_eq!(compiled.findings, [], "the test's resources are in order");
    compiled.shard
}

/// For nodes that have no others.
pub struct NoRelay;

impl Relay for NoRelay {
    fn open(&self, _node: u64, _preamble: &Preamble) -> BoxFuture<'static, Result<Conn, RelayRefused>> {
        Box::pin(async { Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into()) })
    }

    fn reachable(&self, _node: u64) -> bool {
        false
    }

    fn failed(&self, _node: u64) {}
}

/// Reaches nodes of this process over plain TCP.
#[derive(Default)]
pub struct Mesh {
    state: Mutex<MeshState>,
}

#[derive(Default)]
struct MeshState {
    addresses: BTreeMap<u64, SocketAddr>,
    lost: BTreeSet<u64>,
    failed: Vec<u64>,
}

impl Mesh {
    /// Lets others reach a node. What ends the returned task ends the node for its peers.
    pub async fn join(&self, node: u64, plane: Arc<DataPlane>) -> tokio::task::JoinHandle<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("address");
        self.state.lock().unwrap().addresses.insert(node, address);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("accept");
                let plane = plane.clone();
                tokio::spawn(async move {
                    let preamble = read_preamble(&mut stream).await.expect("preamble");
                    plane.accept_relayed(stream.into(), preamble).await;
                });
            }
        })
    }

    /// Puts something else in the place of a node.
    pub fn place(&self, node: u64, address: SocketAddr) {
        self.state.lock().unwrap().addresses.insert(node, address);
    }

    /// From now on the node counts as unreachable.
    pub fn lose(&self, node: u64) {
        self.state.lock().unwrap().lost.insert(node);
    }

    pub fn failed(&self) -> Vec<u64> {
        self.state.lock().unwrap().failed.clone()
    }
}

impl Relay for Mesh {
    fn open(&self, node: u64, preamble: &Preamble) -> BoxFuture<'static, Result<Conn, RelayRefused>> {
        let address = self.state.lock().unwrap().addresses.get(&node).copied();
        let preamble = preamble.clone();
        Box::pin(async move {
            let address = address.ok_or(std::io::ErrorKind::NotFound).map_err(std::io::Error::from)?;
            let mut stream = TcpStream::connect(address).await?;
            write_preamble(&mut stream, &preamble).await?;
            read_answer(&mut stream).await?;
            Ok(stream.into())
        })
    }

    fn reachable(&self, node: u64) -> bool {
        !self.state.lock().unwrap().lost.contains(&node)
    }

    fn failed(&self, node: u64) {
        self.state.lock().unwrap().failed.push(node);
    }
}
