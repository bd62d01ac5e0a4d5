//! What policies measure, at an OpenTelemetry collector.

use crate::{
    backend::Backend,
    world::{HOST, World, plane, put, put_api_of, until},
};
use bytes::Bytes;
use hanse_gateway::otlp::{Endpoint, Exporter, Source};
use hanse_proto::v1::{self, resource::Spec};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest, common::v1::any_value::Value,
    metrics::v1::metric::Data,
};
use prost::Message as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::task::JoinHandle;

/// Workspace, namespace, metric, count and sum.
type Told = BTreeSet<(String, String, String, u64, u64)>;

/// What a collector was told last; it refuses while it is not `up`.
#[derive(Default)]
struct Collector {
    up: AtomicBool,
    told: Mutex<Told>,
}

fn read(body: &[u8]) -> Told {
    let message = ExportMetricsServiceRequest::decode(body).expect("protobuf");
    let mut told = Told::new();
    for of_workspace in message.resource_metrics {
        let attributes = of_workspace.resource.expect("a resource").attributes;
        let workspace = attributes.into_iter().find(|it| it.key == "hanse.workspace").expect("a workspace");
        let Some(Value::StringValue(workspace)) = workspace.value.and_then(|it| it.value) else { panic!() };
        for scope in of_workspace.scope_metrics {
            let namespace = scope.scope.expect("a scope").name;
            for metric in scope.metrics {
                let Some(Data::Histogram(histogram)) = metric.data else { panic!("{}", metric.name) };
                for point in histogram.data_points {
                    let sum = point.sum.expect("a sum") as u64;
                    let (name, space) = (metric.name.clone(), namespace.clone());
                    told.insert((workspace.clone(), space, name, point.count, sum));
                }
            }
        }
    }
    told
}

async fn collector(up: bool) -> (Backend, Arc<Collector>) {
    let collector = Arc::new(Collector { up: up.into(), ..Collector::default() });
    let shared = collector.clone();
    let backend = Backend::raw(move |stream| {
        let shared = shared.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let shared = shared.clone();
            async move {
                assert_eq!(request.uri().path(), "/v1/metrics");
                assert_eq!(request.headers()["content-type"], "application/x-protobuf");
                let body = request.into_body().collect().await.expect("a body").to_bytes();
                let up = shared.up.load(SeqCst);
                if up {
                    *shared.told.lock().unwrap() = read(&body);
                }
                let status = if up { 200 } else { 503 };
                let answer = Response::builder().status(status).body(Full::new(Bytes::new()));
                Ok::<_, Infallible>(answer.expect("an answer"))
            }
        });
        async move {
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await;
    (backend, collector)
}

async fn world(backend: &Backend) -> World {
    let document = |value: u32| {
        let measure = format!(
            "<emit-metric name='calls' namespace='n' value='{value}'><dimension name='API ID' /></emit-metric>"
        );
        format!("<policies><inbound><base />{measure}</inbound></policies>")
    };
    let mut world = plane().api("pets", &backend.url()).policy("pets", &document(2)).start().await;
    world.change(|spec| {
        spec.workspaces.insert("v".into());
        put_api_of(spec, "v", "cats", &backend.url(), false);
        let policy = v1::Policy { value: document(5), ..v1::Policy::default() };
        put(spec, "workspaces/v/apis/cats/policies/policy", Spec::Policy(policy), BTreeMap::new());
    });
    world
}

fn export(world: &World, to: &Backend) -> JoinHandle<()> {
    let exporter = Exporter {
        endpoint: Endpoint::parse(&to.url()).expect("an endpoint"),
        source: Source { service: "hanse".into(), node: "n1".into() },
        interval: Duration::from_millis(5),
        timeout: Duration::from_millis(200),
    };
    tokio::spawn(exporter.run(world.plane.clone()))
}

fn told(of: &[(&str, u64, u64)]) -> Told {
    of.iter()
        .map(|(workspace, count, sum)| ((*workspace).into(), "n".into(), "calls".into(), *count, *sum))
        .collect()
}

#[tokio::test]
async fn workspaces_are_told_apart_and_nothing_is_lost_while_the_collector_refuses() {
    let backend = Backend::start().await;
    let world = world(&backend).await;
    let (at, collector) = collector(false).await;
    let exporting = export(&world, &at);
    let mut client = world.client().await;
    for path in ["/pets/1", "/pets/2", "/cats/1"] {
        assert_eq!(client.get(HOST, path, &[]).await.status, 200);
    }
    until("it was refused", || at.connections.load(SeqCst) > 2).await;
    assert!(collector.told.lock().unwrap().is_empty());
    collector.up.store(true, SeqCst);
    let expected = told(&[("w", 2, 4), ("v", 1, 5)]);
    until("all is told", || *collector.told.lock().unwrap() == expected).await;
    assert_eq!(client.get(HOST, "/cats/1", &[]).await.status, 200);
    let expected = told(&[("w", 2, 4), ("v", 2, 10)]);
    until("sums grow", || *collector.told.lock().unwrap() == expected).await;
    exporting.abort();
}

#[tokio::test]
async fn collector_that_never_answers_is_left_and_traffic_goes_on() {
    let backend = Backend::start().await;
    let world = world(&backend).await;
    let silent = Backend::raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let exporting = export(&world, &silent);
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    until("a second export was begun", || silent.connections.load(SeqCst) > 1).await;
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    exporting.abort();
}
