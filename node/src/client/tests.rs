//! Promises of the client, against servers on real sockets with real certificates.

use super::*;
use crate::{
    admin::AdminConn,
    secure::{Credentials, MutualTls, Security as _},
    trust::{Authority, Identity},
};
use futures_util::stream;
use hanse_proto::v1::cluster_server::{Cluster, ClusterServer};
use std::{net::SocketAddr, path::Path};
use tokio::net::TcpListener;
use tonic::Request;

struct Answers;

#[tonic::async_trait]
impl Cluster for Answers {
    async fn status(&self, _: Request<v1::StatusRequest>) -> Result<Response<v1::ClusterStatus>, Status> {
        Ok(Response::new(v1::ClusterStatus { cluster_id: "answered".into(), ..Default::default() }))
    }

    async fn await_live(
        &self,
        _: Request<v1::AwaitLiveRequest>,
    ) -> Result<Response<v1::AwaitLiveResponse>, Status> {
        let violation = v1::Violation { name: "apis/a".into(), ..Default::default() };
        Err(crate::admin::refusal::refusal(vec![violation]))
    }
}

fn write(dir: &Path, name: &str, authority: &Authority, identity: &Identity) -> Context {
    let file = |suffix: &str, text: &str| {
        let path = dir.join(format!("{name}.{suffix}"));
        std::fs::write(&path, text).expect("written");
        path
    };
    Context {
        name: name.to_owned(),
        servers: Vec::new(),
        ca: file("ca.pem", authority.certificate()),
        certificate: file("pem", &identity.certificate),
        key: file("key", &identity.key),
    }
}

/// A cluster's authority with a node and an administrator, and a stranger's.
struct Trust {
    node: Context,
    admin: Context,
    stranger: Context,
    _dir: tempfile::TempDir,
}

fn trust() -> Trust {
    let dir = tempfile::tempdir().expect("a folder");
    let own = Authority::new("own").expect("keys");
    let other = Authority::new("other").expect("keys");
    let node = write(dir.path(), "node", &own, &own.node("node-1").expect("a certificate"));
    let admin = write(dir.path(), "admin", &own, &own.administrator("admin").expect("a certificate"));
    // Trusts the cluster, and is not of it.
    let stranger = write(dir.path(), "stranger", &own, &other.administrator("eve").expect("a certificate"));
    Trust { node, admin, stranger, _dir: dir }
}

