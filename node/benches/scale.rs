//! What one node does with very many resources, measured on a real process:
//! `cargo bench -p hanse --bench scale -- [apply] [change] [read] [footprint] [delete] [unlinked] [million]`.
//! `HANSE_BENCH_APIS` sets the size: 100,000 APIs in 1,000 workspaces unless it says otherwise, with two
//! operations each, or ten with `million`. Prints Markdown; asserts only what must never happen, such as
//! a resource that is gone after a restart.

#[path = "../tests/support/mod.rs"]
mod support;

use hanse::{
    client::{Client, Stubs, violations},
    context::Config,
};
use hanse_proto::v1::{self, resource::Spec};
use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use support::{Dev, eventually};

/// APIs of one workspace.
const APIS_PER_WORKSPACE: usize = 100;
/// Size that the large one is compared with.
const APIS_SMALL: usize = 1_000;
/// Resources of one command while filling.
const PART: usize = 5_000;
/// Changes of each sort.
const CHANGES: usize = 200;
/// Changes of each sort that bring or take a workspace with its link.
const TOPOLOGY_CHANGES: usize = 50;
/// Calls of each sort of read.
const READS: usize = 300;
/// Who writes beside a deletion, and the APIs and operations that are deleted.
const WRITERS: usize = 8;
const DELETED: (usize, usize) = (1_000, 100);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_million = wanted.iter().any(|word| word == "million");
    wanted.retain(|word| word != "million");
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let apis = std::env::var("HANSE_BENCH_APIS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let size = Size { apis, operations: if is_million { 10 } else { 2 } };
    // What counts is how costs grow, so the small one is never larger than the large one.
    let small = Size { apis: APIS_SMALL.min(size.apis), ..size };

    let mut dev = Dev::start(1);
    let mut bench = Bench::new(&dev).await;
    bench.lift_limits().await;
    if is_wanted("apply") {
        bench.one_command().await;
    }
    bench.fill(0, small).await;
    let mut table = Comparison::default();
    measure(&mut bench, &mut table, small, &is_wanted).await;
    let began = Instant::now();
    bench.fill(small.apis, size).await;
    let filled = began.elapsed();
    measure(&mut bench, &mut table, size, &is_wanted).await;
    table.print(small, size);
    if is_wanted("footprint") {
        footprint(&dev, size, filled);
        restarts(&mut dev, &mut bench, size, "all workspaces linked to the default gateway").await;
    }
    if is_wanted("delete") {
        deletion(&dev, &mut bench).await;
    }
    if is_wanted("unlinked") {
        bench.unlink(size).await;
        restarts(&mut dev, &mut bench, size, "no workspace linked").await;
    }
}

#[derive(Clone, Copy)]
struct Size {
    apis: usize,
    operations: usize,
}

impl Size {
    fn workspaces(self) -> usize {
        self.apis.div_ceil(APIS_PER_WORKSPACE)
    }
}

async fn measure(bench: &mut Bench, table: &mut Comparison, size: Size, is_wanted: &impl Fn(&str) -> bool) {
    if is_wanted("change") {
        bench.changes(table, size).await;
    }
    if is_wanted("read") {
        bench.reads(table, size).await;
    }
}

// === Figures ===

/// The same figure at two sizes.
#[derive(Default)]
struct Comparison(Vec<(String, Vec<Vec<Duration>>)>);

impl Comparison {
    fn add(&mut self, what: &str, mut times: Vec<Duration>) {
        times.sort();
        match self.0.iter_mut().find(|(known, _)| known == what) {
            Some((_, sizes)) => sizes.push(times),
            None => self.0.push((what.to_owned(), vec![times])),
        }
    }

