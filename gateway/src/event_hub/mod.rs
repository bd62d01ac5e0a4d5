//! Event hubs, over Kafka's protocol.
//!
//! ```text
//! log-to-eventhub ─► Queue (bounded) ─► its task ─ batches ─► hub
//!                      └─ full: dropped, counted, told
//! ```
//!
//! One idea: nobody waits for an event to be sent, and what cannot be sent in time is dropped and counted. Must not know
//! what an event says.
//!
//! The client opens its sockets itself, so a simulation does not replace these. Addresses of instance metadata are refused
//! where they are written; behind a name they would have to speak Kafka.

mod partition;
mod settings;

pub(crate) use partition::Wanted;
pub(crate) use settings::Settings;

use crate::{limits::Limits, spec::SpecResource, upstream};
use chrono::DateTime;
use rskafka::{
    BackoffConfig,
    client::{
        Client, ClientBuilder, Credentials, SaslConfig,
        partition::{Compression, PartitionClient, UnknownTopicHandling},
    },
    record::Record,
};
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
    sync::mpsc,
    task::{self, JoinHandle},
    time::{sleep, timeout},
};

/// Bytes of events that are sent at once; event hubs take no more than 1 MiB.
const BATCH_BYTES_MAX: usize = 800 * 1024;
/// What an event costs on the wire beside its text.
const EVENT_BYTES: usize = 128;
/// Until a batch is sent, a new connection included; it is dropped beyond.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// After a batch was lost, nothing is sent for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a unit that ends lets its events be sent.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What event hubs take for a user's name when the password is a connection string.
const USER: &str = "$ConnectionString";

/// A logger resource of an event hub, ready to be used.
pub struct EventHub {
    /// As first written.
    pub(crate) id: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) asked: crate::shard::Asked,
    pub(crate) source: Arc<SpecResource>,
}

impl fmt::Debug for EventHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHub({} {:?})", self.id, self.settings)
    }
}

/// The queues of a unit.
pub(crate) struct Queues {
    events_max: usize,
    bytes_max: usize,
    tls: Arc<ClientConfig>,
    /// By the key of the logger's resource.
    queues: RefCell<BTreeMap<String, Queue>>,
}

/// What waits to be sent to one hub.
struct Queue {
    hub: Arc<EventHub>,
    events: mpsc::Sender<Event>,
    /// Of events that wait.
    bytes: Rc<Cell<usize>>,
    dropped: Cell<u64>,
    task: JoinHandle<()>,
}

struct Event {
    text: String,
    wanted: Wanted,
    unix_ms: i64,
}

impl Event {
    fn bytes(&self) -> usize {
        let key = if let Wanted::Key(key) = &self.wanted { key.len() } else { 0 };
        self.text.len() + key + EVENT_BYTES
    }
}

impl Queues {
    pub(crate) fn new(limits: &Limits) -> Queues {
        Queues {
            events_max: limits.logger_events_max,
            bytes_max: limits.logger_bytes_max,
            tls: upstream::client_config(),
            queues: RefCell::default(),
        }
    }

    /// Queues an event, unless too many wait.
    pub(crate) fn push(&self, hub: &Arc<EventHub>, text: String, wanted: Wanted, unix_ms: i64) {
        let key = hub.source.name.key();
        let mut queues = self.queues.borrow_mut();
        if queues.get(&key).is_none_or(|queue| !Arc::ptr_eq(&queue.hub, hub)) {
            // What waits in the old one is sent as that says.
            queues.insert(key.clone(), self.open(hub));
        }
        let queue = &queues[&key];
        let event = Event { text, wanted, unix_ms };
        let bytes = event.bytes();
        let is_full = queue.bytes.get() + bytes > self.bytes_max;
        if !is_full && queue.events.try_send(event).is_ok() {
            queue.bytes.set(queue.bytes.get() + bytes);
            return;
        }
        let dropped = queue.dropped.get() + 1;
        queue.dropped.set(dropped);
        // The first of them is told, and then every hundredth: this is when there is much to do already.
        if dropped % 100 == 1 {
            tracing::warn!(logger = %hub.source.name, dropped, "event dropped: too many wait to be sent");
        }
    }

    /// Forgets queues of loggers that are not there any more; what waits in them is still sent.
    pub(crate) fn sweep(&self, is_used: impl Fn(&Arc<EventHub>) -> bool) {
        self.queues.borrow_mut().retain(|_, queue| is_used(&queue.hub));
    }

    /// Lets what waits be sent, for a while.
    pub(crate) async fn close(&self) {
        let queues = self.queues.take();
        let sent = async {
            for (_, Queue { events, task, .. }) in queues {
                drop(events);
                // It ends by itself, or by a panic that concerns nobody else.
                let _ = task.await;
            }
        };
        if timeout(CLOSE_TIMEOUT, sent).await.is_err() {
            tracing::warn!("unit ended before all its events were sent");
        }
    }

    fn open(&self, hub: &Arc<EventHub>) -> Queue {
        let (events, waiting) = mpsc::channel(self.events_max.max(1));
        let bytes: Rc<Cell<usize>> = Rc::default();
        let sender =
            Sender { hub: hub.clone(), tls: self.tls.clone(), bytes: bytes.clone(), link: None, turn: 0 };
        let task = task::spawn_local(sender.run(waiting));
        Queue { hub: hub.clone(), events, bytes, dropped: Cell::new(0), task }
    }
}

/// Sends what waits in a queue.
struct Sender {
    hub: Arc<EventHub>,
    tls: Arc<ClientConfig>,
    bytes: Rc<Cell<usize>>,
    link: Option<Link>,
    /// Counts batches: those without a wish go to one partition after the other.
    turn: usize,
}

