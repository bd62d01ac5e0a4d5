//! A broker for tests: as much of Kafka's protocol as an event hub needs to be sent to, over real sockets.

use crate::backend::Backend;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub const HUB: &str = "orders";
const PARTITIONS: i32 = 4;

/// A broker with one hub of four partitions; it ends when it is dropped.
pub struct Kafka {
    server: Backend,
    pub state: Arc<State>,
}

#[derive(Default)]
pub struct State {
    address: Mutex<Option<SocketAddr>>,
    /// What was sent: partition, and the bytes of its records.
    pub sent: Mutex<Vec<(i32, Vec<u8>)>>,
    /// What users said to be let in, a zero between name and password.
    pub users: Mutex<Vec<Vec<u8>>>,
    /// Nothing is answered.
    pub is_silent: AtomicBool,
}

impl Kafka {
    pub async fn start() -> Kafka {
        let state: Arc<State> = Arc::default();
        let shared = state.clone();
        let server = Backend::raw(move |stream| serve(stream, shared.clone())).await;
        *state.address.lock().unwrap() = Some(server.address);
        Kafka { server, state }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The partitions that a text was sent to.
    pub fn partitions_of(&self, text: &str) -> Vec<i32> {
        let sent = self.state.sent.lock().unwrap();
        let has = |records: &Vec<u8>| records.windows(text.len()).any(|window| window == text.as_bytes());
        sent.iter().filter(|(_, records)| has(records)).map(|(partition, _)| *partition).collect()
    }

    /// How often a text was sent.
    pub fn count(&self, text: &str) -> usize {
        let sent = self.state.sent.lock().unwrap();
        let of = |records: &[u8]| records.windows(text.len()).filter(|it| *it == text.as_bytes()).count();
        sent.iter().map(|(_, records)| of(records)).sum()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    loop {
        let Ok(length) = stream.read_i32().await else { return };
        let mut request = vec![0; usize::try_from(length).expect("length")];
        if stream.read_exact(&mut request).await.is_err() {
            return;
        }
        if state.is_silent.load(SeqCst) {
            continue;
        }
        let mut request = Reader(&request);
        let (kind, version, correlation) = (request.i16(), request.i16(), request.i32());
        request.string();
        let mut answer = Vec::new();
        answer.extend(correlation.to_be_bytes());
        answer.extend(answer_to(kind, version, request, &state));
        let length = i32::try_from(answer.len()).expect("length").to_be_bytes();
        if stream.write_all(&[&length[..], &answer].concat()).await.is_err() {
            return;
        }
    }
}

fn answer_to(kind: i16, version: i16, mut request: Reader<'_>, state: &State) -> Vec<u8> {
    let mut out = Writer::default();
    match (kind, version) {
        // ApiVersions, in the form of version 3: lengths are one larger, and tags follow.
        (18, 3) => {
            let kinds = [(0_i16, 3_i16, 3_i16), (3, 1, 1), (17, 1, 1), (18, 0, 3), (36, 0, 0)];
            out.i16(0).byte(6);
            for (kind, min, max) in kinds {
                out.i16(kind).i16(min).i16(max).byte(0);
            }
            out.i32(0).byte(0);
        }
        // SaslHandshake.
        (17, 1) => {
            assert_eq!(request.string(), "PLAIN");
            out.i16(0).i32(1).string("PLAIN");
        }
        // SaslAuthenticate.
        (36, 0) => {
            let said = request.bytes().to_vec();
            state.users.lock().unwrap().push(said);
            out.i16(0).i16(-1).i32(0);
        }
        // Metadata.
        (3, 1) => {
            let address = state.address.lock().unwrap().expect("address");
            out.i32(1).i32(1).string(&address.ip().to_string()).i32(address.port().into()).i16(-1);
            out.i32(1).i32(1).i16(0).string(HUB).byte(0).i32(PARTITIONS);
            for partition in 0..PARTITIONS {
                out.i16(0).i32(partition).i32(1).i32(1).i32(1).i32(1).i32(1);
            }
        }
        // Produce: one topic and one partition at a time.
        (0, 3) => {
            request.string();
            let _ = (request.i16(), request.i32());
            assert_eq!((request.i32(), request.string().as_str(), request.i32()), (1, HUB, 1));
            let partition = request.i32();
            let records = request.bytes().to_vec();
            state.sent.lock().unwrap().push((partition, records));
            out.i32(1).string(HUB).i32(1).i32(partition).i16(0).i64(0).i64(-1).i32(0);
        }
        other => panic!("no such request is expected: {other:?}"),
    }
    out.0
}

struct Reader<'r>(&'r [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk().expect("more of the request");
        self.0 = rest;
        *taken
    }

    fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.take())
    }

    fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.take())
    }

    fn string(&mut self) -> String {
        let length = usize::try_from(self.i16()).unwrap_or(0);
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8(text.to_vec()).expect("text")
    }

    fn bytes(&mut self) -> &[u8] {
        let length = usize::try_from(self.i32()).unwrap_or(0);
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, it: u8) -> &mut Writer {
        self.0.push(it);
        self
    }

    fn i16(&mut self, it: i16) -> &mut Writer {
        self.0.extend(it.to_be_bytes());
        self
    }

    fn i32(&mut self, it: i32) -> &mut Writer {
        self.0.extend(it.to_be_bytes());
        self
    }

    fn i64(&mut self, it: i64) -> &mut Writer {
        self.0.extend(it.to_be_bytes());
        self
    }

    fn string(&mut self, it: &str) -> &mut Writer {
        self.i16(i16::try_from(it.len()).expect("length"));
        self.0.extend(it.as_bytes());
        self
    }
}
