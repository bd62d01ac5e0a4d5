//! What three nodes do under loss and change, measured on real processes:
//! `cargo bench -p hanse --bench cluster -- [failover] [survivor] [propagation] [footprint] [move]`.
//! Prints Markdown; asserts only what must never happen, such as an acknowledged write that is gone.

#[path = "../tests/support/mod.rs"]
mod support;

use hanse::{
    client::{CALL_TIMEOUT, Client},
    context::Config,
};
use hanse_proto::v1;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use support::{
    Dev, eventually,
    load::{Asked, Load},
    moving::{MOVED_PATH, Moving, STAYING_PATH},
};
use tokio::sync::watch;

const WRITERS: usize = 50;
const ROUNDS: usize = 10;
const CHANGES: usize = 500;
const MOVES: usize = 10;
/// How long a workspace stays where it was moved to.
const STAY: Duration = Duration::from_secs(2);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    if is_wanted("footprint") {
        footprint().await;
    }
    if is_wanted("propagation") {
        propagation().await;
    }
    if is_wanted("move") {
        moves().await;
    }
    if is_wanted("survivor") {
        survivor().await;
    }
    if is_wanted("failover") {
        failover().await;
    }
}

// === Failover ===

struct Ack {
    at: Instant,
    request_id: String,
    revision: u64,
    writer: usize,
    value: u64,
}

struct Request {
    began: Instant,
    ended: Instant,
    gateway: usize,
    port: u16,
    is_ok: bool,
}

/// Fifty writers while the leader is killed ten times, and requests through the survivors meanwhile.
async fn failover() {
    let mut dev = Dev::start(3);
    let hosts = three_gateways(&dev).await;
    let stop = Arc::new(AtomicBool::new(false));
    let acks: Arc<Mutex<Vec<Ack>>> = Arc::default();
    let requests: Arc<Mutex<Vec<Request>>> = Arc::default();

    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(client(&dev), writer, stop.clone(), acks.clone())))
        .collect();
    let mut readers = Vec::new();
    for node in 0..3 {
        for (gateway, host) in hosts.iter().enumerate() {
            let (port, host) = (dev.gateway_port(node), host.clone());
            readers.push(tokio::spawn(request(port, host, gateway, stop.clone(), requests.clone())));
        }
    }

    let (reached, mut followed) = watch::channel(0);
    let follower = tokio::spawn(follow(client(&dev), reached));

    let mut gaps = Vec::new();
    let mut lost = 0;
    let mut recoveries = Vec::new();
    for round in 1..=ROUNDS {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let status = dev.status(0);
        let leader = status["leader"].as_str().expect("a leader").to_owned();
        let index: u16 = leader.trim_start_matches("node-").parse::<u16>().expect("node-N") - 1;
        let on = |gateway: usize| {
            status["gateways"].as_array().and_then(|all| {
                all.iter().find(|it| it["name"] == format!("bench-{gateway}"))?["nodes"][0]
                    .as_str()
                    .map(str::to_owned)
            })
        };
        let homes: Vec<Option<String>> = (0..hosts.len()).map(on).collect();
        let pid = status["nodes"].as_array().expect("nodes").iter().find(|it| it["name"] == *leader);
        dev.kill(pid.expect("the leader")["pid"].as_u64().expect("a pid"));
        let killed = Instant::now();
        tokio::time::sleep(Duration::from_secs(3)).await;

        let gap = longest_gap(&acks.lock().expect("not poisoned"), killed);
        gaps.push(gap);
        for request in requests.lock().expect("not poisoned").iter() {
            let through_survivor = request.port != dev.gateway_port(index);
            let in_time = request.ended > killed && request.began < killed + Duration::from_secs(3);
            let on_survivor = homes[request.gateway].as_deref() != Some(&leader);
            if through_survivor && in_time && on_survivor && !request.is_ok {
                lost += 1;
            }
        }
        for (gateway, home) in homes.iter().enumerate() {
            if home.as_deref() == Some(&leader) {
                recoveries.extend(recovery(
                    &requests.lock().expect("not poisoned"),
                    gateway,
                    killed,
                    dev.gateway_port(index),
                ));
            }
        }
        eprintln!("round {round}: {leader} killed, {:.0} ms without writes", gap.as_secs_f64() * 1e3);
        dev.restart(index);
        eventually("the killed node is back", async || {
            let status = dev.status((index + 1) % 3);
            let nodes = status["nodes"].as_array()?.clone();
            nodes.iter().all(|it| it["role"] != "unreachable").then_some(())
        })
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in writers.into_iter().chain(readers) {
        task.await.expect("no task panics");
    }

    let acks = std::mem::take(&mut *acks.lock().expect("not poisoned"));
    let last = acks.iter().map(|ack| ack.revision).max().unwrap_or_default();
    followed.wait_for(|reached| *reached >= last).await.expect("the feed goes on");
    drop(followed);
    // One more change, so that the follower looks up and ends.
    apply(&mut client(&dev), vec![header_policy("workspaces/bench-2/policies/policy", "end")]).await;
    let seen = follower.await.expect("the follower does not panic");
    let doubled = check_acks(&dev, &acks, &seen).await;
    gaps.sort();
    recoveries.sort();
    let ms = |duration: &Duration| duration.as_secs_f64() * 1e3;
    println!("\n### {ROUNDS} kills of the leader under {WRITERS} writers\n");
    println!("| what | figure |\n|---|---|");
    println!("| acknowledged writes | {} |", acks.len());
    println!("| of these lost | 0 |");
    println!("| request ids with two revisions | {doubled} |");
    println!("| without writes, median | {:.0} ms |", ms(&gaps[gaps.len() / 2]));
    println!("| without writes, worst | {:.0} ms |", ms(&gaps[gaps.len() - 1]));
    println!("| failed requests to units on survivors | {lost} |");
    if let (Some(first), Some(last)) = (recoveries.get(recoveries.len() / 2), recoveries.last()) {
        println!("| units on the killed node answer again after, median | {:.0} ms |", ms(first));
        println!("| the same, worst | {:.0} ms |", ms(last));
    }
}

