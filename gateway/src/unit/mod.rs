//! A unit: a thread that serves one gateway, with everything it needs for itself.
//!
//! ```text
//! front door ─► Place (room was found) ─► queue ─► unit's thread ─► a task for each connection
//!                                                    pool · counters · budget · shard
//! ```
//!
//! One idea: nothing in here is shared with another unit but the shard and a few counters that only
//! this thread writes; so there are no locks, and no unit can slow another. Must not know the front
//! door, nor why it was started.

mod arenas;
mod bell;
mod budget;
mod client_io;
mod connection;
mod counters;
mod date;
mod item_cache;
mod kept;
mod meter;
mod metrics;
mod places;
mod policy_host;
mod semantic;
mod watch;

pub(crate) use budget::{Budget, Ticket};
pub(crate) use connection::Client;
pub(crate) use kept::{Kept, Turn, ended};
pub(crate) use meter::{Meter, TokenEye};
pub use metrics::{MetricSeries, WorkspaceMetrics};
pub(crate) use policy_host::PolicyHost;
pub(crate) use watch::Watch;

use crate::{
    dataplane::DataPlane,
    debug_token::DebugKey,
    directory::{DEFAULT_GATEWAY, Directory},
    event_hub,
    exchange::token::TokenState,
    external_cache,
    host::{Conn, DetachedConn, Host, UnitHandle},
    limits::Limits,
    records::Records,
    report::{UnitId, UnitReport, UnitStats},
    route::Scheme,
    shard::Shard,
    upstream::Pool,
};
use arc_swap::{ArcSwap, ArcSwapOption, Cache};
use arenas::Arenas;
use bell::Bell;
use bytes::Bytes;
use counters::Counters;
use date::DateCache;
use hanse_policy::{DeploymentFacts, HeldCertificate, OpenIdProvider, RequestId};
use http::HeaderValue;
use item_cache::ItemCache;
use metrics::Metrics;
use places::Places;
use policy_host::Concurrency;
use ring::hmac;
use semantic::SemanticCache;
use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// How often idle connections to backends are looked through; their age is counted in this.
pub(crate) const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// A connection on its way to a unit.
pub(crate) struct Handed {
    pub(crate) conn: Conn,
    /// What was read of it.
    pub(crate) bytes: Bytes,
    pub(crate) client: SocketAddr,
    pub(crate) scheme: Scheme,
    /// Another gateway passes requests on, for this workspace.
    pub(crate) passed_on: Option<Arc<str>>,
}

/// The same, on its way between two threads.
struct Detached {
    conn: DetachedConn,
    bytes: Bytes,
    client: SocketAddr,
    scheme: Scheme,
    passed_on: Option<Arc<str>>,
    seat: Seat,
}

/// What a unit is made of.
pub(crate) struct UnitSetup {
    pub(crate) id: UnitId,
    pub(crate) gateway: Arc<str>,
    pub(crate) stand_in: bool,
    pub(crate) shard: Arc<ArcSwap<Shard>>,
    pub(crate) directory: Arc<ArcSwapOption<Directory>>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) host: Host,
    pub(crate) fingerprint_key: [u8; 32],
    pub(crate) service_name: Arc<str>,
    pub(crate) zone: Arc<str>,
    pub(crate) plane: Weak<DataPlane>,
}

/// A unit as other threads see it.
pub(crate) struct UnitSlot {
    pub(crate) id: UnitId,
    pub(crate) gateway: Arc<str>,
    pub(crate) shard: Arc<ArcSwap<Shard>>,
    /// When it was started, in Unix milliseconds.
    pub(crate) started_ms: i64,
    stand_in: bool,
    connections_max: usize,
    stats: Arc<UnitStats>,
    /// What it keeps of requests.
    pub(crate) records: Arc<Records>,
    queue: mpsc::Sender<Detached>,
    questions: mpsc::Sender<Question>,
    stop: CancellationToken,
    handle: Mutex<Option<UnitHandle>>,
}

/// Somebody asks what documents have measured; answered by the unit's thread between other things.
type Question = oneshot::Sender<Vec<WorkspaceMetrics>>;

/// Questions that wait for an answer; who asks beyond waits for room.
const QUESTIONS_MAX: usize = 8;

/// Room for one connection in a unit.
pub(crate) struct Place {
    queue: mpsc::OwnedPermit<Detached>,
    seat: Seat,
}

/// Counts as a connection for as long as it lives.
struct Seat(Arc<UnitStats>);