    fn print(&self, small: Size, large: Size) {
        if self.0.is_empty() {
            return;
        }
        println!("\n### One change, one read, at {} and at {} APIs\n", small.apis, large.apis);
        println!("| what | p50 | p99 | p50 large | p99 large | ratio of p50 |");
        println!("|---|---:|---:|---:|---:|---:|");
        for (what, sizes) in &self.0 {
            let [small, large] = sizes.as_slice() else { continue };
            let ratio = part(large, 50).as_secs_f64() / part(small, 50).as_secs_f64();
            let [a, b] = [small, large].map(|times| (ms(part(times, 50)), ms(part(times, 99))));
            println!("| {what} | {} | {} | {} | {} | {ratio:.2} |", a.0, a.1, b.0, b.1);
        }
    }
}

/// A percentile of sorted times.
fn part(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied().unwrap_or_default()
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

// === The cluster under measurement ===

struct Bench {
    stubs: Stubs,
    host: String,
}

impl Bench {
    async fn new(dev: &Dev) -> Bench {
        let gateway = dev.json(&["get", "gateway", "default", "-o", "json"]);
        let host = gateway["gateway"]["defaultHostname"].as_str().expect("a hostname").to_owned();
        Bench { stubs: connect(dev).await, host }
    }

    /// Sizes that are no sensible default.
    async fn lift_limits(&mut self) {
        const MANY: u32 = 10_000_000;
        let limits = v1::Limits { units_per_gateway: None, ..hanse_model::uniform_limits(MANY) };
        let settings = v1::ServiceSettings { limits: Some(limits), ..Default::default() };
        self.put(vec![resource("settings/service".to_owned(), Spec::ServiceSettings(settings))]).await;
    }

    /// Applies changes; the revision of the commit.
    async fn apply(&mut self, changes: Vec<v1::change::Change>) -> u64 {
        let changes =
            changes.into_iter().map(|it| v1::Change { change: Some(it), ..Default::default() }).collect();
        let request = v1::ApplyRequest { changes, ..Default::default() };
        match self.stubs.management.apply(request).await {
            Ok(applied) => applied.into_inner().revision,
            Err(status) => panic!("apply was refused: {status:?} {:?}", violations(&status)),
        }
    }

    async fn put(&mut self, resources: Vec<v1::Resource>) -> u64 {
        self.apply(resources.into_iter().map(v1::change::Change::Put).collect()).await
    }

    async fn live(&mut self, revision: u64) {
        let request = v1::AwaitLiveRequest { revision, timeout_ms: 600_000 };
        let live = self.stubs.cluster.await_live(request).await.expect("an answer").into_inner();
        assert!(live.live, "revision {revision} is not live: {live:?}");
    }

    /// Workspaces from the one that the API number `from` is in up to the size, each linked.
    async fn fill(&mut self, from: usize, size: Size) {
        let mut part = Vec::new();
        let mut last = 0;
        for at in from / APIS_PER_WORKSPACE..size.workspaces() {
            part.extend(workspace(at));
            for api in 0..APIS_PER_WORKSPACE.min(size.apis - at * APIS_PER_WORKSPACE) {
                part.extend(api_with_operations(&format!("w{at}"), api, size.operations));
            }
            if part.len() >= PART {
                last = self.put(std::mem::take(&mut part)).await;
            }
        }
        if !part.is_empty() {
            last = self.put(part).await;
        }
        self.live(last).await;
    }

    async fn unlink(&mut self, size: Size) {
        let links = (0..size.workspaces()).map(|at| v1::change::Change::Delete(link_name(at)));
        let revision = self.apply(links.collect()).await;
        self.live(revision).await;
    }

    /// A thousand resources in one command.
    async fn one_command(&mut self) {
        let mut times = Vec::new();
        for round in 0..5 {
            let id = format!("once-{round}");
            let mut resources = vec![resource(
                format!("workspaces/{id}"),
                Spec::Workspace(v1::Workspace { display_name: id.clone(), ..Default::default() }),
            )];
            resources.extend((0..111).flat_map(|at| api_with_operations(&id, at, 8)));
            assert_eq!(resources.len(), 1_000);
            let began = Instant::now();
            self.put(resources).await;
            times.push(began.elapsed());
        }
        times.sort();
        let median = part(&times, 50);
        println!("\n### 1,000 resources in one command\n\n| what | figure |\n|---|---|");
        println!("| committed after, median of {} | {} |", times.len(), ms(median));
        println!("| resources a second | {:.0} |", 1_000.0 / median.as_secs_f64());
    }

    async fn changes(&mut self, table: &mut Comparison, size: Size) {
        let workspaces = size.workspaces();
        // Spread over all workspaces and APIs, the same ones in every run.
        let place = |round: usize| ((round * 7_919) % workspaces, (round * 31) % APIS_PER_WORKSPACE);
        let mut sort = Vec::new();
        for round in 0..CHANGES {
            let (at, api) = place(round);
            let name = format!("workspaces/w{at}/apis/api-{api}/operations/op-0");
            let display_name = format!("changed {round} at {}", size.apis);
            sort.push(v1::change::Change::Put(resource(name, operation(0, &display_name))));
        }
        self.time(table, "an operation is changed", sort).await;
        let policies = (0..CHANGES).map(|round| {
            let (at, api) = place(round);
            let name = format!("workspaces/w{at}/apis/api-{api}/policies/policy");
            v1::change::Change::Put(resource(name, policy(&format!("{round}-{}", size.apis))))
        });
        self.time(table, "a policy of an API is set", policies.collect()).await;
        let new = |round: usize| {
            let (at, _) = place(round);
            format!("workspaces/w{at}/apis/new-{round}")
        };
        let created = (0..CHANGES).map(|round| {
            let (at, _) = place(round);
            v1::change::Change::Put(resource(new(round), api(&format!("w{at}/new-{round}"))))
        });
        self.time(table, "an API is created", created.collect()).await;
        let deleted = (0..CHANGES).map(|round| v1::change::Change::Delete(new(round)));
        self.time(table, "an API is deleted", deleted.collect()).await;
        let linked = (0..TOPOLOGY_CHANGES).map(|round| workspace(1_000_000 + round));
        let (mut commits, mut lives) = (Vec::new(), Vec::new());
        for resources in linked {
            let began = Instant::now();
            let revision = self.put(resources).await;
            commits.push(began.elapsed());
            self.live(revision).await;
            lives.push(began.elapsed());
        }
        table.add("a workspace is created and linked: commit", commits);
        table.add("a workspace is created and linked: live", lives);
        let gone = (0..TOPOLOGY_CHANGES).map(|round| format!("workspaces/w{}", 1_000_000 + round));
        self.time(table, "a workspace is deleted", gone.map(v1::change::Change::Delete).collect()).await;
    }

    /// Makes changes one by one, each until it is live.
    async fn time(&mut self, table: &mut Comparison, what: &str, changes: Vec<v1::change::Change>) {
        let (mut commits, mut lives) = (Vec::new(), Vec::new());
        for change in changes {
            let began = Instant::now();
            let revision = self.apply(vec![change]).await;
            let committed = Instant::now();
            self.live(revision).await;
            commits.push(committed - began);
            lives.push(committed.elapsed());
        }
        table.add(&format!("{what}: commit"), commits);
        table.add(&format!("{what}: commit → live"), lives);
    }

    async fn reads(&mut self, table: &mut Comparison, size: Size) {
        let workspaces = size.workspaces();
        let mut times = Vec::new();
        for round in 0..READS {
            let (at, api) = ((round * 7_919) % workspaces, (round * 31) % APIS_PER_WORKSPACE);
            let name = format!("workspaces/w{at}/apis/api-{api}");
            let began = Instant::now();
            let got = self.stubs.management.get(v1::GetRequest { name, stale: false }).await;
            times.push(began.elapsed());
            got.expect("every API is there");
        }
        table.add("get", times);

        let page = |parent: &str, kind: &str| v1::ListRequest {
            parent: parent.to_owned(),
            kind: kind.to_owned(),
            page_size: 10,
            ..Default::default()
        };
        let of_service = page("", "workspaces");
        let within = page(&format!("workspaces/w{}", workspaces / 2), "apis");
        let filtered = v1::ListRequest {
            filter: "displayName eq 'API 42'".to_owned(),
            page_size: 100,
            ..within.clone()
        };
        let below = v1::ListRequest { recursive: true, kind: "operations".to_owned(), ..within.clone() };
        let everywhere = v1::ListRequest { recursive: true, ..page("", "operations") };
        let searched = v1::ListRequest { filter: "displayName eq 'nobody'".to_owned(), ..everywhere.clone() };
        for (what, request) in [
            ("list, first page: workspaces", of_service.clone()),
            ("list, first page: APIs of a workspace", within.clone()),
            ("list, filtered: APIs of a workspace", filtered),
            ("list, recursive: operations of a workspace", below),
            ("list, recursive: operations of the service", everywhere.clone()),
        ] {
            self.list(table, what, &request, READS).await;
        }
        self.list(table, "list, recursive, nothing matches: one page", &searched, 20).await;
        for (what, request, steps) in [
            ("list, middle page: APIs of a workspace", within, APIS_PER_WORKSPACE / 20),
            ("list, middle page: operations of the service", everywhere, 50),
        ] {
            let mut middle = request;
            for _ in 0..steps {
                let answer = self.stubs.management.list(middle.clone()).await.expect("a page").into_inner();
                middle.page_token = answer.next_page_token;
            }
            self.list(table, what, &middle, READS).await;
        }
    }

    async fn list(&mut self, table: &mut Comparison, what: &str, request: &v1::ListRequest, rounds: usize) {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            self.stubs.management.list(request.clone()).await.expect("a page");
            times.push(began.elapsed());
        }
        table.add(what, times);
    }
}

