//! What the tests share: a network in memory, a disk that loses power, commands.
//!
//! Clusters here run in one thread on paused time, with inline commits: a second of simulated
//! time costs what is done in it, and nobody sleeps.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use hanse_proto::v1;
use hanse_raft_store::{
    Backends, CommitMode, Member, Options, ProposeError, Replica, Role, Storage, StoreFile, Transport,
    TransportError,
};
use redb::StorageBackend;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

pub const CLUSTER: &str = "test-cluster";

// ---- network ----

/// All nodes of a test, and which of them hear each other.
#[derive(Default)]
pub struct Hub {
    replicas: Mutex<BTreeMap<u64, Replica>>,
    cut_off: Mutex<BTreeSet<u64>>,
    /// Snapshots that are to break after their first rows.
    pub snapshots_to_break: AtomicUsize,
    pub snapshots_sent: AtomicUsize,
}

impl Hub {
    pub fn cut_off(&self, node: u64) {
        self.cut_off.lock().unwrap().insert(node);
    }

    pub fn heal(&self) {
        self.cut_off.lock().unwrap().clear();
    }

    fn reach(&self, from: u64, to: u64) -> Result<Replica, TransportError> {
        let cut_off = self.cut_off.lock().unwrap();
        if cut_off.contains(&from) || cut_off.contains(&to) {
            return Err(TransportError("cut off".to_owned()));
        }
        self.replicas
            .lock()
            .unwrap()
            .get(&to)
            .cloned()
            .ok_or_else(|| TransportError("nobody there".to_owned()))
    }
}

/// One node's end of the network; dead with the node.
struct Link {
    from: u64,
    hub: Arc<Hub>,
    is_alive: Arc<AtomicBool>,
}

impl Link {
    fn reach(&self, to: u64) -> Result<Replica, TransportError> {
        if !self.is_alive.load(Ordering::Relaxed) {
            return Err(TransportError("this node is dead".to_owned()));
        }
        self.hub.reach(self.from, to)
    }
}

impl Transport for Link {
    fn call(
        &self,
        target: u64,
        member: &Member,
        kind: u32,
        body: Bytes,
        _deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        assert_eq!(member.id, target);
        assert!(body.len() <= hanse_raft_store::FRAME_BYTES_MAX);
        let target = self.reach(target);
        async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            target?.receive(kind, body).await.map_err(|error| TransportError(error.to_string()))
        }
        .boxed()
    }

    fn send_snapshot(
        &self,
        target: u64,
        _member: &Member,
        frames: BoxStream<'static, Bytes>,
        _deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let target = self.reach(target);
        self.hub.snapshots_sent.fetch_add(1, Ordering::Relaxed);
        let to_break = &self.hub.snapshots_to_break;
        let breaks =
            to_break.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let frames = if breaks { frames.take(3).boxed() } else { frames };
        async move {
            let answer = target?.receive_snapshot(frames.map(Ok)).await;
            answer.map_err(|error| TransportError(error.to_string()))
        }
        .boxed()
    }
}

/// A network without anybody on it.
pub struct NoNetwork;

impl Transport for NoNetwork {
    fn call(
        &self,
        _: u64,
        _: &Member,
        _: u32,
        _: Bytes,
        _: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        async { Err(TransportError("no network".to_owned())) }.boxed()
    }

    fn send_snapshot(
        &self,
        _: u64,
        _: &Member,
        _: BoxStream<'static, Bytes>,
        _: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        async { Err(TransportError("no network".to_owned())) }.boxed()
    }
}

// ---- disk ----

/// A disk in memory that forgets what was not synced when the power goes. Handles from before the
/// cut are dead, or dropping them would repair the damage.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<BTreeMap<StoreFile, Arc<Mutex<Content>>>>>);

#[derive(Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Mutation>,
    epoch: u64,
}

enum Mutation {
    Len(usize),
    Write(usize, Vec<u8>),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Len(len) => bytes.resize(*len, 0),
            Self::Write(at, data) => bytes[*at..*at + data.len()].copy_from_slice(data),
        }
    }
}

impl Disk {
    pub fn cut_power(&self) {
        for content in self.0.lock().unwrap().values() {
            let mut content = content.lock().unwrap();
            content.live = content.durable.clone();
            content.unsynced.clear();
            content.epoch += 1;
        }
    }
}

