//! Tokens that the gateway gets for itself.

use crate::{
    backend::Backend,
    world::{Builder, World, plane, put},
};
use bytes::Bytes;
use hanse_gateway::{
    limits::Limits,
    spec::{SecretSpec, ShardSpec},
};
use hanse_proto::v1::{self, resource::Spec};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

/// A token endpoint: it gives `token-N`, and notes what it was asked.
struct Endpoint {
    backend: Backend,
    asked: Arc<Mutex<Vec<String>>>,
    says: Arc<Mutex<Says>>,
    gate: Arc<Semaphore>,
}

#[derive(Clone, Copy)]
struct Says {
    is_up: bool,
    is_slow: bool,
    expires_in: u64,
}

impl Endpoint {
    async fn start() -> Endpoint {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let says = Arc::new(Mutex::new(Says { is_up: true, is_slow: false, expires_in: 3_600 }));
        let gate = Arc::new(Semaphore::new(0));
        let (log, state, barrier) = (asked.clone(), says.clone(), gate.clone());
        let backend = Backend::raw(move |stream| {
            let (log, state, barrier) = (log.clone(), state.clone(), barrier.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (log, state, barrier) = (log.clone(), state.clone(), barrier.clone());
                async move {
                    let body = request.into_body().collect().await.expect("body").to_bytes();
                    let number = {
                        let mut log = log.lock().unwrap();
                        log.push(String::from_utf8(body.to_vec()).expect("text"));
                        log.len()
                    };
                    let Says { is_up, is_slow, expires_in } = *state.lock().unwrap();
                    if is_slow {
                        barrier.acquire().await.expect("never closed").forget();
                    }
                    let (status, text) = match is_up {
                        true => (200, format!(r#"{{"access_token":"token-{number}","expires_in":{expires_in},"scope":"all"}}"#)),
                        false => (503, r#"{"error":"temporarily_unavailable"}"#.to_owned()),
                    };
                    let mut response = Response::new(Full::new(Bytes::from(text)));
                    *response.status_mut() = StatusCode::from_u16(status).expect("status");
                    Ok::<_, Infallible>(response)
                }
            });
            async move {
                let server = hyper::server::conn::http1::Builder::new();
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await;
        Endpoint { backend, asked, says, gate }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn say(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    fn url(&self) -> String {
        format!("{}/token", self.backend.url())
    }
}

fn secrets(of: &[(&str, &str)]) -> BTreeMap<String, SecretSpec> {
    let secret = |text: &str| SecretSpec { fingerprint: Vec::new(), plaintext: Some(text.into()) };
    of.iter().map(|(path, text)| ((*path).to_owned(), secret(text))).collect()
}

fn put_source(spec: &mut ShardSpec, name: &str, endpoint: &Endpoint, client: &str) {
    let source =
        v1::TokenSource { token_endpoint: endpoint.url(), client_id: client.into(), ..Default::default() };
    put(spec, name, Spec::TokenSource(source), secrets(&[("clientSecret", "pw")]));
}

fn apis(backend: &Backend, policies: &[(&str, &str)], limits: impl FnOnce(&mut Limits)) -> Builder {
    let document = |inbound: &str| {
        format!(
            "<policies><inbound>{inbound}</inbound><backend><forward-request/></backend><outbound/><on-error/></policies>"
        )
    };
    let start = plane().limits(limits);
    policies.iter().fold(start, |plane, (path, inbound)| {
        plane.api(path, &backend.url()).policy(path, &document(inbound))
    })
}

/// What the backend was sent as authorization; or the status.
async fn sent(world: &World, path: &str) -> String {
    let answer = world.get(path, &[]).await;
    match answer.status {
        200 => answer
            .body
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap_or("nothing")
            .to_owned(),
        status => status.to_string(),
    }
}

const IDENTITY: &str = "<authentication-managed-identity resource='https://vault.test'/>";

#[tokio::test]
async fn a_token_is_fetched_once_for_all_and_kept() {
    const REQUESTS: usize = 200;
    let (endpoint, backend) = (Endpoint::start().await, Backend::start().await);
    let other = "<authentication-managed-identity resource='other' client-id='me'/>";
    let mut world = apis(&backend, &[("a", IDENTITY), ("b", other)], |_| {}).start().await;
    world.change(|spec| put_source(spec, "workspaces/w/tokenSources/one", &endpoint, "me"));
    endpoint.say(|says| says.is_slow = true);
    let requests = futures_util::future::join_all((0..REQUESTS).map(|_| sent(&world, "/a/x")));
    let open = async {
        let waiting = |plane: &hanse_gateway::dataplane::DataPlane| {
            plane.units().iter().map(|unit| unit.in_flight).sum::<usize>() == REQUESTS
        };
        world.until("all wait", waiting).await;
        endpoint.gate.add_permits(1);
    };
    let (all, ()) = tokio::join!(requests, open);
    assert!(all.iter().all(|sent| sent == "Bearer token-1"), "{all:?}");
    endpoint.say(|says| says.is_slow = false);
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-1");
    assert_eq!(sent(&world, "/b/x").await, "Bearer token-2");
    assert_eq!(
        *endpoint.asked.lock().unwrap(),
        ["https%3A%2F%2Fvault.test", "other"].map(|resource| {
            format!("grant_type=client_credentials&client_id=me&resource={resource}&client_secret=pw")
        })
    );
    // Whatever changes of a source, its old tokens are not used any more.
    world.change(|spec| put_source(spec, "workspaces/w/tokenSources/one", &endpoint, "me"));
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-3");
}

#[tokio::test]
async fn a_token_serves_to_its_end_while_the_endpoint_is_down() {
    let (endpoint, backend) = (Endpoint::start().await, Backend::start().await);
    let mut world =
        apis(&backend, &[("a", IDENTITY)], |limits| limits.token_retry = Duration::ZERO).start().await;
    world.change(|spec| put_source(spec, "workspaces/w/tokenSources/one", &endpoint, "me"));
    endpoint.say(|says| says.is_up = false);
    assert_eq!(sent(&world, "/a/x").await, "500");
    endpoint.say(|says| *says = Says { is_up: true, expires_in: 0, ..*says });
    // Ended at once: good for the request that asked for it.
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-2");
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-3");
    endpoint.say(|says| says.is_up = false);
    assert_eq!(sent(&world, "/a/x").await, "500");
    endpoint.say(|says| *says = Says { is_up: true, expires_in: 3_600, ..*says });
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-5");
    endpoint.say(|says| says.is_up = false);
    assert_eq!((sent(&world, "/a/x").await.as_str(), endpoint.asked()), ("Bearer token-5", 5));
}

#[tokio::test]
async fn an_endpoint_that_is_down_or_slow_is_not_asked_by_every_request() {
    let (endpoint, backend) = (Endpoint::start().await, Backend::start().await);
    let bounded = |limits: &mut Limits| {
        limits.token_retry = Duration::from_secs(3_600);
        limits.token_timeout = Duration::from_millis(100);
    };
    let mut world = apis(&backend, &[("a", IDENTITY)], bounded).start().await;
    world.change(|spec| put_source(spec, "workspaces/w/tokenSources/one", &endpoint, "me"));
    endpoint.say(|says| says.is_slow = true);
    for _ in 0..3 {
        assert_eq!(sent(&world, "/a/x").await, "500");
    }
    assert_eq!(endpoint.asked(), 1);
}

#[tokio::test]
async fn documents_use_what_their_workspace_has_and_nothing_else() {
    let (endpoint, backend) = (Endpoint::start().await, Backend::start().await);
    let named = "<authentication-managed-identity resource='r' client-id='second'/>";
    let ignored = "<authentication-managed-identity resource='r' client-id='none' ignore-error='true'/>";
    let mut world = apis(&backend, &[("a", IDENTITY), ("b", named), ("c", ignored)], |_| {}).start().await;
    world.change(|spec| put_source(spec, "tokenSources/default", &endpoint, "service"));
    assert_eq!(sent(&world, "/a/x").await, "500", "the service's is not theirs");
    world.change(|spec| {
        put_source(spec, "workspaces/w/tokenSources/first", &endpoint, "one");
        put_source(spec, "workspaces/w/tokenSources/second", &endpoint, "two");
    });
    assert_eq!(sent(&world, "/a/x").await, "500", "which of the two");
    assert_eq!(sent(&world, "/b/x").await, "Bearer token-1");
    world.change(|spec| put_source(spec, "workspaces/w/tokenSources/Default", &endpoint, "three"));
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-2");
    assert_eq!(sent(&world, "/c/x").await, "nothing");
}

#[tokio::test]
async fn workload_tokens_are_the_services_and_are_read_from_their_place() {
    let (endpoint, backend) = (Endpoint::start().await, Backend::start().await);
    let dir = tempfile::tempdir().expect("directory");
    let path: &'static str = dir.path().to_str().expect("text").to_owned().leak();
    std::fs::write(dir.path().join("token"), "of-the-node\n").expect("written");
    let mut world =
        apis(&backend, &[("a", "<base/>")], |limits| limits.workload_tokens_dir = path).start().await;
    let source = |endpoint: String| {
        Spec::TokenSource(v1::TokenSource {
            r#type: "workloadToken".into(),
            token_file: format!("{path}/token"),
            token_endpoint: endpoint,
            client_id: "me".into(),
            ..Default::default()
        })
    };
    let global = format!(
        "<policies><inbound>{IDENTITY}</inbound><backend><forward-request/></backend><outbound/><on-error/></policies>"
    );
    world.change(|spec| {
        put(spec, "tokenSources/node", source(String::new()), BTreeMap::new());
        let policy = v1::Policy { value: global, ..v1::Policy::default() };
        put(spec, "policies/policy", Spec::Policy(policy), BTreeMap::new());
    });
    assert_eq!(sent(&world, "/a/x").await, "Bearer of-the-node");
    world.change(|spec| put(spec, "tokenSources/node", source(endpoint.url()), BTreeMap::new()));
    assert_eq!(sent(&world, "/a/x").await, "Bearer token-1");
    let asked = endpoint.asked.lock().unwrap()[0].clone();
    assert!(asked.ends_with("jwt-bearer&client_assertion=of-the-node"), "{asked}");
}

#[tokio::test]
async fn connections_of_credential_providers_give_tokens() {
    let (endpoint, backend) = (Endpoint::start().await, Backend::start().await);
    let policy = "<get-authorization-context provider-id='Hub' authorization-id='Main' context-variable-name='c'/>\
        <set-header name='Authorization'><value>@(((Authorization)context.Variables[\"c\"]).AccessToken \
        + \" \" + ((Authorization)context.Variables[\"c\"]).Claims[\"scope\"])</value></set-header>";
    let mut world = apis(&backend, &[("a", policy)], |_| {}).start().await;
    assert_eq!(sent(&world, "/a/x").await, "500");
    let url = endpoint.url();
    world.change(|spec| {
        let parameters =
            BTreeMap::from([("tokenUrl".to_owned(), url), ("clientId".to_owned(), "c".to_owned())]);
        let grants = v1::AuthorizationProviderGrants { client_credentials: parameters, ..Default::default() };
        let oauth2 = v1::AuthorizationProviderOAuth2 { grant_types: Some(grants), ..Default::default() };
        let provider = v1::AuthorizationProvider {
            identity_provider: "oauth2".into(),
            oauth2: Some(oauth2),
            ..Default::default()
        };
        put(
            spec,
            "workspaces/w/authorizationProviders/hub",
            Spec::AuthorizationProvider(provider),
            BTreeMap::new(),
        );
        let connection =
            v1::Authorization { o_auth2_grant_type: "ClientCredentials".into(), ..Default::default() };
        let name = "workspaces/w/authorizationProviders/hub/authorizations/main";
        put(spec, name, Spec::Authorization(connection), secrets(&[("parameters/clientSecret", "pw")]));
    });
    assert_eq!(sent(&world, "/a/x").await, "token-1 all");
    assert_eq!(sent(&world, "/a/x").await, "token-1 all");
    assert_eq!(
        *endpoint.asked.lock().unwrap(),
        ["grant_type=client_credentials&client_id=c&client_secret=pw"]
    );
}
