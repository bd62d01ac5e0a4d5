//! Caches outside: Redis, and what speaks its protocol.
//!
//! ```text
//! policy ─► Task::Cache ─► Link ─ one connection, many questions on it ─► Redis
//!                           └─ down: nothing is asked until the pause is over
//! ```
//!
//! One idea: a unit has one connection to each cache, which all its requests share; who finds it down is told so at
//! once, and one of those who come after a pause tries again. A cache that does not answer in time counts as down.
//! Must not know what is in an item.

mod settings;

pub(crate) use settings::Settings;

use crate::{
    host::{Conn, Net},
    limits::Limits,
    spec::SpecResource,
    upstream::{self, is_metadata_address},
};
use bytes::Bytes;
use hanse_policy::{CACHED_BYTES_MAX, CacheTask};
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, aio::MultiplexedConnection};
use rustls::ClientConfig;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::Mutex,
    task,
    time::{Instant, timeout_at},
};

/// After a first failure nothing is asked for about so long; after each further one for twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Longest that an item is kept; Redis takes no duration that does not fit its clock.
const KEPT_MAX: Duration = Duration::from_secs(10 * 365 * 86_400);

/// A cache resource, ready to be used.
pub struct ExternalCache {
    /// As first written.
    pub(crate) id: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) asked: crate::shard::Asked,
    pub(crate) source: Arc<SpecResource>,
}

impl fmt::Debug for ExternalCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternalCache({} {:?})", self.id, self.settings)
    }
}

/// The connections of a unit to caches.
pub(crate) struct Links {
    net: Arc<dyn Net>,
    timeout: Duration,
    tls: Arc<ClientConfig>,
    /// By the key of the cache's resource.
    links: RefCell<BTreeMap<String, Rc<Link>>>,
    random: RefCell<fastrand::Rng>,
}

/// One connection, or the lack of it.
struct Link {
    cache: Arc<ExternalCache>,
    state: RefCell<State>,
    /// Whoever holds it connects.
    gate: Mutex<()>,
    /// What went wrong was told.
    has_complained: Cell<bool>,
}

enum State {
    /// Nobody has asked yet.
    New,
    Up(MultiplexedConnection),
    Down { until: Instant, pause: Duration, why: String },
}

/// Why there is no answer.
enum Failure {
    /// The connection is of no more use.
    Lost(String),
    /// The server refuses what was asked; the connection is fine.
    Refused(String),
}

impl Links {
    pub(crate) fn new(limits: &Limits, net: Arc<dyn Net>, seed: u64) -> Links {
        Links::trusting(limits, net, seed, upstream::client_config())
    }

    fn trusting(limits: &Limits, net: Arc<dyn Net>, seed: u64, tls: Arc<ClientConfig>) -> Links {
        let random = RefCell::new(fastrand::Rng::with_seed(seed));
        Links { net, timeout: limits.cache_timeout, tls, links: RefCell::default(), random }
    }

    /// Asks a cache. The keys of different workspaces are different ones, whoever shares the cache.
    ///
    /// # Errors
    /// What went wrong, for operators.
    pub(crate) async fn perform(
        &self,
        cache: &Arc<ExternalCache>,
        workspace: &str,
        task: CacheTask,
    ) -> Result<Option<Bytes>, String> {
        let link = self.link(cache);
        let deadline = Instant::now() + cache.settings.timeout.unwrap_or(self.timeout);
        let done = match self.connection(&link, deadline).await {
            Ok(mut connection) => run(&mut connection, workspace, task, deadline).await,
            Err(error) => return Err(error),
        };
        match done {
            Ok(found) => {
                link.has_complained.set(false);
                Ok(found)
            }
            Err(Failure::Refused(error)) => {
                if !link.has_complained.replace(true) {
                    tracing::warn!(cache = %link.cache.id, %workspace, %error, "external cache refuses");
                }
                Err(error)
            }
            Err(Failure::Lost(error)) => {
                self.lose(&link, &error);
                Err(error)
            }
        }
    }

    /// Forgets connections to caches that are not used any more.
    pub(crate) fn sweep(&self, is_used: impl Fn(&Arc<ExternalCache>) -> bool) {
        self.links.borrow_mut().retain(|_, link| is_used(&link.cache));
    }

    fn link(&self, cache: &Arc<ExternalCache>) -> Rc<Link> {
        let key = cache.source.name.key();
        let mut links = self.links.borrow_mut();
        if let Some(link) = links.get(&key).filter(|link| Arc::ptr_eq(&link.cache, cache)) {
            return link.clone();
        }
        let (state, gate) = (RefCell::new(State::New), Mutex::default());
        let link = Rc::new(Link { cache: cache.clone(), state, gate, has_complained: Cell::new(false) });
        links.insert(key, link.clone());
        link
    }