/// A unit as its own thread sees it.
pub(crate) struct Unit {
    pub(crate) gateway: Arc<str>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) host: Host,
    pub(crate) stats: Arc<UnitStats>,
    /// For who asks later.
    pub(crate) records: Arc<Records>,
    /// Reads tokens that let a request be traced.
    pub(crate) debug_key: DebugKey,
    pub(crate) budget: Budget,
    pub(crate) pool: Rc<Pool>,
    pub(crate) directory: Arc<ArcSwapOption<Directory>>,
    /// The way to units of other gateways.
    pub(crate) plane: Weak<DataPlane>,
    /// What expressions see of where they run.
    pub(crate) deployment: DeploymentFacts,
    pub(crate) arenas: Arenas,
    /// Calls that nobody waits for and that are not over.
    pub(crate) one_way_calls: Places,
    /// OpenID providers, by the URLs of their configurations.
    pub(crate) openid: RefCell<Kept<Arc<OpenIdProvider>>>,
    /// Tokens of the gateway's own.
    pub(crate) tokens: RefCell<Kept<TokenState>>,
    /// Certificates that documents brought along, opened.
    pub(crate) opened: RefCell<Kept<Arc<HeldCertificate>>>,
    /// Connections to caches outside.
    pub(crate) external_caches: external_cache::Links,
    /// What waits to be sent to loggers.
    pub(crate) event_hubs: event_hub::Queues,
    /// What is under way to caches outside.
    pub(crate) cache_calls: Places,
    /// What `limit-concurrency` lets in.
    concurrency: RefCell<Concurrency>,
    fingerprint_key: hmac::Key,
    shard: RefCell<Pinned>,
    counters: RefCell<Counters>,
    metrics: RefCell<Metrics>,
    semantic: RefCell<SemanticCache>,
    /// What policies keep in memory.
    items: RefCell<ItemCache>,
    dates: DateCache,
    random: RefCell<fastrand::Rng>,
    started: Instant,
    http: hyper::server::conn::http1::Builder,
    bell: Rc<Bell>,
}

/// The current shard. Requests count themselves on the `Rc`, so that units on several cores do not
/// fight over the counter of the `Arc`.
struct Pinned {
    latest: Cache<Arc<ArcSwap<Shard>>, Arc<Shard>>,
    shared: Rc<PinnedShard>,
}

/// A shard, held by a request.
pub(crate) struct PinnedShard(Arc<Shard>);

impl std::ops::Deref for PinnedShard {
    type Target = Shard;

    fn deref(&self) -> &Shard {
        &self.0
    }
}

// === impl UnitSlot ===

impl UnitSlot {
    /// Starts a unit on a thread of its own.
    ///
    /// # Errors
    /// When the machine has no room for another one.
    pub(crate) fn start(setup: UnitSetup) -> io::Result<UnitSlot> {
        let (queue, arrivals) = mpsc::channel(setup.limits.unit_queue_max);
        let (questions, asked) = mpsc::channel(QUESTIONS_MAX);
        let stats = Arc::new(UnitStats::default());
        let records = Arc::new(Records::new(setup.limits.clone()));
        let stop = CancellationToken::new();
        let name = format!("unit-{}", setup.id.0);
        let (id, gateway, shard) = (setup.id, setup.gateway.clone(), setup.shard.clone());
        let (stand_in, connections_max) = (setup.stand_in, setup.limits.unit_connections_max);
        let started_ms = setup.host.clock.unix_ms();
        let units = setup.host.units.clone();
        let (for_unit, until) = (stats.clone(), stop.clone());
        let kept = records.clone();
        let handle = units.spawn(
            name,
            Box::new(move || {
                Box::pin(async move { Unit::new(setup, for_unit, kept).run(arrivals, asked, until).await })
            }),
        )?;
        let handle = Mutex::new(Some(handle));
        Ok(UnitSlot {
            id,
            gateway,
            shard,
            started_ms,
            stand_in,
            connections_max,
            stats,
            records,
            queue,
            questions,
            stop,
            handle,
        })
    }

    /// Connections that the unit has or will get.
    pub(crate) fn connections(&self) -> usize {
        self.stats.connections.load(Relaxed)
    }

    /// Room for one more connection, if there is any.
    pub(crate) fn reserve(&self) -> Option<Place> {
        let seat = Seat::take(&self.stats);
        // Counted first: two threads that look at the same time cannot both find the last seat free.
        if self.connections() > self.connections_max {
            return None;
        }
        let queue = self.queue.clone().try_reserve_owned().ok()?;
        Some(Place { queue, seat })
    }

