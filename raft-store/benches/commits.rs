//! Durable commits a second: how many changes a cluster of one and of three acknowledges, and how
//! long each waits. Real files, real fsyncs, loopback TCP between the nodes, all in this process.
//!
//! `cargo bench -p hanse-raft-store` prints a Markdown table. `HANSE_BENCH_SECONDS` sets the time
//! of each cell (3); `HANSE_BENCH_DIR` where the files are (a temporary directory).

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use hanse_proto::v1;
use hanse_raft_store::{Member, Options, ProposeError, Replica, Storage, Transport, TransportError};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const CLUSTER: &str = "bench";
const PROPOSERS: [u64; 3] = [1, 16, 256];
const NODES: [u64; 2] = [1, 3];
const VALUE_BYTES: usize = 256;
const WARM_UP: Duration = Duration::from_millis(500);

fn main() {
    let seconds = std::env::var("HANSE_BENCH_SECONDS").ok().and_then(|text| text.parse::<f64>().ok());
    let time = Duration::from_secs_f64(seconds.unwrap_or(3.0));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    println!("| nodes | proposers | commits/s | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|");
    for nodes in NODES {
        for proposers in PROPOSERS {
            let cell = runtime.block_on(measure(nodes, proposers, time));
            println!(
                "| {nodes} | {proposers} | {:.0} | {:.2} | {:.2} |",
                cell.per_second,
                cell.p50.as_secs_f64() * 1e3,
                cell.p99.as_secs_f64() * 1e3
            );
        }
    }
}

