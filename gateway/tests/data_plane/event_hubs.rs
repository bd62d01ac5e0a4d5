//! `log-to-eventhub`: what arrives at a hub, and that no request waits for it.

use crate::{
    kafka::{HUB, Kafka},
    world::{HOST, World, plane, put, until},
};
use hanse_gateway::{
    compile::{Changed, compile},
    spec::{SecretSpec, ShardSpec},
};
use hanse_proto::v1::{self, resource::Spec};
use std::sync::atomic::Ordering::SeqCst;

const LOGGING: &str = "<policies><inbound><base/>\
    <log-to-eventhub logger-id='Audit' partition-id='3'>@(\"to three \" + context.Request.Url.Path)</log-to-eventhub>\
    <log-to-eventhub logger-id='audit' partition-key='21'>by key</log-to-eventhub>\
    <log-to-eventhub logger-id='audit' partition-key='21'>by the same key</log-to-eventhub>\
    <log-to-eventhub logger-id='audit' partition-id='9'>to no partition</log-to-eventhub>\
    <log-to-eventhub logger-id='other'>to no logger</log-to-eventhub>\
    <log-to-eventhub logger-id='audit'>anywhere</log-to-eventhub>\
    <return-response/></inbound><backend/><outbound/><on-error/></policies>";

fn connection(kafka: &Kafka) -> String {
    let address = kafka.address();
    format!(
        "Endpoint=sb://{address};SharedAccessKeyName=send;SharedAccessKey=s3cret=;UseDevelopmentEmulator=true"
    )
}

fn put_logger(spec: &mut ShardSpec, name: &str, credentials: &[(&str, &str)]) {
    let logger = v1::Logger {
        logger_type: "azureEventHub".into(),
        credentials: credentials.iter().map(|(name, _)| ((*name).into(), String::new())).collect(),
        ..v1::Logger::default()
    };
    let secret = |text: &str| SecretSpec { fingerprint: vec![0; 32], plaintext: Some(text.into()) };
    let secrets =
        credentials.iter().map(|(name, text)| (format!("credentials/{name}"), secret(text))).collect();
    put(spec, name, Spec::Logger(logger), secrets);
}

async fn logging_to(kafka: &Kafka) -> World {
    let mut world = plane().api("a", "http://127.0.0.1:1").policy("a", LOGGING).start().await;
    let credentials = [("name", HUB), ("connectionString", &connection(kafka))];
    world.change(|spec| put_logger(spec, "workspaces/w/loggers/audit", &credentials));
    world
}

#[tokio::test]
async fn events_arrive_where_the_document_says() {
    let kafka = Kafka::start().await;
    let world = logging_to(&kafka).await;
    assert_eq!(world.get("/a/x", &[]).await.status, 200);
    for text in ["anywhere", "to three /x", "by key"] {
        until("they arrive", || kafka.count(text) == 1).await;
    }
    assert_eq!(kafka.partitions_of("to three /x"), [3]);
    // As Kafka's own clients have it for this key and four partitions.
    assert_eq!((kafka.partitions_of("by key"), kafka.partitions_of("by the same key")), (vec![0], vec![0]));
    assert_eq!(kafka.partitions_of("to no"), [0; 0]);
    let users = kafka.state.users.lock().unwrap();
    assert_eq!(users[0], format!("\0$ConnectionString\0{}", connection(&kafka)).as_bytes());
}

#[tokio::test]
async fn no_request_waits_for_a_hub() {
    let kafka = Kafka::start().await;
    kafka.state.is_silent.store(true, SeqCst);
    let world = logging_to(&kafka).await;
    let mut client = world.client().await;
    for _ in 0..100 {
        assert_eq!(client.get(HOST, "/a/x", &[]).await.status, 200);
    }
    assert_eq!(kafka.partitions_of("anywhere"), [0; 0]);
}

#[tokio::test]
async fn events_that_wait_are_sent_before_a_unit_ends() {
    let kafka = Kafka::start().await;
    let world = logging_to(&kafka).await;
    let mut client = world.client().await;
    for _ in 0..20 {
        client.get(HOST, "/a/x", &[]).await;
    }
    drop(client);
    assert!(world.plane.stop_unit(world.units[0]));
    for text in ["anywhere", "to three /x"] {
        until("all are sent", || kafka.count(text) == 20).await;
    }
}

#[tokio::test]
async fn loggers_of_other_workspaces_are_not_there() {
    let kafka = Kafka::start().await;
    let mut world = plane().api("a", "http://127.0.0.1:1").policy("a", LOGGING).start().await;
    let credentials = [("name", HUB), ("connectionString", &*connection(&kafka))];
    world.change(|spec| {
        put_logger(spec, "loggers/audit", &credentials);
        put_logger(spec, "workspaces/w/loggers/other", &credentials);
    });
    assert_eq!(world.get("/a/x", &[]).await.status, 200);
    until("the own one is sent to", || kafka.partitions_of("to no logger").len() == 1).await;
    assert_eq!(kafka.partitions_of("anywhere"), [0; 0]);
}

#[tokio::test]
async fn a_logger_that_cannot_be_used_is_told() {
    for (credentials, told) in [
        (&[("name", HUB), ("connectionString", "s3cret")][..], "connectionString: it is not a list"),
        (
            &[("name", HUB), ("endpointAddress", "a"), ("identityClientId", "b")],
            "endpointAddress is not supported",
        ),
        (&[("name", HUB)], "SharedAccessKeyName"),
    ] {
        let mut spec = plane().start().await.spec.clone();
        put_logger(&mut spec, "workspaces/w/loggers/audit", credentials);
        let found = compile(None, &spec, Changed::All).findings;
        assert!(found.len() == 1 && found[0].1.contains(told) && !found[0].1.contains("s3cret"), "{found:?}");
    }
}