    pub(crate) fn report(&self) -> UnitReport {
        let revision = self.shard.load().revision;
        self.stats.report(self.id, self.gateway.clone(), self.stand_in, revision)
    }

    /// What documents have measured in the unit; `None` when it has ended.
    pub(crate) async fn metrics(&self) -> Option<Vec<WorkspaceMetrics>> {
        let (question, answer) = oneshot::channel();
        self.questions.send(question).await.ok()?;
        answer.await.ok()
    }

    /// Whether the unit's thread is gone.
    pub(crate) fn has_ended(&self) -> bool {
        self.queue.is_closed()
    }

    /// Tells the unit to stop.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the unit has ended; only the first one who asks waits.
    pub(crate) async fn ended(&self) {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle {
            handle.ended().await;
        }
    }
}

// === impl Place ===

impl Place {
    /// Hands a connection to the unit that has room for it.
    pub(crate) fn hand_over(self, handed: Handed) {
        let Handed { conn, bytes, client, scheme, passed_on } = handed;
        let seat = self.seat;
        match conn.detach() {
            Ok(conn) => drop(self.queue.send(Detached { conn, bytes, client, scheme, passed_on, seat })),
            Err(error) => tracing::debug!(%error, %client, "connection was lost on the way to its unit"),
        }
    }
}

impl Seat {
    fn take(stats: &Arc<UnitStats>) -> Seat {
        stats.connections.fetch_add(1, Relaxed);
        Seat(stats.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Relaxed);
    }
}

// === impl Unit ===

impl Unit {
    fn new(setup: UnitSetup, stats: Arc<UnitStats>, records: Arc<Records>) -> Unit {
        let limits = setup.limits;
        let mut http = hyper::server::conn::http1::Builder::new();
        // Timeouts are the connection's own business (`watch`), without a timer for each request.
        http.header_read_timeout(None)
            .max_buf_size(limits.header_bytes_max.max(MIN_BUFFER_BYTES))
            .max_header_size(limits.header_bytes_max)
            .auto_date_header(false);
        let mut latest = Cache::new(setup.shard);
        let shared = Rc::new(PinnedShard(latest.load().clone()));
        let seed = u64::from_le_bytes(setup.host.random.bytes());
        Unit {
            budget: Budget::new(limits.unit_requests_max, stats.clone()),
            pool: Pool::new(limits.clone(), setup.host.net.clone()),
            directory: setup.directory,
            plane: setup.plane,
            deployment: DeploymentFacts {
                service_name: setup.service_name,
                region: setup.zone,
                ..deployment(&setup.gateway, setup.id)
            },
            gateway: setup.gateway,
            arenas: Arenas::default(),
            one_way_calls: Places::new(limits.unit_one_way_calls_max),
            openid: RefCell::new(Kept::new(limits.workspace_openid_providers_max)),
            tokens: RefCell::new(Kept::new(limits.workspace_tokens_max)),
            opened: RefCell::new(Kept::new(limits.workspace_opened_certificates_max)),
            external_caches: external_cache::Links::new(&limits, setup.host.net.clone(), seed),
            event_hubs: event_hub::Queues::new(&limits),
            cache_calls: Places::new(limits.unit_cache_calls_max),
            concurrency: RefCell::default(),
            debug_key: DebugKey::derived_from(&setup.fingerprint_key),
            fingerprint_key: hmac::Key::new(hmac::HMAC_SHA256, &setup.fingerprint_key),
            shard: RefCell::new(Pinned { latest, shared }),
            counters: RefCell::new(Counters::new(limits.workspace_counters_max)),
            semantic: RefCell::new(SemanticCache::new(
                limits.workspace_semantic_entries_max,
                limits.workspace_semantic_bytes_max,
            )),
            metrics: RefCell::new(Metrics::new(limits.workspace_metric_series_max)),
            items: RefCell::new(ItemCache::new(limits.clone())),
            dates: DateCache::default(),
            random: RefCell::new(fastrand::Rng::with_seed(seed)),
            started: Instant::now(),
            http,
            bell: Rc::default(),
            limits,
            host: setup.host,
            stats,
            records,
        }
    }