async fn write(mut client: Client, writer: usize, stop: Arc<AtomicBool>, acks: Arc<Mutex<Vec<Ack>>>) {
    let mut value = 0;
    while !stop.load(Ordering::Relaxed) {
        value += 1;
        let request_id = format!("bench-{writer}-{value}");
        let resource = v1::Resource {
            name: format!("workspaces/bench-0/namedValues/writer-{writer}"),
            spec: Some(v1::resource::Spec::NamedValue(v1::NamedValue {
                display_name: format!("writer-{writer}"),
                value: value.to_string(),
                ..Default::default()
            })),
            ..Default::default()
        };
        let change = v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() };
        let request =
            v1::ApplyRequest { changes: vec![change], request_id: request_id.clone(), ..Default::default() };
        // Until it is acknowledged: an attempt whose answer was lost is made again under its id.
        loop {
            let answer = client
                .call(CALL_TIMEOUT, |mut it| {
                    let request = request.clone();
                    async move { it.management.apply(request).await }
                })
                .await;
            match answer {
                Ok(applied) => {
                    let at = Instant::now();
                    let ack = Ack { at, request_id, revision: applied.revision, writer, value };
                    acks.lock().expect("not poisoned").push(ack);
                    break;
                }
                Err(_) if stop.load(Ordering::Relaxed) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

async fn request(
    port: u16,
    host: String,
    gateway: usize,
    stop: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<Request>>>,
) {
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = support::call(port, &host, "/echo/orders/1", &[]).await;
        let is_ok = answer.is_ok_and(|answer| answer.status == 200);
        let ended = Instant::now();
        requests.lock().expect("not poisoned").push(Request { began, ended, gateway, port, is_ok });
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Longest time between two acknowledgements around a kill.
fn longest_gap(acks: &[Ack], killed: Instant) -> Duration {
    let mut times: Vec<Instant> =
        acks.iter().map(|ack| ack.at).filter(|at| *at + Duration::from_millis(200) > killed).collect();
    times.sort();
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// From the kill to the first good answer, through each surviving port.
fn recovery(requests: &[Request], gateway: usize, killed: Instant, dead_port: u16) -> Vec<Duration> {
    let mut first: BTreeMap<u16, Instant> = BTreeMap::new();
    for request in requests {
        let is_relevant = request.gateway == gateway && request.port != dead_port;
        if is_relevant && request.is_ok && request.ended > killed {
            let entry = first.entry(request.port).or_insert(request.ended);
            *entry = (*entry).min(request.ended);
        }
    }
    first.into_values().map(|at| at - killed).collect()
}

/// Follows the feed from its beginning, over whichever node answers: the revisions of each request id.
async fn follow(mut client: Client, reached: watch::Sender<u64>) -> BTreeMap<String, Vec<u64>> {
    let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    loop {
        let after = *reached.borrow();
        let watch = v1::WatchRequest { after_revision: Some(after), ..Default::default() };
        let events = client.call(CALL_TIMEOUT, |mut it| {
            let watch = watch.clone();
            async move { it.management.watch(watch).await }
        });
        let Ok(mut events) = events.await else { continue };
        // Of a revision that a broken watch had begun, changes come again.
        while let Ok(Some(event)) = events.message().await {
            if let Some(change) = event.change {
                let revisions = seen.entry(change.request_id).or_default();
                if !revisions.contains(&change.revision) {
                    revisions.push(change.revision);
                }
            } else {
                reached.send_replace(event.progress_revision);
            }
            if reached.is_closed() {
                return seen;
            }
        }
        client.give_up();
    }
}

/// Everything acknowledged is in the feed, once, and what is stored is at least as new.
async fn check_acks(dev: &Dev, acks: &[Ack], seen: &BTreeMap<String, Vec<u64>>) -> usize {
    let mut stub = client(dev).connect().await.expect("a server");
    let mut last: BTreeMap<usize, u64> = BTreeMap::new();
    for ack in acks {
        assert_eq!(
            seen.get(&ack.request_id),
            Some(&vec![ack.revision]),
            "{} is gone or doubled",
            ack.request_id
        );
        let value = last.entry(ack.writer).or_default();
        *value = (*value).max(ack.value);
    }
    for (writer, value) in last {
        let name = format!("workspaces/bench-0/namedValues/writer-{writer}");
        let stored =
            stub.management.get(v1::GetRequest { name, stale: false }).await.expect("stored").into_inner();
        let Some(v1::resource::Spec::NamedValue(stored)) = stored.spec else { panic!("a named value") };
        assert!(
            stored.value.parse::<u64>().expect("a number") >= value,
            "writer {writer} lost its last write"
        );
    }
    seen.iter().filter(|(id, revisions)| !id.is_empty() && revisions.len() > 1).count()
}

// === Survivor ===

/// Two of three killed; then the last one restarted alone, with a subscription that was revoked just before.
async fn survivor() {
    let mut dev = Dev::start(3);
    let hosts = three_gateways(&dev).await;
    let (demo_host, key) = dev.demo();
    let revoke = dev.file(
        "revoke.yaml",
        "name: workspaces/demo/subscriptions/demo\nsubscription: {displayName: Demo, scope: products/starter, state: suspended}\n",
    );
    dev.ok(&["apply", "--wait", "-f", revoke.to_str().expect("text")]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let status = dev.status(0);
    let pid = |node: u16| {
        let nodes = status["nodes"].as_array().expect("nodes");
        let name = format!("node-{}", node + 1);
        nodes.iter().find(|it| it["name"] == name).expect("the node")["pid"].as_u64().expect("a pid")
    };
    let killed = Instant::now();
    dev.kill(pid(1));
    dev.kill(pid(2));
    let port = dev.gateway_port(0);
    let mut served = Vec::new();
    for host in &hosts {
        eventually("the survivor serves", async || {
            support::call(port, host, "/echo/orders/1", &[]).await.ok().filter(|it| it.status == 200)
        })
        .await;
        served.push(killed.elapsed());
    }
    dev.kill(pid(0));
    eventually("the port is free", async || std::net::TcpListener::bind(("127.0.0.1", port)).ok().map(drop))
        .await;
    let restarted = Instant::now();
    dev.restart(0);
    for host in &hosts {
        eventually("the lone node serves", async || {
            support::call(port, host, "/echo/orders/1", &[]).await.ok().filter(|it| it.status == 200)
        })
        .await;
    }
    let alone = restarted.elapsed();
    let refused = eventually("the demonstration's gateway answers", async || {
        support::call_with_key(port, &demo_host, "/shop/orders/1", &key).await.ok()
    })
    .await;
    assert_eq!(refused.status, 401, "a revoked subscription stays revoked");
    println!("\n### Two of three nodes killed\n\n| what | figure |\n|---|---|");
    for (gateway, after) in served.iter().enumerate() {
        println!(
            "| gateway bench-{gateway} served by the survivor after | {:.0} ms |",
            after.as_secs_f64() * 1e3
        );
    }
    println!(
        "| restarted alone without a quorum, all gateways served after | {:.0} ms |",
        alone.as_secs_f64() * 1e3
    );
    println!("| key revoked 1 s before the kill | still refused (401) |");
}

// === Propagation ===

/// What is changed, how many operations the gateway serves, and how many of them an API has.
const SHAPES: [(&str, usize, usize); 4] = [
    ("policies/policy", 10, 100),
    ("policies/policy", 10_000, 100),
    ("apis/echo/operations/order/policies/policy", 10_000, 100),
    ("apis/many-0/operations/op-1/policies/policy", 10_000, 10_000),
];

/// From the acknowledged commit until all three gateway ports answer by it.
async fn propagation() {
    println!("\n### Commit → live on all three nodes, by polling the three gateway ports\n");
    println!(
        "| changed | operations | an API has | changes | p50 | p99 | worst |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    for (changed, operations, of_api) in SHAPES {
        let dev = Dev::start(3);
        let hosts = three_gateways(&dev).await;
        add_operations(&dev, operations, of_api).await;
        let path = if changed.contains("many-0") { "/many-0/things/1/1" } else { "/echo/orders/1" };
        let mut client = client(&dev);
        let mut times = Vec::new();
        for change in 0..CHANGES {
            let value = change.to_string();
            let policy = header_policy(&format!("workspaces/bench-0/{changed}"), &value);
            apply(&mut client, vec![policy]).await;
            let committed = Instant::now();
            let polls = (0..3).map(|node| poll(dev.gateway_port(node), &hosts[0], path, &value));
            futures_util::future::join_all(polls).await;
            times.push(committed.elapsed());
        }
        times.sort();
        let ms = |at: usize| times[at.min(times.len() - 1)].as_secs_f64() * 1e3;
        println!(
            "| `{changed}` | {operations} | {of_api} | {CHANGES} | {:.1} ms | {:.1} ms | {:.1} ms |",
            ms(times.len() / 2),
            ms((times.len() * 99).div_ceil(100) - 1),
            ms(times.len() - 1)
        );
    }
}

/// Asks on one connection until the header has the value.
async fn poll(port: u16, host: &str, path: &str, value: &str) {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("the port answers");
    let (mut sender, connection) =
        http1::handshake::<_, Empty<bytes::Bytes>>(TokioIo::new(stream)).await.expect("HTTP");
    let driver = tokio::spawn(connection);
    loop {
        let request = hyper::Request::get(path).header("Host", host).body(Empty::new());
        sender.ready().await.expect("the connection stays");
        let answer = sender.send_request(request.expect("valid")).await.expect("an answer");
        let is_live = answer.headers().get("x-change").is_some_and(|found| found == value);
        answer.into_body().collect().await.expect("a body");
        if is_live {
            break;
        }
    }
    driver.abort();
}

// === Moves ===

/// A workspace moves to another gateway and back, again and again, while it and its neighbour are called.
async fn moves() {
    let dev = Dev::start(3);
    let moving = Moving::start(&dev).await;
    let callers = [
        ("moved workspace, by the old gateway's hostname", &moving.shared_host, MOVED_PATH),
        ("moved workspace, by its link's hostname", &moving.link_host, MOVED_PATH),
        ("neighbour that stays", &moving.shared_host, STAYING_PATH),
    ];
    let start = |(what, host, path): (&'static str, &String, &'static str)| {
        let loads = (0..3).map(|node| Load::start(dev.gateway_port(node), host, path)).collect::<Vec<_>>();
        (what, loads)
    };
    let loads: Vec<(&str, Vec<Load>)> = callers.into_iter().map(start).collect();
    tokio::time::sleep(STAY).await;
    // When a move was asked for, and when it was live on all nodes.
    let mut spans: Vec<(Instant, Instant)> = Vec::new();
    for round in 0..MOVES {
        let asked = Instant::now();
        if round % 2 == 0 {
            moving.away(&dev)
        } else {
            moving.back(&dev)
        }
        spans.push((asked, Instant::now()));
        tokio::time::sleep(STAY).await;
    }
    let is_away = |at: Instant| {
        let moved = spans.iter().take_while(|(_, live)| *live < at).count();
        let is_moving = spans.iter().any(|(asked, live)| *asked <= at && at <= *live);
        (!is_moving).then_some(moved % 2 == 1)
    };
    println!("\n### {MOVES} moves of a workspace between two gateways on three nodes, under load\n");
    println!(
        "| calls | requests | lost | p50 at home | p99 at home | p50 moved | p99 moved | worst during a move |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for (what, loads) in loads {
        let asked: Vec<Asked> = futures_util::future::join_all(loads.into_iter().map(Load::stop))
            .await
            .into_iter()
            .flatten()
            .collect();
        let lost = asked.iter().filter(|it| it.failed.is_some()).count();
        let of = |place: Option<bool>| {
            let mut times: Vec<Duration> =
                asked.iter().filter(|it| is_away(it.began) == place).map(|it| it.took).collect();
            times.sort();
            times
        };
        let at = |times: &[Duration], percent: usize| {
            let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        let (home, away, moving) = (of(Some(false)), of(Some(true)), of(None));
        println!(
            "| {what} | {} | {lost} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.1} ms |",
            asked.len(),
            at(&home, 50),
            at(&home, 99),
            at(&away, 50),
            at(&away, 99),
            at(&moving, 100),
        );
        assert_eq!(lost, 0, "a move loses no request");
    }
    let slowest = spans.iter().map(|(asked, live)| *live - *asked).max().unwrap_or_default();
    println!(
        "\nSlowest move, from `hanse apply --wait` to its return: {:.0} ms.",
        slowest.as_secs_f64() * 1e3
    );
}

// === Footprint ===

async fn footprint() {
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_hanse")).expect("the binary").len();
    let dev = Dev::start(1);
    let ready = dev.screen.lines().find(|line| line.starts_with("Ready in")).unwrap_or_default().to_owned();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let memory = dev.status(0)["nodes"][0]["memoryBytes"].as_u64().unwrap_or_default();
    println!("\n### Footprint\n\n| what | figure |\n|---|---|");
    println!("| binary | {:.1} MB |", binary as f64 / 1e6);
    println!("| idle node with the demonstration, resident | {:.0} MB |", memory as f64 / 1e6);
    println!("| start of `hanse dev` with the demonstration | {ready} |");
}

// === What the measurements stand on ===

fn client(dev: &Dev) -> Client {
    let config = Config::load(&dev.dir.path().join("config")).expect("a context");
    Client::new(config.find(None).expect("the current one").clone()).expect("usable")
}

/// Three gateways of one unit, each with a workspace and an open API in front of the sample backend.
async fn three_gateways(dev: &Dev) -> Vec<String> {
    let orders = dev.json(&["get", "api", "orders", "-w", "demo", "-o", "json"]);
    let backend = orders["api"]["serviceUrl"].as_str().expect("a service URL").to_owned();
    let mut client = client(dev);
    let mut resources = Vec::new();
    for index in 0..3 {
        resources.extend(echo(index, &backend));
    }
    apply(&mut client, resources).await;
    dev.ok(&["status", "--wait"]);
    let mut hosts = Vec::new();
    for index in 0..3 {
        let gateway = dev.json(&["get", "gateway", &format!("bench-{index}"), "-o", "json"]);
        let host = gateway["gateway"]["defaultHostname"].as_str().expect("a hostname").to_owned();
        for node in 0..3 {
            eventually("every port answers", async || {
                support::call(dev.gateway_port(node), &host, "/echo/orders/1", &[])
                    .await
                    .ok()
                    .filter(|it| it.status == 200)
            })
            .await;
        }
        hosts.push(host);
    }
    hosts
}

fn echo(index: usize, backend: &str) -> Vec<v1::Resource> {
    use v1::resource::Spec;
    let name = format!("bench-{index}");
    let workspace = format!("workspaces/{name}");
    let resource = |name: String, spec| v1::Resource { name, spec: Some(spec), ..Default::default() };
    vec![
        resource(
            workspace.clone(),
            Spec::Workspace(v1::Workspace { display_name: name.clone(), ..Default::default() }),
        ),
        resource(
            format!("{workspace}/apis/echo"),
            Spec::Api(v1::Api {
                path: "echo".into(),
                display_name: "Echo".into(),
                service_url: backend.to_owned(),
                protocols: vec!["http".into(), "https".into()],
                subscription_required: Some(false),
                ..Default::default()
            }),
        ),
        resource(format!("{workspace}/apis/echo/operations/order"), operation("/orders/{id}", &["id"])),
        resource(
            format!("gateways/{name}"),
            Spec::Gateway(v1::Gateway { display_name: name.clone(), units: 1, ..Default::default() }),
        ),
        resource(
            format!("gateways/{name}/links/{name}"),
            Spec::GatewayLink(v1::GatewayLink { workspace, ..Default::default() }),
        ),
    ]
}

fn operation(template: &str, parameters: &[&str]) -> v1::resource::Spec {
    v1::resource::Spec::Operation(v1::Operation {
        display_name: template.to_owned(),
        method: "GET".into(),
        url_template: template.to_owned(),
        template_parameters: parameters
            .iter()
            .map(|name| v1::Parameter {
                name: (*name).into(),
                r#type: "string".into(),
                required: true,
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    })
}

fn header_policy(name: &str, value: &str) -> v1::Resource {
    let value = format!(
        "<policies><inbound><base /></inbound><outbound><base /><set-header name=\"X-Change\" \
         exists-action=\"override\"><value>{value}</value></set-header></outbound></policies>"
    );
    v1::Resource {
        name: name.to_owned(),
        spec: Some(v1::resource::Spec::Policy(v1::Policy { value, format: String::new() })),
        ..Default::default()
    }
}

/// Fills the first workspace up to so many operations, `of_api` to an API.
async fn add_operations(dev: &Dev, operations: usize, of_api: usize) {
    use v1::resource::Spec;
    let mut client = client(dev);
    let orders = dev.json(&["get", "api", "orders", "-w", "demo", "-o", "json"]);
    let backend = orders["api"]["serviceUrl"].as_str().expect("a service URL");
    let mut resources = Vec::new();
    for index in 1..operations {
        let api = format!("workspaces/bench-0/apis/many-{}", index / of_api);
        if index % of_api == 0 || index == 1 {
            resources.push(v1::Resource {
                name: api.clone(),
                spec: Some(Spec::Api(v1::Api {
                    path: format!("many-{}", index / of_api),
                    display_name: "Many".into(),
                    service_url: backend.to_owned(),
                    subscription_required: Some(false),
                    ..Default::default()
                })),
                ..Default::default()
            });
        }
        resources.push(v1::Resource {
            name: format!("{api}/operations/op-{index}"),
            spec: Some(operation(&format!("/things/{index}/{{id}}"), &["id"])),
            ..Default::default()
        });
    }
    for part in resources.chunks(5_000) {
        apply(&mut client, part.to_vec()).await;
    }
    // Only what is changed later is measured.
    dev.ok(&["status", "--wait"]);
    let revision = dev.status(0)["revision"].as_u64().expect("a revision");
    let live = v1::AwaitLiveRequest { revision, timeout_ms: 0 };
    let live = client.call(CALL_TIMEOUT, |mut it| async move { it.cluster.await_live(live).await }).await;
    assert!(live.expect("an answer").live, "what was added is live");
}

async fn apply(client: &mut Client, resources: Vec<v1::Resource>) {
    let changes = resources
        .into_iter()
        .map(|resource| v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() })
        .collect();
    let request = v1::ApplyRequest { changes, ..Default::default() };
    let applied = client
        .call(CALL_TIMEOUT, |mut it| {
            let request = request.clone();
            async move { it.management.apply(request).await }
        })
        .await;
    if let Err(error) = applied {
        panic!("apply was refused: {error:?}");
    }
}