    async fn connection(&self, link: &Link, deadline: Instant) -> Result<MultiplexedConnection, String> {
        if let Some(known) = link.known() {
            return known;
        }
        let Ok(_gate) = timeout_at(deadline, link.gate.lock()).await else {
            return Err("the connection is not there in time".to_owned());
        };
        // Somebody else may have found out meanwhile.
        if let Some(known) = link.known() {
            return known;
        }
        let connected = match timeout_at(deadline, self.connect(&link.cache.settings)).await {
            Ok(connected) => connected,
            Err(_) => Err("it does not answer in time".to_owned()),
        };
        match connected {
            Ok(connection) => {
                tracing::info!(cache = %link.cache.id, "external cache is connected");
                *link.state.borrow_mut() = State::Up(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                self.lose(link, &error);
                Err(error)
            }
        }
    }

    async fn connect(&self, settings: &Settings) -> Result<MultiplexedConnection, String> {
        let conn = self.net.connect(&settings.host, settings.port).await.map_err(|error| error.to_string())?;
        if conn.peer_ip().is_some_and(is_metadata_address) {
            return Err("addresses of instance metadata are not called".to_owned());
        }
        let conn = match &settings.tls_name {
            Some(name) => self.secure(conn, name).await?,
            None => conn,
        };
        let mut info = RedisConnectionInfo::default().set_db(settings.database).set_skip_set_lib_name();
        if let Some(user) = &settings.user {
            info = info.set_username(user);
        }
        if let Some(password) = &settings.password {
            info = info.set_password(password);
        }
        let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let connected = MultiplexedConnection::new_with_config(&info, conn, config).await;
        let (connection, driver) = connected.map_err(|error| told(&error))?;
        // It ends with the last handle of the connection, or with the unit.
        task::spawn_local(driver);
        Ok(connection)
    }

    async fn secure(&self, conn: Conn, name: &str) -> Result<Conn, String> {
        let name = rustls::pki_types::ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        let connected = tokio_rustls::TlsConnector::from(self.tls.clone()).connect(name, conn).await;
        connected.map(|stream| Conn::Other(Box::new(stream))).map_err(|error| format!("TLS: {error}"))
    }

    /// The connection is of no use, or could not be made.
    fn lose(&self, link: &Link, error: &str) {
        let mut state = link.state.borrow_mut();
        let pause = match &*state {
            // Others lost the same connection.
            State::Down { until, .. } if *until > Instant::now() => return,
            State::Down { pause, .. } => (*pause * 2).min(PAUSE_MAX),
            State::New | State::Up(_) => PAUSE_MIN,
        };
        if !matches!(&*state, State::Down { .. }) {
            tracing::warn!(cache = %link.cache.id, %error, "external cache is down; requests go on without it");
        }
        // Units that lost it at the same time do not come back at the same time.
        let shortened = pause.mul_f64(0.5 + self.random.borrow_mut().f64() / 2.0);
        *state = State::Down { until: Instant::now() + shortened, pause, why: error.to_owned() };
    }
}

impl Link {
    /// What is known of the connection without asking anybody.
    fn known(&self) -> Option<Result<MultiplexedConnection, String>> {
        match &*self.state.borrow() {
            State::Up(connection) => Some(Ok(connection.clone())),
            State::Down { until, why, .. } if *until > Instant::now() => Some(Err(why.clone())),
            State::New | State::Down { .. } => None,
        }
    }
}

async fn run(
    connection: &mut MultiplexedConnection,
    workspace: &str,
    task: CacheTask,
    deadline: Instant,
) -> Result<Option<Bytes>, Failure> {
    let full = |key: &str| format!("hanse:{workspace}:{key}");
    let mut command;
    match &task {
        // As much as an item may have and one byte more, whatever others keep there. Nothing is an empty text.
        CacheTask::Find { key } => {
            command = redis::cmd("GETRANGE");
            command.arg(full(key)).arg(0).arg(CACHED_BYTES_MAX);
            let found: Vec<u8> = ask(connection, &command, deadline).await?;
            Ok((1..=CACHED_BYTES_MAX).contains(&found.len()).then(|| found.into()))
        }
        CacheTask::Store { key, item, duration } => {
            let ms = u64::try_from((*duration).min(KEPT_MAX).as_millis()).unwrap_or(u64::MAX).max(1);
            command = redis::cmd("SET");
            command.arg(full(key)).arg(&item[..]).arg("PX").arg(ms);
            ask::<()>(connection, &command, deadline).await.map(|()| None)
        }
        CacheTask::Remove { key } => {
            command = redis::cmd("DEL");
            command.arg(full(key));
            ask::<i64>(connection, &command, deadline).await.map(|_| None)
        }
    }
}

async fn ask<T: redis::FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &Cmd,
    deadline: Instant,
) -> Result<T, Failure> {
    match timeout_at(deadline, command.query_async(connection)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.is_io_error() || error.is_unrecoverable_error() => Err(Failure::Lost(told(&error))),
        Ok(Err(error)) => Err(Failure::Refused(told(&error))),
        Err(_) => Err(Failure::Lost("it does not answer in time".to_owned())),
    }
}

/// An error without what was asked.
fn told(error: &redis::RedisError) -> String {
    match (error.code(), error.is_io_error()) {
        (Some(code), _) => format!("{code}: {}", error.detail().unwrap_or_default()),
        (None, true) => error.to_string(),
        (None, false) => format!("{:?}", error.kind()),
    }
}
