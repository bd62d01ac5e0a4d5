//! Callers without a certificate, with a foreign one, with a node's, and at the wrong port.

use super::{FAILED, UNREACHABLE, path, says};
use crate::support::{Dev, both, hanse_command};
use hanse::{
    secure::{Credentials, NODE_SERVER_NAME},
    trust::{Authority, Identity},
};
use hanse_proto::v1::{
    self, cluster_client::ClusterClient, management_client::ManagementClient, node_client::NodeClient,
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{path::Path, sync::Arc};
use tokio_rustls::TlsConnector;
use tokio_stream::StreamExt as _;
use tonic::{
    Code, Request,
    transport::{Channel, Endpoint, Uri},
};

/// A channel over TLS, made with any client's means.
async fn channel(port: u16, tls: rustls::ClientConfig) -> Result<Channel, tonic::transport::Error> {
    let tls = TlsConnector::from(Arc::new(tls));
    let connector = tower::service_fn(move |_: Uri| {
        let tls = tls.clone();
        async move {
            let tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
            let name = ServerName::try_from(NODE_SERVER_NAME).expect("a constant host name");
            tls.connect(name, tcp).await.map(TokioIo::new)
        }
    });
    Endpoint::from_static("http://hanse-node").connect_with_connector(connector).await
}

fn credentials(dir: &Path, certificate: &str, key: &str) -> Credentials {
    let file = |name: &str| dir.join("data").join(name);
    Credentials::read(&file("admin/ca.pem"), &file(certificate), &file(key)).expect("files of the cluster")
}

/// TLS that trusts the cluster and shows nothing.
fn anonymous(dir: &Path) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in credentials(dir, "admin/admin.pem", "admin/admin.key").ca {
        roots.add(certificate).expect("the authority's certificate");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("TLS 1.3").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_strangers_client_may_look_around_and_no_further() {
    let dev = Dev::start(1);
    let channel = channel(dev.ports_from, anonymous(dev.dir.path())).await.expect("a connection");

    let mut health = tonic_health::pb::health_client::HealthClient::new(channel.clone());
    for service in ["", "hanse.v1.Management", "hanse.v1.Cluster"] {
        let request = tonic_health::pb::HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.expect("an answer").into_inner();
        assert_eq!(
            answer.status(),
            tonic_health::pb::health_check_response::ServingStatus::Serving,
            "{service}"
        );
    }
    let request = tonic_health::pb::HealthCheckRequest { service: "no.Such".to_owned() };
    assert_eq!(health.check(request).await.expect_err("unknown").code(), Code::NotFound);

    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let ask = |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("hanse.v1.Management".to_owned())),
    ];
    let answers = reflection.server_reflection_info(tokio_stream::iter(questions)).await.expect("a stream");
    let mut answers = answers.into_inner();
    let mut next = async || answers.next().await.expect("an answer").expect("no error").message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = next().await else {
        panic!("a list of services")
    };
    let services: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for service in ["hanse.v1.Management", "hanse.v1.Cluster", "grpc.health.v1.Health"] {
        assert!(services.iter().any(|name| name == service), "{service} is not in {services:?}");
    }
    let Some(MessageResponse::FileDescriptorResponse(file)) = next().await else { panic!("a descriptor") };
    assert!(!file.file_descriptor_proto.is_empty());

    let mut management = ManagementClient::new(channel.clone());
    let mut cluster = ClusterClient::new(channel.clone());
    let put = v1::Resource {
        name: "workspaces/anonymous".into(),
        spec: Some(v1::resource::Spec::Workspace(v1::Workspace {
            display_name: "A".into(),
            ..Default::default()
        })),
        ..Default::default()
    };
    let change = v1::Change { change: Some(v1::change::Change::Put(put)), ..Default::default() };
    let refusals = [
        management.get(v1::GetRequest { name: "workspaces/demo".into(), stale: true }).await.err(),
        management.list(v1::ListRequest::default()).await.err(),
        management.apply(v1::ApplyRequest { changes: vec![change], ..Default::default() }).await.err(),
        management.watch(v1::WatchRequest::default()).await.err(),
        management
            .list_secrets(v1::ListSecretsRequest { name: "workspaces/demo/subscriptions/demo".into() })
            .await
            .err(),
        management.import_open_api(v1::ImportOpenApiRequest::default()).await.err(),
        cluster.status(v1::StatusRequest {}).await.err(),
        cluster.await_live(v1::AwaitLiveRequest::default()).await.err(),
    ];
    for refusal in refusals {
        let refusal = refusal.expect("every call is refused");
        assert_eq!(refusal.code(), Code::Unauthenticated, "{refusal:?}");
        assert!(refusal.message().contains("certificate"), "{refusal:?}");
    }
    assert!(!dev.hanse(&["get", "workspace", "anonymous"]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_nodes_certificate_is_no_administrators() {
    let dev = Dev::start(1);
    let config = std::fs::read_to_string(dev.dir.path().join("config/config.yaml")).expect("contexts");
    let node =
        config.replace("admin/admin.pem", "node-1/node.pem").replace("admin/admin.key", "node-1/node.key");
    let as_node = |words: &[&str]| {
        let dir = dev.dir.path().join("as-node");
        std::fs::create_dir_all(dir.join("config")).expect("made");
        std::fs::write(dir.join("config/config.yaml"), &node).expect("written");
        hanse_command(&dir).args(words).output().expect("runs")
    };
    let manifest = dev.file("ws.yaml", "name: workspaces/by-a-node\nworkspace: {displayName: X}\n");
    for words in [
        &["get", "apis", "-w", "demo"] as &[&str],
        &["apply", "-f", path(&manifest)],
        &["delete", "workspace", "demo", "--yes"],
        &["keys", "demo", "-w", "demo"],
        &["watch"],
        &["status"],
    ] {
        says(&as_node(words), FAILED, &["node-1", "may not", "ask an administrator"]);
    }
    dev.ok(&["get", "workspace", "demo"]);
    assert!(!dev.hanse(&["get", "workspace", "by-a-node"]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_node_port_is_for_nodes_alone() {
    let dev = Dev::start(1);
    let dir = dev.dir.path();
    let port = dev.ports_from + 1;
    let admin =
        credentials(dir, "admin/admin.pem", "admin/admin.key").client_config(b"h2").expect("they fit");
    let foreign = foreign(dir).client_config(b"h2").expect("they fit");
    for (who, tls) in [("nobody", anonymous(dir)), ("an administrator", admin), ("a foreigner", foreign)] {
        // With TLS 1.3 the refusal may come after the handshake, at the first call.
        let refused = match channel(port, tls).await {
            Err(_) => true,
            Ok(channel) => {
                NodeClient::new(channel).ping(Request::new(v1::PingRequest::default())).await.is_err()
            }
        };
        assert!(refused, "{who} is no node");
    }
    let node = credentials(dir, "node-1/node.pem", "node-1/node.key").client_config(b"h2").expect("they fit");
    let channel = channel(port, node).await.expect("a node is let in");
    // The node channel offers nothing of the admin API.
    let refusal =
        ManagementClient::new(channel).list(v1::ListRequest::default()).await.expect_err("not here");
    assert_eq!(refusal.code(), Code::Unimplemented);
}

/// Somebody who trusts this cluster, with a certificate of another one.
fn foreign(dir: &Path) -> Credentials {
    let Identity { certificate, key } =
        Authority::new("other").and_then(|other| other.administrator("eve")).expect("keys");
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let (certificate, key) = (file("eve.pem", &certificate), file("eve.key", &key));
    Credentials::read(&dir.join("data/admin/ca.pem"), &certificate, &key).expect("files")
}

#[test]
fn foreign_and_mixed_up_certificates_are_told_apart() {
    let dev = Dev::start(1);
    let dir = dev.dir.path();
    foreign(dir);
    let eve = Authority::new("other").expect("keys");
    std::fs::write(dir.join("other-ca.pem"), eve.certificate()).expect("written");
    let config = std::fs::read_to_string(dir.join("config/config.yaml")).expect("contexts");
    let file = |name: &str| dir.join(name).display().to_string();
    let with = |pairs: &[(&str, String)]| {
        let folder = dir.join("changed");
        std::fs::create_dir_all(folder.join("config")).expect("made");
        let text = pairs.iter().fold(config.clone(), |text, (from, to)| text.replace(&file(from), to));
        std::fs::write(folder.join("config/config.yaml"), text).expect("written");
        hanse_command(&folder).args(["status"]).output().expect("runs")
    };
    let foreign =
        with(&[("data/admin/admin.pem", file("eve.pem")), ("data/admin/admin.key", file("eve.key"))]);
    says(&foreign, FAILED, &["does not take the certificate", "hanse context list"]);
    let other_cluster = with(&[("data/admin/ca.pem", file("other-ca.pem"))]);
    says(&other_cluster, UNREACHABLE, &["no node of this context's cluster"]);
    let mixed = with(&[("data/admin/admin.key", file("eve.key"))]);
    says(&mixed, 64, &["context `dev` cannot be used", "does not fit"]);
    let swapped = with(&[("data/admin/admin.key", file("data/admin/admin.pem"))]);
    says(&swapped, 64, &["no PEM private key"]);
    assert!(both(&dev.hanse(&["status"])).contains("healthy"));
}