async fn connect(dev: &Dev) -> Stubs {
    let config = Config::load(&dev.dir.path().join("config")).expect("a context");
    let context = config.find(None).expect("the current one").clone();
    Client::new(context).expect("usable").connect().await.expect("a server")
}

// === Footprint ===

fn footprint(dev: &Dev, size: Size, filled: Duration) {
    let node = &dev.status(0)["nodes"][0];
    let memory = node["memoryBytes"].as_u64().unwrap_or_default();
    let store = bytes_of(&dev.dir.path().join("data/node-1"));
    let resources = size.workspaces() * 2 + size.apis * (1 + size.operations);
    println!("\n### {} APIs, {} operations, all linked\n", size.apis, size.apis * size.operations);
    println!("| what | figure |\n|---|---|");
    println!("| resources | {resources} |");
    println!("| filled in, until live | {:.1} s |", filled.as_secs_f64());
    println!("| resident | {:.0} MB |", memory as f64 / 1e6);
    println!("| store, log and state | {:.0} MB |", store as f64 / 1e6);
    println!("| store, a resource | {:.0} bytes |", store as f64 / resources as f64);
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .map(
            |it| {
                if it.path().is_dir() { bytes_of(&it.path()) } else { it.metadata().map_or(0, |it| it.len()) }
            },
        )
        .sum()
}