    async fn run(
        self,
        mut arrivals: mpsc::Receiver<Detached>,
        mut asked: mpsc::Receiver<Question>,
        stop: CancellationToken,
    ) {
        let unit = Rc::new(self);
        let mut connections = JoinSet::new();
        let mut sweep = interval(SWEEP_INTERVAL);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                arrival = arrivals.recv() => match arrival {
                    Some(arrival) => drop(connections.spawn_local(connection::serve(unit.clone(), arrival))),
                    // Whoever would stop the unit is gone.
                    None => break,
                },
                Some(ended) = connections.join_next() => unit.note_end(ended),
                _ = sweep.tick() => unit.sweep(),
                Some(question) = asked.recv() => drop(question.send(unit.metrics.borrow().snapshot())),
            }
        }
        arrivals.close();
        unit.bell.ring();
        let drained = async {
            // Whoever has a place may be about to send, so the queue is not over when it is empty.
            let mut is_open = true;
            loop {
                tokio::select! {
                    arrival = arrivals.recv(), if is_open => match arrival {
                        Some(arrival) => drop(connections.spawn_local(connection::serve(unit.clone(), arrival))),
                        None => is_open = false,
                    },
                    Some(ended) = connections.join_next() => unit.note_end(ended),
                    else => break,
                }
            }
        };
        if timeout(unit.limits.drain_timeout, drained).await.is_err() {
            tracing::info!(gateway = %unit.gateway, "unit ended before all its requests did");
        }
        connections.shutdown().await;
        unit.event_hubs.close().await;
    }

    /// Forgets what is not needed any more.
    fn sweep(&self) {
        self.pool.sweep();
        self.records.sweep(self.host.clock.unix_ms());
        let shard = self.pin();
        self.event_hubs.sweep(|hub| shard.uses_event_hub(hub));
        self.external_caches.sweep(|cache| shard.uses_cache(cache));
        let (now_ms, is_served) = (self.now_ms(), |workspace: &str| shard.workspace(workspace).is_some());
        self.items.borrow_mut().sweep(now_ms, is_served);
        self.semantic.borrow_mut().sweep(now_ms, is_served);
        self.counters.borrow_mut().sweep(is_served);
        self.concurrency.borrow_mut().sweep(is_served);
        self.openid.borrow_mut().sweep(is_served);
        self.tokens.borrow_mut().sweep(is_served);
        self.opened.borrow_mut().sweep(is_served);
    }

    fn note_end(&self, ended: Result<(), tokio::task::JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            self.stats.count_panic();
            tracing::error!(gateway = %self.gateway, "connection panicked");
        }
    }

    /// The shard that a request is served by from beginning to end.
    pub(crate) fn pin(&self) -> Rc<PinnedShard> {
        let mut pinned = self.shard.borrow_mut();
        let Pinned { latest, shared } = &mut *pinned;
        let latest = latest.load();
        if !Arc::ptr_eq(latest, &shared.0) {
            *shared = Rc::new(PinnedShard(latest.clone()));
        }
        shared.clone()
    }

    /// Keyed hash of a presented subscription key.
    pub(crate) fn fingerprint(&self, key: &[u8]) -> hmac::Tag {
        hmac::sign(&self.fingerprint_key, key)
    }

    /// A fresh id, of the form that UUIDs of version 4 have.
    pub(crate) fn request_id(&self) -> RequestId {
        const FIXED: u128 = 0xf000_c000_0000_0000_0000;
        const VERSION_4: u128 = 0x4000_8000_0000_0000_0000;
        let random = self.random.borrow_mut().u128(..);
        RequestId(random & !FIXED | VERSION_4)
    }

    /// Value of the `Date` header.
    pub(crate) fn date(&self) -> HeaderValue {
        self.dates.at(self.host.clock.unix_ms())
    }

    /// Milliseconds since the unit began.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.bell.has_rung()
    }
}

/// On the default gateway all is `managed`, so that one document can tell the gateways apart.
fn deployment(gateway: &Arc<str>, unit: UnitId) -> DeploymentFacts {
    let is_managed = **gateway == *DEFAULT_GATEWAY;
    let (gateway_id, instance_id) = match is_managed {
        true => (MANAGED.into(), MANAGED.into()),
        false => (gateway.clone(), format!("{gateway}-{}", unit.0).into()),
    };
    DeploymentFacts { gateway_id, instance_id, is_managed, ..DeploymentFacts::default() }
}

/// What the default gateway is called in expressions.
const MANAGED: &str = "managed";

/// The HTTP server's own lower bound for its buffer.
const MIN_BUFFER_BYTES: usize = 8192;