/// A server with the identity of a context, until the test ends.
async fn serve(identity: &Context) -> SocketAddr {
    let credentials = Credentials::read(&identity.ca, &identity.certificate, &identity.key).expect("files");
    let tls = Arc::new(MutualTls::new(&credentials).expect("they fit"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let incoming = stream::unfold((listener, tls), |(listener, tls)| async move {
        loop {
            let (tcp, _) = listener.accept().await.ok()?;
            if let Ok((conn, account)) = tls.accept_admin(tcp.into()).await {
                return Some((Ok::<_, io::Error>(AdminConn::new(conn, account)), (listener, tls)));
            }
        }
    });
    let server = tonic::transport::Server::builder().add_service(ClusterServer::new(Answers));
    tokio::spawn(server.serve_with_incoming(incoming));
    addr
}

/// An address at which nothing listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.and_then(|listener| listener.local_addr()).expect("a port")
}

fn client(context: &Context, servers: &[SocketAddr]) -> Client {
    let servers = servers.iter().map(ToString::to_string).collect();
    Client::new(Context { servers, ..context.clone() }).expect("a usable context")
}

async fn status(client: &mut Client) -> Result<v1::ClusterStatus, CallError> {
    client.call(CALL_TIMEOUT, |mut it| async move { it.cluster.status(v1::StatusRequest {}).await }).await
}

#[tokio::test]
async fn the_first_server_that_answers_is_used() {
    let trust = trust();
    let (gone, there) = (nobody().await, serve(&trust.node).await);
    let mut client = client(&trust.admin, &[gone, there]);
    assert_eq!(status(&mut client).await.expect("an answer").cluster_id, "answered");
    assert_eq!(client.connect().await.expect("connected").server, there.to_string());
}

#[tokio::test]
async fn servers_that_cannot_be_reached_are_all_named() {
    let trust = trust();
    let (one, two) = (nobody().await, nobody().await);
    let error = status(&mut client(&trust.admin, &[one, two])).await.expect_err("nobody listens");
    let CallError::Unreachable { attempts, .. } = error else { panic!("{error:?}") };
    let servers: Vec<&str> = attempts.iter().map(|(server, _)| server.as_str()).collect();
    assert_eq!(servers, [one.to_string(), two.to_string()]);
    assert!(attempts[0].1.contains("refused"), "{attempts:?}");
}

#[tokio::test]
async fn a_foreign_certificate_is_told_as_such() {
    let trust = trust();
    let there = serve(&trust.node).await;
    let error = status(&mut client(&trust.stranger, &[there])).await.expect_err("a stranger");
    assert!(matches!(error, CallError::CertificateRefused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_of_another_cluster_is_not_spoken_to() {
    let (own, other) = (trust(), trust());
    let there = serve(&other.node).await;
    let error = status(&mut client(&own.admin, &[there])).await.expect_err("another cluster");
    let CallError::Unreachable { attempts, .. } = error else { panic!("{error:?}") };
    assert!(attempts[0].1.contains("no node of this context's cluster"), "{attempts:?}");
}

#[tokio::test]
async fn a_call_is_made_again_when_its_connection_breaks() {
    let trust = trust();
    // Takes TLS and hangs up behind it.
    let credentials =
        Credentials::read(&trust.node.ca, &trust.node.certificate, &trust.node.key).expect("files");
    let tls = MutualTls::new(&credentials).expect("they fit");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let broken = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            drop(tls.accept_admin(tcp.into()).await);
        }
    });
    let there = serve(&trust.node).await;
    let mut client = client(&trust.admin, &[broken, there]);
    assert_eq!(status(&mut client).await.expect("an answer").cluster_id, "answered");
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_keeps_its_violations() {
    let trust = trust();
    let there = serve(&trust.node).await;
    let mut client = client(&trust.admin, &[there]);
    let call = client.call(CALL_TIMEOUT, |mut it| async move {
        it.cluster.await_live(v1::AwaitLiveRequest::default()).await
    });
    let error = call.await.expect_err("a refusal");
    let CallError::Refused(status) = error else { panic!("{error:?}") };
    assert_eq!(violations(&status)[0].name, "apis/a");
}

#[test]
fn a_context_without_files_or_servers_is_a_configuration_error() {
    let context = Context {
        name: "x".into(),
        servers: vec!["127.0.0.1:1".into()],
        ca: "/none/ca.pem".into(),
        certificate: "/none/x.pem".into(),
        key: "/none/x.key".into(),
    };
    let error = Client::new(context.clone()).err().expect("no files").to_string();
    assert!(error.contains("/none/"), "{error}");
    let error = Client::new(Context { servers: vec![], ..context }).err().expect("no server").to_string();
    assert!(error.contains("no server"), "{error}");
}

#[test]
fn an_answer_of_the_server_is_no_lost_connection() {
    assert_eq!(lost(&Status::unavailable("no leader")), None);
    let broken = Status::from_error(Box::new(io::Error::other("reset")));
    assert_eq!(lost(&broken).as_deref(), Some("reset"));
    assert_eq!(violations(&Status::internal("x")), []);
}

#[test]
fn alerts_about_certificates_are_told_from_others() {
    assert!(is_certificate_alert("received fatal alert: UnknownCA"));
    assert!(is_certificate_alert("received fatal alert: BadCertificate"));
    assert!(is_certificate_alert("received fatal alert: the peer's certificate has expired"));
    assert!(!is_certificate_alert("received fatal alert: InternalError"));
    assert!(!is_certificate_alert("connection reset by peer"));
}