/// Ends the node in two ways; each time from the start of the process until it answers.
async fn restarts(dev: &mut Dev, bench: &mut Bench, size: Size, what: &str) {
    println!("\n### Start-up at {} APIs, {what}\n", size.apis);
    println!("| after | admin API | gateway | memory |\n|---|---:|---:|---:|");
    let last = size.workspaces() - 1;
    let path = format!("/w{last}/api-0/things/0/1");
    let port = dev.gateway_port(0);
    for (how, signal) in [("kill -9", "-9"), ("kill -TERM", "-TERM"), ("kill -9, again", "-9")] {
        let pid = dev.status(0)["nodes"][0]["pid"].as_u64().expect("a pid");
        let done = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
        assert!(done.expect("kill runs").success());
        // The ports of one that is killed are free when its last thread has ended; one that drains closes
        // them before it ends, and is a zombie then.
        let stat = format!("/proc/{pid}/stat");
        let ports = [dev.admin(0), format!("127.0.0.1:{port}")];
        eventually("the process has ended", async || {
            let has_ended = std::fs::read_to_string(&stat).map_or(true, |text| text.contains(") Z "));
            let are_free = || ports.iter().all(|at| std::net::TcpListener::bind(at).is_ok());
            (has_ended && are_free()).then_some(())
        })
        .await;
        let began = Instant::now();
        dev.restart(0);
        let is_served = what.starts_with("all");
        let gateway = eventually("the gateway answers", async || {
            let answer = support::call(port, &bench.host, &path, &[]).await.ok()?;
            (answer.status == 200 || (!is_served && answer.status == 404)).then(|| began.elapsed())
        });
        let admin = eventually("the admin API answers", async || {
            let config = Config::load(&dev.dir.path().join("config")).ok()?;
            let mut client = Client::new(config.find(None)?.clone()).ok()?;
            let mut stubs = client.connect().await.ok()?;
            let name = format!("workspaces/w{last}/apis/api-0");
            stubs.management.get(v1::GetRequest { name, stale: false }).await.ok()?;
            Some((began.elapsed(), stubs))
        });
        let (gateway, (admin, stubs)) = tokio::join!(gateway, admin);
        bench.stubs = stubs;
        let memory = dev.status(0)["nodes"][0]["memoryBytes"].as_u64().unwrap_or_default();
        println!("| {how} | {} | {} | {:.0} MB |", ms(admin), ms(gateway), memory as f64 / 1e6);
    }
}