struct Cell {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

async fn measure(nodes: u64, proposers: u64, time: Duration) -> Cell {
    let directory = match std::env::var_os("HANSE_BENCH_DIR") {
        Some(path) => tempfile::tempdir_in(path),
        None => tempfile::tempdir(),
    };
    let directory = directory.expect("a temporary directory can be made");
    let replicas = start(nodes, directory.path()).await;
    begin(&replicas).await;
    run(&replicas, proposers, WARM_UP).await;
    let started = Instant::now();
    let mut latencies = run(&replicas, proposers, time).await;
    let elapsed = started.elapsed();
    for replica in &replicas {
        replica.shutdown().await;
    }
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    Cell { per_second: latencies.len() as f64 / elapsed.as_secs_f64(), p50: at(0.5), p99: at(0.99) }
}

async fn start(nodes: u64, directory: &Path) -> Vec<Replica> {
    let mut members = Vec::new();
    let mut listeners = Vec::new();
    for id in 1..=nodes {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port is free");
        let node_addr = listener.local_addr().expect("a bound listener has an address").to_string();
        members.push(Member { id, name: format!("node-{id}"), node_addr, ..Member::default() });
        listeners.push(listener);
    }
    let mut replicas = Vec::new();
    for (id, listener) in (1..=nodes).zip(listeners) {
        let storage = Storage::Directory(directory.join(id.to_string()));
        let replica = Replica::open(Options::new(id, CLUSTER, storage), Arc::new(Tcp::default()))
            .await
            .expect("an empty directory can be opened");
        tokio::spawn(serve(listener, replica.clone()));
        replicas.push(replica);
    }
    replicas[0].bootstrap(members).await.expect("the store is empty");
    replicas
}

/// Proposes the model's first command.
async fn begin(replicas: &[Replica]) {
    let principal = v1::principal::Who::System(v1::SystemPrincipal::default());
    let bootstrap = v1::BootstrapCommand {
        cluster_id: CLUSTER.to_owned(),
        service_name: "hanse".to_owned(),
        base_domain: "localhost".to_owned(),
    };
    let command = v1::Command {
        feature_level: hanse_proto::FEATURE_LEVEL,
        principal: Some(v1::Principal { who: Some(principal) }),
        request_id: "bootstrap".to_owned(),
        action: Some(v1::command::Action::Bootstrap(bootstrap)),
        ..v1::Command::default()
    };
    propose(replicas, &mut 0, &command).await;
    // Each proposer has a workspace of its own, and there are more of them than APIM allows.
    let limits = v1::Limits { workspaces: Some(u32::MAX), ..v1::Limits::default() };
    let settings = v1::ServiceSettings { limits: Some(limits), ..v1::ServiceSettings::default() };
    let settings = v1::resource::Spec::ServiceSettings(settings);
    propose(replicas, &mut 0, &put("settings/service".to_owned(), settings, "settings")).await;
}

/// Proposes until it is acknowledged, by the replica that leads; `at` is the one that did last.
async fn propose(replicas: &[Replica], at: &mut usize, command: &v1::Command) {
    loop {
        match replicas[*at].propose(command).await {
            Ok(outcome) => {
                let result = outcome.result.expect("apply answers");
                assert!(matches!(result, v1::outcome::Result::Applied(_)), "{result:?}");
                return;
            }
            Err(ProposeError::NotLeader { .. } | ProposeError::Uncertain { .. }) => {
                *at = (*at + 1) % replicas.len();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Proposes for this long, each proposer one command after the other; answers all latencies.
async fn run(replicas: &[Replica], proposers: u64, time: Duration) -> Vec<Duration> {
    let until = Instant::now() + time;
    let tasks: Vec<_> = (0..proposers)
        .map(|proposer| {
            let replicas = replicas.to_vec();
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let mut at = 0;
                for count in 0.. {
                    let asked = Instant::now();
                    if asked >= until {
                        break;
                    }
                    let command = change(proposer, &format!("{proposer}-{count}-{time:?}"));
                    propose(&replicas, &mut at, &command).await;
                    latencies.push(asked.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.append(&mut task.await.expect("a proposer does not panic"));
    }
    latencies
}

/// A change of the proposer's own workspace.
fn change(proposer: u64, request_id: &str) -> v1::Command {
    let workspace = v1::Workspace {
        display_name: format!("Workspace {proposer}"),
        description: format!("{request_id:x<VALUE_BYTES$}"),
    };
    put(format!("workspaces/w{proposer}"), v1::resource::Spec::Workspace(workspace), request_id)
}

fn put(name: String, spec: v1::resource::Spec, request_id: &str) -> v1::Command {
    let resource = v1::Resource { name, spec: Some(spec), ..v1::Resource::default() };
    let put = v1::Put { resource: Some(resource), ..v1::Put::default() };
    let change =
        v1::AdmittedChange { change: Some(v1::admitted_change::Change::Put(put)), ..Default::default() };
    let account = v1::Account { id: "admin".into(), groups: vec!["administrators".into()], expires_at_ms: 0 };
    v1::Command {
        feature_level: hanse_proto::FEATURE_LEVEL,
        principal: Some(v1::Principal { who: Some(v1::principal::Who::Account(account)) }),
        request_id: request_id.to_owned(),
        action: Some(v1::command::Action::Apply(v1::ApplyCommand {
            changes: vec![change],
            ..Default::default()
        })),
        ..v1::Command::default()
    }
}

/// Frames over TCP: `[kind: 4][length: 4][body]`, answered by `[length: 4][body]`; one call at a
/// time on a connection, and as many connections as calls at once.
#[derive(Default)]
struct Tcp {
    idle: Arc<Mutex<BTreeMap<u64, Vec<TcpStream>>>>,
}

impl Transport for Tcp {
    fn call(
        &self,
        target: u64,
        member: &Member,
        kind: u32,
        body: Bytes,
        _deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let (idle, addr) = (self.idle.clone(), member.node_addr.clone());
        async move {
            let pooled = idle.lock().expect("nobody panics here").entry(target).or_default().pop();
            let call = async {
                let mut stream = match pooled {
                    Some(stream) => stream,
                    None => connect(&addr).await?,
                };
                stream.write_u32(kind).await?;
                write_frame(&mut stream, &body).await?;
                let answer = read_frame(&mut stream).await?;
                idle.lock().expect("nobody panics here").entry(target).or_default().push(stream);
                Ok::<_, io::Error>(answer)
            };
            call.await.map_err(|error| TransportError(error.to_string()))
        }
        .boxed()
    }

    fn send_snapshot(
        &self,
        _target: u64,
        _member: &Member,
        _frames: BoxStream<'static, Bytes>,
        _deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        async { Err(TransportError("no node is left behind here".to_owned())) }.boxed()
    }
}

async fn connect(addr: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn write_frame(stream: &mut TcpStream, body: &[u8]) -> io::Result<()> {
    let len = u32::try_from(body.len()).map_err(io::Error::other)?;
    stream.write_u32(len).await?;
    stream.write_all(body).await
}

async fn read_frame(stream: &mut TcpStream) -> io::Result<Bytes> {
    let len = stream.read_u32().await?;
    let mut body = vec![0; len as usize];
    stream.read_exact(&mut body).await?;
    Ok(body.into())
}

async fn serve(listener: TcpListener, replica: Replica) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let replica = replica.clone();
        tokio::spawn(async move {
            stream.set_nodelay(true)?;
            loop {
                let kind = stream.read_u32().await?;
                let body = read_frame(&mut stream).await?;
                let answer = replica.receive(kind, body).await.map_err(io::Error::other)?;
                write_frame(&mut stream, &answer).await?;
            }
            #[allow(unreachable_code)]
            Ok::<_, io::Error>(())
        });
    }
}
