//! Clients that ask without a pause, so that a test can tell whether any request got lost.
//!
//! One idea: each client keeps its connection for some requests, as real ones do, and writes down what
//! became of every request.

use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, task::JoinHandle};

/// Requests on one connection, after which the client opens another.
const REQUESTS_A_CONNECTION: usize = 25;
/// An answer that takes longer is none.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// One client that asks for one thing.
pub struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    task: JoinHandle<Vec<Asked>>,
}

/// What became of a request.
pub struct Asked {
    pub began: Instant,
    pub took: Duration,
    /// Anything but a 200 with its whole body.
    pub failed: Option<String>,
}

impl Load {
    /// Asks a gateway port for a path of a host until it is stopped.
    pub fn start(port: u16, host: &str, path: &'static str) -> Load {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let task = tokio::spawn(ask(port, host.to_owned(), path, stop.clone(), done.clone()));
        Load { stop, done, task }
    }

    /// Requests that have ended.
    pub fn done(&self) -> usize {
        self.done.load(Relaxed)
    }

    /// Ends it; all that was asked.
    pub async fn stop(self) -> Vec<Asked> {
        self.stop.store(true, Relaxed);
        self.task.await.expect("no client panics")
    }
}

async fn ask(
    port: u16,
    host: String,
    path: &'static str,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
) -> Vec<Asked> {
    let mut asked = Vec::new();
    while !stop.load(Relaxed) {
        let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { continue };
        let (mut sender, connection) =
            http1::handshake::<_, Empty<bytes::Bytes>>(TokioIo::new(stream)).await.expect("HTTP");
        let driver = tokio::spawn(connection);
        for _ in 0..REQUESTS_A_CONNECTION {
            // A connection that was closed between two requests lost none.
            if stop.load(Relaxed) || sender.ready().await.is_err() {
                break;
            }
            let began = Instant::now();
            let request = hyper::Request::get(path).header("Host", &host).body(Empty::new()).expect("valid");
            let exchange = async {
                let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
                let status = answer.status();
                answer.into_body().collect().await.map_err(|error| error.to_string())?;
                if status == 200 { Ok(()) } else { Err(status.to_string()) }
            };
            let ended = tokio::time::timeout(ANSWER_TIMEOUT, exchange).await;
            let failed = ended.unwrap_or_else(|_| Err("no answer".to_owned())).err();
            asked.push(Asked { began, took: began.elapsed(), failed });
            done.fetch_add(1, Relaxed);
        }
        driver.abort();
    }
    asked
}