// === Deletion ===

/// A workspace of 100,000 operations goes while others write.
async fn deletion(dev: &Dev, bench: &mut Bench) {
    let id = "doomed";
    let mut part_of = vec![resource(
        format!("workspaces/{id}"),
        Spec::Workspace(v1::Workspace { display_name: id.to_owned(), ..Default::default() }),
    )];
    for api in 0..DELETED.0 {
        part_of.extend(api_with_operations(id, api, DELETED.1));
        if part_of.len() >= PART || api + 1 == DELETED.0 {
            bench.put(std::mem::take(&mut part_of)).await;
        }
    }

    let stop = Arc::new(AtomicBool::new(false));
    let writes: Arc<Mutex<Vec<(Instant, Duration)>>> = Arc::default();
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        writers.push(tokio::spawn(write(connect(dev).await, writer, stop.clone(), writes.clone())));
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let began = Instant::now();
    bench.apply(vec![v1::change::Change::Delete(format!("workspaces/{id}"))]).await;
    let committed = began.elapsed();
    let again = v1::Workspace { display_name: "Again".to_owned(), ..Default::default() };
    let again = v1::change::Change::Put(resource(format!("workspaces/{id}"), Spec::Workspace(again)));
    let again = v1::ApplyRequest {
        changes: vec![v1::Change { change: Some(again), ..Default::default() }],
        dry_run: true,
        ..Default::default()
    };
    eventually("the deleted workspace is purged", async || {
        bench.stubs.management.apply(again.clone()).await.ok().map(drop)
    })
    .await;
    let ended = Instant::now();
    tokio::time::sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no writer panics");
    }
    let writes = std::mem::take(&mut *writes.lock().expect("not poisoned"));
    let mut before: Vec<_> = writes.iter().filter(|(at, _)| *at < began).map(|(_, time)| *time).collect();
    let mut during: Vec<_> = writes
        .iter()
        .filter(|(at, time)| *at >= began && *at - *time < ended)
        .map(|(_, time)| *time)
        .collect();
    before.sort();
    during.sort();
    println!(
        "\n### A workspace of {} operations is deleted beside {WRITERS} writers\n",
        DELETED.0 * DELETED.1
    );
    println!("| what | figure |\n|---|---|");
    println!("| gone for everybody after | {} |", ms(committed));
    println!("| purged after | {:.1} s |", (ended - began).as_secs_f64());
    println!(
        "| writes before: p50, p99, worst | {}, {}, {} |",
        ms(part(&before, 50)),
        ms(part(&before, 99)),
        ms(part(&before, 100))
    );
    println!(
        "| writes meanwhile: p50, p99, worst | {}, {}, {} |",
        ms(part(&during, 50)),
        ms(part(&during, 99)),
        ms(part(&during, 100))
    );
    println!("| writes meanwhile | {} |", during.len());
}

