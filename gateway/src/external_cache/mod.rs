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
    Down {
        until: Instant,
        pause: Duration,
        why: String,
    },
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
        let conn =
            self.net.connect(&settings.host, settings.port).await.map_err(|error| error.to_string())?;
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
        let name =
            rustls::pki_types::ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
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
        Ok(Err(error)) if error.is_io_error() || error.is_unrecoverable_error() => {
            Err(Failure::Lost(told(&error)))
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use hanse_proto::{Name, v1, v1::resource::Spec};
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::{
        RootCertStore, ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        task::LocalSet,
    };
    use tokio_rustls::TlsAcceptor;

    const NAME: &str = "cache.test";

    fn cache(connection: &str) -> Arc<ExternalCache> {
        let name = Name::parse("caches/default").expect("name");
        let spec = Spec::Cache(v1::Cache::default());
        let source = SpecResource { name, spec, secrets: BTreeMap::new(), revision: 0, created_ms: 0 };
        let settings = Settings::parse(connection).expect("settings");
        Arc::new(ExternalCache {
            id: "default".into(),
            settings,
            asked: Box::default(),
            source: Arc::new(source),
        })
    }

    /// An authority, and a server with a certificate of it for [`NAME`].
    fn authority_and_server() -> (RootCertStore, TlsAcceptor) {
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().expect("key");
        let authority = params.self_signed(&authority_key).expect("certificate");
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate().expect("key");
        let params = CertificateParams::new(vec![NAME.to_owned()]).expect("params");
        let certificate = params.signed_by(&key, &issuer).expect("certificate");
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).expect("authority");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("server");
        (roots, TlsAcceptor::from(Arc::new(config)))
    }

    /// What a TLS server answers that has `item` under every key, or why it does not.
    async fn found(
        roots: RootCertStore,
        server: TlsAcceptor,
        name: &str,
        item: &'static [u8],
    ) -> Result<Option<Bytes>, String> {
        let net = Host::system().net;
        let mut listener = net.bind(([127, 0, 0, 1], 0).into()).await.expect("bind");
        let address = listener.local_addr().expect("address");
        let limits = Limits { cache_timeout: Duration::from_secs(10), ..Limits::default() };
        let links = Links::trusting(&limits, net, 1, upstream::client_config_trusting(roots));
        let serve = async {
            let (conn, _) = listener.accept().await.expect("accept");
            let Ok(mut stream) = server.accept(conn).await else { return };
            let mut asked = [0; 1_024];
            while stream.read(&mut asked).await.is_ok_and(|length| length > 0) {
                let head = format!("${}\r\n", item.len());
                stream.write_all(&[head.as_bytes(), item, b"\r\n"].concat()).await.expect("write");
            }
        };
        let cache = cache(&format!("{address},ssl=True,sslHost={name}"));
        let ask = async {
            let found = links.perform(&cache, "w", CacheTask::Find { key: "k".into() }).await;
            links.sweep(|_| false);
            found
        };
        LocalSet::new().run_until(async { tokio::join!(serve, ask).1 }).await
    }

    #[tokio::test]
    async fn server_has_to_show_a_certificate_of_its_name_and_a_known_authority() {
        let (roots, server) = authority_and_server();
        let item = found(roots.clone(), server.clone(), NAME, b"item").await;
        assert_eq!(item, Ok(Some(Bytes::from_static(b"item"))));
        assert!(
            found(roots, server.clone(), "other.test", b"item")
                .await
                .is_err_and(|error| error.starts_with("TLS"))
        );
        let (others, _) = authority_and_server();
        assert!(found(others, server, NAME, b"item").await.is_err());
    }

    #[tokio::test]
    async fn items_from_outside_are_bounded() {
        static LARGE: [u8; CACHED_BYTES_MAX + 1] = [b'x'; CACHED_BYTES_MAX + 1];
        let (roots, server) = authority_and_server();
        let at_bound = found(roots.clone(), server.clone(), NAME, &LARGE[..CACHED_BYTES_MAX]).await;
        assert_eq!(at_bound.map(|item| item.map(|item| item.len())), Ok(Some(CACHED_BYTES_MAX)));
        assert_eq!(found(roots, server, NAME, &LARGE).await, Ok(None));
    }
}
