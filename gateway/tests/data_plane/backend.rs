//! Backends that do what a test needs.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

/// A backend; it ends when it is dropped.
pub struct Backend {
    pub address: SocketAddr,
    /// Connections that were accepted.
    pub connections: Arc<AtomicUsize>,
    /// Connections that are open.
    pub open: Arc<AtomicUsize>,
    /// Requests that arrived.
    pub requests: Arc<AtomicUsize>,
    /// One permit for each answer of `/wait` that may go.
    pub gate: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Count(Arc<AtomicUsize>);

impl Count {
    fn up(counter: &Arc<AtomicUsize>) -> Count {
        counter.fetch_add(1, SeqCst);
        Count(counter.clone())
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Backend {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers by path: `/echo` sends the body back as it comes, `/wait` answers when the gate opens,
    /// `/status/N` has that status; everything else tells what was received, a line for each header.
    pub async fn start() -> Backend {
        let requests = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Semaphore::new(0));
        let (counter, barrier) = (requests.clone(), gate.clone());
        let mut backend = Backend::raw(move |stream| {
            let (counter, barrier) = (counter.clone(), barrier.clone());
            let service = service_fn(move |request| {
                counter.fetch_add(1, SeqCst);
                answer(request, barrier.clone())
            });
            async move {
                let server = hyper::server::conn::http1::Builder::new();
                // A client that breaks off is what some tests are about.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await;
        backend.requests = requests;
        backend.gate = gate;
        backend
    }

    /// Does with each connection what it is told.
    pub async fn raw<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("address");
        let connections = Arc::new(AtomicUsize::new(0));
        let open = Arc::new(AtomicUsize::new(0));
        let (accepted, counter) = (connections.clone(), open.clone());
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("accept");
                accepted.fetch_add(1, SeqCst);
                let count = Count::up(&counter);
                let served = serve(stream);
                tokio::spawn(async move {
                    served.await;
                    drop(count);
                });
            }
        });
        Backend {
            address,
            connections,
            open,
            requests: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            task,
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    gate: Arc<Semaphore>,
) -> Result<Response<Either<Incoming, Full<Bytes>>>, Infallible> {
    let path = request.uri().path().to_owned();
    if path.ends_with("/echo") {
        return Ok(Response::new(Either::Left(request.into_body())));
    }
    if path.ends_with("/wait") {
        gate.acquire().await.expect("never closed").forget();
    }
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", value.to_str().expect("text")));
    }
    let body = request.into_body().collect().await;
    text.push_str(&format!("body: {}\n", body.map_or(0, |body| body.to_bytes().len())));
    let mut response = Response::new(Either::Right(Full::new(Bytes::from(text))));
    response.headers_mut().insert("x-backend", "yes".parse().expect("value"));
    response.headers_mut().insert("keep-alive", "timeout=5".parse().expect("value"));
    if let Some((_, status)) = path.split_once("/status/") {
        *response.status_mut() = status.parse().expect("status");
    }
    Ok(response)
}