async fn write(
    mut stubs: Stubs,
    writer: usize,
    stop: Arc<AtomicBool>,
    writes: Arc<Mutex<Vec<(Instant, Duration)>>>,
) {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let value = v1::NamedValue {
            display_name: format!("writer-{writer}"),
            value: round.to_string(),
            ..Default::default()
        };
        let put =
            resource(format!("workspaces/w{writer}/namedValues/writer-{writer}"), Spec::NamedValue(value));
        let change = v1::Change { change: Some(v1::change::Change::Put(put)), ..Default::default() };
        let request = v1::ApplyRequest { changes: vec![change], ..Default::default() };
        let began = Instant::now();
        stubs.management.apply(request).await.expect("a commit");
        writes.lock().expect("not poisoned").push((Instant::now(), began.elapsed()));
    }
}

// === Resources ===

fn resource(name: String, spec: Spec) -> v1::Resource {
    v1::Resource { name, spec: Some(spec), ..Default::default() }
}

/// A workspace with a policy that answers by itself, linked to the default gateway.
fn workspace(at: usize) -> Vec<v1::Resource> {
    let name = format!("workspaces/w{at}");
    let link = v1::GatewayLink { workspace: name.clone(), ..Default::default() };
    vec![
        resource(
            name.clone(),
            Spec::Workspace(v1::Workspace { display_name: format!("W {at}"), ..Default::default() }),
        ),
        resource(format!("{name}/policies/policy"), policy("workspace")),
        resource(link_name(at), Spec::GatewayLink(link)),
    ]
}

fn link_name(at: usize) -> String {
    format!("gateways/default/links/w{at}")
}

fn api_with_operations(workspace: &str, at: usize, operations: usize) -> Vec<v1::Resource> {
    let name = format!("workspaces/{workspace}/apis/api-{at}");
    let own = resource(name.clone(), api(&format!("{workspace}/api-{at}")));
    let operations = (0..operations)
        .map(|op| resource(format!("{name}/operations/op-{op}"), operation(op, &format!("Thing {op}"))));
    std::iter::once(own).chain(operations).collect()
}

fn api(path: &str) -> Spec {
    let number = path.rsplit('-').next().unwrap_or_default();
    Spec::Api(v1::Api {
        path: path.to_owned(),
        display_name: format!("API {number}"),
        service_url: "http://127.0.0.1:9".into(),
        protocols: vec!["http".into(), "https".into()],
        subscription_required: Some(false),
        ..Default::default()
    })
}

fn operation(at: usize, display_name: &str) -> Spec {
    let id =
        v1::Parameter { name: "id".into(), r#type: "string".into(), required: true, ..Default::default() };
    Spec::Operation(v1::Operation {
        display_name: display_name.to_owned(),
        method: "GET".into(),
        url_template: format!("/things/{at}/{{id}}"),
        template_parameters: vec![id],
        ..Default::default()
    })
}

fn policy(value: &str) -> Spec {
    let value = format!(
        "<policies><inbound><base /><return-response><set-status code=\"200\" reason=\"OK\" /><set-header \
         name=\"X-Change\" exists-action=\"override\"><value>{value}</value></set-header></return-response>\
         </inbound></policies>"
    );
    Spec::Policy(v1::Policy { value, format: String::new() })
}