struct Link {
    client: Client,
    partitions: Vec<i32>,
    open: BTreeMap<i32, PartitionClient>,
}

impl Sender {
    async fn run(mut self, mut waiting: mpsc::Receiver<Event>) {
        let mut next = None;
        loop {
            let first = match next.take() {
                Some(event) => event,
                None => match waiting.recv().await {
                    Some(event) => event,
                    None => return,
                },
            };
            let mut bytes = first.bytes();
            let mut batch = vec![first];
            while let Ok(event) = waiting.try_recv() {
                if bytes + event.bytes() > BATCH_BYTES_MAX {
                    next = Some(event);
                    break;
                }
                bytes += event.bytes();
                batch.push(event);
            }
            let events = batch.len();
            let sent = match timeout(SEND_TIMEOUT, self.send(batch)).await {
                Ok(sent) => sent,
                Err(_) => Err("it does not answer in time".to_owned()),
            };
            self.bytes.set(self.bytes.get() - bytes);
            if let Err(error) = sent {
                self.link = None;
                tracing::warn!(logger = %self.hub.source.name, events, %error, "events are lost");
                sleep(PAUSE).await;
            }
        }
    }

    async fn send(&mut self, batch: Vec<Event>) -> Result<(), String> {
        if self.link.is_none() {
            self.link = Some(self.connect().await?);
        }
        let link = self.link.as_mut().ok_or("there is no connection")?;
        self.turn = self.turn.wrapping_add(1);
        let mut by_partition: BTreeMap<i32, Vec<Record>> = BTreeMap::new();
        let mut astray = 0;
        for event in batch {
            match partition::choose(&event.wanted, &link.partitions, self.turn) {
                Some(partition) => by_partition.entry(partition).or_default().push(record(event)),
                None => astray += 1,
            }
        }
        if astray > 0 {
            let (logger, partitions) = (&self.hub.source.name, link.partitions.len());
            tracing::warn!(%logger, events = astray, partitions, "events dropped: the hub has no such partition");
        }
        for (partition, records) in by_partition {
            if !link.open.contains_key(&partition) {
                let hub = self.hub.settings.hub.as_str();
                let opened = link.client.partition_client(hub, partition, UnknownTopicHandling::Error).await;
                link.open.insert(partition, opened.map_err(|error| error.to_string())?);
            }
            let sent = link.open[&partition].produce(records, Compression::NoCompression).await;
            sent.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Link, String> {
        let Settings { host, port, has_tls, hub, password } = &self.hub.settings;
        let backoff = BackoffConfig {
            deadline: Some(SEND_TIMEOUT),
            max_backoff: Duration::from_secs(5),
            ..BackoffConfig::default()
        };
        let credentials = Credentials::new(USER.to_owned(), password.clone());
        let mut builder = ClientBuilder::new(vec![format!("{host}:{port}")])
            .client_id("hanse")
            .max_message_size(ANSWER_BYTES_MAX)
            .backoff_config(backoff)
            .sasl_config(SaslConfig::Plain(credentials));
        if *has_tls {
            builder = builder.tls_config(self.tls.clone());
        }
        let client = builder.build().await.map_err(|error| error.to_string())?;
        let topics = client.list_topics().await.map_err(|error| error.to_string())?;
        let topic = topics.into_iter().find(|topic| topic.name.eq_ignore_ascii_case(hub));
        let topic = topic.ok_or_else(|| format!("there is no hub `{hub}`"))?;
        Ok(Link { client, partitions: topic.partitions.into_iter().collect(), open: BTreeMap::new() })
    }
}

fn record(event: Event) -> Record {
    let key = if let Wanted::Key(key) = event.wanted { Some(key.into_bytes()) } else { None };
    let timestamp = DateTime::from_timestamp_millis(event.unix_ms).unwrap_or_default();
    Record { key, value: Some(event.text.into_bytes()), headers: BTreeMap::new(), timestamp }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_proto::{Name, v1, v1::resource::Spec};
    use tokio::task::LocalSet;

    fn hub() -> Arc<EventHub> {
        let name = Name::parse("loggers/l").expect("name");
        let spec = Spec::Logger(v1::Logger::default());
        let source = SpecResource { name, spec, secrets: BTreeMap::new(), revision: 0, created_ms: 0 };
        let text =
            "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true";
        let settings = Settings::parse(text, "h").expect("settings");
        Arc::new(EventHub { id: "l".into(), settings, asked: Box::default(), source: Arc::new(source) })
    }

    /// How many of three events are dropped before any is sent.
    async fn dropped(change: impl FnOnce(&mut Limits)) -> u64 {
        let mut limits = Limits::default();
        change(&mut limits);
        let run = async {
            let (queues, hub) = (Queues::new(&limits), hub());
            (0..3).for_each(|_| queues.push(&hub, "x".repeat(100), Wanted::Any, 0));
            queues.queues.borrow()["loggers/l"].dropped.get()
        };
        LocalSet::new().run_until(run).await
    }

    #[tokio::test]
    async fn events_that_wait_are_bounded_in_number_and_bytes() {
        assert_eq!(dropped(|limits| limits.logger_events_max = 3).await, 0);
        assert_eq!(dropped(|limits| limits.logger_events_max = 2).await, 1);
        let bytes = 3 * (100 + EVENT_BYTES);
        assert_eq!(dropped(|limits| limits.logger_bytes_max = bytes).await, 0);
        assert_eq!(dropped(|limits| limits.logger_bytes_max = bytes - 1).await, 1);
    }
}