impl Backends for Disk {
    fn open(&self, file: StoreFile) -> io::Result<Box<dyn StorageBackend>> {
        let content = self.0.lock().unwrap().entry(file).or_default().clone();
        let epoch = content.lock().unwrap().epoch;
        Ok(Box::new(Handle { content, epoch }))
    }

    fn remove(&self, file: StoreFile) -> io::Result<()> {
        self.0.lock().unwrap().remove(&file);
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<StoreFile>> {
        Ok(self.0.lock().unwrap().keys().copied().collect())
    }
}

struct Handle {
    content: Arc<Mutex<Content>>,
    epoch: u64,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}

impl Handle {
    fn content(&self) -> io::Result<std::sync::MutexGuard<'_, Content>> {
        let content = self.content.lock().unwrap();
        if content.epoch != self.epoch {
            return Err(io::Error::other("the power was cut"));
        }
        Ok(content)
    }

    fn mutate(&self, mutation: Mutation) -> io::Result<()> {
        let mut content = self.content()?;
        mutation.apply(&mut content.live);
        content.unsynced.push(mutation);
        Ok(())
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content()?.live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        out.copy_from_slice(&self.content()?.live[at..at + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.mutate(Mutation::Len(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = self.content()?;
        for mutation in std::mem::take(&mut content.unsynced) {
            mutation.apply(&mut content.durable);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.mutate(Mutation::Write(offset as usize, data.to_vec()))
    }
}

// ---- nodes ----

pub fn member(id: u64) -> Member {
    Member { id, name: format!("node-{id}"), node_addr: format!("10.0.0.{id}:7500"), ..Member::default() }
}

pub fn options(id: u64, disk: &Disk) -> Options {
    Options {
        commit: CommitMode::Inline,
        log_cache_bytes: 4 * 1024 * 1024,
        state_cache_bytes: 4 * 1024 * 1024,
        ..Options::new(id, CLUSTER, Storage::Backends(Arc::new(disk.clone())))
    }
}

/// A cluster on one network, each node on a disk of its own.
pub struct Cluster {
    pub hub: Arc<Hub>,
    pub disks: BTreeMap<u64, Disk>,
    alive: BTreeMap<u64, Arc<AtomicBool>>,
    adjust: fn(&mut Options),
    commands: u64,
}

impl Cluster {
    /// Nodes 1 to `count`, running and led by one of them, with the model's first entry applied.
    pub async fn start(count: u64, adjust: fn(&mut Options)) -> Self {
        let mut cluster =
            Self { hub: Arc::default(), disks: BTreeMap::new(), alive: BTreeMap::new(), adjust, commands: 0 };
        for id in 1..=count {
            cluster.run(id).await;
        }
        cluster.node(1).bootstrap((1..=count).map(member).collect()).await.unwrap();
        cluster.write(bootstrap_command()).await;
        cluster
    }

    /// Starts a node, on the disk it had before if there is one.
    pub async fn run(&mut self, id: u64) -> Replica {
        let disk = self.disks.entry(id).or_default().clone();
        let mut options = options(id, &disk);
        (self.adjust)(&mut options);
        let is_alive = Arc::new(AtomicBool::new(true));
        let link = Link { from: id, hub: self.hub.clone(), is_alive: is_alive.clone() };
        let replica = Replica::open(options, Arc::new(link)).await.unwrap();
        self.alive.insert(id, is_alive);
        self.hub.replicas.lock().unwrap().insert(id, replica.clone());
        replica
    }

    /// Pulls the plug of a node.
    pub fn kill(&mut self, id: u64) {
        self.alive[&id].store(false, Ordering::Relaxed);
        self.disks[&id].cut_power();
        self.hub.replicas.lock().unwrap().remove(&id);
    }

    pub fn node(&self, id: u64) -> Replica {
        self.hub.replicas.lock().unwrap()[&id].clone()
    }

    pub fn nodes(&self) -> Vec<Replica> {
        self.hub.replicas.lock().unwrap().values().cloned().collect()
    }

    /// The node that leads in the highest term.
    pub async fn leader(&self) -> Replica {
        eventually("a leader", || {
            let leaders = self.nodes().into_iter().filter(|node| node.metrics().role == Role::Leader);
            let cut_off = self.hub.cut_off.lock().unwrap();
            leaders
                .filter(|node| !cut_off.contains(&node.metrics().id))
                .max_by_key(|node| node.metrics().term)
        })
        .await
    }

    /// Proposes until it is acknowledged, as a client does: the same request id each time.
    pub async fn write(&mut self, command: v1::Command) -> v1::Outcome {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            assert!(Instant::now() < deadline, "no acknowledgement within 30 s");
            let leader = self.leader().await;
            match tokio::time::timeout(Duration::from_secs(3), leader.propose(&command)).await {
                Ok(Ok(outcome)) => return outcome,
                Ok(Err(
                    ProposeError::NotLeader { .. }
                    | ProposeError::Uncertain { .. }
                    | ProposeError::Stopped(_),
                ))
                | Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(Err(other)) => panic!("{other}"),
            }
        }
    }

    /// Writes this many workspaces with names never used before; returns the last revision.
    pub async fn write_workspaces(&mut self, count: u64) -> u64 {
        let mut revision = 0;
        for _ in 0..count {
            self.commands += 1;
            revision = applied_revision(&self.write(workspace_command(self.commands)).await);
        }
        revision
    }

    /// Waits until all running nodes have applied the same, and returns that state.
    pub async fn converge(&self) -> (u64, String) {
        let last = loop {
            if let Ok(last) = self.leader().await.read_index().await {
                break last;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let mut states = BTreeSet::new();
        for node in self.nodes() {
            let id = node.metrics().id;
            if node.wait_applied(last, Duration::from_secs(30)).await.is_err() {
                panic!("node {id} does not reach {last}: {:?}", node.metrics());
            }
        }
        for node in self.nodes() {
            let view = node.view().unwrap();
            states.insert((view.revision(), view.state_hash().to_string()));
        }
        assert_eq!(states.len(), 1, "replicas differ: {states:?}");
        states.pop_first().unwrap()
    }
}

/// Lets simulated time pass: whatever is due within it happens first. Only legal where time is paused, as it
/// then costs what happens in it and no more; a running clock makes [`tokio::time::advance`] panic.
pub async fn pass(duration: Duration) {
    tokio::time::advance(Duration::ZERO).await;
    tokio::time::sleep(duration).await;
}

/// Polls until there is an answer; fails after half a minute of (paused) time.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within 30 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

// ---- commands ----

pub fn bootstrap_command() -> v1::Command {
    v1::Command {
        feature_level: hanse_proto::FEATURE_LEVEL,
        at_ms: 1,
        principal: Some(v1::Principal {
            who: Some(v1::principal::Who::System(v1::SystemPrincipal { node: "node-1".into() })),
        }),
        request_id: "bootstrap".to_owned(),
        action: Some(v1::command::Action::Bootstrap(v1::BootstrapCommand {
            cluster_id: CLUSTER.to_owned(),
            service_name: "hanse".to_owned(),
            base_domain: "localhost".to_owned(),
        })),
        ..v1::Command::default()
    }
}

/// Creates the workspace `w<number>`, and sees to it that there may be as many as a test wants.
pub fn workspace_command(number: u64) -> v1::Command {
    let limits = v1::Limits { workspaces: Some(u32::MAX), ..Default::default() };
    let settings = v1::ServiceSettings { limits: Some(limits), ..Default::default() };
    let workspace = v1::Workspace { display_name: format!("Workspace {number}"), ..v1::Workspace::default() };
    let put = |name: String, spec| {
        let resource = v1::Resource { name, spec: Some(spec), ..v1::Resource::default() };
        let put = v1::Put { resource: Some(resource), ..v1::Put::default() };
        v1::AdmittedChange { change: Some(v1::admitted_change::Change::Put(put)), ..Default::default() }
    };
    let changes = vec![
        put("settings/service".to_owned(), v1::resource::Spec::ServiceSettings(settings)),
        put(format!("workspaces/w{number}"), v1::resource::Spec::Workspace(workspace)),
    ];
    let account = v1::Account { id: "admin".into(), groups: vec!["administrators".into()], expires_at_ms: 0 };
    v1::Command {
        feature_level: hanse_proto::FEATURE_LEVEL,
        at_ms: 1_000 + number as i64,
        principal: Some(v1::Principal { who: Some(v1::principal::Who::Account(account)) }),
        request_id: format!("request-{number}"),
        action: Some(v1::command::Action::Apply(v1::ApplyCommand { changes, ..Default::default() })),
        ..v1::Command::default()
    }
}

/// The revision of an accepted command.
pub fn applied_revision(outcome: &v1::Outcome) -> u64 {
    match &outcome.result {
        Some(v1::outcome::Result::Applied(applied)) => applied.revision,
        other => panic!("not applied: {other:?}"),
    }
}
